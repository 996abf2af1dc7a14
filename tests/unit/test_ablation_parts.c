/* The parts of the ablation analysis: which units are scaled, runs of given points, and critical
 * pairs against a brute-force count.
 */
#include "../support/ablated.h"
#include "base/linalg.h"

/* --- sets and runs ---------------------------------------------------------------------------- */

/* Weights that fall with the index, at the reference's size: 60 and 35 of 150. Beyond three, kick
 * neurons do not add to the sets of presynaptic units, and no set but theirs holds them. */
static void test_sets(void **state)
{
    (void)state;
    enum { SIZE = 150 };
    struct subject *x = subject_new(SIZE, 1, 2, false);
    struct ablation_sets sets;
    struct status st = {0};
    set_kick(x, 0, 4, (int[]){5, 141, 142, 143});
    set_kick(x, 1, 3, (int[]){144, 145, 146});
    for (int i = 0; i < SIZE; i++)
        for (int j = 0; j < SIZE; j++) x->W[i * SIZE + j] = (float)(i == 143 || i == 146 ? j : -j);
    x->circuit.pair->num_population[0] = 3;
    x->circuit.pair->num_population[1] = 2;
    x->circuit.pair->population[1] = x->population + 3;
    memcpy(x->population, (int[]){5, 6, 7, 100, 101}, 5 * sizeof(int));
    check_ok(network_init(&x->net, x->shape, x->params, &st), &st);
    check_ok(ablation_sets_init(&sets, &x->in, 0, &st), &st);
    int num[NUM_ABLATIONS] = {0};
    for (int i = 0; i < SIZE; i++) {
        bool kick_a = i == 5 || (i >= 141 && i <= 143), kick_b = i >= 144 && i <= 146;
        bool kick = kick_a || kick_b, population = i == 6 || i == 7 || i == 100 || i == 101;
        const bool expected[NUM_ABLATIONS] = {kick_a,
                                              kick_b,
                                              i < 60 && !kick,
                                              (i < 60 || i >= 90) && !kick,
                                              i >= 35 && i < 115 && !kick,
                                              population,
                                              !population && !kick};
        for (int c = 0; c < NUM_ABLATIONS; c++) {
            assert_int_equal(sets.member[c * SIZE + i], expected[c]);
            num[c] += expected[c];
        }
    }
    for (int c = 0; c < NUM_ABLATIONS; c++) assert_int_equal(sets.num_units[c], num[c]);
    subject_free(x);
}

/* Of a run with two points, one without any unit scaled and one intact by its absent factors. */
static void test_empty_set_changes_nothing(void **state)
{
    (void)state;
    struct subject *x = random_subject(true);
    struct status st = {0};
    struct ablation_counts one, two;
    float ones[2 * H];
    for (int i = 0; i < 2 * H; i++) ones[i] = 1;
    struct network_gain intact = {1, NULL, NULL}, empty = {2, ones, ones};
    struct rng rng = rng_child(x->in.rng, 0);
    check_ok(network_init(&x->net, x->shape, x->params, &st), &st);
    check_ok(ablation_counts_init(&one, &x->in, 0, 1, N, &st), &st);
    check_ok(ablation_counts_init(&two, &x->in, 0, 2, N, &st), &st);
    check_ok(ablation_run(&x->in, rng, &intact, &one, NULL, &st), &st);
    check_ok(ablation_run(&x->in, rng, &empty, &two, NULL, &st), &st);
    for (int r = 0; r < NUM_ABLATION_RATES; r++)
        for (int i = 0; i < 2 * N; i++) {
            assert_int_equal(two.events[r * 2 * N + i], one.events[r * N + i % N]);
            assert_int_equal(two.steps[r * 2 * N + i], one.steps[r * N + i % N]);
        }
    subject_free(x);
}

static bool always(void *context)
{
    (void)context;
    return true;
}

static void test_stops(void **state)
{
    (void)state;
    struct subject *x = random_subject(false);
    struct status st = {0};
    x->in.stop.wanted = always;
    check_ok(network_init(&x->net, x->shape, x->params, &st), &st);
    struct outputs out = outputs_of(x);
    check_code(table_row()->compute(&x->in, &out, &st), STATUS_RUN_STOPPED, &st);
    subject_free(x);
}

/* A larger network gets fewer trajectories, in whole blocks. */
static void test_num_trajectories(void **state)
{
    (void)state;
    static const struct {
        int hidden, noise_dim, num;
    } expected[] = {{1, 1, 64}, {150, 100, 64}, {200, 200, 64}, {300, 300, 32}, {10000, 10000, 16}};
    for (int i = 0; i < 5; i++) {
        struct rnn_shape shape = {expected[i].hidden, expected[i].noise_dim, 3, false};
        assert_int_equal(ablation_num_trajectories(shape), expected[i].num);
    }
}

