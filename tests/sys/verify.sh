#!/bin/bash
# Damage on the disk is named and mended (I10, S8): a damaged run of another site is dropped and comes again from a peer;
# what is shown is made anew; a damaged log of its own stops a site from writing, also after a restart.
. "$(dirname "$0")/lib.sh"

site_new ASH 'Damaged disks'
site_new BRK
for c in ASH BRK; do site_up "$c"; done
site_join ASH BRK
for i in $(seq 1 30); do lesson "Entry $i" "Something that is long enough to be found in the file $i." > "$top/$i.md"; done
k ASH share --release "$top"/[0-9]*.md > /dev/null || fail 'thirty lessons'
release BRK 'Its own' > /dev/null
wait_for 20 'both the same' same_heads ASH BRK
out=$(k BRK verify --full) || fail "a whole replica: $out"
check_match 'the counts' "$out" '^[0-9]+ entries verified, 0 texts withdrawn, 0 refused, 0 missing'
check_match 'and the verdict' "$out" 'All of it holds'
check_match 'what was not checked is said' "$(k BRK verify)" 'Signatures, .* verify --full'

# One byte of the run of another site, in the middle of the file.
spoil() { # code, of whose log
    sqlite3 "${home[$1]}/replica.db" "UPDATE run SET bytes = CAST(substr(bytes, 1, 100) || x'00' || substr(bytes, 102)
        AS BLOB) WHERE arrival = (SELECT max(arrival) FROM run JOIN log ON number = log JOIN member m ON m.site = log.site
        WHERE stream = 1 AND m.code = '$2')"
}
site_down BRK
spoil BRK ASH
site_up BRK
out=$(k BRK verify --full 2>&1)
check_equal 'damage: exit code' "$?" 6
check_match 'it is named' "$out" 'damaged: ASH'
check_match 'and asked for again' "$out" 'asked for again'
wait_for 20 'it came again' same_heads ASH BRK
wait_for 20 'it is found again' projected BRK
check_equal 'all of them' "$(sql BRK "SELECT count(*) FROM v_record WHERE title LIKE 'Entry %'")" 30
out=$(k BRK verify --full 2>&1) || fail "mended: $out"
check_match 'mended' "$out" 'All of it holds'

# What is shown says something else than what was signed.
site_down BRK
sqlite3 "${home[BRK]}/replica.db" "UPDATE record SET body = replace(body, 'worked', 'failed') WHERE title = 'Entry 7'"
site_up BRK
out=$(k BRK verify --full 2>&1)
check_equal 'a false record: exit code' "$?" 6
check_match 'it is named' "$out" 'what is shown of it is not what was signed'
wait_for 20 'it was made anew' projected BRK
out=$(k BRK verify --full 2>&1) || fail "made anew: $out"

# Its own log.
site_down BRK
spoil BRK BRK
site_up BRK
out=$(k BRK verify --full 2>&1)
check_equal 'own damage: exit code' "$?" 6
check_match 'it says that it stops' "$out" 'nothing more is written'
out=$(release BRK 'Never' 2>&1)
check_match 'nothing is released' "$out" 'own log is damaged'
site_down BRK
site_up BRK
out=$(release BRK 'Never' 2>&1)
check_match 'not after a restart either' "$out" 'own log is damaged'
check_equal 'nothing of it left' "$(sql ASH "SELECT count(*) FROM v_record WHERE title = 'Never'")" 0
done_with
