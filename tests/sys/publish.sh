#!/bin/bash
# Publishing: raw counts are added, a series of them is put into the outbox, looked at, refused where it would tell too
# much, released, and drawn at another site. The raw numbers are in no file of the second home and in none of the first
# that others may read. What a policy cannot have produced is refused by whoever receives it.
. "$(dirname "$0")/lib.sh"

site_new ASH 'Figures'
site_new BRK
for c in ASH BRK; do site_up $c; done
site_join ASH BRK

measure() { # key, name, further lines…
    printf -- '---\nkind: measure\nkey: %s\nversion: 1\nname: %s\nfamily: outcome\nnumerator: cases\n' "$1" "$2"
    printf 'direction: down\nperiod: month\npeople: yes\n'
    printf '%s\n' "${@:3}" ---
}
field() { sed -n "s/.*\"$2\": *\"\{0,1\}\([^\",}]*\).*/\1/p" <<< "$1" | tail -n 1; } # a JSON line, key
# MEASURE, options…: the answer as JSON
share() { k ASH --json data share "$@" 2> "$top/err"; }
offer() { field "$(share "$@")" id; }
months() { # from year, how many, then a number for each: rows without a denominator
    local y=$1 i=0 x
    echo period,numerator
    for x in "${@:2}"; do
        printf '%d-%02d,%d\n' $((y + i / 12)) $((i % 12 + 1)) "$x"
        i=$((i + 1))
    done
}

measure ASH/falls 'Falls' 'chart: c' 'denominator: none' 'per: 1' > "$top/falls.md"
measure ASH/infections 'Infections' 'chart: u' 'denominator: bed-days' 'per: 1,000 bed-days' > "$top/infections.md"
k ASH share --release "$top/falls.md" "$top/infections.md" > /dev/null || fail 'measures'

# ---- the finest period without a hidden number is proposed ----

# denominators that stand nowhere else, to be searched for later
{
    echo period,numerator,denominator
    n=(23 31 27 22 35 28 24 33 26 29 21 34 25 30 3 27 32 24 29 26 31 23 28 33)
    for i in {0..23}; do printf '%d-%02d,%d,%d\n' $((2024 + i / 12)) $((i % 12 + 1)) "${n[i]}" $((40713 + 977 * i)); done
} > "$top/infections.csv"
k ASH data add infections "$top/infections.csv" > /dev/null || fail 'data add'
answer=$(share infections)
check_equal 'the period that is proposed' "$(field "$answer" period)" quarter
check_match 'what each period would hide' "$answer" '"tried":\[\{"period":"month","cells":24,"hidden":1\},\{"period":"quarter","cells":8,"hidden":0\}\]'
check_match 'it is safe' "$answer" '"safe":true'
check_match 'what a first release settles is said' "$(cat "$top/err")" 'never released by a shorter period: look at --period month'
id=$(field "$answer" id)
check_equal 'no figure in the replica yet' "$(sql ASH "SELECT count(*) FROM draft d JOIN v_record r ON r.number = -d.number
    WHERE r.kind = 'series' AND (r.body LIKE '%20%-Q%' OR r.body LIKE '%icon%' OR length(d.body) > 200)")" 0

# ---- by month, with one hidden number ----

months=$(share infections --period month)
check_equal 'what waited gives way' "$(field "$months" instead_of)" "$id"
id=$(field "$months" id)
shown=$(k ASH --json outbox show "$id")
check_match 'before, after, and what can be told' "$(grep '"2025-03"' <<< "$shown")" \
    '"counted": *3\.0,.*"state": *"hidden".*"least": *1,.*"most": *7,.*"whole": *true'
