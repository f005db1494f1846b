# What assistants may see: the list, its file, tokens, and a client on stdio that is held to it.
. "$REPO/tests/cli/common"
now=2026-11-22T10:00:00+01:00
ask() { echo '{"jsonrpc":"2.0","id":1,"method":"tools/call","params":{"name":"'"$1"'","arguments":{'"$2"'}}}'; }
ids() { grep -o '"structuredContent":.*"content":' | grep -o '"id":"[0-9]*"' | tr '\n' ' '; echo; }
korora import jsonl "$REPO/tests/cli/week.jsonl" > /dev/null

echo "== the list"
try korora clients
try korora clients add cursor --since '4 days' --source git,note --read-only
try korora clients add desk --scope work --token
try korora clients add names --redact person,email --kind note,todo,event
cat memory/clients.yaml
stat -c '%a %n' memory/clients.yaml memory/token-desk
korora clients --json
cp memory/token-desk before
korora clients add desk --token > /dev/null
cmp -s before memory/token-desk || echo "another token"

echo "== what is wrong"
try korora clients add cursor --since '1 day'
try korora clients add Cursor
try korora clients add ../cursor --token
try korora clients add a/b
try korora clients add late --since 'one of these days'
try korora clients add odd --redact persons
try korora clients add odd --source ''
try korora clients add odd --source 'git,,note'
try korora clients add
try korora clients remove nobody
try korora clients remove ../token
try korora clients change cursor
try korora clients --token
try korora mcp --client nobody
try korora mcp --client Cursor
try korora mcp --client cursor --scope work

echo "== who sees what"
for client in cursor desk; do
    ask search '"query":"the budget, the upload, dates or an invoice","limit":50' | korora mcp --now $now --client $client | ids
    ask timeline '"when":"last week"' | korora mcp --now $now --client $client | grep -o '"structuredContent":{"range":{[^}]*},"events":[0-9]*'
done
ask remember '"text":"x"' | korora mcp --client cursor

echo "== the log, and one that calls itself another"
echo '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"desk","version":"1"}}}' |
    korora mcp --client cursor > /dev/null
echo '{"jsonrpc":"2.0","id":1,"method":"initialize","params":{"protocolVersion":"2025-11-25","capabilities":{},"clientInfo":{"name":"names","version":"1"}}}' |
    korora mcp > /dev/null
tail -n 2 memory/access.log | sed -e 's/"time":"[^"]*"/"time":"T"/' -e 's/"ms":[0-9.]*/"ms":N/'
korora clients | sed 's/asked on [A-Z].. [-0-9]* [0-9:]*/asked/'

echo "== while it runs"
mkfifo in && : > out
korora mcp --client cursor --now $now < in > out &
exec 3> in
wait_for() { while [ "$(wc -l < out)" -lt "$1" ]; do sleep 0.05; done; }
ask fetch '"id":6' >&3; wait_for 1
sed -i 's/4 days/1 day/' memory/clients.yaml
ask fetch '"id":6' >&3; wait_for 2
echo 'clients: {cursor: {since: 4 days' > memory/clients.yaml
ask fetch '"id":6' >&3; wait_for 3
rm memory/clients.yaml
ask fetch '"id":6' >&3; wait_for 4
exec 3>&-
wait
grep -o '"title":"Parse dates[^"]*"\|"text":"no event 6"\|"error":{.*' out | uniq
