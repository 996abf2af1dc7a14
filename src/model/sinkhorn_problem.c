/* sinkhorn_problem: one entropic transport problem between two clouds of coded sequences, or of one
 * cloud with itself: integer costs, annealing, gradient. The three of them make sinkhorn.c's
 * divergence.
 *
 * One level. With the old potentials, P_ij = exp((f_i + g_j - c_ij) / eps); its row sums give the
 * new f and its column sums the new g: f~_i = f_i - eps log(mean_j P_ij). P is a product of
 * tabulated factors (product mode), or, where eps is so small that few pairs matter, a list of
 * those is made and kept (sinkhorn_pairs.c); 2-byte costs take an exponential everywhere. A sum
 * that these cannot give (a point whose old potential is far off) is recomputed by the plain rule.
 * Source: SCIENCE 2.3.
 */
#include "sinkhorn_problem.h"
#include "sinkhorn_pairs.h"
#include "sinkhorn_simd.h"
#include "base/dispatch.h"

#include <math.h>
#include <string.h>

static const double LOG2_E = 1.4426950408889634074;

/* Product mode: the factors lie within 2^+-PRODUCT_BITS; a row factor that underflows is then below
 * 2^-40 of a plan entry at the fixed point, one that overflows above 2^42. A window holds entries
 * from 2^-SPARSE_BITS to 2^WINDOW_BITS. */
static const double PRODUCT_BITS = 86, WINDOW_BITS = 64;

/* A sum of the plan is trusted when the terms that were left out, each below 2^-left_out, are less
 * than 2^-24 of it, and when it is far from overflow. */
static const double TRUST_BITS = 24, MOST_BITS = 90;

static const struct sinkhorn_kernels *kernels(void)
{
    return KERNELS(sinkhorn_kernels);
}

size_t sinkhorn_padded(size_t n)
{
    return (n + COST_PAD - 1) / COST_PAD * COST_PAD;
}

static int num_words(int T)
{
    return (T + CODE_BITS - 1) / CODE_BITS;
}

static int num_planes(int K)
{
    int planes = 1;
    while (1 << planes < K) planes++;
    return planes;
}

size_t sinkhorn_code_count(size_t n, int T, int K)
{
    return sinkhorn_padded(n) * (size_t)(num_words(T) * num_planes(K));
}

/* --- coding of symbols, costs --------------------------------------------------------------- */

void sinkhorn_encode(const uint8_t *symbols, size_t n, int T, int K, uint32_t *codes)
{
    int planes = num_planes(K);
    size_t stride = sinkhorn_padded(n);
    memset(codes, 0, sinkhorn_code_count(n, T, K) * sizeof *codes);
    for (size_t i = 0; i < n; i++)
        for (int t = 0; t < T; t++) {
            uint32_t symbol = symbols[i * (size_t)T + (size_t)t];
            uint32_t *plane = codes + (size_t)(t / CODE_BITS * planes) * stride + i;
            for (int b = 0; b < planes; b++)
                plane[(size_t)b * stride] |= (symbol >> b & 1u) << (t % CODE_BITS);
        }
}

struct sinkhorn_problem sinkhorn_problem_of(struct sinkhorn_work *work, struct sinkhorn_cloud row,
                                            struct sinkhorn_cloud column)
{
    int self = row.codes == column.codes;
    return (struct sinkhorn_problem){.work = work,
                                     .column_symbols = column.symbols,
                                     .row_codes = row.codes,
                                     .column_codes = column.codes,
                                     .rows = row.n,
                                     .columns = column.n,
                                     .stride = sinkhorn_padded(column.n),
                                     .T = work->T,
                                     .K = work->K,
                                     .wide = work->T > 255,
                                     .self = self,
                                     .row_potential = self ? work->p : work->f,
                                     .column_potential = self ? work->p : work->g,
                                     .row_sum = self ? work->self_sum : work->row_sum,
                                     .column_sum = self ? work->self_sum : work->column_sum};
}

size_t sinkhorn_first_column(const struct sinkhorn_problem *p, size_t i)
{
    return p->self ? i / TILE_ROWS * TILE_ROWS : 0;
}

/* entries i, j .. of the cost; j a multiple of COST_PAD */
static void *cost_at(const struct sinkhorn_problem *p, size_t i, size_t j)
{
    return (unsigned char *)p->work->cost + (i * p->stride + j) * (p->wide ? 2 : 1);
}

