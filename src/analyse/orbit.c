/* orbit: how the driven states turn about their mean in the plane of the first two components.
 *
 * phi_t is the angle of state t in the plane of PC1 and PC2 of the shared driven run, about the
 * mean; its differences, taken between -180 and 180 degrees, add up to the unwrapped angle. A
 * revolution is 360 degrees of unwrapped angle beyond the end of the last one, to either side, so
 * that jitter about any line counts nothing; it ends at the moment interpolated between the two
 * steps. The sign is that of the components, which are fixed up to the convention of pca.h: it
 * tells two directions of one network apart and means nothing between networks. The order of the
 * symbols in a revolution is that of their first appearance, as a cycle that begins at its smallest
 * symbol.
 *
 * Floors. Of rotation: the run in 20 blocks, each taken forwards or backwards in time at random,
 * which keeps every state and the spectrum and turns as if time had no direction; a block ought to
 * be longer than the states remember. Of the regularity of revolutions: PC2 shifted in time against
 * PC1 by a tenth to nine tenths of the run, its end before its beginning, which keeps the
 * distribution and spectrum of each; a clock that keeps its phase all through is a clock when
 * shifted, too, so that a large p says nothing there (Theiler et al. 1992, with shifts instead of
 * random phases, which would make components Gaussian). Refuses a plane in which the states lie on
 * a line, and the motion without noise (fixed_point). Source: SCIENCE 8.6. */
#include "analysis.h"
#include "base/paper.h"
#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    BINS = ANGLE_BINS,
    TIME_BINS = 40,
    ORDERS = 12,
    ORDER_LENGTH = 8,
    BLOCKS = 20,
    SURROGATES = 99,
    NO_SYMBOL = 255
};
static const double TURN = 6.283185307179586, DEGREE = 57.29577951308232;
static const double LARGE = 90;    /* degrees of a step */
static const double FLAT = 1e-12;  /* variance of PC2 in units of PC1's: the states lie on a line */
static const double TIME_BIN = .1; /* of the mean revolution time */

static const struct analysis_dim angle = {"angle", BINS, angle_bins, "degree",
                                          "centre of a bin of 10 degrees of phi"};
static const struct analysis_dim symbol = {"symbol", SIZE_SYMBOLS, NULL, "1", "symbol"};
static const struct analysis_dim time_bin = {
    "time_bin", TIME_BINS, NULL, "1",
    "bin b holds the times within 0.05 of b/10 of their mean, the last one all longer ones too"};
static const struct analysis_dim order = {
    "order", ORDERS, NULL, "1", "order of symbols in a revolution, the most frequent first"};
static const struct analysis_dim place = {"place", ORDER_LENGTH, NULL, "1", "place in the order"};

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    SCALAR(ROTATION, "rotation", "degree/step", "mean change of the unwrapped angle in a step")    \
    SCALAR(ROTATION_SD, "rotation_sd", "degree/step", "standard deviation of that over steps")     \
    SCALAR(ROTATION_SEM, "rotation_sem", "degree/step",                                            \
           "standard error of rotation, from the means of 20 blocks of the run")                   \
    SCALAR(ROTATION_NUMBER, "rotation_number", "1/step",                                           \
           "revolutions in a step: rotation / 360, signed")                                        \
    SCALAR(LARGE_STEPS, "large_steps", "1",                                                        \
           "share of steps that turn by more than 90 degrees: directions are sure when small")     \
    SCALAR(POSITIVE, "revolutions_positive", "1", "whole revolutions towards larger angles")       \
    SCALAR(NEGATIVE, "revolutions_negative", "1", "whole revolutions towards smaller angles")      \
    SCALAR(TIME, "revolution_time", "step",                                                        \
           "mean time from the end of a revolution to the end of the next, of either sign")        \
    SCALAR(TIME_SD, "revolution_time_sd", "step", "standard deviation of that over revolutions")   \
    SCALAR(TIME_SEM, "revolution_time_sem", "step",                                                \
           "its standard error, revolutions taken as independent")                                 \
    SCALAR(TIME_CV, "revolution_time_cv", "1",                                                     \
           "its coefficient of variation: 0 for a clock, 1 for events at random")                  \
    CURVE(TIME_SHARE, "revolution_time_share", time_bin, "1",                                      \
          "share of revolution times in each bin")                                                 \
    PLANE(ORDER_SYMBOL, "order_symbol", order, place, "1",                                         \
          "symbols of an order, NaN after its last; all 8 places taken: perhaps more follow")      \
    CURVE(ORDER_SHARE, "order_share", order, "1", "share of the revolutions with this order")      \
    CURVE(STATES, "angle_states", angle, "1", "number of driven states in each bin of phi")        \
    PLANE(EMISSION, "emission", angle, symbol, "1",                                                \
          "mean emission probability of each symbol in each bin of phi")                           \
    SCALAR(EMISSION_EXPLAINED, "emission_explained", "1",                                          \
           "share of the variance of the emission probabilities that is between bins of phi")      \
    CURVE(SPEED, "speed", angle, "degree/step",                                                    \
          "mean change of the angle in a step from a state of each bin")                           \
    CURVE(SPEED_SD, "speed_sd", angle, "degree/step", "standard deviation of that over states")    \
    SCALAR(ROTATION_FLOOR, "rotation_floor", "degree/step",                                        \
           "mean of rotation over 99 runs whose 20 blocks go forwards or backwards at random")     \
    SCALAR(ROTATION_FLOOR_SD, "rotation_floor_sd", "degree/step",                                  \
           "standard deviation of that; of rotation_number 1/360 of both")                         \
    SCALAR(ROTATION_P, "rotation_p", "1",                                                          \
           "share of these and the run that turn as much, to either side; .01 at least")           \
    SCALAR(CV_FLOOR, "revolution_time_cv_floor", "1",                                              \
           "mean of revolution_time_cv over 99 runs with PC2 shifted in time against PC1")         \
    SCALAR(CV_FLOOR_SD, "revolution_time_cv_floor_sd", "1", "standard deviation of that")          \
    SCALAR(CV_P, "revolution_time_cv_p", "1",                                                      \
           "share of these and the run that are as regular; .01 at least, large too for a clock "  \
           "that keeps its phase all through the run")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

