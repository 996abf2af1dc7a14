"""torch_epoch: the epoch of `bench exchange` in PyTorch, one thread, and whether its loss is ours.

usage: torch_epoch.py FILE HOW      prints rows as bench does: section, case, quantity, value, unit,
meaning; HOW, such as "as installed", becomes part of the case

nn.RNN (relu, no biases), straight-through Gumbel-softmax, Adam, and the debiased Sinkhorn divergence
by geomloss where it is importable, otherwise by the same formulas below (Feydy et al., AISTATS 2019;
SCIENCE 2.3). A batch of 4096 and one of 1808 are trained on and validated with, best of two; an epoch is
two of the first and one of the second. Refuses to train to an end, and to compare times when the
loss is not the same.

FILE: "hmmbench"; int32 T, H, D, K, number of batches, 0; float64 seconds of an epoch of hmmgrid; for
each batch int64 n, float64 loss, uint8 x (n, T) and y (n, T), float32 dloss/dx (n, T, K).
"""
import math
import re
import struct
import sys
import time

import numpy as np
import torch

BLUR, SCALING = 0.2, 0.5


def read(path):
    with open(path, "rb") as f:
        data = f.read()
    if data[:8] != b"hmmbench":
        sys.exit(f"{path}: not a file of bench exchange")
    T, H, D, K, num, _ = struct.unpack_from("=6i", data, 8)
    (epoch_s,) = struct.unpack_from("=d", data, 32)
    at, batches = 40, []
    for _ in range(num):
        n, loss = struct.unpack_from("=qd", data, at)
        at += 16
        arrays = []
        for dtype, shape in (("u1", (n, T)), ("u1", (n, T)), ("f4", (n, T, K))):
            count = math.prod(shape)
            arrays.append(np.frombuffer(data, dtype, count, at).reshape(shape))
            at += count * np.dtype(dtype).itemsize
        batches.append((n, loss, *arrays))
    return (T, H, D, K), epoch_s, batches


def one_hot(symbols, K):
    return torch.nn.functional.one_hot(torch.from_numpy(symbols.astype(np.int64)), K).float()


# --- the divergence -----------------------------------------------------------------------------


def cost(x, y):
    return ((x * x).sum(1)[:, None] + (y * y).sum(1)[None, :]) / 2 - x @ y.T


def softmin(eps, C, h):
    return -eps * torch.logsumexp(h[None, :] - C / eps, dim=1)


def temperatures(x, y):
    both = torch.cat((x, y))
    D = (both.max(0)[0] - both.min(0)[0]).norm().item()
    steps = np.arange(2 * math.log(D), 2 * math.log(BLUR), 2 * math.log(SCALING))
    return [D**2] + [math.exp(e) for e in steps] + [BLUR**2]


def divergence(x, y):
    a = torch.full((len(x),), -math.log(len(x)))
    b = torch.full((len(y),), -math.log(len(y)))
    fixed = x.detach()
    with torch.no_grad():
        eps = temperatures(fixed, y)
        xx, yy, xy = cost(fixed, fixed), cost(y, y), cost(fixed, y)
        yx = xy.T.contiguous()
        e = eps[0]
        f, g, p, q = softmin(e, xy, b), softmin(e, yx, a), softmin(e, xx, a), softmin(e, yy, b)
        for e in eps:
            f, g, p, q = (
                (f + softmin(e, xy, b + g / e)) / 2,
                (g + softmin(e, yx, a + f / e)) / 2,
                (p + softmin(e, xx, a + p / e)) / 2,
                (q + softmin(e, yy, b + q / e)) / 2,
            )
        G, Q = softmin(e, yx, a + f / e), softmin(e, yy, b + q / e)
    if x.requires_grad:  # only now do costs depend on x
        xy, xx = cost(x, y), cost(x, fixed)
    F, P = softmin(e, xy, b + g / e), softmin(e, xx, a + p / e)
    return (F - P).mean() + (G - Q).mean()


def choose_divergence():
    try:
        from geomloss import SamplesLoss
    except ImportError:
        return divergence, "geomloss is not importable: the same loss in plain PyTorch"
    return (SamplesLoss("sinkhorn", p=2, blur=BLUR, scaling=SCALING, backend="tensorized"),
            "geomloss.SamplesLoss, tensorized")


# --- network --------------------------------------------------------------------------------------


