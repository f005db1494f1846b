# All events out, and in again without a loss.
. "$REPO/tests/cli/common"
korora import jsonl "$REPO/tests/cli/week.jsonl" > /dev/null
korora add "a note without a name" --at 2026-11-20T10:00:00-05:00 --scope apart > /dev/null
printf '%s\n' '{"time": 1763637300125, "text": "to the\nmillisecond \u202e \ud83d\ude00", "title": "\"quoted\"", "uri": "https://a.example/?b", "app": "x"}' |
    korora import jsonl - > /dev/null
try korora export -o events.jsonl
try korora export -o events.jsonl --json
ls -l events.jsonl | cut -c 1-10
tail -n 2 events.jsonl | sed 's/"id":"[0-9a-f]*"/"id":"HASH"/'
korora export > same.jsonl && cmp events.jsonl same.jsonl && echo "the same"
korora import jsonl events.jsonl --home other > /dev/null
# What had no name has one now.
korora export --home other | sed 's/^{"id":"[0-9a-f]*",\(.*a note without\)/{\1/' > again.jsonl
cmp events.jsonl again.jsonl && echo "nothing is lost"
korora import jsonl events.jsonl --home other | head -n 1
try korora export -o nowhere/events.jsonl
try korora export too many
try korora export --home nothing