int sinkhorn_cost(const struct sinkhorn_problem *p, size_t i, size_t j)
{
    if (j < sinkhorn_first_column(p, i)) {
        size_t row = j;
        j = i, i = row;
    }
    if (p->wide) return *(const uint16_t *)cost_at(p, i, j);
    size_t in_group = j % COST_PAD;
    const uint8_t *group = cost_at(p, i, j - in_group);
    return group[in_group % 16 * 4 + in_group / 16];
}

/* Tiles of a problem in order. */
struct walk {
    size_t i, j;
    int rows, columns;
};

/* the next one after columns [j, j + columns) of the rows from i on; 0 at the end */
static int next_tile(const struct sinkhorn_problem *p, size_t most_columns, struct walk *at)
{
    at->j += (size_t)at->columns;
    if (at->rows && at->j >= p->columns) {
        at->i += (size_t)at->rows;
        at->j = sinkhorn_first_column(p, at->i);
    }
    if (at->i >= p->rows) return 0;
    at->rows = (int)(p->rows - at->i < TILE_ROWS ? p->rows - at->i : TILE_ROWS);
    at->columns = (int)(p->columns - at->j < most_columns ? p->columns - at->j : most_columns);
    return 1;
}

/* The tile of row block i and the columns from j on; sums go to work's partial and column_part. */
static struct sinkhorn_tile tile_at(const struct sinkhorn_problem *p, const struct walk *at,
                                    double s)
{
    struct sinkhorn_work *w = p->work;
    return (struct sinkhorn_tile){.cost = cost_at(p, at->i, at->j),
                                  .stride = p->stride,
                                  .wide = p->wide,
                                  .rows = at->rows,
                                  .columns = at->columns,
                                  .s = (float)s,
                                  .T = p->T,
                                  .row = {w->row_whole + at->i, w->row_shift + at->i},
                                  .column = {w->column_whole + at->j, w->column_shift + at->j},
                                  .factor = w->column_factor + at->j,
                                  .step = w->step + at->j,
                                  .base = w->base + at->i,
                                  .row_sum = w->partial,
                                  .column_sum = w->column_part + at->j};
}

/* Column sums of the columns from j on, `num` of them, to the problem's; factors unless NULL. */
static void flush_columns(const struct sinkhorn_problem *p, size_t j, size_t num,
                          const float *factor)
{
    kernels()->flush(p->work->column_part + j, factor ? factor + j : NULL, num, p->column_sum + j);
}

/* Before a tile, and after it: its row sums go to the problem's, column sums now and then. Of a
 * diagonal block the row sums have all. */
static void begin_tile(const struct sinkhorn_problem *p, const struct walk *at, const float *factor)
{
    if (p->self && at->j == at->i) flush_columns(p, at->j, (size_t)at->rows, factor);
}

static void end_tile(const struct sinkhorn_problem *p, const struct walk *at, const float *factor)
{
    struct sinkhorn_work *w = p->work;
    size_t next = at->i + (size_t)at->rows;
    kernels()->flush(w->partial, NULL, (size_t)at->rows, p->row_sum + at->i);
    if (p->self && at->j == at->i)
        memset(w->column_part + at->j, 0, (size_t)at->rows * sizeof(float));
    if (next % FLUSH_ROWS == 0 || next == p->rows)
        flush_columns(p, at->j, (size_t)at->columns, factor);
}

static void clear_sums(const struct sinkhorn_problem *p)
{
    memset(p->row_sum, 0, p->rows * sizeof(double));
    if (!p->self) memset(p->column_sum, 0, p->columns * sizeof(double));
    memset(p->work->column_part, 0, p->columns * sizeof(float));
}

void sinkhorn_problem_costs(const struct sinkhorn_problem *p, double eps)
{
    enum { COLUMNS = 1024 }; /* whose codes stay in the first-level cache */
    struct sinkhorn_codes codes = {.row_stride = sinkhorn_padded(p->rows),
                                   .column_stride = p->stride,
                                   .words = num_words(p->T),
                                   .planes = num_planes(p->K)};
    struct walk at = {0};
    clear_sums(p);
    while (next_tile(p, COLUMNS, &at)) {
        struct sinkhorn_tile tile = tile_at(p, &at, LOG2_E / eps);
        codes.row = p->row_codes + at.i;
        codes.column = p->column_codes + at.j;
        begin_tile(p, &at, NULL);
        KERNELS(sinkhorn_cost_kernels)->costs(&tile, &codes);
        if (!p->wide) end_tile(p, &at, NULL);
    }
}

/* --- modes ---------------------------------------------------------------------------------- */

