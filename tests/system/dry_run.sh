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
ok "nothing is beside it" [ "$(ls | grep -c study.h5)" -eq 3 ]

# --- what the real run finds wrong later: the place, the file as it is opened, the time
run() { "$program" run "$grid" -o "$file" --progress none "$@"; }
mkfifo pipe.h5 blocked.h5.tmp
ln -s nowhere linked.h5.tmp
echo left >left.h5.tmp
file=pipe.h5
ok "a pipe" refuses 73 'not a regular file' --fresh
file=blocked.h5
ok "a pipe where it is made" refuses 73 'blocked.h5.tmp: is a pipe'
file=linked.h5
ok "a link where it is made" refuses 73 'linked.h5.tmp: is a symbolic link'
file=left.h5
says 'left.h5 is new' try
ok "what a killed study left stays" grep -q left left.h5.tmp
file=study.h5
exec 8<study.h5
flock 8
ok "it is open for writing elsewhere" refuses 73 'has it open for writing' --resume
exec 8<&-
if command -v setpriv >/dev/null && [ "$(id -u)" = 0 ]; then
    cp "$program" "$grid" . && program=./hmmgrid grid=$(basename "$grid")
    chmod 777 . && chmod 444 study.h5
    run() { setpriv --reuid=65534 --regid=65534 --clear-groups "$program" run "$grid" -o study.h5 --progress none "$@"; }
    ok "it may not be written" refuses 73 'cannot open it for writing' --resume
    ok "it may not be replaced" refuses 73 'cannot replace it' --extend --seeds 0-2
    run() { "$program" run "$grid" -o "$file" --progress none "$@"; }
fi
ok "no run fits" refuses 2 'no run could be started' --resume --deadline 5s
says 'to be run' try --resume --deadline 5h
"$program" run "$grid" -o live.h5 --progress none --set train.epochs=1000000 &
study=$!
ok "it is on" begun live.h5
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
