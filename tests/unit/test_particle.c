/* The particle filter against known answers: networks without memory (quadrature), an HMM written
 * as a network (exact recursion), all sequences of a small network, deterministic ones. "4 se" is
 * four standard errors of the estimate itself; streams are fixed.
 */
#include "../support/made_network.h"
#include "dynamics/predictive.h"

/* Mean of 2^(bits - log2 p) must be 1 within 4 se, and the se small enough to tell. */
static void check_unbiased(const double *bits, size_t n, double log2_p, double largest_se)
{
    double *ratio = malloc(n * sizeof *ratio), mean, se;
    assert_non_null(ratio);
    for (size_t i = 0; i < n; i++) ratio[i] = exp2(bits[i] - log2_p);
    mean_se(ratio, n, &mean, &se);
    assert_true(se > 0 && se < largest_se);
    check_near(mean, 1, 4 * se);
    free(ratio);
}

/* --- resampling ------------------------------------------------------------------------------- */

static void test_resampling(void **state)
{
    (void)state;
    enum { N = 37, GRID = 2000 };
    double weight[N], sum = 0, taken[N] = {0};
    size_t from[N], again[N];
    for (int i = 0; i < N; i++) {
        double u = rng_uniform(rng_stream(1, "resampling", "weights"), (uint64_t)i);
        weight[i] = i % 5 == 3 ? 0 : u * u * u;
        sum += weight[i];
    }
    for (int g = 0; g < GRID; g++) {
        double u = (g + .5) / GRID;
        int count[N] = {0};
        particle_resample(weight, N, u, from);
        particle_resample(weight, N, u, again);
        assert_memory_equal(from, again, sizeof from);
        for (int i = 0; i < N; i++) {
            assert_true(from[i] < N && (i == 0 || from[i] >= from[i - 1]));
            count[from[i]]++;
        }
        for (int i = 0; i < N; i++) {
            double expected = N * weight[i] / sum;
            assert_true(count[i] >= floor(expected - 1e-9) && count[i] <= ceil(expected + 1e-9));
            taken[i] += (double)count[i] / GRID;
        }
    }
    /* over u each is taken in proportion to its weight: a count steps at one u, known to 1 / GRID
     */
    for (int i = 0; i < N; i++) check_near(taken[i], N * weight[i] / sum, 1.0 / GRID);
    for (int i = 0; i < N; i++) weight[i] = .25;
    particle_resample(weight, N, .3, from);
    for (size_t i = 0; i < N; i++) assert_int_equal(from[i], i);
    for (int i = 0; i < N; i++) weight[i] = i == 11 ? 1e-300 : 0;
    particle_resample(weight, N, .999, from);
    for (int i = 0; i < N; i++) assert_int_equal(from[i], 11);
}

/* --- networks without memory ------------------------------------------------------------------ */

/* E softmax(R relu(U x + b) + b_z)[k], x normal: trapezoid on [-9, 9], error below 1e-9 where the
 * integrand is smooth and about 1e-7 at the kinks */
static void quadrature(const struct made *m, double p[])
{
    enum { POINTS = 20000 };
    int H = m->shape.hidden, K = m->shape.symbols;
    memset(p, 0, sizeof *p * (size_t)K);
    for (int i = 0; i <= POINTS; i++) {
        double x = -9 + 18.0 * i / POINTS, density = exp(-x * x / 2) / sqrt(2 * M_PI) * 18 / POINTS;
        double e[8], sum = 0;
        for (int k = 0; k < K; k++) {
            e[k] = m->bias_z[k];
            for (int j = 0; j < H; j++)
                e[k] += m->R[k * H + j] * fmax(m->U[j] * x + m->bias_h[j], 0);
            e[k] = exp(e[k]);
            sum += e[k];
        }
        for (int k = 0; k < K; k++) p[k] += density * e[k] / sum;
    }
}

/* Independent symbols: p(o) is a product of one-step probabilities. The estimate is unbiased at any
 * P; its logarithm's bias halves from P to 2P and is half the variance. */
static void test_without_memory(void **state)
{
    (void)state;
    enum { T = 4, REPEATS = 60000 };
    static const uint8_t o[T] = {2, 0, 1, 1};
    struct made m = make(5, 1, 3, true);
    double p[3], log2_p = 0, mean[2], se[2], variance = 0;
    rng_fill_normal(rng_stream(4, "memoryless", "weights"), 0, rnn_num_params(m.shape), m.params);
    memset(m.W, 0, 25 * sizeof *m.W);
    for (int i = 0; i < 5; i++) m.bias_h[i + 5] = 0; /* quadrature knows one bias of units only */
    make_ready(&m);
    quadrature(&m, p);
    check_near(p[0] + p[1] + p[2], 1, 1e-9);
    for (int t = 0; t < T; t++) log2_p += log2(p[o[t]]);
    for (int twice = 0; twice < 2; twice++) {
        double *bits = repeat(&m, INITIAL_ZEROS, twice ? 8 : 4, "memoryless", o, T, REPEATS);
        check_unbiased(bits, REPEATS, log2_p, .01);
        mean_se(bits, REPEATS, &mean[twice], &se[twice]);
        if (!twice) variance = se[0] * se[0] * REPEATS;
        free(bits);
    }
    double bias = log2_p - mean[0], halved = log2_p - mean[1];
    assert_true(bias > 20 * se[0]);
    /* the next order, of relative size (variance in nats), is left open */
    double order = bias * variance * M_LN2 * M_LN2;
    check_near(halved, bias / 2, 4 * (se[0] / 2 + se[1]) + order / 2);
    check_near(bias, M_LN2 / 2 * variance, 4 * se[0] + order);
    made_free(&m);
}

