/* sinkhorn: the fast debiased divergence of sinkhorn.h, from three transport problems
 * (sinkhorn_problem.c): x-y, x-x and, once a target set, y-y. Refuses nothing: any n, m >= 1,
 * T >= 1, 1 <= K <= 255.
 */
#include "hmmgrid/sinkhorn.h"
#include "sinkhorn_problem.h"
#include "sinkhorn_simd.h"

#include <math.h>
#include <string.h>

/* --- diameter, annealing --------------------------------------------------------------------- */

/* seen (T, K): does symbol k occur at step t in no (0), some (1), all (2) of the sequences */
static void note_seen(const uint8_t *symbols, size_t n, int T, int K, unsigned char *seen)
{
    memset(seen, 0, (size_t)T * (size_t)K);
    for (size_t i = 0; i < n; i++)
        for (int t = 0; t < T; t++) seen[t * K + symbols[i * (size_t)T + (size_t)t]] = 1;
    for (int t = 0; t < T; t++) {
        int different = 0;
        for (int k = 0; k < K; k++) different += seen[t * K + k];
        for (int k = 0; different == 1 && k < K; k++) seen[t * K + k] *= 2;
    }
}

static double diameter_of(const unsigned char *a, const unsigned char *b, int T, int K)
{
    int varying = 0;
    for (int i = 0; i < T * K; i++) varying += (a[i] || b[i]) && !(a[i] == 2 && b[i] == 2);
    return sqrt(varying);
}

int sinkhorn_levels(double diameter, struct sinkhorn_options options,
                    double eps[SINKHORN_MAX_LEVELS])
{
    double ratio = diameter / options.blur;
    /* D <= blur: geomloss's list degenerates to D^2, blur^2 */
    int n = ratio > 1 ? (int)ceil(log(ratio) / -log(options.scaling) - 1e-12) : 0;
    if (n + 2 > SINKHORN_MAX_LEVELS) return -1;
    int count = 0;
    eps[count++] = diameter * diameter;
    for (int k = 0; k < n; k++) eps[count++] = diameter * diameter * pow(options.scaling, 2.0 * k);
    eps[count++] = options.blur * options.blur;
    return count;
}

/* --- memory --------------------------------------------------------------------------------- */

enum {
    LISTED = 32,    /* a list has room for one pair in so many */
    MOST_ONEHOT = 8 /* symbols; beyond, adding single entries beats adding whole one-hot arrays */
};

void sinkhorn_work_init(struct sinkhorn_work *work, struct arena *arena, size_t n_max, size_t m_max,
                        int T, int K)
{
    size_t longest = n_max > m_max ? n_max : m_max, pad = sinkhorn_padded(longest) + COST_PAD;
    size_t cost_bytes = T > 255 ? 2 : 1;
    *work = (struct sinkhorn_work){.T = T, .K = K};
    work->cost = arena_take(arena, longest * sinkhorn_padded(longest) + COST_PAD, cost_bytes);
    work->codes_x = arena_take(arena, sinkhorn_code_count(n_max, T, K), sizeof(uint32_t));
    work->row_whole = arena_take(arena, pad, sizeof(float));
    work->row_shift = arena_take(arena, pad, sizeof(float));
    work->column_whole = arena_take(arena, pad, sizeof(float));
    work->column_shift = arena_take(arena, pad, sizeof(float));
    work->column_factor = arena_take(arena, pad, sizeof(float));
    work->column_part = arena_take(arena, pad, sizeof(float));
    work->partial = arena_take(arena, TILE_ROWS + COST_PAD, sizeof(float));
    work->scratch = arena_take(arena, pad, sizeof(float));
    work->step = arena_take(arena, pad, 1);
    work->base = arena_take(arena, pad, 1);
    work->bound = arena_take(arena, BOUND_UNIT * pad, 1);
    work->bad = arena_take(arena, pad, 1);
    work->row_bound = arena_take(arena, pad, sizeof(uint16_t));
    work->f = arena_take(arena, pad, sizeof(double));
    work->g = arena_take(arena, pad, sizeof(double));
    work->p = arena_take(arena, pad, sizeof(double));
    work->row_sum = arena_take(arena, pad, sizeof(double));
    work->column_sum = arena_take(arena, pad, sizeof(double));
    work->self_sum = arena_take(arena, pad, sizeof(double));
    work->seen_x = arena_take(arena, (size_t)T * (size_t)K, 1);
    work->pair_most = T > 255 ? 0 : longest * longest / LISTED;
    work->pair_start = arena_take(arena, pad, sizeof(size_t));
    work->pair_column = arena_take(arena, work->pair_most + pad, sizeof(uint32_t));
    work->pair_cost = arena_take(arena, work->pair_most + pad, sizeof(uint16_t));
    work->pair_weight = arena_take(arena, work->pair_most + pad, sizeof(float));
    work->chosen_column = arena_take(arena, pad, sizeof(uint32_t));
    work->chosen_weight = arena_take(arena, pad, sizeof(float));
    if (K <= MOST_ONEHOT)
        work->onehot = arena_take(arena, longest * (((size_t)T * (size_t)K + 63) / 64), 8);
}

