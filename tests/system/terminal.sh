#!/usr/bin/env bash
# terminal: what is drawn in a terminal fits it, in braille and in ASCII; curves in long form are those of
# the file; a study is watched to its end.
# usage: tests/system/terminal.sh PROGRAM
set -u
program=$(realpath "$1")
. tests/support/ok.sh
export HMMGRID_LOG=warning
cd "$work" || exit 2

cat >grid.yaml <<'YAML'
version: 1
study: "<b> & \"drawn\""
defaults:
  data: {sequences: 60, length: 6}
  rnn: {noise_dim: 2}
  train: {epochs: 12, batch: 30, learning_rate: 0.01}
  measure: {sequences: 30, floor_draws: 2}
analysis: false
grid: {chain: {product: {rnn.hidden: [4, 16], train.clip_norm: [0.5, 1]}}}
seeds: 0-2
YAML
ok "a study" "$program" run grid.yaml -o a.h5 --progress none

# on LINES COLUMNS COMMAND...: its output on a terminal of that size, without what steers it; KEY is
# pressed as soon as it has drawn a curve
on() {
    "$python" - "$@" <<'P'
import fcntl, os, pty, re, struct, sys, termios
lines, columns, *command = sys.argv[1:]
pid, fd = pty.fork()
if pid == 0:
    fcntl.ioctl(0, termios.TIOCSWINSZ, struct.pack("HHHH", int(lines), int(columns), 0, 0))
    os.execvp(command[0], command)
text = b""
try:
    while piece := os.read(fd, 65536):
        text += piece
        if b"dashed" in text and "KEY" in os.environ:
            os.write(fd, os.environ.pop("KEY").encode())
except OSError:
    pass
code = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
shown = re.sub(r"\x1b\[[0-9;?]*[A-Za-z]|\r", "", text.decode())
print(shown, end="")
wide = max(len(line) for line in shown.split("\n"))
sys.exit(code or (wide > int(columns)) or ("plot" in command and shown.count("\n") > int(lines)))
P
}

name=plot
says 'dashed: the floor' "$program" plot a.h5 0
ok "ASCII" bash -c "! LC_ALL=C '$program' plot a.h5 0 | grep -q '[^ -~]'"
ok "braille" bash -c "LC_ALL=C.UTF-8 '$program' plot a.h5 0 | grep -q '⠉\|⣀\|⡇'"
for size in "24 80" "12 72" "60 200"; do
    # shellcheck disable=SC2086
    ok "a run on $size" on $size "$program" plot a.h5 3
    # shellcheck disable=SC2086
    ok "a score on $size" on $size "$program" plot a.h5 --by rnn.hidden volatility
done
says 'excess_loss by rnn.hidden, 12 runs' "$program" plot a.h5 --by rnn_hidden excess_loss
says '^ +4 +16$' "$program" plot a.h5 --by rnn.hidden excess_loss
says 'run 2, .*: train_loss' "$program" plot a.h5 2 --curve train_loss
ok "no such curve" ends 2 "--curve: the file has no curve 'losses'" "$program" plot a.h5 2 --curve losses
ok "no such run" ends 2 "no run \"99\"" "$program" plot a.h5 99
ok "no such score" ends 2 "no numbers named 'los'" "$program" plot a.h5 --by seed los
ok "no such key" ends 2 "unknown key 'rnn.hiden'" "$program" plot a.h5 --by rnn.hiden excess_loss

name=watch
sed 's/sequences: 60, length: 6/sequences: 3000, length: 20/; s/epochs: 12/epochs: 100000/' grid.yaml >long.yaml
"$program" run long.yaml -o long.h5 --progress none 2>/dev/null &
study=$!
for _ in $(seq 100); do [ -s long.h5.status.json ] && break; sleep 0.1; done
export LC_ALL=C.UTF-8
KEY=q on 24 80 "$program" status long.h5 --watch >screen 2>&1
ok "q" [ $? -eq 0 ]
ok "the workers" grep -Eq '^ +0 +[0-9]+ +[0-9]+/100000 ' screen
ok "a curve" grep -q '┤' screen
KEY=$'\003' on 24 80 "$program" status long.h5 --watch >log 2>&1
ok "control-C" [ $? -eq 130 ]
"$program" status long.h5 --watch >plain &
watcher=$!
for _ in $(seq 100); do [ -s plain ] && break; sleep 0.1; done
kill -TERM $study
wait $study
wait $watcher
ok "ends with the study" [ $? -eq 0 ]
ok "plain lines" grep -Eq '^[0-9]+ s: 0 of 12 done, .*running' plain
ok "and its end" grep -q '^study .*: interrupted' plain
ok "nothing steers" bash -c "! grep -q $'\033' plain"

name=curves
ok "csv" "$program" export a.h5 all --curves -o curves.csv
ok "jsonl" "$program" export a.h5 all --curves --format jsonl -o curves.jsonl
ok "one run" bash -c "'$program' export a.h5 5 --curves | tail -n +2 | diff - <(grep '^[^,]*,5,' curves.csv | cat)"
ok "as in the file" "$python" - <<'P'
import csv, json
import h5py
import numpy as np
rows = list(csv.DictReader(open("curves.csv", newline="")))
lines = [json.loads(line) for line in open("curves.jsonl")]
with h5py.File("a.h5") as f:
    runs = f["runs"]
    assert len(rows) == len(lines) == 2 * runs["val_loss"].size
    for r, line in zip(rows, lines):
        at = int(r["run"]), int(r["epoch"]) - 1
        assert np.isclose(float(r["value"]), runs[r["name"]][at], rtol=1e-8, atol=0)
        assert line["value"] == float(r["value"]) and line["study"] == '<b> & "drawn"'
        assert {k: str(v) for k, v in line.items() if k != "value"} == {k: v for k, v in r.items() if k != "value"}
P
ok "chosen" bash -c "[ \$('$program' export a.h5 all --curves --where 'rnn.hidden == 4' | wc -l) -eq $((6 * 24 + 1)) ]"
ok "no file is replaced" ends 73 "curves.csv" "$program" export a.h5 all --curves -o curves.csv
ok "no such format" ends 2 "--format: 'xml' is not one of csv, jsonl" "$program" export a.h5 all --curves -f xml
ok "without --curves" ends 2 "--format and --where go with --curves" "$program" export a.h5 1 -o w.h5 --where landed
finish
