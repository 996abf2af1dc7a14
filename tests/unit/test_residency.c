/* Residency times, zones and noise sensitivity on networks whose answers are known: memoryless
 * switching of known probability, a ring of units that runs like a clock, pure noise. */
#include "../support/check.h"
#include "hmmgrid/analyse.h"
#include "base/linalg.h"
#include "analyse/circuit/circuit.h"
#include "analyse/residency.h"

#include <stdlib.h>
#include <string.h>

static const double pi = 3.14159265358979323846;

/* --- networks --------------------------------------------------------------------------------- */

struct made {
    struct rnn_shape shape;
    float *params, *U, *W, *R, *bias_h, *bias_z;
    struct settings s;
    struct analyses a;
};

/* All zeros, with biases; three symbols, the third never taken. */
static struct made make(int H, int D, int steps)
{
    struct made m = {.shape = {H, D, 3, true}};
    struct rnn_view v[MAX_RNN_VIEWS];
    struct status st;
    m.params = calloc(rnn_num_params(m.shape), sizeof *m.params);
    rnn_views(m.shape, v);
    m.U = m.params + v[0].offset;
    m.W = m.params + v[1].offset;
    m.R = m.params + v[2].offset;
    m.bias_h = m.params + v[3].offset;
    m.bias_z = m.params + v[5].offset;
    m.bias_z[2] = -100;
    settings_default(&m.s);
    m.s.rnn.hidden = H;
    m.s.rnn.noise_dim = D;
    m.s.rnn.bias = true;
    m.s.hmm.target_prob = 0.05;
    check_ok(settings_resolve(&m.s, NULL, &st), &st);
    m.s.analysis.steps = steps;
    return m;
}

static void drop(struct made *m)
{
    analyses_free(&m->a);
    free(m->params);
}

static void prepare(struct made *m, const char *analysis)
{
    struct status st;
    for (int i = 0; i < num_analyses; i++)
        analysis_enable(analysis_table[i], strcmp(analysis_table[i]->name, analysis) == 0, &m->s);
    check_ok(analyses_init(&m->a, &m->s, &st), &st);
}

static void analyse(struct made *m, const char *analysis)
{
    struct status st;
    prepare(m, analysis);
    check_ok(analyse_network(&m->s, m->shape, m->params, NULL, NULL, &m->a, &st), &st);
}

/* Output `name` of the analysis that ran. */
static const double *get(const struct made *m, const char *name)
{
    for (int i = 0; i < num_analyses; i++)
        for (int o = 0; m->a.value[i] && o < analysis_table[i]->num_outputs; o++)
            if (strcmp(analysis_table[i]->output[o].name, name) == 0) return m->a.value[i][o];
    fail_msg("no output %s", name);
    return NULL;
}

/* Symbol 1 with probability p in every step, whatever came before; else symbol 0, of logit 5. */
static struct made memoryless(double p, int steps)
{
    struct made m = make(1, 1, steps);
    double low = -10, high = 10;
    while (high - low > 1e-12) { /* the normal's quantile */
        double middle = (low + high) / 2;
        if (erfc(middle / sqrt(2)) / 2 > p)
            low = middle;
        else
            high = middle;
    }
    m.U[0] = 1;
    m.bias_h[0] = (float)-low;
    m.bias_z[0] = 5;
    m.R[1] = 1e6f;
    return m;
}

/* `period` units active one after another, from unit 0 at step 1 after h = 0; symbol 0 in the first
 * half, 1 in the second, of logit 5. extra units are left to the caller. */
static struct made ring(int period, int extra, int D, int steps)
{
    struct made m = make(period + extra, D, steps);
    int H = period + extra;
    m.bias_h[0] = 1;
    for (int j = 0; j < period; j++) {
        if (j < period - 1) {
            m.W[j] = -1; /* unit 0: when none of the others but the last is active */
            m.W[(j + 1) * H + j] = 1;
        }
        m.R[(j < period / 2 ? 0 : 1) * H + j] = 5;
    }
    return m;
}

