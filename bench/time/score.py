#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Spans and ranges of a file of time expressions against what korora, or another program, found.

    score.py ROWS.jsonl ANSWERS.jsonl [NAME] [--errors]

A span counts when its offsets are exactly those of a row; a range when both its ends are, on the clock of the words.
"""
import json
import sys


def clock(text):
    """A time without its offset: the rows have none."""
    return None if text is None else text[:19]


def spans_of(row):
    return {(s["start"], s["end"]): s for s in row.get("spans", [])}


def main():
    names = [a for a in sys.argv[1:] if not a.startswith("--")]
    rows = [json.loads(line) for line in open(names[0], encoding="utf-8")]
    answers = [json.loads(line) for line in open(names[1], encoding="utf-8")]
    name = names[2] if len(names) > 2 else names[1]
    hit = gold_count = found_count = ranged = exact = reading = overlap = 0
    for row, answer in zip(rows, answers):
        gold, found = spans_of(row), spans_of(answer)
        gold_count += len(gold)
        found_count += len(found)
        hit += len(gold.keys() & found.keys())
        wrong = gold.keys() ^ found.keys()
        bad = []
        for at, span in gold.items():
            near = [s for (a, b), s in found.items() if a < at[1] and at[0] < b]
            overlap += bool(near)
            if "from" not in span or (span["from"] is None and span["to"] is None):
                continue
            ranged += 1
            want = (clock(span["from"]), clock(span["to"]))
            got = found.get(at) or (near[0] if near else {})
            have = (clock(got.get("from")), clock(got.get("to"))) if "from" in got else None
            others = [(clock(a.get("from")), clock(a.get("to"))) for a in got.get("alternatives", [])]
            exact += have == want
            reading += have == want or want in others
            if have != want:
                bad.append((span["text"], want, have, "(in alternatives)" if want in others else ""))
        if "--errors" in sys.argv and (wrong or bad):
            print(row.get("reference"), "|", row["text"][:150])
            for at in sorted(wrong):
                print("   ", "missed" if at in gold else "extra ", repr(row["text"][at[0]:at[1]]), (gold.get(at) or found.get(at)).get("type"))
            for b in bad:
                print("    range", *b)
    precision = hit / found_count if found_count else 0
    recall = hit / gold_count if gold_count else 0
    f1 = 2 * precision * recall / (precision + recall) if hit else 0
    print(f"{name}: {len(rows)} rows; spans P {precision:.3f} R {recall:.3f} F1 {f1:.3f}, overlap {overlap / max(1, gold_count):.3f}; "
          f"of {ranged} ranges exact {exact / max(1, ranged):.3f}, in some reading {reading / max(1, ranged):.3f}")


main()
