#!/bin/bash
# kill_resume: a study that is killed, interrupted or doubled, then resumed, ends with the digest of
# an undisturbed one, and every way to end has its exit code, also through mpirun.
#   kill_resume.sh HMMGRID [ROUNDS [TEST_STUDY]]
# ROUNDS of kills of each sort, default 1; TEST_STUDY: the program of tests/mpi/test_study.c, for a
# run that kills its rank every time.
# MPIRUN overrides the launcher. Every wait has a limit; only processes started here are ended.
set -u
hmmgrid=$(realpath "${1:?usage: kill_resume.sh HMMGRID [ROUNDS [TEST_STUDY]]}")
rounds=${2:-1}
test_study=${3:+$(realpath "$3")}
root_flag=
[ "$(id -u)" = 0 ] && root_flag=--allow-run-as-root
dir=$(mktemp -d "${TMPDIR:-/tmp}/kill_resume.XXXXXX")
# killed ranks leave shared memory files behind: below $dir they go with it
mpirun=${MPIRUN:-mpirun --oversubscribe --bind-to none --mca btl_vader_backing_directory $dir $root_flag}
cd "$dir" || exit 1
passed=0 failed=0
trap 'rm -rf "$dir"' EXIT

cat > grid.yaml <<'YAML'
version: 1
study: kill-resume
defaults:
  data:    {sequences: 1500, length: 20}
  rnn:     {hidden: 24, noise_dim: 8}
  train:   {epochs: 150, batch: 500}
  measure: {sequences: 200, floor_draws: 2}
analysis: false
grid:
  chain:
    zip: {hmm.states: [2, 3], rnn.hidden: [24, 32]}
  cyclic:
    set: {hmm.architecture: cyclic, hmm.states: 4}
seeds: [0, 1, 2, 3]
run: {retries: 100, reserve: 0s}
YAML

check() { # check WHAT ACTUAL EXPECTED
    if [ "$2" = "$3" ]; then passed=$((passed + 1)); echo "ok      $1"
    else failed=$((failed + 1)); echo "FAILED  $1: $2, expected $3"; sed 's/^/    /' log | tail -8; fi
}

field() { # field FILE.h5 KEY: a number of the status file
    sed -n "s/^\"$2\": \\([0-9]*\\).*/\\1/p" "$1.status.json" 2> /dev/null
}

digest() { "$hmmgrid" verify "$1" 2>> log | sed -n 's/.*digest \([0-9a-f]\{16\}\).*/\1/p'; }

launch() { # launch RANKS FILE.h5 [OPTIONS]: in the background; pid in $study
    local ranks=$1 file=$2
    shift 2
    timeout --foreground -k 5 300 $mpirun -n "$ranks" "$hmmgrid" run grid.yaml -o "$file" \
        --progress plain "$@" > log 2>&1 &
    study=$!
}

wait_done() { # wait_done FILE.h5 N: until N runs are done and one is running
    for _ in $(seq 1 600); do
        [ "$(field "$1" done)" -ge "$2" ] 2> /dev/null && [ "$(field "$1" running)" -ge 1 ] && return 0
        kill -0 "$study" 2> /dev/null || return 1
        sleep 0.05
    done
    return 1
}

ranks_of() { # ranks_of FILE.h5: "rank pid" of the processes of this study
    # one grep over all processes: on a busy machine the study would end before each was looked at
    local p rank
    for p in $(grep -lsxzF -- "$1" /proc/[0-9]*/cmdline); do
        p=${p%/cmdline}
        [ "$(readlink "$p/exe" 2> /dev/null)" = "$hmmgrid" ] && [ "$(readlink "$p/cwd")" = "$dir" ] || continue
        rank=$(tr '\0' '\n' < "$p/environ" 2> /dev/null | sed -n 's/^OMPI_COMM_WORLD_RANK=//p')
        echo "${rank:-0} ${p#/proc/}"
    done
}

pid_of_rank() { ranks_of "$1" | awk -v r="$2" '$1 == r {print $2}'; }

mpirun_pid() { # the launcher that `timeout` started
    grep -lsE "^PPid:[[:space:]]+$study\$" /proc/[0-9]*/status | head -n 1 | cut -d / -f 3
}

finish() { wait "$study"; rc=$?; }

gone() { # until no process of the study is left
    for _ in $(seq 1 200); do [ -z "$(ranks_of "$1")" ] && return 0; sleep 0.1; done
    return 1
}

resume() { # resume WHAT FILE.h5: to the end; compares the digest
    timeout 300 $mpirun -n 3 "$hmmgrid" run grid.yaml -o "$2" --resume --progress plain > log 2>&1
    check "$1: resumed study completes" $? 0
    check "$1: digest" "$(digest "$2")" "$reference"
}

