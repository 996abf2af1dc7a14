#!/usr/bin/env bash
# recompute: two dozen stored numbers of two networks, computed again by numpy alone (recompute.py);
# with the weights of the other network it must say that they disagree.
# usage: tests/system/recompute.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
check=$(realpath tests/system/recompute.py)
grid=$(realpath tests/system/recompute.yaml)
. tests/support/ok.sh
cd "$work" || exit 2
export HMMGRID_LOG=warning

"$python" "$check" 2>&1 | grep '^skipped' && exit 0
ok "the study runs" ends 0 "" "$program" run "$grid" -o study.h5 --progress none
for run in 0 1; do
    ok "run $run is exported" ends 0 "" "$program" export study.h5 $run -o $run.h5
    ok "numpy agrees about run $run" ends 0 "" "$python" "$check" study.h5 $run $run.h5
done
ok "and not with the other network" ends 1 "" "$python" "$check" study.h5 0 1.h5
ok "and not with the other network" ends 1 "" "$python" "$check" study.h5 1 0.h5
finish
