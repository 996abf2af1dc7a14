#!/usr/bin/env bash
# run: every test, as many at a time as there are cores, each under a timeout. Silent about what passes;
# of what fails it shows the end of the output and the command that runs it again by hand.
# usage: tests/run.sh BUILD [PATTERN]    from the top folder; PATTERN: only tests whose name matches
# V=1: a line a test. JOBS: how many at a time. BUILD/tests/logs keeps the output of each, and `times`.
# The last line reads "N passed, M failed".
set -u
build=$1 pattern=${2:-.}
program=$build/hmmgrid
log=$build/tests/logs
mkdir -p "$log"
jobs=${JOBS:-$(nproc)}
names=() slots=() limits=() commands=()
passed=0 failed=0 busy=0 running=()

# libmpi and hwloc leave memory behind at exit; a sanitizer would report that and nothing of ours
export ASAN_OPTIONS=${ASAN_OPTIONS:-detect_leaks=0} UBSAN_OPTIONS=${UBSAN_OPTIONS:-print_stacktrace=1}

mpi() { # mpi RANKS: the launcher, also as root and with more ranks than cores
    local root=
    [ "$(id -u)" -eq 0 ] && root=--allow-run-as-root
    echo "mpirun $root --oversubscribe --bind-to none -n $1"
}

# --- which tests ----------------------------------------------------------------------------------

# try NAME CORES SECONDS COMMAND: CORES that it keeps busy, `half` for one that mostly waits, `all` for
# one that must be alone. A slot is half a core.
room=$((2 * jobs))
try() {
    [[ $1 =~ $pattern ]] || return
    names+=("$1") limits+=("$3") commands+=("$4")
    case $2 in
    all) slots+=("$room") ;;
    half) slots+=(1) ;;
    *) slots+=($((2 * $2 < room ? 2 * $2 : room))) ;;
    esac
}

# those that wait for clocks and for Slurm
try endings half 300 "tests/system/endings.sh $program"
try compare half 300 "tests/system/compare.sh $program"
try list half 120 "tests/system/list.sh $program"
try terminal half 120 "tests/system/terminal.sh $program"
try report half 300 "tests/system/report.sh $program"
try paper half 120 "tests/system/paper.sh $program"
try usage half 300 "tests/system/usage.sh $program"
try on_end half 300 "tests/system/on_end.sh $program"
try standstill half 300 "tests/system/standstill.sh $program"
try paths half 300 "tests/system/paths.sh $program"
try slurm_submit half 600 "tests/system/slurm_submit.sh $program"
try slurm half 600 "tests/system/slurm.sh $program"
# those of one core, the longest first, so that the cores end together
# (`make soak` has the other three networks that were trained at full size)
try trained 1 600 "tests/system/trained.sh $program chain3-seed1"
try particles 1 600 "tests/system/particles.sh $program 3 fully3-seed1"
try same_bits 1 900 "tests/system/same_bits.sh $program"
try checkpoints half 600 "tests/system/checkpoints.sh $program"
try launcher half 600 "tests/system/launcher.sh $program"
try valgrind_study 1 600 "tests/system/valgrind.sh $program study"
try test_store_refusals 1 600 "$build/tests/test_store_refusals"
try analyse 1 900 "tests/system/analyse.sh $program"
try nulls 1 300 "tests/system/nulls.sh $program 2"
try latch 1 120 "tests/system/latch.sh $program"
try recompute 1 300 "tests/system/recompute.sh $program"
try weights 1 300 "tests/system/weights.sh $program"
try read_back 1 900 "tests/system/read_back.sh $program"
try recipes 1 300 "tests/system/recipes.sh $build verb+metric+analysis+family+setting"
for unit in "$build"/tests/test_*; do
    case $unit in
    *.d | */test_study* | */test_store_mpi | */test_store_refusals) ;;
    *) try "$(basename "$unit")" 1 600 "$unit" ;;
    esac
done
try fuzz 1 120 "tests/fuzz/run.sh $build 2"
try control 1 300 "tests/system/control.sh $program"
try cells 1 300 "tests/system/cells.sh $program"
try command_line 1 300 "tests/system/cli.sh $program"
try altered 1 300 "tests/system/altered.sh $program"
try mistakes 1 300 "tests/system/mistakes.sh $program"
try bad_grids 1 600 "tests/system/bad_grids.sh $program"
try diverged 1 300 "tests/system/diverged.sh $program"
try constant 1 120 "tests/system/constant.sh $program"
try grid 1 300 "tests/system/grid.sh $program"
try start 1 120 "tests/system/start.sh $program"
try status 1 300 "tests/system/status.sh $program"
try diff 1 300 "tests/system/diff.sh $program"
try replay 1 300 "tests/system/replay.sh $program"
try dry_run 1 300 "tests/system/dry_run.sh $program"
try columns 1 300 "tests/system/columns.sh $program"
try no_memory 1 600 "tests/system/no_memory.sh $program $build/tests/fail_malloc.so 193"
try submit 1 300 "tests/system/submit.sh $program"
try reset 1 300 "tests/system/reset.sh $program"
try longer 1 300 "tests/system/longer.sh $program"
try merge 1 300 "tests/system/merge.sh $program"
try old_files 1 300 "tests/system/old_files.sh $program"
try library 1 300 "tests/system/library.sh $build"
try house 1 60 tests/system/house.sh
# those of several ranks
for ranks in 1 2 4; do
    try "store_mpi_$ranks" $ranks 300 "$(mpi $ranks) $build/tests/test_store_mpi"
