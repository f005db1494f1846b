# Where the memory is: --home, $KORORA_HOME, $XDG_DATA_HOME, $HOME; and none of them.
. "$REPO/tests/cli/common"
unset KORORA_HOME
remember() { try "$@" add "text" --at 2026-07-01; }
remember env KORORA_HOME=./a korora
try korora add "text" --at 2026-07-01 --home b/c
remember env XDG_DATA_HOME="$TMPDIR/data" korora
remember korora
remember env XDG_DATA_HOME= KORORA_HOME= korora
find . -name memory.db | sort
stat -c '%a %n' b/c b/c/memory.db
remember env -u HOME korora
try env HOME= korora recall text
try env -u HOME korora timeline
quietly env -u HOME korora models --json
try env -u HOME korora doctor | grep -v -e kernels -e time
remember env KORORA_HOME="$0" korora
remember env KORORA_HOME=/proc/nowhere korora
remember env KORORA_HOME="$(head -c 5000 /dev/zero | tr '\0' 'x')" korora | cut -c 1-40
