#!/bin/bash
# A home that is put back to before a rotation (SPEC 4.39; S9): its link keys are over. With its root key it shows that
# it is the site, gets what it had written, and goes on in a new epoch; without it, it hears nothing and says what to do,
# and does it once the key is there. Whoever has the old keys and no root key is told nothing.
. "$(dirname "$0")/lib.sh"

site_new ASH 'Old keys'
site_new BEE
site_new CAT
for c in ASH BEE CAT; do site_up "$c"; done
site_join ASH BEE
site_join ASH CAT
check_match 'a first release' "$(release BEE one)" '^BEE-L1$'
wait_for 10 'all hold one' all_have 'one ' ASH BEE CAT

# ---- 1. the root key is here: it recovers by itself ----
site_down BEE
backup BEE
site_up BEE
wait_for 10 'BEE writes' own_is BEE well
k BEE rotate > /dev/null || fail 'BEE does not rotate'
check_equal 'a release in the second epoch' "$(release BEE two)" BEE.2-L1
wait_for 10 'all hold two' all_have 'one two ' ASH BEE CAT
site_down BEE
put_back BEE
site_up BEE
wait_for 20 'it shows its root key and begins a new epoch' grep -q 'heal.done' "${log[BEE]}"
wait_for 10 'it writes' own_is BEE well
check_equal 'nothing is lost' "$(titles BEE)" 'one two '
check_equal 'a release in the third epoch' "$(release BEE three)" BEE.3-L1
wait_for 10 'all hold three' all_have 'one three two ' ASH BEE CAT
check_equal 'no fork' "$(sql ASH 'SELECT count(*) FROM proof')" 0
wait_for 10 'all hold the same' same_heads ASH BEE CAT

# A second time it might be one of two that heal in turn: it waits for a person, and says that too.
site_down BEE
backup BEE
site_up BEE
wait_for 10 'BEE writes in the third epoch' own_is BEE well
k BEE rotate > /dev/null || fail 'BEE does not rotate again'
wait_for 10 'ASH and CAT know the fourth epoch' same_heads ASH BEE CAT
site_down BEE
put_back BEE
site_up BEE
wait_for 20 'it stops' own_is BEE elsewhere
check_match 'what status says' "$(k BEE status)" 'this home went on from an old copy before'
k BEE rotate > /dev/null || fail 'no person helps it'
wait_for 10 'it writes again' own_is BEE well
check_equal 'a release in the fifth epoch' "$(release BEE again)" BEE.5-L1
wait_for 10 'all hold what it wrote then' all_have 'again one three two ' ASH BEE CAT

# ---- 2. the root key lies in a safe: nothing is heard, and it is said what to do ----
printf 'correct horse battery staple\n' > "$top/pass" && chmod 600 "$top/pass"
k CAT key export --remove "$top/cat.key" --passphrase-file "$top/pass" > /dev/null || fail 'no export'
check_equal 'CAT releases' "$(release CAT four)" CAT-L1
wait_for 10 'ASH has it' all_have 'again four one three two ' ASH CAT
site_down CAT
backup CAT
site_up CAT
wait_for 10 'CAT writes' own_is CAT well
k CAT key import "$top/cat.key" --passphrase-file "$top/pass" > /dev/null || fail 'no import'
k CAT rotate > /dev/null || fail 'CAT does not rotate'
check_equal 'in the second epoch' "$(release CAT five)" CAT.2-L1
wait_for 10 'all hold five' all_have 'again five four one three two ' ASH BEE CAT
site_down CAT
put_back CAT
site_up CAT
wait_for 20 'it is told that its keys are over' own_is CAT older
out=$(k CAT status)
check_match 'status says so, and what to do' "$out" 'keys are over.*kith key import FILE'
lesson six > "$top/six.md"
out=$(k CAT share --release "$top/six.md" 2>&1)
check_match 'what is released waits' "$out" 'queued: not yet signed'
out=$(k CAT rotate 2>&1)
check_equal 'a rotation is refused' $? 5
check_match 'and says what is missing' "$out" 'kith key import'
check_equal 'it has learnt nothing of what it wrote since' "$(titles CAT)" 'again four one three two '
check_equal 'and of its second epoch not even that it is' "$(sql CAT 'SELECT count(*) FROM log WHERE epoch = 2 AND site = (SELECT site FROM v_member WHERE code = "CAT")' 2> /dev/null || echo 0)" 0
check_equal 'nobody linked with it' "$(k CAT status --json | grep -cE '"in_step": *true')" 0
k CAT key import "$top/cat.key" --passphrase-file "$top/pass" > /dev/null || fail 'no import after the restore'
wait_for 20 'it begins a new epoch' grep -q 'heal.done' "${log[CAT]}"
wait_for 20 'what waited leaves in it' all_have 'again five four one six three two ' ASH BEE CAT
check_equal 'under the new epoch' "$(sql ASH "SELECT id FROM v_record WHERE title = 'six'")" CAT.3-L1
check 'all is verified' k CAT verify --full

# ---- 3. a bundle that was sealed before a rotation ----
site_config BEE listed
site_config ASH listed
for c in BEE ASH; do
    site_down $c
    site_up $c
    alone $c
done
check_equal 'BEE writes what only bundles bring' "$(release BEE seven)" BEE.5-L2
k BEE bundle create --seal ASH "$top/one.kith" > /dev/null || fail 'BEE makes no bundle'
check_equal 'and more' "$(release BEE eight)" BEE.5-L3
k BEE bundle create --seal ASH "$top/two.kith" > /dev/null || fail 'BEE makes no second bundle'
k ASH rotate > /dev/null || fail 'ASH does not rotate'
k ASH bundle apply "$top/one.kith" > /dev/null || fail 'what was sealed before a rotation does not open after it'
check 'it is here' has_title ASH seven
k ASH rotate --compromised > /dev/null || fail 'ASH does not disown a thief'
out=$(k ASH bundle apply "$top/two.kith" 2>&1)
check_equal 'a key that was given up for a theft opens nothing' $? 5
check_match 'that is said' "$out" 'sealed for another site'

# ---- 4. an old bundle is no comparison ----
site_down BEE
backup BEE
k ASH bundle create "$top/old.kith" > /dev/null || fail 'ASH makes no bundle'
site_up BEE
alone BEE
check_equal 'BEE writes' "$(release BEE nine)" BEE.5-L4
noted() { # code, what: in the note outside its home, wherever that is kept
    local site
    site=$(sql "$1" "SELECT value FROM meta WHERE key = 'site'")
    grep -qsx "$2" "$XDG_STATE_HOME/kith-counter/$site" "/var/lib/kith-counter/$site"
}
wait_for 20 'the note outside the home follows' noted BEE '1 5 4'
k BEE bundle create "$top/news.kith" > /dev/null || fail 'BEE makes no third bundle'
k ASH bundle apply "$top/news.kith" > /dev/null || fail 'ASH does not take it'
k ASH bundle create "$top/new.kith" > /dev/null || fail 'ASH makes no second bundle'
site_down BEE
put_back BEE
site_up BEE
k BEE bundle apply "$top/old.kith" > /dev/null || fail 'BEE does not take the old bundle'
check 'a bundle that knows less than the note counts for nothing' own_is BEE waits
k BEE bundle apply "$top/new.kith" > /dev/null || fail 'BEE does not take the new bundle'
wait_for 10 'one that knows as much does' own_is BEE well
check 'what was lost is back' has_title BEE nine
check_equal 'it goes on behind it' "$(release BEE ten)" BEE.5-L5
done_with
