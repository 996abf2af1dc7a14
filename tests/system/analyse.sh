#!/usr/bin/env bash
# analyse: the analyses of a study's worker and those of `hmmgrid analyse` on the exported network are
# the same bits; foreign networks, with and without biases, any number of symbols; what is refused.
# usage: tests/system/analyse.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
here=$(realpath tests/system)
python=
for candidate in "$(command -v python3)" /usr/bin/python3; do
    [ -n "$candidate" ] && "$candidate" -c 'import h5py' 2>/dev/null && python=$candidate && break
done
[ -n "$python" ] || { echo "skipped: no python with h5py"; exit 0; }
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
passed=0 failed=0

tally() { # tally NAME COMMAND...: passes when the command does
    local name=$1
    shift
    if "$@" >log 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        printf 'FAILED %s\n' "$name"
        tail -n 5 log | sed 's/^/    /'
    fi
}

refused() { # refused CODE TEXT ARGUMENT...: exit code and a text on standard error
    local code=$1 text=$2 got
    shift 2
    "$program" "$@" >out 2>err
    got=$?
    cat err
    [ "$got" -eq "$code" ] && grep -qF -- "$text" err
}

# --- a small study: a chain without biases, a random custom HMM with five symbols and biases ---------
cat >grid.yaml <<'G'
version: 1
study: small
defaults:
  data:    {sequences: 240, length: 10}
  train:   {epochs: 6, batch: 40, snapshots: 2, learning_rate: 0.01}
  measure: {sequences: 60, floor_draws: 2}
analysis: {steps: 1200, particles: 16, likelihood_sequences: 6, permutations: 20, evolution: true}
grid:
  chain: {set: {hmm.states: 3, rnn.hidden: 9, rnn.noise_dim: 3}}
  five:
    set:
      hmm.architecture: custom
      hmm.states: 2
      hmm.symbols: 5
      hmm.transition: [[.8, .2], [.3, .7]]
      hmm.emission: [[.5, .3, .1, .1, 0], [0, .1, .1, .3, .5]]
      rnn.hidden: 7
      rnn.noise_dim: 2
      rnn.bias: true
seeds: [4]
G
tally "a study with every analysis" "$program" run grid.yaml -o study.h5 --progress none
for run in 0 1; do
    tally "export of run $run" "$program" export study.h5 "$run" -o "w$run.h5" --snapshots
    tally "analyse of run $run" "$program" analyse "w$run.h5" -o "a$run.h5"
    tally "the same bits as in the study, run $run" \
        "$python" "$here/same_analyses.py" study.h5 "$run" "a$run.h5"
    tally "verify of what analyse wrote, run $run" "$program" verify "a$run.h5"
    tally "summary of what analyse wrote, run $run" "$program" summary "a$run.h5" --metrics pca.dimension
done

# --- what reads such a file ----------------------------------------------------------------------------
says() { # says TEXT ARGUMENT...: exit code 0 and a text on standard output
    "$program" "${@:2}" >out 2>err && cat out err && grep -qE -- "$1" out
}
tally "summary shows its analyses" says '^orbit.rotation_number +-?[0-9.e-]+$' summary a0.h5
tally "and no scores of training" bash -c "! '$program' summary a0.h5 | grep -qE 'best_val_loss|of 1|.{81}'"
tally "for programs too" says '^hmm_architecture,n,n_failed,pca_?.dimension:mean' summary a0.h5 --format csv
tally "a study shows its scores" says 'best_val_loss' summary study.h5
tally "why shows them" says '^  orbit.rotation_number +-?[0-9.e-]+ 1/step$' why a0.h5 0
tally "and no settings of training" bash -c "! '$program' why a0.h5 0 | grep -qE '^  train|^best_epoch'"
tally "repro of it" refused 66 'nothing was trained' repro a0.h5 0
for how in --resume --extend; do
    tally "no study goes on in it: $how" refused 73 'nothing in it was trained' run grid.yaml -o a0.h5 "$how"
done
for verb in summary status verify "why 0" "export 0 -o no.h5" "repro 0"; do
    read -r -a word <<<"$verb"
    tally "weights given to ${word[0]}" refused 66 'hmmgrid analyse w0.h5' "${word[0]}" w0.h5 "${word[@]:1}"
done

"$python" - <<'P'
import shutil
import h5py
shutil.copy("w0.h5", "other.h5")
with h5py.File("other.h5", "a") as f:
    for name in "fc.weight", "snapshots/fc.weight":
        values = f[name][..., :2, :]
        del f[name]
        f[name] = values
P
tally "settings of another network" refused 65 'other.h5: its attribute run' analyse other.h5 -o no.h5
for verb in check plan "run -o no.h5"; do
    read -r -a word <<<"$verb"
    tally "a results file given to ${word[0]}" refused 65 'an HDF5 file, not a grid' "${word[@]}" study.h5
done

