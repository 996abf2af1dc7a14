/* inference: see inference.h. Refuses to read files and to print. */
#include "inference.h"

#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>

static const double share = 0.95, tail = 0.975;

struct interval wilson_interval(int successes, int n)
{
    double z = normal_quantile(tail), p = (double)successes / n;
    double middle = p + z * z / (2 * n), half = z * sqrt(p * (1 - p) / n + z * z / (4.0 * n * n));
    double under = 1 + z * z / n;
    if (n < 1) return (struct interval){NAN, NAN};
    return (struct interval){successes ? (middle - half) / under : 0,
                             successes < n ? (middle + half) / under : 1};
}

/* --- differences of means --------------------------------------------------------------------- */

static double variance(const double *x, int n)
{
    double sd = sd_about(x, (size_t)n, mean_of(x, (size_t)n), 1);
    return sd * sd;
}

static struct difference give(double value, double error, double df)
{
    struct difference d = {value, error, df, {NAN, NAN}, NAN, NAN};
    if (!(df >= 1)) return d;
    double half = student_t(share, df) * error;
    d.interval = (struct interval){value - half, value + half};
    d.t = value == 0 && error == 0 ? 0 : value / error;
    d.p = error > 0 ? student_p(d.t, df) : value == 0;
    return d;
}

struct difference difference_welch(const double *x, int n, const double *y, int m)
{
    double value = mean_of(x, (size_t)n) - mean_of(y, (size_t)m);
    if (n < 2 || m < 2) return give(value, NAN, NAN);
    double a = variance(x, n) / n, b = variance(y, m) / m;
    double df = (a + b) * (a + b) / (a * a / (n - 1) + b * b / (m - 1));
    return give(value, sqrt(a + b), a + b > 0 ? df : n + m - 2);
}

struct difference difference_from(const double *x, int n, double value)
{
    double mean = mean_of(x, (size_t)n) - value;
    return n < 2 ? give(mean, NAN, NAN) : give(mean, sqrt(variance(x, n) / n), n - 1);
}

struct difference difference_paired(const double *x, const double *y, int n)
{
    double mean = mean_of(x, (size_t)n) - mean_of(y, (size_t)n), squares = 0;
    if (n < 2) return give(mean, NAN, NAN);
    for (int i = 0; i < n; i++) squares += (x[i] - y[i] - mean) * (x[i] - y[i] - mean);
    return give(mean, sqrt(squares / (n - 1) / n), n - 1);
}

struct difference difference_mean(const struct difference *d, int num)
{
    double value = 0, sum = 0, squares = 0, df = 0;
    for (int i = 0; i < num; i++) {
        double v = d[i].error * d[i].error;
        value += d[i].value / num;
        sum += v;
        squares += v > 0 ? v * v / d[i].df : v; /* NaN stays NaN */
        df += d[i].df;
    }
    return give(value, sqrt(sum) / num, sum > 0 ? sum * sum / squares : df);
}

double equivalence_p(const struct difference *d, double margin)
{
    double worst = margin - fabs(d->value); /* to the nearer limit */
    if (!(d->df >= 1)) return NAN;
    if (!(d->error > 0)) return worst > 0 ? 0 : 1;
    double p = student_p(worst / d->error, d->df) / 2;
    return worst > 0 ? p : 1 - p;
}

/* --- effect sizes ----------------------------------------------------------------------------- */

static double hedges_factor(double df)
{
    return exp(lgamma(df / 2) - lgamma((df - 1) / 2)) / sqrt(df / 2);
}

double hedges_g(const double *x, int n, const double *y, int m)
{
    if (n < 2 || m < 2) return NAN;
    double df = n + m - 2, pooled = ((n - 1) * variance(x, n) + (m - 1) * variance(y, m)) / df;
    double value = mean_of(x, (size_t)n) - mean_of(y, (size_t)m);
    return pooled > 0 ? hedges_factor(df) * value / sqrt(pooled) : NAN;
}

double hedges_g_paired(const double *x, const double *y, int n)
{
    if (n < 2) return NAN;
    double both = (variance(x, n) + variance(y, n)) / 2;
    double value = mean_of(x, (size_t)n) - mean_of(y, (size_t)n);
    return both > 0 ? hedges_factor(2.0 * n - 2) * value / sqrt(both) : NAN;
}

