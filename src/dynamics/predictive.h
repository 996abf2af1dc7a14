/* predictive: Kullback-Leibler divergences between two forecasts of the next symbol, an HMM's and a
 * particle filter's, given the same past: the KL rate without the luck of which symbol came.
 * Source: SCIENCE 8.3; chain rule of the relative entropy (Cover & Thomas 2006, 2.5).
 */
#pragma once

#include "hmmgrid/hmm.h"

/* Means over the steps of one sequence (T) that is possible under the HMM, bits/symbol, of
 *   *from_hmm = KL(HMM's forecast || predictive), probabilities of predictive taken as >= 2^-126
 *   *to_hmm   = KL(predictive || HMM's forecast), symbols impossible at a step left out of it
 * predictive (T, K): rows of positive sum. Either pointer may be NULL. NaN where predictive is. */
void predictive_divergence(const struct hmm *hmm, const uint8_t *symbols, int T,
                           const double *predictive, double *from_hmm, double *to_hmm);
