#!/bin/bash
# Figures of real hospitals, published: 18 series of 24 months by month and by the period that is proposed, how much of
# them is hidden, the verdicts beside those of the raw counts, an attacker over what was released; a series that grows
# month by month; and an intervention with its signal and a rephase.
. "$(dirname "$0")/lib.sh"
data=$KITH_SHARED/corpus/hospital_infections_dk.csv
[ -f "$data" ] || { say "skipped: \"$data\" is not there (KITH_SHARED)" && exit 0; }

site_new MON 'Months'
site_new PRO
for c in MON PRO; do site_up $c; done
site_join MON PRO

keys=$(tail -n +2 "$data" | cut -d, -f1,2 | sort -u | tr 'A-Z,' 'a-z-')
one() { # key: its rows
    echo period,numerator,denominator
    tr 'A-Z' 'a-z' < "$data" | awk -F, -v k="$1" '$1 "-" $2 == k { print substr($3, 1, 7) "," $4 "," $5 }'
}
field() { sed -n "s/.*\"$2\": *\"\{0,1\}\([^\",}]*\).*/\1/p" <<< "$1" | tail -n 1; }
define() { # code, key, its name
    printf -- '---\nkind: measure\nkey: %s/%s\nversion: 1\nname: %s\nfamily: outcome\nnumerator: infections\n' "$1" "$2" "$3"
    printf 'denominator: risk days\nper: 10,000 risk days\ndirection: down\nchart: u\nrules: anhoej\nperiod: month\npeople: yes\n---\n'
}

# ---- all of them ----

mkdir "$top/def" "$top/raw"
cells=0 quarters=0
for key in $keys; do
    one "$key" > "$top/raw/$key.csv"
    for c in MON PRO; do
        define $c "$key" "Infections $key" > "$top/def/$c-$key.md"
        k $c share --release "$top/def/$c-$key.md" > /dev/null || fail "measure $key"
        k $c data add "$key" "$top/raw/$key.csv" > /dev/null || fail "data $key"
    done
    answer=$(k MON --json data share "$key" --period month) || fail "share $key by month"
    check_match "$key is safe by month" "$answer" '"safe":true'
    tried=$(k PRO --json data share "$key" | grep -o '"tried":\[[^]]*\]')
    cells=$((cells + $(sed 's/.*"month","cells":\([0-9]*\).*/\1/' <<< "$tried")))
    quarters=$((quarters + $(sed -n 's/.*"quarter","cells":8,"hidden":\([0-9]*\).*/\1/p' <<< "$tried" | grep . || echo 0)))
done
hidden=$(for key in $keys; do
    k MON --json outbox show "$(k MON --json outbox | grep "MON/$key\"" | sed 's/.*"id": *"\([^"]*\)".*/\1/')" | grep -c '"state": *"hidden"'
done | awk '{ n += $1 } END { print n }')
check_equal 'numbers by month' $cells 432
check_equal 'hidden by month' "$hidden" 94
check_equal 'hidden by quarter' $quarters 17
for c in MON PRO; do k $c release --all > "$top/out" 2>&1 || fail "release at $c: $(cat "$top/out")"; done
wait_for 30 'all at both' same_heads MON PRO
wait_for 30 'all to be seen' projected MON PRO
check_equal 'series at each' "$(sql PRO "SELECT group_concat(n) FROM (SELECT count(*) AS n FROM v_series GROUP BY site)")" 18,18
check_equal 'nothing hidden in what was proposed' "$(sql MON "SELECT count(*) FROM v_series WHERE site = 'PRO' AND instr(body, 'false')")" 0

# ---- the verdict is that of the raw counts ----

signals=0
for key in $keys; do
    there=$(k PRO --json chart "MON/$key" --site MON | tail -n 1)
    here=$(k MON --json chart --data "$top/raw/$key.csv" --type u --rules anhoej --direction down 2> /dev/null | tail -n 1)
    for f in icon since rule; do
        check_equal "$f of $key" "$(field "$there" $f)" "$(field "$here" $f)"
    done
    [ "$(field "$there" icon)" = common-cause ] || signals=$((signals + 1))
done
check_equal 'signals by anhoej, as the raw counts have them' $signals 2
say "by month 94 of 432 are hidden, by quarter 17 of 144; verdicts as of the raw counts: 18, $signals with a signal"

# ---- an attacker who has all that left ----

published() { # what left, release by release, as lines: cells of a period and totals
    sql "$1" "SELECT 'series ' || r.title || char(10) ||
        (SELECT group_concat('cell ' || p.value || ' ' || CASE json_type(r.body, '\$.numerators[' || p.key || ']')
            WHEN 'false' THEN 'hidden' WHEN 'null' THEN 'missing'
            ELSE json_extract(r.body, '\$.numerators[' || p.key || ']') END, char(10)) FROM json_each(r.body, '\$.periods') p)
        || coalesce((SELECT char(10) || group_concat('total ' || json_extract(s.value, '\$.start') || ' ' ||
            json_extract(s.value, '\$.baseline') || ' ' || json_extract(t.value, '\$.numerator'), char(10))
            FROM json_each(r.body, '\$.totals') t JOIN json_each(r.body, '\$.segments') s
            ON s.key = json_extract(t.value, '\$.segment') - 1), '')
        FROM record r JOIN kind k ON k.number = r.kind JOIN log l ON l.number = r.log JOIN member m ON m.site = l.site
        WHERE k.name = 'series' AND m.code = '$2' ORDER BY r.seq"
}
published PRO MON > "$top/published"
check_equal 'series that the attacker has' "$(grep -c '^series' "$top/published")" 18
attack=$("$KITH_BUILD/tests/sys/kith-attack" < "$top/published") || fail "the attacker: $attack"
check_match 'hidden numbers that it looked at' "$attack" '^hidden 94, totals [1-9][0-9]*, narrowed 0$'
# It wins where totals are told plainly: with a month more, the difference is that month.
{
    echo exact
    for n in 12 13; do
        echo series naive
        for m in {01..12}; do echo "cell 2025-$m 10"; done
        [ $n = 12 ] || echo cell 2026-01 hidden
        echo "total 2025-01 $n $((n == 12 ? 108 : 110))"
    done
} > "$top/naive"
check_match 'and it does find what is told' "$("$KITH_BUILD/tests/sys/kith-attack" < "$top/naive")" '^hidden 1, totals 2, narrowed 1$'
say "the attacker: $attack"

