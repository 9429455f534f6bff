#!/bin/bash
# What is carried by hand: bundles made, checked and applied with real daemons that have no link to each other; parts in
# any order; sealed ones; the answer that leaves out what the other side holds; files that are damaged in every way, none
# of which changes anything (I4, I5).
. "$(dirname "$0")/lib.sh"

usb=$top/usb
released_at() { [ "$(sql "$1" "SELECT count(*) FROM v_record WHERE title = '$2' AND NOT here")" = 1 ]; }
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
    alone "$c"
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
check_match 'who sent a bundle is known to hold what its heads name' "$(k ASH --json status --coverage ASH-L1)" \
    '"site":"BRK","state":"holds"'
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
# What it writes now waits until a bundle has shown that nothing newer of its own is elsewhere.
lesson 'After a restart' > "$top/restart.md"
k COL share --release "$top/restart.md" > /dev/null 2>&1
k COL bundle apply "$usb/second.kith" > /dev/null
check_equal 'a bundle from before its last entry does not count' "$(sql COL "SELECT count(*) FROM v_record WHERE title = 'After a restart' AND NOT here")" 0
k COL bundle create "$usb/third.kith" > /dev/null || fail 'COL creates'
k ASH bundle apply "$usb/third.kith" > /dev/null || fail 'ASH applies'
k ASH bundle create --for COL "$usb/fourth.kith" > /dev/null || fail 'answer'
k COL bundle apply "$usb/fourth.kith" > /dev/null || fail 'COL applies'
wait_for 10 'it leaves by itself' released_at COL 'After a restart'

# What is withdrawn goes by bundles, too: it is hidden where it was, and never shown where it comes later, whichever file
# is applied first.
id=$(release ASH 'Regretted by hand' 'Something that should not have been written.')
k ASH bundle create "$usb/before.kith" > /dev/null || fail 'a bundle before'
k COL bundle apply "$usb/before.kith" > /dev/null || fail 'COL applies it'
check 'COL has it' has_title COL 'Regretted by hand'
k ASH withdraw "$id" --reason privacy > /dev/null || fail 'withdraw'
k ASH bundle create "$usb/after.kith" > /dev/null || fail 'a bundle after'
check_equal 'no word of it is in the bundle' "$(k ASH log "$id" --json | grep -c '"body": *true')" 0
for c in COL BRK; do
    k "$c" bundle apply "$usb/after.kith" > /dev/null || fail "$c applies the bundle after"
    k "$c" bundle apply "$usb/before.kith" > /dev/null || fail "$c applies the bundle before"
    check_equal "$c shows it no more" "$(sql "$c" "SELECT count(*) FROM v_record WHERE title = 'Regretted by hand'")" 0
    check_equal "$c finds it no more" "$(k "$c" find Regretted --json 2> /dev/null | grep -c Regretted)" 0
done

# Parts, in any order, and each file by itself.
for i in $(seq 1 16); do
    mkdir -p "$top/long"
    lesson "Long $i" "$(head -c 500000 /dev/urandom | tr -dc a-z | head -c 38000)" > "$top/long/$i.md"
