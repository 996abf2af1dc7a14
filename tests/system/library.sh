#!/usr/bin/env bash
# library: `make install` into an empty folder; a C program built against that copy alone through
# pkg-config trains, measures and analyses a network to the same bits as the installed program.
# usage: tests/system/library.sh BUILD    (from the top folder, built)
set -u
build=$1
source=$(realpath tests/system/library.c)
flags=$(head -n 1 "$build/flags")
if grep -q -- -fsanitize <<<"$flags"; then echo "skipped: a sanitizer is built in"; exit 0; fi
. tests/support/ok.sh

# --- installed, under the final prefix and staged below DESTDIR ------------------------------------
install() { make --no-print-directory -s BUILD="$build" install "$@"; }
ok "make install" install PREFIX="$work/usr"
ok "make install DESTDIR" install PREFIX=/opt/hmmgrid DESTDIR="$work/stage"
ok "DESTDIR is no part of what is installed" grep -qx 'prefix=/opt/hmmgrid' \
    "$work/stage/opt/hmmgrid/lib/pkgconfig/hmmgrid.pc"
ok "nothing is installed beside it" [ "$(ls "$work/stage")" = opt ]
ok "the same files in both" diff <(cd "$work/usr" && find . | sort) \
    <(cd "$work/stage/opt/hmmgrid" && find . | sort)
cd "$work" || exit 2
export PKG_CONFIG_PATH=$work/usr/lib/pkgconfig${PKG_CONFIG_PATH:+:$PKG_CONFIG_PATH}
read -ra compiler <<<"${CC:-${flags%% *}}"
read -ra cflags <<<"-std=c11 -Wall -Wextra -Werror $(pkg-config --cflags hmmgrid)"
read -ra libs <<<"$(pkg-config --static --libs hmmgrid)"

# --- every header alone -----------------------------------------------------------------------------
for header in usr/include/hmmgrid/*.h; do
    echo "#include <hmmgrid/$(basename "$header")>" >one.c
    ok "$(basename "$header") alone" "${compiler[@]}" "${cflags[@]}" -fsyntax-only one.c
done

# --- a program of one's own -------------------------------------------------------------------------
cat >grid.yaml <<'YAML'
version: 1
study: library
defaults:
  hmm:     {states: 3}
  data:    {sequences: 120, length: 8}
  rnn:     {hidden: 8, noise_dim: 2}
  train:   {epochs: 4, batch: 40}
  measure: {sequences: 50}
grid: {one: {}}
seeds: [3]
analysis: false
YAML
export OPENBLAS_NUM_THREADS=1
ok "it builds" "${compiler[@]}" "${cflags[@]}" "$source" -o own "${libs[@]}"
ok "the study" usr/bin/hmmgrid run grid.yaml -o study.h5 --progress none --set analysis.steps=1000 \
    --set analysis.readout=true
key=$(usr/bin/hmmgrid why study.h5 0 | sed -n 's/^ *key  *//p')
ok "the run has a key" [ ${#key} -gt 8 ]
core=$(usr/bin/hmmgrid why study.h5 0 | sed -n 's/^ *blas_core  *//p')
OPENBLAS_CORETYPE=${OPENBLAS_CORETYPE-$core} ./own "$key" >own.txt
ok "it runs" [ $? -eq 0 ]
cat own.txt
ok "the same bits" "$python" - <<'P'
import h5py
import numpy as np
lines = [line.split() for line in open("own.txt")]
with h5py.File("study.h5") as f:
    different = [(name, value, f[name][0]) for name, value in lines
                 if not np.array_equal(float(value), f[name][0], equal_nan=True)]
assert len(lines) > 10, lines
assert not different, different
P

finish
