#!/bin/bash
# Who belongs, decided by real daemons: a second coordinator, k = 2, an admission that waits and survives a restart
# on both sides, a policy, an observer, a revocation that closes links and ends a log, a history that can be read (I7).
. "$(dirname "$0")/lib.sh"

state_of() { sql "$1" "SELECT state FROM v_member WHERE code = '$2'"; } # code, of whom
in_force() { [ "$(sql "$1" "SELECT max(g) FROM v_council WHERE state = 'in force'")" = "$2" ]; }
number_of() { sql "$1" "SELECT number FROM v_waiting WHERE what LIKE '$2'"; }
is_state() { [ "$(state_of "$1" "$2")" = "$3" ]; }
waits_for() { [ -n "$(number_of "$1" "$2")" ]; }

site_new ASH Governed
site_new BRK
site_new COL
site_new DUN
for c in ASH BRK COL DUN; do site_up "$c"; done
site_join ASH BRK
wait_for 10 'BRK in step with ASH' in_step BRK ASH

# ---- councils ----
out=$(k ASH policy set k 2) || fail 'k is not set'
check_match 'k above the number of coordinators' "$out" 'Council 1 is in force: k is 2 \(was 1\)'
check_match 'what it means' "$out" 'there is one coordinator'
out=$(k ASH coordinator add BRK) || fail 'BRK is not added'
check_match 'a second coordinator' "$out" 'Council 2 is in force: coordinator BRK, Site BRK, joins'
check_match 'one absence blocks' "$out" 'both coordinators must agree: while one of them is away'
wait_for 5 'BRK hears of the council at once' in_force BRK 2
check_equal 'BRK is a coordinator' "$(state_of BRK BRK)" coordinator
check_match 'the policy is shown' "$(k BRK --json policy show | grep '"key": *"k"')" '"value": *"2"'
k ASH revoke BRK --reason ended 2> "$top/err"
check_equal 'a sitting coordinator is not revoked' $? 5
check_match 'and told what to do' "$(cat "$top/err")" 'kith coordinator remove BRK'
k COL policy set k 1 2> "$top/err"
check_equal 'who is no member decides nothing' $? 5
k ASH policy set erase-after 'soon' 2> "$top/err"
check_equal 'a value that makes no sense' $? 2
k BRK policy set erase_after 0 > "$top/out" || fail 'BRK proposes nothing'
check_match 'the second of two needs the first' "$(cat "$top/out")" 'Council 3 waits, signed by 1 of 2: erase-after is 0'
wait_for 5 'the proposal is at ASH' waits_for ASH 'erase-after is 0%'
check_match 'and stands in its list' "$(k ASH endorse)" 'erase-after is 0 \(was 1d\)'
check_match 'it waits for ASH' "$(k ASH status)" 'Decisions: +1 waits for this site to agree'
check_match 'at BRK, who proposed it, for another' "$(k BRK status)" 'Decisions: +1 waits for another coordinator'
check_match 'BRK is told that it stays' "$(k BRK endorse)" 'cannot be taken back'
check_equal 'ASH, who did not agree, is not' "$(k ASH endorse | grep -c 'cannot be taken back')" 0
k BRK policy set erase-after 1d 2> "$top/err"
check_equal 'what is so already' $? 5
check_match 'and what becomes of the proposal' "$(cat "$top/err")" 'lapses with the next council'
k ASH endorse "$(number_of ASH 'erase-after is 0%')" > "$top/out" || fail 'ASH does not endorse'
check_match 'which completes it' "$(cat "$top/out")" 'Council 3 is in force'
wait_for 5 'BRK has it too' in_force BRK 3
check_equal 'nothing waits' "$(k BRK --json endorse 2> /dev/null)" ''
check_match 'more agreed than it took, since the first has signed' "$(k BRK members --history)" \
    'AGREED: 2, needs 1'

