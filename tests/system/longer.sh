#!/usr/bin/env bash
# longer: a study that trains longer than a finished one goes on from the states that it kept, and ends
# with the bits of one that trained from the beginning; without a state it does that, and says so.
# usage: tests/system/longer.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
grid=$(realpath tests/system/mistakes/tiny.yaml)
. tests/support/ok.sh
cd "$work" || exit 2
unset HMMGRID_OUTPUT HMMGRID_RESUME

sed 's/product: {/product: {train.epochs: [20, 45], /' "$grid" >longer.yaml
run() { "$program" run "$grid" --progress plain --set train.snapshots=7 "$@"; }
longer() { "$program" run longer.yaml --progress plain --set train.snapshots=7 "$@"; }
states() { [ "$(ls "$1.ckpt" 2>/dev/null | grep -c '\.state$')" -eq "$2" ]; }

run -o first.h5 --set train.epochs=20 --set run.keep_state=true >log 2>&1 || { cat log; exit 1; }
ok "a state a run" states first.h5 4
ok "from the beginning" longer -o whole.h5
ok "none is kept unless it is said" [ ! -e whole.h5.ckpt ]

# --- from the states: of one process or several, with another study setting or analysis
for how in "" "--set run.isolate=none" "--set run.checkpoint=0s"; do
    cp first.h5 a.h5
    cp -r first.h5.ckpt a.h5.ckpt
    # shellcheck disable=SC2086
    says 'a.h5.ckpt: a state of training is kept for 4 runs to go on from' longer -o a.h5 --extend $how
    ok "the same bits ($how)" same_digest a.h5 whole.h5
    ok "the states stay" states a.h5 4
    rm -r a.h5 a.h5.ckpt
done
cp first.h5 a.h5
cp -r first.h5.ckpt a.h5.ckpt
ok "longer states are kept too" longer -o a.h5 --extend --set run.keep_state=true
ok "two states a run" states a.h5 8
ok "the same bits" same_digest a.h5 whole.h5
ok "--fresh begins without them" longer -o a.h5 --fresh
ok "none is left" states a.h5 0

# --- without the shorter ones in the grid
cp first.h5 d.h5
ok "not instead of them" ends 73 'is in this grid with 45 epochs instead of 20: ask for both in a product, train.epochs: [20, 45]' \
    run -o d.h5 --extend --set train.epochs=45
ok "nothing was changed" cmp first.h5 d.h5

# --- states that are no good
cp first.h5 b.h5
cp -r first.h5.ckpt b.h5.ckpt
states=(b.h5.ckpt/*.state)
printf X | dd of="${states[0]}" bs=1 seek=300 conv=notrunc 2>/dev/null
rm "${states[1]}"
mv "${states[2]}" elsewhere && ln -s ../elsewhere "${states[2]}"
says 'a state of training is kept for 3 runs to go on from' longer -o b.h5 --extend
ok "one that lacks is counted" grep -q '1 run trains longer .*, from the beginning: no state of it was kept' said
ok "a damaged one is named" grep -q "$(basename "${states[0]}"): ignored: it is damaged" said
ok "a link is named" grep -q "$(basename "${states[2]}"): ignored: it is a symbolic link" said
ok "what follows is said" [ "$(grep -c 'run [0-9a-f]* trains from the beginning' said)" -eq 2 ]
ok "the same bits" same_digest b.h5 whole.h5
cp first.h5 c.h5
says '4 runs train longer than a finished one .*, from the beginning' longer -o c.h5 --extend
ok "the same bits" same_digest c.h5 whole.h5

# --- finished runs that are done again, since more of them is analysed, have their own states
cp first.h5 e.h5
cp -r first.h5.ckpt e.h5.ckpt
says 'a state of training is kept for 8 runs to go on from' longer -o e.h5 --extend --set analysis.readout=true
ok "the same numbers of the longer ones" [ "$("$program" summary e.h5 --by run --format csv --metrics best_val_loss)" = "$("$program" summary whole.h5 --by run --format csv --metrics best_val_loss)" ]
cp -r first.h5.ckpt g.h5.ckpt
says 'a state of training is kept for 1 run to' run -o g.h5 --set train.epochs=20 --where 'run == 3'
rm g.h5
says 'a state of training is kept for 4 runs' run -o g.h5 --set train.epochs=20
mkdir folder && ln -s folder h.h5.ckpt
says 'no state is kept: h.h5.ckpt: is a symbolic link' run -o h.h5 --set train.epochs=20 --set run.keep_state=true

# --- a state that cannot be written costs no run
mkdir full.h5.ckpt && chmod 500 full.h5.ckpt
if ! touch full.h5.ckpt/x 2>/dev/null; then
    says 'no state is kept: ' run -o full.h5 --set train.epochs=2 --set run.keep_state=true
fi
chmod 700 full.h5.ckpt
finish
