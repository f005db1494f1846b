# Every command, option, kind and variable is in the manual and in both completions, and nothing that is not there.
. "$REPO/tests/cli/common"
bash_file=$REPO/completions/korora.bash zsh_file=$REPO/completions/_korora
# What is bold or underlined comes as a letter, a backspace and a letter.
mandoc -T utf8 -O width=100 "$REPO/docs/korora.1" | sed "s/.$(printf '\010')//g" > page
commands=$(korora --help | sed -n 's/^  \([a-z]*\) .*/\1/p')
options_of() { korora "$1" --help | sed -n '/^options:/,$s/^  \(--*[a-z]*\).*/\1/p'; }
# The part of each that is about one command.
manual_of() { awk -v c="$1" '/^   [a-z]/ || /^[A-Z]/ {on = $0 == "   " c} on' page; }
case_of() { awk -v c="$1)" '$1 == c {on = 1} on; /;;/ {on = 0}' "$2"; }
documented() {
    grep -qwe "$1" page || echo "manual: no $1"
    grep -qwe "$1" "$bash_file" || echo "bash completion: no $1"
    grep -qwe "$1" "$zsh_file" || echo "zsh completion: no $1"
}
pairs=0
for command in $commands; do
    [ -n "$(manual_of "$command")" ] || echo "manual: no part about $command"
    for option in $(options_of "$command"); do
        documented "$option"
        pairs=$((pairs + 1))
        case $option in --home | --json | --help) continue ;; esac
        manual_of "$command" | grep -qwe "$option" || echo "manual, $command: no $option"
        case_of "$command" "$bash_file" | grep -qwe "$option" || echo "bash completion, $command: no $option"
        case_of "$command" "$zsh_file" | grep -qwe "$option" || echo "zsh completion, $command: no $option"
    done
    # And the other way round.
    { manual_of "$command"; case_of "$command" "$bash_file"; case_of "$command" "$zsh_file"; } | grep -oe '--[a-z][a-z]*' |
        sort -u | while read -r option; do
        options_of "$command" | grep -qxe "$option" || echo "$command has no $option"
    done
done
for command in $commands; do documented "$command"; done
for kind in $(korora import nothing 2>&1 | sed 's/.*there are: *\(.*\) (see.*/\1/'); do
    documented "$kind"
    korora import --help | grep -q "^  $kind " || echo "import --help: no $kind"
done
for variable in KORORA_HOME KORORA_MODELS KORORA_CPU XDG_DATA_HOME HOME NO_COLOR TZ; do
    grep -qw "$variable" page || echo "manual: no $variable"
done
# A variable that the program reads is in the manual.
for variable in $(cat "$REPO"/src/*/*.c | grep -oE '(getenv|set)\("[A-Z_]+"\)' | sed 's/.*"\(.*\)".*/\1/' | sort -u); do
    grep -qw "$variable" page || echo "manual: no $variable"
done
for code in 0 1 2 3; do grep -q "^ *$code  *[A-Z]" page || echo "manual: no exit code $code"; done
echo "$(echo "$commands" | wc -w) commands, $pairs options of theirs"
mandoc -T lint -W warning "$REPO/docs/korora.1" && echo "mandoc is content"
