#!/usr/bin/env bash
# paths: whatever name leads to a results file, it is the file itself that is locked, written and
# replaced; whatever stands where the program makes a file, it is never written into nor waited for;
# and whatever another program does to a file that a study is writing, no finished run is lost.
# usage: tests/system/paths.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
live=$(realpath "$(dirname "$0")/live_file.py")
. tests/support/ok.sh
cd "$work" || exit 2
limit=60 # nothing here takes that long

cat >grid.yaml <<'Y'
version: 1
study: paths
defaults:
  data:    {sequences: 96, length: 8}
  rnn:     {hidden: 6, noise_dim: 2}
  train:   {epochs: 2, batch: 32}
  measure: {sequences: 40, floor_draws: 2}
grid:
  chain: {set: {hmm.architecture: linear-chain, hmm.states: 2}}
seeds: [0, 1]
analysis: false
run: {isolate: none}
Y
sed 's/^seeds.*/seeds: [0, 1, 2]/' grid.yaml >three.yaml

# run GRID FILE [OPTIONS], never longer than a study of this size takes
run() {
    local grid=$1 file=$2
    shift 2
    timeout -k 5 60 "$program" run "$grid" -o "$file" --progress none "$@"
}

done_runs() { [ "$("$program" verify "$1" | grep -c 'digest')" = 1 ] && [ "$("$program" summary "$1" --format csv --by run 2>/dev/null | tail -n +2 | wc -l)" -eq "$2" ]; }

# a silent pipe for a grid is given up after half a minute; looked at in the end
mkfifo silent
(timeout 60 "$program" check silent >silent.out 2>&1; echo $? >silent.code) &
silent=$!

# --- links to the results file ----------------------------------------------------------------------

mkdir scratch home
ln -s ../scratch/s.h5 home/s.h5
ln -s home/s.h5 link.h5
ok "a dangling link: the study begins where it leads" run grid.yaml link.h5 --resume
ok "it is there" done_runs scratch/s.h5 2
ok "an old study is refused through a link" ends 73 "exists already" "$program" run grid.yaml -o link.h5
ok "resume through a link" run grid.yaml link.h5 --resume
ok "extend through a link" run three.yaml link.h5 --extend
ok "the file that it leads to is extended" done_runs scratch/s.h5 3
ok "fresh through a link" run grid.yaml link.h5 --fresh
ok "the file that it leads to is new" done_runs scratch/s.h5 2
ok "the links are still links" test -L link.h5 -a -L home/s.h5 -a ! -L scratch/s.h5
ok "nothing stands beside a link" [ "$(echo home/* link.h5*)" = "home/s.h5 link.h5" ]
ok "status through a link" grep -q complete <("$program" status link.h5)
ln -s round.h5 round.h5
ok "a link to itself" ends 73 "Too many levels" "$program" run grid.yaml -o round.h5
ln -s scratch/w.h5 w.h5
ok "export through a link" "$program" export scratch/s.h5 1 -o w.h5
ok "weights are where it leads" test -f scratch/w.h5 -a -L w.h5
ln -s scratch/n.h5 n.h5
ok "analyse through a link" "$program" analyse w.h5 -o n.h5
exec 8>scratch/s.h5.lock
flock 8
ok "the lock is found through a link" ends 73 "another study is writing this file" "$program" run grid.yaml -o link.h5 --fresh
ok "status finds it through a link" grep -q '"live": true' <("$program" status link.h5 --json)
exec 8>&-

# --- what may stand where a file is made or read ----------------------------------------------------

echo precious >victim
cp victim before
for file in .tmp .lock .alive .status.json.tmp .status.json; do
    for planted in link dangling hard pipe folder; do
        rm -rf p.h5* nowhere
        case $planted in
        link) ln -s victim "p.h5$file" ;;
        dangling) ln -s nowhere "p.h5$file" ;;
        hard) ln victim "p.h5$file" ;;
        pipe) mkfifo "p.h5$file" ;;
        folder) mkdir "p.h5$file" ;;
        esac
        run grid.yaml p.h5 >out 2>err
        code=$?
        timeout 20 "$program" status p.h5 >/dev/null 2>&1
        ok "$planted at $file: status ends" [ $? -ne 124 ]
        # another file of that name is replaced, a status cannot fail a study; all else is refused by name
        case $file:$planted in
        .tmp:hard | .status.json:[!f]* | .status.json.tmp:hard) ok "$planted at $file: $code" [ $code -eq 0 -a ! -s err ] ;;
        .status.json*) ok "$planted at $file: $code, a warning" eval "[ $code -eq 0 ] && grep -q 'p.h5.status.json' err" ;;
        *) ok "$planted at $file: $code, refused" eval "[ $code -eq 73 ] && grep -q 'p.h5$file: is .*remove it' err" ;;
        esac
        ok "$planted at $file: nothing is written there" eval "cmp victim before && [ ! -e nowhere ]"
    done
