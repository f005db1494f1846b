# Every command says what it is for, and asking for help is never an error.
. "$REPO/tests/cli/common"
try korora --help
try korora help
try korora -h
for command in add import recall timeline show run models train forge generate teach eval convert doctor version; do
    try korora $command --help
done
quietly korora help add
quietly korora add -h
# Help needs no home, no memory and no model, and wins over what else is wrong with the words.
quietly env -u HOME -u KORORA_HOME -u KORORA_MODELS korora recall --help
quietly korora add --help too many words
