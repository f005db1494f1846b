# Versions, and the kernels in use; KORORA_CPU lowers them, and a wrong one is refused before anything is done.
. "$REPO/tests/cli/common"
korora version | sed -E 's/[0-9]+(\.[0-9]+)+/N/g; s/: [a-z0-9]+ \(this machine has scalar[a-z0-9, ]*;/: BEST (this machine has ALL;/'
korora version --json | sed -E 's/"[0-9.]+"/"N"/g; s/"path":"[a-z0-9]+"/"path":"BEST"/; s/\[[^]]*\]/[ALL]/'
korora --version | head -n 1 | sed -E 's/[0-9]+(\.[0-9]+)+/N/g'
[ "$(korora version | head -n 1)" = "korora $(sed -n 's/^.define KORORA_VERSION "\(.*\)"/\1/p' "$REPO/include/korora.h")" ] && echo "as in korora.h"
KORORA_CPU=scalar korora version | grep -o "kernels: [a-z0-9]*"
KORORA_CPU=scalar korora run trunk --text "one answer" --json > scalar
korora run trunk --text "one answer" --json > best
python3 - << 'END'
import json
a, b = (json.load(open(f))["embedding"] for f in ("scalar", "best"))
print(len(a), "numbers, scalar and best agree" if sum(x * y for x, y in zip(a, b)) > 0.9999 else "differ")
END
try env KORORA_CPU=nonsense korora version 2> message
sed 's/only scalar.*/only scalar .../' message
try env KORORA_CPU=nonsense korora add "text" 2> /dev/null
# Whatever the command, and whatever the name: exit 2 and one line.
for name in nonsense AVX2 "scalar " "$(printf '%0300d' 7)" neon,avx2; do
    for command in "run trunk --text a" "run trunk" "recall words" "models" "doctor"; do
        echo a | KORORA_CPU=$name korora $command > said 2> message
        echo "$? $(wc -l < message) $(wc -c < said)"
    done
done | sort | uniq -c | sed 's/^ *//'
ls memory 2> /dev/null || echo "nothing was done"
try env KORORA_CPU= korora version > /dev/null
quietly env KORORA_CPU=nonsense korora --help
