"""compare.py FILE.h5 TABLE.csv --between KEY [...]: is the table what numpy makes of the file?"""
import csv
import itertools
import math
import sys

import h5py
import numpy as np

path, table, *how = sys.argv[1:]
option = {how[i]: how[i + 1] for i in range(len(how)) if how[i] in ("--between", "--metric", "--by", "--margin")}
paired, every = "--paired" in how, "--all" in how
metric = option.get("--metric", "excess_loss")
between = option["--between"].replace(".", "_")
with h5py.File(path) as f:
    runs = f["runs"]
    column = lambda name: runs[name].asstr()[:] if runs[name].dtype.kind == "S" else runs[name][:]
    if "[" in metric:
        name, at = metric[:-1].split("[")
        value, floor = runs[name][:, int(at) - 1], runs[name + "_floor"][:, int(at) - 1]
    else:
        value = runs[metric][:]
        floor = {"best_val_loss": lambda: runs["loss_floor"][:], "excess_loss": lambda: 0 * value}.get(
            metric, lambda: runs[metric + "_floor"][:])()
    architecture = h5py.check_enum_dtype(runs["hmm_architecture"].dtype)
    word = {v: k for k, v in architecture.items()} if architecture else None
    seed, status = runs["seed"][:], runs["status"][:]
    landed = runs["landed"][:] == 1
    rule = runs["excess_loss"][:] <= 1.9 * runs["loss_floor"][:]  # of compare.sh
    assert np.array_equal(landed, rule & (runs["accepted"][:] == 1)) and 0 < landed.sum() < len(landed)
    text = {k: [str(word[x]) if word and k == "hmm_architecture" else str(x) for x in column(k)]
            for k in ("hmm_architecture", "hmm_states", "rnn_hidden") if k in runs}

counts = (status == 2) & np.isfinite(value) & (landed | every)


def close(have, want, what, tolerance=1e-9):
    if want is None or (isinstance(want, float) and math.isnan(want)):
        assert have == "", (what, have, want)
    else:
        assert abs(float(have) - want) <= tolerance * max(1, abs(want)), (what, have, want)


rows = list(csv.DictReader(open(table)))
if "--profile" in how:  # over cells with all values of KEY
    hidden = sorted(set(text["rnn_hidden"]), key=int)
    cell = list(zip(text["hmm_architecture"], text["hmm_states"]))
    whole = [c for c in set(cell) if {h for h, d in zip(text["rnn_hidden"], cell) if d == c} == set(hidden)]
    here = np.array([c in whole for c in cell])
    for r in rows:
        x = (value - floor)[here & (np.array(text["rnn_hidden"]) == r["rnn_hidden"])]
        close(r["ended"], len(x), "ended")
        close(r["share"], float(np.mean(x <= float(r["value"]) + 1e-12)), "share")
    assert len(rows) == len(hidden) * here.sum()
    sys.exit()
assert rows and len({tuple(r.items()) for r in rows}) == len(rows)
keys = [k for k in rows[0] if k in text]
for r in rows:
    if any(r[k] == "all" for k in keys):
        assert float(r["cells"]) >= 0
        continue
    cell = np.array([all(text[k][i] == r[k] for k in keys) for i in range(len(value))])
    side = []
    for which in "ab":
        if r["b"] == "floor":
            here = cell
        else:
            here = cell & np.array([t == r[which] for t in text[between]])
        if r["b"] == "floor" and which == "b":
            side.append(np.array([], int))
            continue
        close(r[which + "_ended"], int((here & (status >= 2)).sum()), "ended")
        close(r[which + "_landed"], int((here & (status == 2) & landed).sum()), "landed")
        side.append(np.flatnonzero(here & counts))
    a, b = side
    if r["b"] == "floor":
        d = value[a] - floor[a]
        close(r["a_n"], len(d), "n")
        close(r["difference"], d.mean() if len(d) else math.nan, "above the floor")
        continue
    if paired:
        both = sorted(set(seed[a]) & set(seed[b]))
        a = np.array([next(i for i in a if seed[i] == s) for s in both], int)
        b = np.array([next(i for i in b if seed[i] == s) for s in both], int)
    close(r["a_n"], len(a), "n")
    close(r["b_n"], len(b), "n")
    if len(a) == 0 or len(b) == 0:
        assert r["permutation_p"] == ""
        continue
    x, y = value[a], value[b]
    seen = x.mean() - y.mean()
    close(r["difference"], seen, "difference")
    far = lambda i: np.abs(value[i] - floor[i])
    better = np.mean([(p < q) + 0.5 * (p == q) for p in far(a) for q in far(b)])
    close(r["p_better"], better, "P(better)")
    if paired:
        d = x - y
        effects = [np.mean(d * s) for s in itertools.product((1, -1), repeat=len(d))]
        error = d.std(ddof=1) / math.sqrt(len(d)) if len(d) > 1 else math.nan
    else:
        all_values = np.concatenate([x, y])
        effects = []
        for chosen in itertools.combinations(range(len(all_values)), len(x)):
            rest = np.delete(all_values, chosen)
            effects.append(all_values[list(chosen)].mean() - rest.mean())
        error = math.sqrt(x.var(ddof=1) / len(x) + y.var(ddof=1) / len(y)) if min(len(x), len(y)) > 1 else math.nan
    p = np.mean(np.abs(effects) >= abs(seen) - 1e-9)
    close(r["permutation_p"], p, "permutation")
    if not math.isnan(error):
        low, high = float(r["difference_low"]), float(r["difference_high"])
        assert abs((low + high) / 2 - seen) < 1e-9
        t = (high - low) / 2 / error
        assert 1.95 < t < 13, t
