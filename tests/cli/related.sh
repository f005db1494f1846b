# What an event is connected with, for people and for programs.
. "$REPO/tests/cli/common"
korora add "Ines sent the plan of the greenhouse" --at 2026-11-20T10:00 > /dev/null
korora add "the greenhouse: Ines wants it planned by May" --at 2026-11-21T10:00 > /dev/null
korora add "a memory apart" --scope apart --at 2026-11-21T11:00 > /dev/null
korora related 1 | sed 's/(0\.[0-9]*)/(N)/'
korora related 1 --json --limit 1
try korora related 3
try korora related 3 --json
try korora related 99
try korora related
try korora related x
try korora related 1 --limit 0
