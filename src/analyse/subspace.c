/* subspace: the driven states between two symbols: their plane, how long they stay, how far they
 * spread.
 *
 * States of the shared driven run are scored on its first four components; those with a symbol of
 * the pair get components of their own, three of the four-dimensional scores, and are drawn on the
 * first and the third. Pairs are {0,1}, {0,2}, {1,2} of three symbols; of more, the three pairs
 * with the most changes from one to the other. A run is a stretch of states in the pair. Unlike the
 * reference: one driven run of analysis.steps for all (there 50000 and 100000 steps, from normal
 * and zero starts); residency of states in runs longer than 20, and apart of those among them in
 * runs longer than 200, which a network that leaves its pairs quickly does not have; spread as the
 * contours of a density and as the 95 % ellipse of the covariance, from 100 driven states times the
 * noise level, 20 steps dropped, 100 kept, all levels with the same numbers. The level is an sd
 * (D17). Refuses a pair of fewer than 10 states. Source: SCIENCE 4 and 5.1. */
#include "analysis.h"
#include "base/paper.h"
#include "base/statistics.h"
#include "density_plane.h"
#include "residency.h"
#include "subspace.h"

#include <math.h>
#include <string.h>

enum {
    LEAST = 10, /* states of a pair */
    SHORT_RUN = 20,
    LONG_RUN = 200,
    POINTS = 200,
    COARSE = 25, /* cells of a density, each way */
    STARTS = 300 /* of the residency times */
};

static const struct analysis_dim pair_dim = {
    "pair", PAIRS, NULL, "1", "pair of symbols: {0,1}, {0,2}, {1,2} of three, else by changes"};
static const struct analysis_dim member = {"member", 2, NULL, "1",
                                           "the smaller, the larger symbol"};
static const struct analysis_dim global_component = {"global_component", GLOBAL, NULL, "1",
                                                     "component of the driven run"};
static const struct analysis_dim component = {"component", OWN, NULL, "1",
                                              "component of the pair's scores"};
static const struct analysis_dim point = {"point", POINTS, NULL, "step",
                                          "steps since the beginning of the pair's longest run"};
static const struct analysis_dim axis_dim = {"axis", AXES, NULL, "1",
                                             "0: first component of the pair, 1: third"};
static const struct analysis_dim noise_level = {"noise_level", LEVELS, subspace_level, "1",
                                                "sd of the noise"};
static const struct analysis_dim held = DENSITY_MASS;
static const struct analysis_dim side = {"side", SIDES, NULL, "1",
                                         "least and largest first axis, least and largest second"};
static const struct analysis_dim pair_level = {
    "pair_level", PAIRS *LEVELS, NULL, "1",
    "0 to 4: pair 0 at each noise level; 5 to 9: pair 1; 10 to 14: pair 2"};
static const struct analysis_dim cell_1 = {"axis_0_cell", COARSE, NULL, "1",
                                           "cell along the pair's first component"};
static const struct analysis_dim cell_2 = {"axis_1_cell", COARSE, NULL, "1",
                                           "cell along the pair's third component"};
