/* The measures against brute force: words, runs and autocorrelations over all sequences of small
 * T, the matched distance against its plain log-domain twin, the table against its own contract.
 */
#include "../support/check.h"
#include "base/statistics.h"
#include "measure/autocorrelation.h"
#include "base/kernel.h"
#include "measure/matching.h"
#include "hmmgrid/measure.h"
#include "measure/runlength.h"
#include "measure/words.h"

#include <stdlib.h>
#include <string.h>

/* A chain that is neither stationary at its start nor symmetric, with an impossible symbol. */
static double custom_transition[] = {.7, .2, .1, 0, .5, .5, .3, .3, .4};
static double custom_emission[] = {.6, .4, 0, .1, .2, .7, 0, 0, 1};
static double custom_start[] = {.8, .2, 0};

static struct hmm build(int architecture)
{
    struct settings s = {0};
    struct status st = {0};
    struct hmm hmm;
    s.hmm.architecture = architecture;
    s.hmm.states = architecture == CYCLIC ? 4 : 3;
    s.hmm.symbols = 3;
    s.hmm.target_prob = architecture == LINEAR_CHAIN ? .05 : NAN;
    s.hmm.stay_prob = architecture == FULLY_CONNECTED || architecture == CYCLIC ? .95 : NAN;
    if (architecture == CUSTOM) {
        s.hmm.transition = (struct matrix){3, 3, custom_transition, ""};
        s.hmm.start = (struct matrix){1, 3, custom_start, ""};
        s.hmm.emission = EMISSION_MATRIX;
        s.hmm.emission_matrix = (struct matrix){3, 3, custom_emission, ""};
    }
    check_ok(hmm_init(&hmm, &s, &st), &st);
    return hmm;
}

/* n sequences of the HMM, to be freed. */
static struct sample draw(const struct hmm *hmm, const char *name, size_t n, int T)
{
    uint8_t *symbols = malloc(n * (size_t)T);
    assert_non_null(symbols);
    hmm_sample(hmm, rng_stream(11, name, "data"), 0, n, T, symbols, NULL);
    return (struct sample){symbols, n, T};
}

static void sample_free(struct sample s)
{
    free((void *)(uintptr_t)s.symbols);
}

/* --- enumeration ------------------------------------------------------------------------------ */

enum { ENUM_T = 6, ENUM_ALL = 729 }; /* 3^6 sequences */

struct everything {
    uint8_t o[ENUM_ALL][ENUM_T];
    double p[ENUM_ALL];
};

static void enumerate(const struct hmm *hmm, struct everything *all)
{
    double sum = 0;
    for (int i = 0; i < ENUM_ALL; i++) {
        for (int t = 0, rest = i; t < ENUM_T; t++, rest /= 3) all->o[i][t] = (uint8_t)(rest % 3);
        all->p[i] = exp2(hmm_log2_likelihood(hmm, all->o[i], ENUM_T, NULL));
        sum += all->p[i];
    }
    check_near(sum, 1, 1e-12);
}

static void test_words_by_enumeration(void **state)
{
    (void)state;
    static const int families[] = {LINEAR_CHAIN, CUSTOM};
    for (int f = 0; f < 2; f++) {
        struct hmm hmm = build(families[f]);
        struct everything all;
        struct status st = {0};
        enumerate(&hmm, &all);
        struct sample y = draw(&hmm, "words", 40, ENUM_T);
        for (int k = 1; k <= MAX_WORD_LENGTH; k++) {
            double exact[ENUM_ALL] = {0}, seen[ENUM_ALL] = {0}, tv = 0, got;
            int places = ENUM_T - k + 1;
            for (int i = 0; i < ENUM_ALL; i++)
                for (int t = 0; t < places; t++) {
                    int code = 0;
                    for (int d = 0; d < k; d++) code = code * 3 + all.o[i][t + d];
                    exact[code] += all.p[i] / places;
                }
            for (size_t i = 0; i < y.n; i++)
                for (int t = 0; t < places; t++) {
                    int code = 0;
                    for (int d = 0; d < k; d++) code = code * 3 + y.symbols[i * ENUM_T + t + d];
                    seen[code] += 1.0 / (double)(y.n * places);
                }
            for (int w = 0; w < ENUM_ALL; w++) tv += fabs(seen[w] - exact[w]) / 2;
            check_ok(words_total_variation(&hmm, &y, k, &got, &st), &st);
            assert_true(tv > .001);
            check_near(got, tv, 1e-13);
        }
        double got;
        y.T = 2;
        check_ok(words_total_variation(&hmm, &y, 3, &got, &st), &st);
        assert_true(isnan(got));
        sample_free(y);
        hmm_free(&hmm);
    }
}