class Network(torch.nn.Module):
    def __init__(self, H, D, K):
        super().__init__()
        self.rnn = torch.nn.RNN(D, H, nonlinearity="relu", bias=False, batch_first=True)
        self.fc = torch.nn.Linear(H, K, bias=False)

    def forward(self, noise):
        return torch.nn.functional.gumbel_softmax(self.fc(self.rnn(noise)[0]), tau=1.0, hard=True)


def batch_seconds(network, adam, loss_of, target, T, D):
    """Processor seconds of one batch: trained on, then validated with."""
    n, flat = len(target), target.flatten(1)
    start = time.process_time()
    adam.zero_grad()
    loss = loss_of(network(torch.randn(n, T, D)).flatten(1), flat)
    loss.backward()
    torch.nn.utils.clip_grad_norm_(network.parameters(), 0.9)
    adam.step()
    middle = time.process_time()
    with torch.no_grad():
        loss_of(network(torch.randn(n, T, D)).flatten(1), flat).item()
    return middle - start, time.process_time() - middle


def gemm_rate():
    """GFLOP/s of a product 1024 x 1024 x 1024: what this PyTorch was built with."""
    a, best = torch.rand(1024, 1024), math.inf
    for _ in range(6):
        start = time.process_time()
        a @ a
        best = min(best, time.process_time() - start)
    return 2 * 1024**3 / best * 1e-9


def compare(loss_of, loss, x, y, gradient, K):
    """Relative difference of the loss, and of the gradient in units of its largest entry."""
    points = one_hot(x, K).requires_grad_()
    value = loss_of(points.flatten(1), one_hot(y, K).flatten(1))
    value.backward()
    apart = np.abs(points.grad.numpy() - gradient).max() / np.abs(gradient).max()
    return abs(value.item() - loss) / abs(loss), apart


def main():
    (T, H, D, K), ours_s, batches = read(sys.argv[1])
    torch.set_num_threads(1)
    torch.manual_seed(1)
    loss_of, which = choose_divergence()
    case = f"T={T} H={H} D={D}, {sys.argv[2]}"

    def row(quantity, value, unit, meaning):
        shown = value if isinstance(value, str) else f"{value:.4g}"
        print("torch", case, quantity, shown, unit, meaning, sep="\t", flush=True)

    row("PyTorch", torch.__version__, "", f"one thread; {which}")
    level = re.search(r"CPU capability usage: (\S+)", torch.__config__.show())
    row("vector code", level.group(1) if level else "unknown", "", "of this PyTorch")
    row("sgemm", gemm_rate(), "GFLOP/s", "of this PyTorch, best of products 1024 x 1024 x 1024")
    network = Network(H, D, K)
    adam = torch.optim.Adam(network.parameters(), lr=1e-3, betas=(0.9, 0.9))
    batch_seconds(network, adam, loss_of, one_hot(batches[0][3][:256], K), T, D)  # warm-up
    epoch_s = 0
    for (n, loss, x, y, gradient), times in zip(batches, (2, 1)):
        value_apart, gradient_apart = compare(loss_of, loss, x, y, gradient, K)
        row(f"loss apart, {n}", value_apart, "relative",
            "difference over hmmgrid's, same symbols; above 1e-4 no times are compared")
        if not value_apart < 1e-4:
            sys.exit(f"torch_epoch: {n} sequences, {case}: the two losses are not the same")
        row(f"gradient apart, {n}", gradient_apart, "relative",
            "largest difference over the largest entry")
        pairs = [batch_seconds(network, adam, loss_of, one_hot(y, K), T, D) for _ in range(2)]
        train_s, val_s = (min(seconds) for seconds in zip(*pairs))
        row(f"batch of {n}, training", train_s, "s", "forward, loss, backward, Adam; best of 2")
        row(f"batch of {n}, validation", val_s, "s", "forward and loss; best of 2")
        epoch_s += times * (train_s + val_s)
    row("PyTorch epoch", epoch_s, "s", "2 batches of 4096 and 1 of 1808, added up")
    row("hmmgrid epoch", ours_s, "s", "best of 2 just before; the targets' own problem is solved once a run")
    row("PyTorch / hmmgrid", epoch_s / ours_s, "x", "time of an epoch of the first over the second, one thread each")


if __name__ == "__main__":
    main()