/* --- residency -------------------------------------------------------------------------------- */

/* From symbol 0 the time is geometric, cut at 60: mean (1 - (1-p)^60) / p; from symbol 1 the same
 * with 1-p. Tolerances: 4.5 standard errors of 4000 states. */
static void test_memoryless_switching(void **state)
{
    (void)state;
    const double p = 0.05;
    struct made m = memoryless(p, 4000);
    analyse(&m, "residency");
    double from_0 = (1 - pow(1 - p, 60)) / p, from_1 = (1 - pow(p, 60)) / (1 - p);
    check_near(*get(&m, "states"), 4000, 0);
    check_near(*get(&m, "rt"), (1 - p) * from_0 + p * from_1, 0.38);
    check_near(*get(&m, "censored"), (1 - p) * pow(1 - p, 60), 0.004);
    check_near(get(&m, "zone_rt")[ZONE_TRANSITION], from_1, 0.017);
    check_near(get(&m, "zone_rt")[ZONE_CLUSTER], from_0, 0.3);
    check_near(get(&m, "zone_share")[ZONE_TRANSITION], p, 0.0155);
    check_near(get(&m, "zone_share")[ZONE_CLUSTER], 1 - p, 0.0185); /* few averages fall below 8 */
    /* of independent states: sqrt(variance of RT / 4000), known to 20 stretches */
    double sem = *get(&m, "rt_sd") / sqrt(4000);
    check_near(log(*get(&m, "rt_sem") / sem), 0, log(2));
    drop(&m);
}

/* A symbol that is never left, of a logit 100 + x, x independent from step to step: an increment
 * has the other sign than the one before with probability 2/3 (turning points of random numbers).
 */
static void test_a_network_that_never_switches(void **state)
{
    (void)state;
    struct made m = make(1, 1, 500);
    m.U[0] = m.R[0] = 1;
    m.bias_h[0] = 10;
    m.bias_z[0] = 90;
    analyse(&m, "residency");
    check_near(*get(&m, "rt"), 60, 0);
    check_near(*get(&m, "rt_sd"), 0, 0);
    check_near(*get(&m, "censored"), 1, 0);
    check_near(get(&m, "rt_histogram")[60], 1, 0);
    check_near(get(&m, "class_share")[3], 1, 0);
    check_near(get(&m, "zone_share")[ZONE_CLUSTER], 1, 0);
    check_near(*get(&m, "sign_change_rate"), 2.0 / 3, 0.004); /* 500 x 20 x 59 of them */
    check_near(*get(&m, "sign_changes"), 59 * 2.0 / 3, 0.24);
    assert_true(isnan(*get(&m, "rt_sign_changes_correlation")));
    assert_true(isnan(get(&m, "zone_rt")[ZONE_KICK]));
    check_near(get(&m, "zone_sampled")[ZONE_KICK], 0, 0);
    check_near(get(&m, "zone_sampled")[ZONE_CLUSTER], 400, 0);
    drop(&m);

    m = make(1, 1, 400); /* dead: the first symbol for ever, of probability a half */
    analyse(&m, "residency");
    check_near(get(&m, "zone_share")[ZONE_NONE], 1, 0);
    check_near(get(&m, "zone_max_softmax")[ZONE_NONE], 0.5, 1e-12);
    check_near(get(&m, "zone_active")[ZONE_NONE], 0, 0);
    check_near(get(&m, "zone_unstable_share")[ZONE_NONE * 3], 1, 0);
    check_near(*get(&m, "sign_changes"), 0, 0);
    drop(&m);
}

/* The clock: 24 units; one more, u' = relu(3 - 2 u), is 3 and 0 in turn and makes the noise-free
 * Jacobian's eigenvalue -2 where it is 0. Everything is known for each of the 24 positions:
 * position j of a half leaves after 12 - j steps; u is 3 at even positions. */
enum { PERIOD = 24, HALF = PERIOD / 2, RUN = 20 * PERIOD };
static const double logit_1[HALF] = {0.5, 5, 5, 6, 5, 5, 5, 5, 5, 5, 5, 5};
/* by the rule of SCIENCE 5.1: a sign after 0 counts, a 0 does not */
static const int changes_1[HALF] = {2, 2, 1};

