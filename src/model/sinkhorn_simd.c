/* sinkhorn_simd: see sinkhorn_simd.h. Compiled once per kernel level.
 * Arrays are readable up to the next multiple of COST_PAD entries: the vector tail reads there and
 * masks what it read. */
#include "sinkhorn_simd.h"
#include "../base/vector.h"

#include <math.h>

/* --- vector helpers of this file ------------------------------------------------------------ */

INLINE vi popcount(vu x)
{
#if defined(__AVX512F__)
    return (vi)_mm512_popcnt_epi32((__m512i)x);
#elif defined(__AVX2__)
    const __m256i low = _mm256_set1_epi8(15);
    const __m256i bits = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1, 2, 1,
                                          2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    __m256i v = (__m256i)x;
    __m256i n = _mm256_add_epi8(
        _mm256_shuffle_epi8(bits, _mm256_and_si256(v, low)),
        _mm256_shuffle_epi8(bits, _mm256_and_si256(_mm256_srli_epi16(v, 4), low)));
    n = _mm256_maddubs_epi16(n, _mm256_set1_epi8(1));
    return (vi)_mm256_madd_epi16(n, _mm256_set1_epi16(1));
#else
    x = x - ((x >> 1) & 0x55555555u);
    x = (x & 0x33333333u) + ((x >> 2) & 0x33333333u);
    x = (x + (x >> 4)) & 0x0f0f0f0fu;
    x = x + (x >> 8);
    return (vi)((x + (x >> 16)) & 0x3fu);
#endif
}

typedef uint8_t vb __attribute__((vector_size(VL)));
typedef uint16_t vs __attribute__((vector_size(VL * 2)));

INLINE vi load_cost(const void *cost, size_t at, int wide)
{
    if (wide) {
        vs c;
        memcpy(&c, (const uint16_t *)cost + at, sizeof c);
        return __builtin_convertvector(c, vi);
    }
#if defined(__AVX512F__)
    return (vi)_mm512_cvtepu8_epi32(
        _mm_loadu_si128((const __m128i *)((const uint8_t *)cost + at)));
#elif defined(__AVX2__)
    return (vi)_mm256_cvtepu8_epi32(
        _mm_loadl_epi64((const __m128i *)((const uint8_t *)cost + at)));
#else
    const uint8_t *c = (const uint8_t *)cost + at;
    return (vi){c[0], c[1], c[2], c[3]};
#endif
}

/* 2^x: 0 below -126, infinity above 128; relative error 2e-7 */
INLINE vf exp2_fast(vf x)
{
#if defined(__AVX512F__)
    vf n = (vf)_mm512_roundscale_ps((__m512)x, 8);
#else
    x = v_select((vi)(x < -127.0f), v_set(-127.0f), x);
    vf over = v_select((vi)(x >= 128.0f), v_set(INFINITY), v_set(0.0f));
    x = v_select((vi)(x >= 128.0f), v_set(127.0f), x);
    vf n = (x + 12582912.0f) - 12582912.0f;
#endif
    vf r = x - n;
    vf p = v_set(1.33908795e-3f);
    p = v_fma(p, r, v_set(9.67076238e-3f));
    p = v_fma(p, r, v_set(5.55036030e-2f));
    p = v_fma(p, r, v_set(2.40222603e-1f));
    p = v_fma(p, r, v_set(6.93147188e-1f));
    p = v_fma(p, r, v_set(1.0f));
#if defined(__AVX512F__)
    /* nothing below 2^-126: denormal results would cost hundreds of cycles each */
    __mmask16 normal = _mm512_cmp_ps_mask((__m512)x, _mm512_set1_ps(-126.0f), _CMP_GE_OQ);
    return (vf)_mm512_maskz_scalef_ps(normal, (__m512)p, (__m512)n);
#else
    vf y = (vf)((vi)p + (v_int(n) << 23));
    return v_select((vi)(x < -126.0f), (vf){0}, y) + over;
#endif
}

