#!/bin/bash
# A home restored from an old backup (SPEC 6.13 to 6.16; S9): it fetches what it had written since and goes on; where it
# wrote meanwhile, it takes over the branch that the network holds, rotates by itself and writes again what was on the
# other; without its root key it says what to do; and a second machine that runs as the same site makes one stop.
. "$(dirname "$0")/lib.sh"

site_new ASH Valley
site_new BEE
site_new CAT
site_up ASH
site_up BEE
site_up CAT
site_join ASH BEE
site_join ASH CAT
check_match "a first release" "$(release BEE one)" '^BEE-L1$'
wait_for 10 "all hold one" all_have "one " ASH BEE CAT

# ---- 1. a backup, later entries, the backup comes back ----
site_down BEE
backup BEE
site_up BEE
check_match "a release after the start" "$(release BEE two)" '^BEE-L2$'
wait_for 10 "all hold two" all_have "one two " ASH BEE CAT
nap 1.2 # the counter follows once a second
site_down BEE
put_back BEE
site_up BEE
wait_for 10 "the old home says that it is one" grep -q 'counter.old' "${log[BEE]}"
wait_for 10 "what was written since comes back" all_have "one two " BEE
check_match "the next release stands behind it" "$(release BEE three)" '^BEE-L3$'
wait_for 10 "all hold three" all_have "one three two " ASH BEE CAT
check_equal "no fork" "$(sql ASH 'SELECT count(*) FROM proof')" 0

# ---- 2. nobody to compare with: what is released waits ----
site_down BEE
backup BEE
site_up BEE
check_match "four" "$(release BEE four)" '^BEE-L4$'
wait_for 10 "all hold four" all_have "four one three two " ASH BEE CAT
site_down BEE
site_down ASH
site_down CAT
put_back BEE
site_up BEE
lesson five > "$top/five.md"
out=$(k BEE share --release "$top/five.md") || fail "a release that waits ends with 0"
check_match "it is said to wait" "$out" 'queued: not yet signed, waiting for a peer'
check_match "and so does the outbox" "$(k BEE outbox)" 'queued: not yet signed'
check "status says that it waits" own_is BEE waits

# ---- 3. --alone: it signs, and there are two branches; the network's is taken over ----
alone BEE
wait_for 10 "it is signed alone" all_have "five one three two " BEE
site_up ASH
site_up CAT
wait_for 20 "a fork is found and healed by a rotation" own_is BEE well
wait_for 20 "nothing is lost" all_have "five four one three two " ASH BEE CAT
check_equal "the one is in the place that the network knew" "$(sql CAT "SELECT id FROM v_record WHERE title = 'four'")" BEE-L4
check_match "the other was written again" "$(sql CAT "SELECT id FROM v_record WHERE title = 'five'")" '^BEE\.2-L1$'
check_equal "evidence is kept" "$(sql CAT 'SELECT count(*) FROM proof')" 1
wait_for 10 "all hold the same" same_heads ASH BEE CAT
check_match "and it goes on" "$(release BEE six)" '^BEE\.2-L2$'
wait_for 10 "all hold six" all_have "five four one six three two " ASH BEE CAT

# ---- 4. without the root key: said, and done by hand ----
site_down CAT
mv "${home[CAT]}/root.key" "$top/root.key" || fail "the root key is not where it was"
backup CAT
site_up CAT
check_match "seven" "$(release CAT seven)" '^CAT-L1$'
wait_for 10 "ASH holds seven" all_have "five four one seven six three two " ASH
site_down CAT
put_back CAT
site_down ASH
site_down BEE
site_up CAT
alone CAT
check_match "eight, signed alone" "$(release CAT eight)" '^CAT-L1$'
wait_for 10 "it is signed alone" all_have "eight five four one six three two " CAT
site_up ASH
wait_for 20 "the branch of the network is there, and nothing is written" own_is CAT forked
wait_for 20 "what it wrote waits" grep -q 'kith rotate' "${log[CAT]}"
check_match "status says what to do" "$(k CAT status)" 'kith rotate'
site_down CAT
mv "$top/root.key" "${home[CAT]}/root.key"
site_up CAT
wait_for 20 "it heals" own_is CAT well
wait_for 20 "nothing is lost" all_have "eight five four one seven six three two " ASH CAT
done_with