void sinkhorn_target_init(struct sinkhorn_target *target, struct arena *arena,
                          const uint8_t *symbols, size_t m, int T, int K)
{
    *target = (struct sinkhorn_target){.symbols = symbols, .m = m, .q_diameter = -1};
    target->codes = arena_take(arena, sinkhorn_code_count(m, T, K), sizeof(uint32_t));
    target->seen = arena_take(arena, (size_t)T * (size_t)K, 1);
    if (!target->codes || !target->seen) return; /* measuring, or seen by the arena's owner */
    sinkhorn_encode(symbols, m, T, K, target->codes);
    note_seen(symbols, m, T, K, target->seen);
}

/* --- the divergence ------------------------------------------------------------------------- */

static double mean(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    return sum / (double)n;
}

/* Costs at eps[0] and all levels. */
static struct sinkhorn_problem solve(struct sinkhorn_work *work, struct sinkhorn_cloud row,
                                     struct sinkhorn_cloud column, const double *eps, int levels)
{
    struct sinkhorn_problem p = sinkhorn_problem_of(work, row, column);
    sinkhorn_problem_costs(&p, eps[0]);
    sinkhorn_problem_solve(&p, eps, levels);
    return p;
}

static void solve_target(struct sinkhorn_work *work, struct sinkhorn_target *target,
                         struct sinkhorn_options options, double diameter, const double *eps,
                         int levels)
{
    if (target->q_diameter == diameter && target->q_options.blur == options.blur &&
        target->q_options.scaling == options.scaling)
        return;
    struct sinkhorn_cloud y = {target->symbols, target->codes, target->m};
    struct sinkhorn_problem yy = solve(work, y, y, eps, levels);
    target->q_sum = mean(yy.row_sum, target->m);
    target->q_diameter = diameter;
    target->q_options = options;
}

int sinkhorn_loss(struct sinkhorn_work *work, struct sinkhorn_target *target, const uint8_t *x,
                  size_t n, struct sinkhorn_options options, double *value, float *grad,
                  struct status *st)
{
    int T = work->T, K = work->K;
    size_t m = target->m;
    if (grad) memset(grad, 0, n * (size_t)T * (size_t)K * sizeof *grad);
    note_seen(x, n, T, K, work->seen_x);
    double diameter = diameter_of(work->seen_x, target->seen, T, K);
    *value = 0;
    if (diameter == 0) return STATUS_OK; /* one and the same sequence everywhere */

    double eps[SINKHORN_MAX_LEVELS];
    int levels = sinkhorn_levels(diameter, options, eps);
    if (levels < 0)
        return status_set(st, STATUS_RUN_FAILED,
                          "train.scaling %g needs more than %d annealing levels; lower it",
                          options.scaling, SINKHORN_MAX_LEVELS);
    solve_target(work, target, options, diameter, eps, levels);

    sinkhorn_encode(x, n, T, K, work->codes_x);
    struct sinkhorn_cloud generated = {x, work->codes_x, n};
    struct sinkhorn_problem xx = solve(work, generated, generated, eps, levels);
    double p_mean = mean(xx.row_sum, n);
    if (grad) sinkhorn_problem_gradient(&xx, eps[levels - 1], 1, grad);

    struct sinkhorn_cloud y = {target->symbols, target->codes, m};
    struct sinkhorn_problem xy = solve(work, generated, y, eps, levels);
    *value = mean(xy.row_sum, n) - p_mean + mean(xy.column_sum, m) - target->q_sum;
    if (grad) sinkhorn_problem_gradient(&xy, eps[levels - 1], -1, grad);
    if (!isfinite(*value))
        return status_set(st, STATUS_RUN_FAILED, "the Sinkhorn divergence is not finite (blur %g)",
                          options.blur);
    return STATUS_OK;
}
