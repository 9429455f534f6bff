#!/bin/bash
# The screen for text: what identifies a person is refused at this site's door, in every disguise; what may do so waits
# for somebody who says why it may go; and of a blocked record no file of any home and no log ever holds a word.
. "$(dirname "$0")/lib.sh"

site_new ASH 'Screened'
site_new BRK
for c in ASH BRK; do site_up $c; done
site_join ASH BRK

private() { sqlite3 -readonly "${home[ASH]}/private.db" "$1"; }
drafts() { sql ASH 'SELECT count(*) FROM v_record WHERE here'; }
write() { # title, what happened: a file
    lesson "$1" "$2" > "$top/one.md"
}

# ---- blocked ----

marks=(Quillaxis 4857773457 '485 777 3457' '777 3457' AB123456C 1951)
blocked() { # title, what happened, kind
    local out
    write "$1 Quillaxis" "$2"
    for verb in share 'share --release --confirm-screened nobody-can-be-known' lint; do
        # shellcheck disable=SC2086
        out=$(k ASH $verb "$top/one.md" 2>&1)
        check_equal "exit code of $verb of $3" $? 5
        check_match "$verb says what and where" "$out" "one.md:[0-9]+: (error: )?[a-z]+: blocked, .*$3.* at (line [0-9]+, )?character [0-9]+"
        ! grep -qE '3457|AB123|1951' <<< "$out" || fail "$verb repeats what it found: $out"
    done
}
blocked 'About 485 777 3457' 'Nothing.' 'NHS number'
blocked 'A light' $'It was **485**\n777 3457.' 'NHS number'
blocked 'A light' $'> 485\n> 777\n> 3457' 'NHS number'
blocked 'A light' $'485\u2011777\u00a03457' 'NHS number'
blocked 'A light' $'4\u200b85 777 3457' 'NHS number'
blocked 'A light' 'The patient has 4857773457.' 'NHS number'
blocked 'A light' 'See https://x.example/find?nhs=4857773457' 'NHS number'
blocked 'A light' 'It was AB 12 34 56 C' 'national insurance number'
blocked 'A light' 'It was AB123456C' 'national insurance number'
blocked 'A light' 'born on 3 March 1951' 'date of birth'
check_equal 'records that were kept' "$(drafts)" 0
check_equal 'entries of the journal' "$(private 'SELECT count(*) FROM journal')" 0

printf 'title,what\nA light,Nothing much\nQuillaxis 485 777 3457,Nothing\nA bell,Nothing much\n' > "$top/rows.csv"
printf '%s\n' 'kind: lesson' 'title: title' 'happened: what' 'learned: {constant: That it rings.}' 'result: worked' \
    'confidence: several-events' 'setting: acute-ward' > "$top/map.yaml"
out=$(k ASH import "$top/rows.csv" --kind lesson --map "$top/map.yaml" 2>&1)
check_equal 'exit code of an import with a blocked row' $? 0
check_match 'line and reason of the row' "$out" 'rows.csv:3: title: blocked, an NHS number at character 11'
check_match 'the others are taken' "$out" 'Rows 3, taken as lesson 2, refused 1'

# ---- none of them ----

write 'Not numbers of patients' 'ISBN 978-0-306-40615-7 and 0-306-40615-2, doi:10.1136/4857773457, random 5555555555 and
8123456786, and https://x.example/4857773457 for the NHS.'
k ASH share "$top/one.md" > /dev/null 2> "$top/said" || fail "what is no number of a patient: $(cat "$top/said")"
check_equal 'what the screen says of it' "$(cat "$top/said")" ''

# ---- held ----

