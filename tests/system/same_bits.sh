#!/usr/bin/env bash
# same_bits: the same grid gives the same digest, and the same numbers, on 1, 2, 3 and 4 ranks, in
# both orders, with runs added by --extend, and from a grid whose blocks stand in another order.
# usage: tests/system/same_bits.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
grid=$(realpath experiments/smoke.yaml)
numbers=$(realpath tests/system/same_numbers.py)
. tests/support/ok.sh
cd "$work" || exit 2
export HMMGRID_LOG=warning
expected=

# same NAME RANKS GRID [OPTION...]: run it into NAME.h5 and compare its digest with the first one's
same() {
    local name=$1 ranks=$2 file=$3 digest
    shift 3
    $mpirun -n "$ranks" "$program" run "$file" -o "$name.h5" \
        --progress none "$@" || { echo "$name: run failed with exit code $?"; failed=$((failed + 1)); return; }
    digest=$("$program" verify "$name.h5" | grep -o 'digest .*')
    [ -n "$expected" ] || expected=$digest
    if [ -n "$digest" ] && [ "$digest" = "$expected" ]; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "$name: '$digest' instead of '$expected'"
    fi
}

same serial 1 "$grid"
same four 4 "$grid"

# a part of the runs first, the rest by --resume
$mpirun -n 2 "$program" run "$grid" -o parts.h5 --progress none \
    --where 'seed == 1 and hmm.states != 2' || failed=$((failed + 1))
same parts 3 "$grid" --resume

# one seed first, then the whole grid by --extend
sed 's/^seeds:.*/seeds: [1]/' "$grid" >one_seed.yaml
cmp -s "$grid" one_seed.yaml && { echo "the grid has no line of seeds"; failed=$((failed + 1)); }
"$program" run one_seed.yaml -o more.h5 --progress none || failed=$((failed + 1))
same more 2 "$grid" --extend

# blocks in another order: the same runs in other rows
python3 - "$grid" >turned.yaml <<'P' || failed=$((failed + 1))
import re, sys
text = open(sys.argv[1]).read()
head, rest = text.split("\ngrid:\n")
blocks = re.split(r"(?m)^(?=  [a-z][a-z-]*:)", rest)
tail = re.split(r"(?m)^(?=[a-z])", blocks[-1], maxsplit=1)
blocks[-1] = tail[0]
comment = [b for b in blocks if not re.match(r"  [a-z]", b)]
blocks = [b if b.endswith("\n") else b + "\n" for b in blocks if re.match(r"  [a-z]", b)]
assert len(blocks) >= 3, "the grid needs blocks to turn round"
print(head + "\ngrid:\n" + "".join(reversed(blocks)) + (tail[1] if len(tail) > 1 else ""))
P

# an analysis cannot see where and when its network was trained: these go without
expected=
same alone 1 "$grid" --set analysis=false
same two 2 "$grid" --set analysis=false
same longest 3 "$grid" --set analysis=false --order longest
same in_grid_order 3 "$grid" --set analysis=false --order grid
same turned 2 turned.yaml --set analysis=false

# what the digest says, without it
ok "numbers of 1 and 4 ranks" "$python" "$numbers" serial.h5 four.h5
for name in parts more; do
    ok "numbers" "$python" "$numbers" --runs serial.h5 $name.h5
done
ok "numbers of rows in another order" "$python" "$numbers" --runs alone.h5 turned.h5
finish
