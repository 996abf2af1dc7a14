/* rng_simd: Philox4x32-10 (Salmon et al., SC11) and Box-Muller (1958) on whole vectors.
 * Compiled once per kernel level: bits and uniforms are the same at
 * every level, normals at avx2 and avx512; portable normals agree to rounding. */
#include "rng_simd.h"
#include "vector.h"

enum { BLOCKS = 16 };

enum { ROUNDS = 10 };

/* the keys of all rounds in every lane, made once a call: broadcasting them in the loop would cost
 * a tenth of it */
struct schedule {
    vq key[ROUNDS][2];
};

INLINE struct schedule schedule_of(const uint32_t key[2])
{
    struct schedule s;
    uint32_t k0 = key[0], k1 = key[1];
    for (int round = 0; round < ROUNDS; round++) {
        s.key[round][0] = (vq){0} + (uint64_t)k0;
        s.key[round][1] = (vq){0} + (uint64_t)k1;
        k0 += 0x9E3779B9u;
        k1 += 0xBB67AE85u;
    }
    return s;
}

/* Vectors of blocks that run side by side: two with 32 registers, since one round of one vector
 * waits longer for its products than it computes. */
#if defined(__AVX512F__)
enum { ABREAST = 2 };
#else
enum { ABREAST = 1 };
#endif

/* `num` <= ABREAST times VL blocks, the first ones from counter `block` on, the next from block +
 * BLOCKS: word[.][0..3]. Even and odd blocks run in 64-bit lanes, where a product has room; what
 * gathers in the upper halves is never read. */
INLINE void philox(const struct schedule *schedule, uint64_t block, int num, vu word[][4])
{
    vq lane = {0}, c[2 * ABREAST][4] = {{{0}}}; /* even and odd blocks */
    for (int i = 0; i < VL / 2; i++) lane[i] = (uint64_t)(2 * i);
    for (int v = 0; v < 2 * num; v++) {
        uint64_t from = block + (uint64_t)(v / 2) * BLOCKS;
        c[v][0] = lane + (from + (uint64_t)(v & 1));
        c[v][1] = (vq){0} + (from >> 32); /* a multiple of VL: no carry */
    }
    for (int round = 0; round < ROUNDS; round++)
        for (int v = 0; v < 2 * num; v++) {
            vq *x = c[v];
            vq p0 = vq_mul_low(x[0], 0xD2511F53u), p1 = vq_mul_low(x[2], 0xCD9E8D57u);
            x[0] = vq_high(p1) ^ x[1] ^ schedule->key[round][0];
            x[2] = vq_high(p0) ^ x[3] ^ schedule->key[round][1];
            x[1] = p1;
            x[3] = p0;
        }
    for (int v = 0; v < num; v++)
        for (int w = 0; w < 4; w++) word[v][w] = vq_interleave(c[2 * v][w], c[2 * v + 1][w]);
}

/* (0, 1]: (bits + 1) / 2^32, rounded to float */
INLINE vf uniform(vu bits)
{
    vf low = v_float((vi)((bits & 255u) + 1u)) * 0x1p-32f;
    return v_float((vi)(bits >> 8)) * 0x1p-24f + low; /* both products are exact */
}

INLINE void box_muller(vu a, vu b, vf *z0, vf *z1)
{
    vf u = v_float_unsigned(a | 1u) * 0x1p-32f; /* never 0 */
    vf radius = v_sqrt(v_log(u) * -2.0f);
    vf sine, cosine;
    v_circle(b, &sine, &cosine);
    *z0 = radius * cosine;
    *z1 = radius * sine;
}

/* num <= ABREAST groups into out */
INLINE void make_groups(const struct schedule *schedule, uint64_t group, int num,
                        enum rng_kind kind, void *out)
{
    for (int l = 0; l < BLOCKS; l += VL) {
        vu word[ABREAST][4];
        vf z[ABREAST][4];
        philox(schedule, group * BLOCKS + (uint64_t)l, num, word);
        for (int v = 0; v < num; v++) {
            if (kind == RNG_NORMAL) {
                box_muller(word[v][0], word[v][1], &z[v][0], &z[v][1]);
                box_muller(word[v][2], word[v][3], &z[v][2], &z[v][3]);
            }
            for (int w = 0; w < 4; w++) {
                size_t at = (size_t)(RNG_GROUP * v + BLOCKS * w + l);
                if (kind == RNG_BITS) vu_store((uint32_t *)out + at, word[v][w]);
                if (kind == RNG_UNIFORM) v_store((float *)out + at, uniform(word[v][w]));
                if (kind == RNG_NORMAL) v_store((float *)out + at, z[v][w]);
            }
        }
    }
}

INLINE void all_groups(const struct schedule *schedule, uint64_t first, size_t num,
                       enum rng_kind kind, void *out)
{
    size_t g = 0;
    for (; g + ABREAST <= num; g += ABREAST)
        make_groups(schedule, first + g, ABREAST, kind, (uint32_t *)out + g * RNG_GROUP);
    for (; g < num; g++) make_groups(schedule, first + g, 1, kind, (uint32_t *)out + g * RNG_GROUP);
}

/* The schedule stays in memory: as an argument of functions that are not inlined it is not made
 * anew in the loop. */
#define GROUPS static __attribute__((noinline)) void

GROUPS bits_groups(const struct schedule *schedule, uint64_t first, size_t num, uint32_t *out)
{
    all_groups(schedule, first, num, RNG_BITS, out);
}

GROUPS uniform_groups(const struct schedule *schedule, uint64_t first, size_t num, float *out)
{
    all_groups(schedule, first, num, RNG_UNIFORM, out);
}

GROUPS normal_groups(const struct schedule *schedule, uint64_t first, size_t num, float *out)
{
    all_groups(schedule, first, num, RNG_NORMAL, out);
}

static void fill(enum rng_kind kind, const uint32_t key[2], uint64_t first, size_t num, void *out)
{
    const struct schedule schedule = schedule_of(key);
    if (kind == RNG_BITS) bits_groups(&schedule, first, num, out);
    if (kind == RNG_UNIFORM) uniform_groups(&schedule, first, num, out);
    if (kind == RNG_NORMAL) normal_groups(&schedule, first, num, out);
}

const struct rng_kernels LEVEL(rng_kernels) = {fill};
