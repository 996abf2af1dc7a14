/* sinkhorn_vector: what the *_simd.c files of sinkhorn share: the order of the costs in memory,
 * 2^x, and tables of powers that lie in registers. Private to those files.
 *
 * Order of 1-byte costs: groups of 64 columns; byte 4 k + l of a group belongs to column 16 l + k.
 * A shift of 32-bit lanes by 8 l then gives the costs of consecutive columns, without a shuffle.
 * 2-byte costs lie in the order of the columns.
 */
#pragma once

#include "sinkhorn_simd.h"
#include "base/vector.h"

#include <math.h>

enum { PARTS = 16 / VL }; /* vectors that hold the bytes of a group */
enum { ROWS = 4 };        /* of a tile at once: the columns' arrays are read once for all */

INLINE vi lanes(void)
{
    vi lane;
    for (int i = 0; i < VL; i++) lane[i] = i;
    return lane;
}

/* p_0 + ... in pairs: fewer roundings of the column sum that it is added to */
INLINE vf sum_rows(const vf p[ROWS], int num)
{
    return num == ROWS ? (p[0] + p[1]) + (p[2] + p[3]) : p[0];
}

/* all ones in the first `left` lanes */
INLINE vi head_mask(int left)
{
    return (vi)(lanes() < left);
}

/* bytes 4 VL part ... of the group that starts at p */
INLINE vu load_part(const uint8_t *p, int part)
{
    vu x;
    memcpy(&x, p + 4 * VL * part, sizeof x);
    return x;
}

INLINE void store_part(uint8_t *p, int part, vu x)
{
    memcpy(p + 4 * VL * part, &x, sizeof x);
}

typedef uint16_t vs __attribute__((vector_size(VL * 2)));

INLINE vi load_wide(const uint16_t *p)
{
    vs x;
    memcpy(&x, p, sizeof x);
    return __builtin_convertvector(x, vi);
}

/* 2^x: 0 below -126, infinity above 128; relative error 6e-8, one rounding: at large eps, every
 * error of the plan is multiplied by eps */
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
    vf p = v_set(1.535336188e-4f); /* Cephes (Moshier), exp2f */
    p = v_fma(p, r, v_set(1.339887440e-3f));
    p = v_fma(p, r, v_set(9.618437358e-3f));
    p = v_fma(p, r, v_set(5.550332471e-2f));
    p = v_fma(p, r, v_set(2.402264791e-1f));
    p = v_fma(p, r, v_set(6.931472029e-1f));
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

/* --- R(c) = 2^(s (whole - c) + shift) of one row, by look-up -------------------------------- */

/* LOOKUP_32 and LOOKUP_WINDOW: all 32 values lie in registers. Else R is a product of factors for
 * the low and the high bits of c; those that all rows share lie within 2^+-(s reach). AVX2 has two
 * factors for LOOKUP_32 as well, fewer shuffles than 32 values; portable has a table in memory. */
struct powers {
#if defined(__AVX512F__)
    __m512 low, high;
#elif defined(__AVX2__)
    __m256 part[4];
#else
    float table[256];
#endif
};

/* for costs up to T */
INLINE int reach_of(int T)
{
#if defined(__AVX512F__)
    return T < 32 ? 0 : 8;
#elif defined(__AVX2__)
    return T < 64 ? 4 : 4 + 32;
#else
    (void)T;
    return 0;
#endif
}

/* R(first + step lane) */
INLINE vf power(float s, float whole, float shift, int first, int step)
{
    return exp2_fast(v_fma(v_set(s), v_set(whole) - v_float(first + step * lanes()), v_set(shift)));
}

INLINE struct powers powers_of(float s, float whole, float shift, enum sinkhorn_lookup lookup,
                               int T)
{
    struct powers p;
    (void)T;
#if defined(__AVX512F__)
    int factors = lookup == LOOKUP_64 || lookup == LOOKUP_256;
    p.low = (__m512)(factors ? power(s, 8, 0, 0, 1) : power(s, whole, shift, 0, 1));
    p.high = (__m512)(factors ? power(s, whole, shift, 8, 16) : power(s, whole, shift, 16, 1));
#elif defined(__AVX2__)
    for (int i = 0; i < 4; i++) p.part[i] = (__m256)power(s, whole, shift, 8 * i, 1);
    if (lookup == LOOKUP_WINDOW) return p;
    p.part[0] = (__m256)power(s, 4, 0, 0, 1);
    p.part[1] =
        (__m256)(lookup == LOOKUP_256 ? power(s, 32, 0, 0, 8) : power(s, whole, shift, 4, 8));
    p.part[2] = (__m256)power(s, whole, shift, 4 + 32, 64);
#else
    int size = lookup == LOOKUP_WINDOW ? WINDOW : T + 1;
    for (int c = 0; c < size; c += VL) v_store(p.table + c, power(s, whole, shift, c, 1));
#endif
    return p;
}

