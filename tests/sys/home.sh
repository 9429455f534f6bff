#!/bin/bash
# One home: one daemon on it, a clean stop within 2 s (S10, P3); readers of every sort find the right answer and leave
# no trace (S11).
. "$(dirname "$0")/lib.sh"

site_new ASH 'One home'
site_new BRK
umask 027
# The home belongs to a group of its own, as that of a system service does; only root can arrange that.
group=54321
reader() { "$@"; }
if [ "$(id -u)" = 0 ] && command -v setpriv > /dev/null; then
    chgrp -R $group "${home[ASH]}"
    site_run="setpriv --regid $group --clear-groups"
    cp "$kith" "$top/kith" && chmod 755 "$top/kith"
    reader() { setpriv --reuid 65534 --regid $group --clear-groups "$@"; }
    stranger() { setpriv --reuid 65534 --regid 65534 --clear-groups "$@"; }
else
    echo 'skipped sys.home: readers of another user; that needs root and setpriv'
fi
site_up ASH
site_run=
site_up BRK
site_join ASH BRK
for i in 1 2 3; do release ASH "Lesson $i at home" > /dev/null; done
k ASH share "$top/ASH.md" > /dev/null
wait_for 20 'the same heads' same_heads ASH BRK
wait_for 10 'all of it searchable' projected ASH

# ---- one daemon ----

out=$("$kithd" --home "${home[ASH]}" --foreground 2>&1)
code=$?
check_equal 'exit code of a second daemon' $code 5
check_match 'a second daemon says so' "$out" 'another kithd runs on it'
check 'the first goes on' site_answers ASH
# A second site on this machine that would listen on addresses that are taken ends with a message, not a fault.
k0=$top/taken
"$kith" --home "$k0" init --code TKN --name Taken > /dev/null || fail 'init of a second home'
printf 'listen: ["127.0.0.1:%s", "127.0.0.1:%s"]\n' "${port[ASH]}" "${port[ASH]}" > "$k0/config.yaml"
out=$("$kithd" --home "$k0" --foreground 2>&1)
check_equal 'exit code where all addresses are taken' $? 2
check_match 'it says which is taken' "$out" "\"127.0.0.1:${port[ASH]}.*address already in use"
out=$("$kithd" --home "$top/nowhere" --foreground 2>&1)
check_equal 'exit code without a home' $? 2
check_match 'a daemon without a home says so' "$out" 'kith init'
out=$(k ASH init --code ASH --name Again 2>&1)
check_equal 'exit code of a second init' $? 5

# ---- readers leave no trace ----

