#!/usr/bin/env bash
# control: no name, expression or file name brings a control character to the terminal, and `repro` of a
# study prints a grid that `check` takes, whatever the study is called.
# usage: tests/system/control.sh path/to/hmmgrid    (from the top folder)
set -u
program=$(realpath "$1")
# shellcheck source=tests/support/ok.sh
. tests/support/ok.sh
cd "$work" || exit 2
csi=$'\u009b' over=$'\u202e' escape=$'\033'

clean() { # clean WORDS COMMAND...: it prints the words, a text, and nothing that steers a terminal
    local words=$1
    shift
    "$@" 2>&1 | sed 's/\r$//' >"$work/said" # CSV ends its lines so
    cat "$work/said"
    # bytes, so that what is no UTF-8 is found too
    ! LC_ALL=C grep -qaP '[\x00-\x08\x0b-\x1f\x7f]|\xc2[\x80-\x9f]|\xe2\x80[\xa8-\xae]' "$work/said" &&
        grep -qaF -- "$words" "$work/said"
}

grid() { # grid STUDY: as YAML writes it in double quotes
    cat <<Y
version: 1
study: "$1"
defaults:
  data:    {sequences: 96, length: 8}
  rnn:     {hidden: 6, noise_dim: 2}
  train:   {epochs: 1, batch: 32}
  measure: {sequences: 40, floor_draws: 2}
grid: {chain: {set: {hmm.architecture: linear-chain, hmm.states: 2}}}
analysis: false
Y
}

# --- errors that repeat what was said
for steer in "${escape}[2J" "${csi}2J" $'\x9b2J' "$over"; do
    file="no$steer.h5"
    ok "a file name" clean "cannot" "$program" summary "$file"
    ok "a verb" clean "unknown verb" "$program" "x$steer"
    ok "an option" clean "x" "$program" run "--x$steer"
    ok "a value" clean "--ranks" "$program" plan grid.yaml --ranks "1$steer"
done
grid 'plain' >grid.yaml
for steer in "${escape}[2J" "${csi}2J" "$over"; do
    ok "--where" clean "--where" "$program" plan grid.yaml --where "rnn.hidden == 'a${steer}b"
    ok "a name in --where" clean "unknown name" "$program" plan grid.yaml --where "rnn['$steer'] == 1"
    ok "--set" clean "--set" "$program" check grid.yaml --set "rnn.hidden=$steer"
done
grid 'plain' | sed 's/chain:/"ch\\e[2J\\u009b\\u202ea":/' >names.yaml
ok "a block" clean 'ch\x1b[2J\u009b\u202ea' "$program" check names.yaml

# --- a study
called='\u009b2J \u202edeed \u2028 \x85 \ufffe \ud7ff \" \\ # : é'
grid "$called" >name.yaml
ok "check" "$program" check name.yaml
ok "plan" clean 'study \u009b2J \u202edeed' "$program" plan name.yaml
ok "plan --json" clean '"\u009b2J \u202edeed' "$program" plan name.yaml --json
ok "run" clean "1 done" "$program" run name.yaml -o "s$csi.h5" --progress plain
ok "status" clean 'study \u009b2J' "$program" status "s$csi.h5"
ok "status --json" clean '"\u009b2J' "$program" status "s$csi.h5" --json
rm -f s*.status.json
ok "status of the file" clean 'study \u009b2J' "$program" status "s$csi.h5"
ok "repro" clean "study: " "$program" repro "s$csi.h5" 0
"$program" repro "s$csi.h5" 0 >again.yaml
ok "check of repro" "$program" check again.yaml
ok "the same study" cmp <("$program" plan name.yaml --json | head -n 2) <("$program" plan again.yaml --json | head -n 2)
key=$("$program" why "s$csi.h5" 0 | sed -n 's/^key *//p')
ok "the same run" clean "$key" "$program" plan again.yaml --json

# --- datasets of others
if "$python" -c 'import h5py' 2>/dev/null; then
    "$python" -c '
import h5py
with h5py.File("w.h5", "w") as f:
    f["rnn.weight_hh_l0"] = [[0.5]]
    f["rnn\x1b[2J\x9b\u202e"] = [1]
    f.attrs["nonlinearity"] = "a\x9bb"'
    ok "an attribute" clean 'nonlinearity says a\u009bb' "$program" analyse w.h5 -o a.h5
    "$python" -c 'import h5py; h5py.File("w.h5", "a").attrs["nonlinearity"] = "relu"'
    ok "a dataset" clean 'rnn\x1b[2J\u009b\u202e' "$program" analyse w.h5 -o a.h5
    cp "s$csi.h5" changed.h5
    "$python" -c '
import h5py
with h5py.File("changed.h5", "a") as f:
    f.attrs["study"] = "\x1b]0;x\x07"
    f.attrs["program_version"] = "1\n\x1b[2J"'
    for verb in "summary changed.h5" "summary changed.h5 --format csv" "why changed.h5 0" "status changed.h5" \
        "repro changed.h5 0" "verify changed.h5"; do
        # shellcheck disable=SC2086
        ok "changed: $verb" clean "" "$program" $verb
    done
    "$program" repro changed.h5 0 >changed.yaml 2>/dev/null
    ok "changed: check of repro" "$program" check changed.yaml
fi

finish