check_match 'a number as it leaves' "$(grep '"2024-01"' <<< "$shown")" '"counted": *23\.0,.*"told": *25\.0'
check_match 'and as a table' "$(KITH_PLAIN=0 k ASH outbox show "$id")" '2025-03 +3 / 54391 +hidden +1 to 7 +a small'
k ASH release "$id" > "$top/out" 2>&1 || fail "release: $(cat "$top/out")"
record=$(grep -oE 'ASH-M[0-9]+' "$top/out")
wait_for 20 'the series at BRK' eval '[ -n "$(sql BRK "SELECT 1 FROM v_series WHERE id = '"'$record'"'")" ]'
check_match 'it is listed there' "$(k BRK --json list series)" '"measure": *"ASH/infections"'
chart=$(k BRK --json chart ASH/infections --site ASH)
check_match 'and drawn, the hidden one as a gap' "$(grep '"2025-03"' <<< "$chart")" '"value": *null'
raw=$(k ASH --json chart --data "$top/infections.csv" --type u --direction down 2> /dev/null)
for key in icon since rule; do
    check_equal "$key there and of the raw counts" "$(field "$(tail -n 1 <<< "$chart")" $key)" "$(field "$(tail -n 1 <<< "$raw")" $key)"
done

# ---- more data, an exclusion and a rephase ----

check_equal 'reasons are asked for' "$(share infections --exclude 2024-03 > /dev/null; echo $?)" 2
check_equal 'no such period' "$(share infections --exclude 2031-03 --reason x > /dev/null; echo $?)" 2
{ cat "$top/infections.csv"; for m in 1 2 3; do printf '2026-%02d,%d,%d\n' $m $((20 + 3 * m)) $((40127 + m)); done; } > "$top/more.csv"
k ASH data add infections "$top/more.csv" > /dev/null || fail 'more data'
id=$(offer infections --exclude 2024-02 --reason 'Counted twice in the move')
[ -n "$id" ] || fail "a second series: $(cat "$top/err")"
k ASH release "$id" > "$top/out" 2>&1 || fail "second release: $(cat "$top/out")"
second=$(grep -oE 'ASH-M[0-9]+' "$top/out")
wait_for 20 'the second at BRK' eval '[ -n "$(sql BRK "SELECT 1 FROM v_series WHERE id = '"'$second'"'")" ]'
check_equal 'it takes the place of the first' "$(sql BRK "SELECT count(*) FROM v_series WHERE measure = 'ASH/infections'")" 1
body=$(sql BRK "SELECT body FROM v_series WHERE measure = 'ASH/infections'")
check_match 'with the reason' "$body" 'Counted twice in the move'
# Who approves reads the words that leave, too.
id=$(offer infections --note '2025-06 New floor on the ward')
shown=$(k ASH outbox show "$id")
check_match 'a note' "$shown" 'Note at 2025-06: New floor on the ward'
check_match 'a point that was left out, and why' "$shown" 'Left out of the limits: 2024-02: Counted twice in the move'
check_match 'what is new in it' "$shown" 'Not told before: 0 of 27'
check_match 'who would read it' "$shown" 'All sites of Figures would read it, for good \(2 now\)'
k ASH outbox drop "$id" > /dev/null
id=$(offer infections --note '2025-06 Asked for by Mr Harold Crane')
k ASH release "$id" > /dev/null 2> "$top/err"
check_equal 'a name in a note' $? 5
check_match 'how it is changed' "$(cat "$top/err")" 'held: a person.s name .*: change it and share it anew, or'
k ASH outbox drop "$id" > /dev/null
# With and without the hidden point would be the point.
answer=$(share infections --exclude 2025-03 --reason 'Another definition that month')
check_match 'no total with and without a hidden number' "$answer" '"told":null,"told_of":null,"ranges":null,"why":"too near'
k ASH outbox drop "$(field "$answer" id)" > /dev/null

# ---- what would tell too much is refused ----

