# What can be wrong with a task, its rows and the place to write to: each is one line that says what, where and what to
# do, and nothing half-written is left.
. "$REPO/tests/cli/common"
mkdir task
good() { awk 'BEGIN { for (i = 0; i < 20; i++) { print "{\"text\":\"good day number " i "\",\"label\":\"a\"}"; print "{\"text\":\"bad night number " i "\",\"label\":\"b\"}" } }'; }
yaml() { printf 'name: t\nhead: classify\ntrain: rows.jsonl\n%s\n' "$1" > task/task.yaml; }
quiet_train() { korora train task > out; code=$?; [ -s out ] && echo "trained"; echo "exit $code" >&2; }
exec 2>&1
echo "--- the task"
korora train nowhere
good > task/rows.jsonl
: > task/task.yaml; quiet_train
printf 'name: t\nhead: classify\n' > task/task.yaml; quiet_train
printf 'name: t\nhead: clasify\ntrain: rows.jsonl\n' > task/task.yaml; quiet_train
printf 'name: t\nhead: embed\ntrain: rows.jsonl\n' > task/task.yaml; quiet_train
printf 'name: ../t\nhead: tags\ntrain: rows.jsonl\n' > task/task.yaml; quiet_train
printf 'name: [\n' > task/task.yaml; quiet_train
yaml 'colour: blue'; quiet_train
yaml 'name: again'; quiet_train
yaml 'architecture: huge'; quiet_train
yaml 'architecture: full'; quiet_train
yaml 'seed: -1'; quiet_train
yaml 'val_share: 0.9'; quiet_train
yaml 'gates: 5'; quiet_train
yaml "$(printf 'gates:\n  accuracy: often')"; quiet_train
yaml "$(printf 'gates:\n  beauty: 1')"; quiet_train
yaml "$(printf 'recipe:\n  dim: 12')"; quiet_train
yaml "$(printf 'recipe:\n  rate: 1e99')"; quiet_train
yaml 'labels: [a]'; quiet_train
yaml 'labels: [a, a]'; quiet_train
yaml 'val: missing.jsonl'; quiet_train
echo "--- the rows"
yaml ''
: > task/rows.jsonl; quiet_train
good | grep '"a"' > task/rows.jsonl; quiet_train
printf '%s\n' '{"text":"no label"}' '{"label":"a"}' 'not JSON' '{"text":5,"label":"a"}' '{"text":"t","label":""}' '{"text":"t","label":["a"]}' '[]' > task/rows.jsonl; quiet_train
{ good; echo '{"text":"a new label","label":"c"}'; echo '{"text":"good day number 3","label":"b"}'; echo '{"text":"torn","label":'; } > task/rows.jsonl; quiet_train
yaml 'labels: [a, b]'; quiet_train
yaml 'val: val.jsonl'
{ good | head -n 3; echo '{"text":"another","label":"z"}'; } > task/val.jsonl; good > task/rows.jsonl; quiet_train
yaml ''; awk 'BEGIN { for (i = 0; i < 9; i++) printf "{\"text\":\"w%d\",\"label\":\"%s\"}\n", i, i % 2 ? "a" : "b" }' > task/rows.jsonl
yaml "$(printf 'recipe:\n  chars_to: 0')"; quiet_train
good > task/rows.jsonl
yaml "$(printf 'recipe:\n  rate: 1e29\n  epochs: 50')"; quiet_train
echo "--- the place"
yaml ''
rm -f task/t.gguf task/t.md
korora train task -o nowhere/t.gguf; echo "exit $?"
korora train task -o task; echo "exit $?"
# A limit on the size of a file stands for a full disk.
(trap '' XFSZ; ulimit -f 1; korora train task -o full.gguf; echo "exit $?") 2>&1 | cat
korora train task --seed many; echo "exit $?"
ls
echo "--- eval"
korora train task -o t.gguf > /dev/null; echo "exit $?"
korora eval base rows.jsonl; echo "exit $?"
korora eval t.gguf nowhere.jsonl; echo "exit $?"
: > empty; korora eval t.gguf empty; echo "exit $?"
printf '%s\n' '{"text":"good day","label":"a"}' '{"text":"good day","label":"unheard of"}' '{"text":1}' > rows.jsonl
korora eval t.gguf rows.jsonl | sed -E 's/[0-9.]+ us/N us/'; echo "exit $?"
head -c 1000 t.gguf > torn.gguf; korora run torn.gguf --text x; korora eval torn.gguf rows.jsonl; echo "exit $?"
