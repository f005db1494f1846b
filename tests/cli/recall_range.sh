# --from and --to replace what the words say; an end may be open; a range that ends before it starts is refused.
. "$REPO/tests/cli/common"
korora import jsonl "$REPO/tests/cli/week.jsonl" > /dev/null
now=2026-11-22T10:00:00+01:00
ids() { "$@" --now $now --json | grep -o -e '"range":{[^}]*}' -e '"range":null' -e '"id":"[a-z0-9]*"'; }
ids korora recall "git upload dates" --from 2026-11-20 --to 2026-11-21
ids korora recall "today" --from 2026-11-19 --to 2026-11-20
ids korora recall "photos" --from 2026-11-21T21:00
ids korora recall "budget" --to 2026-11-17
try korora recall "photos" --from 2026-11-21T21:00 --now $now
try korora recall "budget" --to 2026-11-17 --now $now
try korora recall "today" --from now --now 2026-11-21T22:00:00+01:00
try korora recall "x" --from 2026-11-20 --to 2026-11-20
try korora recall "x" --from 2026-11-21 --to 2026-11-20
try korora recall "x" --from tuesday
try korora recall "x" --to ""
try korora recall "before 18 November" --now $now --limit 1
try korora timeline "before 18 November" --now $now --json | cut -c 1-60
