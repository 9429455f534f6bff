#!/bin/bash
# The root key in a sealed file (P6): exported, taken off the machine, brought back; every wrong file and passphrase is
# refused with nothing changed; secrets lie in no log, no other file, and in nothing that a core file would hold.
. "$(dirname "$0")/lib.sh"

site_new ASH 'Keys in a drawer'
site_new BRK 'Another network'
site_up ASH
site_up BRK
umask 077
echo 'correct horse battery' > "$top/pass"
echo 'another horse battery' > "$top/wrong"
echo 'short' > "$top/short"
key() { # code, export or import, arguments…
    local c=$1
    shift
    k "$c" key "$@" --passphrase-file "$top/pass"
}
root_is() { check_equal "the root key of ASH, $2" "$(k ASH --json status | sed -n 's/.*"root_key": *"\([a-z]*\)".*/\1/p')" "$1"; }
secrets() { # every secret of ASH as hex
    local f
    for f in "${home[ASH]}"/root.key "${home[ASH]}"/entry-*.key "${home[ASH]}"/link-*.key; do
        sed 's/.* //' "$f"
    done
}
root=$(sed 's/.* //' "${home[ASH]}/root.key")
all=$(secrets)

# ---- out, and off the machine ----

root_is here 'at first'
check_match 'status says where the root key lies' "$(k ASH status)" 'Root key.*on this machine'
out=$(key ASH export "$top/one.key") || fail "export: $out"
check_match 'an export says that the key is still here' "$out" 'still on this machine'
check_equal 'mode of the key file' "$(stat -c %a "$top/one.key")" 600
check_match 'the key file says what it is' "$(cat "$top/one.key")" 'The root key of ASH.*'
grep -q "$root" "$top/one.key" && fail 'the root secret stands open in the key file'
root_is here 'after an export'
out=$(key ASH export "$top/one.key" 2>&1)
check_equal 'exit code of an export over a file' $? 5
out=$(k ASH key export "$top/x.key" --passphrase-file "$top/short" 2>&1)
check_equal 'exit code of a short passphrase' $? 2
chmod 644 "$top/pass"
out=$(key ASH export "$top/x.key" 2>&1)
check_equal 'exit code of a passphrase file that others read' $? 5
chmod 600 "$top/pass"
out=$(k ASH key export "$top/x.key" < /dev/null 2>&1)
[ -e "$top/x.key" ] && fail 'a refused export left a file'
out=$(key ASH export "$top/no/such/place.key" 2>&1)
check_equal 'exit code of an export to nowhere' $? 5
root_is here 'after refusals'
out=$(key ASH export "$top/two.key" --remove) || fail "export --remove: $out"
check_match 'a removal is said' "$out" 'not on this machine any more'
check 'root.key is gone' test ! -e "${home[ASH]}/root.key"
root_is exported 'after the removal'
check_match 'the site goes on' "$(release ASH 'Without the root key')" '^ASH-L1$'
out=$(k ASH rotate 2>&1)
check_equal 'exit code of rotate without the root key' $? 5
check_match 'what to do' "$out" 'kith key import'
out=$(key ASH export "$top/three.key" 2>&1)
check_equal 'exit code of an export of what is not here' $? 5
[ "$(id -u)" != 0 ] || check_equal 'memory after the removal' "$("$peer" memory "${pid[ASH]}" "$root" | sort -u)" '0 in a core, 0 beside it'

# ---- every wrong file ----

refused() { # what, exit code, pattern, file, passphrase file
    local said code before
    before=$(cd "${home[ASH]}" && cat config.yaml root.pub entry-*.key link-*.key | sha256sum)
    said=$(k ASH key import "$4" --passphrase-file "${5:-$top/pass}" 2>&1)
    code=$?
    check_equal "exit code of $1" $code "$2"
    check_match "words about $1" "$said" "$3"
    check_equal "keys after $1" "$(cd "${home[ASH]}" && cat config.yaml root.pub entry-*.key link-*.key | sha256sum)" "$before"
    root_is exported "after $1"
}
refused 'a wrong passphrase' 5 'passphrase' "$top/two.key" "$top/wrong"
refused 'no file' 1 'cannot be read' "$top/nowhere.key"
cp "$top/two.key" "$top/open.key" && chmod 640 "$top/open.key"
refused 'a file with a wrong mode' 5 'chmod 600' "$top/open.key"
key BRK export "$top/other.key" > /dev/null || fail 'export of BRK'
refused 'a file of another network' 5 'another network.*Another network' "$top/other.key"
sed "s/^network .*/network none/" "$top/other.key" > "$top/none.key"
refused 'a file of another site' 5 'another site' "$top/none.key"
sed '$s/sealed \(.\{60\}\)./sealed \1x/' "$top/two.key" > "$top/damaged.key"
refused 'a damaged file' 6 'damaged' "$top/damaged.key"
sed 's/^made .*/made 1999-01-01/' "$top/two.key" > "$top/altered.key"
refused 'an altered file' 5 'altered' "$top/altered.key"
head -c 400 "$top/two.key" > "$top/cut.key"
refused 'a file that was cut off' 6 'damaged' "$top/cut.key"
sed '1s/1$/2/' "$top/two.key" > "$top/later.key"
refused 'a file of a later version' 6 'later Kith' "$top/later.key"
sed 's/^argon2id 3 [0-9]*/argon2id 3 999999999999/' "$top/two.key" > "$top/huge.key"
refused 'a file that asks for a terabyte' 6 'damaged' "$top/huge.key"
head -c 1000000 /dev/zero > "$top/zero.key"
refused 'a million zeros' 6 'kith key export' "$top/zero.key"
refused 'a folder' 5 'plain file' "$top"
: > "$top/empty.key" && chmod 600 "$top/empty.key"
refused 'an empty file' 6 'empty.key.*empty' "$top/empty.key"
truncate -s 1G "$top/giant.key" && chmod 600 "$top/giant.key"
refused 'a gigabyte' 6 'too long' "$top/giant.key"
mkfifo -m 600 "$top/pipe.key"
refused 'a pipe' 5 'plain file' "$top/pipe.key"

