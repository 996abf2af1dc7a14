#!/usr/bin/python3
"""Stored numbers of one run, computed again by numpy alone from its exported weights and its HMM.

    recompute.py STUDY.h5 RUN WEIGHTS.h5

Written from the definitions, not from the program: what depends on the HMM or the weights alone must
agree to rounding; what is drawn at random is drawn again, with other numbers, and must agree within
SIGMAS standard errors of the difference. Prints a line a number; exits with 1 when one disagrees and
with 77 when h5py or numpy is missing.
"""
import json
import sys

try:
    import h5py
    import numpy as np
except ImportError as missing:
    print(f"skipped: {missing}")
    sys.exit(77)

SIGMAS = 5  # of a normal distribution: one in 1.7 million
BLOCKS = 20  # of a long run, for its standard errors
rng = np.random.default_rng(20)
wrong = []


def compare(name, stored, computed, tolerance):
    """Arrays of one shape; the largest difference in units of the tolerance (an array or a number)."""
    stored, computed = np.asarray(stored, float), np.asarray(computed, float)
    gap = np.abs(stored - computed)
    worst = np.max(gap / np.maximum(tolerance, 1e-300))
    agrees = stored.shape == computed.shape and worst <= 1 and np.isfinite(stored).all()
    print(f"{'ok' if agrees else 'NOT'}  {name}: stored {np.round(stored.ravel()[:4], 5)}, "
          f"computed {np.round(computed.ravel()[:4], 5)}, {worst:.2g} of the tolerance")
    if not agrees:
        wrong.append(name)


def compare_sampled(name, stored, values, stored_error=None):
    """values (n, ...): independent draws whose mean is the stored number, itself a mean of as many
    draws, or with its own standard error."""
    error = values.std(axis=0, ddof=1) / np.sqrt(len(values))
    other = error if stored_error is None else stored_error
    compare(name, stored, values.mean(axis=0), SIGMAS * np.hypot(error, other))


# --- the HMM, exactly ------------------------------------------------------------------------------

def marginals(hmm, steps):
    start, transition, _ = hmm
    p = [start]
    while len(p) < steps:
        p.append(p[-1] @ transition)
    return np.array(p)


def check_hmm(runs, row, hmm, T):
    _, transition, emission = hmm
    p = marginals(hmm, T)
    symbol = p @ emission
    compare("frequency_exact", runs["frequency_exact"][row], symbol.mean(axis=0), 1e-12)
    joint = sum(emission.T @ np.diag(p[t]) @ transition @ emission for t in range(T - 1))
    compare("transition_exact", runs["transition_exact"][row],
            joint / joint.sum(axis=1, keepdims=True), 1e-12)
    compare("volatility_exact", runs["volatility_exact"][row], joint.sum() - np.trace(joint), 1e-10)
    mean = symbol.mean(axis=0)
    lags = T // 2 + 1
    exact = np.empty((emission.shape[1], lags))
    for lag in range(lags):
        power = np.linalg.matrix_power(transition, lag)
        for k in range(len(exact)):
            b = emission[:, k]
            both = np.mean([p[t] * b @ power @ b if lag else p[t] @ b for t in range(T - lag)])
            head, tail = symbol[:T - lag, k].mean(), symbol[lag:, k].mean()
            exact[k, lag] = (both - mean[k] * (head + tail) + mean[k] ** 2) / (mean[k] * (1 - mean[k]))
    compare("autocorrelation_exact", runs["autocorrelation_exact"][row][:, :lags], exact, 1e-10)


def surprise(hmm, symbols, burn_in):
    """-log2 p(symbol | those before it), mean over the steps from burn_in on; NaN: impossible."""
    start, transition, emission = hmm
    state = np.tile(start, (len(symbols), 1))
    total = np.zeros(len(symbols))
    possible = np.ones(len(symbols), bool)
    for t in range(symbols.shape[1]):
        joint = state * emission[:, symbols[:, t]].T
        p = joint.sum(axis=1)
        possible &= p > 0
        p = np.where(p > 0, p, 1)
        if t >= burn_in:
            total -= np.log2(p)
        state = joint / p[:, None] @ transition
    return total[possible] / (symbols.shape[1] - burn_in)


