#!/bin/sh
# Public functions are explained: a declaration in a header of include/kith or proto stands in a paragraph (lines
# without an empty one between) that has a comment, or right behind one that is nothing but a comment.
set -eu
cd "$(dirname "$0")/../.."
bad=$(mktemp)
trap 'rm -f "$bad"' EXIT
count=$(find include/kith proto -name '*.h' | sort | xargs awk -v bad="$bad" '
    function flush(  i) {
        if (waiting && !comment && !before)
            for (i = 1; i <= waiting; i++)
                print where[i] " is not explained" > bad
        before = comment && !code
        waiting = comment = code = 0
    }
    FNR == 1 { flush(); before = in_comment = in_body = 0 }
    /^$/ { if (!in_comment) flush(); next }
    in_comment || /\/\*/ || /\/\// { comment = 1 }
    !in_comment && !/^[ \t]*\/[*\/]/ { code = 1 }
    !in_comment && !in_body && /^[A-Za-z_][A-Za-z0-9_ *]*[ *][a-z0-9_]+\(/ && !/^(typedef|static_assert|static|struct [a-z_]+ \{)/ {
        name = $0
        sub(/\(.*/, "", name)
        sub(/.*[ *]/, "", name)
        where[++waiting] = FILENAME ":" FNR ": " name
        count++
    }
    /\{[ ]*$/ { in_body = 1 }
    /^\}/ { in_body = 0 }
    { text = $0; while (match(text, /\/\*|\*\//)) { in_comment = substr(text, RSTART, 2) == "/*"; text = substr(text, RSTART + 2) } }
    END { flush(); print count + 0 }')
if [ -s "$bad" ]; then
    cat "$bad"
    exit 1
fi
echo "ok comments: $count public functions"