# A unit's counts beside those of the site would tell the rest.
k ASH unit add wray --label 'Wray Ward' --open > /dev/null || fail unit
k ASH data add infections "$top/infections.csv" --unit wray > /dev/null || fail 'data of a unit'
share infections --unit wray > /dev/null
check_equal 'counts of site and unit' $? 5
check_match 'and what can be done' "$(cat "$top/err")" 'signal-only/1'
id=$(offer infections --unit wray --policy signal-only/1)
k ASH release "$id" > "$top/out" 2>&1 || fail "signal only: $(cat "$top/out")"
check_match 'only the verdict' "$(k ASH --json show "$(grep -oE 'ASH-M[0-9]+' "$top/out")")" '"icon"'
k ASH unit close wray > /dev/null
share infections --unit wray --policy signal-only/1 > /dev/null
check_equal 'a closed unit' $? 5

# Another key hides nothing: with and without one month more would be that month.
measure ASH/infected 'Infected' 'chart: c' 'denominator: none' 'per: 1' > "$top/infected.md"
k ASH share --release "$top/infected.md" > /dev/null || fail 'another key'
cut -d, -f1,2 "$top/more.csv" > "$top/again.csv"
k ASH data add infected "$top/again.csv" > /dev/null || fail 'the same numbers'
k ASH data share infected --period month --baseline 13 > "$top/out" 2>&1
check_match 'the same numbers under another key' "$(cat "$top/out")" 'same numbers left before as ASH/infections'
check_match 'none is told again' "$(cat "$top/out")" 'nothing is left that may be told'
id=$(grep -oE '^here-[0-9]+' "$top/out")
k ASH release "$id" > /dev/null 2>&1
check_equal 'their release' $? 5
k ASH outbox drop "$id" > /dev/null

# Once a part, always a part: an edit of the definition does not make 12 less 3 a secret again.
measure ASH/most 'Most of them' 'chart: c' 'denominator: none' 'per: 1' 'part-of: ASH/whole' > "$top/most.md"
measure ASH/most 'Most of them' 'chart: c' 'denominator: none' 'per: 1' > "$top/edited.md"
measure ASH/whole 'All of them' 'chart: c' 'denominator: none' 'per: 1' > "$top/whole.md"
k ASH share --release "$top/whole.md" "$top/most.md" > /dev/null || fail 'a whole and its part'
months 2023 $(for i in {1..14}; do echo $((20 + i)); done) > "$top/whole.csv"
months 2023 $(for i in {1..14}; do echo $((17 + i)); done) > "$top/most.csv"
k ASH data add whole "$top/whole.csv" > /dev/null && k ASH data add most "$top/most.csv" > /dev/null || fail 'their data'
k ASH release "$(offer whole --period month)" > "$top/out" 2>&1 || fail "the whole: $(cat "$top/out")"
part=$(k ASH --json list measures | grep 'Most of them' | sed 's/.*"id": *"\([^"]*\)".*/\1/')
k ASH edit "$part" --file "$top/edited.md" > "$top/out" 2>&1 || fail "edit: $(cat "$top/out")"
k ASH release "$(grep -oE 'here-[0-9]+' "$top/out" | head -n 1)" > /dev/null || fail 'the edited definition'
answer=$(share most --period month)
check_match 'it is no part any more, and nothing of it is told' "$answer" '"safe":false.*"shown":0,"hidden":0'
k ASH outbox drop "$(field "$answer" id)" > /dev/null

