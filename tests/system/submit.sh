#!/usr/bin/env bash
# submit: the scripts that `hmmgrid submit` makes, what it asks Slurm and how it tells what Slurm says;
# sbatch, sinfo, srun and scontrol are stand-ins here, but the study of a script is run.
# usage: tests/system/submit.sh path/to/hmmgrid
set -u
program=$(realpath "$1")
grid=$(realpath tests/system/mistakes/tiny.yaml)
. tests/support/ok.sh
cd "$work" || exit 2
unset "${!SLURM_@}" "${!SBATCH_@}" "${!HMMGRID_@}" 2>/dev/null
export XDG_CONFIG_HOME=$work/config PATH="$work/bin:$PATH" COLUMNS=80
mkdir -p bin config/hmmgrid alone
cp "$grid" tiny.yaml
tools=$(command -v bash grep sed date stat sleep env tee)
for tool in $tools; do ln -s "$tool" alone/; done

# --- a Slurm that keeps what it is given, and has this to say of itself
cat >bin/sbatch <<'S'
#!/bin/bash
case $* in
*--test-only*--segmnt*) echo "sbatch: unrecognized option '--segmnt'" >&2; exit 1 ;;
*--test-only*) echo "sbatch: Job 9 to start soon" >&2; exit ;;
esac
[ -e refuse ] && { echo "sbatch: error: invalid partition specified: moon" >&2; exit 1; }
echo "$*" >>submitted
echo "a word of the site"
echo "$((100 + $(wc -l <submitted)));cluster"
S
cat >bin/sinfo <<'S'
#!/bin/bash
[ "$*" = "-h -o %P|%a|%l|%D|%c|%m" ] && cat partitions
S
cat >bin/srun <<'S'
#!/bin/bash
[ "$*" = --mpi=list ] && exec cat mpi >&2
[ "$1" = --mpi=pmix ] && shift
exec "$@"
S
cat >bin/scontrol <<'S'
#!/bin/bash
[ "$*" = "show config" ] && exec cat slurm_config
echo "$*" >>requeued
S
cat >bin/squeue <<'S'
#!/bin/bash
case $* in
"--me -h -o %i %o") cat queue ;;
"-h -j "*) grep "^$3 " queue || { echo "slurm_load_jobs error: Invalid job id specified" >&2; exit 1; } ;;
esac
S
chmod +x bin/*
cat >partitions <<'S'
short*|up|4:00:00|12|128+|512000
long|up|7-00:00:00|4|64|256000
moon|down|infinite|4|64|256000
S
printf 'MPI plugin types are...\n\tnone\n\tpmix\n' >mpi
cat >slurm_config <<'S'
Configuration data as of 2026-01-31T12:00:00
JobRequeue              = 1
KillWait                = 30 sec
SLURM_VERSION           = 22.05.8
S

submit() { "$program" submit tiny.yaml -o study.h5 "$@"; }
line() { # line LINE [OPTIONS]: a line of what would be submitted
    local wanted=$1
    shift
    submit -n "$@" >said 2>&1 || { cat said; return 1; }
    grep -qxF -- "$wanted" said || { echo "no line '$wanted' in"; sed '/same for every/q' said; return 1; }
}
none() { ! line "$@" >/dev/null; }

# --- the grid comes first
cp "$(dirname "$grid")/typo.yaml" .
ok "a bad grid" ends 65 "typo.yaml:5:11: unknown key 'hmm.state'; did you mean" "$program" submit typo.yaml -o study.h5
ok "a bad --where" ends 2 '' submit --where 'hmm.stats == 3'
ok "no run is chosen" ends 2 '' submit --where 'hmm.states == 77'
ok "no output" ends 2 '-o FILE.h5 is missing' "$program" submit tiny.yaml
ok "no grid" ends 2 "needs GRID" "$program" submit -o study.h5
ok "the grid is standard input" ends 66 'write it into a file' "$program" submit - -o study.h5
ok "nothing is written" [ -z "$(ls -A | grep -F study.h5)" ]

# --- what the plan and Slurm say
ok "tasks" line '#SBATCH --ntasks=5'
ok "and why" line '# plan: 4 workers are busy 100 % of the time'
ok "time" line '#SBATCH --time=0-00:08:00'
ok "memory" line '#SBATCH --mem-per-cpu=512M'
ok "from USR1 on" line 'end_within=240'
ok "requeue" line '#SBATCH --requeue'
ok "srun with pmix" line 'launch=(srun --mpi=pmix) # `srun --mpi=list` has it'
ok "nothing is written" [ -z "$(ls -A | grep -F study.h5)" ]
long=(--set train.epochs=1000000 --set data.sequences=30000 --set rnn.hidden=400)
ok "the partition's limit" line '#SBATCH --time=0-04:00:00' "${long[@]}"
ok "and whose it is" grep -qE '^# limit of partition short; the plan says [0-9]+-' said
ok "another partition's" line '#SBATCH --time=7-00:00:00' "${long[@]}" --partition=long
ok "of several" line '#SBATCH --time=0-04:00:00' "${long[@]}" -p long,short
ok "runs on fewer tasks" line '#SBATCH --ntasks=3' --where 'seed == 1'
ok "tasks that are given" line '#SBATCH --ntasks=3' --ntasks 3
ok "tasks of nodes" none '#SBATCH --ntasks=40' --nodes=2 --ntasks-per-node=2
ok "no limit of time" line '#SBATCH --time=UNLIMITED' --time=UNLIMITED
ok "too much time" ends 0 '--time=5:00:00 is more than partition short allows (0-04:00:00)' submit -n --time=5:00:00
ok "too little time" ends 2 '--time=5 leaves no time for runs' submit --time=5
ok "a later signal" line 'end_within=48' --time=5 --signal=B:USR1@60 --set run.reserve=30s
printf 'MPI plugin types are...\n\tpmi2\n' >mpi
ok "mpirun without pmix" line 'launch=(mpirun) # `srun --mpi=list` has no pmix'
ok "srun as it is" line 'launch=(srun) # the command line' --launcher srun
ok "a launcher with words" line 'launch=(mpirun --mca btl tcp,self) # the command line' --launcher 'mpirun --mca btl tcp,self'
ok "a variable of the job" line 'launch=(mpirun -n $SLURM_NTASKS) # the command line' --launcher 'mpirun -n $SLURM_NTASKS'
for bad in 'mpirun "a' 'srun; rm x' 'mpirun $(id)' 'a | b' ' ' $'a\nb'; do
    ok "no launcher" ends 2 "is no launcher: words" submit --launcher "$bad"
done
printf 'MPI plugin types are...\n\tpmix\n' >mpi
ok "few slices" line 'max_restarts=100'
ok "many slices" line '#SBATCH --time=1:10:00' "${long[@]}" --time=1:10:00
ok "are not too many" grep -qE '^max_restarts=[0-9]{4}$' said
export SBATCH_PARTITION=long SBATCH_TIMELIMIT=50
ok "sbatch's variables" line '#SBATCH --time=50'
ok "below options" line '#SBATCH --partition=short' -p short
ok "by name" grep -qx '# SBATCH_TIMELIMIT' said
unset SBATCH_PARTITION SBATCH_TIMELIMIT

# --- flags of sbatch
ok "long" line '#SBATCH --mail-type=END,FAIL' --mail-type=END,FAIL
ok "two words" line '#SBATCH --account=abc' --account abc
ok "letters" line '#SBATCH --account=abc' -pshort -A abc -t 30
ok "partition" grep -qx '#SBATCH --partition=short' said
ok "time" grep -qx '#SBATCH --time=30' said
ok "its report is there too" [ "$(grep -cx '#SBATCH --account=abc' said)" -eq 2 ]
ok "no value" line '#SBATCH --exclusive' --exclusive --no-report
ok "perhaps one" line '#SBATCH --exclusive=user' --exclusive=user
ok "one of the future" line '#SBATCH --segment=4' --segment=4
ok "an option is no value" line '#SBATCH --segmnt' --segmnt --no-report
ok "the last counts" line '#SBATCH --qos=b' --qos=a -q b
ok "others go" none '#SBATCH --mem-per-cpu=512M' --mem=4G
ok "no requeue" none '#SBATCH --requeue' --no-requeue
ok "which is all" line 'max_restarts=0 # no --requeue' --no-requeue
ok "another signal" ends 2 '--signal=USR1@60: the script of a study waits for B:USR1' submit --signal=USR1@60
ok "quotes" line '#SBATCH --comment="it'\''s \"x\" \\ #1 $y"' --comment 'it'\''s "x" \ #1 $y'
ok "blanks of a name" line '#SBATCH --job-name="a b"' -J 'a b'
ok "a log" line '#SBATCH --output=%x.log' --log %x.log
ok "in no folder" ends 73 'nowhere/: the folder of the log (--output) is not there' submit -n --log nowhere/x.log
ok "its folder is not known yet" line '#SBATCH --output=%x/x.log' --log %x/x.log
says "^#SBATCH --output=\"$work/a.*b%.h5.log\"" "$program" submit tiny.yaml -n -o 'a\b%.h5'
says "^#SBATCH --output=$work/100%%.h5.%j.log\$" "$program" submit tiny.yaml -n -o 100%.h5
ok "an end of line" ends 2 '--comment: its value holds an end of line' submit --comment $'a\n#SBATCH --uid=root'
ok "no time" ends 2 "--time=foo: a time of Slurm is expected" submit --time=foo
ok "less than a task" ends 2 "--ntasks=-3: a number is expected, 1 or more" submit --ntasks=-3
ok "no node" ends 2 "--nodes=0: a number" submit -N0
ok "nodes from to" line '#SBATCH --nodes=2-4' --nodes=2-4
ok "another option is no value" ends 2 "option '--time' needs a value" submit --time -n
ok "run's own" ends 2 "--retries is not for a study: say --set run.retries=N" submit --retries=3
ok "run's own flag" ends 2 "--fresh is not for a study: move FILE.h5 away" submit --fresh
ok "no value where one is needed" ends 2 "option '--qos' needs a value" submit --qos
ok "arrays" ends 2 'slurm/array-of-shares.sbatch' submit --array=1-4
ok "a script of others" ends 2 '--wrap is not for a study' submit --wrap=ls
ok "after a job" line '#SBATCH --dependency=afterany:77' --after 77
ok "and after another" line '#SBATCH --dependency=afterok:5,afterany:77' --dependency=afterok:5 --after=77
ok "after no job" ends 2 "--after: 'last' is no number" submit --after last
echo '77 elsewhere/study.h5.sbatch' >queue
ok "after one that is known" ends 0 '' submit -n --after 77
ok "no word of it" [ ! -s err ]
ok "after one that is not" ends 0 '--after 78: squeue knows no such job' submit -n --after 78
echo "79 $work/study.h5.sbatch" >>queue
ok "once more" ends 0 'job 79 does this study already (study.h5.sbatch)' submit -n
ok "after it" ends 0 '' submit -n --after 79
ok "no word of it" [ ! -s err ]
rm queue
ok "more than there are" ends 0 '--ntasks=2000 is more than the 1536 cores of partition short' submit -n --ntasks=2000
ok "an unknown option" ends 0 "sbatch would not take it: sbatch: unrecognized option '--segmnt'" submit -n --segmnt
ok "words of run" line "arguments=(--resume '--where=seed == 1' --set=run.retries=2 --seeds=0-3)" \
    --where 'seed == 1' --set run.retries=2 --seeds 0-3

# --- it is submitted
says 'job 101: study.h5.sbatch' submit -p short
ok "and told" grep -qE '^  --partition=short +the command line$' said
ok "one slice" [ "$(grep -c slices said)" -eq 0 ]
ok "its report" grep -qx 'job 102: study.h5.report.sbatch, when job 101 has ended' said
ok "its log" grep -qx "log: $work/study.h5.101.log" said
ok "how to look" grep -qxF 'look: squeue -j 101; hmmgrid status study.h5' said
printf '%s\n' '--parsable study.h5.sbatch' '--parsable --dependency=afterany:101 study.h5.report.sbatch' >wanted
ok "by sbatch" cmp submitted wanted
says '^job 103' submit --no-report --time=30
ok "as is shown" diff <(submit -n --no-report --time=30 | tail -n +2) study.h5.sbatch
says '^  about [0-9]+ slices' submit "${long[@]}"
if command -v shellcheck >/dev/null; then
    ok "shellcheck" shellcheck study.h5.sbatch study.h5.report.sbatch
else
    echo "skipped: shellcheck of the scripts"
fi
touch refuse
ok "sbatch refuses" ends 73 'invalid partition specified: moon' submit -p moon
ok "which is told" grep -q 'sbatch study.h5.sbatch: not taken, exit code 1' err
rm refuse
printf '#!/bin/bash\nkill -SEGV $$\n' >bin/died
chmod +x bin/died
mv bin/sbatch bin/kept && mv bin/died bin/sbatch
ok "sbatch dies" ends 73 'sbatch study.h5.sbatch: ended by signal 11 (Segmentation fault)' submit
mv bin/kept bin/sbatch
echo '# by hand' >>study.h5.sbatch
ok "a script of another hand" ends 73 'not as `hmmgrid submit` made it' submit
ok "nor is it shown" ends 73 'not as `hmmgrid submit` made it' submit -n
rm study.h5.sbatch
ln -s elsewhere study.h5.sbatch
ok "a link" ends 73 'study.h5.sbatch' submit
ok "is not followed" [ ! -e elsewhere ]
rm study.h5.sbatch
mkfifo study.h5.sbatch
limit=20
ok "a pipe" ends 73 'study.h5.sbatch' "$program" submit tiny.yaml -o study.h5
limit=
rm study.h5.sbatch
ok "without Slurm" ends 73 'there is no Slurm on this machine' env PATH="$work/alone" "$program" submit tiny.yaml -o study.h5
ok "the script is there" [ -s study.h5.sbatch ]
ok "by mpirun" grep -q '^launch=(mpirun) #' study.h5.sbatch

# --- the script runs the study, whatever names there are
mkdir -p "it's \$(touch bad) \"q\""
hostile="it's \$(touch bad) \"q\"/-a b;c"
cp tiny.yaml "$hostile.yaml"
ok "hostile names" "$program" submit "$hostile.yaml" -o "$hostile.h5" --where 'seed == 1'
ok "its script" env SLURM_JOB_ID=101 bash "$hostile.h5.sbatch"
ok "its report" env SLURM_JOB_ID=102 bash "$hostile.h5.report.sbatch"
says '2 of 4 done' "$program" status "$hostile.h5"
ok "no more than that" [ ! -e bad ]
cp tiny.yaml ./-t.yaml
ok "a dash" "$program" submit --no-report -o-t.h5 -- -t.yaml
ok "its script" env SLURM_JOB_ID=103 bash ./-t.h5.sbatch
ok "its results" [ -s ./-t.h5 ]
says "hmmgrid status 'a b.h5'" "$program" submit --no-report tiny.yaml -o 'a b.h5'

# --- the job has the grid that was checked
cp tiny.yaml edited.yaml
ok "submitted" "$program" submit edited.yaml -o edited.h5 --no-report
ok "a copy" diff <(tail -n +3 edited.h5.grid.yaml) tiny.yaml
echo 'no longer a grid: [' >edited.yaml
ok "its script" env SLURM_JOB_ID=104 HMMGRID_SHARE=1/2 bash edited.h5.sbatch
says '4 of 4 done' "$program" status edited.h5
rm edited.h5
ok "the copy itself" "$program" submit edited.h5.grid.yaml -o edited.h5 --no-report
ok "stays as it is" diff <(tail -n +3 edited.h5.grid.yaml) tiny.yaml
echo >>edited.h5.grid.yaml
ok "by another hand" ends 73 'edited.h5.grid.yaml: is there already' "$program" submit tiny.yaml -o edited.h5

ok "variables are told of" ends 0 'HMMGRID_SHARE is set here, and unset in the job' env HMMGRID_SHARE=1/2 HMMGRID_OUTPUT=x.h5 "$program" submit tiny.yaml -n
ok "but the output" [ "$(grep -c OUTPUT err)" -eq 0 ]

# --- when the script goes into the queue again: a program that ends as it is told, with so many runs
# done and seconds kept
cat >told <<'S'
#!/bin/bash
case $* in
status*--usage*) printf '"kept_s": %s,\n' "$(cat kept)" ;;
status*) printf '"done": %s,\n"failed": 0,\n' "$(cat done)" ;;
run*) cat then_kept >kept; cat then_done >done; exec bash -c "$(cat how)" ;;
esac
S
chmod +x told
printf 'program: %s\nlauncher: bash\n' "$work/told" >told.yaml
ok "submitted" submit --profile told.yaml --no-report
slice() { # slice HOW DONE KEPT [RESTARTS]: a job's, which ends so
    printf '%s' "$1" >how
    echo "$2" >then_done
    echo "$3" >then_kept
    rm -f requeued
    SLURM_JOB_ID=105 SLURM_RESTART_COUNT=${4:-1} bash study.h5.sbatch 2>err
    ended=$?
}
again() { slice "$@"; cat err; [ -e requeued ]; }
ends_for_good() { slice "$@"; cat err; [ ! -e requeued ] && grep -q 'not started again' err; }
echo 0 >done
echo 0.000 >kept
ok "a run ended" again 'exit 75' 1 0.000
ok "more is kept" again 'exit 75' 1 8.100
ok "as much is kept" ends_for_good 'exit 75' 1 8.100
ok "advice" grep -q 'exit code 75: a longer --time' err
ok "less is kept, by other kernels" ends_for_good 'exit 75' 1 7.900
ok "less is kept, but a run has ended" again 'exit 1' 2 0.500
ok "it died" ends_for_good 'exit 9' 2 0.500
ok "its code" grep -q 'exit code 9: not started again' err
ok "no advice" [ "$(grep -c -e --time err)" -eq 0 ]
ok "it needs someone" ends_for_good 'exit 74' 3 0.500
ok "often enough" ends_for_good 'exit 75' 4 0.500 100
ok "which is told" grep -q 'this was restart 100 of at most 100' err
early='kill -USR1 $PPID; exec sleep 20'
ok "a signal before the ranks listen" again "$early" 4 0.500
ok "is told" grep -q 'exit code 138: the signal came before' err
ok "once a job" ends_for_good "$early" 4 0.500
printf 'setup: "[ -e calm ] || kill -USR1 $$"\n' >>told.yaml
ok "submitted" submit --profile told.yaml --no-report
rm study.h5.again
ok "a signal while modules are loaded" again 'exec sleep 20' 4 0.500
touch calm
ok "complete" slice 'exit 0' 5 0.000
ok "in the end" [ "$ended" -eq 0 ]
ok "nothing is left" [ ! -e study.h5.again ]
ok "one slice" submit --profile told.yaml --no-report --no-requeue
ok "is all" ends_for_good 'exit 75' 6 0.000 0

# --- what the file has already
"$program" run tiny.yaml -o left.h5 --progress none --where 'run < 3'
left() { "$program" submit tiny.yaml -o left.h5 -n "$@" | grep -qxF -- "$wanted"; }
wanted='#SBATCH --ntasks=1'
ok "one run is left" left
wanted='#SBATCH --ntasks=5'
ok "after the job that does it nobody knows" left --after 77
ok "another grid" ends 73 'was made from another grid' "$program" submit tiny.yaml -o left.h5 --seeds 0-2
wanted='#SBATCH --ntasks=4' 
ok "extended" left --seeds 0-2 --extend
wanted='arguments=(--extend --seeds=0-2)'
ok "by its job" left --seeds 0-2 --extend
"$program" run tiny.yaml -o left.h5 --progress none --resume
says 'left.h5: every run has ended; nothing is submitted' "$program" submit tiny.yaml -o left.h5
ok "nothing is written" [ ! -e left.h5.sbatch ]

# --- profiles
cat >config/hmmgrid/slurm.yaml <<'S'
sbatch: {partition: long, account: mine, exclusive: true, mail-type: [END, FAIL]}
launcher: mpirun
modules: [openmpi/4.1, hdf5]
setup: |
  export UCX_TLS=tcp # "q"
limit: {time: 2h, ntasks: 3}
S
ok "one's own" line '#SBATCH --partition=long' "${long[@]}"
ok "who said so" grep -qxF "# $work/config/hmmgrid/slurm.yaml" said
ok "a flag alone" grep -qxF '#SBATCH --exclusive' said
ok "a list" grep -qxF '#SBATCH --mail-type=END,FAIL' said
ok "its launcher" grep -qxF "launch=(mpirun) # $work/config/hmmgrid/slurm.yaml" said
ok "its modules" grep -qxF 'module load openmpi/4.1' said
ok "its lines" grep -qxF 'export UCX_TLS=tcp # "q"' said
ok "its time" grep -qxF '#SBATCH --time=0-02:00:00' said
ok "its tasks" grep -qxF '#SBATCH --ntasks=3' said
mkdir -p slurm
echo 'sbatch: {account: ours, exclusive: false, time: "3:00:00"}' >slurm/profile.yaml
ok "the project's" line '#SBATCH --account=ours'
ok "takes back" none '#SBATCH --exclusive'
ok "its time" line '#SBATCH --time=3:00:00'
ok "keeps" grep -qxF '#SBATCH --partition=long' said
printf 'sbatch:\n  account: theirs\nprogram: hmmgrid\n' >given.yaml
ok "the given one" line '#SBATCH --account=theirs' --profile given.yaml
ok "its program" grep -qxF 'program=hmmgrid # given.yaml' said
ok "the command line" line '#SBATCH --account=said' --profile given.yaml -A said
ok "none" ends 66 'nowhere.yaml: cannot open it: No such file or directory; check the path' submit --profile nowhere.yaml
bad() { # bad WORDS TEXT
    printf '%b' "$2" >bad.yaml
    ends 65 "$1" submit --profile bad.yaml
}
ok "an unknown key" bad "bad.yaml:1:1: unknown key 'luncher'; did you mean 'launcher'?" 'luncher: mpirun\n'
ok "an unknown limit" bad "bad.yaml:2:3: unknown key 'tme'; did you mean 'time'?" 'limit:\n  tme: 1h\n'
ok "minutes or seconds" bad "bad.yaml:1:15: time: a time of a minute or more" 'limit: {time: 60}\n'
ok "no map" bad 'bad.yaml:1:9: sbatch: text where a map is expected' 'sbatch: short\n'
ok "no launcher" bad "bad.yaml:1:11: launcher: 'srun; rm x' is no launcher" 'launcher: srun; rm x\n'
ok "no line of bash" bad "bad.yaml:2:8: setup: bash cannot read it: -c: line " 'launcher: mpirun\nsetup: [ulimit -c 0, "if true"]\n'
ok "a text without an end" bad 'bad.yaml:1:8: setup: bash cannot read it' 'setup: "cat <<X"\n'
ok "no time" bad "bad.yaml:1:10: --time=foo: a time" 'sbatch: {time: foo}\n'
ok "no node" bad "bad.yaml:1:10: --nodes=0: a number" 'sbatch: {nodes: 0}\n'
ok "no flag" bad "bad.yaml:2:3: '--time limit' is no long flag" 'sbatch:\n  time limit: 5\n'
ok "an array" bad "bad.yaml:1:10: --array is not for a study" 'sbatch: {array: 1-4}\n'
ok "no YAML" bad "bad.yaml:2:1: not valid YAML" 'launcher: [\n'
ok "two errors" bad "bad.yaml:2:1: unknown key 'y'" 'x: 1\ny: 2\n'
printf 'setup: ["if true; then", "ulimit -c 0", fi]\n' >lines.yaml
LC_ALL=xx_YY.UTF-8 ok "lines that are one, in a locale that is not there" line 'ulimit -c 0' --profile lines.yaml
mkfifo pipe.yaml
limit=10
ok "a pipe" ends 66 'pipe.yaml: a pipe, not a regular file' "$program" submit tiny.yaml -o study.h5 --profile pipe.yaml
limit=
mv slurm/profile.yaml kept.yaml
ln -s nowhere slurm/profile.yaml
ok "a link to nowhere" ends 66 'slurm/profile.yaml: cannot open it' submit
mv kept.yaml slurm/profile.yaml
: >empty.yaml
echo '# launcher: mpirun' >>empty.yaml
ok "nothing is said" line '#SBATCH --account=ours' --profile empty.yaml
rm -r slurm config/hmmgrid/slurm.yaml

# --- a profile is proposed
says 'Slurm 22.05.8: before 23.02' "$program" submit --doctor
ok "for a terminal" [ "$(grep -cE '^.{81}' said)" -eq 0 ]
ok "a table" grep -qE '^# short\* +0-04:00:00 +12 +128 +512000 MB' said
"$program" submit --doctor >proposed
ok "it is one" line '#SBATCH --partition=short' --profile proposed "${long[@]}"
ok "with its limit" line '#SBATCH --time=0-04:00:00' --profile proposed "${long[@]}"
ok "and its launcher" grep -qxF 'launch=(srun --mpi=pmix) # proposed' said
ok "no Slurm" ends 66 'there is no Slurm on this machine' env PATH="$work/alone" "$program" submit --doctor
finish
