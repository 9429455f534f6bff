#!/bin/bash
# The screen for text: what identifies a person is refused at this site's door, in every disguise; what may do so waits
# for somebody who says why it may go; and of a blocked record no file of any home and no log ever holds a word.
. "$(dirname "$0")/lib.sh"

site_new ASH 'Screened'
site_new BRK
relay_port=$(ports 1) # everything that BRK and ASH say to each other passes here
start_beside "$top/relay" "$peer" relay "$relay_port" "127.0.0.1:${port[ASH]}" --capture "$top/captured"
site_config ASH listed
site_config BRK listed "ASH=127.0.0.1:$relay_port"
for c in ASH BRK; do site_up $c; done
line=$(k ASH invite BRK)
k BRK join "$("$peer" line "$line" --address "127.0.0.1:$relay_port")" > /dev/null || fail 'BRK does not join'

private() { sqlite3 -readonly "${home[ASH]}/private.db" "$1"; }
drafts() { sql ASH 'SELECT count(*) FROM v_record WHERE here'; }
write() { # title, what happened: a file
    lesson "$1" "$2" > "$top/one.md"
}

# ---- blocked ----

year='(?<![0-9A-Za-z])1951(?![0-9A-Za-z])' # alone: among the digits of keys and times it may stand by chance
marks=(Quillaxis 4857773457 '485 777 3457' '777 3457' AB123456C "$year")
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
out=$(k ASH --json lint "$top/one.md")
check_match 'a finding for machines' "$out" \
    '"level":"block","kind":"nhs-number","field":"title","offset":6,"length":12,.*"record":"lesson"'
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
check_equal 'exit code of an import with a blocked row' $? 5
check_match 'line and reason of the row' "$out" 'rows.csv:3: title: blocked, an NHS number at character 11'
check_match 'the others are taken' "$out" 'Rows 3, taken as lesson 2, refused 1'
out=$(k ASH --json import "$top/rows.csv" --kind lesson --map "$top/map.yaml" 2> /dev/null)
check_match 'the same table again' "$out" '"rows": *3, *"taken": *0, *"refused": *1, *"same": *2'

# ---- blocked by the daemon itself, from a program that screens nothing ----

