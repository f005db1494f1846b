# 2,000 lines come back as 2,000 lines in the same order, with any number of threads.
. "$REPO/tests/cli/common"
seq 1 2000 | sed 's/.*/line number & of many/' > lines
korora run trunk --threads 1 < lines > one
korora run trunk --threads 7 < lines > seven
korora run trunk lines > all
cmp one seven && cmp one all && wc -l < one
# The answer to each line is the answer it gets alone.
for n in 1 512 513 1999; do
    sed -n "${n}p" lines | korora run trunk > alone
    sed -n "${n}p" one | cmp - alone && echo "line $n agrees"
done