/* One word in all of 255^6: its frequency is 1, its probability known, nothing else is seen. */
static void test_words_of_many_symbols(void **state)
{
    (void)state;
    struct settings s = {0};
    struct status st = {0};
    struct hmm hmm;
    s.hmm.architecture = LINEAR_CHAIN;
    s.hmm.states = 2;
    s.hmm.symbols = 255;
    s.hmm.target_prob = NAN;
    s.hmm.stay_prob = .5;
    s.hmm.emission = EMISSION_GAUSSIAN;
    check_ok(hmm_init(&hmm, &s, &st), &st);
    uint8_t o[6] = {254, 254, 254, 254, 254, 254};
    struct sample y = {o, 1, 6};
    double got;
    double p = (hmm.emission[254] + hmm.emission[255 + 254]) / 2; /* states are coin flips */
    for (int k = 1; k <= 6; k++) {
        check_ok(words_total_variation(&hmm, &y, k, &got, &st), &st);
        check_near(got, 1 - pow(p, k), 1e-14);
    }
    hmm_free(&hmm);
}

/* Plain count of maximal runs of k in o (T). */
static void count_runs(const uint8_t *o, int T, int k, double weight, double *count)
{
    for (int t = 0; t < T; t++) {
        if (o[t] != k || (t > 0 && o[t - 1] == k)) continue;
        int length = 1;
        while (t + length < T && o[t + length] == k) length++;
        count[length - 1] += weight;
    }
}

static void test_run_lengths_by_enumeration(void **state)
{
    (void)state;
    static const int families[] = {LINEAR_CHAIN, FULLY_CONNECTED, CUSTOM};
    for (int f = 0; f < 3; f++) {
        struct hmm hmm = build(families[f]);
        struct everything all;
        struct status st = {0};
        enumerate(&hmm, &all);
        struct sample y = draw(&hmm, "runs", 50, ENUM_T);
        double got[3];
        check_ok(runlength_distances(&hmm, &y, got, &st), &st);
        for (int k = 0; k < 3; k++) {
            double expected[ENUM_T] = {0}, exact[ENUM_T], seen[ENUM_T] = {0}, counted[3 * ENUM_T];
            for (int i = 0; i < ENUM_ALL; i++) count_runs(all.o[i], ENUM_T, k, all.p[i], expected);
            check_ok(runlength_exact(&hmm, k, ENUM_T, exact, &st), &st);
            for (int L = 0; L < ENUM_T; L++) check_near(exact[L], expected[L], 1e-13);
            for (size_t i = 0; i < y.n; i++) count_runs(y.symbols + i * ENUM_T, ENUM_T, k, 1, seen);
            runlength_count(&y, 3, counted);
            double a = 0, b = 0, total_a = 0, total_b = 0, ks = 0;
            for (int L = 0; L < ENUM_T; L++) {
                check_near(counted[k * ENUM_T + L], seen[L], 0);
                total_a += seen[L];
                total_b += expected[L];
            }
            for (int L = 0; L < ENUM_T; L++) {
                a += seen[L] / total_a;
                b += expected[L] / total_b;
                ks = fmax(ks, fabs(a - b));
            }
            check_near(got[k], ks, 1e-13);
        }
        sample_free(y);
        hmm_free(&hmm);
    }
}

static void test_run_lengths_of_absent_symbols(void **state)
{
    (void)state;
    check_near(runlength_ks((double[]){1, 0}, (double[]){0, 3}, 2), 1, 0);
    check_near(runlength_ks((double[]){0, 0}, (double[]){0, 3}, 2), 1, 0);
    check_near(runlength_ks((double[]){2, 0}, (double[]){0, 0}, 2), 1, 0);
    assert_true(isnan(runlength_ks((double[]){0, 0}, (double[]){0, 0}, 2)));
}

static void test_autocorrelation_by_enumeration(void **state)
{
    (void)state;
    static const int families[] = {LINEAR_CHAIN, FULLY_CONNECTED, CUSTOM};
    enum { LAGS = ENUM_T / 2 + 1 };
    for (int fam = 0; fam < 3; fam++) {
        struct hmm hmm = build(families[fam]);
        struct everything all;
        struct status st = {0};
        double exact[3 * LAGS];
        enumerate(&hmm, &all);
        check_ok(autocorrelation_exact(&hmm, ENUM_T, exact, &st), &st);
        for (int k = 0; k < 3; k++)
            for (int lag = 0; lag < LAGS; lag++) {
                double f = 0, product = 0;
                for (int i = 0; i < ENUM_ALL; i++)
                    for (int t = 0; t < ENUM_T; t++) f += all.p[i] * (all.o[i][t] == k) / ENUM_T;
                for (int i = 0; i < ENUM_ALL; i++)
                    for (int t = 0; t + lag < ENUM_T; t++)
                        product += all.p[i] * ((all.o[i][t] == k) - f) *
                                   ((all.o[i][t + lag] == k) - f) / (ENUM_T - lag);
                check_near(exact[k * LAGS + lag], product / (f * (1 - f)), 1e-12);
            }
        hmm_free(&hmm);
    }
}

