# Two imports at once: both complete, nothing is lost, nothing is there twice.
. "$REPO/tests/cli/common"
seq 1 3000 | sed 's/.*/{"text":"left event &","time":"2026-11-10","id":"&"}/' > left.jsonl
seq 2001 5000 | sed 's/.*/{"text":"right event &","time":"2026-11-10","id":"&"}/' > right.jsonl
korora import jsonl left.jsonl --json > left.out & left=$!
korora import jsonl right.jsonl --json > right.out & right=$!
wait $left; echo "left: exit $?"
wait $right; echo "right: exit $?"
cat left.out right.out | sed 's/.*"added":\([0-9]*\),.*/\1/' | awk '{n += $1} END {print n " new in both"}'
korora doctor | grep 'well  memory' | sed 's/, [0-9.]* MB.*//'
# And with questions asked meanwhile.
seq 5001 7000 | sed 's/.*/{"text":"third event &","time":"2026-11-10","id":"&"}/' | korora import jsonl > /dev/null &
asked=0
while kill -0 $! 2> /dev/null && [ $asked -lt 200 ]; do
    korora recall "left event 17" > /dev/null || { echo "a question failed: exit $?"; break; }
    asked=$((asked + 1))
done
wait $!; echo "third: exit $?"
[ $asked -gt 0 ] && echo "questions were answered meanwhile"
korora doctor | grep 'well  memory' | sed 's/, [0-9.]* MB.*//'