/* 2^(-s c) from its table. Up to 32 entries lie in two registers; beyond, the factors of the low and
 * of the high bits of c do: 2^(-s c) = 2^(-s (c mod L)) 2^(-s (c - c mod L)), one more rounding. */
struct powers {
#if defined(__AVX512F__)
    __m512 low, high;
#elif defined(__AVX2__)
    __m256 low, middle, high;
#else
    const float *table;
#endif
};

INLINE struct powers powers_of(const float *table, int size)
{
#if defined(__AVX512F__)
    if (size == 32) return (struct powers){_mm512_loadu_ps(table), _mm512_loadu_ps(table + 16)};
    float high[16];
    for (int i = 0; i < 16; i++) high[i] = 16 * i < size ? table[16 * i] : 0;
    return (struct powers){_mm512_loadu_ps(table), _mm512_loadu_ps(high)};
#elif defined(__AVX2__)
    float middle[8], high[8];
    for (int i = 0; i < 8; i++) {
        middle[i] = 8 * i < size ? table[8 * i] : 0;
        high[i] = 64 * i < size ? table[64 * i] : 0;
    }
    return (struct powers){_mm256_loadu_ps(table), _mm256_loadu_ps(middle), _mm256_loadu_ps(high)};
#else
    (void)size;
    return (struct powers){table};
#endif
}

INLINE vf look_up(const struct powers *powers, int size, vi c)
{
#if defined(__AVX512F__)
    __m512i index = (__m512i)c;
    if (size == 32) return (vf)_mm512_permutex2var_ps(powers->low, index, powers->high);
    __m512 high = _mm512_permutexvar_ps(_mm512_srli_epi32(index, 4), powers->high);
    return (vf)_mm512_mul_ps(_mm512_permutexvar_ps(index, powers->low), high);
#elif defined(__AVX2__)
    __m256i index = (__m256i)c;
    __m256 low = _mm256_permutevar8x32_ps(powers->low, index);
    low = _mm256_mul_ps(low, _mm256_permutevar8x32_ps(powers->middle, _mm256_srli_epi32(index, 3)));
    if (size <= 64) return (vf)low;
    return (vf)_mm256_mul_ps(
        low, _mm256_permutevar8x32_ps(powers->high, _mm256_srli_epi32(index, 6)));
#else
    (void)size;
    const float *table = powers->table;
    return (vf){table[c[0]], table[c[1]], table[c[2]], table[c[3]]};
#endif
}

/* all ones in the first `left` lanes */
INLINE vi head_mask(int left)
{
    vi lane;
    for (int i = 0; i < VL; i++) lane[i] = i;
    return (vi)(lane < left);
}

/* --- costs --------------------------------------------------------------------------------- */

static void costs(const uint32_t *x, const uint32_t *y, size_t stride, int words, int planes,
                  size_t columns, int wide, void *out)
{
    enum { GROUP = COST_PAD / VL }; /* vectors at a time, to hide the latencies */
    for (size_t j = 0; j < columns; j += COST_PAD) {
        vi count[GROUP] = {{0}};
        for (int w = 0; w < words; w++) {
            vu differ[GROUP] = {{0}};
            for (int b = 0; b < planes; b++) {
                const uint32_t *plane = y + (size_t)(w * planes + b) * stride + j;
                vu own = vu_set(x[w * planes + b]);
                for (int g = 0; g < GROUP; g++) {
                    vu code;
                    memcpy(&code, plane + g * VL, sizeof code);
                    differ[g] |= code ^ own;
                }
            }
            for (int g = 0; g < GROUP; g++) count[g] += popcount(differ[g]);
        }
        for (int g = 0; g < GROUP; g++)
            if (wide) {
                vs narrow = __builtin_convertvector(count[g], vs);
                memcpy((uint16_t *)out + j + g * VL, &narrow, sizeof narrow);
            } else {
                vb narrow = __builtin_convertvector(count[g], vb);
                memcpy((uint8_t *)out + j + g * VL, &narrow, sizeof narrow);
            }
    }
}

