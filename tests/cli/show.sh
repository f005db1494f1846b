# One event, whole; one that is not there.
. "$REPO/tests/cli/common"
try korora show 1
korora import jsonl "$REPO/tests/cli/week.jsonl" > /dev/null
try korora show 2
try korora show 7
try env TZ=America/New_York korora show 7
try korora show 10 --json
try korora show 11
try korora show 11 --json
try korora show 9223372036854775807
try korora show -- -1
