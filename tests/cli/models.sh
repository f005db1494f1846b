# The models there are, where they are looked for, and those that are not well.
. "$REPO/tests/cli/common"
try korora models | sed -E 's/ +[0-9.]+ M +[0-9.]+ MB/ SIZE/; s/ +/ /g; s/ ms [0-9.]+ / ms /'
korora models --json > list
python3 - << 'END'
import json
(m,) = json.load(open("list"))
print(m["name"], m["head"], m["weights"], m["dim"], m["max_tokens"])
assert m["license"], m
assert 6e6 < m["parameters"] < 8e6 and m["bytes"] < 8e6 and 0 < m["ms"] < 1000, m
END
mkdir -p "$KORORA_HOME/models" mine
cp "$KORORA_MODELS/trunk.gguf" "$KORORA_HOME/models/mine.gguf"
names() { korora models --json | grep -o '"name":"[^"]*"'; }
names
# The first folder that has a name wins, and a model is listed once.
cp "$KORORA_MODELS/trunk.gguf" "$KORORA_HOME/models/trunk.gguf"
names
quietly korora run mine --text "words"
# A damaged one is named; the others are listed all the same.
{ head -c 4000000 "$KORORA_MODELS/trunk.gguf"; printf x; tail -c +4000002 "$KORORA_MODELS/trunk.gguf"; } > "$KORORA_HOME/models/bad.gguf"
: > "$KORORA_HOME/models/empty.gguf"
printf 'no model' > "$KORORA_HOME/models/text.gguf"
head -c 20 "$KORORA_MODELS/trunk.gguf" > "$KORORA_HOME/models/short.gguf"
names
try korora run bad --text "words"
try korora run empty --text "words"
try korora run text --text "words"
try korora run short --text "words"
try korora run "$HOME" --text "words"
# No model anywhere.
cp "$KORORA_BIN" lonely
try env KORORA_MODELS="$TMPDIR" KORORA_HOME="$HOME/none" ./lonely models | grep -v '^  '
try env KORORA_MODELS="$TMPDIR" KORORA_HOME="$HOME/none" ./lonely models --json
