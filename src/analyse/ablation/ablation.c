/* ablation: how often a network switches when parts of its circuit are scaled, and the critical
 * complex pairs about its switches. Refuses to choose the circuit (circuit.h does). Source:
 * SCIENCE 5.9; every condition and mu shares its random numbers, so differences are paired by
 * trajectory, and the replicates of the intact network with other numbers say what a difference is
 * worth. P: critical pairs about all switches and about those to higher symbols alone, as the
 * reference counts. Rates of one direction are per step spent in the symbol it leaves: per step,
 * two directions that alternate cannot differ.
 */
#include "ablation.h"
#include "analyse/analysis.h"
#include "base/paper.h"
#include "base/statistics.h"

#include <math.h>
#include <string.h>

enum { PAIR_REPLICATES = 8 }; /* of the intact network, for its critical pairs */
#define FINE_BUDGET (ABLATION_BUDGET / 2)
enum { NUM_COARSE = 5, COARSE = 5 }; /* every fifth mu has more windows */

static const double coarse_value[NUM_COARSE] = {0, .5, 1, 1.5, 2};

static const struct analysis_dim coarse_mu = {"coarse_mu", NUM_COARSE, coarse_value, "1",
                                              "factor of what the condition scales; 1: intact"};
static const struct analysis_dim direction = {
    "direction", 2, NULL, "1", "the circuit's two directions of switching, A and B: see from, to"};
static const struct analysis_dim mu = ABLATION_MU, condition = ABLATION_CONDITION;

/* A standard error or sd follows what it belongs to. */
#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    CURVE(FROM, "from", direction, "1", "symbol that a switch of the direction leaves")            \
    CURVE(TO, "to", direction, "1", "symbol that a switch of the direction goes to")               \
    CURVE(NUM_UNITS, "num_units", condition, "1",                                                  \
          "units scaled; 0: no such set, its rates are NaN")                                       \
    SCALAR(NUM_TRAJECTORIES, "num_trajectories", "1",                                              \
           "trajectories of each condition and mu, 250 steps each after 50 from h = 0")            \
    WITH(PLANE, SWITCH_RATE, _SEM, "switch_rate", "_sem",                                          \
         "changes of symbol, mean over trajectories", "its standard error over trajectories",      \
         condition, mu, "1/step")                                                                  \
    WITH(SOLID, DIRECTION_RATE, _SEM, "direction_rate", "_sem",                                    \
         "switches of the direction that last 3 steps, per step spent in its symbol `from`",       \
         "its standard error over trajectories", direction, condition, mu, "1/step")               \
    WITH(SCALAR, FLOOR_SWITCH_RATE, _SD, "floor_switch_rate", "_sd",                               \
         "switch_rate of the intact network: mean of 16 replicates, other random numbers",         \
         "its sd over the replicates: what chance alone makes of one point", "1/step")             \
    WITH(CURVE, FLOOR_DIRECTION_RATE, _SD, "floor_direction_rate", "_sd",                          \
         "direction_rate of the intact network: mean of the 16 replicates",                        \
         "its sd over the replicates", direction, "1/step")                                        \
    WITH(CURVE, EFFECT, _SEM, "effect", "_sem",                                                    \
         "switch_rate at mu = 0 less that at mu = 1, same random numbers",                         \
         "its standard error, paired by trajectory", condition, "1/step")                          \
    WITH(PLANE, DIRECTION_EFFECT, _SEM, "direction_effect", "_sem",                                \
         "direction_rate at mu = 0 less that at mu = 1, same random numbers",                      \
         "its standard error, paired by trajectory", direction, condition, "1/step")               \
    WITH(CURVE, CONTRAST, _SEM, "contrast", "_sem",                                                \
         "switch_rate at mu = 0 less that of conditions 0 to 3's control, of 5's rest",            \
         "its standard error, paired by trajectory", condition, "1/step")                          \
    WITH(PLANE, DIRECTION_CONTRAST, _SEM, "direction_contrast", "_sem",                            \
         "direction_rate at mu = 0 less that of conditions 0 to 3's control, of 5's rest",         \
         "its standard error, paired by trajectory", direction, condition, "1/step")               \
    WITH(PLANE, CRITICAL_PAIRS, _SEM, "critical_pairs", "_sem",                                    \
         "complex pairs, |Re m| < 0.1 and Im m > 0.06, over the 30 steps about a switch: of "      \
         "every fifth, times 5",                                                                   \
         "its standard error over switches, all of different trajectories", condition, coarse_mu,  \
         "1")                                                                                      \
    WITH(PLANE, CRITICAL_PAIRS_UP, _SEM, "critical_pairs_up", "_sem",                              \
         "critical_pairs about switches to a symbol of higher index alone",                        \
         "its standard error over switches", condition, coarse_mu, "1")                            \
    PLANE(NUM_WINDOWS, "num_windows", condition, coarse_mu, "1",                                   \
          "switches that critical_pairs goes over")                                                \
    WITH(SCALAR, FLOOR_CRITICAL_PAIRS, _SD, "floor_critical_pairs", "_sd",                         \
         "critical_pairs of the intact network: mean of 8 replicates, other random numbers",       \
         "its sd over the replicates: what chance alone makes of one point", "1")                  \
    WITH(SCALAR, FLOOR_CRITICAL_PAIRS_UP, _SD, "floor_critical_pairs_up", "_sd",                   \
         "the same of critical_pairs_up", "its sd over the replicates", "1")                       \
    WITH(PLANE, PAIRS_BY_MU, _SEM, "critical_pairs_by_mu", "_sem",                                 \
         "critical_pairs at every mu; between those of coarse_mu of fewer windows and steps",      \
         "its standard error over switches", condition, mu, "1")                                   \
    WITH(PLANE, PAIRS_UP_BY_MU, _SEM, "critical_pairs_up_by_mu", "_sem",                           \
         "critical_pairs_up at every mu, likewise", "its standard error over switches", condition, \
         mu, "1")                                                                                  \
    PLANE(WINDOWS_BY_MU, "num_windows_by_mu", condition, mu, "1",                                  \
          "switches that critical_pairs_by_mu goes over")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