/* --- one tile, exponent mode ----------------------------------------------------------------- */

INLINE vf exponent_of(const void *cost, struct sinkhorn_side column, size_t row_at, int j,
                      vf row_whole, vf row_shift, vf s, int wide)
{
    vf c = v_float(load_cost(cost, row_at + (size_t)j, wide));
    vf whole = (row_whole + v_load(column.whole + j)) - c;
    return v_fma(s, whole, row_shift + v_load(column.shift + j));
}

INLINE void exponent_tile(const struct sinkhorn_tile *tile, int wide, int with_columns)
{
    int columns = tile->columns, full = columns / VL * VL;
    vi tail = head_mask(columns - full);
    vf s = v_set(tile->s);
    const void *cost = tile->cost;
    const struct sinkhorn_side column = tile->column;
    float *column_sum = tile->column_sum;
    for (int i = 0; i < tile->rows; i++) {
        size_t row_at = (size_t)i * tile->stride;
        vf whole = v_set(tile->row.whole[i]), shift = v_set(tile->row.shift[i]);
        vf sum = {0};
        for (int j = 0; j < full; j += VL) {
            vf p = exp2_fast(exponent_of(cost, column, row_at, j, whole, shift, s, wide));
            sum += p;
            if (with_columns) v_store(column_sum + j, v_load(column_sum + j) + p);
        }
        if (full < columns) {
            vf p = exp2_fast(exponent_of(cost, column, row_at, full, whole, shift, s, wide));
            p = (vf)((vi)p & tail);
            sum += p;
            if (with_columns) v_store(column_sum + full, v_load(column_sum + full) + p);
        }
        tile->row_sum[i] = v_sum(sum);
    }
}

static void exponent(const struct sinkhorn_tile *tile)
{
    if (tile->wide) {
        if (tile->column_sum) exponent_tile(tile, 1, 1);
        else exponent_tile(tile, 1, 0);
    } else {
        if (tile->column_sum) exponent_tile(tile, 0, 1);
        else exponent_tile(tile, 0, 0);
    }
}

/* --- one tile, product mode ------------------------------------------------------------------- */

/* `num` rows from row i on, at once: independent sums, and each column is loaded once for all */
INLINE void product_rows(const struct sinkhorn_tile *tile, int i, int num, int wide, int size,
                         int with_columns)
{
    int columns = tile->columns, full = columns / VL * VL;
    const struct powers powers = powers_of(tile->table, size);
    const float *column = tile->column.shift;
    const void *cost = tile->cost;
    float *column_sum = tile->column_sum;
    vf sum[4] = {{0}}, factor[4];
    size_t row_at[4];
    for (int r = 0; r < num; r++) {
        factor[r] = v_set(tile->row.shift[i + r]);
        row_at[r] = (size_t)(i + r) * tile->stride;
    }
    for (int j = 0; j < full; j += VL) {
        vf b = v_load(column + j), total = with_columns ? v_load(column_sum + j) : (vf){0};
        for (int r = 0; r < num; r++) {
            vf k = look_up(&powers, size, load_cost(cost, row_at[r] + (size_t)j, wide));
            sum[r] = v_fma(k, b, sum[r]);
            if (with_columns) total = v_fma(k, factor[r], total);
        }
        if (with_columns) v_store(column_sum + j, total);
    }
    if (full < columns) {
        vi tail = head_mask(columns - full);
        vf b = (vf)((vi)v_load(column + full) & tail);
        vf total = with_columns ? v_load(column_sum + full) : (vf){0};
        for (int r = 0; r < num; r++) {
            vi c = load_cost(cost, row_at[r] + (size_t)full, wide) & tail;
            vf k = (vf)((vi)look_up(&powers, size, c) & tail);
            sum[r] = v_fma(k, b, sum[r]);
            if (with_columns) total = v_fma(k, factor[r], total);
        }
        if (with_columns) v_store(column_sum + full, total);
    }
    for (int r = 0; r < num; r++) tile->row_sum[i + r] = v_sum(sum[r]);
}

