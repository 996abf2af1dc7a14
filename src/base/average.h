/* average: mean of independent numbers and its standard error. */
#ifndef HMMGRID_AVERAGE_H
#define HMMGRID_AVERAGE_H

#include <math.h>
#include <stddef.h>

/* Of x (n), each into *mean and *se unless NULL. NaN when undefined: of none; se of one. */
static inline void average(const double *x, size_t n, double *mean, double *se)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    double centre = n ? sum / (double)n : NAN;
    for (size_t i = 0; i < n; i++) squares += (x[i] - centre) * (x[i] - centre);
    if (mean) *mean = centre;
    if (se) *se = n > 1 ? sqrt(squares / (double)(n - 1) / (double)n) : NAN;
}

#endif
