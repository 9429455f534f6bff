#!/bin/bash
# kithd is killed, or its disk fails, in the middle of what changes keys, logs and texts (S2, S4, S7): strace is attached
# to a daemon that waits, and one of the calls that change files gets a SIGKILL, ENOSPC or EIO. Then the daemon is
# started on what is left, and everything that was acknowledged is there, everything is verified, the keys are whole, and
# the thing can be done once more.
#
#     faults.sh              a sample: a few places of each operation, always the same ones
#     faults.sh all [OP…]    every place of every operation (or of these); prints how many there were
#
# Skipped where strace may not attach.
. "$(dirname "$0")/lib.sh"

every=${1:-sample}
[ $# -eq 0 ] || shift
calls=openat,write,pwrite64,ftruncate,fsync,fdatasync,renameat,unlinkat,unlink
pass=$top/pass
trials=0 killed=0 ended=0 refused=0 passed=0

skip() {
    echo "skipped sys.faults: $1"
    exit 0
}
command -v strace > /dev/null || skip 'there is no strace'
! grep -aq __asan_init "$kithd" || skip 'a sanitizer cannot be traced'

# ---- what every trial starts from: a network of one, and a member that has a bundle to apply ----

printf 'correct horse battery staple\n' > "$pass" && chmod 600 "$pass"
site_new ONE Alone
site_new HUB Two
site_new TWO
for c in ONE TWO; do echo 'counter: off' >> "${home[$c]}/config.yaml"; done # homes are set back all the time here
for c in ONE HUB TWO; do site_up "$c"; done
site_join HUB TWO
site_down TWO
check_equal 'ONE writes' "$(release ONE 'Kept for ever')" ONE-L1
check_equal 'and more' "$(release ONE 'Taken back')" ONE-L2
k ONE policy set erase-after 0 > /dev/null || fail 'no policy'
k ONE key export "$top/one.key" --passphrase-file "$pass" > /dev/null || fail 'no export'
alone HUB
check_equal 'HUB writes' "$(release HUB 'From elsewhere')" HUB-L1
k HUB bundle create "$top/news.kith" > /dev/null || fail 'no bundle'
for c in ONE HUB; do site_down "$c"; done
cp -a "${home[ONE]}" "$top/ONE.made"
cp -a "${home[TWO]}" "$top/TWO.joined"
cp -a "$top/ONE.made" "$top/ONE.bare" && rm "$top/ONE.bare/root.key"

declare -A base=([rotate]=ONE.made [remove]=ONE.made [import]=ONE.bare [release]=ONE.made [erase]=ONE.made
    [apply]=TWO.joined [leave]=TWO.joined)

# Does it; 0 is an acknowledgement.
act() {
    case $1 in
    rotate) k ONE rotate ;;
    remove) rm -f "$top/out.key" && k ONE key export --remove "$top/out.key" --passphrase-file "$pass" ;;
    import) k ONE key import "$top/one.key" --passphrase-file "$pass" ;;
    release) lesson Released > "$top/r.md" && k ONE share --release "$top/r.md" ;;
    erase) k ONE withdraw ONE-L2 --reason privacy && erased ;;
    apply) k TWO bundle apply "$top/news.kith" ;;
    leave) k TWO leave --yes ;;
    esac
}
erased() {
    local i
    for i in $(seq 400); do
        k ONE withdraw --status ONE-L2 --json | grep -q '"state":"erased"' && return 0
        site_gone "${pid[ONE]}" && return 1
        nap 0.05
    done
    return 1
}

# What must be so after it: operation, whether it was acknowledged.
epochs() { (cd "${home[$1]}" && ls entry-*.key | wc -l); }
after() {
    local op=$1 acked=$2 c=$3
    check "$op, $where: no half-written key is left" [ -z "$(find "${home[$c]}" -name '*.key.new')" ]
    check_equal "$op, $where: one entry key" "$(epochs "$c")" 1
    check_equal "$op, $where: no fork" "$(sql "$c" 'SELECT count(*) FROM proof')" 0
    k "$c" verify --full > "$top/verified" 2>&1 || fail "$op, $where: verify --full: $(cat "$top/verified")"
    [ "$c" = TWO ] || check "$op, $where: what was kept is there" has_title ONE 'Kept for ever'
    case $op in
    rotate) [ "$acked" = 1 ] && check_equal "$where: the new epoch" "$(sql ONE "SELECT epoch FROM v_member WHERE code = 'ONE'")" 2 ;;
    remove)
        if [ -e "${home[ONE]}/root.key" ]; then
            check_equal "$where: a removal that was acknowledged" "$acked" 0
        else
            k ONE key import "$top/out.key" --passphrase-file "$pass" > /dev/null ||
                fail "$where: the root key is gone, and the file does not hold it"
        fi
        ;;
    import) [ "$acked" = 1 ] && check "$where: the root key" [ -s "${home[ONE]}/root.key" ] ;;
    release) [ "$acked" = 1 ] && wait_for 20 "$where: what was released" has_title ONE Released ;;
    erase) [ "$acked" = 1 ] && check_equal "$where: what was taken back" "$(sql ONE "SELECT count(*) FROM v_record WHERE title = 'Taken back'")" 0 ;;
    apply) [ "$acked" = 1 ] && wait_for 20 "$where: what the bundle brought" has_title TWO 'From elsewhere' ;;
    leave) [ "$acked" = 1 ] && check "$where: it has left" grep -q 'left' <<< "$(k TWO status)" ;;
    esac
    [ "$op" = remove ] || [ "$op" = leave ] || [ "$acked" = 1 ] || act "$op" > "$top/again" 2>&1 ||
        fail "$where: $op cannot be done again: $(cat "$top/again")"
}

