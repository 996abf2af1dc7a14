#!/usr/bin/env bash
# slurm: the templates of slurm/ on a real Slurm that this test starts and ends. Studies longer than
# their job may be become complete by themselves, with the digest of an undisturbed one; those that
# cannot go on say so and are not started again.
# usage: tests/system/slurm.sh path/to/hmmgrid [all]    all: also what takes minutes
# Where a Slurm cannot start: "skipped: WHY".
set -u
program=$(realpath "$1") long=${2:-}
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
slurm_or_skip

# --- studies ------------------------------------------------------------------------------------------
export PATH=$work/bin:$PATH
mkdir "$work/bin"
ln -s "$program" "$work/bin/hmmgrid"

# folder NAME SEEDS EPOCHS: to work in, with a grid
folder() {
    mkdir "$work/$1" && back "$1"
    slurm_grid "$2" "$3" >grid.yaml
}
back() { # back NAME: into that folder again
    name=$1
    cd "$work/$1" || exit 2
}

# sent TEMPLATE [FLAG...]: its job; as the template stands, but for the flags
sent() { sbatch --parsable "${@:2}" "$templates/$1.sbatch"; }
# changed TEMPLATE EDIT [FLAG...]: the same, with an edit of sed
changed() { sed "$2" "$templates/$1.sbatch" >job.sbatch && sbatch --parsable "${@:3}" job.sbatch; }

