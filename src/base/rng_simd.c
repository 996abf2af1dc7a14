/* rng_simd: Philox4x32-10 (Salmon et al., SC11) and Box-Muller (1958) on whole vectors.
 * Compiled once per kernel level: bits and uniforms are the same at
 * every level, normals at avx2 and avx512; portable normals agree to rounding. */
#include "rng_simd.h"
#include "vector.h"

enum { BLOCKS = 16 };

/* VL blocks from counter `block` on: word[0..3]. Even and odd blocks run side by side in 64-bit lanes,
 * where a product has room; what gathers in the upper halves is never read. */
INLINE void philox(const uint32_t key[2], uint64_t block, vu word[4])
{
    vq lane = {0}, c[2][4] = {{{0}}}; /* even and odd blocks */
    for (int i = 0; i < VL / 2; i++) lane[i] = (uint64_t)(2 * i);
    for (uint64_t odd = 0; odd < 2; odd++) {
        c[odd][0] = lane + (block + odd);
        c[odd][1] = (vq){0} + (block >> 32); /* block is a multiple of VL: no carry */
    }
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        for (int odd = 0; odd < 2; odd++) {
            vq *x = c[odd];
            vq p0 = vq_mul_low(x[0], 0xD2511F53u), p1 = vq_mul_low(x[2], 0xCD9E8D57u);
            x[0] = (p1 >> 32) ^ x[1] ^ (uint64_t)k0;
            x[2] = (p0 >> 32) ^ x[3] ^ (uint64_t)k1;
            x[1] = p1;
            x[3] = p0;
        }
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    for (int w = 0; w < 4; w++) word[w] = vq_interleave(c[0][w], c[1][w]);
}

/* (0, 1]: (bits + 1) / 2^32, rounded to float */
INLINE vf uniform(vu bits)
{
    vf low = v_float((vi)((bits & 255u) + 1u)) * 0x1p-32f;
    return v_float((vi)(bits >> 8)) * 0x1p-24f + low; /* both products are exact */
}

INLINE void box_muller(vu a, vu b, vf *z0, vf *z1)
{
    vf radius = v_sqrt(v_log(uniform(a)) * -2.0f);
    vf sine, cosine;
    v_sincos_turn(b, &sine, &cosine);
    *z0 = radius * cosine;
    *z1 = radius * sine;
}

static void fill_bits(const uint32_t key[2], uint64_t first, size_t num, uint32_t *out)
{
    for (size_t g = 0; g < num; g++, out += RNG_GROUP)
        for (int l = 0; l < BLOCKS; l += VL) {
            vu word[4];
            philox(key, (first + g) * BLOCKS + (uint64_t)l, word);
            for (int w = 0; w < 4; w++) vu_store(out + BLOCKS * w + l, word[w]);
        }
}

static void fill_uniform(const uint32_t key[2], uint64_t first, size_t num, float *out)
{
    for (size_t g = 0; g < num; g++, out += RNG_GROUP)
        for (int l = 0; l < BLOCKS; l += VL) {
            vu word[4];
            philox(key, (first + g) * BLOCKS + (uint64_t)l, word);
            for (int w = 0; w < 4; w++) v_store(out + BLOCKS * w + l, uniform(word[w]));
        }
}

static void fill_normal(const uint32_t key[2], uint64_t first, size_t num, float *out)
{
    for (size_t g = 0; g < num; g++, out += RNG_GROUP)
        for (int l = 0; l < BLOCKS; l += VL) {
            vu word[4];
            vf z[4];
            philox(key, (first + g) * BLOCKS + (uint64_t)l, word);
            box_muller(word[0], word[1], &z[0], &z[1]);
            box_muller(word[2], word[3], &z[2], &z[3]);
            for (int w = 0; w < 4; w++) v_store(out + BLOCKS * w + l, z[w]);
        }
}

const struct rng_kernels LEVEL(rng_kernels) = {fill_bits, fill_uniform, fill_normal};
