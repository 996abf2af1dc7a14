#!/usr/bin/env bash
# endings: signals, deadlines, launchers and limits end a study, or do not, as they should.
# usage: tests/system/endings.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
grid=$(realpath tests/system/mistakes/tiny.yaml)
. tests/support/ok.sh
cd "$work" || exit 2

fresh() { "$program" run "$grid" -o study.h5 --fresh "$@"; }

# --- nothing can start: not 75, for which a batch script starts the same job again
ok "a deadline within the reserve" ends 2 'run.reserve keeps 3m' fresh --progress none --deadline 2min
ok "time for some" ends 75 'the deadline is near' fresh --progress plain --set train.epochs=100000 --deadline 8s --reserve 1s

# --- the end of the job, as its scheduler tells it
mkdir -p scheduler
cat >scheduler/squeue <<'S'
#!/bin/sh
[ "$*" = "-h -o %e -j 77" ] && cat answer
S
cat >scheduler/flux <<'S'
#!/bin/sh
[ "$*" = "job timeleft f7" ] && cat answer
S
printf '#!/bin/sh\nsleep 100\n' >scheduler/slow
chmod +x scheduler/*
# this MPI takes FLUX_JOB_ID for a real Flux
asks() { env OMPI_MCA_schizo=^flux OMPI_MCA_pmix=^flux PATH="$work/scheduler:$PATH" "$@" "$program" run "$grid" -o study.h5 --fresh --progress none; }
date -d '+100 seconds' +%Y-%m-%dT%H:%M:%S >answer
ok "squeue: 100 s left" ends 2 'run.reserve keeps 3m' asks SLURM_JOB_ID=77
date -d '+1 hour' +%Y-%m-%dT%H:%M:%S >answer
ok "squeue: an hour left" ends 0 '' asks SLURM_JOB_ID=77
echo N/A >answer
ok "squeue: no limit" ends 0 '' asks SLURM_JOB_ID=77
quiet() { "$@" 2>&1 | { ! grep .; }; }
ok "squeue: no limit, no word" quiet asks SLURM_JOB_ID=77
ok "squeue knows no such job" ends 0 'no deadline is known: squeue' asks SLURM_JOB_ID=78 SLURM_JOB_END_TIME=abc
ok "nor is it to -n" ends 0 'no deadline is known: squeue' env PATH="$work/scheduler:$PATH" SLURM_JOB_ID=78 \
    "$program" run -n "$grid"
echo 50.5 >answer
ok "flux: 50 s left" ends 2 'run.reserve keeps 3m' asks FLUX_JOB_ID=f7
ok "Slurm's variable" ends 2 'run.reserve keeps 3m' asks SLURM_JOB_END_TIME="$(date -d '+100 seconds' +%s)"
ok "a deadline that is given counts alone" ends 0 '' asks FLUX_JOB_ID=f7 HMMGRID_DEADLINE=2h
cp scheduler/slow scheduler/squeue
started=$SECONDS
ok "squeue does not answer" ends 0 'no deadline is known: squeue' asks SLURM_JOB_ID=77
[ $((SECONDS - started)) -le 15 ] || { failed=$((failed + 1)); echo "squeue was waited for $((SECONDS - started)) s"; }

# --- a launcher whose ranks do not find each other
ok "srun without PMI" ends 2 '3 tasks were started (SLURM_STEP_NUM_TASKS)' \
    env SLURM_STEP_NUM_TASKS=3 "$program" run "$grid" -o study.h5 --fresh
ok "another MPI's mpirun" ends 2 '4 tasks were started (PMI_SIZE)' env PMI_SIZE=4 "$program" run "$grid" -o study.h5 --fresh
mkdir -p empty
ok "alone, with nothing on the PATH" ends 0 '' env PATH="$work/empty" "$program" run "$grid" -o study.h5 --fresh --progress none

# --- limits
under() { timeout 60 bash -c 'ulimit $1 && shift && exec "$@"' . "$@"; } # under LIMIT COMMAND...
if ! ldd "$program" | grep -qE 'lib(a|t)san'; then
    for least in '-v 100000' '-v 300000' '-v 600000' '-d 20000' '-d 100000' '-d 300000' '-s 64' '-s 256' '-n 15'; do
        ok "ulimit $least" ends 2 "(ulimit ${least% *}); hmmgrid and its libraries need" under "$least" "$program" check "$grid"
    done
    ok "the least limits" ends 0 '' under '-v 800000 -d 400000 -s 1024 -n 64' "$program" run "$grid" -o study.h5 --fresh
fi
one=(run "$grid" -o study.h5 --progress plain --retries 0 --where 'seed == 0 and hmm.states == 2' --set)
ok "an orderly stop before the hard limit of processor time" ends 75 'SIGXCPU received' \
    under '-t 3' "$program" "${one[@]}" train.epochs=1000000 --fresh
ok "too little processor time for that" ends 2 'ulimit -t' under '-t 1' "$program" "${one[@]}" train.epochs=40000 --fresh
ok "blames no run" ends 0 '' "$program" "${one[@]}" train.epochs=40000 --resume

# --- signals
begin() { # in the background; its pid in $study
    "$program" run "$grid" -o study.h5 --fresh --progress plain --set train.epochs=1000000 >log 2>&1 </dev/null &
    study=$!
    ok "it is on" begun study.h5
}
for signal in USR1 USR2 XCPU TERM HUP INT; do
    rm -f study.h5.status.json
    # a background process of a script ignores SIGINT from the start
    set -m
    begin
    set +m
    kill -$signal "$study"
    wait "$study"
    code=$?
    if [ $code = 75 ] && grep -q "SIG$signal received" log; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "SIG$signal: the study ended with $code"
    fi
done
# a run's process that stands still: is ended with the right words, but not while it is to stop
begin_patient() {
    rm -f study.h5.status.json
    "$program" run "$grid" -o study.h5 --fresh --progress plain --set train.epochs=1000000 --set run.patience=1s \
        --retries 0 --max-failures 0 >told 2>&1 </dev/null &
    study=$!
    ok "it is on" begun study.h5
    kill -STOP "$(pgrep -P "$study" | head -n 1)"
}
begin_patient
wait "$study"
ok "a run's process that stands still" grep -qE 'no sign of life for 10[.0-9]* s, in which it took .* s of processor time \(run.patience is 1 s\)' told
begin_patient
sleep 3
ok "the run's silence is shown" grep -qE 'seen ([2-9]|1[0-9])[.0-9]* s ago' <("$program" status study.h5)
kill -TERM "$study"
wait "$study"
code=$?
ok "a stop comes before the patience" [ $code = 75 ]
ok "the run is not blamed" grep -q '0 failed' told
# before there is a file: the grid is held back
mkfifo held
"$program" run - -o new.h5 <held 2>early &
study=$!
exec 3>held
until [ $((0x$(sed -n 's/^SigCgt:\t//p' /proc/$study/status) >> 14 & 1)) = 1 ]; do sleep 0.02; done
kill -TERM $study
cat "$grid" >&3
exec 3>&-
wait $study
ok "a signal at the start" test $? = 75
ok "a signal at the start is named" grep -q 'SIGTERM received before a run was started' early
ok "a signal at the start leaves no file" test ! -e new.h5
ok "blocked by the parent" ends 75 'SIGXCPU received' env --block-signal=XCPU \
    timeout --preserve-status -s XCPU 3 "$program" "${one[@]}" train.epochs=1000000 --fresh
for signal in TERM INT; do
    rm -f study.h5.status.json
    set -m
    begin
    set +m
    kill -STOP "$(pgrep -P "$study" | head -n 1)" # its run gives no answer any more
    kill -$signal "$study"
    sleep 1
    kill -$signal "$study"
    wait "$study" 2>/dev/null
    code=$?
    wanted=$((128 + $(kill -l $signal)))
    if [ $code = $wanted ]; then passed=$((passed + 1)); else
        failed=$((failed + 1))
        echo "a second SIG$signal: the study ended with $code, not $wanted"
    fi
done
finish
