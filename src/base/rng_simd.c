/* rng_simd: Philox4x32-10 (Salmon et al., SC11) and Box-Muller (1958) on whole vectors.
 * Compiled once per kernel level; every level gives the same bits. */
#include "rng_simd.h"
#include "vector.h"

enum { BLOCKS = 16 };

/* VL blocks from counter `block` on: word[0..3] */
INLINE void philox(const uint32_t key[2], uint64_t block, vu word[4])
{
    vu lane;
    for (int i = 0; i < VL; i++) lane[i] = (uint32_t)i;
    /* VL divides 16 and block is a multiple of VL: the low half cannot carry */
    vu c0 = vu_set((uint32_t)block) + lane, c1 = vu_set((uint32_t)(block >> 32));
    vu c2 = vu_set(0), c3 = vu_set(0);
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < 10; round++) {
        vu h0, l0, h1, l1;
        vu_mul_wide(c0, 0xD2511F53u, &h0, &l0);
        vu_mul_wide(c2, 0xCD9E8D57u, &h1, &l1);
        c0 = h1 ^ c1 ^ k0;
        c2 = h0 ^ c3 ^ k1;
        c1 = l1;
        c3 = l0;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    word[0] = c0;
    word[1] = c1;
    word[2] = c2;
    word[3] = c3;
}

/* (0, 1]: (bits + 1) / 2^32, rounded to float */
INLINE vf uniform(vu bits)
{
    vf high = v_float((vi)(bits >> 8)) * 0x1p-24f;
    vf low = v_float((vi)((bits & 255u) + 1u)) * 0x1p-32f;
    return high + low;
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