static void test_autocorrelation_of_sample(void **state)
{
    (void)state;
    enum { N = 7, T = 141, LAGS = T / 2 + 1 }; /* three words of bits, lags across them */
    struct hmm hmm = build(CUSTOM);
    struct status st = {0};
    struct sample y = draw(&hmm, "lags", N, T);
    double got[4 * LAGS];
    check_ok(autocorrelation_sample(&y, 4, got, &st), &st);
    for (int k = 0; k < 4; k++)
        for (int lag = 0; lag < LAGS; lag++) {
            double f = 0, product = 0;
            for (int i = 0; i < N * T; i++) f += (y.symbols[i] == k) / (double)(N * T);
            for (int i = 0; i < N; i++)
                for (int t = 0; t + lag < T; t++)
                    product += ((y.symbols[i * T + t] == k) - f) *
                               ((y.symbols[i * T + t + lag] == k) - f) / (N * (T - lag));
            if (k == 3)
                assert_true(isnan(got[k * LAGS + lag])); /* symbol 3 never occurs */
            else
                check_near(got[k * LAGS + lag], product / (f * (1 - f)), 1e-12);
        }
    sample_free(y);
    hmm_free(&hmm);
}

/* --- matched distance ------------------------------------------------------------------------- */

/* SCIENCE 3.1 as written there, in the log domain, with its own Hamming distances, until so little
 * changes. */
static struct matching naive_matching(const struct sample *x, const struct sample *y,
                                      double tolerance)
{
    size_t n = x->n, m = y->n, T = (size_t)x->T;
    double *C = malloc(n * m * sizeof *C), *u = calloc(n, sizeof *u), *v = calloc(m, sizeof *v);
    struct matching out = {0};
    double eps = .1, change = 1, squares = 0;
    assert_true(C && u && v);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < m; j++) {
            int h = 0;
            for (size_t t = 0; t < T; t++) h += x->symbols[i * T + t] != y->symbols[j * T + t];
            C[i * m + j] = sqrt(2.0 * h);
        }
    for (; out.iterations < 100000 && change >= tolerance; out.iterations++) {
        change = 0;
        for (size_t i = 0; i < n; i++) {
            double sum = 0;
            for (size_t j = 0; j < m; j++) sum += exp((u[i] + v[j] - C[i * m + j]) / eps);
            double du = eps * (log(1.0 / (double)n + 1e-8) - log(sum));
            u[i] += du;
            change += fabs(du);
        }
        for (size_t j = 0; j < m; j++) {
            double sum = 0;
            for (size_t i = 0; i < n; i++) sum += exp((u[i] + v[j] - C[i * m + j]) / eps);
            double dv = eps * (log(1.0 / (double)m + 1e-8) - log(sum));
            v[j] += dv;
            change += fabs(dv);
        }
    }
    for (size_t j = 0; j < m; j++) {
        size_t best = 0;
        for (size_t i = 1; i < n; i++)
            if (u[i] - C[i * m + j] > u[best] - C[best * m + j]) best = i;
        out.mean += C[best * m + j] / (double)m;
        squares += C[best * m + j] * C[best * m + j] / (double)m;
    }
    out.sd = sqrt(fmax(squares - out.mean * out.mean, 0));
    out.converged = change < tolerance;
    free(C);
    free(u);
    free(v);
    return out;
}

/* near: columns whose mass two rows share alike may go either way */
static void check_matching(const struct hmm *hmm, size_t n, size_t m, int T, double near)
{
    struct status st = {0};
    struct sample x = draw(hmm, "x", n, T), y = draw(hmm, "y", m, T);
    struct matching fast, plain = naive_matching(&x, &y, 1e-4);
    check_ok(matching_measure(&x, &y, NULL, &fast, &st), &st);
    check_near(fast.mean, plain.mean, near);
    check_near(fast.sd, plain.sd, fmax(near, 1e-7));
    assert_true(fast.iterations <= plain.iterations);
    assert_true(fast.converged && plain.converged);
    sample_free(x);
    sample_free(y);
}

static void test_matching_against_naive(void **state)
{
    (void)state;
    struct hmm hmm = build(LINEAR_CHAIN), custom = build(CUSTOM), fully = build(FULLY_CONNECTED);
    check_matching(&hmm, 60, 45, 20, 1e-12);
    check_matching(&hmm, 33, 64, 64, 1e-12);
    check_matching(&hmm, 37, 51, 100, 1e-12);
    check_matching(&custom, 50, 50, 300, .01); /* 16-bit distances */
    check_matching(&hmm, 1, 1, 10, 1e-12);
    check_matching(&fully, 250, 240, 12, .001); /* many are equal */
    hmm_free(&hmm);
    hmm_free(&fully);
    hmm_free(&custom);
}

