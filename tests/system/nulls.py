"""Networks with nothing to find, and how often what `hmmgrid analyse` says of them is significant.
usage: nulls.py make FOLDER N TRAINED.h5    N networks of each kind
       nulls.py count FOLDER LEVEL          table, exit code 1 when more are than chance allows"""
import glob
import math
import os
import sys

import h5py
import numpy as np

H, D, K = 50, 20, 3
# of the circuit: what says p in its name, what a verdict above 1 claims; and every *_p of the others
NAMES = ("p_value", "p_candidates", "smallest_p")
KINDS = ("untrained", "shuffled", "flip-flop", "edge", "independent")
# what differs in these networks in truth, so that a small p is no false positive
TRUE = {(kind, "circuit/" + name): why for name in ("p_value", "smallest_p")
        for kind, why in (("flip-flop", "the populations differ"), ("edge", "units differ"))}
# what a unit is at one step and another one at the next depends on their order wherever W is not
# symmetric: such states do turn, if only a little; those of independent units do not
for kind in KINDS[:-1]:
    for name in ("rotation_p", "revolution_time_cv_p"):
        TRUE[kind, "orbit/" + name] = "W is not symmetric"


def untrained(r, gain=1., readout=1.):
    scale = 1 / math.sqrt(H)
    return [r.uniform(-scale, scale, shape) * g
            for shape, g in (((H, D), 1), ((H, H), gain), ((K, H), readout))]


def edge(r):
    """The spectral radius of W just below that at which activity grows without noise."""
    U, W, R = untrained(r, readout=30)
    h = abs(r.normal(size=(200, H)))
    low, high = .5, 20.
    for _ in range(20):  # bisection
        gain, x = (low + high) / 2, h
        for _ in range(200):
            x = np.maximum(x @ (gain * W).T, 0)
        low, high = (gain, high) if x.max() < 1e-3 * h.max() else (low, gain)
    return [U, .95 * low * W, R]


def flip_flop(r):
    half = np.arange(H) < H // 2
    W = np.where(half[:, None] == half, 1, -.8) * 1.8 / H + r.normal(size=(H, H)) * .3 / math.sqrt(H)
    R = np.array([.3 * half, .3 * ~half, .05 * r.normal(size=H)])
    return [r.normal(size=(H, D)) * .3 / math.sqrt(D), W, R]


def shuffled(r, trained):
    U, W, R = (w.copy() for w in trained)
    for row in W:
        r.shuffle(row)
    return [U, W, R]


def independent(r):
    """Units that have each its own noise, and are otherwise the same."""
    return [np.eye(H) / math.sqrt(H), r.uniform(.1, .9) * np.eye(H), 30 * untrained(r)[2]]


def make(folder, n, path):
    with h5py.File(path) as f:
        trained = [f[k][()] for k in ("rnn.weight_ih_l0", "rnn.weight_hh_l0", "fc.weight")]
    for kind in KINDS:
        for i in range(n):
            r = np.random.default_rng([KINDS.index(kind), i])
            net = {"untrained": lambda: untrained(r, 1.5, 30) if i % 2 else untrained(r),
                   "shuffled": lambda: shuffled(r, trained),
                   "flip-flop": lambda: flip_flop(r), "edge": lambda: edge(r),
                   "independent": lambda: independent(r)}[kind]()
            with h5py.File(f"{folder}/{kind}-{i}.net.h5", "w") as f:
                f.attrs["nonlinearity"] = "relu"
                for name, w in zip(("rnn.weight_ih_l0", "rnn.weight_hh_l0", "fc.weight"), net):
                    f[name] = w.astype("f4")


def p_values(f):
    """All outputs that are p-values, by name: what is one, and not NaN."""
    found = {}
    for name, group in f["analysis"].items():
        for key, data in group.items():
            if "CLASS" in data.attrs or not (key in NAMES or key.endswith("_p")):
                continue
            if name == "likelihood":  # there P is a number of particles
                continue
            values = np.ravel(data[0])
            found[f"{name}/{key}"] = values[~np.isnan(values)]
    verdict = f["analysis/circuit/verdict"][0]
    found["circuit/verdict > 1"] = np.where(verdict[~np.isnan(verdict)] > 1, 0., 1.)
    return found


def most(n, level):
    """As many as chance makes in all but 1 of 1000 tables."""
    tail, k = 1., 0
    while tail > 1e-3:
        tail -= math.comb(n, k) * level ** k * (1 - level) ** (n - k)
        k += 1
    return k - 1


def count(folder, level):
    """Of networks, those of which any value is significant (Bonferroni over the values that one has);
    a test that is not made, because there is nothing to test, rejects nothing."""
    bad = 0
    print(f"{'kind':10} {'p-value':32} {'networks':>8} {'tested':>6} {'<= level':>8} {'at most':>7}")
    for kind in KINDS:
        files = glob.glob(f"{folder}/{kind}-*.out.h5")
        tested, hits = {}, {}
        for path in files:
            with h5py.File(path) as f:
                for name, values in p_values(f).items():
                    tested[name] = tested.get(name, 0) + (len(values) > 0)
                    hits[name] = hits.get(name, 0) + bool((values * len(values) <= level).any())
        for name in sorted(tested):
            allowed = most(len(files), level)
            above, true = hits[name] > allowed, TRUE.get((kind, name))
            bad += above and not true
            print(f"{kind:10} {name:32} {len(files):8} {tested[name]:6} {hits[name]:8} {allowed:7}"
                  + (" ABOVE" if above and not true else f" {true}" if true else ""))
        bad += not files
    print(f"{len(KINDS)} kinds of networks, {bad} failed")
    return 1 if bad else 0


if __name__ == "__main__":
    if sys.argv[1] == "make":
        os.makedirs(sys.argv[2], exist_ok=True)
        make(sys.argv[2], int(sys.argv[3]), sys.argv[4])
    else:
        sys.exit(count(sys.argv[2], float(sys.argv[3])))