static struct made clock_network(void)
{
    struct made m = ring(PERIOD, 1, 1, RUN);
    int H = PERIOD + 1, u = PERIOD;
    m.bias_h[u] = 3;
    m.W[u * H + u] = -2;
    for (int j = 0; j < HALF; j++) {
        m.R[j] = (float)(5 + j % 2);
        m.R[H + HALF + j] = (float)logit_1[j];
    }
    return m;
}

static void test_clock(void **state)
{
    (void)state;
    struct made m = clock_network();
    double share[NUM_ZONES] = {0}, rt[NUM_ZONES] = {0}, unstable[NUM_ZONES] = {0};
    double norm[NUM_ZONES] = {0}, softmax[NUM_ZONES] = {0}, all = 0, changes = 0, chances = 0;
    double n[HALF] = {0};
    analyse(&m, "residency");
    for (int position = 0; position < PERIOD; position++) {
        int j = position % HALF, time = HALF - j, zone;
        double logit = position < HALF ? 5 + j % 2 : logit_1[j], p = 1 / (1 + exp(-logit));
        zone = time < 2    ? ZONE_TRANSITION
               : time <= 8 ? ZONE_KICK
               : p > 0.8   ? ZONE_CLUSTER
                           : ZONE_NONE;
        share[zone]++;
        rt[zone] += time;
        unstable[zone] += position % 2;
        norm[zone] += position % 2 ? 1 : sqrt(10);
        softmax[zone] += p;
        all += time;
        chances += j < HALF - 2 ? HALF - 2 - j : 0;
        int count = position >= HALF ? changes_1[j] : j < HALF - 2 ? HALF - 2 - j : 0;
        changes += count;
        n[count]++;
    }
    check_near(*get(&m, "rt"), all / PERIOD, 1e-12);
    check_near(*get(&m, "rt_sem"), 0, 1e-12); /* every stretch is one period */
    check_near(*get(&m, "censored"), 0, 0);
    check_near(*get(&m, "sign_changes"), changes / PERIOD, 1e-12);
    check_near(*get(&m, "sign_change_rate"), changes / chances, 1e-12);
    for (int z = 0; z < NUM_ZONES; z++) {
        check_near(get(&m, "zone_share")[z], share[z] / PERIOD, 1e-12);
        check_near(get(&m, "zone_rt")[z], rt[z] / share[z], 1e-12);
        check_near(get(&m, "zone_norm")[z], norm[z] / share[z], 1e-12);
        check_near(get(&m, "zone_max_softmax")[z], softmax[z] / share[z], 1e-9);
        check_near(get(&m, "zone_active")[z], 1 + unstable[z] / share[z], 1e-12);
        check_near(get(&m, "zone_sampled")[z], share[z] * RUN / PERIOD, 0);
        check_near(get(&m, "zone_unstable")[z], unstable[z] / share[z], 1e-12);
        check_near(get(&m, "zone_radius")[z], 2 * unstable[z] / share[z], 1e-12);
        check_near(get(&m, "zone_unstable_share")[z * 3], 1 - unstable[z] / share[z], 1e-12);
        check_near(get(&m, "zone_unstable_share")[z * 3 + 2], 0, 0);
    }
    const double class[4] = {2, 4, 10, 8}; /* RT 1; 2, 3; 4 to 8; 9 to 12; of both halves */
    for (int c = 0; c < 4; c++) check_near(get(&m, "class_share")[c], class[c] / PERIOD, 1e-12);
    for (int b = 0; b < HALF; b++) {
        check_near(get(&m, "rt_histogram")[b + 1], 2.0 / PERIOD, 1e-12);
        check_near(get(&m, "sign_change_histogram")[b], n[b] / PERIOD, 1e-12);
    }
    check_near(get(&m, "sign_change_rt")[10], HALF, 1e-12);
    drop(&m);
}

