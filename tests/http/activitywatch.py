# SPDX-License-Identifier: Apache-2.0
"""What watchers of ActivityWatch send, and what becomes of it. The bodies are what aw-watcher-window, -afk, -web, -vim and
-vscode send, by their sources."""
import glob, re, signal, time
from datetime import datetime, timedelta, timezone
from harness import *

BUCKETS = "/api/0/buckets/"
EXTENSION = "moz-extension://3f2b1c9d-0000-4000-8000-0123456789ab"
START = datetime(2026, 11, 25, 9, 0, tzinfo=timezone.utc)


def at(seconds):
    return (START + timedelta(seconds=seconds)).isoformat()  # as Python's clients write times


def make(bucket, kind="currentwindow", client="aw-watcher-window", **how):
    reply = ask("POST", BUCKETS + bucket, {"client": client, "type": kind, "hostname": "host"}, **how)
    expect(reply.status in (200, 304), bucket, reply.status, reply.body)
    return reply.status


def beat(bucket, seconds, data, pulse=6.0, duration=0, good=True, **how):
    reply = ask("POST", BUCKETS + bucket + "/heartbeat?pulsetime=%s" % pulse,
                {"id": None, "timestamp": seconds if isinstance(seconds, str) else at(seconds), "duration": duration, "data": data}, **how)
    expect(not good or reply.status == 200, reply.status, reply.body)
    return reply.json() if good else reply


def events(bucket, query=""):
    return ask("GET", BUCKETS + bucket + "/events" + query).json()


def window(title, app="soffice"):
    return {"app": app, "title": title}


def recalled(question):
    return ask("GET", "/api/recall?limit=20&q=" + question.replace(" ", "+")).json()["hits"]


def on_disk(text):
    return [f for f in glob.glob(env["KORORA_HOME"] + "/*") if text.encode() in open(f, "rb").read()]


def test_a_bucket_is_made_once():
    expect(make("aw-watcher-window_host") == 200 and make("aw-watcher-window_host") == 304)
    reply = ask("POST", BUCKETS + "aw-watcher-window_host", {"client": "c", "type": "t", "hostname": "h"})
    expect(reply.status == 304 and not reply.body, reply.body)
    one = ask("GET", BUCKETS + "aw-watcher-window_host").json()
    expect(one["type"] == "currentwindow" and one["hostname"] == "host" and one["data"] == {}, one)
    expect(ask("GET", BUCKETS).json()["aw-watcher-window_host"]["client"] == "aw-watcher-window")
    info = ask("GET", "/api/0/info").json()
    expect(set(info) == {"hostname", "version", "testing", "device_id"} and info["hostname"], info)


def test_heartbeats_merge_by_the_rule():
    b = "aw-watcher-window_host"
    first = beat(b, 0, window("Quarterly report"))
    expect(first["duration"] == 0 and first["data"] == window("Quarterly report"), first)
    for seconds in (1, 2, 8):  # 8 is 6 after 2: still within the pulse
        got = beat(b, seconds, window("Quarterly report"))
        expect(got["id"] == first["id"] and got["timestamp"] == first["timestamp"] and got["duration"] == seconds, got)
    got = beat(b, 4, window("Quarterly report"))  # inside: nothing gets shorter
    expect(got["id"] == first["id"] and got["duration"] == 8, got)
    expect(beat(b, 14.001, window("Quarterly report"))["id"] != first["id"], "too late")
    expect(beat(b, 15, window("Plan"))["duration"] == 0, "other data")
    late = beat(b, 3, window("Plan"))
    expect(late["duration"] == 0 and late["timestamp"].startswith("2026-11-25T09:00:03"), "before the last one began", late)
    expect([e["duration"] for e in events(b, "?limit=2")] == [0, 0] and len(events(b)) == 4, events(b))
    got = beat(b, 60, window("Plan"), duration=30)
    expect(beat(b, 61, window("Plan"), duration=2)["duration"] == 30 and beat(b, 85, window("Plan"), duration=20)["duration"] == 45)


