/* words: how often each word of k symbols occurs, against the HMM (SCIENCE 8.4). */
#pragma once

#include "hmmgrid/metrics.h"

/* Total variation distance between the k-gram frequencies of a sample, all sequences and positions
 * pooled, and the HMM's exact ones averaged over the same positions: 1/2 sum |p^ - p|, of which
 * only the observed words need be enumerated. 1 <= k <= MAX_WORD_LENGTH; NaN when k > T.
 * STATUS_NO_MEMORY. */
int words_total_variation(const struct hmm *hmm, const struct sample *sample, int k, double *out,
                          struct status *st);
