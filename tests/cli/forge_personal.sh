# A model learns from corrections, is used instead of the shipped one, and is taken away again. What may go wrong on the
# way: nothing corrected, a gate, a kill, a file cut short, two at once, a folder that cannot be written.
. "$REPO/tests/cli/common"
untimed() { sed -E -e 's/\([0-9.]+ s\)/(N s)/' -e 's/process [0-9]+/process N/' -e 's/; held back [0-9]+/; held back N/' \
    -e 's/(accuracy|micro_f1) [01]\.[0-9]+/\1 N/g; s/model [01]\.[0-9]+/model N/' -e 's/gguf: .*; the shipped/gguf: WHY; the shipped/'; }
forge() { echo "\$ korora forge $*"; korora forge "$@" > out 2>&1; code=$?; untimed < out; echo "exit $code"; }
label() { echo "$1" | korora run mood 2>&1 | grep -oE '"label":"[a-z]*"|^korora.*' | untimed; }
where() { korora models --json 2> /dev/null | grep -oE '"name":"(mood|topics)"|"personal":true|"replaces":"[^"]*"|"outdated":[a-z]*' | tr '\n' ' '; echo; }
mkdir -p "$KORORA_HOME/models"
for name in mood topics; do
    korora forge --new $name --head $([ $name = mood ] && echo classify || echo tags) > /dev/null
    echo 'architecture: hybrid' >> tasks/$name/task.yaml
    korora forge $name --work work > /dev/null 2>&1 || echo "no model $name"
done
cp models/*.gguf "$KORORA_HOME/models"
forge mood --personal
for text in "put on some quiet jazz" "will it rain tomorrow" "switch off the lamp in here" "dim the lights over the table" \
    "the halcyon binder is missing" "another page for the halcyon binder" "who has the halcyon binder" "halcyon again, page nine"; do
    korora add "$text" > /dev/null
done
echo "--- nothing to learn"
forge mood --personal
forge mood --personal --undo
forge nosuch --personal
forge trunk --personal
forge mood topics --personal
forge mood --personal --force
forge mood --undo
echo "--- learnt"
for id in 5 6 7 8; do korora correct $id mood=weather topics=+music > /dev/null; done
label "bring the halcyon binder" | tee before
forge mood --personal
label "bring the halcyon binder"
label "switch off the lamp in here"
label "put on some quiet jazz"
where
stat -c '%a %n' "$KORORA_HOME/personal" "$KORORA_HOME/personal/mood.gguf" | sed "s|$KORORA_HOME|HOME|"
korora models mood | grep -o 'Of [0-9]* labels that were corrected it answers [0-9]*'
# The user's words are in no file but the memory.
grep -rlia halcyon . "$KORORA_HOME" | grep -v '/memory/memory.db' | grep -v '^./\(out\|before\)'
ls "$KORORA_HOME/personal"
forge topics --personal
echo "the halcyon binder again" | korora run topics | grep -o '"label":"[a-z]*"'
echo "--- again, the same bytes"
cp "$KORORA_HOME/personal/mood.gguf" first.gguf
korora forge mood --personal > /dev/null
cmp "$KORORA_HOME/personal/mood.gguf" first.gguf && echo "the same"
echo "--- no network, and nothing but what is installed"
mkdir -p usr/bin usr/share/korora elsewhere
cp "$KORORA_BIN" usr/bin/korora && cp -r tasks usr/share/korora/tasks && cp -r "$KORORA_MODELS" usr/share/korora/models
cp models/mood.gguf usr/share/korora/models/
sed -i 's|^data:|data:\n  - {file: $KORORA_DATA/far/away.jsonl, licence: own, name: far}|' usr/share/korora/tasks/mood/task.yaml
alone() { (cd elsewhere && if [ "$(id -u)" = 0 ] && unshare -n true 2> /dev/null; then unshare -n "$@"; else "$@"; fi); }
alone env -u KORORA_MODELS ../usr/bin/korora forge mood --personal > out 2>&1; echo "exit $?"; untimed < out
ls elsewhere
echo "--- two at once"
echo '$ flock personal/lock korora forge mood --personal'
flock "$KORORA_HOME/personal/lock" korora forge mood --personal 2>&1 | untimed
flock "$KORORA_HOME/personal/lock" korora forge mood --personal --undo 2>&1 | untimed
echo "--- killed at any moment, one of the two answers"
korora forge mood --personal > /dev/null
for ms in 05 15 30 45 60 80; do
    korora forge mood --personal > /dev/null 2>&1 & forge=$!
    sleep 0.$ms
    kill -9 $forge 2> /dev/null
    wait $forge 2> /dev/null
    label "bring the halcyon binder"
done
korora forge mood --personal > /dev/null && ls "$KORORA_HOME/personal"
echo "--- cut short"
head -c 5000 first.gguf > "$KORORA_HOME/personal/mood.gguf"
label "put on some quiet jazz"
where
forge mood --personal
where
echo "--- a newer shipped model"
sed -i 's/^seed.*//; $a seed: 9' tasks/mood/task.yaml
korora forge mood --work work > /dev/null 2>&1 && cp models/mood.gguf "$KORORA_HOME/models/"
where
echo "--- a gate that it misses"
cp tasks/mood/task.yaml good.yaml
size=$(stat -c %s "$KORORA_HOME/models/mood.gguf")
sed "s/^gates.*/gates: {bytes: $((size + 50))}/" good.yaml > tasks/mood/task.yaml
cp "$KORORA_HOME/personal/mood.gguf" kept.gguf
forge mood --personal | sed -E 's/bytes [0-9.e+]+, wanted <= [0-9.e+]+/bytes N, wanted <= N/'
cmp "$KORORA_HOME/personal/mood.gguf" kept.gguf && echo "the one before stays"
ls "$KORORA_HOME/personal"
cp good.yaml tasks/mood/task.yaml
echo "--- a folder that cannot be written"
chmod a-w "$KORORA_HOME/personal"
chmod -R a+rX . "$KORORA_HOME"
as_other korora forge mood --personal 2>&1 | grep -o 'cannot .*'
chmod u+w "$KORORA_HOME/personal"
echo "--- the shipped one again"
forge mood --personal --undo
label "bring the halcyon binder" | cmp - before && echo "as before"
forge mood --personal --undo
ls "$KORORA_HOME/personal"
echo "--- a forgotten event is learnt from no longer"
sqlite3 "$KORORA_HOME/memory.db" "PRAGMA foreign_keys = ON; DELETE FROM events WHERE id > 4"
forge mood --personal
