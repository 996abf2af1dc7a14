/* statistics: a mean and how sure it is, of independent numbers and of a run whose neighbours
 * depend on each other; a trend; distributions. NaN wherever something is not defined. Refuses to
 * leave out NaN, but where it says so.
 */
#pragma once

#include <stdbool.h>
#include <stddef.h>

/* --- independent numbers x (n) ---------------------------------------------------------------- */

/* bits when it lies where the entropy rate of that many symbols does, from 0 to their log2 (what
 * rounding puts 1e-6 beyond an end is the end); NaN: it is none. */
double entropy_rate_of(double bits, int symbols);

/* Sum over n; of shares: the sum of x / n, which rounds otherwise and does not overflow. */
double mean_of(const double *x, size_t n);
double mean_of_shares(const double *x, size_t n);

/* Put into ascending order, none of them NaN. */
void sort_numbers(double *x, size_t n);

/* About a mean that was taken before: standard deviation, divided by n - ddof (n > ddof), and
 * standard error of the mean (ddof 1). */
double sd_about(const double *x, size_t n, double mean, int ddof);
double sem_about(const double *x, size_t n, double mean);

/* --- numbers added one by one ----------------------------------------------------------------- */

struct sums { /* zeroed: nothing added */
    double num, sum, squares;
};
void sums_add(struct sums *sums, double x);
double sums_mean(const struct sums *sums);
double sums_variance(const struct sums *sums); /* ddof 0 */
double sums_sd(const struct sums *sums);       /* ddof 1 */

/* --- jackknife: sums over a run --------------------------------------------------------------- */

/* Means and ratios of sums over a run, with standard errors: delete-one jackknife over stretches of
 * it. Source: Kuensch 1989. */
enum { JACKKNIFE_STRETCHES = 20 };

struct jackknife { /* zeroed: nothing added */
    double over[JACKKNIFE_STRETCHES], under[JACKKNIFE_STRETCHES];
};

/* Add a term of both sums from item i of n, in the order of the run; under = 1 for a mean. */
void jackknife_add(struct jackknife *jackknife, size_t i, size_t n, double over, double under);

/* Sum over / sum under, and its standard error; NaN when there is nothing to divide by (all of it,
 * or all but one stretch). */
void jackknife_give(const struct jackknife *jackknife, double *value, double *sem);

/* Standard error of an estimate by its values left_out (n) with one block left out each (Efron
 * 1982). */
double jackknife_error(const double *left_out, size_t n);

/* --- a trend ---------------------------------------------------------------------------------- */

/* Rank correlation of two series, Kendall's tau-b, and how likely it is without a trend. */
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

/* --- distributions ---------------------------------------------------------------------------- */

/* The t that |T| stays below with probability `share`, in (0, 1), at df >= 1 degrees of freedom,
 * whole or not: 0.95 gives the half width of a 95 % interval in standard errors. Relative error
 * below 1e-9. */
double student_t(double share, double df);

/* P(|T| > |t|) at df >= 1 degrees of freedom: a two-sided p-value. NaN where t is. */
double student_p(double t, double df);

/* The z that a standard normal number stays below with this probability, in (0, 1). Error below
 * 1e-12 for 1e-12 < p < 1 - 1e-12. */
double normal_quantile(double p);
