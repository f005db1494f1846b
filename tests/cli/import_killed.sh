# kill -9 during an import: what was committed is whole, and a rerun completes it.
. "$REPO/tests/cli/common"
seq 1 20000 | sed 's/.*/{"text":"event & of a long history","time":"2026-11-10","id":"&"}/' > rows.jsonl
korora add "acknowledged before" --at 2026-11-01 > /dev/null
events() { korora doctor | sed -n 's/.* memory *\([0-9,]*\) event.*/\1/p' | tr -d ,; }
korora import jsonl rows.jsonl > /dev/null 2>&1 & import=$!
before=1
while kill -0 $import 2> /dev/null && [ "$before" -lt 500 ]; do before=$(events); done
kill -9 $import; wait $import 2> /dev/null
echo "killed: exit $?"
after=$(events)
[ "$after" -ge "$before" ] && echo "all that was seen before is still there"
[ "$after" -lt 20001 ] && echo "it was killed in the middle"
korora doctor > /dev/null; echo "doctor: exit $?"
korora show 1 | tail -n 1
korora import jsonl rows.jsonl --json | sed "s/.*\"added\":\([0-9]*\),\"known\":\([0-9]*\).*/\1 \2/" > counts
read -r added known < counts
[ "$known" -eq $((after - 1)) ] && [ $((added + known)) -eq 20000 ] && echo "the rerun added what was missing"
korora doctor | grep 'well  memory' | sed 's/, [0-9.]* MB.*//'
korora recall "event 19999" --limit 1 --json | grep -o '"id":"[0-9]*"'
