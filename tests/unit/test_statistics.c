/* test_statistics: means and spreads by hand, the jackknife, Kendall's tau against counting all
 * orders, Student's t against a published table and closed forms. */
#include "../support/check.h"
#include "base/statistics.h"
#include "hmmgrid/rng.h"

/* --- means ------------------------------------------------------------------------------------ */

/* 2, 4, 4, 5, 5, 7, 9, 8: mean 5.5, sum of squares about it 38 by hand. */
static void test_means_by_hand(void **state)
{
    (void)state;
    const double x[] = {2, 4, 4, 5, 5, 7, 9, 8};
    struct sums sums = {0};
    check_near(mean_of(x, 8), 5.5, 0);
    check_near(mean_of_shares(x, 8), 5.5, 1e-15);
    check_near(sd_about(x, 8, 5.5, 1), sqrt(38. / 7), 1e-15);
    check_near(sd_about(x, 8, 5.5, 0), sqrt(38. / 8), 1e-15);
    check_near(sem_about(x, 8, 5.5), sqrt(38. / 7 / 8), 1e-15);
    for (int i = 0; i < 8; i++) sums_add(&sums, x[i]);
    check_near(sums_mean(&sums), 5.5, 0);
    check_near(sums_variance(&sums), 38. / 8, 1e-14);
    check_near(sums_sd(&sums), sqrt(38. / 7), 1e-15);
}

static void test_means_of_few(void **state)
{
    (void)state;
    const double x[] = {3};
    struct sums sums = {0};
    assert_true(isnan(mean_of(x, 0)) && isnan(mean_of_shares(x, 0)) && isnan(sums_mean(&sums)));
    assert_true(isnan(sd_about(x, 1, 3, 1)) && isnan(sem_about(x, 1, 3)));
    check_near(sd_about(x, 1, 3, 0), 0, 0);
    sums_add(&sums, 3);
    assert_true(isnan(sums_sd(&sums)));
    check_near(sums_variance(&sums), 0, 0);
}

/* --- the jackknife ---------------------------------------------------------------------------- */

/* A ratio of sums: over independent items its standard error is sd / sqrt(n). */
static void test_jackknife(void **state)
{
    (void)state;
    enum { N = 8000 };
    struct jackknife mean = {0}, ratio = {0}, nothing = {0};
    double value, sem;
    float x;
    for (size_t i = 0; i < N; i++) {
        rng_fill_normal(rng_stream(1, "jackknife", "x"), i, 1, &x);
        jackknife_add(&mean, i, N, (double)x, 1);
        jackknife_add(&ratio, i, N, i % 2 ? 3 : 1, i % 2 ? 6 : 2);
    }
    jackknife_give(&mean, &value, &sem);
    check_near(value, 0, 4.5 / sqrt(N));
    check_near(log(sem * sqrt(N)), 0, log(2)); /* 20 stretches: known within 16 % or so */
    jackknife_give(&ratio, &value, &sem);
    check_near(value, 0.5, 1e-12);
    check_near(sem, 0, 1e-12);
    jackknife_give(&nothing, &value, &sem);
    assert_true(isnan(value) && isnan(sem));
}

/* Of a mean, leaving out one value each is its standard error. */
static void test_jackknife_error(void **state)
{
    (void)state;
    const double x[] = {1, 2, 4, 9};
    double left_out[4];
    for (int i = 0; i < 4; i++) left_out[i] = (16 - x[i]) / 3;
    check_near(jackknife_error(left_out, 4), sem_about(x, 4, 4), 1e-15);
}

/* --- Kendall's tau ---------------------------------------------------------------------------- */

static double score_of(const double *x, const double *y, int n)
{
    double s = 0;
    for (int i = 0; i < n; i++)
        for (int j = 0; j < i; j++)
            s += ((x[i] > x[j]) - (x[i] < x[j])) * ((y[i] > y[j]) - (y[i] < y[j]));
    return s;
}

struct orders {
    const double *x;
    int n;
    double least, num, as_large, squares;
};

