#!/bin/bash
# makespan: does a mixed study end when `plan --calibrate` says? A timed test, for an idle machine
# with two free cores: started by hand, never by `make test`.
#   makespan.sh HMMGRID [RANKS]        default 3 ranks: two workers
# Prints predicted and real seconds; exit code 1 when the study is
# more than 20 % off. MPIRUN overrides the launcher.
set -u
hmmgrid=$(realpath "${1:?usage: makespan.sh HMMGRID [RANKS]}")
ranks=${2:-3}
root_flag=
[ "$(id -u)" = 0 ] && root_flag=--allow-run-as-root
python=python3 # the first that has h5py
"$python" -c 'import h5py' 2>/dev/null || python=/usr/bin/python3
mpirun=${MPIRUN:-mpirun --oversubscribe --bind-to none $root_flag}
dir=$(mktemp -d "${TMPDIR:-/tmp}/makespan.XXXXXX")
cd "$dir" || exit 1
trap 'rm -rf "$dir"' EXIT

# 22 runs whose costs differ by more than ten times, 4 HMMs
cat > grid.yaml <<'YAML'
version: 1
study: makespan
defaults:
  data:    {sequences: 9000, length: 30}
  train:   {epochs: 40, batch: 1500}
  measure: {sequences: 1000}
grid:
  chain:
    zip:     {hmm.states: [2, 3], data.length: [60, 30]}
    product: {rnn.hidden: [30, 150], rnn.noise_dim: [5, 100]}
  cyclic:
    set: {hmm.architecture: cyclic, hmm.states: 4, rnn.hidden: 100, rnn.noise_dim: 50}
    product: {train.epochs: [20, 80]}
  full:
    set: {hmm.architecture: fully-connected, hmm.states: 3, rnn.hidden: 200, rnn.noise_dim: 20}
seeds: [0, 1]
run: {reserve: 0s}
YAML

"$hmmgrid" plan grid.yaml --ranks "$ranks" --calibrate --json > plan.json || exit 1
"$hmmgrid" plan grid.yaml --ranks "$ranks" --json > model.json || exit 1
began=$(date +%s.%N)
$mpirun -n "$ranks" "$hmmgrid" run grid.yaml -o study.h5 --progress none || exit 1
ended=$(date +%s.%N)

"$python" - "$began" "$ended" <<'PYTHON'
import json
import sys

import h5py
import numpy as np

estimate = json.load(open("plan.json"))["totals"]["estimates"][0]
model = json.load(open("model.json"))["totals"]["estimates"][0]
real = float(sys.argv[2]) - float(sys.argv[1])
with h5py.File("study.h5") as f:
    runs = f["runs"]
    wall, cpu, rank = runs["wall_s"][:], runs["cpu_s"][:], runs["rank"][:]
busiest = max(cpu[rank == r].sum() for r in set(rank))
predicted = estimate["makespan_s"]
print(f"{len(wall)} runs of {wall.min():.1f} to {wall.max():.1f} s, {estimate['workers']} workers")
print(f"work      predicted {estimate['core_s']:.1f} s, real {wall.sum():.1f} s "
      f"({cpu.sum():.1f} s of processor)")
print(f"makespan  predicted {predicted:.1f} s, at least {estimate['makespan_bound_s']:.1f} s; "
      f"real {real:.1f} s ({100 * (real / predicted - 1):+.1f} %)")
print(f"          processor time of the busiest worker {busiest:.1f} s "
      f"({100 * (busiest / predicted - 1):+.1f} %): what it would be on cores of its own")
print(f"          by the model alone {model['makespan_s']:.1f} s")
sys.exit(abs(real / predicted - 1) > 0.2)
PYTHON