# --- runs whose weights cannot be had ------------------------------------------------------------------
spoil() { # spoil DATASET TEXT: spoilt.h5 is the study with these bytes in run 1 (row or slot 0 of its own)
    cp study.h5 spoilt.h5
    "$python" - "$1" "$2" <<'P'
import sys
import h5py
with h5py.File("spoilt.h5") as f:
    d = f[sys.argv[1]]
    at = d.id.get_offset() + d.id.get_storage_size() // len(d) * (len(d) - 1)
with open("spoilt.h5", "r+b") as f:
    f.seek(at)
    f.write(sys.argv[2].encode().ljust(64, b"\0"))
P
}
spoil weights/H7_D2_K5_bias/best/rnn.weight_hh_l0 x
tally "export of spoilt weights" refused 74 'run 1 is damaged' export spoilt.h5 1 -o no.h5
spoil commit/record x
tally "export of a spoilt record" refused 74 'run 1 has no weights to show: it is damaged' export spoilt.h5 1 -o no.h5
spoil commit/record ''
tally "export of a run that is not done" refused 66 'it is running; `hmmgrid run GRID' export spoilt.h5 1 -o no.h5
tally "a study with a run that fails" bash -c "'$program' run grid.yaml -o failed.h5 --progress none \
    --where 'run == 0' --set train.learning_rate=10 --set data.length=60; test \$? -eq 3"
tally "export of a failed run" refused 66 'it is failed; `hmmgrid why`' export failed.h5 0 -o no.h5
tally "an existing file is not replaced" refused 73 'exists' analyse w0.h5 -o a0.h5
tally "but with --fresh it is" "$program" analyse w0.h5 -o a0.h5 --fresh

# --- networks from elsewhere ---------------------------------------------------------------------------
"$python" - <<'P'
import h5py
import numpy as np

rng = np.random.default_rng(3)


def write(name, H, D, K, bias=(), dtype="f4", **attributes):
    with h5py.File(name, "w") as f:
        f["rnn.weight_ih_l0"] = (rng.normal(size=(H, D)) * .3).astype(dtype)
        f["rnn.weight_hh_l0"] = (rng.normal(size=(H, H)) * .3 / H ** .5).astype(dtype)
        f["fc.weight"] = rng.normal(size=(K, H)).astype(dtype)
        for name in bias:
            f[name] = np.full(K if name == "fc.bias" else H, .1, dtype)
        f.attrs.update(attributes)


write("plain.h5", 6, 2, 3)
write("doubles.h5", 6, 2, 2, dtype="f8", nonlinearity="relu")
write("biased.h5", 5, 1, 4, bias=["rnn.bias_ih_l0", "rnn.bias_hh_l0", "fc.bias"])
write("readout_bias.h5", 5, 1, 3, bias=["fc.bias"])
write("many.h5", 8, 2, 255)
write("one.h5", 1, 1, 2)
write("tanh.h5", 6, 2, 3, nonlinearity="tanh")
write("listed.h5", 6, 2, 3, nonlinearity=["relu"] * 99)
write("misfit.h5", 6, 2, 3, bias=["rnn.bias_ih_l0"])
with h5py.File("misfit.h5", "a") as f:
    del f["fc.weight"]
    f["fc.weight"] = np.zeros((3, 5), "f4")
with h5py.File("lstm.h5", "w") as f:
    f["rnn.weight_ih_l0"], f["rnn.weight_hh_l0"] = np.zeros((24, 2), "f4"), np.zeros((24, 6), "f4")
    f["fc.weight"] = np.zeros((3, 6), "f4")
with h5py.File("nothing.h5", "w") as f:
    f["x"] = 1
write("nan.h5", 4, 1, 2)
with h5py.File("nan.h5", "a") as f:
    f["fc.weight"][0, 0] = np.nan
P
small=(--set analysis.steps=1200 --set analysis.particles=16 --set analysis.likelihood_sequences=6
    --set analysis.permutations=20)
for name in plain doubles biased readout_bias many one; do
    tally "foreign network: $name" "$program" analyse "$name.h5" -o "$name-out.h5" "${small[@]}"
