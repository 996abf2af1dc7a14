/* test_inference: differences, effect sizes, intervals and permutation tests against published data
 * sets (computed with scipy, statsmodels or by enumeration), and what few values allow. */
#include "base/statistics.h"
#include "report/bootstrap.h"
#include "report/inference.h"
#include "../support/check.h"

#include <stdlib.h>

/* Cumming's two groups and pairs, as in the tests of DABEST. */
static const double control[] = {34, 54, 33, 44, 45, 53, 37, 26, 38, 58};
static const double treated[] = {66, 38, 35, 55, 48, 39, 65, 32, 57, 41};
static const double before[] = {43, 28, 54, 36, 31, 48, 50, 69, 29, 40};
static const double after[] = {51, 33, 58, 42, 39, 45, 54, 68, 35, 44};
enum { N = 10 };

static const struct rng rng = {{1, 2}};

static void test_distributions(void **state)
{
    (void)state;
    check_near(normal_quantile(0.975), 1.959963984540054, 1e-12);
    check_near(normal_quantile(0.05), -1.6448536269514722, 1e-12);
    check_near(normal_quantile(1e-10), -6.361340902404056, 1e-9);
    assert_true(isnan(normal_quantile(0)) && isnan(normal_quantile(1)));
    /* whole df: the finite sum and the beta function say the same */
    for (int df = 1; df < 40; df += 3)
        for (double share = 0.02; share < 1; share += 0.07)
            check_near(student_p(student_t(share, df), df), 1 - share, 1e-12);
    /* between two whole ones */
    for (double df = 1.25; df < 30; df *= 1.7) {
        double t = student_t(0.95, df);
        assert_true(t < student_t(0.95, floor(df)) && t > student_t(0.95, ceil(df)));
        check_near(student_p(t, df), 0.05, 1e-12);
        check_near(student_p(-t, df), 0.05, 1e-12);
    }
    check_near(student_p(1.051859, 17.450792), 0.307212, 5e-7);
    check_near(student_p(0, 3.5), 1, 0);
    assert_true(isnan(student_p(NAN, 3)) && isnan(student_p(1, 0)));
}

static void test_wilson(void **state)
{
    (void)state;
    static const struct {
        int k, n;
        double low, high;
    } row[] = {{3, 3, .4385, 1},
               {18, 20, .6990, .9721},
               {19, 20, .7639, .9911},
               {20, 20, .8389, 1},
               {57, 60, .8630, .9829},
               {0, 3, 0, 1 - .4385},
               {2, 20, 1 - .9721, 1 - .6990}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct interval w = wilson_interval(row[i].k, row[i].n);
        check_near(w.low, row[i].low, 6e-5);
        check_near(w.high, row[i].high, 6e-5);
    }
    assert_true(isnan(wilson_interval(0, 0).low));
}

static void test_two_groups(void **state)
{
    (void)state;
    struct difference d = difference_welch(treated, N, control, N);
    check_near(d.value, 5.4, 1e-12);
    check_near(d.t, 1.051859, 5e-7);
    check_near(d.df, 17.450792, 5e-7);
    check_near(d.p, 0.307212, 5e-7);
    check_near(d.interval.low, -5.410025, 5e-7);
    check_near(d.interval.high, 16.210025, 5e-7);
    check_near(hedges_g(treated, N, control, N), 0.450482, 5e-7);
    check_near(p_larger(treated, N, control, N).p, 0.635, 1e-12);

    static const double six[] = {6, 7, 9, 10}, one[] = {1, 3, 4, 7, 8}; /* Cliff 1993 */
    check_near(2 * p_larger(six, 4, one, 5).p - 1, 0.65, 1e-12);
    static const double ten[] = {1, 1, 2, 2, 2, 3, 3, 3, 4, 5}, few[] = {1, 2, 3, 4, 4, 5};
    check_near(2 * p_larger(few, 6, ten, 10).p - 1, 0.25, 1e-12); /* Hogarty & Kromrey */
}

static void test_pairs(void **state)
{
    (void)state;
    struct difference d = difference_paired(after, before, N);
    check_near(d.value, 4.1, 1e-12);
    check_near(d.t, 3.628650, 5e-7);
    check_near(d.p, 0.005497, 5e-7);
    check_near(d.interval.low, 1.543996, 5e-7);
    check_near(d.interval.high, 6.656004, 5e-7);
    check_near(hedges_g_paired(after, before, N), 0.329074, 5e-7);
    check_near(equivalence_p(&d, 5), 0.223112, 5e-7);
    check_near(equivalence_p(&d, 8), 0.003628, 5e-7);
    check_near(equivalence_p(&d, 4), 1 - equivalence_p(&d, 4.2), 1e-9);
    assert_true(correlation(after, before, N) > 0.9);
    check_near(correlation(before, before, N), 1, 1e-12);
}

