#!/usr/bin/env bash
# launcher: what a launcher and a terminal do to the program: every verb, and a bad command line, is told
# once and not once a rank; losing the terminal (SIGHUP) stops a study so that it can be resumed, nohup is obeyed,
# and a reader of the progress that goes away (SIGPIPE) ends nothing.
#   tests/system/launcher.sh [PROGRAM]        default: build/hmmgrid
# MPIRUN overrides the launcher. Every wait has a limit; only processes started here are signalled.
set -u
program=$(realpath "${1:-build/hmmgrid}")
root_flag=
[ "$(id -u)" = 0 ] && root_flag=--allow-run-as-root
mpirun=${MPIRUN:-mpirun --oversubscribe --bind-to none $root_flag}
dir=$(mktemp -d "${TMPDIR:-/tmp}/launcher.XXXXXX")
trap 'rm -rf "$dir"' EXIT
cd "$dir" || exit 1
passed=0 failed=0
unset HMMGRID_LOG

cat > grid.yaml <<'YAML'
version: 1
study: launcher
defaults:
  data:    {sequences: 300, length: 10}
  rnn:     {hidden: 8, noise_dim: 4}
  train:   {epochs: 60, batch: 100}
  measure: {sequences: 100, floor_draws: 2}
analysis: false
grid:
  chain:
    set: {hmm.states: 2}
seeds: [0, 1, 2]
YAML

check() { # check WHAT ACTUAL EXPECTED
    if [ "$2" = "$3" ]; then passed=$((passed + 1))
    else failed=$((failed + 1)); echo "FAILED  $1: $2, expected $3"; sed 's/^/    /' log | tail -8; fi
}

# --- a bad command line -----------------------------------------------------------------------------
for words in "run grid.yaml --no-such-option" "run" "run grid.yaml -o" "rnu grid.yaml" ""; do
    # shellcheck disable=SC2086
    timeout 60 $mpirun -n 3 "$program" $words > log 2>&1
    check "'$words': exit code" $? 2
    check "'$words': told once" "$(grep -cE 'hmmgrid: error|^usage: hmmgrid' log)" 1
done
for variable in OMPI_COMM_WORLD_RANK PMIX_RANK PMI_RANK SLURM_PROCID; do
    env -u OMPI_COMM_WORLD_RANK -u PMIX_RANK -u PMI_RANK $variable=2 "$program" run -Z > log 2>&1
    check "$variable=2: exit code" $? 2
    check "$variable=2: silent" "$(wc -l < log)" 0
    env -u OMPI_COMM_WORLD_RANK -u PMIX_RANK -u PMI_RANK $variable=0 "$program" run -Z > log 2>&1
    check "$variable=0: speaks" "$(grep -c 'unknown option' log)" 1
done
timeout 60 $mpirun -n 3 "$program" run grid.yaml -o x.h5 --set no.such=1 --progress none > log 2>&1
check "a bad setting: exit code" $? 65
check "a bad setting: told once" "$(grep -c 'hmmgrid: error' log)" 1

# --- every verb prints once and has one code, as alone --------------------------------------------------
"$program" run grid.yaml -o s.h5 --progress none --set train.epochs=2 > log 2>&1
check "a study: exit code" $? 0
rm -f s.h5.status.json # it tells the time
for words in "check grid.yaml" "check no.yaml" "plan grid.yaml" "plan grid.yaml --where seed=7" "status s.h5" \
    "summary s.h5" "summary s.h5 --by nix" "why s.h5 1" "why s.h5 9" "verify s.h5" "repro s.h5 1" "--help" \
    "help metrics" "--version" "export s.h5 1 -o w.h5" "export s.h5 1 -o w.h5" \
    "analyse w.h5 -o a.h5 --set analysis.steps=500"; do
    rm -f alone.h5
    # shellcheck disable=SC2086
    "$program" ${words/-o ?.h5/-o alone.h5} > alone 2> alone.err
    code=$?
    case $words in export*) [ -e w.h5 ] && code=73 ;; esac
    # shellcheck disable=SC2086
    timeout 60 $mpirun -n 3 "$program" $words > log 2> err
    check "'$words' by 3 ranks: exit code" $? $code
    check "'$words' by 3 ranks: printed as by one" "$(diff alone log | head -3)" ""
    check "'$words' by 3 ranks: errors as by one" "$(grep -c 'hmmgrid: ' err)" \
        "$([ $code = 73 ] && echo 1 || grep -c 'hmmgrid: ' alone.err)"
done

# --- a terminal that goes away ----------------------------------------------------------------------
wait_running() { # wait_running FILE.h5 PID: until a run is on
    for _ in $(seq 1 600); do
        grep -q '"running": [1-9]' "$1.status.json" 2> /dev/null && return 0
        kill -0 "$2" 2> /dev/null || return 1
        sleep 0.05
    done
    return 1
}
long="--set train.epochs=1000000" # hours: it is stopped long before

# The study is a child of env, which sets SIGHUP as asked and becomes the program.
for n in 1 3; do
    launcher=
    [ $n = 3 ] && launcher="$mpirun -n 3"
    rm -f hup.h5*
    # shellcheck disable=SC2086
    timeout --foreground -k 5 120 env --default-signal=HUP $launcher "$program" run grid.yaml \
        -o hup.h5 --progress plain $long > log 2>&1 &
    study=$!
    wait_running hup.h5 $study
    check "SIGHUP, $n ranks: a run is on" $? 0
    # rank 0, by the file that it holds locked
    kill -HUP "$(sed -n 's/.*pid \([0-9]*\).*/\1/p' hup.h5.lock)"
    wait $study
    check "SIGHUP, $n ranks: exit code" $? 75
    check "SIGHUP, $n ranks: it says why" "$(grep -c 'stopping: SIGHUP received' log)" 1
    check "SIGHUP, $n ranks: no rank is left" "$(ls hup.h5.lock hup.h5.alive 2> /dev/null)" ""
done

timeout --foreground -k 5 120 env --ignore-signal=HUP "$program" run grid.yaml -o nohup.h5 \
    --progress plain $long > log 2>&1 &
study=$!
wait_running nohup.h5 $study
check "nohup: a run is on" $? 0
pid=$(sed -n 's/.*pid \([0-9]*\).*/\1/p' nohup.h5.lock)
kill -HUP "$pid"
sleep 1
kill -TERM "$pid"
wait $study
check "nohup: exit code" $? 75
check "nohup: SIGHUP was ignored" "$(grep -c 'stopping: SIGTERM received' log)" 1

# --- a reader that goes away --------------------------------------------------------------------------
{ timeout 120 "$program" run grid.yaml -o pipe.h5 --progress json 2>&1 > out; echo $? > code; } |
    head -n 1 > log
check "a closed pipe: the first line came" "$(grep -c '"event":"start"' log)" 1
check "a closed pipe: exit code" "$(cat code)" 0
check "a closed pipe: all runs are done" "$(grep -c '"done": 3' pipe.h5.status.json)" 1

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
