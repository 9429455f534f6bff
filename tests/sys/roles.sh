#!/bin/bash
# Roles by system group, two persons to a release, releases that wait, and the journal: with real users and groups that
# are made for this test and taken away behind it.
. "$(dirname "$0")/lib.sh"

if [ "$(id -u)" != 0 ] || ! command -v useradd groupadd userdel groupdel setpriv > /dev/null; then
    say 'skipped: users and groups can be made by root only, with useradd, groupadd and setpriv'
    exit 0
fi

# ---- users and groups ----

mark=kt$$
users=() groups=()
users_gone() {
    local code=$? u g p
    for p in ${pid[@]+"${pid[@]}"}; do # a user whose process runs stays
        [ -z "$p" ] || kill -9 "$p" 2> /dev/null
    done
    wait 2> /dev/null
    for u in ${users[@]+"${users[@]}"}; do
        userdel "$u" 2> /dev/null
    done
    for g in ${groups[@]+"${groups[@]}"}; do
        groupdel "$g" 2> /dev/null
    done
    return $code
}
trap 'users_gone; cleanup' EXIT
for g in share data rel adm out; do
    groupadd "$mark$g" || fail "no group $mark$g"
    groups+=("$mark$g")
done
user() { # name, its first group, a further one
    useradd --no-create-home --no-user-group --no-log-init --gid "$mark$2" ${3:+--groups "$mark$3"} "$mark$1" ||
        fail "no user $mark$1"
    users+=("$mark$1")
}
user kithd share
user reader share
user writer share rel
user lead share rel
user analyst share data
user boss share adm
user stranger out

# The build may lie where only root can look.
mkdir "$top/bin" && cp "$kith" "$kithd" "$peer" "$top/bin"
kith=$top/bin/kith kithd=$top/bin/kithd peer=$top/bin/kith-peer
as() { # user, command…
    local u=$mark$1
    shift
    setpriv --reuid "$u" --regid "$(id -g "$u")" --init-groups "$@"
}
ka() { # user, arguments of kith…
    local u=$1
    shift
    as "$u" "$kith" --home "${home[ASH]}" "$@"
}
uid() { id -u "$mark$1"; }
# user whose login it is, user whose rights it has, arguments of kith…
kl() {
    local login u=$mark$2
    login=$(uid "$1")
    shift 2
    sh -c 'echo "$1" > /proc/self/loginuid && shift && exec setpriv "$@"' - "$login" \
        --reuid "$u" --regid "$(id -g "$u")" --init-groups "$kith" --home "${home[ASH]}" "$@"
}
logins=1
sh -c 'echo 1 > /proc/self/loginuid' 2> /dev/null || logins=0
[ $logins = 1 ] || say 'skipped: who logged in; this kernel does not tell, or lets nobody set it'
private() { sqlite3 -readonly "${home[ASH]}/private.db" "$1"; }

groups_of() { # one word, or four lines, then more of the configuration
    site_config ASH auto
    printf '%s\n' "$@" >> "${home[ASH]}/config.yaml"
    chown "${mark}kithd:${mark}share" "${home[ASH]}/config.yaml"
}
four=('groups:' "  share: ${mark}share" "  data: ${mark}data" "  release: ${mark}rel" "  admin: ${mark}adm")
site_run="setpriv --reuid ${mark}kithd --regid ${mark}share --init-groups"
again() { # stops it, and starts it with these lines of configuration
    site_down ASH
    groups_of "$@"
    site_up ASH
}

site_new ASH 'Roles'
chmod 711 "$top"
groups_of "${four[@]}"
chown -R "${mark}kithd:${mark}share" "${home[ASH]}"
site_up ASH

# ---- each verb, for each who lacks its role ----

