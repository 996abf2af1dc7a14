/* matching: see matching.h. Sinkhorn iterations (Cuturi 2013) in the exp domain, in double: with
 * a = exp(u/eps), b = exp(v/eps) and K = exp(-cost/eps) an iteration is a = mass/(K b),
 * b = mass/(K' a). K is a table over the T + 1 possible distances, computed in long double and
 * rounded, so that it does not depend on which libm kernel the CPU gets. Sums are in single
 * precision, whose error of some 1e-6 is far below the tolerance; where numbers leave its range in
 * double, and where they leave that of doubles the plain log-domain version does the work, without
 * relaxation.
 */
#include "matching.h"

#include "distinct.h"
#include "matching_simd.h"
#include "base/dispatch.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double eps = 0.1, tolerance = 0.1, mass_offset = 1e-8;
enum { MAX_ITERATIONS = 1000 };

/* exp(-range/eps) stays a normal double, with room for sums */
static const double max_exponent = 700;
static const double least_single = 0x1p-100; /* less is 0 in single precision */

/* --- distances -------------------------------------------------------------------------------- */

/* The Hamming distances of all pairs of distinct sequences and the working memory of the
 * iterations. */
struct problem {
    struct distinct x, y;
    size_t all_x, all_y; /* sequences, all of them */
    size_t n, m, stride; /* distinct ones; stride: m padded */
    int T, wide;         /* wide: uint16 entries */
    void *distance;      /* (n, stride), owned */
    double *a;           /* (n), owned: the block of the following */
    double *b, *column;  /* (stride) */
    double *counted_b;   /* (stride) times the counts */
    double *work;        /* (MATCHING_ROWS, stride) */
    double *previous;    /* (n) */
    double *table;       /* (T + 1) */
    struct matching_single single;
    float *single_b,
        *single_table; /* as in `single`; the table is the block of all its arrays, owned */
    const struct stop *stop;
    struct status *st;
    int code; /* of a stop */
};

/* Not yet at the tolerance nor at the last iteration, and nobody wants a stop. */
static bool goes_on(struct problem *p, const struct matching *out, double change)
{
    if (out->iterations >= MAX_ITERATIONS || change < tolerance) return false;
    p->code = stop_check(p->stop, p->st, "matching two samples");
    return !p->code;
}

static void problem_free(struct problem *p)
{
    free(p->distance);
    free(p->a);
    free(p->single_table);
    distinct_free(&p->x);
    distinct_free(&p->y);
}

/* Bit-planes of the sequences: plane p holds bit p of every symbol, 64 steps a word. */
static uint64_t *bit_planes(const struct sample *s, int planes, int words)
{
    size_t each = (size_t)planes * (size_t)words;
    uint64_t *bits = calloc(s->n * each, sizeof *bits);
    if (!bits) return NULL;
    for (size_t i = 0; i < s->n; i++)
        for (int t = 0; t < s->T; t++) {
            uint64_t symbol = s->symbols[i * (size_t)s->T + (size_t)t];
            uint64_t *word = bits + i * each + t / 64;
            for (int p = 0; p < planes; p++) word[p * words] |= (symbol >> p & 1) << t % 64;
        }
    return bits;
}

static int num_planes(const struct sample *x, const struct sample *y)
{
    int all = 0, planes = 1;
    for (size_t i = 0; i < x->n * (size_t)x->T; i++) all |= x->symbols[i];
    for (size_t i = 0; i < y->n * (size_t)y->T; i++) all |= y->symbols[i];
    while (all >> planes) planes++;
    return planes;
}

static bool fill_distances(struct problem *p)
{
    const struct sample *x = &p->x.of, *y = &p->y.of;
    int planes = num_planes(x, y), words = (p->T + 63) / 64;
    size_t each = (size_t)planes * (size_t)words, row_bytes = p->stride << p->wide;
    uint64_t *bits_x = bit_planes(x, planes, words), *bits_y = bit_planes(y, planes, words);
    for (size_t i = 0; bits_x && bits_y && i < p->n; i++) {
        char *row = (char *)p->distance + i * row_bytes;
        KERNELS(matching_kernels)
            ->hamming(bits_x + i * each, bits_y, p->m, planes, words, p->wide, row);
        memset(row + (p->m << p->wide), 0, row_bytes - (p->m << p->wide));
    }
    bool done = bits_x && bits_y;
    free(bits_x);
    free(bits_y);
    return done;
}

