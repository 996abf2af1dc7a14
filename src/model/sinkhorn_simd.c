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

/* table[c] for table_size entries; `size` is a constant where it matters */
INLINE vf look_up(const float *table, int size, vi c)
{
#if defined(__AVX512F__)
    __m512i index = (__m512i)c;
    if (size <= 128) {
        __m512 low = _mm512_permutex2var_ps(_mm512_loadu_ps(table), index,
                                            _mm512_loadu_ps(table + 16));
        if (size == 32) return (vf)low;
        __m512 next = _mm512_permutex2var_ps(_mm512_loadu_ps(table + 32), index,
                                             _mm512_loadu_ps(table + 48));
        __mmask16 bit5 = _mm512_test_epi32_mask(index, _mm512_set1_epi32(32));
        low = _mm512_mask_blend_ps(bit5, low, next);
        if (size == 64) return (vf)low;
        __m512 third = _mm512_permutex2var_ps(_mm512_loadu_ps(table + 64), index,
                                              _mm512_loadu_ps(table + 80));
        __m512 fourth = _mm512_permutex2var_ps(_mm512_loadu_ps(table + 96), index,
                                               _mm512_loadu_ps(table + 112));
        third = _mm512_mask_blend_ps(bit5, third, fourth);
        return (vf)_mm512_mask_blend_ps(_mm512_test_epi32_mask(index, _mm512_set1_epi32(64)), low,
                                        third);
    }
    return (vf)_mm512_i32gather_ps(index, table, 4);
#elif defined(__AVX2__)
    (void)size;
    return (vf)_mm256_i32gather_ps(table, (__m256i)c, 4);
#else
    (void)size;
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
    for (size_t j = 0; j < columns; j += VL) {
        vi count = {0};
        for (int w = 0; w < words; w++) {
            vu differ = {0};
            for (int b = 0; b < planes; b++) {
                vu code;
                memcpy(&code, y + (size_t)(w * planes + b) * stride + j, sizeof code);
                differ |= code ^ vu_set(x[w * planes + b]);
            }
            count += popcount(differ);
        }
        if (wide) {
            vs narrow = __builtin_convertvector(count, vs);
            memcpy((uint16_t *)out + j, &narrow, sizeof narrow);
        } else {
            vb narrow = __builtin_convertvector(count, vb);
            memcpy((uint8_t *)out + j, &narrow, sizeof narrow);
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

INLINE void product_tile(const struct sinkhorn_tile *tile, int wide, int size, int with_columns)
{
    int columns = tile->columns, full = columns / VL * VL;
    vi tail = head_mask(columns - full);
    const void *cost = tile->cost;
    const float *table = tile->table, *column = tile->column.shift;
    float *column_sum = tile->column_sum;
    for (int i = 0; i < tile->rows; i++) {
        size_t row_at = (size_t)i * tile->stride;
        vf factor = v_set(tile->row.shift[i]);
        vf sum = {0};
        for (int j = 0; j < full; j += VL) {
            vf k = look_up(table, size, load_cost(cost, row_at + (size_t)j, wide));
            sum = v_fma(k, v_load(column + j), sum);
            if (with_columns)
                v_store(column_sum + j, v_fma(k, factor, v_load(column_sum + j)));
        }
        if (full < columns) {
            vi c = load_cost(cost, row_at + (size_t)full, wide) & tail;
            vf k = (vf)((vi)look_up(table, size, c) & tail);
            sum = v_fma(k, (vf)((vi)v_load(column + full) & tail), sum);
            if (with_columns)
                v_store(column_sum + full,
                        v_fma(k, factor, v_load(column_sum + full)));
        }
        tile->row_sum[i] = v_sum(sum);
    }
}

static void product(const struct sinkhorn_tile *tile)
{
    int with_columns = tile->column_sum != NULL;
    if (tile->wide) {
        if (with_columns) product_tile(tile, 1, 1 << 16, 1);
        else product_tile(tile, 1, 1 << 16, 0);
        return;
    }
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
}

/* --- significant entries of one row ------------------------------------------------------------ */

INLINE size_t significant_of(const struct sinkhorn_tile *tile, int row, float row_floor,
                             const float *column_floor, uint32_t *hit, float *weight, int wide)
{
    size_t row_at = (size_t)row * tile->stride, found = 0;
    vf whole = v_set(tile->row.whole[row]), shift = v_set(tile->row.shift[row]);
    vf s = v_set(tile->s), floor = v_set(row_floor);
    for (int j = 0; j < tile->columns; j += VL) {
        vf x = exponent_of(tile->cost, tile->column, row_at, j, whole, shift, s, wide);
        vi above = (vi)(x > floor);
        if (column_floor) above |= (vi)(x > v_load(column_floor + j));
        if (tile->columns - j < VL) above &= head_mask(tile->columns - j);
#if defined(__AVX512F__)
        __mmask16 mask = _mm512_movepi32_mask((__m512i)above);
        if (!mask) continue;
        vf p = exp2_fast(x);
        __m512i lane = _mm512_add_epi32(_mm512_set1_epi32(j),
                                        _mm512_setr_epi32(0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12,
                                                          13, 14, 15));
        _mm512_mask_compressstoreu_epi32(hit + found, mask, lane);
        _mm512_mask_compressstoreu_ps(weight + found, mask, (__m512)p);
        found += (size_t)__builtin_popcount(mask);
#else
        int any = 0;
        for (int l = 0; l < VL; l++) any |= above[l];
        if (!any) continue;
        vf p = exp2_fast(x);
        for (int l = 0; l < VL; l++)
            if (above[l]) {
                hit[found] = (uint32_t)(j + l);
                weight[found++] = p[l];
            }
#endif
    }
    return found;
}

static size_t significant(const struct sinkhorn_tile *tile, int row, float row_floor,
                          const float *column_floor, uint32_t *hit, float *weight)
{
    return tile->wide ? significant_of(tile, row, row_floor, column_floor, hit, weight, 1)
                      : significant_of(tile, row, row_floor, column_floor, hit, weight, 0);
}

const struct sinkhorn_kernels LEVEL(sinkhorn_kernels) = {costs, exponent, product, significant};
