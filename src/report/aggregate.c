/* aggregate: see aggregate.h. Refuses to read files and to print.
 *
 * Student's t through the regularised incomplete beta function: continued fraction of DLMF 8.17.22
 * (https://dlmf.nist.gov/8.17) evaluated by the modified Lentz algorithm (Thompson & Barnett 1986);
 * its inverse by Newton's method kept inside a bracket that shrinks by bisection. The logarithm of
 * the ratio of gamma functions is Stirling's series (DLMF 5.11.8 with half-integer shift) for large
 * arguments, where the difference of two lgamma would cancel. Above 10^4 degrees of freedom, where
 * the fraction loses digits, Hill's expansion about the normal distribution (Hill 1970, Commun. ACM
 * 13, 617, algorithm 395).
 */
#include "aggregate.h"

#include <math.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* --- Student's t ----------------------------------------------------------------------------- */

/* log Gamma(a + 1/2) - log Gamma(a), a > 0 */
static double log_gamma_half_step(double a)
{
    if (a < 20) {
        int sign;
        return lgamma_r(a + 0.5, &sign) - lgamma_r(a, &sign);
    }
    double r = 1 / a, r2 = r * r;
    return 0.5 * log(a) - r * (1.0 / 8 - r2 * (1.0 / 192 - r2 * (1.0 / 640 - r2 * 17 / 14336)));
}

/* Continued fraction of I_x(a, b) without its prefactor; converges fast for x < (a+1)/(a+b+2). */
static double beta_fraction(double a, double b, double x)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1);
    if (fabs(d) < tiny) d = tiny;
    d = 1 / d;
    double h = d;
    for (int m = 1; m < 200000; m++) {
        double even = m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
        double odd = -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1));
        double term[2] = {even, odd}, step = 1;
        for (int i = 0; i < 2; i++) {
            d = 1 + term[i] * d;
            if (fabs(d) < tiny) d = tiny;
            c = 1 + term[i] / c;
            if (fabs(c) < tiny) c = tiny;
            d = 1 / d;
            step = c * d;
            h *= step;
        }
        if (fabs(step - 1) < 1e-16) break;
    }
    return h;
}

/* P(T > t) for t >= 0: half of I_x(df/2, 1/2) at x = df / (df + t^2). */
static double t_tail(double t, double df)
{
    const double b = 0.5;
    double a = df / 2, r = t * t / df;
    double x = 1 / (1 + r), y = r / (1 + r); /* x + y = 1, both without cancellation */
    if (isinf(r)) return 0;
    if (y == 0) return 0.5;
    if (df > 1e4) {
        double n = df - 0.5, z = sqrt(n * log1p(r));
        return 0.5 * erfc((z + (z * z * z + 3 * z) / (48 * n * n)) * sqrt(0.5));
    }
    double log_front = log_gamma_half_step(a) - 0.5 * log(pi) - a * log1p(r) + b * log(y);
    double front = exp(log_front);
    if (x < (a + 1) / (a + b + 2)) return 0.5 * front * beta_fraction(a, b, x) / a;
    return 0.5 * (1 - front * beta_fraction(b, a, y) / b);
}

static double t_density(double t, double df)
{
    double norm = log_gamma_half_step(df / 2) - 0.5 * log(df * pi);
    return exp(norm - (df + 1) / 2 * log1p(t * t / df));
}

double student_t_cdf(double t, double df)
{
    if (isnan(t) || !(df >= 1)) return NAN;
    if (df > 1e12) df = 1e12; /* equal to the normal distribution in double precision */
    double tail = t_tail(fabs(t), df);
    return t < 0 ? tail : 1 - tail;
}