/* Logits of any size; a symbol nobody can emit; nothing random: known exactly. */
static void test_tiny_probabilities(void **state)
{
    (void)state;
    static const float sizes[] = {70, 1e3f, 1e30f, 3e38f};
    static const uint8_t o[3] = {0, 1, 1};
    for (int i = 0; i < 4; i++) {
        struct made m = make(1, 1, 2, true);
        m.bias_z[0] = sizes[i] / 2;
        m.bias_z[1] = -sizes[i] / 2;
        make_ready(&m);
        double *bits = repeat(&m, INITIAL_NORMAL, 9, "tiny", o, 3, 2);
        check_relative(bits[0], -2 * (double)sizes[i] * M_LOG2E, 1e-6);
        check_relative(bits[1], bits[0], 0);
        free(bits);
        made_free(&m);
    }
    struct made m = make(1, 1, 2, true); /* beyond float from the second step on */
    m.W[0] = 1e30f;
    m.bias_h[0] = 1;
    m.R[0] = 1e15f;
    make_ready(&m);
    double *bits = repeat(&m, INITIAL_ZEROS, 9, "tiny", o, 3, 2);
    assert_true(isnan(bits[0]) && isnan(bits[1]));
    free(bits);
    made_free(&m);
}

/* --- all sequences ---------------------------------------------------------------------------- */

/* Whatever the network, estimates of all K^T sequences sum to 1 on average; forecasts are
 * distributions. */
static void test_all_sequences(void **state)
{
    (void)state;
    enum { K = 3, T = 3, ALL = 27, REPEATS = 3000, PARTICLES = 5 };
    struct made m = make(7, 2, K, false);
    struct particle_filter filter;
    struct status st = {0};
    double *sum = calloc(REPEATS, sizeof *sum), bits[REPEATS], mean, se;
    double *forecast = malloc(REPEATS * T * K * sizeof *forecast);
    uint8_t symbols[REPEATS * T];
    assert_true(sum && forecast);
    rnn_init_params(m.shape, rng_stream(5, "all", "init"), m.params);
    for (size_t i = 0; i < rnn_num_params(m.shape); i++) m.params[i] *= 4;
    make_ready(&m);
    for (int initial = 0; initial < 2; initial++) {
        check_ok(particle_init(&filter, &m.net, initial, PARTICLES, &st), &st);
        memset(sum, 0, REPEATS * sizeof *sum);
        for (int a = 0; a < ALL; a++) {
            for (int i = 0; i < REPEATS * T; i++)
                symbols[i] = (uint8_t)(i % T == 0 ? a % 3 : i % T == 1 ? a / 3 % 3 : a / 9);
            struct rng rng = rng_child(rng_stream(5, "all", "filter"), (uint64_t)a);
            particle_log2_likelihood(&filter, rng, 0, symbols, REPEATS, T, bits, forecast);
            for (int i = 0; i < REPEATS; i++) {
                for (int t = 0; t < T; t++) {
                    const double *p = forecast + (i * T + t) * K;
                    check_near(exp2(p[0]) + exp2(p[1]) + exp2(p[2]), 1, 1e-12);
                }
                sum[i] += exp2(bits[i]);
            }
        }
        mean_se(sum, REPEATS, &mean, &se);
        assert_true(se > 1e-4 && se < .01);
        check_near(mean, 1, 4 * se);
        particle_free(&filter);
    }
    free(sum);
    free(forecast);
    made_free(&m);
}

/* The numbers of a sequence do not depend on its neighbours, nor on P above a product's rows being
 * filtered in pieces. */
static void test_any_batch(void **state)
{
    (void)state;
    enum { N = 9, T = 6 };
    static const size_t particles[] = {3, 200, 700, 1100};
    struct made m = emulate();
    struct status st = {0};
    struct hmm hmm = hmm_of(hmm_transition);
    struct rng rng = rng_stream(6, "batch", "filter");
    uint8_t symbols[N * T];
    hmm_sample(&hmm, rng, 0, N, T, symbols, NULL);
    for (int p = 0; p < 4; p++) {
        struct particle_filter filter;
        double together[N], alone[N];
        check_ok(particle_init(&filter, &m.net, INITIAL_ZEROS, particles[p], &st), &st);
        particle_log2_likelihood(&filter, rng, 4, symbols, N, T, together, NULL);
        for (size_t i = 0; i < N; i++)
            particle_log2_likelihood(&filter, rng, 4 + i, symbols + i * T, 1, T, alone + i, NULL);
        assert_memory_equal(together, alone, sizeof alone);
        particle_free(&filter);
    }
    hmm_free(&hmm);
    made_free(&m);
}

