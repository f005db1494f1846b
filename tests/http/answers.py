# SPDX-License-Identifier: Apache-2.0
"""What the routes answer."""
import base64, fcntl, json, os, re, struct, threading, time
from harness import *


def test_starts_at_once_and_makes_a_private_token():
    mode = os.stat(env["KORORA_HOME"] + "/token").st_mode & 0o777
    expect(mode == 0o600, oct(mode))
    expect(re.fullmatch("[0-9a-f]{64}", token()), token())
    expect(server.ready < 1, server.ready)  # 0.1 where nothing else runs


def test_remembers_and_recalls():
    reply = ask("POST", "/api/events", {"text": "the demo moved to Friday; password=hunter2secretXYZ99", "title": "planning"})
    expect(reply.status == 201 and reply.json()["event"] == 1 and reply.json()["cut"] == {"password": 1}, reply.body)
    reply = ask("POST", "/api/events", {"text": "lunch with Zoe", "time": "2026-03-03T12:00", "source": "diary", "scope": "s2"})
    expect(reply.json()["time"] == "2026-03-03T12:00:00+01:00", reply.body)
    hits = ask("GET", "/api/recall?q=when%20is%20the+demo%3F&explain=true&limit=1").json()
    expect(hits["hits"][0]["event"] == 1 and "signals" in hits["hits"][0] and hits["filters"]["events"] == 2, hits)
    expect("hunter2" not in json.dumps(hits), hits)
    said = json.loads(run("recall", "when is the demo?", "--json").stdout)
    expect([h["event"] for h in said["hits"]] == [h["event"] for h in ask("GET", "/api/recall?q=when+is+the+demo%3F").json()["hits"]], said)
    day = ask("GET", "/api/timeline?range=2026-03-03&scope=s2").json()
    expect(day["days"][0]["events"] == 1, day)
    event = ask("GET", "/api/events/1").json()
    expect(event["title"] == "planning" and event["annotations"] is not None, event)
    when = ask("GET", "/api/when?q=last+tuesday&now=2026-11-22T10:00").json()
    expect(when["spans"][0]["from"].startswith("2026-11-17"), when)
    stats = ask("GET", "/api/stats").json()
    since = stats.pop("since_start")
    expect(stats == json.loads(run("stats", "--json").stdout), stats)
    expect(since["recall"]["questions"] >= 2 and since["recall"]["seconds"] > 0 and since["cpu_seconds"] > 0, since)
    expect(stats["accounts"]["events"] == {"came": 2, "stored": 2, "known": 0, "empty": 0, "excluded": 0}, stats)
    expect(stats["accounts"]["stages"]["models"]["events"] == 2 and stats["accounts"]["local"]["calls"] > 2, stats)
    expect("trunk" in [m["name"] for m in ask("GET", "/api/models").json()["models"]], "models")


def test_corrections_come_and_go():
    reply = ask("POST", "/api/events/1/corrections", {"corrections": {"kind": "note", "tags": ["+health", "-bug"]}})
    labels = {(c["field"], c["label"], c["on"]) for c in reply.json().get("corrections", [])}
    expect(labels == {("kind", "note", True), ("tags", "health", True), ("tags", "bug", False)}, reply.body)
    for bad in [{}, {"kind": "no such label"}, {"kind": 3}, {"kind": "+note"}, {"kind": ["note", "code"]}, {"../x": "note"}, {"kind": "note,code"}]:
        expect(ask("POST", "/api/events/1/corrections", {"corrections": bad}).status in (400, 404), bad)
    expect(ask("POST", "/api/events/999/corrections", {"corrections": {"kind": "note"}}).status == 404)
    expect(ask("DELETE", "/api/events/1/corrections").json()["undone"] == 3)