struct revolution {
    size_t from, to; /* its states, the second one excluded */
    double end;      /* steps */
    int sign;
};

struct orbit {
    size_t n, num;
    double *score;                 /* (n, 2) in the plane */
    double *phi;                   /* (n) -pi..pi */
    double *step;                  /* (n - 1) change of the angle */
    double *time;                  /* (num - 1) between the ends of revolutions */
    struct revolution *revolution; /* (num) */
    uint64_t *order;               /* (num) packed, see order_of */
};

/* --- the angle and its revolutions -------------------------------------------------------- */

static int orbit_init(struct orbit *o, const struct analysis_input *in, const struct driven *driven,
                      struct status *st)
{
    size_t n = driven->n, most = n / 2 + 1; /* a step turns by half a revolution at most */
    *o = (struct orbit){.n = n};
    o->score = scratch(in, 2 * n, sizeof *o->score);
    o->phi = scratch(in, n, sizeof *o->phi);
    o->step = scratch(in, n, sizeof *o->step);
    o->time = scratch(in, most, sizeof *o->time);
    o->revolution = scratch(in, most, sizeof *o->revolution);
    o->order = scratch(in, most, sizeof *o->order);
    if (!o->score || !o->phi || !o->step || !o->time || !o->revolution || !o->order)
        return status_no_memory(st, "the angles of states");
    pca_project(&driven->pca, driven->h, n, 2, o->score);
    return STATUS_OK;
}

/* PC2 is that of so many steps later. */
static void find_angles(struct orbit *o, size_t shift)
{
    for (size_t t = 0; t < o->n; t++)
        o->phi[t] = atan2(o->score[2 * ((t + shift) % o->n) + 1], o->score[2 * t]);
    for (size_t t = 0; t + 1 < o->n; t++) {
        double d = o->phi[t + 1] - o->phi[t];
        o->step[t] = d - TURN * round(d / TURN);
    }
}

/* Progress p since the end of the last revolution; it never passes 1.5 turns. */
static void find_revolutions(struct orbit *o)
{
    double p = 0;
    size_t from = 0;
    o->num = 0;
    for (size_t t = 0; t + 1 < o->n; t++) {
        double before = p;
        p += o->step[t];
        if (fabs(p) < TURN) continue;
        double goal = copysign(TURN, p);
        o->revolution[o->num++] =
            (struct revolution){.from = from,
                                .to = t + 1,
                                .end = (double)t + (goal - before) / (p - before),
                                .sign = p > 0 ? 1 : -1};
        from = t + 1;
        p -= goal;
    }
}

/* --- rotation and revolution times -------------------------------------------------------- */

/* Blocks (BLOCKS) of the run by their means: each with either sign. */
static void report_rotation_floor(const double *block, struct rng rng, struct outputs *out)
{
    double draw[SURROGATES], mean = mean_of(block, BLOCKS);
    size_t as_much = 0;
    for (uint64_t i = 0; i < SURROGATES; i++) {
        uint64_t signs = rng_bits(rng, i);
        draw[i] = 0;
        for (int b = 0; b < BLOCKS; b++) draw[i] += (signs >> b & 1 ? 1 : -1) * block[b] / BLOCKS;
        as_much += fabs(draw[i]) >= fabs(mean) * (1 - 1e-12); /* the same signs: rounding */
    }
    mean = mean_of(draw, SURROGATES);
    put_pair(out, ROTATION_FLOOR, mean * DEGREE, sd_about(draw, SURROGATES, mean, 1) * DEGREE);
    put(out, ROTATION_P, (double)(1 + as_much) / (1 + SURROGATES));
}

