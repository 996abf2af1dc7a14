/* evolution: how a network came to be what it is: its dynamics at every snapshot of the training,
 * when they changed, and whether something announced the change. Refuses to go on beside a lost
 * snapshot: weights that are not finite leave their row NaN. Source: SCIENCE 5.7, 5.8, 8.7.
 * The reference's numbers stand beside sounder ones (SCIENCE D21): its transition rate, a mean of
 * 1/interval, beside switches per step; its bifurcation rule, with the true epochs and no error
 * when nothing jumps, beside that of bifurcation.h. Early-warning signals: Boettiger, Ross &
 * Hastings 2013; these p-values take snapshots as independent, which neighbours in training and
 * in noise are not: they are too small rather than too large.
 */
#include "analyse/analysis.h"
#include "bifurcation.h"
#include "base/paper.h"
#include "base/statistics.h"
#include "snapshot.h"

#include <math.h>
#include <string.h>

enum {
    CONVERGED = 6, /* last snapshots, SCIENCE 5.8 */
    FEWEST = 5     /* snapshots of a trend: with 4, no order has p < 0.05 */
};

static const struct analysis_dim snapshot = {"snapshot", SIZE_SNAPSHOTS, NULL, "1",
                                             "kept weights, in the order of training"};
static const struct analysis_dim component = {"component", SNAPSHOT_COMPONENTS, NULL, "1",
                                              "principal component, the largest first"};
static const struct analysis_dim axis = {"axis", SNAPSHOT_AXES, NULL, "1",
                                         "principal component of the snapshot's own states"};
static const struct analysis_dim point = {"point", SNAPSHOT_POINTS, NULL, "1",
                                          "state of the driven run, every 10th of the first 700"};

static const struct analysis_dim unit = {"unit", SIZE_HIDDEN, NULL, "1", "hidden unit"};

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    CURVE(EPOCH, "epoch", snapshot, "epochs", "epochs trained; 0: before training")                \
    PLANE(SECOND_ORDER, "second_order", snapshot, unit, "state",                                   \
          "sqrt |mean of the second-order term| of each unit; second_order_norm is their norm")    \
    PLANE(EXPLAINED_VARIANCE, "explained_variance", snapshot, component, "1",                      \
          "share of the variance of the run's states on each component")                           \
    SOLID(SCORE, "score", snapshot, point, axis, "state",                                          \
          "states projected on the first two components of their snapshot")                        \
    PLANE(SYMBOL, "symbol", snapshot, point, "1", "their argmax z")                                \
    WITH(SCALAR, CONVERGED_TRANSITION_RATE, _SD, "converged_transition_rate", "_sd",               \
         "transition rate, mean of the last 6 snapshots with a bounded run", "its sd over them",   \
         "1/step")                                                                                 \
    WITH(SCALAR, CONVERGED_SWITCH_RATE, _SD, "converged_switch_rate", "_sd",                       \
         "switch rate, mean of the last 6 snapshots with a bounded run", "its sd over them",       \
         "1/step")                                                                                 \
    SCALAR(                                                                                        \
        BIFURCATION_REFERENCE, "bifurcation_reference", "epochs",                                  \
        "the reference's: last snapshot before the complex share first jumps by more than 0.02")   \
    SCALAR(BIFURCATION, "bifurcation", "epochs",                                                   \
           "step of the log window switch rate from its first to its last level, by least "        \
           "squares; NaN below 4 snapshots or without a change of level")                          \
    SCALAR(BIFURCATION_LOW, "bifurcation_low", "epochs",                                           \
           "lower end of its 95 % interval, by bootstrap over sequences")                          \
    SCALAR(BIFURCATION_HIGH, "bifurcation_high", "epochs", "upper end")                            \
    SCALAR(BIFURCATION_SUPPORT, "bifurcation_support", "1",                                        \
           "share of bootstrap samples with the step between the same snapshots")                  \
    SCALAR(BIFURCATION_RATIO, "bifurcation_ratio", "1",                                            \
           "window switch rate, last level over first level")                                      \
    SCALAR(BIFURCATION_EXPLAINED, "bifurcation_explained", "1",                                    \
           "share of the variance of the log rate between before and after")                       \
    SCALAR(NUM_BEFORE, "num_before", "1",                                                          \
           "snapshots with a bounded run up to bifurcation_low: those of the trends")              \
    SCALAR(                                                                                        \
        VARIANCE_TAU, "variance_tau", "1",                                                         \
        "Kendall's tau of logit variance and epoch before the bifurcation; at least 5 snapshots")  \
    SCALAR(VARIANCE_P, "variance_p", "1", "two-sided p of it, snapshots taken as independent")     \
    SCALAR(AUTOCORRELATION_TAU, "autocorrelation_tau", "1",                                        \
           "the same for the logits' autocorrelation")                                             \
    SCALAR(AUTOCORRELATION_P, "autocorrelation_p", "1",                                            \
           "two-sided p of it, snapshots taken as independent")
enum { LAST_CURVE = NUM_SNAPSHOT_CURVES - 1, OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(SNAPSHOT_CURVES) OUTPUT_ROWS(OUTPUTS)};

/* --- curves ----------------------------------------------------------------------------------- */

static void keep_row(const struct snapshot *result, size_t row, struct outputs *out)
{
    for (int c = 0; c < NUM_SNAPSHOT_CURVES; c++) put(out, c, result->curve[c], row);
    put_row(out, EXPLAINED_VARIANCE, row, result->explained_variance, SNAPSHOT_COMPONENTS);
    put_row(out, SCORE, row, result->score[0], SNAPSHOT_POINTS * SNAPSHOT_AXES);
    put_row(out, SYMBOL, row, result->symbol, SNAPSHOT_POINTS);
}