double student_t_quantile(double p, double df)
{
    if (!(p > 0 && p < 1) || !(df >= 1)) return NAN;
    if (df > 1e12) df = 1e12;
    if (p == 0.5) return 0;
    double q = p < 0.5 ? p : 1 - p, low = 0, high = 1;
    while (t_tail(high, df) > q && high < 1e300) low = high, high *= 2;
    double t = 0.5 * (low + high);
    for (int i = 0; i < 200; i++) {
        double excess = t_tail(t, df) - q; /* falls with t */
        if (excess > 0)
            low = t;
        else
            high = t;
        double next = t + excess / t_density(t, df);
        if (!(next > low && next < high)) next = 0.5 * (low + high);
        if (fabs(next - t) <= 1e-14 * fabs(next)) {
            t = next;
            break;
        }
        t = next;
    }
    return p < 0.5 ? -t : t;
}

/* --- statistics ------------------------------------------------------------------------------ */

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

int aggregate_statistics(const double *value, int num, struct statistics *out, struct status *st)
{
    *out = (struct statistics){
        .mean = NAN, .sd = NAN, .median = NAN, .ci95 = NAN, .min = NAN, .max = NAN};
    double *kept = malloc((num > 0 ? (size_t)num : 1) * sizeof *kept);
    if (!kept) return status_no_memory(st, "%d values", num);
    int n = 0;
    for (int i = 0; i < num; i++)
        if (isfinite(value[i])) kept[n++] = value[i];
    out->n = n;
    out->n_missing = (num > 0 ? num : 0) - n;
    if (n > 0) {
        qsort(kept, (size_t)n, sizeof *kept, by_value);
        out->min = kept[0];
        out->max = kept[n - 1];
        out->median = n % 2 ? kept[n / 2] : 0.5 * kept[n / 2 - 1] + 0.5 * kept[n / 2];
        double mean = 0, rest = 0, square = 0;
        for (int i = 0; i < n; i++) mean += kept[i] / n;
        for (int i = 0; i < n; i++) rest += (kept[i] - mean) / n;
        mean += rest; /* what rounding took from the first pass */
        for (int i = 0; i < n; i++) square += (kept[i] - mean) * (kept[i] - mean);
        out->mean = mean;
        if (n > 1) {
            out->sd = sqrt(square / (n - 1));
            out->ci95 = student_t_quantile(0.975, n - 1) * out->sd / sqrt(n);
        }
    }
    free(kept);
    return STATUS_OK;
}

/* --- groups ---------------------------------------------------------------------------------- */

struct keyed_row {
    const char *const *text; /* (num_keys) */
    int num_keys, row;
};

static int by_text(const void *a, const void *b)
{
    const struct keyed_row *x = a, *y = b;
    for (int k = 0; k < x->num_keys; k++) {
        int order = strcmp(x->text[k], y->text[k]);
        if (order) return order;
    }
    return 0;
}

static int by_text_then_row(const void *a, const void *b)
{
    int order = by_text(a, b);
    if (order) return order;
    const struct keyed_row *x = a, *y = b;
    return (x->row > y->row) - (x->row < y->row);
}

int aggregate_groups(const char *const *text, int num_rows, int num_keys, int *group,
                     int *num_groups, struct status *st)
{
    *num_groups = 0;
    if (num_rows <= 0) return STATUS_OK;
    struct keyed_row *sorted = malloc((size_t)num_rows * sizeof *sorted);
    int *number = malloc((size_t)num_rows * sizeof *number); /* of the group that a row opens */
    if (!sorted || !number) {
        free(sorted);
        free(number);
        return status_no_memory(st, "grouping %d runs", num_rows);
    }
    for (int i = 0; i < num_rows; i++)
        sorted[i] = (struct keyed_row){text + (size_t)i * (size_t)num_keys, num_keys, i};
    qsort(sorted, (size_t)num_rows, sizeof *sorted, by_text_then_row);
    /* first the row that opens each group, then numbers in the order of those rows */
    for (int i = 0; i < num_rows; i++) {
        bool opens = i == 0 || by_text(&sorted[i - 1], &sorted[i]) != 0;
        group[sorted[i].row] = opens ? sorted[i].row : group[sorted[i - 1].row];
    }
    for (int i = 0; i < num_rows; i++) {
        if (group[i] == i) number[i] = (*num_groups)++;
        group[i] = number[group[i]];
    }
    free(sorted);
    free(number);
    return STATUS_OK;
}
