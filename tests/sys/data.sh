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
refuse 6 'x.csv:3: space in a number: "1 234" in numerator: write 1234' "$H${good}2026-08,1 234,8000\n"
refuse 6 'nothing in it' ''
refuse 6 'no rows' "$H"
refuse 5 'a row for each person: "NHS number, age"' 'NHS number,age,seen\n943 476 5919,77,2026-01-03\n'
refuse 5 'a row for each person: "Surname"' 'Surname,period,numerator,denominator\nSmith,2026-07,1,2\nJones,2026-08,1,3\n'
refuse 5 'a row for each person: "patient"' 'patient,period,numerator,denominator\nJohn Smith,2026-07,1,2\n'
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
check_match 'a machine gets all digits' "$(k ASH data show falls-rate --unit W4 --json)" '"numerator":7351866.0,"denominator":81213579.0'
check_match 'a person, too' "$(k ASH data show falls-rate --unit W4)" 'NUMERATOR: 7351866'
k ASH data fix falls-rate 2026-02 --unit W4 --numerator 7351866 --reason again > /dev/null 2>&1
check_equal 'a correction that changes nothing' $? 5
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
file "${H}2026-01,4,81213577\n"
add falls-rate --unit W5 > /dev/null || fail 'data add, to be dropped'
k ASH sync > /dev/null 2>&1
k ASH data drop falls-rate --unit W5 --yes > /dev/null || fail 'data drop'

# ---- drawn here ----

series() { # numerator at each month of two years, at least 2
    echo 'period,numerator,denominator'
    for i in $(seq 0 23); do
        printf '%04d-%02d,%d,%d\n' $((2024 + i / 12)) $((i % 12 + 1)) $((i > 12 ? $1 - 2 - i % 3 : $1 + i % 3)) 1000
    done
}
for u in 5 6 7 8 9 11; do
    k ASH unit add "U$u" --label "Unit $u" > /dev/null || fail "unit add U$u"
    series "$u" > "$top/x.csv"
    add falls-rate --unit "U$u" > /dev/null || fail "data add of U$u"
done
out=$(k ASH chart falls-rate --unit 'unit 9') || fail 'chart --unit'
check_match 'whose it is, and for whom' "$out" '^What falls-rate counts, ASH, U9, version 1: raw counts, only for this site'
check_match 'what it says' "$out" '24 months, centre [0-9.]+, last .*: improvement'
check_match 'for machines' "$(k ASH chart falls-rate --unit U9 --json | tail -1)" '"icon": *"improvement".*"raw": *true'
check_equal 'the same as the file itself' "$(k ASH chart falls-rate --unit U9 --json | head -24)" \
    "$(series 9 > "$top/9.csv" && k ASH chart --data "$top/9.csv" --type u --per 1000 --direction down --json | head -24)"
check_match 'a rephase' "$(k ASH chart falls-rate --unit U9 --rephase 2025-02 2> /dev/null)" '2 phases'
k ASH chart falls-rate --unit U9 --svg "$top/raw.svg" > /dev/null || fail 'chart --svg'
check 'the picture says so, too' grep -q 'raw counts, only for this site' "$top/raw.svg"
check_match 'the whole site' "$(k ASH chart falls-rate --here)" 'ASH, version 1: raw counts'
k ASH chart falls-rate --unit U9 --type xmr > /dev/null 2>&1
check_equal 'what the measure says is not asked for' $? 2
k ASH chart four-hours --unit U9 > /dev/null 2>&1
check_equal 'a unit that counted nothing' $? 1
out=$(k ASH chart falls-rate 2>&1)
check_equal 'nothing was released' $? 1
check_match 'what can be drawn' "$out" 'chart --here'
file 'date,value\n2026-01-03,12\n2026-01-03,0.5\n2026-02-05,33\n'
add never > /dev/null || fail 'single events'
check_match 'a chart of single events' "$(k ASH chart never --here)" 't chart'
check_match 'its days' "$(k ASH chart never --here --json | head -3 | tail -1)" '"period": *"2026-02-05"'

out=$(k ASH compare falls-rate --period 2025-12 --by unit) || fail 'compare --by unit'
check_match 'units of this site' "$out" '6 units of this site: raw counts, only for this site'
check_match 'a row' "$out" '^U11: 7 of 1000'
check_match 'for machines' "$(k ASH compare falls-rate --period 'Dec 2025' --by unit --json | tail -1)" '"units": *6.*"raw": *true'
k ASH unit add div --label 'Division' > /dev/null || fail 'unit add div'
k ASH unit change U5 --parent div > /dev/null || fail 'unit change'
k ASH data add falls-rate "$top/9.csv" --unit div > /dev/null || fail 'data add of div'
check_match 'who is part of another is not beside it' "$(k ASH compare falls-rate --period 2025-12 --by unit)" 'Left out:.* div \(others are part of it\)'
k ASH compare falls-rate --period 2031-01 --by unit > /dev/null 2>&1
check_equal 'a period that nobody counted' $? 1
k ASH compare four-hours --period 2026-01 --by unit > /dev/null 2>&1
check_equal 'a measure that no unit counted' $? 1

# ---- and all of it durable ----

before=$(k ASH data show falls-rate --unit W4 --json)
site_kill ASH
site_up ASH
check_equal 'after kill -9' "$(k ASH data show falls-rate --unit W4 --json)" "$before"

# ---- nowhere else ----

k ASH release here-1 > /dev/null || fail 'release of the measure'
k ASH sync --wait 20 > /dev/null || fail 'not in step'
k ASH export --format ndjson "$top/export" > /dev/null || fail 'export'
k ASH bundle create "$top/export/bundle" > /dev/null || fail 'bundle'
check 'the file that has them' grep -qa . "${home[ASH]}/private.db"
site_down ASH
# as text, and the denominator as SQLite and MessagePack write the number: 04 d7 38 8b
found=$(grep -rlaE '735186[4-7]|81213579' "${home[ASH]}" "${home[BRK]}" "${log[ASH]}" "${log[BRK]}" "$top/export" | grep -v '/private\.db' | wc -l)
check_equal 'files besides private.db with a count' "$found" 0
found=$(LC_ALL=C grep -rlaP '\x04\xd7\x38\x8b' "${home[ASH]}" "$top/export" | grep -v '/private\.db' | wc -l)
check_equal 'files besides private.db with a denominator as a number' "$found" 0
! LC_ALL=C grep -rqaP '\x04\xd7\x38\x89' "${home[ASH]}" || fail 'a count that was dropped is in a file'
check 'private.db has it' env LC_ALL=C grep -qaP '\x04\xd7\x38\x8b' "${home[ASH]}/private.db"
for f in "${home[ASH]}"/private.db*; do
    check_equal "mode of $(basename "$f")" "$(stat -c %a "$f")" 600
done
k ASH chart falls-rate --here > /dev/null 2>&1
check_equal 'a chart of raw counts without the daemon' $? 4
k ASH compare falls-rate --period 2025-12 --by unit > /dev/null 2>&1
check_equal 'a comparison of units without the daemon' $? 4
for verb in list 'show falls-rate' 'fix falls-rate 2026-02 --numerator 1 --reason x' 'drop falls-rate --yes'; do
    k ASH data $verb > /dev/null 2>&1
    check_equal "data $verb without the daemon" $? 4
done
done_with