/* --- what they amount to ---------------------------------------------------------------------- */

/* Mean and sd of the last numbers of a curve (rows) that are not NaN; NaN when they are too few. */
static void converge(int curve, int rows, int which, struct outputs *out)
{
    double last[CONVERGED];
    int num = 0;
    for (int i = rows - 1; i >= 0 && num < CONVERGED; i--)
        if (!isnan(out->value[curve][i])) last[num++] = out->value[curve][i];
    if (num < CONVERGED) return;
    double mean = mean_of_shares(last, CONVERGED);
    put_pair(out, which, mean, sd_about(last, CONVERGED, mean, 1));
}

/* count (rows, SNAPSHOT_WINDOWS), moved together: snapshots without a rate are left out */
static int find_bifurcation(const struct analysis_input *in, int rows, uint16_t *count,
                            struct outputs *out, struct status *st)
{
    struct bifurcation found;
    int num = 0;
    double *epoch = scratch(in, (size_t)rows, sizeof *epoch);
    if (!epoch) return status_no_memory(st, "a history");
    for (int i = 0; i < rows; i++) {
        if (isnan(out->value[SNAPSHOT_WINDOW_RATE][i])) continue;
        memmove(count + (size_t)num * SNAPSHOT_WINDOWS, count + (size_t)i * SNAPSHOT_WINDOWS,
                SNAPSHOT_WINDOWS * sizeof *count);
        epoch[num++] = out->value[EPOCH][i];
    }
    int code =
        bifurcation_find(epoch, count, num, SNAPSHOT_WINDOWS, snapshot_window_length(in->s) - 1,
                         rng_child(in->rng, 1), &found, st);
    if (code) return code;
    put(out, BIFURCATION_REFERENCE,
        bifurcation_reference(out->value[EPOCH], out->value[SNAPSHOT_COMPLEX], rows));
    put(out, BIFURCATION, found.epoch);
    put(out, BIFURCATION_LOW, found.low);
    put(out, BIFURCATION_HIGH, found.high);
    put(out, BIFURCATION_SUPPORT, found.support);
    put(out, BIFURCATION_RATIO, found.ratio);
    put(out, BIFURCATION_EXPLAINED, found.explained);
    return STATUS_OK;
}

/* Kendall's tau of a curve over the first rows, and its p. */
static void trend(int curve, int rows, int which, struct outputs *out)
{
    struct kendall kendall;
    kendall_tau(out->value[EPOCH], out->value[curve], rows, &kendall);
    if (kendall.num >= FEWEST) put_pair(out, which, kendall.tau, kendall.p);
}

static void warn(int rows, struct outputs *out)
{
    int before = 0, num = 0;
    if (isnan(*out->value[BIFURCATION])) return;
    for (; before < rows && out->value[EPOCH][before] <= *out->value[BIFURCATION_LOW]; before++)
        num += !isnan(out->value[SNAPSHOT_VARIANCE][before]);
    put(out, NUM_BEFORE, num);
    trend(SNAPSHOT_VARIANCE, before, VARIANCE_TAU, out);
    trend(SNAPSHOT_AUTOCORRELATION, before, AUTOCORRELATION_TAU, out);
}

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    int rows = analysis_dim_size(&snapshot, in->s), code = STATUS_OK;
    if (in->num_snapshots < rows) rows = in->num_snapshots;
    if (!in->snapshots || rows < 1) return STATUS_OK;
    struct driven run;
    struct snapshot *result = scratch(in, 1, sizeof *result);
    uint16_t *count = scratch(in, (size_t)rows, sizeof result->window_switches);
    size_t H = (size_t)in->net->shape.hidden, num_params = rnn_num_params(in->net->shape);
    if (!result || !count) return status_no_memory(st, "%d snapshots", rows);
    code = driven_init(&run, &in->memo->scratch, in->net, SNAPSHOT_STATES, st);
    for (size_t i = 0; i < (size_t)rows && !code; i++) {
        code = analysis_check_stop(in, st);
        if (!code)
            code = snapshot_measure(in, in->snapshots + i * num_params, &run, result,
                                    out->value[SECOND_ORDER] + i * H, st);
        if (code) break;
        put(out, EPOCH, in->snapshot_epoch[i], i);
        keep_row(result, i, out);
        memcpy(count + i * SNAPSHOT_WINDOWS, result->window_switches,
               sizeof result->window_switches);
    }
    if (!code) code = find_bifurcation(in, rows, count, out, st);
    if (code) return code;
    converge(SNAPSHOT_TRANSITION_RATE, rows, CONVERGED_TRANSITION_RATE, out);
    converge(SNAPSHOT_SWITCH_RATE, rows, CONVERGED_SWITCH_RATE, out);
    warn(rows, out);
    return STATUS_OK;
}

static double num_snapshots(const struct settings *s)
{
    return train_num_snapshots(s);
}

const struct analysis analysis_evolution = {
    ANALYSIS(evolution),
    .formula = "each number at every snapshot; bifurcation = the epoch that splits the log of the "
               "switch rates into two levels with the least squares",
    .reference = PAPER "; Page 1954; Boettiger, Ross & Hastings 2013",
    .source = FROM_WEIGHTS,
    .signal = SNAPSHOT_SWITCH_RATE,
    .steps = 2e5,
    .times = num_snapshots};