/* Correlation of RT and sign changes of the clock, by the textbook's formula. */
static void test_correlation(void **state)
{
    (void)state;
    struct made m = clock_network();
    double x = 0, y = 0, xx = 0, yy = 0, xy = 0;
    analyse(&m, "residency");
    for (int position = 0; position < PERIOD; position++) {
        int j = position % HALF, time = HALF - j;
        int count = position >= HALF ? changes_1[j] : j < HALF - 2 ? HALF - 2 - j : 0;
        x += time;
        y += count;
        xx += time * time;
        yy += count * count;
        xy += time * count;
    }
    double expected = (PERIOD * xy - x * y) / sqrt((PERIOD * xx - x * x) * (PERIOD * yy - y * y));
    check_near(*get(&m, "rt_sign_changes_correlation"), expected, 1e-9);
    drop(&m);
}

/* A random network and the same with its units in another order: the same noise gives the same
 * times; rounding may move a state or two over a boundary. The whole analysis, which draws other
 * numbers, agrees within its own standard errors. */
static void permuted_of(const struct made *m, struct made *other)
{
    int H = m->shape.hidden, D = m->shape.noise_dim;
    *other = make(H, D, m->s.analysis.steps);
    for (int i = 0; i < H; i++) {
        int a = (i * 7 + 3) % H;
        for (int d = 0; d < D; d++) other->U[a * D + d] = m->U[i * D + d];
        for (int j = 0; j < H; j++) other->W[a * H + (j * 7 + 3) % H] = m->W[i * H + j];
        for (int k = 0; k < 3; k++) other->R[k * H + a] = m->R[k * H + i];
    }
}

static void test_order_of_the_units_does_not_matter(void **state)
{
    (void)state;
    enum { H = 12, D = 4, N = 200 };
    struct made m = make(H, D, 3000), other;
    struct network net, net_b;
    struct status st;
    struct rng rng = rng_stream(8, "weights", "permuted");
    for (int i = 0; i < H * D + H * H + 3 * H; i++)
        m.params[i] = (float)((rng_uniform(rng, (uint64_t)i) - 0.5) * (i < H * D ? 1 : 0.9));
    m.bias_z[2] = 0;
    permuted_of(&m, &other);
    other.bias_z[2] = 0;

    struct escape a[N], b[N];
    float h[N * H], h_b[N * H];
    check_ok(network_init(&net, m.shape, m.params, &st), &st);
    check_ok(network_init(&net_b, other.shape, other.params, &st), &st);
    check_ok(network_drive(&net, rng, NULL, 20, N, 1, h, NULL, &st), &st);
    for (int i = 0; i < N * H; i++) h_b[i / H * H + (i % H * 7 + 3) % H] = h[i];
    check_ok(escape_times(&net, rng, h, N, 20, 60, NULL, a, &st), &st);
    check_ok(escape_times(&net_b, rng, h_b, N, 20, 60, NULL, b, &st), &st);
    int different = 0;
    for (int i = 0; i < N; i++) different += a[i].time != b[i].time;
    assert_true(different <= 2);

    analyse(&m, "residency");
    analyse(&other, "residency");
    for (int z = 0; z < NUM_ZONES; z++) {
        double sem = hypot(get(&m, "zone_share_sem")[z], get(&other, "zone_share_sem")[z]);
        check_near(get(&m, "zone_share")[z], get(&other, "zone_share")[z], 5 * sem + 1e-3);
    }
    check_near(*get(&m, "rt"), *get(&other, "rt"),
               5 * hypot(*get(&m, "rt_sem"), *get(&other, "rt_sem")));
    network_free(&net);
    network_free(&net_b);
    drop(&m);
    drop(&other);
}

