# SPDX-License-Identifier: Apache-2.0
"""A server with a memory of its own, and how the tests ask it."""
import http.client, json, os, re, signal, socket, subprocess, sys, tempfile, time

out = os.path.abspath(sys.argv[1])
repo = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
work = tempfile.TemporaryDirectory()
korora = os.path.join(out, "korora")
env = {"PATH": os.environ["PATH"], "HOME": work.name, "KORORA_HOME": work.name + "/memory", "TZ": "Europe/Paris",
       "KORORA_MODELS": os.path.join(repo, "models"), "LC_ALL": "C.UTF-8"}
LIMIT = 2  # seconds that the server waits for a client


def run(*args, **more):
    return subprocess.run([korora, *args], env=env, capture_output=True, timeout=60, text=True, **more)


class Server:
    def __init__(self, *args):
        self.started = time.monotonic()
        self.process = subprocess.Popen([korora, "serve", "--timeout", str(LIMIT), *args], env=env, text=True,
                                        stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        first = self.process.stdout.readline()
        self.ready = time.monotonic() - self.started
        match = re.search(r":(\d+)$", first.strip())
        self.port = int(match.group(1)) if match else None
        self.where = first.strip().replace("listening on ", "")

    def stop(self, how=signal.SIGTERM):
        start = time.monotonic()
        self.process.send_signal(how)
        code = self.process.wait(10)
        self.errors = self.process.stderr.read()
        return code, time.monotonic() - start


def token():
    with open(env["KORORA_HOME"] + "/token") as f:
        return f.read().strip()


class Reply:
    def __init__(self, status, headers, body):
        self.status, self.headers, self.body = status, headers, body

    def json(self):
        return json.loads(self.body)


RIGHT = object()


def ask(method, target, body=None, key=RIGHT, port=None, **headers):
    """One request on a connection of its own. Names of headers: content_type is Content-Type."""
    connection = http.client.HTTPConnection("127.0.0.1", port or server.port, timeout=20)
    connection.putrequest(method, target, skip_host=True, skip_accept_encoding=True)
    headers.setdefault("host", "127.0.0.1:%d" % (port or server.port))
    if key is RIGHT:
        key = token()
    if key is not None:
        headers["authorization"] = "Bearer " + key
    if body is not None:
        if not isinstance(body, bytes):
            body = json.dumps(body).encode()
        headers.setdefault("content_type", "application/json")
        headers.setdefault("content_length", str(len(body)))
    for name, value in headers.items():
        if value is not None:
            connection.putheader(name.replace("_", "-"), value)
    try:
        connection.endheaders(body)
    except (BrokenPipeError, ConnectionResetError):
        pass  # refused before all of it was sent
    reply = connection.getresponse()
    headers = {k.lower(): v for k, v in reply.getheaders()}
    # A stream of events does not end: its first line is enough.
    body = reply.readline() if headers.get("content-type") == "text/event-stream" else reply.read()
    reply = Reply(reply.status, headers, body)
    connection.close()
    return reply


def raw(data, wait=20, port=None):
    """Bytes as they are; what comes back until the end, or "" when the server hangs up."""
    with socket.create_connection(("127.0.0.1", port or server.port), timeout=wait) as s:
        try:
            s.sendall(data)
            got = b""
            while True:
                more = s.recv(65536)
                if not more:
                    return got
                got += more
        except (BrokenPipeError, ConnectionResetError):
            return got


def head(target="/health", extra="", method="GET", host=None):
    return ("%s %s HTTP/1.1\r\nHost: %s\r\nAuthorization: Bearer %s\r\nConnection: close\r\n%s" %
            (method, target, host or "127.0.0.1:%d" % server.port, token(), extra)).encode()


def expect(holds, *what):
    if not holds:
        raise AssertionError(" ".join(str(w)[:400] for w in what))


def alive():
    reply = ask("GET", "/health", key=None)
    expect(reply.status == 200 and reply.json()["status"] == "ok", "health", reply.status)


walks = 0


def activity():
    """A bucket of a watcher with one event, new each time: its name, the event's number, and bodies for the routes."""
    global walks
    walks += 1
    bucket, path = "aw-test_%d" % walks, "/api/0/buckets/{bucket}"
    of = {"client": "aw-test", "type": "test", "hostname": "host"}
    event = {"timestamp": "2026-11-20T10:00:00Z", "duration": 1, "data": {"title": "one"}}
    ask("POST", path.replace("{bucket}", bucket), of)
    number = ask("POST", path.replace("{bucket}", bucket) + "/events", event).json()["id"]
    return bucket, number, {path: of, path + "/heartbeat": event, path + "/events": [event], "/api/0/import": {"buckets": {}}}


def ticks():
    """Of processor time of the server."""
    fields = open("/proc/%d/stat" % server.process.pid).read().rsplit(")", 1)[1].split()
    return int(fields[11]) + int(fields[12])


def switches():
    """Of threads that went to sleep by themselves."""
    return sum(int(re.search(r"^voluntary_ctxt_switches:\s*(\d+)", open("/proc/%d/task/%s/status" % (server.process.pid, t)).read(), re.M).group(1))
               for t in os.listdir("/proc/%d/task" % server.process.pid))


def routes():
    """Every operation that the server describes, with a target and a body that are good."""
    described = ask("GET", "/api/openapi.json").json()
    values = {"q": "demo", "kind": "word", "text": "zebra+crossing", "token": "wrong", "pulsetime": "5"}
    bodies = {"/api/events": {"text": "a note on routes"}, "/api/exclusions": {"kind": "word", "text": "zebra crossing"},
              "/api/events/{id}/corrections": {"corrections": {"kind": "note"}},
              "/v1/embeddings": {"input": "a text", "model": "trunk"},
              "/api/run": {"model": "trunk", "texts": ["a text"]},
              "/api/forget": {"match": "no such words anywhere"},
              "/mcp": {"jsonrpc": "2.0", "id": 1, "method": "ping"}}
    bucket, event, more = activity()
    note = ask("POST", "/api/events", {"text": "a note that routes are about"}).json()["event"]
    bodies.update(more)
    for path, operations in described["paths"].items():
        for method, operation in operations.items():
            query = "&".join("%s=%s" % (p["name"], values[p["name"]]) for p in operation["parameters"]
                             if p["in"] == "query" and (p["required"] or p["name"] == "q"))
            number = event if "{bucket}" in path else note
            if (method, path) == ("delete", "/api/events/{id}"):
                number = ask("POST", "/api/events", {"text": "to be forgotten again"}).json()["event"]
            made = path.endswith("{bucket}") and method == "post"
            name = "style.css" if path.startswith("/web/") else "tags"
            target = path.replace("{id}", str(number)).replace("{name}", name) + ("?" + query if query else "")
            target = target.replace("{bucket}", bucket + ("-new" if made or method == "delete" and "{id}" not in path else ""))
            yield method.upper(), target, bodies.get(path) if "requestBody" in operation else None, operation


server = Server("--port", "0")  # the one that all tests ask, in their order
