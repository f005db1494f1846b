# A model for embeddings whose training was killed goes on from there, but not where it began from something else.
. "$REPO/tests/cli/common"
mkdir -p task
for i in 1 2 3 4 5 6 7 8 9; do for pet in dog cat owl fox; do
    printf '{"text":"the %s ate %s fish in the yard of the mill","label":"%s"}\n' $pet $i $pet
done; done > task/rows.jsonl
yaml() { printf 'name: e\nhead: embed\narchitecture: full\ntrain: rows.jsonl\nrecipe: {tune_epochs: 3, tune_batch: 4, rare_tokens: %s, fresh_pooler: %s}\n' "$1" "$2" > task/task.yaml; }
train() { cp "$1" e.gguf.embed; korora train task -o e.gguf 2>&1 > /dev/null | grep -o "went on from epoch" || echo "from the start"; }
yaml 0.01 no
korora train task -o e.gguf > /dev/null 2> log & train=$!
while kill -0 $train 2> /dev/null && [ ! -e e.gguf.embed ]; do sleep 0.02; done
kill -9 $train; wait $train 2> /dev/null
cp e.gguf.embed kept || cat log
train kept
yaml 0.02 no; train kept
yaml 0.01 yes; train kept
