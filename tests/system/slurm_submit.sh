#!/usr/bin/env bash
# slurm_submit: `hmmgrid submit` on a real Slurm that this test starts and ends: sbatch reads back what
# the scripts say, a study goes on through requeues, and its report comes after it.
# usage: tests/system/slurm_submit.sh path/to/hmmgrid [all]
# all: also studies of three times the limit of a job, to their end, by srun and by mpirun: 15 minutes.
# Where a Slurm cannot start: "skipped: WHY".
set -u
program=$(realpath "$1")
. tests/support/ok.sh
. tests/support/slurm.sh
trap 'slurm_stop; rm -rf "$work"' EXIT
slurm_or_skip
cd "$work" || exit 2
export XDG_CONFIG_HOME=$work/config COLUMNS=80

is_on() { # is_on JOB FILE RESTARTS: in this slice, in the middle of a run that was kept
    [ "$(slurm_job "$1" Restarts)" = "$3" ] && [ "$(slurm_job "$1" JobState)" = RUNNING ] && ls "$2".ckpt/*.ckpt &&
        "$program" status "$2" --json | grep -q '"live": true'
}
ends_well() { # ends_well JOB LOG
    slurm_wait 1500 slurm_has_ended "$1"
    [ "$(slurm_job "$1" JobState) $(slurm_job "$1" ExitCode)" = "COMPLETED 0:0" ] && return
    echo "job $1: $(slurm_job "$1" JobState) $(slurm_job "$1" ExitCode)"
    tail -n 20 "$2"
    false
}
# submit [OPTION...]: $study and $report are its jobs
submit() {
    "$program" submit "$@" >said 2>&1 || { cat said; return 1; }
    study=$(sed -n 's/^job \([0-9]*\): .*[^d]$/\1/p;q' <(grep ^job said))
    report=$(sed -n 's/^job \([0-9]*\): .*has ended$/\1/p' said)
    cat said
}

# --- what sbatch reads in the scripts
slurm_grid 2 1200 >grid.yaml
words='it'\''s "x" \ $y #1 %j;'
ok "held" submit grid.yaml -o held.h5 --hold --comment="$words" -J 'a "b" c' --mail-type END -t 7 --no-report
ok "in a line" [ -n "$study" ]
scontrol show job "$study" >held
ok "its comment" grep -qxF "   Comment=$words " <(sed 's/ *$/ /' held)
ok "its name" grep -qF 'JobName=a "b" c' held
ok "its time" grep -q 'TimeLimit=00:07:00' held
ok "its tasks" grep -qE 'NumTasks=[35] ' held
ok "its memory" grep -q 'MinMemoryCPU=512M' held
ok "its log" grep -qF "StdOut=$work/held.h5.$study.log" held
ok "it may be requeued" grep -q 'Requeue=1' held
scancel "$study"
ok "no such partition" ends 73 'not taken, exit code 1' "$program" submit grid.yaml -o moon.h5 -p moon
ok "in Slurm's words" grep -q 'invalid partition specified: moon' err
ok "the partition's limit" grep -q '^# limit of partition all' <("$program" submit grid.yaml -o moon.h5 -n \
    --set train.epochs=1000000 --set data.sequences=30000 --set rnn.hidden=400)
says 'launcher: srun --mpi=pmix' "$program" submit --doctor
"$program" submit --doctor >proposed
ok "it is a profile" "$program" submit grid.yaml -o moon.h5 -n --profile proposed

# --- a study through requeues, and its report
"$program" run grid.yaml -o whole.h5 --progress none &
whole=$!
mkdir -p config/hmmgrid
cat >config/hmmgrid/slurm.yaml <<Y
sbatch: {signal: "B:USR1@30"}
setup: [export HMMGRID_FROM_PROFILE=yes, "echo from a profile: \$HMMGRID_FROM_PROFILE >&2"]
limit: {time: 10min, ntasks: 2}
Y
declare -A log
for launcher in srun mpirun; do
    name=$launcher
    mkdir -p "$launcher 's"
    file="$launcher 's/study.h5"
    ok "submit" submit grid.yaml -o "$file" --launcher $launcher
    log[$launcher]="$file.$study.log"
    ok "it begins" slurm_wait 120 is_on "$study" "$file" 0
    ok "USR1, as before the end of a slice" scancel -b -s USR1 "$study"
    declare "study_$launcher=$study" "report_$launcher=$report"
done
wait $whole
for launcher in srun mpirun; do
    name=$launcher study=study_$launcher report=report_$launcher
    file="$launcher 's/study.h5"
    ok "its end" ends_well "${!study}" "${log[$launcher]}"
    ok "in two slices or more" [ "$(slurm_job "${!study}" Restarts)" -ge 1 ]
    ok "the profile's lines" grep -q 'from a profile: yes' "${log[$launcher]}"
    ok "as an undisturbed one" [ "$(digest "$file")" = "$(digest whole.h5)" ]
    ok "its report" ends_well "${!report}" "$file.report.${!report}.log"
    ok "of the whole" grep -q 'study slices: complete' "$file.report.${!report}.log"
done

# --- three times the limit of a job
if [ "${2:-}" = all ]; then
    name=
    slurm_grid 1 70000 >long.yaml # some 400 s of one worker
    echo 'limit: {time: 2min, ntasks: 2}' >short.yaml
    "$program" run long.yaml -o long.h5 --progress none &
    whole=$!
    for launcher in srun mpirun; do
        ok "$launcher" submit long.yaml -o "long-$launcher.h5" --launcher $launcher --profile short.yaml
        declare "study_$launcher=$study" "report_$launcher=$report"
    done
    wait $whole
    for launcher in srun mpirun; do
        study=study_$launcher report=report_$launcher file=long-$launcher.h5
        ok "$launcher: its end" ends_well "${!study}" "$file.${!study}.log"
        ok "$launcher: in slices" [ "$(slurm_job "${!study}" Restarts)" -ge 3 ]
        ok "$launcher: as an undisturbed one" [ "$(digest "$file")" = "$(digest long.h5)" ]
        ok "$launcher: its report" ends_well "${!report}" "$file.report.${!report}.log"
        echo "$launcher: $(slurm_job "${!study}" Restarts) requeues under a limit of 2 minutes"
    done
fi
finish
