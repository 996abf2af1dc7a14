/* vector: the vector type and its few instructions for the *_simd.c files, which are compiled once
 * per kernel level. GCC/clang vector extensions give + - * / & | ^ << >> < on whole vectors; what
 * they lack is wrapped here. Private to those files. Compiled with -ffp-contract=off: a fused
 * multiply-add happens only where v_fma is written.
 *
 * Elementary functions: minimax polynomials after range reduction in the manner of Cephes (Moshier).
 * AVX2 and AVX-512 give the same bits; portable, without fused operations, agrees to rounding.
 */
#ifndef HMMGRID_VECTOR_H
#define HMMGRID_VECTOR_H

#include <stddef.h>
#include <stdint.h>
#include <string.h>

#if defined(__x86_64__)
#include <immintrin.h>
#endif

#if defined(__AVX512F__)
enum { VL = 16 };
#define LEVEL(name) name##_avx512
#elif defined(__AVX2__)
enum { VL = 8 };
#define LEVEL(name) name##_avx2
#else
enum { VL = 4 };
#define LEVEL(name) name##_portable
#endif

typedef float vf __attribute__((vector_size(VL * 4)));
typedef int32_t vi __attribute__((vector_size(VL * 4)));
typedef uint32_t vu __attribute__((vector_size(VL * 4)));

#define INLINE static inline __attribute__((always_inline, unused))

INLINE vf v_set(float x)
{
    return x - (vf){0};
}

INLINE vu vu_set(uint32_t x)
{
    return x - (vu){0};
}

INLINE vf v_load(const float *p)
{
    vf x;
    memcpy(&x, p, sizeof x);
    return x;
}

INLINE void v_store(float *p, vf x)
{
    memcpy(p, &x, sizeof x);
}

INLINE void vu_store(uint32_t *p, vu x)
{
    memcpy(p, &x, sizeof x);
}

INLINE vf v_float(vi x)
{
    return __builtin_convertvector(x, vf);
}

INLINE vi v_int(vf x) /* toward zero */
{
    return __builtin_convertvector(x, vi);
}

INLINE vf v_select(vi mask, vf yes, vf no)
{
    return (vf)((mask & (vi)yes) | (~mask & (vi)no));
}

/* a * b + c, fused where the level has it */
INLINE vf v_fma(vf a, vf b, vf c)
{
#if defined(__AVX512F__)
    return (vf)_mm512_fmadd_ps((__m512)a, (__m512)b, (__m512)c);
#elif defined(__AVX2__)
    return (vf)_mm256_fmadd_ps((__m256)a, (__m256)b, (__m256)c);
#else
    return a * b + c;
#endif
}

INLINE vf v_sqrt(vf x)
{
#if defined(__AVX512F__)
    return (vf)_mm512_sqrt_ps((__m512)x);
#elif defined(__AVX2__)
    return (vf)_mm256_sqrt_ps((__m256)x);
#elif defined(__SSE2__)
    return (vf)_mm_sqrt_ps((__m128)x);
#else
    for (int i = 0; i < VL; i++) x[i] = __builtin_sqrtf(x[i]);
    return x;
#endif
}

INLINE vf v_max(vf a, vf b)
{
    return v_select((vi)(a > b), a, b);
}

/* 64-bit lanes: the even or the odd 32-bit lanes of a vu, in their low halves */
typedef uint64_t vq __attribute__((vector_size(VL * 4)));

/* products of the low halves with one 32-bit factor */
INLINE vq vq_mul_low(vq a, uint32_t m)
{
#if defined(__AVX512F__)
    return (vq)_mm512_mul_epu32((__m512i)a, _mm512_set1_epi64(m));
#elif defined(__AVX2__)
    return (vq)_mm256_mul_epu32((__m256i)a, _mm256_set1_epi64x(m));
#elif defined(__SSE2__)
    return (vq)_mm_mul_epu32((__m128i)a, _mm_set1_epi64x(m));
#else
    return (a & 0xffffffffu) * (uint64_t)m;
#endif
}

/* even and odd lanes back into one vector */
INLINE vu vq_interleave(vq even, vq odd)
{
#if defined(__AVX512F__)
    return (vu)_mm512_mask_blend_epi32(0xAAAA, (__m512i)even, (__m512i)(odd << 32));
#elif defined(__AVX2__)
    return (vu)_mm256_blend_epi32((__m256i)even, (__m256i)(odd << 32), 0xAA);
#else
    return (vu)((even & 0xffffffffu) | (odd << 32)); /* little-endian lanes */
#endif
}

