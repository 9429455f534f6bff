#!/bin/bash
# One code for two sites, let in by two coordinators while they were apart: both are shown with a mark, nobody is
# taken for the other, and a coordinator gives one of them another code, which all sites then use, that one included.
. "$(dirname "$0")/lib.sh"

site_new ASH 'Two of one code'
site_new BRK
for c in ONE TWO; do
    home[$c]=$top/$c log[$c]=$top/$c.log port[$c]=$(ports 1) pid[$c]=
    : > "${log[$c]}"
    k $c init --code DUP --name "Site $c" > /dev/null || fail "init of $c"
    site_config $c auto
done
for c in ASH BRK ONE TWO; do site_up $c; done
site_join ASH BRK
k ASH coordinator add BRK > /dev/null || fail 'a second coordinator'
sits() { [ "$(sql "$1" "SELECT state FROM v_member WHERE code = 'BRK'")" = coordinator ]; }
wait_for 10 'BRK knows' sits BRK

# ---- apart ----
join_as_dup() { # coordinator, who
    k "$1" invite DUP > "$top/line" || fail "$1 does not invite"
    k "$2" join < "$top/line" > /dev/null || fail "$2 does not join"
}
site_down BRK
join_as_dup ASH ONE
release ONE 'From one' > /dev/null
wait_for 10 'it is at ASH' has_title ASH 'From one'
site_down ASH
site_down ONE
site_up BRK
alone BRK
join_as_dup BRK TWO
release TWO 'From two' > /dev/null
wait_for 10 'it is at BRK' has_title BRK 'From two'

# ---- together ----
site_up ASH
site_up ONE
for c in ASH BRK ONE TWO; do
    for title in 'From one' 'From two'; do wait_for 20 "$title at $c" has_title $c "$title"; done
done
code_of() { sql "$1" "SELECT code FROM v_member WHERE name = 'Site $2'"; } # at, of whom
for c in ASH BRK ONE TWO; do
    for s in ONE TWO; do check_match "how $c calls $s" "$(code_of $c $s)" '^DUP~[0-9a-f]{4}$'; done
done
one=$(code_of ASH ONE)
check_match 'each record is its own' "$(k BRK show "$one-L1")" 'From one'
k ASH show DUP-L1 > /dev/null 2>&1
check_equal 'the bare code means neither' $? 1

# ---- another code ----
k ASH admit "$one" --rename 'nonsense code' > /dev/null 2>&1
check_equal 'what is no code' $? 2
k ASH admit "$one" --rename BRK > /dev/null 2> "$top/err"
check_equal 'a code that is taken' $? 5
check_match 'and says so' "$(cat "$top/err")" 'another site has it'
k ASH admit BRK --rename BRX > /dev/null 2>&1
check_equal 'a coordinator' $? 5
k TWO admit "$one" --rename ONE > /dev/null 2>&1
check_equal 'who is no coordinator' $? 5
check_match 'renamed' "$(k ASH admit "$one" --rename one)" 'Decided: code ONE for Site ONE'
called() { [ "$(code_of "$1" ONE),$(code_of "$1" TWO)" = ONE,DUP ]; }
for c in ASH BRK ONE TWO; do wait_for 10 "$c calls both by codes of their own" called $c; done
check_match 'ids go with it' "$(k TWO show ONE-L1)" 'From one'
check_match 'the other has the code to itself' "$(k BRK show DUP-L1)" 'From two'
check_match 'in the history' "$(k TWO members --history)" 'code ONE for Site ONE'
own() { k ONE status | grep -q '^Site: ONE '; }
wait_for 5 'the site itself goes by it' own
check_equal 'what it releases too' "$(release ONE 'After that')" ONE-L2
site_down ONE
site_up ONE
check 'and after a restart' own
done_with
