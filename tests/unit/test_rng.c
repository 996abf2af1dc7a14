/* rng: reference vectors, positions, moments, equal bits at every kernel level. */
#include "../support/check.h"
#include "base/kernel.h"
#include "hmmgrid/rng.h"

#include <Random123/philox.h>
#include <stdlib.h>
#include <string.h>

/* number p is word (p % 64) / 16 of block 16 (p / 64) + p % 16 */
static uint32_t by_random123(struct rng rng, uint64_t p)
{
    uint64_t block = p / 64 * 16 + p % 16;
    philox4x32_ctr_t counter = {{(uint32_t)block, (uint32_t)(block >> 32), 0, 0}};
    philox4x32_key_t key = {{rng.key[0], rng.key[1]}};
    return philox4x32(counter, key).v[p % 64 / 16];
}

static void test_philox(void **state)
{
    (void)state;
    /* known-answer vector of the Random123 distribution (kat_vectors: philox4x32 10) */
    philox4x32_ctr_t zero = {{0, 0, 0, 0}};
    philox4x32_key_t zero_key = {{0, 0}};
    assert_int_equal(philox4x32(zero, zero_key).v[0], 0x6627e8d5);
    assert_int_equal(rng_bits((struct rng){{0, 0}}, 0), 0x6627e8d5);
    struct rng rng = rng_stream(7, "a run", "noise");
    for (int level = 0; level < NUM_KERNEL_LEVELS; level++) {
        if (!kernel_force((enum kernel_level)level)) continue;
        for (uint64_t p = 0; p < 1000; p++)
            assert_int_equal(rng_bits(rng, p), by_random123(rng, p));
        uint64_t far = ((uint64_t)1 << 36) - 40; /* the block number crosses 32 bits */
        for (uint64_t p = far; p < far + 200; p++)
            assert_int_equal(rng_bits(rng, p), by_random123(rng, p));
    }
}

/* Uniforms to the bit; normals to the bit between the vector levels, and within a few roundings of
 * numbers up to 6.7 (6.7 * 2^-24 = 4e-7) between these and portable. */
static void test_levels_agree(void **state)
{
    (void)state;
    enum { N = 100007 };
    struct rng rng = rng_stream(3, "k", "levels");
    float *normal[NUM_KERNEL_LEVELS] = {0}, *uniform[NUM_KERNEL_LEVELS] = {0};
    for (int level = 0; level < NUM_KERNEL_LEVELS; level++) {
        normal[level] = malloc(N * sizeof(float));
        uniform[level] = malloc(N * sizeof(float));
        bool there = kernel_force((enum kernel_level)level);
        if (there) rng_fill_normal(rng, 5, N, normal[level]);
        if (there) rng_fill_uniform(rng, 5, N, uniform[level]);
        for (int i = 0; there && i < N; i++)
            check_near((double)normal[level][i], (double)normal[0][i], 2e-6);
        if (there) assert_memory_equal(uniform[level], uniform[0], N * sizeof(float));
        if (there && level == KERNEL_AVX512)
            assert_memory_equal(normal[level], normal[KERNEL_AVX2], N * sizeof(float));
    }
    for (int level = 0; level < NUM_KERNEL_LEVELS; level++)
        free(normal[level]), free(uniform[level]);
}

static void test_positions(void **state)
{
    (void)state;
    struct rng rng = rng_stream(1, "k", "positions");
    float all[1000], part[1000];
    rng_fill_normal(rng, 0, 1000, all);
    for (size_t first = 0; first < 300; first += 7)
        for (size_t n = 1; n < 500; n += 61) {
            rng_fill_normal(rng, first, n, part);
            assert_memory_equal(part, all + first, n * sizeof(float));
        }
}

static void test_streams_differ(void **state)
{
    (void)state;
    struct rng a = rng_stream(0, "key", "noise");
    struct rng others[] = {rng_stream(1, "key", "noise"), rng_stream(0, "kez", "noise"),
                           rng_stream(0, "key", "noisf"), rng_child(a, 0), rng_child(a, 1)};
    for (size_t i = 0; i < sizeof others / sizeof others[0]; i++)
        assert_memory_not_equal(&a, &others[i], sizeof a);
    assert_memory_not_equal(&others[3], &others[4], sizeof a);
    struct rng again = rng_stream(0, "key", "noise");
    assert_memory_equal(&a, &again, sizeof a);
}

/* Moments of n normals within 5 standard errors; var(x^2) = 2, var(x^4) = 96. */
static void test_moments(void **state)
{
    (void)state;
    const size_t n = 4000000;
    float *x = malloc(n * sizeof *x);
    rng_fill_normal(rng_stream(11, "k", "moments"), 0, n, x);
    double m1 = 0, m2 = 0, m3 = 0, m4 = 0, lag = 0;
    for (size_t i = 0; i < n; i++) {
        double v = (double)x[i];
        m1 += v, m2 += v * v, m3 += v * v * v, m4 += v * v * v * v;
        if (i) lag += v * (double)x[i - 1];
    }
    double root = sqrt((double)n), N = (double)n;
    check_near(m1 / N, 0, 5 / root);
    check_near(m2 / N, 1, 5 * sqrt(2) / root);
    check_near(m3 / N, 0, 5 * sqrt(15) / root);
    check_near(m4 / N, 3, 5 * sqrt(96) / root);
    check_near(lag / N, 0, 5 / root);
    free(x);
}

/* Normals against the inverse transform by libm: shape of both tails and the middle. */
static void test_quantiles(void **state)
{
    (void)state;
    const size_t n = 4000000;
    const double cut[] = {-4, -3, -2, -1, -0.25, 0, 0.5, 1.5, 2.5, 3.5, 4.5};
    float *x = malloc(n * sizeof *x);
    rng_fill_normal(rng_stream(12, "k", "quantiles"), 0, n, x);
    for (size_t c = 0; c < sizeof cut / sizeof cut[0]; c++) {
        size_t below = 0;
        for (size_t i = 0; i < n; i++) below += (double)x[i] < cut[c];
        double p = 0.5 * erfc(-cut[c] / sqrt(2));
        check_near((double)below / (double)n, p, 5 * sqrt(p * (1 - p) / (double)n));
    }
    free(x);
}

static void test_uniform(void **state)
{
    (void)state;
    const size_t n = 1000000;
    float *x = malloc(n * sizeof *x);
    struct rng rng = rng_stream(13, "k", "uniform");
    rng_fill_uniform(rng, 0, n, x);
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) {
        assert_true(x[i] > 0 && x[i] <= 1);
        sum += (double)x[i], squares += (double)x[i] * (double)x[i];
    }
    check_near(sum / (double)n, 0.5, 5 * sqrt(1.0 / 12 / (double)n));
    check_near(squares / (double)n, 1.0 / 3, 5 * sqrt(4.0 / 45 / (double)n));
    for (uint64_t i = 0; i < 1000; i++) {
        double u = rng_uniform(rng, i);
        assert_true(u >= 0 && u < 1);
    }
    free(x);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_philox),    cmocka_unit_test(test_levels_agree),
        cmocka_unit_test(test_positions), cmocka_unit_test(test_streams_differ),
        cmocka_unit_test(test_moments),   cmocka_unit_test(test_quantiles),
        cmocka_unit_test(test_uniform)};
    return cmocka_run_group_tests_name("rng", tests, NULL, NULL);
}
