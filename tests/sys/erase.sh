# Erasure that can be shown: salts, old runs and words of what was withdrawn are found in the files of every reached
# home before, and in none of them after, while the same log goes on and readers come and go; receipts are complete;
# a site that was away never shows what was withdrawn meanwhile; a thief's withdrawal is undone by a rotation in time.
. "$(dirname "$0")/lib.sh"

sites='ASH BRK CED'
site_new ASH Valley
site_new BRK
site_new CED
site_up ASH
site_up BRK
site_up CED
site_join ASH BRK
site_join ASH CED
k ASH policy set erase-after 0 > /dev/null || fail "policy set erase-after"
k ASH policy set receipt-interval 0 > /dev/null || fail "policy set receipt-interval"

# ---- what is to be erased, and how it is found ----

text='the neighbour of the third bed by the window was given the wrong tray'
word=xylothaumaturgeonistically # a word that nothing else has: its tail stands in the index
for i in 1 2 3 4 5 6; do
    release ASH "Kept $i" "On night $i a tray went to the wrong bed and nobody was hurt." > /dev/null
done
id=$(release ASH 'Regretted' "$text, $word.")
check_equal "id of what will be regretted" "$id" ASH-L7
for i in 8 9; do release ASH "Kept $i" "On night $i a tray went to the wrong bed and nobody was hurt." > /dev/null; done
wait_for 20 'all sites hold all of it' same_heads $sites
wait_for 10 'all of it can be searched' projected $sites
check_equal "found by a word elsewhere" "$(k CED --json find $word | grep -c '"id":"ASH-L7"')" 1

# Salts, and pieces of the run, from each home's own file: what a relay has compressed anew may differ. Given as
# hexadecimal, a pattern a line.
patterns() { # code
    sql "$1" "SELECT hex(substr(r.bytes, 177, 16)) || char(10) || hex(substr(r.bytes, -40, 32)) FROM run r
        JOIN log l ON l.number = r.log WHERE l.stream = 1 AND r.first <= 7 AND r.first + r.count > 7"
}
# How many of the patterns, and of the two texts, stand in the files of a home.
found_in() { # code
    "$peer" search "${home[$1]}" "$top/patterns" "$text" "${word:12}"
}
for c in $sites; do
    check_equal "runs with the entry alone at $c" "$(sql $c "SELECT count(*) FROM run r JOIN log l ON
        l.number = r.log WHERE l.stream = 1 AND r.first = 7 AND r.count = 1")" 1
    patterns $c
done | sort -u > "$top/patterns"
for c in $sites; do
    check_match "before: salt, run, text and word at $c" "$(found_in $c)" '^found 4 '
done

# ---- one site is away, the others withdraw while the log goes on and readers come and go ----

site_down CED
readers() {
    while :; do
        sqlite3 -readonly "file:${home[BRK]}/replica.db?mode=ro" \
            'BEGIN; SELECT count(*) FROM record; SELECT count(*) FROM run a, run b; COMMIT' > /dev/null 2>&1
        "$kith" --home "${home[BRK]}" find tray > /dev/null 2>&1
    done
}
readers &
reader=$!
others+=("$reader")
writer() { # shares and releases until it is told to stop
    local n=0
    lesson 'On it goes' > "$top/writer.md"
    while [ ! -e "$top/stop" ]; do
        k ASH share --release "$top/writer.md" > /dev/null 2>&1 && n=$((n + 1))
    done
    echo "$n" > "$top/written"
}
writer &
writing=$!
others+=("$writing")
said=$(k ASH withdraw ASH-L7 --reason privacy) || fail "withdraw"
check_match "what is said of it" "$said" 'Taken back: ASH-L7\. Hidden now'
check_equal "gone at once at its author's" "$(k ASH show ASH-L7 > /dev/null 2>&1; echo $?)" 1
confirmed() { [ "$(k "$1" --json withdraw --status ASH-L7 | grep -c '"state":"erased"')" = "$2" ]; }
wait_for 20 'two sites have erased it, and each knows of the other' confirmed ASH 2
wait_for 20 'the same at BRK' confirmed BRK 2
touch "$top/stop"
wait "$writing"
check "entries were written meanwhile" [ "$(cat "$top/written")" -gt 0 ]
wait_for 20 'the log went on' same_heads ASH BRK
for c in ASH BRK; do
    check_equal "after: nothing of it at $c" "$(found_in $c)" "found 0 in 0 files"
    check_equal "not found by its word at $c" "$(k $c find $word > /dev/null 2>&1; echo $?)" 1
done
stop_beside "$reader"
check_match "who has not" "$(k BRK --json withdraw --status ASH-L7)" '"site":"CED","state":"waiting","since":"20'
check_match "the facts of the entry stay" "$(k BRK --json log ASH-L7)" '"body":false.*"commit":"[0-9a-f]{64}"'

# ---- the site that was away hears of it before anything else ----

check_match "still there before it comes back" "$(found_in CED)" '^found 4 '
start_beside "$top/watched" "$kith" --home "${home[CED]}" --json watch
watching=$beside
site_up CED
wait_for 20 'CED has erased it too' confirmed CED 3
wait_for 20 'and its receipt is at ASH' confirmed ASH 3
check_equal "after: nothing of it at CED" "$(found_in CED)" "found 0 in 0 files"
check_equal "CED shows it to nobody" "$(grep -c Regretted "$top/watched")" 0
kill -INT "$watching"
wait "$watching" 2> /dev/null
check_match "all of it, as a list" "$(k CED --json withdraw --status)" '"id":"ASH-L7".*"confirmed":3,"sites":3'
for c in $sites; do
    check_match "verify at $c" "$(k $c verify --full)" 'All of it holds'
