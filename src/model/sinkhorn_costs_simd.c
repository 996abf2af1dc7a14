/* sinkhorn_costs_simd: Hamming distances of coded sequences, and the order that their 1-byte costs
 * lie in; see sinkhorn_simd.h and sinkhorn_vector.h. Compiled once per kernel level. */
#include "sinkhorn_vector.h"

INLINE vi popcount(vu x)
{
#if defined(__AVX512F__)
    return (vi)_mm512_popcnt_epi32((__m512i)x);
#elif defined(__AVX2__)
    const __m256i low = _mm256_set1_epi8(15);
    const __m256i bits = _mm256_setr_epi8(0, 1, 1, 2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4, 0, 1, 1,
                                          2, 1, 2, 2, 3, 1, 2, 2, 3, 2, 3, 3, 4);
    __m256i v = (__m256i)x;
    __m256i n =
        _mm256_add_epi8(_mm256_shuffle_epi8(bits, _mm256_and_si256(v, low)),
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

INLINE vu or_differ(vu x, vu a, vu b)
{
#if defined(__AVX512F__)
    return (vu)_mm512_ternarylogic_epi32((__m512i)x, (__m512i)a, (__m512i)b, 0xf6);
#else
    return x | (a ^ b);
#endif
}

INLINE vu load_code(const struct sinkhorn_codes *codes, int plane, size_t column)
{
    vu code;
    memcpy(&code, codes->column + (size_t)plane * codes->column_stride + column, sizeof code);
    return code;
}

/* distances of `num` rows to VL columns; own (words, planes, ROWS) */
INLINE void distances(const struct sinkhorn_codes *codes, const uint32_t *own, size_t column,
                      int num, int words, int planes, vi count[ROWS])
{
    for (int r = 0; r < num; r++) count[r] = (vi){0};
    for (int plane = 0; plane < words * planes; plane += planes) {
        vu differ[ROWS], code = load_code(codes, plane, column);
        for (int r = 0; r < num; r++) differ[r] = code ^ vu_set(own[plane * ROWS + r]);
        for (int b = plane + 1; b < plane + planes; b++) {
            code = load_code(codes, b, column);
            for (int r = 0; r < num; r++)
                differ[r] = or_differ(differ[r], code, vu_set(own[b * ROWS + r]));
        }
        for (int r = 0; r < num; r++) count[r] += popcount(differ[r]);
    }
}

/* 2-byte costs of `num` rows from row i on */
INLINE void wide_rows(const struct sinkhorn_tile *tile, const struct sinkhorn_codes *codes,
                      const uint32_t *own, int i, int num, int words, int planes)
{
    uint16_t *row = (uint16_t *)tile->cost + (size_t)i * tile->stride;
    for (int j = 0; j < tile->columns; j += VL) {
        vi count[ROWS];
        distances(codes, own, (size_t)j, num, words, planes, count);
        for (int r = 0; r < num; r++) {
            vs narrow = __builtin_convertvector(count[r], vs);
            memcpy(row + (size_t)r * tile->stride + j, &narrow, sizeof narrow);
        }
    }
}

/* 1-byte costs of `num` rows from row i on, and their sums of 2^(-s c) */
INLINE void narrow_rows(const struct sinkhorn_tile *tile, const struct sinkhorn_codes *codes,
                        const uint32_t *own, int i, int num, int words, int planes,
                        enum sinkhorn_lookup lookup)
{
    uint8_t *row = (uint8_t *)tile->cost + (size_t)i * tile->stride;
    const struct powers powers = powers_of(tile->s, 0, 0, lookup, tile->T);
    float *column_sum = tile->column_sum;
    int columns = tile->columns;
    vf sum[ROWS] = {{0}};
    for (int j = 0; j < columns; j += COST_PAD)
        for (int part = 0; part < PARTS; part++) {
            vu word[ROWS] = {{0}};
#pragma GCC unroll 4
            for (int l = 0; l < 4; l++) {
                vi count[ROWS];
                int at = j + 16 * l + VL * part;
                vf p[ROWS];
                distances(codes, own, (size_t)at, num, words, planes, count);
                for (int r = 0; r < num; r++) {
                    word[r] |= (vu)count[r] << 8 * l;
                    p[r] = look_up(&powers, lookup, (vu)count[r], 0);
                    if (columns - at < VL) p[r] = (vf)((vi)p[r] & head_mask(columns - at));
                    sum[r] += p[r];
                }
                v_store(column_sum + at, v_load(column_sum + at) + sum_rows(p, num));
            }
            for (int r = 0; r < num; r++)
                store_part(row + (size_t)r * tile->stride + j, part, word[r]);
        }
    for (int r = 0; r < num; r++) tile->row_sum[i + r] = v_sum(sum[r]);
}

INLINE void cost_rows(const struct sinkhorn_tile *tile, const struct sinkhorn_codes *codes, int i,
                      int num)
{
    int words = codes->words, planes = codes->planes, T = tile->T;
    uint32_t own[ROWS * 8 * (65536 / CODE_BITS)]; /* at most 8 planes; T <= 65535 */
    for (int w = 0; w < words * planes; w++)
        for (int r = 0; r < num; r++)
            own[w * ROWS + r] = codes->row[(size_t)w * codes->row_stride + (size_t)(i + r)];
    if (tile->wide) {
        wide_rows(tile, codes, own, i, num, words, planes);
        return;
    }
    if (T < 32 && planes == 2)
        narrow_rows(tile, codes, own, i, num, 1, 2, LOOKUP_32);
    else if (T < 32)
        narrow_rows(tile, codes, own, i, num, 1, planes, LOOKUP_32);
    else if (planes != 2)
        narrow_rows(tile, codes, own, i, num, words, planes, LOOKUP_256);
    else if (words == 2)
        narrow_rows(tile, codes, own, i, num, 2, 2, LOOKUP_256);
    else if (words == 4)
        narrow_rows(tile, codes, own, i, num, 4, 2, LOOKUP_256);
    else
        narrow_rows(tile, codes, own, i, num, words, 2, LOOKUP_256);
}

static void costs(const struct sinkhorn_tile *tile, const struct sinkhorn_codes *codes)
{
    int i = 0;
    for (; i + ROWS <= tile->rows; i += ROWS) cost_rows(tile, codes, i, ROWS);
    for (; i < tile->rows; i++) cost_rows(tile, codes, i, 1);
}

/* integers, saturating, to the bytes of the group that starts at `byte` */
INLINE void pack(const vi value[COST_PAD / VL], uint8_t *byte)
{
    for (int part = 0; part < PARTS; part++) {
        vu word = {0};
        for (int l = 0; l < 4; l++) {
            vi x = value[l * PARTS + part], over = (vi)(x > 255);
            word |= (vu)((over & 255) | (~over & (vi)(x > 0) & x)) << 8 * l;
        }
        store_part(byte, part, word);
    }
}

static void steps(const float *whole, size_t n, float most, uint8_t *step)
{
    for (size_t j = 0; j < n; j += COST_PAD) {
        vi value[COST_PAD / VL];
        for (int v = 0; v < COST_PAD / VL; v++)
            value[v] = v_int(most - v_load(whole + j + (size_t)(v * VL)));
        pack(value, step + j);
    }
}

static void bounds(struct sinkhorn_side column, size_t n, float s, float add, uint8_t *bound,
                   size_t stride)
{
    for (size_t j = 0; j < n; j += COST_PAD)
        for (int k = 0; k < BOUND_UNIT; k++) {
            vi value[COST_PAD / VL];
            for (int v = 0; v < COST_PAD / VL; v++) {
                size_t at = j + (size_t)(v * VL);
                vf x = v_load(column.whole + at) + v_load(column.shift + at) * (1 / s) + add;
                x = v_max(x * BOUND_UNIT, v_set(-BOUND_UNIT));
                value[v] = (v_int(x) + (k + 1)) >> BOUND_SHIFT;
            }
            pack(value, bound + (size_t)k * stride + j);
        }
}

const struct sinkhorn_cost_kernels LEVEL(sinkhorn_cost_kernels) = {costs, steps, bounds};
