# The guard: secrets are cut out of every field, what is excluded is not stored, and both are counted.
. "$REPO/tests/cli/common"
steady() { sed -E -e 's/[0-9-]{10}T[0-9:]+([+-][0-9:]{5}|Z)/TIME/g' -e 's/in [0-9.]+ s \([0-9,]+/in N s (N/' -e 's/[A-Z][a-z]{2} TIME/DAY TIME/' -e 's/"file_bytes":[0-9]+/"file_bytes":N/'; }
say() { echo "\$ $*"; "$@" > out 2>&1; code=$?; steady < out | sed 's|'"$KORORA_HOME"'|HOME|g'; echo "exit $code"; }
key=ghp_$(printf 'a8Xk2Qv7LmN4pRt9Yw3ZcB6dFh1JsK5gT0eU')
db=postgres://anna:Tr0ub4dor-9x@db.example/x
echo "--- secrets"
korora add "the key is $key, and $db" --title "key $key" --uri "https://example.org/?token=$key" --app "$db" --source "$key" --scope "$key" | steady | sed "s/$key/KEY/"
printf '%s\n' "{\"id\":\"$key\",\"text\":\"$db\"}" '{"id":"2","text":"plain"}' > rows.jsonl
say korora import jsonl rows.jsonl
say korora import jsonl rows.jsonl
printf 'export GITHUB_TOKEN=%s\ngit push\n' $key > history
say korora import shell history
korora show 1 | steady | grep -v '^scope\|^source'
grep -rlE "a8Xk2Qv7LmN4|Tr0ub4dor" "$KORORA_HOME" && echo "a secret is on the disk"
echo "--- a title says what the text is"
say korora add "MIIEpAIBAAKCAQEA7bq0aXo2mS0n8w3PZcQ1aGk0d5vT
8Qv7LmN4pRt9Yw3ZcB6dFh1JsK5gT0eUa8XkTr0ub4dorTr0ub4dorQ7LmN4pRt9" --title "-----BEGIN RSA PRIVATE KEY-----"
say korora add "none of your business" --title "password"
korora show 6 | tail -n 1
grep -rl "8Qv7LmN4pRt9" "$KORORA_HOME" && echo "a secret is on the disk"
echo "--- exclusions"
say korora exclude
say korora exclude --app KeePassXC --site bank.example --word "project x" --path /srv/private
say korora add "see you at Project X"
say korora add "balance" --uri https://www.bank.example/account
say korora add "copied" --app keepassxc
say korora add "projected"
stat -c %a "$KORORA_HOME/exclude.yaml"
say korora exclude --word "project x" --remove --json
say korora exclude --word "project x" --remove
say korora exclude --remove
say korora exclude --word " "
say korora exclude --path private
say korora exclude --word "$(printf 'a\377')"
say korora add "see you at Project X"
korora stats --json | sed -E -e 's/"(joules_measured|joules_estimated|cpu_seconds|work.cpu_us|stage.[a-z]*.us)":[0-9.e-]+/"\1":N/g' -e 's/"work.rapl[a-z_]*":[0-9]+,?//g' | steady
echo "--- many at once"
for i in 1 2 3 4 5 6 7 8; do korora exclude --word "word$i" --home many > /dev/null & done
wait
korora exclude --home many | wc -l
echo "--- nothing is stored while what is excluded cannot be read"
printf 'words: [a\n' > "$KORORA_HOME/exclude.yaml"
say korora add "not now"
say korora exclude --word b
printf 'colour: [a]\n' > "$KORORA_HOME/exclude.yaml"
say korora import jsonl rows.jsonl
echo "--- a broken model is not a missing one"
rm "$KORORA_HOME/exclude.yaml"
korora doctor | grep ' guard '
mkdir -p "$KORORA_HOME/models"
echo "no model" > "$KORORA_HOME/models/secrets.gguf"
korora doctor 2> /dev/null | grep ' guard ' | sed 's|'"$KORORA_HOME"'|HOME|'
