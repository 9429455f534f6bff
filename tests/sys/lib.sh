# What the system tests share: homes, daemons, waiting with a bound, and an end that takes along only what was begun
# here. To be sourced by bash; KITH_BUILD is the build directory, KITH_SHARED the folder with real input.
#
# A site is known by its code: home[ASH], port[ASH], pid[ASH], log[ASH]. KITH_KEEP=1 leaves the homes.
set -u
here=$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)
src=$(cd "$here/../.." && pwd)
: "${KITH_BUILD:?give the build directory}"
KITH_SHARED=${KITH_SHARED:-$src/../shared}
kith=$KITH_BUILD/kith
kithd=$KITH_BUILD/kithd
peer=$KITH_BUILD/tests/sys/kith-peer
export NO_COLOR=1 KITH_PLAIN=1 LC_ALL=C.UTF-8 TZ=UTC
unset KITH_HOME
test_name=$(basename "$0" .sh)

for tool in "$kith" "$kithd" "$peer"; do
    [ -x "$tool" ] || {
        echo "$test_name: \"$tool\" is not built"
        exit 1
    }
done
# A sanitizer makes everything slower: limits in time are stretched, and the figures are printed anyway.
slow=1
grep -aq __asan_init "$kithd" && slow=3

top=$(mktemp -d "${TMPDIR:-/tmp}/kith-sys.XXXXXX")
chmod 755 "$top"
taken=${TMPDIR:-/tmp}/kith-ports.$UID # a file a port, with the process of the test that uses it
mkdir -p "$taken"
export XDG_STATE_HOME="$top/state" # where the counters outside the homes go
declare -A home port pid log network
others=() # processes that are no daemons
checks=0

cleanup() {
    local code=$? p
    trap - EXIT
    for p in ${pid[@]+"${pid[@]}"} ${others[@]+"${others[@]}"}; do
        [ -z "$p" ] || kill -9 "$p" 2> /dev/null
    done
    wait 2> /dev/null
    ports_give_back
    if [ "${KITH_KEEP:-0}" = 1 ]; then
        echo "$test_name: kept $top"
    else
        rm -rf "$top"
    fi
    exit "$code"
}
trap cleanup EXIT
trap 'exit 1' INT TERM

say() { printf '%s: %s\n' "$test_name" "$*"; }

fail() {
    local c
    printf '%s: FAILED: %s\n' "$test_name" "$*"
    for c in "${!log[@]}"; do
        printf -- '---- the last lines of %s\n' "$c"
        tail -n "${KITH_TAIL:-25}" "${log[$c]}" 2> /dev/null
    done
    exit 1
}

# what it is, then the command
check() {
    local what=$1
    shift
    checks=$((checks + 1))
    "$@" || fail "$what"
}
check_equal() { # what, is, should be
    checks=$((checks + 1))
    [ "$2" = "$3" ] || fail "$1: \"$2\" instead of \"$3\""
}
check_match() { # what, text, extended regular expression
    checks=$((checks + 1))
    grep -qE -- "$3" <<< "$2" || fail "$1: \"$2\" does not match \"$3\""
}
check_most() { # what, figure, limit
    checks=$((checks + 1))
    [ "$2" -le "$3" ] || fail "$1: $2, at most $3"
}

now_ms() { local t=${EPOCHREALTIME/[.,]/}; echo "${t%???}"; }
nap() { sleep "$1"; }

# Waits until a command succeeds: seconds, what for, command…
wait_for() {
    local limit=$1 what=$2 until
    shift 2
    until=$(($(now_ms) + limit * 1000 * slow))
    until "$@"; do
        [ "$(now_ms)" -lt "$until" ] || fail "waited $((limit * slow)) s in vain: $what"
        nap 0.03
    done
    checks=$((checks + 1))
}

