#!/bin/bash
# Real input: two tables of lessons imported and released at one site, definitions of measures at another, all of it
# found at a third within 10 s; and no query, however broken, is ever an error of the database.
. "$(dirname "$0")/lib.sh"

corpus=$KITH_SHARED/corpus
[ -r "$corpus/pfd_concern_actions.csv" ] || {
    echo "skipped sys.corpus: there is no \"$corpus\""
    exit 0
}
site_new ASH 'Real input'
site_new BRK
site_new COL
for c in ASH BRK COL; do site_up "$c"; done
site_join ASH BRK
site_join ASH COL
wait_for 20 'three sites with the same heads' same_heads ASH BRK COL

count() { k COL --json find "$@" 2> /dev/null | wc -l; }
listed() { [ "$(k COL --json list "$1" 2> /dev/null | wc -l)" = "$2" ]; }
take() { # code, file, kind, map: imports and releases; how many rows were taken is in $taken
    local out code=0
    out=$(k "$1" --json import "$corpus/$2" --kind "$3" --map "$here/maps/$4.yaml" --release 2> "$top/refused") || code=$?
    check_equal "exit code of the import of $2" $code 0
    taken=$(sed -n 's/.*"taken": *\([0-9]*\).*/\1/p' <<< "$out")
    say "$2: $out"
    [ ! -s "$top/refused" ] || say "$2: $(wc -l < "$top/refused") complaints, the first: $(head -n 1 "$top/refused")"
    check "most rows of $2 are taken" test "${taken:-0}" -ge "$5"
}
began=$(now_ms)
take ASH pfd_concern_actions.csv lesson pfd_actions 190
lessons=$taken
take ASH pfd_concern_sentences.csv lesson pfd_sentences 450
lessons=$((lessons + taken))
released=$(now_ms)
wait_for 30 'the lessons at the third site' listed lesson "$lessons"
ms=$(($(now_ms) - released))
say "$lessons lessons: imported and released in $((released - began)) ms, all listed at the third site $ms ms after"
check_most 'lessons at the third site, in ms after their release' $ms 10000
take BRK openprescribing_measures.jsonl measure openprescribing 70
measures=$taken
released=$(now_ms)
wait_for 30 'the measures at the third site' listed measure "$measures"
ms=$(($(now_ms) - released))
say "$measures measures: all listed at the third site $ms ms after their release"
check_most 'measures at the third site, in ms after their release' $ms 10000

# ---- queries ----

out=$(k COL find 'overdose triage' --json) || fail "overdose triage: exit code $?"
n=$(wc -l <<< "$out")
good=$(sqlite3 -readonly "${home[COL]}/replica.db" "SELECT count(*) FROM v_record WHERE body LIKE '%overdos%' AND (body LIKE '%triag%')")
say "overdose triage: $n rows; records with both beginnings anywhere: $good"
check_equal 'rows of: overdose triage' "$n" "$good"
check_match 'every row has an id' "$(head -n 1 <<< "$out")" '"id": *"ASH-L[0-9]+"'
check_equal 'one object a line' "$(grep -c '^{.*}$' <<< "$out")" "$n"
out=$(k COL --json find 'escalat* AND observations') || fail "escalat* AND observations: exit code $?"
n=$(wc -l <<< "$out")
good=$(sqlite3 -readonly "${home[COL]}/replica.db" "SELECT count(*) FROM v_record WHERE body LIKE '%escalat%' AND body LIKE '%observation%'")
say "escalat* AND observations: $n rows; records with both beginnings anywhere: $good"
check_equal 'rows of: escalat* AND observations' "$n" "$good"
check 'measures are found' test "$(count 'antibiotic*' --kind measure)" -ge 1
check 'a phrase is found' test "$(count '"NHS Pathways"')" -ge 1
check 'a phrase finds less than its words' test "$(count '"NHS Pathways"')" -le "$(count 'NHS Pathways')"

broken=('"unbalanced' 'AND' '*' "'; DROP" "'; DROP TABLE record; --" 'NEAR(' 'a AND' 'OR OR' 'NOT' '((((' '))' '""' '"' '^'
    'title:x' 'search : x' '{a b}' '-' '--' 'a-b' '+' "'" '%' '_' '\' 'a"b"c' '* *' 'NOT NOT a' 'x NEAR/0 y' '😀' $'\t'
    "$(printf 'a%.0s' {1..3000})" "$(printf '(%.0s' {1..500})" "$(printf 'x OR %.0s' {1..300})y" $'\xff\xfe' '')
for query in "${broken[@]}"; do
    code=0
    k COL --json find -- "$query" > "$top/out" 2> "$top/err" || code=$?
    case $code in
    0) check "rows of: ${query:0:40}" grep -q '^{.*}$' "$top/out" ;;
    1 | 2) check "a sentence about: ${query:0:40}" test -s "$top/err" -o $code = 1 ;;
    *) fail "exit code $code of: ${query:0:40}: $(cat "$top/err")" ;;
    esac
    ! grep -qiE 'sql|fts5|syntax error|malformed|no such (column|table)|SQLITE' "$top/err" || fail "an error of the database: $(cat "$top/err")"
    ! grep -qE 'Sanitizer|runtime error' "$top/err" || fail "a fault: $(cat "$top/err")"
done
for query in '"unbalanced' 'AND' '*' "'; DROP"; do
    code=0
    out=$(k COL find -- "$query" 2>&1) || code=$?
    say "find $query: exit code $code: $(head -n 1 <<< "$out" | cut -c 1-100)"
    [ $code = 0 ] || check "a sentence for people about: $query" test -n "$out"
done
check_equal 'nothing was dropped' "$(sql COL "SELECT count(*) FROM v_lesson")" "$lessons"
for c in ASH BRK COL; do
    k "$c" verify --full > "$top/said" 2>&1 || fail "verify --full of $c: $(cat "$top/said")"
done
wait_for 20 'the same heads' same_heads ASH BRK COL
done_with
