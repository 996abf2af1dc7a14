#!/usr/bin/env bash
# paper: experiments/paper.sh makes its table of a study, and goes on with one that was stopped. Here
# its cells are trained for one epoch on a few sequences.
# usage: tests/system/paper.sh PROGRAM
set -u
program=$(realpath "$1")
script=$(realpath experiments/paper.sh)
. tests/support/ok.sh
cd "$work" || exit 2

cat >quick <<END
#!/bin/sh
[ "\$1" = run ] || exec "$program" "\$@"
exec "$program" "\$@" --progress none --set train.epochs=1 --set data.sequences=30 --set train.batch=10 \\
    --set measure.floor_draws=2 --set reseed.max=1 --set accept.max_excess_loss=0.001 \$only
END
chmod +x quick
ok "stopped" env only='--share 1/2' "$script" ./quick paper.h5
cp log some.md
ok "the rest" env only= "$script" ./quick paper.h5
grep '^|' log >all.md # without what was said
ok "fewer rows" [ "$(grep -c '^| [2-5]' some.md)" -lt 24 ]
ok "24 rows" [ "$(grep -c '^| [2-5]' all.md)" -eq 24 ]
ok "nine columns" [ "$(awk -F '|' 'NF != 11' all.md | wc -l)" -eq 0 ]
ok "two seeds each" [ "$(awk -F '|' '/^\| [2-5]/ && $9 != " 2, none accepted "' all.md | wc -l)" -eq 0 ]
ok "none is within the published" [ "$(grep -c '| above |' all.md)" -eq 24 ]
finish
