# Hybrids: trained on the base model, run, listed and measured like any other; and what happens without the base model.
. "$REPO/tests/cli/common"
timeless() { sed -E -e 's/in [0-9.]+ s$/in N s/' -e 's/[0-9.]+ us/N us/'; }
mkdir task
awk 'BEGIN {
    split("please switch on the lamp in the kitchen|is it going to rain this weekend|play some quiet music for dinner", text, "|")
    split("light weather music", label, " ")
    for (i = 0; i < 40; i++) for (k = 1; k <= 3; k++) printf "{\"text\":\"%s %d\",\"label\":\"%s\"}\n", text[k], i, label[k] }' > task/rows.jsonl
printf 'name: home\nhead: classify\ntrain: rows.jsonl\narchitecture: hybrid\n' > task/task.yaml
korora train task | timeless | grep -v "calibration\|accuracy" | sed -E 's/[0-9,]+ bytes/N bytes/'
korora train task -o again.gguf > /dev/null
cmp task/home.gguf again.gguf && echo "the same bytes"
# None of the rows' words: the base model knows what they mean.
for text in "turn the lights off upstairs" "what is the forecast for tomorrow" "put on a nice song"; do
    korora run task/home.gguf --text "$text" | grep -m 1 %| sed 's/.*  //'
done
korora eval again.gguf task/rows.jsonl | grep -c "^accuracy  *1.0000"
grep -o "architecture [a-z]*" task/home.md
grep -A 3 "the layer's recipe\|^## Known" task/home.md
mkdir -p "$KORORA_HOME/models"
cp again.gguf "$KORORA_HOME/models/home.gguf"
korora models | awk '{print $1, $2, $3}'
korora bench home --tokens 8 --threads 1 --json | grep -o '"model":"home","weights":"int8","tokens":8'
# Without the base model; with another one.
cp "$KORORA_BIN" lonely
try env KORORA_MODELS="$TMPDIR" ./lonely train task
try env KORORA_MODELS="$TMPDIR" ./lonely run again.gguf --text "words"
mkdir other
cp again.gguf other/trunk.gguf
try env KORORA_MODELS=other ./lonely run again.gguf --text "words"
sed -i 's/hybrid/auto/' task/task.yaml
env KORORA_MODELS="$TMPDIR" ./lonely train task | grep -c tried
grep -o "architecture [a-z]*" task/home.md
