# SPDX-License-Identifier: Apache-2.0
"""What happens to the memory, told as it happens."""
import json, os, re, resource, signal, socket, struct, subprocess, threading, time
from harness import *


class Listener:
    """A stream of events, on a connection of its own."""

    def __init__(self, port=None, **headers):
        self.socket = socket.create_connection(("127.0.0.1", port or server.port), timeout=10)
        lines = "".join("%s: %s\r\n" % (name.replace("_", "-"), value) for name, value in headers.items())
        self.socket.sendall(("GET /api/live HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n%s\r\n" %
                             (port or server.port, token(), lines)).encode())
        self.file = self.socket.makefile("rb")
        self.status = int(self.file.readline().split()[1])
        while self.file.readline().strip():
            pass
        self.text, self.id = b"", None

    def next(self, wait=10):
        """(name, data) of the next event; None when there is none in time, or the stream ended."""
        self.socket.settimeout(wait)
        while b"\n\n" not in self.text:
            try:
                size = int(self.file.readline() or b"0", 16)
                self.text += self.file.read(size)
                self.file.readline()
            except (socket.timeout, ConnectionResetError):
                return None
            if not size:
                return None
        event, self.text = self.text.split(b"\n\n", 1)
        fields = dict(line.split(": ", 1) for line in event.decode().split("\n"))
        self.id = fields["id"]
        return fields["event"], json.loads(fields["data"])

    def until(self, name, holds=lambda data: True, wait=10):
        end = time.monotonic() + wait
        while time.monotonic() < end:
            got = self.next(max(end - time.monotonic(), 0.01))
            if got and got[0] == name and holds(got[1]):
                return got[1]
            expect(got or time.monotonic() >= end, "the stream ended")
        raise AssertionError("no %s in %g s" % (name, wait))

    def close(self):
        self.file.close()
        self.socket.close()


def threads():
    return len(os.listdir("/proc/%d/task" % server.process.pid))


def files(of_memory=False):
    """How many descriptors are open, of files of the memory or of anything else. Readers and SQLite keep some of the
    first kind for whoever comes next."""
    count = 0
    for fd in os.listdir("/proc/%d/fd" % server.process.pid):
        try:
            count += os.readlink("/proc/%d/fd/%s" % (server.process.pid, fd)).startswith(env["KORORA_HOME"]) == of_memory
        except FileNotFoundError:
            pass
    return count


def settles(now, most, wait=5):
    """The figure, once it is no more than most."""
    end = time.monotonic() + wait
    while now() > most and time.monotonic() < end:
        time.sleep(0.05)
    return now()


def test_what_this_server_stores_is_told():
    one = Listener()
    name, hello = one.next()
    expect(one.status == 200 and name == "hello", name)
    event = ask("POST", "/api/events", {"text": "a note that somebody hears of"}).json()["event"]
    expect(one.until("stored", wait=3)["last"] == event > hello["last"])
    ask("POST", "/api/events/%d/corrections" % event, {"corrections": {"kind": "note"}})
    expect(one.until("changed", wait=3) == {})
    ask("DELETE", "/api/events/%d/corrections" % event)
    expect(one.until("changed", wait=3) == {})
    ask("POST", "/api/exclusions", {"kind": "word", "text": "never heard of"})
    ask("GET", "/api/recall?q=note")
    expect(one.next(0.5) is None, "told of nothing")
    one.close()