verbs=$(sed -n 's/^ *{"\([a-z_]*\)", control_[a-z_]*, \(ROLE_[A-Z_| ]*\)},$/\1 \2/p' "$src/daemon/control.c")
check_match 'the table of verbs is found' "$verbs" '^release ROLE_RELEASE$'
lacks() { # user, roles of a verb
    local has=SHARE
    case $1 in
    analyst) has='SHARE|DATA' ;;
    lead) has='SHARE|RELEASE' ;;
    boss) has='SHARE|ADMIN' ;;
    esac
    ! grep -qE "ROLE_($has|ANY)" <<< "$2"
}
refusals=0
while read -r verb roles; do
    tried=0
    for u in reader boss lead analyst; do
        lacks $u "$roles" && [ $tried -lt 2 ] || continue
        tried=$((tried + 1))
        out=$(as $u "$peer" control "${home[ASH]}/kithd.sock" verb "$verb" 2>&1 | tr -d '\\')
        check_match "$verb for $u" "$out" "\"$verb\": only for the role [a-z]+: ask to be put into the group ${mark}(share|data|rel|adm)"
        refusals=$((refusals + 1))
    done
done <<< "$verbs"
check 'verbs that somebody lacks the role of' test $refusals -ge 20
check_equal 'lines in the log about them' "$(logged ASH 'control\.refused')" $refusals
out=$(as stranger "$peer" control "${home[ASH]}/kithd.sock" verb status 2>&1)
check_match 'somebody of another group' "$out" 'denied'

lesson 'A light' > "$top/one.md"
chmod 644 "$top/one.md"
share() { # user, title, what happened: the ID
    lesson "$2" "${3:-}" > "$top/one.md"
    ka "$1" --json share "$top/one.md" | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p'
}
refused() { # what, expression, arguments of ka or kl…
    local what=$1 says=$2 out code
    shift 2
    out=$("$@" 2>&1)
    code=$?
    check_equal "exit code of $what: $out" $code 5
    check_match "$what" "$out" "$says"
}
id=$(share reader 'A first light')
check_equal 'a member of the group shares' "$id" here-1
refused 'release by a reader' "\"release\": only for the role release: .* the group ${mark}rel," ka reader release "$id"
refused 'share --release by a reader' '"share --release": only for the role release' ka reader share --release "$top/one.md"
refused 'invite by a lead' "the group ${mark}adm," ka lead invite BRK
refused 'the journal for a reader' '"history": only for the role release' ka reader outbox --history
refused 'the journal for an analyst' '"history"' ka analyst outbox --history
check_equal 'roles of a lead' "$(ka lead status --json | grep -o '"roles": *\[[^]]*\]')" '"roles":["share","release"]'
check_equal 'roles of a boss' "$(ka boss status --json | grep -o '"roles": *\[[^]]*\]')" '"roles":["share","admin"]'
check_match 'the owner has all' "$(ka kithd status)" 'Your roles: share, data, release, admin'
! ka lead status | grep -q '^Groups' || fail 'a warning where every role has its group'
out=$(ka lead release "$id") || fail "release by a lead: $out"
check_match 'a release by a lead' "$out" 'ASH-L1'

# ---- two persons ----

