# A file that is no memory, of another program, of a newer version, or damaged: said in one line, and left as it was.
. "$REPO/tests/cli/common"
mkdir text other newer older damaged cut empty
printf 'Dear diary, this is not a database.\n%0600d\n' 0 > text/memory.db
sqlite3 other/memory.db "CREATE TABLE bookmarks(id, url); INSERT INTO bookmarks VALUES(1, 'x')"
for home in newer damaged cut; do korora import jsonl "$REPO/tests/cli/week.jsonl" --home $home > /dev/null; done
sqlite3 newer/memory.db "PRAGMA user_version = 99"
python3 -c '
with open("damaged/memory.db", "r+b") as f:
    size = f.seek(0, 2)
    for page in range(4096, size, 4096):
        f.seek(page)
        f.write(b"\xff" * 64)'
truncate -s 9000 cut/memory.db
: > empty/memory.db
for home in text other newer damaged cut; do
    md5sum < $home/memory.db > before
    echo "== $home"
    try korora recall "kubectl" --home $home
    try korora timeline yesterday --home $home
    try korora show 1 --home $home
    try korora add "text" --at 2026-11-22 --home $home
    try korora import jsonl "$REPO/tests/cli/week.jsonl" --home $home
    md5sum < $home/memory.db | cmp -s - before && echo "the file is as it was"
done
echo "== a folder"
mkdir -p folder/memory.db
try korora recall "x" --home folder
try korora add "x" --home folder
echo "== an empty file becomes a memory"
try korora recall "x" --home empty
try korora add "x" --at 2026-11-22 --home empty
try korora recall "x" --home empty
