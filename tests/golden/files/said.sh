#!/usr/bin/env bash
# said: what a program says of a results file that no later version may say otherwise.
# usage: tests/golden/files/said.sh HMMGRID FILE.h5
"$1" verify "$2" &&
    "$1" summary "$2" --by run,status --format csv --stats mean \
        --metrics best_val_loss,loss_floor,cross_entropy,volatility,orbit.rotation_number,residency.rt 2>/dev/null