static bool take_memory(struct problem *p)
{
    p->n = p->x.of.n;
    p->m = p->y.of.n;
    p->stride = (p->m + MATCHING_PAD - 1) / MATCHING_PAD * MATCHING_PAD;
    size_t pad = (p->n + MATCHING_PAD - 1) / MATCHING_PAD * MATCHING_PAD;
    size_t doubles = 2 * pad + (3 + MATCHING_ROWS) * p->stride + (size_t)p->T + 1;
    p->distance = malloc((p->n * p->stride) << p->wide);
    p->a = aligned_alloc(64, (doubles * sizeof(double) + 63) / 64 * 64);
    size_t floats = MATCHING_SINGLE + (2 + MATCHING_ROWS) * p->stride;
    p->single_table = aligned_alloc(64, (floats * sizeof(float) + 63) / 64 * 64);
    if (!p->distance || !p->a || !p->single_table) return false;
    p->single_b = p->single_table + MATCHING_SINGLE;
    p->single.table = p->single_table;
    p->single.b = p->single_b;
    p->single.column = p->single_b + p->stride;
    p->single.work = p->single.column + p->stride;
    p->b = p->a + pad;
    p->column = p->b + p->stride;
    p->counted_b = p->column + p->stride;
    p->work = p->counted_b + p->stride;
    p->previous = p->work + MATCHING_ROWS * p->stride;
    p->table = p->previous + pad;
    return true;
}

static int problem_init(struct problem *p, const struct sample *x, const struct sample *y,
                        struct status *st)
{
    *p = (struct problem){.all_x = x->n, .all_y = y->n, .T = x->T, .wide = x->T > UINT8_MAX};
    if (!x->n || !y->n || x->T < 1 || x->T != y->T || x->T > UINT16_MAX)
        return status_set(st, STATUS_INTERNAL,
                          "matched distance asked for samples of %zu x %d and %zu x %d", x->n, x->T,
                          y->n, y->T);
    if (distinct_find(x, &p->x) && distinct_find(y, &p->y) && take_memory(p) && fill_distances(p))
        return STATUS_OK;
    problem_free(p);
    return status_no_memory(st,
                            "the matched distance of %zu and %zu sequences, which needs %.0f MB; "
                            "lower measure.sequences or use fewer workers a node",
                            x->n, y->n, (double)((x->n * y->n) << p->wide) / 1e6);
}

static int distance_of(const struct problem *p, size_t i, size_t j)
{
    size_t at = i * p->stride + j;
    return p->wide ? ((const uint16_t *)p->distance)[at] : ((const uint8_t *)p->distance)[at];
}

/* Mean and sd over columns of the distance to row[j]. */
static void summarise(const struct problem *p, const size_t *row, struct matching *out)
{
    double sum = 0, squares = 0, num = (double)p->all_y;
    for (size_t j = 0; j < p->m; j++) sum += p->y.count[j] * sqrt(2.0 * distance_of(p, row[j], j));
    out->mean = sum / num;
    for (size_t j = 0; j < p->m; j++) {
        double d = sqrt(2.0 * distance_of(p, row[j], j)) - out->mean;
        squares += p->y.count[j] * (d * d);
    }
    out->sd = sqrt(squares / num);
}

/* --- exp domain ------------------------------------------------------------------------------- */

/* sum of count |log(now / before)|: products of the ratios, a logarithm only now and then. NaN when
 * a number left the range. */
static double sum_abs_log_ratio(const double *now, const double *before, const double *count,
                                size_t n)
{
    double sum = 0, product = 1;
    for (size_t i = 0; i < n; i++) {
        if (!(now[i] > 0 && now[i] <= 1e300 && before[i] > 0)) return NAN;
        double ratio = now[i] > before[i] ? now[i] / before[i] : before[i] / now[i];
        if (ratio > 1e100 || count[i] > 1)
            sum += count[i] * (double)logl(ratio);
        else
            product *= ratio;
        if (product > 1e100) {
            sum += (double)logl(product);
            product = 1;
        }
    }
    return sum + (double)logl(product);
}

