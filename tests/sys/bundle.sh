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
done_with
