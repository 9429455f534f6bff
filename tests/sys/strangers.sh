#!/bin/bash
# Strangers, spent invites, liars: refused, one line in the log, nothing stored, and the daemon goes on (I4, I9; N2, N7).
# Then what looks odd and is none of that: a join whose answer got lost, a member that its peer has not heard of, an
# entry of a later version, a body that somebody left out.
. "$(dirname "$0")/lib.sh"

site_new ASH 'Strangers'
site_new BRK
site_new COL
relay_port=$(ports 1)
start_beside "$top/relay" "$peer" relay "$relay_port" "127.0.0.1:${port[ASH]}" --record "$top/recorded"
relay=$beside
site_config ASH listed # nobody dials but who is told to: what comes must be what the test sends
site_config BRK listed "ASH=127.0.0.1:$relay_port"
site_config COL listed "ASH=127.0.0.1:${port[ASH]}"
for c in ASH BRK COL; do site_up "$c"; done
site_join ASH BRK
site_join ASH COL
wait_for 20 'all have told their addresses' published ASH 3
release BRK 'Known to everybody' > /dev/null
wait_for 20 'three sites with the same heads' same_heads ASH BRK COL
to=127.0.0.1:${port[ASH]}
net=$(sql ASH "SELECT value FROM meta WHERE key = 'network_id'")
key=$("$peer" key "${home[ASH]}")

# Runs a command; then one more line of the log matches the pattern, no row has changed, the daemon answers. What the
# command printed is in $said.
refused() { # what, pattern, command…
    local what=$1 pattern=$2 before lines
    shift 2
    nap 0.06 # the token bucket: 20 links a second
    before=$(rows ASH)
    lines=$(logged ASH "$pattern")
    said=$("$@" 2>&1)
    code=$?
    log_has() { [ "$(logged ASH "$pattern")" -gt "$lines" ]; }
    wait_for 5 "a line of the log about: $what" log_has
    check_equal "lines of the log about: $what" "$(logged ASH "$pattern")" $((lines + 1))
    check_equal "rows after: $what" "$(rows ASH)" "$before"
    check "an answer after: $what" site_answers ASH
}
as() { # word, actions…: a link as a member
    local word=$1
    shift
    "$peer" member "$to" --as "$word" --net "$net" --key "$key" "$@"
}

# ---- who knows nothing gets no byte ----

for kind in garbage http half-link long-link zero-link junk-link flood-link half-join long-join zero-join junk-join; do
    refused "$kind" 'peer\.end' "$peer" raw "$to" "$kind"
    check_match "$kind" "$said" 'got 0 bytes, closed'
done

# Whoever has the link key and is no member: may hand over what admits it, hears nothing but WANTs, and goes after 10 s.
start_beside "$top/unknown" "$peer" member "$to" --as nobody --net "$net" --key "$key" hello cert good:intruder:3 end
unknown=$beside
refused 'the certificate of another' 'peer\.end' as thief --cert-of nobody hello end
check_match 'a stolen certificate' "$said" 'goodbye: "9"'

# ---- invites ----

site_new DEL
site_new EEL
site_up DEL
site_up EEL
line=$(k ASH invite)
flip=$(printf '%064d' 0 | tr 0 7)
refused 'no invite' 'peer\.end' k DEL join "$("$peer" line "$line" --secret "$flip")"
check_equal 'exit code without an invite' $code 4
check_match 'sentence without an invite' "$said" 'ask ASH for a new one'
unknown_said=$said
refused 'a wrong network id' 'peer\.end' k DEL join "$("$peer" line "$line" --net "$flip")"
check_equal 'a wrong network id fails like no invite' "$said" "$unknown_said"
refused 'a wrong link key' 'peer\.end' k DEL join "$("$peer" line "$line" --link "$("$peer" key "${home[BRK]}")")"
check_equal 'a wrong link key fails like no invite' "$said" "$unknown_said"
check 'half a line' test "$(k DEL join "${line:0:100}" > "$top/said" 2>&1; echo $?)" = 2
check_match 'sentence for half a line' "$(cat "$top/said")" 'copy it again'