static void test_few_values(void **state)
{
    (void)state;
    static const double x[] = {1, 2}, same[] = {3, 3};
    assert_true(isnan(difference_welch(x, 1, x, 2).p) && isnan(difference_from(x, 1, 0).p));
    check_near(difference_welch(x, 1, same, 2).value, -2, 0);
    assert_true(isnan(hedges_g(x, 1, x, 1)) && isnan(hedges_g(same, 2, same, 2)));
    struct difference d = difference_welch(same, 2, same, 2); /* no spread at all */
    check_near(d.p, 1, 0);
    check_near(difference_from(same, 2, 1).p, 0, 0);
    assert_true(isnan(p_larger(x, 0, x, 2).p));
    check_near(p_larger(same, 2, x, 2).p, 1, 0);
    assert_true(isnan(p_larger(treated, 4, control, 5).interval.low));
    static const double low[] = {1, 2, 3, 4, 5}, high[] = {6, 7, 8, 9, 10};
    struct larger all = p_larger(high, 5, low, 5);
    check_near(all.p, 1, 0);
    assert_true(all.interval.low > 0.5 && all.interval.low < 0.75 && all.interval.high == 1);
}

static void test_cells_together(void **state)
{
    (void)state;
    struct difference one = difference_welch(treated, N, control, N), mean;
    struct difference both[2] = {one, one};
    mean = difference_mean(both, 2);
    check_near(mean.value, 5.4, 1e-12);
    check_near(mean.error, one.error / sqrt(2), 1e-12);
    check_near(mean.df, 2 * one.df, 1e-9);
    both[1] = difference_welch(treated, 1, control, N); /* no spread */
    assert_true(isnan(difference_mean(both, 2).interval.low));
    struct larger larger[2] = {p_larger(treated, N, control, N), p_larger(control, N, treated, N)};
    struct larger half = p_larger_mean(larger, 2);
    check_near(half.p, 0.5, 1e-12);
    check_near(half.interval.low + half.interval.high, 1, 1e-9);
    assert_true(half.interval.high - half.interval.low <
                larger[0].interval.high - larger[0].interval.low);
    assert_true(isnan(p_larger_mean(larger, 1).interval.low));
    larger[0] = p_larger(treated, 2, control, N);
    assert_true(isnan(p_larger_mean(larger, 2).interval.low));
    assert_true(isnan(p_larger_mean(NULL, 0).p));
}

static void test_pooled_middle(void **state)
{
    (void)state;
    static double x[6][N];
    struct block block[6], few = {.x = control, .n = N};
    struct status st = {0};
    struct interval interval, moved;
    double middle, all[6 * N];
    for (int c = 0; c < 6; c++) {
        for (int i = 0; i < N; i++) all[c * N + i] = x[c][i] = c % 2 ? control[i] : treated[i];
        block[c] = (struct block){.x = x[c], .n = N};
    }
    check_ok(bootstrap_middle(block, 6, rng, &middle, &interval, &st), &st);
    check_near(middle, interquartile_mean(all, 6 * N), 1e-12);
    assert_true(interval.low < middle && middle < interval.high);
    check_near(interval.high - interval.low, 3.92 * 12 / sqrt(60), 2.5); /* sd is about 12 */
    for (int c = 0; c < 6; c++)
        for (int i = 0; i < N; i++) x[c][i] += 100;
    check_ok(bootstrap_middle(block, 6, rng, &middle, &moved, &st), &st);
    check_near(moved.low - interval.low, 100, 1e-9);
    check_ok(bootstrap_middle(&few, 1, rng, &middle, &interval, &st), &st);
    assert_true(isnan(interval.low) && middle > 0); /* ten are too few */
    check_ok(bootstrap_middle(NULL, 0, rng, &middle, &interval, &st), &st);
    assert_true(isnan(middle));
}

static void test_means_of_the_middle(void **state)
{
    (void)state;
    double ten[] = {3, 1, 2, 10, 4, 5, 9, 6, 8, 7}, five[] = {100, 1, 2, 3, 4}, three[] = {9, 1, 2};
    double x[] = {1, 2, 2, 2, 1, 1, 2, 1}, y[] = {1, 1, 2, 2, 3, 3}; /* of rliable's tests */
    check_near(interquartile_mean(ten, 10), 5.5, 1e-12);
    check_near(interquartile_mean(five, 5), 3, 1e-12);
    check_near(interquartile_mean(three, 3), 4, 1e-12); /* none is taken from three */
    check_near(interquartile_mean(x, 8), 1.5, 1e-12);
    check_near(interquartile_mean(y, 6), 2, 1e-12);
    assert_true(isnan(interquartile_mean(x, 0)));
}

static void test_families(void **state)
{
    (void)state;
    double p[] = {.01, .04, NAN, .03, .005}, q[] = {.001, .02, .02, .5};
    static const double adjusted[] = {.03, .06, NAN, .06, .02}, of_q[] = {.004, .06, .06, .5};
    assert_true(holm_adjust(p, 5) && holm_adjust(q, 4));
    for (int i = 0; i < 5; i++)
        if (i != 2) check_near(p[i], adjusted[i], 1e-12);
    for (int i = 0; i < 4; i++) check_near(q[i], of_q[i], 1e-12);
    assert_true(isnan(p[2]));
    check_near(noether_n(0.75, 0.95), 28.859, 5e-4);
    assert_true(isinf(noether_n(0.5, 0.8)));
}

