# Spans: parts of a text found and named. Trained, measured and run; the same seed gives the same bytes; what can be
# wrong with rows.
. "$REPO/tests/cli/common"
timeless() { sed -E -e 's/in [0-9.]+ s$/in N s/' -e 's/[0-9.]+ us/N us/' -e 's/"(seconds|us_per_item)":[0-9.e-]+/"\1":N/g'; }
scoreless() { sed -E -e 's/"(score|ece)":[0-9.e-]+/"\1":N/g' -e 's/^ +[0-9.]+ %/  N %/' -e 's/error +[0-9.]+/error N/'; }
make_rows() { # a meeting with somebody in a town, in each form of rows; lengths in code points
    awk -v rows="$1" 'BEGIN {
        split("Zoë Ana Björk Chloé Dmitri Élodie", name, " "); split("3 3 5 5 6 6", long, " ")
        split("Köln Århus Nice Łódź Porto Gijón", town, " "); split("4 5 4 4 5 5", wide, " ")
        for (i = 0; i < rows; i++) {
            a = i % 6 + 1; b = int(i / 6) % 6 + 1; n = name[a]; t = town[b]
            printf "{\"text\":\"lunch with %s in %s.\",\"spans\":[{\"start\":11,\"end\":%d,\"label\":\"who\"},[%d,%d,\"where\"]]}\n", n, t, 11 + long[a], 15 + long[a], 15 + long[a] + wide[b]
            printf "{\"tokens\":[\"call\",\"%s\",\"Smith\",\"about\",\"%s\"],\"tags\":[\"O\",\"B-who\",\"I-who\",\"O\",\"B-where\"]}\n", n, t
            printf "{\"text\":\"nothing today, number %d\",\"spans\":[]}\n", i
        } }'
}
mkdir task
make_rows 40 > task/rows.jsonl
printf 'name: diary\nhead: spans\narchitecture: bag\ntrain: rows.jsonl\ngates:\n  span_f1: 0.9\n  ece: 0.5\n' > task/task.yaml
try korora train task | timeless | scoreless | sed -E 's/[0-9,]+ bytes/N bytes/; s/got +[^ ]+ /got ... /'
ls task
korora train task -o again.gguf --json | timeless | grep -o '"head":"spans","labels":2,"rows":120'
cmp task/diary.gguf again.gguf && echo "the same bytes"
KORORA_CPU=scalar korora train task -o scalar.gguf > /dev/null
cmp task/diary.gguf scalar.gguf && echo "the same on any machine"
grep -o "F1 of spans" task/diary.md
echo "--- run"
printf '%s\n' "lunch with Zoë in Łódź." "" "call Ana Smith about Nice" "nothing today" | korora run task/diary.gguf | scoreless
printf '%s\n' '{"text":"lunch with Björk in Porto."}' '{"words":1}' | korora run task/diary.gguf --jsonl | scoreless
korora run task/diary.gguf --text "lunch with  Chloé in Köln." | scoreless
korora run task/diary.gguf --text "nothing" | scoreless
echo "--- eval"
make_rows 6 > held.jsonl
korora eval again.gguf held.jsonl | timeless | scoreless
korora eval again.gguf held.jsonl --json | timeless | scoreless
echo '{"text":"to Mars","spans":[[3,7,"planet"]]}' >> held.jsonl
korora eval again.gguf held.jsonl --json | grep -o '"n":19,"span_f1":0.9[0-9]'
mkdir -p "$KORORA_HOME/models"
cp again.gguf "$KORORA_HOME/models/diary.gguf"
korora models | awk '/diary/ {print $1, $2, $3}'
echo "--- hybrid"
sed -i 's/bag/hybrid/' task/task.yaml
korora train task -o hybrid.gguf > /dev/null; echo "exit $?"
echo "lunch with Dmitri in Gijón." | korora run hybrid.gguf | scoreless
grep -o "architecture [a-z]*" hybrid.md
cp "$KORORA_BIN" lonely
try env KORORA_MODELS="$TMPDIR" ./lonely run hybrid.gguf --text "words"
echo "--- the encoder learns too"
make_rows 8 > held.jsonl
for kind in full lora; do
    printf 'name: diary\nhead: spans\narchitecture: %s\ntrain: rows.jsonl\nval: ../held.jsonl\nrecipe:\n  tune_epochs: 2\n  epochs: 6\n  swap: 0.5\n' $kind > task/task.yaml
    korora train task -o $kind.gguf 2> /dev/null | grep tried | sed -E 's/(hybrid|full|lora) [0-9.]+/\1 N/g'
    korora train task -o again.gguf > /dev/null 2>&1
    cmp $kind.gguf again.gguf && echo "the same bytes"
    ls again* $kind*
    grep -o "architecture [a-z]*" $kind.md
    grep "the layer's recipe" $kind.md
    echo "lunch with Dmitri in Gijón." | korora run $kind.gguf | scoreless
    korora eval $kind.gguf held.jsonl --json | grep -o '"n":24,"span_f1":[01][.][0-9]'
    env KORORA_MODELS="$TMPDIR" ./lonely run $kind.gguf --text "lunch with Ana in Nice." 2>&1 | scoreless
done
[ "$(wc -c < full.gguf)" -gt 7000000 ] && [ "$(wc -c < lora.gguf)" -lt 1000000 ] && echo "an encoder of its own, and an adapter"
sed -i 's/lora/full/; s/tune_epochs: 2/tune_epochs: 6\n  tune_patience: 0/; /^val/d' task/task.yaml
korora train task -o killed.gguf > /dev/null 2>&1 & train=$!
while kill -0 $train 2> /dev/null && [ ! -e killed.gguf.full-1 ]; do sleep 0.02; done
kill -9 $train; wait $train 2> /dev/null
[ -e killed.gguf ] || echo "no model yet"
korora train task -o killed.gguf 2>&1 > /dev/null | grep -o "went on from epoch"
rm -f killed.gguf*.tmp*; ls killed*
echo "lunch with Zoë in Köln." | korora run killed.gguf | scoreless
echo "--- rows that are bad"
printf 'name: diary\nhead: spans\narchitecture: bag\ntrain: rows.jsonl\ngates:\n  span_f1: 0.9\n  ece: 0.5\n' > task/task.yaml
cat >> task/rows.jsonl << 'END'
{"text":"no spans"}
{"text":"too far","spans":[[4,8,"who"]]}
{"text":"one on another","spans":[[0,3,"who"],[2,6,"where"]]}
{"text":"nothing in it","spans":[[3,3,"who"]]}
{"text":"no label","spans":[{"start":0,"end":2}]}
{"tokens":["one","two"],"tags":["O"]}
{"tokens":["one"],"tags":["who"]}
{"text":"between  words","spans":[[7,9,"who"]]}
{"text":"Anas dog","spans":[[0,3,"who"]]}
END
korora train task > /dev/null; echo "exit $?"
grep "could not be read" task/diary.md
printf '{"text":"a"}\n' > task/rows.jsonl; korora train task; echo "exit $?"
printf '%s\n' '{"text":"a","spans":[]}' '{"text":"b","spans":[]}' > task/rows.jsonl; korora train task; echo "exit $?"
for key in "swap: -1" "swap: many"; do
    printf 'name: t\nhead: spans\ntrain: rows.jsonl\nrecipe:\n  %s\n' "$key" > task/task.yaml; korora train task; echo "exit $?"
done
printf 'name: t\nhead: spans\ntrain: rows.jsonl\nout_of_scope: x\n' > task/task.yaml; korora train task; echo "exit $?"
