#!/bin/bash
# Units (shared here, found here, and what of a ward leaves): two units of ASH share; the other unit finds it at once,
# nothing of it is in an entry or in another home; after release the others see the setting, never a closed ward's name.
. "$(dirname "$0")/lib.sh"

site_new ASH 'Units'
site_new BRK
site_new COL
for c in ASH BRK COL; do site_up $c; done
site_join ASH BRK
site_join ASH COL

record() { # unit, title, what happened
    lesson "$2" "$3" | sed "s/^kind: lesson/&\nunit: $1/"
}
share() { # name of the file, options…: prints ids
    k ASH --json share "${@:2}" "$top/$1" | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p'
}
found() { # code, arguments of find…: ids in one line
    k "$1" --json find "${@:2}" 2> /dev/null | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' | sort | tr '\n' ' '
}
# Files of a home in which a word stands, whatever its case, also inside what SQLite packed.
holding() { grep -rlai -- "$2" "${home[$1]}" 2> /dev/null | wc -l; }
in_entries() { sql "$1" "SELECT count(*) FROM run WHERE instr(lower(CAST(bytes AS TEXT)), lower('$2')) > 0 OR
    instr(hex(bytes), hex('$2')) > 0"; }

# ---- the list ----

record wray 'Before there is a list' 'Nothing.' > "$top/none.md"
out=$(k ASH share "$top/none.md" 2>&1)
check_equal 'a unit that is not in the list' $? 6
check_match 'how to add it' "$out" 'none.md:[0-9]+: unit: .*"wray".*kith unit add'
k ASH unit > /dev/null 2>&1
check_equal 'an empty list' $? 1

k ASH unit add med --label 'Division of Medicine' --level meso --open > /dev/null || fail 'unit add med'
k ASH unit add wray --label 'Wrayburn Ward' --parent med --setting acute-ward > /dev/null || fail 'unit add wray'
k ASH unit add elm --label 'Elmhurst Ward' --parent 'division of medicine' --open > /dev/null || fail 'unit add elm'
k ASH unit add mat --label 'Maternity' --setting maternity --closed > /dev/null || fail 'unit add mat'
out=$(k ASH unit add WRAY --label 'Another' 2>&1)
check_equal 'a code twice' $? 2
k ASH unit change med --parent wray > /dev/null 2>&1
check_equal 'a circle' $? 2
k ASH unit add x --label X --setting acute-wrad > /dev/null 2>&1
check_equal 'an unknown setting' $? 2
check_equal 'rows of the list' "$(k ASH unit list --json | wc -l)" 4
check_match 'a row for machines' "$(k ASH unit list --json)" '"code": *"wray".*"parent": *"med".*"open": *false'

# ---- shared here ----

record 'wrayburn ward' 'Quillons after a fall' 'A quillon was moved at night.' > "$top/1.md"
record elm 'Quillons by the bed' 'The quillon stood too far away.' > "$top/2.md"
first=$(share 1.md)
second=$(share 2.md)
check_equal 'what the other unit finds at once' "$(found ASH quillon)" "$(printf '%s\n%s\n' "$first" "$second" | sort | tr '\n' ' ')"
check_equal 'of one unit' "$(found ASH quillon --unit wray)" "$first "
check_equal 'of a unit by its label' "$(found ASH quillon --unit 'Elmhurst ward' --here)" "$second "
check_equal 'of a unit and all below it' "$(found ASH quillon --unit med | wc -w)" 2
check_equal 'list of a unit' "$(k ASH list lessons --unit wray --json | grep -c '"unit": *"wray"')" 1
out=$(k ASH find quillon --unit wary 2>&1)
check_equal 'a unit that does not exist' $? 2
check_match 'the nearest unit' "$out" 'perhaps wray'
check_match 'the page of a record' "$(k ASH show "$first")" 'Wrayburn Ward \(wray\)'
out=$(k ASH share "$top/none.md" 2>&1 < /dev/null) || fail "after the unit was added: $out"
heard() { k ASH members --json | sed -n 's/.*"code": *"BRK".*"heard": *"\([^"]*\)".*/\1/p'; }
heard_after() { [[ $(heard) > $1 ]]; }
was=$(heard)
sleep 1.1
k ASH sync --wait 20 > /dev/null || fail 'ASH does not get in step'
wait_for 10 'a comparison on a link that was up before counts as heard' heard_after "$was"
for c in ASH BRK COL; do
    check_equal "entries of $c with what was shared here" "$(in_entries $c quillon)" 0
done
for c in BRK COL; do
    check_equal "files of $c with what was shared at ASH" "$(holding $c quillon)" 0
done

# ---- released ----

id1=$(k ASH --json release "$first" | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p')
id2=$(k ASH --json release "$second" | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p')
[ -n "$id1" ] && [ -n "$id2" ] || fail "release: \"$id1\" \"$id2\""
for c in BRK COL; do
    wait_for 20 "both at $c" has_title $c 'Quillons after a fall'
    wait_for 20 "both at $c" has_title $c 'Quillons by the bed'
    wait_for 20 "projection of $c" projected $c
    check_equal "files of $c with the closed ward's name" "$(holding $c wrayburn)" 0
    check_equal "files of $c with its code" "$(holding $c '"wray"')" 0
    check "files of $c with the open ward's name" test "$(holding $c 'elmhurst ward')" -gt 0
    check_match "the setting at $c" "$(k $c show "$id1" --json)" '"setting": *"acute-ward"'
    check_match "no unit at $c" "$(k $c show "$id1" --json)" '"unit": *null'
    check_equal "the open ward by its name at $c" "$(found $c quillon --unit 'elmhurst WARD')" "$id2 "
    check_equal "by site and name at $c" "$(found $c quillon --unit 'Elmhurst Ward' --site ASH)" "$id2 "
done
check_equal 'what the entry itself says' "$(sql ASH "SELECT count(*) FROM record WHERE log IS NOT NULL AND
    (body LIKE '%wray%' OR body LIKE '%med%unit%')")" 0
check_equal 'its own unit finds it after release' "$(found ASH quillon --unit wray)" "$id1 "
check_equal 'and so does the division' "$(found ASH quillon --unit med | wc -w)" 2
check_match 'the unit on its page at ASH' "$(k ASH show "$id1")" 'Wrayburn Ward \(wray\)'
check_match 'the unit for machines at ASH' "$(k ASH list lesson --json --limit 3)" "\"id\": *\"$id1\"[^}]*\"unit\": *\"wray\""

check_match 'editing it goes on from its unit' "$(k ASH edit "$id1" 2> /dev/null)" '^unit: wray$'

# ---- the name anywhere else in the record ----

refuse() { # unit, title, text, field and byte, stars
    local id out
    record "$1" "$2" "$3" > "$top/refused.md"
    id=$(share refused.md)
    out=$(k ASH release "$id" 2>&1)
    check_equal "release of \"$2\"" $? 5
    check_match "field and place of \"$2\"" "$out" "$4: \"$5\" is the name of a closed unit"
    check "no name in \"$out\"" test "$(grep -ci wrayburn <<< "$out")" -eq 0
}
refuse wray 'Lights' 'On WRAYBURN-ward a lamp was missing.' 'happened, byte 3' '\*{13}'
record wray 'Lights' 'A lamp was missing.' > "$top/shown.md"
id=$(share shown.md)
check_match 'what leaves of a closed unit is said before' "$(k ASH outbox show "$id")" 'is closed: what leaves does not name it'
k ASH outbox drop "$id" > /dev/null || fail drop
refuse elm 'Wrayburn ward once more' 'Nothing else.' 'title, byte 0' '\*{13}'
refuse elm 'Code' 'The bell of wray rang.' 'happened, byte 12' '\*{4}'
out=$(k ASH share --release "$top/refused.md" 2>&1)
check_equal 'share --release of such a record' $? 5
check_match 'it stays here' "$out" 'kept here as here-[0-9]+, not released'
record mat 'Births' 'In maternity the kettle was broken.' > "$top/mat.md"
id=$(share mat.md --release)
check_match 'a name that is a kind of place does not hold a record back' "$id" '^ASH-L'
k ASH unit open wray > /dev/null || fail 'unit open'
id=$(share refused.md --release)
check_match 'once the ward is open' "$id" '^ASH-L'
out=$(k ASH unit close 'Wrayburn Ward')
check_match 'closed again' "$out" 'says acute-ward, never Wrayburn Ward'

# ---- and all of it after a restart and a rebuild ----

site_down ASH
check_equal 'without the daemon' "$(found ASH quillon --unit wray)" "$id1 "
k ASH unit list > /dev/null || fail 'the list without the daemon'
k ASH unit add late --label Late > /dev/null 2>&1
check_equal 'a change without the daemon' $? 4
site_up ASH
check_equal 'rows after a restart' "$(k ASH unit list --csv | wc -l)" 5
done_with
