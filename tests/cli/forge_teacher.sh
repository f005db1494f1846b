# A model forged from the rows of a teacher; the endpoint is a script on loopback that always answers the same.
. "$REPO/tests/cli/common"
KEY=sk-test-0123456789abcdef
export KEY
python3 "$REPO/tests/teacher/endpoint.py" . 60 & endpoint=$!
trap 'touch stop; wait $endpoint' EXIT
tries=0
while [ ! -e port ] && [ $tries -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done
port=$(cat port)
forge() { korora forge "$@" > out 2>&1; code=$?; grep -v '^model ' out | sed -E -e "s/:$port/:PORT/g" -e 's/ in [0-9.]+ s$/ in N s/' -e 's/^(home +bag +[0-9]+ ).*(shipped.*|unchanged)$/\1 \2/'; echo "exit $code"; }
mkdir -p build tasks/home
printf 'greet: a greeting\nleave: a farewell\n' > tasks/home/labels.yaml
printf '%s\n' '{"text":"greet you all","label":"greet"}' '{"text":"leave it now","label":"leave"}' > tasks/home/gate.jsonl
printf 'name: home\nhead: classify\narchitecture: bag\ngate: gate.jsonl\ngates: {accuracy: 1}\ndata:\n  - {teacher: teacher.yaml, count: 40, licence: own}\n' > tasks/home/task.yaml
printf 'url: http://127.0.0.1:%s/v1\nmodel: stand-in\nkey_env: KEY\nretries: 1\n' "$port" > tasks/home/teacher.yaml

echo "--- from nothing"
forge home
grep -c . build/forge/home/train.jsonl
grep -q . requests && echo "the teacher was asked"
grep -rl "$KEY" build models tasks && echo "the key is on the disk"
echo "--- nothing has changed: nothing is sent"
rm requests
forge home
[ -e requests ] && echo "something was sent"
echo "--- a label says something else: the rows are made anew"
printf 'greet: a warm greeting\nleave: a farewell\n' > tasks/home/labels.yaml
forge home | grep because
grep -q . requests && echo "the teacher was asked"
echo "--- a teacher that is down leaves the model as it is"
touch stop; wait $endpoint; trap - EXIT
printf 'greet: a cold greeting\nleave: a farewell\n' > tasks/home/labels.yaml
before=$(sha256sum < models/home.gguf)
forge home | tail -n 3
[ "$before" = "$(sha256sum < models/home.gguf)" ] && echo "the same model"
