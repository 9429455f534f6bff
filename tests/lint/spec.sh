#!/bin/sh
# Every paragraph that code cites as `SPEC 3.7` stands in proto/SPEC.md as `**3.7**`, and the paragraphs there are
# unique and ascending. A list or range (`SPEC 3.7, 3.9`, `SPEC 3.7–3.9`) cites what it names; a whole section
# (`SPEC 3`) must hold a paragraph.
set -eu
cd "$(dirname "$0")/../.."
spec=proto/SPEC.md
[ -r $spec ] || {
    echo "spec: there is no $spec"
    exit 1
}
cited=$(mktemp)
bad=$(mktemp)
trap 'rm -f "$cited" "$bad"' EXIT

find include proto daemon cli tests contrib -name '*.[ch]' -exec awk '
    {
        text = $0
        while (match(text, /SPEC [0-9]+(\.[0-9]+)?((, | and |–|-)[0-9]+\.[0-9]+)*/)) {
            list = substr(text, RSTART + 5, RLENGTH - 5)
            text = substr(text, RSTART + RLENGTH)
            gsub(/, | and |–|-/, " ", list)
            n = split(list, number, " ")
            for (i = 1; i <= n; i++)
                print number[i], FILENAME ":" FNR
        }
    }' {} + | sort > "$cited"

awk '
    FNR == NR {
        if (match($0, /^\*\*[0-9]+\.[0-9]+\*\*/)) {
            id = substr($0, 3, RLENGTH - 4)
            split(id, part, ".")
            if (id in at)
                print "proto/SPEC.md:" FNR ": " id " stands already in line " at[id]
            else if (part[1] + 0 < section || (part[1] + 0 == section && part[2] + 0 <= paragraph))
                print "proto/SPEC.md:" FNR ": " id " stands behind " section "." paragraph
            else {
                section = part[1] + 0
                paragraph = part[2] + 0
            }
            at[id] = FNR
            whole[part[1]] = 1
        }
        next
    }
    !($1 in at) && !($1 in whole) { print $2 ": no paragraph " $1 " in proto/SPEC.md" }
' $spec "$cited" > "$bad"
if [ -s "$bad" ]; then
    cat "$bad"
    exit 1
fi
echo "ok spec: $(wc -l < "$cited") citations of $(cut -d' ' -f1 "$cited" | sort -u | wc -l) among $(grep -c '^\*\*[0-9]*\.[0-9]*\*\*' $spec) paragraphs"
