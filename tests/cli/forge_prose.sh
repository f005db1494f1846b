# Prose has no labels: the source gives one, or each passage is told by its place.
. "$REPO/tests/cli/common"
forge() { korora forge t > out 2>&1; code=$?; grep 'txt' out | grep -v 'txt:\([2-9]\|1[0-9]\|20\): '; echo "exit $code"; }
mkdir -p tasks/t
i=0; while [ $i -lt 60 ]; do
    printf 'The boat %s came in late. It was full of fish and two men slept on it while nobody steered at all, they said.\n' $i
    i=$((i + 1))
done > tasks/t/sea.txt
sed 's/boat/train/; s/fish/coal/; s/steered/braked/' tasks/t/sea.txt > tasks/t/land.txt
printf '%s\n' '{"text":"the boat is late","label":"sea"}' '{"text":"the train is late","label":"land"}' > tasks/t/gate.jsonl
yaml() { printf 'name: t\nhead: %s\narchitecture: %s\ngate: gate.jsonl\ndata:\n%s\n' "$1" "$2" "$3" > tasks/t/task.yaml; }
yaml classify bag '  - {file: sea.txt, label: sea}
  - {file: land.txt, label: land}'; forge
yaml classify bag '  - {file: sea.txt}'; forge
yaml embed auto '  - {file: sea.txt}'; forge
yaml spans bag '  - {file: sea.txt}'; forge