INLINE void product_tile(const struct sinkhorn_tile *tile, int wide, int size, int with_columns)
{
    int i = 0;
    for (; i + 4 <= tile->rows; i += 4) product_rows(tile, i, 4, wide, size, with_columns);
    for (; i < tile->rows; i++) product_rows(tile, i, 1, wide, size, with_columns);
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
    int with_columns = tile->column_sum != NULL;
    unsigned mode = flush_to_zero();
    switch (tile->table_size) {
    case 32:
        if (with_columns) product_tile(tile, 0, 32, 1);
        else product_tile(tile, 0, 32, 0);
        break;
    case 64:
        if (with_columns) product_tile(tile, 0, 64, 1);
        else product_tile(tile, 0, 64, 0);
        break;
    case 128:
        if (with_columns) product_tile(tile, 0, 128, 1);
        else product_tile(tile, 0, 128, 0);
        break;
    default:
        if (with_columns) product_tile(tile, 0, 256, 1);
        else product_tile(tile, 0, 256, 0);
    }
    restore_mode(mode);
}

/* --- one tile, sparse mode -------------------------------------------------------------------- */

/* which of COST_PAD columns from j on have cost <= (row_bound + column bound) >> shift; bit l = column
 * j + l; columns beyond the tile's are left out */
INLINE uint64_t within_bound(const struct sinkhorn_tile *tile, size_t row_at, int j,
                             uint8_t row_bound)
{
    const uint8_t *cost = (const uint8_t *)tile->cost + row_at + (size_t)j;
    const uint8_t *bound = tile->column.bound + j;
    uint64_t mask = 0;
#if defined(__AVX512F__)
    __m512i sum = _mm512_adds_epu8(_mm512_loadu_si512(bound), _mm512_set1_epi8((char)row_bound));
    __m512i keep = _mm512_set1_epi8((char)(0xff >> tile->bound_shift));
    sum = _mm512_and_si512(_mm512_srl_epi16(sum, _mm_cvtsi32_si128(tile->bound_shift)), keep);
    mask = _mm512_cmple_epu8_mask(_mm512_loadu_si512(cost), sum);
#elif defined(__AVX2__)
    __m256i keep = _mm256_set1_epi8((char)(0xff >> tile->bound_shift));
    for (int half = 0; half < 2; half++) {
        __m256i c = _mm256_loadu_si256((const __m256i *)(cost + 32 * half));
        __m256i sum = _mm256_adds_epu8(_mm256_loadu_si256((const __m256i *)(bound + 32 * half)),
                                       _mm256_set1_epi8((char)row_bound));
        sum = _mm256_and_si256(_mm256_srl_epi16(sum, _mm_cvtsi32_si128(tile->bound_shift)), keep);
        unsigned bits = (unsigned)_mm256_movemask_epi8(_mm256_cmpeq_epi8(_mm256_max_epu8(c, sum), sum));
        mask |= (uint64_t)bits << (32 * half);
    }
#else
    for (int l = 0; l < COST_PAD; l++) {
        int sum = bound[l] + row_bound;
        sum = sum > 255 ? 255 : sum;
        mask |= (uint64_t)(cost[l] <= sum >> tile->bound_shift) << l;
    }
#endif
    int left = tile->columns - j;
    return left < COST_PAD ? mask & ((UINT64_C(1) << left) - 1) : mask;
}

INLINE void sparse_tile(const struct sinkhorn_tile *tile, int with_columns)
{
    vf s = v_set(tile->s);
    const void *cost = tile->cost;
    const struct sinkhorn_side column = tile->column;
    float *column_sum = tile->column_sum;
    for (int i = 0; i < tile->rows; i++) {
        size_t row_at = (size_t)i * tile->stride;
        vf whole = v_set(tile->row.whole[i]), shift = v_set(tile->row.shift[i]);
        vf sum = {0};
        for (int group = 0; group < tile->columns; group += COST_PAD) {
            uint64_t mask = within_bound(tile, row_at, group, tile->row.bound[i]);
            while (mask) {
                int l = __builtin_ctzll(mask) / VL * VL, j = group + l;
                mask &= ~((((UINT64_C(1) << VL) - 1)) << l);
                vf p = exp2_fast(exponent_of(cost, column, row_at, j, whole, shift, s, 0));
                if (tile->columns - j < VL) p = (vf)((vi)p & head_mask(tile->columns - j));
                sum += p;
                if (with_columns) v_store(column_sum + j, v_load(column_sum + j) + p);
            }
        }
        tile->row_sum[i] = v_sum(sum);
    }
}

