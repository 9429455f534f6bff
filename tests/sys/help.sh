#!/bin/bash
# Help, manual pages and completions say what the program takes: every verb has a page with an example, every example is
# run, every verb and option is in the manual and offered by each shell that is installed.
. "$(dirname "$0")/lib.sh"

unset KITH_PLAIN
verbs=$(sed -n '/verbs\[\] = {/,/};/p' "$src/cli/main.c" | grep -o '&verb_[a-z_]*' | sed 's/&verb_//')
check 'the table of verbs' test "$(wc -w <<< "$verbs")" -gt 10
options_of() { "$kith" "$1" --help | sed -n 's/^  --\([a-z-]*\).*/\1/p' | sort -u; }

# ---- pages ----

for verb in $verbs; do
    page=$("$kith" "$verb" --help) || fail "kith $verb --help"
    check_equal "kith help $verb" "$("$kith" help "$verb")" "$page"
    check_match "an example of $verb" "$page" "^    kith $verb"
    check_equal "lines of $verb wider than 80 columns" "$(sed '/^Example/,$d' <<< "$page" | grep -cE '^.{81,}$')" 0
done
all=$("$kith" help)
for topic in measures site trust run; do
    check_match "$topic in kith help" "$all" "kith help $topic"
    "$kith" help $topic > /dev/null || fail "kith help $topic"
done
for verb in find list show share status; do check_match "$verb in kith help" "$all" "kith $verb"; done

# ---- manual pages ----

man=$KITH_BUILD/man/kith.1
check 'the manual page' test -s "$man"
for verb in $verbs; do
    check "$verb in the manual" grep -qE "^\.It Ic $verb( |\$)" "$man"
    for option in $(options_of "$verb"); do
        check "--$option in the manual" grep -qF ".It Fl \\-${option//-/\\-}" "$man"
    done
done
for page in "$man" "$src/contrib/man/kithd.8"; do
    if command -v mandoc > /dev/null; then
        check_equal "mandoc on $page" "$(mandoc -Tlint -Wwarning "$page")" ''
    fi
    if command -v groff > /dev/null; then
        check_equal "groff on $page" "$(groff -ww -mandoc -Kutf8 -Tutf8 "$page" 2>&1 > /dev/null)" ''
    fi
done
for option in $("$kithd" --help | grep -oE -- '--[a-z]+' | sort -u); do
    check "kithd $option in the manual" grep -qF "Fl \\-${option#--}" "$src/contrib/man/kithd.8"
done

# ---- a site to work with ----

site_new ASH 'Help'
site_new BRK
site_up ASH
site_up BRK
site_join ASH BRK
k ASH unit add W7 --label 'Elm Ward' > /dev/null || fail 'unit add'
export KITH_HOME=${home[ASH]} PATH=$KITH_BUILD:$PATH
mkdir -p "$top/work/lessons" && cd "$top/work" || fail 'no place to work'
lesson 'Night lights' > night-lights.md
lesson 'First of two' > lessons/a.md
lesson 'Second of two' > lessons/b.md

# ---- completions ----

