#!/usr/bin/env bash
# make: a small results file of this version of the program, NAME.h5, and NAME.txt, what it says.
# usage: tests/golden/files/make.sh HMMGRID FOLDER/NAME
# NAME.txt: the digest of its results, and a few numbers of every run as `summary` reads them.
set -u
program=$1 file=$2.h5
grid=$(dirname "$0")/small.yaml
"$program" run "$grid" -o "$file" --progress none --where 'seed == 0'
[ $? -eq 3 ] || { echo "make: not as meant: one run fails, the others are done" >&2; exit 1; }
rm -f "$file.status.json"
"$(dirname "$0")/said.sh" "$program" "$file" >"$2.txt"
