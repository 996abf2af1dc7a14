/* ablation_pairs: the rates of the analysis ablation for every pair of opposite directions of the
 * circuit, of which that one takes the most frequent, from fewer trajectories. All pairs and points
 * share their random numbers. Refuses critical pairs. Source: SCIENCE 5.9.
 */
#include "ablation.h"
#include "base/paper.h"

enum { TRAJECTORIES = 16 };

static const double number[MAX_PAIRS] = {1, 2, 3};

static const struct analysis_dim pair_dim = {"pair", MAX_PAIRS, number, "1",
                                             "pair of opposite directions, as that of populations"};
static const struct analysis_dim way = {
    "pair_direction", 2 * MAX_PAIRS, NULL, "1",
    "directions A and B of pair 1, of pair 2, of pair 3: see from, to"};
static const struct analysis_dim mu = ABLATION_MU, condition = ABLATION_CONDITION;

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    CURVE(FROM, "from", way, "1", "symbol that a switch of the direction leaves")                  \
    CURVE(TO, "to", way, "1", "symbol that a switch of the direction goes to")                     \
    PLANE(NUM_UNITS, "num_units", pair_dim, condition, "1",                                        \
          "units scaled; 0: no such set, its rates are NaN")                                       \
    WITH(SOLID, SWITCH_RATE, _SEM, "switch_rate", "_sem",                                          \
         "changes of symbol, mean over 16 trajectories of 250 steps after 50 from h = 0",          \
         "its standard error over trajectories", pair_dim, condition, mu, "1/step")                \
    WITH(SOLID, DIRECTION_RATE, _SEM, "direction_rate", "_sem",                                    \
         "switches of the direction that last 3 steps, per step spent in its symbol `from`",       \
         "its standard error over trajectories", way, condition, mu, "1/step")                     \
    WITH(PLANE, EFFECT, _SEM, "effect", "_sem",                                                    \
         "switch_rate at mu = 0 less that at mu = 1, same random numbers",                         \
         "its standard error, paired by trajectory", pair_dim, condition, "1/step")                \
    WITH(PLANE, DIRECTION_EFFECT, _SEM, "direction_effect", "_sem",                                \
         "direction_rate at mu = 0 less that at mu = 1, same random numbers",                      \
         "its standard error, paired by trajectory", way, condition, "1/step")                     \
    WITH(PLANE, CONTRAST, _SEM, "contrast", "_sem",                                                \
         "switch_rate at mu = 0 less that of conditions 0 to 3's control, of 5's rest",            \
         "its standard error, paired by trajectory", pair_dim, condition, "1/step")                \
    WITH(PLANE, DIRECTION_CONTRAST, _SEM, "direction_contrast", "_sem",                            \
         "direction_rate at mu = 0 less that of conditions 0 to 3's control, of 5's rest",         \
         "its standard error, paired by trajectory", way, condition, "1/step")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

/* One rate of pair p under condition c: outputs of its own kind, `any` change or of a direction. */
static void put_rate(const struct ablation_points *points, const struct ablation_counts *counts,
                     int p, int r, int c, struct outputs *out)
{
    bool any = r == ANY_SWITCH;
    int row = any ? p : 2 * p + r - DIRECTION_A, silenced = ablation_point(points, c, 0);
    for (int m = 0; m < NUM_MU; m++) {
        struct estimate e = ablation_rate(counts, r, ablation_point(points, c, m));
        put_pair(out, any ? SWITCH_RATE : DIRECTION_RATE, e.mean, e.sem, row, c, m);
    }
    struct estimate effect = ablation_difference(counts, r, silenced, 0);
    put_pair(out, any ? EFFECT : DIRECTION_EFFECT, effect.mean, effect.sem, row, c);
    int against = ablation_against[c];
    if (against < 0 || points->first[against] < 0) return;
    struct estimate contrast =
        ablation_difference(counts, r, silenced, ablation_point(points, against, 0));
    put_pair(out, any ? CONTRAST : DIRECTION_CONTRAST, contrast.mean, contrast.sem, row, c);
}

static int measure(const struct analysis_input *in, const struct circuit *circuit, int p,
                   struct outputs *out, struct status *st)
{
    struct ablation_sets sets;
    struct ablation_points points;
    struct ablation_counts counts;
    int code = ablation_sets_init(&sets, in, p, st);
    if (!code) code = ablation_points_init(&points, in, &sets, st);
    if (!code) code = ablation_counts_init(&counts, in, p, points.num, TRAJECTORIES, st);
    if (code) return code;
    struct network_gain gain = {points.num, points.recurrent, points.noise};
    code = ablation_run(in, rng_child(in->rng, 0), &gain, &counts, NULL, st);
    for (int g = 0; g < 2 && !code; g++) {
        put(out, FROM, circuit->direction[circuit->pair[p].group[g]].from, 2 * p + g);
        put(out, TO, circuit->direction[circuit->pair[p].group[g]].to, 2 * p + g);
    }
    for (int c = 0; c < NUM_ABLATIONS && !code; c++) {
        put(out, NUM_UNITS, sets.num_units[c], p, c);
        for (int r = 0; r < NUM_ABLATION_RATES && points.first[c] >= 0; r++)
            put_rate(&points, &counts, p, r, c, out);
    }
    return code;
}

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    const struct circuit *circuit;
    int code = circuit_get(in, &circuit, st);
    for (int p = 0; !code && p < circuit->num_pairs; p++) code = measure(in, circuit, p, out, st);
    return code;
}

static double likely_pairs(const struct settings *s)
{
    return s->hmm.architecture == FULLY_CONNECTED ? MAX_PAIRS : 1;
}

const struct analysis analysis_ablation_pairs = {
    ANALYSIS(ablation_pairs),
    .formula = "as ablation, for each pair of opposite directions",
    .reference = PAPER,
    .signal = SWITCH_RATE,
    .steps = 7e5,
    .times = likely_pairs};
