#!/bin/bash
# A country on one machine: every organisation of a public table of attendances at emergency departments becomes a
# site with a home and a daemon of its own, publishes its performance and its breaches as they were published
# already, and is gone again. All of it syncs to one coordinator, where sites are compared and signals are counted.
#
# KITH_SITES=N takes the first N only.
. "$(dirname "$0")/lib.sh"

table=$KITH_SHARED/corpus/nhs_ae_attendances_2016-2019.csv
[ -r "$table" ] || {
    echo "skipped sys.ae_network: there is no \"$table\""
    exit 0
}
workers=${KITH_WORKERS:-3}
link=https://www.england.nhs.uk/statistics/statistical-work-areas/ae-waiting-times-and-activity/
# Those with a department of type 1 first.
sites=$(awk -F, 'NR > 1 { one[$2] += $3 == 1 } END { for (c in one) print one[c] ? 0 : 1, c }' "$table" |
    sort | cut -d' ' -f2 | head -n "${KITH_SITES:-1000}")
all=$(wc -l <<< "$sites")

measure() { # key, name, numerator, direction, rules
    cat << END
---
kind: measure
key: NET/$1
version: 1
name: $2
family: process
numerator: $3
denominator: Attendances at a department of type 1 in the month
per: 100 for per cent
direction: $4
chart: p-prime
period: month
people: yes
rules: $5
---
END
}

# ---- the coordinator ----

site_new NET 'A country'
site_up NET
measure performance 'Seen within four hours' 'Attendances that ended within four hours' up ptd-0.2 > "$top/m1.md"
measure breaches 'Longer than four hours' 'Attendances that took longer than four hours' down mdc-2023 > "$top/m2.md"
k NET share --release "$top/m1.md" "$top/m2.md" > /dev/null || fail 'the measures are not released'

# Its two tables, a row a month; nothing where it has no department of type 1.
data_of() { # code
    awk -F, -v c="$1" -v d="$top/$1" 'BEGIN { OFS = "," } $2 == c && $3 == 1 {
        if (!n++) { print "period,numerator,denominator" > (d ".p"); print "period,numerator,denominator" > (d ".b") }
        print $1, $4 - $5, $4 > (d ".p"); print $1, $5, $4 > (d ".b") }' "$table"
}

# One organisation, from nothing to released, in a process of its own: prints what went wrong, if anything.
one_site() { # code, invite
    local c=$1 h=$top/home-$1 daemon id m
    local run=("$kith" --home "$h")
    "${run[@]}" init --code "$c" --name "Organisation $c" > "$top/$c.out" 2>&1 || return 1
    printf 'listen: []\n' > "$h/config.yaml"
    "$kithd" --home "$h" --foreground > "$top/$c.log" 2>&1 &
    daemon=$!
    for ((i = 0; i < 2000; i++)); do "$peer" control "$h/kithd.sock" verb status > /dev/null 2>&1 && break; sleep 0.01; done
    "${run[@]}" join "$2" >> "$top/$c.out" 2>&1 &&
        "${run[@]}" sync --wait 30 >> "$top/$c.out" 2>&1 && publish_all &&
        "${run[@]}" sync --wait 30 >> "$top/$c.out" 2>&1
    local code=$?
    kill "$daemon"
    wait "$daemon" || code=1
    [ "$code" = 0 ] && rm -rf "$h"
    return $code
}
publish_all() {
    data_of "$c"
    [ -e "$top/$c.p" ] || return 0
    for m in performance breaches; do
        "${run[@]}" data add "NET/$m" "$top/$c.${m:0:1}" >> "$top/$c.out" 2>&1 || return 1
        id=$("${run[@]}" --json data share "NET/$m" --policy already-public/1 --link "$link" 2>> "$top/$c.out" |
            sed -n 's/.*"id": *"\(here-[0-9]*\)".*/\1/p')
        "${run[@]}" release "$id" >> "$top/$c.out" 2>&1 || return 1
    done
}

worker() { # which
    local line n=0
    while read -r code line; do
        [ $((n++ % workers)) != "$1" ] || one_site "$code" "$line" || echo "$code" >> "$top/failed"
    done < "$top/invites"
}

began=$(now_ms)
for c in $sites; do echo "$c $(k NET invite "$c")"; done > "$top/invites"
helpers=()
for ((w = 0; w < workers; w++)); do
    worker "$w" &
    helpers+=("$!")
    others+=("$!")
done
for w in "${helpers[@]}"; do wait "$w"; done
if [ -s "$top/failed" ]; then
    c=$(head -n 1 "$top/failed")
    tail -n 5 "$top/$c.out" "$top/$c.log"
    fail "$(wc -l < "$top/failed") organisations did not publish, the first is $c"
fi
say "$all organisations joined and published in $((($(now_ms) - began) / 1000)) s"

# ---- what the coordinator sees ----

check_equal 'members' "$(sql NET "SELECT count(*) FROM v_member")" $((all + 1))
check_equal 'refused' "$(sql NET "SELECT count(*) FROM gone WHERE state = 2")" 0
last=$(k NET --json compare NET/breaches --period 2018-04 | tail -n 1) || fail 'breaches are not compared'
k NET compare NET/breaches --period 2018-04 | sed -n '1,6p'
value() { sed -n "s/.*\"$1\": *\([^,}]*\).*/\1/p" <<< "$2"; }
say "April 2018: $(value sites "$last") sites, target $(value target "$last"), phi $(value phi "$last"), tau2 $(value tau2 "$last"), outside 99.8 % unadjusted $(value outside_998 "$last"), adjusted $(value outside_998_adjusted "$last")"
for m in performance breaches; do
    say "signals of $m: $(k NET --json show --signals "NET/$m" | tail -n 1)"
done
k NET compare NET/breaches --period 2018-04 --svg "$top/funnel.svg" > /dev/null || fail 'no funnel'
check_match 'the title of the funnel' "$(grep -o '<title.*</title>' "$top/funnel.svg")" 'Longer than four hours, 2018-04'

# Icons over the series that are complete, by rule set; which rule set a series was marked under, it says itself.
icons() { # measure
    sql NET "SELECT count(*) || ' series under ' || rules || ': ' || sum(icon = 'improvement') || ' improvement, ' ||
        sum(icon = 'concern') || ' concern, ' || sum(icon = 'common-cause') || ' no signal'
        FROM (SELECT json_extract(body, '\$.icon') AS icon, json_extract(body, '\$.rules') AS rules FROM v_series
        WHERE measure = 'NET/$1' AND 36 = (SELECT count(*)
        FROM json_each(body, '\$.numerators') WHERE type IN ('integer', 'real'))) GROUP BY rules"
}
for m in performance breaches; do say "$(icons $m)"; done
if [ -z "${KITH_SITES:-}" ]; then
    check_match 'sites compared' "$last" '"sites": *137,'
    check_match 'target' "$last" '"target": *0\.177306|"target": *0\.177307'
    check_match 'phi' "$last" '"phi": *351\.38'
    check_match 'tau2' "$last" '"tau2": *0\.0097138'
    check_match 'outside' "$last" '"outside_998": *111,'
    check_match 'outside, adjusted' "$last" '"outside_998_adjusted": *1,'
    check_match 'complete series' "$(icons performance)" '^130 series under ptd-0.2'
    check_match 'complete series' "$(icons breaches)" '^130 series under mdc-2023'
fi
done_with
