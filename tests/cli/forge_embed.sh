# A task for the head embed whose rows come from a grammar, from running prose with queries, and from labels.
. "$REPO/tests/cli/common"
forge() { korora forge "$@" > out 2>&1; code=$?; grep -v '^model \|  failed$' out | sed -E 's|^(e +full +[0-9]+ ).*(shipped.*)|\1 \2|'; echo "exit $code"; }
mkdir -p build tasks/e
{
    for pet in dog cat owl fox; do
        printf '%%[%s]\n    ~[who] fed the %s\n    the %s was hungry, said ~[who]\n    when did ~[who] feed the %s?\n' $pet $pet $pet $pet
    done
    printf '~[who]\n    Ana\n    Ben\n    Chidi\n    Dora\n'
} > tasks/e/pets.chatito
cat > tasks/e/prose.txt << 'END'
Seven otters sleep under the old copper bridge while rain drums on barges, ropes creak, and a bell rings twice across empty
water near Lund. Marta sells walnuts, candles and secondhand violins from a yellow cart that her uncle built out of pear wood
before moving to Genoa with nothing but maps. Every winter the observatory freezes shut, so students dig tunnels through snow,
carry telescopes on sledges, and argue about comets until breakfast arrives from town. A glassblower, two beekeepers and the
postmaster of Ystad once rowed to Denmark for a bet, lost an oar halfway, and came home by ferry wearing borrowed coats.
END
for i in 1 2 3 4; do echo "{\"text\":\"shut window $i\",\"label\":\"shut\"}"; echo "{\"text\":\"open window $i\",\"label\":\"open\"}"; done > tasks/e/rows.jsonl
printf '%s\n' '{"query":"who fed the owl","positive":"the owl was hungry, said Ben","negatives":["Ben fed the fox","the cat was hungry"]}' \
    '{"query":"when did Ana feed the cat","positive":"Ana fed the cat","negatives":["Ana fed the dog","open window 9"]}' > tasks/e/gate.jsonl
yaml() { printf 'name: e\nhead: embed\narchitecture: full\ngate: gate.jsonl\nrecipe: {tune_epochs: 1, rare_tokens: 0.01, fresh_pooler: yes}\ndata:\n%s\n' "$1" > tasks/e/task.yaml; }
yaml '  - {grammar: pets.chatito, count: 30}
  - {file: prose.txt, queries: 2}
  - {file: rows.jsonl, limit: 3}'
forge e
sort build/forge/e/train.jsonl | sed -n '1p;$p'
korora run models/e.gguf --text "an owl" | grep -c .
echo "--- wrong uses"
yaml '  - {file: rows.jsonl, label: x}'; forge e
yaml '  - {file: rows.jsonl, queries: 0}'; forge e
sed -i 's/head: embed/head: rank/; s/architecture: full/architecture: hybrid/; /recipe/d' tasks/e/task.yaml
sed -i 's/queries: 0/queries: 2/' tasks/e/task.yaml; forge e
sed -i 's/fresh_pooler: yes/fresh_pooler: maybe/' tasks/e/task.yaml
yaml '  - {file: rows.jsonl}'; sed -i 's/fresh_pooler: yes/fresh_pooler: maybe/' tasks/e/task.yaml; forge e
yaml '  - {file: rows.jsonl}'; sed -i 's/^head/base: nobody\nhead/' tasks/e/task.yaml; forge e
