# SPDX-License-Identifier: Apache-2.0
"""What is asked wrongly, on purpose or not, and too much of it."""
import json, socket, struct, time
from harness import *


def test_parameters_are_checked():
    for target in ("/api/recall", "/api/recall?q=", "/api/recall?q=a&q=b", "/api/recall?x=1", "/api/recall?q=a&limit=0", "/api/recall?q=a&limit=1001",
                   "/api/recall?q=a&limit=8x", "/api/recall?q=a&limit=+8", "/api/recall?q=a&explain=yes", "/api/recall?q=%", "/api/recall?q=%4",
                   "/api/recall?q=%zz", "/api/recall?q=a%00b", "/api/recall?q=a&from=never", "/api/recall?q=a&kind=", "/api/recall?q=a&has==x",
                   "/api/timeline?range=blurb", "/api/when", "/api/when?q=today&zone=Mars/Base", "/api/when?q=today&zone=../../etc/passwd",
                   "/api/when?q=today&prefer=never", "/api/stats?x=1", "/health?x"):
        reply = ask("GET", target)
        expect(reply.status == 400 and reply.json()["error"]["message"], target, reply.status, reply.body)
    expect(ask("GET", "/api/stats", b"{}").status == 400, "a body where there is none")


def test_questions_are_not_a_language_of_the_database():
    count = ask("GET", "/api/stats").json()["events"]
    for question in ("'; DROP TABLE events; --", "\" OR 1=1 --", "text:demo", "demo* NEAR/2 x", "^demo", "\"unclosed", "(((", "a AND", "NOT", "{a b}:c",
                     "-demo +x", "%", "_", "\\", "\u202e\u0000x".replace("\u0000", ""), "\ud83d\ude00".encode("utf-16", "surrogatepass").decode("utf-16"),
                     "x" * 5000, "MATCH", "rowid", "🏔" * 100):
        from urllib.parse import quote
        for target in ("/api/recall?q=", "/api/recall?q=demo&scope=", "/api/recall?q=demo&entity=", "/api/when?q="):
            reply = ask("GET", target + quote(question)[:7000])
            expect(reply.status in (200, 400), target, question, reply.status, reply.body)
    expect(ask("GET", "/api/recall?q=%ff%fe%80demo").status == 200, "not UTF-8")
    expect(ask("GET", "/api/stats").json()["events"] == count)


def test_bodies_are_checked():
    url = "/api/events"
    for body in (b"", b"{", b"[]", b"null", b"3", b'"x"', b'{"text":3}', b'{"text":"x","text":"y"}', b'{"text":"x","more":1}', b'{"text":"a\\u0000b"}',
                 b'{"text":"\xff\xfe"}', b'{"text":"\\ud800"}', b'{"text":""}', b'{"text":" \\n"}', b'{}', b'{"text":"x","time":"never"}',
                 b'{"text":"x","source":""}', b'{"text":' + b"[" * 100000, b'{"a":' * 50 + b"1" + b"}" * 50, b'\xef\xbb\xbf{"text":"x"}', b'{"text":"x"} x'):
        reply = ask("POST", url, body)
        expect(reply.status == 400, body[:60], reply.status, reply.body)
    expect(ask("POST", url, {"text": "x" * 900000}).status == 201, "a long text")
    alive()


