# Every part is tested; what is not well is named, and is exit code 1.
. "$REPO/tests/cli/common"
same() { sed -E 's/(kernels +).*/\1.../; s/(time +).*(zone [A-Z])/\1... \2/; s/[0-9.]+ MB/N MB/g; s/"says":"[^"]*kernels?[^"]*"/"says":"..."/'; }
try korora doctor | same
korora import jsonl "$REPO/tests/cli/week.jsonl" > /dev/null
try korora doctor | same
korora doctor --json > list
python3 - << 'END'
import json
print(*("%s %s" % (row["part"], row["state"]) for row in json.load(open("list"))), sep=", ")
END
chmod 644 memory/memory.db
try korora doctor | same | grep -e sick -e exit
chmod 600 memory/memory.db
# What an index says and what the events say, no longer agree.
cp -r memory unindexed
sqlite3 unindexed/memory.db "INSERT INTO words(words) VALUES('delete-all')"
try korora doctor --home unindexed | same | grep -e sick -e exit
cp -r memory unscaled
sqlite3 unscaled/memory.db "UPDATE vectors SET scale = -1 WHERE event = 3"
try korora doctor --home unscaled | same | grep -e sick -e exit
cp -r memory miscounted
sqlite3 miscounted/memory.db "UPDATE scopes SET events = events + 1"
try korora doctor --home miscounted | same | grep -e sick -e exit
cp -r memory damaged
python3 -c '
with open("damaged/memory.db", "r+b") as f:
    size = f.seek(0, 2)
    for page in range(4096 * 3, size, 4096):
        f.seek(page)
        f.write(b"\xff" * 64)'
try korora doctor --home damaged 2>&1 | same | grep -e sick -e exit | cut -c 1-70
try env TZ=Nowhere/City korora doctor | same | grep -e sick -e exit
# The doctor changes nothing.
korora doctor > /dev/null
md5sum < memory/memory.db > before
korora doctor > /dev/null
md5sum < memory/memory.db | cmp - before && echo "nothing was changed"
