/* landed: did a run land, also in a file, or of a row, that is older than the column? The rule is
 * landing.h's, with the settings of the run. Refuses to judge runs that have not ended. */
#include "internal.h"

#include "experiment/landing.h"

#include <math.h>
#include <stdlib.h>

enum { LANDED, ACCEPTED, EXCESS, FLOOR, KL_TO, KL_FROM, BEST, SAMPLED, NUM_READ };
static const char *const names[NUM_READ] = {"landed",        "accepted",         "excess_loss",
                                            "loss_floor",    LANDING_KL_HMM_RNN, LANDING_KL_RNN_HMM,
                                            "best_val_loss", "volatility"};

/* Of a done run. An older row has not excess_loss: that of the validation loss stands in for it,
 * where the network did not overflow. */
static double judge(const struct settings *s, const double x[NUM_READ])
{
    if (!isnan(x[LANDED])) return x[LANDED];
    struct landing_numbers numbers = {x[ACCEPTED], x[EXCESS], x[FLOOR], x[KL_TO], x[KL_FROM]};
    if (isnan(x[EXCESS]) && !isnan(x[SAMPLED])) numbers.excess_loss = x[BEST] - x[FLOOR];
    return landing_judge(s, &numbers);
}

static int judge_all(struct store *store, double *landed, struct status *st)
{
    int num = store->num_runs, code = STATUS_OK;
    double *column[NUM_READ] = {NULL};
    for (int c = 0; c < NUM_READ && !code; c++) {
        int at = store_find_column(store, names[c]);
        column[c] = malloc(((size_t)num + 1) * sizeof(double));
        if (!column[c]) code = status_no_memory(st, "the runs");
        for (int i = 0; i < num && !code; i++) column[c][i] = NAN;
        if (!code && at >= 0) code = store_read_column(store, at, column[c], st);
    }
    for (int i = 0; i < num && !code; i++) {
        double x[NUM_READ];
        int status = store_run_status(store, i);
        const struct decoded_run *run = status == RUN_DONE ? store_settings(store, i, st) : NULL;
        if (status == RUN_DONE && !run) code = st ? st->code : STATUS_IO;
        for (int c = 0; c < NUM_READ; c++) x[c] = column[c][i];
        landed[i] = run ? judge(&run->settings, x) : status > RUN_DONE ? 0 : NAN;
    }
    for (int c = 0; c < NUM_READ; c++) free(column[c]);
    return code;
}

const double *store_landed(struct store *store, struct status *st)
{
    if (store->landed) return store->landed;
    double *landed = malloc(((size_t)store->num_runs + 1) * sizeof *landed);
    int code = landed ? judge_all(store, landed, st) : status_no_memory(st, "the runs");
    if (!code) return store->landed = landed;
    free(landed);
    return NULL;
}
