#!/usr/bin/env bash
# standstill: a rank that gives no answer any more, at work or with nothing to do, is named and left
# behind when the study is to stop or has come to its end; nothing of the results is lost.
# usage: tests/system/standstill.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
grid=$(realpath tests/system/mistakes/tiny.yaml)
. tests/support/ok.sh
cd "$work" || exit 2
mpirun+=" --mca btl_vader_backing_directory $work" # the ranks are killed

launch() { # launch RANK PATTERN ...: in the background, on three ranks; its pid in $study. RANK stands
    # still once PATTERN is in the status file; its pid in $still
    local rank=$1 pattern=$2
    shift 2
    # shellcheck disable=SC2086
    timeout -k 5 100 $mpirun -n 3 "$program" run "$grid" -o study.h5 --progress plain "$@" >told 2>&1 </dev/null &
    study=$!
    ok "it is on" begun study.h5 "$pattern"
    still=
    for pid in $(pgrep -P "$(pgrep -P "$study")"); do # the launcher's ranks, no other test's
        tr '\0' '\n' <"/proc/$pid/environ" 2>/dev/null | grep -qx "OMPI_COMM_WORLD_RANK=$rank" && still=$pid
    done
    kill -STOP "$still"
}
ended() { # ended CODE: within 35 s
    local code started=$SECONDS
    wait "$study"
    code=$?
    [ $code -eq "$1" ] && [ $((SECONDS - started)) -lt 35 ] || { echo "code $code after $((SECONDS - started)) s"; cat told; false; }
}

name="at work"
launch 1 '"rank": 1, .*"epoch": [1-9]' --set train.epochs=1000000
kill -USR1 "$(sed -n 's/.*pid \([0-9]*\).*/\1/p' study.h5.lock)"
ok "the others leave" ended 75
ok "it is named" grep -qE 'rank 1 .* has said nothing for .* it was at run .* --resume continues' told
says 'rank 1 .*has said nothing' "$program" status study.h5
ok "the file" "$program" verify study.h5
rm -r study.h5*

name="with nothing to do"
launch 2 '"rank": 1, .*"epoch": [1-9]' --where 'run == 0' --set train.epochs=40000
ok "the others leave" ended 75
ok "it is told" grep -qE 'a rank that has nothing to do has said nothing for 15 s' told
says '1 of 4 done' "$program" status study.h5
ok "the file" "$program" verify study.h5
says 'interrupted' "$program" status study.h5
ok "the next one ends" "$program" run "$grid" -o study.h5 --resume --where 'run == 0' --set train.epochs=40000 --progress none
says 'complete' "$program" status study.h5
finish
