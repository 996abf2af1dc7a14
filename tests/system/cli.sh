#!/usr/bin/env bash
# cli: what the command line promises: help of every verb, usage errors with suggestions and exit
# code 2, --version, choosing runs and scores, outputs that cannot be written. Needs no MPI launcher.
#   tests/system/cli.sh [PROGRAM]        default: build/hmmgrid, or $HMMGRID
set -u
cd "$(dirname "$0")/../.." || exit 1
program=${1:-${HMMGRID:-build/hmmgrid}}
verbs="check plan run submit merge status reset summary compare list report plot why export analyse verify diff repro"
out=$(mktemp) err=$(mktemp)
trap 'rm -f "$out" "$err"' EXIT
checks=0 failures=0
unset HMMGRID_LOG
export NO_COLOR=1

# expect CODE OUT-PATTERN ERR-PATTERN ARGUMENT...: run the program; a pattern "" wants no output.
expect() {
    local code=$1 want_out=$2 want_err=$3 got ok=1
    shift 3
    timeout 60 "$program" "$@" >"$out" 2>"$err" </dev/null
    got=$?
    [ "$got" -eq "$code" ] || ok=0
    matches "$out" "$want_out" && matches "$err" "$want_err" || ok=0
    tally "$ok" "hmmgrid $*" "exit code $got, expected $code; expected output '$want_out', errors '$want_err'"
}

matches() { if [ -z "$2" ]; then [ ! -s "$1" ]; else grep -qE -- "$2" "$1"; fi; }

tally() { # tally OK WHAT WHY
    checks=$((checks + 1))
    [ "$1" = 1 ] && return
    failures=$((failures + 1))
    echo "FAILED: $2: $3"
    sed 's/^/  out: /' "$out"
    sed 's/^/  err: /' "$err"
}

[ -x "$program" ] || { echo "cli.sh: no program at $program; run make first" >&2; exit 1; }

# --- help: the overview names every verb, and every verb has its own -----------------------------
expect 0 'usage: hmmgrid VERB' '' --help
for verb in $verbs; do
    tally "$(grep -qE "^  $verb " "$out" && echo 1 || echo 0)" "hmmgrid --help" "does not name $verb"
done
listed=$(grep -cE '^  [a-z]+ +[A-Z]' "$out")
tally "$([ "$listed" -eq "$(wc -w <<<"$verbs")" ] && echo 1 || echo 0)" "hmmgrid --help" \
    "lists $listed verbs; bring this script's list up to date"
expect 0 'usage: hmmgrid VERB' '' help
expect 0 'usage: hmmgrid VERB' '' -h
expect 2 '' 'usage: hmmgrid VERB'
for verb in $verbs; do
    for words in "$verb --help" "$verb -h" "help $verb"; do
        # shellcheck disable=SC2086
        expect 0 "^usage: hmmgrid $verb \[OPTIONS\]" '' $words
        tally "$(awk 'length($0) > 100' "$out" | grep -q . && echo 0 || echo 1)" "hmmgrid $words" \
            "a line is wider than 100 columns"
        tally "$(grep -qE "^  +hmmgrid $verb|^  .*hmmgrid $verb" "$out" && echo 1 || echo 0)" \
            "hmmgrid $words" "shows no example"
    done
done
for topic in settings metrics grid where file; do
    expect 0 . '' help $topic
    tally "$(awk 'length($0) > 80' "$out" | grep -q . && echo 0 || echo 1)" "hmmgrid help $topic" \
        "a line is wider than 80 columns"
    "$program" --help | grep -qE "^  $topic  "
    tally "$((! $?))" "hmmgrid --help" "does not name the topic $topic"
done
for setting in hmm.architecture data.sequences rnn.hidden train.learning_rate measure.floor_draws \
    run.max_failures; do
    expect 0 "^  $setting " '' help settings