/* every order of y[from..n) */
static void permute(struct orders *o, double *y, int from)
{
    if (from == o->n) {
        double s = score_of(o->x, y, o->n);
        o->num++;
        o->as_large += fabs(s) >= o->least;
        o->squares += s * s;
        return;
    }
    for (int i = from; i < o->n; i++) {
        double first = y[from];
        y[from] = y[i];
        y[i] = first;
        permute(o, y, from + 1);
        y[i] = y[from];
        y[from] = first;
    }
}

static void test_kendall_by_enumeration(void **state)
{
    (void)state;
    const double x[] = {0, 10, 20, 30, 40, 50, 55}, x_ties[] = {1, 1, 2, 3, 3, 3, 4};
    for (int n = 2; n <= 7; n++)
        for (int draw = 0; draw < 6; draw++) {
            struct rng rng = rng_child(rng_stream(1, "kendall", "data"), (uint64_t)draw);
            bool ties = draw >= 3;
            double y[7];
            for (int i = 0; i < n; i++) {
                y[i] = rng_uniform(rng, (uint64_t)i);
                if (ties) y[i] = floor(3 * y[i]);
            }
            struct kendall k;
            kendall_tau(ties ? x_ties : x, y, n, &k);
            struct orders o = {
                ties ? x_ties : x, n, fabs(score_of(ties ? x_ties : x, y, n)), 0, 0, 0};
            if (isnan(k.tau)) continue; /* all of y, or of x, equal */
            permute(&o, y, 0);
            check_near(fabs(k.score), o.least, 0);
            check_near(k.variance, o.squares / o.num, 1e-10 * o.squares / o.num);
            assert_true(k.exact || ties);
            if (k.exact) check_near(k.p, o.as_large / o.num, 1e-12);
        }
}

static void test_kendall_known(void **state)
{
    (void)state;
    struct kendall k;
    double x[60], y[60];
    /* one-sided points of Kendall 1970, appendix table 1: P(S >= 23 | n = 10) = .023 and so on */
    static const struct {
        int n, swaps;
        double p, digits;
    } known[] = {
        {10, 11, .023, .0005}, {10, 8, .0046, .00005}, {6, 2, .028, .0005}, {4, 0, .042, .0005}};
    for (int c = 0; c < 4; c++) {
        int n = known[c].n, left = known[c].swaps;
        for (int i = 0; i < n; i++) x[i] = y[i] = i;
        for (int pass = 0; pass < n && left; pass++)
            for (int i = 0; i + 1 < n && left; i++) {
                if (y[i] > y[i + 1]) continue;
                double first = y[i];
                y[i] = y[i + 1];
                y[i + 1] = first;
                left--;
            }
        kendall_tau(x, y, n, &k);
        check_near(k.score, n * (n - 1) / 2.0 - 2 * known[c].swaps, 0);
        check_near(k.p / 2, known[c].p, known[c].digits);
    }
    /* tau-b by hand: 3 concordant, 0 discordant, one tie in each: 4 / sqrt(5 * 5) */
    const double a[] = {1, 1, 2, 3}, b[] = {1, 2, 3, 3};
    kendall_tau(a, b, 4, &k);
    check_near(k.tau, 4 / 5., 1e-12);
    /* pairs with a NaN are left out; a constant has no rank correlation */
    const double holes[] = {5, NAN, 4, 1}, other[] = {1, 2, NAN, 4}, same[] = {2, 2, 2, 2};
    kendall_tau(holes, other, 4, &k);
    assert_int_equal(k.num, 2);
    check_near(k.tau, -1, 0);
    check_near(k.p, 1, 0);
    kendall_tau(a, same, 4, &k);
    assert_true(isnan(k.tau) && isnan(k.p));
    /* the normal limit takes over where exact counting ends: about the same p for 50 and 51 */
    for (int i = 0; i < 51; i++) {
        x[i] = i;
        y[i] = (i * 20) % 51; /* 51 and 20 have no common divisor */
    }
    kendall_tau(x, y, 51, &k);
    assert_false(k.exact);
    double p = k.p, variance = k.variance;
    kendall_tau(x, y, 50, &k);
    assert_true(k.exact);
    check_near(erfc((fabs(k.score) - 1) / sqrt(2 * k.variance)), k.p, .003);
    check_near(variance, 51 * 50 * 107 / 18., 1e-9);
    assert_true(p > 0 && p < 1);
}

