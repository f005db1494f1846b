# What can be wrong with a task of the forge: each is said in one line with its place, and ships nothing.
. "$REPO/tests/cli/common"
forge() { korora forge "$@" > out 2>&1; code=$?; grep -v '^model \|  failed$' out; echo "exit $code"; }
mkdir -p tasks/t
rows() { for i in 1 2 3 4 5 6 7 8; do printf '{"text":"good day %s","label":"a"}\n{"text":"bad night %s","label":"b"}\n' $i $i; done; }
rows > tasks/t/rows.jsonl
printf '%s\n' '{"text":"a good one","label":"a"}' '{"text":"the bad one","label":"b"}' > tasks/t/gate.jsonl
yaml() { { printf 'name: t\nhead: classify\narchitecture: bag\ngate: gate.jsonl\n'; printf '%s\n' "$@"; } > tasks/t/task.yaml; }
data() { yaml "data:" "  - {file: rows.jsonl}" "$@"; }
echo "--- use"
forge
forge --all t
forge t --head rank
forge --new x --head sing
forge nothing
forge ../t
forge --all --tasks nowhere
mkdir empty; forge --all --tasks empty
echo "--- task.yaml"
yaml 'train: rows.jsonl' 'data: [{file: rows.jsonl}]'; forge t
yaml ''; forge t
printf 'name: t\nhead: classify\ntrain: rows.jsonl\n' > tasks/t/task.yaml; forge t
printf 'name: u\nhead: classify\ntrain: rows.jsonl\ngate: gate.jsonl\n' > tasks/t/task.yaml; forge t
data '  - {weight: 2}'; forge t
data '  - {file: a.csv, grammar: b.chatito}'; forge t
data '  - {file: a.csv, colour: blue}'; forge t
data '  - file: rows.jsonl' '    weight: much'; forge t
data '  - {file: a.csv, count: 3}'; forge t
data '  - {file: a.csv, licence: CC BY}'; forge t
data '  - {package: a@1, file: b.csv}'; forge t
data '  - {grammar: a.chatito, label: a}'; forge t
data '  - {file: rows.jsonl, labels: [a, b]}'; forge t
data '  - {file: rows.jsonl, label: ""}'; forge t
data '  - {file: rows.jsonl, snippets: few}'; forge t
data '  - {package: a@1, file: b.csv, sha512: 00}'; forge t
data '  - {file: missing.csv}'; forge t
data 'ship: yes'; forge t
yaml 'ship: yes' 'data:' '  - {file: rows.jsonl, licence: own}' '  - {file: rows.jsonl, licence: CC-BY-NC-4.0}'; forge t
data 'hard_weight: 2'; forge t
data 'hard: hard.jsonl'; forge t
data '  - {file: $KORORA_DATA/sms/train.jsonl}'; forge t
KORORA_DATA=nowhere forge t
mkdir sets; KORORA_DATA=sets forge t
mkdir sets/sms; rows > sets/sms/train.jsonl; KORORA_DATA=sets forge t > out2; grep -c shipped out2
data '  - {grammar: bad.chatito}'; printf '%%[a]\n    ~[no such\n' > tasks/t/bad.chatito; forge t
data '  - {teacher: teacher.yaml}'; forge t
echo "--- rows"
data '  - {file: rows.csv}'
printf 'text,label\r\none,a\r\nonly one\r\n"two\nlines",\r\n\377,b\r\n"x ""y""",b\r\n' > tasks/t/rows.csv; forge t | grep -v "us$" | sed -E 's/ +[0-9.]+ +[0-9.]+  (shipped|not)/  KB  US  \1/'
printf 'words,label\none,a\n' > tasks/t/rows.csv; forge t
printf 'text,label\none,"a\ntwo,b\n' > tasks/t/rows.csv; forge t
printf 'text,label\n' > tasks/t/rows.csv; forge t
data '  - {file: rows.tsv, text_column: "2", label_column: "1"}' 'labels: [a, b]'
printf 'a\tone "\nc\ttwo\nb\n' > tasks/t/rows.tsv; forge t | grep rows.tsv
data '  - {file: more.jsonl}'; printf '%s\n' '{"text":"x","label":"a"}' 'torn' '{"text":"","label":"a"}' '{"label":"a"}' '[]' '{"text":"y","label":7}' > tasks/t/more.jsonl; forge t | grep more.jsonl
data; : > tasks/t/gate.jsonl; forge t
rm tasks/t/gate.jsonl; forge t
ls models