def test_exclusions_count_at_once_from_both_sides():
    expect(ask("POST", "/api/exclusions", {"kind": "word", "text": "project x"}).json()["words"] == ["project x"])
    expect(ask("POST", "/api/events", {"text": "of Project X"}).json()["excluded"] == {"word": 1})
    run("exclude", "--word", "unicorn")
    expect(ask("POST", "/api/events", {"text": "a unicorn"}).json()["event"] is None)
    expect(ask("DELETE", "/api/exclusions?kind=word&text=project%20x").json()["words"] == ["unicorn"])
    expect(ask("DELETE", "/api/exclusions?kind=word&text=project%20x").status == 404)
    expect(ask("POST", "/api/exclusions", {"kind": "colour", "text": "red"}).status == 400)


def test_exclusions_of_both_sides_are_kept():
    home, done = os.open(env["KORORA_HOME"], os.O_RDONLY), []
    fcntl.flock(home, fcntl.LOCK_EX)  # as the command line does while it changes the list
    asking = threading.Thread(target=lambda: done.append(ask("POST", "/api/exclusions", {"kind": "word", "text": "griffin"})))
    asking.start()
    time.sleep(0.3)
    expect(not done, "the list was changed meanwhile", done and done[0].body)
    os.close(home)
    asking.join()
    expect(done[0].status == 200 and "griffin" in done[0].json()["words"], done[0].body)
    expect(ask("DELETE", "/api/exclusions?kind=word&text=griffin").status == 200)


