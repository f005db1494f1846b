# Texts in, answers out: one line each, in order, whatever is in them.
. "$REPO/tests/cli/common"
try korora run trunk --text "where did I leave my notes?" | sed 's/[+-]0\.[0-9]*/N/g'
try korora run trunk --text "" | sed 's/[+-]0\.[0-9]*/N/g'
try korora run trunk --text "$(yes word | head -n 10000 | tr '\n' ' ')" | sed -e 's/[+-]0\.[0-9]*/N/g' -e 's/trunk --text .*/trunk --text .../'
shape() { sed -E '/embedding/ { s/-?[0-9]\.?[0-9]*(e-[0-9]+)?/N/g; s/N(,N){511}/512 numbers/; }'; }
korora run trunk --text "one answer" --json | shape
printf 'first\nsecond\n\nlast, without a line end' | korora run trunk | shape
printf 'a\000b\nnot \377 UTF-8\r\n' | korora run trunk | shape
korora run trunk < /dev/null
echo "empty: exit $?"
# Rows of JSON.
cat > rows.jsonl << 'END'
{"text":"first"}
{"text":5}
{"words":"second"}
not JSON
[]

{"text":"a\u0000b","more":1}
END
korora run trunk --jsonl rows.jsonl | shape
echo "bad rows: exit $?"
# A line too long for a row is one bad row.
{ echo first; head -c 9000000 /dev/zero | tr '\0' 'x'; echo; echo last; } | korora run trunk | shape
# Files one after the other; - is standard input; one that is missing does not keep the others from it.
echo one > a; echo two > b
echo three | korora run trunk a - b > several
cat a b > two
{ sed -n 1p several; sed -n 3p several; } > outer
korora run trunk two | cmp - outer && wc -l < several
try korora run trunk a nowhere b | shape
try korora run trunk . | shape
try korora run "$KORORA_MODELS/trunk.gguf" a | shape
python3 - << 'END'
import json, math, subprocess
def embed(*texts):
    out = subprocess.run(["korora", "run", "trunk"], input="\n".join(texts), capture_output=True, text=True, check=True)
    return [json.loads(line)["embedding"] for line in out.stdout.splitlines()]
slow, sql, bread = embed("the database is slow", "our SQL queries take too long", "a recipe for bread")
dot = lambda a, b: sum(x * y for x, y in zip(a, b))
assert all(abs(math.sqrt(dot(v, v)) - 1) < 1e-4 for v in (slow, sql, bread))
assert dot(slow, sql) > dot(slow, bread) + 0.2
print("like is nearer than unlike")
END
