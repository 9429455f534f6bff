#!/bin/bash
# Two machines that run as one site (SPEC 6.15): the one that has healed and hears of what it did not write stops, says so
# and refuses; the other goes on.
. "$(dirname "$0")/lib.sh"

site_new ASH Valley
site_new CAT
site_new BEE
for c in ASH CAT BEE; do site_up "$c"; done
site_join ASH BEE
site_join ASH CAT
check_match 'a first release' "$(release BEE one)" '^BEE-L1$'
wait_for 10 'all hold the same' same_heads ASH BEE CAT

# The home of BEE is copied; the copy knows CAT alone, BEE knows ASH alone, and the two do not meet.
site_down CAT
site_down BEE
cp -r "${home[BEE]}" "$top/TWO"
home[TWO]=$top/TWO log[TWO]=$top/TWO.log pid[TWO]= port[TWO]=$(ports 1)
: > "${log[TWO]}"
site_down ASH
site_config ASH listed
site_config CAT listed
site_config BEE listed "ASH=127.0.0.1:${port[ASH]}"
site_config TWO listed "CAT=127.0.0.1:${port[CAT]}"
for c in ASH CAT BEE; do site_up "$c"; done
two_up() { XDG_STATE_HOME=$top/other site_up TWO; } # another machine has a note of its own
two_up
wait_for 10 'BEE writes' own_is BEE well
wait_for 10 'and so does its copy' own_is TWO well
check_match 'both write' "$(release BEE 'Of the one') $(release TWO 'Of the other')" '^BEE-L2 BEE-L2$'
wait_for 10 'ASH has the one' has_title ASH 'Of the one'
wait_for 10 'CAT has the other' has_title CAT 'Of the other'

# ASH and CAT meet; then BEE meets CAT and heals.
site_down TWO
site_down CAT
site_config CAT listed "ASH=127.0.0.1:${port[ASH]}" "BEE=127.0.0.1:${port[BEE]}"
site_up CAT
wait_for 20 'BEE goes on in a new epoch' grep -q 'heal.done' "${log[BEE]}"
wait_for 10 'nothing is lost' has_title CAT 'Of the one'
wait_for 10 'of either' has_title CAT 'Of the other'

# The copy comes back, linked with nobody. Its keys are over; it learns of that by a bundle, takes itself for the one,
# and heals too. Then it is linked; BEE hears of that and stops.
# (Not while BEE is linked with the same site: one link a pair.)
site_down CAT
site_config CAT listed "ASH=127.0.0.1:${port[ASH]}"
site_up CAT
k CAT bundle create "$top/news.kith" > /dev/null || fail 'CAT makes no bundle'
site_config TWO listed
two_up
k TWO bundle apply "$top/news.kith" > /dev/null || fail 'the copy does not apply a bundle'
wait_for 20 'the copy goes on in a further epoch' grep -q 'heal.done' "${log[TWO]}"
site_down TWO
site_config TWO listed "CAT=127.0.0.1:${port[CAT]}"
two_up
wait_for 20 'BEE finds out' own_is BEE elsewhere
check_match 'and says so' "$(k BEE status)" 'STOPPED: another machine runs as this site'
lesson 'Too late' > "$top/late.md"
k BEE share --release "$top/late.md" > "$top/said" 2>&1
check_equal 'it signs nothing' $? 5
check_match 'and says why' "$(cat "$top/said")" 'another machine runs as this site'
check_equal 'nobody began a fourth epoch' "$(sql ASH 'SELECT count(*) FROM log WHERE epoch > 3')" 0
done_with
