#!/bin/bash
# New keys for a site (SPEC 1.9, 4.37, 4.38): those who were away, who only dial, who are only dialled follow by
# themselves; what a thief wrote with copied keys counts nowhere after a rotation for a theft; a rotation cut off by
# kill leaves one epoch or the other.
. "$(dirname "$0")/lib.sh"

site_new ASH 'Keys that change'
for c in BRK CED DAN; do site_new "$c"; done
for c in ASH BRK CED DAN; do site_up "$c"; done
for c in BRK CED DAN; do site_join ASH "$c"; done
check_equal 'the first record' "$(release ASH 'Before any rotation')" ASH-L1
release CED 'Before CED rotates' > /dev/null
wait_for 20 'the same heads' same_heads ASH BRK CED DAN

# ASH dials nobody from here on, and CED listens nowhere.
for c in ASH BRK CED DAN; do site_down "$c"; done
site_config ASH listed
site_config BRK listed "ASH=127.0.0.1:${port[ASH]}"
printf 'listen: []\ndial: auto\n' > "${home[CED]}/config.yaml"
site_up ASH
alone ASH

# ---- a peer that was away ----

out=$(k ASH rotate) || fail "rotate: $out"
check_match 'a rotation says what it did' "$out" 'ASH has new keys.*ASH\.2-L1'
check 'the old entry key is gone' test ! -e "${home[ASH]}/entry-1.key"
check 'the link key before is kept' test -e "${home[ASH]}/link-1.key"
check_equal 'new keys are shut' "$(stat -c %a "${home[ASH]}/entry-2.key" "${home[ASH]}/link-2.key" | sort -u)" 600
check_equal 'the first record of the new epoch' "$(release ASH 'In the second epoch')" ASH.2-L1
site_up BRK
wait_for 20 'who was away follows' has_title BRK 'In the second epoch'
check_equal 'earlier records keep their names' "$(k BRK --json find 'before any' | grep -o '"id": *"[^"]*"' | head -1)" '"id":"ASH-L1"'
check_equal 'epoch of ASH as BRK sees it' "$(sql BRK "SELECT epoch FROM v_member WHERE code = 'ASH'")" 2
wait_for 20 'linked under the new key' in_step BRK ASH
check_equal 'nobody was refused' "$(logged BRK 'what this site sent was refused')" 0

# ---- a site that only dials ----

site_up CED
wait_for 20 'CED follows ASH' has_title CED 'In the second epoch'
k CED rotate > /dev/null || fail 'CED does not rotate'
check_equal 'the first record of CED in its new epoch' "$(release CED 'From one who only dials')" CED.2-L1
wait_for 20 'ASH follows who only dials' has_title ASH 'From one who only dials'
wait_for 20 'so does BRK, by ASH' has_title BRK 'From one who only dials'
wait_for 20 'CED is linked again' in_step CED ASH
k CED rotate > /dev/null || fail 'CED does not rotate twice'
check_equal 'the third epoch' "$(release CED 'In the third epoch')" CED.3-L1
wait_for 20 'ASH follows again' has_title ASH 'In the third epoch'
check_equal 'all of CED is there' "$(sql ASH "SELECT count(*) FROM v_record WHERE site = 'CED' AND kind = 'lesson'")" 3
site_down CED
site_up CED
check_equal 'a restart finds its epoch' "$(release CED 'After a restart')" CED.3-L2

# ---- a thief ----

site_up DAN
check_equal 'DAN writes' "$(release DAN 'Written by DAN')" DAN-L1
wait_for 20 'ASH has it' has_title ASH 'Written by DAN'
site_down DAN
home[THF]=$top/THF log[THF]=$top/THF.log port[THF]=$(ports 1) pid[THF]=
cp -a "${home[DAN]}" "${home[THF]}"
rm "${home[THF]}/root.key" # with it a thief is the site itself: it could rotate as well as DAN can
: > "${log[THF]}"
site_config THF auto
site_up THF
wait_for 20 'the thief passes for DAN' in_step THF ASH
check_equal 'the thief writes as DAN' "$(release THF 'Written by a thief')" DAN-L2
wait_for 20 'ASH believes the thief' has_title ASH 'Written by a thief'
site_up DAN
wait_for 20 'DAN hears of what it did not write' has_title DAN 'Written by a thief'
out=$(k DAN rotate --compromised --preview) || fail "preview: $out"
check_match 'what would be disowned' "$out" 'DAN-L: 1 entry from DAN-L2 on would count no more'
check_equal 'a preview does nothing' "$(sql DAN "SELECT epoch FROM v_member WHERE code = 'DAN'")" 1
out=$(k DAN rotate --compromised) || fail "rotate --compromised: $out"
check_match 'what was disowned' "$out" 'DAN-L: 1 entry from DAN-L2 on count no more'
check_match 'and what that cannot do' "$out" 'root key lay on this machine'
check 'the link key before is not kept' test ! -e "${home[DAN]}/link-1.key"
check_equal 'DAN goes on' "$(release DAN 'After the theft')" DAN.2-L1
gone() { [ "$(sql "$1" "SELECT count(*) FROM v_record WHERE title = 'Written by a thief'")" = 0 ]; }
for c in DAN ASH BRK CED; do
    wait_for 20 "$c has what DAN wrote since" has_title "$c" 'After the theft'
    wait_for 20 "nothing of the thief counts at $c" gone "$c"
    check "what DAN wrote before counts at $c" has_title "$c" 'Written by DAN'
    k "$c" --json find 'thief' > /dev/null 2>&1 && fail "$c finds what the thief wrote"
done
lesson 'Written by a thief, later' > "$top/late.md"
k THF share --release "$top/late.md" > /dev/null 2>&1 # signed or refused: nobody takes it
nap 1.5
check 'the thief is not let in' test "$(logged ASH 'peer.older site=DAN .* epoch=1')" -ge 1
in_step THF ASH && fail 'the thief is still linked'
check_equal 'nothing later of the thief at ASH' \
    "$(sql ASH "SELECT count(*) FROM v_record WHERE title = 'Written by a thief, later'")" 0
site_kill THF
unset 'log[THF]' 'pid[THF]'

# ---- cut off by a crash ----

# Before the certificate is on disk there are files of two epochs, and those of the new one mean nothing.
site_down BRK
cp -p "${home[ASH]}/entry-2.key" "${home[ASH]}/link-2.key" "${home[BRK]}"
: > "${home[BRK]}/compromised"
site_up BRK
check_equal 'a rotation without its certificate is forgotten' "$(cd "${home[BRK]}" && echo entry-*.key link-*.key compromi*)" \
    'entry-1.key link-1.key compromi*'
check_equal 'that is said' "$(logged BRK 'rotate.dropped')" 1
check_match 'and the site goes on' "$(release BRK 'After a rotation that did not happen')" '^BRK-L1$'
# After it only the old files are left over.
site_down BRK
cp -p "${home[BRK]}/entry-1.key" "$top/entry-1.key"
site_up BRK
k BRK rotate > /dev/null || fail 'BRK does not rotate'
site_down BRK
cp -p "$top/entry-1.key" "${home[BRK]}"
site_up BRK
check_equal 'a rotation with its certificate is finished' "$(cd "${home[BRK]}" && echo entry-*.key link-*.key)" \
    'entry-2.key link-1.key link-2.key'
check_match 'and the site goes on' "$(release BRK 'After a rotation that was finished')" '^BRK.2-L1$'
wait_for 20 'ASH has it' has_title ASH 'After a rotation that was finished'

# ---- a lost root ----

# The organisation comes back as a new site; what it wrote before is shown as the same organisation's.
site_new BRN
site_up BRN
out=$(k ASH invite BRN --follows NONE 2>&1)
check_equal 'exit code of a follower of nobody' $? 1
line=$(k ASH invite BRN --follows BRK) || fail 'ASH does not invite BRN'
k BRN join "$line" > /dev/null || fail 'BRN does not join'
check_match 'BRN writes' "$(release BRN 'The organisation goes on')" '^BRN-L1$'
wait_for 20 'CED has it' has_title CED 'The organisation goes on'
for c in ASH CED BRN; do
    wait_for 20 "$c has what the old site wrote" has_title "$c" 'After a rotation that was finished'
    check_equal "the two are one organisation at $c" \
        "$(sql "$c" "SELECT group_concat(x, ', ') FROM (SELECT code || ' ' || organisation AS x FROM v_member WHERE code LIKE 'BR%' ORDER BY code)")" \
        'BRK BRN, BRN BRN'
    check_equal "records of both at $c" "$(k "$c" --json list lesson --site BRN | grep -c '"site": *"BR')" 3
done
check_match 'members say so' "$(k CED members)" 'site, now BRN'

# ---- refusals ----

mv "${home[BRK]}/root.key" "$top/root.key"
site_down BRK
site_up BRK
out=$(k BRK rotate 2>&1)
check_equal 'exit code without the root key' $? 5
check_match 'what to do without the root key' "$out" 'kith key import'
check_equal 'nothing was changed' "$(cd "${home[BRK]}" && echo entry-*.key link-*.key)" 'entry-2.key link-1.key link-2.key'

done_with
