# Completion in bash and in zsh: commands, options, kinds, models, files.
. "$REPO/tests/cli/common"
cat > complete.bash << 'END'
. "$REPO/completions/korora.bash"
complete -p korora
ask() {
    COMP_WORDS=("$@") COMP_CWORD=$(($# - 1)) COMPREPLY=()
    _korora
    printf '%s:' "$*"
    printf ' %s' $(printf '%s\n' "${COMPREPLY[@]}" | sort)
    echo
}
touch notes.md "two words.txt"
mkdir folder
ask korora ""
ask korora re
ask korora help t
ask korora recall --
ask korora recall --l
ask korora recall question --b
ask korora recall --batch n
ask korora recall --limit ""
ask korora import ""
ask korora import s
ask korora import git f
ask korora import --since 2026-01-01 j
ask korora run ""
ask korora run trunk --
ask korora run trunk n
ask korora run trunk tw
ask korora run trunk --text ""
ask korora bench ""
ask korora bench trunk b
ask korora convert --type ""
ask korora convert f
ask korora add --
ask korora version --
ask korora --
ask korora remember ""
END
bash --norc complete.bash
bash -n "$REPO/completions/korora.bash" && zsh -n "$REPO/completions/_korora" && echo "both can be read"
# zsh: what its own completion system offers, asked through a terminal of its own.
cat > ask.zsh << 'END'
zmodload zsh/zpty
zpty z zsh -f -i
read_until() { local chunk all=; while zpty -r z chunk; do all+=$chunk; [[ $all == *$1* ]] && break; done; REPLY=$all; }
zpty -w z "PS1= PS2= RPS1= ; unsetopt zle_bracketed_paste; fpath=($REPO/completions \$fpath); autoload -Uz compinit; compinit -u -d $TMPDIR/dump"
zpty -w z 'capture() { compadd() { local -a found; builtin compadd -O found "$@"; print -rl -- "offer:"${^found}; builtin compadd "$@" }; _main_complete; unfunction compadd; print -r "offer:end" }'
zpty -w z 'zle -C capture list-choices capture; bindkey "^T" capture; echo rea""dy'
read_until ready
for line in "$@"; do
    zpty -w -n z "$line"$'\x14'
    read_until offer:end
    zpty -w -n z $'\x15'
    print -r -- "$line: $(print -r -- $REPLY | tr '\r' '\n' | sed -n 's/.*offer:\([-a-z0-9_.]*\).*/\1/p' | grep -v '^end$' | sort -u | tr '\n' ' ')"
done
END
zsh -f ask.zsh "korora re" "korora import " "korora recall --" "korora run " "korora convert --type " | sed 's/ $//'
