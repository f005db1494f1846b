# A 50 MB line, NULs, invalid UTF-8, a text of 10,000 words: nothing breaks, what fits is kept.
. "$REPO/tests/cli/common"
{
    echo '{"text":"before the long line","time":"2026-11-10T10:00:00"}'
    printf '{"time":"2026-11-10","text":"'
    head -c 50000000 /dev/zero | tr '\0' 'x'
    echo '"}'
    echo '{"text":"after the long line","time":"2026-11-10T10:01:00"}'
    printf '{"text":"a NUL\000 in a row","time":"2026-11-10T10:02:00"}\n'
    printf '{"text":"not \377\376 UTF-8","time":"2026-11-10T10:03:00"}\n'
    printf '{"text":"an escaped \\u0000 NUL","time":"2026-11-10T10:04:00"}\n'
    printf '{"text":"half a \\ud800 pair","time":"2026-11-10T10:05:00"}\n'
    printf '{"time":"2026-11-10T10:06:00","text":"'
    yes word | head -n 10000 | tr '\n' ' '
    echo 'needle"}'
    printf '[%.0s' $(seq 5000)
    echo
} > rows.jsonl
try korora import jsonl rows.jsonl
try korora timeline "10 November 2026" --now 2026-12-01
try korora show 3
try korora recall needle
printf 'ls\000 -l\necho \377\n' > history
touch -d 2026-11-11T12:00:00 history
try korora import shell history
try korora recall "ls" --now 2026-12-01 --limit 1
# Twice as long as what one event holds: cut at a character, not lost.
{ printf '{"time":"2026-11-10T10:07:00","text":"'; yes é | head -n 1000000 | tr -d '\n'; echo '"}'; } | try korora import jsonl
korora show 7 --json | wc -c
quietly korora doctor
