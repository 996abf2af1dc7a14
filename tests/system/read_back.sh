#!/usr/bin/env bash
# read_back: what people do with a results file, on a small real study: h5py and xarray, the README's
# own lines, the summary against pandas, weights into PyTorch, repro, why, status, failed runs.
# usage: tests/system/read_back.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
tests=$(realpath tests/system)
grid=$(realpath experiments/smoke.yaml)
readme=$(realpath README.md)
work=$(mktemp -d) || exit 2
trap 'rm -rf "$work"' EXIT
cd "$work" || exit 2
export HMMGRID_LOG=warning README=$readme
passed=0 failed=0
python=python3 # the first that has h5py: a python3 of one's own may stand before the system's
"$python" -c 'import h5py' 2>/dev/null || python=/usr/bin/python3

# ok NAME COMMAND...: exit code 0
ok() {
    local name=$1
    shift
    if "$@" >out 2>&1; then
        passed=$((passed + 1))
        grep -i skipped out
    else
        failed=$((failed + 1))
        echo "$name: exit code $?: $*"
        tail -n 20 out
    fi
}

# says WORDS COMMAND...: exit code 0 and the words on standard output
says() {
    local words=$1
    shift
    if "$@" 2>err | grep -qF -- "$words"; then
        passed=$((passed + 1))
    else
        failed=$((failed + 1))
        echo "no '$words' in: $*"
        head -n 5 err
    fi
}

"$program" run "$grid" -o study.h5 --progress none || { echo "the study failed"; exit 1; }
ok "h5py and xarray" "$python" "$tests/open_with_python.py" study.h5
ok "README's lines" "$python" "$tests/readme_lines.py" study.h5
ok "summary against pandas" "$python" "$tests/summary.py" "$program" study.h5
ok "export" "$program" export study.h5 0 -o weights.h5
ok "PyTorch" "$python" "$tests/torch_logits.py" weights.h5
says done "$program" why study.h5 0
says complete "$program" status study.h5
says "$(uname -n)" "$program" summary study.h5 --by host,block
"$program" summary study.h5 --metrics volatility,,cpu_s >out 2>err
code=$?
if [ $code -eq 2 ] && grep -q 'an entry of the list is empty' err; then
    passed=$((passed + 1))
else
    failed=$((failed + 1)); echo "an empty entry of --metrics: $code"; cat err
fi
mkdir folder
"$program" run "$grid" -o folder >out 2>err
code=$?
if [ $code -eq 73 ] && grep -q 'folder: is a directory; name a file, such as -o folder/study.h5' err; then
    passed=$((passed + 1))
else
    failed=$((failed + 1)); echo "a directory as output: $code"; cat err
fi

# a network with biases
ok "a run with biases" "$program" run "$grid" -o bias.h5 --progress none --set rnn.bias=true \
    --where 'block == cyclic and seed == 0'
run=$("$program" summary bias.h5 --by run --where 'status == done' --format csv 2>/dev/null | sed -n '2s/,.*//p')
ok "export with biases" "$program" export bias.h5 "$run" -o bias_weights.h5
ok "PyTorch with biases" "$python" "$tests/torch_logits.py" bias_weights.h5
ok "biases are in it" "$python" -c 'import h5py; assert h5py.File("bias_weights.h5")["fc.bias"].size'

# repro: a one-run grid whose run has the same key and the same bits
ok "repro" sh -c "'$program' repro study.h5 3 >one.yaml"
ok "repro runs" "$program" run one.yaml -o one.h5 --progress none
ok "repro gives the same run" "$python" - <<'P'
import h5py
a, b = h5py.File("study.h5"), h5py.File("one.h5")
assert a["runs/key"][3] == b["runs/key"][0], "keys differ"
for name in ("best_val_loss", "final_val_loss", "loss_floor", "matched_distance", "cross_entropy"):
    assert a["runs"][name][3] == b["runs"][name][0], name
P

# a study in which runs fail: exit code 3, the reason kept, the rest done
"$program" run "$grid" -o bad.h5 --progress none --max-failures 100% \
    --set train.learning_rate=10 --set data.length=100 >/dev/null 2>err
code=$?
if [ $code -eq 3 ]; then passed=$((passed + 1)); else failed=$((failed + 1)); echo "diverging: $code"; cat err; fi
says diverged "$program" why bad.h5 0
ok "verify after failures" "$program" verify bad.h5

echo "$passed passed, $failed failed"
[ "$failed" -eq 0 ]
