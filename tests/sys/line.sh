#!/bin/bash
# Three sites in a line, A–B–C, where A and C are never linked (I3, I5): what each writes arrives at all; a site that
# was away catches up; two that wrote while apart converge; a re-sync with nothing new costs under 1 KiB on the wire,
# handshake and goodbye included, whatever there is.
. "$(dirname "$0")/lib.sh"

site_new ASH 'In a line'
site_new BRK
site_new COL
relay_port=$(ports 1)
start_beside "$top/relay" "$peer" relay "$relay_port" "127.0.0.1:${port[ASH]}"
relay=$beside
site_config ASH listed
site_config BRK listed "ASH=127.0.0.1:$relay_port"
# Nobody can dial a site whose certificate it never saw: the first certificates come from where COL joins.
site_config COL listed "ASH=127.0.0.1:${port[ASH]}"
for c in ASH BRK COL; do site_up "$c"; done
site_join ASH BRK
site_join ASH COL
wait_for 20 'three sites with the same heads' same_heads ASH BRK COL
site_down COL
site_config COL listed "BRK=127.0.0.1:${port[BRK]}"
site_up COL
wait_for 20 'COL linked with BRK' in_step COL BRK
before=$(logged ASH 'peer\.up site=COL')

began=$(now_ms)
release ASH 'From one end' > /dev/null
wait_for 10 'from A through B to C' has_title COL 'From one end'
say "from A through B to C: searchable after $(($(now_ms) - began)) ms, kith included"
release COL 'From the other end' > /dev/null
wait_for 10 'from C through B to A' has_title ASH 'From the other end'

site_down COL
for i in 1 2 3 4 5; do release ASH "While C was away $i" > /dev/null; done
release BRK 'B, while C was away' > /dev/null
site_up COL
wait_for 20 'C catches up' same_heads ASH BRK COL
check 'C has what it missed' has_title COL 'While C was away 5'

site_down BRK
release ASH 'A, while apart' > /dev/null
release COL 'C, while apart' > /dev/null
check 'apart is apart' test "$(heads ASH)" != "$(heads COL)"
site_up BRK
wait_for 60 'both ends converge' same_heads ASH BRK COL
check 'A has it' has_title ASH 'C, while apart'
check 'C has it' has_title COL 'A, while apart'
check_equal 'links between A and C since' "$(logged ASH 'peer\.up site=COL')" "$before"

# One link with nothing to say, from the first byte to the goodbye.
resync() { # what
    local count links
    wait_for 20 'the same heads' same_heads ASH BRK
    site_down BRK
    links=$(grep -c '^link' "$top/relay")
    site_up BRK
    wait_for 20 'in step again' in_step BRK ASH
    nap 0.3
    site_down BRK
    wait_for 5 'the count of the relay' test "$(grep -c '^link' "$top/relay")" -gt "$links"
    line=$(tail -n 1 "$top/relay")
    count=$(sed 's/.*sum \([0-9]*\).*/\1/' <<< "$line")
    say "a re-sync with nothing new, $1: $count bytes on the wire in all ($line)"
    check_most 'bytes of a re-sync' "$count" 1023
    site_up BRK
    wait_for 20 'in step' in_step BRK ASH
}
resync 'a dozen entries'
for i in $(seq 1 8); do
    mkdir -p "$top/many"
    for j in $(seq 1 25); do lesson "Entry $i of $j" > "$top/many/$i-$j.md"; done
done
k ASH share --release "$top"/many/*.md > /dev/null || fail 'two hundred lessons'
wait_for 30 'two hundred more' same_heads ASH BRK COL
wait_for 10 'all of it searchable' projected ASH BRK COL
for c in ASH COL; do
    check_equal "different titles at $c of 200 released at once" \
        "$(sql "$c" "SELECT count(DISTINCT title) FROM v_record WHERE title LIKE 'Entry %'")" 200
done
resync '200 entries more'

# Whoever asks for a comparison again and again costs the other sites ten a second, not one for each time.
links=$(grep -c '^link' "$top/relay")
began=$(now_ms)
for i in $(seq 1 60); do "$peer" control "${home[BRK]}/kithd.sock" verb sync > /dev/null || fail 'sync is not answered'; done
k BRK sync --wait 20 > /dev/null || fail 'one that waits among them'
took=$(($(now_ms) - began))
site_down BRK
wait_for 5 'the count of the relay' test "$(grep -c '^link' "$top/relay")" -gt "$links"
count=$(tail -n 1 "$top/relay" | sed 's/.*sum \([0-9]*\).*/\1/')
say "sixty times sync in $took ms: $count bytes on the wire"
check_most 'bytes for sixty comparisons' "$count" $((1023 + (took / 100 + 3) * 400))
stop_beside "$relay"
done_with
