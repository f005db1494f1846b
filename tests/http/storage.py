# SPDX-License-Identifier: Apache-2.0
"""The disk is full, and others are at the same memory."""
import json, os, random, re, resource, shutil, subprocess, sys, threading, time
from harness import *

MARK = "storage-test"  # the source of what is stored here


def remember(text, port=None):
    return ask("POST", "/api/events", {"text": text, "source": MARK}, port=port)


def search_over_mcp(word, port=None):
    reply = ask("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "search", "arguments": {"query": word}}}, port=port)
    expect(reply.status == 200, reply.status, reply.body)
    return reply.json()["result"]


def fill(texts, port=None):
    """Store until it is refused: the ids, and the refusal."""
    ids = []
    for i in range(texts):
        reply = remember("number %d of what fills the disk: %s" % (i, " ".join(random.choices("abcdefghijklmnop", k=4000))), port)
        if reply.status != 201:
            return ids, reply
        ids.append(reply.json()["event"])
    raise AssertionError("the disk is never full")


def unlogged(reply):
    """No room for a line in the access log either: then nothing is told."""
    return reply.status == 500 and "cannot be logged" in reply.json()["error"]["message"]


def count(port):
    return int(re.search(r"^korora_events (\d+)", ask("GET", "/metrics", port=port).body.decode(), re.M).group(1))


def check_full(ids, refused, port=None):
    expect(unlogged(refused) or refused.status == 500 and "disk full" in refused.json()["error"]["message"], refused.status, refused.body)
    expect(ids, "nothing was stored before")
    for target in ("/health", "/metrics"):
        expect(ask("GET", target, port=port).status == 200, target, "on a full disk")
    for target in ("/api/stats", "/api/recall?q=number", "/api/events/%d" % ids[-1], "/api/timeline?range=today"):
        reply = ask("GET", target, port=port)
        expect(reply.status == 200 or unlogged(reply), target, "on a full disk", reply.status, reply.body)
    there = count(port)
    expect(remember("one more: " + "x" * 20000, port).status == 500, "there is room after all")
    expect(ask("POST", "/api/events/%d/corrections" % ids[0], {"corrections": {"kind": "note"}}, port=port).status in (200, 500), "a correction")
    expect(count(port) == there, "half of something was stored")


def check_kept(ids, port=None):
    for id in ids[:3] + ids[-3:]:
        expect(ask("GET", "/api/events/%d" % id, port=port).status == 200, "acknowledged, and not there:", id)


def check_again(port=None):
    reply = remember("there is room again", port)
    expect(reply.status == 201, reply.status, reply.body)
    expect(ask("GET", "/api/recall?q=room+again", port=port).json()["hits"][0]["event"] == reply.json()["event"], "found")
    expect(not search_over_mcp("room again", port)["isError"])


def test_a_file_that_may_not_grow_is_a_full_disk():
    most = resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE)[1]
    size = max(os.stat(env["KORORA_HOME"] + "/memory.db" + more).st_size for more in ("", "-wal"))
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (size + 500000, most))
    try:
        ids, refused = fill(1000)
        check_full(ids, refused)
    finally:
        resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (most, most))
    check_kept(ids)
    check_again()