static void test_matching_known_answers(void **state)
{
    (void)state;
    struct status st = {0};
    struct matching m;
    /* the same three far sequences in another order: everyone finds its twin */
    static const uint8_t x[] = {0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2, 2};
    static const uint8_t y[] = {2, 2, 2, 2, 0, 0, 0, 0, 1, 1, 1, 1};
    struct sample sx = {x, 3, 4}, sy = {y, 3, 4};
    check_ok(matching_measure(&sx, &sy, NULL, &m, &st), &st);
    check_near(m.mean, 0, 0);
    check_near(m.sd, 0, 0);
    /* one column, one differing step of four: sqrt(2) */
    static const uint8_t z[] = {0, 0, 200, 0};
    struct sample sz = {z, 1, 4}, first = {x, 1, 4};
    check_ok(matching_measure(&first, &sz, NULL, &m, &st), &st);
    check_near(m.mean, sqrt(2), 1e-15);
    assert_true(m.converged);
    struct sample shorter = {x, 4, 3};
    check_code(matching_measure(&shorter, &sy, NULL, &m, &st), STATUS_INTERNAL, &st);
}

/* sqrt(2 T)/eps = 775: exp of that is out of the range of doubles, the log domain takes over. */
static void test_matching_beyond_the_range(void **state)
{
    (void)state;
    enum { T = 3000 };
    struct hmm hmm = build(LINEAR_CHAIN);
    struct status st = {0};
    struct sample x = draw(&hmm, "x", 6, T), y = draw(&hmm, "y", 5, T);
    struct matching fast, plain = naive_matching(&x, &y, .1);
    check_ok(matching_measure(&x, &y, NULL, &fast, &st), &st);
    assert_true(fast.mean > 50 && fast.converged);
    check_near(fast.mean, plain.mean, 1e-12);
    check_near(fast.sd, plain.sd, 1e-7);
    assert_int_equal(fast.iterations, plain.iterations);
    sample_free(x);
    sample_free(y);
    hmm_free(&hmm);
}

static void test_matching_invariance_and_kernels(void **state)
{
    (void)state;
    enum { N = 101, T = 40 };
    struct hmm hmm = build(LINEAR_CHAIN);
    struct status st = {0};
    struct sample x = draw(&hmm, "x", N, T), y = draw(&hmm, "y", N, T);
    uint8_t other_x[N * T], other_y[N * T];
    for (size_t i = 0; i < N; i++) {
        memcpy(other_x + i * T, x.symbols + (i * 37 + 5) % N * T, T);
        memcpy(other_y + i * T, y.symbols + (i * 17 + 9) % N * T, T);
    }
    struct sample px = {other_x, N, T}, py = {other_y, N, T};
    struct matching m, permuted, level;
    check_ok(matching_measure(&x, &y, NULL, &m, &st), &st);
    check_ok(matching_measure(&px, &py, NULL, &permuted, &st), &st);
    check_near(permuted.mean, m.mean, 1e-12);
    check_near(permuted.sd, m.sd, 1e-12);
    enum kernel_level chosen = kernel_level();
    for (int l = 0; l < NUM_KERNEL_LEVELS; l++) {
        if (!kernel_force((enum kernel_level)l)) continue;
        check_ok(matching_measure(&x, &y, NULL, &level, &st), &st);
        assert_memory_equal(&level.mean, &m.mean, sizeof m.mean);
        assert_memory_equal(&level.sd, &m.sd, sizeof m.sd);
        assert_int_equal(level.iterations, m.iterations);
    }
    assert_true(kernel_force(chosen));
    sample_free(x);
    sample_free(y);
    hmm_free(&hmm);
}

/* --- the table -------------------------------------------------------------------------------- */

/* Value of a metric by name; at most 64 doubles. */
static const double *value_of(const char *name, const struct hmm *hmm, struct sample x,
                              struct sample y)
{
    static double out[64];
    struct status st = {0};
    const struct metric *metric = metrics_find(name);
    struct measure_memo memo = {0};
    if (!metric) fail_msg("no metric %s", name);
    struct measure_input in = {
        .hmm = hmm, .reference = x, .tested = y, .memo = &memo, .part = metric->part};
    assert_true(measure_count(metric, hmm->symbols, y.T) <= 64);
    check_ok(metric->compute(&in, out, &st), &st);
    return out;
}

static void test_table_is_well_formed(void **state)
{
    (void)state;
    for (int i = 0; i < num_metrics; i++) {
        const struct metric *m = &metrics_table[i];
        assert_ptr_equal(metrics_find(m->name), m); /* names are unique */
        assert_true(m->compute && *m->unit && strlen(m->name) < 48 && strlen(m->meaning) < 256);
        int count = 1;
        for (int d = 0; d < m->num_dims; d++)
            count *= m->dim[d] == DIM_LAG ? 21 : m->dim[d] == DIM_WORD_LENGTH ? 6 : 3;
        assert_int_equal(measure_count(m, 3, 40), count);
    }
    assert_null(metrics_find("no_such_metric"));
}