def test_times_are_read_in_all_their_writings():
    make("aw-test_times", "test")
    for text, want in (("2026-11-25T09:00:00Z", "09:00:00.000"), ("2026-11-25T10:00:00+01:00", "09:00:00.000"),
                       ("2026-11-25T09:00:00.123456+00:00", "09:00:00.123"), ("2026-11-25T09:00:00.123456789Z", "09:00:00.123"),
                       ("2026-11-25 09:00:00", "09:00:00.000")):
        got = beat("aw-test_times", text, {"x": text})
        expect(got["timestamp"] == "2026-11-25T%s+00:00" % want, text, got)


def test_what_lasted_becomes_an_event_once():
    b = "aw-watcher-window_kea"
    make(b)
    for seconds in range(0, 70, 2):
        beat(b, seconds, window("Kea migration budget"))
    expect(not recalled("kea migration budget"), "it is still in front")
    beat(b, 70, window("a glance"))
    beat(b, 71, window("Inbox"))
    hits = recalled("kea migration budget")
    expect(len(hits) == 1 and hits[0]["app"] == "soffice" and hits[0]["source"] == "window", hits)
    event = ask("GET", "/api/events/%d" % hits[0]["event"]).json()
    expect(event["text"] == "Kea migration budget\n2026-11-25 10:00:00 to 10:01:08" and event["times"][0]["to"].startswith("2026-11-25T10:01:08"), event)
    expect(not [h for h in recalled("a glance") if "a glance" in h["text"]], "what was in front for a second")
    before = ask("GET", "/api/stats").json()["events"]
    beat(b, 72, window("Inbox"))
    expect(ask("GET", "/api/stats").json()["events"] == before)


def test_watchers_of_all_kinds():
    make("aw-watcher-afk_host", "afkstatus", "aw-watcher-afk")
    beat("aw-watcher-afk_host", 0, {"status": "not-afk"}, 185)
    beat("aw-watcher-afk_host", 100, {"status": "not-afk"}, 185)
    for away in (180, 600, 1500):  # the time of the last input, and as long as nothing happened since
        beat("aw-watcher-afk_host", 100.001, {"status": "afk"}, 185, duration=away)
    beat("aw-watcher-afk_host", 1600.001, {"status": "afk"}, 185)
    beat("aw-watcher-afk_host", 1600.002, {"status": "not-afk"}, 185)
    hits = [h for h in recalled("away") if h["source"] == "afk"]
    expect(len(hits) == 1 and hits[0]["text"].startswith("away for 25 min\n"), hits)
    make("aw-watcher-web-firefox", "web.tab.current", "aw-client-web")
    tab = {"url": "https://docs.example.org/takahe", "title": "Takahe handbook", "audible": False, "incognito": False, "tabCount": 3}
    for seconds in (0, 60, 119.999):
        beat("aw-watcher-web-firefox", at(seconds).replace("+00:00", "Z"), tab, 80)
    beat("aw-watcher-web-firefox", 120, {**tab, "url": "https://example.org/", "title": "Example"}, 80)
    hits = [h for h in recalled("takahe handbook") if h["source"] == "web"]
    expect(len(hits) == 1 and hits[0]["uri"] == tab["url"] and hits[0]["app"] == "firefox", hits)
    make("aw-watcher-window_fox")  # the browser's window is not told beside its page
    for seconds in (10, 15, 20):
        beat("aw-watcher-window_fox", seconds, window("Takahe handbook — Mozilla Firefox", "firefox"))
    beat("aw-watcher-window_fox", 21, window("x"))
    expect(not [h for h in recalled("takahe handbook") if h["source"] == "window"], "twice")
    make("aw-watcher-vim_host", "app.editor.activity", "aw-watcher-vim")
    code = {"file": "/home/me/weka nest/main.c", "language": "c", "project": "/home/me/weka nest"}
    for seconds in (0, 20, 40):
        beat("aw-watcher-vim_host", seconds, code, 30)
    beat("aw-watcher-vim_host", 41, {**code, "file": "/home/me/weka nest/other.c"}, 30)
    hits = [h for h in recalled("weka nest") if h["source"] == "editor"]
    expect(hits and hits[0]["app"] == "vim" and hits[0]["uri"] == "file:///home/me/weka%20nest/main.c", hits)