/* --- what is simulated ------------------------------------------------------------------------ */

struct layout {
    struct ablation_points points;
    int num_kept, kept[1 + NUM_ABLATIONS * (NUM_COARSE - 1)]; /* points with windows */
};

static int layout_init(struct layout *layout, const struct analysis_input *in,
                       const struct ablation_sets *sets, struct status *st)
{
    layout->num_kept = 1;
    layout->kept[0] = 0;
    int code = ablation_points_init(&layout->points, in, sets, st);
    for (int c = 0; c < NUM_ABLATIONS && !code; c++)
        for (int m = 0; m < NUM_MU && sets->num_units[c]; m += COARSE)
            if (m != INTACT_MU)
                layout->kept[layout->num_kept++] = ablation_point(&layout->points, c, m);
    return code;
}

/* --- rates ------------------------------------------------------------------------------------ */

/* What rate r differs by under condition c: to output `any`, or that of directions. */
static void put_difference(struct outputs *out, int r, int any, int of_direction, int c,
                           struct estimate e)
{
    if (r == ANY_SWITCH)
        put_pair(out, any, e.mean, e.sem, c);
    else
        put_pair(out, of_direction, e.mean, e.sem, r - DIRECTION_A, c);
}

static const struct network_gain intact = {1, NULL, NULL};

static void put_rates(const struct ablation_points *points, const struct ablation_counts *counts,
                      struct outputs *out)
{
    for (int r = 0; r < NUM_ABLATION_RATES; r++)
        for (int c = 0; c < NUM_ABLATIONS; c++) {
            if (points->first[c] < 0) continue;
            for (int m = 0; m < NUM_MU; m++) {
                struct estimate e = ablation_rate(counts, r, ablation_point(points, c, m));
                if (r == ANY_SWITCH)
                    put_pair(out, SWITCH_RATE, e.mean, e.sem, c, m);
                else
                    put_pair(out, DIRECTION_RATE, e.mean, e.sem, r - DIRECTION_A, c, m);
            }
            int silenced = ablation_point(points, c, 0);
            put_difference(out, r, EFFECT, DIRECTION_EFFECT, c,
                           ablation_difference(counts, r, silenced, 0));
            if (ablation_against[c] < 0 || points->first[ablation_against[c]] < 0) continue;
            put_difference(out, r, CONTRAST, DIRECTION_CONTRAST, c,
                           ablation_difference(counts, r, silenced,
                                               ablation_point(points, ablation_against[c], 0)));
        }
}

