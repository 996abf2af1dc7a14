/* HMM presets, exact statistics, sampling and likelihood. Numbers without another origin are those
 * of SCIENCE 1.2 to 1.4; the rest is brute force over all state and symbol sequences.
 */
#include "../support/check.h"
#include "hmmgrid/hmm.h"

#include <stdlib.h>
#include <string.h>

static struct settings family(int architecture, int M, int K, double target, double stay)
{
    struct settings s = {0};
    s.hmm.architecture = architecture;
    s.hmm.states = M;
    s.hmm.symbols = K;
    s.hmm.target_prob = target;
    s.hmm.stay_prob = stay;
    return s;
}

static struct settings linear(int M)
{
    return family(LINEAR_CHAIN, M, 3, .05, NAN);
}

/* A chain that is neither stationary at its start nor symmetric, with an impossible symbol. */
static double custom_transition[] = {.7, .2, .1, 0, .5, .5, .3, .3, .4};
static double custom_emission[] = {.6, .4, 0, .1, .2, .7, 0, 0, 1};
static double custom_start[] = {.8, .2, 0};

static struct settings asymmetric(void)
{
    struct settings s = family(CUSTOM, 3, 3, NAN, NAN);
    s.hmm.emission = EMISSION_MATRIX;
    s.hmm.transition = (struct matrix){3, 3, custom_transition, ""};
    s.hmm.emission_matrix = (struct matrix){3, 3, custom_emission, ""};
    s.hmm.start = (struct matrix){1, 3, custom_start, ""};
    return s;
}

static struct hmm build(struct settings s)
{
    struct hmm hmm;
    struct status st = {0};
    check_ok(hmm_init(&hmm, &s, &st), &st);
    return hmm;
}

static void check_all(const double *actual, const double *expected, int n, double tolerance)
{
    for (int i = 0; i < n; i++) check_near(actual[i], expected[i], tolerance);
}

/* Every family that the tests go over. */
static struct settings nth_family(int i)
{
    struct settings s;
    switch (i) {
    case 0:
    case 1:
    case 2:
    case 3: return linear(i + 2);
    case 4: return family(LINEAR_CHAIN, 4, 3, NAN, .9);
    case 5:
        s = linear(3);
        s.hmm.emission = EMISSION_GAUSSIAN;
        s.hmm.symbols = 5;
        return s;
    case 6: return family(FULLY_CONNECTED, 3, 3, NAN, .95);
    case 7: return family(CYCLIC, 4, 3, NAN, .95);
    default: return asymmetric();
    }
}
enum { NUM_FAMILIES = 9 };

/* --- presets ---------------------------------------------------------------------------------- */

static void test_linear_chain_matrices(void **state)
{
    (void)state;
    static const double q[] = {.05, .2236067977, .3684031499, .4728708045};
    for (int M = 2; M <= 5; M++) {
        struct hmm hmm = build(linear(M));
        for (int i = 0; i < M; i++) {
            double alpha = (double)i / (M - 1);
            for (int j = 0; j < M; j++) {
                bool end = i == 0 || i == M - 1;
                double p = i == j            ? (end ? 1 - q[M - 2] : 1 - 2 * q[M - 2])
                           : abs(i - j) == 1 ? q[M - 2]
                                             : 0;
                check_near(hmm.transition[i * M + j], p, 1.1e-10);
            }
            check_near(hmm.emission[3 * i], .99 * (1 - alpha), 1e-15);
            check_near(hmm.emission[3 * i + 1], .01, 0);
            check_near(hmm.emission[3 * i + 2], .99 * alpha, 1e-15);
            check_near(hmm.start[i], 1.0 / M, 1e-16);
        }
        hmm_free(&hmm);
    }
}

static void test_stay_prob_and_gaussian(void **state)
{
    (void)state;
    struct settings s = family(LINEAR_CHAIN, 3, 3, NAN, .95);
    s.hmm.emission = EMISSION_GAUSSIAN;
    struct hmm hmm = build(s);
    check_all(hmm.transition, (double[]){.95, .05, 0, .025, .95, .025, 0, .05, .95}, 9, 1e-15);
    check_all(hmm.emission,
              (double[]){.993307, .006693, 0, .006648, .986703, .006648, 0, .006693, .993307}, 9,
              5e-7);
    hmm_free(&hmm);
}

