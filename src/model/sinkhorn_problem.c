/* sinkhorn_problem: one entropic transport problem between two clouds of coded sequences, or of one
 * cloud with itself: integer costs, annealing, gradient. The three of them make sinkhorn.c's
 * divergence.
 *
 * One level. With the old potentials, P_ij = exp((f_i + g_j - c_ij) / eps); its row sums give the new
 * f and its column sums the new g: f~_i = f_i - eps log(mean_j P_ij). At large eps P is a product of
 * three tabulated factors (product mode). At small eps few entries matter: a comparison of bytes
 * finds them, and only they take an exponential (sparse mode); 2-byte costs take it everywhere. A
 * sum that these cannot give (a point whose old potential is far off) is recomputed by the plain
 * rule. Source: SCIENCE 2.3.
 */
#include "sinkhorn_problem.h"
#include "sinkhorn_simd.h"
#include "../base/dispatch.h"

#include <math.h>
#include <string.h>

enum { DROPPED_BITS = 30 }; /* gradient terms below 2^-30 of their row are dropped */

static const double LOG2_E = 1.4426950408889634074;

/* Product mode while the factors of the potentials stay within 2^+-60; a term that underflows is
 * then below 2^-66 of a plan entry at the fixed point. */
static const double PRODUCT_BITS = 60;

/* A sum of the plan is trusted between these, times its number of terms: below, float underflow and
 * the terms that sparse mode leaves out would show. */
static const double SUM_LEAST = 0x1p-16, SUM_MOST = 0x1p90;

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

/* --- coding of symbols, costs ----------------------------------------------------------------- */

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

/* first column that row i of a self problem stores */
static size_t first_column(const struct sinkhorn_problem *p, size_t i)
{
    return p->self ? i / TILE_ROWS * TILE_ROWS : 0;
}

static void *cost_at(const struct sinkhorn_problem *p, size_t i, size_t j)
{
    return (unsigned char *)p->cost + (i * p->stride + j) * (p->wide ? 2 : 1);
}

void sinkhorn_problem_costs(const struct sinkhorn_problem *p, const uint32_t *row_codes,
                            const uint32_t *column_codes)
{
    const struct sinkhorn_kernels *k = kernels();
    int words = num_words(p->T), planes = num_planes(p->K);
    size_t row_stride = sinkhorn_padded(p->rows);
    uint32_t code[8 * (65536 / CODE_BITS)]; /* at most 8 planes; T <= 65535 */
    for (size_t i = 0; i < p->rows; i++) {
        for (int w = 0; w < words * planes; w++) code[w] = row_codes[(size_t)w * row_stride + i];
        size_t from = first_column(p, i);
        k->costs(code, column_codes + from, p->stride, words, planes, p->columns - from, p->wide,
                 cost_at(p, i, from));
    }
}

/* exact softmin of one point against the other cloud, by the plain rule */
static double softmin_plain(const uint8_t *point, const uint8_t *cloud, size_t num, int T,
                            const double *potential, double eps)
{
    double largest = -INFINITY, sum = 0;
    for (int pass = 0; pass < 2; pass++)
        for (size_t j = 0; j < num; j++) {
            int c = 0;
            for (int t = 0; t < T; t++) c += point[t] != cloud[j * (size_t)T + (size_t)t];
            double x = (potential[j] - c) / eps;
            if (pass == 0) largest = x > largest ? x : largest;
            else sum += exp(x - largest);
        }
    return -eps * (largest + log(sum / (double)num));
}

/* whole and shift of the exponent mode */
static void split_potential(const double *potential, size_t n, double s, float *whole, float *shift)
{
    for (size_t i = 0; i < n; i++) {
        double nearest = rint(potential[i]);
        whole[i] = (float)nearest;
        shift[i] = (float)(s * (potential[i] - nearest));
    }
}

static void factor_potential(const double *potential, size_t n, double s, double offset,
                             float *factor)
{
    for (size_t i = 0; i < n; i++) factor[i] = exp2f((float)(s * (potential[i] + offset)));
}

struct range {
    double least, most;
};

static struct range range_of(const double *x, size_t n)
{
    struct range r = {x[0], x[0]};
    for (size_t i = 1; i < n; i++) {
        r.least = x[i] < r.least ? x[i] : r.least;
        r.most = x[i] > r.most ? x[i] : r.most;
    }
    return r;
}

/* Bytes whose saturating sum, shifted right by bound_shift, is at least floor(f_i + g_j + slack):
 * a cost above it is an entry that sparse mode may leave out. Rounding and saturation only ever let
 * more entries through. */