static const struct analysis_dim sample = {"sample", STARTS, NULL, "1",
                                           "state whose residency was taken"};

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    PLANE(SYMBOL, "symbol", pair_dim, member, "1", "symbols of the pair; NaN: no such pair")       \
    CURVE(SHARE, "share", pair_dim, "1",                                                           \
          "share of the driven run's states with a symbol of the pair")                            \
    CURVE(GLOBAL_EXPLAINED, "global_explained", global_component, "1",                             \
          "share of the variance of all driven states on each component of the driven run")        \
    PLANE(EXPLAINED, "explained", pair_dim, component, "1",                                        \
          "share of the variance of the pair's four scores on each component of the pair")         \
    CURVE(RUNS, "runs", pair_dim, "1", "stretches of states in the pair, of any length")           \
    CURVE(RUNS_SHORT, "runs_over_20", pair_dim, "1", "those longer than 20 steps")                 \
    CURVE(RUNS_LONG, "runs_over_200", pair_dim, "1", "those longer than 200 steps")                \
    CURVE(LONGEST, "longest_run", pair_dim, "step", "length of the longest run in the pair")       \
    SOLID(PATH, "path", pair_dim, point, axis_dim, "1",                                            \
          "first 200 states of the longest run on the pair's first and third component")           \
    PLANE(PATH_SYMBOL, "path_symbol", pair_dim, point, "1", "their symbols")                       \
    PLANE(ELLIPSE_AREA, "ellipse_area", pair_dim, noise_level, "1",                                \
          "area of the 95 % covariance ellipse on the pair's first and third component")           \
    PLANE(ELLIPSE_STATES, "ellipse_states", pair_dim, noise_level, "1",                            \
          "states behind it, of 10000")                                                            \
    CURVE(RESIDENCY, "residency", pair_dim, "step",                                                \
          "mean residency time (at most 60) of states in runs of the pair longer than 20")         \
    CURVE(RESIDENCY_SD, "residency_sd", pair_dim, "step",                                          \
          "standard deviation over states of their residency, each a mean of 20 continuations")    \
    CURVE(RESIDENCY_NUM, "residency_states", pair_dim, "1",                                        \
          "states behind it: up to 300, evenly spaced")                                            \
    CURVE(RESIDENCY_LONG, "residency_over_200", pair_dim, "step",                                  \
          "mean residency time of those among them in runs longer than 200")                       \
    CURVE(RESIDENCY_LONG_SD, "residency_over_200_sd", pair_dim, "step",                            \
          "standard deviation of that over states")                                                \
    CURVE(RESIDENCY_LONG_STATES, "residency_over_200_states", pair_dim, "1", "states behind it")   \
    CURVE(CENSORED, "residency_censored", pair_dim, "1",                                           \
          "share of the continuations that had not left their symbol after 60 steps")              \
    SOLID(CONTOUR_LEVEL, "contour_level", pair_dim, noise_level, held, "1",                        \
          "density on the contour, first and third component, from ellipse_states")                \
    SOLID(CONTOUR_AREA, "contour_area", pair_dim, noise_level, held, "1",                          \
          "area inside the contour")                                                               \
    SOLID(EXTENT, "extent", pair_dim, noise_level, side, "1",                                      \
          "outer edges of the cells of the density")                                               \
    SOLID(DENSITY, "density", pair_level, cell_1, cell_2, "1",                                     \
          "density of the states, mean over the 64 points of a cell")                              \
    SOLID(SAMPLE_SCORE, "sample_score", pair_dim, sample, axis_dim, "1",                           \
          "scores on the pair's first and third component of the states of residency")             \
    PLANE(SAMPLE_SYMBOL, "sample_symbol", pair_dim, sample, "1", "their symbols")                  \
    PLANE(SAMPLE_RESIDENCY, "sample_residency", pair_dim, sample, "step",                          \
          "their residency times, each a mean of 20 continuations")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

/* --- pairs and their runs ----------------------------------------------------------------- */

/* Pairs of symbols into pair[PAIRS]; returns how many, -1 when memory is out. */
static int choose_pairs(const struct analysis_input *in, const struct driven *driven,
                        struct subspace_pair *pair)
{
    static const int fixed[PAIRS][2] = {{0, 1}, {0, 2}, {1, 2}};
    int K = in->net->shape.symbols, num = K == 2 ? 1 : K == 3 ? PAIRS : 0;
    for (int p = 0; p < num; p++)
        pair[p] = (struct subspace_pair){.symbol = {fixed[p][0], fixed[p][1]}};
    if (K <= 3) return num;
    size_t *changes = scratch(in, (size_t)(K * K), sizeof *changes);
    if (!changes) return -1;
    for (size_t t = 1; t < driven->n; t++) {
        int a = driven->symbol[t - 1], b = driven->symbol[t];
        if (a != b) changes[a < b ? a * K + b : b * K + a]++;
    }
    for (; num < PAIRS; num++) {
        int best = 0; /* of equal ones the pair of smaller symbols; a diagonal entry is 0 */
        for (int i = 1; i < K * K; i++)
            if (changes[i] > changes[best]) best = i;
        if (changes[best] == 0) break;
        pair[num] = (struct subspace_pair){.symbol = {best / K, best % K}};
        changes[best] = 0;
    }
    return num;
}

/* mark (n) out: 2 in a run longer than LONG_RUN, 1 in one longer than SHORT_RUN, else 0 */
static void find_runs(const struct driven *driven, struct subspace_pair *p, int at, uint8_t *mark,
                      struct outputs *out)
{
    size_t runs = 0, over_short = 0, over_long = 0;
    memset(mark, 0, driven->n);
    for (size_t t = 0, end; t < driven->n; t = end) {
        for (end = t; end < driven->n && subspace_has(p, driven->symbol[end]);) end++;
        size_t length = end - t;
        if (length == 0) {
            end++;
            continue;
        }
        runs++;
        over_short += length > SHORT_RUN;
        over_long += length > LONG_RUN;
        memset(mark + t, (length > SHORT_RUN) + (length > LONG_RUN), length);
        p->num += length;
        if (length <= p->longest) continue;
        p->longest = length;
        p->begin = t;
    }
    put(out, RUNS, (double)runs, at);
    put(out, RUNS_SHORT, (double)over_short, at);
    put(out, RUNS_LONG, (double)over_long, at);
    put(out, LONGEST, (double)p->longest, at);
    put(out, SHARE, (double)p->num / (double)driven->n, at);
}