static void report_rotation(const struct orbit *o, struct rng rng, struct outputs *out)
{
    size_t steps = o->n - 1, length = steps / BLOCKS, large = 0;
    double mean = mean_of(o->step, steps), block[BLOCKS];
    put_pair(out, ROTATION, mean * DEGREE, sd_about(o->step, steps, mean, 0) * DEGREE);
    put(out, ROTATION_NUMBER, mean / TURN);
    for (size_t t = 0; t < steps; t++) large += fabs(o->step[t]) * DEGREE > LARGE;
    put(out, LARGE_STEPS, (double)large / (double)steps);
    if (length == 0) return;
    for (size_t b = 0; b < BLOCKS; b++) block[b] = mean_of(o->step + b * length, length);
    double spread = sd_about(block, BLOCKS, mean_of(block, BLOCKS), 0);
    put(out, ROTATION_SEM, spread / sqrt(BLOCKS - 1.0) * DEGREE);
    report_rotation_floor(block, rng, out);
}

/* Their times and mean; returns how many. The first revolution began with the run and not at the
 * end of another: it has no time. */
static size_t find_times(const struct orbit *o, double *mean)
{
    size_t num = o->num > 0 ? o->num - 1 : 0;
    for (size_t i = 0; i < num; i++) o->time[i] = o->revolution[i + 1].end - o->revolution[i].end;
    *mean = mean_of(o->time, num);
    return num;
}

static void report_times(const struct orbit *o, struct outputs *out)
{
    double mean;
    size_t positive = 0, num = find_times(o, &mean);
    for (size_t i = 0; i < o->num; i++) positive += o->revolution[i].sign > 0;
    put(out, POSITIVE, (double)positive);
    put(out, NEGATIVE, (double)(o->num - positive));
    if (num < 2) return;
    double sd = sd_about(o->time, num, mean, 0);
    put_pair(out, TIME, mean, sd);
    put(out, TIME_SEM, sd / sqrt((double)(num - 1)));
    put(out, TIME_CV, sd / mean);
    double share[TIME_BINS] = {0};
    for (size_t i = 0; i < num; i++) {
        double bin = fmin(floor(o->time[i] / (TIME_BIN * mean) + .5), TIME_BINS - 1);
        share[(int)bin] += 1 / (double)num;
    }
    put_row(out, TIME_SHARE, 0, share, TIME_BINS);
}

/* --- orders of symbols -------------------------------------------------------------------- */

/* The cycle of symbols (n) as bytes, the first most significant; NO_SYMBOL after the last. */
static uint64_t order_of(const uint8_t *symbols, size_t n)
{
    bool seen[256] = {false};
    uint8_t list[ORDER_LENGTH];
    int num = 0, smallest = 0;
    for (size_t i = 0; i < n && num < ORDER_LENGTH; i++) {
        if (seen[symbols[i]]) continue;
        seen[symbols[i]] = true;
        if (num == 0 || symbols[i] < list[smallest]) smallest = num;
        list[num++] = symbols[i];
    }
    uint64_t packed = 0;
    for (int i = 0; i < ORDER_LENGTH; i++)
        packed = packed << 8 | (i < num ? list[(smallest + i) % num] : NO_SYMBOL);
    return packed;
}

static int compare_orders(const void *a, const void *b)
{
    uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
    return (x > y) - (x < y);
}

/* The ORDERS most frequent ones; of equal ones that of smaller symbols first. */
static void report_orders(struct orbit *o, const uint8_t *symbols, struct outputs *out)
{
    uint64_t best[ORDERS];
    size_t count[ORDERS] = {0};
    int kept = 0;
    for (size_t i = 0; i < o->num; i++) {
        const struct revolution *r = &o->revolution[i];
        o->order[i] = order_of(symbols + r->from, r->to - r->from);
    }
    qsort(o->order, o->num, sizeof *o->order, compare_orders);
    for (size_t i = 0, next; i < o->num; i = next) {
        for (next = i + 1; next < o->num && o->order[next] == o->order[i];) next++;
        int at = kept;
        while (at > 0 && count[at - 1] < next - i) at--;
        if (at == ORDERS) continue;
        int moved = (kept < ORDERS ? kept : ORDERS - 1) - at;
        memmove(best + at + 1, best + at, (size_t)moved * sizeof *best);
        memmove(count + at + 1, count + at, (size_t)moved * sizeof *count);
        best[at] = o->order[i];
        count[at] = next - i;
        if (kept < ORDERS) kept++;
    }
    for (int r = 0; r < kept; r++) {
        put(out, ORDER_SHARE, (double)count[r] / (double)o->num, r);
        for (int i = 0; i < ORDER_LENGTH; i++) {
            uint8_t s = (uint8_t)(best[r] >> 8 * (ORDER_LENGTH - 1 - i));
            if (s != NO_SYMBOL) put(out, ORDER_SYMBOL, s, r, i);
        }
    }
}

