# Every field of a row in every wrong form.
. "$REPO/tests/cli/common"
cat > rows.jsonl << 'END'
{}
[]
"text"
null
{"text":null}
{"text":5}
{"text":["a"]}
{"text":{"a":1}}
{"text":true}
{"text":""}
{"text":" \n\t "}
{"text":"x","time":true}
{"text":"x","time":[]}
{"text":"x","time":""}
{"text":"x","time":"2026-13-01"}
{"text":"x","time":"2026-02-29"}
{"text":"x","time":"2026-11-10T25:00:00Z"}
{"text":"x","time":"2026-11-10T10:00:00+24:00"}
{"text":"x","time":1e300}
{"text":"x","time":-1e300}
{"text":"x","time":99999999999999999}
{"text":"x","id":""}
{"text":"x","id":1.5}
{"text":"x","id":true}
{"text":"x","id":[]}
{"text":"x","source":5}
{"text":"x","source":""}
{"text":"x","app":5}
{"text":"x","title":5}
{"text":"x","uri":[]}
{"text":"x","scope":false}
{"text":"x","app":"a\u0000b"}
{"text":"x","unknown":"fields are ignored","time":"2026-11-10"}
{"text":"twice","text":"the same name","time":"2026-11-10"}
END
split -l 12 rows.jsonl part. # no more than are shown
for part in part.*; do try korora import jsonl $part; done
try korora timeline "10 November 2026" --now 2026-12-01
