#!/bin/bash
# SIGKILL at any time loses nothing that was acknowledged and forks nothing (S1; I1 to I3). Three sites write and sync
# without a pause; 20 times (KITH_KILLS) one of them is killed at a moment that nobody chose, and started again.
# KITH_SEED repeats the choices, though not the machine's own timing.
. "$(dirname "$0")/lib.sh"

kills=${KITH_KILLS:-20}
seed=${KITH_SEED:-$$}
RANDOM=$seed
say "seed $seed, $kills kills"
sites=(ASH BRK COL)
site_new ASH 'Killed often'
site_new BRK
site_new COL
for c in "${sites[@]}"; do site_up "$c"; done
site_join ASH BRK
site_join ASH COL
wait_for 20 'three sites with the same heads' same_heads "${sites[@]}"

cat > "$top/map.yaml" << 'END'
kind: lesson
title: heading
happened: text
learned: text
result: {constant: worked}
confidence: {constant: several-events}
setting: {constant: acute-ward}
END

# Writes until told to stop: single records, and tables of rows. What kith prints as done goes into the list of what
# was promised: one id and title a line, or, for a table, its first and last id and how many rows were taken.
writer() { # code
    local c=$1 n=0 i id out
    while [ ! -e "$top/stop" ]; do
        n=$((n + 1))
        if [ $((n % 3)) -ne 0 ]; then
            id=$(release "$c" "$c single $n" 2>> "$top/$c.errors") && [ -n "$id" ] && echo "one $c $id $c single $n"
        else
            { echo 'heading,text'; for i in $(seq 1 150); do echo "$c table $n row $i,Row $i of a table of $c."; done; } \
                > "$top/$c.csv"
            out=$(k "$c" --json import "$top/$c.csv" --kind lesson --map "$top/map.yaml" --release 2>> "$top/$c.errors") &&
                echo "table $c $n $(sed -n 's/.*"taken": *\([0-9]*\).*/\1/p' <<< "$out")"
        fi
        nap 0.05
    done
}
for c in "${sites[@]}"; do start_beside "$top/$c.promised" writer "$c"; done

slowest=0
for i in $(seq 1 "$kills"); do
    nap "0.$((RANDOM % 5))$((RANDOM % 10))"
    c=${sites[RANDOM % 3]}
    site_kill "$c"
    [ $((RANDOM % 3)) -ne 0 ] || nap "0.$((RANDOM % 4))"
    site_up "$c"
    [ "$ready_ms" -le "$slowest" ] || slowest=$ready_ms
done
say "slowest restart: ready after $slowest ms"
touch "$top/stop"
for p in "${others[@]}"; do wait "$p"; done
others=()
check_most 'ready after a kill, in ms' "$slowest" $((1000 * slow))

wait_for 60 'all three with the same heads' same_heads "${sites[@]}"
wait_for 30 'all of it searchable' projected "${sites[@]}"
cat "$top"/*.promised > "$top/promised"
singles=$(grep -c '^one' "$top/promised")
tables=$(grep -c '^table' "$top/promised")
say "promised: $singles single records, $tables tables of 150 rows"
check 'something was promised' test "$singles" -gt 10
for c in "${sites[@]}"; do
    sql "$c" "SELECT id || ' ' || title FROM v_record WHERE NOT here ORDER BY 1" > "$top/$c.held"
    sed -n 's/^one [A-Z]* //p' "$top/promised" | sort > "$top/want"
    missing=$(sort "$top/$c.held" | comm -13 - "$top/want")
    check_equal "promised records that $c lacks" "$missing" ''
    while read -r _ site n taken; do
        have=$(grep -c "^$site-L[0-9]* $site table $n row" "$top/$c.held")
        check_equal "rows of table $n of $site at $c" "$have" "$taken"
    done < <(grep '^table' "$top/promised")
    check_equal "records of $c that are there twice" "$(cut -d' ' -f2- "$top/$c.held" | sort | uniq -d)" ''
    out=$(k "$c" verify --full) || fail "verify --full of $c: $out"
    say "$c: $out"
    check_equal "fork proofs at $c" "$(sql "$c" 'SELECT count(*) FROM proof')" 0
    check_equal "suspicions of a fork at $c" "$(logged "$c" 'another branch|another entry is claimed')" 0
done
all_down
for c in "${sites[@]}"; do
    check_equal "integrity of $c" "$(sql "$c" 'PRAGMA integrity_check')" ok
    check_equal "integrity of $c, private" "$(sqlite3 -readonly "${home[$c]}/private.db" 'PRAGMA integrity_check')" ok
done
done_with
