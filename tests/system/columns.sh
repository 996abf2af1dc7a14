#!/usr/bin/env bash
# columns: status, attempts and checksum are held against the records, rows against their checksums.
# usage: tests/system/columns.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
grid=$(realpath tests/system/mistakes/tiny.yaml)
. tests/support/ok.sh
cd "$work" || exit 2

run() { "$program" run "$grid" -o study.h5 --progress none "$@"; }
change() { # change PYTHON: of the open file f
    cp whole.h5 study.h5
    "$python" -c "import h5py
with h5py.File('study.h5', 'r+') as f: $1"
}
fails() { # fails CODE WORDS COMMAND...: words on stderr
    local wanted=$1 words=$2
    shift 2
    "$@" >out 2>err
    [ $? -eq "$wanted" ] && grep -qE -- "$words" err || { cat out err; false; }
}

ok "three of four" run --where 'run < 3'
mv study.h5 whole.h5
ok "all of it agrees" "$program" verify whole.h5
for change in "status'][1] = 1" "status'][3] = 2" "status'][3] = 5" "status'][2] = 3" "attempts'][0] = 7" \
    "attempts'][3] = 1" "checksum'][2] = 2" "checksum'][3] = 1"; do
    change "f['runs/$change"
    case $change in
    "status'][1] = 1" | "attempts'][3] = 1") # as a study leaves it that is killed at that moment
        [[ $change = status* ]] && change "f['runs/status'][1] = 1; f['runs/checksum'][1] = 0"
        ok "older: $change" fails 0 'are older than the record' "$program" verify study.h5 ;;
    *) ok "changed: $change" fails 74 'do not say what its record says' "$program" verify study.h5 ;;
    esac
    ok "mended: $change" fails 0 'they do now' "$program" run "$grid" -o study.h5 --resume --progress none --where 'run < 3'
    ok "whole again: $change" "$program" verify study.h5
done

# --- a changed number
change "f['runs/best_val_loss'][1] = 0.5"
ok "verify" fails 74 'run 1 .done.: its bytes are not' "$program" verify study.h5
ok "summary warns" fails 0 '1 row .run 1. is not what was committed' "$program" summary study.h5
ok "of those it reads" [ -z "$("$program" summary study.h5 --where 'run != 1' 2>&1 | grep 'not what')" ]
ok "why warns" fails 0 '1 row .run 1. is not what was committed' "$program" why study.h5 1
ok "export refuses" fails 74 'run 1 is damaged' "$program" export study.h5 1 -o w.h5
ok "why of another does not" [ -z "$("$program" why study.h5 2 2>&1 >/dev/null)" ]
finish