# What is public already may leave beside hidden numbers, but not unsaid.
id=$(offer infections --policy already-public --link https://example.org/infections --period month)
check_match 'exact figures beside hidden ones' "$(k ASH outbox show "$id")" 'Hidden counts of these days are out'
k ASH outbox drop "$id" > /dev/null

# Policies: known, with a link where the figures are public.
share infections --policy no-such/1 > /dev/null
check_equal 'an unknown policy' $? 2
k ASH data share falls > /dev/null 2>&1
check_equal 'nothing was counted' $? 1
months 2023 $(for i in {1..24}; do echo $((12 + i * 5 % 7)); done) > "$top/falls.csv"
k ASH data add falls "$top/falls.csv" > /dev/null || fail falls
share falls --policy already-public > /dev/null
check_equal 'public without a link' $? 2
answer=$(share falls --policy already-public --link https://example.org/falls)
check_equal 'public with a link' $? 0
check_equal 'a policy without a version is its newest' "$(field "$answer" policy)" already-public/1
check_match 'a baseline without a rephase' "$(share falls --policy hes-2018/1 --period month --baseline 12)" '"baseline":12,'

# The stricter of network and site.
site_down ASH
echo 'policies: ["signal-only/1"]' >> "${home[ASH]}/config.yaml"
site_up ASH
check_equal 'the default of this site' "$(field "$(share falls)" policy)" signal-only/1
share falls --policy hes-2018/1 > /dev/null
check_equal 'a policy that the network allows and the site does not' $? 5
check_match 'and which are' "$(cat "$top/err")" 'this site does not allow it; allowed here: signal-only/1'
site_down ASH
sed -i '/^policies/d' "${home[ASH]}/config.yaml"
site_up ASH

# ---- single events: their number and the verdict, no date ----

measure ASH/gaps 'Days between' 'chart: t' 'denominator: none' 'per: 1' | sed 's/period: month/period: event/' > "$top/gaps.md"
k ASH share --release "$top/gaps.md" > /dev/null || fail 'measure of events'
{ echo period,value && for i in {1..23}; do printf '2025-%02d-%02d,%d\n' $(((i + 1) / 2)) $((i % 2 ? 3 : 19)) $((5 + i * i % 13)); done; } > "$top/gaps.csv"
k ASH data add gaps "$top/gaps.csv" > /dev/null || fail 'data of events'
id=$(offer gaps)
check_match 'events in the outbox' "$(k ASH --json outbox show "$id")" '"events": *\{"counted": *23,"told": *25\}'
k ASH edit "$id" --file "$top/edited.md" > /dev/null 2>&1
check_equal 'figures are not edited' $? 5
k ASH release "$id" > "$top/out" 2>&1 || fail "release of events: $(cat "$top/out")"
id=$(grep -oE 'ASH-M[0-9]+' "$top/out")
check_equal 'what left of them' "$(sql ASH "SELECT json_extract(body, '\$.events') || ' ' || instr(body, '2025-0') FROM v_series WHERE id = '$id'")" '25 0'

# ---- its measure goes first ----

measure ASH/steps 'Steps' 'chart: c' 'denominator: none' 'per: 1' > "$top/steps.md"
k ASH share "$top/steps.md" > /dev/null || fail 'measure steps'
k ASH data add steps "$top/falls.csv" > /dev/null || fail 'data steps'
first=$(k ASH --json list measures --here | sed -n 's/.*"id": *"\(here-[0-9]*\)".*/\1/p')
id=$(offer steps --period month)
check_match 'it is said when it is shared' "$(cat "$top/err")" "kith release $first goes first"
k ASH release "$id" > /dev/null 2> "$top/err"
check_equal 'a series whose measure is not out' $? 5
check_match 'and what goes first' "$(cat "$top/err")" "measure \"ASH/steps\" is released as it is now: kith release $first first"
k ASH release "$first" "$id" > "$top/out" 2>&1 || fail "both at once: $(cat "$top/out")"
check_match 'in this order' "$(grep -oE 'ASH-M[0-9]+' "$top/out" | tr '\n' ' ')" '^ASH-M[0-9]+ ASH-M[0-9]+ $'

# ---- a record that nobody counted ----

cat > "$top/hand.yaml" << 'END'
kind: series
measure: ASH/falls
version: 1
chart: c
rules: ptd-0.2
policy: hes-2018/1
period: month
icon: common-cause
periods: [2024-01, 2024-02]
numerators: [10, 15]
END
hand=$(k ASH --json share "$top/hand.yaml" | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p')
k ASH release "$hand" > /dev/null 2> "$top/err"
check_equal 'a series without raw counts' $? 5
check_match 'and where they belong' "$(cat "$top/err")" 'kith data share'
sed 's/15\]/12]/' "$top/hand.yaml" > "$top/wrong.yaml"
k ASH share "$top/wrong.yaml" > /dev/null 2> "$top/err"
check_equal 'what the policy cannot produce' $? 6
k ASH outbox drop "$hand" > /dev/null

# ---- what no policy can have produced is refused by whoever receives it ----

to=127.0.0.1:${port[BRK]}
net=$(sql BRK "SELECT value FROM meta WHERE key = 'network_id'")
key=$("$peer" key "${home[BRK]}")
"$peer" join "$(k ASH invite LIE)" --as liar --code LIE > "$top/said" || fail "a program does not join: $(cat "$top/said")"
wait_for 20 'the liar at BRK' eval '[ "$(sql BRK "SELECT count(*) FROM v_member WHERE code = '"'LIE'"'")" = 1 ]'
"$peer" member "$to" --as liar --net "$net" --key "$key" hello cert figures:LIE/waits wait:300 > /dev/null
refusals() { [ "$(sql "$1" "SELECT count(*) FROM v_refused WHERE site = 'LIE'")" = 5 ]; }
for c in BRK ASH; do
    wait_for 20 "five refusals at $c" refusals $c
    check_equal "the headers are kept at $c" "$(sql $c "SELECT last FROM v_log WHERE site = 'LIE' AND stream = 2")" 7
    check_equal "what is shown at $c" "$(sql $c "SELECT group_concat(id) FROM v_series WHERE site = 'LIE'")" 'LIE-M6,LIE-M7'
    check_equal "rules at $c" "$(sql $c "SELECT group_concat(substr(rule, 1, instr(rule, ':') - 1)) FROM
        (SELECT rule FROM v_refused WHERE site = 'LIE' ORDER BY id)")" 'policy-value,policy-value,x-above-n,period-order,policy-value'
done
check_match 'it is named in the status' "$(k BRK status)" 'Refused: LIE-M1: policy-value: numerators 1: "12"'
check_match 'and for machines' "$(k BRK --json status)" '"refused": *5.*"refused_first": *\[\{"id": *"LIE-M1"'

# ---- who is no member any more is marked beside the others ----

sed -e 's,^policy:.*,policy: already-public/1,' -e '$a links: [https://example.org/brk]' "$top/hand.yaml" > "$top/brk.yaml"
k BRK share --release "$top/brk.yaml" > "$top/out" 2>&1 || fail "a public series: $(cat "$top/out")"
id=$(grep -oE 'BRK-M[0-9]+' "$top/out" | head -n 1)
wait_for 20 'it at ASH' eval '[ -n "$(sql ASH "SELECT 1 FROM v_series WHERE id = '"'$id'"'")" ]'
check_equal 'nobody is marked' "$(k ASH compare ASH/falls --period 2024-02 | grep -c 'No members')" 0
k ASH revoke BRK --reason ended > /dev/null || fail 'revoke'
check_match 'a site that went' "$(k ASH compare ASH/falls --period 2024-02)" 'No members any more: BRK \(revoked\)'
check_match 'for machines' "$(k ASH --json compare ASH/falls --period 2024-02 | grep '"BRK"')" '"gone": *"revoked"'

# ---- nothing of the raw counts anywhere else ----

for i in 3 14 20; do
    n=$((40713 + 977 * i)) alone="(?<![0-9A-Za-z:])$n(?![0-9A-Za-z])" # no port, and no part of a key
    check_equal "denominator $n at BRK" "$(LC_ALL=C grep -rlaP "$alone" "${home[BRK]}" | wc -l)" 0
    check_equal "denominator $n where others may read" "$(LC_ALL=C grep -laP "$alone" "${home[ASH]}"/{replica.db*,config.yaml} "${log[ASH]}" | wc -l)" 0
done
check_equal 'private.db is nobody else'"'"'s' "$(stat -c %a "${home[ASH]}/private.db")" 600

done_with