reads() { # command in front…
    local out n=0
    for verb in 'status' 'status --json' 'find lesson' 'find home --json' 'list lesson' 'list lesson --json --limit 2' \
        'show ASH-L2' 'show here-4' 'members' 'members --json'; do
        # shellcheck disable=SC2086
        out=$("$@" --home "${home[ASH]}" $verb 2>&1) || fail "kith $verb as $who: $out"
        n=$((n + 1))
    done
    out=$("$@" --home "${home[ASH]}" --json find 'Lesson 2 at home') || fail "nothing found as $who: $out"
    check_match "found as $who" "$out" '"id": *"ASH-L2"'
    out=$("$@" --home "${home[ASH]}" --json list lesson | wc -l)
    check_equal "lessons listed as $who" "$out" 4
}
# Names, modes and sizes of all files, and what is in them. A reader may note in the shared memory of the index of
# the write-ahead log how far it reads; that file's content is nobody's data.
state() {
    (cd "${home[ASH]}" && find . -type f -o -type d -o -type s | sort | xargs stat -c '%n %A %U %G %s' &&
        find . -type f ! -name '*-shm' | sort | xargs sha256sum)
}
quiet() { [ "$(state)" = "$1" ]; }
settle() { # nothing is written any more
    local a
    for _ in $(seq 40); do
        a=$(state)
        nap 0.5
        [ "$(state)" = "$a" ] && return
    done
    fail 'the home does not come to rest'
}
# The daemon writes at hours of its own (it packs, it sends receipts), so a difference alone accuses nobody; a reader
# that leaves a trace leaves one at every try.
no_trace() { # who, command in front…
    local before difference
    for _ in 1 2 3 4 5; do
        settle
        before=$(state)
        who=$1 reads "${@:2}"
        difference=$(diff <(echo "$before") <(state))
        [ -n "$difference" ] || break
    done
    check_equal "the home after readers: $1" "$difference" ''
}
try_readers() { # when
    no_trace "owner, $1" "$kith"
    if [ -x "$top/kith" ]; then
        no_trace "another of the group, $1" reader "$top/kith"
        check "private.db is shut, $1" test "$(reader cat "${home[ASH]}/private.db" 2>&1 | grep -c 'denied')" = 1
        check "keys are shut, $1" test "$(reader cat "${home[ASH]}/root.key" "${home[ASH]}/entry-1.key" "${home[ASH]}/link-1.key" 2>&1 |
            grep -c 'denied')" = 3
        check "the group cannot write, $1" test "$(reader sh -c "echo x >> '${home[ASH]}/replica.db'" 2>&1 | grep -ci 'denied')" = 1
        stranger "$top/kith" --home "${home[ASH]}" status > "$top/said" 2>&1 && fail "a stranger reads the home, $1"
        check_equal "words to a stranger, $1" "$(wc -l < "$top/said")" 1
    fi
}
check_equal 'private.db' "$(stat -c %a "${home[ASH]}/private.db")" 600
check_equal 'replica.db' "$(stat -c %a "${home[ASH]}/replica.db")" 640
try_readers 'while it runs'
[ ! -x "$top/kith" ] || reader "$top/kith" --home "${home[ASH]}" sync > /dev/null || fail 'the group may not ask the daemon'
site_down ASH
say "clean stop: $stop_ms ms"
try_readers 'after a clean stop'
out=$(k ASH share "$top/ASH.md" 2>&1)
check_equal 'exit code of a change without the daemon' $? 4
check_match 'a change without the daemon says how to start it' "$out" 'kithd --home'
site_up ASH
release ASH 'Written before a crash' > /dev/null
site_kill ASH
count_before=$(k ASH --json list lesson | wc -l)
check_equal 'lessons after a crash' "$count_before" 5
release_again() {
    who='owner, after a crash'
    local before out
    before=$(state)
    out=$(k ASH --json find 'before a crash') || fail 'nothing found after a crash'
    check_match 'found after a crash' "$out" '"id": *"ASH-L4"'
    [ ! -x "$top/kith" ] || reader "$top/kith" --home "${home[ASH]}" --json find 'before a crash' > "$top/said" 2>&1 ||
        fail "nothing found after a crash by the group: $(cat "$top/said")"
    check_equal 'the home after readers, after a crash' "$(diff <(echo "$before") <(state))" ''
}
release_again
site_up ASH
check_match 'found after the restart' "$(k ASH --json find 'before a crash')" '"id": *"ASH-L4"'

# ---- a clean stop under load, signals at random ----

mkdir "$top/many"
for i in $(seq 1 150); do lesson "Load $i" > "$top/many/$i.md"; done
load() { while [ ! -e "$top/stop" ]; do k BRK share --release "$top"/many/*.md > /dev/null 2>&1; k BRK find Load > /dev/null 2>&1; done; }
start_beside "$top/load" load
slowest=0
site_run=
for signal in TERM INT HUP TERM; do
    nap "0.$((RANDOM % 9 + 1))"
    kill -PIPE "${pid[BRK]}"
    nap 0.05
    check 'SIGPIPE means nothing' site_answers BRK
    site_down BRK $signal
    [ "$stop_ms" -le "$slowest" ] || slowest=$stop_ms
    site_up BRK
done
say "clean stop under load: at most $slowest ms"
touch "$top/stop"
wait "$beside"
k BRK verify --full > "$top/said" 2>&1 || fail "verify --full: $(cat "$top/said")"

# ---- no home at all: a change says so as a question does ----

"$kith" --home "$top/none" release --all > /dev/null 2> "$top/err"
check_equal 'a change without a home' $? 2
check_match 'and what to do' "$(cat "$top/err")" 'no site here: .*kith init'

done_with