# ---- an admission that waits, across restarts ----
start_beside "$top/watched" "$kith" --home "${home[BRK]}" watch
watcher=$beside
line=$(k ASH invite COL) || fail 'ASH does not invite'
out=$(k COL join "$line") || fail 'COL does not ask'
check_match 'the joiner is told' "$out" 'Asked to join Governed as COL: pending, 1 of 2 coordinators'
check_match 'and told again' "$(k COL status)" 'pending, 1 of 2'
check_match 'the coordinator shows it' "$(k ASH members)" 'pending, 1 of 2'
site_down COL
check_match 'without a daemon too' "$(k COL status)" 'pending, 1 of 2'
site_down ASH
site_up ASH
site_up COL
wait_for 5 'BRK hears of it' waits_for BRK 'admit COL%'
check_match 'in words' "$(k BRK endorse)" 'admit COL, Site COL'
k BRK endorse "$(number_of BRK 'admit COL%')" > "$top/out" || fail 'BRK does not endorse'
check_match 'it is decided' "$(cat "$top/out")" 'Decided: admit COL'
wait_for 15 'COL is let in by itself' is_state COL COL site
wait_for 10 'COL in step' in_step COL ASH
check_equal 'COL waits no more' "$(sql COL "SELECT count(*) FROM meta WHERE key = 'pending'")" 0
check_match 'ASH was told' "$(cat "${log[ASH]}")" 'network.news event=admit text="decided: admit COL'
check_match 'so was BRK' "$(cat "${log[BRK]}")" 'network.news event=admit text="decided: admit COL'

wait_for 5 'who watches is told' grep -q 'network .*decided: admit COL' "$top/watched"
stop_beside "$watcher"
check_match 'and the status shows the last change' "$(k BRK status)" 'Last change.*decided: admit COL'

# ---- an admission that a new council leaves behind is posted again ----
line=$(k ASH invite DUN --observer) || fail 'ASH does not invite'
k DUN join "$line" > /dev/null || fail 'DUN does not ask'
k ASH policy set receipt-interval 0 > /dev/null || fail 'no new council'
wait_for 10 'it waits again under the new council' waits_for BRK 'admit DUN%'
wait_for 5 'BRK is in council 4' in_force BRK 4
wait_for 5 'posted again' test "$(sql ASH "SELECT count(*) FROM v_waiting WHERE g = 4 AND what LIKE 'admit DUN%'")" = 1
wait_for 5 'which BRK has' test -n "$(number_of BRK 'admit DUN%')"
k BRK endorse "$(number_of BRK 'admit DUN%')" > /dev/null || fail 'BRK does not endorse DUN'
wait_for 15 'DUN is let in' is_state DUN DUN observer
lesson 'An observer tries' > "$top/dun.md"
k DUN share --release "$top/dun.md" > /dev/null 2> "$top/err"
check_equal 'an observer releases nothing' $? 5

# ---- another's record, by the council: asked for once ----
id=$(release COL 'Said too much')
wait_for 10 'ASH has it' has_title ASH 'Said too much'
check_match 'it takes two' "$(k ASH withdraw "$id" --reason privacy)" 'Asked for: COL-L1\. Other coordinators'
entries=$(sql ASH "SELECT last FROM v_log WHERE site = (SELECT value FROM meta WHERE key = 'site') AND stream = 0")
check_match 'the second time is no second entry' "$(k ASH withdraw "$id" --reason privacy)" 'Asked for before'
check_equal 'indeed' "$(sql ASH "SELECT last FROM v_log WHERE site = (SELECT value FROM meta WHERE key = 'site') AND stream = 0")" "$entries"
k ASH withdraw --status "$id" > /dev/null 2> "$top/err"
check_equal 'not taken back yet' $? 1
check_match 'but asked for' "$(cat "$top/err")" 'not taken back yet, and shown: "COL-L1": 1 of 2 coordinators have agreed'
wait_for 5 'BRK hears of it' waits_for BRK 'withdraw COL-L1%'
k BRK endorse "$(number_of BRK 'withdraw COL-L1%')" > /dev/null || fail 'BRK does not agree'
taken_back() { k "$1" log "$id" | grep -q '^state *withdrawn'; }
for c in ASH BRK COL DUN; do wait_for 10 "taken back at $c" taken_back $c; done
check_match 'and said so' "$(k ASH withdraw "$id" --reason privacy)" 'Taken back before: COL-L1'