# ---- a series that grows ----

# At a site of its own: the others have told these numbers under another key. (So they have ten months of the
# intervention below, which is of one of these hospitals.)
site_new GRO
site_up GRO
site_join MON GRO
wait_for 20 'GRO to be in step' same_heads MON PRO GRO
# Released month by month it comes to where its signals would give away what is hidden: longer periods are proposed.
define GRO growing 'A growing series' | sed 's/anhoej/ptd-0.2/' > "$top/def/growing.md"
k GRO share --release "$top/def/growing.md" > /dev/null || fail 'measure growing'
grow() { # how many months: the answer to sharing them by month
    head -n $(($1 + 1)) "$top/raw/boh-uti.csv" > "$top/growing.csv"
    k GRO data add growing "$top/growing.csv" > /dev/null || fail "month $1"
    k GRO --json data share growing --period month 2> /dev/null
}
for n in {12..20}; do
    answer=$(grow $n)
    k GRO release "$(field "$answer" id)" > "$top/out" 2>&1 || fail "month $n: $(cat "$top/out")"
done
answer=$(grow 21)
check_match 'month 21' "$answer" '"safe":false.*"advice":"to wait until 2016-Q4 is counted whole, then kith data share GRO/growing --period quarter"'
k GRO release "$(field "$answer" id)" > /dev/null 2> "$top/err"
check_equal 'its release' $? 5
check_match 'and what would be safe' "$(cat "$top/err")" 'safe would be to wait until 2016-Q4'
check_match 'with the whole quarter' "$(grow 24)" '"safe":false.*"advice":"kith data share GRO/growing --period quarter"'
answer=$(k GRO --json data share growing --period quarter 2> /dev/null)
check_match 'the quarter beside the months' "$answer" '"fresh":true,"safe":true.*"shown":1,"hidden":0'
k GRO release "$(field "$answer" id)" > "$top/out" 2>&1 || fail "the quarter: $(cat "$top/out")"
k GRO data share growing --period month > /dev/null 2> "$top/err"
check_equal 'never by month again' $? 5
published GRO GRO | awk '/^series/ { on = $2 == "GRO/growing" } on' > "$top/published"
check_equal 'releases of it' "$(grep -c '^series' "$top/published")" 10
check_match 'the attacker with all of them' "$("$KITH_BUILD/tests/sys/kith-attack" < "$top/published")" '^hidden [0-9]+, totals 1, narrowed 0$'

# ---- an intervention ----

define GRO cdi 'C. difficile' | sed 's/anhoej/ptd-0.2/' > "$top/def/cdi.md"
k GRO share --release "$top/def/cdi.md" > /dev/null || fail 'measure cdi'
awk -F, 'NR == 1 { print "period,numerator,denominator"; next } { print substr($1, 1, 7) "," $2 "," $3 }' \
    "$KITH_SHARED/corpus/cdi_intervention_dk.csv" > "$top/cdi.csv"
began=$(awk -F, '$4 == "post" { print substr($1, 1, 7); exit }' "$KITH_SHARED/corpus/cdi_intervention_dk.csv")
k GRO data add cdi "$top/cdi.csv" > /dev/null || fail 'data cdi'
answer=$(k GRO --json data share cdi --baseline 24 --period month) || fail 'share cdi'
check_match 'its signal' "$answer" '"safe":true.*"icon":"improvement"'
k GRO release "$(field "$answer" id)" > /dev/null 2>&1 || fail 'release cdi'
answer=$(k GRO --json data share cdi --rephase "$began" --reason 'Antibiotic policy changed') || fail 'rephase'
check_match 'a shift is under way there' "$answer" '"unshifted":\[\].*"safe":true'
k GRO release "$(field "$answer" id)" > /dev/null 2>&1 || fail 'release of the rephase'
wait_for 20 'the rephase at PRO' eval '[ "$(sql PRO "SELECT json_array_length(body, '"'\$.segments'"') FROM v_series WHERE measure = '"'GRO/cdi'"'")" = 2 ]'
check_match 'with its reason' "$(sql PRO "SELECT body FROM v_series WHERE measure = 'GRO/cdi'")" 'Antibiotic policy changed'
last=$(k PRO --json chart GRO/cdi --site GRO | tail -n 1)
centres=$(grep -o '"segment":[12],"start":"[^"]*","points":[0-9]*,"centre":[0-9.]*' <<< "$last" | sed 's/.*://' | tr '\n' ' ')
check 'two centres, the second lower' awk -v c="$centres" 'BEGIN { split(c, x, " "); exit !(x[2] > 0 && x[2] < x[1]) }'
say "C. difficile before and after $began: centres $centres"

done_with
