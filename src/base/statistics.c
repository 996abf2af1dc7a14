/* statistics: see statistics.h. Refuses to correct for bias and for autocorrelation, and to choose
 * a side. Two forms of the mean and three of the spread: each keeps the bits of what is stored.
 */
#include "statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- independent numbers ---------------------------------------------------------------------- */

double mean_of(const double *x, size_t n)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += x[i];
    return n ? sum / (double)n : NAN;
}

double entropy_rate_of(double bits, int symbols)
{
    const double most = log2(symbols), rounding = 1e-6;
    if (!(bits >= -rounding && bits <= most + rounding)) return NAN;
    return fmin(fmax(bits, 0), most);
}

static int by_value(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

void sort_numbers(double *x, size_t n)
{
    qsort(x, n, sizeof *x, by_value);
}

double mean_of_shares(const double *x, size_t n)
{
    double mean = n ? 0 : NAN;
    for (size_t i = 0; i < n; i++) mean += x[i] / (double)n;
    return mean;
}

static double squares_about(const double *x, size_t n, double mean)
{
    double squares = 0;
    for (size_t i = 0; i < n; i++) squares += (x[i] - mean) * (x[i] - mean);
    return squares;
}

double sd_about(const double *x, size_t n, double mean, int ddof)
{
    double below = (double)n - ddof;
    return below > 0 ? sqrt(squares_about(x, n, mean) / below) : NAN;
}

double sem_about(const double *x, size_t n, double mean)
{
    return n > 1 ? sqrt(squares_about(x, n, mean) / (double)(n - 1) / (double)n) : NAN;
}

void sums_add(struct sums *s, double x)
{
    s->num++;
    s->sum += x;
    s->squares += x * x;
}

double sums_mean(const struct sums *s)
{
    return s->sum / s->num;
}

double sums_variance(const struct sums *s)
{
    double mean = sums_mean(s);
    return fmax(s->squares / s->num - mean * mean, 0);
}

double sums_sd(const struct sums *s)
{
    double left = s->squares - s->sum * sums_mean(s);
    return s->num < 2 ? NAN : sqrt(fmax(left, 0) / (s->num - 1));
}

/* --- jackknife -------------------------------------------------------------------------------- */

void jackknife_add(struct jackknife *j, size_t i, size_t n, double over, double under)
{
    size_t stretch = i * JACKKNIFE_STRETCHES / n;
    j->over[stretch] += over;
    j->under[stretch] += under;
}

/* of an estimate, by its values with a part left out each */
static double error_about(const double *left_out, size_t n, double mean)
{
    return sqrt(squares_about(left_out, n, mean) * (double)(n - 1) / (double)n);
}

void jackknife_give(const struct jackknife *j, double *value, double *sem)
{
    enum { S = JACKKNIFE_STRETCHES };
    double over = 0, under = 0, without[S];
    for (int s = 0; s < S; s++) {
        over += j->over[s];
        under += j->under[s];
    }
    for (int s = 0; s < S; s++) {
        double rest = under - j->under[s];
        without[s] = rest > 0 ? (over - j->over[s]) / rest : NAN;
    }
    *value = under > 0 ? over / under : NAN;
    *sem = error_about(without, S, mean_of(without, S));
}

double jackknife_error(const double *left_out, size_t n)
{
    return error_about(left_out, n, mean_of_shares(left_out, n));
}

/* --- Kendall's tau ---------------------------------------------------------------------------- */

/* The number of orders with a given count of discordant pairs is the Mahonian recursion (Knuth 3,
 * 5.1.1): the i-th value adds 0 to i - 1 of them, each equally often. */
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

/* --- distributions ---------------------------------------------------------------------------- */

/* The incomplete beta function I_x(a, b) by its continued fraction (DLMF 8.17.22), from the front
 * (Lentz); x is small enough: x < (a + 1) / (a + b + 2). */
static double beta_fraction(double x, double a, double b)
{
    const double tiny = 1e-300;
    double c = 1, d = 1 - (a + b) * x / (a + 1), sum;
    d = 1 / (fabs(d) < tiny ? tiny : d);
    sum = d;
    for (int m = 1; m < 1000; m++) {
        for (int odd = 0; odd < 2; odd++) {
            double step = odd ? -(a + m) * (a + b + m) * x / ((a + 2 * m) * (a + 2 * m + 1))
                              : m * (b - m) * x / ((a + 2 * m - 1) * (a + 2 * m));
            d = 1 + step * d;
            c = 1 + step / c;
            d = 1 / (fabs(d) < tiny ? tiny : d);
            if (fabs(c) < tiny) c = tiny;
            sum *= c * d;
        }
        if (fabs(c * d - 1) < 1e-16) break;
    }
    return exp(a * log(x) + b * log1p(-x) + lgamma(a + b) - lgamma(a) - lgamma(b)) * sum / a;
}

static double incomplete_beta(double x, double a, double b)
{
    if (x <= 0 || x >= 1) return x > 0;
    return x < (a + 1) / (a + b + 2) ? beta_fraction(x, a, b) : 1 - beta_fraction(1 - x, b, a);
}

double student_p(double t, double df)
{
    if (isnan(t) || !(df >= 1)) return NAN;
    return incomplete_beta(df / (df + t * t), df / 2, 0.5); /* DLMF 8.17, A & S 26.7.1 */
}

/* P(|T| <= tan(angle) sqrt(df)): for whole df a finite sum (Abramowitz & Stegun 26.7.3 and 4). */
static double share_within(double angle, double df)
{
    if (df != rint(df) || df > 1e6) return 1 - student_p(tan(angle) * sqrt(df), df);
    int n = (int)df;
    double c2 = cos(angle) * cos(angle), sum = 0, term = n % 2 ? cos(angle) : 1;
    for (int k = n % 2 + 2; k <= n && term > 1e-18; k += 2) {
        sum += term;
        term *= c2 * (k - 1) / k;
    }
    return n % 2 ? (angle + sin(angle) * sum) * M_2_PI : sin(angle) * sum;
}

double student_t(double share, double df)
{
    if (!(share > 0 && share < 1) || !(df >= 1)) return NAN;
    double low = 0, high = M_PI_2;
    for (int i = 0; i < 60; i++) {
        double middle = (low + high) / 2;
        if (share_within(middle, df) < share)
            low = middle;
        else
            high = middle;
    }
    return tan(low) * sqrt(df);
}

double normal_quantile(double p)
{
    if (!(p > 0 && p < 1)) return NAN;
    double low = -40, high = 40;
    for (int i = 0; i < 70; i++) {
        double middle = (low + high) / 2;
        if (erfc(-middle * M_SQRT1_2) / 2 < p)
            low = middle;
        else
            high = middle;
    }
    return (low + high) / 2;
}
