#!/bin/bash
# Raw counts: added, shown, corrected, dropped and charted at their site, and to be found in no file that others may
# read, on no wire and in no log.
. "$(dirname "$0")/lib.sh"

site_new ASH 'Counts'
site_new BRK
for c in ASH BRK; do site_up $c; done
site_join ASH BRK

measure() { # key, chart, period, denominator: a definition on standard output
    cat << END
---
kind: measure
key: $1
version: ${5:-1}
name: What ${1#*/} counts
family: outcome
numerator: those that count
denominator: $4
per: ${6:-1}
direction: down
chart: $2
period: $3
people: yes
rules: ptd-0.2
first-month: 4
---
END
}
define() { measure "$@" > "$top/measure.md" && k ASH share "$top/measure.md" > /dev/null 2>&1 || fail "measure $1"; }
define ASH/falls-rate u month bed-days 1 '1,000 bed-days'
define ASH/four-hours p month attendances 1 100
define ASH/spells c month none
define ASH/never t event none
k ASH unit add W4 --label 'Oakham Ward' --setting acute-ward > /dev/null || fail 'unit add W4'
k ASH unit add W5 --label 'Beech Ward' > /dev/null || fail 'unit add W5'

file() { printf "$1" > "$top/x.csv"; }
add() { k ASH data add "$1" "$top/x.csv" "${@:2}"; }
H='period,numerator,denominator\n'

# ---- added whole, or not at all ----

file "${H}2026-01,9,812\n2026-02,7351864,81213579\n2026-04,3,790.5\n"
out=$(add falls-rate --unit w4) || fail 'data add'
check_match 'how many' "$out" 'ASH/falls-rate version 1, unit W4, by month: 3 new, 0 the same'
check_match 'a measure that is not released' "$out" 'kith release here-1'
check_match 'the same again' "$(add FALLS-RATE --unit 'Oakham ward')" '0 new, 3 the same'
file "${H}2026-05,4,800\n2026-02,7351865,81213579\n"
out=$(add falls-rate --unit W4 2>&1)
check_equal 'another number for a period' $? 5
check_match 'what it is here, and what to do' "$out" '2026-02: "7351865 of 81213579": here it is 7351864 of 81213579; .*kith data fix ASH/falls-rate 2026-02 --unit W4'
check_equal 'nothing of it was added' "$(k ASH data show falls-rate --unit W4 --json | wc -l)" 3
file "${H}2026-W07,4,800\n"
add falls-rate --unit W4 > /dev/null 2>&1
check_equal 'shorter periods than the measure' $? 6
file "${H}2026-Q1,4,800\n"
add falls-rate --unit W4 > /dev/null 2>&1
check_equal 'other periods than those here' $? 5
file "${H}2026-01,4,800\n"
add here-1 --unit W5 > /dev/null || fail 'a measure by the number of its draft'
add nowhere > /dev/null 2>&1
check_equal 'an unknown measure' $? 1
add falls-rate --unit W9 > /dev/null 2>&1
check_equal 'an unknown unit' $? 6

refuse() { # code, pattern, rows, measure
    file "$3"
    out=$(add "${4:-falls-rate}" 2>&1)
    check_equal "code of \"$3\"" $? "$1"
    check_match "what is said of \"$3\"" "$out" "$2"
    check_equal "lines said of \"$3\"" "$(wc -l <<< "$out")" 1
}
good='2026-07,1,800\n'
refuse 6 'x.csv:3: negative count: "-4"' "$H${good}2026-08,-4,800\n"
refuse 6 'x.csv:3: decimals in a count: "4.5"' "$H${good}2026-08,4.5,800\n"
refuse 6 'x.csv:3: numerator over denominator: "801 / 800"' "$H${good}2026-08,801,800\n" four-hours
refuse 6 'x.csv:3: period twice: "2026-07": it stands in line 2' "$H$good$good"
refuse 6 'x.csv:3: period is missing: ""' "$H$good,1,800\n"
refuse 6 'x.csv:3: mixed periods: "2026-Q4"' "$H${good}2026-Q4,1,800\n"
refuse 6 'x.csv:3: .*"1000000000"' "$H${good}2026-08,1000000000,800\n"
refuse 6 'x.csv:3: not a number: "NaN"' "$H${good}2026-08,NaN,800\n"
refuse 6 'nothing in it' ''
refuse 6 'no rows' "$H"
refuse 5 'a row for each person: "NHS number, age"' 'NHS number,age,seen\n943 476 5919,77,2026-01-03\n'
check_equal 'nothing was added by any of them' "$(k ASH data list --json | wc -l)" 2
file "${H}01/02/2026,9,812\n1 Mar 2026,4,700\n2026-04-01,3,11.5\n"
add falls-rate > /dev/null || fail 'three ways to write a date'
file '\xef\xbb\xbfperiod;numerator;denominator\r\n2026-05;9;812,5\r\n'
add falls-rate > /dev/null || fail 'a BOM and semicolons'
csv() { k ASH data show "$1" --csv | sed 1d | tr -d '"' | cut -d, -f"$2" | tr '\n' ' '; }
check_equal 'what they are' "$(csv falls-rate 1,3,4)" '2026-02,9,812 2026-03,4,700 2026-04,3,11.5 2026-05,9,812.5 '

# ---- who does not go through kith ----

raw() { "$peer" control "${home[ASH]}/kithd.sock" verb "$@" 2>&1; }
check_match 'a request without rows' "$(raw data_add)" 'measure'

# ---- a row a person is counted on the spot ----

file 'seen,late\n2026-01-03,1\n2026-01-04,0\n3/3/2026,1\n'
out=$(add spells --aggregate period=seen,count 2>&1) || fail "aggregate: $out"
check_match 'periods without a row' "$out" '1 periods without a row count as 0'
check_equal 'counts' "$(csv spells 3)" '2 0 1 '
add four-hours --aggregate period=seen,sum=late,count > /dev/null 2>&1 || fail 'a sum over a count'
check_equal 'numerators and denominators' "$(csv four-hours 3,4)" '1,2 1,1 '
if [ -f "$KITH_SHARED/corpus/nhsr_stranded_synthetic.csv" ]; then
    define ASH/stranded p month patients
    out=$(k ASH data add stranded "$KITH_SHARED/corpus/nhsr_stranded_synthetic.csv" 2>&1)
    check_equal 'real rows of persons' $? 5
    out=$(k ASH data add stranded "$KITH_SHARED/corpus/nhsr_LOS_model_synthetic.csv" 2>&1)
    check_equal 'others' $? 5
    k ASH data add stranded "$KITH_SHARED/corpus/nhsr_stranded_synthetic.csv" \
        --aggregate period=admit_date,sum=hcop,count > /dev/null 2>&1 || fail 'real rows, counted'
    check_equal 'all of them were counted' "$(csv stranded 4 | awk '{ for (i = 1; i <= NF; i++) s += $i } END { print s }')" 768
    k ASH data drop stranded --yes > /dev/null || fail 'drop'
fi

# ---- corrected, dropped ----

out=$(k ASH data fix falls-rate 'Feb 2026' --unit W4 --numerator 7351866 --reason 'one was a visitor, 7351867') || fail 'data fix'
check_match 'before and after' "$out" '2026-02: 7351864 of 81213579 is now 7351866 of 81213579'
check_match 'the journal' "$(k ASH data show falls-rate --unit W4 --history --json)" '"period": *"2026-02".*"was": *"7351864 of 81213579".*"now": *"7351866 of 81213579".*visitor'
k ASH data fix falls-rate 2026-02 --unit W4 --numerator 5 > /dev/null 2>&1
check_equal 'a correction without a reason' $? 2
k ASH data fix falls-rate 2026-03 --unit W4 --numerator 5 --reason x > /dev/null 2>&1
check_equal 'of a period that was never counted' $? 1
k ASH data fix falls-rate 2026-02 --unit W4 --numerator -5 --reason x > /dev/null 2>&1
check_equal 'to a number that cannot be' $? 6
k ASH data drop falls-rate --unit W5 > /dev/null 2>&1
check_equal 'a drop that nobody was asked about' $? 2
k ASH data drop falls-rate --unit W5 --yes --reason 'wrong ward' > /dev/null || fail 'data drop'
k ASH data show falls-rate --unit W5 > /dev/null 2>&1
check_equal 'it is gone' $? 1

# ---- and all of it durable ----

before=$(k ASH data show falls-rate --unit W4 --json)
site_kill ASH
site_up ASH
check_equal 'after kill -9' "$(k ASH data show falls-rate --unit W4 --json)" "$before"

# ---- nowhere else ----

k ASH release here-1 > /dev/null || fail 'release of the measure'
k ASH sync --wait 20 > /dev/null || fail 'not in step'
k ASH export --format ndjson "$top/export" > /dev/null || fail 'export'
check 'the file that has them' grep -qa . "${home[ASH]}/private.db"
site_down ASH
# as text, and the denominator as SQLite and MessagePack write the number: 04 d7 38 8b
found=$(grep -rlaE '735186[4-7]|81213579' "${home[ASH]}" "${home[BRK]}" "${log[ASH]}" "${log[BRK]}" "$top/export" | grep -v '/private\.db' | wc -l)
check_equal 'files besides private.db with a count' "$found" 0
found=$(LC_ALL=C grep -rlaP '\x04\xd7\x38\x8b' "${home[ASH]}" "$top/export" | grep -v '/private\.db' | wc -l)
check_equal 'files besides private.db with a denominator as a number' "$found" 0
check 'private.db has it' env LC_ALL=C grep -qaP '\x04\xd7\x38\x8b' "${home[ASH]}/private.db"
for f in "${home[ASH]}"/private.db*; do
    check_equal "mode of $(basename "$f")" "$(stat -c %a "$f")" 600
done
for verb in list 'show falls-rate' 'fix falls-rate 2026-02 --numerator 1 --reason x' 'drop falls-rate --yes'; do
    k ASH data $verb > /dev/null 2>&1
    check_equal "data $verb without the daemon" $? 4
done
done_with