/* How far steps are relaxed: not at first, when large steps are too large; less again where the
 * change has grown much. */
struct relaxation {
    int level, most;
    double least; /* change so far */
};

static void relax(struct relaxation *r, int iteration, double change)
{
    static const double grown = 10;
    int wanted = iteration < 10 ? 0 : iteration < 20 ? 1 : iteration < 40 ? 2 : 3;
    if (change > grown * r->least && r->level > 0) {
        r->most = r->level - 1;
        r->least = change;
    }
    r->least = fmin(r->least, change);
    r->level = wanted < r->most ? wanted : r->most;
}

/* b from the column sums; the change of log b. */
static double update_columns(struct problem *p, double mass, int level)
{
    for (size_t j = 0; j < p->m; j++)
        p->column[j] = p->b[j] * matching_relaxed(mass / (p->column[j] * p->b[j]), level);
    double change = sum_abs_log_ratio(p->column, p->b, p->y.count, p->m);
    memcpy(p->b, p->column, p->m * sizeof *p->b);
    for (size_t j = 0; j < p->m; j++) p->counted_b[j] = p->y.count[j] * p->b[j];
    return change;
}

static int nearest_pair(const struct problem *p)
{
    int nearest = p->T;
    for (size_t i = 0; i < p->n; i++)
        for (size_t j = 0; j < p->m; j++) {
            int h = distance_of(p, i, j);
            nearest = h < nearest ? h : nearest;
        }
    return nearest;
}

/* K is centred in double, and in single precision 1 for the nearest pair; a absorbs it. */
static void fill_tables(struct problem *p, bool single)
{
    long double middle = sqrtl(2.0L * p->T) / eps / 2;
    for (int h = 0; h <= p->T; h++) p->table[h] = (double)expl(middle - sqrtl(2.0L * h) / eps);
    if (!single) return;
    long double nearest = sqrtl(2.0L * nearest_pair(p));
    memset(p->single_table, 0, MATCHING_SINGLE * sizeof *p->single_table);
    for (int h = 0; h <= p->T; h++) {
        double k = (double)expl((nearest - sqrtl(2.0L * h)) / eps);
        p->single_table[h] = k > least_single ? (float)k : 0;
    }
    p->single.entries = p->T < 32 ? 32 : p->T < 64 ? 64 : MATCHING_SINGLE;
}

/* An iteration in single precision: b as large as leaves room for what it is multiplied with. */
static void iterate_single(struct problem *p, const struct matching_step *step)
{
    enum { LARGEST_EXPONENT = 40 };
    double largest = 0;
    int exponent;
    for (size_t j = 0; j < p->m; j++) largest = fmax(largest, p->counted_b[j]);
    frexp(largest, &exponent);
    p->single.scale = ldexp(1, LARGEST_EXPONENT - exponent);
    for (size_t j = 0; j < p->stride; j++) {
        double b = p->counted_b[j] * p->single.scale;
        p->single_b[j] = b > least_single ? (float)b : 0;
    }
    KERNELS(matching_kernels)->iterate_single(step, &p->single);
    for (size_t j = 0; j < p->m; j++) p->column[j] = p->single.column[j] * p->single.scale;
}

static void begin(struct problem *p)
{
    for (size_t i = 0; i < p->n; i++) p->a[i] = 1;
    for (size_t j = 0; j < p->stride; j++) {
        p->b[j] = j < p->m;
        p->counted_b[j] = j < p->m ? p->y.count[j] : 0;
    }
}

