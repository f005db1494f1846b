# Several labels and none from a grammar, and rows that others labelled.
. "$REPO/tests/cli/common"
forge() { korora forge "$@" > out 2>&1; code=$?; grep -v '^model \|  failed$' out | sed -E 's| +[0-9.]+ +[0-9.]+ +[0-9.]+ +([0-9.]+ )? *(shipped.not shipped)|  N  shipped|; s|micro_f1.*shipped|shipped|'; echo "exit $code"; }
mkdir -p build tasks/t
printf '%%[home]\n    mend the lamp\n\n%%[home; money]\n    the rent is due\n\n%%[;]\n    see you\n' > tasks/t/examples.chatito
printf '%s\n' '{"text":"pay the bill","label":"pay"}' '{"text":"paint the door","labels":["paint","pay"]}' \
    '{"text":"hello there","label":"greet"}' '{"text":"what is the time","label":"time"}' 'torn' '{"text":"no label"}' \
    '{"text":"half of it","labels":["pay","time"]}' > tasks/t/theirs.jsonl
printf 'text,label\nsweep the floor,paint\nwho knows,time\nthe two of them,pay;greet\n' > tasks/t/theirs.csv
echo '{"pay": "money", "paint": ["home", "home"], "greet": []}' > tasks/t/map.json
printf '%s\n' '{"text":"a new lamp","labels":["home"]}' '{"text":"so much rent","labels":["money"]}' > tasks/t/gate.jsonl
printf '%s\n' '{"text":"the lamp is new","labels":["home"]}' '{"text":"see me","labels":[]}' > tasks/t/val.jsonl
yaml() { printf 'name: t\nhead: tags\narchitecture: bag\nval: val.jsonl\ngate: gate.jsonl\ndata:\n%s\n' "$1" > tasks/t/task.yaml; }
yaml '  - {grammar: examples.chatito, count: 3}
  - {file: theirs.jsonl, label_map: map.json}
  - {file: theirs.csv, label_map: map.json}'
forge t
sort build/forge/t/train.jsonl
echo "--- a map that is new"
echo '{"pay": "money", "paint": "home"}' > tasks/t/map.json
forge t | grep "because\|shipped"
sort build/forge/t/train.jsonl | grep -c .
echo "--- what can be wrong with a map"
for map in '{"pay": 3}' '{"pay": ["home", ""]}' '[]' '{}' '{"pay"' '{"pay": "home", "pay": "money"}'; do
    echo "$map" > tasks/t/map.json; forge t
done
rm tasks/t/map.json; forge t
yaml '  - {grammar: examples.chatito, label_map: map.json}'; forge t
