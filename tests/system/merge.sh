#!/usr/bin/env bash
# merge: parts of a study, run on different numbers of ranks, become the file of the study as one: the
# same digest and the same bytes of results, whatever their order. Parts that overlap, contradict each
# other, are damaged, live or of another version; what is missing afterwards is run by --resume.
# usage: tests/system/merge.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
grid=$(realpath tests/golden/files/small.yaml)
old=$(realpath tests/golden/files/format3.h5)
. tests/support/ok.sh
cd "$work" || exit 2
export HMMGRID_LOG=warning

run() { "$program" run "$grid" --progress none "$@"; }                      # 3: one of its runs fails
parallel() { $mpirun -n "$1" "$program" run "$grid" --progress none "${@:2}"; }
merge() { "$program" merge "$@"; }
# bytes FILE: of the results, without what tells of times and places
bytes() {
    "$python" - "$1" <<'END'
import sys, hashlib, h5py
total = hashlib.sha256()
def add(name, d):
    if isinstance(d, h5py.Dataset) and name != "commit/guard": total.update(name.encode() + d[()].tobytes())
h5py.File(sys.argv[1]).visititems(add)
print(total.hexdigest())
END
}
same_bytes() { [ "$(bytes "$1")" = "$(bytes "$2")" ]; }

# --- parts of a study
run -o whole.h5
for share in 1 2 3; do
    parallel $share -o part$share.h5 --share $share/3 || [ $? -eq 3 ] || echo "FAILED share $share"
done
says 'all.h5 holds 8 runs .*: 6 done, [12] failed, 0 crashed, 0 left|7 done, 1 failed' merge part*.h5 -o all.h5
ok "the digest of the whole" same_digest whole.h5 all.h5
ok "another order" merge part3.h5 part1.h5 part2.h5 -o other.h5
ok "the same bytes" same_bytes all.h5 other.h5
ok "the parts again" merge part1.h5 part1.h5 part2.h5 part3.h5 -o again.h5
ok "the same bytes again" same_bytes all.h5 again.h5
ok "a merged one and a part" merge part2.h5 all.h5 -o twice.h5
ok "the same bytes twice" same_bytes all.h5 twice.h5
says 'nothing to do|0 to be run' "$program" run -n "$grid" -o all.h5 --resume
ok "nothing is beside it" [ "$(ls | grep -c '^all.h5')" -eq 1 ]
says '^version' "$program" summary all.h5 --by version

# --- several files as one, without merging
says '^part2.h5 +complete +8 .* [56] +--share 2/3 +0$' "$program" status part*.h5
says '^  6 done, 2 failed, 0 crashed, 0 begun, 0 left' "$program" status part*.h5
says '"file": "part1.h5", "state": "complete", "runs": 8, .*"chosen_by": "--share 1/3", "chosen_left": 0' \
    "$program" status part*.h5 --json
cp part2.h5 both.h5
ok "another share of it" ends 3 '' run -o both.h5 --resume --share 1/3
says '^both.h5 +complete +8 +[0-9] +[0-9] +0 +[0-9] +--share 1/3 +0$' "$program" status both.h5 part2.h5
rm both.h5*
"$program" summary whole.h5 --format csv >whole.csv 2>/dev/null
ok "a summary of the parts" diff whole.csv <("$program" summary part3.h5 part1.h5 part2.h5 --format csv 2>/dev/null)
ok "no room for it" ends 73 'TMPDIR names another place' env TMPDIR=no "$program" summary part*.h5

# --- with one missing, completed
ok "two of three" merge part1.h5 part3.h5 -o some.h5
says '[1-9] to be run' "$program" run -n "$grid" -o some.h5 --resume
ok "the rest" ends 3 '' run -o some.h5 --resume
ok "complete" same_digest whole.h5 some.h5

