#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""A stand-in for an endpoint that speaks OpenAI's chat completions, on loopback and always the same.

usage: endpoint.py FOLDER [SECONDS]
It takes a free port, writes it to FOLDER/port, and ends by itself after SECONDS (60), or when FOLDER/stop is there.
How it behaves is in FOLDER/mode, read anew for each request: "good", or a fault of those below; "FAULT N" for the first
N requests from then on only. FOLDER/requests has a line for each request: its kind and how it was answered; FOLDER/asked what was sent.
"""
import hashlib
import http.server
import json
import math
import os
import re
import sys
import threading
import time

folder = sys.argv[1]
seconds = float(sys.argv[2]) if len(sys.argv) > 2 else 60
lock = threading.Lock()
faults = {}  # mode, as written, to how often it was answered so


def read(name, default=""):
    try:
        with open(os.path.join(folder, name), encoding="utf-8") as file:
            return file.read().strip()
    except FileNotFoundError:
        return default


def mode_now():
    words = read("mode", "good").split()
    if len(words) < 2:
        return words[0] if words else "good"
    with lock:
        key = " ".join(words)
        faults[key] = faults.get(key, 0) + 1
        return words[0] if faults[key] <= int(words[1]) else "good"


def make_rows(prompt, mode):
    """Texts of made-up words that depend on the request alone; one is the same in all, one nearly so."""
    count = int(re.search(r"Write (\d+) texts", prompt).group(1))
    label = re.search(r'of the label "([^"]*)"', prompt).group(1)
    rows = []
    for i in range(count):
        digest = hashlib.sha256(f"{prompt} {i}".encode()).hexdigest()
        words = [digest[k : k + 4] for k in range(0, 32, 4)]
        text = f"{label} " + " ".join(words)
        if i == 1:
            text = f"{label} the same in every answer, whatever was asked"
        if i == 2:
            text = f"{label} the same  in every ANSWER, whatever was asked {'now' if words[0] < '8' else 'then'}"
        if i == 3:
            text = f"{label} doubtful {words[0]} {words[1]} {words[2]}"
        rows.append({"text": text, "label": "of another kind" if mode == "other-labels" else label})
    if mode == "some-other" and count > 1:
        rows[-1]["label"] = "of another kind"
    if mode == "hostile-rows":
        rows += [{"text": "a NUL \0 in it", "label": label}, {"text": 5, "label": label}, "a row", None,
                 {"text": "x" * 5000, "label": label}, {"text": "   ", "label": label}, {"label": label}]
        rows = rows[-7:] + rows[:-7]
    return {"rows": rows}


def label_of(text, labels):
    """What it is about is its first word; what is doubtful is always the first label."""
    if "doubtful" in text:
        return labels[0]
    for label in labels:
        if text.startswith(label):
            return label
    return labels[-1]


def answer(request, mode, key):
    system, user = (m["content"] for m in request["messages"])
    choice = {"index": 0, "finish_reason": "stop"}
    if "logprobs" in request:
        labels = re.findall(r'^[A-Z]\. "([^"]*)"', system, re.M)
        text = json.loads(re.search(r"^Text: (.*)$", user, re.M).group(1))
        at = labels.index(label_of(text, labels))
        content = chr(65 + at)
        rest = 0.2 / (len(labels) - 1)
        top = [{"token": f" {chr(65 + i)}", "logprob": math.log(0.8 if i == at else rest)} for i in range(len(labels))]
        choice["logprobs"] = {"content": [{"token": content, "logprob": math.log(0.8), "top_logprobs": top}]}
        kind = "letter"
    elif "number" in json.dumps(request["response_format"]):
        labels = re.findall(r'^- "([^"]*)"', system, re.M)
        texts = [json.loads(t) for t in re.findall(r"^\d+\. (.*)$", user, re.M)]
        content = json.dumps({"rows": [{"number": i + 1, "label": label_of(t, labels)} for i, t in enumerate(texts)]})
        kind = "check"
    else:
        schema = request["response_format"]["json_schema"]
        assert schema["strict"] is True and schema["schema"]["additionalProperties"] is False
        content = json.dumps(make_rows(user, mode))
        kind = "rows"
    if mode == "echo-key":
        content = json.dumps({"rows": [{"text": f"my key is {key}", "label": row["label"]} for row in json.loads(content)["rows"]]})
    if mode == "not-json":
        content = "Sure! Here are some examples."
    if mode == "wrong-schema":
        content = json.dumps({"examples": [1, 2, 3]})
    if mode == "fenced":
        content = f"<think>{{hm}}</think>\n```json\n{content}\n```"
    choice["message"] = {"role": "assistant", "content": content}
    reply = {"object": "chat.completion", "choices": [choice], "usage": {"prompt_tokens": 100, "completion_tokens": 50}}
    if mode == "no-usage":
        del reply["usage"]
    if mode == "wrong-usage":
        reply["usage"] = {"prompt_tokens": -5, "completion_tokens": 1e300}
    return kind, reply


class Endpoint(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    timeout = 10

    def log_message(self, *args):
        pass

    def send(self, status, body, headers=()):
        self.send_response(status)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(body)))
        for name, value in headers:
            self.send_header(name, value)
        self.end_headers()
        self.wfile.write(body)

    def do_GET(self):
        """Answers when no other connection is open: what a client that gave up has sent is noted by then."""
        while self.server.open > 1:
            time.sleep(0.01)
        self.send(200, b"")
        self.close_connection = True

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"]))
        with lock, open(os.path.join(folder, "asked"), "ab") as file:
            file.write(body + b"\n")
        request = json.loads(body)
        mode = mode_now()
        key = self.headers.get("Authorization", "").removeprefix("Bearer ")

        def note(kind):  # before the answer: whoever has it may look at the list
            with lock, open(os.path.join(folder, "requests"), "a", encoding="utf-8") as file:
                file.write(f"{kind} {mode} {self.path} {'key' if key else 'no key'}\n")

        try:
            self.reply(request, mode, key, note)
        except (BrokenPipeError, ConnectionResetError):
            self.close_connection = True

    def reply(self, request, mode, key, note):
        def error(status, message, headers=()):
            note("error")
            self.send(status, json.dumps({"error": {"message": message}}).encode(), headers)

        if mode in ("401", "403", "404", "500", "503", "400"):
            return error(int(mode), f"no, {key}, not now" if key else "no, not now")
        if mode == "429":
            return error(429, "slow down", [("Retry-After", "1")])
        if mode == "429-long":
            return error(429, "slow down", [("Retry-After", "86400")])
        if mode == "redirect":
            return error(307, "over there", [("Location", "http://127.0.0.1:9/v1/chat/completions")])
        if mode == "no-logprobs" and "logprobs" in request:
            return error(400, "logprobs are not supported")
        if mode == "slow":
            time.sleep(3)
        if mode == "huge":
            note("huge")
            self.send_response(200)
            self.send_header("Content-Length", str(1 << 34))
            self.end_headers()
            for _ in range(1000):
                self.wfile.write(b" " * (1 << 16))
            return
        kind, reply = answer(request, mode, key)
        note(kind)
        body = json.dumps(reply).encode()
        if mode == "invalid-utf8":
            body = body.replace(b'"rows', b'"\xff\xfe')
        if mode == "nul":
            body = b"\0" + body
        if mode == "deep":
            body = b"[" * 100000
        if mode == "empty":
            body = b""
        if mode == "half":
            self.send_response(200)
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body[: len(body) // 2])
            self.close_connection = True
            return
        self.send(200, body)


class Server(http.server.ThreadingHTTPServer):
    daemon_threads = True
    open = 0  # connections, from being accepted to being closed

    def process_request(self, request, client_address):
        with lock:
            self.open += 1
        super().process_request(request, client_address)

    def shutdown_request(self, request):
        with lock:
            self.open -= 1
        super().shutdown_request(request)

    def handle_error(self, request, client_address):
        """Those who hang up are what is tested."""


server = Server(("127.0.0.1", 0), Endpoint)
threading.Thread(target=server.serve_forever, daemon=True).start()
with open(os.path.join(folder, "port.new"), "w", encoding="utf-8") as out:
    out.write(str(server.server_address[1]))
os.rename(os.path.join(folder, "port.new"), os.path.join(folder, "port"))
end = time.monotonic() + seconds
while time.monotonic() < end and not os.path.exists(os.path.join(folder, "stop")):
    time.sleep(0.05)
