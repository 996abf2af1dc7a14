/* matching: the Sinkhorn-matched Euclidean distance between two samples of sequences (SCIENCE 3.1).
 *
 * Cost: the Euclidean distance of one-hot sequences, sqrt(2 * Hamming). Entropic transport with
 * eps = 0.1 and uniform marginals (1/n + 1e-8), until sum |du| + sum |dv| < 0.1 or 1000 iterations;
 * then every column j takes the row i of the largest plan entry (many-to-one, first maximum) and
 * scores sqrt(2 * Hamming(i, j)). Equal sequences have equal potentials: they are one row or column
 * with a count. After ten plain iterations the steps are over-relaxed (Thibault et al. 2021): the
 * plan is nearer to the converged one than that of 1000 plain iterations.
 */
#pragma once

#include "hmmgrid/metrics.h"

struct matching {
    double mean, sd; /* of the distances of the columns; ddof 0 */
    int iterations;
    bool converged; /* false: stopped at 1000 */
};

/* x (n, T), y (m, T), same T, n and m >= 1. Needs about n * m bytes (twice that for T > 255), n and
 * m of the distinct ones; many times slower where exp(-cost/eps) leaves the range of doubles (T >
 * 2450). Same bits at every kernel level. stop (may be NULL) is asked between iterations:
 * STATUS_RUN_STOPPED. STATUS_NO_MEMORY. */
int matching_measure(const struct sample *x, const struct sample *y, const struct stop *stop,
                     struct matching *out, struct status *st);
