#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""The model time-spans, the recogniser of `korora when`, and both together: which spans of the gold rows are found exactly.

    bench/time/spans.py [MODEL]

KORORA_BIN is the program (default build/korora), KORORA_DATA the folder of the data sets. Places count, labels do not;
spans of label vague are left out where the rows have none. The last lines are of texts that hold no time: code/renegade,
wnut17 and goemotions, lines without a word of a calendar or a clock ("may", "march", "second", "sat" and figures stay).
"""
import json
import os
import random
import re
import subprocess
import sys

BIN = os.environ.get("KORORA_BIN", "build/korora")
DATA = os.environ.get("KORORA_DATA", "")
MODEL = next((a for a in sys.argv[1:] if not a.startswith("--")), "models/time-spans.gguf")
NOW = "2026-11-25T12:00:00"
TIMES = re.compile(
    r"\b(mornings?|evenings?|afternoons?|(to)?nights?|midnight|noon|lunch\w*|weeks?|weekends?|weekdays?|days?|months?|years?|hours?|hrs?"
    r"|minutes?|mins?|secs?|seconds|decades?|centur\w+|quarters?|quarterly|today|yesterday|tomorrow|tmrw|tonite|now|later|ago|soon|recent\w*"
    r"|late|lately|early|earlier|daily|weekly|monthly|yearly|annual\w*|every|once|twice|since|until|till|before|after|during|date|then"
    r"|(mon|tues|wednes|thurs|fri|satur|sun)days?|mon|tue|wed|thur?s?|fri|jan\w*|feb\w*|apr|april|june?|july?|aug|august|sept?\w*"
    r"|oct|october|nov|november|dec|december|summer|winter|autumn|christmas|easter|halloween|thanksgiving|holidays?|o'?clock|[ap]m"
    r"|\d+\s?(st|nd|rd|th|am|pm|h|hrs?|min|s|ms|d|w|y)|q[1-4]|past|moment\w*|eve|birthday|ages|life\w*|time\w*|forever|always|while)\b"
    r"|\d{1,2}:\d\d|\b(19|20)\d\d\b|\d\d0s", re.I)

# words that the recogniser knows and leaves out of a span on purpose
KNOWN = set("the and from for with during over last next this that until since before after about between than only just again then".split())


def ask(command, rows):
    given = "".join(json.dumps({"text": r["text"], "reference": r.get("reference", NOW)}) + "\n" for r in rows)
    lines = subprocess.run(command, input=given, capture_output=True, text=True).stdout.splitlines()
    assert len(lines) == len(rows), (command, len(lines), len(rows))
    return [json.loads(line).get("spans", []) for line in lines]


def read(path):
    return [json.loads(line) for line in open(path, encoding="utf-8")]


def lines_without_times():
    random.seed(1)
    parts = []
    code = [l.strip() for r in read(f"{DATA}/code/renegade.jsonl") for l in r["text"].splitlines()]
    tweets = [" ".join(r["tokens"]) for r in read(f"{DATA}/wnut17/val.jsonl")]
    talk = [r["text"] for r in read(f"{DATA}/goemotions/val.jsonl")]
    for lines, count in ((code, 600), (tweets, 150), (talk, 250)):
        lines = sorted({l for l in lines if len(l.split()) > 3 and not TIMES.search(l)})
        parts += random.sample(lines, min(count, len(lines)))
    return [{"text": l, "spans": []} for l in parts]


def over(a, b):
    return a[0] < b[1] and b[0] < a[1]


def ways(text, rules, model):
    """Each way to put a text's two answers together: a name and the places."""
    r = {(s["start"], s["end"]): s for s in rules}
    m = {(s["start"], s["end"]): s["score"] for s in model}
    yield "model", set(m)
    yield "recogniser", set(r)
    yield "both, exactly", set(r) & set(m)
    seen = {x for x in r if any(over(x, y) for y in m)}
    yield "recogniser where the model overlaps", seen
    for q in (0.5, 0.7, 0.8, 0.9, 0.95):
        more = {y for y in m if m[y] >= q and not any(over(x, y) for x in r)}
        yield f"recogniser, and the model's others from {q}", set(r) | more
    sure = {x for x in r if x in seen or " " in r[x]["text"] or any(c.isdigit() for c in r[x]["text"])}
    yield "recogniser, single words without a figure only where the model overlaps", sure
    some = {y for y in m if m[y] >= 0.8 and not any(over(x, y) for x in r)}
    yield "the same, and the model's others from 0.8", sure | some
    for q in (0.8, 0.95):
        instead = {x: [y for y in m if m[y] >= q and over(x, y)] for x in r}
        yield f"recogniser, with the model's borders from {q}", {b for x, ys in instead.items() for b in ys or [x]}
    lines = {x: [y for y in m if m[y] >= 0.8 and over(x, y)] if "\n" in r[x]["text"] else [] for x in r}
    lines = {b for x, ys in lines.items() for b in ys or [x]}
    yield "recogniser, the model's spans where a line ends in one", lines
    wide = {}
    for x in r:
        ys = [y for y in m if m[y] >= 0.8 and y[0] < x[0] and x[1] == y[1] and sum(over(y, z) for z in r) == 1]
        extra = text[ys[0][0]:x[0]].split() if ys else []
        wide[x] = ys[0] if extra and all(re.fullmatch(r"[a-z]{3,}", w) and w not in KNOWN for w in extra) else x
    wide = set(wide.values())
    yield "recogniser, begun earlier by words that it does not know where the model is (0.8)", wide
    best = {w for w in wide if not ("\n" in text[w[0]:w[1]] and any(over(w, y) for y in lines if y != w))}
    best |= {y for y in lines if not any(over(w, y) for w in best)}
    for q in (0.8, 0.9, 0.95):
        yield f"both of these, and the model's others from {q}", best | {y for y in m if m[y] >= q and not any(over(x, y) for x in best)}
    more = {y for y in m if m[y] >= 0.8 and not any(over(x, y) for x in r)}
    yield "recogniser where the model overlaps, and the model's others from 0.8", seen | more


