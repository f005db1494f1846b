# SPDX-License-Identifier: Apache-2.0
"""Who may ask, and who may not."""
import os
from harness import *


def test_every_route_answers_the_token_alone():
    seen = 0
    for method, target, body, operation in list(routes()):
        is_open = operation.get("security") == []
        for key in (None, "", "wrong", "0" * 64, token()[:-1], token() + "0", token().upper() + "é"):
            try:
                reply = ask(method, target, body, key=key)
            except UnicodeEncodeError:
                continue
            expect((reply.status != 401) == (is_open and "/login" not in target), method, target, key, reply.status)
        reply = ask(method, target, body)
        good = [c for c in operation["responses"] if c != "default"]
        expect(str(reply.status) in good + ["200"] or "/login" in target, method, target, reply.status, reply.body)
        for name in ("content-security-policy", "x-content-type-options", "referrer-policy", "cache-control"):
            expect(name in reply.headers, target, name)
        expect(not any(h.startswith("access-control") for h in reply.headers), target)
        seen += 1
    expect(seen >= 19, seen)


def test_foreign_hosts_and_origins_get_nothing():
    for method, target, body, _ in list(routes()):
        for host in ("evil.example", "evil.example:%d" % server.port, "127.0.0.1", "127.0.0.1:1", "localhost.evil.example:%d" % server.port,
                     "127.0.0.1:%d.evil.example" % server.port, "", "[::1"):
            expect(ask(method, target, body, host=host).status == 403, target, host)
        for origin in ("http://evil.example", "null", "https://127.0.0.1:%d" % server.port, "http://127.0.0.1:1",
                       "http://127.0.0.1:%d.evil.example" % server.port, "file://"):
            expect(ask(method, target, body, origin=origin).status == 403, target, origin)
    expect(ask("GET", "/api/stats", sec_fetch_site="cross-site").status == 403)
    expect(ask("GET", "/api/stats", sec_fetch_site="same-site").status == 403)
    for name in ("localhost", "LocalHost", "127.0.0.1", "[::1]"):
        expect(ask("GET", "/api/stats", host="%s:%d" % (name, server.port)).status == 200, name)
    expect(ask("GET", "/api/stats", origin="http://localhost:%d" % server.port).status == 200)
    expect(raw(b"GET /health HTTP/1.1\r\nConnection: close\r\n\r\n").split()[1] == b"400")
    twice = head(extra="Host: evil.example\r\n\r\n")
    expect(raw(twice).split()[1] == b"400")
    reply = ask("OPTIONS", "/api/stats", origin="http://evil.example", access_control_request_method="GET")
    expect(reply.status == 403 and not any(h.startswith("access-control") for h in reply.headers), reply.headers)


def test_a_form_of_another_site_changes_nothing():
    before = ask("GET", "/api/stats").json()["events"]
    cookie = ask("GET", "/login?token=" + token(), key=None).headers["set-cookie"]
    expect("HttpOnly" in cookie and "SameSite=Strict" in cookie and token() not in cookie, cookie)
    cookie = cookie.split(";")[0]
    own = "http://127.0.0.1:%d" % server.port
    expect(ask("GET", "/api/stats", key=None, cookie="a=b; " + cookie).status == 200)
    expect(ask("GET", "/api/stats", key="wrong", cookie=cookie).status == 401)
    expect(ask("GET", "/api/stats", key=None, cookie=cookie[:-1] + "!").status == 401)
    expect(ask("POST", "/api/events", {"text": "x"}, key=None, cookie=cookie).status == 403, "no origin")
    expect(ask("POST", "/api/events", {"text": "x"}, key=None, cookie=cookie, origin="http://evil.example").status == 403)
    for kind in ("application/x-www-form-urlencoded", "text/plain", "multipart/form-data; boundary=x", "", "application/jsonp"):
        reply = ask("POST", "/api/events", b'{"text":"x"}', key=None, cookie=cookie, origin=own, content_type=kind)
        expect(reply.status == 415, kind, reply.status)
    expect(ask("GET", "/api/stats").json()["events"] == before, "stored")
    reply = ask("POST", "/api/events", {"text": "from the page"}, key=None, cookie=cookie, origin=own, sec_fetch_site="same-origin")
    expect(reply.status == 201, reply.body)


def test_a_new_token_counts_at_once():
    old = token()
    cookie = ask("GET", "/login?token=" + old, key=None).headers["set-cookie"].split(";")[0]
    second = Server("--port", "0", "--new-token")
    new = token()
    expect(new != old, "the same token")
    expect(ask("GET", "/api/stats", key=old).status == 401, "old")
    expect(ask("GET", "/api/stats", key=None, cookie=cookie).status == 401, "old session")
    expect(ask("GET", "/api/stats", key=new).status == 200, "new")
    expect(ask("GET", "/api/stats", key=new, port=second.port).status == 200, "both servers")
    expect(second.stop()[0] == 0, second.errors)
    os.chmod(env["KORORA_HOME"] + "/token", 0o644)
    try:
        os.utime(env["KORORA_HOME"] + "/token")
        expect(ask("GET", "/api/stats").status == 401, "a token that others can read")
    finally:
        os.chmod(env["KORORA_HOME"] + "/token", 0o600)
        os.utime(env["KORORA_HOME"] + "/token")
    expect(ask("GET", "/api/stats").status == 200, "mended")


def test_paths_lead_nowhere_else():
    for path in ("/../token", "/..%2ftoken", "/%2e%2e/token", "/token", "//etc/passwd", "/api/../token", "/static/../../token", "/.", "/api",
                 "/api/events/", "/api/events/1/../2", "/api/events/-1", "/api/events/1e3", "/api/events/9999999999999999999999", "/api/events/0",
                 "/api/events/%31", "/api/recall/", "/API/RECALL", "/;/health", "/health/", "/\\token", "http://evil.example/health"):
        reply = ask("GET", path)
        expect(reply.status in (400, 404), path, reply.status, reply.body)
        expect(token().encode() not in reply.body, path)
    expect(ask("GET", "/api/events/123456789").status == 404)
    expect(ask("GET", "/" + "a" * 20000).status in (404, 414), "long")
    for method in ("PUT", "PATCH", "TRACE", "OPTIONS", "PROPFIND", "get", "DELETE"):
        reply = ask(method, "/api/stats")
        expect(reply.status in (400, 405, 501), method, reply.status)
    expect(ask("PUT", "/api/events/1/corrections").headers["allow"] == "POST, DELETE")
    reply = ask("HEAD", "/health")
    expect(reply.status == 200 and not reply.body, reply.body)
