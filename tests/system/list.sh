#!/usr/bin/env bash
# list: runs a line each, and rows of a summary, in the order and number that are asked for.
# usage: tests/system/list.sh PROGRAM
set -u
program=$(realpath "$1")
grid=$(realpath tests/system/mistakes/tiny.yaml)
. tests/support/ok.sh
export HMMGRID_LOG=warning
cd "$work" || exit 2

cells() { # cells COLUMN COMMAND...: of a table as TSV, the column by its name, without the heading
    local name=$1
    shift
    "$@" --format tsv | awk -F '\t' -v name="$name" '
        NR == 1 { for (i = 1; i <= NF; i++) if ($i == name) at = i; next } { print $at }' | paste -sd ' '
}
same() { [ "$1" = "$2" ] || { echo "'$1' is not '$2'"; false; }; }

ok "two of four done" "$program" run "$grid" -o a.h5 --progress none --where 'run < 2'
ok "runs" same "$(cells run "$program" list a.h5)" "0 1 2 3"
ok "status" same "$(cells status "$program" list a.h5)" "done done pending pending"
ok "one setting tells them apart" same "$(cells hmm_states "$program" list a.h5)" "2 2 3 3"
ok "keys are whole" same "$(cells key "$program" list a.h5 --top 1 | tr -d '[:xdigit:]\n' | wc -c)" 0
ok "the others" "$program" run "$grid" -o a.h5 --progress none --resume
up=$(cells excess_loss "$program" list a.h5 --sort excess_loss)
ok "by a score" same "$up" "$(tr ' ' '\n' <<<"$up" | sort -g | paste -sd ' ')"
ok "the other way" same "$(cells excess_loss "$program" list a.h5 --sort -excess_loss)" "$(tr ' ' '\n' <<<"$up" | tac | paste -sd ' ')"
ok "the first" same "$(cells run "$program" list a.h5 --sort -run --top 3)" "3 2 1"
ok "by a word" same "$(cells seed "$program" list a.h5 --sort seed --where 'hmm.states == 3')" "0 1"
ok "what pandas reads" "$program" list a.h5 --format csv --metrics all
says "^.begin.tabular" "$program" list a.h5 --format latex
ok "no such name" ends 2 "unknown name 'sed'. Did you mean 'seed'?" "$program" list a.h5 --sort sed
ok "no number" ends 2 "--top: 'x' is no whole number above 0" "$program" list a.h5 --top x
ok "none left" ends 0 "chooses none of the 4 runs" "$program" list a.h5 --where 'hmm.states == 9'

name=summary
ok "all but" same "$(cells n "$program" summary a.h5 --all-but hmm.states)" 4
ok "all but seeds" same "$(cells n "$program" summary a.h5 --all-but seed)" "2 2"
ok "by a key" same "$(cells hmm_states "$program" summary a.h5 --sort -hmm.states)" "3 2"
up=$(cells excess_loss:sd "$program" summary a.h5 --sort excess_loss:sd)
ok "by a statistic" same "$up" "$(tr ' ' '\n' <<<"$up" | sort -g | paste -sd ' ')"
ok "the first row" same "$(cells hmm_states "$program" summary a.h5 --sort hmm_states --top 1)" 2
says 'The first 1 of 2 rows' "$program" summary a.h5 --top 1
ok "not shown" ends 2 "--sort: 'volatility' is no key and no score that is shown" \
    "$program" summary a.h5 -m excess_loss --sort volatility
ok "both" ends 2 "--by and --all-but" "$program" summary a.h5 --by seed --all-but seed
finish