def test_nothing_secret_or_excluded_is_written():
    ask("POST", "/api/exclusions", {"kind": "app", "text": "KeePassXC"})
    ask("POST", "/api/exclusions", {"kind": "site", "text": "bank.example"})
    ask("POST", "/api/exclusions", {"kind": "path", "text": "/srv/private"})
    ask("POST", "/api/exclusions", {"kind": "word", "text": "moonshot"})
    b = "aw-watcher-window_guard"
    make(b)
    kept = beat(b, 0, window("login password=tui7secretXQ42 - Terminal", "term"))
    expect("tui7secretXQ42" not in str(kept) and "[password removed]" in str(kept), kept)
    again = beat(b, 1, window("login password=tui7secretXQ42 - Terminal", "term"))
    expect(again["id"] == kept["id"] and again["duration"] == 1, "what is cut merges, too", again)
    nested = {"title": "t", "more": {"list": ["x", {"token": "ghp_16C7e42F292c6912E7710c838347Ae178B4a"}]}}
    beat(b, 2, nested)
    beat(b, 3, {"title": "t", "password=kiwi9secretZZ31": 1})
    for data in (window("entry of vault", "keepassxc"), {"url": "https://my.bank.example/a", "title": "account of tui"},
                 {"file": "/srv/private/diary.txt"}, window("Project MOONSHOT plan"), {"deep": [{"moonshot": "kaka"}]},
                 {"url": "https://ok.example/", "title": "hidden from others", "incognito": True}):
        got = beat(b, 10, data)
        expect(got["id"] is None and got["data"] == {}, got)
        got = ask("POST", BUCKETS + b + "/events", [{"timestamp": at(11), "duration": 60, "data": data}]).json()
        expect(got == [], got)
    expect(ask("POST", BUCKETS + "aw-moonshot_host", {"client": "c", "type": "t", "hostname": "h"}).status == 400)
    secret = "ghp_16C7e42F292c6912E7710c838347Ae178B4b"
    expect(ask("POST", BUCKETS + "aw-test_" + secret, {"client": "c", "type": "t", "hostname": "h"}).status == 400)
    for text in ("tui7secretXQ42", "ghp_16C7e42F", "kiwi9secretZZ31", "entry of vault", "account of tui", "diary.txt", "MOONSHOT", "kaka", "hidden from others"):
        expect(not on_disk(text), text, on_disk(text))
    for kind, text in (("app", "KeePassXC"), ("site", "bank.example"), ("path", "/srv/private"), ("word", "moonshot")):
        ask("DELETE", "/api/exclusions?kind=%s&text=%s" % (kind, text.replace("/", "%2F")))


def test_the_window_of_an_excluded_page_is_excluded():
    make("aw-watcher-web-chrome", "web.tab.current", "aw-client-web")
    make("aw-watcher-window_chrome")
    ask("POST", "/api/exclusions", {"kind": "site", "text": "clinic.example"})
    beat("aw-watcher-window_chrome", 0, window("Results of tests: Parson - Google Chrome", "chrome"))  # it was first
    beat("aw-watcher-web-chrome", 0.5, {"url": "https://clinic.example/1", "title": "Results of tests: Parson"})
    beat("aw-watcher-web-chrome", 3, {"url": "https://a.example/", "title": "Letters to Parson", "incognito": True})
    for title in ("Results of tests: Parson - Google Chrome", "Letters to Parson - Google Chrome"):
        expect(beat("aw-watcher-window_chrome", 4, window(title, "chrome"))["id"] is None, title)
    expect(beat("aw-watcher-window_chrome", 5, window("New Tab - Google Chrome", "chrome"))["id"], "another page")
    expect(not on_disk("Parson"), on_disk("Parson"))
    ask("DELETE", "/api/exclusions?kind=site&text=clinic.example")


def test_what_is_excluded_ends_what_was_before():
    b = "aw-watcher-window_between"
    make(b)
    first = beat(b, 0, window("morepork notes"))
    ask("POST", "/api/exclusions", {"kind": "word", "text": "huia"})
    beat(b, 1, window("huia"))
    expect(beat(b, 2, window("morepork notes"))["id"] != first["id"], "as if nothing had been between")
    ask("DELETE", "/api/exclusions?kind=word&text=huia")


