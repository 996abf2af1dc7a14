#!/usr/bin/env bash
# checkpoints: runs that are killed or asked to stop in mid-training, again and again, go on from their
# checkpoints and end with the digest of an undisturbed study; what is no checkpoint of a run is
# ignored with a word; nothing of them is left over.
# usage: tests/system/checkpoints.sh HMMGRID [KILLS]    KILLS of each sort, default 2
set -u
program=$(realpath "$1")
kills=${2:-2}
. tests/support/ok.sh
cd "$work" || exit 2
# killed ranks leave shared memory files behind: below $work they go with it
mpirun+=" --mca btl_vader_backing_directory $work"

cat >grid.yaml <<YAML
version: 1
study: checkpoints
defaults:
  data:    {sequences: 900, length: 12}
  rnn:     {hidden: 16, noise_dim: 6}
  train:   {epochs: $((100 * kills)), batch: 300, learning_rate: [0.01, 0.003], snapshots: 50}
  measure: {sequences: 200, floor_draws: 2}
analysis: {circuit: false, ablation: false, likelihood: false, resonance: false, noise_sensitivity: false}
grid:
  chain: {set: {hmm.states: 2}}
seeds: [0, 1]
accept: {max_excess_loss: 0}
reseed: {max: 1}
run: {checkpoint: 0.1s, retries: 100, reserve: 0s}
YAML

launch() { # launch FILE.h5 [OPTION...]: in the background, on 3 ranks; pid in $study
    local file=$1
    shift
    timeout --foreground -k 5 100 $mpirun -n 3 "$program" run grid.yaml -o "$file" --resume \
        --progress plain "$@" >said 2>&1 &
    study=$!
}

# the processes of this test that have the word in their command lines, and those of rank N among them
processes() {
    local p
    for p in $(grep -lsxzF -- "$1" /proc/[0-9]*/cmdline); do
        p=${p%/cmdline}
        [ "$(readlink "$p/exe")" = "$program" ] && [ "$(readlink "$p/cwd")" = "$work" ] && echo "${p#/proc/}"
    done
}
rank() {
    local p
    for p in $(processes "$2"); do
        grep -qsxzF "OMPI_COMM_WORLD_RANK=$1" "/proc/$p/environ" && echo "$p"
    done
}

end() { # end PID...: there may be none left
    [ $# -eq 0 ] || kill -9 "$@"
}

kept() { # kept FILE.h5: until a checkpoint newer than the mark is there
    for _ in $(seq 1 600); do
        [ -n "$(find "$1.ckpt" -name '*.ckpt' -newer mark 2>/dev/null)" ] && return 0
        kill -0 "$study" 2>/dev/null || return 1
        sleep 0.02
    done
    return 1
}


ends_alike() { # ends_alike WORDS FILE.h5 [OPTION...]: resumed to its end, with the same numbers
    local words=$1 file=$2
    shift 2
    says "$words" timeout 100 $mpirun -n 3 "$program" run grid.yaml -o "$file" --resume "$@"
    ok "digest" [ "$(digest "$file")" = "$expected" ]
    ok "no checkpoint is left" [ ! -e "$file.ckpt" ]
}

name=undisturbed
ok "study completes" "$program" run grid.yaml -o whole.h5 --set run.checkpoint=10min
expected=$(digest whole.h5)
ok "digest" [ ${#expected} -eq 16 ]
ok "no checkpoint" [ ! -e whole.h5.ckpt ]

# --- killed: a child alone is not even missed -----------------------------------------------------
for victim in child worker all; do
    name="kill $victim"
    file=$victim.h5 words=
    touch mark
    [ "$victim" = child ] && launch "$file"
    for _ in $(seq 1 "$kills"); do
        [ "$victim" = child ] || launch "$file"
        kept "$file" || break
        sleep 0.$((RANDOM % 3))
        case $victim in
        child) end $(processes --do-runs) ;;
        worker) end $(rank $((1 + RANDOM % 2)) "$file") ;;
        all) end $(processes "$file") ;;
        esac
        [ "$victim" = child ] || wait "$study"
        touch mark
    done
    if [ "$victim" = child ]; then
        wait "$study"
        ok "study goes on by itself" [ $? -eq 0 ]
        ok "its child died" [ "$("$program" why "$file" 0 | sed -n 's/^attempts *//p')" -gt 1 ]
    else
        [ -z "$(ls "$file.ckpt" 2>/dev/null)" ] || words='a checkpoint is kept of'
    fi
    ends_alike "$words" "$file"
done

# --- asked to stop, in a process of its own and in the rank ----------------------------------------
for isolate in process none; do
    name="TERM, isolate $isolate"
    file=$isolate.h5
    option="run.isolate=$isolate"
    for _ in $(seq 1 "$kills"); do
        touch mark
        launch "$file" --set "$option"
        kept "$file"
        touch mark
        SECONDS=0
        kill -TERM $(rank 1 "$file")
        wait "$study"
        ok "exit code" [ $? -eq 75 ]
        ok "in time" [ $SECONDS -lt 10 ]
        ok "checkpoint" kept "$file"
    done
    says 'given back unfinished|started and not finished' "$program" why "$file" "$(ls "$file.ckpt" | head -n 1 | cut -c 1-12)"
    ok "why knows of it" grep -q '^checkpoint .*goes on from it' said
    cp -r "$file.ckpt" "$isolate.copy"
    ends_alike 'a checkpoint is kept of' "$file" --set "$option"
done

# --- what is no checkpoint of a run -----------------------------------------------------------------
name=strangers
file=process.h5
cp -r process.copy "$file.ckpt"
echo mine >"$file.ckpt/notes"
ok "all are done" "$program" run grid.yaml -o "$file" --resume
ok "why knows of none" [ "$("$program" why "$file" 0 | grep -c ^checkpoint)" -eq 0 ]
ok "only those of finished runs are removed" [ "$(ls "$file.ckpt")" = notes ]
cp process.copy/* "$file.ckpt"
says '2 done' "$program" run grid.yaml -o "$file" --fresh
ok "--fresh begins afresh" [ "$(grep -c 'from .* checkpoint' said)" -eq 0 ]
cp -r process.copy other.h5.ckpt
says 'ignored: it was made with analysis.pca true, and this is analysis.pca false' \
    "$program" run grid.yaml -o other.h5 --set analysis.pca=false
ok "and removed" [ ! -e other.h5.ckpt ]
cp -r process.copy damaged.h5.ckpt
for f in damaged.h5.ckpt/*; do printf x | dd of="$f" bs=1 seek=5000 conv=notrunc status=none; done
says 'ignored: it is damaged' "$program" run grid.yaml -o damaged.h5
ok "digest" [ "$(digest damaged.h5)" = "$expected" ]
echo file >blocked.h5.ckpt
says 'no checkpoint: blocked.h5.ckpt: cannot be used as a folder: Not a directory' \
    "$program" run grid.yaml -o blocked.h5 --where 'seed == 1'

finish
