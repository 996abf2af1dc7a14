#!/usr/bin/env bash
# dry_run: `run -n` says what would be run, of what the results file holds, refuses what the real run
# would refuse, and leaves everything as it is.
# usage: tests/system/dry_run.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
grid=$(realpath tests/system/mistakes/tiny.yaml)
. tests/support/ok.sh
cd "$work" || exit 2

run() { "$program" run "$grid" -o study.h5 --progress none "$@"; }
try() { run -n "$@"; }
# refuses CODE WORDS [OPTIONS]: as the real run does
refuses() {
    local wanted=$1 words=$2 code
    shift 2
    for dry in "-n" ""; do
        # shellcheck disable=SC2086
        run $dry "$@" >/dev/null 2>err
        code=$?
        [ $code -eq "$wanted" ] && grep -qE -- "$words" err || { echo "code $code"; cat err; return 1; }
    done
}

says 'study.h5 is new: 4 to be run, 0 done' try
says 'study.h5 is new: 2 to be run' try --where 'seed == 1' --resume
ok "nothing is made" [ -z "$(ls -A | grep study.h5)" ]
ok "three of four" run --where 'run < 3'
sum=$(sha256sum study.h5)
says 'study.h5 is continued: 1 to be run, 3 done, 0 failed, 0 crashed' try --resume
says 'is continued: 0 to be run, 1 done' try --resume --where 'run == 1'
says '4 runs .*, 1 chosen by --share 2/4' try --resume --share 2/4
says '1 chosen by --where and --share 2/2' try --resume --share 2/2 --where 'run < 2'
says 'warning: --share 5/5: none of the 4 runs' try --resume --share 5/5
says '^about 0 core-hours' try --resume --where 'run == 1'
says 'study.h5 is replaced: 4 to be run, 0 done' try --fresh
says 'study.h5 is extended: 3 to be run, 3 done' try --extend --seeds 0-2
says 'study.h5 is extended: 4 to be run, 0 done' try --extend --set analysis.pca=true
ok "a file that is there" refuses 73 'exists already'
ok "another grid" refuses 73 'was made from another grid' --resume --seeds 0-2
ok "a finished run would be lost" refuses 73 'not in this grid' --extend --seeds 5-6
touch study.h5.old
ok "a kept file is in the way" refuses 73 'move that one away' --extend --set analysis.pca=true
rm study.h5.old

ok "the file is as it was" [ "$sum" = "$(sha256sum study.h5)" ]
ok "nothing is beside it" [ "$(ls | grep -c study.h5)" -eq 2 ]
"$program" run "$grid" -o live.h5 --progress none --set train.epochs=1000000 &
study=$!
for _ in $(seq 200); do
    grep -q '"running": 1' live.h5.status.json 2>/dev/null && break
    sleep 0.05
done
run() { "$program" run "$grid" -o live.h5 --progress none "$@"; }
ok "another study writes it" refuses 73 'another study is writing' --fresh
kill $study
wait $study
says 'live.h5 is continued: 4 to be run' try --resume --set train.epochs=1000000

# --- --resume begins where there is nothing, also through a link to nothing
ln -s real.h5 link.h5
ok "through a dangling link" "$program" run "$grid" -o link.h5 --resume --progress none
ok "it stays a link" [ -L link.h5 -a -s real.h5 ]
finish
