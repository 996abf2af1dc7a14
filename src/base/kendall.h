/* kendall: rank correlation of two series, Kendall's tau-b, and how likely it is without a trend.
 */
#ifndef HMMGRID_KENDALL_H
#define HMMGRID_KENDALL_H

#include <stdbool.h>

struct kendall {
    int num;         /* pairs (x, y) used: those where neither is NaN */
    double score;    /* S: concordant minus discordant pairs of pairs */
    double variance; /* of S when every order of y is equally likely, ties kept */
    double tau;      /* tau-b; NaN: fewer than 2, or x or y is constant */
    double p;   /* two-sided, of |S| or more when every order of y is equally likely: successive
                   values are taken as independent. NaN where tau is */
    bool exact; /* p counts all orders: no ties, at most 50; otherwise the normal limit with
                   a correction of continuity */
};

/* x, y (n). Time n^2, no memory. Source: Kendall 1970, chapters 3 to 5. */
void kendall_tau(const double *x, const double *y, int n, struct kendall *out);

#endif
