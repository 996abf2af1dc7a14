/* sinkhorn_simd: sums of plan entries, and the vector loops over potentials; see sinkhorn_simd.h.
 * Compiled once per kernel level. Arrays are readable up to the next multiple of COST_PAD entries:
 * the vector tail reads there and masks what it read. */
#include "sinkhorn_vector.h"

/* --- one tile, exponent mode: 2-byte costs -------------------------------------------------- */

static void exponent(const struct sinkhorn_tile *tile)
{
    vf s = v_set(tile->s);
    float *column_sum = tile->column_sum;
    for (int i = 0; i < tile->rows; i++) {
        const uint16_t *cost = (const uint16_t *)tile->cost + (size_t)i * tile->stride;
        vf row_whole = v_set(tile->row.whole[i]), row_shift = v_set(tile->row.shift[i]);
        vf sum = {0};
        for (int j = 0; j < tile->columns; j += VL) {
            vf whole = (row_whole + v_load(tile->column.whole + j)) - v_float(load_wide(cost + j));
            vf p = exp2_fast(v_fma(s, whole, row_shift + v_load(tile->column.shift + j)));
            if (tile->columns - j < VL) p = (vf)((vi)p & head_mask(tile->columns - j));
            sum += p;
            v_store(column_sum + j, v_load(column_sum + j) + p);
        }
        tile->row_sum[i] = v_sum(sum);
    }
}

/* --- one tile, product mode: 1-byte costs --------------------------------------------------- */

struct product_rows {
    const uint8_t *cost[ROWS];
    struct powers powers[ROWS];
    uint8_t base[ROWS];
    vf sum[ROWS];
};

/* columns j .. j + COST_PAD; masked: only those before the tile's end */
INLINE void product_group(struct product_rows *rows, int num, const struct sinkhorn_tile *tile,
                          int j, enum sinkhorn_lookup lookup, int masked)
{
    const float *factor = tile->factor + j;
    float *column_sum = tile->column_sum + j;
    for (int part = 0; part < PARTS; part++) {
        vu word[ROWS];
        for (int r = 0; r < num; r++) {
            word[r] = load_part(rows->cost[r] + j, part);
            if (lookup == LOOKUP_WINDOW)
                word[r] = into_window(word[r], load_part(tile->step + j, part), rows->base[r]);
        }
        for (int l = 0; l < 4; l++) {
            int at = 16 * l + VL * part;
            vi mask = masked ? head_mask(tile->columns - j - at) : (vi){0};
            vf b = v_load(factor + at), p[ROWS];
            if (masked) b = (vf)((vi)b & mask);
            for (int r = 0; r < num; r++) {
                p[r] = look_up(&rows->powers[r], lookup, word[r], l);
                if (masked) p[r] = (vf)((vi)p[r] & mask);
                rows->sum[r] = v_fma(p[r], b, rows->sum[r]);
            }
            v_store(column_sum + at, v_load(column_sum + at) + sum_rows(p, num));
        }
    }
}

INLINE void product_rows(const struct sinkhorn_tile *tile, int i, int num,
                         enum sinkhorn_lookup lookup)
{
    struct product_rows rows;
    int columns = tile->columns, full = columns / COST_PAD * COST_PAD;
    for (int r = 0; r < num; r++) {
        rows.cost[r] = (const uint8_t *)tile->cost + (size_t)(i + r) * tile->stride;
        rows.powers[r] =
            powers_of(tile->s, tile->row.whole[i + r], tile->row.shift[i + r], lookup, tile->T);
        rows.sum[r] = (vf){0};
        rows.base[r] = 0;
        if (lookup != LOOKUP_WINDOW) continue;
        rows.base[r] = tile->base[i + r];
        close_window(&rows.powers[r], rows.base[r] > 0);
    }
    for (int j = 0; j < full; j += COST_PAD) product_group(&rows, num, tile, j, lookup, 0);
    if (full < columns) product_group(&rows, num, tile, full, lookup, 1);
    for (int r = 0; r < num; r++) tile->row_sum[i + r] = v_sum(rows.sum[r]);
}

INLINE void product_tile(const struct sinkhorn_tile *tile, enum sinkhorn_lookup lookup)
{
    int i = 0;
    for (; i + ROWS <= tile->rows; i += ROWS) product_rows(tile, i, ROWS, lookup);
    for (; i < tile->rows; i++) product_rows(tile, i, 1, lookup);
}

/* Terms that underflow are nothing beside the sums; as denormal numbers they would cost hundreds of
 * cycles each. */
INLINE unsigned flush_to_zero(void)
{
#if defined(__x86_64__)
    unsigned mode = _mm_getcsr();
    _mm_setcsr(mode | 0x8040);
    return mode;
#else
    return 0;
#endif
}

INLINE void restore_mode(unsigned mode)
{
#if defined(__x86_64__)
    _mm_setcsr(mode);
#else
    (void)mode;
#endif
}

