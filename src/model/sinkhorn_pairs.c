/* sinkhorn_pairs: at small eps few pairs of a problem have a plan entry that is not nothing. They
 * are found by a comparison of bytes, c_ij <= f_i + g_j + slack, and listed; later levels, whose
 * slack is smaller, and the gradient go through the list, as long as no potential has risen so much
 * that a pair outside of it might matter. Refuses to grow: a list that does not fit serves its own
 * row and is forgotten. */
#include "sinkhorn_pairs.h"
#include "sinkhorn_simd.h"
#include "base/dispatch.h"

#include <math.h>
#include <string.h>

enum { DROPPED_BITS = 30 }; /* gradient terms below 2^-30 of their row are dropped */
static const float DROPPED = 0x1p-30f;
enum { SAMPLE = 16 }; /* rows that stand for all */

/* --- what is known -------------------------------------------------------------------------- */

void sinkhorn_pairs_forget(struct sinkhorn_work *w)
{
    w->pair_slack = -1;
    w->pair_s = 0;
}

void sinkhorn_pairs_moved(struct sinkhorn_work *w, double rise)
{
    if (w->pair_slack >= 0) w->pair_slack -= rise;
    w->pair_s = 0;
}

double sinkhorn_pairs_left_out(const struct sinkhorn_work *w, double s)
{
    double known = w->pair_slack * s;
    return known < SPARSE_BITS ? SPARSE_BITS : known < FLOAT_BITS ? known : FLOAT_BITS;
}

int sinkhorn_pairs_known(const struct sinkhorn_work *w, double s)
{
    return w->pair_slack >= SPARSE_BITS / s;
}

/* --- collecting ----------------------------------------------------------------------------- */

/* Rounding and saturation of the bounds only ever let more pairs through. */
void sinkhorn_pairs_bound(const struct sinkhorn_problem *p, double s)
{
    enum { MOST = BOUND_UNIT * 256 - 1 };
    struct sinkhorn_work *w = p->work;
    const double rounding = 1e-3; /* more than that of the float sums */
    sinkhorn_pairs_forget(w);     /* collecting overwrites the list */
    if (p->wide) return;
    double lowest = KERNELS(sinkhorn_kernels)->range(p->row_potential, p->rows).least;
    for (size_t i = 0; i < p->rows; i++) {
        double above = BOUND_UNIT * (p->row_potential[i] - lowest);
        w->row_bound[i] = (uint16_t)(above < MOST ? above + 1 : MOST);
    }
    KERNELS(sinkhorn_cost_kernels)
        ->bounds((struct sinkhorn_side){w->column_whole, w->column_shift}, p->columns, (float)s,
                 (float)(lowest + SPARSE_BITS / s + rounding), w->bound, p->stride);
}

static struct sinkhorn_list list_of(const struct sinkhorn_problem *p, double s)
{
    struct sinkhorn_work *w = p->work;
    return (struct sinkhorn_list){.costs = w->cost,
                                  .stride = p->stride,
                                  .rows = p->rows,
                                  .columns = p->columns,
                                  .wide = p->wide,
                                  .self = p->self,
                                  .s = (float)s,
                                  .row = {w->row_whole, w->row_shift},
                                  .column = {w->column_whole, w->column_shift},
                                  .row_bound = w->row_bound,
                                  .bound = w->bound,
                                  .start = w->pair_start,
                                  .pair_column = w->pair_column,
                                  .pair_cost = w->pair_cost,
                                  .most = w->pair_most,
                                  .weight = w->pair_weight};
}

double sinkhorn_pairs_density(const struct sinkhorn_problem *p, double s)
{
    struct sinkhorn_list list = list_of(p, s);
    size_t rows = p->rows < SAMPLE ? p->rows : SAMPLE, found = 0;
    for (size_t r = 0; r < rows; r++)
        found += KERNELS(sinkhorn_pair_kernels)->collect(&list, r * p->rows / rows, 0);
    return (double)found / (double)rows;
}

void sinkhorn_pairs_sums(const struct sinkhorn_problem *p, double s)
{
    struct sinkhorn_list list = list_of(p, s);
    int known = sinkhorn_pairs_known(p->work, s);
    int fits = KERNELS(sinkhorn_pair_kernels)->sums(&list, known, p->row_sum, p->column_sum);
    if (!known) p->work->pair_slack = fits ? SPARSE_BITS / s : -1;
    p->work->pair_s = fits ? s : 0;
}

