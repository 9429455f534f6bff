#!/bin/bash
# What is carried by hand: bundles made, checked and applied with real daemons that have no link to each other; parts in
# any order; sealed ones; the answer that leaves out what the other side holds; files that are damaged in every way, none
# of which changes anything (I4, I5).
. "$(dirname "$0")/lib.sh"

usb=$top/usb
mkdir "$usb"
site_new ASH 'By hand'
site_new BRK
for c in ASH BRK; do site_up "$c"; done
site_join ASH BRK
wait_for 20 'both the same' same_heads ASH BRK
# From here on nothing links them.
for c in ASH BRK; do site_down "$c"; done
port[ASH]=$(ports 1)
port[BRK]=$(ports 1)
for c in ASH BRK; do
    site_config "$c" listed
    site_up "$c"
done

for i in 1 2 3 4 5; do release ASH "By hand $i" > /dev/null; done
out=$(k ASH bundle create "$usb/monday.kith") || fail 'create'
check_match 'what create says' "$out" 'Wrote .*monday.kith: [0-9]+ entries'
out=$("$kith" --home "$top/nowhere" bundle verify "$usb/monday.kith") || fail "verify without a home: $out"
check_match 'verify says whose it is' "$out" 'a bundle of ASH \(Site ASH\)'
check_match 'verify says that it is signed' "$out" 'whole and signed by ASH'
out=$(k BRK bundle apply "$usb/monday.kith") || fail "apply: $out"
check_match 'what apply says' "$out" 'Took in [0-9]+ new entries'
check 'the record is there' has_title BRK 'By hand 5'
out=$(k BRK bundle apply "$usb/monday.kith") || fail "apply again: $out"
check_match 'applying again changes nothing' "$out" 'Nothing in it is new here'

# The answer leaves out what ASH said that it holds.
release BRK 'Back by hand' > /dev/null
k BRK bundle create "$usb/all.kith" > /dev/null || fail 'create all'
out=$(k BRK --json bundle create --for ASH --seal ASH "$usb/answer.kith") || fail 'create an answer'
check_match 'an answer holds only what is new' "$out" '"entries": *[1-4],'
check_most 'bytes of an answer against all' "$(stat -c %s "$usb/answer.kith")" "$(($(stat -c %s "$usb/all.kith") + 400))"
check 'sealed: no word of it can be read' test "$(grep -c 'KITHSEAL' "$usb/answer.kith")" = 1
check_equal 'sealed: whose it is does not show' "$(grep -c KITHBNDL "$usb/answer.kith")" 0
out=$(k ASH bundle verify "$usb/answer.kith") || fail "verify a sealed one: $out"
check_match 'the recipient can look into it' "$out" 'a sealed bundle of BRK'
out=$(k BRK bundle verify "$usb/answer.kith" 2>&1)
check_equal 'nobody else can' "$?" 5
k ASH bundle apply "$usb/answer.kith" > /dev/null || fail 'apply the sealed answer'
check 'it came back' has_title ASH 'Back by hand'
say "an answer of $(stat -c %s "$usb/answer.kith") bytes, everything $(stat -c %s "$usb/all.kith")"

# A site that never has a link: it joins, shares, finds and is found by files alone.
finger() { sed -n "s/^$1: *//p" <<< "$2"; }
site_new COL
site_config COL listed
site_up COL
out=$(k COL join --request "$usb/col.request") || fail "request: $out"
theirs=$(finger Site "$out")
check_match 'the request prints a fingerprint' "$theirs" '^([0-9a-f]{4}-){7}[0-9a-f]{4}$'
out=$(k COL bundle apply "$usb/all.kith" 2>&1)
check_equal 'a bundle of a network that has not admitted it' "$?" 5
check_equal 'it changed nothing' "$(sql COL 'SELECT count(*) FROM council')" 0
cp "$usb/col.request" "$usb/altered.request"
printf 'XX' | dd of="$usb/altered.request" bs=1 seek=40 conv=notrunc status=none
k ASH admit "$usb/altered.request" > /dev/null 2>&1
check_equal 'an altered request' "$?" 6
k BRK admit "$usb/col.request" > /dev/null 2>&1
check_equal 'admitted by who is no coordinator' "$?" 5
out=$(k ASH admit "$usb/col.request") || fail "admit: $out"
check_equal 'both print the same fingerprint of the site' "$(finger Site "$out")" "$theirs"
network=$(finger Network "$out")
k ASH bundle create --for COL "$usb/welcome.kith" > /dev/null || fail 'welcome'
k COL bundle apply --fingerprint 0000-1111-2222-3333-4444-5555-6666-7777 "$usb/welcome.kith" > /dev/null 2>&1
check_equal 'another fingerprint than was read out' "$?" 6
check_equal 'it changed nothing' "$(sql COL 'SELECT count(*) FROM council')" 0
out=$(k COL bundle apply --fingerprint "$network" "$usb/welcome.kith") || fail "join: $out"
check_equal 'both print the same fingerprint of the network' "$(finger Network "$out")" "$network"
check 'what was there before is found' has_title COL 'By hand 3'
check_equal 'by kith find too' "$(k COL find 'By hand' --json | grep -ci '"title": *"[^"]*by hand')" 6
release COL 'Never had a link' > /dev/null
k COL bundle create "$usb/col.kith" > /dev/null || fail 'the first bundle of COL'
for c in ASH BRK; do
    k "$c" bundle apply "$usb/welcome.kith" "$usb/col.kith" > /dev/null || fail "$c applies the bundle of COL"
    check "$c finds it" has_title "$c" 'Never had a link'
done
check_match 'it is a member' "$(k BRK members)" 'COL'
release ASH 'To who has no link' > /dev/null
k ASH bundle create --for COL "$usb/second.kith" > /dev/null || fail 'answer'
k COL bundle apply "$usb/second.kith" > /dev/null || fail 'COL applies the answer'
check 'and back' has_title COL 'To who has no link'
for c in ASH BRK COL; do check_equal "links of $c since" "$(logged "$c" 'peer\.up.*mode=(member|probation)')" "$([ $c = COL ] && echo 0 || echo 1)"; done
site_down COL
site_up COL
check 'after a restart it is still there' has_title COL 'Never had a link'
done_with
