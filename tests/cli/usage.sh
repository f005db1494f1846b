# Wrong use: one line that says what, where and what to do; exit code 2; no memory is made.
. "$REPO/tests/cli/common"
try korora
try korora remember
try korora help remember
try korora --json version
try korora add
try korora add one two
try korora add "- an item"
try korora add --at
try korora add --nonsense text
try korora add --json=yes text
try korora add "" --title " "
try korora add text --source ""
try korora add text --at yesterday
try korora add text --at 2026-02-30
try korora add text --at ""
try korora import
try korora import photos
try korora import git here there
try korora import jsonl --since tomorrow
try korora recall
try korora recall ""
try korora recall what did I do
try korora recall question --batch file
try korora recall question --limit 0
try korora recall question --limit 1001
try korora recall question --limit many
try korora recall question --limit
try korora timeline yesterday --now noon
try korora timeline nonsense words
try korora show
try korora show first
try korora show 0
try korora show 9223372036854775808
try korora run
try korora run trunk --text one two
try korora run trunk --threads 0
try korora run nowhere --text words
try korora run ./nowhere.gguf --text words
try korora models trunk trunk
try korora convert
try korora convert folder --type f16
try korora train
try korora train a b
try korora eval trunk
try korora doctor now
try korora version 2
try korora version --home
try korora doctor --home "" | grep -v -e kernels -e time
ls memory 2> /dev/null || echo "no memory was made"
