# fish completion of kith(1). What it offers is asked of the program, which answers from its own tables.

function __kith_verb
    set -l words (commandline -opc)
    set -e words[1]
    while set -q words[1]
        switch $words[1]
            case --home
                set -e words[1]
            case '-*'
            case '*'
                echo $words[1]
                return
        end
        set -e words[1]
    end
end

function __kith_offer
    set -l verb (__kith_verb)
    set -l before (commandline -opc)[-1]
    set -l cur (commandline -ct)
    set -l kith (commandline -opc)[1]
    set -l word status
    set -q verb[1]; and set word $verb
    if string match -qr '^--.+=' -- $cur
        set -l option (string replace -r '^--([^=]+)=.*' '$1' -- $cur)
        $kith help --complete -- $word $option 2>/dev/null | string replace -r '^' -- "--$option="
        return
    end
    if string match -qr '^--.' -- $before
        set -l values ($kith help --complete -- $word (string sub -s 3 -- $before) 2>/dev/null)
        switch $status
            case 0
                printf '%s\n' $values
                return
            case 1
                __fish_complete_path $cur
                return
        end
    end
    $kith help --complete -- $verb 2>/dev/null
    set -q verb[1]; and __fish_complete_path $cur
end

complete -c kith -f -a '(__kith_offer)'
