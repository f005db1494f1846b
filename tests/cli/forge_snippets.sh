# Sources whose rows have no label of their own, long texts cut into runs of lines, and a limit.
. "$REPO/tests/cli/common"
forge() { korora forge t > out 2>&1; code=$?; grep -v '^model \|  failed$' out | sed -E 's/ +[0-9.]+ +[0-9.]+  (shipped|not shipped|unchanged)/  KB  US  \1/'; echo "exit $code"; }
mkdir -p build tasks/t
{ printf '{"text":"'; for i in 1 2 3 4 5 6 7 8 9; do printf 'good day number %s\\n' $i; done; printf '"}\n'; } > tasks/t/good.jsonl
{ echo text; for i in 1 2 3 4 5 6 7 8 9; do echo "bad night $i"; done; } > tasks/t/bad.csv
printf '%s\n' '{"text":"a good day","label":"good; fine"}' '{"text":"the bad night","label":"bad"}' > tasks/t/gate.jsonl
yaml() { { printf 'name: t\nhead: classify\narchitecture: bag\ngate: gate.jsonl\ndata:\n'; printf '%s\n' "$@"; } > tasks/t/task.yaml; }
yaml '  - {file: good.jsonl, label: good; fine, snippets: 6}' '  - {file: bad.csv, label: bad, limit: 5}'; forge
hide() { sed -E -e 's/"group":"[0-9a-f]{16}"/HASH/' -e 's/(good day number [0-9](\\n)?)+/RUN/' -e 's/night [0-9]/night N/' build/forge/t/train.jsonl | sort | uniq -c; }
hide
forge
yaml '  - {file: good.jsonl, label: good; fine, snippets: 6}' '  - {file: bad.csv, label: bad, limit: 7}'; forge
# Tags: a list of them, and none.
printf '%s\n' '{"text":"a good day","labels":["fine"]}' '{"text":"the bad night","labels":[]}' > tasks/t/gate.jsonl
yaml '  - {file: good.jsonl, labels: [fine, good], snippets: 6}' '  - {file: bad.csv, label: "", limit: 5}'
sed -i 's/classify/tags/' tasks/t/task.yaml; forge
hide
