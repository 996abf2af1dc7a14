/* Networks planted so that they diverge, when, and what is left of their analyses; and one that
 * does not. */
#include "../support/check.h"
#include "analyse/analysis.h"
#include "base/linalg.h"

#include <float.h>
#include <string.h>

enum { H = 6, D = 2, K = 3 };

struct planted {
    struct settings s;
    struct rnn_shape shape;
    float params[H * D + H * H + K * H], *U, *W, *R;
    struct analyses a;
};

/* Units driven alone with these self-connections, read out by two a symbol. */
static void plant(struct planted *p, const float self[H])
{
    struct status st = {0};
    memset(p, 0, sizeof *p);
    p->shape = (struct rnn_shape){H, D, K, false};
    p->U = p->params;
    p->W = p->U + H * D;
    p->R = p->W + H * H;
    for (int i = 0; i < H; i++) {
        p->U[i * D + i % D] = i < D ? 1 : -1;
        p->W[i * H + i] = self[i];
        p->R[i / 2 * H + i] = 1;
    }
    settings_default(&p->s);
    p->s.hmm.states = 2;
    p->s.rnn.hidden = H;
    p->s.rnn.noise_dim = D;
    p->s.data.length = 20;
    p->s.analysis.steps = 3000;
    p->s.analysis.particles = 16;
    p->s.analysis.likelihood_sequences = 4;
    p->s.analysis.permutations = 20;
    check_ok(settings_resolve(&p->s, NULL, &st), &st);
    analyses_turn_on(&p->s, false);
}

static void analyse(struct planted *p)
{
    struct status st = {0};
    struct hmm hmm;
    analyses_free(&p->a);
    check_ok(hmm_init(&hmm, &p->s, &st), &st);
    check_ok(analyses_init(&p->a, &p->s, &st), &st);
    check_ok(analyse_network(&p->s, p->shape, p->params, &hmm, NULL, &p->a, &st), &st);
}

static double *get(const struct planted *p, const char *analysis, const char *output)
{
    for (int i = 0; i < num_analyses; i++)
        for (int o = 0; o < analysis_table[i]->num_outputs; o++)
            if (p->a.value[i] && strcmp(analysis_table[i]->name, analysis) == 0 &&
                strcmp(analysis_table[i]->output[o].name, output) == 0)
                return p->a.value[i][o];
    fail_msg("no output %s.%s", analysis, output);
    return NULL;
}

/* How many numbers of an analysis are not NaN; none is infinite, none made of states beyond bound.
 */
static size_t num_told(const struct planted *p, int i)
{
    size_t told = 0;
    for (int o = 0; o < analysis_table[i]->num_outputs; o++)
        for (size_t n = analysis_count(&analysis_table[i]->output[o], &p->s); n-- > 0;) {
            double x = p->a.value[i][o][n];
            told += !isnan(x);
            if (!isnan(x) && !(fabs(x) < 1e9))
                fail_msg("%s.%s is %g", analysis_table[i]->name, analysis_table[i]->output[o].name,
                         x);
        }
    return told;
}

/* Of all analyses that are on, those named tell something; each the same when it is alone. */
static void check_told(struct planted *p, const char *names)
{
    struct planted alone = *p;
    analyse(p);
    for (int i = 0; i < num_analyses; i++) {
        const struct analysis *one = analysis_table[i];
        if (!p->a.value[i]) continue;
        if ((num_told(p, i) > 0) != (strstr(names, one->name) != NULL))
            fail_msg("%s: %zu numbers are told", one->name, num_told(p, i));
        for (int j = 0; j < num_analyses; j++) analysis_enable(analysis_table[j], j == i, &alone.s);
        analyse(&alone);
        for (int o = 0; o < one->num_outputs; o++)
            assert_memory_equal(alone.a.value[i][o], p->a.value[i][o],
                                analysis_count(&one->output[o], &p->s) * sizeof(double));
    }
    analyses_free(&alone.a);
}

static void test_stable(void **state)
{
    (void)state;
    struct planted p;
    plant(&p, (float[H]){.9f, .8f, .7f, .5f, -.95f, 0});
    analyse(&p);
    for (int i = 0; i < num_analyses; i++)
        if (p.a.value[i] &&
            strncmp(analysis_table[i]->name, "ablation", 8)) /* of a circuit: none */
            assert_true(num_told(&p, i) > 0);
    check_near(*get(&p, "stability", "spectral_radius"), .95, 1e-6);
    double largest = *get(&p, "stability", "largest_state");
    assert_true(largest > 2 && largest < 20);
    assert_true(isnan(*get(&p, "stability", "diverged_at_step")));
    assert_true(isnan(*get(&p, "stability", "generated_diverged_at_step")));
    analyses_free(&p.a);
}