done
tally "what says nothing of its units" bash -c "'$program' analyse plain.h5 -o said.h5 --set analysis=false 2>&1 | grep -q 'does not say that its units are ReLU'"
tally "what says it in a list" refused 66 'nonlinearity is not one text' analyse listed.h5 -o no.h5
tally "what says so" bash -c "! '$program' analyse doubles.h5 -o said.h5 --fresh --set analysis=false 2>&1 | grep -q warning"
tally "its HMM is unknown" bash -c "'$program' summary plain-out.h5 --metrics pca.dimension | grep -q unknown"
tally "with an HMM told" "$program" analyse plain.h5 -o told.h5 --set hmm.architecture=fully-connected "${small[@]}"
tally "tanh" refused 66 'nonlinearity says tanh: only ReLU networks' analyse tanh.h5 -o no.h5
tally "LSTM" refused 66 'an LSTM' analyse lstm.h5 -o no.h5
tally "no network" refused 66 'no matrix rnn.weight_hh_l0' analyse nothing.h5 -o no.h5
tally "sizes that do not fit" refused 66 'do not fit' analyse misfit.h5 -o no.h5
tally "a weight that is not finite" refused 66 'not finite' analyse nan.h5 -o no.h5
tally "a results file" refused 66 'hmmgrid export' analyse study.h5 -o no.h5
tally "no file" refused 66 'No such file' analyse none.h5 -o no.h5
tally "no HDF5 file" refused 66 'HDF5' analyse grid.yaml -o no.h5
tally "another size by --set" refused 65 'sizes of the network' analyse plain.h5 -o no.h5 --set rnn.hidden=7
chain=(--set 'hmm.transition=[[.8, .2], [.3, .7]]' --set 'hmm.emission=[[.5, .3, .2], [0, .1, .9]]')
tally "matrices without their architecture" refused 65 'set hmm.architecture too (custom' \
    analyse plain.h5 -o no.h5 "${chain[@]}"
tally "matrices with it" "$program" analyse plain.h5 -o matrices.h5 "${chain[@]}" --set analysis=false \
    --set analysis.likelihood=true --set analysis.likelihood_sequences=4 --set hmm.architecture=custom
tally "the HMM that they are" bash -c "'$program' why matrices.h5 0 | grep -q 'hmm.states  *2'"
tally "an emission of another size" refused 65 'the matrix is 2 x 2, but' analyse plain.h5 -o no.h5 \
    "${chain[@]}" --set hmm.architecture=custom --set 'hmm.emission=[[.5, .5], [1, 0]]'
for set in hmm.states=7 'hmm.emission=[[.5, .5], [1, 0]]' hmm.stay_prob=.9; do
    tally "of an unknown HMM: $set" refused 65 'the HMM is unknown' analyse plain.h5 -o no.h5 --set "$set"
done
for set in train.epochs=7 rnn.bias=true data.sequences=90 measure.length=9 run.retries=3 seeds=0-1 \
    accept.max_excess_loss=1; do
    tally "what no analysis asks for: $set" refused 65 "--set $set: changes nothing" \
        analyse plain.h5 -o no.h5 --set "$set"
done
tally "what is so already" "$program" analyse plain.h5 -o said.h5 --fresh --set analysis=false \
    --set rnn.hidden=6 --set hmm.symbols=3 --set train.epochs=500 --set data.length=12 \
    --set rnn.initial_state=normal
tally "the noise alone" "$program" analyse plain.h5 -o noise.h5 "${small[@]}" --set analysis.mode=input_only
tally "W is the identity then" says '^unknown +1 +0 +1$' summary noise.h5 \
    --metrics stability.spectral_radius
tally "the recurrence alone" "$program" analyse plain.h5 -o rest.h5 "${small[@]}" --set analysis.mode=recurrence_only
tally "kick sets by hand" "$program" analyse plain.h5 -o given.h5 "${small[@]}" \
    --set 'analysis.kick_units=[[0, 2, 1, 5], [2, 0, 4, 3]]'
tally "they are in the file" "$python" -c 'import h5py
c = h5py.File("given.h5")["analysis/circuit"]
assert c["units"][0, :2, :2].tolist() == [[1, 5], [4, 3]], c["units"][0]
assert c["from"][0, :2].tolist() == [0, 2] and c["size"][0, 0] == 2
p = h5py.File("given.h5")["analysis/populations"]
w = h5py.File("plain.h5")["rnn.weight_hh_l0"][...]
assert p["block"][0, 0, 1, 10] == w[5, 4]'
tally "one with fewer units" "$program" analyse plain.h5 -o given.h5 "${small[@]}" --fresh \
    --set 'analysis.kick_units=[[0, 2, 1, 5], [2, 0, 4, -1]]'
tally "it has fewer" "$python" -c 'import h5py
c = h5py.File("given.h5")["analysis/circuit"]
assert c["size"][0, :2].tolist() == [2, 1] and c["units"][0, 1, 0] == 4, c["size"][0]'
tally "no such unit" refused 65 'analysis.kick_units: 6 in row 1 is no hidden unit' analyse plain.h5 -o no.h5 \
    --set 'analysis.kick_units=[[0, 2, 6, 1]]'
tally "cyclic says its sizes" refused 65 'not 3 and 3; set hmm.states to 4, or' analyse plain.h5 -o no.h5 \
    --set hmm.architecture=cyclic
example=$("$program" analyse --help | sed -n 's/^ *hmmgrid \(analyse weights.h5 .*\)/\1/p')
cp plain.h5 weights.h5
# shellcheck disable=SC2086
tally "the example of the help" "$program" $example "${small[@]}"
tally "nothing left behind" test ! -e no.h5 -a ! -e no.h5.tmp
tally "an unknown HMM cannot be trained" refused 65 'hmmgrid analyse' check grid.yaml \
    --set hmm.architecture=unknown

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