done

# ---- a hold is told, and a reader that stays is named ----

k BRK retain ASH-L1 --reason 'inquest 14' > /dev/null || fail "retain"
check_match "what is on hold" "$(k BRK --json retain)" '"id":"ASH-L1".*"reason":"inquest 14"'
k ASH withdraw ASH-L1 --reason error > /dev/null || fail "withdraw of what is on hold"
told() { k ASH --json withdraw --status ASH-L1 | grep -q '"site":"BRK","state":"hold"'; }
wait_for 20 'ASH is told of the hold' told
hidden() { ! k BRK show ASH-L1 > /dev/null 2>&1; } # the hold was told before the withdrawal came
wait_for 10 'hidden all the same' hidden
(
    printf 'BEGIN; SELECT count(*) FROM record;\n'
    sleep 2
) | sqlite3 -readonly "file:${home[BRK]}/replica.db?mode=ro" > /dev/null &
stays=$!
nap 0.5
k BRK retain ASH-L1 --release > /dev/null || fail "release of a hold"
named() { k BRK --json status | grep -q '"reader":"sqlite3 ('; }
wait_for 10 'the reader is named' named
wait "$stays"
last_one() { k ASH --json withdraw --status ASH-L1 | grep -q '"site":"BRK","state":"erased"'; }
wait_for 20 'erased when the hold and the reader are gone' last_one

# ---- who holds what ----

covered() {
    k ASH sync --wait 5 > /dev/null
    [ "$(k ASH --json status --coverage ASH-L2 | grep -c '"state":"holds"')" = 3 ]
}
wait_for 20 'all three are known to hold an entry' covered
check_equal "and to have erased another" "$(k ASH --json status --coverage ASH-L7 | grep -c '"state":"erased"')" 3
check_match "each site" "$(k ASH --json status --sites | grep '"code":"BRK"')" \
    '"fingerprint":"([0-9a-f]{4}-){7}[0-9a-f]{4}".*"gaps":0,"missing":0,"refused":0.*"software":"kithd'

# ---- what cannot be ----

check_equal "another site's entry" "$(k BRK withdraw ASH-L1 --reason error 2> "$top/said"; echo $?)" 5
check_match "whom to ask" "$(cat "$top/said")" "another site's"
check_equal "what was never there" "$(k ASH withdraw ASH-L999 --reason error > /dev/null 2>&1; echo $?)" 1
check_equal "what was not released" "$(k ASH withdraw here-1 --reason error > /dev/null 2>&1; echo $?)" 2
check_equal "without a reason" "$(k ASH withdraw ASH-L1 > /dev/null 2>&1; echo $?)" 2
check_equal "the control stream" "$(k ASH withdraw ASH-C1 --reason error > /dev/null 2>&1; echo $?)" 2

# ---- the council takes back another site's ----

id=$(release BRK 'Said too much' 'This names somebody who did not agree.')
wait_for 10 'it is at ASH' has_title ASH 'Said too much'
k ASH withdraw "$id" --reason consent > /dev/null || fail "withdraw by the council"
hidden() { ! has_title "$1" 'Said too much'; }
wait_for 10 'it is hidden at its author' hidden BRK
check_equal "its author goes on" "$(release BRK 'Said less' 'This names nobody.')" BRK-L2
check_match "by whom" "$(k BRK --json withdraw --status)" "\"id\":\"$id\",\"reason\":\"consent\",\"by\":\"council\""

# ---- a thief with a copy of the home takes back what its victim wrote; undone before it is erased ----

k ASH policy set erase-after 1d > /dev/null || fail "policy set erase-after"
id=$(release BRK 'Worth keeping' 'Nobody at BRK would take this back.')
wait_for 10 'it is at ASH' has_title ASH 'Worth keeping'
site_down BRK
cp -r "${home[BRK]}" "$top/THIEF"
home[THIEF]=$top/THIEF log[THIEF]=$top/THIEF.log port[THIEF]=$(ports 1) pid[THIEF]=
: > "${log[THIEF]}"
site_config THIEF auto
site_up BRK
wait_for 10 'BRK writes' in_step BRK ASH
site_up THIEF
taken() { k THIEF withdraw "$id" --reason error > /dev/null 2>&1; }
wait_for 20 'the thief takes it back in the name of BRK' taken
kept_back() { ! has_title "$1" 'Worth keeping'; }
wait_for 20 'hidden at ASH' kept_back ASH
site_kill THIEF
wait_for 20 'hidden at BRK' kept_back BRK
lesson 'Has to wait' > "$top/waits.md"
check_equal "BRK writes nothing more" "$(k BRK share --release "$top/waits.md" > /dev/null 2>&1; echo $?)" 5
check_match "and says why" "$(k BRK --json withdraw --status "$id"; k BRK --json status)" 'doubted'
k BRK rotate --compromised > /dev/null || fail "rotate --compromised"
wait_for 20 'shown again at BRK' has_title BRK 'Worth keeping'
wait_for 20 'shown again at ASH' has_title ASH 'Worth keeping'
check_equal "with its text" "$(k ASH show "$id" | grep -c 'Nobody at BRK would take this back')" 1
done_with