/* --- components --------------------------------------------------------------------------- */

/* own (n, G) is scratch: the pair's scores one after another */
static int fit_pair(const struct driven *driven, struct subspace_pair *p, const float *score, int G,
                    float *own, struct status *st)
{
    size_t num = 0, width = (size_t)G;
    if (p->num < LEAST) return STATUS_OK;
    for (size_t t = 0; t < driven->n; t++)
        if (subspace_has(p, driven->symbol[t]))
            memcpy(own + num++ * width, score + t * width, width * sizeof *own);
    return pca_fit(&p->pca, own, num, G, G < OWN ? G : OWN, st);
}

static void report_components(const struct driven *driven, const struct subspace_pair *p, int at,
                              const float *score, struct outputs *out)
{
    double own[POINTS * OWN];
    int kept = p->pca.count;
    size_t num = p->longest < POINTS ? p->longest : POINTS;
    for (int c = 0; c < kept; c++) /* 0/0: NaN, a silent network */
        put(out, EXPLAINED, p->pca.variance[c] / p->pca.total, at, c);
    if (kept) pca_project(&p->pca, score + p->begin * (size_t)p->pca.width, num, kept, own);
    for (size_t i = 0; i < num; i++) {
        put(out, PATH_SYMBOL, driven->symbol[p->begin + i], at, i);
        for (int a = 0; a < AXES; a++)
            if (subspace_axis[a] < kept)
                put(out, PATH, own[i * (size_t)kept + (size_t)subspace_axis[a]], at, i, a);
    }
}

/* --- spread at each noise level ----------------------------------------------------------- */

static int report_density(const double *score, size_t n, int p, int v, struct density_plane *plane,
                          struct outputs *out, struct status *st)
{
    double edge[SIDES];
    int code = density_plane_fit(plane, score, n, st);
    if (code || !plane->is_defined) return code;
    density_plane_extent(plane, edge);
    for (int m = 0; m < MASSES; m++) {
        put(out, CONTOUR_LEVEL, plane->level[m], p, v, m);
        put(out, CONTOUR_AREA, plane->area[m], p, v, m);
    }
    for (int k = 0; k < SIDES; k++) put(out, EXTENT, edge[k], p, v, k);
    for (int i = 0; i < COARSE; i++)
        for (int j = 0; j < COARSE; j++)
            put(out, DENSITY, density_plane_cell(plane, COARSE, i, j), p * LEVELS + v, i, j);
    return STATUS_OK;
}

static int report_spread(const struct analysis_input *in, const struct driven *driven,
                         const struct subspace_pair *pair, int num, int G, struct outputs *out,
                         struct status *st)
{
    struct density_plane plane;
    struct subspace_spread s;
    int code = subspace_drive(in, driven, pair, num, G, &s, st);
    if (!code) code = density_plane_init(&plane, in, st);
    for (int i = 0; i < num * LEVELS && !code && !s.exploded; i++) {
        int p = i / LEVELS, v = i % LEVELS;
        size_t n = s.num[p][v];
        const double *score = subspace_scores_at(&s, p, v);
        put(out, ELLIPSE_STATES, (double)n, p, v);
        if (n < LEAST) continue;
        put(out, ELLIPSE_AREA, subspace_ellipse(score, n), p, v);
        code = report_density(score, n, p, v, &plane, out, st);
    }
    return code;
}

/* --- residency ---------------------------------------------------------------------------- */

/* Up to STARTS states with a mark, evenly spaced among them: their steps. */
static int choose_starts(const uint8_t *mark, size_t n, size_t start[STARTS])
{
    size_t eligible = 0, seen = 0;
    for (size_t t = 0; t < n; t++) eligible += mark[t] > 0;
    size_t num = eligible < STARTS ? eligible : STARTS, at = 0;
    for (size_t t = 0; t < n && at < num; t++) {
        if (mark[t] == 0) continue;
        if (seen++ == (2 * at + 1) * eligible / (2 * num)) start[at++] = t;
    }
    return (int)num;
}