static void test_fully_connected_and_cyclic(void **state)
{
    (void)state;
    struct hmm hmm = build(family(FULLY_CONNECTED, 3, 3, NAN, .95));
    check_all(hmm.transition, (double[]){.95, .025, .025, .025, .95, .025, .025, .025, .95}, 9,
              1e-15);
    check_all(hmm.emission, (double[]){.98, .01, .01, .01, .98, .01, .01, .01, .98}, 9, 1e-15);
    hmm_free(&hmm);
    hmm = build(family(CYCLIC, 4, 3, NAN, .95));
    check_all(
        hmm.transition,
        (double[]){.95, .025, 0, .025, .025, .95, .025, 0, 0, .025, .95, .025, .025, 0, .025, .95},
        16, 1e-15);
    check_all(hmm.emission, (double[]){.9, .1, 0, .1, .9, 0, 0, .1, .9, 0, .9, .1}, 12, 0);
    hmm_free(&hmm);
}

static void test_custom_is_verbatim(void **state)
{
    (void)state;
    struct hmm hmm = build(asymmetric());
    check_all(hmm.transition, custom_transition, 9, 0);
    check_all(hmm.emission, custom_emission, 9, 0);
    check_all(hmm.start, custom_start, 3, 0);
    char hex[33], other[33];
    hmm_fingerprint(&hmm, hex);
    hmm.emission[0] = nextafter(hmm.emission[0], 1);
    hmm_fingerprint(&hmm, other);
    assert_int_equal(strlen(hex), 32);
    assert_string_not_equal(hex, other);
    hmm_free(&hmm);
}

/* --- errors ----------------------------------------------------------------------------------- */

static void refuse(struct settings s, const char *part)
{
    struct hmm hmm;
    struct status st = {0};
    check_code(hmm_init(&hmm, &s, &st), STATUS_BAD_GRID, &st);
    if (!strstr(st.text, part)) fail_msg("\"%s\" does not say \"%s\"", st.text, part);
    assert_null(hmm.start);
    hmm_free(&hmm);
}

static void test_refuses_what_presets_cannot_serve(void **state)
{
    (void)state;
    refuse(linear(6), "-0.0986"); /* 1 - 2q of SCIENCE 1.2 */
    refuse(linear(1), "serves 2 to 64 states");
    refuse(family(LINEAR_CHAIN, 3, 3, .05, .9), "one or the other");
    refuse(family(LINEAR_CHAIN, 3, 3, 0, NAN), "hmm.target_prob: 0 is out of range");
    refuse(family(LINEAR_CHAIN, 3, 3, NAN, 1.5), "hmm.stay_prob: 1.5 is out of range");
    refuse(family(LINEAR_CHAIN, 3, 4, .05, NAN), "hmm.emission: linear serves");
    refuse(family(FULLY_CONNECTED, 3, 3, .05, NAN), "hmm.target_prob");
    refuse(family(FULLY_CONNECTED, 3, 4, NAN, .9), "as many symbols as states");
    refuse(family(FULLY_CONNECTED, 1, 1, NAN, .9), "serves 2 to 64 states");
    refuse(family(CYCLIC, 2, 3, NAN, .9), "serves 3 to 64 states");
    refuse(family(CYCLIC, 5, 3, NAN, .9), "4 states and 3 symbols");
    refuse(family(CYCLIC, 4, 3, NAN, -.1), "hmm.stay_prob");
    refuse(family(LINEAR_CHAIN, MAX_STATES + 1, 3, NAN, .9), "not 65 and 3");
    refuse(family(LINEAR_CHAIN, 3, 0, NAN, .9), "2 to 255 symbols");
    refuse(family(UNKNOWN_HMM, 3, 3, NAN, NAN), "an unknown HMM");
    refuse(family(17, 3, 3, NAN, .9), "hmm.architecture: 17");
    struct settings s = linear(3);
    s.hmm.emission = 17;
    refuse(s, "hmm.emission: 17");
    s = asymmetric();
    s.hmm.states = 1;
    s.hmm.transition = (struct matrix){1, 1, (double[]){1}, ""};
    s.hmm.start.rows = 0;
    s.hmm.emission = EMISSION_GAUSSIAN;
    refuse(s, "gaussian serves 2 to 64 states");
}

static void test_fills_in_what_is_auto(void **state)
{
    (void)state;
    struct hmm given = build(linear(3)), left_out = build(family(LINEAR_CHAIN, 3, 3, NAN, NAN));
    check_all(left_out.transition, given.transition, 9, 0);
    hmm_free(&given);
    hmm_free(&left_out);
}