static void sparse(const struct sinkhorn_tile *tile)
{
    if (tile->column_sum) sparse_tile(tile, 1);
    else sparse_tile(tile, 0);
}

/* --- significant entries of one row ------------------------------------------------------------ */

/* the significant ones among VL columns from j on */
INLINE size_t significant_group(const struct sinkhorn_tile *tile, size_t row_at, int j, vf whole,
                                vf shift, vf s, vf floor, const float *column_floor, uint32_t *hit,
                                float *weight, int wide)
{
    vf x = exponent_of(tile->cost, tile->column, row_at, j, whole, shift, s, wide);
    vi above = (vi)(x > floor);
    if (column_floor) above |= (vi)(x > v_load(column_floor + j));
    if (tile->columns - j < VL) above &= head_mask(tile->columns - j);
    size_t found = 0;
#if defined(__AVX512F__)
    __mmask16 mask = _mm512_movepi32_mask((__m512i)above);
    if (!mask) return 0;
    vf p = exp2_fast(x);
    __m512i lane = _mm512_add_epi32(
        _mm512_set1_epi32(j),
        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15));
    _mm512_mask_compressstoreu_epi32(hit, mask, lane);
    _mm512_mask_compressstoreu_ps(weight, mask, (__m512)p);
    found = (size_t)__builtin_popcount(mask);
#else
    vf p = exp2_fast(x);
    for (int l = 0; l < VL; l++)
        if (above[l]) {
            hit[found] = (uint32_t)(j + l);
            weight[found++] = p[l];
        }
#endif
    return found;
}

INLINE size_t significant_of(const struct sinkhorn_tile *tile, int row, float row_floor,
                             const float *column_floor, uint32_t *hit, float *weight, int wide)
{
    size_t row_at = (size_t)row * tile->stride, found = 0;
    vf whole = v_set(tile->row.whole[row]), shift = v_set(tile->row.shift[row]);
    vf s = v_set(tile->s), floor = v_set(row_floor);
    if (wide || !tile->row.bound) {
        for (int j = 0; j < tile->columns; j += VL)
            found += significant_group(tile, row_at, j, whole, shift, s, floor, column_floor,
                                       hit + found, weight + found, wide);
        return found;
    }
    for (int group = 0; group < tile->columns; group += COST_PAD) {
        uint64_t mask = within_bound(tile, row_at, group, tile->row.bound[row]);
        while (mask) {
            int l = __builtin_ctzll(mask) / VL * VL;
            mask &= ~((((UINT64_C(1) << VL) - 1)) << l);
            found += significant_group(tile, row_at, group + l, whole, shift, s, floor,
                                       column_floor, hit + found, weight + found, 0);
        }
    }
    return found;
}

static size_t significant(const struct sinkhorn_tile *tile, int row, float row_floor,
                          const float *column_floor, uint32_t *hit, float *weight)
{
    return tile->wide ? significant_of(tile, row, row_floor, column_floor, hit, weight, 1)
                      : significant_of(tile, row, row_floor, column_floor, hit, weight, 0);
}

static void flush(float *part, const float *factor, size_t n, double *sum)
{
    for (size_t j = 0; j < n; j++) {
        sum[j] += factor ? (double)part[j] * (double)factor[j] : (double)part[j];
        part[j] = 0;
    }
}

const struct sinkhorn_kernels LEVEL(sinkhorn_kernels) = {costs,  exponent,    product,
                                                         sparse, significant, flush};