def full_disk():
    """A server whose memory is on a disk of 6 MB that only it sees, and the folder from outside. None where this user may make none."""
    disk = work.name + "/disk"
    os.makedirs(disk, exist_ok=True)
    script = 'mount -t tmpfs -o size=6m,mode=0700 none "$1" && KORORA_HOME="$1/memory" exec "$2" serve --port 0 --timeout %d' % LIMIT
    process = subprocess.Popen(["unshare", "-rm", "sh", "-c", script, "sh", disk, korora], env=env, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    first = process.stdout.readline()
    if not first:
        process.wait()
        print("serve: no disk of its own: %s" % process.stderr.read().strip(), file=sys.stderr)
        return None, None, None
    return process, int(first.rsplit(":", 1)[1]), "/proc/%d/root%s" % (process.pid, disk)


def test_a_disk_without_room():
    try:
        process, port, disk = full_disk()
    except FileNotFoundError:
        return  # no unshare
    if not process:
        return
    before = env["KORORA_HOME"]
    try:
        env["KORORA_HOME"] = disk + "/memory"  # where token() looks
        stays = remember("acknowledged before", port).json()["event"]
        with open(disk + "/ballast", "wb") as f:
            f.write(b"x" * 2500000)
        ids, refused = fill(300, port)
        check_full([stays] + ids, refused, port)
        try:  # to the last byte
            with open(disk + "/rest", "wb", buffering=0) as f:
                while f.write(b"x" * 4096):
                    pass
        except OSError:
            pass
        check_full([stays] + ids, remember("nothing at all: " + "x" * 20000, port), port)
        os.unlink(disk + "/ballast")
        check_kept([stays] + ids, port)
        check_again(port)
        copy = shutil.copytree(disk + "/memory", work.name + "/copy")  # SQLite does not follow a path into another's root
        doctor = run("doctor", "--home", copy)
        expect("well  memory" in doctor.stdout, doctor.stdout, doctor.stderr)
        expect(run("mcp", "--log", "--home", copy).returncode == 0, "the log of accesses")
    finally:
        env["KORORA_HOME"] = before
        process.terminate()
        code = process.wait(10)
    expect(code == 0, code, process.stderr.read())


def test_an_assistant_on_a_full_disk():
    home = work.name + "/assistant"
    p = subprocess.Popen([korora, "mcp", "--home", home], env=env, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def call(name, **arguments):
        p.stdin.write(json.dumps({"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}}) + "\n")
        p.stdin.flush()
        return json.loads(p.stdout.readline())

    stored = call("remember", text="the ferry leaves at nine")
    expect(stored["result"]["structuredContent"]["stored"], stored)
    most = resource.prlimit(p.pid, resource.RLIMIT_FSIZE)[1]
    resource.prlimit(p.pid, resource.RLIMIT_FSIZE, (os.stat(home + "/memory.db").st_size, most))
    refused = None
    for i in range(100):
        reply = call("remember", text="the log fills: " + " ".join(random.choices("abcdefghijklmnop", k=4000)))
        if "error" in reply or reply["result"]["isError"]:
            refused = json.dumps(reply)
            break
    expect(refused and "disk full" in refused, refused)
    expect("ferry" in json.dumps(call("search", query="ferry")), "reading")
    resource.prlimit(p.pid, resource.RLIMIT_FSIZE, (most, most))
    expect(call("remember", text="there is room again")["result"]["structuredContent"]["stored"], "room again")
    p.stdin.close()
    expect(p.wait(10) == 0, "its end")
    expect("well  memory" in run("doctor", "--home", home).stdout, "doctor")


# ---- At once ----

SECONDS = 4


class Crowd:
    """Threads that do something again and again for some seconds; the first failure of any is told."""

    def __init__(self, *workers):
        self.bad, self.until = [], time.monotonic() + SECONDS
        threads = [threading.Thread(target=self.repeat, args=(w,)) for w in workers]
        for t in threads:
            t.start()
        for t in threads:
            t.join()
        expect(not self.bad, *self.bad[:2])

    def repeat(self, worker):
        i = 0
        while time.monotonic() < self.until and not self.bad:
            try:
                worker(i)
            except Exception as e:
                self.bad.append(repr(e))
            i += 1


def test_imported_forgotten_and_searched_at_once():
    added, imported = set(), set()  # what was acknowledged and is to last: by the server, by the command line

    def import_rows(i):
        path = "%s/rows-%d.jsonl" % (work.name, i)
        with open(path, "w") as f:
            for k in range(50):
                f.write(json.dumps({"id": "import-%d-%d" % (i, k), "text": "import number %d, row %d, about gliders" % (i, k), "source": "lasting" if i % 2 else "passing"}) + "\n")
        done = run("import", "jsonl", path)
        expect(done.returncode == 0, done.stderr)
        if i % 2:
            imported.add(path)

    def forget(i):
        done = run("forget", "--source", "passing")
        expect(done.returncode in (0, 1), done.returncode, done.stderr)  # 1: there is nothing of it now
        time.sleep(0.2)

    def write(i):
        reply = ask("POST", "/api/events", {"text": "glider number %d has landed" % i, "source": "lasting"})
        expect(reply.status == 201, reply.status, reply.body)
        added.add(reply.json()["event"])
        if i % 5 == 4:
            found = search_over_mcp("gliders")
            expect(not found["isError"], found)

    def look(i):
        for target in ("/api/recall?q=gliders+and+rows", "/api/timeline?range=today", "/api/stats"):
            reply = ask("GET", target)
            expect(reply.status == 200, target, reply.status, reply.body)
        for hit in ask("GET", "/api/recall?q=gliders&limit=3").json()["hits"]:
            reply = ask("GET", "/api/events/%d" % hit["event"])
            expect(reply.status in (200, 404), reply.status)  # forgotten since

    def recall(i):
        done = run("recall", "gliders", "--json")
        expect(done.returncode == 0 or (done.returncode == 1 and not done.stderr), done.returncode, done.stderr)

    Crowd(import_rows, forget, write, look, look, recall)
    expect(run("forget", "--source", "passing").returncode in (0, 1))
    kept = json.loads(run("stats", "--json").stdout)
    expect(ask("GET", "/api/stats").json()["events"] == kept["events"] == kept["vectors"], kept)
    for id in added:
        expect(ask("GET", "/api/events/%d" % id).status == 200, "acknowledged, and not there:", id)
    expect(added and imported and "well  memory" in run("doctor").stdout, len(added), len(imported), run("doctor").stdout)
    for path in imported:  # again: none of it is new
        again = json.loads(run("import", "jsonl", path, "--json").stdout)
        expect(again["added"] == 0 and again["known"] == 50, path, again)