done
for planted in "ln -s victim" "ln -s nowhere" mkfifo mkdir; do
    rm -rf e.h5*
    $planted e.h5.tmp
    ok "$planted e.h5.tmp: export" ends 73 'e.h5.tmp: is ' "$program" export scratch/s.h5 1 -o e.h5
    rm -rf o.h5*
    cp scratch/s.h5 o.h5
    $planted o.h5.old
    ok "$planted o.h5.old: extend" ends 73 'o.h5.old, which exists already' \
        "$program" run grid.yaml -o o.h5 --extend --set analysis.pca=true
done
ok "nothing is written there" eval "cmp victim before && [ ! -e nowhere ]"
echo left >f.h5.tmp
ok "what a killed process left is replaced" run grid.yaml f.h5

rm -f pipe.h5
mkfifo pipe.h5
for verb in status summary verify "why 1" "export 1 -o x.h5" "repro 1" "analyse -o x.h5"; do
    # shellcheck disable=SC2086
    set -- $verb
    for what in pipe.h5 /dev/zero home; do
        timeout 20 "$program" "$1" $what "${@:2}" >/dev/null 2>err
        ok "$1 $what" eval "[ $? -eq 66 ] && grep -q 'not a regular file' err"
    done
done
for existing in "" --resume --extend --fresh; do
    # shellcheck disable=SC2086
    timeout 20 "$program" run grid.yaml -o pipe.h5 $existing --progress none >/dev/null 2>err
    code=$?
    ok "run -o a pipe $existing" eval "grep -q 'pipe.h5: .*not a regular file' err && [ $code -eq 66 -o $code -eq 73 ]"
done
ok "a grid from <(...)" "$program" check <(cat grid.yaml)
ok "a grid from a pipe that is written late" eval 'mkfifo late; (sleep 0.3; cat grid.yaml >late) & "$program" check late'
ok "a grid from standard input" eval '"$program" check - <grid.yaml && "$program" check /dev/stdin <grid.yaml'
ok "a grid without end" ends 65 "at most 1 MiB" "$program" check /dev/zero

# --- a file that is open elsewhere while a study writes it ------------------------------------------

sed 's/sequences: 96, length: 8/sequences: 1500, length: 20/; s/hidden: 6/hidden: 24/
    s/epochs: 2, batch: 32/epochs: 150, batch: 500/; s/^seeds.*/seeds: 0-3/' grid.yaml >slow.yaml
ok "an undisturbed study" run slow.yaml quiet.h5
digest=$("$program" verify quiet.h5 | sed -n 's/^digest //p')
live() { [ -z "$("$python" "$live" "$program" slow.yaml "$digest" 2>&1 | tee /dev/stderr)" ]; }
ok "h5py on a live file" live

mkdir here
run slow.yaml here/x.h5 >out 2>err &
study=$!
ok "it is on" begun here/x.h5
mv here there
wait $study
ok "the new name of a file that was moved is told" grep -q "here/x.h5: was moved .*/there/x.h5 now" err
ok "every run is in it" done_runs there/x.h5 4

# --- shared memory of ranks that were killed with their launcher ------------------------------------

mkdir shm
# shellcheck disable=SC2086
$mpirun --mca btl_vader_backing_directory "$work/shm" -n 3 \
    "$program" run slow.yaml -o m.h5 --set train.epochs=100000 --progress none >out 2>&1 &
launcher=$!
ok "it is on" begun m.h5
left=(shm/vader_segment.*)
# shellcheck disable=SC2046
kill -9 $launcher $(cat /proc/$launcher/task/*/children)
wait $launcher 2>/dev/null
if [ -e "${left[0]}" ]; then # another MPI has none
    : >shm/vader_segment.other.0
    cp "${left[0]}" copy && mv copy "${left[0]}" # the same name, another file
    ok "the next study" run slow.yaml m.h5 --fresh
    ok "it has removed what was left, and nothing else" \
        [ "$(echo shm/* | wc -w)" = 2 -a -e "${left[0]}" -a -e shm/vader_segment.other.0 ]
else
    echo "skipped: shared memory of killed ranks, of which this MPI leaves none"
fi

wait $silent
ok "a silent pipe for a grid is given up" eval '[ "$(cat silent.code)" = 66 ] && grep -q "nothing came out of this pipe" silent.out'

finish