/* --- by angle ----------------------------------------------------------------------------- */

static int bin_of(double phi)
{
    int bin = (int)floor((phi / TURN + .5) * BINS);
    return bin < 0 ? 0 : bin >= BINS ? BINS - 1 : bin;
}

static void softmax(const float *z, int K, double *p)
{
    double most = z[0], sum = 0;
    for (int k = 1; k < K; k++) most = z[k] > most ? z[k] : most;
    for (int k = 0; k < K; k++) sum += p[k] = exp(z[k] - most);
    for (int k = 0; k < K; k++) p[k] /= sum;
}

static void report_emission(const struct orbit *o, const float *z, int K, struct outputs *out)
{
    double p[MAX_SYMBOLS], all[MAX_SYMBOLS] = {0}, squares = 0, within = 0, none = 0;
    double *states = out->value[STATES], *emission = out->value[EMISSION], n = (double)o->n;
    for (int i = 0; i < BINS; i++) states[i] = 0;
    for (int i = 0; i < BINS * K; i++) emission[i] = 0;
    for (size_t t = 0; t < o->n; t++) {
        int bin = bin_of(o->phi[t]);
        softmax(z + t * (size_t)K, K, p);
        states[bin]++;
        for (int k = 0; k < K; k++) {
            emission[bin * K + k] += p[k];
            all[k] += p[k];
            squares += p[k] * p[k];
        }
    }
    for (int i = 0; i < BINS * K; i++) {
        double sum = emission[i];
        emission[i] = states[i / K] > 0 ? sum / states[i / K] : NAN;
        if (states[i / K] > 0) within += sum * emission[i];
    }
    for (int k = 0; k < K; k++) none += all[k] * all[k] / n;
    if (squares - none > 1e-12 * n)
        put(out, EMISSION_EXPLAINED, (within - none) / (squares - none));
}

static void report_speed(const struct orbit *o, struct outputs *out)
{
    struct sums speed[BINS] = {0};
    for (size_t t = 0; t + 1 < o->n; t++) sums_add(&speed[bin_of(o->phi[t])], o->step[t]);
    for (int b = 0; b < BINS; b++) {
        if (speed[b].num == 0) continue;
        put_pair(out, SPEED, sums_mean(&speed[b]) * DEGREE, sqrt(sums_variance(&speed[b])) * DEGREE,
                 b);
    }
}

/* --- shifted runs ------------------------------------------------------------------------- */

/* Last: the angles and revolutions are then those of the shifted ones. */
static void report_times_floor(struct orbit *o, struct rng rng, struct outputs *out)
{
    double cv = *out->value[TIME_CV], draw[SURROGATES], mean;
    size_t as_regular = 0, num = 0;
    if (isnan(cv)) return;
    for (uint64_t i = 0; i < SURROGATES; i++) {
        find_angles(o, (size_t)((.1 + .8 * rng_uniform(rng, i)) * (double)o->n));
        find_revolutions(o);
        size_t times = find_times(o, &mean);
        if (times < 2) continue;
        draw[num] = sd_about(o->time, times, mean, 0) / mean;
        as_regular += draw[num++] <= cv;
    }
    mean = mean_of(draw, num);
    put_pair(out, CV_FLOOR, mean, sd_about(draw, num, mean, 1));
    put(out, CV_P, (double)(1 + as_regular) / (double)(1 + num));
}

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    const struct driven *driven;
    struct orbit o;
    int code = driven_get(in, &driven, st);
    if (code) return code;
    const struct pca *pca = &driven->pca;
    if (pca->count < 2 || !(pca->variance[1] > FLAT * pca->variance[0])) return STATUS_OK;
    code = orbit_init(&o, in, driven, st);
    if (code) return code;
    find_angles(&o, 0);
    find_revolutions(&o);
    report_rotation(&o, rng_child(in->rng, 0), out);
    report_orders(&o, driven->symbol, out);
    report_emission(&o, driven->z, in->net->shape.symbols, out);
    report_speed(&o, out);
    report_times(&o, out);
    report_times_floor(&o, rng_child(in->rng, 1), out);
    return analysis_check_stop(in, st);
}

const struct analysis analysis_orbit = {
    ANALYSIS(orbit),
    .formula = "phi_t = atan2(PC2, PC1) about the mean; rotation = mean of phi_(t+1) - phi_t; a "
               "revolution = 360 degrees of unwrapped phi",
    .reference = PAPER "; surrogates: Theiler et al. 1992", .signal = EMISSION};