out=$(k EEL join "$line") || fail "EEL does not join: $out"
wait_for 10 'EEL in step' in_step EEL ASH
wait_for 10 'EEL has told its address' published ASH 4
site_down EEL
refused 'a spent invite' 'join\.refused' k DEL join "$line"
check_equal 'exit code of a spent invite' $code 5
check_match 'sentence of a spent invite' "$said" '^kith: this invite was already used; ask ASH for a new one$'

line=$(k ASH invite --expires 1s)
nap 1.2
refused 'an expired invite' 'join\.refused' k DEL join "$line"
check_equal 'exit code of an expired invite' $code 5
check_match 'sentence of an expired invite' "$said" '^kith: this invite has expired; ask ASH for a new one$'

line=$(k ASH invite FOX)
out=$(k DEL join "$line" 2>&1)
check_equal 'exit code of an invite for another code' $? 5
check_match 'sentence of an invite for another code' "$out" 'for the site code "FOX", this site is "DEL"'
refused 'an invite for another code, by a program' 'join\.refused' "$peer" join "$line" --as fox --code FAX
check_match 'an invite for another code' "$said" 'goodbye: "7"'
refused 'a code that is taken' 'join\.refused' "$peer" join "$(k ASH invite)" --as fox --code BRK
check_match 'a code that is taken' "$said" 'goodbye: "8"'
check 'nobody invites but coordinators' test "$(k BRK invite > "$top/said" 2>&1; echo $?)" = 5
check_match 'sentence of a site that invites' "$(cat "$top/said")" 'only a coordinator invites'

# ---- the answer to a join gets lost: the same line again ----

line=$(k ASH invite)
lossy_port=$(ports 1)
start_beside "$top/lossy" "$peer" relay "$lossy_port" "$to" --cut-down 60
before=$(sql ASH "SELECT last FROM v_log WHERE site = 'ASH' AND stream = 0")
out=$(k DEL join "$("$peer" line "$line" --address "127.0.0.1:$lossy_port")" 2>&1) && fail "a join without an answer: $out"
check_match 'sentence of a lost answer' "$out" 'run `kith join` again with the same line'
check_equal 'what DEL holds of a network' "$(sql DEL 'SELECT count(*) FROM council')" 0
out=$(k DEL join "$line") || fail 'the same line again'
check_match 'the same line again' "$out" 'Joined .* as DEL'
check_equal 'admissions posted' "$(sql ASH "SELECT last FROM v_log WHERE site = 'ASH' AND stream = 0")" $((before + 1))
wait_for 10 'DEL has told its address' published ASH 5
refused 'its line, used by another' 'join\.refused' "$peer" join "$line" --as fox --code FOX
stop_beside "$beside"
wait_for 10 'DEL in step' in_step DEL ASH
site_down DEL

# ---- a recorded link, played again ----

site_down BRK
check 'a recording' test "$(wc -c < "$top/recorded")" -gt 500
refused 'a replayed link' 'peer\.end' "$peer" replay "$to" "$top/recorded"
check_match 'a replayed link' "$said" 'got (0|50) bytes, closed'

# ---- members that lie ----

admit() { # word, code: lets a program in, and its certificate is stored
    nap 0.06
    "$peer" join "$(k ASH invite "$2")" --as "$1" --code "$2" > "$top/said" || fail "a program does not join: $(cat "$top/said")"
    nap 0.06
    as "$1" hello cert wait:300 > "$top/said" || fail 'a program has no link'
    wait_for 5 "the certificate of $2" test "$(sql ASH "SELECT epoch FROM v_member WHERE code = '$2'")" = 1
}
admit hog HOG
refused 'a run signed by another key' 'WARN.*peer\.drop|warn.*peer\.drop' as hog hello badsig:hog end
check_match 'a run signed by another key' "$said" 'goodbye: "9"'
altered=0
left=0
for byte in 0 1 2 5 9 15 17 21 30 50 80 100 140 160 178 185 190 200 -1 -4 -9 -20; do
    nap 0.06
    before=$(rows ASH)
    said=$(as hog hello "altered:hog:$byte" wait:150)
    check_equal "rows after a run with byte $byte changed" "$(rows ASH)" "$before"
    altered=$((altered + 1))
    grep -q 'goodbye: "9"' <<< "$said" || left=$((left + 1))
