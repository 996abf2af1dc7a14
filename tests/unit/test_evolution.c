/* The training history: networks built by hand, snapshot by snapshot, whose rates, eigenvalues and
 * correlations are known, and that change at a known epoch.
 */
#include "../support/check.h"
#include "hmmgrid/analyse.h"

#include <stdlib.h>
#include <string.h>

/* --- whole histories -------------------------------------------------------------------------- */

struct history {
    struct settings s;
    struct rnn_shape shape;
    int n;
    float *params; /* (n, rnn_num_params) */
    int *epoch;
    struct analyses a;
};

/* n snapshots of weights zero, every `every` epochs */
static void history_init(struct history *h, int H, int D, int K, bool bias, int n, int every)
{
    struct status st = {0};
    *h = (struct history){.n = n};
    settings_default(&h->s);
    h->s.hmm.architecture = FULLY_CONNECTED;
    h->s.hmm.states = K < MAX_STATES ? K : MAX_STATES;
    h->s.hmm.symbols = K;
    h->s.hmm.emission = EMISSION_GAUSSIAN;
    h->s.data.length = 20;
    h->s.rnn.hidden = H;
    h->s.rnn.noise_dim = D;
    h->s.rnn.bias = bias;
    h->s.train.epochs = n > 1 ? (n - 1) * every : 1;
    h->s.train.snapshots = every;
    check_ok(settings_resolve(&h->s, NULL, &st), &st);
    for (int i = 0; i < num_analyses; i++) analysis_enable(analysis_table[i], false, &h->s);
    h->s.analysis.evolution = true;
    h->shape = rnn_shape_of(&h->s);
    h->params = calloc((size_t)n * rnn_num_params(h->shape), sizeof *h->params);
    h->epoch = malloc((size_t)n * sizeof *h->epoch);
    assert_true(h->params && h->epoch);
    for (int i = 0; i < n; i++) h->epoch[i] = i * every;
}

static void history_free(struct history *h)
{
    analyses_free(&h->a);
    free(h->params);
    free(h->epoch);
}

/* Part of the weights of a snapshot: 0 U, 1 W, 2 R, 3 b_ih, 4 b_hh, 5 b_fc. */
static float *part(const struct history *h, int snapshot, int which)
{
    struct rnn_view view[MAX_RNN_VIEWS];
    assert_true(which < rnn_views(h->shape, view));
    return h->params + (size_t)snapshot * rnn_num_params(h->shape) + view[which].offset;
}

static int history_run(struct history *h, int num_snapshots, struct stop stop, struct status *st)
{
    struct analyse_options options = {.snapshots = num_snapshots ? h->params : NULL,
                                      .snapshot_epoch = h->epoch,
                                      .num_snapshots = num_snapshots,
                                      .stop = stop};
    analyses_free(&h->a);
    check_ok(analyses_init(&h->a, &h->s, st), st);
    return analyse_network(&h->s, h->shape, h->params, NULL, &options, &h->a, st);
}

static void history_measure(struct history *h)
{
    struct status st = {0};
    check_ok(history_run(h, h->n, (struct stop){0}, &st), &st);
}

static const double *result(const struct history *h, const char *name)
{
    for (int i = 0; i < num_analyses; i++) {
        const struct analysis *analysis = analysis_table[i];
        if (strcmp(analysis->name, "evolution")) continue;
        for (int o = 0; o < analysis->num_outputs; o++)
            if (strcmp(analysis->output[o].name, name) == 0) return h->a.value[i][o];
    }
    fail_msg("no output %s", name);
    return NULL;
}

static double scalar(const struct history *h, const char *name)
{
    return *result(h, name);
}

/* W = 0, symbols independent from step to step: symbol 1 while unit 6 exceeds `gain` times the sum
 * of units 0 to 5, which is with probability 1/2 at gain 0, and (1/2)^7 at a very large one. */
static void independent_symbols(const struct history *h, int snapshot, double gain)
{
    float *U = part(h, snapshot, 0), *R = part(h, snapshot, 2);
    for (int j = 0; j < 7; j++) U[j * 7 + j] = 1;
    for (int j = 0; j < 6; j++) R[j] = (float)gain;
    R[7 + 6] = 1;
}