static void bound_potentials(const struct sinkhorn_problem *p, double slack, int bound_shift)
{
    struct sinkhorn_work *w = p->work;
    double unit = 1 << bound_shift, lowest = range_of(p->row_potential, p->rows).least;
    for (size_t i = 0; i < p->rows; i++) {
        double bound = ceil(unit * (p->row_potential[i] - lowest));
        w->row_bound[i] = (uint8_t)(bound > 255 ? 255 : bound);
    }
    for (size_t j = 0; j < p->columns; j++) {
        double bound = ceil(unit * (p->column_potential[j] + lowest + slack));
        w->column_bound[j] = (uint8_t)(bound > 255 ? 255 : bound < 0 ? 0 : bound);
    }
}

static void prepare_exponent(const struct sinkhorn_problem *p, double s)
{
    struct sinkhorn_work *w = p->work;
    split_potential(p->row_potential, p->rows, s, w->row_whole, w->row_shift);
    split_potential(p->column_potential, p->columns, s, w->column_whole, w->column_shift);
}

/* quarters, halves or ones: as fine as a byte can hold up to T */
static int bound_shift_of(int T)
{
    return T < 64 ? 2 : T < 128 ? 1 : 0;
}

enum mode { MODE_EXPONENT, MODE_PRODUCT, MODE_SPARSE };

/* What pays: products while the potentials are small beside eps, few entries when eps is small beside
 * the steps of the cost, else every entry by an exponential. Leaves the potentials in the form that
 * the mode wants; table (257) is filled for products. */
static enum mode prepare(const struct sinkhorn_problem *p, double s, float *table)
{
    struct sinkhorn_work *w = p->work;
    struct range row = range_of(p->row_potential, p->rows);
    struct range column = range_of(p->column_potential, p->columns);
    /* P depends on f + g alone: shift both to the middle */
    double middle = p->self ? 0 : (column.least + column.most - row.least - row.most) / 4;
    double half_row = fmax(row.most + middle, -(row.least + middle));
    double half_column = fmax(column.most - middle, -(column.least - middle));
    if (!p->wide && s * half_row <= PRODUCT_BITS && s * half_column <= PRODUCT_BITS) {
        for (int c = 0; c <= p->T; c++) table[c] = exp2f((float)(-s * c));
        factor_potential(p->row_potential, p->rows, s, middle, w->row_shift);
        factor_potential(p->column_potential, p->columns, s, -middle, w->column_shift);
        return MODE_PRODUCT;
    }
    prepare_exponent(p, s);
    if (p->wide) return MODE_EXPONENT;
    bound_potentials(p, SPARSE_BITS / s, bound_shift_of(p->T));
    return MODE_SPARSE;
}

/* Row sums, and column sums (a self problem has them in its row sums), of P at eps. */
static void plan_sums(const struct sinkhorn_problem *p, double eps)
{
    struct sinkhorn_work *w = p->work;
    const struct sinkhorn_kernels *k = kernels();
    double s = LOG2_E / eps;
    float table[256 + 16] = {0};
    enum mode mode = prepare(p, s, table);
    void (*sums)(const struct sinkhorn_tile *) = mode == MODE_PRODUCT  ? k->product
                                                 : mode == MODE_SPARSE ? k->sparse
                                                                       : k->exponent;
    const float *row_factor = mode == MODE_PRODUCT ? w->row_shift : NULL;
    const float *column_factor = mode == MODE_PRODUCT ? w->column_shift : NULL;
    double *column_sum = p->self ? p->row_sum : p->column_sum;
    memset(p->row_sum, 0, p->rows * sizeof(double));
    if (!p->self) memset(column_sum, 0, p->columns * sizeof(double));
    memset(w->column_part, 0, TILE_COLUMNS * sizeof(float));

    struct sinkhorn_tile tile = {.stride = p->stride, .wide = p->wide, .s = (float)s, .table = table,
                                 .bound_shift = bound_shift_of(p->T), .row_sum = w->partial};
    tile.table_size = p->T < 32 ? 32 : p->T < 64 ? 64 : p->T < 128 ? 128 : 256;
    for (size_t i = 0; i < p->rows; i += TILE_ROWS) {
        tile.rows = (int)(p->rows - i < TILE_ROWS ? p->rows - i : TILE_ROWS);
        tile.row = (struct sinkhorn_side){w->row_whole + i, w->row_shift + i, w->row_bound + i};
        size_t next;
        for (size_t j = first_column(p, i); j < p->columns; j = next) {
            int diagonal = p->self && j == i;
            size_t most = diagonal ? TILE_ROWS : TILE_COLUMNS;
            next = p->columns - j < most ? p->columns : j + most;
            tile.columns = (int)(next - j);
            tile.cost = cost_at(p, i, j);
            tile.column = (struct sinkhorn_side){w->column_whole + j, w->column_shift + j,
                                                 w->column_bound + j};
            tile.column_sum = diagonal ? NULL : w->column_part;
            sums(&tile);
            k->flush(w->partial, row_factor ? row_factor + i : NULL, (size_t)tile.rows,
                     p->row_sum + i);
            if (!diagonal)
                k->flush(w->column_part, column_factor ? column_factor + j : NULL,
                         (size_t)tile.columns, column_sum + j);
        }
    }
}

