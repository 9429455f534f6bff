# Ten thousand records out and back, through each format, by the commands that people use: the same bodies, and
# no progress bar where nobody looks.
. "$(dirname "$0")/lib.sh"

n=${KITH_ROUNDTRIP:-10000}
awk -v n="$n" 'BEGIN {
    srand(7)
    m = split("falls ward night light bell patient handover board medicine “quoted” naïve 漢字 it'"'"'s a,b \"\"x\"\" <!--y --> #z - : =1", w, " ")
    print "title,happened,why,learned,topics"
    for (i = 1; i <= n; i++) {
        printf "\"%d", i; for (k = 0; k < 7; k++) printf " %s", w[int(rand() * m) + 1]
        printf "\",\"saw"; for (k = 0; k < 40; k++) printf " %s%s", w[int(rand() * m) + 1], k % 13 ? "" : "\n\n## "
        printf ".\",\"why"; for (k = 0; k < 20; k++) printf " %s", w[int(rand() * m) + 1]
        printf ".\",\"learned"; for (k = 0; k < 30; k++) printf " %s%s", w[int(rand() * m) + 1], k % 11 ? "" : "\n<!--"
        printf ".\",falls;handover;own word %d\n", i % 50
    }
}' > "$top/made.csv"
cat > "$top/made.yaml" << 'END'
kind: lesson
title: title
happened: happened
why: why
learned: learned
topics: {column: topics, split: ";"}
result: worked
confidence: several-events
setting: acute-ward
END

timed() { # what, command…
    local what=$1 began
    shift
    began=$(now_ms)
    "$@" > "$top/out" 2> "$top/err" || fail "$what: $(head -3 "$top/err")"
    say "$what: $(($(now_ms) - began)) ms"
}
bodies() { sql "$1" 'SELECT kind, body FROM v_record ORDER BY title, body' | sha256sum; }

site_new ASH Valley
site_up ASH
timed "import of $n rows" k ASH import "$top/made.csv" --map "$top/made.yaml"
check_equal "what a pipe sees of the bar" "$(cat "$top/err")" ''
for _ in 1 2 3; do # some released, the others shared here only
    k ASH release "here-$RANDOM" > /dev/null 2>&1
done
want=$(bodies ASH)
for format in ndjson csv md; do
    timed "export as $format" k ASH export --format "$format" "$top/$format"
    check_equal "what a pipe sees of the bar" "$(cat "$top/err")" ''
done
check_equal "exit code of an export into a full directory" \
    "$(k ASH export --format csv "$top/csv" > /dev/null 2>&1; echo $?)" 2
site_down ASH

share_all() { find "$top/md/lesson" -name '*.md' -print0 | xargs -0 -n 250 "$kith" --home "${home[$1]}" share; }
for format in ndjson csv md; do
    c=${format^^}
    site_new "$c" Valley
    site_up "$c"
    if [ "$format" = md ]; then
        timed "share of $n files" share_all "$c"
    else
        timed "import of $format" k "$c" import "$top/$format/lesson.$format" --map "$top/$format/lesson.map.yaml"
    fi
    check_equal "bodies after $format" "$(bodies "$c")" "$want"
    site_down "$c"
done
done_with