done
tally "$(grep -q 'fully-connected, cyclic' "$out" && grep -qF '[[0.9, 0.9]]' "$out" && echo 1 || echo 0)" \
    "hmmgrid help settings" "lacks the values or the default of a setting"
tally "$(awk 'length($0) > 79' "$out" | grep -q . && echo 0 || echo 1)" "hmmgrid help settings" \
    "a line is wider than 79 columns"
expect 2 '' "Did you mean 'settings'" help setings
expect 2 '' "unknown verb 'settings'. Did you mean 'help settings'" settings
expect 0 '^  rnn.hidden  ' '' help settings hidden
expect 0 '^  train.clip_norm  ' '' help settings train
expect 2 '' "no setting is called 'rnn.hiden'. Did you mean 'rnn.hidden'" help settings rnn.hiden
expect 2 '' "'help where' is one page; leave out 'x'" help where x
expect 2 '' "'more' is one word too many" help metrics word_tv more
# every metric and every output of an analysis, each with its unit
expect 0 '^  word_tv\[word_length\] .*total variation' '' help metrics
for score in excess_loss best_val_loss matched_distance orbit.rotation_number 'contours.area\[noise_sd,mass\]' evolution.bounded_steps; do
    tally "$(grep -qE "^  $score" "$out" && echo 1 || echo 0)" "hmmgrid help metrics" "lacks $score"
done
tally "$(grep -qE '^  word_tv_floor' "$out" && echo 0 || echo 1)" "hmmgrid help metrics" \
    "lists a floor as a score of its own"
expect 0 'noise_sd: 0.1, 1, 2, 3, 4' '' help metrics 'contours.area[1,0.95]'
expect 0 '/analysis/pca/dimension' '' help metrics pca
expect 0 'cross_entropy_z = ' '' help metrics cross_entropy
expect 0 'impossible_share' '' help metrics cross_entropy
expect 0 'excess_loss has' '' help metrics loss_z
expect 0 'which is not excess_loss' '' help metrics loss_floor
expect 2 '' "no score is called 'loss'. Did you mean 'excess_loss'" help metrics loss
expect 0 '^hmmgrid [0-9]+\.[0-9]+\.[0-9]+' '' --version
expect 0 '^results file format [0-9]+\.[0-9]+$' '' -V

# --- usage errors: exit code 2, the nearest valid word ----------------------------------------------
expect 2 '' "^hmmgrid: error: unknown verb 'sumary'. Did you mean 'summary'\? See" sumary x.h5
expect 2 '' "Did you mean 'run'" rnu grid.yaml
expect 2 '' "Did you mean 'verify'" verfiy
expect 2 '' "unknown verb 'zzzzzzzz'. See 'hmmgrid --help'" zzzzzzzz
expect 2 '' "Did you mean 'status'" help statsu
expect 2 '' "unknown option '--by' in front of a verb" --by seed summary x.h5
expect 2 '' "unknown option '--metrisc'. Did you mean '--metrics'\? See 'hmmgrid summary --help'" \
    summary x.h5 --metrisc all
expect 2 '' "unknown option '--sats=mean'|unknown option '--sats'. Did you mean '--stats'" \
    summary --sats=mean x.h5
expect 2 '' "unknown option '-Z'" summary -Z x.h5
for verb in $verbs; do
    expect 2 '' "hmmgrid: error: 'hmmgrid $verb' needs " "$verb"
    [ $verb = submit ] || # sbatch may have it
        expect 2 '' "unknown option '--no-such-option'" "$verb" --no-such-option x
    "$program" "$verb" --help | grep -q '^usage: .*[.][.][.]$' || # takes any number
        expect 2 '' 'is one operand too many' "$verb" a b c d