/* --- critical pairs --------------------------------------------------------------------------- */

/* Of diag(pre > 0) W, all H eigenvalues; next = relu(pre), with the input of that step. */
static int brute_force_pairs(const struct subject *x, const float *next)
{
    double a[H * H], re[H], im[H];
    struct status st = {0};
    int num = 0;
    for (int i = 0; i < H; i++)
        for (int j = 0; j < H; j++) a[i * H + j] = next[i] > 0 ? (double)x->W[i * H + j] : 0;
    check_ok(linalg_eigenvalues(H, a, re, im, &st), &st);
    for (int i = 0; i < H; i++) {
        double below = (re[i] + 1) * (re[i] + 1) + im[i] * im[i];
        num += fabs((re[i] * re[i] + im[i] * im[i] - 1) / below) < .1 && 2 * im[i] / below > .06;
    }
    return num;
}

static void test_windows_by_brute_force(void **state)
{
    (void)state;
    struct subject *x = random_subject(true);
    struct status st = {0};
    struct ablation_counts counts;
    struct ablation_windows windows;
    struct network_gain intact = {1, NULL, NULL};
    static const int point[] = {0};
    float h[ABLATION_ALL_STEPS * H];
    uint8_t o[ABLATION_ALL_STEPS];
    double sum = 0, squares = 0, n = NUM_SENSES * MAX_WINDOWS;
    check_ok(network_init(&x->net, x->shape, x->params, &st), &st);
    check_ok(ablation_counts_init(&counts, &x->in, 0, 1, N, &st), &st);
    check_ok(ablation_windows_init(&windows, &x->in, 1, point, rng_child(x->in.rng, 2), &st), &st);
    check_ok(ablation_run(&x->in, rng_child(x->in.rng, 0), &intact, &counts, &windows, &st), &st);
    struct spectrum *spectrum = spectrum_new(&x->net, NULL);
    assert_non_null(spectrum);
    assert_false(counts.exploded[0]);
    assert_int_equal(ablation_windows_rounds(&windows, ABLATION_BUDGET), MAX_WINDOWS);
    for (int sense = 0; sense < NUM_SENSES; sense++) {
        assert_int_equal(windows.num[0][sense], MAX_WINDOWS);
        for (int w = 0; w < MAX_WINDOWS; w++) {
            struct ablation_window at = windows.window[0][sense][w];
            int expected = 0, s = at.step;
            double pairs;
            assert_true(s >= ABLATION_WARM_UP && s < ABLATION_WARM_UP + ABLATION_STEPS);
            assert_int_equal(at.trajectory, 2 * w + sense); /* every one of these has switches */
            plain_trajectory(x, at.trajectory, h, o);
            assert_true(sense == SENSE_UP ? o[s] > o[s - 1] : o[s] < o[s - 1]);
            for (int t = s - 15; t < s + 15; t += 5) expected += brute_force_pairs(x, h + t * H);
            check_ok(ablation_windows_count(&windows, 0, sense, w, spectrum, &pairs, &st), &st);
            check_near(pairs, expected / 6.0, 1e-15);
            sum += 30 * pairs;
            squares += 30 * pairs * 30 * pairs;
        }
    }
    assert_true(sum > 30);
    network_free(&x->net);
    measure(x); /* the same windows: those of the intact network */
    check_near(get(x, "critical_pairs")[2], sum / n, 1e-12);
    check_near(get(x, "critical_pairs_sem")[2], sqrt((squares - sum * sum / n) / (n - 1) / n),
               1e-12);
    spectrum_free(spectrum);
    subject_free(x);
}

/* A pair .9 exp(.2 i) that is always active: m = -.053 + .100 i, one critical pair in each of 30
 * steps. Scaled by 1/2: m = -.38 + .09 i, none; by 0: silent. Others make the symbols. */
