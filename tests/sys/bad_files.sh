# Files that people bring: each is read, or refused with file, line and the value that is wrong; nothing is half
# shared. Also: what was typed in an editor is never lost.
. "$(dirname "$0")/lib.sh"

site_new ASH Valley
site_up ASH
cd "$top" || exit 1
count() { sql ASH 'SELECT count(*) FROM record'; }

good() { # title, result, what happened
    printf -- '---\nkind: lesson\ntitle: %b\nresult: %s\nconfidence: several-events\nsetting: acute-ward\n' \
        "$1" "${2:-worked}"
    printf -- 'lang: en\n---\n\n## What happened\n\n%b\n\n## What we learned\n\nIt held.\n' "${3:-Lights.}"
}
refused() { # file, exit code, what the message must match
    local said code=0 before
    before=$(count)
    said=$(k ASH share "$1" 2>&1) || code=$?
    check_equal "exit code of share $1" "$code" "$2"
    check_match "what share $1 says" "$said" "$3"
    code=0
    said=$(k ASH lint "$1" 2>&1) || code=$?
    check_equal "exit code of lint $1" "$code" "$2"
    check_match "what lint $1 says" "$said" "$3"
    check_equal "records after $1" "$(count)" "$before"
}
taken() { # file, title
    check "share $1" k ASH share "$1" > /dev/null
    check "the title in $1" has_title ASH "$2"
}

# ---- single records ----

good 'T \xff' > utf8.md
refused utf8.md 6 'not UTF-8: "utf8.md:3", byte 0xff'
good 'T' | sed 's/^title: T/title: "open/' > quote.md
refused quote.md 6 'quote.md:3: a quote is never closed: "title: "open"'
good 'Falls: what we saw' > colon.md
refused colon.md 6 'colon.md:3: a colon inside a value: "title: Falls: what we saw"'
good 'T' | sed 's/^title/\ttitle/' > tab.md
refused tab.md 6 'tab.md:3: a tab before'
good 'T' | sed '/^setting/d' > missing.md
refused missing.md 6 'missing.md:1: (error: )?setting: it is missing'
good 'T' wroked > vocab.md
refused vocab.md 6 'vocab.md:4: (error: )?result: "wroked" is not known here; did you mean "worked"'
good 'T' | sed 's/^title/titel/' > field.md
refused field.md 6 'field.md:3: .*"titel" is no field of lesson; did you mean "title"'
good 'T' | sed 's/What happened/What hapened/' > heading.md
refused heading.md 6 'heading.md:10: .*did you mean "## What happened"'
good 'T' | sed 's/^title: T/title: T\ntitle: U/' > twice.md
refused twice.md 6 'twice.md:4: given twice: "title"'
good 'T' worked 'a \x01 b' > control.md
refused control.md 6 'control.md:12: .*happened: byte 0x01'
good 'T' | sed '/^lang/,/^---/d' > never.md
refused never.md 6 'never.md:1: front matter never ends'
good 'T' worked '<!-- open' > comment.md
refused comment.md 6 'comment.md:12: comment is never closed'
: > empty.md
refused empty.md 6 'empty.md:1: nothing in it'
printf 'Just text\n' > plain.md
refused plain.md 6 'plain.md:1: no front matter: "Just text"'
{ good T && head -c 10000000 /dev/zero | tr '\0' a; } > ten.md
refused ten.md 6 'file is too large: "ten.md": at most 4 MB'
printf 'PK\003\004xxxx' > page.docx
refused page.docx 6 'a Word or Excel file, not text: "page.docx": in Word choose Save As'
cp page.docx renamed.md
refused renamed.md 6 'a Word or Excel file, not text: "renamed.md"'
refused nowhere.md 2 'file cannot be read: "nowhere.md"'

# 64,000 bytes of body are the most: 51 of them are keys and lengths and what is said beside the long texts.
a() { head -c "$1" /dev/zero | tr '\0' a; }
long() { good big worked "$(a 30000)" | sed "s/^It held\.$/$(a "$1")/"; }
long 33899 > most.md
taken most.md big
check_equal "bytes of the longest body" "$(sql ASH 'SELECT max(length(body)) FROM draft')" 64000
long 33900 > more.md
refused more.md 6 'more.md:1: .*too long: 64000 bytes are the most'

