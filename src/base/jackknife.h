/* jackknife: means and ratios of sums over a run whose neighbouring states depend on each other,
 * with standard errors: delete-one jackknife over stretches of the run. Source: Kuensch 1989.
 */
#ifndef HMMGRID_JACKKNIFE_H
#define HMMGRID_JACKKNIFE_H

#include <stddef.h>

enum { JACKKNIFE_STRETCHES = 20 };

struct jackknife { /* zeroed: nothing added */
    double over[JACKKNIFE_STRETCHES], under[JACKKNIFE_STRETCHES];
};

/* Add a term of both sums from item i of n, in the order of the run; under = 1 for a mean. */
void jackknife_add(struct jackknife *jackknife, size_t i, size_t n, double over, double under);

/* Sum over / sum under, and its standard error; NaN when there is nothing to divide by (all of it,
 * or all but one stretch). */
void jackknife_give(const struct jackknife *jackknife, double *value, double *sem);

#endif