static void test_small_metrics_by_hand(void **state)
{
    (void)state;
    struct hmm hmm = build(CUSTOM);
    static const uint8_t a[] = {0, 0, 1, 1, 0, 0, 0, 0}; /* changes 1 and 0 */
    static const uint8_t b[] = {0, 1, 0, 1, 0, 0, 0, 2};
    struct sample y = {a, 2, 4}, x = {b, 2, 4};
    check_near(*value_of("volatility", &hmm, x, y), .5, 1e-15);
    check_near(*value_of("volatility_sd", &hmm, x, y), .5, 1e-15);
    check_near(value_of("frequency", &hmm, x, y)[0], .75, 1e-15);
    check_near(value_of("frequency", &hmm, x, y)[2], 0, 0);
    check_near(value_of("frequency_sd", &hmm, x, y)[1], .25, 1e-15); /* shares 1/2 and 0 */
    const double *p = value_of("transition_rnn", &hmm, x, y);
    check_near(p[0], .8, 1e-15); /* 0 -> 0 four times, 0 -> 1 once */
    check_near(p[1], .2, 1e-15);
    check_near(p[4], 1, 0);
    assert_true(isnan(p[6]) && isnan(p[8])); /* 2 is never left */
    p = value_of("transition_hmm", &hmm, x, y);
    check_near(p[0], .4, 1e-15); /* 0 -> 0 twice, -> 1 twice, -> 2 once */
    check_near(p[2], .2, 1e-15);
    check_near(p[3], 1, 0);
    p = value_of("transition_sq_error", &hmm, x, y);
    check_near(p[0], .16, 1e-15);
    assert_true(isnan(p[7]));
    /* (.16 + .04 + .04 + 1 + 1) / 9, the row without counts being zeros in both */
    check_near(*value_of("transition_mse", &hmm, x, y), 2.24 / 9, 1e-15);
    hmm_free(&hmm);
}

static void test_exact_columns_and_entropy(void **state)
{
    (void)state;
    struct hmm hmm = build(LINEAR_CHAIN);
    struct sample x = draw(&hmm, "x", 4000, 12), y = draw(&hmm, "y", 4000, 12);
    check_near(*value_of("volatility_exact", &hmm, x, y), 11 * .256202, 1e-5); /* SCIENCE 1.4 */
    check_near(value_of("frequency_exact", &hmm, x, y)[1], .01, 1e-15);
    const double *p = value_of("transition_exact", &hmm, x, y);
    check_near(p[0] + p[1] + p[2], 1, 1e-15);
    check_near(p[0], p[8], 1e-15);
    /* exact conditional entropy after 3 symbols, from all 3^6 sequences, steps 1.. of T = 6 */
    struct everything all;
    enumerate(&hmm, &all);
    double bits = 0, step[ENUM_T];
    for (int i = 0; i < ENUM_ALL; i++) {
        hmm_log2_likelihood(&hmm, all.o[i], ENUM_T, step);
        for (int t = 1; t < ENUM_T; t++) bits -= all.p[i] * step[t] / (ENUM_T - 1);
    }
    struct sample y6 = draw(&hmm, "y6", 20000, ENUM_T);
    check_near(*value_of("cross_entropy", &hmm, x, y6), bits, .01); /* sd about 2/sqrt(1e5) */
    check_near(*value_of("entropy_rate", &hmm, y6, x), *value_of("cross_entropy", &hmm, x, y6), 0);
    sample_free(x);
    sample_free(y);
    sample_free(y6);
    hmm_free(&hmm);
}

static void test_impossible_sequences_are_counted(void **state)
{
    (void)state;
    struct hmm hmm = build(CUSTOM);
    hmm.emission[2 * 3 + 2] = 0, hmm.emission[1 * 3 + 2] = 0; /* symbol 2 cannot be */
    static const uint8_t o[] = {0, 1, 2, 0, 1, 0, 0, 1};
    struct sample y = {o, 2, 4}, possible = {o + 4, 1, 4}, impossible = {o, 1, 4};
    check_near(*value_of("impossible_sequences", &hmm, y, y), 1, 0);
    double both = *value_of("cross_entropy", &hmm, y, y);
    check_near(both, *value_of("cross_entropy", &hmm, y, possible), 0);
    assert_true(both > 0);
    assert_true(isnan(*value_of("cross_entropy", &hmm, y, impossible)));
    hmm_free(&hmm);
}

/* --- a run ------------------------------------------------------------------------------------ */

static bool stop_after(void *context)
{
    int *left = context;
    return (*left)-- == 0;
}

