# A teacher behind an endpoint: rows made and labelled, going on after a stop, budgets, every kind of bad endpoint, and a
# key that is nowhere. The endpoint is a script on loopback that always answers the same.
. "$REPO/tests/cli/common"
KEY=sk-test-0123456789abcdef
export KEY
python3 "$REPO/tests/teacher/endpoint.py" . 100 & endpoint=$!
trap 'touch stop; wait $endpoint' EXIT
tries=0
while [ ! -e port ] && [ $tries -lt 200 ]; do sleep 0.05; tries=$((tries + 1)); done
port=$(cat port)
steady() { sed -E -e "s/:$port/:PORT/g" -e 's/ in [0-9.]+ s$/ in N s/' -e 's/(journal.jsonl):[0-9]+:/\1:N:/'; }
mkdir -p task memory
printf 'name: home\nhead: classify\ntrain: rows.jsonl\n' > task/task.yaml
printf 'greet: a greeting\nleave: a farewell\nask: a question\n' > task/labels.yaml
config() { printf 'url: http://127.0.0.1:%s/v1\nmodel: stand-in\nkey_env: KEY\nretries: 1\n%s\n' "$port" "$1" > memory/teacher.yaml; }
# From here on the endpoint answers so; what went before is over.
mode() {
    python3 -c "import urllib.request; urllib.request.urlopen('http://127.0.0.1:$port/', timeout=20)"
    echo "$1" > mode
    rm -f requests
}
teach() { korora teach task "$@" 2>&1 | steady; }
forget() { rm -f task/teacher-*; }
none() { [ -e task/teacher-rows.jsonl ] && echo "there are rows"; [ -z "$(ls task | grep 'rows.jsonl\.')" ] || echo "something half-written"; }

echo "--- nothing is sent unless it is set up"
try korora teach task 2>&1
ls task
[ -e requests ] && echo "something was sent"
config ''

echo "--- rows"
mode good
teach --count 60
sort requests | uniq -c | sed 's/^ *//'
wc -l < task/teacher-rows.jsonl
grep -o '"label":.*' task/teacher-rows.jsonl | sort | uniq -c | sed 's/^ *//'
grep -c doubtful task/teacher-rows.jsonl
stat -c %a task/teacher-journal.jsonl task/teacher-rows.jsonl
cp task/teacher-rows.jsonl all.jsonl
mode good
teach --count 60
[ -e requests ] && echo "something was sent"
cmp all.jsonl task/teacher-rows.jsonl && echo "the same rows"
teach --count 60 --json | sed -E 's/"seconds":[0-9.e-]+/"seconds":N/'

echo "--- a journal that was torn, and one that is damaged"
head -c -40 task/teacher-journal.jsonl > j && cat j > task/teacher-journal.jsonl
teach --count 60 | grep -v "  cost"
cmp all.jsonl task/teacher-rows.jsonl && echo "the same rows"
sed -i '0,/"text":"greet/s//"text":"greed/' task/teacher-journal.jsonl
teach --count 60 | grep -v "  cost"
cmp all.jsonl task/teacher-rows.jsonl && echo "the same rows"
echo "not JSON" >> task/teacher-journal.jsonl
teach --count 60 | grep -v "  cost"
( flock 9; teach --count 60 ) 9< task/teacher-journal.jsonl

echo "--- killed in the middle"
forget; mode slow; config 'parallel: 1'
korora teach task --count 60 > /dev/null 2>&1 & run=$!
tries=0
while [ $tries -lt 100 ] && [ "$(cat requests 2> /dev/null | wc -l)" -lt 1 ]; do sleep 0.05; tries=$((tries + 1)); done
sleep 0.3; kill -9 $run; wait $run 2> /dev/null
[ -e task/teacher-rows.jsonl ] && echo "there are rows"
mode good; config ''
teach --count 60 | grep -c "1 answer from before"
cmp all.jsonl task/teacher-rows.jsonl && echo "the same rows"
rm -f task/teacher-rows.jsonl.*

