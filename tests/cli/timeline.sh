# The events of a day, of a range, of the latest days; gathered into stretches of one source.
. "$REPO/tests/cli/common"
now=2026-11-22T10:00:00+01:00
try korora timeline
echo '{"text":" "}' | korora import jsonl > /dev/null
try korora timeline --now $now
try korora timeline yesterday --now $now --json
korora import jsonl "$REPO/tests/cli/week.jsonl" > /dev/null
for m in 00 05 10 15 35; do
    echo "{\"text\":\"make target $m\",\"source\":\"shell\",\"time\":\"2026-11-18T08:$m:00+01:00\"}"
done | korora import jsonl > /dev/null
try korora timeline --now $now
try korora timeline yesterday --now $now
try korora timeline 2026-11-18 --now $now
try korora timeline "18 November" --now $now --json
try korora timeline "last week" --now $now
try korora timeline "from Monday to Wednesday" --now $now
try korora timeline "in March" --now $now
try korora timeline nonsense --now $now
try korora timeline "" --now $now
try env TZ=Asia/Tokyo korora timeline yesterday --now $now