def test_hostile_bodies_are_refused_and_change_nothing():
    b = "aw-test_hostile"
    make(b, "test")
    good = {"timestamp": at(0), "duration": 0, "data": {"title": "x"}}
    deep = {}
    for _ in range(40):
        deep = {"a": deep}
    bad = [{**good, "timestamp": t} for t in (None, 3, "", "now", "@5", "yesterday", "2026-13-01T00:00:00Z", "2026-11-25T25:00:00Z", "99999-01-01T00:00:00Z", "-1", "2026-11-25T09:00:00Z' OR 1=1")]
    bad += [{**good, "duration": d} for d in (-1, -0.001, 1e18, "5", [], True, 31622401)]
    bad += [{**good, "data": d} for d in (None, [], "x", 5, deep, {"x": ["y" * 4000] * 20})]
    bad += [{**good, "id": i} for i in (-1, 0, 1.5, "1", {})] + [[], "x", 5, b"null", {}]
    for body in bad:
        reply = ask("POST", BUCKETS + b + "/heartbeat?pulsetime=5", body)
        expect(reply.status == 400 and reply.json()["error"]["message"], body, reply.status)
        if not isinstance(body, (list, bytes)):
            reply = ask("POST", BUCKETS + b + "/events", [good, body])
            expect(reply.status == 400, body, reply.status)
    for pulse in ("", "x", "-1", "nan", "inf", "-inf", "1e18", "5x", "0x5;", "1e400"):
        expect(ask("POST", BUCKETS + b + "/heartbeat?pulsetime=" + pulse, good).status == 400, pulse)
    expect(ask("POST", BUCKETS + b + "/heartbeat", good).status == 400, "no pulsetime")
    for body in (b"{", b"\xff", b"[" * 100000, b'{"timestamp":1e999}', b'{"a":1,"a":2}', b'"\\u0000"'):
        expect(ask("POST", BUCKETS + b + "/heartbeat?pulsetime=5", body).status == 400, body[:20])
    expect(ask("POST", BUCKETS + b + "/events", [good] * 10001).status == 400)
    expect(ask("POST", BUCKETS + b + "/heartbeat?pulsetime=5", json.dumps(good).encode(), content_type="text/plain").status == 415)
    expect(events(b) == [] and ask("GET", BUCKETS + b + "/events/count").json() == 0, events(b))
    for name in ("x" * 256, "a%2Fb", "%00", "%ff", "a%0Ab", "%zz"):
        expect(ask("POST", BUCKETS + name, {"client": "c", "type": "t", "hostname": "h"}).status == 400, name)
        expect(ask("GET", BUCKETS + name).status == 400, name)
    for body in ({}, [], {"client": "c", "type": "t"}, {"client": 1, "type": "t", "hostname": "h"}, {"client": "c", "type": "t" * 256, "hostname": "h"}):
        expect(ask("POST", BUCKETS + "aw-test_x", body).status == 400, body)
    for path in ("", "/events", "/events/count", "/export", "/events/1"):
        expect(ask("GET", BUCKETS + "nobody" + path).status == 404, path)
    expect(beat("nobody", 0, {"x": 1}, good=False).status == 404)
    for path in ("/api/0/query/", "/api/0/settings", "/api/0/log", "/api/0/../health", "/api/0"):
        expect(ask("GET", path).status == 404, path)


def test_names_and_data_come_back_as_they_were():
    name = "aw-test_%C3%A9%20%2B'\""
    expect(ask("POST", BUCKETS + name, {"client": "c", "type": "test", "hostname": "h"}).status == 200)
    data = {"z": 1, "a": [1.5, None, True, {"ü": "\u202e<script>"}], "title": "' OR 1=1; --"}
    beat(name, 0, data)
    expect(events(name)[0]["data"] == data and "aw-test_é +'\"" in ask("GET", BUCKETS).json(), events(name))
    expect("\u202e".encode() not in ask("GET", BUCKETS + name + "/export").body)
    beat(name, 1, {"title": "t" * 9000})
    expect(len(events(name, "?limit=1")[0]["data"]["title"]) == 4096)
    expect(ask("DELETE", BUCKETS + name).status == 200 and ask("GET", BUCKETS + name).status == 404)


