#!/bin/sh
# What no tracked file may hold: paths of a machine it was written on, and untidy C.
#
#   - the folder beside this tree with shared material is named only where KITH_SHARED is set or explained;
#   - no tab and no space at the end of a line in C; clang-format changes nothing.
set -eu
cd "$(dirname "$0")/../.."
list=$(mktemp)
bad=$(mktemp)
trap 'rm -f "$list" "$bad"' EXIT
git ls-files | while read -r file; do [ ! -f "$file" ] || echo "$file"; done > "$list"
[ -s "$list" ] || {
    echo "words: no tracked file: is this a working tree of git?"
    exit 1
}

tab=$(printf '\t')
in_tracked() { # options… pattern: file:line:text for every hit
    tr '\n' '\0' < "$list" | xargs -0 grep -nI "$@" /dev/null || true
}
in_c() {
    grep '\.[ch]$' "$list" | tr '\n' '\0' | xargs -0 -r grep -nI "$@" /dev/null || true
}

# The patterns are written so that they do not find themselves.
in_tracked -E '(^|[^A-Za-z0-9._}-])/(wor[k]/|tm[p]/build)' | sed 's/^/a path of one machine: /' >> "$bad"
in_tracked -E '\.\./share[d]' | grep -v KITH_SHARED | sed 's/^/outside a line with KITH_SHARED: /' >> "$bad" || true
in_c "$tab" | sed 's/^/tab: /' >> "$bad"
in_c ' $' | sed 's/^/space at the end: /' >> "$bad"

if command -v clang-format > /dev/null; then
    grep '\.[ch]$' "$list" | tr '\n' '\0' | xargs -0 -r clang-format --dry-run -Werror 2>&1 |
        awk -F: '/ error: / && !seen[$1]++ { print "clang-format -i " $1 }' >> "$bad"
    formatted='clang-format agrees'
else
    formatted='clang-format is not installed'
fi

if [ -s "$bad" ]; then
    head -n 60 "$bad"
    echo "words: $(wc -l < "$bad") offences"
    exit 1
fi
echo "ok words: $(wc -l < "$list") tracked files; $formatted"