static const double *column(const struct measures *m, double *const *rows, const char *name)
{
    (void)m;
    return rows[metrics_find(name) - metrics_table];
}

static void test_run_floors_and_cache(void **state)
{
    (void)state;
    enum { N = 200, T = 20, K = 3 };
    struct hmm hmm = build(LINEAR_CHAIN);
    struct sample y = draw(&hmm, "tested", N, T);
    struct settings s = {0};
    struct status st = {0};
    struct measures first, again, alone;
    s.measure.floor_draws = 6;
    struct floor_cache *cache = floor_cache_new();
    assert_non_null(cache);
    check_ok(measure_run(&s, &hmm, "key", 3, y, cache, NULL, &first, &st), &st);
    check_ok(measure_run(&s, &hmm, "key", 3, y, cache, NULL, &again, &st), &st);
    check_ok(measure_run(&s, &hmm, "key", 3, y, NULL, NULL, &alone, &st), &st);
    for (int i = 0; i < num_metrics; i++) {
        const struct metric *metric = &metrics_table[i];
        size_t bytes = sizeof(double) * (size_t)measure_count(metric, K, T);
        assert_memory_equal(first.value[i], again.value[i], bytes);
        assert_memory_equal(first.value[i], alone.value[i], bytes);
        assert_int_equal(metric->floor > NO_FLOOR, first.floor[i] != NULL);
        assert_int_equal(metric->floor > FLOOR_ALONE, first.test[i] != NULL);
        if (!metric->floor) continue;
        assert_memory_equal(first.floor[i], again.floor[i], bytes);
        assert_memory_equal(first.floor[i], alone.floor[i], bytes);
        assert_memory_equal(first.floor_sd[i], again.floor_sd[i], bytes);
        if (!first.test[i]) continue;
        assert_memory_equal(first.test[i], alone.test[i], bytes);
        if (metric->num_dims || metric->floor == FLOOR_P) continue;
        double n = metric->floor == FLOOR_Z_DEAR ? 6 : 32; /* draws */
        check_near(*first.test[i] * *first.floor_sd[i] * sqrt(1 + 1 / n),
                   *first.value[i] - *first.floor[i], 1e-12);
    }
    /* the reference sample is that of the stream (seed, run key, "measure_reference") */
    uint8_t reference[N * T];
    hmm_sample(&hmm, rng_stream(3, "key", "measure_reference"), 0, N, T, reference, NULL);
    struct sample x = {reference, N, T};
    check_near(*column(&first, first.value, "matched_distance"),
               *value_of("matched_distance", &hmm, x, y), 0);
    check_near(*column(&first, first.value, "transition_mse"),
               *value_of("transition_mse", &hmm, x, y), 0);
    check_near(column(&first, first.value, "autocorrelation")[0], 1, 0);
    assert_true(isnan(column(&first, first.test, "autocorrelation")[0])); /* sd 0 */
    measures_free(&first);
    measures_free(&again);
    measures_free(&alone);
    floor_cache_free(cache);
    sample_free(y);
    hmm_free(&hmm);
}

/* n sequences of the HMM as a network of measure.generation emits them, into o (n, T). */
static void emulate(const struct hmm *hmm, int generation, uint64_t seed, size_t n, int T,
                    uint8_t *o)
{
    struct rng rng = rng_stream(seed, "emulation", "data");
    uint8_t *driven = malloc(n * (size_t)T);
    assert_non_null(driven);
    int first = generation == GENERATE_REFERENCE, kept = T - first;
    hmm_sample(hmm, rng, 0, n, kept, driven, NULL);
    for (size_t i = 0; i < n; i++) {
        o[i * (size_t)T] = (uint8_t)(rng_bits(rng_child(rng, 7), i) % (uint32_t)hmm->symbols);
        memcpy(o + i * (size_t)T + first, driven + i * (size_t)kept, (size_t)kept);
    }
    free(driven);
}

/* Of the numbers of a metric over emulations: how many z (or p), their sum, and how many beyond the
 * limits that 5 % of perfect emulations exceed. */
struct tally {
    int num, beyond;
    double sum;
};

enum { EMULATIONS = 50, FLOOR_DRAWS = 8 };

static void count_tests(const struct measures *m, int K, int T, struct tally *tally)
{
    for (int i = 0; i < num_metrics; i++) {
        enum metric_floor floor = metrics_table[i].floor;
        int draws = floor == FLOOR_Z_DEAR ? FLOOR_DRAWS : metric_draws(FLOOR_DRAWS);
        for (int c = 0; m->test[i] && c < measure_count(&metrics_table[i], K, T); c++) {
            double x = m->test[i][c];
            if (isnan(x)) continue;
            tally[i].num++;
            tally[i].sum += x;
            tally[i].beyond +=
                floor == FLOOR_P ? x <= 2. / 33 : fabs(x) > student_t(.95, draws - 1);
        }
    }
}

