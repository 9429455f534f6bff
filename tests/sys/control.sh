#!/bin/bash
# Clients of the control socket that nobody would want (P1, P4): every request is answered or the client is let go,
# limits hold, and the daemon goes on.
. "$(dirname "$0")/lib.sh"

site_new ASH 'Control'
site_up ASH
socket=${home[ASH]}/kithd.sock
ask() { "$peer" control "$socket" "$@"; }
memory() { sed -n 's/^VmRSS:[^0-9]*\([0-9]*\).*/\1/p' "/proc/${pid[ASH]}/status"; }
goes_on() { check "an answer after $1" site_answers ASH; }
check_equal 'mode of the socket' "$(stat -c %a "$socket")" 660

start_beside "$top/half" "$peer" control "$socket" half # let go at the deadline
half=$beside

out=$(ask lengths)
check_equal 'lengths that are refused at once' "$(grep -cE 'after [0-9]{1,3} ms: closed' <<< "$out")" 3
check_equal 'lines about lengths' "$(logged ASH 'control\.frame')" 3
goes_on 'lengths'
out=$(ask garbage) || fail "garbage: $out"
check_equal 'garbage, answered or let go' "$(grep -cE ': (closed|\[)' <<< "$out")" 20
goes_on 'garbage'
for verb in '' nothing SHARE 'status ' "$(printf '%0200d' 1)"; do
    out=$(ask verb "$verb")
    check_match "the verb \"$verb\"" "$out" 'compare the versions'
done
say "$(ask types)"
goes_on 'wrong types'
say "$(ask bodies)"
goes_on 'bodies'
say "$(ask mutants 300)"
goes_on 'mutants'
say "$(ask deaf)"
goes_on 'a client that never reads'
check_equal 'records that came of all that' "$(sql ASH 'SELECT count(*) FROM record')" 0

wait "$half"
ms=$(sed -n 's/.*half after \([0-9]*\) ms: closed.*/\1/p' "$top/half")
say "half a request and silence: let go after $ms ms"
check 'half a request is let go at the deadline' test "${ms:-0}" -ge 9000 -a "${ms:-99999}" -le $((10000 + 2000 * slow))

out=$(ask crowd 200)
say "$out"
kept=$(sed -n 's/.*connected, \([0-9]*\) kept/\1/p' <<< "$out")
check_most 'clients kept of 200' "$kept" 64
goes_on 'a crowd'
ask crowd 3000 > "$top/crowd" &
crowd=$!
others+=("$crowd")
nap 1.5
out=$(k ASH status --json)
check_match 'a person asks while 200 clients hold the socket' "$out" '"running": *true'
k ASH find nothing > /dev/null 2>&1
check_equal 'the replica answers whatever happens to the socket' $? 1
wait "$crowd"
say "$(tail -n 1 "$top/crowd")"

if [ "$(id -u)" = 0 ] && command -v setpriv > /dev/null; then
    out=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$peer" control "$socket" verb status 2>&1)
    check_match 'another user' "$out" 'denied'
    chmod 755 "${home[ASH]}"
    chmod 666 "$socket" # even so, the kernel says who asks
    out=$(setpriv --reuid 65534 --regid 65534 --clear-groups "$peer" control "$socket" verb status 2>&1)
    check_match 'another user, the socket left open' "$out" 'closed'
    check_match 'a line about it' "$(grep 'control\.refused' "${log[ASH]}" | tail -n 1)" '65534'
else
    echo 'skipped sys.control: another user; that needs root and setpriv'
fi
say "resident after all that: $(($(memory) / 1024)) MiB"
[ $slow -ne 1 ] || check_most 'resident in KiB' "$(memory)" 65536
done_with