static void test_refuses_bad_matrices(void **state)
{
    (void)state;
    struct settings s = asymmetric();
    s.hmm.transition.rows = 0;
    refuse(s, "hmm.transition: missing");
    s = asymmetric();
    s.hmm.emission_matrix.cols = 2;
    refuse(s, "hmm.emission: the matrix is 3 x 2");
    s = asymmetric();
    s.hmm.start.cols = 2;
    refuse(s, "hmm.start: 1 x 2");
    static double sums[] = {.7, .2, .1, .5, .5, .1, .3, .3, .4};
    s.hmm.start.cols = 3;
    s.hmm.transition.value = sums;
    refuse(s, "row 2 sums to 1.1, not 1; correct");
    static double turned[] = {.7, .5, .3, .2, .5, .3, .1, 0, .4};
    s.hmm.transition.value = turned;
    refuse(s, "row 1 sums to 1.5, not 1, but its columns sum to 1: it looks transposed");
    static double negative[] = {.7, .2, .1, 0, .5, .5, .7, -.1, .4};
    s.hmm.transition.value = negative;
    refuse(s, "row 3 has -0.1");
    static double undefined[] = {.7, NAN, .3};
    s = asymmetric();
    s.hmm.start.value = undefined;
    refuse(s, "hmm.start: row 1 has nan");
}

/* Rows that sum to 1 within 1e-6 are normalised, those within 1e-12 are left as they are. */
static void test_normalises_rows(void **state)
{
    (void)state;
    struct settings s = asymmetric();
    static double thirds[] = {.3333333, .3333333, .3333333};
    static double floats[] = {.1f, .2f, .7f, .3f, .3f, .4f, 1. / 3, 1. / 3, 1 - 2. / 3};
    s.hmm.start.value = thirds;
    s.hmm.transition.value = floats;
    struct hmm hmm = build(s);
    check_near(hmm.start[0] + hmm.start[1] + hmm.start[2], 1, 3e-16);
    assert_true(fabs(floats[0] + floats[1] + floats[2] - 1) > 1e-9);
    for (int i = 0; i < 2; i++)
        check_near(hmm.transition[3 * i] + hmm.transition[3 * i + 1] + hmm.transition[3 * i + 2], 1,
                   3e-16);
    check_all(hmm.transition + 6, floats + 6, 3, 0);
    hmm_free(&hmm);
    thirds[2] = .33333;
    refuse(s, "hmm.start: row 1 sums to 0.9999966");
    thirds[2] = .3333333;
}

/* --- exact statistics ------------------------------------------------------------------------- */

static void test_change_probabilities(void **state)
{
    (void)state;
    static const double expected[] = {.068805, .256202, .297779, .311171};
    double f[3];
    for (int M = 2; M <= 5; M++) {
        struct hmm hmm = build(linear(M));
        check_near(hmm_change_probability(&hmm, 30), expected[M - 2], 5.1e-7);
        hmm_output_frequency(&hmm, 30, f);
        check_all(f, (double[]){.495, .01, .495}, 3, 1e-14);
        hmm_free(&hmm);
    }
    struct hmm hmm = build(family(FULLY_CONNECTED, 3, 3, NAN, .95));
    check_near(hmm_change_probability(&hmm, 30), .086445, 5.1e-7);
    hmm_output_frequency(&hmm, 30, f);
    check_all(f, (double[]){1. / 3, 1. / 3, 1. / 3}, 3, 1e-14);
    hmm_free(&hmm);
    hmm = build(family(CYCLIC, 4, 3, NAN, .95));
    check_near(hmm_change_probability(&hmm, 40), .214250, 5.1e-7);
    hmm_output_frequency(&hmm, 40, f);
    check_all(f, (double[]){.25, .5, .25}, 3, 1e-14);
    hmm_free(&hmm);
}

/* P(symbols) by summing over all M^T state sequences. */
static double brute_probability(const struct hmm *hmm, const uint8_t *o, int T)
{
    int M = hmm->states, K = hmm->symbols, all = 1;
    double total = 0;
    for (int t = 0; t < T; t++) all *= M;
    for (int code = 0; code < all; code++) {
        double p = 1;
        for (int t = 0, rest = code, before = 0; t < T; t++, rest /= M) {
            int s = rest % M;
            p *=
                (t ? hmm->transition[before * M + s] : hmm->start[s]) * hmm->emission[s * K + o[t]];
            before = s;
        }
        total += p;
    }
    return total;
}