/* The potentials into p->a and p->b; false when they left the range. */
static bool iterate(struct problem *p, bool single, struct matching *out)
{
    double mass_y = 1.0 / (double)p->all_y + mass_offset, change = INFINITY;
    struct relaxation relaxation = {.most = INT_MAX, .least = INFINITY};
    struct matching_step step = {.distance = p->distance,
                                 .n = p->n,
                                 .stride = p->stride,
                                 .wide = p->wide,
                                 .mass = 1.0 / (double)p->all_x + mass_offset,
                                 .count = p->x.count,
                                 .a = p->a,
                                 .table = p->table,
                                 .b = p->counted_b,
                                 .column = p->column,
                                 .work = p->work};
    fill_tables(p, single);
    begin(p);
    for (out->iterations = 0; goes_on(p, out, change);) {
        relax(&relaxation, out->iterations, change);
        step.level = relaxation.level;
        memcpy(p->previous, p->a, p->n * sizeof *p->previous);
        if (single)
            iterate_single(p, &step);
        else
            KERNELS(matching_kernels)->iterate(&step);
        out->iterations++;
        change = eps * sum_abs_log_ratio(p->a, p->previous, p->x.count, p->n);
        change += eps * update_columns(p, mass_y, step.level);
        if (isnan(change)) return false;
    }
    out->converged = change < tolerance;
    return true;
}

/* In the smallest precision that holds them. */
static bool potentials(struct problem *p, struct matching *out)
{
    return (p->T < MATCHING_SINGLE && iterate(p, true, out)) ||
           (sqrt(2.0 * p->T) / eps <= max_exponent && iterate(p, false, out));
}

/* --- log domain ------------------------------------------------------------------------------- */

/* u_i += eps (log mass - log sum_j count_j exp((u_i + v_j - C_ij)/eps)) for all i, or the same with
 * rows and columns changed over; returns sum count |du|. */
static double update_plain(const struct problem *p, bool rows, double *u, const double *v)
{
    size_t n = rows ? p->n : p->m, m = rows ? p->m : p->n;
    const double *count = rows ? p->x.count : p->y.count, *others = rows ? p->y.count : p->x.count;
    double log_mass = log(1.0 / (double)(rows ? p->all_x : p->all_y) + mass_offset), change = 0;
    for (size_t i = 0; i < n; i++) {
        double largest = -INFINITY, sum = 0;
        for (int pass = 0; pass < 2; pass++)
            for (size_t j = 0; j < m; j++) {
                int h = rows ? distance_of(p, i, j) : distance_of(p, j, i);
                double x = (u[i] + v[j] - sqrt(2.0 * h)) / eps;
                if (pass == 0)
                    largest = fmax(largest, x);
                else
                    sum += others[j] * exp(x - largest);
            }
        double step = eps * (log_mass - (largest + log(sum)));
        u[i] += step;
        change += count[i] * fabs(step);
    }
    return change;
}

static void solve_plain(struct problem *p, struct matching *out)
{
    double *u = p->a, *v = p->b, change = INFINITY;
    memset(u, 0, p->n * sizeof *u);
    memset(v, 0, p->m * sizeof *v);
    for (out->iterations = 0; goes_on(p, out, change);) {
        change = update_plain(p, true, u, v);
        change += update_plain(p, false, v, u);
        out->iterations++;
    }
    out->converged = change < tolerance;
}

/* --- both ------------------------------------------------------------------------------------- */

/* row[j] = first i with the largest a_i K_ij, or u_i - C_ij (b_j or v_j is common to the column).
 */
static void match(struct problem *p, bool plain, size_t *row)
{
    double *best = p->column;
    for (size_t j = 0; j < p->m; j++) best[j] = -INFINITY;
    for (size_t i = 0; i < p->n; i++)
        for (size_t j = 0; j < p->m; j++) {
            int h = distance_of(p, i, j);
            double value = plain ? p->a[i] - sqrt(2.0 * h) : p->a[i] * p->table[h];
            if (value > best[j]) {
                best[j] = value;
                row[j] = i;
            }
        }
}

int matching_measure(const struct sample *x, const struct sample *y, const struct stop *stop,
                     struct matching *out, struct status *st)
{
    struct problem p;
    *out = (struct matching){0};
    int code = problem_init(&p, x, y, st);
    if (code) return code;
    p.stop = stop;
    p.st = st;
    size_t *row = calloc(p.m, sizeof *row);
    if (row) {
        bool plain = !potentials(&p, out);
        if (plain) solve_plain(&p, out);
        code = p.code;
        if (!code) match(&p, plain, row);
        if (!code) summarise(&p, row, out);
    } else {
        code = status_no_memory(st, "the matches of %zu sequences; use fewer workers a node", p.m);
    }
    free(row);
    problem_free(&p);
    return code;
}
