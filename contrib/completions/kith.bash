# bash completion of kith(1). What it offers is asked of the program, which answers from its own tables.

_kith() {
    local cur=${COMP_WORDS[COMP_CWORD]} prev=${COMP_WORDS[COMP_CWORD - 1]} verb='' option='' i words code
    COMPREPLY=()
    # The verb is the first word that is neither an option nor the value of --home.
    for ((i = 1; i < COMP_CWORD; i++)); do
        case ${COMP_WORDS[i]} in
        --home) ((i++)) && [[ ${COMP_WORDS[i]:-} == = ]] && ((i++)) ;;
        -*) ;;
        *) verb=${COMP_WORDS[i]} && break ;;
        esac
    done
    # --option value and --option=value, which bash takes apart at the =
    if [[ $cur == = && $prev == --* ]]; then
        option=${prev#--} cur=''
    elif [[ $prev == = && ${COMP_WORDS[COMP_CWORD - 2]} == --* ]]; then
        option=${COMP_WORDS[COMP_CWORD - 2]#--}
    elif [[ $prev == --?* ]]; then
        option=${prev#--}
    fi
    if [[ -n $option ]]; then
        words=$("${COMP_WORDS[0]}" help --complete -- "${verb:-status}" "$option" 2> /dev/null)
        code=$?
        if [[ $code -lt 2 ]]; then
            mapfile -t COMPREPLY < <(compgen -W "$(cut -f 1 <<< "$words")" -- "$cur")
            return # an empty list: names of files
        fi
    fi
    words=$("${COMP_WORDS[0]}" help --complete -- ${verb:+"$verb"} 2> /dev/null | cut -f 1)
    [[ $cur == -* ]] || words=$(grep -v '^-' <<< "$words")
    mapfile -t COMPREPLY < <(compgen -W "$words" -- "$cur")
}

complete -o default -F _kith kith