/* natural logarithm of normal positive x; relative error about 1e-7 */
INLINE vf v_log(vf x)
{
    vi bits = (vi)x;
    vi exponent = ((bits - 0x3f3504f3) >> 23); /* mantissa in [sqrt(1/2), sqrt(2)) */
    vf m = (vf)(bits - (exponent << 23)) - 1.0f;
    vf e = v_float(exponent);
    vf z = m * m;
    vf p = v_set(7.0376836292e-2f);
    p = v_fma(p, m, v_set(-1.1514610310e-1f));
    p = v_fma(p, m, v_set(1.1676998740e-1f));
    p = v_fma(p, m, v_set(-1.2420140846e-1f));
    p = v_fma(p, m, v_set(1.4249322787e-1f));
    p = v_fma(p, m, v_set(-1.6668057665e-1f));
    p = v_fma(p, m, v_set(2.0000714765e-1f));
    p = v_fma(p, m, v_set(-2.4999993993e-1f));
    p = v_fma(p, m, v_set(3.3333331174e-1f));
    vf y = p * m * z;
    y = v_fma(e, v_set(-2.12194440e-4f), y);
    y = v_fma(z, v_set(-0.5f), y);
    return v_fma(e, v_set(0.693359375f), m + y);
}

/* e^x; 0 below about -87, clamped above 88; relative error about 1e-7 */
INLINE vf v_exp(vf x)
{
    vi tiny = (vi)(x < -87.0f);
    x = v_select((vi)(x > 88.0f), v_set(88.0f), x);
    x = v_select(tiny, v_set(-87.0f), x);
    vf n = v_fma(x, v_set(1.44269504088896341f), v_set(12582912.0f)) - 12582912.0f; /* nearest */
    vf r = v_fma(n, v_set(-0.693359375f), x);
    r = v_fma(n, v_set(2.12194440e-4f), r);
    vf p = v_set(1.9875691500e-4f);
    p = v_fma(p, r, v_set(1.3981999507e-3f));
    p = v_fma(p, r, v_set(8.3334519073e-3f));
    p = v_fma(p, r, v_set(4.1665795894e-2f));
    p = v_fma(p, r, v_set(1.6666665459e-1f));
    p = v_fma(p, r, v_set(5.0000001201e-1f));
    vf y = v_fma(p, r * r, r) + 1.0f;
    y = (vf)((vi)y + (v_int(n) << 23));
    return v_select(tiny, (vf){0}, y);
}

/* sine and cosine of 2 pi * bits / 2^32 */
INLINE void v_sincos_turn(vu bits, vf *sine, vf *cosine)
{
    vu shifted = bits + 0x20000000u; /* nearest quarter turn */
    vu quarter = shifted >> 30;
    vi rest = (vi)(shifted & 0x3fffffffu) - 0x20000000; /* eighth turns either side */
    vf a = v_float(rest) * 1.46291807926715968e-9f;     /* 2 pi / 2^32 */
    vf z = a * a;
    vf s = v_fma(v_set(-1.9515295891e-4f), z, v_set(8.3321608736e-3f));
    s = v_fma(v_fma(s, z, v_set(-1.6666654611e-1f)), z * a, a);
    vf c = v_fma(v_set(2.443315711809948e-5f), z, v_set(-1.388731625493765e-3f));
    c = v_fma(c, z, v_set(4.166664568298827e-2f));
    c = v_fma(c, z, v_set(-0.5f));
    c = v_fma(c, z, v_set(1.0f));
    vi swap = -(vi)(quarter & 1);
    vf s1 = v_select(swap, c, s), c1 = v_select(swap, s, c);
    *sine = (vf)((vu)s1 ^ ((quarter & 2) << 30));
    *cosine = (vf)((vu)c1 ^ (((quarter + 1) & 2) << 30));
}

INLINE float v_sum(vf x) /* fixed order: halves */
{
    float s[VL];
    memcpy(s, &x, sizeof s);
    for (int width = VL / 2; width; width /= 2)
        for (int i = 0; i < width; i++) s[i] += s[i + width];
    return s[0];
}

#endif