def main():
    sets = [("gate", read("tasks/time-spans/gate.jsonl"))]
    apart = read("tasks/time-spans/apart.jsonl")
    sets += [("first batch", [r for r in apart if r["group"] == "1"]), ("second batch", [r for r in apart if r["group"] == "2"])]
    if DATA:
        sets += [(n, read(f"{DATA}/temporal/{n}.jsonl")) for n in ("recognizers_model", "recognizers")]
        sets.append(("no times", lines_without_times()))
    for name, rows in sets:
        rules = ask([BIN, "when", "--batch", "-", "--json"], rows)
        model = ask([os.environ.get("KORORA_RUN", BIN), "run", MODEL, "--jsonl"], rows)
        labelled = any(s.get("label") == "vague" for r in rows for s in r["spans"])
        total = {}
        gold = 0
        for row, a, b in zip(rows, rules, model):
            want = {(s["start"], s["end"]) for s in row["spans"]}
            gold += len(want)
            if not labelled and name != "no times":
                a = [s for s in a if s["type"] != "vague"]
                b = [s for s in b if s["label"] != "vague"]
            for way, found in ways(row["text"], a, b):
                hit, out, lines = total.get(way, (0, 0, 0))
                total[way] = (hit + len(found & want), out + len(found), lines + bool(found))
            if "--show" in sys.argv and name == "no times" and (a or b):
                print("  ", row["text"][:90], [row["text"][s["start"]:s["end"]] for s in a], [(row["text"][s["start"]:s["end"]], s["score"]) for s in b])
        for way, (hit, out, lines) in total.items():
            if name == "no times":
                print(f"{name}: {way}: {lines} of {len(rows)} lines")
            else:
                print(f"{name}: {way}: P {hit / max(1, out):.3f} R {hit / gold:.3f} F1 {2 * hit / (out + gold):.3f}")


if __name__ == "__main__":
    main()
