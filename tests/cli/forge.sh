# From a new task folder to a shipped model, and what keeps a good model where it is: nothing to do, failed gates, worse
# models, two forges at once, one that was killed, damaged files.
. "$REPO/tests/cli/common"
# Sizes and times differ from machine to machine.
timeless() { sed -E -e 's/ +[0-9.]+ +[0-9.]+  (shipped|not shipped|unchanged)/  KB  US  \1/' -e 's/process [0-9]+/process N/' -e 's/(grammar-)[0-9a-f]+/\1HASH/'; }
forge() { echo "\$ korora forge $*"; korora forge "$@" > out 2>&1; code=$?; timeless < out; echo "exit $code"; }
mkdir build
echo "--- a new task"
forge --new mood
ls tasks/mood
forge mood
ls models
stat -c '%a %n' build/forge/mood/train.jsonl build/forge/mood/note.json build/forge/mood | sort
grep -o '^| on the gate set.*' models/mood.md
echo "switch the light off" | korora run models/mood.gguf | grep -o '"label":"[a-z]*"'
forge --new mood
forge --new 'no good'
forge --new tag --head tags
forge --new find --head rank
korora forge --new cart --head spans && quietly korora forge cart
echo "please bring two red onions" | korora run models/cart.gguf | grep -o '"text":"[a-z ]*","label":"[a-z]*"'
rm -r tasks/cart models/cart.*
echo "--- nothing to do, and something"
cp models/mood.gguf before.gguf
forge mood
forge mood --force
cmp models/mood.gguf before.gguf && echo "the same bytes"
echo '{"text":"is it bright outside today","label":"weather"}' >> tasks/mood/hard.jsonl
forge --all
forge --all
korora forge mood --json | sed -E 's/"(bytes|seconds|us_per_item)":[0-9.e-]+/"\1":N/g'
printf 'import ./words.chatito\n' | cat - tasks/mood/examples.chatito > new && mv new tasks/mood/examples.chatito
printf '~[greeting]\n    hello\n' > tasks/mood/words.chatito
forge mood | grep because
printf '    hi\n' >> tasks/mood/words.chatito
forge mood | grep because
rm -r build/forge/mood
forge mood
echo "--- a gate that fails keeps the model"
cp models/mood.gguf before.gguf
cp tasks/mood/task.yaml good.yaml
sed 's/^gates.*/gates: {accuracy: 0.8, bytes: 100, ece: 0.0001}/' good.yaml > tasks/mood/task.yaml
forge mood | sed -E 's/(bytes|ece) [0-9.]+/\1 N/g'
forge mood | grep -v rows | sed -E 's/(bytes|ece) [0-9.]+/\1 N/g'
cmp models/mood.gguf before.gguf && echo "the model is as it was"
echo "--- so does one that is worse"
sed -e 's/^gates.*/gates: {accuracy: 0.1}/' -e 's/^  - .*/&\n  - {file: wrong.csv, weight: 2.5, name: wrong, licence: CC0-1.0}/' good.yaml > tasks/mood/task.yaml
{ echo 'label,text'; for i in 1 2 3 4 5 6 7 8 9 10; do echo "weather,lights off and $i lamps"; echo "weather,\"the light, the lamp, jazz $i\""; done; } > tasks/mood/wrong.csv
sed -i 's/"label": "light"/"label": "weather"/' tasks/mood/hard.jsonl
sed -i 's/light/weather/' tasks/mood/examples.chatito
sed -i 's/^%\[weather\]/&/; 0,/%\[weather\]/s//%[light]/' tasks/mood/examples.chatito
forge mood --ablate | sed -E 's/without it accuracy [0-9.]+/without it accuracy N/'
cmp models/mood.gguf before.gguf && echo "the model is as it was"
grep -c 'jazz 3' build/forge/mood/train.jsonl
cp good.yaml tasks/mood/task.yaml
echo "--- one forge at a time"
echo '$ flock build/forge/lock korora forge mood'
flock build/forge/lock korora forge mood 2>&1 | timeless
echo "--- a forge that was killed"
korora forge --new long > /dev/null
printf 'architecture: bag\nrecipe: {epochs: 2500}\n' >> tasks/long/task.yaml
korora forge long > /dev/null 2>&1 & forge=$!
tries=0
while [ ! -e build/forge/long/train.jsonl ] && [ $tries -lt 500 ]; do sleep 0.01; tries=$((tries + 1)); done
kill -9 $forge; wait $forge 2> /dev/null
[ -e models/long.gguf ] && echo "it was too fast to be killed"
forge long | grep -v rows
echo "--- between training and shipping"
echo >> tasks/long/hard.jsonl
cp models/long.gguf before.gguf
rm models/long.md && mkdir models/long.md
forge long
cmp models/long.gguf before.gguf && echo "the model is as it was"
rmdir models/long.md
forge long | grep -v rows
echo "--- damaged files"
for file in build/forge/long/grammar-*.rows build/forge/long/note.json; do head -c 300 "$file" > torn; cp torn "$file"; done
forge long --force
echo "not a model" > models/long.gguf
forge long