def test_events_are_put_replaced_listed_counted_and_cut():
    b = "aw-test_put"
    make(b, "test")
    one = ask("POST", BUCKETS + b + "/events", {"timestamp": at(100), "duration": 10, "data": {"title": "rifleman song"}}).json()
    two = ask("POST", BUCKETS + b + "/events", [{"timestamp": at(0), "duration": 50.5, "data": {"n": 2}}, {"timestamp": at(0), "duration": 50.5, "data": {"n": 2}}]).json()
    expect(isinstance(one, dict) and len(two) == 2 and two[0]["id"] != two[1]["id"], one, two)
    expect([e["id"] for e in events(b)] == [one["id"], two[1]["id"], two[0]["id"]], events(b))
    cut = events(b, "?start=%s&end=%s" % (at(20).replace("+", "%2B"), at(30).replace("+", "%2B")))
    expect([(e["timestamp"], e["duration"]) for e in cut] == [("2026-11-25T09:00:20.000+00:00", 10)] * 2, cut)
    expect(ask("GET", BUCKETS + b + "/events/count?starttime=%s" % at(90).replace("+", "%2B")).json() == 1)
    for bad in ("limit=-2", "limit=x", "start=x", "end=", "limit=1&limit=2", "other=1"):
        expect(ask("GET", BUCKETS + b + "/events?" + bad).status == 400, bad)
    expect([h["text"] for h in recalled("rifleman song")], "told")
    changed = ask("POST", BUCKETS + b + "/events", [{**one, "data": {"title": "saddleback song"}}])
    expect(changed.json()[0]["id"] == one["id"] and recalled("saddleback song") and not recalled("rifleman"), changed.body)
    expect(ask("POST", BUCKETS + b + "/events", [{**one, "id": 99999}]).status == 404)
    expect(ask("GET", BUCKETS + b + "/events/%d" % one["id"]).json()["data"] == {"title": "saddleback song"})
    expect(ask("DELETE", BUCKETS + b + "/events/%d" % one["id"]).json() == {"success": True})
    expect(not recalled("saddleback") and not on_disk("saddleback"), on_disk("saddleback"))
    expect(ask("DELETE", BUCKETS + b + "/events/%d" % one["id"]).status == 404)


def test_a_deleted_bucket_takes_its_events_along():
    b = "aw-watcher-window_gone"
    make(b)
    for seconds in range(0, 12, 2):
        beat(b, seconds, window("stitchbird census"))
    beat(b, 13, window("stitchbird glance"))
    expect(recalled("stitchbird census"))
    expect(ask("DELETE", BUCKETS + b + "?force=1").status == 200)
    expect(not recalled("stitchbird") and not on_disk("stitchbird"), on_disk("stitchbird"))


def test_forgetting_is_true_for_what_watchers_sent():
    b = "aw-watcher-window_forget"
    make(b)
    for seconds in range(0, 12, 2):
        beat(b, seconds, window("bellbird ledger", "calc"))
    beat(b, 12, window("bellbird passing by", "calc"))
    beat(b, 13, window("dotterel", "other"))
    said = run("forget", "--app", "calc")
    expect(said.returncode == 0 and "forgot 1 event" in said.stdout and "forgot 1 row" in said.stdout, said)
    expect(not on_disk("bellbird") and [e["data"]["title"] for e in events(b)] == ["dotterel"], on_disk("bellbird"), events(b))
    said = run("forget", "--from", "2026-11-25T09:00:13Z", "--to", "2026-11-25T09:00:14Z")
    expect(not [e for e in events(b) if e["data"]["title"] == "dotterel"], said)