static void test_known_rates_and_epoch(void **state)
{
    (void)state;
    struct history h;
    history_init(&h, 7, 7, 2, false, 16, 10);
    for (int i = 0; i < 16; i++) independent_symbols(&h, i, i < 6 ? 1e-9 * i : 1e6 + i);
    history_measure(&h);
    for (int i = 0; i < 16; i++) {
        double p = i < 6 ? 1 / 2. : 1 / 128., q = 1 - p, rate = 2 * p * q;
        check_near(result(&h, "epoch")[i], 10 * i, 0);
        check_near(result(&h, "bounded_steps")[i], 5000, 0);
        /* 5000 steps; switches of independent symbols are nearly independent: sd sqrt(r (1-r) / n)
         */
        check_near(result(&h, "switch_rate")[i], rate, 4 * sqrt(rate / 5000));
        check_near(result(&h, "switch_rate_sem")[i], sqrt(rate / 5000), .7 * sqrt(rate / 5000));
        check_near(result(&h, "window_switch_rate")[i], rate, 4 * sqrt(rate / (512 * 19)));
        check_relative(result(&h, "window_switch_rate_sem")[i],
                       sqrt(rate * (1 - rate) / (512 * 19)), .5);
        /* runs are geometric: E 1/L = -(a / (1 - a)) log a where a run ends with probability a */
        double inverse = -(q / p * log(q) + p / q * log(p)) / 2, interval = (1 / p + 1 / q) / 2;
        check_relative(result(&h, "transition_rate")[i], inverse, .15);
        check_relative(result(&h, "residence_time")[i], interval, .5);
        check_near(result(&h, "unstable_share")[i], 0, 0);
        check_near(result(&h, "spectral_radius")[i], 0, 0);
        check_near(result(&h, "second_order_norm")[i], 0, 0);
        check_near(result(&h, "logit_autocorrelation")[i], 0, .06); /* 4 / sqrt(5000) */
    }
    check_near(scalar(&h, "bifurcation"), 55, 0);
    check_near(scalar(&h, "bifurcation_low"), 50, 0);
    check_near(scalar(&h, "bifurcation_high"), 60, 0);
    check_near(scalar(&h, "bifurcation_support"), 1, 0);
    check_relative(scalar(&h, "bifurcation_ratio"), 127 / 4096., .2);
    assert_true(isnan(scalar(&h, "bifurcation_reference"))); /* no eigenvalue ever */
    check_near(scalar(&h, "num_before"), 6, 0);
    /* mean of the last 6 of a curve that no longer changes but for the gain of symbol 0 */
    double sum = 0;
    for (int i = 10; i < 16; i++) sum += result(&h, "switch_rate")[i] / 6;
    check_near(scalar(&h, "converged_switch_rate"), sum, 1e-12);
    assert_true(scalar(&h, "converged_switch_rate_sd") < .001);
    history_free(&h);
}

/* Two units kept positive by their bias, h = f + W (h - f) + u x, W given; logits are the units. */
static void linear_pair(const struct history *h, int snapshot, double w, double angle,
                        double center)
{
    double W[] = {w * cos(angle), -w * sin(angle), w * sin(angle), w * cos(angle)};
    for (int i = 0; i < 4; i++) {
        part(h, snapshot, 0)[i] = part(h, snapshot, 2)[i] = i % 3 == 0;
        part(h, snapshot, 1)[i] = (float)W[i];
    }
    for (int i = 0; i < 2; i++)
        part(h, snapshot, 3)[i] = (float)(center * (1 - W[2 * i] - W[2 * i + 1]));
}

static void test_rotation_and_contraction(void **state)
{
    (void)state;
    struct history h;
    history_init(&h, 2, 2, 2, true, 4, 5);
    linear_pair(&h, 0, .9, .2, 100); /* m = -.053 + .1 i: slow and complex */
    linear_pair(&h, 1, .5, 0, 100);
    linear_pair(&h, 2, 1.0005, 0, 100); /* grows, but only e^2.5 times in all */
    for (int i = 0; i < 2; i++) part(&h, 2, 3)[i] = 1;
    part(&h, 2, 1)[3] = .5f;        /* one of the two */
    linear_pair(&h, 3, .9, 2, 100); /* m = -.18 + 1.5 i: complex but not slow */
    history_measure(&h);
    static const double complex_share[] = {1, 0, 0, 0}, unstable[] = {0, 0, 1, 0};
    for (int i = 0; i < 4; i++) {
        check_near(result(&h, "complex_share")[i], complex_share[i], 0);
        check_near(result(&h, "unstable_share")[i], unstable[i], 0);
    }
    check_near(result(&h, "spectral_radius")[0], .9, 1e-6);
    check_near(result(&h, "spectral_radius_sd")[0], 0, 1e-6);
    check_near(result(&h, "spectral_radius")[1], .5, 1e-6);
    /* stationary: variance 1 / (1 - w^2), autocorrelation w cos(angle), the same in all directions;
     * 5000 steps of a memory of about 10: 500 independent ones, 4 sd of a variance 25 % */
    check_relative(result(&h, "logit_variance")[0], 1 / (1 - .81), .25);
    check_near(result(&h, "logit_autocorrelation")[0], .9 * cos(.2), .02);
    check_relative(result(&h, "logit_variance")[1], 1 / (1 - .25), .12);
    check_near(result(&h, "logit_autocorrelation")[1], .5, .04);
    check_near(result(&h, "explained_variance")[0], .5, .1);
    check_near(result(&h, "explained_variance")[0] + result(&h, "explained_variance")[1], 1, 1e-9);
    assert_true(isnan(result(&h, "explained_variance")[2])); /* two units, no third component */
    check_near(scalar(&h, "bifurcation_reference"), 0, 0);   /* from 1 to 0 at once */
    /* E d2 of a unit as in test_evolution_parts; 200 trials of a squared normal, half of whose
     * relative error stays in the root: sd 5 % */
    double expected = 0;
    for (int k = 0; k < 10; k++) expected += pow(.5, 10 - k) * (1 - pow(.25, k + 1)) / .75 / 2;
    check_relative(result(&h, "second_order_norm")[1], sqrt(2 * expected), .15);
    check_relative(result(&h, "second_order_mean")[1], sqrt(expected), .15);
    check_relative(result(&h, "second_order_max")[1], sqrt(expected), .2);
    const double *of_unit = result(&h, "second_order") + 2;
    check_near(hypot(of_unit[0], of_unit[1]), result(&h, "second_order_norm")[1], 1e-12);
    check_near(fmax(of_unit[0], of_unit[1]), result(&h, "second_order_max")[1], 1e-12);
    /* groups of 20: 16 % in each root, 11 % in the norm of two */
    check_relative(result(&h, "second_order_norm_sd")[1], .11 * sqrt(2 * expected), .9);
    history_free(&h);
}