def test_embeddings_have_the_shape_of_openai():
    plain = ask("POST", "/v1/embeddings", {"input": ["one text", "another"], "model": "trunk"}).json()
    coded = ask("POST", "/v1/embeddings", {"input": "one text", "model": "trunk", "encoding_format": "base64"}).json()
    expect([d["index"] for d in plain["data"]] == [0, 1] and plain["usage"]["total_tokens"] > 0, plain)
    one = plain["data"][0]["embedding"]
    raw_bytes = base64.b64decode(coded["data"][0]["embedding"])
    floats = struct.unpack("<%df" % (len(raw_bytes) // 4), raw_bytes)
    expect(len(one) == len(floats) and max(abs(a - b) for a, b in zip(one, floats)) < 1e-6, "base64")
    expect(abs(sum(x * x for x in one) - 1) < 1e-3, "length")
    bad = [{"input": "", "model": "trunk"}, {"input": [], "model": "trunk"}, {"input": [1, 2], "model": "trunk"},
           {"input": ["x"] * 257, "model": "trunk"}, {"input": "x", "model": "gpt"}, {"input": "x"},
           {"input": "x", "model": "trunk", "encoding_format": "hex"}, {"input": "x", "model": "trunk", "dimensions": 7}]
    for body in bad:
        reply = ask("POST", "/v1/embeddings", body)
        expect(reply.status in (400, 404) and reply.json()["error"]["message"], body, reply.status)
    expect(ask("GET", "/v1/models").json()["data"][0]["id"] == "trunk")


def test_models_are_asked():
    def said(model, *texts):
        lines = run("run", model, input="".join(t + "\n" for t in texts)).stdout.splitlines()
        return [json.loads(line) for line in lines]
    for model in ("trunk", "kind", "tags", "secrets"):
        texts = ["the demo moved to Friday", "call Anna on +49 30 1234567", ""]
        reply = ask("POST", "/api/run", {"model": model, "texts": texts})
        expect(reply.status == 200 and reply.json()["answers"] == said(model, *texts), model, reply.body)
    for bad in ({}, {"model": "kind"}, {"model": "kind", "texts": []}, {"model": "kind", "texts": ["x"] * 257}, {"model": "kind", "texts": [3]},
                {"model": "kind", "texts": [{"query": "a", "text": "b"}]}, {"model": "kind", "texts": "x"}, {"model": 3, "texts": ["x"]}):
        expect(ask("POST", "/api/run", bad).status == 400, bad)
    for name in ("", "no-such", "../models/kind", os.path.join(repo, "models", "kind.gguf"), "kind.gguf", "KIND", "kind\n", "x" * 5000, "%s"):
        expect(ask("POST", "/api/run", {"model": name, "texts": ["x"]}).status == 404, name)


def test_all_events_come_out():
    run("add", "of another scope", "--scope", "apart")
    reply = ask("GET", "/api/export")
    expect(reply.status == 200 and reply.headers["content-type"] == "application/jsonl", reply.headers)
    expect(reply.body.decode() == run("export").stdout and reply.body.count(b"\n") == ask("GET", "/api/stats").json()["events"], "export")


def test_description_is_openapi_and_true():
    described = ask("GET", "/api/openapi.json", key=None).json()
    expect(described["openapi"] == "3.1.0" and described["info"]["title"] and described["info"]["version"])
    names = set()
    for path, operations in described["paths"].items():
        for method, o in operations.items():
            expect(method in ("get", "post", "delete") and o["operationId"] not in names, method, o)
            names.add(o["operationId"])
            inside = set(re.findall("{(.*?)}", path))
            expect(inside == {p["name"] for p in o["parameters"] if p["in"] == "path"}, path)
            for p in o["parameters"]:
                expect(p["in"] in ("path", "query") and p["schema"]["type"] and isinstance(p["required"], bool), p)
                expect(p["in"] == "query" or p["required"], p)
            for code, reply in o["responses"].items():
                if "$ref" in reply:
                    at = described
                    for part in reply["$ref"][2:].split("/"):
                        at = at[part]
                    reply = at
                expect(reply["description"], path, code)
            if "requestBody" in o:
                schema = o["requestBody"]["content"]["application/json"]["schema"]
                expect("anyOf" in schema or set(schema["required"]) <= set(schema["properties"]), path)
            for needed in o.get("security", described["security"]):
                expect(set(needed) <= set(described["components"]["securitySchemes"]), path)
    try:
        from openapi_spec_validator import validate
    except ImportError:
        return
    validate(described)


def test_mcp_is_answered_message_by_message():
    meta = {"io.modelcontextprotocol/protocolVersion": "2026-07-28", "io.modelcontextprotocol/clientCapabilities": {}}
    headers = {"mcp_protocol_version": "2026-07-28", "mcp_method": "tools/call", "mcp_name": "search"}

    def call(method, params=None, **more):
        return ask("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params or {}}, **more)

    search = {"name": "search", "arguments": {"query": "routes"}, "_meta": meta}
    expect(call("tools/call", search, **headers).status == 200)
    for wrong in ({"mcp_name": "forget"}, {"mcp_method": "tools/list"}, {"mcp_protocol_version": "2025-11-25"},
                  {"mcp_name": None}, {"mcp_protocol_version": None}):
        reply = call("tools/call", search, **{**headers, **wrong})
        expect(reply.status == 400 and json.loads(reply.body)["error"]["code"] == -32020, wrong, reply.status, reply.body)
    reply = call("ping", {"_meta": meta}, mcp_protocol_version="2026-07-28", mcp_method="ping")
    expect(reply.status == 404 and json.loads(reply.body)["error"]["code"] == -32601, reply.status, reply.body)
    # An older client, one whose session is of long ago, and one that never had any.
    for more in ({}, {"mcp_session_id": "0123456789"}, {"mcp_protocol_version": "2025-06-18"}):
        expect(call("tools/list", **more).status == 200, more)
    expect(call("tools/list", mcp_protocol_version="1.0").status == 400)
    reply = ask("POST", "/mcp", {"jsonrpc": "2.0", "method": "notifications/initialized"})
    expect(reply.status == 202 and not reply.body, reply.status, reply.body)
    for body in (b"", b"{", b"[]", b"\xff", b"[" * 100000, b'{"jsonrpc":"2.0","id":1,"id":2,"method":"ping"}'):
        reply = ask("POST", "/mcp", body)
        expect(reply.status == 400 and json.loads(reply.body)["error"]["code"] in (-32700, -32600), body[:40], reply.status)
    for method in ("GET", "DELETE"):
        expect(ask(method, "/mcp").status == 405, method)
    expect(ask("POST", "/mcp", b"{}", content_type="text/plain").status == 415)
    expect(call("tools/list", key=None).status == 401)
    expect(call("tools/list", origin="http://evil.example").status == 403)


def test_mcp_keeps_the_name_of_a_client_in_its_session():
    def say(method, params, session=None):
        return ask("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": method, "params": params}, mcp_session_id=session)

    def last():
        with open(env["KORORA_HOME"] + "/access.log") as f:
            return json.loads(f.read().splitlines()[-1])["client"]
    hello = {"protocolVersion": "2025-11-25", "capabilities": {}, "clientInfo": {"name": "Zoë's \u202eeditor" + "x" * 99, "version": "1"}}
    name = ("Zoë's editor" + "x" * 99).encode()[:64].decode()
    session = say("initialize", hello).headers["mcp-session-id"]
    expect(re.fullmatch("[!-~]{20,159}", session) and last() == name, session, last())
    reply = say("tools/list", {}, session)
    expect(reply.status == 200 and last() == name and "mcp-session-id" not in reply.headers, last())
    other = session[:-1] + ("0" if session[-1] != "0" else "1")
    for stale in ("0123456789", other, "N" + session, session[:20], session + "0", "N", "N-", "N5-0", "Nzz-0", "N" + "61" * 65 + "-0", "%s%n", ""):
        expect(say("tools/list", {}, stale).status == 200 and last() == "", stale, last())
    expect("mcp-session-id" not in say("initialize", {"protocolVersion": "2025-11-25", "capabilities": {}}).headers)


def test_mcp_completes_the_numbers_of_events():
    newest = [ask("POST", "/api/events", {"text": "to be completed"}).json()["event"] for _ in range(3)][::-1]

    def complete(value):
        params = {"ref": {"type": "ref/resource", "uri": "memory://event/{id}"}, "argument": {"name": "id", "value": value}}
        return ask("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "completion/complete", "params": params}).json()["result"]["completion"]["values"]
    expect(complete("")[:3] == [str(n) for n in newest], complete(""))
    expect(complete(str(newest[0]))[:1] == [str(newest[0])], newest)
    everything = complete("")
    for typed in ("1", "2", "10", str(newest[0])[:-1] or "1"):
        expect(complete(typed) == [e for e in everything if e.startswith(typed)], typed, complete(typed), everything)
    expect(complete("x") == complete("%") == complete("0") == complete("01") == complete("9" * 18) == complete("9" * 400) == complete("1 OR 1") == [], "not digits")


def test_metrics_can_be_read():
    alive()
    text = ask("GET", "/metrics").body.decode()
    for line in text.splitlines():
        expect(re.fullmatch(r'# (HELP|TYPE) korora_\w+ .+|korora_\w+({(\w+="([^"\\\n]|\\.)*",?)+})? -?[0-9.e+-]+', line), line)
    expect(re.search(r'korora_requests_total{method="GET",route="/health",status="2xx"} [1-9]', text), text)
    value = lambda name: float(re.search("^%s (.*)$" % re.escape(name), text, re.M).group(1))
    asked = value("korora_recalls_total")
    ask("POST", "/mcp", {"jsonrpc": "2.0", "id": 1, "method": "tools/call", "params": {"name": "search", "arguments": {"query": "demo"}}})
    ask("GET", "/api/recall?q=demo")
    stored = value('korora_events_total{outcome="stored"}')
    ask("POST", "/api/events", {"text": "counted once"})
    text = ask("GET", "/metrics").body.decode()
    expect(value("korora_recalls_total") == asked + 2, "asked", asked)
    expect(value('korora_events_total{outcome="stored"}') == stored + 1 == value('korora_stage_events_total{stage="store"}'), stored)
    expect(value('korora_stage_seconds_total{stage="embed"}') > 0 and value("korora_work_cpu_seconds_total") > 0, text)
    expect(value('korora_model_calls_total{model="kind"}') > 0 and value("korora_local_tokens_total") > 0, text)
    # Each family is described once, before its values.
    names = re.findall(r"^# HELP (\w+) ", text, re.M)
    expect(len(names) == len(set(names)) and set(re.findall(r"^(\w+)[{ ]", text, re.M)) <= set(names), names)
