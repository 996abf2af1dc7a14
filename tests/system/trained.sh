#!/usr/bin/env bash
# trained: the analyses of networks that were trained at full size (tests/golden/*-weights.h5, made as
# ORIGIN.md there says) against what was published of such networks.
# usage: tests/system/trained.sh path/to/hmmgrid NETWORK...    such as chain3-seed0
set -u
program=$(realpath "$1")
here=$(realpath tests)
. tests/support/ok.sh
"$python" -c 'import h5py' 2>/dev/null || { echo "skipped: no python with h5py"; exit 0; }
if ldd "$program" | grep -qE 'lib(a|ub|t)san'; then echo "skipped: a sanitizer is built in"; exit 0; fi
shift
for name; do # by those analyses of which something is published
    "$program" analyse "$here/golden/$name-weights.h5" -o "$work/$name.h5" --set analysis=false \
        --set analysis.pca=true --set analysis.residency=true --set analysis.fixed_point=true \
        --set analysis.contours=true --set analysis.likelihood=true --set analysis.likelihood_sequences=30 \
        --set analysis.circuit=true ||
        { echo "analyse of $name: $?"; exit 1; }
done
"$python" "$here/system/trained.py" "$work"/*.h5
