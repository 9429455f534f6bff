#!/bin/sh
# No call of a function that include/kith/banned.h poisons, in code of ours. Comments and strings do not count.
set -eu
cd "$(dirname "$0")/../.."
names=$(sed -n 's/^#pragma GCC poison //p' include/kith/banned.h)
[ -n "$names" ] || {
    echo "banned: include/kith/banned.h poisons nothing"
    exit 1
}
files=$(find include/kith proto daemon cli tests -name '*.[ch]' ! -name banned.h | sort)
bad=$(mktemp)
trap 'rm -f "$bad"' EXIT

# shellcheck disable=SC2086
awk -v names="$names" '
    BEGIN { n = split(names, list, /[ \n]+/) }
    FNR == 1 { comment = 0 }
    {
        text = $0
        out = ""
        while (text != "") { # takes comments, strings and characters away, piece by piece
            if (comment) {
                at = index(text, "*/")
                if (!at)
                    break
                text = substr(text, at + 2)
                comment = 0
            } else if (match(text, /\/\*|\/\/|"|\x27/)) {
                mark = substr(text, RSTART, RLENGTH)
                out = out substr(text, 1, RSTART - 1) " "
                text = substr(text, RSTART)
                if (mark == "/*") {
                    comment = 1
                    text = substr(text, 3)
                } else if (mark == "//") {
                    break
                } else if (match(text, mark == "\"" ? "^\"([^\"\\\\]|\\\\.)*\"" : "^\x27([^\x27\\\\]|\\\\.)*\x27")) {
                    text = substr(text, RLENGTH + 1)
                } else {
                    text = substr(text, 2)
                }
            } else {
                out = out text
                break
            }
        }
        if (out !~ /[a-z]/)
            next
        out = " " out
        for (i = 1; i <= n; i++)
            if (index(out, list[i]) && match(out, "[^A-Za-z0-9_.>]" list[i] "[ ]*\\("))
                print FILENAME ":" FNR ": " list[i]
    }' $files > "$bad"
if [ -s "$bad" ]; then
    cat "$bad"
    exit 1
fi

# The poison itself works with the compilers at hand: a clean file passes, a call of strcpy does not.
tried=
for cc in gcc clang; do
    command -v $cc > /dev/null || continue
    echo 'int main(void) { return 0; }' |
        $cc -std=c11 -Iinclude -include kith/banned.h -fsyntax-only -xc - || exit 1
    if echo 'int main(void) { char a[2]; strcpy(a, "b"); return a[0]; }' |
        $cc -std=c11 -Iinclude -include kith/banned.h -fsyntax-only -xc - 2> /dev/null; then
        echo "banned: $cc takes a poisoned name: include/kith/banned.h does not work"
        exit 1
    fi
    tried="$tried $cc"
done
echo "ok banned: $(echo "$names" | wc -w) names in $(echo "$files" | wc -l) files; poison works with${tried:- no compiler}"
