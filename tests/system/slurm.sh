#!/usr/bin/env bash
# slurm: the templates of slurm/ on a real Slurm that this test starts and ends. Studies longer than
# their job may be become complete by themselves, with the digest of an undisturbed one; those that
# cannot go on say so and are not started again.
# usage: tests/system/slurm.sh path/to/hmmgrid
# Where a Slurm cannot start: "skipped: WHY".
set -u
program=$(realpath "$1")
templates=$(realpath slurm)
. tests/support/ok.sh
. tests/support/slurm.sh
trap 'slurm_stop; rm -rf "$work"' EXIT

# --- what can be seen without one -------------------------------------------------------------------
if command -v shellcheck >/dev/null; then
    ok "shellcheck" shellcheck "$templates"/*.sbatch
else
    echo "skipped: shellcheck: it is not there"
fi
if ! slurm_start "$work" >"$work/why" 2>&1; then
    echo "skipped: the jobs: $(tr '\n' ' ' <"$work/why" | cut -c 1-300)"
    finish
    exit
fi

# --- studies ------------------------------------------------------------------------------------------
export PATH=$work/bin:$PATH TMPDIR=$work
export OMPI_ALLOW_RUN_AS_ROOT=1 OMPI_ALLOW_RUN_AS_ROOT_CONFIRM=1 OMPI_MCA_hwloc_base_binding_policy=none
mkdir "$work/bin"
ln -s "$program" "$work/bin/hmmgrid"

grid() { # grid SEEDS EPOCHS: two runs a seed, of about 3 s for 1000 epochs
    cat <<Y
version: 1
study: slices
defaults:
  data:    {sequences: 1500, length: 20}
  rnn:     {hidden: 24, noise_dim: 8}
  train:   {epochs: $2, batch: 500}
  measure: {sequences: 200, floor_draws: 2}
analysis: false
grid:
  chain:
    product: {hmm.states: [2, 3]}
seeds: {start: 0, count: $1}
run: {reserve: 5s, checkpoint: 1s}
Y
}

# folder NAME SEEDS EPOCHS: to work in, with a grid
folder() {
    mkdir "$work/$1" && back "$1"
    grid "$2" "$3" >grid.yaml
}
back() { # back NAME: into that folder again
    name=$1
    cd "$work/$1" || exit 2
}

# sent TEMPLATE [FLAG...]: its job; as the template stands, but for the flags
sent() { sbatch --parsable "${@:2}" "$templates/$1.sbatch"; }

field() { hmmgrid status "${2:-study.h5}" --json 2>/dev/null | sed -n "s/^\"$1\": \"*\([^\",]*\).*/\1/p"; }
digest() { hmmgrid verify "$1" 2>/dev/null | sed -n 's/.*digest //p'; }
job() { scontrol show job -o "$1" 2>/dev/null | sed -n "s/.*\\b$2=\([^ ]*\).*/\1/p"; }

has_ended() { case $(job "$1" JobState) in COMPLETED | FAILED | TIMEOUT | CANCELLED | NODE_FAIL) ;; *) false ;; esac; }
is_on() { # is_on JOB RESTARTS: in this slice, in the middle of a run, when others have ended or were kept
    [ "$(job "$1" Restarts)" = "$2" ] && [ "$(job "$1" JobState)" = RUNNING ] && [ "$(field live)" = true ] &&
        [ "$(field running)" -gt 0 ] && ls study.h5.ckpt/*.ckpt
}
wait_for() { slurm_wait 600 "$@"; }

# became JOB STATE RESTARTS CODE: how it ended
became() {
    wait_for has_ended "$1"
    local is
    is="$(job "$1" JobState) $(job "$1" Restarts) $(job "$1" ExitCode)"
    [ "$is" = "$2 $3 $4:0" ] && return
    echo "job $1: $is, not $2 $3 $4:0"
    tail -n 20 ./*-"$1".log
    false
}
same() { [ "$(digest "${1:-study.h5}")" = "$(digest whole.h5)" ] || { hmmgrid verify "${1:-study.h5}"; false; }; }
logged() { grep -E -- "$2" ./*-"$1".log || { cat ./*-"$1".log; false; }; }

# --- every template, as it stands ------------------------------------------------------------------------
folder one-node 1 100
one=$(sent one-node --ntasks=3 --time=5)
folder several-nodes 1 100
# both nodes have the name of this machine: no shared memory between some ranks of it
several=$(OMPI_MCA_btl=tcp,self OMPI_MCA_btl_tcp_if_include=lo sent several-nodes --nodes=2 --ntasks-per-node=2 --time=5)

folder requeue 2 1200
requeue=$(sent requeue --ntasks=2 --time=10)
report=$(sent report --dependency=afterany:"$requeue" --time=5)
wait_for is_on "$requeue" 0
ok "USR1, as before the end of a slice" scancel -b -s USR1 "$requeue"
wait_for is_on "$requeue" 1
ok "scontrol requeue" scontrol requeue "$requeue"
wait_for is_on "$requeue" 2
ok "USR1 in the third slice" scancel -b -s USR1 "$requeue"
hmmgrid run grid.yaml -o whole.h5 --progress none
ok "the study ends by itself" became "$requeue" COMPLETED 3 0
ok "as an undisturbed one" same
ok "the job says that it goes on" logged "$requeue" 'exit code 75: once more into the queue'
ok "the report comes afterwards" became "$report" COMPLETED 0 0
ok "of the whole study" logged "$report" 'study slices: complete'
ok "and stays" test -s study.summary.txt

back one-node
ok "it ends" became "$one" COMPLETED 0 0
ok "complete" logged "$one" '2 done, 0 failed'
back several-nodes
ok "it ends" became "$several" COMPLETED 0 0
ok "complete" logged "$several" '2 done, 0 failed'
finish
