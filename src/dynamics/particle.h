/* particle: log-likelihood of symbol sequences under a network, by a particle filter.
 *
 * The network is a state-space model: states h_t driven by Gaussian noise, symbols o_t drawn from
 * softmax(z_t). Each sequence has P particles with weights v: they take a step with fresh noise,
 * w = v softmax(z_t)[o_t], and p^(o_t | o_<t) is the sum of w. P are drawn again with probabilities
 * q (systematic resampling, every step) and carry v = w / (q P). So the product over t is an
 * unbiased estimate of the likelihood at any P and whatever q is; its logarithm lies below by about
 * half its variance, which falls as 1/P.
 *
 * q is an auxiliary step: in proportion to sqrt(w) a^(1/4), a the softmax of o_(t+1) in the state
 * that the particle takes to without noise. q = w, the bootstrap filter, loses the sequences in
 * which a symbol comes that the network rarely emits: the few particles that think of it leave no
 * descendants but theirs, and the next symbol has none. The root keeps the others; the glance ahead
 * keeps those that go where the sequence goes. Of powers 0.2 to 1 and 0 to 1 these have the least
 * variance on trained networks: that of log2 p^ of 60 HMM sequences of 30 symbols at P = 256 has a
 * root mean square of 2.2 bits instead of 46 on the hardest one of tests/golden, of 0.8 instead of
 * 1.4 on another, at 1.2 times the time.
 *
 * Source: SCIENCE 8.3; Gordon, Salmond, Smith 1993; Pitt & Shephard 1999 (auxiliary step); Douc &
 * Cappe 2005 (systematic resampling).
 */
#pragma once

#include "ensemble.h"

struct particle_filter {
    int initial_state;   /* enum initial_state: where particles start */
    size_t particles;    /* P */
    size_t side_by_side; /* sequences filtered at a time */
    size_t block;        /* rows of a product */
    struct ensemble all; /* (side_by_side P); h: W h of the states, before: moved ones */
    float *recurrent;    /* (side_by_side P, H) W h of the moved states; owner */
    double *carried;     /* (side_by_side P) log v; owner of all below */
    double *weight;      /* (side_by_side P) log w, then over their sum */
    double *ahead;       /* (side_by_side P) log a */
    double *soft;        /* (side_by_side P, K) log softmax(z) */
    double *scratch;     /* (P) */
    size_t *from;        /* (P) */
};

/* P >= 1 particles a sequence. Memory: about max(P, 512) (12 H + 4 D + 12 K) bytes.
 * STATUS_NO_MEMORY. Free with particle_free, also after a failure. */
int particle_init(struct particle_filter *filter, const struct network *net, int initial_state,
                  size_t particles, struct status *st);
void particle_free(struct particle_filter *filter); /* accepts a zeroed struct */

/* log2 p^(o_1..T) of n sequences, numbers first.. of the stream rng. Symbols are those of h_1..h_T,
 * as in training.
 *   symbols (n, T), each below K; bits (n) out
 *   forecast (n, T, K) out or NULL: log2 p^(k | o_<t), of probabilities that sum to 1
 * Sequence i depends on (rng, first + i, P, T) only. However small a probability, its logarithm is
 * finite. NaN for a sequence with a logit that is not finite. */
void particle_log2_likelihood(struct particle_filter *filter, struct rng rng, size_t first,
                              const uint8_t *symbols, size_t n, int T, double *bits,
                              double *forecast);

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
