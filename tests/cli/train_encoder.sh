# The encoder learns too: whole (full) or by adapters (lora). The same bytes each time, also after a kill -9 in the middle;
# its file answers with the base model, or without it; a rate that is too high is told.
. "$REPO/tests/cli/common"
mkdir task
awk 'BEGIN {
    split("please switch on the lamp in the kitchen|is it going to rain this weekend|play some quiet music for dinner", text, "|")
    split("light weather music", label, " ")
    for (i = 0; i < 20; i++) for (k = 1; k <= 3; k++) printf "{\"text\":\"%s %d\",\"label\":\"%s\"}\n", text[k], i, label[k] }' > task/rows.jsonl
head -n 6 task/rows.jsonl > task/val.jsonl
yaml() { # architecture, epochs, more
    printf 'name: home\nhead: classify\ntrain: rows.jsonl\nval: val.jsonl\narchitecture: %s\nrecipe:\n  tune_epochs: %s\n  tune_patience: 0\n%s' "$1" "$2" "$3" > task/task.yaml
}
for kind in full lora; do
    echo "--- $kind"
    yaml $kind 2
    korora train task 2> /dev/null | grep tried | sed -E 's/(bag|hybrid|full|lora) [0-9.]+/\1 N/g'
    korora train task -o again.gguf > /dev/null 2>&1
    cmp task/home.gguf again.gguf && echo "the same bytes"
    ls again* task
    [ "$(wc -c < again.gguf)" -gt 7000000 ] && echo "an encoder of its own"
    grep "the layer's recipe" task/home.md
    korora run again.gguf --text "turn the lights off upstairs" | grep -m 1 % | sed 's/.*  //'
    korora eval again.gguf task/rows.jsonl | grep -c "^accuracy  *1.0000"
    # Without the base model beside it.
    cp "$KORORA_BIN" lonely
    KORORA_MODELS="$TMPDIR" ./lonely run again.gguf --text "turn the lights off upstairs" 2>&1 | grep -c "light\|no model 'trunk'"
done
echo "--- killed in the middle"
yaml full 8
korora train task -o whole.gguf > /dev/null 2>&1
korora train task -o killed.gguf > /dev/null 2>&1 & train=$!
while kill -0 $train 2> /dev/null && [ ! -e killed.gguf.full-1 ]; do sleep 0.02; done
kill -9 $train; wait $train 2> /dev/null
[ -e killed.gguf ] || echo "no model yet"
korora train task -o killed.gguf 2>&1 > /dev/null | grep -o "went on from epoch"
cmp whole.gguf killed.gguf && echo "the same bytes"
rm -f killed.gguf*.tmp*; ls killed*
echo "--- a checkpoint that is none"
echo "not a checkpoint" > whole.gguf.full-1
yaml full 1; korora train task -o whole.gguf > /dev/null 2>&1; echo "exit $?"; ls whole*
echo "--- a rate that is too high"
yaml full 3 "  tune_rate: 1e20
  tune_clip: 0
"
rm -f t.gguf*; korora train task -o t.gguf 2>&1 | grep -v "are in the training rows\|the same text"; ls t.gguf 2>&1 | sed 's/.*: //'
echo "--- wrong values"
for key in "tune_epochs: -1" "tune_batch: 0" "tune_rate: fast" "rank: 17" "smoothing: 0.9" "word_dropout: 1" "tune_depth: 0"; do
    yaml full 1 "  $key
"
    sed -i '/tune_epochs: 1/d' task/task.yaml
    korora train task; echo "exit $?"
done 2>&1
