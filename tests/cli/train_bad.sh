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
yaml "$(printf 'recipe:\n  features: sounds')"; quiet_train
printf 'name: t\nhead: spans\ntrain: rows.jsonl\nrecipe:\n  features: code\n' > task/task.yaml; quiet_train
yaml 'labels: [a]'; quiet_train
yaml 'labels: [a, a]'; quiet_train
yaml 'val: missing.jsonl'; quiet_train
echo "--- the licences"
yaml "$(printf 'ship: maybe')"; quiet_train
yaml "$(printf 'ship: yes')"; quiet_train
yaml "$(printf 'ship: yes\nlicence: own')"; quiet_train
yaml "$(printf 'ship: yes\nlicence: CC-BY-NC-4.0\nsources: [here]')"; quiet_train
yaml "$(printf 'ship: yes\nsources: [here, there]\nlicence: MIT AND CC-BY-SA-4.0')"; quiet_train
yaml "$(printf 'licence: CC BY 4.0')"; quiet_train
yaml "$(printf 'licence: CC-BY-NC-4.0')"; quiet_train; grep shipped task/t.md
yaml "$(printf 'ship: yes\nlicence: own AND (MIT OR GPL-3.0-only)\nsources: [here]')"; quiet_train; grep shipped task/t.md
rm -f task/t.*
echo "--- the rows"
yaml ''
: > task/rows.jsonl; quiet_train
good | grep '"a"' > task/rows.jsonl; quiet_train
printf '%s\n' '{"text":"no label"}' '{"label":"a"}' 'not JSON' '{"text":5,"label":"a"}' '{"text":"t","label":""}' '{"text":"t","label":["a"]}' '[]' > task/rows.jsonl; quiet_train
{ good; echo '{"text":"a new label","label":"c"}'; echo '{"text":"good day number 3","label":"b"}'; echo '{"text":"torn","label":'; } > task/rows.jsonl; quiet_train
yaml 'labels: [a, b]'; quiet_train
yaml 'val: val.jsonl'
{ good | head -n 3; echo '{"text":"another","label":"z"}'; } > task/val.jsonl; good > task/rows.jsonl; quiet_train
grep -A 9 "^## Known" task/t.md | grep "^- Texts"
grep '"z"' task/val.jsonl > task/none && mv task/none task/val.jsonl; quiet_train
# Contradictions, a label of one row and rows that cannot be read are on the card.
yaml ''; { good; echo '{"text":"a new label","label":"c"}'; echo '{"text":"good day number 3","label":"b"}'; echo torn; } > task/rows.jsonl
korora train task > /dev/null 2>&1; grep -e "^- [LR]" -e "^Labels" task/t.md
# With one of two labels out of scope there is one left.
good > task/rows.jsonl; yaml 'out_of_scope: b'; quiet_train
yaml ''; awk 'BEGIN { for (i = 0; i < 9; i++) printf "{\"text\":\"w%d\",\"label\":\"%s\"}\n", i, i % 2 ? "a" : "b" }' > task/rows.jsonl
yaml "$(printf 'recipe:\n  chars_to: 0')"; quiet_train
good > task/rows.jsonl
yaml "$(printf 'recipe:\n  rate: 1e29\n  epochs: 50')"; quiet_train
echo "--- the teacher"
good > task/rows.jsonl
yaml "$(printf 'recipe:\n  class_weights: often')"; quiet_train
yaml "$(printf 'recipe:\n  layout: perhaps')"; quiet_train
yaml "$(printf 'recipe:\n  distill: 2')"; quiet_train
yaml "$(printf 'recipe:\n  distill_temperature: 0')"; quiet_train
yaml 'teacher: nobody.gguf'; quiet_train
yaml "teacher: $KORORA_MODELS/trunk.gguf"; quiet_train
yaml ''; korora train task -o two.gguf > out; rm -f two.md two.svg
{ good; good | sed 's/"b"/"c"/'; } > task/rows.jsonl
yaml 'teacher: ../two.gguf'; quiet_train 2>&1 | tail -n 2
good | sed 's/"b"/"c"/' > task/rows.jsonl; quiet_train
{ good; echo '{"text":"good evening","label":"a","soft":{"a":0.7,"q":0.3}}'; echo '{"text":"good evening","label":"a","soft":0.5}'; } > task/rows.jsonl
yaml ''; quiet_train
rm -f two.gguf; good > task/rows.jsonl
echo "--- the place"
yaml ''
rm -f task/t.gguf task/t.md
korora train task -o nowhere/t.gguf; echo "exit $?"
korora train task -o task; echo "exit $?"
# A limit on the size of a file stands for a full disk.
(trap '' XFSZ; ulimit -f 1; korora train task -o full.gguf; echo "exit $?") 2>&1 | cat
# The model fits, what comes after it does not: it is whole, and nothing is half there.
mkdir -p card/t.md picture/t.svg
korora train task -o card/t.gguf; echo "exit $?"; ls card
korora train task -o picture/t.gguf; echo "exit $?"; ls picture
korora eval card/t.gguf task/rows.jsonl | grep accuracy
korora models card/t.gguf | grep -c "^# t"
rm -r card picture
# A folder of somebody else's; its model stays as it was. It is told before the rows are read.
mkdir -m 755 here here/task && chmod 755 . && cp "$KORORA_BIN" here/korora && cp task/* here/task && echo "old" > here/task/t.gguf
chmod -R a+rX here && chmod a-w here/task
as_other env KORORA_MODELS=nowhere here/korora train here/task; echo "exit $?"
cat here/task/t.gguf
chmod u+w here/task && rm -r here
korora train task --seed many; echo "exit $?"
ls
echo "--- eval"
korora train task -o t.gguf > /dev/null; echo "exit $?"
korora eval trunk rows.jsonl; echo "exit $?"
korora eval t.gguf nowhere.jsonl; echo "exit $?"
: > empty; korora eval t.gguf empty; echo "exit $?"
printf '%s\n' '{"text":"good day","label":"a"}' '{"text":"good day","label":"unheard of"}' '{"text":1}' > rows.jsonl
korora eval t.gguf rows.jsonl | sed -E 's/[0-9.]+ us/N us/; s/[0-9,]+ bytes/N bytes/'; echo "exit $?"
head -c 1000 t.gguf > torn.gguf; (korora run torn.gguf --text x; korora eval torn.gguf rows.jsonl; echo "exit $?") 2>&1 | sed "s/offset.*: it is/it is/"