/* Blocks do not show: a state's continuations do not depend on how many states follow. */
static void test_states_are_independent_of_those_that_follow(void **state)
{
    (void)state;
    enum { N = 200 };
    struct made m = memoryless(0.2, 100);
    struct network net;
    struct status st;
    struct rng rng = rng_stream(9, "escape", "blocks");
    struct escape many[N], few[N];
    const float h[N] = {0};
    check_ok(network_init(&net, m.shape, m.params, &st), &st);
    size_t whole = 2 * escape_block(20);
    assert_true(whole < N);
    check_ok(escape_times(&net, rng, h, N, 20, 60, NULL, many, &st), &st);
    check_ok(escape_times(&net, rng, h, whole, 20, 60, NULL, few, &st), &st);
    for (size_t i = 0; i < whole; i++) check_near(few[i].time, many[i].time, 0);
    int equal = 0; /* and blocks draw numbers of their own */
    for (size_t i = 0; i < whole / 2; i++) equal += many[i].time == many[i + whole / 2].time;
    assert_true(equal < (int)whole / 4);
    network_free(&net);
    drop(&m);
}

/* States that are given: what is looked at, what is shared. */
static void test_shared_residency(void **state)
{
    (void)state;
    enum { N = 12000 };
    struct made m = memoryless(0.3, N);
    struct network net;
    struct status st;
    struct driven driven = {.n = N,
                            .h = calloc(N, sizeof(float)),
                            .z = calloc(3 * N, sizeof(float)),
                            .symbol = calloc(N, 1)};
    struct analysis_memo memo = {.shared = rng_stream(1, "shared", "residency"), .driven = &driven};
    const struct residency *r, *again;
    check_ok(network_init(&net, m.shape, m.params, &st), &st);
    struct analysis_input in = {.s = &m.s, .net = &net, .memo = &memo};
    check_ok(residency_get(&in, &r, &st), &st);
    check_ok(residency_get(&in, &again, &st), &st);
    assert_ptr_equal(r, again);
    assert_int_equal(r->n, RESIDENCY_STATES);
    for (size_t i = 0; i < r->n; i++) assert_int_equal(r->state[i], i * N / RESIDENCY_STATES);
    prepare(&m, "residency");
    int at = 0;
    while (analysis_table[at] != analysis_find("residency")) at++;
    check_ok(analysis_run(at, &in, &m.a, &st), &st);
    for (int k = 0; k < 500; k++) { /* every tenth state, one by one */
        double rt = get(&m, "sample_rt")[k];
        assert_true(rt >= 1 && rt == r->rt[10 * k]);
        assert_int_equal(get(&m, "sample_zone")[k], r->zone[10 * k]);
        assert_true(get(&m, "sample_unstable")[k] >= 0);
        assert_true(isnan(get(&m, "sample_score")[2 * k])); /* no components were given */
    }
    pile_free(&memo.kept);
    pile_free(&memo.scratch);
    network_free(&net);
    free(driven.h);
    free(driven.z);
    free(driven.symbol);
    drop(&m);
}

/* --- noise sensitivity ------------------------------------------------------------------------ */

enum { NOISE_UNITS = 40, LONG_PERIOD = 120 };

/* A clock of period 120, which noise does not reach, and 40 units that are relu of noise alone. Its
 * first change is at step 40 of a track (unit 20 is active at step 0), the 4th at 220, every dwell
 * 60; continuations from d steps before a change leave after d. X = relu(x): variance 1/2 - 1/(2
 * pi); given half of the noise, E Var = 1/2 - (sin a + (pi - a) cos a) / (2 pi), a = pi/3 (two
 * copies of X of correlation cos a; Cho and Saul 2009). */