good 'Carriage' | sed 's/$/\r/' > crlf.md
taken crlf.md Carriage
{ printf '\xef\xbb\xbf' && good 'Marked'; } > bom.md
taken bom.md Marked
good 'Sixteen é' | iconv -f UTF-8 -t UTF-16 > u16.md
taken u16.md 'Sixteen é'
good 'Sixteen big' | iconv -f UTF-8 -t UTF-16BE > u16be.md
taken u16be.md 'Sixteen big'
good '“It’s” curly' > curly.md
taken curly.md '“It’s” curly'

# One bad file among good ones: none is shared.
good 'Innocent' > good.md
before=$(count)
check "share of a good and a bad file is refused" test "$(k ASH share good.md vocab.md > /dev/null 2>&1; echo $?)" = 6
check_equal "records after it" "$(count)" "$before"

# ---- tables ----

cat > map.yaml << 'END'
kind: lesson
title: title
happened: happened
learned: learned
result: result
confidence: {constant: several-events}
setting: setting
END
head='title,happened,learned,result,setting'
row='b,c,worked,acute-ward'
import_refused() { # file, exit code, message
    local said code=0 before
    before=$(count)
    said=$(k ASH import "$1" --map map.yaml 2>&1) || code=$?
    check_equal "exit code of import $1" "$code" "$2"
    check_match "what import $1 says" "$said" "$3"
    check_equal "records after $1" "$(count)" "$before"
}
printf '%s\nx,%s\n"y,%s\nz,%s\n' "$head" "$row" "$row" "$row" > open.csv
import_refused open.csv 6 'quote is never closed: "open.csv:3"'
printf '%s\nx,%s\n"y" y,%s\n' "$head" "$row" "$row" > broken.csv
import_refused broken.csv 6 'broken quote: "broken.csv:3"'
printf '%s\nx \xe9,%s\n' "$head" "$row" > latin.csv
import_refused latin.csv 6 'not UTF-8: "latin.csv:2", byte 0xe9: .*CSV UTF-8'
: > empty.csv
import_refused empty.csv 6 'nothing in it: "empty.csv"'
cp page.docx sheet.xlsx
import_refused sheet.xlsx 6 'a spreadsheet, not text: "sheet.xlsx": in Excel choose Save As'
printf '%s\nx,b,c,wroked,acute-ward\n' "$head" > vocab.csv
import_refused vocab.csv 6 'vocab.csv:2: result: "wroked" is not known here; did you mean "worked"'
printf '%s\n%s,%s\n' "$head" "$(a 70000)" "$row" > wide.csv
import_refused wide.csv 6 'wide.csv:2: .*'
printf '%s\nx,b,c,worked\n' "$head" > short.csv
import_refused short.csv 6 'short.csv:2: cells in this row: "4", in the header 5'

import_taken() { # file, title
    check "import $1" k ASH import "$1" --map map.yaml > /dev/null
    check "the title in $1" has_title ASH "$2"
}
printf '%s\r\n“It’s” of a table,%s\r\n' "$head" "$row" > crlf.csv
import_taken crlf.csv '“It’s” of a table'
before=$(count)
check_match 'the same row again' "$(k ASH import crlf.csv --map map.yaml)" 'taken as lesson 0, refused 0.*'
check_equal 'nothing doubled' "$(count)" "$before"
k ASH release --all --alone > /dev/null 2>&1
check_match 'nor behind its release' "$(k ASH import crlf.csv --map map.yaml)" 'before, word for word: 1\.'
check "import --again" k ASH import crlf.csv --map map.yaml --again > /dev/null
check_equal 'now it is there twice' "$(count)" $((before + 1))
printf '%s\nx,b,c,wroked,acute-ward\nwell,%s\n' "$head" "$row" > half.csv
out=$(k ASH import half.csv --map map.yaml 2> /dev/null)
check_equal 'some rows were refused' $? 6
check_match 'the others are taken' "$out" 'taken as lesson 1, refused 1'
printf '\xef\xbb\xbf%s\nmarked table,%s\n' "$head" "$row" > bom.csv
import_taken bom.csv 'marked table'
printf '%s\nwide é,%s\n' "$head" "$row" | iconv -f UTF-8 -t UTF-16 > u16.csv
import_taken u16.csv 'wide é'
printf '%s\nsemicolons,%s\n' "$head" "$row" | tr , ';' > semi.csv
import_taken semi.csv semicolons
printf '%s\n"two\nlines, ""quoted""",%s\n' "$head" "$row" > quoted.csv
check "import quoted.csv" k ASH import quoted.csv --map map.yaml > /dev/null