# --- the network -------------------------------------------------------------------------------------

class Network:
    def __init__(self, path):
        with h5py.File(path) as f:
            w = {name: d[...].astype(float) for name, d in f.items() if isinstance(d, h5py.Dataset)}
        self.U, self.W, self.R = (w[k] for k in ("rnn.weight_ih_l0", "rnn.weight_hh_l0", "fc.weight"))
        self.b = w.get("rnn.bias_ih_l0", 0) + w.get("rnn.bias_hh_l0", 0)
        self.c = w.get("fc.bias", 0)

    def step(self, h, sd=1.0):
        noise = sd * rng.standard_normal((len(h), self.U.shape[1]))
        return np.maximum(noise @ self.U.T + h @ self.W.T + self.b, 0)

    def logits(self, h):
        return h @ self.R.T + self.c

    def sample(self, n, T):
        """(n, T) symbols: from h = 0, each drawn from the softmax of its logits."""
        h, symbols = np.zeros((n, len(self.W))), np.empty((n, T), int)
        for t in range(T):
            h = self.step(h)
            z = self.logits(h)
            symbols[:, t] = np.argmax(z + rng.gumbel(size=z.shape), axis=1)
        return symbols

    def drive(self, n, steps, warm_up=20):
        """(n, steps, H): n driven runs after each other's warm-up."""
        h, states = np.zeros((n, len(self.W))), []
        for t in range(warm_up + steps):
            h = self.step(h)
            if t >= warm_up:
                states.append(h)
        return np.stack(states, axis=1)


