# No answer is exit code 1, and says which filter left nothing.
. "$REPO/tests/cli/common"
try korora recall "anything"
echo '{"text":" "}' | korora import jsonl > /dev/null
try korora recall "anything"
try korora recall "yesterday" --json --now 2026-11-22T10:00:00+01:00
korora import jsonl "$REPO/tests/cli/week.jsonl" > /dev/null
now=2026-11-22T10:00:00+01:00
try korora recall "flurbish gronkel" --now $now
try korora recall "gronkel" --now $now
try korora recall "what happened in 2019" --now $now
try korora recall "flurbish yesterday" --now $now
try korora recall "flurbish" --now $now --json
try korora recall "?!" --now $now
try korora recall "kubectl" --now $now --scope nowhere
try korora recall "invoice 4711" --now $now --scope nowhere --json
echo '{"text":"only at work","scope":"work","time":"2026-11-20"}' | korora import jsonl --home other > /dev/null
try korora recall "only" --home other
