# Corrections: stored with their event, the last one wins, taken back, shown; what cannot be corrected.
. "$REPO/tests/cli/common"
undated() { sed -E 's/[0-9-]{10}T[0-9:.]+(Z|[+-][0-9:]{5})$/TIME/; s/"corrected":"[^"]*"/"corrected":"TIME"/g'; }
say() { echo "\$ $*"; "$@" > out; code=$?; undated < out; echo "exit $code"; }
# Two models with labels of their own: one tags, one classifies.
for head in tags classify; do
    name=$([ $head = tags ] && echo topics || echo mood)
    korora forge --new $name --head $head > /dev/null
    korora forge $name --work work > /dev/null 2>&1 || echo "no model $name"
done
mkdir -p "$KORORA_HOME/models"
cp models/*.gguf "$KORORA_HOME/models"
try korora correct 1 mood=light
[ -e "$KORORA_HOME/memory.db" ] || echo "and none was made"
korora import jsonl "$REPO/tests/cli/week.jsonl" > /dev/null
echo "--- corrected"
say korora correct 2 mood=light
say korora correct 2 mood=music topics=+music,-weather
say korora correct 2 topics=+weather
say korora correct 2 topics=light,music
say korora correct 3 topics= --json
korora show 2 | grep '^correct' | undated
korora show 3 --json | undated | grep -o '"corrections".*'
korora show 4 --json | grep -c corrections
echo "--- taken back"
say korora correct 2 --undo
say korora correct 2 --undo
say korora correct 3 --undo --json
korora show 2 | grep -c '^correct'
echo "--- what cannot be"
try korora correct 99 mood=light
try korora correct 99 --undo
try korora correct 0 mood=light
try korora correct two mood=light
try korora correct
try korora correct 2
try korora correct 2 --undo mood=light
try korora correct 2 mood
try korora correct 2 mood=
try korora correct 2 =light
try korora correct 2 mood=light,music
try korora correct 2 mood=+light
try korora correct 2 mood=dark
try korora correct 2 mood=light,
try korora correct 2 topics=+weather,-weather
try korora correct 2 topics=+weather,music
try korora correct 2 topics=+
try korora correct 2 topics=weather,garden
try korora correct 2 nosuch=light
try korora correct 2 trunk=light
try korora correct 2 ./models/mood.gguf=light
# Nothing of a command with a mistake is kept, and what is wrong with the last word undoes the first.
try korora correct 2 mood=light topics=+garden
korora show 2 | grep -c '^correct'
echo "--- with the event they go"
korora correct 5 mood=light > /dev/null
sqlite3 "$KORORA_HOME/memory.db" "PRAGMA foreign_keys = ON; DELETE FROM events WHERE id = 5; SELECT count(*) FROM corrections"
echo "--- two at once"
for i in 1 2 3 4 5 6 7 8; do
    korora correct $i mood=light > /dev/null 2> err.$i & korora correct $i topics=+weather > /dev/null 2> err2.$i &
done
wait
cat err.* err2.* | sort
sqlite3 "$KORORA_HOME/memory.db" "SELECT count(*) FROM corrections"
korora doctor | grep -o '^well  memory'
