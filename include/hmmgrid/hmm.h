/* hmm: hidden Markov models with categorical emissions: the presets, exact statistics, sampling,
 * likelihood. M states, K symbols, T steps. Source: SCIENCE sections 1 and 8.2; Rabiner 1989 for
 * the scaled forward recursion. To add a family: one row in the table of src/settings/families.c.
 */
#ifndef HMMGRID_HMM_H
#define HMMGRID_HMM_H

#include "hmmgrid/rng.h"
#include "hmmgrid/settings.h"

struct hmm {
    int states, symbols;
    double *start;      /* (M), owned: the block that also holds the other two */
    double *transition; /* (M, M), row-stochastic */
    double *emission;   /* (M, K), row-stochastic */
};

/* Build the HMM of settings (what is auto is taken as settings_resolve fills it in).
 * STATUS_BAD_GRID when its family cannot serve them (the text says why and what to do). Given rows
 * sum to 1 within 1e-6 and are normalised. STATUS_NO_MEMORY. A failure leaves *hmm zeroed. Free
 * with hmm_free. */
int hmm_init(struct hmm *hmm, const struct settings *s, struct status *st);
void hmm_free(struct hmm *hmm);

/* Fingerprint of the three matrices (bits), for caches and stream keys: 32 hex digits. */
void hmm_fingerprint(const struct hmm *hmm, char hex[33]);

/* n sequences, numbers first..first+n-1 of the stream; sequence i depends on (rng, i, T) only: it
 * owns positions i*S .. i*S + 2T - 1 of rng_bits with S = 2T rounded up to a multiple of 4.
 *   symbols (n, T) out; states (n, T) out or NULL. Inverse CDF, first index whose cumulative sum
 * is > u, u = bits / 2^32; both draws of a step use one uniform each (state, then symbol). */
void hmm_sample(const struct hmm *hmm, struct rng rng, size_t first, size_t n, int T,
                uint8_t *symbols, uint8_t *states);

/* State marginal at step t: start * transition^t. marginal (M) out. */
void hmm_marginal(const struct hmm *hmm, int t, double *marginal);

/* One step on: marginal (M) <- marginal * transition, in place. */
void hmm_step(const struct hmm *hmm, double *marginal);

/* Mean of the state marginals of steps 0..count-1, (M) out; NaN when count is 0. */
void hmm_mean_marginal(const struct hmm *hmm, int count, double *marginal);

/* Exact output statistics averaged over steps of sequences of length T from `start`:
 * frequency (K): mean over t of P(o_t);  joint (K, K): mean over t of P(o_(t-1), o_t), NaN when
 * T = 1 (no step). */
void hmm_output_frequency(const struct hmm *hmm, int T, double *frequency);
void hmm_output_joint(const struct hmm *hmm, int T, double *joint);

/* Expected share of steps at which the symbol changes: 1 - trace of the joint. NaN when T = 1. */
double hmm_change_probability(const struct hmm *hmm, int T);

/* log2 p(o_t | o_<t) for each t into step_bits (T) or NULL; returns the sum in bits (<= 0),
 * -INFINITY when the sequence is impossible (step_bits from there on are -INFINITY). */
double hmm_log2_likelihood(const struct hmm *hmm, const uint8_t *symbols, int T, double *step_bits);

#endif
