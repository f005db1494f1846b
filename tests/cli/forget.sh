# Events that are forgotten are gone everywhere; looking first changes nothing.
. "$REPO/tests/cli/common"
try korora forget --source git
korora import jsonl "$REPO/tests/cli/week.jsonl" > /dev/null
try korora forget
try korora forget --from 2026-11-20 --to 2026-11-19
try korora forget --when "some other time, maybe"
try korora forget --match '"- *'
try korora forget --when yesterday --from 2026-11-19
try korora forget --match upload --dry-run
try korora forget --when "last tuesday" --now 2026-11-22T10:00:00+01:00 --dry-run --json
try korora timeline "last tuesday" --now 2026-11-22T10:00:00+01:00
try korora forget --when "last tuesday" --now 2026-11-22T10:00:00+01:00
try korora timeline "last tuesday" --now 2026-11-22T10:00:00+01:00
try korora forget --id 1 --json
try korora forget --id 1 --json
try korora show 1
try korora forget --app nothing
quietly korora doctor
grep -l upload memory/* || echo "no file has the word"
