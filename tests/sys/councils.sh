#!/bin/bash
# Two complete councils, each signed by two of three coordinators while they were apart: the same one counts at every
# site, all say loudly that there are two, and a further council that they agree on ends it (I5).
. "$(dirname "$0")/lib.sh"

site_new ASH Contested
site_new BRK
site_new COL
for c in ASH BRK COL; do site_up "$c"; done
for c in BRK COL; do
    site_join ASH $c
    wait_for 10 "$c in step with ASH" in_step $c ASH
done
in_force() { [ "$(sql "$1" "SELECT max(g) FROM v_council WHERE state = 'in force'")" = "$2" ]; }
number_of() { sql "$1" "SELECT number FROM v_waiting WHERE what LIKE '$2'"; }
waits_for() { [ -n "$(number_of "$1" "$2")" ]; }
says_two() { k "$1" status | grep -q 'ATTENTION: two councils compete'; }
one_only() { ! k "$1" status | grep -q 'ATTENTION'; }
council() { sql "$1" "SELECT id FROM v_council WHERE state = 'in force'"; }

k ASH coordinator add BRK > /dev/null || fail 'BRK is not added'
wait_for 5 'BRK knows' in_force BRK 1
k ASH coordinator add COL > /dev/null || fail 'COL is not added'
for c in BRK COL; do wait_for 5 "$c is in council 2" in_force $c 2; done

# BRK proposes; COL has it before it is alone, and completes it there.
k BRK policy set receipt-interval 2d > /dev/null || fail 'BRK proposes nothing'
wait_for 5 'COL has the proposal' waits_for COL 'receipt-interval is 2d%'
site_down ASH
site_down BRK
k COL endorse "$(number_of COL 'receipt-interval is 2d%')" > "$top/out" || fail 'COL does not endorse'
check_match 'two of three are enough' "$(cat "$top/out")" 'Council 3 is in force: receipt-interval is 2d'
check 'one council so far' one_only COL
site_down COL

# Meanwhile ASH proposes something else, and BRK agrees to that too.
site_up ASH
site_up BRK
wait_for 15 'ASH and BRK are linked' in_step ASH BRK
k ASH policy set release two > /dev/null || fail 'ASH proposes nothing'
wait_for 5 'BRK has it' waits_for BRK 'release is two%'
k BRK endorse "$(number_of BRK 'release is two%')" > "$top/out" || fail 'BRK does not endorse'
check_match 'complete here as well' "$(cat "$top/out")" 'Council 3 is in force: release is two'
check 'one council so far' one_only ASH

site_up COL
for c in ASH BRK COL; do wait_for 15 "$c says that there are two" says_two $c; done
check_equal 'one and the same counts at ASH and BRK' "$(council ASH)" "$(council BRK)"
check_equal 'and at COL' "$(council ASH)" "$(council COL)"
check_match 'the members say so too' "$(k COL members)" 'ATTENTION: two councils compete'
check_match 'and machines are told' "$(k COL status --json)" '"contested": *"two councils compete'
check_match 'it is in the log' "$(cat "${log[BRK]}")" 'warn +network.news event=contested'
check_match 'and in the history' "$(k BRK members --history)" 'passed over'

# They agree on a further one.
k ASH policy set daily-quota 32MiB > /dev/null || fail 'ASH proposes nothing'
wait_for 5 'COL has it' waits_for COL 'daily-quota is 32MiB%'
k COL endorse "$(number_of COL 'daily-quota is 32MiB%')" > /dev/null || fail 'COL does not endorse'
for c in ASH BRK COL; do
    wait_for 5 "$c is in council 4" in_force $c 4
    wait_for 5 "$c has one council again" one_only $c
done

# Of many proposals that nobody signs the newest stay, in the roster and on the disk.
for i in 1 2 3 4 5 6 7; do k BRK policy set erase-after ${i}h > /dev/null || fail "proposal $i"; done
same_on_disk() { [ "$(sql "$1" 'SELECT count(*) FROM council WHERE g > 0')" = "$(sql "$1" 'SELECT count(*) FROM v_council WHERE g > 0')" ]; }
few() { [ "$(sql "$1" "SELECT count(*) FROM v_waiting WHERE what LIKE 'erase-after%'")" = 4 ]; }
for c in ASH BRK COL; do
    wait_for 5 "$c keeps four proposals" few $c
    wait_for 5 "as many at $c on the disk" same_on_disk $c
done
k ASH endorse "$(sql ASH "SELECT number FROM v_waiting WHERE what LIKE 'erase-after is 7h%'")" > "$top/out" ||
    fail 'ASH does not endorse the last'
check_match 'the last is complete' "$(cat "$top/out")" 'Council 5 is in force: erase-after is 7h'
none_waits() { [ -z "$(number_of COL 'erase-after%')" ]; }
wait_for 5 'the others wait no more' none_waits
site_down COL
site_up COL
check 'a restart finds the same' in_force COL 5
done_with
