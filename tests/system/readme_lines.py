#!/usr/bin/env python3
"""readme_lines: the Python examples of README.md, run as they stand on a results file.

    tests/system/readme_lines.py FILE.h5

Every Python block names the test that runs it. Those of this one are executed with FILE.h5 replaced. One
writes the weights of a torch module (here one that looks like it) as `hmmgrid analyse` wants them; each
other must leave `means`: finite, and equal to what numpy makes of the columns that it was computed from.
"""
import os
import pathlib
import re
import sys
import tempfile

ROOT = pathlib.Path(__file__).resolve().parents[2]


def ensure(module):
    """Go on under the first python3 that has the module."""
    try:
        __import__(module)
    except ImportError:
        other = "/usr/bin/python3"
        if os.path.realpath(sys.executable) == os.path.realpath(other) or not os.path.exists(other):
            print(f"skipped: README's lines; no python3 here has {module}, see .ci/packages test")
            sys.exit(0)
        os.execv(other, [other, *sys.argv])


def blocks(mark):
    """Python blocks of README.md that stand behind a comment with this mark."""
    text = (ROOT / "README.md").read_text()
    return re.findall(r"<!-- [^>]*" + re.escape(mark) + r" -->\n```python\n(.*?)```", text, re.S)


def check_marks():
    """No Python block without a test."""
    text = (ROOT / "README.md").read_text()
    marked = re.findall(r"<!-- tested by (\S+) -->\n```python\n", text)
    assert len(marked) == text.count("```python"), "README.md has Python that no test runs"
    for test in marked:
        assert (ROOT / test).exists(), f"README.md: {test} is not there"


class Tensor:
    """As much of a torch.Tensor as the README uses."""

    def __init__(self, *shape):
        import numpy as np
        self.value = np.ones(shape, np.float64)

    def float(self):
        self.value = self.value.astype("float32")
        return self

    def cpu(self):
        return self

    def numpy(self):
        return self.value


class Module:
    """A torch.nn.Module with rnn and fc."""

    class rnn:
        nonlinearity = "relu"

    def state_dict(self):
        return {"rnn.weight_ih_l0": Tensor(5, 2), "rnn.weight_hh_l0": Tensor(5, 5), "fc.weight": Tensor(3, 5)}


def check_weights():
    """What was written from it, by the README's lines, into the current folder."""
    import h5py
    with h5py.File("weights.h5") as f:
        shapes = {name: value.shape for name, value in f.items()}
        kinds = {value.dtype.str for value in f.values()}
        assert f.attrs["nonlinearity"] == "relu"
    assert shapes == {k: v.value.shape for k, v in Module().state_dict().items()}, shapes
    assert kinds == {"<f4"}, kinds


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
    path = os.path.abspath(sys.argv[1])
    by_hidden, by_cell = expected(path)
    assert by_hidden, f"{path} has no run that is done"
    found = blocks("tests/system/readme_lines.py")
    check_marks()
    assert len(found) == 4, f"README.md has {len(found)} marked blocks, not 4"
    folder = tempfile.TemporaryDirectory()
    os.chdir(folder.name)
    for number, block in enumerate(found, 1):
        space = {"module": Module()}
        exec(compile(block.replace("FILE.h5", path), f"README.md block {number}", "exec"), space)
        if "means" not in space:
            check_weights()
            continue
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