/* Mean and sd of replicates. */
static struct estimate floor_of(const double *value, size_t num)
{
    double mean = mean_of_shares(value, num);
    return (struct estimate){mean, sd_about(value, num, mean, 1)};
}

static int put_floor(const struct analysis_input *in, int num_trajectories, struct outputs *out,
                     struct status *st)
{
    struct ablation_counts counts;
    int code = ablation_counts_init(&counts, in, 0, 1, ABLATION_REPLICATES * num_trajectories, st);
    if (!code) code = ablation_run(in, rng_child(in->rng, 1), &intact, &counts, NULL, st);
    for (int r = 0; r < NUM_ABLATION_RATES && !code; r++) {
        double value[ABLATION_REPLICATES];
        for (int i = 0; i < ABLATION_REPLICATES; i++)
            value[i] = ablation_rate_of(&counts, r, 0, i * num_trajectories, num_trajectories);
        struct estimate e = floor_of(value, ABLATION_REPLICATES);
        if (r == ANY_SWITCH)
            put_pair(out, FLOOR_SWITCH_RATE, e.mean, e.sem);
        else
            put_pair(out, FLOOR_DIRECTION_RATE, e.mean, e.sem, r - DIRECTION_A);
    }
    return code;
}

/* --- critical pairs --------------------------------------------------------------------------- */

static void put_at_mu(const struct critical_pairs *pairs, int c, int m, struct outputs *out)
{
    put_pair(out, PAIRS_BY_MU, pairs->all.mean, pairs->all.sem, c, m);
    put_pair(out, PAIRS_UP_BY_MU, pairs->up.mean, pairs->up.sem, c, m);
    put(out, WINDOWS_BY_MU, pairs->num, c, m);
}

/* Outputs of kept point i, for every condition that has it. */
static void put_windows(const struct layout *layout, int i, const struct critical_pairs *pairs,
                        struct outputs *out)
{
    for (int c = 0; c < NUM_ABLATIONS; c++)
        for (int m = 0; m < NUM_MU && layout->points.first[c] >= 0; m += COARSE) {
            if (ablation_point(&layout->points, c, m) != layout->kept[i]) continue;
            put_pair(out, CRITICAL_PAIRS, pairs->all.mean, pairs->all.sem, c, m / COARSE);
            put_pair(out, CRITICAL_PAIRS_UP, pairs->up.mean, pairs->up.sem, c, m / COARSE);
            put(out, NUM_WINDOWS, pairs->num, c, m / COARSE);
            put_at_mu(pairs, c, m, out);
        }
}

/* What chance alone makes of the intact network's critical pairs. */
static int put_pairs_floor(const struct analysis_input *in, int num_trajectories, int rounds,
                           struct outputs *out, struct status *st)
{
    static const int intact_point = 0;
    double all[PAIR_REPLICATES], up[PAIR_REPLICATES];
    struct spectrum *spectrum = spectrum_new(in->net, NULL);
    int code = spectrum ? STATUS_OK : status_no_memory(st, "a spectrum");
    for (int r = 0; r < PAIR_REPLICATES && !code; r++) {
        struct rng rng = rng_child(rng_child(in->rng, 3), (uint64_t)r);
        struct ablation_counts counts;
        struct ablation_windows windows;
        struct critical_pairs pairs = {{NAN, NAN}, {NAN, NAN}, 0};
        code = ablation_counts_init(&counts, in, 0, 1, num_trajectories, st);
        if (!code)
            code = ablation_windows_init(&windows, in, 1, &intact_point, rng_child(rng, 0), st);
        if (!code) code = ablation_run(in, rng_child(rng, 1), &intact, &counts, &windows, st);
        if (!code && !counts.exploded[0])
            code = ablation_windows_pairs(&windows, 0, rounds, spectrum, &pairs, st);
        all[r] = pairs.all.mean;
        up[r] = pairs.up.mean;
    }
    if (!code) {
        struct estimate of_all = floor_of(all, PAIR_REPLICATES),
                        of_up = floor_of(up, PAIR_REPLICATES);
        put_pair(out, FLOOR_CRITICAL_PAIRS, of_all.mean, of_all.sem);
        put_pair(out, FLOOR_CRITICAL_PAIRS_UP, of_up.mean, of_up.sem);
    }
    spectrum_free(spectrum);
    return code;
}

