/* bootstrap: intervals by drawing values again, within groups, as many as there are. The same bits
 * whatever the order of runs and blocks. Pure. Source: STATISTICS (Agarwal 2021, corrected). */
#pragma once

#include "permutation.h"

/* With fewer degrees of freedom, n - 1 of each group, the interval below holds less than .93 of the
 * time (bench_coverage), and Student's t does. */
enum { LEAST_BOOTSTRAP_DF = 16 };

/* Interval of the effect: bootstrap within each group (within pairs), 10,000 times (of more
 * than a thousand values 1,000), deviations
 * times sqrt(n / (n - 1)) for the variance that drawing n of n loses; percentiles. NaN where a
 * group has a single value. STATUS_NO_MEMORY. */
int bootstrap_interval(const struct block *block, int num, struct rng rng, struct interval *out,
                       struct status *st);

/* Interquartile mean of groups (num, the x of blocks) put together, and its interval by the same
 * bootstrap; none (NaN) of groups of fewer than LEAST_MIDDLE values or fewer than LEAST_MIDDLES in
 * all, where it holds less than .93 of the time. STATUS_NO_MEMORY. */
enum { LEAST_MIDDLE = 5, LEAST_MIDDLES = 60 };
int bootstrap_middle(const struct block *block, int num, struct rng rng, double *middle,
                     struct interval *out, struct status *st);