static void test_spread_of_pure_noise(void **state)
{
    (void)state;
    struct made m = ring(LONG_PERIOD, NOISE_UNITS, NOISE_UNITS, 100);
    for (int i = 0; i < NOISE_UNITS; i++) m.U[(LONG_PERIOD + i) * NOISE_UNITS + i] = 1;
    analyse(&m, "noise_sensitivity");
    check_near(*get(&m, "events"), 10, 0);
    check_near(*get(&m, "tracks"), 10, 0);
    for (int e = 0; e < 10; e++) {
        check_near(get(&m, "event_from")[e], 1, 0);
        check_near(get(&m, "event_to")[e], 0, 0);
        check_near(get(&m, "event_switch")[e], 220, 0);
        check_near(get(&m, "event_dwell")[e], 60, 0);
        check_near(get(&m, "event_cluster")[e], 190, 0);
        check_near(get(&m, "event_transition")[e], 218, 0);
    }
    check_near(*get(&m, "lead"), 2, 0);
    check_near(*get(&m, "lead_sd"), 0, 0);
    check_near(*get(&m, "nominal_error"), 0, 1e-6); /* D14: the noise of each step */

    double fresh = NOISE_UNITS * (0.5 - 1 / (2 * pi));
    double half = NOISE_UNITS * (0.5 - (sin(pi / 3) + pi / 3) / (2 * pi));
    const double *trace = get(&m, "trace"), *distance = get(&m, "distance");
    const double *reference = get(&m, "trace_reference");
    for (int start = 0; start < 2; start++) {
        for (int t = 0; t <= 5; t++) {
            const double *at = trace + start * 3 * 6 + t;
            check_near(at[0], 0, 1e-10);
            check_relative(at[6], t ? half : 0, 0.12);
            check_relative(at[12], t ? fresh : 0, 0.04);
            check_relative(reference[start * 6 + t], t ? half / 2 : 0, 0.12);
            /* Jensen; and the norm of 40 such numbers does not vary much */
            double most = sqrt(at[12] * 0.99), d = distance[start * 3 * 6 + 12 + t];
            assert_true(d <= most + 1e-9 && d >= 0.9 * most);
        }
        double sum = 0;
        for (int t = 1; t <= 5; t++) sum += trace[start * 3 * 6 + 12 + t];
        check_near(get(&m, "final_trace")[start * 3 + 2], sum / 5, 1e-9);
        double sd = get(&m, "trace_sd")[start * 3 * 6 + 13];
        assert_true(sd > 0.1 && sd < 1.3); /* about 0.03 of the trace */
    }
    check_near(get(&m, "distance_ratio")[2], 1, 0.05);
    assert_true(isnan(get(&m, "distance_ratio")[0]));
    drop(&m);
}

/* D13: no switch at all, none that is imminent before it happens, states that explode. */
static void test_the_search_ends(void **state)
{
    (void)state;
    struct made m = make(3, 2, 100);
    analyse(&m, "noise_sensitivity");
    check_near(*get(&m, "events"), 0, 0);
    check_near(*get(&m, "tracks"), 30, 0);
    assert_true(isnan(*get(&m, "dwell")) && isnan(get(&m, "trace")[0]));
    drop(&m);

    m = memoryless(0.05, 100);
    analyse(&m, "noise_sensitivity");
    check_near(*get(&m, "events"), 0, 0);
    check_near(*get(&m, "tracks"), 30, 0);
    drop(&m);

    m = make(2, 1, 100);
    m.U[0] = m.U[1] = m.R[0] = m.R[3] = 1;
    m.W[0] = m.W[3] = 3;
    analyse(&m, "noise_sensitivity");
    assert_true(isnan(*get(&m, "events")));
    drop(&m);
}

/* The same clock: without fresh noise all trajectories are the track; a circuit by hand, whose kick
 * sets are a unit of noise (which nothing reaches: no effect) and one of the clock (which stops).
 */
