#!/usr/bin/env bash
# weights: files of weights that other programs wrote: what is taken, with the values that were meant,
# and what is refused, each with a sentence that says what it is.
# usage: tests/system/weights.sh path/to/hmmgrid
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
"$python" "$here/weights.py" || exit 2
passed=0 failed=0

fail() { # fail NAME: what was said
    failed=$((failed + 1))
    printf 'FAILED %s\n' "$1"
    head -n 5 err | sed 's/^/    /'
}

analyse() { # analyse FILE ARGUMENT...: its readout only
    "$program" analyse "$1" -o out.h5 --fresh --set analysis=false --set analysis.readout=true "${@:2}" 2>err
}

# taken NAME TEXT ARGUMENT...: NAME.h5, with a text on standard error or with none
taken() {
    if analyse "$1.h5" "${@:3}" && { [ -n "$2" ] || [ ! -s err ]; } && grep -qF -- "$2" <(cat err; echo); then
        passed=$((passed + 1))
    else
        fail "$1 ${*:3}"
    fi
}

# refused CODE FILE TEXT ARGUMENT...: nothing is made, no line is wider than a terminal where it is Python
refused() {
    rm -f out.h5
    analyse "$2" "${@:4}"
    if [ $? -eq "$1" ] && grep -qF -- "$3" err && [ ! -e out.h5 ] && ! grep -q 'no reason' err &&
        ! grep -qE '^  .{79}' err; then
        passed=$((passed + 1))
    else
        fail "$2 ${*:4}"
    fi
}

same() { # same NAME: out.h5 has the weights of NAME.h5
    if "$python" - "$1.h5" <<'P' >err 2>&1; then
import sys
import h5py
import numpy as np
with h5py.File(sys.argv[1]) as a, h5py.File("out.h5") as b:
    last = b["weights/H6_D2_K3/last"]
    for key in "rnn.weight_ih_l0", "rnn.weight_hh_l0", "fc.weight":
        found = [a[k] for k in (key, "net/" + key) if k in a][0]
        assert (found[()].astype("f4") == last[key][0]).all(), key
P
        passed=$((passed + 1))
    else
        fail "values of $1"
    fi
}

# --- names --------------------------------------------------------------------------------------------
taken plain ""
same plain
for prefix in module. model. _orig_mod.module. net. a.b.; do
    name=prefix_${prefix%.}
    [ "$prefix" = a.b. ] && name=prefix_a_b
    taken "$name" "names begin with $prefix, which is left off"
done
taken prefix_net "names begin with net."
same prefix_net
refused 66 two.h5 'two networks, student.rnn.weight_hh_l0 and teacher.rnn.weight_hh_l0'
refused 66 two_and_none.h5 "--ignore 'a.*'"
taken two "names begin with student." --ignore 'teacher.*'
refused 66 lstm_name.h5 'for k in list(f): f.move(k, k.replace("recurrent.", "rnn."))'
refused 66 lstm_name_gates.h5 'lstm.weight_hh_l0 is 24 x 6, as of an LSTM'
refused 66 bare.h5 'f.move("weight_hh_l0", "rnn.weight_hh_l0")'
refused 66 readout.h5 'k.replace("out.", "fc.")'
refused 66 layers.h5 'several recurrent layers'

# --- what is not used ---------------------------------------------------------------------------------
refused 66 norm.h5 'not used: norm.bias (6), norm.weight (6)'
refused 66 norm.h5 'not used: norm.bias (6)' --ignore norm.weight
taken norm "" --ignore norm.weight,norm.bias
taken norm "" --ignore 'norm.*'
refused 66 mask.h5 'not used: extra/mask (6, 6), h0 (6)'
taken mask "" --ignore 'extra/*' --ignore h0
refused 2 mask.h5 "'norm.*' names no dataset of mask.h5" --ignore 'norm.*'
refused 2 plain.h5 'names rnn.weight_hh_l0 too, which is a part of the network' --ignore '*hh*'
refused 2 plain.h5 'names fc.weight too' --ignore fc.weight
refused 2 plain.h5 'names rnn.weight_ih_l0 too' --ignore '*'
refused 2 biased.h5 'names rnn.bias_ih_l0 too' --ignore 'rnn.bias*,fc.bias,mask'
taken biased "" --ignore mask
refused 2 prefix_net.h5 'names net/fc.weight too' --ignore 'net/fc*'
refused 66 layers.h5 'several recurrent layers' --ignore '*_l1'

# --- the attribute ------------------------------------------------------------------------------------
for name in upper padded bytes one blanks; do taken "says_$name" ""; done
taken says_none 'does not say that its units are ReLU'
refused 66 says_tanh.h5 'nonlinearity says tanh'

