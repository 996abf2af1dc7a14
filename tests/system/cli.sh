#!/usr/bin/env bash
# cli: what the command line promises: help of every verb, usage errors with suggestions and exit
# code 2, --version, outputs that cannot be written. Needs no MPI launcher and no results file.
#   tests/system/cli.sh [PROGRAM]        default: build/hmmgrid, or $HMMGRID
set -u
cd "$(dirname "$0")/../.." || exit 1
program=${1:-${HMMGRID:-build/hmmgrid}}
verbs="check plan run status summary why export analyse verify repro"
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
for setting in hmm.architecture data.sequences rnn.hidden train.learning_rate measure.floor_draws \
    run.max_failures; do
    expect 0 "^  $setting " '' help settings
done
tally "$(grep -q 'fully-connected, cyclic' "$out" && grep -qF '[[0.9, 0.9]]' "$out" && echo 1 || echo 0)" \
    "hmmgrid help settings" "lacks the values or the default of a setting"
tally "$(awk 'length($0) > 79' "$out" | grep -q . && echo 0 || echo 1)" "hmmgrid help settings" \
    "a line is wider than 79 columns"
expect 2 '' "Did you mean 'settings'" help setings
expect 2 '' "unknown verb 'settings'" settings
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
    expect 2 '' "unknown option '--no-such-option'" "$verb" --no-such-option x
    expect 2 '' 'is one operand too many' "$verb" a b c d
done
expect 2 '' "option '--by' needs a value" summary x.h5 --by
expect 2 '' "option '-b' needs a value" summary x.h5 -b
expect 2 '' "option '--help' takes no value" summary x.h5 --help=yes
expect 2 '' "option '--by' is given twice, as 'seed' and 'block'" summary --by seed x.h5 --by block
expect 2 '' "ambiguous option '--m'|unknown option '--zzz'" summary x.h5 --zzz
expect 2 '' "unknown statistic 'medain'. Did you mean 'median'" summary x.h5 --stats medain
expect 2 '' "'xml' is not one of table, csv, md, json" summary x.h5 --format xml
expect 2 '' "is one operand too many" summary x.h5 -- --by

# --- options may stand anywhere, also where POSIXLY_CORRECT is set; inputs that are not there ----------
expect 66 '' 'no-such-file.h5' summary no-such-file.h5 --format csv
expect 66 '' 'no-such-file.h5' summary --format csv no-such-file.h5
POSIXLY_CORRECT=1 expect 66 '' 'no-such-file.h5' summary no-such-file.h5 --format csv
expect 66 '' 'no-such-file.h5' why no-such-file.h5 0
expect 66 '' 'cannot read the grid: Is a directory' check src
expect 66 '' 'not a regular file' summary src
expect 66 '' 'no-such-file.h5' repro no-such-file.h5 0
expect 66 '' '-no-such' summary -- -no-such

# --- an output that cannot be written is exit code 74 --------------------------------------------------
"$program" --help >/dev/full 2>"$err"
got=$?
tally "$([ $got -eq 74 ] && grep -q 'No space left' "$err" && echo 1 || echo 0)" \
    "hmmgrid --help > /dev/full" "exit code $got, expected 74"
"$program" --help >&- 2>"$err"
got=$?
tally "$([ $got -eq 74 ] && grep -q 'Bad file descriptor' "$err" && echo 1 || echo 0)" \
    "hmmgrid --help >&-" "exit code $got, expected 74"
"$program" summary no-such-file.h5 >&- 2>&-
got=$?
tally "$([ $got -eq 66 ] && echo 1 || echo 0)" "hmmgrid summary >&- 2>&-" "exit code $got, expected 66"

# --- BLAS kernels that fit the CPU, without asking; a choice of the user's stands ----------------------
work=$(mktemp -d)
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
rm -rf "$work"

# --- colour only on a terminal -------------------------------------------------------------------------
NO_COLOR='' expect 2 '' 'unknown verb' zzz
tally "$(grep -q $'\033' "$err" && echo 0 || echo 1)" "hmmgrid zzz 2> file" "colours in a file"

echo "cli: $((checks - failures)) of $checks checks passed"
[ "$failures" -eq 0 ]