static void test_against_all_sequences(void **state)
{
    (void)state;
    enum { T = 5 };
    for (int i = 0; i < NUM_FAMILIES; i++) {
        struct hmm hmm = build(nth_family(i));
        int K = hmm.symbols, all = 1;
        double f[5] = {0}, joint[25] = {0}, got[25], sum = 0, step_bits[T];
        for (int t = 0; t < T; t++) all *= K;
        for (int code = 0; code < all; code++) {
            uint8_t o[T];
            for (int t = 0, rest = code; t < T; t++, rest /= K) o[t] = (uint8_t)(rest % K);
            double p = brute_probability(&hmm, o, T), bits = 0;
            double got_bits = hmm_log2_likelihood(&hmm, o, T, step_bits);
            sum += p;
            for (int t = 0; t < T; t++) f[o[t]] += p / T;
            for (int t = 1; t < T; t++) joint[o[t - 1] * K + o[t]] += p / (T - 1);
            if (p == 0) {
                assert_true(isinf(got_bits) && got_bits < 0 && isinf(step_bits[T - 1]));
                continue;
            }
            check_near(got_bits, log2(p), 1e-11);
            for (int t = 0; t < T; t++) bits += step_bits[t];
            check_near(bits, got_bits, 1e-13);
        }
        check_near(sum, 1, 1e-12);
        hmm_output_frequency(&hmm, T, got);
        check_all(got, f, K, 1e-13);
        hmm_output_joint(&hmm, T, got);
        check_all(got, joint, K * K, 1e-13);
        double same = 0;
        for (int k = 0; k < K; k++) same += joint[k * K + k];
        check_near(hmm_change_probability(&hmm, T), 1 - same, 1e-13);
        hmm_free(&hmm);
    }
}

static void test_impossible_steps(void **state)
{
    (void)state;
    struct hmm hmm = build(asymmetric());
    double bits[3];
    /* state 2 only emits symbol 2 and is not a start: symbol 2 first comes from state 1 */
    check_near(hmm_log2_likelihood(&hmm, (uint8_t[]){2}, 1, bits), log2(.2 * .7), 1e-14);
    hmm.emission[1 * 3 + 2] = 0;
    assert_true(isinf(hmm_log2_likelihood(&hmm, (uint8_t[]){1, 2, 0}, 3, bits)) == 0);
    assert_true(isinf(hmm_log2_likelihood(&hmm, (uint8_t[]){2, 1, 0}, 3, bits)));
    assert_true(bits[0] == -INFINITY && bits[1] == -INFINITY && bits[2] == -INFINITY);
    assert_true(isinf(hmm_log2_likelihood(&hmm, (uint8_t[]){9}, 1, NULL))); /* no such symbol */
    hmm_free(&hmm);
}

static void test_marginals(void **state)
{
    (void)state;
    struct hmm hmm = build(asymmetric());
    double p[3], mean[3], sum[3] = {0};
    for (int t = 0; t < 4; t++) {
        hmm_marginal(&hmm, t, p);
        for (int i = 0; i < 3; i++) sum[i] += p[i] / 4;
    }
    hmm_mean_marginal(&hmm, 4, mean);
    check_all(mean, sum, 3, 1e-15);
    hmm_free(&hmm);
}

/* --- sampling --------------------------------------------------------------------------------- */

/* |mean of x - expected| within 5 standard errors, x given by its sums over n sequences. */
static void check_mean(double sum, double squares, double n, double expected)
{
    double mean = sum / n, se = sqrt(fmax(squares / n - mean * mean, 0) / n);
    check_near(mean, expected, 5 * se + 1e-12);
}