field() { hmmgrid status "${2:-study.h5}" --json 2>/dev/null | sed -n "s/^\"$1\": \"*\([^\",]*\).*/\1/p"; }
digest() { hmmgrid verify "$1" 2>/dev/null | sed -n 's/.*digest //p'; }
is_on() { # is_on JOB RESTARTS: in this slice, in the middle of a run, when one was kept
    [ "$(slurm_job "$1" Restarts)" = "$2" ] && [ "$(slurm_job "$1" JobState)" = RUNNING ] && [ "$(field live)" = true ] &&
        [ "$(field running)" -gt 0 ] && ls study.h5.ckpt/*.ckpt
}
wait_for() { slurm_wait 1800 "$@"; }

# became JOB STATE RESTARTS [CODE]: how it ended, a pattern
became() {
    wait_for slurm_has_ended "$1"
    local is
    is="$(slurm_job "$1" JobState) $(slurm_job "$1" Restarts) $(slurm_job "$1" ExitCode)"
    [[ $is =~ ^$2\ $3\ ${4:-.*}:[0-9]*$ ]] && return
    echo "job $1: $is, not $2 $3 ${4:-}"
    tail -n 20 ./*[.-]"$1".log
    false
}
same() { [ "$(digest "${1:-study.h5}")" = "$(digest whole.h5)" ] || { hmmgrid verify "${1:-study.h5}"; false; }; }
logged() { grep -E -- "$2" ./*[.-]"$1".log || { cat ./*[.-]"$1".log; false; }; }

# --- every template, as it stands ------------------------------------------------------------------------
folder one-node 1 100
one=$(sent one-node --ntasks=3 --time=5)
folder several-nodes 1 100
# both nodes have the name of this machine: no shared memory between some ranks of it
several=$(OMPI_MCA_btl=tcp,self OMPI_MCA_btl_tcp_if_include=lo sent several-nodes --nodes=2 --ntasks-per-node=2 --time=5)

folder array 4 100
array=$(sent array-of-shares --time=5)
says 'study.h5.sbatch' hmmgrid submit grid.yaml -o study.h5 -n --profile "$templates/profile.yaml"

folder requeue 2 1200
requeue=$(sent requeue --ntasks=2 --time=10)
report=$(sent report --dependency=afterany:"$requeue" --time=5)
wait_for is_on "$requeue" 0
ok "USR1, as before the end of a slice" scancel -b -s USR1 "$requeue"

# --- those that cannot go on, meanwhile ------------------------------------------------------------------
folder reserve 1 100
reserve=$(changed requeue 's/^arguments=.*/arguments=(--resume --reserve 3min)/' --ntasks=2 --time=1)
folder epoch 1 100 # which takes minutes
epoch=$(changed requeue 's/^arguments=.*/arguments=(--resume --set data.sequences=300000 --set rnn.hidden=400)/' --ntasks=1 --time=5)
folder hangs 1 100
printf '#!/bin/sh\ntrap "" USR1\ntouch started\nwhile :; do sleep 1; done\n' >launcher
chmod +x launcher
hangs=$(changed requeue 's/^launch=.*/launch=(.\/launcher)/; s/^end_within=.*/end_within=2/' --ntasks=1 --time=5)
wait_for test -e started
ok "USR1" scancel -b -s USR1 "$hangs"
back epoch
begun() { [ "$(field running)" = 1 ]; }
wait_for begun
ok "USR1" scancel -b -s USR1 "$epoch"

back requeue
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
ok "and a page" test -s study.report/index.html

back one-node
ok "it ends" became "$one" COMPLETED 0 0
ok "complete" logged "$one" '2 done, 0 failed'
back several-nodes
ok "it ends" became "$several" COMPLETED 0 0
ok "complete" logged "$several" '2 done, 0 failed'
back array
for share in {1..8}; do
    ok "share $share ends" became "${array}_$share" COMPLETED 0 0
    ok "one run" test "$(field "done" "study-$share.h5")" = 1
done
hmmgrid run grid.yaml -o whole.h5 --progress none
ok "merge" hmmgrid merge study-[0-9]*.h5 -o study.h5
ok "as an undivided one" same
back reserve
ok "it ends, and is not started again" became "$reserve" FAILED 0 2
ok "it says why" logged "$reserve" 'run.reserve keeps 3m.* of that'
ok "and that it does not go on" logged "$reserve" 'exit code 2: not started again'
back epoch
ok "it ends, and is not started again" became "$epoch" FAILED 0 75
ok "it says why" logged "$epoch" 'since its start no run ended, and the checkpoints hold no more'
back hangs
ok "it ends, and is not started again" became "$hangs" FAILED 0 137

# --- what takes minutes: real time limits -------------------------------------------------------------------
if [ "$long" ]; then
    edge=(--time=1 --signal=B:USR1@20 --ntasks=2) # a minute: of 60 to 90 s
    folder mpirun 30 1000 # three times the limit; nobody knows the time but Slurm, which sends USR1
    mpirun=$(changed requeue 's/^launch=.*/launch=(mpirun)/; s/^arguments=.*/arguments=(--resume --deadline 24h)/' "${edge[@]}")
    folder one-long-run 1 50000
    run=$(changed requeue 's/^arguments=.*/arguments=(--resume --where "run == 0")/' "${edge[@]}")
    folder walltime 30 1000 # nobody told the time
    walltime=$(HMMGRID_DEADLINE=24h sent one-node --ntasks=2 --time=1)

    folder short-shares 4 1000
    share=$(HMMGRID_DEADLINE=15s changed array-of-shares 's/^shares=.*/shares=2/' --array=2 --time=10)
    ok "a share goes on" became "${share}_2" COMPLETED '[1-9][0-9]*' 0

    folder scancel 4 1000
    cancelled=$(sent one-node --ntasks=2 --time=5)
    wait_for is_on "$cancelled" 0
    ok "scancel" scancel "$cancelled"
    ok "it ends" became "$cancelled" CANCELLED 0
    ok "something is left" test "$(field pending)" -gt 0
    again=$(sent one-node --ntasks=2 --time=5)
    folder shares 4 1000
    shares=$(changed array-of-shares 's/^shares=.*/shares=4/' --array=1-4 --time=10)
    share_is_on() { [ "$(field running study-3.h5)" -gt 0 ]; }
    wait_for share_is_on
    ok "scancel" scancel "${shares}_3"
    ok "it ends" became "${shares}_3" CANCELLED 0
    lost=$(sbatch --parsable --array=3 --time=10 job.sbatch)
    folder slurmd 4 1000
    node=$(sent requeue --ntasks=2 --time=10 --nodelist=two)
    wait_for is_on "$node" 0
    kill -KILL "${pid_of_two:?}"
    is_down() { sinfo -h -n two -o %t | grep -q down; }
    wait_for is_down
    slurm_node two
    ok "it ends on a node that was down" became "$node" COMPLETED '[12]' 0
    hmmgrid run grid.yaml -o whole.h5 --progress none
    ok "as an undisturbed one" same
    cp whole.h5 ../scancel
    cp whole.h5 ../shares
    back shares
    for share in "${shares}"_{1,2,4} "${lost}_3"; do ok "share $share ends" became "$share" COMPLETED 0 0; done
    ok "merge" hmmgrid merge study-[1-4].h5 -o study.h5
    ok "as an undivided one" same
    back scancel
    ok "sent again it ends" became "$again" COMPLETED 0 0
    ok "as an undisturbed one" same

    back walltime
    ok "it ends" became "$walltime" TIMEOUT 0
    ok "something is left" test "$(field pending)" -gt 0
    again=$(sent one-node --ntasks=2 --time=10)
    back mpirun
    ok "the study ends by itself" became "$mpirun" COMPLETED '([2-9]|[1-9][0-9])' 0
    back one-long-run
    ok "the study ends by itself" became "$run" COMPLETED '[1-9][0-9]*' 0
    hmmgrid run grid.yaml -o whole.h5 --progress none --where 'run == 0'
    ok "as an undisturbed one" same
    back walltime
    ok "sent again it ends" became "$again" COMPLETED 0 0
    hmmgrid run grid.yaml -o whole.h5 --progress none
    cp whole.h5 ../mpirun
    for which in walltime mpirun; do
        back $which
        ok "as an undisturbed one" same
    done
    for which in mpirun one-long-run slurmd; do
        back $which
        echo "$which: $(grep -c 'once more' ./*.log) requeues by itself, $(field core_hours) core-hours"
    done
fi
finish