done
expect 2 '' "option '--by' needs a value" summary x.h5 --by
expect 2 '' "option '-b' needs a value" summary x.h5 -b
expect 2 '' "option '--help' takes no value" summary x.h5 --help=yes
expect 2 '' "option '--by' is given twice, as 'seed' and 'block'" summary --by seed x.h5 --by block
expect 2 '' "ambiguous option '--m'|unknown option '--zzz'" summary x.h5 --zzz
expect 2 '' "unknown statistic 'medain'. Did you mean 'median'" summary x.h5 --stats medain
expect 2 '' "'xml' is not one of table, csv, tsv, md, latex or json" summary x.h5 --format xml
expect 2 '' "is one operand too many" check x.yaml -- --by

# --- options may stand anywhere, also where POSIXLY_CORRECT is set; inputs that are not there ----------
expect 66 '' 'no-such-file.h5' summary no-such-file.h5 --format csv
expect 66 '' 'no-such-file.h5' summary --format csv no-such-file.h5
POSIXLY_CORRECT=1 expect 66 '' 'no-such-file.h5' summary no-such-file.h5 --format csv
expect 66 '' 'no-such-file.h5' why no-such-file.h5 0
expect 66 '' 'cannot read the grid: Is a directory' check src
expect 66 '' 'not a regular file' summary src
expect 66 '' 'no-such-file.h5' repro no-such-file.h5 0
expect 66 '' '-no-such' summary -- -no-such

# --- a small results file: choosing runs and scores ----------------------------------------------------
work=$(mktemp -d)
trap 'rm -rf "$out" "$err" "$work"' EXIT
cat > "$work/grid.yaml" <<'YAML'
version: 1
study: small
defaults:
  data:     {sequences: 96, length: 8}
  rnn:      {hidden: 6, noise_dim: 2}
  train:    {epochs: 2, batch: 32}
  measure:  {sequences: 40, floor_draws: 2}
  analysis: {steps: 300, circuit: false, ablation: false, likelihood: false, resonance: false, residency: false,
             noise_sensitivity: false, fixed_point: false}
grid:
  a-b: {set: {hmm.states: 2}, product: {rnn.hidden: [6, 8]}}
seeds: [0, 9007199254740993]
YAML
grid=$work/grid.yaml file=$work/small.h5
expect 0 '' . run "$grid" -o "$file"
# counts read the same everywhere; what varies is told, not only a key
count='4 runs \(2 cells x 2 seeds\)'
expect 0 "ok: $count$" '' check "$grid"
expect 0 "^study small: $count$" '' plan "$grid"
expect 0 "study small: $count, 2 chosen by --where" '' run -n "$grid" --where 'seed = 0'
expect 0 "^  $count$" '' status "$file"
expect 0 "^$count: mean" '' summary "$file"
expect 0 '^told apart by    rnn.hidden=8 seed 9007199254740993$' '' why "$file" 3
# a score that misleads alone has beside it what it needs, for people
expect 0 '^excess_loss      [0-9.]+ ± [0-9.]+$' '' why "$file" 3
expect 0 '^  cross_entropy +[0-9.]+ \([0-9.]+ ± [0-9.]+\), z -?[0-9.e+]+$' '' why "$file" 3
expect 0 '^  impossible_share +0 \(0 ± 0\), p 1$' '' why "$file" 3
expect 0 '^hmm.architecture .* excess_loss +excess_loss_se +best_val_loss .* cross_entropy +impossible_share$' '' \
    summary "$file"
expect 0 ' excess_loss +excess_loss_se +best_val_loss +loss_z +frequency\[0\] +frequency_z\[0\] +impossible_share' '' \
    summary "$file" --metrics 'loss_z,frequency_z[0],impossible_share_p'
expect 0 '^A z is not defined where the floor has no spread' '' summary "$file" --metrics 'autocorrelation_z[0,0]'
landed=n_landed,n_landed:share,n_landed:share_low,n_landed:share_high
expect 0 "n,n_failed,$landed,loss_z:mean" '' summary "$file" --metrics loss_z --stats mean --format csv
rm -f "$work/b.h5"
stamp='hmmgrid: [0-9]{4}-[0-9]{2}-[0-9]{2}T[0-9:]{8} '
expect 3 '' "${stamp}failed: run 0 \(rnn.hidden=6 seed 0; key [0-9a-f]{8}\) on rank 0: " run "$grid" -o "$work/b.h5" \
    --set train.learning_rate=10 --set train.clip_norm=0 --set analysis=false --set data.length=400
