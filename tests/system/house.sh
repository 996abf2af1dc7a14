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

# includes HEADER ALLOWED-REGEX: files that include it outside the allowed places
includes() {
    grep -rlE "^ *# *include *[<\"]$1[>\"]" src include tests | grep -vE "$2"
}

check "mpi.h only below src/study, src/store, src/cli/run.c and their public headers" \
    includes 'mpi\.h' '^(src/study/|src/store/|src/cli/run\.c|include/hmmgrid/(store|study)\.h|tests/)'
check "hdf5.h only below src/store and in tests" includes 'hdf5(_hl)?\.h' '^(src/store/|tests/)'
check "yaml.h only in the YAML reader" includes 'yaml\.h' '^src/plan/(yaml|assign|expand|grid)\.c$'
check "libyaml itself only in src/plan/yaml.c" sh -c \
    "grep -rlE '^ *# *include *<yaml\.h>' src include tests | grep -v '^src/plan/yaml\.c$'"
check "cblas.h and lapacke.h only in src/base/linalg.c" includes '(cblas|lapacke)\.h' \
    '^src/base/linalg\.c$'
check "no code switched off, no note to self" sh -c \
    "grep -rnE '#if [0]|\b(TO[D]O|FIX[M]E|XX[X])\b' src include tests experiments Makefile"
check "a header for every core module" sh -c '
    for h in include/hmmgrid/*.h; do
        head -n 1 "$h" | grep -q "^/\* $(basename "$h" .h): " || echo "$h: no opening comment"
    done'
check "every source file opens with what it is" sh -c '
    for f in src/*/*.c; do
        head -n 1 "$f" | grep -q "^/\* $(basename "$f" .c)[: ]" || echo "$f: no opening comment"
    done'

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
