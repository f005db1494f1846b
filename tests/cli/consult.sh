# What the small models are not sure of is asked of a language model: off by default, on loopback, within a budget. The
# endpoint is a script.
. "$REPO/tests/cli/common"
python3 "$REPO/tests/teacher/endpoint.py" . 60 & endpoint=$!
trap 'touch stop; wait $endpoint' EXIT
tries=0
while [ ! -e port ] && [ $tries -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done
port=$(cat port)
say() { echo "\$ $*"; "$@" > out 2>&1; code=$?; sed -E -e 's|'"$KORORA_HOME"'|HOME|g' -e "s/:$port/:PORT/g" -e 's/"tokens":[0-9.]+/"tokens":N/' -e 's/[0-9,]+ tokens/N tokens/' -e 's/[0-9-]{10}T[0-9:]+([+-][0-9:]{5}|Z)/TIME/g' -e 's/[A-Z][a-z]{2} [0-9-]{10} [0-9:]{5}/DAY/' out; echo "exit $code"; }
# A model that knows two things and is not sure of anything else.
mkdir -p tasks/home "$KORORA_HOME/models"
for i in 1 2 3 4 5 6 7 8 9 10 11 12; do
    echo "{\"text\":\"hello good morning number$i\",\"label\":\"greet\"}"
    echo "{\"text\":\"bye farewell tonight number$i\",\"label\":\"leave\"}"
    echo "{\"text\":\"zz$i qq$i unrelated$i\",\"label\":\"oos\"}"
done > tasks/home/rows.jsonl
printf 'name: mood\nhead: classify\narchitecture: bag\ntrain: rows.jsonl\nout_of_scope: oos\n' > tasks/home/task.yaml
korora train tasks/home -o "$KORORA_HOME/models/mood.gguf" > train.log 2>&1 || echo "not trained"
printf 'steps:\n  - {model: mood}\n' > "$KORORA_HOME/colony.yaml"
say korora add "hello good morning"
say korora add "greet xylophone vortex"
say korora add "leave quantum drizzle"
for i in 1 2 3; do korora show $i | grep '^mood' | sed -E 's/[0-9]+ %/N %/'; done
echo "--- off until it is configured"
say korora consult
printf 'url: http://198.51.100.7:%s/v1\nmodel: stand-in\nallow_remote: no\n' "$port" > "$KORORA_HOME/brain.yaml"
say korora consult
printf 'url: https://models.example/v1\nmodel: stand-in\n' > "$KORORA_HOME/brain.yaml"
say korora consult
[ -e requests ] && echo "something was sent"
echo "--- asked"
printf 'url: http://127.0.0.1:%s/v1\nmodel: stand-in\nretries: 0\nbudget_tokens: 100000\n' "$port" > "$KORORA_HOME/brain.yaml"
say korora consult --limit 1
say korora consult --json
for i in 1 2 3; do korora show $i | grep '^mood' | sed -E 's/[0-9]+ %/N %/'; done
say korora recall --has mood=leave
say korora consult
echo "--- it stays when the models read again, and the user is above it"
printf 'steps:\n  - {model: mood, least: 0.01}\n' > "$KORORA_HOME/colony.yaml"
korora reannotate > /dev/null
korora show 2 | grep '^mood'
korora correct 2 mood=leave > /dev/null
korora show 2 | grep '^mood'
korora stats --json | grep -o '"brain.[a-z]*":[0-9]*' | sed -E 's/(tokens|ms)":[0-9]+/\1":N/'
echo "--- the budget of a day, and an endpoint that hangs"
korora add "another vortex" > /dev/null
printf 'url: http://127.0.0.1:%s/v1\nmodel: stand-in\nbudget_tokens: 1\n' "$port" > "$KORORA_HOME/brain.yaml"
say korora consult
echo slow > mode
printf 'url: http://127.0.0.1:%s/v1\nmodel: stand-in\nretries: 0\ntimeout_seconds: 1\n' "$port" > "$KORORA_HOME/brain.yaml"
say korora add "stored in time vortex"
say korora consult
korora recall "stored in time" | head -n 1 | grep -c "stored in time vortex"
echo "--- what is sent has passed the guard of today, whatever was stored before there was one"
echo good > mode
printf 'url: http://127.0.0.1:%s/v1\nmodel: stand-in\nretries: 0\n' "$port" > "$KORORA_HOME/brain.yaml"
korora add "project vortex" > /dev/null
python3 - "$KORORA_HOME/memory.db" <<'EOF'
import sqlite3, sys
db = sqlite3.connect(sys.argv[1])
db.execute("UPDATE events SET text = 'vortex ghp_a8Xk2Qv7LmN4pRt9Yw3ZcB6dFh1JsK5gT0eU' WHERE text = 'another vortex'")
db.commit()
EOF
korora exclude --word project > /dev/null
say korora consult
grep -c 'vortex \[token removed\]\|vortex \[api-key removed\]' asked
grep -c 'ghp_\|project' asked
