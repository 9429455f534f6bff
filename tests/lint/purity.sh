#!/bin/sh
# proto/ is pure: the archive calls nothing but what tests/lint/purity.allow names.
#
#     tests/lint/purity.sh BUILD/libkith_proto.a
set -eu
here=$(dirname "$0")
archive=${1:?usage: purity.sh libkith_proto.a}
allow=$(sed -e 's/#.*//' -e 's/[ 	]*$//' -e '/^$/d' "$here/purity.allow")
[ -r "$archive" ] || {
    echo "purity: no such archive: \"$archive\": build kith_proto first"
    exit 1
}

list=$(mktemp)
trap 'rm -f "$list"' EXIT
nm -A "$archive" 2> /dev/null | awk '
    # FILE:member: [address] TYPE symbol
    { member = $1; sub(/:[0-9a-f]*$/, "", member); sub(/^.*:/, "", member) }
    $(NF - 1) == "U" { wanted[$NF] = wanted[$NF] " " member; next }
    { defined[$NF] = 1 }
    END { for (s in wanted) if (!(s in defined)) print s wanted[s] }' | sort > "$list"
[ -s "$list" ] || {
    echo "purity: \"$archive\" holds no code: is it the right file?"
    exit 1
}

set -f
bad=0
while read -r symbol members; do
    ok=no
    for pattern in $allow; do
        # shellcheck disable=SC2254
        case $symbol in $pattern) ok=yes && break ;; esac
    done
    if [ $ok = no ]; then
        echo "purity: $symbol is not in purity.allow; wanted by $members"
        bad=$((bad + 1))
    fi
done < "$list"
[ $bad -eq 0 ] || exit 1
echo "ok purity: $(wc -l < "$list") outside symbols, all allowed"