/* Emulations that emit as `emitted` says, measured with floors of `generation`; each has a number
 * of sequences, and so floors, of its own. */
static void measure_emulations(const struct hmm *hmm, int generation, int emitted,
                               struct tally *tally)
{
    enum { N = 80, T = 12 };
    struct settings s = {0};
    struct status st = {0};
    uint8_t o[(N + EMULATIONS) * T];
    s.measure.floor_draws = FLOOR_DRAWS;
    s.measure.generation = generation;
    memset(tally, 0, (size_t)num_metrics * sizeof *tally);
    for (int d = 0; d < EMULATIONS; d++) {
        struct measures m;
        struct sample y = {o, N + (size_t)d, T};
        emulate(hmm, emitted, (uint64_t)d, y.n, T, o);
        check_ok(measure_run(&s, hmm, "k", d, y, NULL, NULL, &m, &st), &st);
        count_tests(&m, hmm->symbols, T, tally);
        measures_free(&m);
    }
}

/* A t of 7 degrees of freedom has sd 1.18, of 31 1.03, so that the mean of 50 has .17. Numbers of
 * one emulation depend on each other: as many beyond the limits as when all were the same one,
 * which is more than 8 of 50 in 2 of 1000 (binomial, 5 %). A distance's p is at most .05 in as
 * many. */
static void test_perfect_emulations_score_their_floor(void **state)
{
    (void)state;
    static const int families[] = {LINEAR_CHAIN, FULLY_CONNECTED, CYCLIC};
    struct tally tally[64];
    int volatility = (int)(metrics_find("volatility") - metrics_table);
    assert_true(num_metrics <= 64);
    for (int f = 0; f < 3; f++) {
        struct hmm hmm = build(families[f]);
        for (int generation = GENERATE_TRAINED; generation <= GENERATE_REFERENCE; generation++) {
            int num = 0;
            measure_emulations(&hmm, generation, generation, tally);
            for (int i = 0; i<num_metrics; num += tally[i++].num> 0) {
                double mean = tally[i].num ? tally[i].sum / tally[i].num : 0;
                double beyond = tally[i].num ? tally[i].beyond / (double)tally[i].num : 0;
                bool far = metrics_table[i].floor == FLOOR_P ? mean < .3 : fabs(mean) > 4 * .17;
                if (far || beyond > 8. / EMULATIONS)
                    fail_msg("%s: mean %g, %g beyond, in family %d, generation %d",
                             metrics_table[i].name, mean, beyond, families[f], generation);
            }
            assert_true(num >= 14);
        }
        hmm_free(&hmm);
    }
    struct hmm hmm = build(LINEAR_CHAIN); /* its symbols last, a uniform one before them not */
    measure_emulations(&hmm, GENERATE_REFERENCE, GENERATE_TRAINED, tally);
    assert_true(tally[volatility].sum / EMULATIONS < -1.5);
    hmm_free(&hmm);
}

/* Two symbols in turn: what has no spread has value and floor and no z; behind a uniform symbol
 * every second sequence is impossible. */
static void test_a_deterministic_hmm_has_value_and_floor(void **state)
{
    (void)state;
    enum { N = 100, T = 8 };
    static double turn[] = {0, 1, 1, 0}, own[] = {1, 0, 0, 1}, even[] = {.5, .5};
    struct hmm hmm = {2, 2, even, turn, own};
    struct settings s = {0};
    struct status st = {0};
    struct measures m;
    uint8_t o[N * T];
    s.measure.floor_draws = 20;
    for (s.measure.generation = GENERATE_TRAINED; s.measure.generation <= GENERATE_REFERENCE;
         s.measure.generation++) {
        struct sample y = {o, N, T};
        double share = s.measure.generation == GENERATE_REFERENCE ? .5 : 0;
        emulate(&hmm, s.measure.generation, 0, N, T, o);
        check_ok(measure_run(&s, &hmm, "k", 0, y, NULL, NULL, &m, &st), &st);
        const double *sd = column(&m, m.floor_sd, "volatility"),
                     *value = column(&m, m.value, "volatility");
        check_near(*column(&m, m.floor, "volatility"), T - 1 - share, .05);
        check_near(*value, T - 1 - share, share / 2);
        assert_int_equal(*sd == 0, share == 0);
        assert_int_equal(isnan(*column(&m, m.test, "volatility")), share == 0);
        assert_true(isnan(*column(&m, m.test, "cross_entropy"))); /* all 0 */
        assert_true(*column(&m, m.test, "transition_mse") > .05);
        check_near(*column(&m, m.floor, "impossible_share"), share, .05); /* of 2000 */
        check_near(*column(&m, m.value, "impossible_share") * N,
                   *column(&m, m.value, "impossible_sequences"), 1e-9);
        check_near(*column(&m, m.floor, "cross_entropy"), 0, 1e-12);
        measures_free(&m);
    }
}