/* --- gradient ------------------------------------------------------------------------------- */

/* Those of a row's pairs that the gradient takes. */
struct chosen {
    uint32_t *column;
    float *weight;
};

/* Of n pairs: those with weight above `least`, and weight times scale; both are those of the row
 * (one number), or by_column, of the columns' points. How many. */
static inline size_t choose(const uint32_t *column, const float *weight, size_t n, bool by_column,
                            const float *restrict least, const float *restrict scale,
                            struct chosen out)
{
    size_t found = 0;
    for (size_t e = 0; e < n; e++) {
        out.column[found] = column[e];
        out.weight[found] = weight[e];
        found += weight[e] > least[by_column ? column[e] : 0];
    }
    for (size_t e = 0; e < found; e++) /* not before: denormals are slow */
        out.weight[e] *= scale[by_column ? out.column[e] : 0];
    return found;
}

/* gradient of a row whose sum of the plan is not trusted, by the plain rule */
static void plain_row(const struct sinkhorn_problem *p, size_t i, double s, double sign,
                      float *grad)
{
    const double *potential = p->column_potential;
    double largest = -INFINITY, sum = 0, scale;
    for (size_t j = 0; j < p->columns; j++)
        largest = fmax(largest, s * (potential[j] - sinkhorn_cost(p, i, j)));
    for (size_t j = 0; j < p->columns; j++)
        sum += exp2(s * (potential[j] - sinkhorn_cost(p, i, j)) - largest);
    scale = sign / (double)p->rows / sum;
    for (size_t j = 0; j < p->columns; j++) {
        double x = s * (potential[j] - sinkhorn_cost(p, i, j)) - largest;
        const uint8_t *symbols = p->column_symbols + j * (size_t)p->T;
        for (int t = 0; x > -DROPPED_BITS && t < p->T; t++)
            grad[t * p->K + symbols[t]] += (float)(scale * exp2(x));
    }
}

void sinkhorn_pairs_gradient(const struct sinkhorn_problem *p, double s, double sign, float *grad)
{
    struct sinkhorn_work *w = p->work;
    const struct sinkhorn_pair_kernels *k = KERNELS(sinkhorn_pair_kernels);
    struct sinkhorn_list list = list_of(p, s);
    struct sinkhorn_onehot onehot = {p->column_symbols, p->T, p->K, w->onehot};
    if (onehot.bits && !k->onehot(&onehot, p->columns)) onehot.bits = NULL;
    int known = sinkhorn_pairs_known(w, s);
    double left_out = sinkhorn_pairs_left_out(w, s), log_columns = log2((double)p->columns);
    float *least = w->scratch, *scale = w->column_factor;
    for (size_t i = 0; i < p->rows; i++) { /* F = f - log2(row total / columns) / s */
        double log_mean = s * (p->row_potential[i] - p->row_sum[i]);
        w->bad[i] = !sinkhorn_trusted(log_mean, left_out);
        least[i] = w->bad[i] ? INFINITY : exp2f((float)(log_mean + log_columns) - DROPPED_BITS);
        scale[i] = (float)sign * DROPPED / (float)p->rows / least[i];
    }
    struct chosen chosen = {w->chosen_column, w->chosen_weight};
    size_t row_floats = (size_t)p->T * (size_t)p->K;
    for (size_t i = 0; i < p->rows; i++) {
        size_t at = known ? w->pair_start[i] : 0;
        size_t n = known ? w->pair_start[i + 1] - at : k->collect(&list, i, 0);
        if (!known || w->pair_s != s) k->entries(&list, i, at, n);
        const uint32_t *column = w->pair_column + at;
        const float *weight = w->pair_weight + at;
        size_t found = choose(column, weight, n, false, least + i, scale + i, chosen);
        k->gather(&onehot, chosen.column, chosen.weight, found, grad + i * row_floats);
        if (w->bad[i]) plain_row(p, i, s, sign, grad + i * row_floats);
        if (!p->self) continue;
        size_t e = 0, block_end = sinkhorn_first_column(p, i) + TILE_ROWS;
        while (e < n && column[e] < block_end) e++;
        found = choose(column + e, weight + e, n - e, true, least, scale, chosen);
        k->spread(&onehot, i, chosen.column, chosen.weight, found, grad);
    }
}
