# Models that compare two texts: rank and embed, from rows to answers; what can be wrong with rows, task and use.
. "$REPO/tests/cli/common"
timeless() { sed -E -e 's/in [0-9.]+ s$/in N s/' -e 's/[0-9.]+ us/N us/' -e 's/[0-9,]+ bytes/N bytes/'; }
round() { sed -E 's/([0-9]\.[0-9])[0-9]+/\1/g'; }
yaml() { mkdir -p "$1"; printf 'name: %s\nhead: %s\ntrain: ../rows.jsonl\n%s\n' "$1" "$2" "$3" > "$1/task.yaml"; }
awk 'BEGIN {
    split("lamp kettle radio bicycle ladder camera", thing, " "); split("kitchen cellar attic garden hall", place, " ")
    for (i = 1; i <= 6; i++) for (k = 1; k <= 5; k++) for (c = 1; c <= 5; c++)
        printf "{\"query\":\"where in the %s is the %s\",\"text\":\"I put the %s into the %s yesterday\",\"label\":%d}\n", place[k], thing[i], thing[i % 6 + (c > 3 ? 1 : 0) == 0 ? 1 : (c > 3 ? i : (i + c - 1) % 6 + 1)], place[(k + c) % 5 + 1], c == 4 }' > rows.jsonl
echo "--- candidates of queries"
yaml find rank 'architecture: bag
gates: {mrr: 0.5, ece: 0.3}'
korora train find | timeless | round
korora train find -o again.gguf > /dev/null
cmp find/find.gguf again.gguf && echo "the same bytes"
printf 'where is the radio\tthe radio is in the hall\nwhere is the radio\tthe sun shines\nno tab here\n\t\n' | korora run find/find.gguf > answers
awk -F'[:}]' 'NR <= 2 { s[NR] = $2 } END { print (s[1] > s[2]) ? "the right one is first" : "wrong" }' answers
sed -n 3p answers
wc -l < answers
printf '%s\n' '{"query":"lamp","text":"lamp"}' '{"a":"lamp","b":"lamp"}' '{"query":"lamp"}' '{"a":1,"b":"x"}' '[' | korora run find/find.gguf --jsonl | sed -E 's/0\.[0-9e-]+/N/'
try korora run find/find.gguf --text lamp
korora eval find/find.gguf rows.jsonl | timeless | round
korora eval find/find.gguf rows.jsonl --json | grep -o '"[a-z_0-9]*":' | tr -d '\n'; echo
grep -c "gate: mrr" find/find.md
yaml find rank 'gates: {mrr: 1.0}
architecture: hybrid'
grep -v '"label":1' rows.jsonl > none.jsonl
korora train find -o hybrid.gguf > out; echo "exit $?"
grep -o "gate mrr *>= 1" out
mkdir -p "$KORORA_HOME/models" && cp hybrid.gguf "$KORORA_HOME/models/finder.gguf"
korora models | awk '{print $1, $2, $3}'
korora bench finder --tokens 8 --threads 1 --json | grep -o '"model":"finder","weights":"f32"'
echo "--- pairs with a score, and pairs without"
awk 'BEGIN { split("one two three four five six seven eight nine ten", w, " ")
    for (i = 1; i <= 60; i++) { n = i % 6; a = "number" i; b = ""; for (k = 1; k <= 5; k++) { a = a " " w[(i * k) % 10 + 1]; b = b " " (k <= n ? w[(i * k) % 10 + 1] : "none" k) }
        printf "{\"a\":\"%s\",\"b\":\"%s\",\"score\":%d}\n", a, b, n } }' > rows.jsonl
yaml alike rank 'architecture: bag
gates: {spearman: 0.5}'
korora train alike | timeless | round
printf 'one two\tone two\n' | korora run alike/alike.gguf | grep -o '"score":[34]'
sed 's/,"score":[0-9]//' rows.jsonl > bare.jsonl
yaml bare rank 'architecture: bag'
sed -i 's/rows/bare/' bare/task.yaml
korora train bare | timeless | round
korora eval bare/bare.gguf bare.jsonl | timeless | head -n 1
echo "--- an encoder"
yaml near embed 'val: ../rows.jsonl
recipe: {tune_epochs: 1}
gates: {spearman: 0.5}'
korora train near -o near.gguf | timeless | grep -v "correlation\|before\|gate"
korora run near.gguf --text "one two" | head -n 1 | sed -E 's/ in .*//'
korora eval near.gguf rows.jsonl --json | grep -o '"[a-z_0-9]*":' | tr -d '\n'; echo
grep -o "head embed, architecture [a-z]*" near.md
# A changed copy of an encoder is under that one's licence too.
echo 'licence: CC0-1.0' >> near/task.yaml
korora train near -o near.gguf > /dev/null
korora models "$PWD/near.gguf" --json | grep -c '"license":"..* AND CC0-1.0"'
exec 2>&1
echo "--- what can be wrong"
quiet() { korora train "$1" -o x.gguf > out; code=$?; [ -s out ] && echo "trained"; echo "exit $code"; }
yaml t rank 'architecture: full'; quiet t
yaml t embed 'architecture: bag'; quiet t
yaml t rank 'gates: {macro_f1: 1}'; quiet t
yaml t classify 'gates: {mrr: 1}'; quiet t
yaml t rank 'gates: {right_or_abstained: 1}'; quiet t
yaml t rank 'val: ../bare.jsonl'; quiet t
yaml t rank 'architecture: bag'
: > rows.jsonl; quiet t
printf '%s\n' '{"text":"no pair","label":"a"}' '{"a":"x","b":"y","score":-1}' '{"a":"x","b":"","score":1}' > rows.jsonl; quiet t
printf '%s\n' '{"a":"x","b":"y","score":2}' '{"a":"x","b":"z","score":2}' > rows.jsonl; quiet t
printf '%s\n' '{"query":"x","text":"y","label":1}' > rows.jsonl; quiet t
awk 'BEGIN { for (i = 0; i < 40; i++) printf "{\"query\":\"q %d\",\"text\":\"t %d\",\"label\":%d}\n", i, i, i % 2 }' > rows.jsonl; quiet t
awk 'BEGIN { for (i = 0; i < 40; i++) printf "{\"query\":\"q %d\",\"text\":\"t %d\",\"score\":%d}\n", i, i, i % 3 }' > rows.jsonl; quiet t
cp "$KORORA_BIN" lonely
yaml t embed ''
env KORORA_MODELS="$TMPDIR" ./lonely train t; echo "exit $?"
korora eval trunk none.jsonl; echo "exit $?"
korora eval find/find.gguf nowhere.jsonl; echo "exit $?"
