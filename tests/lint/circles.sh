#!/bin/sh
# No file needs, by whatever detour, a file that needs it: within each archive the calls run one way.
#
#     circles.sh libkith_proto.a libkith_daemon.a libkith_cli.a
set -eu
[ $# -gt 0 ] || { echo "usage: circles.sh ARCHIVE…" >&2; exit 2; }
LC_ALL=C
export LC_ALL

work=$(mktemp -d)
files=0
arrows=0
trap 'rm -rf "$work"' EXIT

for archive in "$@"; do
    nm -A "$archive" | sed 's/^[^:]*:\([^:]*\):/\1 /' > "$work/names"
    awk '
        NF == 3 && $2 == "U" { needs[$1 " " $3] = 1; next }
        NF == 4 && $3 ~ /^[TDBRV]$/ { owner[$4] = $1 }
        END {
            for (pair in needs) {
                split(pair, p, " ")
                if ((p[2] in owner) && owner[p[2]] != p[1]) print p[1], owner[p[2]]
            }
        }' "$work/names" | sort -u > "$work/arrows"
    if ! tsort "$work/arrows" > /dev/null 2> "$work/loops" || [ -s "$work/loops" ]; then
        echo "circles: files of $(basename "$archive") call each other in a circle:"
        sed -n 's/^tsort: \(.*\)\.o$/    \1/p' "$work/loops"
        exit 1
    fi
    files=$((files + $(tr ' ' '\n' < "$work/arrows" | sort -u | wc -l)))
    arrows=$((arrows + $(wc -l < "$work/arrows")))
done
echo "ok circles: $files files, $arrows arrows, all one way"