done
for ranks in 1 2 3 4; do
    try "study_$ranks" $ranks 600 "$(mpi $ranks) $build/tests/test_study"
    try "study_stop_$ranks" $ranks 600 "$(mpi $ranks) $build/tests/test_study_stop"
    try "study_deaths_$ranks" $ranks 600 "$(mpi $ranks) $build/tests/test_study_deaths"
done
try full_disk 1 600 "tests/system/full_disk.sh $program $build/tests/fail_writes.so 90"
try kill_resume all 1200 "tests/system/kill_resume.sh $program 1 $build/tests/test_study"

# --- running them ----------------------------------------------------------------------------------

# perform I: in a process of its own; leaves code, seconds and processor seconds in logs/NAME.end
perform() {
    local name=${names[$1]} started=$SECONDS code
    timeout -k 10 "${limits[$1]}" bash -c "${commands[$1]}" >"$log/$name" 2>&1 </dev/null &
    # shellcheck disable=SC2064
    trap "kill $!" TERM
    wait $!
    code=$?
    times >"$log/$name.times" # the second line: of what it waited for, as 1m2.345s 0m0.123s
    awk -v code=$code -v wall=$((SECONDS - started)) 'NR == 2 {
        for (i = 1; i <= 2; i++) { split($i, t, /[ms]/); cpu += 60 * t[1] + t[2] }
        printf "%d %d %.1f\n", code, wall, cpu }' "$log/$name.times" >"$log/$name.ending"
    rm "$log/$name.times"
    mv "$log/$name.ending" "$log/$name.end"
}

# show: on a terminal, what is going on, in a line that the next one replaces
show() {
    [ -t 1 ] || return
    local i text=
    for i in ${running[@]+"${running[@]}"}; do text+=" ${names[i]}"; done
    printf '\r\033[K%s' "${text:+  $((passed + failed)) of ${#names[@]} done; running:$text}" | cut -c 1-100 | tr -d '\n'
}

# report I: what became of it
report() {
    local name=${names[$1]} code=1 wall=0 cpu=0
    read -r code wall cpu <"$log/$name.end"
    [ -t 1 ] && printf '\r\033[K'
    rm -f "$log/$name.end"
    printf '%-24s %5d s %7.1f s of processor\n' "$name" "$wall" "$cpu" >>"$log/times"
    if [ "$code" -eq 0 ]; then
        passed=$((passed + 1))
        grep -a "^skipped: " "$log/$name" | sort -u | sed "s/^/  $name: /"
        [ -z "${V:-}" ] || printf '  ok      %-24s %4d s   %s\n' "$name" "$wall" \
            "$(grep -aE 'passed|skipped|PASSED' "$log/$name" | tail -n 1 | cut -c 1-70)"
    else
        failed=$((failed + 1))
        printf '  FAILED  %-24s exit code %d%s\n' "$name" "$code" \
            "$([ "$code" -eq 124 ] && echo ' (timeout)')"
        tail -n 15 "$log/$name" | sed 's/^/          /'
        printf '          again by hand: %s\n' "${commands[$1]}"
    fi
}

reap() { # wait for one or more to end
    local i still=()
    wait -n
    for i in "${running[@]}"; do
        if [ -e "$log/${names[i]}.end" ] || ! kill -0 "${pids[i]}" 2>/dev/null; then
            busy=$((busy - slots[i]))
            report "$i"
        else
            still+=("$i")
        fi
    done
    running=(${still[@]+"${still[@]}"})
    show
}

trap 'kill $(jobs -p) 2>/dev/null; wait; exit 130' INT TERM
: >"$log/times"
rm -f "$log"/*.end
pids=()
for i in "${!names[@]}"; do
    while [ $((busy + slots[i])) -gt "$room" ]; do reap; done
    perform "$i" &
    pids[i]=$!
    busy=$((busy + slots[i]))
    running+=("$i")
    show
done
while [ ${#running[@]} -gt 0 ]; do reap; done

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