/* --- Student's t ------------------------------------------------------------------------------ */

/* NIST/SEMATECH e-Handbook of Statistical Methods, section 1.3.6.7.2, upper critical values of
 * Student's t distribution, three decimals. */
static void test_t_against_the_published_table(void **state)
{
    (void)state;
    static const double p[] = {0.90, 0.95, 0.975, 0.99, 0.995};
    static const struct {
        int df;
        double t[5];
    } row[] = {
        {1, {3.078, 6.314, 12.706, 31.821, 63.657}}, {2, {1.886, 2.920, 4.303, 6.965, 9.925}},
        {3, {1.638, 2.353, 3.182, 4.541, 5.841}},    {4, {1.533, 2.132, 2.776, 3.747, 4.604}},
        {5, {1.476, 2.015, 2.571, 3.365, 4.032}},    {7, {1.415, 1.895, 2.365, 2.998, 3.499}},
        {10, {1.372, 1.812, 2.228, 2.764, 3.169}},   {15, {1.341, 1.753, 2.131, 2.602, 2.947}},
        {20, {1.325, 1.725, 2.086, 2.528, 2.845}},   {30, {1.310, 1.697, 2.042, 2.457, 2.750}},
        {60, {1.296, 1.671, 2.000, 2.390, 2.660}},   {100, {1.290, 1.660, 1.984, 2.364, 2.626}},
    };
    for (size_t r = 0; r < sizeof row / sizeof row[0]; r++)
        for (int c = 0; c < 5; c++)
            check_near(student_t(2 * p[c] - 1, row[r].df), row[r].t[c], 0.00051);
}

/* df = 1: Cauchy, tan(pi (p - 1/2)). df = 2: (2p - 1) sqrt(2 / (4 p (1 - p))). df = 4: Shaw 2006,
 * J. Comput. Finance 9(4), equation 36. */
static void test_t_against_closed_forms(void **state)
{
    (void)state;
    static const double share[] = {1e-4, 0.02, 0.3, 0.6, 0.9, 0.95, 0.99, 0.9998};
    for (size_t i = 0; i < sizeof share / sizeof share[0]; i++) {
        double u = (1 + share[i]) / 2, a = 4 * u * (1 - u);
        check_relative(student_t(share[i], 1), tan(M_PI_2 * share[i]), 1e-10);
        check_relative(student_t(share[i], 2), share[i] * sqrt(2 / a), 1e-10);
        double q = cos(acos(sqrt(a)) / 3) / sqrt(a);
        check_relative(student_t(share[i], 4), 2 * sqrt(q - 1), share[i] < 0.02 ? 1e-6 : 1e-10);
    }
}

/* 97.5 % point z of the normal distribution; the t quantile lies (z^3 + z) / (4 df) above it. */
static void test_t_of_many(void **state)
{
    (void)state;
    const double z = 1.959963984540054;
    for (int df = 10000; df <= 1000000; df *= 10)
        check_near(student_t(0.95, df), z + (z * z * z + z) / 4 / df, 3. / df / df + 1e-10);
    assert_true(isnan(student_t(0, 5)) && isnan(student_t(1, 5)) && isnan(student_t(.5, 0)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_means_by_hand),
        cmocka_unit_test(test_means_of_few),
        cmocka_unit_test(test_jackknife),
        cmocka_unit_test(test_jackknife_error),
        cmocka_unit_test(test_kendall_by_enumeration),
        cmocka_unit_test(test_kendall_known),
        cmocka_unit_test(test_t_against_the_published_table),
        cmocka_unit_test(test_t_against_closed_forms),
        cmocka_unit_test(test_t_of_many),
    };
    return cmocka_run_group_tests_name("statistics", tests, NULL, NULL);
}
