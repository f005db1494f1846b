# The disk is full in the middle of an import: said, nothing half-written, and it goes on when there is room again.
. "$REPO/tests/cli/common"
korora add "acknowledged before" --at 2026-11-01 > /dev/null
seq 1 4000 | sed 's/.*/{"text":"event & of a long history that fills the disk","time":"2026-11-10","id":"&"}/' > rows.jsonl
# A limit on the size of a file stands for the disk.
(ulimit -f 1000; korora import jsonl rows.jsonl) > out 2> err
echo "full: exit $?"
sed 's/.*\(disk full.*\)/\1/' err
korora doctor > /dev/null; echo "doctor: exit $?"
korora show 1 | tail -n 1
korora import jsonl rows.jsonl > /dev/null; echo "again: exit $?"
korora doctor | grep 'well  memory' | sed 's/, [0-9.]* MB.*//'
(ulimit -f 0; try korora add "text" --home new) 2>&1 | cat
try korora add "text" --at 2026-11-01 --home new
