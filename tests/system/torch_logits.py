#!/usr/bin/env python3
"""torch_logits: the PyTorch example of README.md on an exported network.

    tests/system/torch_logits.py WEIGHTS.h5

The marked block is executed with WEIGHTS.h5 replaced; the logits of its network are compared with
those that numpy computes in double precision from the same weights. Without PyTorch the weights'
names and shapes are checked and the rest is skipped, with a line that says so.
"""
import sys

sys.dont_write_bytecode = True
import readme_lines  # noqa: E402

TOLERANCE = 1e-4  # of the largest logit: float32 against double over 30 steps


def logits_by_numpy(weights, noise):
    """h_t = relu(U x_t + W h_(t-1) + b), z_t = R h_t + c from h_0 = 0. noise (N, T, D)."""
    import numpy as np
    wide = {name: value.astype(float) for name, value in weights.items()}
    bias = wide.get("rnn.bias_ih_l0", 0) + wide.get("rnn.bias_hh_l0", 0)
    hidden = np.zeros((len(noise), len(wide["rnn.weight_hh_l0"])))
    steps = []
    for t in range(noise.shape[1]):
        drive = noise[:, t] @ wide["rnn.weight_ih_l0"].T
        hidden = np.maximum(drive + hidden @ wide["rnn.weight_hh_l0"].T + bias, 0)
        steps.append(hidden @ wide["fc.weight"].T + wide.get("fc.bias", 0))
    return np.stack(steps, axis=1)


def check_shapes(weights):
    hidden, noise_dim = weights["rnn.weight_ih_l0"].shape
    symbols = len(weights["fc.weight"])
    shapes = {"rnn.weight_ih_l0": (hidden, noise_dim), "rnn.weight_hh_l0": (hidden, hidden),
              "fc.weight": (symbols, hidden)}
    if "fc.bias" in weights:
        shapes.update({"rnn.bias_ih_l0": (hidden,), "rnn.bias_hh_l0": (hidden,),
                       "fc.bias": (symbols,)})
    found = {name: value.shape for name, value in weights.items()}
    assert found == shapes, f"shapes {found}, expected {shapes}"
    for name, value in weights.items():
        assert value.dtype == "float32", f"{name} is {value.dtype}, not float32"
        assert abs(value).max() > 0, f"{name} is all zeros"
    return noise_dim


def main():
    if len(sys.argv) != 2:
        sys.exit(__doc__)
    readme_lines.ensure("h5py")
    import h5py
    import numpy as np
    with h5py.File(sys.argv[1]) as f:
        weights = {name: f[name][...] for name in f}
    noise_dim = check_shapes(weights)
    noise = np.random.default_rng(1).standard_normal((5, 30, noise_dim)).astype("float32")
    wanted = logits_by_numpy(weights, noise)
    assert np.isfinite(wanted).all(), "logits are not finite"
    found = readme_lines.blocks("tests/system/torch_logits.py")
    assert len(found) == 1, f"README.md has {len(found)} marked blocks, not 1"
    compile(found[0], "README.md", "exec")
    try:
        import torch
    except ImportError:
        print(f"{len(weights)} weights named and shaped as PyTorch wants them")
        print("skipped: torch is not installed")
        return
    space = {}
    exec(compile(found[0].replace("WEIGHTS.h5", sys.argv[1]), "README.md", "exec"), space)
    with torch.no_grad():
        got = space["network"](torch.from_numpy(noise)).numpy()
    worst = abs(got - wanted).max() / abs(wanted).max()
    assert worst <= TOLERANCE, f"logits differ by {worst:.2e} of the largest"
    print(f"logits of PyTorch and numpy agree within {worst:.1e} of the largest")


if __name__ == "__main__":
    main()