static void test_portrait(void **state)
{
    (void)state;
    enum { SHOWN = 20, TIMES = 6, NOMINAL = 120, PATHS = 6, STEPS = 61, CASES = 7 };
    struct made m = ring(LONG_PERIOD, NOISE_UNITS, NOISE_UNITS, 500);
    for (int i = 0; i < NOISE_UNITS; i++) m.U[(LONG_PERIOD + i) * NOISE_UNITS + i] = 1;
    struct network net;
    struct status st;
    struct circuit circuit = {
        .num_directions = 2,
        .direction = {{.from = 0, .to = 1, .num_units = 1}, {.from = 1, .to = 0, .num_units = 1}},
        .num_pairs = 1,
        .pair[0].group = {0, 1}};
    circuit.direction[0].unit[0] = LONG_PERIOD + 3;
    circuit.direction[1].unit[0] = 100;
    struct analysis_memo memo = {.shared = rng_stream(1, "shared", "portrait"),
                                 .circuit = &circuit};
    check_ok(network_init(&net, m.shape, m.params, &st), &st);
    struct analysis_input in = {.s = &m.s, .net = &net, .memo = &memo};
    prepare(&m, "portrait");
    int row = 0;
    while (analysis_table[row] != analysis_find("portrait")) row++;
    check_ok(analysis_run(row, &in, &m.a, &st), &st);
    const double *nominal = get(&m, "nominal"), *fresh = get(&m, "fresh_pc1");
    const double *path = get(&m, "ablated_pc1");
    check_near(*get(&m, "tracks"), 1, 0);
    check_near(*get(&m, "cluster"), 190 - 106, 0);
    check_near(*get(&m, "transition"), 218 - 106, 0);
    for (int start = 0; start < 2; start++)
        for (int j = 0; j < SHOWN; j++)
            for (int t = 0; t < TIMES; t++) {
                int at = (start ? 112 : 84) + t;
                const double *none = fresh + (start * 3 * SHOWN + j) * TIMES + t;
                if (at < NOMINAL) check_near(*none, nominal[2 * at], 1e-4);
                assert_true(t == 0 || none[2 * SHOWN * TIMES] != *none);
            }
    for (int g = 0; g < 2; g++) check_near(get(&m, "ablated_from")[g], g, 0);
    for (int i = 0; i < PATHS; i++) {
        int changed = 0;
        for (int t = 0; t < STEPS; t++) {
            for (int k = 1; k <= 2 && i < 3; k++)
                check_near(path[(k * PATHS + i) * STEPS + t], path[i * STEPS + t], 0);
            changed += path[(PATHS + i) * STEPS + t] != path[i * STEPS + t];
        }
        assert_true(i < 3 ? changed == 0 : changed > 0 && changed < STEPS);
    }
    pile_free(&memo.scratch);
    pca_free(&memo.driven->pca);
    pile_free(&memo.kept);
    network_free(&net);
    drop(&m);
}

static bool stop_at_once(void *context)
{
    (void)context;
    return true;
}

static void test_a_stop_is_heard(void **state)
{
    (void)state;
    const char *const name[] = {"residency", "noise_sensitivity"};
    for (int i = 0; i < 2; i++) {
        struct made m = memoryless(0.05, 200);
        struct status st;
        struct network net;
        struct driven driven = {.n = 200, .h = calloc(200, sizeof(float)), .z = calloc(600, 4)};
        struct analysis_memo memo = {.shared = rng_stream(1, "shared", "stop"), .driven = &driven};
        check_ok(network_init(&net, m.shape, m.params, &st), &st);
        struct analysis_input in = {
            .s = &m.s, .net = &net, .memo = &memo, .stop = {stop_at_once, NULL}};
        prepare(&m, name[i]);
        int at = 0;
        while (analysis_table[at] != analysis_find(name[i])) at++;
        check_code(analysis_run(at, &in, &m.a, &st), STATUS_RUN_STOPPED, &st);
        assert_null(memo.residency);
        pile_free(&memo.kept);
        network_free(&net);
        free(driven.h);
        free(driven.z);
        drop(&m);
    }
}

int main(void)
{
    struct status st;
    if (linalg_start(&st)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_memoryless_switching),
        cmocka_unit_test(test_a_network_that_never_switches),
        cmocka_unit_test(test_clock),
        cmocka_unit_test(test_correlation),
        cmocka_unit_test(test_order_of_the_units_does_not_matter),
        cmocka_unit_test(test_states_are_independent_of_those_that_follow),
        cmocka_unit_test(test_shared_residency),
        cmocka_unit_test(test_spread_of_pure_noise),
        cmocka_unit_test(test_the_search_ends),
        cmocka_unit_test(test_portrait),
        cmocka_unit_test(test_a_stop_is_heard),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
