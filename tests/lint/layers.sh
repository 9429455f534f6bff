#!/bin/sh
# Who may include whom. The lists below are the whole rule; to allow something, edit them and say why.
#
#     include/kith <- proto <- daemon, cli            daemon and cli never include each other
#     proto/wire <- proto/log, proto/learn            log and learn do not include each other
#
# Prints every include that breaks a rule as file:line, and fails.
set -eu
cd "$(dirname "$0")/../.."

# a folder, and the folders (besides itself) whose headers it may include
folders='
include/kith
proto/wire   include/kith
proto/log    include/kith proto/wire
proto/learn  include/kith proto/wire
daemon       include/kith proto/wire proto/log proto/learn
cli          include/kith proto/wire proto/log proto/learn
'

# a header of an outside library, and the only files that may include it (shell patterns)
libraries='
uv.h          daemon/daemon.h daemon/loop* daemon/peer* daemon/link* daemon/listen* daemon/control* daemon/client* daemon/main.c
sqlite3.h     daemon/store*.[ch] daemon/*fts*.[ch] cli/replica*.[ch]
msgpack*      proto/wire/pack_write.c
sodium*       proto/log/crypto.c proto/wire/noise.c daemon/key.c
zstd*         proto/log/run.c
libstemmer.h  proto/learn/token.c
jansson.h     cli/json.c
libsmartcols* cli/table.c
'

# a header that one file a side may include, whichever it is
once='
yaml.h          daemon
yaml.h          cli
csv.h           daemon
csv.h           cli
cairo*          daemon
cairo*          cli
'

list=$(mktemp)
bad=$(mktemp)
trap 'rm -f "$list" "$bad"' EXIT

# every include as: file line header
find include/kith proto daemon cli -name '*.[ch]' -exec awk '
    /^[ \t]*#[ \t]*include[ \t]*[<"]/ {
        header = $0
        sub(/^[^<"]*[<"]/, "", header)
        sub(/[>"].*$/, "", header)
        print FILENAME, FNR, header
    }' {} + | sort > "$list"

matches() { # text pattern…: leaves the variables of its callers alone
    match_text=$1
    shift
    for match_glob in "$@"; do
        # shellcheck disable=SC2254
        case $match_text in $match_glob) return 0 ;; esac
    done
    return 1
}

folder_of() { # the folder of our own header, empty for a foreign one
    case $1 in
    kith/*) echo include/kith ;;
    proto/*/*) echo "${1%/*}" ;;
    daemon/*) echo daemon ;;
    cli/*) echo cli ;;
    tests/*) echo tests ;;
    */*) echo '' ;;
    *) [ -e "$2/$1" ] && echo "$2" || echo '' ;;
    esac
}

set -f
while read -r file line header; do
    from=$(dirname "$file")
    to=$(folder_of "$header" "$from")
    if [ -n "$to" ] && [ "$to" != "$from" ]; then
        allowed=$(echo "$folders" | awk -v f="$from" '$1 == f { $1 = ""; print }')
        # shellcheck disable=SC2086
        matches "$to" $allowed || echo "$file:$line: $from may not include $header" >> "$bad"
    fi
    [ -z "$to" ] || continue
    echo "$libraries" | while read -r pattern files; do
        [ -n "$pattern" ] && matches "$header" "$pattern" || continue
        # shellcheck disable=SC2086
        matches "$file" $files || echo "$file:$line: only these may include $header: $files" >> "$bad"
    done
done < "$list"

echo "$once" | while read -r pattern side; do
    [ -n "$pattern" ] || continue
    users=$(while read -r file line header; do
        if matches "$header" "$pattern" && matches "$file" "$side/*"; then echo "$file"; fi
    done < "$list" | sort -u)
    [ "$(echo "$users" | wc -w)" -le 1 ] ||
        echo "$side: $pattern is included by more than one file:" $users >> "$bad"
done

if [ -s "$bad" ]; then
    cat "$bad"
    exit 1
fi
echo "ok layers: $(wc -l < "$list") includes in $(cut -d' ' -f1 "$list" | sort -u | wc -l) files"
