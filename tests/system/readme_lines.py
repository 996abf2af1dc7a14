#!/usr/bin/env python3
"""readme_lines: the Python examples of README.md, run as they stand on a results file.

    tests/system/readme_lines.py FILE.h5

Every block marked "tested by tests/system/readme_lines.py" is executed with FILE.h5 replaced. Each
must leave `means`: finite, and equal to what numpy makes of the columns that it was computed from.
"""
import os
import pathlib
import re
import sys

ROOT = pathlib.Path(__file__).resolve().parents[2]


def ensure(module):
    """Go on under the first python3 that has the module."""
    try:
        __import__(module)
    except ImportError:
        other = "/usr/bin/python3"
        if os.path.realpath(sys.executable) == os.path.realpath(other) or not os.path.exists(other):
            sys.exit(f"readme_lines: no python3 here has {module}; see .ci/packages test")
        os.execv(other, [other, *sys.argv])


def blocks(mark):
    """Python blocks of README.md that stand behind a comment with this mark."""
    text = (ROOT / "README.md").read_text()
    return re.findall(r"<!-- [^>]*" + re.escape(mark) + r" -->\n```python\n(.*?)```", text, re.S)


def expected(path):
    """Mean of best_val_loss over the done runs of each rnn_hidden, and of each cell, by hand."""
    import h5py
    with h5py.File(path) as f:
        runs = f["runs"]
        done = runs["status"][:] == 2
        names = ["hmm_architecture", "hmm_states", "rnn_hidden", "rnn_noise_dim"]
        columns = [runs[name][:][done].tolist() for name in names]
        loss = runs["best_val_loss"][:][done].tolist()
    by_hidden, by_cell = {}, {}
    for *cell, value in zip(*columns, loss):
        by_hidden.setdefault(cell[2], []).append(value)
        by_cell.setdefault(tuple(cell), []).append(value)
    mean = lambda groups: [sum(v) / len(v) for v in groups.values()]
    return mean(by_hidden), mean(by_cell)


def values(means):
    """The numbers of `means`, whatever holds them."""
    if isinstance(means, dict):
        return [float(v) for v in means.values()]
    if hasattr(means, "columns"):
        return [float(v) for v in means["best_val_loss"]]
    return [float(v) for v in means.values]


def close(a, b):
    return len(a) == len(b) and all(abs(x - y) <= 1e-9 * abs(y) for x, y in zip(sorted(a), sorted(b)))


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    for module in ("h5py", "xarray", "h5netcdf", "pandas"):
        ensure(module)
    path = sys.argv[1]
    by_hidden, by_cell = expected(path)
    assert by_hidden, f"{path} has no run that is done"
    found = blocks("tests/system/readme_lines.py")
    assert len(found) == 3, f"README.md has {len(found)} marked blocks, not 3"
    for number, block in enumerate(found, 1):
        space = {}
        exec(compile(block.replace("FILE.h5", path), f"README.md block {number}", "exec"), space)
        means = space["means"]
        got = values(means)
        want = by_cell if hasattr(means, "columns") else by_hidden
        assert got and all(abs(v) < float("inf") for v in got), f"block {number}: not finite: {got}"
        assert close(got, want), f"block {number}: means {got}, expected {want}"
        if hasattr(means, "columns"):
            numbers = means.to_numpy(dtype=float)
            assert (abs(numbers) < float("inf")).all(), f"block {number}: not finite:\n{means}"
            counts = space["spread"]["count"]
            assert counts.sum() == len(space["table"]), f"block {number}: runs got lost"
        if "words" in space:
            assert space["words"].dims == ("run",) and bool(space["words"].notnull().all())
        print(f"README block {number}: {len(got)} group(s), means finite and as expected")


if __name__ == "__main__":
    main()