check_digit() { # nine digits: all ten, or nothing
    local i sum=0
    for i in 0 1 2 3 4 5 6 7 8; do sum=$((sum + ${1:i:1} * (10 - i))); done
    sum=$(((11 - sum % 11) % 11))
    [ $sum -eq 10 ] || printf '%s%s' "$1" $sum
}
first_valid() { # six digits: the first number of ten that begins with them and is valid
    local i n
    for i in {100..200}; do
        n=$(check_digit "$1$i")
        [ -z "$n" ] || break
    done
    printf '%s' "$n"
}
wide() { # digits as full-width ones
    local i
    for ((i = 0; i < ${#1}; i++)); do printf "\\uff1${1:i:1}"; done
}
english=4857773457 scottish=$(first_valid 030351) irish=$(first_valid 320412) # Northern Ireland
texts=$top/texts # title, tab, what happened; | ends a line
{
    for n in $english $scottish $irish; do
        a=${n:0:3} b=${n:3:3} c=${n:6}
        for sign in ' ' '-' $'\u00a0' $'\u2007' $'\u2009' $'\u202f' $'\u3000' $'\u2010' $'\u2011' $'\u2013' $'\u2212' '|' '  ' '|> '; do
            printf 'Quillaxis\tIt was %s%s%s%s%s then.\n' "$a" "$sign" "$b" "$sign" "$c"
        done
        printf 'Quillaxis\tIt was **%s** _%s_ %s then.\n' "$a" "$b" "$c"
        printf 'Quillaxis\t- It was <b>%s</b> %s %s then.\n' "$a" "$b" "$c"
        printf 'Quillaxis\tIt was %s\u200b%s %s\u00ad %s then.\n' "${a:0:1}" "${a:1}" "$b" "$c"
        printf 'Quillaxis\tIt was %s %s %s then.\n' "$(wide "$a")" "$(wide "$b")" "$(wide "$c")"
        printf 'Quillaxis\tThe patient|has %s then.\n' "$n"
        printf 'Quillaxis %s %s %s\tIt was then.\n' "$a" "$b" "$c"
        printf 'Quillaxis \u2011 **%s**\u2011%s\u2011%s\tIt was then.\n' "$a" "$b" "$c"
    done
    printf 'Quillaxis\tIt was AB%s12%s34%s56%sC then.\n' ' ' ' ' ' ' ' ' '-' '-' '-' '-' $'\u00a0' $'\u00a0' $'\u00a0' $'\u00a0' '|' '|' '|' '|'
    printf 'Quillaxis AB123456C\tIt was then.\nQuillaxis\tIt was **AB123456C** then.\n'
    printf 'Quillaxis\tBorn on 3 March 1951.\nQuillaxis\tDate of birth:|03/03/1951.\nQuillaxis\tDOB 3\u20113\u20111951.\n'
    printf 'Quillaxis, born 3 March 1951\tIt was then.\n'
} > "$texts"
"$peer" control "${home[ASH]}/kithd.sock" share < "$texts" > "$top/answers"
check_equal 'texts and answers' "$(wc -l < "$top/answers")" "$(wc -l < "$texts")"
grep -vn '"code":-5,"text":"blocked: ' "$top/answers" | head -n 3 > "$top/passed"
check_equal 'texts that the daemon lets through' "$(cat "$top/passed")" ''
say "$(wc -l < "$texts") blocked texts refused by the daemon itself"
check_equal 'records that were kept of those' "$(drafts)" 2 # those of the table

# ---- none of them ----

{ # valid by their check digit, in ranges that nobody issues; with a cue, grouped, or both
    RANDOM=20261122
    for i in {1..60}; do
        case $((i % 4)) in
        0) begin=5 ;;
        1) begin=8 ;;
        2) begin=00 ;;
        3) begin=315 ;;
        esac
        n=$(check_digit "$(printf '%s%s%s%s' $begin $((RANDOM % 9000 + 1000)) $((RANDOM % 9000 + 1000)) $RANDOM | cut -c 1-9)")
        [ ${#n} = 10 ] || continue
        printf 'Order %s\tThe patient had %s, that is %s %s %s.\n' $i "$n" "${n:0:3}" "${n:3:3}" "${n:6}"
    done
    n=$(first_valid 612345)
    printf 'A book\tISBN 978-0-306-40615-7, ISBN-10 0-306-40615-2, ISBN %s and ISBN: %s %s %s for the patient.\n' $n "${n:0:3}" "${n:3:3}" "${n:6}"
    printf 'A paper\tdoi:10.1136/%s and https://doi.org/10.1136/%s.%s.%s on the patient.\n' $n "${n:0:3}" "${n:3:3}" "${n:6}"
} > "$texts"
"$peer" control "${home[ASH]}/kithd.sock" share < "$texts" > "$top/answers"
check 'enough of them' test "$(wc -l < "$texts")" -ge 45
check_equal 'numbers that are taken for those of patients' "$(grep blocked "$top/answers" | head -n 3)" ''

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
out=$(k ASH --json import "$top/rows.csv" --kind lesson --map "$top/map.yaml" --again --release --confirm-screened 'rows without names' 2> /dev/null)
check_match 'import with a reason' "$out" '"taken": *2'
sed -i 's/several-events/one-event/' "$top/map.yaml"
out=$(k ASH import "$top/rows.csv" --kind lesson --map "$top/map.yaml" --again --release 2> /dev/null)
check_match 'an import says what would be held' "$out" 'would hold 2 of the rows .* "import of rows.csv"'
check_equal 'its reason in the journal' "$(private "SELECT count(*) FROM journal WHERE reason = 'import of rows.csv'")" 2

# ---- nothing of what was blocked is anywhere ----

site_join_done() { same_heads ASH BRK; }
wait_for 20 'the same heads' site_join_done

# What ASH says to a member, decrypted and unpacked: all that it holds, asked for run by run.
net=$(sql ASH "SELECT value FROM meta WHERE key = 'network_id'")
key=$("$peer" key "${home[ASH]}")
self=$(sql ASH "SELECT value FROM meta WHERE key = 'site'")
planted='Farnborough lantern'
release ASH "$planted" 'Nobody is known by it.' > /dev/null
wait_for 20 'what was planted to arrive' has_title BRK "$planted"
"$peer" join "$(k ASH invite)" --as fox --code FOX > /dev/null || fail 'a listener does not join'
last=$(sql ASH 'SELECT max(last) FROM v_log WHERE stream = 1')
wants=()
for ((seq = 1; seq <= last; seq++)); do wants+=("want:1:$self:$seq:$seq:$top/run"); done
"$peer" member "127.0.0.1:${port[ASH]}" --as fox --net "$net" --key "$key" --heard "$top/heard" hello cert "${wants[@]}" > "$top/said" ||
    fail 'a listener hears nothing'
check_equal 'runs that did not come' "$(grep -c 'did not come' "$top/said")" 0

readable() { # every file that group kith may read
    find "${home[ASH]}" "${home[BRK]}" -type f -perm -g=r
}
read_by_group() { # those, what is for the daemons alone, their logs, and everything that was said
    find "${home[ASH]}" "${home[BRK]}" -type f
    printf '%s\n' "${log[ASH]}" "${log[BRK]}" "$top/captured" "$top/heard"
}
holding() { grep -laF -- "$1" $(read_by_group); }
check 'there are such files' test "$(readable | wc -l)" -ge 6
check 'something was captured between the daemons' test "$(stat -c %s "$top/captured")" -ge 2000
found=$(holding "$planted")
for place in "${home[ASH]}/replica.db" "${home[BRK]}/replica.db" "$top/heard"; do # the search works
    check "what was planted is found in $place" grep -q "^$place" <<< "$found"
done
check 'what was planted is found in files for the group' grep -laqF -- "$planted" $(readable)
check_equal 'what was planted is not found in what passed between the daemons' "$(grep -c captured <<< "$found")" 0
for mark in "${marks[@]}"; do
    found=$(read_by_group | LC_ALL=C xargs -d '\n' grep -laP -- "$mark" 2> /dev/null)
    case $mark in
    4857773457) # stands in the address and the DOI, and in nothing else
        check_equal 'records with those digits' "$(sql ASH "SELECT count(*) FROM v_record WHERE body LIKE '%4857773457%'")" 1
        ;;
    *) check_equal "files that hold \"$mark\"" "$found" '' ;;
    esac
done
check_equal 'what the other site reads of a held record before its release' "$(sql BRK "SELECT count(*) FROM v_record WHERE body LIKE '%Zebedee%'")" 1
done_with
