# Completion of korora for bash. Needs nothing but bash: source it, or put it where your system keeps completions.

# The models there are, asked of the program itself.
_korora_models() {
    "${COMP_WORDS[0]}" models --json 2> /dev/null | grep -o '"name":"[^"]*"' | cut -d '"' -f 4
}

# Offer what compgen makes of the arguments and begins with what is typed.
_korora_offer() {
    local offers
    mapfile -t offers < <(compgen "$@" -- "$current")
    COMPREPLY+=("${offers[@]}")
}

_korora() {
    local current=${COMP_WORDS[COMP_CWORD]} previous=${COMP_WORDS[COMP_CWORD - 1]} command=${COMP_WORDS[1]}
    local commands="add import recall timeline when show related correct exclude forget export stats reannotate consult mcp log serve run models train forge generate teach eval bench convert doctor version help"
    local options="--home --json --help" values="--home" words="" files="" word i place=0
    COMPREPLY=()
    if [ "$COMP_CWORD" -eq 1 ]; then
        _korora_offer -W "$commands --help --version"
        return
    fi
    case $command in
    add)
        options="$options --at --source --title --uri --app --scope"
        values="$values --at --source --title --uri --app --scope" ;;
    import)
        options="$options --since"
        values="$values --since" ;;
    recall)
        options="$options --limit --from --to --now --scope --kind --tag --entity --link --has --explain --batch"
        values="$values --limit --from --to --now --scope --kind --tag --entity --link --has --batch" ;;
    timeline)
        options="$options --now --scope --kind --tag --entity --link --has"
        values="$values --now --scope --kind --tag --entity --link --has" ;;
    when)
        options="$options --now --at --reference --zone --past --future --both --convention --day-first --british --southern --from --to --batch"
        values="$values --now --at --reference --zone --convention --from --to --batch" ;;
    show) ;;
    related)
        options="$options --limit"
        values="$values --limit" ;;
    export)
        options="$options -o"
        values="$values -o" ;;
    correct) options="$options --undo" ;;
    exclude)
        options="$options --app --site --path --word --remove"
        values="$values --app --site --path --word" ;;
    forget)
        options="$options --from --to --when --source --app --site --match --id --scope --now --dry-run"
        values="$values --from --to --when --source --app --site --match --id --scope --now" ;;
    consult)
        options="$options --limit"
        values="$values --limit" ;;
    stats | reannotate) ;;
    mcp)
        options="$options --scope --now --log"
        values="$values --scope --now" ;;
    log)
        options="$options --limit"
        values="$values --limit" ;;
    serve)
        options="$options --port --socket --timeout --new-token"
        values="$values --port --socket --timeout" ;;
    run)
        options="$options --text --jsonl --threads"
        values="$values --text --threads" ;;
    models) ;;
    train)
        options="$options -o --seed"
        values="$values -o --seed" ;;
    forge)
        options="$options --all --force --ablate --personal --undo --new --head --tasks --models --work"
        values="$values --new --head --tasks --models --work" ;;
    teach)
        options="$options --count --label -o"
        values="$values --count --label -o" ;;
    eval)
        options="$options --compare"
        values="$values --compare" ;;
    generate)
        options="$options --count --seed --corrupt --balanced"
        values="$values --count --seed --corrupt" ;;
    bench)
        options="$options --tokens --threads"
        values="$values --tokens --threads" ;;
    convert)
        options="$options -o --type"
        values="$values -o --type" ;;
    doctor) ;;
    version) ;;
    help)
        [ "$COMP_CWORD" -eq 2 ] && _korora_offer -W "${commands% help}"
        return ;;
    *) return ;;
    esac
    # The value of an option.
    case " $values " in *" $previous "*)
        case $previous in
        --home | --tasks | --models | --work) _korora_offer -d ;;
        --head) _korora_offer -W "classify tags spans rank embed" ;;
        --batch | --label | --compare | --socket | -o) _korora_offer -f ;;
        --type) _korora_offer -W "int8 f32" ;;
        --convention) _korora_offer -W "calendar memory" ;;
        --from | --to | --now | --since | --at | --reference) _korora_offer -W "now" ;;
        esac
        return ;;
    esac
    if [ "${current#-}" != "$current" ]; then
        _korora_offer -W "$options"
        return
    fi
    # Which argument is it, not counting options and their values?
    for ((i = 2; i < COMP_CWORD; i++)); do
        word=${COMP_WORDS[i]}
        case " $values " in *" $word "*) ((i++)); continue ;; esac
        case $word in -?*) ;; *) place=$((place + 1)) ;; esac
    done
    case $command$place in
    import0) words="git shell files dpkg jsonl" ;;
    import1) files=1 ;;
    run0 | eval0 | models0) words=$(_korora_models) files=1 ;;
    run* | eval* | generate0) files=1 ;;
    bench*) words=$(_korora_models) files=1 ;;
    timeline0) words="today yesterday" ;;
    forge*) words=$(cd tasks 2> /dev/null && ls) ;;
    convert0 | train0 | teach0) _korora_offer -d ;;
    esac
    [ -n "$words" ] && _korora_offer -W "$words"
    [ -n "$files" ] && _korora_offer -f
    return 0
}

complete -o filenames -F _korora korora
