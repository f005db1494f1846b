# From a task folder to a model that answers: train, eval, run; the same seed gives the same bytes.
. "$REPO/tests/cli/common"
# What a stopwatch gives, and figures that are the model's business.
timeless() { sed -E -e 's/[0-9,]+ bytes,/N bytes,/' -e 's/[0-9,]+ bytes$/N bytes/' -e 's/(bytes.*got )[0-9]+ +/\1N /' -e 's/"bytes":[0-9]+/"bytes":N/' -e 's/in [0-9.]+ s$/in N s/' -e 's/[0-9.]+ us/N us/' -e 's/"(seconds|us_per_item)":[0-9.e-]+/"\1":N/g'; }
make_rows() { # rows of each of three labels; FIRST seeds the numbers
    awk -v first="$1" -v rows="$2" 'BEGIN {
        split("please switch on the lamp in the kitchen|is it going to rain this weekend|play some quiet music for dinner", text, "|")
        split("light weather music", label, " ")
        for (i = first; i < first + rows; i++)
            for (k = 1; k <= 3; k++) printf "{\"text\":\"%s %d\",\"label\":\"%s\"}\n", text[k], i * 7 % 50, label[k] }'
}
mkdir task
make_rows 1 40 > task/rows.jsonl
make_rows 100 5 > held.jsonl
cat > task/task.yaml << 'END'
name: home
head: classify
train: rows.jsonl
licence: CC0-1.0
gates:
  accuracy: 0.95
  bytes: 500000
END
try korora train task | timeless
ls task
korora train task -o again.gguf --json | timeless | cut -d , -f 1-8
cmp task/home.gguf again.gguf && echo "the same bytes"
korora train task -o other.gguf --seed 2 > /dev/null
cmp -s task/home.gguf other.gguf || echo "another seed, other bytes"
KORORA_CPU=scalar korora train task -o scalar.gguf > /dev/null
cmp task/home.gguf scalar.gguf && echo "the same on any machine"
try korora eval again.gguf held.jsonl | timeless
korora eval again.gguf held.jsonl --json | timeless | sed -E 's/"ece":[0-9.e-]+/"ece":N/; s/"kept_accuracy".*//'
echo "turn the lamp in the kitchen off" | korora run task/home.gguf | sed -E 's/"(score|light|music|weather)":[0-9.e-]+/"\1":N/g'
printf '%s\n' '{"text":"will it rain"}' '{"words":1}' | korora run task/home.gguf --jsonl | cut -c 1-18
korora run task/home.gguf --text "" > /dev/null; echo "nothing to read: exit $?"
sed -E -e 's/(size \|) [0-9]+/\1 N/' -e 's/[0-9.]+ us/N us/' -e 's/in \| [0-9.]+ s, .*/in | N s |/' -e 's/kernels [a-z0-9]+, .* \|/kernels K |/' task/home.md
python3 - << 'END'
import xml.etree.ElementTree as tree
svg = tree.parse("task/home.svg").getroot()
assert svg.tag == "{http://www.w3.org/2000/svg}svg" and len(svg) > 20
print("a picture:", svg.find("{http://www.w3.org/2000/svg}title").text)
END
# The card is in the file too, but for what differs from run to run.
korora models task/home.gguf | sed 1,3d > in-file.md
sed '/^!\[/,/^$/d; /^## Made/,$d' task/home.md | diff -B - in-file.md && echo "the same card"
korora models task/home.gguf --json | grep -o '"card":"# home'
korora models "$REPO/tests/fuzz/corpus/gguf/tiny-int8" | tail -n 1
try korora models nowhere 2>&1
# A gate that fails is exit code 1; the model is there to be looked at.
sed 's/0.95/1/; s/500000/1000/' task/task.yaml > task/strict && mv task/strict task/task.yaml
korora train task | timeless | grep gate
korora train task > /dev/null; echo "failed gate: exit $?"
# Tags: any number of labels, none too.
mkdir tags
make_rows 1 30 | sed -E 's/"label":"([a-z]*)"/"labels":["\1","home"]/' > tags/rows.jsonl
make_rows 1 10 | sed -E 's/"text":".*","label.*"/"text":"nothing of this at all","labels":[]/' >> tags/rows.jsonl
printf 'name: tags\nhead: tags\narchitecture: bag\ntrain: rows.jsonl\n' > tags/task.yaml
korora train tags > /dev/null 2> /dev/null; echo "exit $?"
printf '%s\n' "play some quiet music for dinner" "nothing of this at all" | korora run tags/tags.gguf | sed -E 's/"score":[0-9.e-]+/"score":N/g'
korora eval tags/tags.gguf tags/rows.jsonl --json 2> /dev/null | sed -E 's/"interval.*"macro/"macro/; s/,"ece.*//'
# Out of scope: those rows are not a label, but what the threshold is measured against.
mkdir scope
{ make_rows 1 40; awk 'BEGIN { for (i = 0; i < 30; i++) printf "{\"text\":\"the %d senators of rome wrote long letters\",\"label\":\"oos\"}\n", i }'; } > scope/rows.jsonl
printf 'name: scope\nhead: classify\ntrain: rows.jsonl\nout_of_scope: oos\n' > scope/task.yaml
korora train scope --json | grep -o '"labels":[0-9]*'
echo "roman senators writing" | korora run scope/scope.gguf | grep -o '"abstain":true'
korora eval scope/scope.gguf scope/rows.jsonl | grep "out of scope"
# A teacher's answers are learnt from too, and labels of few rows may weigh as much as those of many.
mkdir taught
cp task/rows.jsonl taught/
printf 'name: taught\nhead: classify\narchitecture: bag\ntrain: rows.jsonl\nteacher: ../again.gguf\nrecipe: {distill: 0.7, distill_temperature: 3, class_weights: balanced}\n' > taught/task.yaml
korora train taught | timeless | sed -n 1p
sed -n 's/checksum [0-9a-f]*/checksum C/; /^| teacher/p; /^| recipe/p' taught/taught.md
korora train taught -o taught/again.gguf > /dev/null; cmp taught/taught.gguf taught/again.gguf && echo "the same bytes"
# Rows that only their lines tell apart.
mkdir lines
awk 'BEGIN { for (i = 0; i < 40; i++) { printf "{\"text\":\"milk %d bread\",\"label\":\"flat\"}\n{\"text\":\"milk %d\\nbread\",\"label\":\"list\"}\n", i, i } }' > lines/rows.jsonl
for layout in no yes; do
    printf 'name: lines\nhead: classify\narchitecture: bag\ntrain: rows.jsonl\ngates: {accuracy: 0.99}\nrecipe: {layout: %s}\n' $layout > lines/task.yaml
    korora train lines > /dev/null 2>&1; echo "layout $layout: exit $?"
    grep -o "| recipe .* features" lines/lines.md
done