/* Mean and sd (ddof 0) of those with mark >= least, and their number, to three outputs from `which`
 * on; NaN when there are none. */
static void report_residency(const struct escape *escape, const size_t *start, int num,
                             const uint8_t *mark, int least, int which, int at, struct outputs *out)
{
    struct sums time = {0};
    for (int i = 0; i < num; i++)
        if (mark[start[i]] >= least) sums_add(&time, escape[i].time);
    put(out, which + 2, time.num, at);
    if (time.num == 0) return;
    put_pair(out, which, sums_mean(&time), time.num > 1 ? sqrt(sums_variance(&time)) : NAN, at);
}

static void report_samples(const struct driven *driven, const struct subspace_pair *p, int at,
                           const float *score, const size_t *start, int num,
                           const struct escape *escape, struct outputs *out)
{
    for (int i = 0; i < num; i++) {
        double own[OWN];
        put(out, SAMPLE_SYMBOL, driven->symbol[start[i]], at, i);
        put(out, SAMPLE_RESIDENCY, escape[i].time, at, i);
        if (p->pca.count < OWN) continue;
        pca_project(&p->pca, score + start[i] * (size_t)p->pca.width, 1, OWN, own);
        for (int a = 0; a < AXES; a++) put(out, SAMPLE_SCORE, own[subspace_axis[a]], at, i, a);
    }
}

static int pair_residency(const struct analysis_input *in, const struct driven *driven,
                          const struct subspace_pair *p, int at, const float *score,
                          const uint8_t *mark, struct outputs *out, struct status *st)
{
    size_t start[STARTS], H = (size_t)in->net->shape.hidden;
    struct escape escape[STARTS];
    int num = choose_starts(mark, driven->n, start);
    float *h = scratch(in, STARTS * H, sizeof *h);
    if (!h) return status_no_memory(st, "residency times");
    for (int i = 0; i < num; i++)
        memcpy(h + (size_t)i * H, driven->h + start[i] * H, H * sizeof *h);
    int code = escape_times(in->net, rng_child(in->rng, 1 + (uint64_t)at), h, (size_t)num,
                            RESIDENCY_CONTINUATIONS, RESIDENCY_HORIZON, &in->stop, escape, st);
    if (code) return code;
    report_residency(escape, start, num, mark, 1, RESIDENCY, at, out);
    report_residency(escape, start, num, mark, 2, RESIDENCY_LONG, at, out);
    report_samples(driven, p, at, score, start, num, escape, out);
    double left = 0;
    for (int i = 0; i < num; i++) left += escape[i].left;
    if (num > 0) put(out, CENSORED, 1 - left / num, at);
    return STATUS_OK;
}

/* --- all of it ---------------------------------------------------------------------------- */

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    const struct driven *driven;
    struct subspace_pair pair[PAIRS] = {0};
    int code = driven_get(in, &driven, st);
    if (code) return code;
    int G = driven->pca.count < GLOBAL ? driven->pca.count : GLOBAL;
    if (G == 0) return STATUS_OK; /* states that are not finite */
    float *score = scratch(in, 2 * driven->n * (size_t)G, sizeof *score);
    uint8_t *mark = scratch(in, driven->n, 1);
    int num = choose_pairs(in, driven, pair);
    if (!score || !mark || num < 0) return status_no_memory(st, "the states between two symbols");
    if (!subspace_scores(&driven->pca, driven->h, driven->n, G, score))
        return STATUS_OK;       /* exploding */
    for (int c = 0; c < G; c++) /* 0/0: NaN, a silent network */
        put(out, GLOBAL_EXPLAINED, driven->pca.variance[c] / driven->pca.total, c);
    for (int p = 0; p < num && !code; p++) {
        for (int i = 0; i < 2; i++) put(out, SYMBOL, pair[p].symbol[i], p, i);
        find_runs(driven, &pair[p], p, mark, out);
        code = fit_pair(driven, &pair[p], score, G, score + driven->n * (size_t)G, st);
        if (code) break;
        report_components(driven, &pair[p], p, score, out);
        code = pair_residency(in, driven, &pair[p], p, score, mark, out, st);
    }
    if (!code) code = report_spread(in, driven, pair, num, G, out, st);
    for (int p = 0; p < PAIRS; p++) pca_free(&pair[p].pca);
    return code;
}

const struct analysis analysis_subspace = {
    ANALYSIS(subspace),
    .formula = "driven states with symbol i or j on components of their own; a run = consecutive "
               "such states; RT = its length",
    .reference = PAPER, .signal = PATH, .steps = 4.5e5};