/* R of the costs in byte l of each lane */
INLINE vf look_up(const struct powers *powers, enum sinkhorn_lookup lookup, vu word, int l)
{
#if defined(__AVX512F__)
    __m512i c = (__m512i)(word >> 8 * l); /* only the low 5 (4) bits of an index count */
    if (lookup == LOOKUP_32 || lookup == LOOKUP_WINDOW)
        return (vf)_mm512_permutex2var_ps(powers->low, c, powers->high);
    __m512i high = (__m512i)(word >> (8 * l + 4));
    return (vf)_mm512_mul_ps(_mm512_permutexvar_ps(c, powers->low),
                             _mm512_permutexvar_ps(high, powers->high));
#elif defined(__AVX2__)
    __m256i c = (__m256i)(word >> 8 * l), next = (__m256i)(word >> (8 * l + 3));
    const __m256 *part = powers->part; /* only the low 3 bits of an index count */
    __m256 a = _mm256_permutevar8x32_ps(part[0], c);
    if (lookup != LOOKUP_WINDOW) {
        a = _mm256_mul_ps(a, _mm256_permutevar8x32_ps(part[1], next));
        if (lookup != LOOKUP_256) return (vf)a;
        __m256i high = (__m256i)(word >> (8 * l + 6) & 3);
        return (vf)_mm256_mul_ps(a, _mm256_permutevar8x32_ps(part[2], high));
    }
    __m256 bit3 = (__m256)_mm256_slli_epi32(next, 31);
    __m256 bit4 = (__m256)_mm256_slli_epi32(next, 30);
    a = _mm256_blendv_ps(a, _mm256_permutevar8x32_ps(part[1], c), bit3);
    __m256 b = _mm256_blendv_ps(_mm256_permutevar8x32_ps(part[2], c),
                                _mm256_permutevar8x32_ps(part[3], c), bit3);
    return (vf)_mm256_blendv_ps(a, b, bit4);
#else
    (void)lookup;
    vu c = word >> 8 * l & 255;
    const float *table = powers->table;
    return (vf){table[c[0]], table[c[1]], table[c[2]], table[c[3]]};
#endif
}

/* window: costs beyond its end have the last value: 0; those below, if any, the first: infinity */
INLINE void close_window(struct powers *p, int below)
{
    float first = below ? INFINITY : 0;
#if defined(__AVX512F__)
    if (below) p->low = _mm512_mask_mov_ps(p->low, 1, _mm512_set1_ps(first));
    p->high = _mm512_maskz_mov_ps(0x7fff, p->high);
#elif defined(__AVX2__)
    if (below) p->part[0] = _mm256_blend_ps(p->part[0], _mm256_set1_ps(first), 1);
    p->part[3] = _mm256_blend_ps(p->part[3], _mm256_setzero_ps(), 128);
#else
    if (below) p->table[0] = first;
    p->table[WINDOW - 1] = 0;
#endif
}

/* bytes min(max(cost + step - base, 0), WINDOW - 1) */
INLINE vu into_window(vu cost, vu step, uint8_t base)
{
#if defined(__AVX512F__)
    __m512i sum = _mm512_adds_epu8((__m512i)cost, (__m512i)step);
    sum = _mm512_subs_epu8(sum, _mm512_set1_epi8((char)base));
    return (vu)_mm512_min_epu8(sum, _mm512_set1_epi8(WINDOW - 1));
#elif defined(__AVX2__)
    __m256i sum = _mm256_adds_epu8((__m256i)cost, (__m256i)step);
    sum = _mm256_subs_epu8(sum, _mm256_set1_epi8((char)base));
    return (vu)_mm256_min_epu8(sum, _mm256_set1_epi8(WINDOW - 1));
#else
    vu word = {0};
    for (int l = 0; l < 4; l++) {
        vi c = (vi)((cost >> 8 * l & 255) + (step >> 8 * l & 255)) - base;
        vi over = (vi)(c > WINDOW - 1);
        word |= (vu)((over & (WINDOW - 1)) | (~over & (vi)(c > 0) & c)) << 8 * l;
    }
    return word;
#endif
}
