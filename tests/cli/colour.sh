# Colour and progress only on a terminal, and not when they are not wanted.
. "$REPO/tests/cli/common"
korora import jsonl "$REPO/tests/cli/week.jsonl" > /dev/null
escapes() { grep -c "$(printf '\033')" "$1" | sed 's/^0$/none/; s/^[1-9].*/some/'; }
terminal() { script -qec "$1" /dev/null > out < /dev/null; }
unset NO_COLOR
ask='korora recall kubectl --now 2026-11-22 --explain'
$ask > out; echo "pipe: $(escapes out)"
terminal "$ask"; echo "terminal: $(escapes out)"
NO_COLOR=1 terminal "$ask"; echo "NO_COLOR: $(escapes out)"
NO_COLOR= terminal "$ask"; echo "NO_COLOR empty: $(escapes out)"
TERM=dumb terminal "$ask"; echo "TERM=dumb: $(escapes out)"
terminal "$ask --json"; echo "JSON: $(escapes out)"
terminal "$ask | cat"; echo "terminal, but into a pipe: $(escapes out)"
terminal "korora timeline 2026-11-18"; echo "timeline: $(escapes out)"
seq 1 3000 | sed 's/.*/{"text":"event &","time":"2026-11-10"}/' > rows.jsonl
terminal "korora import jsonl rows.jsonl --home a"; echo "progress: $(escapes out)"
tr '\r' '\n' < out | grep -o "jsonl \[#* *\.*\]" | head -n 1 | sed 's/[#.]/-/g'
korora import jsonl rows.jsonl --home b > out 2>&1; echo "no progress in a pipe: $(escapes out)"
# A narrow terminal gets lines that fit; a wide character counts for two.
korora add "$(yes 漢字 | head -n 100 | tr -d '\n')" --at 2026-11-22 --home c > /dev/null
terminal "stty cols 60; korora timeline 2026-11-22 --home c"
NO_COLOR=1 terminal "stty cols 60; korora timeline 2026-11-22 --home c"
tr -d '\r' < out | python3 -c '
import sys, unicodedata
widths = [sum(2 if unicodedata.east_asian_width(c) in "WF" else 1 for c in line.rstrip("\n")) for line in sys.stdin]
print("at most 60 columns:", 50 < widths[-1] <= 60)'
