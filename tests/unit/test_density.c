/* Density: against its plain double sum, against the analytic one of a normal sample, and where
 * there is none.
 */
#include "../support/check.h"
#include "base/density.h"
#include "base/linalg.h"
#include "hmmgrid/rng.h"

#include <stdlib.h>
#include <string.h>

/* n points of sd 3 and .01 with this correlation */
static double *points(size_t n, double correlation)
{
    float *z = malloc(2 * n * sizeof *z);
    double *x = malloc(2 * n * sizeof *x);
    assert_true(z && x);
    rng_fill_normal(rng_stream(5, "points", "data"), 0, 2 * n, z);
    for (size_t i = 0; i < n; i++) {
        x[2 * i] = 3.0 * z[2 * i] - 7;
        x[2 * i + 1] =
            .01 * (correlation * z[2 * i] + sqrt(1 - correlation * correlation) * z[2 * i + 1]) + 2;
    }
    free(z);
    return x;
}

static void plain_density(const double *x, size_t n, double widening,
                          const struct density_grid *grid, double *value)
{
    double mean[2] = {0, 0}, s[3] = {0, 0, 0}, f = widening * pow((double)n, -1.0 / 6);
    for (size_t i = 0; i < 2 * n; i++) mean[i & 1] += x[i] / (double)n;
    for (size_t i = 0; i < n; i++) {
        double u = x[2 * i] - mean[0], v = x[2 * i + 1] - mean[1], w = f * f / (double)(n - 1);
        s[0] += w * u * u, s[1] += w * u * v, s[2] += w * v * v;
    }
    double det = s[0] * s[2] - s[1] * s[1];
    for (int c = 0; c < DENSITY_CELLS; c++) {
        double sum = 0, at[2] = {grid->low[0] + c / DENSITY_SIDE * grid->step[0],
                                 grid->low[1] + c % DENSITY_SIDE * grid->step[1]};
        for (size_t i = 0; i < n; i++) {
            double u = at[0] - x[2 * i], v = at[1] - x[2 * i + 1];
            sum += exp(-(s[2] * u * u - 2 * s[1] * u * v + s[0] * v * v) / (2 * det));
        }
        value[c] = sum / (double)n / (2 * acos(-1) * sqrt(det));
    }
}

static double value[DENSITY_CELLS], plain[DENSITY_CELLS];

static void test_density_against_double_sum(void **state)
{
    (void)state;
    static const double correlation[] = {0, .6, -.95};
    struct status st;
    for (int c = 0; c < 6; c++) {
        struct density_grid grid;
        bool is_defined;
        size_t n = c < 3 ? 5 : 60;
        double *x = points(n, correlation[c % 3]), widening = c == 4 ? 1 : 3, most = 0;
        double low[2] = {INFINITY, INFINITY}, mean[2] = {0, 0}, var[2] = {0, 0};
        check_ok(density_estimate(x, n, widening, &grid, value, &is_defined, &st), &st);
        assert_true(is_defined);
        plain_density(x, n, widening, &grid, plain);
        for (int i = 0; i < DENSITY_CELLS; i++) most = fmax(most, plain[i]);
        for (int i = 0; i < DENSITY_CELLS; i++)
            check_near(value[i], plain[i], DENSITY_ERROR * most);
        for (size_t i = 0; i < 2 * n; i++) low[i & 1] = fmin(low[i & 1], x[i]);
        for (size_t i = 0; i < 2 * n; i++) mean[i & 1] += x[i] / (double)n;
        for (size_t i = 0; i < 2 * n; i++)
            var[i & 1] += (x[i] - mean[i & 1]) * (x[i] - mean[i & 1]) / (double)(n - 1);
        for (int k = 0; k < 2; k++)
            check_near(grid.low[k], low[k] - 3 * widening * pow((double)n, -1.0 / 6) * sqrt(var[k]),
                       1e-9);
        free(x);
    }
}

/* The estimate of a normal sample is a normal widened by 1 + f^2: ellipses hold 1 - exp(-r^2 / 2).
 */
static void test_density_of_a_normal(void **state)
{
    (void)state;
    enum { SAMPLE = 40000 };
    struct status st;
    struct density_grid grid;
    bool is_defined;
    double *x = points(SAMPLE, .5), *sorted = malloc(sizeof value), share[2] = {.5, .95}, level[2];
    size_t cells[2];
    check_ok(density_estimate(x, SAMPLE, 3, &grid, value, &is_defined, &st), &st);
    density_levels(value, sorted, share, 2, level, cells);
    double f = 3 * pow(SAMPLE, -1.0 / 6), unit = .03 * sqrt(.75) * (1 + f * f), mass = 0;
    for (int i = 0; i < DENSITY_CELLS; i++) mass += value[i] * grid.step[0] * grid.step[1];
    check_near(mass, 1, 1e-3); /* what lies beyond 3 bandwidths of the outermost points */
    for (int s = 0; s < 2;
         s++) { /* the determinant's sd is 1 % at this size, the edge cells' less */
        double area = 2 * acos(-1) * -log(1 - share[s]) * unit;
        check_relative((double)cells[s] * grid.step[0] * grid.step[1], area, .03);
        check_relative(level[s], (1 - share[s]) / (2 * acos(-1) * unit), .05);
    }
    free(x), free(sorted);
}

static void test_density_by_hand(void **state)
{
    (void)state;
    struct status st;
    struct density_grid grid;
    bool is_defined;
    double line[8] = {0, 1, 1, 3, 2, 5, 3, 7}, share[3] = {.5, .9, .99}, level[3];
    double *scratch = malloc(sizeof value);
    size_t cells[3];
    memset(value, 0, sizeof value); /* 10 cells of 5, 40 of 1, 10 of 1: shares .5, .9, 1 */
    for (int i = 0; i < 10; i++) value[i * 17] = 5;
    for (int i = 0; i < 50; i++) value[20000 + i] = 1;
    density_levels(value, scratch, share, 3, level, cells);
    assert_int_equal(cells[0], 10);
    assert_int_equal(cells[1], 50);
    assert_int_equal(cells[2], 59);
    check_near(level[0], 5, 0);
    check_near(level[2], 1, 0);
    check_ok(density_estimate(line, 4, 3, &grid, value, &is_defined, &st), &st);
    assert_false(is_defined);
    assert_true(isnan(value[77]) && isnan(grid.step[1]));
    line[1] = INFINITY;
    check_ok(density_estimate(line, 4, 3, &grid, value, &is_defined, &st), &st);
    assert_false(is_defined);
    free(scratch);
}

int main(void)
{
    struct status st;
    if (linalg_start(&st)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_density_against_double_sum),
        cmocka_unit_test(test_density_of_a_normal),
        cmocka_unit_test(test_density_by_hand),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
