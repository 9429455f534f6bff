#!/bin/bash
# Terminals of 60, 80 and 200 columns: no line is wider, whatever alphabet a title is written in; colour and a pager only
# where there is a terminal; the same answers piped, --plain, --csv and --json.
. "$(dirname "$0")/lib.sh"

command -v script > /dev/null || {
    say 'skipped: script(1) is not installed'
    exit 0
}
unset NO_COLOR KITH_PLAIN
site_new ASH 'Terminals'
site_up ASH
k ASH unit add elm --label 'Elm 病棟 with a name that is longer than any that a ward ever had, and goes on' \
    --setting acute-ward --open > /dev/null || fail 'unit add'
n=0
while IFS= read -r title; do
    n=$((n + 1))
    lesson "\"$title\"" "A quillon moved. $title" | sed 's/^kind: lesson/&\nunit: elm/' > "$top/$n.md"
    k ASH share --release "$top/$n.md" > /dev/null || fail "share: $title"
done << 'END'
Night lights
A title that no terminal of eighty columns holds, since people write such titles, and go on writing them
夜間の転倒を減らすための足元灯の設置とその効果について：三か月間の記録
مصابيح ليلية في الجناح تقلل من السقوط عند المرضى المسنين في المستشفى العام
תאורת לילה במחלקה: פחות נפילות, ויותר שינה לכולם, גם לצוות הלילה
💡🏥🛌 Night lights 💡🏥🛌💡🏥🛌💡🏥🛌💡🏥🛌💡🏥🛌💡🏥🛌💡🏥🛌💡🏥🛌
รอยต่อของการดูแล และ रात की रोशनी से गिरना कम हुआ
END
k ASH share "$top/1.md" > /dev/null || fail 'share'

# columns, variables of the environment…, then -- and the arguments: what a terminal shows
terminal() {
    local columns=$1 set=()
    shift
    while [ "$1" != -- ]; do set+=("$1") && shift; done
    shift
    env TERM=xterm PAGER=cat "${set[@]}" KITH_HOME="${home[ASH]}" KITH="$kith" ARGS="$*" \
        script -qec "stty cols $columns; eval \"\$KITH \$ARGS\"" /dev/null < /dev/null | tr -d '\r'
}
strip() { sed 's/\x1b\[[0-9;]*m//g'; }

for columns in 60 80 200; do
    for what in 'list lessons' 'list lessons --here' 'find quillon' 'find quillon night' 'show ASH-L3' 'show here-8' \
        members status 'unit list' outbox help 'help trust' 'help lesson' 'find --help' 'help exit'; do
        out=$(terminal $columns LC_ALL=C.UTF-8 -- "$what")
        check "kith $what says something" test -n "$out"
        widest=$(strip <<< "$out" | sed '/^Example/,$d' | wc -L)
        check_most "columns of kith $what in $columns" "$widest" $columns
        for set in LC_ALL=C LC_ALL=POSIX; do
            check_equal "kith $what with $set" "$(terminal $columns $set -- "$what" | wc -l)" "$(wc -l <<< "$out")"
        done
    done
    out=$(terminal $columns LC_ALL=C.UTF-8 -- list lessons | strip)
    check_equal "where the third column begins in $columns" "$(tail -n +2 <<< "$out" |
        sed -n 's/Worked.*//p' | while IFS= read -r line; do wc -L <<< "$line"; done | sort -u | wc -l)" 1
done

escapes() { grep -c $'\x1b\\['; }
for what in 'list lessons' 'find quillon' 'show ASH-L1' status; do
    check "colour of kith $what" test "$(terminal 80 A=1 -- "$what" | escapes)" -gt 0
    check_equal "kith $what with NO_COLOR" "$(terminal 80 NO_COLOR=1 -- "$what" | escapes)" 0
    check_equal "kith $what --no-color" "$(terminal 80 A=1 -- "$what --no-color" | escapes)" 0
    check_equal "kith $what --plain" "$(terminal 80 A=1 -- "$what --plain" | escapes)" 0
    check_equal "kith $what, piped" "$(k ASH $what | escapes)" 0
    for form in --json --csv; do
        check_equal "kith $what $form, the same on a terminal and piped" "$(terminal 60 A=1 -- "$what $form")" \
            "$(k ASH $what $form)"
    done
done
check_equal 'rows of --json' "$(k ASH list lessons --json | wc -l)" 8
check_equal 'rows of --csv and their header' "$(k ASH find quillon --csv | grep -c '^"')" 9
check_equal 'titles that --plain cuts' "$(k ASH list lessons --plain | grep -c '…')" 0

printf '#!/bin/sh\necho "paged with $LESS"\ncat > /dev/null\n' > "$top/pager"
chmod +x "$top/pager"
for what in 'list lessons' 'find quillon' 'show ASH-L1' 'help lesson'; do
    check_match "pager of kith $what" "$(terminal 80 PAGER="$top/pager" -- "$what")" 'paged with FRX'
    check_equal "pager of kith $what --plain" "$(terminal 80 PAGER="$top/pager" -- "$what --plain" | grep -c paged)" 0
    check_equal "pager of kith $what, piped" "$(PAGER=$top/pager k ASH $what | grep -c paged)" 0
done
check 'no pager by that name' test "$(terminal 80 PAGER=/nowhere/pager -- 'list lessons' | wc -l)" -gt 7
done_with