echo "--- what an endpoint can do to rows"
for fault in hostile-rows some-other fenced no-usage wrong-usage "429 2" "500 2" "half 1" "not-json 1"; do
    forget; mode "$fault"; echo "$fault:"
    teach --count 30 | case $fault in half*) sed '1d; /cost/d' ;; *) sed 1d ;; esac
    [ "$(wc -l < task/teacher-rows.jsonl)" = 30 ] || echo "not all rows"
done

echo "--- what ends it"
for fault in 401 403 404 400 redirect 429-long 503 half not-json wrong-schema other-labels invalid-utf8 nul deep empty huge echo-key; do
    forget; mode $fault; echo "$fault:"
    config 'retries: 0'; sed -i 4d memory/teacher.yaml
    korora teach task --count 30 > out 2>&1; code=$?; steady < out; echo "exit $code"
    none
done
config 'timeout_seconds: 0.3'; mode slow; forget
korora teach task --count 30 > out 2>&1; code=$?; steady < out; echo "exit $code"
printf 'url: http://127.0.0.1:1/v1\nmodel: stand-in\nretries: 0\n' > memory/teacher.yaml
try korora teach task 2>&1
echo "dies in the middle:"
config 'retries: 0'; sed -i 4d memory/teacher.yaml; forget; mode good; korora teach task --count 30 > /dev/null; mode 503
korora teach task --count 90 > out 2>&1; code=$?; steady < out | grep -v 'cost\|asked'; echo "exit $code"

echo "--- a budget"
forget; mode good; config 'budget_tokens: 4000
parallel: 1'
korora teach task --count 60 > out; echo "exit $?"; steady < out
config 'budget_tokens: 20000'
teach --count 60 | grep -v "  asked"
cmp all.jsonl task/teacher-rows.jsonl && echo "the same rows"
forget; config 'budget_usd: 0.0001
price_in: 1
price_out: 2'
teach --count 60
config 'budget_usd: 1
price_in: 1
price_out: 2'
teach --count 60 | grep cost
config 'budget_tokens: 0'; forget; mode good
teach | grep stopped
[ -e requests ] && echo "something was sent"

echo "--- texts to label"
config ''; forget; mode good
printf 'greet me\n\nleave it\nask again\nleave now\n' > texts.txt
teach --label texts.txt
cat task/teacher-labels.jsonl
printf '{"text":"greet me"}\n{"text":5}\n{"text":"leave it","label":"ask"}\nnot JSON\n{"text":"a \\u0000"}\n' > texts.jsonl
teach --label texts.jsonl -o labelled.jsonl
cat labelled.jsonl
mode no-logprobs; head -n 2 texts.txt > first.txt; echo "ask about it" >> first.txt
teach --label first.txt -o labelled.jsonl
forget; mode no-logprobs
teach --label texts.txt -o labelled.jsonl
cat labelled.jsonl
try korora teach task --label nowhere.txt 2>&1
: > empty.txt; try korora teach task --label empty.txt 2>&1
try korora teach task --label texts.txt --count 5 2>&1
grep -v slow requests | sort | uniq -c | sed 's/^ *//'

echo "--- they are rows to learn from"
config ''; forget; mode good; printf 'name: home\nhead: classify\ntrain: teacher-rows.jsonl\narchitecture: bag\n' > task/task.yaml
teach --count 60 | grep -c "60 rows"
korora train task > out; grep -c "measured on" out
mode good
beside() { sed -n '/ms each/,$p' | sed -E 's/[0-9]+\.[0-9]{3} /N /g; s/[0-9]\.[0-9]{4} to [0-9]\.[0-9]{4}/I/; s/ +/ /g' ; }
tail -n 6 task/teacher-rows.jsonl > some.jsonl; sed -i '1s/"label":"[a-z]*"/"label":"greet"/' some.jsonl
korora eval task/home.gguf some.jsonl --compare memory/teacher.yaml | beside
korora eval task/home.gguf some.jsonl --compare memory/teacher.yaml --json | grep -o '"teacher":.*' | sed -E 's/"us_per_item":[0-9.e+]+/"us_per_item":N/'
try korora eval task/home.gguf some.jsonl --compare nowhere.yaml 2>&1
try korora eval trunk some.jsonl --compare memory/teacher.yaml 2>&1
mode 401; korora eval task/home.gguf some.jsonl --compare memory/teacher.yaml 2>&1 | steady
rm task/home.*

