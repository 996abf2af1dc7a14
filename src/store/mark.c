/* mark: what a run that is done bears and a mean over runs would hide. Refuses to judge: the
 * columns say it. */
#include "store.h"

#include "hmmgrid/analyse.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const char *const mark_column[NUM_MARKS] = {[MARK_DIVERGED] = DIVERGED_COLUMN,
                                                   [MARK_DIVERGED_LATE] = GENERATED_DIVERGED_COLUMN,
                                                   [MARK_OVERFLOWED] =
                                                       "volatility", /* as any metric */
                                                   [MARK_ASTRAY] = "loss_floor",
                                                   [MARK_CONSTANT] = "emitted_symbols"};
const char *const store_mark_words[NUM_MARKS] = {
    [MARK_DIVERGED] = "diverged: analyses of their driven run are NaN",
    [MARK_DIVERGED_LATE] = "diverged only in a run of 100 x data.length",
    [MARK_OVERFLOWED] = "overflowed in the measured sample: scores are NaN",
    [MARK_ASTRAY] = "did not land, by `accept`: no emulations of their HMM",
    [MARK_CONSTANT] = "emit one symbol for ever: no emulation; scores it makes small are NaN"};

const char *const store_mark_name[NUM_MARKS] = {[MARK_DIVERGED] = "diverged",
                                                [MARK_DIVERGED_LATE] = "diverged late",
                                                [MARK_OVERFLOWED] = "overflowed",
                                                [MARK_ASTRAY] = "not landed",
                                                [MARK_CONSTANT] = "one symbol"};

static bool bears(struct store *store, int run, enum store_mark mark, double x)
{
    if (mark == MARK_OVERFLOWED) return isnan(x) && store_is_trained(store, run);
    return mark == MARK_ASTRAY ? x == 0 : !isnan(x);
}

/* Only where the HMM itself emits several: x (num) is NaN elsewhere. */
static int compare_with_floor(struct store *store, int num, double *x, struct status *st)
{
    int column = store_find_column(store, "emitted_symbols_floor");
    double *floor = malloc((size_t)num * sizeof *floor);
    int code = floor ? STATUS_OK : status_no_memory(st, "the runs");
    if (!code && column >= 0) code = store_read_column(store, column, floor, st);
    for (int i = 0; i < num && !code; i++)
        if (column < 0 || x[i] != 1 || !(floor[i] > 1)) x[i] = NAN;
    free(floor);
    return code;
}

static int take_landed(struct store *store, double *x, struct status *st)
{
    const double *landed = store_landed(store, st);
    if (!landed) return st ? st->code : STATUS_NO_MEMORY;
    memcpy(x, landed, (size_t)store_num_runs(store) * sizeof *x);
    return STATUS_OK;
}

int store_read_marks(struct store *store, unsigned char *marks, struct status *st)
{
    int num = store_num_runs(store), code = STATUS_OK;
    double *x = malloc((size_t)num * sizeof *x);
    if (!x) return status_no_memory(st, "the runs");
    memset(marks, 0, (size_t)num);
    for (int m = 0; m < NUM_MARKS && !code; m++) {
        int column = store_find_column(store, mark_column[m]);
        if (column < 0) continue;
        code = store_read_column(store, column, x, st);
        if (!code && m == MARK_ASTRAY) code = take_landed(store, x, st);
        if (!code && m == MARK_CONSTANT) code = compare_with_floor(store, num, x, st);
        for (int i = 0; i < num && !code; i++)
            if (store_run_status(store, i) == RUN_DONE && bears(store, i, m, x[i]))
                marks[i] |= (unsigned char)(1 << m);
    }
    for (int i = 0; i < num; i++)
        if (marks[i] & 1 << MARK_DIVERGED) marks[i] &= (unsigned char)~(1 << MARK_DIVERGED_LATE);
    free(x);
    return code;
}
