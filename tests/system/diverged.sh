#!/usr/bin/env bash
# diverged: a network whose states explode says so wherever it is met, and no number is made of such
# states, whichever analyses are on.
# usage: tests/system/diverged.sh HMMGRID    from the top folder
set -u
program=$(realpath "$1")
. tests/support/ok.sh
export HMMGRID_LOG=warning
cd "$work" || exit 2

# clean FILE.h5 [NAMES]: nothing infinite or above 1e9, and all NaN in the groups NAMES of /analysis
clean() {
    "$python" - "$@" <<'P'
import sys
import h5py
import numpy as np
f = h5py.File(sys.argv[1])
runs = len(f["runs/status"])
for name, group in f["analysis"].items():
    for key, d in group.items():
        if key in ("run", "cpu_s") or d.dtype.kind != "f" or d.shape[0] != runs or d.dims[0].keys() == []:
            continue
        x = d[...]
        if np.isinf(x).any() or (np.abs(x[~np.isnan(x)]) > 1e9).any():
            sys.exit(f"{name}/{key}: {x.ravel()[:9]}")
        if name in sys.argv[2:] and not np.isnan(x).all():
            sys.exit(f"{name}/{key} is told")
P
}
driven="pca residency subspace orbit trajectory fixed_point contours circuit ablation"

# --- networks of a study: steps so large that the weights are ----------------------------------------
cat >grid.yaml <<'G'
version: 1
study: diverged
defaults:
  data:    {sequences: 96, length: 8}
  rnn:     {hidden: 8, noise_dim: 2}
  train:   {epochs: 2, batch: 32, learning_rate: 1}
  measure: {sequences: 40, floor_draws: 2}
analysis: {steps: 500, particles: 16, likelihood_sequences: 6, permutations: 20}
grid:
  stable: {set: {hmm.architecture: cyclic, hmm.states: 4, train.learning_rate: 0.001}}
  chain:  {set: {hmm.states: 3}}
  long:   {set: {hmm.states: 2, measure.length: 2000}}
seeds: [1, 2]
G
"$program" run grid.yaml -o study.h5 --progress plain 2>end
ok "a study" [ $? -eq 0 ]
ok "its end" grep -q '4 of 6 runs diverged: .*hmmgrid summary study.h5' end
ok "numbers of the study" clean study.h5
says '^diverged +its states explode, at step [0-9]+ of the driven run of 500:$' "$program" why study.h5 2
says '^ +spectral radius [0-9.e+]+; what analyses' "$program" why study.h5 2
ok "none where it is stable" sh -c '! "$0" why study.h5 0 | grep -q diverged' "$program"
says '^4 of 6 runs diverged: ' "$program" summary study.h5
says '^  2 of 2 of linear-chain 3' "$program" summary study.h5
says '^2 of 6 runs overflowed in the measured sample: scores are NaN' "$program" summary study.h5
says '^scores +NaN: ' "$program" why study.h5 4
says '^\[k of n\]: ' "$program" summary study.h5 --metrics pca.dimension
ok "a summary for programs" sh -c '"$0" summary study.h5 --format csv 2>&1 >/dev/null | grep -q "4 of 6 runs diverged"' "$program"
says '^ *2 +1 ' "$program" summary study.h5 --by run --metrics stability.diverged_at_step \
    --where 'stability.diverged_at_step > 0 and run == 2'
says '^long +.* - \[0 of 2\]' "$program" summary study.h5 --by block --metrics volatility
sed '/^analysis\|^  stable\|^  long/d; s/length: 8/length: 400/; s/epochs: 2, batch: 32/epochs: 1, batch: 96/' grid.yaml >fresh.yaml
echo 'analysis: false' >>fresh.yaml
ok "a study of long sequences" "$program" run fresh.yaml -o fresh.h5 --progress none
says '^linear-chain.* 1 +0 +0 +- +- +[0-9]' "$program" summary fresh.h5 --where 'seed == 1'
ok "no excess where states overflow" [ "$("$program" why fresh.h5 0 | grep -c '^excess_loss')" -eq 0 ]
says '^excess_loss +[0-9.]+ ± [0-9.]+$' "$program" why study.h5 0
sed 's/steps: 500,/&  stability: false,/' grid.yaml >off.yaml
"$program" run off.yaml -o off.h5 --progress none --where 'block == chain' 2>end
ok "a study without the analysis" [ $? -eq 0 ]
ok "its end, of its own runs" grep -q 'warning: 2 of 2 runs diverged: ' end
ok "numbers without it" clean off.h5
says '^diverged +its states explode' "$program" why off.h5 2
sed 's/^analysis: .*/analysis: false\naccept: {max_excess_loss: 0}/' grid.yaml >outside.yaml
"$program" run outside.yaml -o outside.h5 --progress plain 2>end
ok "runs outside accept" grep -Eq '[2-6] of 6 runs did not land, by .accept.' end
says '^n_landed: excess_loss up to 0.1 of loss_floor' "$program" summary outside.h5
says '^scores +NaN: ' "$program" why outside.h5 4

# --- a network from elsewhere ---------------------------------------------------------------------------
"$python" - <<'P'
import h5py
import numpy as np
r = np.random.default_rng(0)
with h5py.File("w.h5", "w") as f:
    f["rnn.weight_ih_l0"] = r.uniform(-.2, .2, (20, 5)).astype("f4")
    f["rnn.weight_hh_l0"] = (r.uniform(-.2, .2, (20, 20)) * 8).astype("f4")
    f["fc.weight"] = r.uniform(-.2, .2, (3, 20)).astype("f4")
    f.attrs["nonlinearity"] = "relu"
for name, size, readout in ("late", 1.01, 1), ("logits", .5, 1e38):
    with h5py.File(f"{name}.h5", "w") as f:
        f["rnn.weight_ih_l0"] = r.uniform(-1, 1, (20, 5)).astype("f4")
        f["rnn.weight_hh_l0"] = (size * np.eye(20)).astype("f4")
        f["fc.weight"] = (readout * r.uniform(-1, 1, (3, 20))).astype("f4")
        f.attrs["nonlinearity"] = "relu"
P
small="--set analysis.steps=500 --set analysis.particles=16 --set analysis.likelihood_sequences=4"
says 'warning: w.h5 diverges: its states explode, at step 1 of the driven run of 500' \
    "$program" analyse w.h5 -o a.h5 $small
ok "numbers of the network" clean a.h5 $driven noise_sensitivity likelihood resonance
says '^diverged +its states explode, at step 1 ' "$program" why a.h5 0
says 'warning: late.h5 diverges: only in a run of 100 x data.length, at step [0-9]+ \(spectral radius 1.01; ' \
    "$program" analyse late.h5 -o late_a.h5 $small
says '^diverged +only in a run of 100 x data.length, at step [0-9]+:$' "$program" why late_a.h5 0
says '^1 of 1 runs diverged only in a run of 100 x data.length$' "$program" summary late_a.h5
says 'warning: logits.h5 diverges: its logits overflow, at step ' "$program" analyse logits.h5 -o logits_a.h5 $small
says '^diverged +its logits overflow, at step ' "$program" why logits_a.h5 0
finish