# --- the same run twice
ok "another share" ends 3 '' run -o more.h5 --share 1/2
ok "they overlap" merge part*.h5 more.h5 -o overlap.h5
ok "the digest of the overlapping" same_digest whole.h5 overlap.h5
rm -f some.h5* more.h5*
ok "done in both" run -o here.h5 --where 'run in (0, 2)'
ok "other kernels" env HMMGRID_KERNEL=portable "$program" run "$grid" -o there.h5 --progress none --where 'run in (2, 4)'
for order in "here.h5 there.h5" "there.h5 here.h5"; do
    # shellcheck disable=SC2086
    ok "a conflict" ends 73 'are one run (' merge $order -o conflict.h5
    for word in 'run 2 of here.h5' 'run 2 of there.h5' 'seed 0' 'do not agree: best_val_loss is ' \
        'kernels portable' 'version 0.1.0'; do
        ok "$word" grep -qF -- "$word" err
    done
done
ok "diff tells kernels once" [ "$("$program" diff here.h5:2 there.h5:2 | grep -c '^kernel')" -eq 1 ]
ok "no summary of it" ends 65 'are one run (' "$program" summary here.h5 there.h5
ok "nothing is written" [ -z "$(ls | grep conflict)" ]

# --- a part that was stopped: what its run goes on from comes along, and what a state is kept of
stopped=("$program" run "$grid" --progress none --set train.epochs=30000)
"${stopped[@]}" -o stopped.h5 --where 'run == 0' &
study=$!
ok "it is on" begun stopped.h5 '"epoch": [1-9]'
kill -TERM $study
wait $study
ok "nothing of it yet" ends 2 'no run could' "${stopped[@]}" -o more.h5 --where 'run == 1' --deadline 10s --reserve 1min
echo state >stopped.h5.ckpt/0123456789abcdef0123456789abcdef-7.state
HMMGRID_LOG=info says "carried.h5.ckpt: 2 of the parts' checkpoints and states are copied" \
    merge more.h5 stopped.h5 -o carried.h5
ok "its bytes" diff -r stopped.h5.ckpt carried.h5.ckpt
ok "resumed, without time" ends 2 'a checkpoint is kept of 1 run' env HMMGRID_LOG=info \
    "${stopped[@]}" -o carried.h5 --resume --deadline 10s --reserve 1min
: >blocked.h5.ckpt
says 'warning: .*blocked.h5.ckpt.*begin anew in the merged file' merge more.h5 stopped.h5 -o blocked.h5
rm -r carried.h5* stopped.h5* more.h5* blocked.h5*

# --- done before failed, failed before pending
ok "a failed one" ends 3 '' run -o failed.h5 --where 'block == diverging and seed == 0'
ok "with a pending one" merge here.h5 failed.h5 -o kept.h5
says '2 of 8 done, 1 failed' "$program" status kept.h5

# --- different grids
sed -e 's/product: .*/product: {rnn.hidden: [3, 5], train.learning_rate: [[0.001]]}/' \
    -e 's/^seeds: .*/seeds: [1, 2]/' "$grid" >other.yaml
ok "another grid" ends 3 '' "$program" run other.yaml -o grids.h5 --progress none
says 'union.h5 holds 14 runs .6 cells.: 11 done, 3 failed, 0 crashed, 0 left' merge whole.h5 grids.h5 -o union.h5
"$program" repro union.h5 all >union.yaml
ok "its grid" "$program" check union.yaml
says '0 to be run' "$program" run -n union.yaml -o union.h5 --resume
ok "the other order" merge grids.h5 whole.h5 -o union2.h5
ok "the digest of the other order" same_digest union.h5 union2.h5
ok "merged with a part of it" merge union.h5 whole.h5 -o union3.h5
ok "its bytes" same_bytes union.h5 union3.h5
ok "the grid of one file" diff <("$program" repro whole.h5 all) "$grid"
ok "with options" "$program" run "$grid" -o seeds.h5 --progress none --seeds 3-4 --where 'run == 0'
"$program" repro seeds.h5 all >seeds.yaml
says '1 done' "$program" run -n seeds.yaml -o seeds.h5 --resume
"$program" run "$grid" -o otherwise.h5 --progress none --set analysis.pca=false --where 'run == 0'
ok "analysed otherwise" ends 73 'analysis.pca' merge whole.h5 otherwise.h5 -o x.h5

