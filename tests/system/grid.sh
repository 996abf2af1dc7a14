#!/usr/bin/env bash
# grid: what the words of a grid did is said: where a bad value came from, rules without effect, and
# that what `check` takes, a run can do.
# usage: tests/system/grid.sh PROGRAM
set -u
program=$(realpath "$1")
here=$PWD/tests/system
. tests/support/ok.sh
export HMMGRID_LOG=warning
unset HMMGRID_RETRIES HMMGRID_ORDER HMMGRID_PROGRESS
cd "$work" || exit 2

# refuses CODE START COMMAND...: the exit code, and how the message begins
refuses() {
    local code=$1 start=$2 got
    shift 2
    "$@" >out 2>err
    got=$?
    ok "exit code $got, '$(head -n 1 err)' for '$start'" \
        [ "$got $(head -n 1 err | cut -c 1-${#start})" = "$code $start" ]
}

cat >tiny.yaml <<'END'
version: 1
study: tiny
defaults:
  hmm:     {states: 2}
  data:    {sequences: 30, length: 5}
  rnn:     {hidden: 4, noise_dim: 2}
  train:   {epochs: 1, batch: 10}
  measure: {sequences: 10, floor_draws: 2}
analysis: false
grid:
  chain: {product: {rnn.hidden: [4, 5]}}
seeds: 0-1
END

name='source of a bad value'
refuses 65 "--set rnn.hidden=x: " "$program" check tiny.yaml --set rnn.hidden=x
refuses 65 "--seeds 3,3: duplicate 3" "$program" check tiny.yaml --seeds 3,3
refuses 2 "hmmgrid: error: --retries: run.retries: 'x'" "$program" run tiny.yaml -n --retries x
HMMGRID_RETRIES=x refuses 2 "hmmgrid: error: HMMGRID_RETRIES: run.retries: 'x'" \
    "$program" run tiny.yaml -n
HMMGRID_PROGRESS=x refuses 2 "hmmgrid: error: HMMGRID_PROGRESS: 'x'" "$program" run tiny.yaml -n

name='seeds'
says 'ok: 4 runs' "$program" check tiny.yaml
says 'ok: 12 runs' "$program" check tiny.yaml --seeds 0-4,10
says '2 runs' "$program" run tiny.yaml -n --seeds 7
ok "seeds beyond 2^53" "$program" run tiny.yaml -o large.h5 --progress none \
    --seeds 9007199254740992-9007199254740993
ok "which are two" [ "$("$program" summary large.h5 --by seed --format csv |
    grep -c '^900719925474099[23],')" = 2 ]

ok "further seeds" "$program" run tiny.yaml -o further.h5 --progress none \
    --set accept.max_excess_loss=0 --set reseed.max=1 --seeds 9007199254740993,9223372036854775807
says '^effective_seed +9007200254741000$' "$program" why further.h5 0
says '^effective_seed +1000000006$' "$program" why further.h5 1
says '^linear-chain,4,0,0,8,,' "$program" summary further.h5 --by hmm.architecture --format csv
ok "every seed tried is kept" "$python" - further.h5 <<'END'
import sys, h5py
import numpy as np
with h5py.File(sys.argv[1]) as f:
    runs = f["runs"]
    tried = {name: runs["reseed_" + name][:] for name in ("best_epoch", "best_val_loss", "loss_floor")}
    for name, value in tried.items():
        assert value.shape == (4, 2) and not np.isnan(value).any(), name
        assert (value[:, 1] == runs[name][:]).all(), name
    assert (tried["best_val_loss"][:, 0] != tried["best_val_loss"][:, 1]).all()
END
{ cat tiny.yaml; sed -n 's/^  chain:.*/  more: {set: {rnn.hidden: 7, accept.max_excess_loss: 0, reseed.max: 2}}/p' tiny.yaml; } |
    sed '/^seeds/d' >more.yaml
echo 'seeds: 0-1' >>more.yaml
ok "before a block that may be reseeded" "$program" run tiny.yaml -o more.h5 --progress none
ok "the block comes" "$program" run more.yaml -o more.h5 --extend --progress none
ok "from the beginning" "$program" run more.yaml -o whole.h5 --progress none
ok "the same results" same_digest more.h5 whole.h5

name='rules without effect'
cp tiny.yaml rules.yaml
echo 'exclude: [{rnn.hidden: 61}]' >>rules.yaml
for verb in check plan "run -n"; do
    says 'warning: rules.yaml:13:11: exclude: matches no cell' "$program" $verb rules.yaml
done
ok "on standard error" [ -z "$("$program" plan rules.yaml 2>/dev/null | grep warning)" ]

name='what check takes, a run can do'
ok "as the help says" "$python" "$here/ranges.py" "$program" tiny.yaml
for set in train.scaling=0.99 train.scaling=0.01 train.temperature=1e-30 train.blur=0.01; do
    ok "check $set" "$program" check tiny.yaml --set $set
    ok "run $set" "$program" run tiny.yaml -o range.h5 --fresh --progress none --seeds 0 --set $set
done

finish
