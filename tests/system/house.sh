#!/usr/bin/env bash
# house: who may include what, and other rules of the house that a compiler does not check.
# usage: tests/system/house.sh    (from the top folder)
set -u
passed=0 failed=0

# check NAME COMMAND...: the command must print nothing
check() {
    local name=$1 found
    shift
    found=$("$@" 2>&1)
    if [ -z "$found" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'house: %s:\n%s\n' "$name" "$found"
    fi
}

# --- the order of the rooms: src/rooms ----------------------------------------------------------------

# Rooms that src/rooms and src do not have both, and rooms that name one below them.
order() {
    diff <(sed -n 's/^\([a-z]*\):.*/\1/p' src/rooms | sort) <(cd src && printf '%s\n' */ | tr -d / | sort)
    awk '/^[a-z]/ {
        for (i = 2; i <= NF; i++) if (!($i in above)) print "src/rooms: " $1 " " $i " is no room above it"
        above[substr($1, 1, length($1) - 1)] = 1
    }' src/rooms
}

# Lines that include what their room may not. A file's room is its folder below src; that of a public
# header is the first that has its .c, or the one of its name. Inside a room "x.h" is the same folder's.
strangers() {
    awk '
    FILENAME == "src/rooms" {
        if (!/^[a-z]/) next
        sub(/:/, "", $1)
        rank[$1] = ++rooms
        for (i = 1; i <= NF; i++) may[$1, $i] = 1
        next
    }
    /^src\/[a-z]*\/.*\.c$/ { # a source file
        split($0, part, "/")
        name = $0
        gsub(/.*\/|\.c$/, "", name)
        if (!(name in owner) || rank[part[2]] < rank[owner[name]]) owner[name] = part[2]
        next
    }
    function public_room(path,   name) {
        name = path
        gsub(/.*\/|\.h$/, "", name)
        return name in owner ? owner[name] : name
    }
    { # FILE:#include "HEADER"
        split($0, part, /[:"]/)
        file = part[1]
        header = part[3]
        split(file, folder, "/")
        from = folder[1] == "include" ? public_room(file) : folder[2]
        split(header, folder, "/")
        to = header ~ /^hmmgrid\// ? public_room(header) : header ~ /\// ? folder[1] : from
        if (!((from, to) in may)) print file " (" from ") includes " header " (" to ")"
    }' src/rooms <(find src -name '*.c') <(grep -rE '^ *# *include *"' src include)
}

# Headers that do not stand in the folder of their .c.
astray() {
    find src -name '*.[ch]' ! -path 'src/cli/*.c' | awk '{
        name = $0
        gsub(/.*\/|\.[ch]$/, "", name)
        if (/h$/) header[name] = $0
        else beside[substr($0, 1, length($0) - 1) "h"] = source[name] = $0
    }
    END { for (name in header) if (name in source && !(header[name] in beside))
              print header[name] ": not beside " source[name] }'
}

check "src/rooms names every room, and each only rooms above it" order
check "a room includes what src/rooms lets it" strangers
check "a header stands beside its .c" astray
check "a public header includes only public ones" sh -c \
    "grep -E '^ *# *include *\"' include/hmmgrid/*.h | grep -v '\"hmmgrid/'"

# --- libraries ----------------------------------------------------------------------------------------

# includes HEADER ALLOWED-REGEX: files that include it outside the allowed places
includes() {
    grep -rlE "^ *# *include *[<\"]$1[>\"]" src include tests | grep -vE "$2"
}

check "mpi.h only in src/store and src/study" includes 'mpi\.h' '^(src/study/|src/store/|tests/)'
check "hdf5.h only below src/store and in tests" includes 'hdf5(_hl)?\.h' '^(src/store/|tests/)'
check "yaml.h only in the YAML reader" includes 'yaml\.h' '^src/(plan/(yaml|assign|expand|grid)|batch/profile)\.c$'
check "libyaml itself only in src/plan/yaml.c" sh -c \
    "grep -rlE '^ *# *include *<yaml\.h>' src include tests | grep -v '^src/plan/yaml\.c$'"
check "cblas.h and lapacke.h only in src/base/linalg.c" includes '(cblas|lapacke)\.h' \
    '^src/base/linalg\.c$'

# --- files --------------------------------------------------------------------------------------------

# links and pipes that somebody put at its name: src/base/file.h; mkostemp makes a new one by itself
check "a file is made by src/base/file.c, or new and through no link" sh -c \
    "grep -rnE 'O_CREAT|creat\(|fopen\([^)]*\"[wa]' src |
        grep -vE '\"/(proc|dev)/|^src/base/file\.c:|O_CREAT [|] O_EXCL [|] O_NOFOLLOW'"
# names of files, studies and datasets would steer it
check "what goes to a terminal goes through src/base/show.h" sh -c \
    "grep -nE '\bv?fprintf\(' src/cli/*.c src/report/*.c src/study/*.c src/isolate/*.c src/batch/doctor.c |
        grep -vE '^src/(cli/(help|topics|main)|report/table|study/provenance)\.c:|\\\\033'"
check "no code switched off, no note to self" sh -c \
    "grep -rnE '#if [0]|\b(TO[D]O|FIX[M]E|XX[X])\b' src include tests experiments Makefile"
# nameless FILE...: files whose first line does not open with their name
nameless() {
    awk 'FNR == 1 {
        name = FILENAME
        gsub(/.*\/|\.[ch]$/, "", name)
        if ($0 !~ "^/\\* " name "[: ]") print FILENAME ": no opening comment"
    }' "$@"
}
# shellcheck disable=SC2046
check "every file opens with what it is" nameless $(find src include -name '*.[ch]')
# releases of clang-format differ in small things: .clang-format is written for that of Debian 12
if clang-format --version 2>/dev/null | grep -q 'version 14\.'; then
    check "every file is as clang-format leaves it (clang-format -i FILE)" sh -c \
        'find src include tests -name "*.[ch]" | xargs clang-format --dry-run 2>&1 |
            sed -n "s/: warning: .*clang-format.*//p"'
else
    echo "skipped: the format, which clang-format 14 checks"
fi

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
