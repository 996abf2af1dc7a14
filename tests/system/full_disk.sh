#!/usr/bin/env bash
# full_disk: a disk that fails for good, from any write of rank 0, of a worker or of a process alone on:
# the exit code is 73 or 74 within 10 s, the cause is named, and --resume on a working disk completes
# with the results of an undisturbed study.
# usage: tests/system/full_disk.sh HMMGRID FAIL_WRITES.so [STEP]    every STEP-th write, default 45
set -u
program=$(realpath "$1") library=$(realpath "$2") step=${3:-45}
grid=$(realpath tests/system/mistakes/tiny.yaml)
if ldd "$program" | grep -qE 'lib(a|ub|t)san'; then echo "skipped: a sanitizer is built in"; exit 0; fi
. tests/support/ok.sh
cd "$work" || exit 2
launcher="$mpirun -n 3"
longest=0

wrong() {
    failed=$((failed + 1))
    echo "$*"
    sed 's/^/    /' log | tail -n 5
}


# fails WHO ERRNO K COMMAND...: leaves study.h5 as the failure left it; false: the write was not reached
fails() {
    local who=$1 errno=$2 k=$3 started=$SECONDS code
    shift 3
    rm -f study.h5*
    # FAIL_WRITES.so alone must reach the ranks, not mpirun
    timeout 30 "$@" env LD_PRELOAD="$library" FAIL_RANK="$who" FAIL_ERRNO="$errno" FAIL_FROM="$k" \
        "$program" run "$grid" -o study.h5 --progress none >log 2>&1
    code=$?
    [ $((SECONDS - started)) -gt $longest ] && longest=$((SECONDS - started))
    [ $code = 0 ] && return 1
    local words='No space left on device'
    [ "$errno" = 5 ] && words='Input/output error'
    if { [ $code = 73 ] || [ $code = 74 ]; } && grep -qE "error: .*($words|cannot be closed within)" log && [ $((SECONDS - started)) -le 10 ]; then
        passed=$((passed + 1))
    else
        wrong "rank $who, errno $errno, write $k: code $code after $((SECONDS - started)) s"
    fi
    "$program" run "$grid" -o study.h5 --resume --progress none >log 2>&1
    code=$?
    if [ $code = 0 ] && [ "$(digest study.h5)" = "$whole" ]; then
        passed=$((passed + 1))
    else
        wrong "rank $who, errno $errno, write $k: the resume ends with $code"
    fi
}

"$program" run "$grid" -o whole.h5 --progress none >log 2>&1 || { wrong "tiny.yaml does not run"; exit 1; }
whole=$(digest whole.h5)
for errno in 28 5; do
    for who in alone 0 1; do
        last=
        for ((k = 1; k < 4000; k += step)); do
            # shellcheck disable=SC2086
            if [ $who = alone ]; then fails -1 $errno $k; else fails $who $errno $k $launcher; fi || { last=$k; break; }
        done
        [ "$last" ] || wrong "rank $who: it is still writing at its 4000th write"
    done
done
echo "the longest took $longest s"
finish