# ---- and back ----

mkdir "$top/credentials" && cp "$top/pass" "$top/credentials/kith-passphrase"
out=$(CREDENTIALS_DIRECTORY=$top/credentials k ASH key import "$top/two.key") || fail "import: $out"
root_is here 'after an import'
check_equal 'the root key is what it was' "$(sed 's/.* //' "${home[ASH]}/root.key")" "$root"
check_equal 'mode of root.key' "$(stat -c %a "${home[ASH]}/root.key")" 600
k ASH rotate > /dev/null || fail 'rotate after an import'
all="$all $(secrets)"
site_down ASH
chmod 640 "${home[ASH]}/root.key"
out=$("$kithd" --home "${home[ASH]}" --foreground 2>&1)
check_equal 'exit code of a start with an open key file' $? 5
check_match 'a start with an open key file says so' "$out" 'chmod 600'
chmod 600 "${home[ASH]}/root.key"
site_up ASH

# ---- key files at rest ----

raw=$(sed 's/.* //' "${home[BRK]}/root.key" "${home[BRK]}/entry-1.key" "${home[BRK]}/link-1.key")
site_down BRK
site_args="--key-passphrase-file $top/pass" site_up BRK
check_equal 'sealed key files' "$(grep -lE '^kith [a-z]+ 2 ' "${home[BRK]}"/*.key | wc -l)" 3
for s in $raw; do grep -rqi "$s" "${home[BRK]}" && fail 'a secret stands open in a sealed home'; done
check_match 'a sealed site writes' "$(release BRK 'From a sealed home')" '^BRK-L1$'
k BRK rotate > /dev/null || fail 'a sealed home does not rotate'
check_equal 'sealed key files after a rotation' "$(grep -lE '^kith [a-z]+ 2 ' "${home[BRK]}"/*.key | wc -l)" 4
site_down BRK
start_refused() { # what, pattern, arguments…
    local said code
    said=$("$kithd" --home "${home[BRK]}" --foreground "${@:3}" 2>&1)
    code=$?
    check_equal "exit code of $1" $code 5
    check_match "words about $1" "$said" "$2"
}
start_refused 'a sealed home without its passphrase' 'key-credential'
start_refused 'a sealed home with another passphrase' 'another' --key-passphrase-file "$top/wrong"
start_refused 'a credential that nobody hands over' 'LoadCredentialEncrypted' --key-credential kith-home
cp "$top/pass" "$top/credentials/kith-home"
echo 'key-credential: kith-home' >> "${home[BRK]}/config.yaml"
export CREDENTIALS_DIRECTORY=$top/credentials
site_up BRK
unset CREDENTIALS_DIRECTORY
check_match 'the credential of the configuration opens it' "$(release BRK 'With a credential')" '^BRK.2-L1$'
[ "$(id -u)" != 0 ] || check_equal 'the passphrase in memory' \
    "$("$peer" memory "${pid[BRK]}" "$(printf 'correct horse battery' | od -An -tx1 | tr -d ' \n')")" '0 in a core, 0 beside it'

# ---- where no secret is ----

check_equal 'core files' "$(sed -n 's/^Max core file size *\([^ ]*\) *\([^ ]*\).*/\1 \2/p' "/proc/${pid[ASH]}/limits")" '0 0'
pass=$(printf 'correct horse battery' | od -An -tx1 | tr -d ' \n')
found=$("$peer" memory "${pid[ASH]}" $(sed 's/.* //' "${home[ASH]}/root.key" "${home[ASH]}"/entry-*.key "${home[ASH]}"/link-2.key) "$pass")
if [ "$found" = denied ]; then
    say 'skipped: what a core file would hold; that needs root'
else
    check_match 'the search finds what is kept on purpose' "$found" 'in a core, [1-9][0-9]* beside it'
    check_equal 'secrets in what a core file would hold' "$(grep -vc '^0 in a core' <<< "$found")" 0
    say "in memory: $(tr '\n' ';' <<< "$found")"
fi
site_down ASH
in_hex() { od -An -v -tx1 "$1" | tr -d ' \n'; }
sed 's/../\\x&/g' <<< "${all##* }" | xargs -0 printf 'x%by' | head -c 33 > "$top/planted"
in_hex "$top/planted" > "$top/hex"
check 'the search would find the bytes' grep -q "${all##* }" "$top/hex"
for f in $(find "${home[ASH]}" -type f ! -name 'root.key' ! -name 'entry-*.key' ! -name 'link-*.key') "${log[ASH]}" "${log[BRK]}"; do
    in_hex "$f" > "$top/hex"
    for s in $all; do
        grep -qi "$s" "$f" && fail "a secret stands in $f"
        grep -q "$s" "$top/hex" && fail "the bytes of a secret stand in $f"
    done
done
grep -rq 'horse battery' "${home[ASH]}" "${log[ASH]}" && fail 'the passphrase stands in the home'

done_with