tally "$(grep -qE "${stamp}study small: $count" "$err" && echo 1 || echo 0)" "the log of a study" "lacks its first line"
tally "$(grep -qvE "^$stamp|^  |^$" "$err" && echo 0 || echo 1)" "the log of a study" "a line has no time"
chosen() { # chosen NUM EXPR: so many runs, by plan and by summary
    expect 0 "$([ "$1" -gt 0 ] && echo "$1 run")" '' plan "$grid" --where "$2"
    expect 0 . '' summary "$file" --by run --format csv --where "$2"
    tally "$([ "$(wc -l < "$out")" -eq $(($1 + 1)) ] && echo 1 || echo 0)" "summary --where $2" "not $1 runs"
}
chosen 4 "hmm.states = 2 && !(rnn.hidden == 7)"
chosen 1 "6 < rnn.hidden <= 8 and seed == 9007199254740993"
chosen 2 "seed != 9007199254740992 && 'a-b' == block and rnn.hidden in (8, 9)"
none="--where chooses none of the 4 runs"
expect 0 . "$none; seed is 0, 9007199254740993$" summary "$file" --where "seed == 9007199254740992"
expect 0 . "$none; best_val_loss is [0-9.]+" summary "$file" --where "best_val_loss == none"
expect 0 . "$none; rnn.hidden is 6, 8; run is 0, 1, 2, 3$" plan "$grid" --where 'rnn.hidden < 3 or run > 7'
expect 2 '' "error: $none; hmm.architecture is linear-chain$" run "$grid" -o "$work/x.h5" --where 'hmm.architecture = cyclic'
expect 2 '' '^  hmm.states = four$' plan "$grid" --where 'hmm.states = four'
tally "$(grep -qE '^ {15}\^$' "$err" && echo 1 || echo 0)" "plan --where" "the mark is not below the word"
expect 2 '' "column 1: unknown name 'states'. Did you mean 'hmm.states'" summary "$file" --where 'states == 2'
expect 2 '' "column 1: a grid knows no status, only a results file does" plan "$grid" --where 'status == done'
expect 2 '' "column 1: unknown name 'loss'. Did you mean 'excess_loss'" summary "$file" --where 'loss < 2'
expect 2 '' "column 1: word_tv is 6 numbers; name one of them, such as word_tv\[1\]" summary "$file" --where 'word_tv < 0.2'
HMMGRID_RESUME=maybe expect 2 '' "HMMGRID_RESUME: 'maybe' is none of 1, true" run -n "$grid"
expect 65 '' "analysis is a section of settings; write analysis.name=value, or analysis=false" plan "$grid" --set analysis=maybe
expect 65 '' "--seeds (1234567890,){9}1\.\.\.: " plan "$grid" --seeds "$(printf '1234567890,%.0s' {1..12})x"
expect 0 '1h30m, 1 to 2592000 s' '' help settings run.patience
expect 0 '^ *MB \[auto\]' '' help settings run.memory
expect 0 'ok: ' '' check "$grid" --set train.clip_norm=NULL
expect 0 'a list of up to 8' '' help settings train.learning_rate
expect 0 '^  formula +mean over sequences of v = ' '' help metrics volatility
expect 0 '^  formula +accepted and excess_loss <= ' '' help metrics landed
expect 0 'Pitt, Silva, Giordani, Kohn 2012$' '' help metrics likelihood.kl_hmm_rnn
key=$("$program" why "$file" 2 | sed -n 's/^key *//p')
chosen 1 "key == ${key:0:5}"
chosen 3 "key != $key"
expect 0 . "$none; key is .*\b$key\b" plan "$grid" --where "key == ${key:0:3}"
plan_lists() { expect 0 "study small: $1 run" '' plan "$grid" --set train.learning_rate="$2" --where "$3"; }
plan_lists 4 '[0.01,0.001]' 'train.learning_rate == "[0.01, 0.001]"'
plan_lists 4 0.01 'train.learning_rate == 0.01 and train.learning_rate != "[0.01,0.001]"'
expect 0 '^0,2,' '' summary "$file" --by effective_seed --format csv
expect 2 '' "unknown key 'states'. Did you mean 'hmm.states'" summary "$file" --by states
expect 2 '' "unknown key 'hots'. Did you mean 'host'" summary "$file" --by hots
expect 2 '' "no numbers named 'loss'. Did you mean 'excess_loss'" summary "$file" -m loss
expect 2 '' "Did you mean 'orbit.rotation_number'" summary "$file" -m rotation_numbr

