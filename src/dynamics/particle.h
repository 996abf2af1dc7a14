/* particle: log-likelihood of symbol sequences under a network, by a bootstrap particle filter.
 *
 * The network is a state-space model: states h_t driven by Gaussian noise, symbols o_t drawn from
 * softmax(z_t). Each sequence has P particles: they take a step with fresh noise, are weighed by
 * w = softmax(z_t)[o_t], and drawn again in proportion to w (systematic resampling, every step).
 * p^(o_t | o_<t) is their mean weight. The product over t is an unbiased estimate of the likelihood
 * at any P; its logarithm lies below by about half its variance, which falls as 1/P.
 *
 * Source: SCIENCE 8.3; Gordon, Salmond, Smith 1993; Douc & Cappe 2005 (systematic resampling).
 */
#pragma once

#include "ensemble.h"

struct particle_filter {
    int initial_state;         /* enum initial_state: where particles start */
    size_t particles;          /* P */
    size_t side_by_side;       /* sequences filtered at a time */
    size_t block;              /* rows of a product */
    struct ensemble all;       /* (side_by_side P); moved from h to before */
    double *weight, *exponent; /* (side_by_side P) */
    size_t *from;              /* (P) */
};

/* P >= 1 particles a sequence. Memory: about 4 max(P, 512) (2 H + D + K) bytes. STATUS_NO_MEMORY.
 * Free with particle_free, also after a failure. */
int particle_init(struct particle_filter *filter, const struct network *net, int initial_state,
                  size_t particles, struct status *st);
void particle_free(struct particle_filter *filter); /* accepts a zeroed struct */

/* log2 p^(o_1..T) of n sequences, numbers first.. of the stream rng. Symbols are those of h_1..h_T,
 * as in training.
 *   symbols (n, T), each below K; bits (n) out; predictive (n, T, K) out or NULL: p^(k | o_<t)
 * Sequence i depends on (rng, first + i, P, T) only. However small a probability, its logarithm is
 * finite; a forecast below 2^-126 may be 0. NaN for a sequence with a logit that is not finite. */
void particle_log2_likelihood(struct particle_filter *filter, struct rng rng, size_t first,
                              const uint8_t *symbols, size_t n, int T, double *bits,
                              double *predictive);

/* An entropy rate, bits/symbol, estimated by filters as -log2 p^ of a network's own sequences with
 * this standard error (NaN: not known); NaN when that is no estimate: outside 0..log2 K, or known
 * to no better than log2 K. So it is when none of the particles took a turn that the sequence took,
 * and its probability is about 0. Where the rate is near log2 K, estimates that chance alone puts
 * above are lost too: the mean of those that are left is too low. */
double particle_entropy_rate(double bits, double se, int K);

/* Systematic resampling: from (n) out, ascending; index i is taken floor or ceil of
 * n weight[i] / sum times. weight (n) >= 0 with a positive, finite sum; 0 <= u < 1. Indices of
 * weight 0 are not taken. */
void particle_resample(const double *weight, size_t n, double u, size_t *from);
