#!/bin/bash
# Somebody wrote through this very home, under its keys: what a rotation with --since disowns (SPEC 1.9) stays disowned.
# Neither the text nor the decision comes back under the new keys by itself (SPEC 6.14), not after a start either.
. "$(dirname "$0")/lib.sh"

no_member() { ! member "$@"; }
written() { [ "$(sql "$1" "SELECT count(*) FROM v_record WHERE site = '$2' AND kind = 'lesson'")" = "$3" ]; }

site_new ASH Valley
site_new BRK
site_new EVL
for c in ASH BRK EVL; do site_up "$c"; done
site_join ASH BRK
check_equal 'one' "$(release ASH 'Written by ASH')" ASH-L1
check_equal 'two' "$(release ASH 'Written by an intruder')" ASH-L2
site_join ASH EVL
wait_for 20 'BRK knows whom the intruder admitted' member BRK EVL
wait_for 20 'BRK has what the intruder wrote' has_title BRK 'Written by an intruder'

out=$(k ASH rotate --compromised --since ASH-L2,ASH-C3) || fail "rotate: $out"
check_match 'the text is disowned' "$out" 'ASH-L: 1 entry from ASH-L2 on count no more'
check_match 'so is the decision' "$out" 'ASH-C: 1 entry from ASH-C3 on count no more'
wait_for 20 'BRK does not show the text' no_title BRK 'Written by an intruder'
wait_for 20 'EVL is no member' no_member BRK EVL

check_equal 'nothing was written before this' "$(release ASH 'After the theft')" ASH.2-L1
wait_for 20 'BRK has it' has_title BRK 'After the theft'
site_down ASH
site_up ASH
wait_for 20 'ASH writes again' own_is ASH well
check_equal 'nor after a start' "$(release ASH 'After a start')" ASH.2-L2
wait_for 20 'BRK has that, too' has_title BRK 'After a start'
for c in ASH BRK; do
    check "$c: EVL is no member" no_member "$c" EVL
    check "$c: what ASH wrote, and nothing else" written "$c" ASH 3
done
done_with
