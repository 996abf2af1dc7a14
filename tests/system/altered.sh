#!/usr/bin/env bash
# altered: what other programs do to a results file: h5py leaves it open, adds an attribute; h5repack
# and nccopy write it anew, compressed; h5jam puts a block before it. It is read with the same
# results and a line about it, nothing writes into it, and --extend makes a file of it again.
# usage: tests/system/altered.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
passed=0 failed=0
python=python3 # the first that has h5py: a python3 of one's own may stand before the system's
"$python" -c 'import h5py' 2>/dev/null || python=/usr/bin/python3

cat >grid.yaml <<'Y'
version: 1
study: altered
defaults:
  data:    {sequences: 96, length: 8}
  rnn:     {hidden: 6, noise_dim: 2}
  train:   {epochs: 2, batch: 32}
  measure: {sequences: 40, floor_draws: 2}
grid:
  chain: {set: {hmm.architecture: linear-chain, hmm.states: 2}, product: {rnn.hidden: [6, 7]}}
  own:
    set:
      hmm.architecture: custom
      hmm.transition: [[0.8, 0.2], [0.1, 0.9]]
      hmm.emission: [[0.7, 0.3], [0.2, 0.8]]
seeds: [0, 1]
analysis: false
Y

ok() { # ok WHAT COMMAND...
    local what=$1
    shift
    if "$@" >log 2>&1; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "FAILED $what: $*"
        tail -n 5 log
    fi
}

results() { # results FILE: what the verbs say of it, without their warnings
    rm -f "$1.status.json"
    "$program" summary "$1" && "$program" summary "$1" --metrics all --format csv --by run,status &&
        "$program" why "$1" 1 && "$program" summary "$1" --where 'rnn.hidden == 7' &&
        "$program" verify "$1" && "$program" status "$1" | sed "s/^.*: //" &&
        rm -f weights && "$program" export "$1" 2 -o weights && cksum <weights
}

same() { cmp <(results "$1" 2>/dev/null) wanted; }
says() { "$program" summary "$2" 2>&1 >/dev/null | grep -q "warning.*$1"; }
silent() { ! "$program" summary "$1" 2>&1 >/dev/null | grep .; }
refused() { # refused FILE: --resume, with the file as it was
    cp "$1" before
    ! "$program" run grid.yaml -o "$1" --resume --progress none 2>err && grep -q -- --extend err &&
        cmp "$1" before
}

# altered NAME WORDS: NAME.h5 is what became of study.h5
altered() {
    ok "$1: the same results" same "$1.h5"
    ok "$1: said" says "$2" "$1.h5"
    ok "$1: not written into" refused "$1.h5"
    ok "$1: --extend" "$program" run grid.yaml -o "$1.h5" --extend --progress none
    ok "$1: extended, the same results" same "$1.h5"
    ok "$1: extended, nothing to say" silent "$1.h5"
    ok "$1: --resume" "$program" run grid.yaml -o "$1.h5" --resume --progress none
}

with_h5py() { # with_h5py NAME LINES
    cp study.h5 "$1.h5"
    "$python" -c "
import h5py, os, numpy
f = h5py.File('$1.h5', 'r+')
$2"
}

"$program" run grid.yaml -o study.h5 --progress none || { echo "the study failed"; exit 1; }
results study.h5 >wanted 2>err || { cat err; exit 1; }

with_h5py open "os.kill(os.getpid(), 9)" 2>/dev/null
ok "left open: its flags are set" cmp -s <(head -c 24 open.h5 | tail -c 4) <(printf '\1\0\0\0')
ok "left open: the same results" same open.h5
ok "left open: nothing to say" silent open.h5
ok "left open: --resume" "$program" run grid.yaml -o open.h5 --resume --progress none

with_h5py note "f.attrs['note'] = 'mine'; f['runs/status'].attrs['colour'] = 3"
altered note "attributes or structures were changed or added to; 6 of 6"
with_h5py data "f.create_dataset('mine/data', data=numpy.arange(5000.)); f['runs/mine'] = 3"
altered data "attributes or structures were changed or added to; 6 of 6"
with_h5py wider "v = f['runs/cell'][()]; del f['runs/cell']; f['runs/cell'] = v.astype('>i8')"
with_h5py texts "
for name in 'key', 'block', 'host': # as nccopy has them: of any length
    v = f['runs'][name].asstr()[()]; del f['runs'][name]
    f['runs'].create_dataset(name, data=v, dtype=h5py.string_dtype())"
altered texts "3 of .* datasets compressed or stored otherwise; 6 of 6"
altered wider "1 of .* datasets compressed or stored otherwise; 6 of 6"

with_h5py lost "f['runs/best_val_loss'][1] = 0.5; f.attrs['note'] = 'by hand'"
ok "lost: said" says "5 of 6 finished rows" lost.h5
ok "lost: verify" eval '! "$program" verify lost.h5'
cp lost.h5 before
ok "lost: why" eval '"$program" why lost.h5 1 2>/dev/null | grep -q "^status  *damaged"'
ok "lost: --resume refuses" eval '! "$program" run grid.yaml -o lost.h5 --resume --progress none'
ok "lost: untouched" cmp lost.h5 before
ok "lost: --extend" "$program" run grid.yaml -o lost.h5 --extend --progress none
ok "lost: the file as it was" cmp lost.h5.old before
ok "lost: --extend, the same numbers" cmp <("$program" verify lost.h5) <("$program" verify study.h5)
with_h5py other "f['grid/source'][3] = 65; f.attrs['note'] = 'by hand'"
ok "other: refused" eval '! "$program" summary other.h5 2>err && grep -q /grid/source err'

# with TOOL NAME COMMAND...: when the tool is there and manages
with() {
    local tool=$1 name=$2 words=$3
    shift 3
    if ! command -v "$tool" >/dev/null; then
        echo "skipped $name: no $tool"
    elif ! "$@" >log 2>&1; then
        echo "skipped $name: $* fails by itself"
    else
        altered "$name" "$words"
    fi
}
anew="written anew by another program.*6 of 6"
with h5repack repacked "$anew" h5repack study.h5 repacked.h5
with h5repack compressed "compressed or stored otherwise; 6 of 6" h5repack -f GZIP=1 study.h5 compressed.h5
with h5repack latest "$anew" h5repack -L study.h5 latest.h5
with h5jam jammed "$anew" h5jam -u grid.yaml -i study.h5 -o jammed.h5
with nccopy copied "$anew" nccopy study.h5 copied.h5
with nccopy deflated "$anew" nccopy -d 1 study.h5 deflated.h5

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