again "${four[@]}" 'release-persons: 2'
check_match 'status says so' "$(ka reader status)" 'Releases: take two persons'
digest() { ka "$1" --json outbox show "$2" | sed -n 's/.*"digest": *"\([0-9a-f]*\)".*/\1/p'; }
id=$(share writer 'Two of us')
d=$(digest lead "$id")
check_equal 'length of a digest' ${#d} 64
check_match 'outbox show ends with the command' "$(ka lead outbox show "$id" | tail -n 1)" "kith release $id --digest $d\$"
refused 'share --release' 'takes two persons' ka lead share --release "$top/one.md"
check_equal 'nothing of it was kept' "$(sql ASH 'SELECT count(*) FROM draft')" 1
refused 'release by root' 'root is neither' k ASH release "$id" --digest "$d"
refused 'release by the owner of the home' 'ask somebody in it' ka kithd release "$id" --digest "$d"
refused 'release by an analyst' 'only for the role release' ka analyst release "$id" --digest "$d"
refused 'release by the author' 'you shared it yourself' ka writer release "$id" --digest "$d"
refused 'release without the digest' "kith outbox show $id" ka lead release "$id"
refused 'release of all' 'kith outbox show' ka lead release --all
refused 'release of other bytes' 'not what was shown' ka lead release "$id" --digest "${d/?/$([ "${d:0:1}" = a ] && echo b || echo a)}"
ka lead release "$id" --digest abc > /dev/null 2>&1
check_equal 'exit code of half a digest' $? 2
ka lead release "$id" here-77 --digest "$d" > /dev/null 2>&1
check_equal 'exit code of a digest for two' $? 2
check_equal 'nothing has left' "$(sql ASH 'SELECT count(*) FROM released')" 1
out=$(ka lead release "$id" --digest "$d") || fail "a second person: $out"
check_match 'a second person releases' "$out" 'ASH-L2'
id=$(share lead 'The other way round')
ka writer release "$id" --digest "$(digest writer "$id")" > /dev/null || fail 'the other way round'

# What leaves is what was shown: here the unit, which the list of units puts into words.
ka boss unit add elm --label 'Elm ward' --setting acute-ward > /dev/null || fail 'a unit'
lesson 'On the ward' | sed '4i unit: elm' > "$top/one.md"
id=$(ka writer --json share "$top/one.md" | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p')
d=$(digest lead "$id")
ka boss unit open elm > /dev/null || fail 'a unit that opens'
refused 'release of what changed since' 'not what was shown' ka lead release "$id" --digest "$d"
check 'the digest is another' test "$(digest lead "$id")" != "$d"
ka lead release "$id" --digest "$(digest lead "$id")" > /dev/null || fail 'what was shown again'

if [ $logins = 1 ]; then
    id=$(lesson 'One with two names' > "$top/one.md" && kl writer writer --json share "$top/one.md" | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p')
    d=$(digest lead "$id")
    refused 'release by the author with the rights of a lead' "you logged in as the one who shared it \(uid \"$(uid writer)\"\)" \
        kl writer lead release "$id" --digest "$d"
    refused 'release by nobody who logged in' 'cannot be told who you logged in as' ka lead release "$id" --digest "$d"
    kl lead lead release "$id" --digest "$d" > /dev/null || fail 'another login'
    check_match 'the journal names the logins' "$(private 'SELECT author_login, releaser_login FROM journal ORDER BY number DESC LIMIT 1')" \
        "^$(uid writer)\|$(uid lead)\$"
fi
check_equal 'a second person is in every line of that time' "$(private 'SELECT count(*) FROM journal WHERE persons = 2 AND author = releaser')" 0

# ---- a release that waits ----

again "${four[@]}" 'release-delay: 1h'
id=$(share writer 'To be taken back')
out=$(ka writer release "$id")
check_equal "exit code of a release that waits: $out" $? 0
check_match 'when it leaves' "$out" '[0-9]{2}:[0-9]{2}'
check_match 'how to take it back' "$out" 'kith outbox drop'
check_match 'the outbox tells' "$(ka reader outbox)" "leaves at .*[0-9]{2}:[0-9]{2}"
due=$(private "SELECT due FROM approval")
ka lead release "$id" > /dev/null || fail 'asked for twice'
check_equal 'the first time counts' "$(private "SELECT due || ' ' || releaser FROM approval")" "$due $(uid writer)"
out=$(ka lead --json share --release "$top/one.md")
check_match 'share --release waits too' "$out" '"released": *false'
second=$(sed -n 's/.*"id": *"\([^"]*\)".*/\1/p' <<< "$out")
site_kill ASH
site_up ASH
check_match 'it waits after a restart' "$(ka reader --json outbox | grep "\"$id\"")" '"leaves": *"[0-9]{4}-'
ka reader outbox drop "$id" > /dev/null || fail 'taking it back'
ka reader outbox drop "$second" > /dev/null || fail 'taking the second back'
check_equal 'approvals that are left' "$(private 'SELECT count(*) FROM approval')" 0
check_equal 'lines about it' "$(private "SELECT count(*) FROM journal WHERE position = 'taken back'")" 2

again "${four[@]}" 'release-delay: 2s'
left() { [ "$(sql ASH "SELECT count(*) FROM v_record WHERE title = '$1' AND NOT here")" = 1 ]; }
id=$(share writer 'Leaves while we wait')
ka writer release "$id" > /dev/null || fail 'a release for two seconds later'
check 'it is still here' test "$(sql ASH "SELECT count(*) FROM v_record WHERE id = '$id'")" = 1
wait_for 10 'a release whose time comes' left 'Leaves while we wait'
id=$(share writer 'Leaves after a restart')
ka writer release "$id" > /dev/null || fail 'a release for after the restart'
site_kill ASH
site_up ASH
wait_for 10 'a release whose time comes after a restart' left 'Leaves after a restart'
no_approvals() { [ "$(private 'SELECT count(*) FROM approval')" = 0 ]; }
wait_for 5 'the approvals to go' no_approvals
id=$(share writer 'Approved by one')
ka writer release "$id" > /dev/null || fail 'a release by one'
again "${four[@]}" 'release-delay: 1s' 'release-persons: 2'
stuck() { ka reader outbox | grep -q 'could not leave: a release takes two persons by now'; }
wait_for 10 'a release that has become too little' stuck
ka lead release "$id" --digest "$(digest lead "$id")" > /dev/null || fail 'a second person for it'
wait_for 10 'it to leave' left 'Approved by one'
check_equal 'who released it' "$(private 'SELECT releaser FROM journal ORDER BY number DESC LIMIT 1')" "$(uid lead)"

# ---- the network's policy: the stricter of the two holds ----

again "${four[@]}"
ka boss policy set release-delay 1h > /dev/null || fail 'no policy of a delay'
out=$(ka lead --json release "$(share writer 'Delayed by the network')") || fail "a release under the network's delay: $out"
check_match 'the delay of the network' "$out" '"leaves": *"[0-9]{4}-'
ka boss policy set release two > /dev/null || fail 'no policy of two persons'
id=$(share writer 'Asked for by the network')
refused 'release by the author under the policy of the network' 'you shared it yourself' ka writer release "$id" --digest "$(digest lead "$id")"
refused 'share --release under the policy of the network' 'takes two persons' ka lead share --release "$top/one.md"
ka lead release "$id" --digest "$(digest lead "$id")" > /dev/null || fail 'the second person that the network asks for'
ka boss policy set release one > /dev/null || fail 'no policy of one person'
ka boss policy set release-delay 0 > /dev/null || fail 'no policy without a delay'

# ---- the journal ----

all=$(ka lead --json outbox --history) || fail 'the journal for a lead'
check_equal 'the same for a boss' "$(ka boss --json outbox --history)" "$all"
check_equal 'lines' "$(wc -l <<< "$all")" "$(private 'SELECT count(*) FROM journal')"
check_match 'names of people' "$all" "\"shared_by\": *\"${mark}writer\".*\"released_by\": *\"${mark}lead\""
check_match 'who did both is marked' "$(grep 'Leaves\|ASH-L6' <<< "$all" | head -n 1)" '"one_person": *true'
check_match 'what was taken back' "$all" '"id": *null,"state": *"taken back"'
check_match 'digests' "$all" '"digest": *"[0-9a-f]{64}"'
lesson 'Replaced' > "$top/one.md"
again "${four[@]}"
first=$(ka lead --json share --release "$top/one.md" | sed -n 's/.*"id": *"\([^"]*\)".*/\1/p')
ka lead edit "$first" > "$top/two.md" 2> /dev/null || fail 'the text of a released record'
out=$(ka lead share --release "$top/two.md" 2>&1) || fail "a record that replaces one: $out"
check_match 'what of it had left before' "$(ka lead --json outbox --history | tail -n 1)" "\"before\": *\"$first\""
ka lead outbox --history --since 2000-01 > /dev/null || fail '--since'
ka lead outbox --history --since 0s > /dev/null 2>&1
check_equal 'exit code of no time' $? 2

# ---- one group for all ----

again "groups: ${mark}share"
check_match 'one group has all roles' "$(ka reader status)" 'Your roles: share, data, release, admin'
check_match 'status warns of it' "$(ka reader status)" "Groups: all roles belong to the group ${mark}share: whoever shares may also release"
ka reader release "$(share reader 'By one group')" > /dev/null || fail 'release in one group'
again 'groups:' "  release: ${mark}nobody"
check_match 'a group that the system lacks is told' "$(grep 'config\.group' "${log[ASH]}" | tail -n 1)" "there is no group \\\\?\"${mark}nobody"
refused 'a role that nobody has' "${mark}nobody, which is to be made first" ka lead release here-1
done_with
