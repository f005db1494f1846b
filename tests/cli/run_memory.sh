# What korora run holds does not grow with what it reads, and without memory it says so.
. "$REPO/tests/cli/common"
# A model of a few kilobytes, so that lines cost next to nothing.
cp "$REPO/tests/fuzz/corpus/gguf/tiny-int8" tiny.gguf
cat > held.py << 'END'
import itertools, json, subprocess, threading
texts = ["".join(letters) for n in range(1, 7) for letters in itertools.product("abc", repeat=n)]

def start(*args):
    return subprocess.Popen(["korora", "run", "tiny.gguf", *args], stdin=subprocess.PIPE, stdout=subprocess.PIPE)

def peak_kb(process):
    return next(int(line.split()[1]) for line in open(f"/proc/{process.pid}/status") if line.startswith("VmHWM"))

def feed(process, lines):
    writer = threading.Thread(target=lambda: (process.stdin.writelines(lines), process.stdin.flush()))
    writer.start()
    return writer

alone = subprocess.run(["korora", "run", "tiny.gguf"], input="\n".join(texts).encode(), capture_output=True, check=True)
known = dict(zip(alone.stdout.splitlines(keepends=True), texts))  # each answer once
answers, texts = list(known)[:773], list(known.values())[:773]  # no divisor in common with a batch
assert len(texts) == 773

# 20,000 lines, then 180,000 more, from the same process: in order, and in the same memory.
p = start()
lines = [(text + "\n").encode() for text in texts]
peaks, fed, at = [], 0, 0
for total in (20000, 200000):
    writer = feed(p, [lines[i % len(texts)] for i in range(fed, total)])
    fed = total
    while at < total - 512:  # what does not fill a batch waits for more
        assert p.stdout.readline() == answers[at % len(texts)], at
        at += 1
    writer.join()
    peaks.append(peak_kb(p))
p.stdin.close()
for line in p.stdout:
    assert line == answers[at % len(texts)], at
    at += 1
assert at == 200000 and p.wait() == 0, at
assert peaks[1] < peaks[0] + 2048, peaks
print("200000 lines in order, held in the memory of 20000")

# Rows of 7 MB do not pile up either.
row = json.dumps({"text": "ab " * (7 << 20 >> 2)}).encode() + b"\n"
p = start("--jsonl")
peaks = []
for count in (2, 18):
    writer = feed(p, [row] * count)
    for _ in range(count):
        assert json.loads(p.stdout.readline())["embedding"]
    writer.join()
    peaks.append(peak_kb(p))
p.stdin.close()
assert p.wait() == 0
assert peaks[1] < peaks[0] + 32768, peaks
print("20 rows of 7 MB, held in the memory of 2")
END
python3 held.py
# Less and less memory: an answer, or one line that says what there was none for.
cat > starve.py << 'END'
import json, re, resource, subprocess
said = set()
for megabytes in range(8, 120, 2):
    limit = megabytes << 20
    p = subprocess.run(["korora", "run", "trunk", "--threads", "2"], input=b"one text\n" * 60, capture_output=True,
                       preexec_fn=lambda: resource.setrlimit(resource.RLIMIT_AS, (limit, limit)))
    message = p.stderr.decode()
    if p.returncode == 0:
        rows = [json.loads(line) for line in p.stdout.splitlines()]
        assert len(rows) == 60 and all("embedding" in r or r == {"error": "out of memory"} for r in rows), megabytes
        said.add("answers" if all("embedding" in r for r in rows) else "rows without memory")
    elif p.returncode == 127:
        assert "shared libraries" in message, (megabytes, message)
    else:
        assert p.returncode == 3 and message.count("\n") == 1, (megabytes, p.returncode, message)
        said.add(re.sub(r"needs \d+ KB", "needs N KB", message.strip().replace("korora run: ", "").split("/")[-1]))
said.discard("rows without memory")
# Of something small, where the limit is just there.
said -= {"out of memory", "trunk.gguf: out of memory"}
print("\n".join(sorted(said)))
END
python3 starve.py
