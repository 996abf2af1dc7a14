/* kendall: see kendall.h. Refuses to choose a side and to correct for autocorrelation. The number
 * of orders with a given count of discordant pairs is the Mahonian recursion (Knuth 3, 5.1.1): the
 * i-th value adds 0 to i - 1 of them, each equally often.
 */
#include "kendall.h"

#include <math.h>
#include <string.h>

enum { MOST_EXACT = 50, MOST_PAIRS = MOST_EXACT * (MOST_EXACT - 1) / 2 };

/* P(|S| >= |score|) of n values without ties */
static double exact_p(int n, double score)
{
    double share[MOST_PAIRS + 1] = {1}, before[MOST_PAIRS + 1], p = 0;
    int pairs = 0; /* most discordant ones so far */
    for (int i = 2; i <= n; i++) {
        double window = 0;
        memcpy(before, share, sizeof before);
        pairs += i - 1;
        for (int d = 0; d <= pairs; d++) {
            window += before[d];
            if (d >= i) window -= before[d - i];
            share[d] = window / i;
        }
    }
    for (int d = 0; d <= pairs; d++)
        if (fabs(pairs - 2.0 * d) >= fabs(score) - 0.5) p += share[d];
    return fmin(p, 1);
}

static double normal_p(double score, double variance)
{
    double z = fmax(fabs(score) - 1, 0) / sqrt(variance);
    return erfc(z / sqrt(2));
}

/* Sums over the groups of equal values in a, of the pairs where neither is NaN. */
struct ties {
    double pairs;    /* t (t - 1) */
    double triples;  /* t (t - 1) (t - 2) */
    double variance; /* t (t - 1) (2 t + 5) */
};

static struct ties count_ties(const double *a, const double *other, int n)
{
    struct ties ties = {0, 0, 0};
    for (int i = 0; i < n; i++) {
        double t = 0; /* size of the group of i, of which i gives its share */
        for (int j = 0; j < n && !isnan(other[i]); j++) t += a[j] == a[i] && !isnan(other[j]);
        if (t < 2) continue;
        ties.pairs += t - 1;
        ties.triples += (t - 1) * (t - 2);
        ties.variance += (t - 1) * (2 * t + 5);
    }
    return ties;
}

void kendall_tau(const double *x, const double *y, int n, struct kendall *out)
{
    *out = (struct kendall){.tau = NAN, .p = NAN};
    for (int i = 0; i < n; i++) {
        if (isnan(x[i]) || isnan(y[i])) continue;
        out->num++;
        for (int j = 0; j < i; j++) {
            /* a NaN compares as neither, and adds nothing */
            int dx = (x[i] > x[j]) - (x[i] < x[j]), dy = (y[i] > y[j]) - (y[i] < y[j]);
            out->score += dx * dy;
        }
    }
    struct ties tx = count_ties(x, y, n), ty = count_ties(y, x, n);
    double num = out->num, all = num * (num - 1);
    if (num < 2 || tx.pairs == all || ty.pairs == all) return;
    out->variance =
        (all * (2 * num + 5) - tx.variance - ty.variance) / 18 + tx.pairs * ty.pairs / (2 * all);
    if (num > 2) out->variance += tx.triples * ty.triples / (9 * all * (num - 2));
    out->tau = 2 * out->score / sqrt((all - tx.pairs) * (all - ty.pairs));
    out->exact = tx.pairs == 0 && ty.pairs == 0 && out->num <= MOST_EXACT;
    out->p = out->exact ? exact_p(out->num, out->score) : normal_p(out->score, out->variance);
}
