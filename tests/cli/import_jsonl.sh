# Rows of JSON: what cannot be read is named with its line, the rest is kept.
. "$REPO/tests/cli/common"
cat > rows.jsonl << 'END'
{"text":"the first","time":"2026-11-10T10:00:00+01:00","id":"a-1","source":"mail","app":"mutt","title":"T","uri":"x:1","scope":null}
{"text":"without an id","time":"2026-11-10T11:00"}

{"text":"Unix seconds","time":1794300000,"id":17}
{"text":"milliseconds","time":1794300000250}
not JSON at all
{"text":"cut off","time":"2026-11-10T11:
{"time":"2026-11-10"}
{"text":"a time that is none","time":"last week"}
{"text":"last, without a line end","time":"2026-11-12"}
END
printf '{"text":"no line end","time":"2026-11-13"}' >> rows.jsonl
try korora import jsonl rows.jsonl
try korora timeline "since 1 November 2026" --now 2026-12-01
try korora show 1
try korora show 1 --json
try korora show 3 --json
try korora import jsonl rows.jsonl --json
echo "from standard input:"
echo '{"text":"piped","time":"2026-11-14"}' | try korora import jsonl
echo '{"text":"piped","time":"2026-11-14"}' | try korora import jsonl -
try korora import jsonl rows.jsonl --since 2026-11-12 --home other
try korora import jsonl nowhere
try korora import jsonl .
try korora import jsonl < /dev/null
echo 'no JSON' | try korora import jsonl
# Many bad rows are counted, not all shown.
yes '{"text":5}' | head -n 50 | try korora import jsonl
