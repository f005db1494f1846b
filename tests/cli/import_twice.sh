# Whatever is imported again in whatever order, nothing is there twice.
. "$REPO/tests/cli/common"
make_repository repository
seq 1 700 | sed 's/.*/{"text":"event &","time":"2026-11-10","id":"&"}/' > rows.jsonl
counts() { sed 's/.*"added":\([0-9]*\),"known":\([0-9]*\).*/\1 new, \2 known/'; }
korora import jsonl rows.jsonl --json | counts
korora import git repository --json | counts
sort -R rows.jsonl | korora import jsonl --json | counts
korora import git repository --json | counts
# The same id in another scope or from another source is another event.
echo '{"text":"event 1","time":"2026-11-10","id":"1","scope":"work"}' | korora import jsonl --json | counts
echo '{"text":"event 1","time":"2026-11-10","id":"1","source":"mail"}' | korora import jsonl --json | counts
# Rows without an id: equal rows are as many as they were.
printf '{"text":"ping","time":"2026-11-10"}\n{"text":"ping","time":"2026-11-10"}\n' > equal.jsonl
korora import jsonl equal.jsonl --json | counts
korora import jsonl equal.jsonl --json | counts
korora doctor | grep 'well  memory' | sed 's/, [0-9.]* MB.*//'
