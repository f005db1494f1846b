# The shape of an answer for programs, with and without --explain; scores are between 0 and 1 and fall.
. "$REPO/tests/cli/common"
korora import jsonl "$REPO/tests/cli/week.jsonl" > /dev/null
now=2026-11-22T10:00:00+01:00
try korora recall "kubectl last week" --now $now --json --limit 1
try korora recall "argon2id" --now $now --json --explain --limit 1
try korora recall "argon2id" --now $now --explain --limit 1
try korora recall "yesterday" --now $now --explain
try korora recall "nothing in 2019" --now $now --json
korora recall "new photos" --now $now --json > answer
python3 - << 'END'
import json
a = json.load(open("answer"))
scores = [h["score"] for h in a["hits"]]
assert sorted(a) == ["filters", "hits", "ms", "question", "range", "words"], sorted(a)
assert scores and scores == sorted(scores, reverse=True) and all(0 <= s <= 1 for s in scores), scores
assert a["range"] is None and a["filters"]["events"] == 10 and a["filters"]["in_scope"] == 9
print("as promised")
END
# An exact term outranks what is merely near.
korora recall "rsync" --now $now --json --explain > answer
python3 - << 'END'
import json
h = json.load(open("answer"))["hits"]
assert h[0]["id"] == "n9" and h[0]["signals"]["lexical"] > 0.5 and h[0]["score"] > 0.3, h
print("the term is found")
END
