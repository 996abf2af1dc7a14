#!/usr/bin/python3
"""Numbers of full-size trained networks against the published ones.

    trained.py NETWORK.h5...        files of `hmmgrid analyse`; chain*.h5 and fully*.h5

Published (Torre et al., NeurIPS 2025; SCIENCE 7) for one network a family or the mean of a few: the
ranges below are theirs widened to what seeds scatter. Exits with 1 when a number is outside.
"""
import os
import sys

import h5py
import numpy as np

# published: share of variance of PC1 and PC2, shares of states with RT < 2, 2-4, 4-9, >= 9
PUBLISHED = {
    "chain": {"pc": [.53, .16], "rt": [.063, .054, .090, .793]},
    "fully": {"pc": [.54, .27], "rt": [.030, .021, .052, .897]},
}
# half widths of what is accepted. Components of the fully-connected family drift by tenths between
# neighbouring epochs late in training; residency scatters by a few hundredths between seeds.
ACCEPTED = {"chain": {"pc": .08, "rt": .05}, "fully": {"pc": .35, "rt": .06}}
checks, problems = 0, []


def expect(truth, words):
    global checks
    checks += 1
    if not truth:
        problems.append(words)


def scalar(f, name):
    return float(f["analysis/" + name][0])


def check_network(name, f):
    family = "chain" if name.startswith("chain") else "fully"
    published, accepted = PUBLISHED[family], ACCEPTED[family]
    pc = f["analysis/pca/explained_variance"][0][:2]
    rt = f["analysis/residency/class_share"][0]
    print(f"{name}: PC1/PC2 {pc[0]:.3f}/{pc[1]:.3f}  RT {np.round(rt, 3)}")
    expect(np.all(np.abs(pc - published["pc"]) < accepted["pc"]), f"{name}: PC1, PC2 are {pc}")
    expect(np.all(np.abs(rt - published["rt"]) < accepted["rt"]), f"{name}: residency is {rt}")
    # without input every state decays to the origin, the only end state
    expect(scalar(f, "fixed_point/end_states") == 1, f"{name}: several end states")
    expect(scalar(f, "fixed_point/largest_ratio") < 1e-6, f"{name}: states do not decay")
    expect(scalar(f, "fixed_point/decay_rate") < -.02, f"{name}: slow decay")
    # contours scale with the noise sd: the network has no biases
    ratio = f["analysis/contours/sqrt_area_ratio"][0]
    ratio = ratio[:, 1] if ratio.ndim == 2 else ratio
    expect(np.allclose(ratio, [.1, 1, 2, 3, 4], rtol=.02), f"{name}: contours scale by {ratio}")
    check_circuit(name, f)
    # as close to the HMM as two tenths of a bit a symbol, and not closer than its errors allow
    kl = scalar(f, "likelihood/kl_rnn_hmm")
    print(f"{name}: KL(RNN || HMM) {kl:.4f} bits/symbol")
    expect(0 <= kl < .2, f"{name}: KL rate {kl}")


def check_circuit(name, f):
    """Kick sets of at most 10 units, one for every frequent direction but one at most, whose work is
    distributed; silencing one lowers the switch rate of its direction at least five times more than
    matched random sets, p < .05."""
    group = f["analysis/circuit"]
    frequent, found = int(group["num_directions"][0]), int(group["num_found"][0])
    size, p = group["size"][0][:frequent], group["p_value"][0][:frequent]
    suppression = group["suppression"][0][:frequent]
    strong = (size >= 1) & (size <= 10) & (p < .05) & (suppression >= 5)
    print(f"{name}: {found} of {frequent} directions have a kick set, {strong.sum()} of them of "
          f"strength five; sizes {size}, p {np.round(p, 4)}, suppression {np.round(suppression, 1)}")
    all_directions = 2 if name.startswith("chain") else 6
    expect(frequent == all_directions, f"{name}: {frequent} frequent directions")
    distributed = group["verdict"][0][:frequent] == 1
    expect((strong | distributed).all() and distributed.sum() <= 1,
           f"{name}: {strong.sum()} strong kick sets, {distributed.sum()} distributed")


def main():
    for path in sys.argv[1:]:
        with h5py.File(path, "r") as f:
            check_network(os.path.basename(path)[:-3], f)
    for words in problems:
        print("FAILED", words)
    print(f"{checks - len(problems)} passed, {len(problems)} failed")
    return 1 if problems or not checks else 0


if __name__ == "__main__":
    sys.exit(main())
