# Spans by rules: trained, forged, run and measured; what the rules do not offer counts as missed.
. "$REPO/tests/cli/common"
timeless() { sed -E -e 's/in [0-9.]+ s$/in N s/' -e 's/[0-9.]+ us/N us/' -e 's/"(seconds|us_per_item)":[0-9.e-]+/"\1":N/g'; }
scoreless() { sed -E -e 's/"(score|ece)":[0-9.e-]+/"\1":N/g' -e 's/^ +[0-9.]+ %/  N %/' -e 's/error +[0-9.]+/error N/'; }
make_rows() {
    awk -v rows="$1" 'BEGIN {
        for (i = 100; i < 100 + rows; i++) {
            printf "{\"text\":\"clone https://github.com/ana/app%d\",\"spans\":[[6,35,\"repository\"]]}\n", i
            printf "{\"text\":\"é watch youtube.com/watch?v=%d tonight\",\"spans\":[[8,31,\"video\"]]}\n", i
            printf "{\"text\":\"it runs at http://localhost:3%d/\",\"spans\":[[11,33,\"local\"]]}\n", i
            printf "{\"text\":\"rename file%d.rs to main.rs\",\"spans\":[]}\n", i
        } }'
}
mkdir task
make_rows 40 > task/rows.jsonl
printf 'name: finder\nhead: spans\nrules: links\ntrain: rows.jsonl\ngates:\n  span_f1: 0.9\n' > task/task.yaml
try korora train task | timeless | scoreless | sed -E 's/[0-9,]+ bytes/N bytes/; s/got +[^ ]+ /got ... /'
ls task
korora train task -o again.gguf > /dev/null
cmp task/finder.gguf again.gguf && echo "the same bytes"
KORORA_CPU=scalar korora train task -o scalar.gguf > /dev/null
cmp task/finder.gguf scalar.gguf && echo "the same on any machine"
grep "^| rules" task/finder.md
grep "rules do not offer" task/finder.md
echo "--- run"
printf '%s\n' "é: watch youtube.com/watch?v=7, not main.rs" "" "http://127.0.0.1:8000/x and https://github.com/ben/app" | korora run task/finder.gguf | scoreless
korora run task/finder.gguf --text "clone https://github.com/zoe/app1" | scoreless
echo "--- eval"
make_rows 2 > held.jsonl
echo '{"text":"the site of Ana","spans":[[4,8,"local"]]}' >> held.jsonl
korora eval again.gguf held.jsonl --json | grep -o '"n":9,"span_f1":0.9[0-9]*,"precision":1.0,"recall":0.8[0-9]'
echo "--- forge"
mkdir -p tasks/finder
cp task/rows.jsonl tasks/finder/rows.jsonl
make_rows 5 | sed 's/ana/zoe/; s/watch y/see y/; s/\[8,31/[6,29/; s/it runs/look/; s/\[11,33/[8,30/; s/rename/open/' > tasks/finder/gate.jsonl
printf 'name: finder\nhead: spans\nrules: links\ndata:\n  - {file: rows.jsonl, licence: own}\ngate: gate.jsonl\ngates: {span_f1: 0.9}\nrecipe:\n  recall_weight: 2\n' > tasks/finder/task.yaml
korora forge finder > /dev/null; echo "exit $?"
ls models
korora forge finder | grep -o "unchanged"
echo "--- what is wrong"
for line in "rules: guesses" "architecture: hybrid"; do
    printf 'name: t\nhead: spans\ntrain: rows.jsonl\n%s\n' "$line" > task/task.yaml
    [ "$line" = "rules: guesses" ] || echo "rules: links" >> task/task.yaml
    try korora train task
done