static void split_potentials(const struct sinkhorn_problem *p, double s, double centre)
{
    struct sinkhorn_work *w = p->work;
    kernels()->split(p->row_potential, p->rows, centre, s, w->row_whole, w->row_shift);
    kernels()->split(p->column_potential, p->columns, -centre, s, w->column_whole, w->column_shift);
}

/* What a level is summed by, and the bits that this leaves out. */
struct mode {
    enum { MODE_EXPONENT, MODE_PRODUCT, MODE_PAIRS } by;
    enum sinkhorn_lookup lookup;
    double left_out;
};

/* Product mode with the columns' potentials as they are, shifted to their middle. */
static int prepare_factors(const struct sinkhorn_problem *p, double s, struct mode *mode)
{
    struct sinkhorn_work *w = p->work;
    struct sinkhorn_range column = kernels()->range(p->column_potential, p->columns);
    double reach = s * ((column.most - column.least) / 2 + kernels()->reach(p->T));
    if (reach > PRODUCT_BITS) return 0;
    split_potentials(p, s, (column.most + column.least) / 2);
    kernels()->factors(w->column_whole, w->column_shift, (float)s, p->columns, w->column_factor);
    *mode = (struct mode){MODE_PRODUCT,
                          p->T < 32   ? LOOKUP_32
                          : p->T < 64 ? LOOKUP_64
                                      : LOOKUP_256,
                          FLOAT_BITS - reach};
    return 1;
}

/* Product mode with whole parts of the columns' potentials moved to the costs. R_i is
 * 2^(s (f_i - c)), c = cost - whole_j, at its argument cost + step_j - base_i, step_j = most -
 * whole_j: c runs from above f_i - WINDOW_BITS / s - 1/2 to below f_i + SPARSE_BITS / s + 1/2,
 * where 2^+-(s / 2) is what the rest of a column's potential makes. */
static int prepare_window(const struct sinkhorn_problem *p, double s, struct mode *mode)
{
    struct sinkhorn_work *w = p->work;
    struct sinkhorn_range row = kernels()->range(p->row_potential, p->rows);
    struct sinkhorn_range column = kernels()->range(p->column_potential, p->columns);
    double most = rint(column.most), below = WINDOW_BITS / s + 0.5;
    double left_out = fmin((WINDOW - 3) * s - WINDOW_BITS, FLOAT_BITS - s / 2);
    if (left_out < SPARSE_BITS || s / 2 + WINDOW_BITS > FLOAT_BITS) return 0;
    if (most - rint(column.least) > 255 || row.most - below + most > 255 - WINDOW) return 0;
    split_potentials(p, s, 0);
    kernels()->factors(w->column_whole, w->column_shift, 0, p->columns, w->column_factor);
    KERNELS(sinkhorn_cost_kernels)->steps(w->column_whole, p->columns, (float)most, w->step);
    for (size_t i = 0; i < p->rows; i++) {
        double base = floor(p->row_potential[i] - below) + most;
        w->base[i] = (uint8_t)(base > 0 ? base : 0);
        w->row_whole[i] += (float)most - (float)w->base[i];
    }
    *mode = (struct mode){MODE_PRODUCT, LOOKUP_WINDOW, left_out};
    return 1;
}

/* Are there so few pairs that matter, less than `few` of all, that a list of them pays? */
static int few_pairs(const struct sinkhorn_problem *p, double s, double few)
{
    double stored = (double)p->columns / (p->self ? 2 : 1);
    int known = sinkhorn_pairs_known(p->work, s);
    if (!known && SPARSE_BITS / s > p->T / 4.0) return 0; /* the bounds let most costs through */
    split_potentials(p, s, 0);
    if (known) return 1;
    sinkhorn_pairs_bound(p, s);
    return sinkhorn_pairs_density(p, s) <= few * stored;
}

static struct mode choose(const struct sinkhorn_problem *p, double s, double few)
{
    struct mode mode = {MODE_EXPONENT, LOOKUP_32, FLOAT_BITS};
    if (p->wide) {
        split_potentials(p, s, 0);
        return mode;
    }
    if (!few_pairs(p, s, few)) {
        if (p->T >= WINDOW && prepare_window(p, s, &mode)) return mode; /* fewer look-ups */
        if (prepare_factors(p, s, &mode) || prepare_window(p, s, &mode)) return mode;
        split_potentials(p, s, 0);
        sinkhorn_pairs_bound(p, s);
    }
    return (struct mode){MODE_PAIRS, LOOKUP_32, sinkhorn_pairs_left_out(p->work, s)};
}

/* Row sums, and column sums (a self problem has them in its row sums), of P at eps. Returns the
 * bits that are left out. */
