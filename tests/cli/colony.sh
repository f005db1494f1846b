# The colony: what colony.yaml says is run, stored, shown and asked for; what is wrong with it; what is missing.
. "$REPO/tests/cli/common"
for head in tags classify; do
    name=$([ $head = tags ] && echo topics || echo mood)
    korora forge --new $name --head $head > /dev/null
    korora forge $name --work work > /dev/null 2>&1 || echo "no model $name"
done
mkdir -p "$KORORA_HOME/models"
cp models/*.gguf "$KORORA_HOME/models"
plan() { printf '%s\n' "$@" > "$KORORA_HOME/colony.yaml"; }
# Numbers that differ from machine to machine.
steady() { sed -E -e 's/"(score|us|ms)":[0-9.e-]+/"\1":N/g' -e 's/"version":"[0-9a-f]+"/"version":"V"/g' -e 's/[0-9]+ %/N %/g' -e 's/ +[0-9]+ us/ N us/' -e 's/[0-9.]+ ms/N ms/' -e 's/in [0-9.]+ s/in N s/' -e 's/[0-9-]{10}T[0-9:]+([+-][0-9:]{5}|Z)/TIME/g' -e 's/[A-Z][a-z][a-z] TIME/DAY TIME/; s/[A-Z][a-z]{2,5}day [0-9-]{10}/DAY/; s/[A-Z][a-z]{2} [0-9-]{10} [0-9:]{5}/DAY/; s/  [0-9]{2}:[0-9]{2}  /  HH:MM  /'; }
say() { echo "\$ $*"; "$@" > out 2>&1; code=$?; steady < out; echo "exit $code"; }

plan 'steps:' '  - {model: mood}' '  - {model: topics, when: mood != music}'
echo "--- one text, for people and for programs"
say korora run colony --text "will it rain tomorrow"
say korora run colony --text "play some music" --json
printf '%s\n' '{"text":"turn on the lamp"}' '{"texd":1}' 'x' | korora run colony --jsonl | steady
echo "--- what is stored has it, and can be asked for"
say korora add "will it rain in Lisbon"
say korora add "play the next song"
say korora add "turn on the lamp in the kitchen"
say korora show 1
say korora show 2 --json
say korora recall --has mood=music
say korora recall lamp --has mood=music
say korora recall --has mood=musik
say korora recall --has =x
say korora timeline --has mood=light
say korora timeline --has topics=nothing
say korora correct 2 mood=light
say korora recall --has mood=music
# Energy is measured on some machines, and an estimate on others.
korora stats | sed -E -e 's/ +[0-9.]+ (us|ms|s) / TIME /g' -e 's/ +[0-9]+ %/ N %/' -e 's/#+//; s/ {3,}/  /g' -e 's/^(energy).*/\1/' | steady
echo "--- another plan: what is stored is read again, and the correction stays"
plan 'steps:' '  - {model: mood, fills: feeling}' '  - {model: topics, off: yes}'
say korora reannotate
say korora reannotate
say korora show 1
echo "--- missing and broken models are named, and the others run"
plan 'steps:' '  - {model: mood}' '  - {model: nowhere}' '  - {model: broken, when: mood == light}'
echo "no model" > "$KORORA_HOME/models/broken.gguf"
say korora run colony --text "turn on the lamp"
say korora add "the lamp is on"
korora doctor | grep -E 'guard|colony' | sed 's|'"$KORORA_HOME"'|HOME|' | steady
echo "--- a plan that is wrong keeps nothing from being stored, but is told"
for bad in '{model: mood, when: topics == x}' '{model: mood, when: mod == x}' '{model: mood, when: mood.}' '{mode: mood}' '{model: mood, when: mood == lite}'; do
    plan 'steps:' '  - {model: topics, when: mood == light}' "  - $bad"
    korora run colony --text x 2>&1 | sed 's|'"$KORORA_HOME"'|HOME|'
done
korora add "stored all the same" 2>&1 | steady | sed 's|'"$KORORA_HOME"'|HOME|'
korora reannotate 2>&1 | sed 's|'"$KORORA_HOME"'|HOME|'
korora doctor > out; echo "doctor: exit $?"; grep colony out | sed 's|'"$KORORA_HOME"'|HOME|'
rm "$KORORA_HOME/colony.yaml"
say korora reannotate
