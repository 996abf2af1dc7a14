#!/usr/bin/env bash
# latch: two units that hold each other down, and kick units that alone can switch them: nothing else
# rises before a switch. These are found, exactly, and concentrated.
# usage: tests/system/latch.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
. tests/support/ok.sh
"$python" -c 'import h5py' 2>/dev/null || { echo "skipped: no python with h5py"; exit 0; }
cd "$work" || exit 2
cat >latch.py <<'P'
import sys
import h5py
import numpy as np

def make(path, kicks, threshold, others):
    """Units 0 and 1, so many that kick up, as many that kick down, others with noise of their own."""
    H, D = 2 + 2 * kicks + others, 2 * kicks + others
    W, U, b, R = np.zeros((H, H)), np.eye(H, D, -2), np.zeros(H), np.zeros((3, H))
    W[:2, 0], W[:2, 1], b[:2] = 4, -4, (-1.5, -2.5)
    W[:2, 2:2 + kicks], W[:2, 2 + kicks:2 + 2 * kicks] = 6, -6
    b[2:2 + 2 * kicks] = -threshold
    R[2, :2] = 12, -12
    with h5py.File(path, "w") as f:
        f.attrs["nonlinearity"] = "relu"
        for name, value in (("rnn.weight_ih_l0", U), ("rnn.weight_hh_l0", W), ("rnn.bias_ih_l0", b),
                            ("rnn.bias_hh_l0", 0 * b), ("fc.weight", R), ("fc.bias", np.array([6., -10, 0]))):
            f[name] = value.astype("f4")

def check(path, kicks):
    c = h5py.File(path)["analysis/circuit"]
    assert c["verdict"][0, :2].tolist() == [3, 3], c["verdict"][0]
    groups = sorted(sorted(u for u in c["units"][0, d].tolist() if u == u) for d in (0, 1))
    assert groups == [list(range(2, 2 + kicks)), list(range(2 + kicks, 2 + 2 * kicks))], groups
    assert (c["concentration"][0, :2] > .99).all() and (c["redundancy"][0, :2] == 1).all()

what, path, *numbers = sys.argv[1:]
make(path, int(numbers[0]), float(numbers[1]), int(numbers[2])) if what == "make" else check(path, int(numbers[0]))
P
for kind in "2 1.8 20" "5 2.3 20" "1 1.6 140"; do
    # shellcheck disable=SC2086
    set -- $kind
    name="of $1"
    "$python" latch.py make latch.h5 "$@"
    ok "taken apart" "$program" analyse latch.h5 -o out.h5 --fresh --set hmm.architecture=linear-chain \
        --set analysis=false --set analysis.circuit=true --set analysis.steps=20000
    ok "its kick units" "$python" latch.py check out.h5 "$1"
done
finish
