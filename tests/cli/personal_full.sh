# A personal model: what the task asks of its rows is done here too, and no candidate is left where the disk is full.
. "$REPO/tests/cli/common"
mkdir -p "$KORORA_HOME/models"
korora forge --new mood > /dev/null
echo 'architecture: hybrid' >> tasks/mood/task.yaml
korora forge mood --work work > /dev/null 2>&1 || echo "no model"
cp models/mood.gguf "$KORORA_HOME/models"
for text in "the halcyon binder is missing" "another page for the halcyon binder" "who has the halcyon binder" "halcyon again, page nine"; do
    korora add "$text" > /dev/null
done
for id in 1 2 3 4; do korora correct $id mood=weather > /dev/null; done
rows() { korora forge mood --personal 2>&1 | grep -o 'on [0-9]* rows\? of the task'; }
printf '%s\n' '{"text":"a lamp","label":"light"}' '{"text":"two lamps","label":"light"}' '{"text":"lamp three","label":"light"}' > tasks/mood/more.jsonl
cp tasks/mood/task.yaml all.yaml
sed 's|^data:|data:\n  - {file: more.jsonl, licence: own}|' all.yaml > tasks/mood/task.yaml; rows > before
sed 's|^data:|data:\n  - {file: more.jsonl, licence: own, limit: 1}|' all.yaml > tasks/mood/task.yaml; rows > after
echo "with a limit $(($(tr -dc 0-9 < before) - $(tr -dc 0-9 < after))) less"
cp all.yaml tasks/mood/task.yaml
korora forge mood --personal > /dev/null || echo "not in place"
# The candidate as it is judged fits in, with its card it does not.
blocks=$((($(stat -c %s "$KORORA_HOME/personal/mood.gguf") - 1) / 512))
cp "$KORORA_HOME/personal/mood.gguf" kept.gguf
(trap '' XFSZ; ulimit -f $blocks; korora forge mood --personal 2>&1 | grep -o 'mood.gguf.new.*: File too large'; true)
cmp "$KORORA_HOME/personal/mood.gguf" kept.gguf && ls "$KORORA_HOME/personal"
