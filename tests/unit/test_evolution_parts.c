/* What the training history is made of: the second-order term against plain loops and a closed
 * form, the step of a history at a known epoch.
 */
#include "../support/check.h"
#include "analyse/evolution/bifurcation.h"
#include "analyse/evolution/second_order.h"

#include <stdlib.h>
#include <string.h>

/* --- the second-order term -------------------------------------------------------------------- */

static struct rnn_shape small_shape(int H, int D, int K, bool bias)
{
    return (struct rnn_shape){.hidden = H, .noise_dim = D, .symbols = K, .bias = bias};
}

/* One trial in float64 and plain loops, from the numbers of the same streams. */
static void plain_second_order(const struct network *net, struct rng rng, const float *start,
                               size_t n, size_t trial, double *second)
{
    enum { MOST = 8 };
    size_t H = (size_t)net->shape.hidden, D = (size_t)net->shape.noise_dim;
    float *number = malloc(n * (H + D) * sizeof *number), *noise = number + n * H;
    double h[MOST], first[MOST] = {0}, gated[MOST] = {0}, next[MOST];
    assert_non_null(number);
    rng_fill_normal(rng_child(rng, 0), 0, n * H, number);
    for (size_t j = 0; j < H; j++) {
        h[j] = start[j] + .1 * number[trial * H + j] - .05;
        second[j] = 0;
    }
    for (size_t t = 0; t < 19; t++) {
        network_noise(rng_child(rng, 1), t, n, (int)D, noise);
        const float *x = noise + trial * D;
        for (size_t i = 0; i < H && t >= 9; i++) {
            next[i] = 0;
            for (size_t j = 0; j < H && t > 9; j++) next[i] += net->W[i * H + j] * gated[j];
            for (size_t d = 0; d < D; d++) next[i] += net->U[i * D + d] * x[d];
        }
        for (size_t i = 0; i < H && t >= 9; i++) {
            first[i] = next[i];
            gated[i] = h[i] > 0 ? first[i] : 0;
        }
        double sum[MOST] = {0};
        for (size_t i = 0; i < H && t >= 9; i++)
            for (size_t j = 0; j < H; j++)
                if (h[j] > 0) sum[i] += net->W[i * H + j] * (second[j] + first[j] * first[j] / 2);
        if (t >= 9) memcpy(second, sum, H * sizeof *sum);
        for (size_t i = 0; i < H; i++) {
            next[i] = net->bias_h ? net->bias_h[i] : 0;
            for (size_t j = 0; j < H; j++) next[i] += net->W[i * H + j] * h[j];
            for (size_t d = 0; d < D && t < 9; d++) next[i] += net->U[i * D + d] * x[d];
        }
        for (size_t i = 0; i < H; i++) h[i] = next[i] > 0 ? next[i] : 0;
    }
    free(number);
}

static void test_second_order_against_loops(void **state)
{
    (void)state;
    enum { H = 5, D = 3, N = 7 };
    for (int bias = 0; bias < 2; bias++) {
        struct rnn_shape shape = small_shape(H, D, 2, bias);
        float params[H * (D + H + 2) + 2 * H + 2], term[N * H], start[H];
        struct network net;
        struct status st = {0};
        assert_int_equal(rnn_num_params(shape),
                         bias ? H * (D + H + 2) + 2 * H + 2 : H * (D + H + 2));
        rnn_init_params(shape, rng_stream(3, "second", "init"), params);
        for (size_t i = 0; i < rnn_num_params(shape); i++) params[i] *= 2;
        check_ok(network_init(&net, shape, params, &st), &st);
        for (int j = 0; j < H; j++) start[j] = (float)j * .2f;
        struct rng rng = rng_stream(4, "second", "noise");
        check_ok(second_order_term(&net, rng, start, N, term, &st), &st);
        double largest = 0;
        for (size_t i = 0; i < N; i++) {
            double plain[8];
            plain_second_order(&net, rng, start, N, i, plain);
            for (size_t j = 0; j < H; j++) {
                largest = fmax(largest, fabs(plain[j]));
                check_near(term[i * H + j], plain[j], 1e-4); /* float against double */
            }
        }
        assert_true(largest > .01);
        network_free(&net);
    }
}

/* One unit that is always active: E d2 = sum_k w^(10-k) var(d1_k) / 2. */
static void test_second_order_expected(void **state)
{
    (void)state;
    enum { N = 20000 };
    struct rnn_shape shape = small_shape(1, 1, 1, true);
    double w = .8, u = .5, expected = 0, sum = 0, squares = 0;
    float params[] = {(float)u, (float)w, 1, 20, 0, 0}, start = 100; /* U, W, R, biases */
    float *term = malloc(N * sizeof *term);
    struct network net;
    struct status st = {0};
    assert_non_null(term);
    check_ok(network_init(&net, shape, params, &st), &st);
    check_ok(second_order_term(&net, rng_stream(5, "second", "noise"), &start, N, term, &st), &st);
    for (int k = 0; k < SECOND_ORDER_HORIZON; k++)
        expected += pow(w, 10 - k) * u * u * (1 - pow(w, 2 * (k + 1))) / (1 - w * w) / 2;
    for (int i = 0; i < N; i++) {
        sum += term[i] / (double)N;
        squares += (double)term[i] * term[i] / N;
    }
    double sem = sqrt((squares - sum * sum) / N);
    assert_true(sem < .02 * expected);
    check_near(sum, expected, 4 * sem);
    free(term);
    network_free(&net);
}

