# A memory that may be read but not written: questions work, additions say why not. Nothing of somebody else's is shown.
. "$REPO/tests/cli/common"
mkdir here && chmod 755 . here
cp "$KORORA_BIN" here/korora && cp -r "$KORORA_MODELS" here/models && chmod -R a+rX here
korora import jsonl "$REPO/tests/cli/week.jsonl" --home here/memory > /dev/null
other() { try as_other env KORORA_MODELS=here/models here/korora "$@" --home here/memory; }
echo "== private"
[ "$(id -u)" = 0 ] || chmod 000 here/memory
other recall "kubectl"
other add "text"
other doctor | grep -e memory -e private
echo "== readable file and folder"
chmod 755 here/memory && chmod 644 here/memory/*
[ "$(id -u)" = 0 ] || chmod a-w here/memory here/memory/*
other recall "kubectl" --limit 1
other timeline 2026-11-18
other show 2
other add "text" --at 2026-11-22
other import jsonl "$REPO/tests/cli/week.jsonl"
other doctor | sed -n 's/, [0-9.]* MB//; /memory/p'
echo "== unreadable file in a readable folder"
chmod u+w here/memory here/memory/* && chmod 600 here/memory/*
[ "$(id -u)" = 0 ] || chmod 000 here/memory/memory.db
other recall "kubectl" --limit 1
other add "text" --at 2026-11-22
echo "== no folder can be made"
chmod a-w here
try as_other env KORORA_MODELS=here/models here/korora add "text" --home here/new
chmod u+w here
echo "== the owner still has it all"
chmod 700 here/memory && chmod 600 here/memory/*
try korora recall "kubectl" --limit 1 --home here/memory