# arrays: elements by the labels of their dimensions, by position, or all of a few
header() { # header METRICS COLUMNS: what summary shows of them
    expect 0 . '' summary "$file" --by block --metrics "$1" --stats mean --format csv
    tally "$(head -n 1 "$out" | tr -d '\r' | grep -qxF "block,n,n_failed,$landed,$2" && echo 1 || echo 0)" "--metrics $1" "not $2"
}
header 'contours.area[1.0,0.95]' '"contours.area[1,0.95]:mean"'
header 'contours.area[#4,#0]' '"contours.area[4,0.8]:mean"'
header 'contours.area[1,*]' '"contours.area[1,0.8]:mean","contours.area[1,0.95]:mean","contours.area[1,0.99]:mean"'
header 'frequency_exact' 'frequency_exact[0]:mean,frequency_exact[1]:mean,frequency_exact[2]:mean'
header 'word_tv_p[ 3 ],best_val_loss' 'word_tv_p[3]:mean,best_val_loss:mean,loss_floor:mean'
expect 2 '' "contours.area: no noise_sd is '7'; choose by labels, such as contours.area\[0.1,0.8\]" summary "$file" \
    -m 'contours.area[7,0.95]'
tally "$(grep -qx '  mass: 0.8, 0.95, 0.99' "$err" && echo 1 || echo 0)" "--metrics" "does not list the labels"
expect 2 '' "contours.density is 12500 numbers a run, at most 64" summary "$file" -m contours.density
expect 2 '' "contours.area has 2 dimensions" summary "$file" -m 'contours.area[1]'
expect 2 '' "contours.area has 2 dimensions" summary "$file" -m 'contours.area[1,0.8,3]'
expect 2 '' "best_val_loss is one number a run" summary "$file" -m 'best_val_loss[0]'
chosen_of_file() { expect 0 . '' summary "$file" --by run --format csv --where "$1"; }
chosen_of_file 'word_tv[1] >= 0 and contours.area[1.0,0.95] > 0'
tally "$([ "$(wc -l < "$out")" -eq 5 ] && echo 1 || echo 0)" "summary --where" "elements of arrays do not choose"
expect 2 '' "column 1: word_tv: no word_length is '9'" summary "$file" --where 'word_tv[9] > 0'

