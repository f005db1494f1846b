# SPDX-License-Identifier: Apache-2.0
"""A client with a token of its own: what it sees at /mcp, and that it sees nothing elsewhere."""
import json, os, re
from harness import *

CLIENTS = env["KORORA_HOME"] + "/clients.yaml"


def client_token(name):
    with open(env["KORORA_HOME"] + "/token-" + name) as f:
        return f.read().strip()


def mcp(key, tool, arguments, **more):
    return ask("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call",
                                "params": {"name": tool, "arguments": arguments}}, key=key, **more)


def found(key, question):
    answer = mcp(key, "search", {"query": question, "limit": 50}).json()
    return {r["id"] for r in answer["result"]["structuredContent"]["results"]}


def last_access():
    with open(env["KORORA_HOME"] + "/access.log") as f:
        return json.loads(f.read().splitlines()[-1])


def add(text, **more):
    reply = ask("POST", "/api/events", {"text": text, **more})
    expect(reply.status == 201, reply.status, reply.body)
    return str(reply.json()["event"])


def test_a_token_of_its_own_sees_a_part():
    expect(run("clients", "add", "cursor", "--source", "git,note", "--since", "30 days", "--token").returncode == 0)
    seen = [add("heron by the river", source="git"), add("heron at home", source="note")]
    hidden = [add("heron in the shell", source="shell"), add("heron of old", source="git", time="2020-01-01T10:00:00Z"),
              add("heron of work", source="git", scope="work")]
    key = client_token("cursor")
    expect(os.stat(env["KORORA_HOME"] + "/token-cursor").st_mode & 0o777 == 0o600)
    expect(found(key, "heron") == set(seen), found(key, "heron"))
    expect(found(RIGHT, "heron") >= set(seen + hidden[:2]), "the user sees all")
    absent = str(int(hidden[-1]) + 1000)
    for tool in ("fetch", "related"):
        for event in seen:
            expect(not mcp(key, tool, {"id": event}).json()["result"]["isError"], tool, event)
        nothing = mcp(key, tool, {"id": absent}).body.decode()
        for event in hidden:
            expect(mcp(key, tool, {"id": event}).body.decode() == nothing.replace(absent, event), tool, event)
    line = last_access()
    expect(line["client"] == "cursor" and line["calls_itself"] == "" and line["through"] == "http", line)
    expect(re.search(r"^cursor .*asked on .*has a token", run("clients").stdout, re.M), "when it asked")


def test_it_asks_nothing_but_mcp():
    key = client_token("cursor")
    for method, target, body, operation in list(routes()):
        reply = ask(method, target, body, key=key)
        if target == "/mcp":
            expect(reply.status == 200, target, reply.status)
        elif operation.get("security") != []:
            expect(reply.status == 403 and b"for /mcp alone" in reply.body, method, target, reply.status)
    expect(ask("GET", "/login?token=" + key, key=None).status == 401)
    expect(mcp(key, "timeline", {}, origin="http://evil.example").status == 403)
    expect(mcp(key, "timeline", {}, host="evil.example").status == 403)


def test_two_at_once_see_each_its_own():
    import threading
    expect(run("clients", "add", "worker", "--scope", "work", "--token").returncode == 0)
    expected = {RIGHT: found(RIGHT, "heron")}
    for name in ("cursor", "worker"):
        expected[client_token(name)] = found(client_token(name), "heron")
    expect(len({frozenset(e) for e in expected.values()}) == 3, expected)
    bad = []

    def keep_asking(key):
        for _ in range(40):
            got = found(key, "heron")
            if got != expected[key]:
                bad.append((key, got))

    threads = [threading.Thread(target=keep_asking, args=(key,)) for key in list(expected) * 2]
    for t in threads:
        t.start()
    for t in threads:
        t.join()
    expect(not bad, bad[:3])