def test_what_others_store_is_told():
    one = Listener()
    before = one.next()[1]["last"]
    run("add", "by another process")
    last = one.until("stored")["last"]
    expect(last == before + 1, before, last)
    run("forget", "--id", str(last))
    expect(one.until("changed") == {})
    expect(ask("GET", "/api/events/%d" % last).status == 404)
    rows = work.name + "/heard.jsonl"
    with open(rows, "w") as f:
        for i in range(3000):
            f.write(json.dumps({"id": "heard%d" % i, "text": "heard of row %d" % i}) + "\n")
    importing = subprocess.Popen([korora, "import", "jsonl", rows], env=env, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
    start, told = time.monotonic(), 0
    while not told or seen < last + 3000:
        seen = one.until("stored", wait=100)["last"]
        told += 1
    expect(importing.wait(100) == 0 and seen == last + 3000, seen)
    expect(told <= 5 * (time.monotonic() - start) + 2, "told too often", told)
    one.close()


def test_who_comes_back_is_told_what_happened_meanwhile():
    one = Listener()
    one.next()
    same = Listener(Last_Event_ID=one.id)
    expect(same.next()[0] == "hello" and same.next(0.5) is None, "nothing had happened")
    event = ask("POST", "/api/events", {"text": "while nobody listened"}).json()["event"]
    back = Listener(Last_Event_ID=one.id)
    expect([back.next()[0], back.next()] == ["hello", ("stored", {"last": event})] and back.next(0.5) is None)
    ask("POST", "/api/events/%d/corrections" % event, {"corrections": {"kind": "note"}})
    again = Listener(Last_Event_ID=back.id)
    expect([again.next()[0], again.next()[0]] == ["hello", "changed"] and again.next(0.5) is None)
    for odd in ("", "x", "1", "1-", "-1--1", "9" * 4000, "1-1x", "%s%s%n"):
        other = Listener(Last_Event_ID=odd)
        expect(other.status == 200 and other.next()[0] == "hello", odd)
        other.close()
    for listener in (one, same, back, again):
        listener.close()


def test_listeners_come_and_go_and_leave_nothing():
    time.sleep(0.5)
    before = files(), threads()
    for turn in range(1000):
        s = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        if turn % 3 == 0:  # gone with a reset, and before the answer comes
            s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.sendall(head("/api/live").replace(b"Connection: close\r\n", b"") + b"\r\n")
        if turn % 3 == 1:
            s.recv(100)
        s.close()
    expect(settles(files, before[0]) <= before[0], "descriptors", before, files())
    expect(settles(threads, before[1]) <= before[1], "threads", before, threads())
    expect(files(True) < 64, "descriptors of the memory", files(True))
    alive()


def test_listeners_on_a_socket_in_the_file_system_leave_nothing_either():
    path = work.name + "/live.sock"
    other = Server("--socket", path)
    fds = "/proc/%d/fd" % other.process.pid
    before = len(os.listdir(fds))
    for _ in range(20):
        with socket.socket(socket.AF_UNIX) as s:
            s.connect(path)
            s.sendall(b"GET /api/live HTTP/1.1\r\nHost: any\r\nAuthorization: Bearer " + token().encode() + b"\r\n\r\n")
            expect(b"200 OK" in s.recv(4096), "answer")
    expect(settles(lambda: len(os.listdir(fds)), before + 8) <= before + 8, "descriptors", before, os.listdir(fds))
    expect(other.stop()[0] == 0, "stop")


def test_no_more_than_64_listen():
    before, some = files(), [Listener() for _ in range(64)]
    expect(all(one.status == 200 for one in some))
    reply = ask("GET", "/api/live")
    expect(reply.status == 503 and "64" in reply.json()["error"]["message"], reply.status, reply.body)
    alive()
    event = ask("POST", "/api/events", {"text": "heard by 64"}).json()["event"]
    for one in some:
        expect(one.until("stored", wait=5)["last"] == event)
    for one in some:
        one.close()
    expect(settles(files, before) <= before, "descriptors", before, files())
    one = Listener()
    expect(one.next()[0] == "hello", "there is room again")
    one.close()


def test_a_listener_that_does_not_read_holds_up_nobody():
    deaf, one = Listener(), Listener()
    one.next()
    for i in range(20):
        event = ask("POST", "/api/events", {"text": "said to the deaf, %d" % i}).json()["event"]
        one.until("stored", lambda data: data["last"] == event)
    time.sleep(LIMIT + 1)  # a stream has no deadline while there is nothing to tell
    got = []
    while not got or got[-1][1].get("last") != event:
        got.append(deaf.next())
    expect(got[0][0] == "hello" and len(got) <= 22, got)
    deaf.close()
    one.close()


def test_listening_costs_nothing_while_nothing_happens():
    some = [Listener() for _ in range(10)]
    for one in some:
        one.next()
    time.sleep(LIMIT + 1)
    before = ticks(), switches()
    time.sleep(3)
    expect(ticks() == before[0] and switches() - before[1] <= 2, before, ticks(), switches())
    for one in some:
        one.close()


def test_a_slow_reader_of_all_events_costs_little_and_has_a_deadline():
    rows = work.name + "/long.jsonl"
    with open(rows, "w") as f:
        for i in range(300):
            f.write(json.dumps({"id": "long%d" % i, "text": "%d " % i + "lorem ipsum " * 8000}) + "\n")
    expect(run("import", "jsonl", rows).returncode == 0, "import")

    def resident():
        return int(re.search(r"VmRSS:\s*(\d+)", open("/proc/%d/status" % server.process.pid).read()).group(1))
    ask("GET", "/api/export")
    before, memory = files(), resident()
    slow = [socket.create_connection(("127.0.0.1", server.port), timeout=30) for _ in range(20)]
    for s in slow:
        s.sendall(head("/api/export") + b"\r\n")
    time.sleep(0.5)
    alive()
    expect(resident() - memory < 30000, "memory", memory, resident())
    expect(settles(files, before, 30) <= before, "they stay", before, files())
    for s in slow:
        s.close()
    expect(len(ask("GET", "/api/export").body) > 25 << 20, "whole")


def test_a_server_with_listeners_ends_at_once():
    other = Server("--port", "0")
    some = [Listener(other.port) for _ in range(20)]
    for one in some:
        one.next()
    code, seconds = other.stop()
    expect(code == 0 and seconds < 1 and not other.errors, code, seconds, other.errors)
    for one in some:
        expect(one.next(2) is None, "the stream goes on")
        one.close()


def test_pages_of_other_sites_hear_nothing():
    expect(ask("GET", "/api/live", origin="http://evil.example").status == 403)
    expect(ask("GET", "/api/live", sec_fetch_site="cross-site").status == 403)
    expect(ask("GET", "/api/live", key=None).status == 401)
    expect(ask("HEAD", "/api/live").status == 200)
    cookie = ask("GET", "/login?token=" + token(), key=None).headers["set-cookie"].split(";")[0]
    expect(ask("GET", "/api/live", key=None, cookie=cookie).body.startswith(b"id: "))