# --- damaged parts
damage() { # damage FILE RUN: one byte of its row
    "$python" - "$1" "$2" <<'END'
import sys, h5py
with h5py.File(sys.argv[1]) as f:
    d = f["runs/train_loss"]
    at = d.id.get_offset() + int(sys.argv[2]) * d[0].nbytes
with open(sys.argv[1], "r+b") as f:
    f.seek(at); byte = f.read(1); f.seek(at); f.write(bytes([byte[0] ^ 1]))
END
}
cp whole.h5 damaged.h5
damage damaged.h5 3
ok "diff warns" ends 1 'damaged.h5: 1 row (run 3) is not what was committed' "$program" diff whole.h5 damaged.h5
ok "of the run" ends 1 'damaged.h5: 1 row (run 3) is' "$program" diff whole.h5:3 damaged.h5:3
ok "not of another" sh -c "'$program' diff whole.h5:0 damaged.h5:0 2>&1 >/dev/null | grep -c committed | grep -qx 0"
says 'damaged.h5: run 3 .* not taken; whole.h5 has it' merge damaged.h5 whole.h5 -o mended.h5
ok "mended" same_digest whole.h5 mended.h5
ok "no other part has it" ends 74 '1 run was damaged in every part that had it' merge damaged.h5 here.h5 -o lost.h5
ok "the others are there" "$program" verify lost.h5
ok "it is done again" ends 3 '' run -o lost.h5 --resume
ok "the digest again" same_digest whole.h5 lost.h5

# --- changed by another program
cp part2.h5 changed.h5
ok "changed" "$python" -c 'import h5py
with h5py.File("changed.h5", "a") as f: f.attrs["mine"] = 1'
says 'warning: changed.h5: ' merge part1.h5 changed.h5 part3.h5 -o unchanged.h5
ok "the digest still" same_digest whole.h5 unchanged.h5

# --- of another version
ok "seed 1" ends 3 '' run -o new.h5 --where 'seed == 1'
ok "an old part" merge "$old" new.h5 -o versions.h5
says '6 of 8 done, 2 failed' "$program" status versions.h5
ok "verify" "$program" verify versions.h5
ok "two versions" [ "$("$program" summary versions.h5 --by version --format csv | wc -l)" -eq 3 ]
ok "old and new numbers" "$python" "$OLDPWD/tests/system/same_numbers.py" --kept "$old" versions.h5

# --- what is refused
ok "no output" ends 2 'merge: -o ALL.h5 is missing' merge part1.h5
ok "no part" ends 2 "'hmmgrid merge' needs PART.h5" merge -o x.h5
ok "a part is not there" ends 66 'none.h5' merge part1.h5 none.h5 -o x.h5
ok "the output is there" ends 73 'all.h5: exists already; --fresh' merge part*.h5 -o all.h5
ok "fresh" merge part*.h5 -o all.h5 --fresh
ok "the output is a part" ends 73 'part1.h5: is one of the parts' merge part*.h5 -o part1.h5 --fresh
ok "dry" merge part*.h5 -o x.h5 -n
ok "nothing is made" [ ! -e x.h5 ]
for dry in "" -n; do
    ok "no folder" ends 73 'no/x.h5' merge part*.h5 -o no/x.h5 $dry
    ok "none that takes files" ends 73 '/proc/x.h5' merge part*.h5 -o /proc/x.h5 $dry
    ok "a device" ends 73 'is not a regular file' merge part*.h5 -o /dev/null $dry
done
limited() { (ulimit -f 400 && "$@"); }
ok "no room" ends 73 'x.h5' limited merge part*.h5 -o x.h5
ok "nothing is left" [ -z "$(ls | grep '^x[.]h5')" ]
"$program" run "$grid" -o live.h5 --progress none --set train.epochs=50000 --where 'run == 0' &
study=$!
ok "a study is on" begun live.h5
ok "a live part" ends 73 'live.h5: a study is writing this file' merge part1.h5 live.h5 -o x.h5
kill -TERM $study
wait $study
finish
