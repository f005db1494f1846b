# A source that is a file of a package: its hash is checked before it is opened, and it is fetched once.
. "$REPO/tests/cli/common"
timeless() { sed -E -e 's/ +[0-9.]+ +[0-9.]+  (shipped|not shipped|unchanged)/  KB  US  \1/'; }
forge() { korora forge t > out 2>&1; code=$?; grep -v '^model \|  failed$' out | timeless; echo "exit $code"; }
mkdir -p build tasks/t packages package/data
for i in 1 2 3 4 5 6 7 8; do printf 'a\tgood day %s\nb\tbad night %s\n' $i $i; done > package/data/rows
tar -czf packages/scope-sets-1.2.3.tgz package
sum=$(sha512sum packages/scope-sets-1.2.3.tgz | cut -d ' ' -f 1)
printf '%s\n' '{"text":"a good one","label":"a"}' '{"text":"the bad one","label":"b"}' > tasks/t/gate.jsonl
yaml() { printf 'name: t\nhead: classify\narchitecture: bag\ngate: gate.jsonl\ndata:\n  - {package: "@scope/sets@1.2.3", sha512: %s, file: %s, reader: %s, text_column: "2", label_column: "1"}\n' "$1" "$2" "$3" > tasks/t/task.yaml; }
KORORA_PACKAGES=$PWD/packages; export KORORA_PACKAGES
yaml "$sum" data/rows tsv; forge
# The rows are kept: the package is not needed any more.
mv packages gone; echo >> tasks/t/gate.jsonl; forge
yaml "$sum" data/other tsv; forge
mv gone packages
yaml "$sum" data/rows xml; forge
yaml "$(echo "$sum" | tr 0-9a-f 1-9a-f0)" data/rows tsv; forge
ls build/forge/t | sed 's/-[0-9a-f]*\./-HASH./' | sort
# From the registry, by way of an npm that is not the real one.
unset KORORA_PACKAGES
mkdir bin
printf '#!/bin/sh\necho "$*" > "%s/npm.log"\ncp "%s/packages/scope-sets-1.2.3.tgz" .\n' "$PWD" "$PWD" > bin/npm; chmod +x bin/npm
rm -r build/forge models; yaml "$sum" data/rows tsv
PATH=$PWD/bin:$PATH forge; cat npm.log
printf '#!/bin/sh\nexit 1\n' > bin/npm; rm -r build/forge; echo >> tasks/t/task.yaml
PATH=$PWD/bin:$PATH forge
