#!/usr/bin/env bash
# run: every benchmark, one table on standard output and the same as JSON in BUILD/bench.json.
# usage: tests/bench/run.sh BUILD [SECTION...]   from the top folder; without a section: all of
#        machine epoch parts sinkhorn rnn workers checkpoint analyses dispatch torch
#        and, when they are named, coverage (of intervals by simulation, minutes) and report (what reads
#        a file of 10,000 runs)
# dispatch needs mpirun, torch a python with torch; what is not there is said, not measured. The exit code
# tells whether everything ran: no figure passes or fails. HMMGRID_PYTHON: the interpreter for torch.
set -u -o pipefail
build=$1
shift
sections=${*:-machine epoch parts sinkhorn rnn workers checkpoint analyses dispatch torch}
case " $sections " in *" machine "*) ;; *) sections="machine $sections" ;; esac
rows=$build/bench.tsv code=0
scratch=$(mktemp -d) || exit 1
trap 'rm -rf "$scratch"' EXIT
export OPENBLAS_NUM_THREADS=1 OMP_NUM_THREADS=1
own_core=${OPENBLAS_CORETYPE:-}
# the BLAS kernels that the program chooses for itself
core=$("$build/tests/bench" machine | awk -F '\t' '$3 == "BLAS core" { print $4 }')
[ -n "${OPENBLAS_CORETYPE:-}" ] || [ "${core:-unknown}" = unknown ] || export OPENBLAS_CORETYPE=$core

row() { # row SECTION CASE QUANTITY VALUE UNIT MEANING
    local IFS=$'\t'
    printf '%s\n' "$*"
}

dispatch() { # needs the launcher; bench_dispatch prints a JSON object a line: dispatch, coordinator_cpu
    local lines workers root=""
    [ "$(id -u)" -eq 0 ] && root=--allow-run-as-root
    if [ ! -x "$build/tests/bench_dispatch" ] || ! command -v mpirun >/dev/null; then
        row dispatch - "empty runs" "not measured" "" "needs tests/bench_dispatch and mpirun"
        return
    fi
    # shellcheck disable=SC2086
    lines=$(timeout 120 mpirun $root --oversubscribe --bind-to none -n 3 "$build/tests/bench_dispatch")
    grep -q '"name":"dispatch"' <<<"$lines" || { echo "bench: bench_dispatch failed" >&2; return 1; }
    figure() { sed -n "/$1/s/.*\"$2\" *: *\([-+0-9.eE]*\).*/\1/p" <<<"$lines" | tail -n 1; }
    row dispatch "3 ranks" "empty runs" "$(figure '"name":"dispatch"' empty_runs_per_s)" "1/s" \
        "runs that do nothing: handed out, answered and committed, wall clock"
    for workers in sleep spin; do
        row dispatch "3 ranks, workers $workers" "coordinator's share" \
            "$(figure "coordinator_cpu.*\"$workers\"" share)" "x" \
            "processor time of rank 0 over the wall clock, runs of 50 ms"
    done
}

report() { # on a file of runs that are made up
    local file=$scratch/many.h5
    "$build/tests/bench_report" tests/bench/many.yaml "$file" 2>/dev/null
    [ $? -eq 3 ] || return # some of these runs fail
    read_all() { # read_all VERB OPTION...: elapsed, memory
        local spent=$scratch/spent verb=$1
        shift
        /usr/bin/time -f '%e %U %S %M' -o "$spent" "$build/hmmgrid" "$verb" "$file" "$@" >/dev/null 2>&1
        row report "10,000 runs, $verb" elapsed "$(awk 'END { print $1 }' "$spent")" s "wall clock"
        row report "10,000 runs, $verb" processor "$(awk 'END { print $2 + $3 }' "$spent")" s "user and system"
        row report "10,000 runs, $verb" memory "$(awk 'END { printf "%.0f", $4 / 1024 }' "$spent")" MiB "peak"
    }
    if [ ! -x /usr/bin/time ]; then
        row report - "verbs that read a file" "not measured" "" "needs /usr/bin/time"
        return
    fi
    read_all summary
    read_all list
    read_all compare --between rnn.hidden
}

python_with_torch() {
    local python
    for python in "${HMMGRID_PYTHON:-}" "$(command -v python3)" /usr/bin/python3; do
        [ -n "$python" ] && "$python" -c 'import torch' 2>/dev/null && echo "$python" && return
    done
    return 1
}

torch() {
    local python T how
    if ! python=$(python_with_torch); then
        row torch - "PyTorch / hmmgrid" "not measured" "" "no python with torch; HMMGRID_PYTHON names one"
        return
    fi
    for T in 30 100; do
        for how in "as installed" tuned; do
            "$build/tests/bench" exchange "$T" 150 100 "$scratch/batch" || return
            torch_epoch "$how" "$python" tests/bench/torch_epoch.py "$scratch/batch" "$how" || return
        done
    done
}

# as installed: as a user finds it. tuned: with the BLAS kernels of the program, and with a glibc that keeps
# freed memory, since PyTorch spends a third of its time on page faults otherwise
torch_epoch() { # torch_epoch HOW COMMAND...
    local how=$1
    shift
    if [ "$how" = tuned ]; then
        MALLOC_MMAP_MAX_=0 MALLOC_TRIM_THRESHOLD_=$((1 << 34)) "$@"
    elif [ -n "$own_core" ]; then
        OPENBLAS_CORETYPE=$own_core "$@"
    else
        env -u OPENBLAS_CORETYPE "$@"
    fi
}

rows_of_all() {
    local section failed=0
    for section in $sections; do
        case $section in
        analyses) "$build/tests/bench_analyses" tests/golden/*-weights.h5 || failed=1 ;;
        dispatch | torch | report) "$section" || failed=1 ;;
        coverage) "$build/tests/bench_coverage" || failed=1 ;;
        *) "$build/tests/bench" "$section" || failed=1 ;;
        esac
    done
    return $failed
}

# tab-separated rows to a table, as they come (awk would wait for more); \x1f: read joins tabs
table() {
    local line before='' section of_case quantity value unit meaning
    while IFS= read -r line; do
        IFS=$'\x1f' read -r section of_case quantity value unit meaning <<<"${line//$'\t'/$'\x1f'}"
        [ "$section" = "$before" ] || printf '\n%s\n' "$section"
        before=$section
        printf '  %-32s %-26s %12s %-9s %s\n' "$of_case" "$quantity" "$value" "$unit" "$meaning"
    done
}

# and to JSON: a list of rows; a value is a number or a text
json() {
    awk -F '\t' '
    function text(s) { gsub(/\\/, "\\\\", s); gsub(/"/, "\\\"", s); return "\"" s "\"" }
    function value(s) {
        if (s ~ /^-?[0-9]+(\.[0-9]+)?([eE][-+]?[0-9]+)?$/) return s
        return s ~ /^-?(nan|inf)$/ ? "null" : text(s)
    }
    BEGIN { print "[" }
    {
        printf "%s  {\"section\": %s, \"case\": %s, \"quantity\": %s, \"value\": %s, \"unit\": %s, \"meaning\": %s}",
            (NR > 1 ? ",\n" : ""), text($1), text($2), text($3), value($4), text($5), text($6)
    }
    END { print "\n]" }'
}

rows_of_all | tee "$rows" | table
code=$?
json <"$rows" >"$build/bench.json" || code=1
printf '\nthe same as JSON: %s\n' "$build/bench.json"
exit $code
