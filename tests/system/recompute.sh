#!/usr/bin/env bash
# recompute: two dozen stored numbers of two networks, computed again by numpy alone (recompute.py);
# with the weights of the other network it must say that they disagree.
# usage: tests/system/recompute.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
check=$(realpath tests/system/recompute.py)
grid=$(realpath tests/system/recompute.yaml)
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
export HMMGRID_LOG=warning
passed=0 failed=0
python=python3 # the first that has h5py: a python3 of one's own may stand before the system's
"$python" -c 'import h5py' 2>/dev/null || python=/usr/bin/python3

# ends CODE COMMAND...
ends() {
    local wanted=$1 code
    shift
    "$@" >out 2>&1
    code=$?
    if [ $code = "$wanted" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "exit code $code, not $wanted: $*"
        tail -n 30 out
    fi
}

"$python" "$check" 2>&1 | grep '^skipped' && exit 0
ends 0 "$program" run "$grid" -o study.h5 --progress none
for run in 0 1; do
    ends 0 "$program" export study.h5 $run -o $run.h5
    ends 0 "$python" "$check" study.h5 $run $run.h5
done
ends 1 "$python" "$check" study.h5 0 1.h5
ends 1 "$python" "$check" study.h5 1 0.h5
echo "$passed passed, $failed failed"
[ $failed = 0 ]
