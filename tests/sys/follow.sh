# watch prints what arrives, once and in order, through a restart of the daemon; log tells of every kind of entry.
. "$(dirname "$0")/lib.sh"

site_new ASH Valley
site_new BRK
site_up ASH
site_up BRK
site_join ASH BRK
wait_for 10 'ASH and BRK are in step' in_step ASH BRK

start_beside "$top/watched" "$kith" --home "${home[BRK]}" --json watch
watching=$beside
start_beside "$top/people" "$kith" --home "${home[BRK]}" watch --kind lesson --limit 3
nap 0.6
ids=
for i in 1 2 3; do
    ids+="$(release ASH "Watched $i") "
done
watched() { [ "$(grep -c '"title":"Watched' "$top/watched")" -ge "$1" ]; }
wait_for 10 'three records are watched' watched 3
site_down BRK
site_up BRK
wait_for 10 'they are in step again' in_step BRK ASH
ids+="$(release ASH 'Watched 4') "
wait_for 10 'a record after the restart' watched 4
k BRK share "$top/ASH.md" > /dev/null || fail "share at BRK"
wait_for 10 'a record that is shared here' grep -q '"id":"here-1"' "$top/watched"
check_equal "what was watched" "$(sed -n 's/.*"id":"\(ASH[^"]*\)".*/\1/p' "$top/watched" | tr '\n' ' ')" "$ids"
check_equal "lines for people" "$(grep -c 'lesson *Watched' "$top/people")" 3
check "watch still runs" kill -0 "$watching"
kill -INT "$watching"
wait "$watching"
check_equal "exit code of an interrupted watch" $? 0

said=$(k BRK log --json)
check_match "who was let in" "$said" '"kind":"admit".*"text":"admitted BRK \(Site BRK\)"'
check_match "keys" "$said" '"kind":"cert".*"text":"keys of the site \(epoch 1\)"'
check_match "where they are reached" "$said" "\"kind\":\"addresses\".*reached at 127.0.0.1:${port[ASH]}"
check_match "a record" "$said" '"id":"ASH-L4","kind":"lesson".*"text":"Watched 4"'
check_equal "rows with a limit" "$(k BRK log --json --limit 2 | wc -l)" 2
check_equal "rows of one site" "$(k BRK log --json --site BRK | grep -vc '"site":"BRK"')" 0
check_equal "nothing of that time" "$(k BRK log --site BRK --since 2099-01-01 > /dev/null 2>&1; echo $?)" 1
said=$(k BRK --json log ASH-L4)
check_match "the facts of an entry" "$said" '"id":"ASH-L4","kind":"lesson","schema":1,.*"prev":"[0-9a-f]{64}"'
check_equal "it follows the one before" "$(sed 's/.*"prev":"\([0-9a-f]*\)".*/\1/' <<< "$said")" \
    "$(k BRK --json log ASH-L3 | sed 's/.*"entry":"\([0-9a-f]*\)".*/\1/')"
check_equal "nothing at that position" "$(k BRK log ASH-L99 > /dev/null 2>&1; echo $?)" 1
check_equal "what was not released is in no log" "$(k BRK log here-1 > /dev/null 2>&1; echo $?)" 2
done_with
