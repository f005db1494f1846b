# SPDX-License-Identifier: Apache-2.0
"""Who asked what, in the access log: no request that reads or changes what is remembered goes without a line."""
import json, os, re
from harness import *

path = env["KORORA_HOME"] + "/access.log"


def is_quiet(target):
    """It says nothing of what is remembered; or it is a heartbeat, of which the log would be full in hours."""
    place = target.split("?")[0]
    return (place in ("/metrics", "/health", "/api/openapi.json", "/login", "/", "/api/0/info") or place.endswith("/heartbeat")
            or place.startswith(("/api/models", "/web/")))


def lines():
    with open(path) as f:
        return [json.loads(line) for line in f]


def test_each_request_has_a_line():
    for method, target, body, operation in list(routes()):
        before = len(lines())
        reply = ask(method, target, body, user_agent="tester/1.0 (x)")
        added = lines()[before:]
        if is_quiet(target):
            expect(added == [], target, added)
            continue
        expect(len(added) == 1, method, target, added)
        if target == "/mcp":
            continue
        line = added[0]
        expect(re.fullmatch(method + " " + re.sub(r"/\d+(?=/|$)", "/{id}", re.sub(r"aw-test_\d+(-new)?", "{bucket}", target.split("?")[0])).replace("/api/{id}/", "/api/0/").replace("{", r"\{").replace("}", r"\}"), line["method"]), line)
        expect(line["client"] == "tester" and line["through"] == "http" and line["ms"] >= 0, line)
        expect(line.get("error") == (reply.status if reply.status >= 400 else None), line, reply.status)
    hits = ask("GET", "/api/recall?q=demo&limit=3").json()["hits"]
    expect(lines()[-1]["results"] == len(hits), lines()[-1])
    expect(os.stat(path).st_mode & 0o777 == 0o600, "mode")


def test_a_line_says_who_and_not_what():
    cookie = ask("GET", "/login?token=" + token(), key=None).headers["set-cookie"].split(";")[0]
    ask("GET", "/api/recall?q=zanzibar", key=None, cookie=cookie)
    expect(lines()[-1]["client"] == "page", lines()[-1])
    for agent, name in (("curl/8.9", "curl"), ("Mozilla/5.0 (X11)", "Mozilla"), ("a" * 500, "a" * 32), ("", ""), ("\"}\t{", ""), ("x\"y", "x"), (None, "")):
        ask("GET", "/api/recall?q=zanzibar", user_agent=agent)
        expect(lines()[-1]["client"] == name, agent, lines()[-1])
    before = len(lines())
    for key in (None, "wrong"):
        ask("GET", "/api/recall?q=zanzibar", key=key)
    expect(len(lines()) == before, "who may not ask fills the log")
    with open(path) as f:
        expect("zanzibar" not in f.read() and token() not in f.read(), "what was asked")
    bad = ask("GET", "/api/recall?x=1")
    expect(lines()[-1]["error"] == bad.status == 400, lines()[-1])


def test_what_cannot_be_logged_is_not_done():
    all_routes = list(routes())
    count = ask("GET", "/api/stats").json()["events"]
    os.rename(path, path + ".away")
    os.mkdir(path)
    try:
        for method, target, body, operation in all_routes:
            if is_quiet(target):
                continue
            reply = ask(method, target, body)
            expect("cannot be logged" in reply.body.decode(), target, reply.status, reply.body)
            expect(reply.status == 500 or target == "/mcp", target, reply.status)
        call = {"name": "remember", "arguments": {"text": "said to nobody"}}
        reply = ask("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": call})
        expect("cannot be logged" in reply.json()["error"]["message"], reply.body)
        alive()
    finally:
        os.rmdir(path)
        os.rename(path + ".away", path)
    expect(ask("GET", "/api/stats").json()["events"] == count, "done, though not logged")


def test_a_full_log_becomes_the_one_before():
    with open(path, "a") as f:
        f.write("x" * (4 << 20) + "\n")
    ask("GET", "/api/stats")
    expect(len(lines()) == 1 and os.stat(path + ".1").st_size > 4 << 20, "not turned over")