# --- "-" is standard output where bytes can be streamed, and never a file -------------------------------
expect 0 '' '' export "$file" 1 -o "$work/w.h5"
"$program" export "$file" 1 -o - > "$work/stream.h5" 2> "$err"
tally "$(cmp -s "$work/w.h5" "$work/stream.h5" && [ ! -s "$err" ] && echo 1 || echo 0)" "export -o -" "not the bytes of the file"
expect 2 '' 'run: -o -: a results file .* cannot be a stream' run "$grid" --output=-
HMMGRID_OUTPUT=- expect 2 '' 'run: -o -: a results file' run "$grid"
expect 2 '' 'analyse: -o -: a results file' analyse "$work/w.h5" -o -
tally "$([ ! -e - ] && [ ! -e "$work/-" ] && echo 1 || echo 0)" "-o -" "made a file called -"
on_terminal() { script -qec "stty cols 80; $*" /dev/null > "$out" 2>&1; } # 80 columns wide
if script -qec true /dev/null > /dev/null 2>&1; then
    on_terminal "$program" export "$file" 1 -o -
    tally "$(grep -q 'not for a terminal' "$out" && echo 1 || echo 0)" "export -o - on a terminal" "is not refused"
    many_keys=hmm.architecture,hmm.emission,hmm.stay_prob,train.learning_rate,train.temperature
    for words in "summary $file" "summary $file --by $many_keys" "plan $grid" "why $file 1" "help metrics residency" \
        "summary $file --metrics los" "check $grid --set hmm.states=no.such.number.of.states.that.any.HMM.can.have"; do
        # shellcheck disable=SC2086
        on_terminal "$program" $words
        tally "$(tr -d '\r' < "$out" | sed 's/±/+/g' | awk 'length($0) > 80' | grep -q . && echo 0 || echo 1)" \
            "$words on a terminal" "wider than 80 columns"
    done
    on_terminal "$program" summary "$file"
    tally "$(grep -c '^rnn.hidden\|^hmm.architecture' "$out" | awk '{ print ($1 > 1) }')" "summary on a terminal" "not in parts"
else
    echo "skipped: tables on a terminal; there is no script(1)"
fi

# --- an output that cannot be written is exit code 74 --------------------------------------------------
"$program" --help >/dev/full 2>"$err"
got=$?
tally "$([ $got -eq 74 ] && grep -q 'No space left' "$err" && echo 1 || echo 0)" \
    "hmmgrid --help > /dev/full" "exit code $got, expected 74"
"$program" status "$file" >/dev/full 2>"$err"
got=$?
tally "$([ $got -eq 74 ] && grep -q 'No space left' "$err" && echo 1 || echo 0)" \
    "hmmgrid status > /dev/full" "exit code $got, expected 74"
"$program" --help >&- 2>"$err"
got=$?
tally "$([ $got -eq 74 ] && grep -q 'Bad file descriptor' "$err" && echo 1 || echo 0)" \
    "hmmgrid --help >&-" "exit code $got, expected 74"
"$program" summary no-such-file.h5 >&- 2>&-
got=$?
tally "$([ $got -eq 66 ] && echo 1 || echo 0)" "hmmgrid summary >&- 2>&-" "exit code $got, expected 66"

# --- BLAS kernels that fit the CPU, without asking; a choice of the user's stands ----------------------
tiny=experiments/smoke.yaml
core_of() { # core_of ENVIRONMENT...: the core type that a run records
    rm -f "$work/a.h5"
    env -u OPENBLAS_CORETYPE "$@" "$program" run "$tiny" -o "$work/a.h5" --progress none \
        --where 'run == 0' --set analysis=false >"$work/log" 2>&1
    "$program" why "$work/a.h5" 0 | sed -n 's/.*blas_core *//p' | head -n 1
}
if grep -q avx2 /proc/cpuinfo; then
    got=$(core_of)
    tally "$(grep -qE 'Prescott|Nehalem|Core2|Sandybridge|^$' <<<"$got" && echo 0 || echo 1)" \
        "hmmgrid run on a CPU with AVX2" "BLAS core '$got': kernels without AVX2"
    got=$(core_of OPENBLAS_CORETYPE=Nehalem)
    tally "$(grep -q Nehalem <<<"$got" && echo 1 || echo 0)" \
        "OPENBLAS_CORETYPE=Nehalem hmmgrid run" "BLAS core '$got': the choice was overruled"
fi

# --- colour only on a terminal -------------------------------------------------------------------------
NO_COLOR='' expect 2 '' 'unknown verb' zzz
tally "$(grep -q $'\033' "$err" && echo 0 || echo 1)" "hmmgrid zzz 2> file" "colours in a file"

echo "cli: $((checks - failures)) of $checks checks passed"
[ "$failures" -eq 0 ]
