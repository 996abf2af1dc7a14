/* autocorrelation: of the indicator of each symbol at lags 0..T/2 (SCIENCE 8.4).
 *
 * With z_t = 1 where the symbol is k and f its overall frequency, the mean over sequences and
 * t < T - lag of (z_t - f)(z_(t+lag) - f), divided by f (1 - f). NaN for a symbol that never or
 * always occurs; 1 at lag 0. out: (K, T/2 + 1).
 */
#pragma once

#include "hmmgrid/metrics.h"

/* Of a sample. STATUS_NO_MEMORY. */
int autocorrelation_sample(const struct sample *sample, int symbols, double *out,
                           struct status *st);

/* The same expression with the HMM's exact probabilities, T = steps, from its start distribution.
 * STATUS_NO_MEMORY. */
int autocorrelation_exact(const struct hmm *hmm, int steps, double *out, struct status *st);
