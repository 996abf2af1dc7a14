#!/usr/bin/env bash
# reset: failed and crashed runs become pending again (reset, --retry), and end with the results of a
# study in which nothing failed; done ones only when it is said.
# usage: tests/system/reset.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
grid=$(realpath tests/system/mistakes/tiny.yaml)
. tests/support/ok.sh
cd "$work" || exit 2
unset HMMGRID_OUTPUT HMMGRID_RESUME

run() { "$program" run "$grid" --progress none --set train.epochs=2000 "$@"; }
code() { # code N COMMAND...: its exit code
    local wanted=$1
    shift
    "$@"
    [ $? -eq "$wanted" ]
}
fails() { # fails N WORDS COMMAND...: exit code and words on stderr
    local wanted=$1 words=$2
    shift 2
    "$@" >/dev/null 2>err
    [ $? -eq "$wanted" ] && grep -qE -- "$words" err || { cat err; false; }
}

run -o whole.h5 || exit 1
whole=$(digest whole.h5)

# --- failed runs: too little memory in a study of two of the four
ok "two runs fail" code 3 run -o study.h5 --where 'seed == 1' --set run.memory=1
ok "they stay failed" code 3 run -o study.h5 --resume
says '2 runs would be pending again: 2 failed, 0 crashed, 0 done' "$program" reset study.h5 -n
says '^status +failed' "$program" why study.h5 1
says 'run 1 \(hmm.states=2 seed 1\)' "$program" reset study.h5 --where 'hmm.states == 2'
says '^status +pending' "$program" why study.h5 1
says '^attempts +0' "$program" why study.h5 1
says 'done 2 failed 1 ' "$program" verify study.h5
ok "h5py sees it" "$python" -c "
import h5py
f = h5py.File('study.h5')
assert list(f['runs/status']) == [2, 0, 2, 3] and list(f['runs/attempts']) == [1, 0, 1, 1]"
ok "--retry takes up the other" run -o study.h5 --resume --retry failed
ok "the results are those of a study without failures" [ "$(digest study.h5)" = "$whole" ]

# --- done ones
ok "--done alone is refused" fails 2 'needs --where' "$program" reset study.h5 --done
says '0 runs are pending' "$program" reset study.h5
ok "done ones are told of" fails 0 'results of 2 done runs do not count' "$program" reset study.h5 --done --where 'run < 2'
ok "done anew" run -o study.h5 --resume
ok "to the same results" [ "$(digest study.h5)" = "$whole" ]

# --- a crashed run: its process is killed
crash=("$program" run "$grid" -o crash.h5 --progress none --set train.epochs=1000000 --where 'run == 3' --retries 0 --set run.checkpoint=0s)
"${crash[@]}" &
study=$!
for _ in $(seq 200); do
    child=$(pgrep -P $study | head -n 1)
    [ "$child" ] && grep -q '"running": 1' crash.h5.status.json 2>/dev/null && break
    sleep 0.05
done
ok "a held file is refused" fails 73 'another study is writing' "$program" reset crash.h5
kill -9 "$child"
wait $study 2>/dev/null
ok "the run crashed" prints '^status +crashed' "$program" why crash.h5 3
ok "--retry failed leaves it" code 3 "${crash[@]}" --resume --retry failed
ok "--retry all takes it up" code 75 "${crash[@]}" --resume --retry all --deadline 2s --reserve 0s
says '^attempts +0' "$program" why crash.h5 3

# --- what is refused
ok "a new study has nothing to retry" fails 2 'add --resume' run -o new.h5 --retry all
ok "a wrong word" fails 2 'none of failed, crashed, all' run -o study.h5 --resume --retry some
ok "no such runs" fails 2 'chooses none' "$program" reset study.h5 --where 'run > 7'
ok "no such file" fails 66 'cannot open' "$program" reset none.h5
ok "nothing is left beside it" [ ! -e none.h5.lock ]
"$python" -c "import h5py; h5py.File('whole.h5', 'a').attrs['note'] = 1"
ok "an altered file is only read" fails 73 'extend' "$program" reset whole.h5
finish