/* Memory grows towards an abrupt end of switching: both signals rise at every snapshot before. The
 * difference of two AR(1) units changes sign with probability acos(w) / pi. */
static void test_warning(void **state)
{
    (void)state;
    struct history h;
    static const double w[] = {.5, .6, .7, .8, .9};
    history_init(&h, 2, 2, 2, true, 10, 10);
    for (int i = 0; i < 10; i++) {
        linear_pair(&h, i, i < 5 ? w[i] : .3, 0, 50);
        part(&h, i, 5)[0] = i < 5 ? 0 : 1000;
    }
    history_measure(&h);
    for (int i = 0; i < 5; i++) {
        double rate = acos(w[i]) / acos(-1);
        check_near(result(&h, "switch_rate")[i], rate, 5 * result(&h, "switch_rate_sem")[i]);
        check_near(result(&h, "logit_autocorrelation")[i], w[i], .04);
    }
    check_near(scalar(&h, "bifurcation"), 45, 0);
    check_near(scalar(&h, "num_before"), 5, 0);
    check_near(scalar(&h, "variance_tau"), 1, 0);
    check_near(scalar(&h, "variance_p"), 2 / 120., 1e-12);
    check_near(scalar(&h, "autocorrelation_tau"), 1, 0);
    check_near(scalar(&h, "autocorrelation_p"), 2 / 120., 1e-12);
    check_near(result(&h, "transition_rate")[7], 0, 0);
    check_near(result(&h, "residence_time")[7], 5000, 0);
    /* lost weights and an unbounded run give no signals: too few are left for a trend */
    part(&h, 1, 1)[0] = NAN;
    history_measure(&h);
    assert_true(isnan(result(&h, "switch_rate")[1]) && isnan(result(&h, "bounded_steps")[1]));
    check_near(result(&h, "epoch")[1], 10, 0);
    check_near(result(&h, "logit_autocorrelation")[4], .9, .04);
    check_near(scalar(&h, "bifurcation"), 45, 0);
    check_near(scalar(&h, "num_before"), 4, 0);
    assert_true(isnan(scalar(&h, "variance_tau")));
    linear_pair(&h, 3, 1.3, 0, -50);
    history_measure(&h);
    assert_true(result(&h, "bounded_steps")[3] < 100);
    assert_true(isnan(result(&h, "logit_variance")[3]));
    check_near(scalar(&h, "num_before"), 3, 0);
    history_free(&h);
}

static void same_rows(const struct history *h, const char *name, int a, int b, int width)
{
    const double *value = result(h, name);
    for (int c = 0; c < width; c++) {
        double x = value[a * width + c], y = value[b * width + c];
        if (!(x == y || (isnan(x) && isnan(y))))
            fail_msg("%s: row %d has %.17g, row %d has %.17g", name, a, x, b, y);
    }
}