done
k ASH share --release "$top"/long/*.md > /dev/null || fail 'long ones'
k ASH bundle create --part-size 256k "$usb/parts.kith" > /dev/null || fail 'parts'
check 'there is more than one part' test -e "$usb/parts.kith.part2"
for f in "$usb"/parts.kith.part*; do
    check_most "bytes of $(basename "$f")" "$(stat -c %s "$f")" 262144
done
last=$(ls "$usb"/parts.kith.part* | tail -n 1)
out=$(k BRK bundle apply "$last" 2>&1)
check_equal 'a later part alone waits' "$?" 3
check_match 'and its sender holds more' "$out" 'holds more of [0-9]+ logs? than is here'
check_match 'and says for what' "$out" 'goes on from ASH-L[0-9]+'
out=$(k BRK bundle verify "$last")
check_equal 'verify names it as well' "$?" 3
check_match 'verify names it as well' "$out" 'goes on from ASH-L[0-9]+'
out=$(k BRK bundle apply "$usb/parts.kith.part1" "$usb/parts.kith.part1") || fail "the first part, twice: $out"
check_match 'the last part is missed' "$out" 'The last part of this bundle was not among the files'
# shellcheck disable=SC2046
out=$(k BRK --json bundle apply $(ls -r "$usb"/parts.kith.part*)) || fail "parts in any order: $out"
check_match 'with all parts nothing is missed' "$out" '"last":true,"behind":0'
check 'all parts are here' has_title BRK 'Long 16'
k ASH bundle create --since "$usb/parts.kith.part1" "$usb/none.kith" > /dev/null 2>&1
check_equal 'since a part that is not the last' "$?" 2
out=$(k ASH --json bundle create --since "$last" "$usb/since.kith") || fail 'since a bundle'
check_match 'since a bundle: nothing is new' "$out" '"entries": *0,'
out=$(k ASH --json bundle create --since 1h "$usb/hour.kith") || fail 'since a time'
check_match 'since an hour ago: all of it' "$out" '"entries": *[0-9]{2},'

# The proof of one entry, checked where there is no replica.
id=$(release ASH 'To be proved' 'A text that was really written.')
k ASH log "$id" --proof "$usb/proof" > /dev/null || fail 'write a proof'
out=$("$kith" --home "$top/nowhere" verify --proof "$usb/proof") || fail "check a proof: $out"
check_match 'it says what it proves' "$out" "Proved: $id was written and signed by ASH \\(Site ASH\\) in the network By hand"
check_match 'its text is in it' "$out" 'Its text is in this file'
check_match 'and can be read' "$out" '^A text that was really written\.'
check_match 'by whose decision the site belongs' "$out" 'council 0 lists the site as a coordinator'
check_match 'for machines too' "$("$kith" --home "$top/nowhere" --json verify --proof "$usb/proof")" \
    '"council":0,"admitted":null,"text":".*A text that was really written'
k ASH log COL-L1 --proof "$usb/proof-col" > /dev/null || fail 'a proof of what COL wrote'
check_match 'who admitted COL' "$("$kith" --home "$top/nowhere" verify --proof "$usb/proof-col")" \
    'admitted under council 0, by ASH-C[0-9]+\.'
check_equal 'the fingerprint of the network' "$(finger Network "$out")" "$network"
check_equal 'no other text is in it' "$(strings "$usb/proof" | grep -c 'By hand 1')" 0
k ASH log ASH-C2 --proof "$usb/control" > /dev/null || fail 'a proof of an operation'
"$kith" --home "$top/nowhere" verify --proof "$usb/control" > /dev/null || fail 'check the proof of an operation'
# Whoever signs may put anything into a text: what breaks the rules for text is proved, and not printed.
sed -n 's/^proof_ugly //p' "$src/tests/vectors/bundle.txt" | python3 -c '
import sys
sys.stdout.buffer.write(bytes.fromhex(sys.stdin.read()))' > "$usb/ugly"
out=$("$kith" --home "$top/nowhere" verify --proof "$usb/ugly") || fail "check an ugly proof: $out"
check_match 'an ugly text is proved' "$out" 'Proved: COL\.2-L2 .* in the network Vectors'
check_match 'two coordinators admitted its site' "$out" 'under council 1, by (BRK-C2, ASH-C3|ASH-C3, BRK-C2)'
check_match 'and why it is not shown is said' "$out" 'breaks the rules'
check_equal 'nothing of it is printed' "$(grep -c 'Clear' <<< "$out")" 0
site_new OTH 'Another network'
site_up OTH
k OTH verify --proof "$usb/proof" > /dev/null 2>&1
check_equal 'a proof of another network' "$?" 6

# Files that are none, each named once.
for f in "$top/nothing-there" "$usb"; do
    for verb in 'bundle verify' 'bundle apply' admit 'verify --proof'; do
        # shellcheck disable=SC2086
        out=$(k ASH $verb "$f" 2>&1)
        check_match "$verb of $(basename "$f")" "$out" 'cannot be (opened|read)'
        check_equal "$verb of $(basename "$f"): how often it is named" "$(grep -o "$f" <<< "$out" | wc -l)" 1
    done
done

# What is damaged, foreign or of the future is refused with a sentence, and nothing is changed.
# All that both databases say, but what an idle daemon lays out anew when it packs runs: those are counted by rows().
dump() { # code
    local f t
    rows "$1"
    for f in replica private; do
        t=$(sqlite3 -readonly "file:${home[$1]}/$f.db?mode=ro" "SELECT group_concat(name, ' ') FROM sqlite_schema WHERE
            type = 'table' AND rootpage > 0 AND name NOT IN ('run', 'record', 'tag', 'sum', 'meta', 'sqlite_sequence')
            AND name NOT LIKE 'search%'")
        sqlite3 -readonly -batch -cmd '.timeout 3000' "file:${home[$1]}/$f.db?mode=ro" ".dump $t"
    done
}
refused() { # what, file, code, words…
    local what=$1 file=$2 code=$3 before after is
    before=$(dump BRK)
    out=$(k BRK bundle apply "$usb/good.kith" "$file" 2>&1)
    is=$?
    after=$(dump BRK)
    check_equal "$what: exit code" "$is" "$code"
    check_match "$what: a sentence" "$out" "$4"
    check_equal "$what: nothing changed" "$after" "$before"
}
check_match 'a dump says something' "$(dump BRK | grep -cE 'INSERT INTO (council|log|carried|member)')" '^[1-9]'
release ASH 'Not among the bad' > /dev/null
k ASH bundle create --for BRK "$usb/good.kith" > /dev/null || fail 'a good one'
size=$(stat -c %s "$usb/good.kith")
for n in 0 7 60 111 112 500 $((size - 1)); do
    head -c "$n" "$usb/good.kith" > "$usb/bad"
    refused "cut at $n" "$usb/bad" 6 'ends in the middle|no bundle'
done
seed=1
for n in 0 3 9 14 40 70 90 120 300 700 1500 $((size - 200)) $((size - 80)) $((size - 3)); do
    cp "$usb/good.kith" "$usb/bad"
    seed=$(((seed * 1103515245 + 12345) % 2147483648))
    byte=$(dd if="$usb/bad" bs=1 skip="$n" count=1 status=none | od -An -tu1 | tr -d ' ')
    printf "\\x$(printf %02x $((byte ^ (1 << (seed >> 16) % 8))))" | dd of="$usb/bad" bs=1 seek="$n" conv=notrunc status=none
    refused "one bit at $n" "$usb/bad" 6 'kith: .*: .*'
done
(cat "$usb/good.kith"; echo more) > "$usb/bad"
refused 'more behind its end' "$usb/bad" 6 'after its end'
# The records in another order: the last but one in front.
python3 - "$usb/good.kith" "$usb/bad" << 'END'
import sys
d = open(sys.argv[1], 'rb').read()
head, at, records = d[:112], 112, []
while at < len(d):
    n = 5 + int.from_bytes(d[at + 1:at + 5], 'big')
    records.append(d[at:at + n])
    at += n
runs = [i for i, r in enumerate(records) if r[0] == 3]
records[runs[0]], records[-2] = records[-2], records[runs[0]]
open(sys.argv[2], 'wb').write(head + b''.join(records))
END
refused 're-ordered' "$usb/bad" 6 'out of order|kith: .*'
(printf 'KITHBNDL\000\002'; tail -c +11 "$usb/good.kith") > "$usb/bad"
refused 'a future version' "$usb/bad" 6 'version 2.*newer'
k OTH bundle create "$usb/bad" > /dev/null || fail 'a bundle of another network'
refused 'another network' "$usb/bad" 6 'another network'
truncate -s 10G "$usb/big"
began=$(now_ms)
refused '10 GB of nothing' "$usb/big" 6 'no bundle of Kith'
cp "$usb/good.kith" "$usb/big"
truncate -s 10G "$usb/big"
refused '10 GB behind a good beginning' "$usb/big" 6 'after its end'
(head -c 64 "$usb/answer.kith"; head -c 8 /dev/zero) > "$usb/big"
truncate -s 10G "$usb/big"
refused '10 GB, sealed' "$usb/big" 5 'does not open'
check_most 'ms for three files of 10 GB' "$(($(now_ms) - began))" $((5000 * slow))
for n in 5 60 71 72 500 $(($(stat -c %s "$usb/proof") - 1)); do
    head -c "$n" "$usb/proof" > "$usb/bad"
    "$kith" --home "$top/nowhere" verify --proof "$usb/bad" > /dev/null 2>&1
    check_equal "a proof cut at $n" "$?" 6
done
for n in 0 9 12 30 60 90 400 $(($(stat -c %s "$usb/proof") - 100)) $(($(stat -c %s "$usb/proof") - 1)); do
    cp "$usb/proof" "$usb/bad"
    byte=$(dd if="$usb/bad" bs=1 skip="$n" count=1 status=none | od -An -tu1 | tr -d ' ')
    printf "\\x$(printf %02x $((byte ^ 4)))" | dd of="$usb/bad" bs=1 seek="$n" conv=notrunc status=none
    "$kith" --home "$top/nowhere" verify --proof "$usb/bad" > /dev/null 2>&1
    check_equal "a proof altered at $n" "$?" 6
done
k BRK bundle apply "$usb/good.kith" > /dev/null || fail 'the good one still goes'
check 'the good one still goes' has_title BRK 'Not among the bad'
done_with
