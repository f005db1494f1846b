# One thing is remembered: in every form that a text and a time may have.
. "$REPO/tests/cli/common"
now() { sed 's/at 2[0-9T:+-]*$/at NOW/; s/"time":"2[^"]*"/"time":"NOW"/'; }
echo '$ korora add "the demo moved to Friday"'
korora add "the demo moved to Friday" | now
korora add "in JSON" --json | now
try korora add "with all it can have" --at 2026-11-20T18:05:00-05:00 --source mail --title "A title" \
    --uri https://example.org/1 --app mutt --scope work
try korora show 3
try korora show 3 --json
# A time: a date alone, local time with and without seconds, with an offset, in UTC, since 1970.
try korora add date --at 2026-07-01
try korora add local --at "2026-07-01 10:00"
try korora add local --at 2026-07-01T10:00:30
try korora add offset --at 2026-07-01T10:00:00+05:30
try korora add utc --at=2026-07-01T10:00:00.250Z
try korora add unix --at @1782892800
try korora add "before 1970" --at 1969-12-31T23:59:59Z
# Twice a year a local time does not exist, or exists twice (Europe/Paris).
try korora add "skipped hour" --at 2026-03-29T02:30
try korora add "doubled hour" --at 2026-10-25T02:30
try env TZ=America/New_York korora add "elsewhere" --at 2026-07-01T10:00
# From standard input.
printf 'two\nlines\n' | try korora add - --at 2026-07-02
try korora show 14
try korora add - --at 2026-07-02 < /dev/null
printf ' \n\t\n' | try korora add - --at 2026-07-02
try korora add " " --title "only a title" --at 2026-07-02
head -c 1048577 /dev/zero | tr '\0' 'x' | try korora add - --at 2026-07-02
head -c 1048576 /dev/zero | tr '\0' 'x' | try korora add - --at 2026-07-02
try korora add - < "$TMPDIR"
# What looks like an option, comes after --.
try korora add --at 2026-07-02 -- --not-an-option
# Bytes that are no text.
printf 'a\000b\377c' | try korora add - --at 2026-07-02
try korora show 18
try korora add "$(printf 'caf\351')" --at 2026-07-02 --title "$(printf '\377')" --source "$(printf 'x\376')"
try korora show 19 --json