refused 66 says_at_group.h5 'its attribute nonlinearity of module says tanh'
refused 66 says_at_other.h5 'its attribute Nonlinearity of module says tanh'
refused 66 says_at_above.h5 'its attribute activation of a says tanh'
refused 66 says_at_dataset.h5 'its attribute nonlinearity of rnn.weight_ih_l0 says tanh'
refused 66 says_at_capital.h5 'its attribute Activation says tanh'
taken says_at_relu 'names begin with module.'
grep -q ReLU err && fail "what says so of its group"
for name in several number; do refused 66 "says_$name.h5" 'nonlinearity is not one text'; done

# --- networks over training ---------------------------------------------------------------------------
taken snapshots_counted ""
for name in negative late; do
    refused 66 "snapshots_$name.h5" 'its snapshots/epoch does not count epochs'
    taken "snapshots_$name" "" --ignore 'snapshots/*'
done
refused 2 snapshots_counted.h5 'names snapshots/fc.weight too' --ignore snapshots/fc.weight

# --- values -------------------------------------------------------------------------------------------
for name in f2 f8 big_f4 big_f8 bfloat16; do taken "type_$name" "" && same "type_$name"; done
same type_rounded
refused 66 bits.h5 'rnn.weight_hh_l0 holds integers, not floats; bfloat16'
refused 66 texts.h5 'fc.weight holds text, not floats'
refused 66 nan.h5 'nan.h5: rnn.weight_hh_l0[2,4] is nan'
refused 66 infinite.h5 'fc.weight[1,5] is -inf'
refused 66 huge.h5 'rnn.weight_ih_l0[3,1] is inf'
taken zeros ""

# --- storage ------------------------------------------------------------------------------------------
taken gzip "" && same gzip
refused 66 link.h5 'fc.weight is a link to another file'
refused 66 link_on_the_way.h5 'other is a link to another file'
refused 66 link_on_the_way.h5 'fc.weight is a link that leads to no dataset' --ignore other
refused 66 raw.h5 'fc.weight is external: its values are in another file, which is not HDF5'
refused 66 lzf.h5 'compressed by lzf (HDF5 filter 32000)'
for name in lzf lzf_groups; do # the Python of the message makes a file that is taken
    refused 66 "$name.h5" 'write it anew, in Python:'
    sed '0,/in Python:/d; s/^  //' err | sed "s/IN.h5/$name.h5/; s/OUT.h5/${name}_anew.h5/" >anew.py
    "$python" anew.py || fail "the Python for $name"
done
taken lzf_anew "" && same lzf_anew
taken lzf_groups_anew 'names begin with net.' && same lzf_groups_anew
grep -q ReLU err && fail "an attribute of a group, rewritten"
refused 66 virtual.h5 'fc.weight is virtual'
refused 66 dangling.h5 'fc.weight is a link that leads to no dataset'
refused 66 open.h5 'h5clear'
refused 66 loop.h5 'loop.h5: '
refused 66 beyond.h5 'beyond.h5: '
refused 66 cut.h5 'truncated file'

# --- other files --------------------------------------------------------------------------------------
refused 66 net.pt 'torch.load("IN.pt", map_location="cpu")'
refused 66 old.pt 'a Python pickle'
refused 66 w.zip 'a zip archive; unpack it'
refused 66 w.safetensors 'safetensors.torch.load_file'
refused 66 w.npz 'numpy.load("IN.npz")'
refused 66 w.npy 'one array of numpy.save'
refused 66 w.mat 'a MATLAB file'
refused 66 w.nc 'nccopy'
refused 66 w.h5.gz 'gunzip'
refused 66 pointer.h5 'git lfs pull'
refused 66 empty.h5 'an empty one (0 bytes)'
refused 66 words.h5 'not an HDF5 file but text'
refused 66 noise.h5 'not an HDF5 file, or its beginning is damaged'
refused 66 folder.h5 'a directory'
refused 66 pipe.h5 'a pipe, not a regular file'
refused 66 none.h5 'No such file'

# --- settings that nobody wrote in YAML ---------------------------------------------------------------
refused 65 not_json.h5 'not_json.h5: its attribute run'
refused 65 settings.h5 'settings.h5: its attribute run'
for set in hmm.states=1 hmm.target_prob=0.9; do
    refused 65 plain.h5 '--set' --set hmm.architecture=linear-chain --set "$set"
    grep -q 'plain.h5:[0-9]' err && fail "a place in a YAML that is not there: $set"
done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