static void check_sample(const struct hmm *hmm, int number)
{
    enum { N = 20000, T = 12 };
    int K = hmm->symbols;
    uint8_t *o = malloc(N * T), *states = malloc(N * T);
    double f[5], joint[25], change = hmm_change_probability(hmm, T);
    double sum[31] = {0}, squares[31] = {0};
    assert_true(o && states);
    hmm_sample(hmm, rng_stream((uint64_t)number, "test", "data"), 0, N, T, o, states);
    hmm_output_frequency(hmm, T, f);
    hmm_output_joint(hmm, T, joint);
    for (int i = 0; i < N; i++) {
        double x[31] = {0}; /* per sequence: changes, frequencies, pairs */
        for (int t = 0; t < T; t++) {
            int k = o[i * T + t], s = states[i * T + t];
            assert_true(s < hmm->states && k < K && hmm->emission[s * K + k] > 0);
            x[1 + k] += 1.0 / T;
            if (!t) continue;
            x[0] += (k != o[i * T + t - 1]) / (T - 1.0);
            x[6 + o[i * T + t - 1] * K + k] += 1 / (T - 1.0);
        }
        for (int j = 0; j < 31; j++) {
            sum[j] += x[j];
            squares[j] += x[j] * x[j];
        }
    }
    check_mean(sum[0], squares[0], N, change);
    for (int k = 0; k < K; k++) check_mean(sum[1 + k], squares[1 + k], N, f[k]);
    for (int k = 0; k < K * K; k++) {
        /* an event seen a handful of times has no usable standard error: then 5 of its own */
        double own = 5 * sqrt(joint[k] / (N * (T - 1.0)));
        if (joint[k] * N * (T - 1) < 50)
            check_near(sum[6 + k] / N, joint[k], own + 5.0 / (N * (T - 1.0)));
        else
            check_mean(sum[6 + k], squares[6 + k], N, joint[k]);
    }
    free(o);
    free(states);
}

static void test_samples_agree_with_exact(void **state)
{
    (void)state;
    for (int i = 0; i < NUM_FAMILIES; i++) {
        struct hmm hmm = build(nth_family(i));
        check_sample(&hmm, i);
        hmm_free(&hmm);
    }
}

/* The rule of the header written plainly: sequence i owns bits from i * S, S = 2T up to 4. */
static int plain_draw(const double *p, int n, double u)
{
    double sum = 0;
    int last = n - 1;
    while (p[last] <= 0) last--;
    for (int k = 0; k < last; k++) {
        sum += p[k];
        if (sum > u) return k;
    }
    return last;
}

static void test_sample_is_inverse_cdf_of_its_own_bits(void **state)
{
    (void)state;
    static const int lengths[] = {1, 2, 7, 30, 1025};
    uint8_t o[6 * 1025], states[6 * 1025], part[1025];
    for (int f = 0; f < NUM_FAMILIES; f++) {
        struct hmm hmm = build(nth_family(f));
        struct rng rng = rng_stream(7, "test", "data");
        for (int l = 0; l < 5; l++) {
            int T = lengths[l], stride = (2 * T + 3) / 4 * 4;
            hmm_sample(&hmm, rng, 0, 6, T, o, states);
            for (int i = 0; i < 6 * T; i++) {
                uint64_t at = (uint64_t)(i / T * stride + 2 * (i % T));
                const double *row = i % T ? hmm.transition + states[i - 1] * hmm.states : hmm.start;
                int s = plain_draw(row, hmm.states, rng_bits(rng, at) / 0x1p32);
                assert_int_equal(states[i], s);
                assert_int_equal(o[i], plain_draw(hmm.emission + s * hmm.symbols, hmm.symbols,
                                                  rng_bits(rng, at + 1) / 0x1p32));
            }
            hmm_sample(&hmm, rng, 4, 1, T, part, NULL); /* numbers first..: the same sequence */
            assert_memory_equal(part, o + 4 * T, (size_t)T);
        }
        hmm_free(&hmm);
    }
}

static void test_free_accepts_nothing(void **state)
{
    (void)state;
    struct hmm hmm = {0};
    hmm_free(&hmm);
    hmm_free(NULL);
    assert_null(hmm.start);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_linear_chain_matrices),
        cmocka_unit_test(test_stay_prob_and_gaussian),
        cmocka_unit_test(test_fully_connected_and_cyclic),
        cmocka_unit_test(test_custom_is_verbatim),
        cmocka_unit_test(test_refuses_what_presets_cannot_serve),
        cmocka_unit_test(test_fills_in_what_is_auto),
        cmocka_unit_test(test_refuses_bad_matrices),
        cmocka_unit_test(test_normalises_rows),
        cmocka_unit_test(test_change_probabilities),
        cmocka_unit_test(test_against_all_sequences),
        cmocka_unit_test(test_impossible_steps),
        cmocka_unit_test(test_marginals),
        cmocka_unit_test(test_samples_agree_with_exact),
        cmocka_unit_test(test_sample_is_inverse_cdf_of_its_own_bits),
        cmocka_unit_test(test_free_accepts_nothing),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