/* 1.3^52 = 10^6: soon, but not within a sequence of 20. */
static void test_exploding_weights(void **state)
{
    (void)state;
    struct planted p;
    plant(&p, (float[H]){1.3f, .8f, .7f, .5f, .5f, 0});
    check_told(&p, "readout likelihood resonance stability"); /* resonance: of the HMM */
    check_near(*get(&p, "stability", "spectral_radius"), 1.3, 1e-6);
    double at = *get(&p, "stability", "diverged_at_step");
    assert_true(at > 20 && at < 60);
    at = *get(&p, "stability", "generated_diverged_at_step");
    assert_true(at > 40 && at < 80);
    assert_true(isnan(*get(&p, "stability", "logits_overflowed_at_step"))); /* activities did */
    assert_false(isnan(get(&p, "readout", "angle_between")[1])); /* of the weights alone */
    assert_true(isnan(get(&p, "readout", "angle")[0]));
    analyses_free(&p.a);
}

/* After some 20,000 steps: short runs of their own tell what they told before. */
static void test_late_overflow(void **state)
{
    (void)state;
    struct planted p;
    plant(&p, (float[H]){1.0005f, .8f, .7f, .5f, .5f, 0});
    p.s.analysis.steps = 30000;
    check_told(&p, "noise_sensitivity readout likelihood resonance stability");
    double at = *get(&p, "stability", "diverged_at_step");
    assert_true(at > 12000 && at < 28000);
    assert_true(isnan(*get(&p, "stability", "generated_diverged_at_step"))); /* of 2000 steps */
    analyses_free(&p.a);
}

/* States that are fine and logits that are not. */
static void test_logits(void **state)
{
    (void)state;
    struct planted p;
    plant(&p, (float[H]){.9f, .8f, .7f, .5f, .5f, 0});
    for (int i = 0; i < H; i++) p.R[i] = i % 2 ? FLT_MAX : -FLT_MAX;
    check_told(&p, "readout resonance stability"); /* resonance: of the HMM */
    double at = *get(&p, "stability", "diverged_at_step");
    assert_true(at >= 1 && at < 100);
    check_near(*get(&p, "stability", "logits_overflowed_at_step"), at, 0);
    analyses_free(&p.a);
}

/* Logits that overflow at the larger noise levels only: curves of the others, and no peak. */
static void test_missing_levels(void **state)
{
    (void)state;
    struct planted p;
    plant(&p, (float[H]){.9f, .8f, .7f, .5f, .5f, 0});
    for (int i = 0; i < K * H; i++) p.R[i] *= 1e37f;
    analyse(&p);
    assert_false(isnan(get(&p, "resonance", "switch_rate")[0]));
    assert_true(isnan(get(&p, "resonance", "switch_rate")[12]));
    assert_true(isnan(*get(&p, "resonance", "coherence_peak")));
    assert_true(isnan(*get(&p, "resonance", "kl_least")));
    analyses_free(&p.a);
}

/* Of a stable network with large weights, areas that a float cannot hold. */
static void test_infinite_as_stored(void **state)
{
    (void)state;
    struct planted p;
    plant(&p, (float[H]){.9f, .8f, .7f, .5f, .5f, 0});
    for (int i = 0; i < H * D; i++) p.U[i] *= 1e25f;
    analyse(&p);
    assert_true(isnan(*get(&p, "stability", "diverged_at_step")));
    assert_true(*get(&p, "stability", "largest_state") > 1e25);
    assert_false(isnan(get(&p, "contours", "extent")[0]));
    assert_true(isnan(get(&p, "contours", "area")[0]));
    analyses_free(&p.a);
}

int main(void)
{
    struct status st;
    if (linalg_start(&st)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_stable),         cmocka_unit_test(test_exploding_weights),
        cmocka_unit_test(test_late_overflow),  cmocka_unit_test(test_logits),
        cmocka_unit_test(test_missing_levels), cmocka_unit_test(test_infinite_as_stored),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
