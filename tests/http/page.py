# SPDX-License-Identifier: Apache-2.0
"""What the page is made of, and what it asks for beside what programs do. In a browser it is tested by page_test."""
import json, os, re
from harness import *


def test_files_of_the_page_are_those_of_the_repository():
    names = os.listdir(os.path.join(repo, "web"))
    types = {"html": "text/html; charset=utf-8", "css": "text/css; charset=utf-8", "js": "text/javascript; charset=utf-8", "svg": "image/svg+xml"}
    for name in names:
        reply = ask("GET", "/web/" + name, key=None)
        with open(os.path.join(repo, "web", name), "rb") as f:
            expect(reply.status == 200 and reply.body == f.read(), name, reply.status)
        expect(reply.headers["content-type"] == types[name.split(".")[-1]], name, reply.headers)
    page = ask("GET", "/", key=None).body.decode()
    expect(set(re.findall(r'"/web/([^"]+)"', page)) <= set(names), page)
    for name in re.findall(r'from "\./([^"]+)"', ask("GET", "/web/app.js", key=None).body.decode()):
        expect("/web/" + name in page, name, "is not preloaded")
    for path in ("/web/", "/web/..", "/web/.", "/web/.git", "/web/../token", "/web/..%2ftoken", "/web/x.js", "/web/style.css/", "/web/style.css%00", "/web/" + "a" * 64):
        reply = ask("GET", path, key=None)
        expect(reply.status in (401, 404), path, reply.status)


def test_nothing_is_told_without_a_token():
    page = b"".join(ask("GET", path, key=None).body for path in ("/", "/web/app.js"))
    expect(token().encode() not in page and env["KORORA_HOME"].encode() not in page)
    policy = ask("GET", "/", key=None).headers["content-security-policy"]
    for part in ("default-src 'none'", "script-src 'self'", "style-src 'self'", "frame-ancestors 'none'", "require-trusted-types-for 'script'"):
        expect(part in policy, part)
    expect("unsafe" not in policy, policy)


def test_models_have_cards_and_figures():
    names = [m["name"] for m in ask("GET", "/api/models").json()["models"]]
    for name in names:
        model = ask("GET", "/api/models/" + name).json()
        expect(model["name"] == name and len(model["names"]) == model.get("labels", 0), model)
        expect(model.get("card", "# ").startswith("# "), name)
        figure = ask("GET", "/api/models/%s/figure" % name)
        expect(figure.status == (200 if model["figure"] else 404), name, figure.status)
        if model["figure"]:
            expect(figure.headers["content-type"] == "image/svg+xml" and figure.body.startswith(b"<svg"), name)
    spam = ask("GET", "/api/models/spam").json()
    expect("spam" in spam["names"] and "## How good" in spam["card"], spam)
    for name in ("none", "tags.gguf", "..", "../models/tags", "..%2fmodels%2ftags", "models%2ftags", ".tags", "tags/", "tags/figure/x", "tags.svg"):
        for path in ("/api/models/" + name, "/api/models/" + name + "/figure"):
            expect(ask("GET", path).status == 404, path)


def test_hits_and_stretches_say_what_they_are():
    ask("POST", "/api/events", {"text": "git switch -c retry && make test", "source": "shell", "app": "bash", "time": "2026-04-07T09:00"})
    ask("POST", "/api/events", {"text": "git push origin retry", "source": "shell", "time": "2026-04-07T09:10"})
    plain = ask("GET", "/api/recall?q=git+push&limit=1").json()["hits"][0]
    expect("labels" not in plain, plain)
    hit = ask("GET", "/api/recall?q=git+push&limit=1&labels=true").json()["hits"][0]
    said = ask("GET", "/api/events/%d" % hit["event"]).json()["annotations"]
    expect(hit["labels"]["kind"] == ["command"], hit)
    expect({(f, l) for f, ls in hit["labels"].items() for l in ls} == {(a["field"], a["label"]) for a in said if "in" not in a}, hit, said)
    stretch = ask("GET", "/api/timeline?range=2026-04-07&list=true").json()["days"][0]["stretches"][0]
    expect([e["title"] for e in stretch["list"]] == ["git switch -c retry && make test", "git push origin retry"], stretch)
    expect(stretch["list"][0]["app"] == "bash" and "app" not in stretch["list"][1], stretch)
    expect(stretch["list"][1]["event"] == hit["event"] and stretch["list"][1]["labels"] == hit["labels"], stretch)
    bare = ask("GET", "/api/timeline?range=2026-04-07").json()["days"][0]["stretches"][0]
    expect("list" not in bare and bare == {k: v for k, v in stretch.items() if k != "list"}, bare)
    rows = [{"text": "line %d" % i, "source": "log", "time": "2026-04-08T09:00:00", "id": str(i)} for i in range(205)]
    run("import", "jsonl", input="\n".join(map(json.dumps, rows)))
    stretch = ask("GET", "/api/timeline?range=2026-04-08&list=true").json()["days"][0]["stretches"][0]
    expect(stretch["events"] == 205 and len(stretch["list"]) == 200, stretch["events"], len(stretch["list"]))
