# Many questions at once: a line for a line, in order; a bad row answers for itself alone.
. "$REPO/tests/cli/common"
korora import jsonl "$REPO/tests/cli/week.jsonl" > /dev/null
cat > questions.jsonl << 'END'
{"id":"q1","question":"kubectl","now":"2026-11-22T10:00:00+01:00"}
{"id":2,"question":"yesterday","now":"2026-11-22T10:00:00+01:00"}
{"id":"q3","question":"invoice","scope":"work","now":null}
{"id":"q4","question":"flurbish gronkel"}
{"question":"argon2id"}

not JSON
[]
{"id":"q8"}
{"id":"q9","question":5}
{"id":"q10","question":"x","now":"soon"}
{"id":"q11","question":"x","now":5}
{"id":"q12","question":"x","scope":7}
{"id":"q13","question":"a\u0000b"}
{"id":{"any":["json"]},"question":"rsync","extra":true}
END
try korora recall --batch questions.jsonl --limit 1
echo '{"id":1,"question":"yesterday"}' | try korora recall --batch - --limit 2 --now 2026-11-22T10:00
try korora recall --batch questions.jsonl --limit 1 --scope work | head -n 3
try korora recall --batch questions.jsonl --from 2026-11-21 --limit 1 | head -n 3
try korora recall --batch nowhere
try korora recall --batch
try korora recall --batch .
try korora recall --batch /dev/null