static void test_rows_repeat_and_units_permute(void **state)
{
    (void)state;
    enum { H = 12, D = 4, K = 3 };
    static const char *const curves[] = {"switch_rate",      "window_switch_rate", "complex_share",
                                         "transition_rate",  "spectral_radius",    "logit_variance",
                                         "second_order_norm"};
    struct history h;
    history_init(&h, H, D, K, false, 3, 1);
    size_t count = rnn_num_params(h.shape);
    rnn_init_params(h.shape, rng_stream(9, "permuted", "init"), h.params);
    for (int i = 0; i < H * H; i++) part(&h, 0, 1)[i] *= 1.5f;
    memcpy(h.params + count, h.params, count * sizeof *h.params);
    for (int i = 0; i < H; i++) { /* snapshot 2: unit i is unit 5 i + 3 of the others */
        int from = (5 * i + 3) % H;
        for (int d = 0; d < D; d++) part(&h, 2, 0)[i * D + d] = part(&h, 0, 0)[from * D + d];
        for (int j = 0; j < H; j++)
            part(&h, 2, 1)[i * H + j] = part(&h, 0, 1)[from * H + (5 * j + 3) % H];
        for (int k = 0; k < K; k++) part(&h, 2, 2)[k * H + i] = part(&h, 0, 2)[k * H + from];
    }
    history_measure(&h);
    assert_true(result(&h, "switch_rate")[0] > .05);
    for (size_t c = 0; c < sizeof curves / sizeof *curves; c++) {
        const double *value = result(&h, curves[c]);
        same_rows(&h, curves[c], 0, 1, 1);
        /* the same noise, another start and other sums: the run forgets its start within the
         * warm-up; trials of the second-order term start elsewhere */
        check_relative(value[2], value[0], c == 6 ? .2 : .005);
    }
    same_rows(&h, "score", 0, 1, 140);
    same_rows(&h, "symbol", 0, 1, 70);
    same_rows(&h, "explained_variance", 0, 1, 3);
    check_near(result(&h, "explained_variance")[6], result(&h, "explained_variance")[0], 1e-3);
    double first = result(&h, "score")[1], rate = result(&h, "transition_rate")[0];
    history_measure(&h);
    assert_true(first == result(&h, "score")[1] && rate == result(&h, "transition_rate")[0]);
    history_free(&h);
}

/* --- networks of little use ------------------------------------------------------------------- */

static bool always(void *context)
{
    (void)context;
    return true;
}

static void test_degenerate(void **state)
{
    (void)state;
    struct history h;
    struct status st = {0};
    /* silent */
    history_init(&h, 3, 1, 4, false, 8, 1);
    history_measure(&h);
    check_near(result(&h, "switch_rate")[7], 0, 0);
    check_near(result(&h, "transition_rate")[7], 0, 0);
    check_near(result(&h, "residence_time")[7], 5000, 0);
    check_near(result(&h, "complex_share")[7], 0, 0);
    check_near(result(&h, "logit_variance")[7], 0, 0);
    assert_true(isnan(result(&h, "logit_autocorrelation")[7]));
    assert_true(isnan(result(&h, "explained_variance")[0]) && isnan(scalar(&h, "bifurcation")));
    check_near(scalar(&h, "converged_transition_rate"), 0, 0);
    /* no snapshots, fewer than the study has room for, a stop */
    check_ok(history_run(&h, 0, (struct stop){0}, &st), &st);
    assert_true(isnan(result(&h, "epoch")[0]) && isnan(scalar(&h, "bifurcation")));
    check_ok(history_run(&h, 3, (struct stop){0}, &st), &st);
    check_near(result(&h, "epoch")[2], 2, 0);
    assert_true(isnan(result(&h, "epoch")[3]) && isnan(scalar(&h, "converged_transition_rate")));
    check_code(history_run(&h, h.n, (struct stop){always, NULL}, &st), STATUS_RUN_STOPPED, &st);
    history_free(&h);
    /* one snapshot of one unit that explodes, and 255 symbols; then beyond the range of a float */
    for (int growth = 0; growth < 2; growth++) {
        history_init(&h, 1, 1, 255, false, 1, 1);
        *part(&h, 0, 0) = 1;
        *part(&h, 0, 1) = growth ? 1e10f : 1.5f;
        history_measure(&h);
        assert_true(result(&h, "bounded_steps")[0] < 40);
        assert_true(isnan(result(&h, "logit_variance")[0]) && isnan(scalar(&h, "bifurcation")));
        assert_true(isnan(result(&h, "switch_rate")[0]) && isnan(result(&h, "residence_time")[0]));
        assert_true(isnan(result(&h, "unstable_share")[0]) && isnan(result(&h, "score")[0]));
        assert_int_equal(isnan(result(&h, "window_switch_rate")[0]) != 0, growth);
        history_free(&h);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_known_rates_and_epoch),
        cmocka_unit_test(test_rotation_and_contraction),
        cmocka_unit_test(test_warning),
        cmocka_unit_test(test_rows_repeat_and_units_permute),
        cmocka_unit_test(test_degenerate),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
