#!/usr/bin/env bash
# start: training that goes on from a file of weights: what is trained on, by whom it may be done, what
# its run key has of the file, and what is refused.
# usage: tests/system/start.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
grid=$(realpath tests/system/mistakes/tiny.yaml)
. tests/support/ok.sh
cd "$work" || exit 2
export HMMGRID_PROGRESS=none COLUMNS=80
sets=(--set train.snapshots=3 --set train.epochs=6)
from() { # from WEIGHTS FILE.h5 [OPTION...]
    "$program" run "$grid" "${sets[@]}" --set train.start_weights="$1" -o "${@:2}"
}
keys() { "$program" list "$1" --format csv | cut -d , -f 2; } # the second column
same_keys() { [ "$(keys "$1" | sort)" = "$(keys "$2" | sort)" ]; }
refused() { ! "$@" || { echo "not refused: $*"; false; }; }

ok "a study" "$program" run "$grid" "${sets[@]}" -o first.h5
ok "its weights" "$program" export first.h5 0 -o a.h5
ok "others" "$program" export first.h5 3 -o b.h5

# --- it is trained on these, whoever does the run
ok "from a file" from a.h5 one.h5
ok "training starts from it, and moves on" "$python" - <<'P'
import h5py, numpy as np
with h5py.File("one.h5") as f, h5py.File("a.h5") as a:
    kept = f["snapshots/H6_D2_K3"]
    for name in a:
        first, last = kept[name][:, 0], kept[name][:, -1]
        assert (first == a[name][...]).all(), name
        assert (abs(last - first).reshape(len(first), -1).max(axis=1) > 1e-4).all(), name
P
ok "in the rank itself" from a.h5 inside.h5 --set run.isolate=none
ok "the same" same_digest one.h5 inside.h5
# shellcheck disable=SC2086
ok "on three ranks" $mpirun -n 3 "$program" run "$grid" "${sets[@]}" --set train.start_weights=a.h5 -o ranks.h5
ok "the same" same_digest one.h5 ranks.h5
ok "done again" "$program" verify --replay 2 one.h5
"$program" repro one.h5 1 >repro.yaml
ok "from its own grid" "$program" run repro.yaml -o repro.h5
ok "the same key" [ -n "$(comm -12 <(keys repro.h5 | sort) <(keys one.h5 | sort) | grep -v key)" ]
long() { from a.h5 "$1" --where 'run == 0' --set train.epochs=40000 --set train.snapshots=0 "${@:2}"; }
long stopped.h5 2>/dev/null &
study=$!
ok "it is on" begun stopped.h5 '"epoch": [1-9]'
kill -TERM "$(sed -n 's/.*pid \([0-9]*\).*/\1/p' stopped.h5.lock)"
wait $study
ok "stopped" [ $? -eq 75 ]
ok "with a checkpoint" [ -n "$(ls stopped.h5.ckpt)" ]
ok "goes on" long stopped.h5 --resume
ok "without a stop" long whole.h5
ok "the same" same_digest stopped.h5 whole.h5

# --- the key has what the file holds
mkdir elsewhere
cp a.h5 elsewhere/moved.h5
ok "moved" from elsewhere/moved.h5 moved.h5
ok "the same keys" same_keys one.h5 moved.h5
ok "the same results" same_digest one.h5 moved.h5
ok "continued from there" from elsewhere/moved.h5 one.h5 --resume
ok "others" from b.h5 other.h5
ok "are other runs" refused same_keys one.h5 other.h5
ok "and than those drawn" refused same_keys one.h5 first.h5
cp b.h5 elsewhere/moved.h5
tagged=$(sed -n 's/.*train.start_weights: "a.h5\(.*\)"/\1/p' repro.yaml)
ok "changed since" ends 66 'is not what it was' from "elsewhere/moved.h5$tagged" changed.h5
ok "and no file is made" [ ! -e changed.h5 ]
ok "changed, not tagged" ends 73 'was made from another grid' from elsewhere/moved.h5 one.h5 --resume

# --- as an axis, by its name
{
    sed '/product/d' "$grid"
} | sed 's/^  chain:/  chain:\n    product: {train.start_weights: [none, a.h5, b.h5]}/' >axis.yaml
ok "an axis" "$program" run axis.yaml -o axis.h5
says '2 of 6|none +0' "$program" list axis.h5 --where 'train.start_weights == none'
ok "two of a file" [ "$("$program" list axis.h5 --format csv --where "train.start_weights == 'a.h5$tagged'" | wc -l)" -eq 3 ]

# --- what is none
ok "not there" ends 65 'nothing.h5: cannot open it' "$program" check "$grid" --set train.start_weights=nothing.h5
ok "a text" ends 66 'not an HDF5 file' "$program" check "$grid" --set train.start_weights="$grid"
ok "a folder" ends 65 'train.start_weights' "$program" check "$grid" --set train.start_weights=elsewhere
ok "another shape" ends 66 'a network of 6 units' "$program" check "$grid" --set train.start_weights=a.h5 --set rnn.hidden=7
ok "biases" ends 66 'no biases cannot' "$program" check "$grid" --set train.start_weights=a.h5 --set rnn.bias=true
ok "a whole study" ends 66 'a whole results file' from first.h5 none.h5
ok "nothing is made" [ ! -e none.h5 ]
says 'run key has what' "$program" help settings train.start_weights
finish
