#!/usr/bin/env bash
# particles: KL rates of networks that were trained at full size (tests/golden/*-weights.h5) settle, and
# agree within their errors with those of a filter of 16,000 particles along the same sequences.
# usage: tests/system/particles.sh path/to/hmmgrid SEQUENCES NETWORK...    such as 100 chain3-seed0
set -u
program=$(realpath "$1") sequences=$2
here=$(realpath tests)
. tests/support/ok.sh
"$python" -c 'import h5py' 2>/dev/null || { echo "skipped: no python with h5py"; exit 0; }
if ldd "$program" | grep -qE 'lib(a|ub|t)san'; then echo "skipped: a sanitizer is built in"; exit 0; fi
shift 2
failed=0
for name; do
    for particles in 256 16000; do
        "$program" analyse "$here/golden/$name-weights.h5" -o "$work/$particles.h5" --set analysis=false \
            --set analysis.likelihood=true --set analysis.likelihood_sequences="$sequences" \
            --set analysis.particles=$particles --fresh || { echo "analyse of $name: $?"; exit 1; }
    done
    "$python" - "$name" "$work/256.h5" "$work/16000.h5" <<'END' || failed=1
import sys
import h5py

name, *files = sys.argv[1:]
few, many = (h5py.File(file)["analysis/likelihood"] for file in files)
bad = 0
for rate in "kl_hmm_rnn", "kl_rnn_hmm":
    settled = few[rate + "_settled"][0]
    a, b, error = few[rate][0], many[rate + "_stepwise_2p"][0], few[rate + "_error"][0]
    shares = few[rate + "_by_symbol"][0]
    good = settled == 1 and abs(a - b) < 2 * error and abs(shares.sum() - a) < 1e-6 and (shares >= 0).all()
    bad += not good
    print(f"{name} {rate}: {a:.4f} +- {error:.4f}, of 32,000 particles {b:.4f}; by symbol {shares.round(4)}"
          f"{'' if good else ' FAILED'}")
print(f"{2 - bad} passed, {bad} failed")
sys.exit(bad > 0)
END
done
exit $failed
