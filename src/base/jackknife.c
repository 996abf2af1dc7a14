/* jackknife: see jackknife.h. Refuses to correct the value for bias. */
#include "jackknife.h"

#include <math.h>

void jackknife_add(struct jackknife *j, size_t i, size_t n, double over, double under)
{
    size_t stretch = i * JACKKNIFE_STRETCHES / n;
    j->over[stretch] += over;
    j->under[stretch] += under;
}

void jackknife_give(const struct jackknife *j, double *value, double *sem)
{
    enum { S = JACKKNIFE_STRETCHES };
    double over = 0, under = 0, mean = 0, squares = 0, without[S];
    for (int s = 0; s < S; s++) {
        over += j->over[s];
        under += j->under[s];
    }
    for (int s = 0; s < S; s++) {
        double rest = under - j->under[s];
        without[s] = rest > 0 ? (over - j->over[s]) / rest : NAN;
        mean += without[s];
    }
    mean /= S;
    for (int s = 0; s < S; s++) squares += (without[s] - mean) * (without[s] - mean);
    *value = under > 0 ? over / under : NAN;
    *sem = sqrt(squares * (S - 1) / S);
}
