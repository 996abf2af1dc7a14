/* runlength: how long a symbol lasts, against the HMM (SCIENCE 8.4). A run is a maximal stretch of
 * one symbol within a window of T steps; runs that the window cuts count with the length seen. */
#pragma once

#include "hmmgrid/metrics.h"

/* Runs of each symbol and length in a sample, all sequences pooled:
 *   count (K, T) out; [k * T + L - 1] = number of runs of L times symbol k */
void runlength_count(const struct sample *sample, int symbols, double *count);

/* Expected number of runs of `symbol` and each length in one window of T steps from the HMM's start
 * distribution, exact: count (T) out. STATUS_NO_MEMORY. */
int runlength_exact(const struct hmm *hmm, int symbol, int T, double *count, struct status *st);

/* Kolmogorov-Smirnov distance of two distributions given as counts (T): the largest difference of
 * their cumulative shares. 1 when one of them is empty, NaN when both are. */
double runlength_ks(const double *count, const double *expected, int T);

/* Of every symbol between a sample and the HMM: out (K). STATUS_NO_MEMORY. */
int runlength_distances(const struct hmm *hmm, const struct sample *sample, double *out,
                        struct status *st);