write 'Mrs Zebedee had a light' 'Call 0117 496 0123, or write to jane.zebedee@x.example at LS1 4AP.'
out=$(k ASH --json share "$top/one.md" 2> "$top/said") || fail "share of what is held: $(cat "$top/said")"
id=$(sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' <<< "$out")
check_equal 'things that are held' "$(grep -c 'held at release' "$top/said")" 4
for arguments in "release $id" "release --all" "share --release $top/one.md"; do
    # shellcheck disable=SC2086
    out=$(k ASH $arguments 2>&1)
    check_equal "exit code of ${arguments%% *}" $? 5
    check_match "what is held is told" "$out" "held: a phone number \(happened, character 6\), .* and 2 more: .*--confirm-screened"
    ! grep -q 'Zebedee' <<< "$(grep held: <<< "$out")" || fail "a refusal repeats what it found: $out"
done
for reason in ' ' no 'because because' 'a b c'; do
    out=$(k ASH release "$id" --confirm-screened "$reason" 2>&1)
    check_equal "exit code with \"$reason\" as a reason" $? 2
    check_match 'what a reason is' "$out" 'three words or more'
done
k ASH release "$id" --confirm-screened 'Zebedee is a puppet' > "$top/said" 2>&1 || fail "release with a reason: $(cat "$top/said")"
check_equal 'reasons in the journal' "$(private "SELECT count(*) FROM journal WHERE reason = 'Zebedee is a puppet'")" 1
check_equal 'findings in the journal' \
    "$(private "SELECT found FROM journal WHERE reason IS NOT NULL" | grep -cE '^hold phone happened 5\+13; hold email .*; hold titled-name title 0\+11$')" 1
check_equal 'records released without need have no reason' \
    "$(private "SELECT count(*) FROM journal WHERE reason IS NOT NULL AND found IS NULL")" 0
lesson 'One event' 'It was in March 2026.' | sed 's/several-events/one-event/' > "$top/one.md"
out=$(k ASH share --release "$top/one.md" 2>&1)
check_equal 'exit code of one event' $? 5
check_match 'why it is held' "$out" 'held: a lesson from one event \(confidence\), the date of a single event \(happened, character 11\)'
k ASH share --release --confirm-screened 'The family agreed' "$top/one.md" > /dev/null 2>&1 || fail 'one event with a reason'
out=$(k ASH --json import "$top/rows.csv" --kind lesson --map "$top/map.yaml" --release --confirm-screened 'rows without names' 2> /dev/null)
check_match 'import with a reason' "$out" '"taken": *2'
sed -i 's/several-events/one-event/' "$top/map.yaml"
out=$(k ASH import "$top/rows.csv" --kind lesson --map "$top/map.yaml" --release 2> /dev/null)
check_match 'an import says what would be held' "$out" 'would hold 2 of the rows .* "import of rows.csv"'
check_equal 'its reason in the journal' "$(private "SELECT count(*) FROM journal WHERE reason = 'import of rows.csv'")" 2

# ---- nothing of what was blocked is anywhere ----

site_join_done() { same_heads ASH BRK; }
wait_for 20 'the same heads' site_join_done
read_by_group() { # every file that group kith may read, and everything that was sent to the other site
    find "${home[ASH]}" -type f -perm -g=r
    find "${home[BRK]}" -type f
    printf '%s\n' "${log[ASH]}" "${log[BRK]}" "${home[ASH]}/private.db"
}
check 'there are such files' test "$(read_by_group | wc -l)" -ge 6
for mark in "${marks[@]}"; do
    found=$(read_by_group | xargs -d '\n' grep -la -- "$mark" 2> /dev/null)
    case $mark in
    4857773457) # stands in the address and the DOI, and in nothing else
        check_equal 'records with those digits' "$(sql ASH "SELECT count(*) FROM v_record WHERE body LIKE '%4857773457%'")" 1
        ;;
    *) check_equal "files that hold \"$mark\"" "$found" '' ;;
    esac
done
check_equal 'what the other site reads of a held record before its release' "$(sql BRK "SELECT count(*) FROM v_record WHERE body LIKE '%Zebedee%'")" 1
done_with
