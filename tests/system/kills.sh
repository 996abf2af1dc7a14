#!/bin/bash
# kills: random kills of a study under mpirun, each followed by a resume, until every study is complete:
# nothing that was committed is lost, the file is always readable, nothing hangs, no run is blamed for
# a death that was not its own, and the end has the digest of an undisturbed study.
# usage: tests/system/kills.sh HMMGRID [KILLS [SEED]]    KILLS: default 200
# KINDS: of worker child rank0 mpirun all TERM, default all of them
set -u
program=$(realpath "${1:?usage: kills.sh HMMGRID [KILLS [SEED]]}")
kills=${2:-200}
RANDOM=${3:-1}
kinds=${KINDS:-worker child rank0 mpirun all TERM}
root_flag=
[ "$(id -u)" = 0 ] && root_flag=--allow-run-as-root
work=$(mktemp -d "${TMPDIR:-/tmp}/kills.XXXXXX") || exit 2
cd "$work" || exit 2
launcher="mpirun --oversubscribe --bind-to none --mca btl_vader_backing_directory $work $root_flag -n 3"
study=
trap '[ "$study" ] && kill -9 -- -$study 2>/dev/null; rm -rf "$work"' EXIT
cat >grid.yaml <<'Y'
version: 1
study: kills
defaults:
  data:    {sequences: 1500, length: 20}
  rnn:     {hidden: 24, noise_dim: 8}
  train:   {epochs: 120, batch: 500}
  measure: {sequences: 200, floor_draws: 2}
analysis: {circuit: false, ablation: false, likelihood: false, resonance: false, contours: false}
grid:
  chain:
    zip: {hmm.states: [2, 3], rnn.hidden: [24, 32]}
  cyclic:
    set: {hmm.architecture: cyclic, hmm.states: 4}
seeds: 0-3
run: {retries: 100, reserve: 0s, checkpoint: 1s}
Y

digest() { "$program" verify "$1" 2>/dev/null | sed -n 's/.*digest //p'; }

# processes of the study that is on: "rank pid"; the processes of runs: "child pid"
processes() {
    local p rank
    for p in $(pgrep -g "$study" 2>/dev/null) $(pgrep -f -- "$work/study.h5|-o study.h5" 2>/dev/null); do
        [ "$(readlink "/proc/$p/cwd" 2>/dev/null)" = "$work" ] || continue
        rank=$(tr '\0' '\n' <"/proc/$p/environ" 2>/dev/null | sed -n 's/^OMPI_COMM_WORLD_RANK=//p')
        case $(tr '\0' ' ' 2>/dev/null <"/proc/$p/cmdline") in
        *--do-runs*) echo "child $p" ;;
        *" run grid.yaml"*) [ "$rank" ] && echo "rank$rank $p" ;;
        esac
    done | sort -u
}
children() { for p in $(processes | sed -n 's/^rank[0-9]* //p'); do pgrep -P "$p"; done; }

pick() { # one line of many
    local line
    mapfile -t line
    [ ${#line[@]} -gt 0 ] && echo "${line[RANDOM % ${#line[@]}]}"
}

declare -A by
lost=0 unreadable=0 hangs=0 blamed=0 wrong=0 done_before=0 studies=0 num=0 slowest=0
$launcher "$program" run grid.yaml -o whole.h5 --progress none >log 2>&1 || { cat log; exit 1; }
whole=$(digest whole.h5)

# the state of the file after an end
inspect() {
    local now crashed
    if ! "$program" verify study.h5 >verify 2>&1; then
        unreadable=$((unreadable + 1))
        cat verify
    fi
    now=$(sed -n 's/^runs.* done \([0-9]*\).*/\1/p' verify)
    crashed=$(sed -n 's/^runs.* crashed \([0-9]*\).*/\1/p' verify)
    [ "${now:-0}" -lt "$done_before" ] && lost=$((lost + done_before - now)) && echo "lost: $done_before -> $now"
    done_before=${now:-0}
    [ "${crashed:-0}" = 0 ] || blamed=$((blamed + crashed))
}

while [ $num -lt "$kills" ]; do
    rm -rf study.h5*
    done_before=0
    for ((;;)); do
        set -m
        timeout --foreground 120 $launcher "$program" run grid.yaml -o study.h5 --resume --progress none >log 2>&1 </dev/null &
        study=$!
        set +m
        sleep "$(awk -v r=$RANDOM 'BEGIN {print .4 + 2.6 * r / 32767}')"
        if kill -0 "$study" 2>/dev/null && [ $num -lt "$kills" ]; then
            kind=$(printf '%s\n' $kinds | pick) # shellcheck disable=SC2086
            mpirun_pid=$(pgrep -P "$study" -x mpirun)
            case $kind in
            worker) targets=$(processes | sed -n 's/^rank[12] //p' | pick) signal=KILL ;;
            child) targets=$(children | pick) signal=KILL ;;
            rank0) targets=$(processes | sed -n 's/^rank0 //p') signal=KILL ;;
            mpirun) targets=$mpirun_pid signal=KILL ;;
            all) targets="$mpirun_pid $(processes | sed 's/.* //')" signal=KILL ;;
            TERM) targets=$mpirun_pid signal=TERM ;;
            esac
            # shellcheck disable=SC2086
            if [ "${targets// /}" ] && kill -$signal $targets 2>/dev/null; then
                num=$((num + 1))
                by[$kind]=$((${by[$kind]:-0} + 1))
            fi
        fi
        started=$SECONDS
        wait "$study" 2>/dev/null
        code=$?
        took=$((SECONDS - started))
        [ $code = 124 ] && hangs=$((hangs + 1)) && echo "a hang after $kind" && kill -9 -- -$study 2>/dev/null
        [ $took -gt $slowest ] && [ "$code" != 0 ] && slowest=$took
        study=
        # ranks that outlive their mpirun write for some seconds more
        for _ in $(seq 100); do pgrep -f -- "-o study.h5 --resume" >/dev/null || break; sleep 0.1; done
        [ -s study.h5 ] && inspect
        [ "$code" = 0 ] && break
    done
    studies=$((studies + 1))
    [ "$(digest study.h5)" = "$whole" ] || { wrong=$((wrong + 1)); echo "another digest"; }
done
for kind in "${!by[@]}"; do printf '%s %s, ' "${by[$kind]}" "$kind"; done
echo
echo "$num kills, $studies studies complete: $lost lost, $unreadable unreadable, $blamed blamed, $hangs hangs, $wrong other digests; slowest end $slowest s"
[ $((lost + unreadable + blamed + hangs + wrong)) = 0 ]
