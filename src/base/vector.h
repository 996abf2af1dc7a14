/* vector: the vector type and its few instructions for the *_simd.c files, which are compiled once
 * per kernel level. GCC/clang vector extensions give + - * / & | ^ << >> < on whole vectors; what
 * they lack is wrapped here. Private to those files. Compiled with -ffp-contract=off: a fused
 * multiply-add happens only where v_fma is written.
 *
 * Elementary functions: minimax polynomials after range reduction in the manner of Cephes
 * (Moshier). AVX2 and AVX-512 give the same bits; portable, without fused operations, agrees to
 * rounding.
 */
#pragma once

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

/* of unsigned lanes, correctly rounded at every level */
INLINE vf v_float_unsigned(vu x)
{
#if defined(__AVX512F__)
    return (vf)_mm512_cvtepu32_ps((__m512i)x);
#else
    return v_float((vi)(x >> 16)) * 65536.0f +
           v_float((vi)(x & 0xffffu)); /* the product is exact */
#endif
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

/* b where either is NaN */
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

/* the high halves moved to the low ones; what the high ones then hold is not read. With AVX-512 by
 * a shuffle: shifts would wait for the port of the products. */
INLINE vq vq_high(vq a)
{
#if defined(__AVX512F__)
    return (vq)_mm512_shuffle_epi32((__m512i)a, _MM_PERM_DDBB);
#else
    return a >> 32;
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

/* A point of the unit circle, uniform if the bits are: angle in (-pi/2, pi/2) by the low 31 bits,
 * side by the top one. x = 2 angle / pi; sine / x and cosine are minimax polynomials in x^2 for x
 * to 1 (errors 7e-9 and 2e-10; 2e-7 with rounding), so no quadrant is told apart. */
INLINE void v_circle(vu bits, vf *sine, vf *cosine)
{
    vf x = v_float((vi)(bits << 1)) * 0x1p-31f;
    vf z = x * x;
    vf s = v_fma(v_set(1.516785319e-4f), z, v_set(-4.674157496e-3f));
    s = v_fma(s, z, v_set(7.968992687e-2f));
    s = v_fma(s, z, v_set(-6.459637613e-1f));
    s = v_fma(s, z, v_set(1.570796320f));
    vf c = v_fma(v_set(-2.382491857e-5f), z, v_set(9.177248397e-4f));
    c = v_fma(c, z, v_set(-2.086268839e-2f));
    c = v_fma(c, z, v_set(2.536693228e-1f));
    c = v_fma(c, z, v_set(-1.233700534f));
    c = v_fma(c, z, v_set(1.0f));
    *sine = s * x;
    *cosine = (vf)((vu)c ^ (bits & 0x80000000u));
}

INLINE float v_sum(vf x) /* fixed order: halves */
{
    float s[VL];
    memcpy(s, &x, sizeof s);
    for (int width = VL / 2; width; width /= 2)
        for (int i = 0; i < width; i++) s[i] += s[i + width];
    return s[0];
}
