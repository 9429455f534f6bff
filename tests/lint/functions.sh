#!/bin/sh
# How long functions are. Lines from the one with the name to the closing brace, in code as clang-format leaves it:
# a function's opening brace stands alone at the start of a line, and so does its closing one.
#
# Fails when the median is above 15 lines, or a function above 70 does not say why: a comment that begins with
# "Long because", inside it or right above it.
set -eu
cd "$(dirname "$0")/../.."
median_max=15
lines_max=70

list=$(mktemp)
trap 'rm -f "$list"' EXIT
find proto daemon cli -name '*.[ch]' | sort | xargs -r awk -v lines_max=$lines_max '
    FNR == 1 { inside = reason = 0; head = "" }
    /^[A-Za-z_].*\(/ && !inside { head = $0; began = FNR }
    /^$/ && !inside { reason = 0 }
    /\/?\*+ *Long because/ { reason = 1 }
    /^\{$/ && head != "" { inside = 1 }
    /^\}$/ && inside {
        name = head
        sub(/\(.*/, "", name)
        sub(/.*[ *]/, "", name)
        n = FNR - began + 1
        print n, FILENAME ":" began, name, (n > lines_max && !reason) ? "unexplained" : ""
        inside = reason = 0
        head = ""
    }
    /^[A-Za-z_].*\{\}$/ && !inside { print 1, FILENAME ":" FNR, "-"; head = "" }' | sort -n > "$list"

count=$(wc -l < "$list")
[ "$count" -gt 0 ] || {
    echo "functions: no function found"
    exit 1
}
at() { sed -n "$((($count * $1 + 99) / 100))p" "$list" | cut -d' ' -f1; }
median=$(at 50)
over=$(awk -v m=$lines_max '$1 > m' "$list" | wc -l)
figures="$count functions, median $median, 90th percentile $(at 90), longest $(at 100), over $lines_max: $over"

bad=0
awk '$4 == "unexplained" { print $2 ": " $3 " has " $1 " lines and no comment \"Long because\"" }' "$list" |
    grep . && bad=1
if [ "$median" -gt $median_max ]; then
    echo "functions: the median is $median lines, above $median_max"
    bad=1
fi
if [ $bad -ne 0 ]; then
    echo "functions: $figures"
    exit 1
fi
echo "ok functions: $figures"