static void test_permutations(void **state)
{
    (void)state;
    struct status st = {0};
    struct permutation t;
    struct block two = {treated, control, N, N, false};
    check_ok(permutation_test(&two, 1, rng, &t, &st), &st);
    assert_true(t.exact && t.arrangements == 184756);
    check_near(t.p, 57614. / 184756, 1e-12);
    struct block pairs = {after, before, N, N, true};
    check_ok(permutation_test(&pairs, 1, rng, &t, &st), &st);
    check_near(t.p, 14. / 1024, 1e-12);
    check_near(t.least, 2. / 1024, 1e-12);

    static const double a1[] = {1, 2, 3}, b1[] = {4, 5, 6}, a2[] = {2, 3, 4}, b2[] = {3, 5, 7};
    struct block blocks[] = {{b1, a1, 3, 3, false}, {b2, a2, 3, 3, false}};
    check_ok(permutation_test(blocks, 2, rng, &t, &st), &st);
    check_near(t.effect, 2.5, 1e-12);
    check_near(t.p, 8. / 400, 1e-12);

    /* the smallest p that n allows: 3 + 3, 4 + 4, 3 + 5, and pairs */
    static const double low[] = {1, 2, 3, 4, 5, 6}, high[] = {11, 13, 15, 18, 20, 30};
    static const struct {
        int n, m;
        double least;
        bool paired;
    } row[] = {{3, 3, 2. / 20, false},  {4, 4, 2. / 70, false}, {5, 5, 2. / 252, false},
               {6, 6, 2. / 924, false}, {3, 5, 1. / 56, false}, {3, 3, 0.25, true},
               {5, 5, 0.0625, true},    {6, 6, 0.03125, true},  {1, 1, 1, false}};
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) {
        struct block b = {high, low, row[i].n, row[i].m, row[i].paired};
        check_ok(permutation_test(&b, 1, rng, &t, &st), &st);
        check_near(t.least, row[i].least, 1e-12);
        check_near(t.p, row[i].least, 1e-12); /* groups that do not overlap have it */
    }
    check_ok(permutation_test(blocks, 0, rng, &t, &st), &st);
    assert_true(isnan(t.p));
}

/* Too many arrangements: drawn ones say the same as all, within their error. */
static void test_random_arrangements(void **state)
{
    (void)state;
    struct status st = {0};
    struct permutation some, one;
    struct block two[] = {{treated, control, N, N, false}, {after, before, N, N, true}};
    check_ok(permutation_test(two, 2, rng, &some, &st), &st);
    assert_true(!some.exact);
    check_ok(permutation_test(two, 2, (struct rng){{3, 4}}, &one, &st), &st);
    check_near(some.effect, (5.4 + 4.1) / 2, 1e-12);
    check_near(some.p, one.p, 6 * sqrt(some.p * (1 - some.p) * 2 / 1e5));
    check_near(some.least, 1e-5, 1e-12);
    check_ok(permutation_test(two, 2, rng, &one, &st), &st);
    assert_true(one.p == some.p);
}

/* Of 1 2 4 the exhaustive bootstrap has a variance of .518519; the factor makes it that of the
 * mean, 7/9, and the interval of a large group that of the normal limit. */
static void test_bootstrap(void **state)
{
    (void)state;
    struct status st = {0};
    struct interval i;
    enum { LARGE = 400 };
    double x[LARGE], y[LARGE];
    for (int k = 0; k < LARGE; k++) x[k] = k / (double)LARGE, y[k] = x[k] * x[k];
    struct block b = {x, y, LARGE, LARGE, false};
    struct difference d = difference_welch(x, LARGE, y, LARGE);
    check_ok(bootstrap_interval(&b, 1, rng, &i, &st), &st);
    double width = d.interval.high - d.interval.low;
    check_near(i.low, d.interval.low, 0.03 * width);
    check_near(i.high, d.interval.high, 0.03 * width);
    b.paired = true;
    d = difference_paired(x, y, LARGE);
    check_ok(bootstrap_interval(&b, 1, rng, &i, &st), &st);
    width = d.interval.high - d.interval.low;
    check_near(i.low, d.interval.low, 0.03 * width);
    check_near(i.high, d.interval.high, 0.03 * width);
    b.n = 1;
    check_ok(bootstrap_interval(&b, 1, rng, &i, &st), &st);
    assert_true(isnan(i.low));
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_distributions),
                                       cmocka_unit_test(test_wilson),
                                       cmocka_unit_test(test_two_groups),
                                       cmocka_unit_test(test_pairs),
                                       cmocka_unit_test(test_few_values),
                                       cmocka_unit_test(test_means_of_the_middle),
                                       cmocka_unit_test(test_cells_together),
                                       cmocka_unit_test(test_pooled_middle),
                                       cmocka_unit_test(test_families),
                                       cmocka_unit_test(test_permutations),
                                       cmocka_unit_test(test_random_arrangements),
                                       cmocka_unit_test(test_bootstrap)};
    return cmocka_run_group_tests(tests, NULL, NULL);
}
