#!/bin/bash
# The tour in README.md is true: its commands are taken from there, in their order, its files are written as it shows
# them, and what the programs say is compared line by line, but for times and blanks.
. "$(dirname "$0")/lib.sh"

unset KITH_PLAIN
export HOME=$top PATH=$KITH_BUILD:$PATH
cd "$top" || fail 'no place to work'
read -r one two <<< "$(ports 2 | tr '\n' ' ')"

# The blocks between ``` of the section, each into a file of its own; above a block that is a file stands its name.
awk -v top="$top" '
    !open && /^## / { inside = $0 == "## Two minutes" }
    !inside { next }
    /^```/ { open = !open; if (open) { n++; out = sprintf("%s/block-%02d", top, n); printf "" > out }; next }
    open { print > out; next }
    match($0, /`[a-z-]+\.md`/) { print substr($0, RSTART + 1, RLENGTH - 2) > sprintf("%s/block-%02d.name", top, n + 1) }
' "$src/README.md"
check 'blocks in README.md' test -s "$top/block-04"

# What differs from run to run, on either side.
loosely() {
    sed -E -e "s|/home/you|$top|g" -e 's/just now|[0-9]+ (minute|hour)s? ago/WHEN/g' -e 's/ +/ /g' -e 's/ $//'
}

# Daemons go on by themselves, so that the test must know them by their homes.
know_daemons() {
    local h p
    for h in ash brk; do
        p=$("$kith" --home "$top/$h" status --json 2> /dev/null | sed -n 's/.*"pid": *\([0-9]*\).*/\1/p')
        [ -z "$p" ] || pid[$h]=$p
        log[$h]=$top/$h/kithd.log
    done
}

commands=0
walk() { # file of a block
    local line said=$top/said said_should=$top/should command=''
    while IFS= read -r line || [ -n "$line" ]; do
        if [ "${line#\$ }" = "$line" ]; then
            printf '%s\n' "$line" >> "$said_should"
            continue
        fi
        compare "$command"
        command=${line#\$ }
        : > "$said_should"
        command=${command//15484/$one}
        # in this shell: what it exports holds for what follows
        eval "${command//15485/$two}" > "$said" 2>&1 || fail "\"$command\": $(cat "$said")"
        commands=$((commands + 1))
        know_daemons
    done < "$1"
    compare "$command"
}
compare() { # command
    [ -n "$1" ] || return 0
    check_equal "\"$1\" says" "$(loosely < "$top/said")" "$(loosely < "$top/should")"
}

for block in "$top"/block-??; do
    if grep -q '^\$ ' "$block"; then
        walk "$block"
    else
        check "a name above $block" test -s "$block.name"
        cp "$block" "$(tail -n 1 "$block.name")"
    fi
done
check_most 'commands that the tour needs at least' 12 "$commands"

# "From here on BRK answers by itself, with ASH switched off and without its own daemon too."
kill "${pid[ash]}" "${pid[brk]}"
wait_for 10 'the end of both daemons' site_gone "${pid[ash]}"
wait_for 10 'the end of both daemons' site_gone "${pid[brk]}"
pid=()
for command in 'find toilet' 'list lessons' 'show ASH-L1' status; do
    # shellcheck disable=SC2086 # words
    said=$("$kith" $command) || fail "kith $command without daemons"
    check_match "kith $command without daemons" "$said" 'ASH'
done
done_with