/* --- where the step is ------------------------------------------------------------------------ */

enum { SEQUENCES = 400, STEPS = 29 };

/* count (n, SEQUENCES): every sequence's number in the same noise at every rate (n) */
static void made_up_counts(const double *rate, int n, uint16_t *count)
{
    struct rng rng = rng_stream(7, "bifurcation", "data");
    for (int i = 0; i < n; i++)
        for (int s = 0; s < SEQUENCES; s++) {
            uint16_t num = 0;
            for (int t = 0; t < STEPS; t++)
                num += rng_uniform(rng, (uint64_t)(s * STEPS + t)) < rate[i];
            count[i * SEQUENCES + s] = num;
        }
}

static struct bifurcation find_step(const double *rate, int n, int every)
{
    enum { MOST = 64 };
    static uint16_t count[MOST * SEQUENCES];
    double epoch[MOST];
    struct bifurcation found;
    struct status st = {0};
    for (int i = 0; i < n; i++) epoch[i] = i * every;
    made_up_counts(rate, n, count);
    check_ok(bifurcation_find(epoch, count, n, SEQUENCES, STEPS, rng_stream(8, "b", "bootstrap"),
                              &found, &st),
             &st);
    return found;
}

static void test_step_of_a_history(void **state)
{
    (void)state;
    double rate[60];
    for (int at = 3; at <= 15; at += 4) {
        for (int i = 0; i < 20; i++) rate[i] = i < at ? .5 : .1;
        struct bifurcation found = find_step(rate, 20, 10);
        check_near(found.epoch, 10 * at - 5, 0);
        check_near(found.low, 10 * at - 10, 0);
        check_near(found.high, 10 * at, 0);
        check_near(found.support, 1, 0);
        check_near(found.ratio, .2, .02); /* 11600 draws of a rate of .1: sd 3 % */
        check_near(found.explained, 1, .01);
    }
    /* a dip that does not last, a long slow approach after the step: still there */
    for (int i = 0; i < 60; i++) rate[i] = i < 8 ? .5 : .05 + .1 * exp(-(i - 8) / 12.);
    rate[1] = .18;
    check_near(find_step(rate, 60, 5).epoch, 37.5, 0);
    /* gradual: where the log rate is half way from .5 to .05, which is .158, the interval around it
     */
    for (int i = 0; i < 41; i++) rate[i] = .5 * pow(.1, fmin(fmax((i - 10) / 20., 0), 1));
    struct bifurcation found = find_step(rate, 41, 1);
    assert_true(found.low <= found.epoch && found.epoch <= found.high);
    check_near(found.epoch, 20, 1.5);
    assert_true(found.support < 1 && found.explained < .95);
    /* a rise is a change too */
    for (int i = 0; i < 12; i++) rate[i] = i < 5 ? .1 : .3;
    found = find_step(rate, 12, 2);
    check_near(found.epoch, 9, 0);
    assert_true(found.ratio > 2.5);
}

static void test_no_step(void **state)
{
    (void)state;
    double rate[12];
    for (int i = 0; i < 12; i++) rate[i] = .3;
    assert_true(isnan(find_step(rate, 12, 10).epoch));
    for (int i = 0; i < 12; i++) rate[i] = 0;
    struct bifurcation found = find_step(rate, 12, 10);
    assert_true(isnan(found.epoch) && isnan(found.low) && isnan(found.support));
    rate[0] = .5;
    assert_true(isnan(find_step(rate, 3, 10).epoch)); /* too few */
    assert_false(isnan(find_step(rate, 4, 10).epoch));
}

static void test_reference_rule(void **state)
{
    (void)state;
    const double epoch[] = {0, 10, 20, 25}, rise[] = {0, .02, .05, .5}, none[] = {.3, .3, .31, .3};
    const double hole[] = {0, NAN, .01, .1}, lost[] = {NAN, NAN, NAN, NAN};
    check_near(bifurcation_reference(epoch, rise, 4), 10, 0); /* .02 itself is no jump */
    check_near(bifurcation_reference(epoch, hole, 4), 20, 0);
    assert_true(isnan(bifurcation_reference(epoch, none, 4)));
    assert_true(isnan(bifurcation_reference(epoch, lost, 4)));
    assert_true(isnan(bifurcation_reference(epoch, rise, 1)));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_second_order_against_loops),
        cmocka_unit_test(test_second_order_expected),
        cmocka_unit_test(test_step_of_a_history),
        cmocka_unit_test(test_no_step),
        cmocka_unit_test(test_reference_rule),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
