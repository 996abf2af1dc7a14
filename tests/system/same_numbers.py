#!/usr/bin/env python3
"""same_numbers: are all numbers of two results files the same, bit for bit?

usage: tests/system/same_numbers.py A.h5 B.h5

Compares every numeric dataset under /runs, /weights, /snapshots and /analysis, value by value, NaN
by its bits. Left out is what tells who computed a row and how long it took. A dataset that only one
of the files has is a difference, unless it is text in the other.
"""
import sys

import h5py
import numpy as np

PROVENANCE = {"t_start", "wall_s", "cpu_s", "analyses_cpu_s", "rank", "attempts", "checksum"}


def numbers(path):
    found, text = {}, set()
    with h5py.File(path) as f:
        def collect(name, item):
            if not isinstance(item, h5py.Dataset) or name.split("/")[0] not in (
                    "runs", "weights", "snapshots", "analysis"):
                return
            if name.startswith("runs/") and name.split("/")[1] in PROVENANCE:
                return
            if item.dtype.kind in "iuf":
                found[name] = item[...]
            else:
                text.add(name)
        f.visititems(collect)
    return found, text


def main():
    a, text_a = numbers(sys.argv[1])
    b, text_b = numbers(sys.argv[2])
    different = []
    for name in sorted(a.keys() | b.keys()):
        if name not in a or name not in b:
            if name not in text_a | text_b:
                different.append(f"{name}: only in {sys.argv[1 if name in a else 2]}")
            continue
        x, y = a[name], b[name]
        if x.shape != y.shape or x.dtype != y.dtype:
            different.append(f"{name}: {x.dtype} {x.shape} and {y.dtype} {y.shape}")
        elif np.ascontiguousarray(x).tobytes() != np.ascontiguousarray(y).tobytes():
            bits = f"u{x.dtype.itemsize}"
            here = np.ascontiguousarray(x).view(bits) != np.ascontiguousarray(y).view(bits)
            at = np.unravel_index(np.argmax(here), here.shape)
            different.append(f"{name}: {here.sum()} of {here.size} values, first at "
                             f"{[int(i) for i in at]}: {x[at]!r} and {y[at]!r}")
    for line in different:
        print(line)
    values = sum(x.size for x in a.values())
    print(f"{len(a)} datasets, {values} values: "
          f"{'the same bits' if not different else f'{len(different)} datasets differ'}")
    return 1 if different else 0


sys.exit(main())
