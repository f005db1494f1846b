# Spans that others labelled, in both forms, to learn from and to measure with.
. "$REPO/tests/cli/common"
forge() { korora forge t > out 2>&1; code=$?; grep -v '^model \|  failed$' out | sed -E 's/span_f1 +[0-9.]+ +(-|[0-9.]+) +[0-9.]+ +[0-9.]+ +/N  /'; echo "exit $code"; }
mkdir -p build tasks/t
names="Ana Ben Cleo Dan Eva Finn Gus Hana"
for n in $names; do
    printf '{"text":"lunch with %s in Rome","spans":[{"start":11,"end":%d,"label":"WHO"},[%d,%d,"CITY"]],"label":"other"}\n' $n $((11 + ${#n})) $((15 + ${#n})) $((19 + ${#n}))
    printf '{"tokens":["%s","rang","from","New","York","at","10"],"tags":["B-WHO","O","O","B-CITY","I-CITY","O","B-TIME"]}\n' $n
done > tasks/t/theirs.jsonl
printf '%s\n' '{"tokens":["Ana","Ben","left"],"tags":["B-WHO","I-CALLER","O"]}' '{"tokens":["Rome","Oslo"],"tags":["I-CITY","B-CITY"]}' '{"text":"broken Ana","spans":[[7,10]]}' \
    '{"tokens":["Ana","sat"],"tags":["B-WHO","X"]}' >> tasks/t/theirs.jsonl
echo '{"WHO": "person", "CALLER": ["person"], "CITY": []}' > tasks/t/map.json
for n in $names; do printf '{"text":"pay %s 10 euros","spans":[[4,%d,"person"],[%d,%d,"money"]]}\n' $n $((4 + ${#n})) $((5 + ${#n})) $((13 + ${#n})); done > tasks/t/own.jsonl
printf '%s\n' '{"text":"dinner with Ana","spans":[[12,15,"person"]]}' '{"text":"Ben paid 10 euros","spans":[[0,3,"person"],[9,17,"money"]]}' > tasks/t/gate.jsonl
printf '%s\n' '{"text":"Cleo owes Dan 10 euros","spans":[[0,4,"WHO"],[10,13,"WHO"]]}' > tasks/t/set.jsonl
yaml() { printf 'name: t\nhead: spans\narchitecture: bag\nval: own.jsonl\ngate: gate.jsonl\ngate_sets:\n  - %s\ndata:\n  - {file: theirs.jsonl, label_map: map.json}\n  - {file: own.jsonl, weight: 3}\n' "$1" > tasks/t/task.yaml; }
yaml '{file: set.jsonl, label_map: map.json, gates: {span_f1: 0.5}}'; forge
sort -u build/forge/t/train.jsonl | grep -v pay
echo "--- a set of all labels counts all answers"
korora eval models/t.gguf build/forge/t/set-1.jsonl --json | grep -o '"spans":[^}]*}\|"span_f1":[0-9.]*\|"wrong":[0-9]*\|"precision":[0-9.]*'
