# What somebody else wrote cannot steer the terminal: not from a commit, a file name, a row, a title, a source.
. "$REPO/tests/cli/common"
esc=$(printf '\033') csi=$(printf '\302\233') bel=$(printf '\007') bidi=$(printf '\342\200\256')
git init -q -b main repository
commit repository 2026-11-17T14:30:00+01:00 "Innocent ${esc}[31mred${esc}]0;title${bel} ${csi}2J ${bidi}desrever

body ${esc}[2J wiped$(printf '\r')overwritten"
try korora import git repository
cat > rows.jsonl << END
{"text":"row text \u001b[2J","title":"title \u001b]0;x\u0007","source":"src\u001b[1m","uri":"x:\u001b[5m","app":"a\u001b[7m","id":"i\u001b[8m","time":"2026-11-17T15:00:00+01:00"}
{"text":"C1 ${csi}31m \u009b31m DEL \u007f bidi ${bidi}x\u2028y","time":"2026-11-17T16:00:00+01:00"}
{"text":"bad time","time":"${esc}[31m"}
${esc}[31m not JSON
END
try korora import jsonl rows.jsonl
mkdir files
printf '# A heading %s[31m\n\ntext\n' "$esc" > "files/na${esc}[2Jme.md"
printf 'text\000' > "files/bi${esc}[2Jnary.txt"
try korora import files files
now=2026-11-18T12:00:00+01:00
{
    korora recall "row text" --now $now --explain
    korora recall "innocent" --now $now --explain
    korora recall "innocent" --now $now --json
    korora recall "${esc}[31m ${csi} flurbish" --now $now --explain
    korora timeline yesterday --now $now
    korora timeline yesterday --now $now --json
    korora timeline "${esc}[31m"
    korora remember"${esc}[31m"
    korora add --"${esc}[31m" x
    korora add x --at "${esc}[31m"
    korora import "${esc}[31m"
    korora run "${esc}[31m" --text x
    korora run trunk "${esc}[31m"
    for id in 1 2 3 4; do korora show $id; korora show $id --json; done
    echo "{\"question\":\"innocent ${csi}\",\"id\":\"${csi}\"}" | korora recall --batch -
    echo "${csi}" | korora run trunk --jsonl
    korora doctor --home "home${esc}[31m"
} > all 2>&1
python3 - << 'END'
text = open("all", encoding="utf-8").read()
bad = sorted({hex(ord(c)) for c in text if (ord(c) < 32 and c not in "\n\t") or 0x7F <= ord(c) < 0xA0
              or c in "\u2028\u2029\u061c\u200e\u200f" or "\u202a" <= c <= "\u202e" or "\u2066" <= c <= "\u2069"})
print("characters that steer:", bad)
END
try korora show 1
try korora recall "innocent" --now $now --limit 1
