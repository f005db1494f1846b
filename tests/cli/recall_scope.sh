# Scopes are memories apart: no question, and no timeline, sees from one into another.
. "$REPO/tests/cli/common"
korora import jsonl "$REPO/tests/cli/week.jsonl" > /dev/null
now=2026-11-22T10:00:00+01:00
ids() { "$@" --now $now --json | grep -o -e '"id":"[a-z0-9]*"' -e '"first":[0-9]*'; }
korora recall "invoice 4711" --now $now --json | grep -c w1
ids korora recall "invoice 4711" --scope work
ids korora recall "Friday" --scope work
ids korora recall "Friday"
ids korora recall "kubectl" --scope work
ids korora timeline "20 November" --scope work
korora timeline "20 November" --now $now | grep -c Invoice
try korora timeline "20 November" --now $now --scope work
korora add "another" --scope work --at 2026-11-20T12:00:00 > /dev/null
ids korora recall "Friday" --scope work
