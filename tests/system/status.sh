#!/usr/bin/env bash
# status: what it says of a study that was killed, of a part of one, and beside a stale status file,
# is what the results file holds.
# usage: tests/system/status.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
grid=$(realpath tests/system/mistakes/tiny.yaml)
. tests/support/ok.sh
cd "$work" || exit 2

run() { "$program" run "$grid" -o study.h5 --progress none "$@"; }
field() { "$program" status study.h5 --json | sed -n "s/^\"$1\": \"*\([^\",]*\).*/\1/p"; }
counts() { "$program" verify study.h5 | sed -n 's/^runs 4 //p'; }
agrees() { # the counts of status are those of verify
    local told="pending $(field pending) running $(field running) done $(field done)"
    told+=" failed $(field failed) crashed $(field crashed)"
    [ "$told" = "$(counts)" ] || { echo "status: $told, verify: $(counts)"; false; }
}

# --- a part of a study
ok "one of four" run --where 'run == 2'
says '^study tiny: complete' "$program" status study.h5
says '1 of 4 done' "$program" status study.h5
says '0 of the 1 that --where chose' "$program" status study.h5
says '4 runs .*, 1 chosen by --where' "$program" status study.h5
cp study.h5.status.json one.json
ok "the others" run --resume
says '4 of 4 done' "$program" status study.h5

rm study.h5*
ok "a share" run --share 2/3
says '0 of the 1 that --share 2/3 chose' "$program" status study.h5
ok "one more by the environment" env HMMGRID_SHARE=3/3 "$program" run "$grid" -o study.h5 --progress none --resume
says '2 of 4 done' "$program" status study.h5
ok "a share without runs" run --share 5/5 --fresh
says '0 of 4 done' "$program" status study.h5
ok "the whole" run --resume

# --- stale, missing and of another file
cp one.json study.h5.status.json
sed -i 's/"state": "complete"/"state": "running"/; s/"core_hours": [0-9.]*/"core_hours": null/' study.h5.status.json
says '^study tiny: complete' "$program" status study.h5
says '4 of 4 done.*0[.][0-9]* core-hours' "$program" status study.h5
ok "counted beside a stale file" agrees
rm study.h5.status.json
says '^study tiny: complete' "$program" status study.h5
sed 's/"uuid": "/&0/; s/"message": ""/"message": "another"/' one.json >study.h5.status.json
ok "of another file" [ -z "$("$program" status study.h5 | grep another)" ]
"$program" reset study.h5 --done --where 'run == 0' >/dev/null 2>&1
says '^study tiny: interrupted' "$program" status study.h5
ok "after a reset" agrees

# --- what it said at its end holds only as long as its runs are as they were
fail() { run --set train.epochs=2000 --set run.memory=1 "$@"; }
ok "too many failures" ends 3 '' fail --fresh --max-failures 2
says 'ended early: 2 failed or crashed runs, max_failures is 2; 2 are left' "$program" status study.h5
"$program" reset study.h5 >/dev/null
ok "after a reset of them" eval '! prints "ended early|2 failed" "$program" status study.h5 && prints "0 of 4 done, 0 failed" "$program" status study.h5'
ok "none is left" ends 3 '' fail --resume --max-failures 9
ok "nothing is to be done" ends 3 '' fail --resume --retry crashed --max-failures 3
ok "nothing was ended early" eval '! prints "ended early" "$program" status study.h5 && prints "0 done, 4 failed" "$program" status study.h5'

# --- the bar, on terminals that are narrow
for columns in 80 40 20; do
    rm -f study.h5*
    script -qefc "stty cols $columns; '$program' run '$grid' -o study.h5 --set train.epochs=300" shown >/dev/null
    longest=$(tr '\r' '\n' <shown | sed 's/\x1b\[K//g' | grep -E '^(\[[#.]*\] )?[0-9]+ of 4' |
        awk 'length($0) > most { most = length($0) } END { print most + 0 }')
    ok "a bar of $longest characters in $columns columns" [ "$longest" -gt 10 -a "$longest" -lt "$columns" ]
done

# --- killed, at moments that differ
for milliseconds in 60 110 160 210 260 310; do
    rm -f study.h5*
    "$program" run "$grid" -o study.h5 --progress none --set train.epochs=300 &
    study=$!
    sleep "0.$(printf %03d $milliseconds)"
    kill -9 $study 2>/dev/null
    wait $study 2>/dev/null
    [ -e study.h5 ] || continue
    ok "killed after $milliseconds ms" agrees
done
rm -f study.h5*
"$program" run "$grid" -o study.h5 --progress none --set train.epochs=1000000 &
study=$!
ok "it is on" begun study.h5
says '^study tiny: running .host .* pid' "$program" status study.h5
kill -9 $study
wait $study 2>/dev/null
says 'run [0-3] .hmm.states=[23] seed [01]. was on' "$program" status study.h5
says 'ended without a word' "$program" status study.h5
finish