# So many ports that are free, and that no other test has taken for a daemon that is away just now.
ports() {
    local port n=0
    while [ "$n" -lt "$1" ]; do
        port=$("$peer" ports 1) || return
        (set -C && echo $$ > "$taken/$port") 2> /dev/null || continue
        printf '%s\n' "$port"
        n=$((n + 1))
    done
}
ports_give_back() { # those of this test, and of any that died without a word
    local file owner
    for file in "$taken"/*; do
        owner=$(cat "$file" 2> /dev/null)
        [ -n "$owner" ] || continue # gone, or just about to be written
        [ "$owner" != $$ ] && kill -0 "$owner" 2> /dev/null || rm -f "$file"
    done
}

# Runs something beside the daemons that ends with the test; its number is in $beside.
start_beside() { # file for its output, command…
    local out=$1
    shift
    "$@" > "$out" 2>&1 &
    beside=$!
    others+=("$beside")
}
stop_beside() {
    kill "$1" 2> /dev/null
    wait "$1" 2> /dev/null
    local i
    for i in "${!others[@]}"; do
        [ "${others[$i]}" != "$1" ] || unset "others[$i]"
    done
}

# ---- sites ----

# code, name of the network that it founds (or nothing)
site_new() {
    local c=$1
    home[$c]=$top/$c
    log[$c]=$top/$c.log
    port[$c]=$(ports 1)
    pid[$c]=
    : > "${log[$c]}"
    k "$c" init --code "$c" --name "Site $c" ${2:+--network "$2"} > /dev/null || fail "init of $c"
    site_config "$c" auto
}

# code, auto or listed, then peers as CODE=HOST:PORT
site_config() {
    local c=$1 p
    {
        printf 'listen:\n  - "%s:%s"\n' "${listen_host:-127.0.0.1}" "${port[$c]}"
        printf 'dial: %s\n' "$2"
        [ $# -lt 3 ] || printf 'peers:\n'
        for p in "${@:3}"; do
            printf '  - site: %s\n    address: "%s"\n' "${p%%=*}" "${p#*=}"
        done
    } > "${home[$c]}/config.yaml"
}

site_answers() { "$peer" control "${home[$1]}/kithd.sock" verb status > /dev/null 2>&1; }
site_gone() { [ ! -d "/proc/$1" ] || grep -q '^State:.Z' "/proc/$1/status" 2> /dev/null; }

# Starts a site's daemon and waits until it answers; $ready_ms says how long that took.
site_up() {
    local c=$1 began
    began=$(now_ms)
    ${site_run:-} "$kithd" --home "${home[$c]}" --foreground ${site_args:-} >> "${log[$c]}" 2>&1 &
    pid[$c]=$!
    until site_answers "$c"; do
        site_gone "${pid[$c]}" && fail "kithd of $c ended at its start"
        [ $(($(now_ms) - began)) -lt $((20000 * slow)) ] || fail "kithd of $c does not answer"
        nap 0.01
    done
    ready_ms=$(($(now_ms) - began))
}

# Clean stop, within 2 s, exit code 0; $stop_ms says how long it took. The signal may be named.
site_down() {
    local c=$1 began code=0
    began=$(now_ms)
    kill "-${2:-TERM}" "${pid[$c]}" || fail "kithd of $c is not there"
    until site_gone "${pid[$c]}"; do
        [ $(($(now_ms) - began)) -lt $((20000 * slow)) ] || fail "kithd of $c does not stop"
        nap 0.01
    done
    stop_ms=$(($(now_ms) - began))
    wait "${pid[$c]}" || code=$?
    pid[$c]=
    check_equal "exit code of kithd of $c" "$code" 0
    check_most "clean stop of $c in ms" "$stop_ms" $((2000 * slow))
}

site_kill() {
    kill -9 "${pid[$1]}" || fail "kithd of $1 is not there"
    wait "${pid[$1]}" 2> /dev/null
    pid[$1]=
}

# Every daemon that still runs stops cleanly, and none has said a word of a sanitizer.
all_down() {
    local c
    for c in "${!pid[@]}"; do
        [ -z "${pid[$c]}" ] || site_down "$c"
    done
    for c in "${!log[@]}"; do
        ! grep -qE 'Sanitizer|runtime error:|Assertion|daemon\.fault' "${log[$c]}" || fail "a fault in the log of $c"
    done
}
done_with() {
    all_down
    say "ok, $checks checks"
}

k() { # code, arguments of kith…
    local c=$1
    shift
    "$kith" --home "${home[$c]}" "$@"
}
sql() { # code, query
    sqlite3 -readonly -batch -cmd '.timeout 3000' "file:${home[$1]}/replica.db?mode=ro" "$2"
}

# code, number of sites: so many have told their addresses, which each does once it has compared its entries
published() { [ "$(sql "$1" 'SELECT count(*) FROM log WHERE stream = 3 AND last > 0')" -ge "$2" ]; }

# A site that can reach nobody writes all the same, until it is started again.
alone() { k "$1" release --alone > /dev/null 2>&1 || true; }

# code of the inviter, code of the joiner
site_join() {
    local line
    line=$(k "$1" invite "$2") || fail "$1 does not invite $2"
    k "$2" join "$line" > /dev/null || fail "$2 does not join"
}

# ---- what is in a replica ----

heads() { sql "$1" 'SELECT site, stream, epoch, last, last_id FROM v_log ORDER BY 1, 2, 3, 4, 5'; }
same_heads() { # codes…
    local first c
    first=$(heads "$1") || return 1
    [ -n "$first" ] || return 1
    for c in "${@:2}"; do
        [ "$(heads "$c")" = "$first" ] || return 1
    done
}
projected() { # codes…: nothing is waiting to be searched
    local c
    for c in "$@"; do
        [ "$(k "$c" status --json | sed -n 's/.*"lag": *\([0-9]*\).*/\1/p')" = 0 ] || return 1
    done
}
# Rows of everything that came from others: what a refused message must leave as it was.
rows() {
    sql "$1" "SELECT 'logs ' || (SELECT count(*) FROM log WHERE last > 0) || ', entries ' ||
        (SELECT total(last) FROM log) || ', members ' || (SELECT count(*) FROM member) || ', councils ' ||
        (SELECT count(*) FROM council) || ', proofs ' || (SELECT count(*) FROM proof) || ', records ' ||
        (SELECT count(*) FROM record) || ', gone ' || (SELECT count(*) FROM gone)"
}
has_title() { [ "$(sql "$1" "SELECT count(*) FROM v_record WHERE title = '$2'")" = 1 ]; }
no_title() { [ "$(sql "$1" "SELECT count(*) FROM v_record WHERE title = '$2'")" = 0 ]; }
member() { [ "$(sql "$1" "SELECT count(*) FROM v_member WHERE code = '$2'")" = 1 ]; }
own_is() { k "$1" status --json | grep -qE "\"own\": *\"$2\""; } # code, how it stands with its own logs
# The titles of all released lessons, in one line.
titles() { sql "$1" "SELECT title FROM v_record WHERE kind = 'lesson' AND NOT here ORDER BY 1" | tr '\n' ' '; }
all_have() { # titles, codes…
    local t=$1 c
    for c in "${@:2}"; do
        [ "$(titles "$c")" = "$t" ] || return 1
    done
}
# A copy of a home that is down, and back again.
backup() { rm -rf "$top/$1.backup" && cp -r "${home[$1]}" "$top/$1.backup"; }
put_back() { rm -rf "${home[$1]}" && cp -r "$top/$1.backup" "${home[$1]}"; }
in_step() { # code, code of the other
    k "$1" status --json | grep -qE "\"code\": *\"$2\"[^}]*\"in_step\": *true"
}
logged() { grep -cE -- "$2" "${log[$1]}"; } # code, pattern: how many lines

lesson() { # title: a lesson as Markdown on standard output
    cat << END
---
kind: lesson
title: $1
result: worked
confidence: several-events
setting: acute-ward
topics: [falls]
---

## What happened

${2:-A test wrote this, so that there is something to find.}

## What we learned

That it arrives.
END
}
# code, title: shares and releases, prints the id
release() {
    lesson "$2" "${3:-}" > "$top/$1.md"
    k "$1" --json share --release "$top/$1.md" | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p'
}
