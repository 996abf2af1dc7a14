/* predictive: Kullback-Leibler divergences between two forecasts of the next symbol, an HMM's and a
 * particle filter's, given the same past: the KL rate without the luck of which symbol came, and
 * never below 0.
 * Source: SCIENCE 8.3; chain rule of the relative entropy (Cover & Thomas 2006, 2.5).
 */
#pragma once

#include "hmmgrid/hmm.h"

/* Mean over the steps of one sequence (T) that is possible under the HMM, bits/symbol, of
 *   of_hmm:  KL(the HMM's forecast p || q)
 *   not:     KL(q || p), symbols impossible at a step left out of q
 * forecast (T, K): log2 q, finite, as of particle_log2_likelihood.
 *   share (K) out or NULL: what each symbol contributes, for KL(p || q) p log2(p / q) + (q - p) /
 *   ln 2, which is 0 or more and sums to the same.
 * NaN where the forecast is. */
double predictive_divergence(const struct hmm *hmm, const uint8_t *symbols, int T,
                             const double *forecast, bool of_hmm, double *share);
