#!/usr/bin/env bash
# paper: 24 of the linear chains of paper.yaml with one accepted seed each, beside the best validation
# losses that the reference's files bear in their names (paper-losses.csv), as a table in Markdown.
# What is done already is not done again, so that it can be stopped and called again.
# usage: experiments/paper.sh HMMGRID FILE.h5 [LAUNCHER...]
#        experiments/paper.sh build/hmmgrid paper.h5 mpirun -n 9
set -eu
[ $# -ge 2 ] || { sed -n '5,6s/^# //p' "$0" >&2; exit 2; }
program=$1 file=$2
shift 2
here=$(dirname "$0")
cells='hmm.architecture == "linear-chain" and (rnn.hidden == 50 or hmm.states > 2 and rnn.hidden == 150
    and rnn.noise_dim in (1, 10) or hmm.states in (3, 4) and rnn.hidden == 200 and rnn.noise_dim == 1)'
# only losses are wanted: no analyses, and a small sample for the other scores
"$@" "$program" run "$here/paper.yaml" -o "$file" --resume --seeds 0 --where "$cells" \
    --set analysis=false --set measure.sequences=500 --set run.order=grid >&2

echo '| M | H | d | published, three seeds | here | | floor | tried | excess_loss |'
echo '|--:|--:|--:|:--|--:|:--|--:|--:|--:|'
"$program" summary "$file" --where 'status == done' --format csv \
    --by hmm.states,rnn.hidden,rnn.noise_dim --metrics best_val_loss,excess_loss,excess_loss_se |
    tr -d '\r' | awk -F, '
    function column(name,  i) { for (i = 1; i <= NF; i++) if ($i == name) return i }
    NR == FNR { if (FNR > 1) published[$1 "," $2 "," $3] = $4 " " $5 " " $6; next }
    FNR == 1 {
        loss = column("best_val_loss:mean"); floor = column("loss_floor:mean"); tried = column("n_tried"); landed = column("n_landed")
        excess = column("excess_loss:mean"); se = column("excess_loss_se:mean"); next
    }
    ($1 "," $2 "," $3) in published {
        split(published[$1 "," $2 "," $3], p, " ")
        low = high = p[1]
        for (i = 2; i <= 3; i++) { if (p[i] + 0 < low) low = p[i]; if (p[i] + 0 > high) high = p[i] }
        own = sprintf("%.1f", $loss)
        printf "| %d | %d | %d | %s %s %s | %.2f | %s | %.2f | %d%s | %.2f ± %.3f |\n", $1, $2, $3, p[1], p[2],
            p[3], $loss, (own + 0 < low + 0 ? "below" : own + 0 > high + 0 ? "above" : "inside"), $floor, $tried,
            ($landed + 0 ? "" : ", none accepted"), $excess, $se
    }' "$here/paper-losses.csv" -
