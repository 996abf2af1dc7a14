#!/usr/bin/env bash
# compare: differences between values of a setting are what numpy computes from the file, whatever
# the order of its rows; what few runs allow is said.
# usage: tests/system/compare.sh PROGRAM
set -u
program=$(realpath "$1")
check=$(realpath tests/system/compare.py)
. tests/support/ok.sh
export HMMGRID_LOG=warning
cd "$work" || exit 2

head='version: 1
study: sizes
defaults:
  data: {sequences: 60, length: 6}
  rnn: {noise_dim: 2}
  train: {epochs: 4, batch: 30, learning_rate: 0.01}
  measure: {sequences: 30, floor_draws: 2}
analysis: false
accept: {max_excess_share: 1.9}'
chain='  chain: {product: {rnn.hidden: [4, 8, 16], hmm.states: [2, 3]}}'
cyclic='  cyclic: {set: {hmm.architecture: cyclic, hmm.states: 4, train.clip_norm: 0.3}, product: {rnn.hidden: [4, 16]}}'
printf '%s\n' "$head" grid: "$chain" "$cyclic" 'seeds: 0-4' >grid.yaml
printf '%s\n' "$head" grid: "$cyclic" "$chain" 'seeds: [3, 1, 4, 0, 2]' >other.yaml
ok "a study" "$program" run grid.yaml -o a.h5 --progress none
ok "its rows in another order" "$program" run other.yaml -o b.h5 --progress none
ok "a share" "$program" run grid.yaml -o one.h5 --share 1/2 --progress none
ok "the other" "$program" run grid.yaml -o two.h5 --share 2/2 --progress none
ok "merged" "$program" merge two.h5 one.h5 -o c.h5

for how in "--between rnn.hidden" "--between rnn.hidden --paired --all" \
    "--between hmm.architecture --by rnn.hidden --metric volatility" \
    "--between floor --margin 2 --metric best_val_loss" "--between hmm_states --metric word_tv[3] --all"; do
    name=$how
    # shellcheck disable=SC2086
    for file in a b c; do
        ok "$file.h5" "$program" compare $file.h5 $how --format csv
        cp log $file.csv
        ok "the same table" cmp a.csv $file.csv
    done
    # shellcheck disable=SC2086
    ok "what numpy says" "$python" "$check" a.h5 a.csv $how
    # shellcheck disable=SC2086
    ok "for people" "$program" compare a.h5 $how
done

name=profile
ok "of all runs" "$program" compare b.h5 --between rnn.hidden --profile --format csv
cp log profile.csv
ok "of parts" "$program" compare one.h5 two.h5 --between rnn.hidden --profile --format csv
cp log parts.csv
ok "the same" cmp parts.csv profile.csv
ok "what numpy says" "$python" "$check" a.h5 profile.csv --between rnn.hidden --profile
says '^ +0 \.|^ *[0-9.]+  [01]\.[0-9]+ \[[01]\.' "$program" compare a.h5 --between rnn.hidden --profile
ok "no cell has all" ends 2 "no cell has runs of every value" \
    "$program" compare a.h5 --between rnn.hidden --by hmm.architecture,hmm.states,rnn.noise_dim --profile \
    --where 'hmm.states == 4 or rnn.hidden == 8'

name='what it says'
says 'Over [23] cells: ' "$program" compare a.h5 --between rnn.hidden --where 'rnn.hidden != 8'
says 'cannot be told apart with 3 and 3 runs: the least possible p is .100' \
    "$program" compare a.h5 --between rnn.hidden --all --where 'seed < 3'
says 'Within cells runs differ in .*hmm.states' \
    "$program" compare a.h5 --between hmm.architecture --by rnn.hidden
says 'With hmm.architecture also differ: .*train.clip_norm' \
    "$program" compare a.h5 --between hmm.architecture --by rnn.hidden
says 'score - floor is .*, n=5; (equal|not shown to be equal) to it within 3 ' \
    "$program" compare a.h5 --between floor --margin 3 --all
says '"a": null, "b": "floor", "metric": "excess_loss", "cells": 1, "a_ended": 5, ' "$program" compare a.h5 --between floor --format json

name='mistakes'
ok "nothing named" ends 2 "--between: name a setting" "$program" compare a.h5
ok "no such setting" ends 2 "--between: unknown key 'rnn.hiden'. Did you mean 'rnn.hidden'?" \
    "$program" compare a.h5 --between rnn.hiden
ok "one value" ends 2 "all these runs have rnn.noise_dim=2" "$program" compare a.h5 --between rnn.noise_dim
ok "no such score" ends 2 "the file has no numbers named 'los'" "$program" compare a.h5 --between rnn.hidden -m los
ok "many numbers" ends 2 "word_tv is 6 numbers" "$program" compare a.h5 --between rnn.hidden -m word_tv
ok "no floor" ends 2 "best_epoch" "$program" compare a.h5 --between floor -m best_epoch
ok "no margin" ends 2 "--margin: '-1' is no number above 0" "$program" compare a.h5 --between floor --margin -1
ok "no such format" ends 2 "--format: 'xml'" "$program" compare a.h5 --between floor -f xml
ok "no run" ends 2 "" "$program" compare a.h5 --between rnn.hidden --where 'rnn.hidden == 5'
ok "cells that have one value each" ends 2 "nothing to compare" \
    "$program" compare a.h5 --between hmm.architecture
ok "seeds twice" ends 2 "several runs of a cell have seed 0" \
    "$program" compare a.h5 --between hmm.architecture --by rnn.hidden --paired
finish