/* new potential of one side from the sums of the plan */
static double updated(double old, double sum, size_t num, double eps, const uint8_t *point,
                      const uint8_t *cloud, int T, const double *other)
{
    if (sum > SUM_LEAST * (double)num && sum < SUM_MOST) return old - eps * log(sum / (double)num);
    return softmin_plain(point, cloud, num, T, other, eps);
}

/* Replace the sums by the new potentials, all from the old ones. */
static void sums_to_potentials(const struct sinkhorn_problem *p, double eps)
{
    for (size_t i = 0; i < p->rows; i++)
        p->row_sum[i] = updated(p->row_potential[i], p->row_sum[i], p->columns, eps,
                                p->row_symbols + i * (size_t)p->T, p->column_symbols, p->T,
                                p->column_potential);
    for (size_t j = 0; !p->self && j < p->columns; j++)
        p->column_sum[j] = updated(p->column_potential[j], p->column_sum[j], p->rows, eps,
                                   p->column_symbols + j * (size_t)p->T, p->row_symbols, p->T,
                                   p->row_potential);
}

void sinkhorn_problem_solve(const struct sinkhorn_problem *p, const double *eps, int levels)
{
    memset(p->row_potential, 0, p->rows * sizeof(double));
    memset(p->column_potential, 0, p->columns * sizeof(double));
    for (int level = -1; level <= levels; level++) {
        double e = eps[level < 0 ? 0 : level == levels ? levels - 1 : level];
        plan_sums(p, e);
        sums_to_potentials(p, e);
        if (level == levels) break;
        double keep = level < 0 ? 0 : 0.5; /* the first sweep starts from nothing */
        for (size_t i = 0; i < p->rows; i++)
            p->row_potential[i] = keep * p->row_potential[i] + (1 - keep) * p->row_sum[i];
        for (size_t j = 0; !p->self && j < p->columns; j++)
            p->column_potential[j] = keep * p->column_potential[j] + (1 - keep) * p->column_sum[j];
    }
}

/* --- gradient -------------------------------------------------------------------------------------- */

static void scatter(float *grad_row, const uint8_t *symbols, int T, int K, float weight)
{
    for (int t = 0; t < T; t++) grad_row[t * K + symbols[t]] += weight;
}

void sinkhorn_problem_gradient(const struct sinkhorn_problem *p, double eps, double sign,
                               float *grad)
{
    struct sinkhorn_work *w = p->work;
    const struct sinkhorn_kernels *k = kernels();
    double s = LOG2_E / eps;
    size_t row_floats = (size_t)p->T * (size_t)p->K;
    float *floors = w->floors; /* (rows): log2 of the row total */
    prepare_exponent(p, s);
    if (!p->wide) bound_potentials(p, SPARSE_BITS / s, bound_shift_of(p->T));
    for (size_t i = 0; i < p->rows; i++)
        floors[i] = (float)(s * (p->row_potential[i] - p->row_sum[i]) + log2((double)p->columns)) -
                    DROPPED_BITS;
    double scale = sign / (double)p->rows;
    for (size_t i = 0; i < p->rows; i++) {
        size_t from = first_column(p, i), block_end = from + TILE_ROWS;
        struct sinkhorn_tile tile = {
            .cost = cost_at(p, i, from), .stride = p->stride, .wide = p->wide, .rows = 1,
            .columns = (int)(p->columns - from), .s = (float)s,
            .bound_shift = bound_shift_of(p->T),
            .row = {w->row_whole + i, w->row_shift + i, p->wide ? NULL : w->row_bound + i},
            .column = {w->column_whole + from, w->column_shift + from, w->column_bound + from}};
        size_t found = k->significant(&tile, 0, floors[i], p->self ? floors + from : NULL, w->hit,
                                      w->weight);
        double row_scale = scale * exp2(-(double)floors[i] - DROPPED_BITS);
        float row_least = exp2f(floors[i]);
        for (size_t h = 0; h < found; h++) {
            size_t j = from + w->hit[h];
            if (w->weight[h] > row_least)
                scatter(grad + i * row_floats, p->column_symbols + j * (size_t)p->T, p->T, p->K,
                        (float)(row_scale * (double)w->weight[h]));
            if (p->self && j >= block_end && w->weight[h] > exp2f(floors[j]))
                scatter(grad + j * row_floats, p->row_symbols + i * (size_t)p->T, p->T, p->K,
                        (float)(scale * exp2(-(double)floors[j] - DROPPED_BITS) *
                                (double)w->weight[h]));
        }
    }
}