/* --- an HMM as a network ---------------------------------------------------------------------- */

/* Along the symbols they are the HMM's, and their sum the estimate, as far as 20,000 particles
 * tell.
 */
static void check_forecasts(const struct made *m, const struct hmm *hmm, const uint8_t *symbols,
                            size_t n, int T)
{
    enum { MOST = 64 };
    struct particle_filter filter;
    struct status st = {0};
    double bits[MOST], forecast[MOST * SYMBOLS], exact[MOST];
    assert_true(n * (size_t)T <= MOST);
    check_ok(particle_init(&filter, &m->net, INITIAL_ZEROS, 20000, &st), &st);
    particle_log2_likelihood(&filter, rng_stream(7, "forecasts", "filter"), 0, symbols, n, T, bits,
                             forecast);
    for (size_t i = 0; i < n * (size_t)T; i++) {
        if (i % (size_t)T == 0) hmm_log2_likelihood(hmm, symbols + i, T, exact);
        check_near(forecast[i * SYMBOLS + symbols[i]], exact[i % (size_t)T], .1);
        bits[i / (size_t)T] -= forecast[i * SYMBOLS + symbols[i]];
    }
    for (size_t i = 0; i < n; i++) check_near(bits[i], 0, .05);
    particle_free(&filter);
}

static void test_hmm_as_network(void **state)
{
    (void)state;
    enum { N = 4, T = 12, REPEATS = 2000, PARTICLES = 64 };
    struct made m = emulate();
    struct hmm hmm = hmm_of(hmm_transition);
    uint8_t symbols[N * T];
    hmm_sample(&hmm, rng_stream(7, "emulation", "data"), 0, N, T, symbols, NULL);
    symbols[0] = symbols[2] = symbols[4] = 0; /* an unlikely one */
    symbols[1] = symbols[3] = symbols[5] = 2;
    for (int i = 0; i < N; i++) {
        const uint8_t *o = symbols + i * T;
        double *bits = repeat(&m, INITIAL_ZEROS, PARTICLES, "emulation", o, T, REPEATS);
        check_unbiased(bits, REPEATS, hmm_log2_likelihood(&hmm, o, T, NULL), .02);
        free(bits);
    }
    check_forecasts(&m, &hmm, symbols, N, T);
    hmm_free(&hmm);
    made_free(&m);
}

/* --- divergences of forecasts ----------------------------------------------------------------- */

static void test_predictive(void **state)
{
    (void)state;
    double transition[4] = {.5, .5, .5, .5}, emission[6] = {.5, .5, 0, .5, .5, 0};
    struct settings s;
    struct status st = {0};
    struct hmm hmm;
    settings_default(&s);
    s.hmm.architecture = CUSTOM;
    s.hmm.states = 2;
    s.hmm.symbols = 3;
    s.hmm.transition = (struct matrix){2, 2, transition, ""};
    s.hmm.emission = EMISSION_MATRIX;
    s.hmm.emission_matrix = (struct matrix){2, 3, emission, ""};
    check_ok(hmm_init(&hmm, &s, &st), &st);
    static const uint8_t o[2] = {0, 1};
    /* a third symbol, impossible under the HMM, then one forecast of next to nothing but it */
    double share[3], from, to, forecast[6];
    static const double q[6] = {.2, .6, .2, .25, .75, 0};
    for (int i = 0; i < 6; i++) forecast[i] = q[i] > 0 ? log2(q[i]) : -1e4;
    from = predictive_divergence(&hmm, o, 2, forecast, true, share);
    check_near(from,
               (.5 * log2(.5 / .2) + .5 * log2(.5 / .6) + .5 * log2(2) + .5 * log2(2. / 3)) / 2,
               1e-14);
    check_near(share[0] + share[1] + share[2], from, 1e-14);
    check_near(share[2], .1 / M_LN2, 1e-14); /* the .2 that is missing elsewhere, in one of two */
    to = predictive_divergence(&hmm, o, 2, forecast, false, NULL);
    check_near(to, .25 * log2(.5) + .75 * log2(1.5),
               1e-14); /* both steps: .25, .75 of the possible */
    static const double far[6] = {0, -5e37, -1e38, -1e4, -2e4, 0};
    to = predictive_divergence(&hmm, o, 2, far, false, share);
    check_near(to, 1, 1e-14); /* all of what is possible on one of two, in both steps */
    check_near(share[0], 1 - .5 / M_LN2, 1e-14);
    from = predictive_divergence(&hmm, o, 2, far, true, NULL);
    check_relative(from, (.5 * 5e37 + .5 * (1e4 + 2e4)) / 2, 1e-12);
    hmm_free(&hmm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_resampling),         cmocka_unit_test(test_without_memory),
        cmocka_unit_test(test_tiny_probabilities), cmocka_unit_test(test_all_sequences),
        cmocka_unit_test(test_any_batch),          cmocka_unit_test(test_hmm_as_network),
        cmocka_unit_test(test_predictive),
    };
    return cmocka_run_group_tests_name("particle", tests, NULL, NULL);
}