done
say "runs with one byte changed: $altered, all refused; $((altered - left)) ended the link, $left named what is not known"
check 'an answer after runs with a byte changed' site_answers ASH
refused 'a record of garbage, well encrypted' 'peer\.end' as hog hello plain:300 end
refused 'garbage in place of a record' 'peer\.end' as hog hello cipher:300 end
refused 'a record that never ends' 'peer\.end' as hog hello length:65535 wait:100
refused 'a record that is too short' 'peer\.end' as hog hello length:3 end
as hog hello good:honest:2 wait:300 > /dev/null
wait_for 5 'the same member, honest for once' has_title ASH 'honest, lesson 2'

wait "$unknown"
said=$(cat "$top/unknown")
check_match 'a root that nobody admitted' "$said" 'goodbye: "2"'
check_equal 'what it heard beside WANTs' "$(grep '^<' "$top/unknown" | grep -cvE '^< (WANT|BYE)')" 0
check_equal 'what it left' "$(sql ASH "SELECT count(*) FROM record WHERE title LIKE 'intruder%'")" 0
check_equal 'lines about it' "$(logged ASH 'peer\.drop.*is not in the roster')" 1

# ---- from later versions: stored, forwarded, not shown ----

admit odd ODD
as odd hello odd:tomorrow wait:300 > /dev/null
shown() { sql "$1" "SELECT group_concat(title) FROM v_record WHERE site = 'ODD'"; }
held() { [ "$(sql "$1" "SELECT last FROM v_log WHERE site = 'ODD' AND stream = 1")" = 4 ]; }
site_up BRK
wait_for 10 'four entries, three of them odd, at ASH' held ASH
wait_for 20 'four entries, three of them odd, forwarded' held BRK
wait_for 10 'all of it searchable' projected ASH BRK
check_equal 'shown of them at ASH' "$(shown ASH)" 'tomorrow, lesson 4'
check_equal 'shown of them at BRK' "$(shown BRK)" 'tomorrow, lesson 4'

# ---- a body that somebody left out: asked for again elsewhere ----

wait_for 20 'the same heads' same_heads ASH BRK COL
site_down COL
site_config COL listed
id=$(release BRK 'Stripped on the way')
wait_for 10 'at ASH' has_title ASH 'Stripped on the way'
seq=${id#BRK-L}
nap 0.06
as hog hello "want:1:$(sql ASH "SELECT site FROM v_member WHERE code = 'BRK'"):$seq:$seq:$top/run" > "$top/said"
check_match 'a run that was asked for' "$(cat "$top/said")" 'wanted run is here'
site_up COL
"$peer" member "127.0.0.1:${port[COL]}" --as hog --net "$net" --key "$("$peer" key "${home[COL]}")" \
    hello "strip:$top/run:$seq" wait:300 > /dev/null
missing() { [ "$(k COL status --json | sed -n 's/.*"missing": *\([0-9]*\).*/\1/p')" = "$1" ]; }
wait_for 5 'a body is missing' missing 1
check_equal 'shown of it' "$(sql COL "SELECT count(*) FROM v_record WHERE id = '$id'")" 0
site_down COL
site_config COL listed "ASH=$to"
site_up COL
wait_for 20 'the body, from elsewhere' has_title COL 'Stripped on the way'
check 'nothing is missing' missing 0
wait_for 20 'the same heads' same_heads ASH BRK COL

# ---- a member that its peer has not heard of ----

site_down BRK
site_config BRK listed
site_new FOX
site_up FOX
site_join ASH FOX
wait_for 20 'FOX in step with ASH' in_step FOX ASH
for c in FOX ASH COL; do site_down "$c"; done
site_config FOX listed "BRK=127.0.0.1:${port[BRK]}"
site_up BRK
check_equal 'what BRK knows of FOX' "$(sql BRK "SELECT count(*) FROM member WHERE code = 'FOX'")" 0
site_up FOX
began=$(now_ms)
release FOX 'From one you have not heard of' > /dev/null
wait_for 20 'an entry of a site that was unknown' has_title BRK 'From one you have not heard of'
say "let in and read $(($(now_ms) - began)) ms after its release"
check 'it came as a stranger' test "$(logged BRK 'mode=probation')" -ge 1

site_up ASH
site_up COL
for c in ASH BRK COL; do
    k "$c" verify --full > "$top/said" 2>&1 || fail "verify --full of $c: $(cat "$top/said")"
done
stop_beside "$relay"
done_with