# ---- a revocation ----
release COL 'Before the end' > /dev/null
wait_for 10 'ASH has it' has_title ASH 'Before the end'
wait_for 10 'BRK has it' has_title BRK 'Before the end'
links() { k "$1" status --json | grep -cE "\"code\": *\"$2\"[^}]*\"in_step\""; }
# What COL writes while all others are away is not known when they revoke it.
for c in ASH BRK DUN; do site_down $c; done
release COL 'Behind the cut' > /dev/null
site_down COL
for c in ASH BRK DUN; do site_up $c; done
wait_for 20 'ASH is linked with BRK' in_step ASH BRK
out=$(k ASH revoke COL --reason left) || fail 'ASH does not revoke'
check_match 'it waits for BRK' "$out" 'Pending, 1 of 2: revoke COL: left'
wait_for 5 'BRK hears of it' waits_for BRK 'revoke COL%'
check_match 'another reason is another decision' "$(k BRK revoke COL --reason ended)" \
    "Mind: \"revoke COL: left\" waits already, which is another decision: kith endorse $(number_of BRK 'revoke COL: left')"
site_up COL
wait_for 15 'COL is linked while it waits' in_step BRK COL
wait_for 10 'and told what it wrote' has_title BRK 'Behind the cut'
k BRK revoke COL --reason left > "$top/out" || fail 'BRK does not agree'
check_match 'the same operation' "$(cat "$top/out")" 'Decided: revoke COL: left'
wait_for 5 'ASH knows' is_state ASH COL revoked
wait_for 2 'its links are closed' test "$(links ASH COL)$(links BRK COL)" = 00
lesson 'After the end' > "$top/col.md"
k COL share --release "$top/col.md" > /dev/null 2>&1
told_revoked() { k COL status | grep -q 'revoked'; }
wait_for 10 'COL is told' told_revoked
nap 0.5
for c in ASH BRK; do
    check_equal "what lies behind the cut is not shown at $c" \
        "$(sql $c "SELECT count(*) FROM v_record WHERE title = 'Behind the cut'")" 0
    check "what it wrote before is at $c" has_title $c 'Before the end'
done
k ASH invite COL > /dev/null 2> "$top/err"
check_equal 'its code may go to another site' $? 0

# ---- leaving ----
k BRK leave --yes 2> "$top/err"
check_equal 'a coordinator cannot leave' $? 5
k DUN leave < /dev/null 2> "$top/err"
check_equal 'nobody can be asked' $? 2
k DUN leave --yes > "$top/out" || fail 'DUN does not leave'
check_match 'it says what comes next' "$(cat "$top/out")" 'kith revoke DUN --reason left'
wait_for 5 'its links are closed' test "$(links ASH DUN)$(links BRK DUN)" = 00
site_down DUN
site_up DUN
check_match 'the home says so' "$(k DUN status)" 'left .*stays readable'
check 'and still reads' has_title DUN 'Before the end'
k DUN --json sync > /dev/null
check_equal 'it dials nobody' "$(k DUN status --json | grep -c in_step)" 0

# ---- the history ----
out=$(k BRK members --history)
check_match 'the founding' "$out" 'the network was founded'
check_match 'who admitted BRK, and where' "$out" 'ASH-C2'
check_match 'who admitted COL' "$out" 'ASH-C[0-9]+ BRK-C[0-9]+|BRK-C[0-9]+ ASH-C[0-9]+'
check_match 'how far COL counts' "$out" 'COL-L1'
k BRK --json members --history > "$top/history" || fail 'no history'
check_match 'as JSON: the revocation' "$(grep '"event": *"revoke"' "$top/history")" '"reason": *"left".*'
check_match 'as JSON: the observer' "$(grep '"code": *"DUN"' "$top/history")" '"role": *"observer"'
check_equal 'as JSON: every line' "$(grep -c '"state"' "$top/history")" "$(wc -l < "$top/history")"
check_equal 'both coordinators tell the same' "$(sql ASH 'SELECT g, event, code, state, what, cuts FROM v_history ORDER BY 1, 2, 3, 5')" \
    "$(sql BRK 'SELECT g, event, code, state, what, cuts FROM v_history ORDER BY 1, 2, 3, 5')"
done_with
