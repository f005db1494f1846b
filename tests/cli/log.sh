# Who asked what, oldest first, from both files of the log.
. "$REPO/tests/cli/common"
try korora log
mkdir memory
export KORORA_HOME=$PWD/memory
printf '%s\n' '{"time":"2026-11-20T10:00:00Z","through":"stdio","client":"older","method":"tools/call","name":"search","results":3,"ms":1.5}' > memory/access.log.1
printf '%s\n' '{"time":"2026-11-20T11:00:00Z","through":"http","client":"page","method":"GET /api/recall","results":8,"ms":4}' \
    '{"time":"2026-11-20T11:00:01Z","through":"http","client":"","method":"GET /api/events/{id}/related","results":0,"error":404,"ms":1}' \
    '{"time":"cut off' \
    '{"time":"2026-11-20T11:00:02Z","through":"http","client":"curl","method":"POST /api/forget","results":1,"ms":1}' > memory/access.log
try korora log
try korora log --limit 2 --json
try korora mcp --log
try korora log --limit 0
