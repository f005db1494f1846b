# Without a model everything works by words alone, and says so.
. "$REPO/tests/cli/common"
cp "$KORORA_BIN" lonely
without_model() { KORORA_MODELS=$TMPDIR ./lonely "$@"; }
try without_model import jsonl "$REPO/tests/cli/week.jsonl"
try without_model recall "kubectl"
try without_model recall "making dinner"
try without_model timeline 2026-11-18
try without_model show 2
try without_model doctor | grep -v -e kernels -e time
try without_model run trunk --text "words"
korora doctor | grep vectors
# Where there is no trunk, what it starts from takes its place.
mkdir start && cp "$KORORA_MODELS/trunk.gguf" start/base.gguf
try env KORORA_MODELS=start ./lonely doctor | grep model
# A damaged model is an error, not a silent fall back to words.
mkdir bad
{ head -c 4000000 "$KORORA_MODELS/trunk.gguf"; printf x; tail -c +4000002 "$KORORA_MODELS/trunk.gguf"; } > bad/trunk.gguf
try env KORORA_MODELS=bad korora recall "kubectl"
try env KORORA_MODELS=bad korora add "text"
try env KORORA_MODELS=bad korora doctor | grep model