echo "--- teacher.yaml"
bad() { printf 'url: http://127.0.0.1:1/v1\nmodel: m\n%s\n' "$1" > memory/teacher.yaml; korora teach task 2>&1; echo "exit $?"; }
bad 'modle: x'; bad 'model: y'; bad 'parallel: 0'; bad 'parallel: 65'; bad 'timeout_seconds: soon'; bad 'budget_tokens: -1'
bad 'budget_usd: 1'; bad 'price_in: a lot'; bad 'temperature: 3'; bad 'allow_remote: perhaps'; bad 'key_env: NO_SUCH_KEY'
bad 'key_env: {a: b}'; bad '- x'; bad "$(printf 'key_env: KEY\nkey_file: key')"; bad 'key_file: key'
echo "$KEY" > memory/key; chmod 644 memory/key; bad 'key_file: key'
chmod 600 memory/key; ln -s key memory/link; bad 'key_file: link'; bad 'key_file: .'; : > memory/none; chmod 600 memory/none; bad 'key_file: none'
printf 'model: m\n' > memory/teacher.yaml; try korora teach task 2>&1
for url in http://example.org/v1 http://user:pass@127.0.0.1/v1 ftp://127.0.0.1 http://127.0.0.1:99999/ http://127.0.0.1.example.org/ 'http://[::2]:80/' https:// 'http://127.0.0.1/?key=x'; do
    printf 'url: "%s"\nmodel: m\n' "$url" > memory/teacher.yaml; korora teach task 2>&1
done
printf 'url: http://127.0.0.1:%s/v1/chat/completions/\nmodel: m\nkey_file: key\n' "$port" > memory/teacher.yaml
forget; mode good; teach --count 3 | grep -c "3 rows"; grep -v slow requests | sort -u
echo "no proxy on loopback:"
forget; rm requests; env http_proxy=http://127.0.0.1:1 all_proxy=http://127.0.0.1:1 korora teach task --count 3 | grep -c "3 rows"

echo "--- the task"
forget
put() { printf '%s\n' "$2" > "task/$1"; korora teach task --count 3 2>&1 | steady | grep -v "cost\|asked"; rm -f "task/$1" task/teacher-journal.jsonl; }
put teacher-task.yaml 'colour: red'; put teacher-task.yaml 'rows_per_request: 0'; put teacher-task.yaml 'check: maybe'
put teacher-task.yaml 'teacher: nowhere.yaml'; put teacher-task.yaml 'descriptions: nowhere.md'
put teacher-task.yaml 'about: what is said to a lamp
language: English
personas: [a child, a king]
styles: [loud]
check: no
rows_per_request: 1'
rm task/labels.yaml
put labels.md '# The labels
- **greet**: a greeting
* `leave`: a farewell
Some words: not a label.'
put labels.md '- greet: one
- greet: two'
put labels.yaml 'greet: one'
put labels.yaml 'greet: one
greet: two'
put labels.yaml 'nothing: here: fits'
printf 'name: home\nhead: classify\ntrain: teacher-rows.jsonl\nlabels: [greet, leave]\nout_of_scope: other\n' > task/task.yaml
put labels.yaml 'grete: a greeting'
put labels.yaml 'greet: a greeting'
grep -c '"other"' task/teacher-rows.jsonl
printf 'name: home\nhead: rank\ntrain: teacher-rows.jsonl\n' > task/task.yaml
put labels.yaml 'greet: a greeting'

echo "--- without the module"
cp "$KORORA_BIN" lonely
printf 'name: home\nhead: classify\ntrain: rows.jsonl\nlabels: [a, b]\n' > task/task.yaml
try ./lonely teach task 2>&1

echo "--- the key"
grep -rl "$KEY" . "$REPO/tests/cli/teach.stdout.exact" | sort
