#!/bin/bash
# 500 sockets from 127.0.x that trickle (N5): an honest peer of another network connects within 1 s, and all of them
# are gone within 12 s.
. "$(dirname "$0")/lib.sh"

site_new ASH 'Flood'
site_new BRK
site_up ASH
site_up BRK
site_join ASH BRK
wait_for 20 'two sites with the same heads' same_heads ASH BRK
site_down BRK
net=$(sql ASH "SELECT value FROM meta WHERE key = 'network_id'")
key=$("$peer" key "${home[ASH]}")
to=127.0.0.1:${port[ASH]}
"$peer" join "$(k ASH invite HON)" --as honest --code HON > /dev/null || fail 'an honest peer does not join'

start_beside "$top/flood" "$peer" flood "$to" 500 20
flood=$beside
wait_for 10 'the flood' grep -q '^connected' "$top/flood"
slowest=0
for i in 1 2 3 4 5; do
    out=$("$peer" member "$to" --from "127.1.$i.1" --as honest --net "$net" --key "$key" hello wait:900) ||
        fail "an honest peer does not get in: $out"
    ms=$(sed -n 's/^heard HELLO after \([0-9]*\) ms.*/\1/p' <<< "$out")
    [ -n "$ms" ] || fail "an honest peer hears nothing: $out"
    [ "$ms" -le "$slowest" ] || slowest=$ms
done
say "an honest peer, five times during the flood: in after at most $slowest ms"
check_most 'an honest peer in, in ms' "$slowest" 1000
say "resident: $(sed -n 's/^VmRSS:[^0-9]*\(.*\)/\1/p' "/proc/${pid[ASH]}/status")"
out=$(k ASH status --json) || fail "status: $out"

code=0
wait "$flood" || code=$?
say "$(head -n 1 "$top/flood"); $(tail -n 1 "$top/flood")"
check_equal 'all sockets of the flood are gone' $code 0
check_most 'the longest of them, in ms' "$(sed -n 's/.*lasted \([0-9]*\) ms.*/\1/p' "$top/flood")" 12000

site_up BRK
release BRK 'After the flood' > /dev/null
wait_for 10 'an entry after the flood' has_title ASH 'After the flood'
done_with
