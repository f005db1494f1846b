# Questions by time, by exact term, by meaning without a shared word; the range that was used is shown.
. "$REPO/tests/cli/common"
korora import jsonl "$REPO/tests/cli/week.jsonl" > /dev/null
now=2026-11-22T10:00:00+01:00
try korora recall "what did I do on Tuesday afternoon?" --now $now
try korora recall "yesterday" --now $now
try korora recall "what did I commit last week?" --now $now --limit 2
try korora recall "kubectl" --now $now --limit 1
try korora recall "argon2id" --now $now --limit 1
try korora recall "deployment/ingest" --now $now --limit 1
best() { korora recall "$1" --now $now --json | grep -o '"id":"[a-z0-9]*"' | head -n 1; }
echo "by meaning, without a shared word:"
best "making dinner"
best "replace the wheels of my vehicle"
best "finances of the lab"
echo "the time in the words is the zone's:"
try env TZ=America/New_York korora recall "on 21 November" --now 2026-11-22T10:00:00-05:00
echo "a title that opens the text is shown once:"
korora recall "retry upload" --now $now --limit 1 | grep -c "Retry the upload"
# The same question gives the same answer.
korora recall "new things for the winter" --now $now --json | sed 's/"ms".*//' > first
korora recall "new things for the winter" --now $now --json | sed 's/"ms".*//' | cmp - first && echo same
