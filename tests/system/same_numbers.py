#!/usr/bin/env python3
"""same_numbers: are all numbers of two results files the same, bit for bit?

usage: tests/system/same_numbers.py [--more | --runs | --kept] A.h5 B.h5

Compares every numeric dataset under /runs, /weights, /snapshots and /analysis, value by value, NaN
by its bits. Left out is what tells who computed a row and how long it took. A dataset that only one
of the files has is a difference, unless it is text in the other.

--more: B may have more datasets.
--runs: the runs that A has finished, found in B by their keys, in whichever rows; B may have more
        runs, more columns, and longer rows that end with NaN.
--kept: the same, and computed by the same rank at the same time: no run of A was repeated.
"""
import sys

import h5py
import numpy as np

PROVENANCE = {"t_start", "wall_s", "cpu_s", "analyses_cpu_s", "rank", "attempts", "checksum",
              "max_rss", "signal", "idle_s"}
KEPT = {"t_start", "wall_s", "cpu_s", "rank", "max_rss", "signal", "idle_s"}
GROUPS = ("runs", "weights", "snapshots", "analysis")
DONE, CRASHED = 2, 4


def visit(f, skipped, take):
    """take(name, dataset) for every dataset of results whose column is not in `skipped`."""
    def see(name, item):
        part = name.split("/")
        if isinstance(item, h5py.Dataset) and part[0] in GROUPS and not (
                part[0] == "runs" and part[1] in skipped):
            take(name, item)
    f.visititems(see)


def numbers(path):
    """Every dataset of numbers by its name, and the names of the others."""
    found, text = {}, set()

    def take(name, item):
        if item.dtype.kind in "iuf":
            found[name] = item[...]
        else:
            text.add(name)
    with h5py.File(path) as f:
        visit(f, PROVENANCE, take)
    return found, text


def numbers_of_runs(path, kept):
    """The rows of finished runs as {"KEY NAME": row}, and no text."""
    found = {}
    with h5py.File(path) as f:
        key = [k.decode() if isinstance(k, bytes) else k for k in f["runs/key"][...]]
        finished = [DONE <= s <= CRASHED for s in f["runs/status"][...]]

        def take(name, item):
            if item.dtype.kind not in "iuf" or not item.ndim or not len(item.dims[0]):
                return  # text, or a scale
            scale = item.dims[0][0].name.rsplit("/", 1)
            if scale[1] == "slot":
                run = f[scale[0] + "/run"][...]
            elif scale[1] == "run":
                run = range(len(key))
            else:
                return
            for row, i in zip(item[...], run):
                if 0 <= i < len(key) and finished[i] and not name.endswith("/run"):
                    found[f"run {key[i]} {name}"] = np.atleast_1d(row)
        visit(f, PROVENANCE - (KEPT if kept else set()) | {"cell"}, take)
    return found, set()


def without_padding(x, like):
    """x cut to the shape of `like` when there is only NaN beyond it."""
    inside = tuple(slice(n) for n in like.shape)
    if x.ndim != like.ndim or x.dtype.kind != "f" or x[inside].shape != like.shape:
        return x
    rest = x.copy()
    rest[inside] = np.nan
    return x[inside] if np.isnan(rest).all() else x


def main():
    mode, paths = sys.argv[1:-2], sys.argv[-2:]
    if mode not in ([], ["--more"], ["--runs"], ["--kept"]) or len(paths) != 2:
        sys.exit(__doc__)
    if mode in (["--runs"], ["--kept"]):
        (a, text_a), (b, text_b) = (numbers_of_runs(path, mode == ["--kept"]) for path in paths)
        b = {name: without_padding(x, a[name]) for name, x in b.items() if name in a}
    else:
        (a, text_a), (b, text_b) = map(numbers, paths)
    if mode == ["--more"]:
        b = {name: x for name, x in b.items() if name in a or name in text_a}
    different = []
    for name in sorted(a.keys() | b.keys()):
        if name not in a or name not in b:
            if mode == ["--kept"] and name[-2:] == "_z" and name[:-2] + "_floor_sd" in b:
                continue  # a metric that had a z once: value, floor and floor_sd say it
            if name not in text_a | text_b:
                different.append(f"{name}: only in {paths[0 if name in a else 1]}")
            continue
        x, y = a[name], b[name]
        if x.shape != y.shape or x.dtype != y.dtype:
            different.append(f"{name}: {x.dtype} {x.shape} and {y.dtype} {y.shape}")
        elif x.tobytes() != y.tobytes():
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
    return 1 if different or not a else 0


sys.exit(main())