# ---- an editor ----

# A person at a terminal: python's pty would do, script(1) is there everywhere.
at_terminal() { # what is typed, editor, arguments of kith…
    local typed=$1 editor=$2
    shift 2
    printf '%b' "$typed" | env -u KITH_PLAIN EDITOR="$editor" TERM=dumb \
        script -qec "$kith --home ${home[ASH]} $*" /dev/null
}
cat > fill << 'END'
#!/bin/bash
sed -i -e 's/^title:.*/title: Typed/' -e 's/^result:.*/result: worked/' -e 's/^confidence:.*/confidence: several events/' \
    -e 's/^setting:.*/setting: Acute wrd/' -e 's/^## What happened/&\n\nWe saw it./' -e 's/^## What we learned/&\n\nIt works./' "$1"
END
cat > mend << 'END'
#!/bin/bash
grep -q 'Acute wrd' "$1" && exec sed -i 's/Acute wrd/acute-ward/' "$1"
exec "$(dirname "$0")/fill" "$1"
END
chmod +x fill mend
said=$(at_terminal 'k\n' "$top/fill" new lesson)
check_match "a finding after the editor" "$(tr -s '\r\n' ' ' <<< "$said")" 'setting: "Acute wrd" is not known here; did you mean "acute-ward"'
check_match "where the text is" "$said" "Your text is in $top/lesson-"
kept=$(echo lesson-*.md)
check "what was typed is in the file" grep -q 'We saw it' "$kept"
said=$(at_terminal 's\n' "$top/mend" new lesson --file "$kept")
check_match "sharing it later" "$said" 'Shared here as here-[0-9]+: Typed'
check "a file of the person's own stays" test -e "$kept"
rm "$kept"
said=$(at_terminal 'e\ns\n' "$top/mend" new lesson)
check_match "editing again, then sharing" "$said" 'Shared here as here-[0-9]+: Typed'
check_equal "files that are left" "$(ls lesson-*.md 2> /dev/null)" ''
said=$(at_terminal '' true new lesson)
check_match "an untouched text" "$said" 'Nothing was written, so nothing was shared'
said=$(at_terminal '' /nowhere/editor new ask)
check_match "an editor that is not there" "$said" 'editor cannot be started: "/nowhere/editor"'
check "its file stays" test -e ask-*.md
check "a template on standard output" test "$(k ASH new lesson | grep -c '^## ')" = 5

# Edit, drop: the new text takes the place of the old.
id=$(k ASH --json share good.md | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p')
k ASH edit "$id" > edited.md 2> /dev/null || fail "edit does not print"
sed -i 's/^title:.*/title: Edited/' edited.md
check "edit from a file" k ASH edit "$id" --file edited.md > /dev/null
check_equal "records of the old title" "$(sql ASH "SELECT count(*) FROM v_record WHERE title = 'Innocent'")" 0
check "the new title" has_title ASH Edited
new=$(sql ASH "SELECT id FROM v_record WHERE title = 'Edited'")
position=$(k ASH --json release "$new" | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p')
k ASH edit "$position" > again.md 2> /dev/null || fail "edit of a released record does not print"
check "the text names what it replaces" grep -q "^supersedes: $position" again.md
sed -i 's/^title:.*/title: Twice edited/' again.md
check "edit of a released record" k ASH edit "$position" --file again.md > /dev/null
check_equal "it is replaced" "$(sql ASH "SELECT current FROM v_record WHERE id = '$position'")" 0
last=$(sql ASH "SELECT id FROM v_record WHERE title = 'Twice edited'")
check "drop" k ASH outbox drop "$last" > /dev/null
check_equal "it counts again" "$(sql ASH "SELECT current FROM v_record WHERE id = '$position'")" 1
check_equal "exit code of a drop of what was released" "$(k ASH outbox drop "$position" > /dev/null 2>&1; echo $?)" 2
check_equal "exit code of a drop of nothing" "$(k ASH outbox drop "$last" > /dev/null 2>&1; echo $?)" 1

# Without the daemon the text stays.
site_down ASH
said=$(at_terminal 's\n' "$top/mend" new lesson --file mine.md 2>&1)
said=$(at_terminal 's\n' "$top/mend" new lesson --file mine.md 2>&1)
check_match "no daemon" "$said" 'Your text is in .*/mine.md'
check "the text" grep -q 'We saw it' mine.md
done_with