/* Variance of U / (n m) where P(larger) is p (Hanley & McNeil 1982, group sizes replaced by their
 * mean as in Newcombe 2006). */
static double larger_variance(double p, int n, int m)
{
    double size = (n + m) / 2.0;
    return p * (1 - p) / n / m * (1 + (size - 1) * ((1 - p) / (2 - p) + p / (1 + p)));
}

/* Variance of the mean over cells, had each this p. */
static double mean_variance(double p, const struct larger *cell, int num)
{
    double sum = 0;
    for (int i = 0; i < num; i++) sum += larger_variance(p, cell[i].n, cell[i].m);
    return sum / num / num;
}

/* The p on the way from the estimate to `end` that is just compatible with it. */
static double larger_limit(double estimate, double end, const struct larger *cell, int num)
{
    double z = normal_quantile(tail), inside = estimate;
    for (int i = 0; i < 60; i++) {
        double p = (inside + end) / 2;
        if (fabs(estimate - p) <= z * sqrt(mean_variance(p, cell, num)))
            inside = p;
        else
            end = p;
    }
    return inside;
}

static struct interval larger_interval(double p, const struct larger *cell, int num)
{
    return (struct interval){larger_limit(p, 0, cell, num), larger_limit(p, 1, cell, num)};
}

struct larger p_larger(const double *x, int n, const double *y, int m)
{
    double sum = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < m; j++) sum += (x[i] > y[j]) + 0.5 * (x[i] == y[j]);
    struct larger larger = {n && m ? sum / n / m : NAN, {NAN, NAN}, n, m};
    if (n >= LEAST_LARGER && m >= LEAST_LARGER)
        larger.interval = larger_interval(larger.p, &larger, 1);
    return larger;
}

struct larger p_larger_mean(const struct larger *larger, int num)
{
    struct larger mean = {num ? 0 : NAN, {NAN, NAN}, 0, 0};
    bool enough = num > 1;
    for (int i = 0; i < num; i++) {
        mean.p += larger[i].p / num;
        mean.n += larger[i].n, mean.m += larger[i].m;
        enough =
            enough && larger[i].n >= LEAST_LARGER_OF_CELLS && larger[i].m >= LEAST_LARGER_OF_CELLS;
    }
    if (enough) mean.interval = larger_interval(mean.p, larger, num);
    return mean;
}

double correlation(const double *x, const double *y, int n)
{
    double a = mean_of(x, (size_t)n), b = mean_of(y, (size_t)n), xx = 0, yy = 0, xy = 0;
    for (int i = 0; i < n; i++) {
        xx += (x[i] - a) * (x[i] - a);
        yy += (y[i] - b) * (y[i] - b);
        xy += (x[i] - a) * (y[i] - b);
    }
    return n > 2 && xx > 0 && yy > 0 ? xy / sqrt(xx * yy) : NAN;
}

double interquartile_mean(double *x, int n)
{
    int cut = n / 4;
    if (n < 1) return NAN;
    sort_numbers(x, (size_t)n);
    return mean_of(x + cut, (size_t)(n - 2 * cut));
}

/* --- families of tests ------------------------------------------------------------------------ */

struct ranked {
    double p;
    int at;
};

static int by_p(const void *a, const void *b)
{
    const struct ranked *x = a, *y = b;
    return x->p != y->p ? (x->p > y->p) - (x->p < y->p) : x->at - y->at;
}

bool holm_adjust(double *p, int n)
{
    struct ranked *ranked = malloc(((size_t)n + 1) * sizeof *ranked);
    int num = 0;
    double most = 0;
    if (!ranked) return false;
    for (int i = 0; i < n; i++)
        if (!isnan(p[i])) ranked[num++] = (struct ranked){p[i], i};
    qsort(ranked, (size_t)num, sizeof *ranked, by_p);
    for (int k = 0; k < num; k++) {
        most = fmax(most, fmin(1, (num - k) * ranked[k].p));
        p[ranked[k].at] = most;
    }
    free(ranked);
    return true;
}

double noether_n(double p, double power)
{
    double z = normal_quantile(0.95) + normal_quantile(power), far = p - 0.5;
    return far != 0 ? z * z / (6 * far * far) : INFINITY;
}