. "$src/contrib/completions/kith.bash"
offer() { # the words of a command line; the last is being typed
    COMP_WORDS=("$@")
    COMP_CWORD=$((${#COMP_WORDS[@]} - 1))
    _kith
    printf '%s\n' ${COMPREPLY[@]+"${COMPREPLY[@]}"}
}
offered() { grep -qxF -- "$2" <<< "$1"; }
list=$(offer kith '')
for verb in $verbs; do
    check "bash offers $verb" offered "$list" "$verb"
    words=$(offer kith "$verb" --)
    for option in $(options_of "$verb"); do check "bash offers $verb --$option" offered "$words" "--$option"; done
done
check_equal 'a verb that was begun' "$(offer kith memb)" members
check_equal 'a verb behind a home' "$(offer kith --home x memb)" members
check_equal 'values of an option' "$(offer kith find falls --setting mat)" maternity
check_equal 'values behind =' "$(offer kith find --setting = mat)" maternity
check_equal 'values of a new =' "$(offer kith find --setting = | grep -c ward)" 2
check_equal 'units' "$(offer kith find --unit '')" W7
check_equal 'sites' "$(offer kith find --site '' | tr '\n' ' ')" 'ASH BRK '
check_equal 'kinds as words' "$(offer kith list proj)" project
check_equal 'what is done with a unit' "$(offer kith unit cl)" close
check_equal 'files' "$(offer kith share '')" ''
check_equal 'files as values' "$(offer kith import --map '')" ''
if command -v fish > /dev/null; then
    fish_offers() { XDG_CONFIG_HOME=$top fish -N -c "source $src/contrib/completions/kith.fish; complete -C '$1'" | cut -f 1; }
    list=$(fish_offers 'kith ')
    for verb in $verbs; do
        check "fish offers $verb" offered "$list" "$verb"
        words=$(fish_offers "kith $verb --")
        for option in $(options_of "$verb"); do check "fish offers $verb --$option" offered "$words" "--$option"; done
    done
    check_equal 'values in fish' "$(fish_offers 'kith find --setting mat')" maternity
    check_equal 'values behind = in fish' "$(fish_offers 'kith find --setting=mat')" --setting=maternity
fi
if command -v zsh > /dev/null; then
    cat > "$top/zsh" << 'END'
_describe() { local -a list; list=("${(@P)4}"); print -rl -- ${list%%:*}; }
_files() { print -r -- FILES; }
compset() { PREFIX=${PREFIX#*=}; }
words=("${@:2}") CURRENT=$(($# - 1)) PREFIX=${@[-1]}
source $1
END
    zsh_offers() { zsh -f "$top/zsh" "$src/contrib/completions/_kith" "$@"; }
    list=$(zsh_offers kith '')
    for verb in $verbs; do
        check "zsh offers $verb" offered "$list" "$verb"
        words=$(zsh_offers kith "$verb" --)
        for option in $(options_of "$verb"); do check "zsh offers $verb --$option" offered "$words" "--$option"; done
    done
    check "values in zsh" offered "$(zsh_offers kith find --setting mat)" maternity
    check "values behind = in zsh" offered "$(zsh_offers kith find --setting=mat)" maternity
    check_equal 'files in zsh' "$(zsh_offers kith import --map '')" FILES
fi

# ---- examples ----

for i in 1 2 3 4 5 6 7 8; do lesson "Draft $i" > draft.md && k ASH share draft.md > /dev/null; done
printf 'concern,text\nA,one\n' > concerns.csv
printf 'title: concern\nhappened: text\n' > concerns.yaml
printf '{"name": "A"}\n' > measures.jsonl
printf 'name: name\n' > measures.yaml
{ echo period,numerator,denominator && for i in {1..24}; do echo "$i,$((i * 7 % 10)),100"; done; } | tee falls.csv > waits.csv
{ echo month,beds && for i in {1..24}; do echo "$i,$((i * 7 % 10))"; done; } > beds.csv
k ASH invite COL > line.txt
{ k ASH share --release "$src"/contrib/examples/ash/measure-falls-rate.* &&
    k ASH data add ASH/falls-rate "$src"/contrib/examples/raw/ash-falls-rate.csv &&
    k ASH data share ASH/falls-rate --baseline 12 &&
    k ASH release "$(k ASH --json outbox | sed -n 's/.*"id": *"\(here-[0-9]*\)".*"series".*/\1/p')"; } > /dev/null 2>&1 || fail 'no series'
# what the examples of raw counts speak of
k ASH unit add W4 --label 'Ward 4' > /dev/null || fail 'unit add W4'
{ echo period,numerator,denominator && for i in {0..31}; do
    printf '%d-%02d,%d,900\n' $((2024 + i / 12)) $((i % 12 + 1)) $((3 + i * 7 % 10)); done; } > falls-w4.csv
k ASH data add falls-rate falls-w4.csv --unit W4 > /dev/null || fail 'data add'
sed 's/^key:.*/key: ASH\/deaths-rate/; s/^chart:.*/chart: p/' "$src"/contrib/examples/ash/measure-falls-rate.md > deaths.md
k ASH share deaths.md > /dev/null 2>&1 || fail 'a second measure'
{ echo discharged,died && for i in {1..28}; do echo "2026-02-$i,$((i % 9 == 0))"; done; } > spells.csv
# what the examples of files carried by hand speak of
site_new DEV
site_up DEV
k DEV join --request brk.request > /dev/null && k ASH log ASH-C1 --proof ash-l128.proof > /dev/null || fail 'a request, a proof'
# What changes the network for good comes last: others need it as it was.
last='policy coordinator rotate revoke leave'
first=$(for verb in $verbs; do [[ " $last " == *" $verb "* ]] || echo "$verb"; done)
runs=0
for verb in $first $last; do
    while IFS= read -r line; do
        EDITOR=true VISUAL=true timeout 20 bash -c "$line" > out 2>&1 < /dev/null
        code=$?
        runs=$((runs + 1))
        case "$line:$code" in
        'kith import'*:6) ;; # the rows of this test are no records
        'kith init'*:[25]) ;; # there is a site already
        'kith join'*:[256]) ;; # it is a member already
        'kith new'*:[26] | 'kith edit'*:[26]) ;; # nothing was written in the editor
        'kith unit add W4'*:2) ;; # it is there already
        'kith verify --proof'*:2) ;; # nobody has written so much yet
        'kith leave'*:2) ;; # nobody can be asked
        'kith watch'*:124) ;;
        'kith chart'*:1 | 'kith compare'*:1 | 'kith data'*:[15]) fail "the example \"$line\" finds nothing: $(cat out)" ;;
        *:[0135]) ;;
        *) fail "the example \"$line\" ends with $code: $(cat out)" ;;
        esac
    done < <("$kith" "$verb" --help | sed -n '/^Example/,$p' | sed -n 's/^    kith/kith/p')
done
say "$runs examples"
check 'examples that were run' test "$runs" -gt 20
done_with
