#!/usr/bin/env bash
# cells: two HMMs that differ in nothing but a matrix are two cells wherever a study is shown, by the
# matrix's name or by the tag of its numbers; a matrix that is renamed keeps its finished runs.
# usage: tests/system/cells.sh HMMGRID    from the top folder
set -u
program=$(realpath "$1")
. tests/support/ok.sh
export HMMGRID_LOG=warning
cd "$work" || exit 2

cat >grid.yaml <<'GRID'
version: 1
study: cells
defaults:
  hmm:     {architecture: custom}
  data:    {sequences: 90, length: 6}
  rnn:     {hidden: 4, noise_dim: 2}
  train:   {epochs: 1, batch: 30}
  measure: {sequences: 30, floor_draws: 2}
analysis: false
grid:
  a:
    zip:
      hmm.emission: [{name: noisy, rows: [[0.6, 0.4], [0.4, 0.6]]}, [[1, 0], [0, 1]], [[1, 0], [0, 1]]]
      hmm.transition: [[[0.8, 0.2], [0.3, 0.7]], [[0.8, 0.2], [0.3, 0.7]], {name: quick, rows: [[0.5, 0.5], [0.5, 0.5]]}]
seeds: [0, 1]
GRID
ok "run" "$program" run grid.yaml -o a.h5 --progress none || exit 1

rows() { # rows NUMBER COMMAND...: so many lines behind the head
    local number=$1
    shift
    [ "$("$@" | tail -n +2 | wc -l)" -eq "$number" ]
}

summary="$program summary a.h5 --metrics entropy_rate --format csv"
tag=$($summary --by hmm.emission | sed -n 's/^\(matrix-[0-9a-f]*\),.*/\1/p')
ok "a tag of eight digits" [ ${#tag} -eq 15 ]
says '^a +noisy +matrix-' "$program" plan grid.yaml
says "^a +$tag +quick" "$program" plan grid.yaml
says '"emission":\{"name":"noisy","rows":\[\[0.6,0.4' "$program" plan grid.yaml --json
ok "a line a cell" rows 3 $summary
says '^custom,noisy,matrix-' $summary
ok "by one matrix" rows 2 $summary --by hmm.emission
says "^$tag,4,0," $summary --by hmm.emission
says '^quick,2,0,' $summary --by hmm.transition
for chosen in 'hmm.emission == noisy' "hmm.emission == '[[0.6, 0.4], [0.4, 0.6]]'" \
    "hmm.emission != \"$tag\"" 'hmm_transition != quick and hmm.emission == noisy'; do
    ok "$chosen" [ "$($summary --by run --where "$chosen" | cut -d , -f 1 | paste -sd ' ')" = 'run 0 1' ]
done
ok "by a tag" rows 4 $summary --by run --where "hmm.emission == $tag"
says 'hmm.emission +noisy$' "$program" why a.h5 0
says '^ +\[0.4,0.6\]$' "$program" why a.h5 0
says "hmm.emission +$tag\$" "$program" why a.h5 2
columns() { "$python" -c 'import h5py, sys
runs = h5py.File(sys.argv[1])["runs"]
for name in sys.argv[2:]: print(*(x.decode() for x in runs[name].asstr()[:].astype(bytes)))' "$@"; }
says "^noisy noisy $tag $tag $tag $tag\$" columns a.h5 hmm_emission
says '^matrix-.* quick quick$' columns a.h5 hmm_transition_name

"$program" repro a.h5 0 >one.yaml
says 'hmm.emission: \{"name":"noisy"' cat one.yaml
ok "repro runs" "$program" run one.yaml -o one.h5 --progress none
says 'hmm.emission +noisy$' "$program" why one.h5 0
ok "export" "$program" export a.h5 0 -o w.h5
ok "analyse" "$program" analyse w.h5 -o w_analysed.h5
says 'hmm.emission +noisy$' "$program" why w_analysed.h5 0

# --- another name: not silently, and nothing is computed again ----------------------------------------
sed 's/name: noisy/name: blurred/' grid.yaml >renamed.yaml
"$program" run renamed.yaml -o a.h5 --resume --progress none 2>refused
ok "resume refuses" [ $? -eq 73 ]
says 'hmm.emission of run 0 has another name in this grid; --extend' cat refused
HMMGRID_LOG=info says '6 finished ones were kept' "$program" run renamed.yaml -o a.h5 --extend --progress plain
says '^blurred,2,0,' $summary --by hmm.emission
says "^blurred blurred $tag" columns a.h5 hmm_emission
ok "verify" "$program" verify a.h5

finish
