/* peak: the largest of several noisy numbers exceeds a given one of them even when all are the
 * same; by how much. Refuses to know what the numbers are: it is told how each depends on the items
 * that were sampled. Source: multiplier bootstrap of a maximum, Chernozhukov, Chetverikov & Kato
 * 2013. */
#pragma once

#include "hmmgrid/rng.h"

#include <stddef.h>

struct peak_floor {
    double mean, sd; /* of the excess when all numbers are the same */
    double p;        /* share of the draws and the excess that are as large as it: .001 at least */
};

/* The floor of excess = largest of `num` numbers - that of `own`.
 *   influence (num, n): of number a, estimated from n items, (n - 1) (mean of it with one item left
 *             out - it without item i), or of a mean, item i - the mean. A row with a NaN is of a
 *             number that is not known: left out
 * 999 draws; NaN where row `own` has a NaN or excess is. */
struct peak_floor peak_floor(const double *influence, size_t num, size_t n, size_t own,
                             double excess, struct rng rng);
