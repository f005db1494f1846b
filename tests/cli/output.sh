# An answer that cannot be written is not an answer: a reader that went away ends it quietly, a full device is an error.
. "$REPO/tests/cli/common"
yes "a line" | head -n 20000 > lines
(korora run trunk lines; echo "run: exit $?" >&2) 2> code | head -n 1 | cut -c 1-14
# 141 is SIGPIPE, as for any other program; where it is ignored, there is a message.
sed 's/141/141 or 3/' code
korora import jsonl "$REPO/tests/cli/week.jsonl" > /dev/null
full() { "$@" > /dev/full; echo "$1 $2: exit $?"; }
full korora run trunk lines
full korora run trunk --text words
full korora recall kubectl
full korora recall kubectl --json
full korora timeline
full korora show 1
full korora models
full korora version
full korora --help
full korora add --help
full korora doctor
yes '{"question":"kubectl"}' | head -n 500 > questions
full korora recall --batch questions
# What was added is added, though nobody heard of it.
full korora add "said into the void" --at 2026-11-22
korora show 11 | tail -n 1