# --- the undisturbed study, by one process and by three --------------------------------------------
timeout 300 "$hmmgrid" run grid.yaml -o alone.h5 --progress none > log 2>&1
check "one process completes" $? 0
reference=$(digest alone.h5)
check "it has a digest" "${#reference}" 16
[ ${#reference} -eq 16 ] || { echo "nothing to compare with: $passed passed, $failed failed"; exit 1; }
for n in 2 3; do
    timeout 300 $mpirun -n $n "$hmmgrid" run grid.yaml -o ranks$n.h5 --progress none > log 2>&1
    check "$n ranks complete" $? 0
    check "$n ranks: digest" "$(digest ranks$n.h5)" "$reference"
done

# --- killed without warning -------------------------------------------------------------------------
for round in $(seq 1 "$rounds"); do
    for victim in worker coordinator mpirun all; do
        file=kill-$victim-$round.h5
        launch 3 "$file"
        wait_done "$file" $((1 + RANDOM % 6)) || { check "$victim: study runs" no yes; continue; }
        case $victim in
        worker) kill -9 "$(pid_of_rank "$file" $((1 + RANDOM % 2)))" ;;
        coordinator) kill -9 "$(pid_of_rank "$file" 0)" ;;
        mpirun) kill -9 "$(mpirun_pid)" ;;
        all) kill -9 "$(mpirun_pid)" $(ranks_of "$file" | awk '{print $2}') ;;
        esac
        finish
        before=$(field "$file" done)
        [ $rc -ne 0 ]
        check "kill $victim: mpirun tells" $? 0
        resume "kill $victim" "$file"
        check "kill $victim: more was left to do" "$((before < 12))" 1
        gone "$file"
        check "kill $victim: no rank is left over" $? 0
    done
done

# --- a run that kills its rank every time -----------------------------------------------------------
for time in ${test_study:+1 2 3}; do
    timeout 100 $mpirun -n 3 "$test_study" "$dir" dies > log 2>&1
    ended=$((! $?))
    check "killer, study $time: ends by itself" $ended $((time == 3))
done

# --- asked to stop ----------------------------------------------------------------------------------
stop_test() { # stop_test WHAT FILE.h5 SIGNAL PID
    kill "-$3" "$4"
    finish
    check "$1: exit code" $rc 75
    "$hmmgrid" status "$2" > status.txt 2>&1
    check "$1: status says so" "$(grep -c interrupted status.txt)" 1
    resume "$1" "$2"
}

launch 3 usr1.h5
wait_done usr1.h5 1
stop_test "USR1 to mpirun" usr1.h5 USR1 "$(mpirun_pid)"

launch 3 term.h5
wait_done term.h5 1
stop_test "TERM to a worker" term.h5 TERM "$(pid_of_rank term.h5 2)"

launch 3 int.h5
wait_done int.h5 1
stop_test "INT to rank 0" int.h5 INT "$(pid_of_rank int.h5 0)"

timeout --foreground 300 "$hmmgrid" run grid.yaml -o serial.h5 --progress plain > log 2>&1 &
study=$!
wait_done serial.h5 1
stop_test "TERM to one process" serial.h5 TERM "$(pid_of_rank serial.h5 0)"

# longer runs, so that a busy machine begins before the deadline and a quick one is not done by then
launch 3 late.h5 --deadline 5s --set train.epochs=600
finish
check "deadline: exit code" $rc 75
launch 3 late.h5 --resume --set train.epochs=600
finish
check "deadline: resumed study completes" $rc 0

# --- two studies on one file ------------------------------------------------------------------------
launch 3 twice.h5 --set train.epochs=600 --where 'seed in (0, 1)'
wait_done twice.h5 1
timeout 60 "$hmmgrid" run grid.yaml -o twice.h5 --progress none > second.txt 2>&1
check "second study is refused" $? 73
check "it is told the holder" "$(grep -c "pid $(pid_of_rank twice.h5 0)" second.txt)" 1
"$hmmgrid" status twice.h5 > status.txt 2>&1
check "status while it runs" "$(grep -c 'study kill-resume: running (host' status.txt)" 1
finish
check "first study completes" $rc 0

# --- exit codes through mpirun ----------------------------------------------------------------------
timeout 100 $mpirun -n 3 "$hmmgrid" run grid.yaml -o failing.h5 --progress none \
    --set train.epochs=20 --set train.learning_rate=10 --set train.clip_norm=0 --max-failures 100 > log 2>&1
check "all runs fail: exit code" $? 3
timeout 100 $mpirun -n 3 "$hmmgrid" run grid.yaml -o alone.h5 --progress none > log 2>&1
check "file exists: exit code" $? 73
timeout 100 $mpirun -n 3 "$hmmgrid" run missing.yaml -o x.h5 --progress none > log 2>&1
check "no grid: exit code" $? 66
echo 'version: 1' > bad.yaml
timeout 100 $mpirun -n 3 "$hmmgrid" run bad.yaml -o x.h5 --progress none > log 2>&1
check "bad grid: exit code" $? 65
check "and one error on all ranks" "$(grep -c 'hmmgrid: error' log)" 1

echo "$passed passed, $failed failed"
[ $failed -eq 0 ]
