#!/usr/bin/env bash
# no_memory: every allocation of the program fails in turn, once, or from then on for good. What it
# does ends as if nothing had been, or says that memory ran out: no crash, no hang, no other words.
# usage: tests/system/no_memory.sh HMMGRID FAIL_MALLOC.so [STEP]    every STEP-th one
set -u
program=$(realpath "$1") library=$(realpath "$2") step=${3:-7}
grid=$(realpath tests/system/mistakes/tiny.yaml)
if ldd "$program" | grep -qE 'lib(a|ub|t)san'; then echo "skipped: a sanitizer is built in"; exit 0; fi
. tests/support/ok.sh
cd "$work" || exit 2

"$program" run "$grid" -o whole.h5 --progress none || exit 1
"$program" run "$grid" -o part.h5 --progress none --share 1/2 || exit 1

# fails NAME VERB...: with each allocation that it makes; with `launcher` in front, in one rank
launcher=
fails() {
    local name=$1 k code ever
    shift
    for ever in 0 1; do
        for ((k = 1 + RANDOM % step; ; k += step)); do
            rm -rf told new.h5* w.h5*
            # shellcheck disable=SC2086
            timeout 60 $launcher env LD_PRELOAD="$library" FAIL_FROM=$k FAIL_EVER=$ever FAIL_TOLD=told \
                "$program" "$@" >out 2>err </dev/null
            code=$?
            [ -e told ] || break
            # a run that is done in the process itself is recorded as failed, with the reason
            [ $code -eq 3 ] && "$program" why new.h5 0 >>err
            if [ $code -eq 0 ] || { [ $code -lt 124 ] && grep -qi 'memory' err; }; then
                passed=$((passed + 1))
            else
                failed=$((failed + 1))
                echo "$name, allocation $k, ever $ever: exit code $code: $(tail -n 1 err | cut -c 1-150)"
            fi
        done
    done
}

fails check check "$grid"
fails plan plan "$grid" --ranks 4
fails status status whole.h5
fails summary summary whole.h5 --metrics all
fails why why whole.h5 1
fails verify verify whole.h5
fails merge merge whole.h5 part.h5 -o new.h5
fails export export whole.h5 1 -o w.h5
fails reset reset whole.h5
echo 'sbatch: {partition: short, mail-type: [END, FAIL]}' >site.yaml
mkdir without_slurm && ln -s "$(command -v env)" without_slurm
launcher="env PATH=$work/without_slurm"
fails submit submit "$grid" -o new.h5 --profile site.yaml -n
launcher=
fails run run "$grid" -o new.h5 --progress none --set run.isolate=none --where 'run == 0'
fails resume run "$grid" -o whole.h5 --resume --progress none
fails isolated run "$grid" -o new.h5 --progress none --where 'run == 0'
launcher="$mpirun -n 3"
step=$((6 * step))
for rank in 0 1; do
    export FAIL_RANK=$rank
    fails "rank $rank" run "$grid" -o new.h5 --progress none --set run.isolate=none --where 'run in (0, 1)'
    fails "rank $rank, isolated" run "$grid" -o new.h5 --progress none --where 'run in (0, 1)'
done
finish