def test_an_export_can_be_taken_in_again():
    b = "aw-test_export"
    make(b, "test")
    ask("POST", BUCKETS + b + "/events", [{"timestamp": at(i), "duration": 1, "data": {"n": i}} for i in range(5)])
    one = ask("GET", BUCKETS + b + "/export").json()
    expect(list(one["buckets"]) == [b] and len(one["buckets"][b]["events"]) == 5 and "id" not in one["buckets"][b]["events"][0], one)
    expect(b in ask("GET", "/api/0/export").json()["buckets"])
    ask("DELETE", BUCKETS + b)
    expect(ask("POST", "/api/0/import", one).status == 200)
    again = ask("GET", BUCKETS + b + "/export").json()["buckets"][b]["events"]
    expect(again == one["buckets"][b]["events"], again)
    for bad in ({}, {"buckets": []}, {"buckets": {"x": {}}}):
        expect(ask("POST", "/api/0/import", bad).status == 400, bad)
    before = ask("GET", BUCKETS).body
    for name in ("", "a/b", "a\nb", "a\x7f", "x" * 256):  # none that no address could say
        bad = {"buckets": {name: {"client": "c", "type": "t", "hostname": "h", "events": []}}}
        expect(ask("POST", "/api/0/import", bad).status == 400, bad)
    expect(ask("GET", BUCKETS).body == before)


class Watched(Server):
    """A server with a port for watchers."""

    def __init__(self):
        super().__init__("--port", "0", "--activitywatch", "0")
        self.process.stdout.readline()
        self.watchers = int(re.search(r":(\d+)$", self.process.stdout.readline().strip()).group(1))


def test_the_port_of_watchers_takes_and_does_not_tell():
    s = Watched()
    try:
        free = {"key": None, "port": s.watchers}
        b = "aw-watcher-web-firefox_door"
        expect(ask("GET", "/api/0/info", **free).status == 200)
        expect(make(b, "web.tab.current", **free) == 200 and make(b, "web.tab.current", **free) == 304)
        tab = {"url": "https://example.org/", "title": "Fantail"}
        first = beat(b, 0, tab, **free)
        expect(beat(b, 1, tab, origin=EXTENSION, sec_fetch_site="cross-site", **free)["id"] == first["id"])
        expect(ask("POST", BUCKETS + b + "/events", [{"timestamp": at(9), "data": tab}], **free).status == 200)
        expect(ask("POST", BUCKETS + b + "/events", [{"id": first["id"], "timestamp": at(9), "data": tab}], **free).status == 400)
        for method, target, body, _ in list(routes()):
            path = target.split("?")[0]
            taken = target.startswith("/api/0/") and (path.endswith("/info") or method == "POST" and "import" not in path)
            if not taken:
                expect(ask(method, target, body, **free).status == 401, method, target)
                expect(ask(method, target, body, **free, origin=EXTENSION).status == 403, method, target)
            there = target.startswith("/api/0/")
            expect(there or ask(method, target, body, port=s.watchers).status == 404, method, target)
            for origin in ("http://evil.example", "null", "https://moz-extension.example", "moz-extension://", "moz-extension://a/b",
                           "chrome-extension://a b", "file://", "http://127.0.0.1:%d" % s.port):
                expect(ask(method, target, body, **free, origin=origin).status == 403, method, target, origin)
            expect(ask(method, target, body, **free, host="evil.example:%d" % s.watchers).status == 403, target)
            expect(ask(method, target, body, **free, host="127.0.0.1:%d" % s.port).status == 403, target)
            expect(ask(method, target, body, **free, sec_fetch_site="cross-site").status == 403, target)
        expect(ask("GET", BUCKETS, port=s.watchers).status == 200, "with the token")
        expect(ask("GET", BUCKETS, key="wrong", port=s.watchers).status == 401)
        expect(beat(b, 0, tab, good=False, key="wrong", port=s.watchers).status == 401)
        expect(beat("aw-watcher-window_host", 0, tab, good=False, origin=EXTENSION, **free).status == 403, "another's bucket")
        expect(beat(b, 0, tab, good=False, key=None).status == 401, "the other port")
    finally:
        s.stop()


