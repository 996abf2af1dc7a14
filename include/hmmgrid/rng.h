/* rng: counter-based random numbers. A number depends on (key, position) alone, so any rank, any
 * order, any number of threads and any resume draw the same bits.
 *
 * Generator: Philox4x32-10 (Salmon et al., SC11), checked against Random123.
 * Normals: Box-Muller (1958) in float, |z| <= 6.7. Bits and uniforms are the same at every kernel
 * level; normals are the same bits with AVX2 and AVX-512, and within 1e-6 of these with the
 * portable kernel.
 */
#ifndef HMMGRID_RNG_H
#define HMMGRID_RNG_H

#include <stddef.h>
#include <stdint.h>

/* A stream: one purpose of one run. Copy freely. */
struct rng {
    uint32_t key[2];
};

/* The stream of (root seed, run key, purpose). run_key: any text, usually the 32 hex digits of the
 * run's key; purpose: a word such as "init", "data", "noise", "gumbel", "floor". Different
 * purposes give independent streams. */
struct rng rng_stream(uint64_t root_seed, const char *run_key, const char *purpose);

/* A stream below another one (a draw, an epoch, a batch): independent for different i. */
struct rng rng_child(struct rng parent, uint64_t i);

/* 32 random bits at a position (0, 1, 2, ...). */
uint32_t rng_bits(struct rng rng, uint64_t position);

/* Uniform in [0, 1) with 53 bits; uses positions 2p and 2p+1 of rng_bits. */
double rng_uniform(struct rng rng, uint64_t position);

/* out[i] = 32 bits / uniform (0,1] float / standard normal float at position first + i.
 * Any first, any n; multiples of 64 are fastest. */
void rng_fill_bits(struct rng rng, uint64_t first, size_t n, uint32_t *out);
void rng_fill_uniform(struct rng rng, uint64_t first, size_t n, float *out);
void rng_fill_normal(struct rng rng, uint64_t first, size_t n, float *out);

#endif
