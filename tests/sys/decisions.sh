#!/bin/bash
# A coordinator's home from a backup decides alone, before it hears what it had decided since (SPEC 6.5, 6.14): after the
# healing both count. Nothing that was withdrawn comes back, and nobody who was admitted is out.
. "$(dirname "$0")/lib.sh"

site_new ASH Valley
site_new BEE
site_new CAT
site_new DOG
for c in ASH BEE CAT DOG; do site_up "$c"; done
site_join ASH BEE
check_equal 'one' "$(release ASH 'Withdrawn before')" ASH-L1
check_equal 'two' "$(release ASH 'Withdrawn alone')" ASH-L2
check_equal 'three' "$(release ASH 'Stays')" ASH-L3
wait_for 10 'BEE has it' has_title BEE Stays

# ---- a backup, decisions that the network hears of; then the backup decides alone ----
site_down ASH
backup ASH
site_up ASH
wait_for 10 'ASH writes' own_is ASH well
site_join ASH CAT
k ASH withdraw ASH-L1 --reason error > /dev/null || fail 'ASH does not withdraw'
wait_for 10 'BEE knows CAT' member BEE CAT
wait_for 10 'BEE hides it' no_title BEE 'Withdrawn before'
for c in ASH BEE CAT; do site_down "$c"; done
put_back ASH
site_up ASH
alone ASH
check 'the old home knows nothing of CAT' bash -c "! [ $(sql ASH "SELECT count(*) FROM v_member WHERE code = 'CAT'") = 1 ]"
site_join ASH DOG
k ASH withdraw ASH-L2 --reason privacy > /dev/null || fail 'the old home does not withdraw'
check_equal 'it writes, too' "$(release ASH 'Written alone')" ASH-L4
k ASH withdraw ASH-L4 --reason privacy > /dev/null || fail 'the old home does not withdraw what it wrote'
wait_for 10 'DOG is a member' member DOG DOG

# ---- they meet ----
site_up BEE
wait_for 30 'ASH heals' grep -q 'heal.done' "${log[ASH]}"
wait_for 10 'ASH writes' own_is ASH well
site_up CAT
for c in ASH BEE CAT DOG; do
    wait_for 20 "$c: CAT is a member" member "$c" CAT
    wait_for 20 "$c: and DOG" member "$c" DOG
    wait_for 20 "$c: what stays is there" has_title "$c" Stays
    for title in 'Withdrawn before' 'Withdrawn alone' 'Written alone'; do
        wait_for 20 "$c: \"$title\" is gone" no_title "$c" "$title"
    done
done
wait_for 20 'all hold the same' same_heads ASH BEE CAT DOG
k ASH verify --full > /dev/null || fail 'verify --full'
done_with