def test_floods_end_early():
    big = b'{"text":"' + b"x" * (10 << 20) + b'"}'
    expect(ask("POST", "/api/events", big).status == 413, "10 MB")
    expect(ask("POST", "/api/events", big, key="wrong").status == 401, "10 MB from somebody else")
    chunked = head("/api/events", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", "POST")
    many = head(extra="".join("X-%d: %s\r\n" % (i, "y" * 100) for i in range(2000)) + "\r\n")
    got = raw(many)
    expect(not got or got.split()[1] in (b"431", b"413", b"414"), got[:100])
    got = raw(head(extra="X: " + "y" * 100000 + "\r\n\r\n"))
    expect(not got or got.split()[1] in (b"431", b"413", b"414"), got[:100])
    with socket.create_connection(("127.0.0.1", server.port), timeout=20) as s:
        sent = 0
        try:
            s.sendall(chunked)
            for _ in range(64):
                s.sendall(b"100000\r\n" + b"x" * 0x100000 + b"\r\n")
                sent += 1
        except OSError:
            pass
        expect(sent < 60, "chunks are taken for ever", sent)
    for bad in (b"\x16\x03\x01\x02\x00\x01\x00", b"\r\n\r\n\r\n", b"GET\r\n\r\n", b"GET / HTTP/9.9\r\n\r\n", b"\x00" * 5000, b"GET /health HTTP/1.1\r\nHost\r\n\r\n",
                head("/api/events", "Content-Length: -1\r\n\r\n", "POST"), head("/api/events", "Content-Length: 99999999999999999999\r\n\r\n", "POST"),
                head("/api/events", "Content-Length: 5\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n", "POST")):
        got = raw(bad, wait=3 * LIMIT + 5)
        expect(not got or got.split()[1][:1] in (b"4", b"5"), bad[:60], got[:80])
    alive()


def test_slow_clients_cost_nobody_else():
    clients = []
    for start in (b"", b"GET /hea", head("/api/recall?q=demo")[:-2], head("/api/events", "Content-Type: application/json\r\nContent-Length: 100\r\n\r\n{", "POST")):
        for _ in range(20):
            s = socket.create_connection(("127.0.0.1", server.port), timeout=30)
            s.sendall(start)
            clients.append(s)
    start = time.monotonic()
    alive()
    expect(time.monotonic() - start < LIMIT, "others wait")
    # One that sends a byte now and then is not silent, and yet has no more time than others.
    trickle = socket.create_connection(("127.0.0.1", server.port), timeout=30)
    data, ended = head(), None
    for i in range(int(3 * LIMIT / 0.25)):
        try:
            trickle.sendall(data[i:i + 1])
            time.sleep(0.25)
        except OSError:
            ended = time.monotonic() - start
            break
    expect(ended is not None, "a slow client is never sent away")
    for s in clients:
        try:
            while s.recv(4096):
                pass
        except ConnectionResetError:
            pass
        s.close()
    trickle.close()
    expect(time.monotonic() - start < 4 * LIMIT + 2, "they stay")
    alive()


def test_half_closed_and_broken_connections():
    with socket.create_connection(("127.0.0.1", server.port), timeout=10) as s:
        s.sendall(head() + b"\r\n")
        s.shutdown(socket.SHUT_WR)
        got = b""
        while True:
            more = s.recv(4096)
            if not more:
                break
            got += more
        expect(not got or b"200 OK" in got, got)
    for _ in range(100):
        s = socket.create_connection(("127.0.0.1", server.port), timeout=10)
        s.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, struct.pack("ii", 1, 0))
        s.sendall(head("/api/recall?q=demo") + b"\r\n")
        s.close()
    alive()
    both = head().replace(b"Connection: close\r\n", b"") + b"\r\n" + head("/api/stats") + b"\r\n"
    expect(raw(both).count(b"HTTP/1.1 200") == 2, "two requests in one go")


def with_bodies():
    """Of a list of things, one."""
    return [(method, target, body[0] if isinstance(body, list) else body) for method, target, body, _ in routes() if body is not None]


def test_no_body_is_too_much_for_any_route():
    for method, target, good in with_bodies():
        names = list(good)
        for body in (b"", b"{", b"\xff\xfe", b"[" * 200000, b'{"a":' * 100000, b'{"' + names[0].encode() + b'":' + b"[" * 40 + b"]" * 40 + b"}",
                     json.dumps(good).encode()[:-1], b"\0" * 1000, b'"' + b"x" * 1000000 + b'"', b"1" * 100000, b"1e999999", b'{"\xc0\xaf":1}'):
            reply = ask(method, target, body)
            expect(reply.status == 400, target, body[:40], reply.status, reply.body)
            expect(len(reply.body) < 2000 and reply.json()["error"], target, reply.body)
        expect(ask(method, target, b'{"' + names[0].encode() + b'":"' + b"x" * (10 << 20) + b'"}').status == 413, target, "10 MB")
        reply = ask(method, target, good, content_encoding="gzip")
        expect(reply.status in (200, 201, 400, 415), target, reply.status)
    alive()


def test_fields_of_another_type_are_refused():
    for method, target, good in with_bodies():
        if target == "/mcp" or target.startswith("/api/0/"):
            continue  # these say more of what is wrong, and let more pass: see assistants.py, activitywatch.py
        for name in good:
            for wrong in (None, True, 3, -1.5, [], {}, [[]], [None], {"": None}):
                if name == "input" and wrong in ([],) or isinstance(good[name], type(wrong)) and wrong:
                    continue
                reply = ask(method, target, {**good, name: wrong})
                expect(reply.status in (400, 404), target, name, wrong, reply.status, reply.body)
    alive()