static void test_rotating_pair(void **state)
{
    (void)state;
    struct subject *x = subject_new(6, 2, 2, true);
    float a = .9f * cosf(.2f), b = .9f * sinf(.2f);
    x->W[0] = x->W[6 + 1] = a;
    x->W[1] = -b;
    x->W[6] = b;
    x->bias_h[0] = 5 * (1 - a + b); /* fixed point (5, 5) */
    x->bias_h[1] = 5 * (1 - a - b);
    x->U[4 * 2] = x->U[5 * 2 + 1] = 1;
    x->R[4] = x->R[6 + 5] = 1;
    set_kick(x, 0, 2, (int[]){0, 1});
    set_kick(x, 1, 1, (int[]){2});
    measure(x);
    const double *pairs = get(x, "critical_pairs"), *sem = get(x, "critical_pairs_sem");
    const double *up = get(x, "critical_pairs_up"), *num = get(x, "num_windows");
    for (int c = 0; c < NUM_ABLATIONS; c++) {
        if (get(x, "num_units")[c] == 0) continue;
        for (int m = 0; m < 5; m++) {
            if (c == ABLATE_KICK_A && m > 2) continue;   /* it grows and is clipped */
            if (c == ABLATE_CONTROL && m == 0) continue; /* no noise, no switch */
            double expected = c == ABLATE_KICK_A && m < 2 ? 0 : 30;
            check_near(pairs[c * 5 + m], expected, 1e-12);
            check_near(sem[c * 5 + m], 0, 1e-12);
            check_near(up[c * 5 + m], expected, 1e-12);
            check_near(num[c * 5 + m], 2 * MAX_WINDOWS, 0);
        }
        for (int m = 0; m < MU; m++) { /* a kick set scaled by .9: m = -.106 + .097 i */
            double at_mu = get(x, "critical_pairs_by_mu")[c * MU + m];
            double windows = get(x, "num_windows_by_mu")[c * MU + m];
            if ((c == ABLATE_KICK_A && m > 10) || (c == ABLATE_CONTROL && m == 0)) continue;
            check_near(at_mu, c == ABLATE_KICK_A && m < 10 ? 0 : 30, 1e-12);
            check_near(get(x, "critical_pairs_up_by_mu")[c * MU + m], at_mu, 1e-12);
            check_near(windows, m % 5 ? ABLATION_BLOCK : 2 * MAX_WINDOWS, 0);
        }
    }
    subject_free(x);
}

/* What ablation_pairs says of pair p. */
static const double *rates_of_pairs(struct subject *x, struct analyses *a, const char *name)
{
    struct status st = {0};
    int row = 0;
    while (analysis_table[row] != &analysis_ablation_pairs) row++;
    if (!a->memory) {
        struct settings s = x->s;
        analysis_enable(&analysis_ablation_pairs, true, &s);
        check_ok(analyses_init(a, &s, &st), &st);
        struct outputs out = {
            .analysis = &analysis_ablation_pairs, .s = &s, .value = a->value[row]};
        check_ok(network_init(&x->net, x->shape, x->params, &st), &st);
        check_ok(analysis_ablation_pairs.compute(&x->in, &out, &st), &st);
        assert_null(out.misplaced);
        network_free(&x->net);
    }
    for (int o = 0; o < analysis_ablation_pairs.num_outputs; o++)
        if (strcmp(analysis_ablation_pairs.output[o].name, name) == 0) return a->value[row][o];
    fail_msg("no output %s", name);
    return NULL;
}

/* The second pair has what it would have as the first; the first what ablation says, within errors.
 */
static void test_every_pair(void **state)
{
    (void)state;
    struct subject *x = random_subject(false), *y = random_subject(false);
    struct analyses two = {0}, one = {0};
    struct circuit *c = &x->circuit;
    c->num_directions = 4;
    c->direction[2] = (struct kick_set){.from = 0, .to = 2, .num_units = 2, .unit = {3, 4}};
    c->direction[3] = (struct kick_set){.from = 2, .to = 0, .num_units = 1, .unit = {5}};
    y->circuit = *c;
    c->num_pairs = 2;
    c->pair[1] = (struct kick_pair){.group = {2, 3}};
    y->circuit.num_pairs = 1;
    y->circuit.pair[0] = c->pair[1];
    const double *from = rates_of_pairs(x, &two, "from");
    const double symbols[6] = {0, 1, 0, 2, NAN, NAN};
    for (int d = 0; d < 6; d++) check_same(from[d], symbols[d]);
    const int points = NUM_ABLATIONS * MU;
    for (int i = 0; i < points; i++) {
        check_same(rates_of_pairs(x, &two, "switch_rate")[points + i],
                   rates_of_pairs(y, &one, "switch_rate")[i]);
        for (int g = 0; g < 2; g++)
            check_same(rates_of_pairs(x, &two, "direction_rate")[(2 + g) * points + i],
                       rates_of_pairs(y, &one, "direction_rate")[g * points + i]);
    }
    measure(x);
    for (int i = 0; i < points; i++) {
        double rate = get(x, "switch_rate")[i], sem = get(x, "switch_rate_sem")[i];
        double few = rates_of_pairs(x, &two, "switch_rate_sem")[i];
        if (!isnan(rate))
            check_near(rates_of_pairs(x, &two, "switch_rate")[i], rate, 5 * (sem + few) + 1e-12);
    }
    analyses_free(&one);
    analyses_free(&two);
    subject_free(x);
    subject_free(y);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sets),
        cmocka_unit_test(test_empty_set_changes_nothing),
        cmocka_unit_test(test_stops),
        cmocka_unit_test(test_num_trajectories),
        cmocka_unit_test(test_windows_by_brute_force),
        cmocka_unit_test(test_rotating_pair),
        cmocka_unit_test(test_every_pair),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