static double plan_sums(const struct sinkhorn_problem *p, double eps, double few)
{
    double s = LOG2_E / eps;
    struct mode mode = choose(p, s, few);
    struct walk at = {0};
    const float *factor = mode.by == MODE_PRODUCT ? p->work->column_factor : NULL;
    clear_sums(p);
    if (mode.by == MODE_PAIRS) sinkhorn_pairs_sums(p, s);
    while (mode.by != MODE_PAIRS && next_tile(p, TILE_COLUMNS, &at)) {
        struct sinkhorn_tile tile = tile_at(p, &at, s);
        tile.lookup = mode.lookup;
        begin_tile(p, &at, factor);
        if (mode.by == MODE_PRODUCT)
            kernels()->product(&tile);
        else
            kernels()->exponent(&tile);
        end_tile(p, &at, factor);
    }
    return mode.left_out;
}

/* --- new potentials ------------------------------------------------------------------------- */

/* exact softmin of row i (or of column i) against the other cloud */
static double softmin_plain(const struct sinkhorn_problem *p, size_t i, int is_row, double eps)
{
    const double *potential = is_row ? p->column_potential : p->row_potential;
    size_t num = is_row ? p->columns : p->rows;
    double largest = -INFINITY, sum = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t j = 0; j < num; j++) {
            int c = is_row ? sinkhorn_cost(p, i, j) : sinkhorn_cost(p, j, i);
            double x = (potential[j] - c) / eps;
            if (pass == 0)
                largest = x > largest ? x : largest;
            else
                sum += exp(x - largest);
        }
    return -eps * (largest + log(sum / (double)num));
}

int sinkhorn_trusted(double log_mean, double left_out)
{
    return log_mean > TRUST_BITS - left_out && log_mean < MOST_BITS;
}

/* Replace the sums of one side by the new potentials. */
static void renew(const struct sinkhorn_problem *p, int is_row, double eps, double left_out)
{
    const double *potential = is_row ? p->row_potential : p->column_potential;
    double *sum = is_row ? p->row_sum : p->column_sum;
    size_t n = is_row ? p->rows : p->columns, num = is_row ? p->columns : p->rows;
    uint8_t *bad = p->work->bad;
    struct sinkhorn_range sums = kernels()->range(sum, n);
    int all_good = sinkhorn_trusted(log2(sums.least / (double)num), left_out) &&
                   sinkhorn_trusted(log2(sums.most / (double)num), left_out);
    for (size_t i = 0; !all_good && i < n; i++)
        bad[i] = (uint8_t)!sinkhorn_trusted(log2(sum[i] / (double)num), left_out);
    kernels()->renew(potential, sum, n, (double)num, eps, sum);
    for (size_t i = 0; !all_good && i < n; i++)
        if (bad[i]) sum[i] = softmin_plain(p, i, is_row, eps);
}

void sinkhorn_problem_solve(const struct sinkhorn_problem *p, const double *eps, int levels)
{
    memset(p->row_potential, 0, p->rows * sizeof(double));
    memset(p->column_potential, 0, p->columns * sizeof(double));
    sinkhorn_pairs_forget(p->work);
    for (int level = -1; level <= levels; level++) {
        int last = level == levels, next = level + 1 < levels ? level + 1 : levels - 1;
        double e = eps[level < 0 ? 0 : last ? levels - 1 : level];
        /* a list pays more when the gradient, or a next level of smaller eps, will use it again */
        double few = last ? 1.0 / 32 : eps[next] < e ? 1.0 / 128 : 1.0 / 512;
        double left_out = FLOAT_BITS; /* costs() has left the sums of the first sweep */
        if (level >= 0 || p->wide) left_out = plan_sums(p, e, few);
        renew(p, 1, e, left_out);
        if (!p->self) renew(p, 0, e, left_out);
        if (last) break;
        double keep = level < 0 ? 0 : 0.5; /* the first sweep starts from nothing */
        double rise = kernels()->mix(p->row_potential, p->row_sum, p->rows, keep);
        double column_rise =
            p->self ? rise : kernels()->mix(p->column_potential, p->column_sum, p->columns, keep);
        sinkhorn_pairs_moved(p->work, rise + column_rise);
    }
}

void sinkhorn_problem_gradient(const struct sinkhorn_problem *p, double eps, double sign,
                               float *grad)
{
    double s = LOG2_E / eps;
    split_potentials(p, s, 0);
    if (!sinkhorn_pairs_known(p->work, s)) sinkhorn_pairs_bound(p, s);
    sinkhorn_pairs_gradient(p, s, sign, grad);
}
