#!/usr/bin/env bash
# on_end: the command of run.on_end is done once at every end of a study, told how it ended, and never
# costs the study more than its time.
# usage: tests/system/on_end.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
grid=$(realpath tests/system/mistakes/tiny.yaml)
. tests/support/ok.sh
cd "$work" || exit 2
export HMMGRID_PROGRESS=none COLUMNS=80
mpi() { $mpirun -n "$@"; }
own=5$$ # the sleeps of this test, not of another one beside it, end in it

# tells: a command that leaves what it is told in the file `told`, a line each time
tells='echo "$HMMGRID_EXIT_CODE|$HMMGRID_TOTAL $HMMGRID_DONE $HMMGRID_FAILED $HMMGRID_CRASHED'
tells+=' $HMMGRID_PENDING|$HMMGRID_STUDY|$HMMGRID_FILE|$HMMGRID_REASON" >>told'
told() { # told LINE: that and no more is what it left
    local found
    found=$(sed 's/: the deadline was.*//' told 2>/dev/null)
    rm -f told
    [ "$found" = "$1" ] || { echo "told '$found', not '$1'"; false; }
}
study=("$program" run "$grid" -o study.h5 --set run.on_end="$tells")
run() { "${study[@]}" "$@"; }

# --- one that takes too long, meanwhile: itself and what it started are ended
mkdir long
(
    cd long || exit 2
    "$program" run "$grid" -o study.h5 --set run.on_end='trap "" TERM; sleep 70.'$own' & sleep 71.'$own'; echo late >late' \
        2>err
    echo $? >code
) &
slow=$!

# --- every end
ok "a part" run --where 'run == 0'
ok "told" told "0|4 1 0 0 3|tiny|$work/study.h5|complete"
ok "none by -n" run -n --resume
ok "refused" ends 73 'exists already' run
ok "neither is an end" told ""
run --resume --set train.epochs=1000000 --extend 2>/dev/null
ok "nor a wrong command line" told ""
ok "the rest" run --resume
ok "told" told "0|4 4 0 0 0|tiny|$work/study.h5|complete"
ok "nothing to do" run --resume
ok "an end too" told "0|4 4 0 0 0|tiny|$work/study.h5|complete"
ok "no run fits" ends 2 'no run could be started' run --fresh --deadline 10s --reserve 1min
ok "told" told "2|4 0 0 0 4|tiny|$work/study.h5|no run could be started"
"${study[@]}" --fresh --set train.epochs=1000000 2>/dev/null &
pid=$!
ok "it is on" begun study.h5
kill -TERM $pid
wait $pid
ok "stopped" [ $? -eq 75 ]
ok "told" told "75|4 0 0 0 4|tiny|$work/study.h5|SIGTERM received"
ok "runs that fail" ends 3 '' run --fresh --set train.epochs=2000 --set run.memory=1 \
    --set run.max_failures=0%
ok "told" told "3|4 0 1 0 3|tiny|$work/study.h5|too many runs failed"

ok "runs that do not" "$program" run "$grid" -o study.h5 --fresh

# --- of several ranks: once, by one that is no rank of them and may be an MPI program itself
ok "two ranks" mpi 3 "$program" run "$grid" -o ranks.h5 \
    --set run.on_end="$tells; '$program' summary ranks.h5 >summary && '$program' status ranks.h5 >status"
ok "told once" told "0|4 4 0 0 0|tiny|$work/ranks.h5|complete"
ok "the file is closed" grep -q '^4 runs' summary
ok "and let go of" grep -q '^study tiny: complete' status

# --- what it leaves in the background is not waited for, by us or the launcher
left() { # left COMMAND...: it ends early, shows what the shell wrote, and the process of `pid` goes on
    local from=$SECONDS
    "$@" >out 2>err && [ $((SECONDS - from)) -lt 20 ] && grep -q '^shown$' out && grep -q '^told$' err && kill "$(cat pid)"
}
background="echo shown; echo told >&2; sleep 73.$own & echo \$! >pid"
ok "in the background" left "$program" run "$grid" -o study.h5 --resume --set run.on_end="$background"
ok "of several ranks" left mpi 2 "$program" run "$grid" -o study.h5 --resume --set run.on_end="$background"
ok "in a session of its own" left mpi 2 "$program" run "$grid" -o study.h5 --resume \
    --set run.on_end="${background/sleep/setsid sleep}"
ok "much output" [ "$("$program" run "$grid" -o study.h5 --resume --set run.on_end='seq 99999' | wc -l)" -eq 99999 ]

# --- its failures are warnings
ok "a code" ends 0 "warning: run.on_end: 'exit 9' ended with exit code 9" \
    "$program" run "$grid" -o study.h5 --resume --set run.on_end='exit 9'
ok "a signal" ends 0 "was ended by signal 9" \
    "$program" run "$grid" -o study.h5 --resume --set run.on_end='kill -9 $$'
ok "no command" ends 0 "ended with exit code 127" \
    "$program" run "$grid" -o study.h5 --resume --set run.on_end='nosuchcommand 2>/dev/null'
ok "a broken pipe is one" ends 0 '' \
    "$program" run "$grid" -o study.h5 --resume --set run.on_end='yes | head -n 1 >line'
"$program" run "$grid" -o study.h5 --resume --set run.on_end="touch on; sleep 72.$own" 2>err &
pid=$!
for _ in $(seq 200); do [ -e on ] && break || sleep 0.05; done
kill -TERM $pid
wait $pid
ok "a signal ends it" [ $? -eq 0 ]
ok "and says so" grep -q "is ended: SIGTERM received" err

# --- from a grid, and never from a file
{ cat "$grid" && printf 'run:\n  on_end: |\n    echo "a: b" >lines\n    echo c >>lines\n'; } >grid.yaml
says 'at its end +echo' "$program" plan grid.yaml
ok "a block of lines" "$program" run grid.yaml -o given.h5
ok "both lines" [ "$(cat lines)" = "a: b
c" ]
rm lines
"$program" repro given.h5 0 >one.yaml
ok "not of the file" [ "$(grep -c on_end one.yaml)" -eq 0 ]
ok "resumed without" "$program" run "$grid" -o given.h5 --resume
ok "not done" [ ! -e lines ]
ok "turned off" "$program" run grid.yaml -o given.h5 --resume --set run.on_end=none
ok "not done" [ ! -e lines ]
says 'on_end' "$program" help settings run.on_end
printf 'run: {on_end: "  "}\n' | cat "$grid" - >empty.yaml
ok "empty" ends 65 'run.on_end: an empty text' "$program" check empty.yaml

wait $slow
ok "one that takes too long" [ "$(cat long/code)" = 0 ]
ok "is ended" grep -q 'it still runs after 30 s' long/err
ok "early" [ ! -e long/late ]
ok "with what it started" [ -z "$(pgrep -f "sleep 7[0-3][.]$own")" ]
finish