def test_extensions_of_browsers_get_their_preflight():
    s = Watched()
    try:
        for origin in (EXTENSION, "chrome-extension://nglaklhklhcoonedhgnpgddginnjdadi"):
            reply = ask("OPTIONS", BUCKETS + "aw-watcher-web-chrome/heartbeat?pulsetime=5", key=None, port=s.watchers, origin=origin,
                        access_control_request_method="POST", access_control_request_headers="content-type")
            expect(reply.status == 204 and reply.headers["access-control-allow-origin"] == origin, reply.status, reply.headers)
            expect("POST" in reply.headers["access-control-allow-methods"] and reply.headers["vary"] == "Origin", reply.headers)
            reply = ask("GET", "/api/0/info", key=None, port=s.watchers, origin=origin)
            expect(reply.headers["access-control-allow-origin"] == origin, reply.headers)
        for target in (BUCKETS, "/api/0/export", BUCKETS + "aw-watcher-window_host/heartbeat", "/api/recall?q=x"):
            reply = ask("OPTIONS", target, key=None, port=s.watchers, origin=EXTENSION, access_control_request_method="GET")
            expect(reply.status in (401, 403, 404, 405) and not any(h.startswith("access-control") for h in reply.headers), target, reply.headers)
        reply = ask("OPTIONS", "/api/0/info", key=None, port=s.watchers, origin="http://evil.example", access_control_request_method="GET")
        expect(reply.status == 403 and not any(h.startswith("access-control") for h in reply.headers), reply.headers)
        reply = ask("OPTIONS", "/api/0/info", key=None, port=s.port, origin=EXTENSION, access_control_request_method="GET")
        expect(reply.status == 403 and not any(h.startswith("access-control") for h in reply.headers), reply.headers)
    finally:
        s.stop()


def test_killed_it_has_what_it_acknowledged():
    b = "aw-watcher-window_kill"
    make(b)
    for round in range(3):
        s = Watched()
        for seconds in range(10):
            beat(b, round * 100 + seconds, window("round %d of the kokako" % round), key=None, port=s.watchers)
        s.stop(signal.SIGKILL)
        expect(events(b, "?limit=1")[0]["duration"] == 9, events(b))
    expect(len(events(b)) == 3)
    s = Watched()  # what was done and not told is told by the next one
    beat(b, 500, window("after"), key=None, port=s.watchers)
    s.stop()
    told = [h["text"].split("\n")[0] for h in recalled("kokako")]
    expect(told and ask("GET", "/api/recall?q=kokako&from=2026-11-25T10:05&to=2026-11-25T10:06").json()["hits"] == [], told)


def test_a_broken_list_is_no_fault_of_watchers():
    path = env["KORORA_HOME"] + "/exclude.yaml"
    with open(path) as f:
        before = f.read()
    b = "aw-watcher-window_broken"
    make(b)
    try:
        with open(path, "w") as f:
            f.write("apps: [\n")
        late = Watched()  # one that has not read the list yet, and one that has: 400 would lose the heartbeat
        for port in (late.watchers, server.port):
            reply = beat(b, 0, window("of the takahe"), good=False, port=port)
            expect(reply.status == 500 and "exclude.yaml:2" in str(reply.body), reply.status, reply.body)
        late.stop()
    finally:
        with open(path, "w") as f:
            f.write(before)
    expect(beat(b, 0, window("of the takahe"))["id"])


def test_a_running_port_is_not_taken():
    s = Watched()
    try:
        said = run("serve", "--port", "0", "--activitywatch", str(s.watchers))
        expect(said.returncode != 0 and "ActivityWatch" in said.stderr, said)
    finally:
        s.stop()


def test_ten_thousand_heartbeats():
    b = "aw-watcher-window_many"
    make(b)
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=20)
    cpu = lambda: sum(int(x) for x in open("/proc/%d/stat" % server.process.pid).read().rsplit(")", 1)[1].split()[11:13]) / os.sysconf("SC_CLK_TCK")
    start, before = time.monotonic(), cpu()
    for i in range(10000):
        body = json.dumps({"timestamp": at(i), "duration": 0, "data": window("window %d" % (i // 500))})
        connection.request("POST", BUCKETS + b + "/heartbeat?pulsetime=6.0", body, {"Authorization": "Bearer " + token(), "Content-Type": "application/json"})
        reply = connection.getresponse()
        reply.read()
        expect(reply.status == 200, i, reply.status)
    spent, took = cpu() - before, time.monotonic() - start
    print("serve: activitywatch: 10,000 heartbeats in %.1f s, %.0f us of processor time each" % (took, spent * 100))
    connection.close()
    got = events(b)
    expect(len(got) == 20 and all(e["duration"] == 499 for e in got), len(got))
    expect(spent < 20, spent)