BROKEN = b"\xff\xfe\xc0\xaf\xed\xa0\x80\xf5\x80\x80\x80\xe2\x82"


def test_broken_utf8_is_refused_or_repaired_everywhere():
    """In a path, the name and the value of a parameter, a header, a cookie and each field of a body."""
    escaped = "".join("%%%02x" % b for b in BROKEN)
    for start, good in (("GET /%s HTTP/1.1", b"400 404"), ("GET /api/events/%s HTTP/1.1", b"400 404"), ("GET /api/stats?%s=1 HTTP/1.1", b"400"),
                        ("GET /api/recall?q=%s HTTP/1.1", b"200 400"), ("GET /api/timeline?range=%s HTTP/1.1", b"400"), ("GET /api/when?q=%s HTTP/1.1", b"200 400"),
                        ("GET /api/recall?q=a&scope=%s HTTP/1.1", b"200 400"), ("GET /api/recall?q=a&entity=%s HTTP/1.1", b"200 400"), ("%s / HTTP/1.1", b"400 405 501")):
        for text in (escaped.encode(), BROKEN):
            line = start.encode().replace(b"%s", text)
            got = raw(line + head()[head().index(b"\r\n"):] + b"\r\n")
            expect(not got or got.split()[1] in good.split(), line, got[:80])
            if got:
                got.split(b"\r\n\r\n", 1)[1].decode()  # what comes back is UTF-8
    for name in (b"Cookie: korora=", b"Origin: ", b"User-Agent: ", b"Content-Type: ", b"X-", b"Mcp-Session-Id: "):
        got = raw(head() + name + BROKEN + b"\r\n\r\n")
        expect(not got or got.split()[1] in (b"200", b"400", b"403", b"415"), name, got[:80])
    for method, target, good in with_bodies():
        for name in good:
            for text in (json.dumps({**good, name: "@"}).encode().replace(b"@", BROKEN), json.dumps({**good, name: "@"}).encode().replace(b"@", b"\\ud800x")):
                expect(ask(method, target, text).status in (400, 404), target, name, text)
    alive()


def test_connections_that_close_half_a_request():
    """No more comes, and the server still listens: it answers that this is no request, or closes; it does not wait."""
    body = b'{"text":"half a body is no event"}'
    before = ask("GET", "/api/stats").json()["events"]
    for data in (b"", b"G", head()[:-20], head("/api/events", "Content-Type: application/json\r\nContent-Length: %d\r\n\r\n" % len(body), "POST") + body[:-5],
                 head("/api/events", "Content-Type: application/json\r\nTransfer-Encoding: chunked\r\n\r\n", "POST") + b"22\r\n" + body[:10]):
        with socket.create_connection(("127.0.0.1", server.port), timeout=3 * LIMIT + 5) as s:
            s.sendall(data)
            s.shutdown(socket.SHUT_WR)
            got = b""
            try:
                while more := s.recv(4096):
                    got += more
            except ConnectionResetError:
                pass
            expect(not got or got.split()[1][:1] == b"4", data[:60], got[:80])
    expect(ask("GET", "/api/stats").json()["events"] == before, "half a body was stored")
    alive()


def test_requests_are_not_smuggled():
    """Two that disagree about where a request ends is how one is hidden in another: both are refused, and the connection is closed."""
    hidden = b"GET /api/stats HTTP/1.1\r\nHost: 127.0.0.1:%d\r\nAuthorization: Bearer %s\r\n\r\n" % (server.port, token().encode())
    for extra in ("Content-Length: 5\r\nContent-Length: 6\r\n\r\n", "Content-Length: +5\r\n\r\n", "Content-Length: 5, 5\r\n\r\n", "Content-Length: 0x5\r\n\r\n",
                  "Transfer-Encoding: chunked\r\nContent-Length: 5\r\n\r\n", "Transfer-Encoding: xchunked\r\n\r\n", "Transfer-Encoding: identity, chunked\r\n\r\n",
                  "Transfer-Encoding : chunked\r\n\r\n", "X: a\r\n Content-Length: 5\r\n\r\n"):
        request = head("/api/events", "Content-Type: application/json\r\n" + extra, "POST").replace(b"Connection: close\r\n", b"")
        got = raw(request + b"0\r\n\r\n" + hidden, wait=3 * LIMIT + 5)
        expect(not got.count(b'"counters"'), extra, got[:200])
    alive()