static void product(const struct sinkhorn_tile *tile)
{
    unsigned mode = flush_to_zero();
    switch (tile->lookup) {
    case LOOKUP_32: product_tile(tile, LOOKUP_32); break;
    case LOOKUP_64: product_tile(tile, LOOKUP_64); break;
    case LOOKUP_256: product_tile(tile, LOOKUP_256); break;
    case LOOKUP_WINDOW: product_tile(tile, LOOKUP_WINDOW);
    }
    restore_mode(mode);
}

static int reach(int T)
{
    return reach_of(T);
}

/* --- potentials ----------------------------------------------------------------------------- */

static void flush(float *part, const float *factor, size_t n, double *sum)
{
    for (size_t j = 0; j < n; j++) {
        sum[j] += factor ? (double)part[j] * (double)factor[j] : (double)part[j];
        part[j] = 0;
    }
}

static void split(const double *potential, size_t n, double centre, double s, float *whole,
                  float *shift)
{
    for (size_t i = 0; i < n; i++) {
        double x = potential[i] + centre, nearest = rint(x);
        whole[i] = (float)nearest;
        shift[i] = (float)(s * (x - nearest));
    }
}

static void factors(const float *whole, const float *shift, float s, size_t n, float *factor)
{
    for (size_t i = 0; i < n; i += VL)
        v_store(factor + i, exp2_fast(v_fma(v_set(s), v_load(whole + i), v_load(shift + i))));
}

enum { DL = VL / 2 }; /* float64 lanes */
typedef double vd __attribute__((vector_size(DL * 8)));
typedef int64_t vl __attribute__((vector_size(DL * 8)));
typedef uint64_t vul __attribute__((vector_size(DL * 8)));

INLINE vd vd_load(const double *p)
{
    vd x;
    memcpy(&x, p, sizeof x);
    return x;
}

INLINE vd vd_select(vl mask, vd yes, vd no)
{
    return (vd)((mask & (vl)yes) | (~mask & (vl)no));
}

static struct sinkhorn_range range(const double *x, size_t n)
{
    vd low = x[0] - (vd){0}, high = low;
    size_t i = 0;
    for (; i + DL <= n; i += DL) {
        vd y = vd_load(x + i);
        low = vd_select((vl)(y < low), y, low);
        high = vd_select((vl)(y > high), y, high);
    }
    struct sinkhorn_range r = {low[0], high[0]};
    for (int l = 1; l < DL; l++) {
        r.least = low[l] < r.least ? low[l] : r.least;
        r.most = high[l] > r.most ? high[l] : r.most;
    }
    for (; i < n; i++) {
        r.least = x[i] < r.least ? x[i] : r.least;
        r.most = x[i] > r.most ? x[i] : r.most;
    }
    return r;
}

/* natural logarithm of normal positive x, relative error below 1e-12: 2 artanh((m - 1) / (m + 1))
 * of the mantissa m in [sqrt(1/2), sqrt(2)) */
INLINE vd vd_log(vd x)
{
    const int64_t half_root = 0x3fe6a09e667f3bcd, one = 0x3ff0000000000000;
    vl bits = (vl)x + (one - half_root);
    vl biased = (vl)((vul)bits >> 52) | 0x4330000000000000; /* 2^52 + exponent + 1023 */
    vd exponent = (vd)biased - (0x1p52 + 1023);
    vd m = (vd)((bits & 0xfffffffffffff) + half_root);
    vd z = (m - 1) / (m + 1), w = z * z;
    vd p = w * (1.0 / 13) + 1.0 / 11;
    p = p * w + 1.0 / 9;
    p = p * w + 1.0 / 7;
    p = p * w + 1.0 / 5;
    p = p * w + 1.0 / 3;
    return exponent * 0.69314718055994530942 + 2 * (z + z * w * p);
}

static void renew(const double *potential, const double *sum, size_t n, double num, double eps,
                  double *renewed)
{
    for (size_t i = 0; i < n; i += DL) {
        vd y = vd_load(potential + i) - eps * vd_log(vd_load(sum + i) / num);
        memcpy(renewed + i, &y, sizeof y);
    }
}

static double mix(double *old, const double *renewed, size_t n, double keep)
{
    double most = -INFINITY;
    vd high = most - (vd){0};
    size_t i = 0;
    for (; i + DL <= n; i += DL) {
        vd x = vd_load(old + i), y = keep * x + (1 - keep) * vd_load(renewed + i);
        high = vd_select((vl)(y - x > high), y - x, high);
        memcpy(old + i, &y, sizeof y);
    }
    for (int l = 0; l < DL; l++) most = high[l] > most ? high[l] : most;
    for (; i < n; i++) {
        double y = keep * old[i] + (1 - keep) * renewed[i];
        most = y - old[i] > most ? y - old[i] : most;
        old[i] = y;
    }
    return most;
}

const struct sinkhorn_kernels LEVEL(sinkhorn_kernels) = {exponent, product, reach, flush, split,
                                                         factors,  range,   renew, mix};
