#!/usr/bin/env bash
# run: every test, each under a timeout, with the command that runs it again by hand when it fails.
# usage: tests/run.sh BUILD [PATTERN]    from the top folder; PATTERN: only tests whose name matches
# The last line reads "N passed, M failed".
set -u
build=$1 pattern=${2:-.}
program=$build/hmmgrid
log=$build/tests/logs
mkdir -p "$log"
passed=0 failed=0

# libmpi and hwloc leave memory behind at exit; a sanitizer would report that and nothing of ours
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

mpi() { # mpi RANKS: the launcher, also as root and with more ranks than cores
    local root=
    [ "$(id -u)" -eq 0 ] && root=--allow-run-as-root
    echo "mpirun $root --oversubscribe --bind-to none -n $1"
}

# try NAME SECONDS COMMAND
try() {
    local name=$1 limit=$2 started=$SECONDS code
    shift 2
    [[ $name =~ $pattern ]] || return
    timeout -k 10 "$limit" bash -c "$*" >"$log/$name" 2>&1 </dev/null
    code=$?
    if [ $code -eq 0 ]; then
        passed=$((passed + 1))
        printf '  ok      %-28s %4d s   %s\n' "$name" $((SECONDS - started)) \
            "$(grep -aE 'passed|skipped|PASSED' "$log/$name" | tail -n 1 | cut -c 1-70)"
    else
        failed=$((failed + 1))
        printf '  FAILED  %-28s exit code %d%s\n' "$name" $code "$([ $code -eq 124 ] && echo ' (timeout)')"
        tail -n 15 "$log/$name" | sed 's/^/          /'
        printf '          again by hand: %s\n' "$*"
    fi
}

for unit in "$build"/tests/test_*; do
    name=$(basename "$unit")
    case $name in
    *.d | test_study* | test_store_mpi) ;;
    *) try "$name" 600 "$unit" ;;
    esac
done
for ranks in 1 2 4; do
    try "store_mpi_$ranks" 300 "$(mpi $ranks) $build/tests/test_store_mpi"
done
for ranks in 1 2 3 4; do
    try "study_$ranks" 600 "$(mpi $ranks) $build/tests/test_study"
    try "study_stop_$ranks" 600 "$(mpi $ranks) $build/tests/test_study_stop"
done
try house 30 tests/system/house.sh
try command_line 300 "tests/system/cli.sh $program"
try bad_grids 600 "tests/system/bad_grids.sh $program"
try same_bits 900 "tests/system/same_bits.sh $program"
try kill_resume 1200 "tests/system/kill_resume.sh $program 1 $build/tests/test_study"
try launcher 600 "tests/system/launcher.sh $program"
try analyse 900 "tests/system/analyse.sh $program"
try trained 900 "tests/system/trained.sh $program"
try read_back 900 "tests/system/read_back.sh $program"
try valgrind 600 "tests/system/valgrind.sh $program"

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