static int put_pairs(const struct analysis_input *in, const struct layout *layout,
                     const struct ablation_counts *counts, const struct ablation_windows *windows,
                     int rounds, struct outputs *out, struct status *st)
{
    size_t H = (size_t)windows->hidden;
    int code = STATUS_OK;
    struct spectrum *spectrum = NULL;
    for (int i = 0; i < windows->num_points && !code; i++) {
        const float *c = layout->points.recurrent + (size_t)layout->kept[i] * H;
        const float *before = i ? layout->points.recurrent + (size_t)layout->kept[i - 1] * H : NULL;
        if (!before || memcmp(c, before, H * sizeof *c) != 0) { /* else its sets are looked up */
            spectrum_free(spectrum);
            spectrum = spectrum_new(in->net, c);
            if (!spectrum) code = status_no_memory(st, "a spectrum");
        }
        struct critical_pairs pairs;
        if (!code && !counts->exploded[layout->kept[i]]) {
            code = ablation_windows_pairs(windows, i, rounds, spectrum, &pairs, st);
            if (!code) put_windows(layout, i, &pairs, out);
        }
        if (!code) code = analysis_check_stop(in, st);
    }
    spectrum_free(spectrum);
    return code;
}

/* Between the coarse mu, of every condition. */
static int put_fine(const struct analysis_input *in, const struct ablation_points *points,
                    struct outputs *out, struct status *st)
{
    int code = STATUS_OK;
    for (int c = 0; c < NUM_ABLATIONS && !code; c++) {
        struct critical_pairs pairs[NUM_MU];
        if (points->first[c] < 0) continue;
        code = ablation_critical_pairs(in, 0, points, c, COARSE, rng_child(in->rng, 0),
                                       rng_child(in->rng, 4), FINE_BUDGET, pairs, st);
        for (int m = 0; m < NUM_MU && !code; m++)
            if (m % COARSE) put_at_mu(&pairs[m], c, m, out);
    }
    return code;
}

/* --- all -------------------------------------------------------------------------------------- */

static int measure(const struct analysis_input *in, const struct layout *layout,
                   struct outputs *out, struct status *st)
{
    int n = ablation_num_trajectories(in->net->shape);
    bool has_windows = in->net->shape.hidden <= MAX_WINDOW_HIDDEN;
    struct network_gain points = {layout->points.num, layout->points.recurrent,
                                  layout->points.noise};
    struct ablation_counts counts;
    struct ablation_windows windows;
    int code = ablation_counts_init(&counts, in, 0, layout->points.num, n, st);
    if (!code && has_windows)
        code = ablation_windows_init(&windows, in, layout->num_kept, layout->kept,
                                     rng_child(in->rng, 2), st);
    if (!code)
        code = ablation_run(in, rng_child(in->rng, 0), &points, &counts,
                            has_windows ? &windows : NULL, st);
    if (!code) put_rates(&layout->points, &counts, out);
    if (!code) code = put_floor(in, n, out, st);
    if (!code && has_windows) {
        int rounds = ablation_windows_rounds(&windows, ABLATION_BUDGET);
        code = put_pairs(in, layout, &counts, &windows, rounds, out, st);
        if (!code) code = put_pairs_floor(in, n, rounds, out, st);
        if (!code) code = put_fine(in, &layout->points, out, st);
    }
    put(out, NUM_TRAJECTORIES, n);
    return code;
}

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    const struct circuit *circuit;
    struct ablation_sets sets;
    struct layout layout;
    int code = circuit_get(in, &circuit, st);
    if (code) return code;
    const int *group = circuit->pair->group;
    if (group[0] < 0 && group[1] < 0) return STATUS_OK;
    code = ablation_sets_init(&sets, in, 0, st);
    if (!code) code = layout_init(&layout, in, &sets, st);
    if (code) return code;
    for (int g = 0; g < 2; g++) {
        if (group[g] < 0) continue;
        put(out, FROM, circuit->direction[group[g]].from, g);
        put(out, TO, circuit->direction[group[g]].to, g);
    }
    for (int c = 0; c < NUM_ABLATIONS; c++) put(out, NUM_UNITS, sets.num_units[c], c);
    return measure(in, &layout, out, st);
}

const struct analysis analysis_ablation = {
    ANALYSIS(ablation),
    .formula = "switch_rate = changes of symbol / steps, mean over trajectories, with parts of the "
               "circuit times mu = 0 .. 2; all share their random numbers",
    .reference = PAPER, .signal = SWITCH_RATE, .steps = 5.5e6};