# Attaches strace with these options to a site's daemon; its number is in $tracer.
attach() {
    local c=$1 i
    shift
    start_beside "$top/strace.said" strace -f -o "$top/strace" "$@" -p "${pid[$c]}"
    tracer=$beside
    for i in $(seq 2000); do
        grep -q attached "$top/strace.said" && return 0
        site_gone "$tracer" && return 1
        nap 0.01
    done
    return 1
}
detach() { stop_beside "$tracer"; }
start_from() { # operation: its home as it was; the code in $c
    c=${base[$1]%%.*}
    rm -rf "${home[$c]}" && cp -a "$top/${base[$1]}" "${home[$c]}"
    : > "${log[$c]}"
    site_up "$c"
}

# Which calls of these kinds it makes, undisturbed: into ${place[@]}, each as CALL:K, the Kth of its name in its thread,
# which is how strace counts.
count() { # operation, calls
    local c
    start_from "$1"
    attach "$c" -e "trace=$2" || skip 'strace may not attach'
    act "$1" > "$top/said" 2>&1 || fail "$1 under strace: $(cat "$top/said")"
    nap 0.1
    detach
    site_down "$c"
    mapfile -t place < <(sed -nE 's/^([0-9]+) +([a-z0-9]+)\(.*/\1 \2/p' "$top/strace" | awk '{print $2 ":" ++n[$0]}')
}

# One of these calls gets this: operation, what, call, which of its name.
trial() {
    local op=$1 what=$2 call=$3 n=$4 c acked=0
    where="$what at $call $n of $op"
    start_from "$op"
    attach "$c" -e "trace=$call" -e "inject=$call:$what:when=$n" || fail "$where: strace does not attach"
    act "$op" > "$top/said" 2>&1 && acked=1
    nap 0.05
    detach
    trials=$((trials + 1))
    if site_gone "${pid[$c]}"; then
        wait "${pid[$c]}" 2> /dev/null
        [ "$what" = signal=KILL ] && killed=$((killed + 1)) || ended=$((ended + 1))
        pid[$c]=
    else
        [ "$acked" = 1 ] && passed=$((passed + 1)) || refused=$((refused + 1))
        site_stop "$c"
    fi
    site_up "$c"
    after "$op" "$acked" "$c"
    site_down "$c"
    ! grep -qE 'Sanitizer|runtime error:|Assertion' "${log[$c]}" || fail "$where: $(grep -E 'Assertion' "${log[$c]}")"
    : > "${log[$c]}" # that a disk failed was said there, and meant
}
# After a fault the daemon may be as it was or end with an error while it stops: both are fine, hanging is not.
site_stop() {
    kill "${pid[$1]}" 2> /dev/null
    wait_for 20 "$where: it stops" site_gone "${pid[$1]}"
    wait "${pid[$1]}" 2> /dev/null
    pid[$1]=
}

# All places, or a few that are always the same: near the beginning, in the middle, near the end.
places() { # how many there are, how many of them
    local i
    [ "$1" -gt 0 ] || return 0
    if [ "$every" = all ]; then
        seq "$1"
    else
        for ((i = 1; i <= $2; i++)); do echo $((($1 * i * 2 - $1) / ($2 * 2) + 1)); done | sort -nu
    fi
}

sweep() { # operation, what, calls as an expression, places in a sample
    local n before=$trials some
    mapfile -t some < <(printf '%s\n' "${place[@]}" | grep -E "^($3):")
    for n in $(places "${#some[@]}" "$4"); do trial "$1" "$2" "${some[n - 1]%:*}" "${some[n - 1]#*:}"; done
    say "$1, $2: $((trials - before)) of ${#some[@]} places"
}

for op in ${*:-rotate remove import release erase apply leave}; do
    count "$op" "$calls"
    sweep "$op" signal=KILL '.*' 1
    case $op in # of the calls that only files get: write goes to sockets, too
    rotate | release | apply)
        sweep "$op" error=ENOSPC 'pwrite64|ftruncate|renameat' 1
        sweep "$op" error=EIO 'fsync|fdatasync' 1
        ;;
    esac
done
say "$trials faults: $killed kills, $ended daemons that ended by themselves, $refused refusals, $passed without harm"
done_with
