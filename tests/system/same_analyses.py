#!/usr/bin/python3
"""The analyses of one run of a study against those of a file that `hmmgrid analyse` wrote: equal bits.

    same_analyses.py STUDY.h5 RUN NETWORK.h5
"""
import sys

import h5py
import numpy as np


def values(path, run):
    """Every output of a run; a study pads them to its largest sizes."""
    out = {}
    with h5py.File(path, "r") as f:
        for name, group in f["analysis"].items():
            for output, column in group.items():
                if not h5py.h5ds.is_scale(column.id):
                    out[f"{name}.{output}"] = column[run]
    return out


def main():
    study, run, network = sys.argv[1:]
    a, b = values(study, int(run)), values(network, 0)
    if set(a) != set(b) or not a:
        print("other outputs:", set(a) ^ set(b))
        return 1
    finite = 0
    for name in sorted(a):
        x, y = np.asarray(a[name]), np.asarray(b[name])
        inner = tuple(slice(0, n) for n in y.shape)
        padding = x.copy()
        padding[inner] = np.nan
        finite += np.isfinite(y).sum()
        if not np.array_equal(x[inner], y, equal_nan=True) or np.isfinite(padding).any():
            print(f"{name} differs")
            return 1
    print(f"{len(a)} outputs, {finite} numbers equal")
    return 0 if finite > 500 else 1


if __name__ == "__main__":
    sys.exit(main())