/* One symbol for ever: every distance is larger than all draws of its floor, what may lie to either
 * side far from it; NaN where nothing is defined. */
static void test_a_constant_emitter_looks_bad(void **state)
{
    (void)state;
    enum { N = 100, T = 16 };
    static const int families[] = {LINEAR_CHAIN, FULLY_CONNECTED, CYCLIC};
    uint8_t o[N * T] = {0};
    struct settings s = {0};
    struct status st = {0};
    struct measures m;
    s.measure.floor_draws = 4;
    for (int f = 0; f < 6; f++) {
        struct hmm hmm = build(families[f % 3]);
        s.measure.generation = f / 3;
        for (int i = 0; i < N && f >= 3; i++) o[i * T] = (uint8_t)(i % 3);
        check_ok(measure_run(&s, &hmm, "k", 0, (struct sample){o, N, T}, NULL, NULL, &m, &st), &st);
        for (int i = 0; i < num_metrics; i++) {
            const struct metric *metric = &metrics_table[i];
            double test = m.test[i] && !metric->num_dims ? *m.test[i] : NAN;
            if (isnan(test) || strcmp(metric->name, "impossible_share") == 0) continue;
            if (metric->floor == FLOOR_P ? test > 1. / 32 : fabs(test) < 4)
                fail_msg("%s of a constant emitter: %g, floor %g, %g", metric->name, *m.value[i],
                         *m.floor[i], test);
        }
        assert_true(isnan(*column(&m, m.value, "matched_distance"))); /* may be below its floor */
        assert_true(isnan(*column(&m, m.value, "cross_entropy")));
        check_near(*column(&m, m.value, "emitted_symbols"), 1, 0);
        check_near(*column(&m, m.floor, "emitted_symbols"), 3, .1);
        if (f < 3) check_near(column(&m, m.value, "run_length_ks")[1], 1, 0);
        assert_int_equal(isnan(*column(&m, m.value, "autocorrelation_error")), f < 3);
        measures_free(&m);
        hmm_free(&hmm);
    }
    measures_free(NULL);
}

static void test_run_stops_and_refuses(void **state)
{
    (void)state;
    enum { N = 20, T = 8 };
    struct hmm hmm = build(LINEAR_CHAIN);
    struct sample y = draw(&hmm, "tested", N, T);
    struct settings s = {0};
    struct status st = {0};
    struct measures m;
    s.measure.floor_draws = 2;
    struct floor_cache *cache = floor_cache_new();
    int when = 0, code;
    for (;; when++) { /* at every question, until there are no more */
        int left = when;
        struct stop stop = {stop_after, &left};
        code = measure_run(&s, &hmm, "k", 0, y, cache, &stop, &m, &st);
        if (!code) break;
        check_code(code, STATUS_RUN_STOPPED, &st);
        assert_null(m.memory);
    }
    /* before every metric of the run itself and of two draws, and within what takes long */
    assert_true(when > 3 * num_metrics);
    measures_free(&m);
    uint8_t bad[T] = {0, 1, 2, 3};
    struct sample foreign = {bad, 1, T};
    check_code(measure_run(&s, &hmm, "k", 0, foreign, cache, NULL, &m, &st), STATUS_INTERNAL, &st);
    assert_null(m.memory);
    s.measure.floor_draws = 0;
    check_code(measure_run(&s, &hmm, "k", 0, y, cache, NULL, &m, &st), STATUS_INTERNAL, &st);
    floor_cache_free(cache);
    floor_cache_free(NULL);
    sample_free(y);
    hmm_free(&hmm);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_words_by_enumeration),
        cmocka_unit_test(test_words_of_many_symbols),
        cmocka_unit_test(test_run_lengths_by_enumeration),
        cmocka_unit_test(test_run_lengths_of_absent_symbols),
        cmocka_unit_test(test_autocorrelation_by_enumeration),
        cmocka_unit_test(test_autocorrelation_of_sample),
        cmocka_unit_test(test_matching_against_naive),
        cmocka_unit_test(test_matching_known_answers),
        cmocka_unit_test(test_matching_beyond_the_range),
        cmocka_unit_test(test_matching_invariance_and_kernels),
        cmocka_unit_test(test_table_is_well_formed),
        cmocka_unit_test(test_small_metrics_by_hand),
        cmocka_unit_test(test_exact_columns_and_entropy),
        cmocka_unit_test(test_impossible_sequences_are_counted),
        cmocka_unit_test(test_run_floors_and_cache),
        cmocka_unit_test(test_perfect_emulations_score_their_floor),
        cmocka_unit_test(test_a_deterministic_hmm_has_value_and_floor),
        cmocka_unit_test(test_a_constant_emitter_looks_bad),
        cmocka_unit_test(test_run_stops_and_refuses),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
