# SPDX-License-Identifier: Apache-2.0
"""What is connected, and what is taken out for good."""
import json, subprocess, sys
from harness import *


def add(*texts, **more):
    return [ask("POST", "/api/events", {"text": text, **more}).json()["event"] for text in texts]


def forget(**what):
    return ask("POST", "/api/forget", what)


def test_related_events_and_why():
    one, two, other = add("Zbigniew sent the draft of the glacier survey", "the glacier survey by Zbigniew is printed", "bought oat milk")
    answer = ask("GET", "/api/events/%d/related?limit=5" % one).json()
    expect(answer["results"][0]["id"] == str(two) and 0 < answer["results"][0]["score"] <= 1, answer)
    expect(str(one) not in [r["id"] for r in answer["results"]], answer)
    said = json.loads(run("related", str(one), "--json", "--limit", "5").stdout)
    expect(said["results"] == answer["results"], said, answer)
    apart = add("the glacier survey of another", scope="apart")[0]
    expect(all(r["id"] != str(apart) for r in ask("GET", "/api/events/%d/related" % one).json()["results"]), "another scope")
    expect(ask("GET", "/api/events/%d/related" % apart).json()["results"] == [], "alone in its scope")
    expect(ask("GET", "/api/events/999999/related").status == 404)
    expect(ask("GET", "/api/events/%d/related?limit=0" % one).status == 400)


def test_nothing_is_forgotten_without_the_token():
    ids = add("walrus one", "walrus two", "walrus three")
    dry = forget(match="walrus").json()
    expect(dry["dry_run"] and dry["events"] == 3 and len(dry["sample"]) == 3 and dry["token"], dry)
    expect(forget(match="walrus").json()["token"] == dry["token"], "another token for the same")
    for wrong in ("", "0" * 16, dry["token"][:-1], dry["token"].upper() + "x"):
        expect(forget(match="walrus", token=wrong).status == 400, wrong)
    expect(forget(ids=ids[:2], token=dry["token"]).status == 400, "of other events")
    more = add("walrus four")
    expect(forget(match="walrus", token=dry["token"]).status == 400, "one more since")
    ask("DELETE", "/api/events/%d" % more[0])
    other = Server("--port", "0")
    try:
        reply = ask("POST", "/api/forget", {"match": "walrus", "token": dry["token"]}, port=other.port)
        expect(reply.status == 400, "the token of another server", reply.body)
    finally:
        other.stop()
    expect(all(ask("GET", "/api/events/%d" % i).status == 200 for i in ids), "gone")
    gone = forget(match="walrus", token=dry["token"]).json()
    expect(not gone["dry_run"] and gone["events"] == 3, gone)
    expect(all(ask("GET", "/api/events/%d" % i).status == 404 for i in ids), "there still")
    expect(forget(match="walrus").json()["events"] == 0)
    with open(env["KORORA_HOME"] + "/access.log") as f:
        lines = [json.loads(line) for line in f]
    expect([l["results"] for l in lines if l["method"] == "POST /api/forget"][-2:] == [3, 0], lines[-3:])


def test_what_to_forget_is_checked():
    for bad in ({}, {"ids": []}, {"ids": [0]}, {"ids": ["x"]}, {"ids": {}}, {"ids": 3}, {"when": "blurb"}, {"from": "never"}, {"match": "..."}, {"source": ""},
                {"when": "today", "from": "today"}, {"from": "2026-03-02", "to": "2026-03-01"}, {"match": "x", "more": 1}, {"token": "x"}):
        expect(forget(**bad).status == 400, bad, forget(**bad).body)
    expect(forget(source="no such source").json()["events"] == 0)
    apart = add("walrus apart", scope="apart")
    expect(forget(match="walrus").json()["events"] == 0, "another scope")
    dry = forget(match="walrus", scope="apart").json()
    expect(dry["events"] == 1 and forget(ids=apart, scope="apart").json()["token"] == dry["token"], dry)


def test_one_event_goes():
    event = add("forget me")[0]
    expect(ask("DELETE", "/api/events/%d" % event).json() == {"events": 1, "in_the_log": False}, "gone")
    expect(ask("DELETE", "/api/events/%d" % event).status == 404 and ask("GET", "/api/events/%d" % event).status == 404)
    expect(ask("DELETE", "/api/events/0").status == 404)


def test_the_user_reads_who_asked():
    ask("GET", "/api/stats", user_agent="first/1")
    ask("GET", "/api/when?q=today", user_agent="second/1")
    seen = ask("GET", "/api/access?limit=2").json()["requests"]
    expect([(r["client"], r["method"]) for r in seen] == [("second", "GET /api/when"), ("first", "GET /api/stats")], seen)
    with open(env["KORORA_HOME"] + "/access.log", "a") as f:
        f.write('{"time": "cut off by a full di\n')
    ask("GET", "/api/stats", user_agent="third/1")
    seen = ask("GET", "/api/access?limit=10000")
    expect(seen.status == 200 and len(seen.json()["requests"]) > 10, seen.body)
    expect(ask("GET", "/api/access?limit=0").status == 400)
