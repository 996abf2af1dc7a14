#!/usr/bin/env bash
# constant: a network that emits one symbol for ever looks good nowhere: in a measured run and through
# `hmmgrid analyse`, what that makes small is NaN, and words say why.
# usage: tests/system/constant.sh HMMGRID    from the top folder
set -u
program=$(realpath "$1")
. tests/support/ok.sh
export HMMGRID_LOG=warning
cd "$work" || exit 2

# --- measured: steps so large that most networks end with one symbol --------------------------------
cat >grid.yaml <<'G'
version: 1
study: constant
defaults:
  data:    {sequences: 120, length: 10}
  rnn:     {hidden: 9, noise_dim: 3, bias: true}
  train:   {epochs: 3, batch: 40, learning_rate: 10, select: last, clip_norm: 0}
  measure: {sequences: 200, floor_draws: 2}
analysis: false
grid:
  chain: {set: {hmm.states: 3}}
seeds: 0-11
G
says 'of 12 runs emit one symbol for ever' "$program" run grid.yaml -o study.h5 --progress none
says 'of 12 runs emit one symbol for ever' "$program" summary study.h5
cat >measured.py <<'P'
import h5py
import numpy as np
r = h5py.File("study.h5")["runs"]
one = np.flatnonzero(r["emitted_symbols"][...] == 1)
assert len(one) and (r["emitted_symbols_floor"][...] > 1).all()
for name in "matched_distance", "matched_distance_sd", "cross_entropy", "autocorrelation_error":
    assert np.isnan(r[name][...][one]).all(), name
for name in "transition_mse_p", "run_length_ks_max_p":
    assert (r[name][...][one] < .04).all(), name
assert (r["word_tv_p"][...][one] < .04).all() and (r["volatility_z"][...][one] < -4).all()
assert (r["excess_loss"][...][one] > 5 * r["excess_loss_se"][...][one]).all()
print(one[0])
P
ok "no score looks good" "$python" measured.py
says '^emits +one symbol for ever' "$program" why study.h5 "$("$python" measured.py)"

# --- analysed: a readout that always says 0 ------------------------------------------------------------
cat >weights.py <<'P'
import h5py
import numpy as np
rng = np.random.default_rng(0)
with h5py.File("weights.h5", "w") as f:
    f["rnn.weight_ih_l0"] = rng.normal(size=(12, 4)).astype("f4")
    f["rnn.weight_hh_l0"] = (.2 * rng.normal(size=(12, 12))).astype("f4")
    f["rnn.bias_ih_l0"] = f["rnn.bias_hh_l0"] = np.zeros(12, "f4")
    f["fc.weight"] = np.zeros((3, 12), "f4")
    f["fc.bias"] = np.array([100, -100, -100], "f4")
    f.attrs["nonlinearity"] = "relu"
P
ok "weights" "$python" weights.py
ok "analyse" "$program" analyse weights.h5 -o network.h5 --set hmm.architecture=linear-chain \
    --set analysis.steps=1000 --set analysis.likelihood_sequences=6
cat >analysed.py <<'P'
import h5py
import numpy as np
f = h5py.File("network.h5")["analysis"]
assert (f["resonance/switch_rate"][0] == 0).all()
for name in "kl_rnn_hmm", "coherence", "regularity", "dwell_cv", "kl_least", "kl_excess_p", \
        "coherence_peak", "regularity_excess_p":
    assert np.isnan(f["resonance/" + name][0]).all(), name
assert f["residency/censored"][0] == 1
P
ok "no output looks good" "$python" analysed.py
finish
