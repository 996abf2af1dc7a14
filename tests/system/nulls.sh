#!/usr/bin/env bash
# nulls: networks with nothing to find, of five kinds (untrained, shuffled rows of a trained network,
# two populations that flip-flop, untrained at the edge of stability, independent units). Of every
# p-value that an analysis gives, and of the verdict, the table says how many are at or below .05.
# usage: tests/system/nulls.sh HMMGRID N    N networks of each kind; 1: more than chance allows
set -u
program=$(realpath "$1") n=${2:-4}
trained=$(realpath tests/golden/chain3-seed0-weights.h5)
counts=$(realpath tests/system/nulls.py)
. tests/support/ok.sh
"$python" -c 'import h5py' 2>/dev/null || { echo "skipped: no python with h5py"; exit 0; }
cd "$work" || exit 2
"$python" "$counts" make . "$n" "$trained" || exit 1
for network in *.net.h5; do # those that have no p-values are left out
    "$program" analyse "$network" -o "${network%.net.h5}.out.h5" --set analysis=false \
        --set analysis.circuit=true --set analysis.populations=true --set analysis.orbit=true \
        --set analysis.steps=12000 --set analysis.permutations=200 2>err ||
        { echo "analyse of $network: $?: $(tail -n 1 err)"; exit 1; }
done
"$python" "$counts" count . .05
