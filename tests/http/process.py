# SPDX-License-Identifier: Apache-2.0
"""The process among others: its start, its end, an import meanwhile."""
import http.client, json, os, signal, socket, subprocess, threading, time
from harness import *


def test_two_servers_on_one_port():
    second = subprocess.run([korora, "serve", "--port", str(server.port)], env=env, capture_output=True, text=True, timeout=20)
    expect(second.returncode == 3 and "listens there already" in second.stderr and second.stderr.count("\n") == 1, second)
    alive()


def test_listens_on_loopback_alone():
    listening = []
    for line in open("/proc/net/tcp").read().splitlines()[1:]:
        local, state = line.split()[1], line.split()[3]
        if state == "0A" and int(local.split(":")[1], 16) == server.port:
            listening.append(local.split(":")[0])
    expect(listening == ["0100007F"], listening)


def test_socket_in_the_file_system():
    path = work.name + "/korora.sock"
    other = Server("--socket", path)
    expect(os.stat(path).st_mode & 0o777 == 0o600, "mode")
    with socket.socket(socket.AF_UNIX) as s:
        s.connect(path)
        s.sendall(b"GET /api/stats HTTP/1.1\r\nHost: any\r\nConnection: close\r\nAuthorization: Bearer " + token().encode() + b"\r\n\r\n")
        expect(b"200 OK" in s.recv(4096), "answer")
    second = subprocess.run([korora, "serve", "--socket", path], env=env, capture_output=True, text=True, timeout=20)
    expect(second.returncode == 3, second)
    other.process.kill()
    other.process.wait()
    other = Server("--socket", path)
    expect(other.stop()[0] == 0 and not os.path.exists(path), "after a killed one")
    with open(path, "w") as f:
        f.write("mine")
    expect(run("serve", "--socket", path).returncode == 2 and open(path).read() == "mine", "another file")


def test_an_import_meanwhile():
    rows = work.name + "/rows.jsonl"
    with open(rows, "w") as f:
        for i in range(1000):
            f.write(json.dumps({"id": "r%d" % i, "text": "row %d of the import about gliders" % i, "time": "2026-05-01T10:00:00Z"}) + "\n")
    before = ask("GET", "/api/stats").json()["events"]
    importing = subprocess.Popen([korora, "import", "jsonl", rows], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    bad, asked, added, stop = [], [0], [0], threading.Event()

    def reader():
        while not stop.is_set():
            reply = ask("GET", "/api/recall?q=gliders+in+the+import")
            asked[0] += 1
            if reply.status != 200:
                bad.append(reply.body)

    def writer():
        while not stop.is_set():
            reply = ask("POST", "/api/events", {"text": "meanwhile number %d" % added[0]})
            if reply.status == 201:
                added[0] += 1
            else:
                bad.append(reply.body)

    threads = [threading.Thread(target=t) for t in (reader, reader, reader, writer)]
    for t in threads:
        t.start()
    try:
        code = importing.wait(100)
    finally:
        stop.set()
        for t in threads:
            t.join()
    expect(code == 0 and not bad, code, bad[:2])
    expect(asked[0] > 3 and added[0] > 0, asked, added)
    expect(ask("GET", "/api/stats").json()["events"] == before + 1000 + added[0], before, added)


def test_mcp_is_answered_while_somebody_writes():
    """What reads does not wait for what writes: another process has the lock of the database."""
    import sqlite3

    def call(name, arguments):
        return ask("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": name, "arguments": arguments}})
    db = sqlite3.connect(env["KORORA_HOME"] + "/memory.db", isolation_level=None)
    db.execute("BEGIN IMMEDIATE")
    stored = []
    writer = threading.Thread(target=lambda: stored.append(call("remember", {"text": "said while the memory was locked"})))
    writer.start()
    time.sleep(0.2)
    start = time.monotonic()
    for name, arguments in (("search", {"query": "demo"}), ("timeline", {}), ("resolve_time", {"text": "today"}), ("forget", {"match": "demo"})):
        reply = call(name, arguments)
        expect(reply.status == 200 and not reply.json()["result"]["isError"], name, reply.body)
    expect(time.monotonic() - start < 2 and not stored, "readers wait", time.monotonic() - start)
    db.execute("ROLLBACK")
    db.close()
    writer.join()
    expect(stored[0].json()["result"]["structuredContent"]["stored"], stored[0].body)


def test_idle_is_idle():
    time.sleep(LIMIT + 1)
    before = ticks(), switches()
    time.sleep(2)
    expect(ticks() == before[0] and switches() - before[1] <= 2, before, ticks(), switches())


LONG = {"input": ["a long text about the release and the parser, %d. " % i * 8 for i in range(256)], "model": "trunk"}


def test_what_was_asked_before_the_end_is_answered():
    other, replies = Server("--port", "0"), []
    threads = [threading.Thread(target=lambda: replies.append(ask("POST", "/v1/embeddings", LONG, port=other.port)))
               for _ in range(8)]  # more than there are workers
    for t in threads:
        t.start()
    time.sleep(0.2)
    code, seconds = other.stop()
    for t in threads:
        t.join()
    expect(code == 0 and not other.errors, code, seconds, other.errors)
    answered = [len(r.json()["data"]) for r in replies if r.status == 200]
    expect(len(answered) >= 3 and set(answered) == {256}, "those that a worker had", answered)
    expect(len(replies) == 8 and {r.status for r in replies} <= {200, 503}, [r.status for r in replies])


def test_an_answer_that_takes_long_holds_up_nobody():
    seconds = []
    many = threading.Thread(target=lambda: ask("POST", "/v1/embeddings", LONG))
    many.start()
    while many.is_alive():
        start = time.monotonic()
        for _ in range(20):
            alive()
        seconds.append((time.monotonic() - start) / 20)
    expect(len(seconds) >= 2 and min(seconds) < 0.05, seconds)


def test_ends_when_told():
    idle = socket.create_connection(("127.0.0.1", server.port))
    code, seconds = server.stop()
    idle.close()
    expect(code == 0 and seconds < 2 and not server.errors, code, seconds, server.errors)
    other = Server("--port", "0")
    expect(other.stop(signal.SIGINT)[0] == 0, "SIGINT")
