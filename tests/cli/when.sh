# Times in a text: for people and as JSON, both directions, both conventions, batches, and what is refused.
. "$REPO/tests/cli/common"
now=2026-11-22T10:00:00+01:00
export TZ=Europe/Paris
try korora when "what did I do last tuesday afternoon" --now $now
try korora when "what did I do last tuesday afternoon" --now $now --json
try korora when "call Ines on Friday at 3, then lunch 3/4/2027" --at $now --both
try korora when "3/4/2027" --reference $now --day-first --json
try korora when "between March and May" --now $now --convention memory
try korora when "between March and May" --now $now
try korora when "every other Tuesday at 9" --now $now --future
try korora when "weekdays at 9 for two hours, since the release" --now $now --json
try korora when "the first Monday of each month" --now $now --from 2027-01-01 --to 2027-04-01 --json
try korora when "February 30, and yesterday at 25:99" --now $now
try korora when "yesterday" --now 2026-03-30T08:00:00 --zone America/New_York --json
try korora when "since last summer" --now $now --southern
try korora when "mother's day 2026" --now $now --british
try korora when "the parser may march on, version 1.2.3 at 10.0.0.1:8080" --now $now
try korora when "" --now $now
try korora when
try korora when today --past --future
try korora when today --zone Mars/Olympus
try korora when today --now noon
try korora when today --convention other
try korora when today --from 2026-01-01
cat > rows.jsonl <<'ROWS'
{"id":1,"text":"tomorrow","reference":"2026-11-22T23:30:00","zone":"Pacific/Auckland"}
{"text":"on Monday","reference":"2026-11-22T10:00:00+01:00","prefer":"future"}
{"text":"caf\u00e9 \ud83d\ude00 tomorow","reference":"2026-11-22"}
{"text":"from 3 to 5 pm","reference":"2026-11-22","convention":"memory"}
{"text":7}
not json
{"text":"today","zone":"Nowhere"}
{"text":"today","prefer":"never"}
{"text":"today","reference":"soon"}
ROWS
try korora when --batch rows.jsonl
echo '{"text":"nothing here"}' | try korora when --batch - --now $now
try korora when --batch missing.jsonl
