/* inference: what a few numbers of each of two groups allow to say: differences, effect sizes,
 * intervals and tests that hold at 3 to 20 seeds. Pure: numbers in, numbers out; NaN where there
 * are too few. An interval has a share of 0.95 unless it says otherwise. Refuses to choose the
 * numbers, and to draw: permutation.h does.
 * x (n) and y (m) are finite and stand for groups A and B; a difference is A - B.
 */
#pragma once

#include <stdbool.h>

struct interval {
    double low, high;
};

/* Of the share of successes among n tries. Source: Wilson 1927. */
struct interval wilson_interval(int successes, int n);

/* A difference of means, its interval, and a two-sided test that it is 0. */
struct difference {
    double value, error, df; /* standard error and degrees of freedom */
    struct interval interval;
    double t, p;
};

/* Of two groups of unequal variance (Welch 1947); of pairs, x[i] with y[i] (n): Student's t. Two
 * values a side at least. */
struct difference difference_welch(const double *x, int n, const double *y, int m);
struct difference difference_paired(const double *x, const double *y, int n);

/* Means against a number: x - value. */
struct difference difference_from(const double *x, int n, double value);

/* Mean of independent ones (num), its degrees of freedom by Satterthwaite 1946. */
struct difference difference_mean(const struct difference *d, int num);

/* Is it within -margin and margin? The larger p-value of two one-sided tests (Schuirmann 1987). */
double equivalence_p(const struct difference *d, double margin);

/* Standardised difference with its exact small-sample factor (Hedges 1981), about the pooled
 * standard deviation; of pairs about the mean variance of both (Cumming 2012). */
double hedges_g(const double *x, int n, const double *y, int m);
double hedges_g_paired(const double *x, const double *y, int n);

/* P(a number of A is larger than one of B), ties half: U / (n m), and its interval (Newcombe 2006,
 * method 5). With fewer values a side that holds less than .93 of the time (.90 of three, where
 * nothing differs; bench_coverage), so there is none. */
enum { LEAST_LARGER = 5 };
struct larger {
    double p;
    struct interval interval;
    int n, m;
};
struct larger p_larger(const double *x, int n, const double *y, int m);

/* Mean of those of several cells (num), its interval by the same method with the mean of their
 * variances; from three values a side, which holds of two cells and more. */
enum { LEAST_LARGER_OF_CELLS = 3 };
struct larger p_larger_mean(const struct larger *larger, int num);

/* Correlation of pairs: what pairing brings. */
double correlation(const double *x, const double *y, int n);

/* Mean of what is left when a quarter, rounded down, is taken from each end: the interquartile mean
 * of rliable. x (n) comes back sorted. */
double interquartile_mean(double *x, int n);

/* p-values (n) by Holm's method, in place, for all that are not NaN. false: memory is out. */
bool holm_adjust(double *p, int n);

/* Values a side with which a two-sample test at a one-sided level of .05 sees P(larger) = p with
 * probability `power`. Source: Noether 1987. */
double noether_n(double p, double power);
