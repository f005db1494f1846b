# Speed: a row for each length and number of threads, the share of the peak, and what is wrong use.
. "$REPO/tests/cli/common"
korora bench --tokens 8 --threads 1 | sed -E 's/^.*, [a-z0-9]+ kernels: at most [0-9,]+/CPU, PATH kernels: at most N/; s/[0-9.,]+/N/g; s/ +/ /g'
korora bench --json > all
python3 - << 'END'
import json, os
bench = json.load(open("all"))
print(sorted(bench))
rows = bench["results"]
print(sorted(rows[0]))
cores = len(os.sched_getaffinity(0))
threads = [1] if cores == 1 else [1, min(cores, 64)]
want = [(t, n) for t in threads for n in (8, 16, 32, 64, 128)]
print("every row" if [(r["threads"], r["tokens"]) for r in rows] == want else rows)
for r in rows:
    assert r["model"] == "trunk" and 0 < r["p50_us"] <= r["p95_us"] and 0 < r["per_s"], r
    assert 0 < r["peak_fraction"] < 1.1, r
longer = [r["p50_us"] for r in rows[:5]]
print("longer texts take longer" if longer[0] < longer[2] < longer[4] else longer)
print("open and memory" if 0 < bench["open_us"] < 1e6 and 0 < bench["rss_kb"] < 1e5 else bench)
END
try korora bench nothing
try korora bench --tokens 0
try korora bench --threads many