def test_what_changes_counts_at_once():
    key, before = client_token("cursor"), open(CLIENTS).read()
    expect(run("clients", "add", "cursor", "--since", "1 day").returncode == 2, "an entry is not replaced")
    expect(run("clients", "add", "cursor", "--token").returncode == 0)
    expect(mcp(key, "timeline", {}).status == 401, "the token before")
    key = client_token("cursor")
    expect(mcp(key, "timeline", {}).status == 200 and open(CLIENTS).read() == before)
    for text in ("clients: {cursor: {since: soon}}", "clients: [", "clients: {other: {}}", ""):
        with open(CLIENTS, "w") as f:
            f.write(text)
        reply = mcp(key, "search", {"query": "heron"})
        expect("error" in reply.json() and b"heron by" not in reply.body, text, reply.body)
        expect(found(RIGHT, "heron"), "the user has no limits")
    with open(CLIENTS, "w") as f:
        f.write(before)
    expect(found(key, "heron"))
    os.chmod(CLIENTS, 0o666)
    expect("error" in mcp(key, "timeline", {}).json())
    os.chmod(CLIENTS, 0o600)
    path = env["KORORA_HOME"] + "/token-cursor"
    os.chmod(path, 0o644)
    expect(mcp(key, "timeline", {}).status == 401, "a token that others may read")
    os.chmod(path, 0o600)
    os.rename(path, path + ".aside")
    os.symlink(path + ".aside", path)
    reply = mcp(key, "timeline", {})
    expect(reply.status == 401 or "error" in reply.json(), "a link", reply.status, reply.body)
    os.remove(path)
    os.rename(path + ".aside", path)
    expect(mcp(key, "timeline", {}).status == 200)
    expect(run("clients", "remove", "cursor").returncode == 0 and not os.path.exists(path))
    expect(mcp(key, "timeline", {}).status == 401)
    expect(run("clients", "remove", "cursor").returncode == 2 and run("clients", "remove", "worker").returncode == 0)


def test_it_forgets_nothing_but_what_it_sees():
    bucket = "/api/0/buckets/aw-watcher-window_limits"
    ask("POST", bucket, {"client": "aw-watcher-window", "type": "currentwindow", "hostname": "host"})
    glance = {"timestamp": "2026-11-25T09:00:00Z", "duration": 1, "data": {"app": "soffice", "title": "kakapo plan"}}
    ask("POST", bucket + "/events", glance)
    expect(run("clients", "add", "noter", "--source", "note", "--token").returncode == 0)
    key, event = client_token("noter"), add("kakapo plan", source="note")
    what = {"match": "kakapo plan"}
    found = mcp(key, "forget", what).json()["result"]["structuredContent"]
    gone = mcp(key, "forget", {**what, "dry_run": False, "token": found["token"]}).json()["result"]["structuredContent"]
    expect(gone["events"] == 1 and ask("GET", "/api/events/" + event).status == 404, gone)
    expect(ask("GET", bucket + "/events/count").json() == 1, "what a watcher saw is not the client's to forget")
    add("kakapo plan", source="note")
    found = ask("POST", "/api/forget", what).json()
    expect(ask("POST", "/api/forget", {**what, "token": found["token"]}).json()["events"] == 1)
    expect(ask("GET", bucket + "/events/count").json() == 0, "but it is the user's")
    run("clients", "remove", "noter")


def test_one_that_only_reads():
    expect(run("clients", "add", "reader", "--read-only", "--redact", "email", "--token").returncode == 0)
    key, before = client_token("reader"), ask("GET", "/api/stats").json()["events"]
    for tool, arguments in (("remember", {"text": "a heron of its own"}), ("forget", {"match": "heron"})):
        reply = mcp(key, tool, arguments).json()
        expect(reply["result"]["isError"] and "change nothing" in reply["result"]["content"][0]["text"], reply)
        expect(last_access()["failed"], last_access())
    expect(ask("GET", "/api/stats").json()["events"] == before)
    event = add("heron: write to bird@sea.example about it")
    text = mcp(key, "fetch", {"id": event}).json()["result"]["structuredContent"]["text"]
    expect("[email]" in text and "sea.example" not in text, text)
    for name in ("../token", "..", ".", "a/b", "Reader", "reader ", "r\u0435ader", "", "x" * 65, "-x"):
        expect(run("clients", "add", "--token", "--", name).returncode == 2, name)
    expect(sorted(f for f in os.listdir(env["KORORA_HOME"]) if f.startswith("token")) == ["token", "token-reader"],
           os.listdir(env["KORORA_HOME"]))
    run("clients", "remove", "reader")