def check_scores(runs, row, network, hmm, n, T):
    symbols = network.sample(n, T)
    K = len(network.R)
    change = symbols[:, 1:] != symbols[:, :-1]
    volatility = change.sum(axis=1)
    compare_sampled("volatility", runs["volatility"][row], volatility)
    share = np.stack([(symbols == k).mean(axis=1) for k in range(K)], axis=1)
    compare_sampled("frequency", runs["frequency"][row], share)
    counts = np.array([[((symbols[:, :-1] == k) & (symbols[:, 1:] == l)).sum(axis=1)
                        for l in range(K)] for k in range(K)], float)  # (K, K, n)
    left = counts.sum(axis=1)
    p = counts.sum(axis=2) / left.sum(axis=1)[:, None]
    # a ratio of means over sequences: its error by the delta method
    error = np.sqrt(((counts - p[:, :, None] * left[:, None]) ** 2).sum(axis=2)) / left.sum(axis=1)[:, None]
    compare("transition_rnn", runs["transition_rnn"][row], p, SIGMAS * np.sqrt(2) * error)
    for name, values in (("volatility_sd", volatility[:, None]), ("frequency_sd", share)):
        m, sd = values.mean(axis=0), values.std(axis=0)
        error = np.sqrt(np.maximum(((values - m) ** 4).mean(axis=0) - sd ** 4, 0) / n) / (2 * sd)
        compare(name, np.atleast_1d(runs[name][row]), sd, SIGMAS * np.sqrt(2) * error)
    compare_sampled("cross_entropy", runs["cross_entropy"][row], surprise(hmm, symbols, T // 4))
    f = share.mean(axis=0)
    x = np.stack([symbols == k for k in range(K)]).astype(float) - f[:, None, None]
    lag = 1
    parts = (x[:, :, lag:] * x[:, :, :-lag]).mean(axis=2) / (f * (1 - f))[:, None]
    compare_sampled("autocorrelation[lag 1]", runs["autocorrelation"][row][:, lag], parts.T)


def escape(network, h, continuations, horizon):
    """Mean steps until the likeliest symbol of each state has changed, over continuations."""
    symbol = np.argmax(network.logits(h), axis=1)
    time = np.zeros(len(h))
    for _ in range(continuations):
        now, alive = h, np.ones(len(h), bool)
        for _ in range(horizon):
            time += alive
            now = network.step(now)
            alive &= np.argmax(network.logits(now), axis=1) == symbol
    return time / continuations


def check_analyses(f, row, network):
    """Of many driven runs, as independent blocks of the long one."""
    states = network.drive(BLOCKS, 1500, warm_up=200)
    flat = states.reshape(-1, states.shape[2])
    centre = flat.mean(axis=0)
    covariance = np.cov(flat.T)
    variance, direction = np.linalg.eigh(covariance)
    variance, direction = variance[::-1], direction[:, ::-1].T
    pca, H = f["analysis/pca"], len(network.W)
    norms = np.linalg.norm(states, axis=2)
    compare_sampled("fixed_point.scale ** 2", f["analysis/fixed_point/scale"][row] ** 2,
                    (norms ** 2).mean(axis=1))
    # units that hardly ever fire have no normal errors: the largest error holds for all
    error = states.mean(axis=1).std(axis=0, ddof=1).max() / np.sqrt(BLOCKS)
    compare("pca.mean", pca["mean"][row][:H], centre, SIGMAS * np.sqrt(2) * error)
    shares = np.array([np.linalg.eigvalsh(np.cov(s.T))[::-1] for s in states])
    shares /= shares.sum(axis=1, keepdims=True)
    error = shares[:, 0].std(ddof=1) / np.sqrt(BLOCKS)
    compare("pca.explained_variance[0]", pca["explained_variance"][row][0],
            variance[0] / variance.sum(), SIGMAS * np.sqrt(2) * error)
    dimension = 1 / (shares ** 2).sum(axis=1)
    compare("pca.dimension", pca["dimension"][row], variance.sum() ** 2 / (variance ** 2).sum(),
            SIGMAS * np.sqrt(2) * dimension.std(ddof=1) / np.sqrt(BLOCKS))

    def turns(s):
        # the sign and place of the axes are the stored ones
        score = (s - pca["mean"][row][:H]) @ pca["direction"][row][:2, :H].T
        return np.degrees(np.mean(np.angle(np.exp(1j * np.diff(np.arctan2(score[:, 1], score[:, 0]))))))

    orbit = f["analysis/orbit"]
    compare_sampled("orbit.rotation", orbit["rotation"][row], np.array([turns(s) for s in states]),
                    orbit["rotation_sem"][row])
    residency = f["analysis/residency"]
    chosen = states[:, ::75].reshape(-1, H)
    rt = escape(network, chosen, 20, 60).reshape(BLOCKS, -1).mean(axis=1)
    compare_sampled("residency.rt", residency["rt"][row], rt, residency["rt_sem"][row])

    readout = f["analysis/readout"]
    unit = network.R / np.linalg.norm(network.R, axis=1, keepdims=True)
    inside = np.linalg.norm(unit @ pca["direction"][row][:2, :H].astype(float).T, axis=1)
    K = len(unit)
    compare("readout.angle", readout["angle"][row][:K], np.degrees(np.arccos(inside)), 1e-3)
    between = np.degrees(np.arccos(np.clip(unit @ unit.T, -1, 1)))
    off = ~np.eye(K, dtype=bool)
    compare("readout.angle_between", readout["angle_between"][row][:K, :K][off], between[off], 1e-3)
    points = rng.standard_normal((200000, H))
    angle = np.degrees(np.arccos(np.linalg.norm(points[:, :2], axis=1) / np.linalg.norm(points, axis=1)))
    compare_sampled("readout.angle_chance", readout["angle_chance"][row], angle, 0)


def main():
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    study, row, weights = sys.argv[1], int(sys.argv[2]), sys.argv[3]
    with h5py.File(study) as f:
        s = json.loads(bytes(f["grid/resolved"][...]).decode().splitlines()[row])
        start, transition, emission = (np.array(f["runs"][f"hmm_{name}"][row], float)
                                       for name in ("start", "transition", "emission_matrix"))
        hmm = start, transition, emission
        T, n = s["measure"]["length"], s["measure"]["sequences"]
        network = Network(weights)
        check_hmm(f["runs"], row, hmm, T)
        check_scores(f["runs"], row, network, hmm, n, T)
        check_analyses(f, row, network)
    if wrong:
        sys.exit(f"disagree: {', '.join(wrong)}")


if __name__ == "__main__":
    main()
