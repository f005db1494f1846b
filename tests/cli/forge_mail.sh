# A package of mails: text and label of each, a part of them to measure with, and a label to keep.
. "$REPO/tests/cli/common"
timeless() { sed -E -e 's/ +[0-9.]+ +[0-9.]+  (shipped|not shipped|unchanged)/  KB  US  \1/'; }
forge() { korora forge t > out 2>&1; code=$?; grep -v '^model \|  failed$' out | timeless; echo "exit $code"; }
mkdir -p build tasks/t packages package/data/easy-ham-1 package/data/spam-1
i=0
while [ $i -lt 120 ]; do
    printf 'From: Ann <ann%s@home.example>\nSubject: Re: lunch %s\nReceived: by nobody\n\nShall we have lunch at noon on day %s?\n' $i $i $i > package/data/easy-ham-1/$i.txt
    printf 'From: win%s@prize.example\nSubject: You won %s\nContent-Type: text/html\nContent-Transfer-Encoding: base64\n\n%s\n' $i $i \
        "$(printf '<html><p>Claim <b>prize</b> number %s now' $i | base64)" > package/data/spam-1/$i.txt
    i=$((i + 1))
done
printf '{}\n' > package/data/spam-1/0.json
tar -czf packages/mails-1.0.0.tgz package
sum=$(sha512sum packages/mails-1.0.0.tgz | cut -d ' ' -f 1)
printf '%s\n' '{"text":"lunch at noon?","label":"ham"}' '{"text":"claim your prize","label":"spam"}' > tasks/t/gate.jsonl
source="package: \"mails@1.0.0\", sha512: $sum, file: data, reader: mail"
yaml() { printf 'name: t\nhead: classify\narchitecture: bag\nlabels: [ham, spam]\nkeep_label: %s\ngate: gate.jsonl\ndata:\n  - {%s, part: learn}\ngate_sets:\n  - {%s, part: %s, name: apart, gates: {accuracy: %s, keep_recall: 0.9, right_or_abstained: 0.9}}\n' \
    "$1" "$source" "$source" "$2" "$3" > tasks/t/task.yaml; }
KORORA_PACKAGES=$PWD/packages; export KORORA_PACKAGES
yaml ham gate 0.9; forge
grep '^{' build/forge/t/set-1.jsonl | head -1
grep 'kept\|on apart\|gate: ' models/t.md | sed 's/raised by .*/raised |/'
forge
yaml ham gate "0.9, bytes: 10"; forge
yaml ham other 0.9; forge
yaml meat gate 0.9; forge
