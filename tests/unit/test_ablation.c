/* The rates of the ablation analysis where they are known in closed form, against plain simulation
 * of explicitly scaled weights, and where little or nothing is defined.
 */
#include "../support/ablated.h"
#include "dynamics/silence.h"

static const double pi = 3.14159265358979323846;

/* --- closed forms ----------------------------------------------------------------------------- */

/* Symbols that are independent from step to step, 1 with probability p. */
static void check_independent(const struct subject *x, int c, int m, double p)
{
    double q = 1 - p, rate = 2 * p * q;
    double variance =
        rate * (1 - rate) + 2 * (p * q - rate * rate); /* with the covariance of neighbours */
    double sem = at(x, "switch_rate_sem", c, m);
    check_near(at(x, "switch_rate", c, m), rate, 5 * sem);
    /* 63 degrees of freedom: an sd of 9 % */
    check_relative(sem, sqrt(variance / (N * T)), .4);
    check_near(direction_at(x, "direction_rate", 0, c, m), pow(p, SWITCH_PERSISTS),
               5 * direction_at(x, "direction_rate_sem", 0, c, m));
    if (p == 0) return; /* never in 1 */
    check_near(direction_at(x, "direction_rate", 1, c, m), pow(q, SWITCH_PERSISTS),
               5 * direction_at(x, "direction_rate_sem", 1, c, m));
}

/* Two rectified normals, the larger one is the symbol: 1 when x_1 > 0 and mu x_1 > x_0, a cone of
 * angle pi/2 + atan(mu). Kick sets have no effect where W = 0. */
static void test_rectified_normals(void **state)
{
    (void)state;
    struct subject *x = subject_new(5, 5, 2, false);
    for (int i = 0; i < 5; i++) x->U[i * 5 + i] = 1;
    x->R[0] = x->R[5 + 1] = 1;
    set_kick(x, 0, 1, (int[]){4});
    set_kick(x, 1, 1, (int[]){3});
    x->circuit.pair->num_population[0] = 1;
    x->population[0] = 1;
    measure(x);
    /* equal weights: the inputs of kick neurons are the units of lowest index, 2 or 1 of 5 */
    static const double units[NUM_ABLATIONS] = {1, 1, 2, 2, 2, 1, 2};
    for (int c = 0; c < NUM_ABLATIONS; c++) check_near(get(x, "num_units")[c], units[c], 0);
    for (int m = 0; m < MU; m++) {
        double cone = atan(m / 10.0) / (2 * pi), one = m > 0 ? .25 + cone : 0;
        check_same_point(x, ABLATE_KICK_A, m, x, ABLATE_KICK_B, 10);
        check_independent(x, ABLATE_CONTROL, m, one); /* units 1 and 2 */
        check_independent(x, ABLATE_POPULATIONS, m, one);
        check_independent(x, ABLATE_REST, m, .5 - cone);          /* units 0 and 2 */
        if (m > 0) check_independent(x, ABLATE_NOISE_A, m, .375); /* both scaled alike */
    }
    check_near(at(x, "switch_rate", ABLATE_NOISE_A, 0), 0, 0); /* both silent: the first symbol */
    check_near(get(x, "effect")[ABLATE_KICK_A], 0, 0);
    check_near(get(x, "effect_sem")[ABLATE_KICK_A], 0, 0);
    check_near(get(x, "effect")[ABLATE_NOISE_A], -at(x, "switch_rate", 0, 10), 1e-15);
    check_near(get(x, "floor_switch_rate")[0], 2 * .375 * .625,
               5 * get(x, "floor_switch_rate_sd")[0] / 4);
    /* 15 degrees of freedom: an sd of 18 % */
    check_relative(get(x, "floor_switch_rate_sd")[0], at(x, "switch_rate_sem", 0, 10), .7);
    subject_free(x);
}

static double normal_above(double threshold)
{
    return erfc(threshold / sqrt(2)) / 2;
}

/* A unit beyond a threshold of .5: of mean .8 mu by the kick set, of sd mu by the noise. */
static void test_threshold_units(void **state)
{
    (void)state;
    for (int read = 4; read >= 1; read -= 3) {
        struct subject *x = subject_new(5, 5, 2, true);
        for (int i = 0; i < 5; i++) x->U[i * 5 + i] = i != 2;
        x->bias_h[2] = 1; /* unit 2 is always 1 */
        x->W[4 * 5 + 2] = .8f;
        x->W[3 * 5 + 2] = .3f;
        x->R[5 + read] = 1;
        x->bias_z[0] = .5f;
        set_kick(x, 0, 1, (int[]){4});
        set_kick(x, 1, 1, (int[]){3});
        measure(x);
        assert_true(isnan(at(x, "switch_rate", ABLATE_REST, 10))); /* no populations were given */
        for (int m = 0; m < MU; m++) {
            double factor = m / 10.0;
            check_same_point(x, ABLATE_KICK_B, m, x, ABLATE_KICK_B, 10); /* unit 3 is not read */
            if (read == 4) {
                check_independent(x, ABLATE_KICK_A, m, normal_above(.5 - factor * .8));
                check_same_point(x, ABLATE_CONTROL, m, x, ABLATE_KICK_A, 10);
            } else {
                check_same_point(x, ABLATE_KICK_A, m, x, ABLATE_KICK_A, 10);
                if (m > 3) check_independent(x, ABLATE_CONTROL, m, normal_above(.5 / factor));
                if (m == 0) check_near(at(x, "switch_rate", ABLATE_CONTROL, m), 0, 0);
            }
        }
        subject_free(x);
    }
}

/* --- against plain simulation ----------------------------------------------------------------- */

struct plain {
    double events[3][N], steps[3][N];
};

static void plain_run(const struct subject *x, struct plain *p)
{
    uint8_t o[ABLATION_ALL_STEPS];
    float *h = malloc((size_t)(ABLATION_ALL_STEPS * x->shape.hidden) * sizeof *h);
    assert_non_null(h);
    memset(p, 0, sizeof *p);
    for (int j = 0; j < N; j++) {
        plain_trajectory(x, j, h, o);
        for (int s = 50; s < 300; s++) {
            p->steps[0][j]++;
            p->events[0][j] += o[s] != o[s - 1];
            for (int k = 0; k < 2; k++) { /* 0 -> 1, 1 -> 0 */
                p->steps[1 + k][j] += o[s - 1] == k;
                p->events[1 + k][j] +=
                    o[s - 1] == k && o[s] == 1 - k && o[s + 1] == 1 - k && o[s + 2] == 1 - k;
            }
        }
    }
    free(h);
}

static double sum(const double *v)
{
    double total = 0;
    for (int j = 0; j < N; j++) total += v[j];
    return total;
}

/* Standard error of sum(events) / sum(steps) by leaving each trajectory out. */
static double jackknife(const double *events, const double *steps)
{
    double left[N], mean = 0, squares = 0;
    for (int j = 0; j < N; j++) {
        left[j] = (sum(events) - events[j]) / (sum(steps) - steps[j]);
        mean += left[j] / N;
    }
    for (int j = 0; j < N; j++) squares += (left[j] - mean) * (left[j] - mean);
    return sqrt(squares * (N - 1) / N);
}

/* At mu = 1 every condition is the network as it stands; at mu = 0 a kick set is one whose rows of
 * W are zero; differences are paired. */
static void test_against_plain_simulation(void **state)
{
    (void)state;
    for (int bias = 0; bias < 2; bias++) {
        struct subject *x = random_subject(bias);
        struct plain intact, silenced;
        measure(x);
        plain_run(x, &intact);
        for (int r = 0; r < 3; r++) {
            double rate = sum(intact.events[r]) / sum(intact.steps[r]);
            assert_true(rate > .01 && rate < 1);
            for (int c = 0; c < NUM_ABLATIONS; c++) {
                check_near(r ? direction_at(x, "direction_rate", r - 1, c, 10)
                             : at(x, "switch_rate", c, 10),
                           rate, 1e-14);
                /* linearised against leave-one-out: they differ by 1/N of themselves and less */
                check_relative(r ? direction_at(x, "direction_rate_sem", r - 1, c, 10)
                                 : at(x, "switch_rate_sem", c, 10),
                               jackknife(intact.events[r], intact.steps[r]), .05);
            }
        }
        for (int i = 0; i < 2; i++) {
            int unit = x->circuit.direction[0].unit[i];
            memset(x->W + unit * H, 0, (size_t)H * sizeof *x->W);
            if (bias) x->bias_h[unit] = x->bias_h[H + unit] = 0;
        }
        network_free(&x->net);
        struct status st = {0};
        check_ok(network_init(&x->net, x->shape, x->params, &st), &st);
        plain_run(x, &silenced);
        double mean = 0, squares = 0;
        for (int j = 0; j < N; j++) mean += (silenced.events[0][j] - intact.events[0][j]) / T / N;
        for (int j = 0; j < N; j++)
            squares += pow((silenced.events[0][j] - intact.events[0][j]) / T - mean, 2);
        assert_true(fabs(mean) > 1e-3);
        check_near(get(x, "effect")[ABLATE_KICK_A], mean, 1e-14);
        check_near(get(x, "effect_sem")[ABLATE_KICK_A], sqrt(squares / (N - 1) / N), 1e-14);
        check_near(get(x, "contrast")[ABLATE_KICK_A],
                   at(x, "switch_rate", ABLATE_KICK_A, 0) - at(x, "switch_rate", ABLATE_CONTROL, 0),
                   1e-14);
        check_near(get(x, "direction_contrast")[NUM_ABLATIONS + ABLATE_POPULATIONS],
                   direction_at(x, "direction_rate", 1, ABLATE_POPULATIONS, 0) -
                       direction_at(x, "direction_rate", 1, ABLATE_REST, 0),
                   1e-14);
        subject_free(x);
    }
}

/* Factors 0, 1/2 and 2 are exact in floats: c and e are rows of W and of U scaled, to the bit, in
 * critical pairs too. */
static void test_factors_are_scaled_rows(void **state)
{
    (void)state;
    static const int m_of[] = {0, 5, 20};
    struct subject *x = random_subject(false);
    int kick = x->circuit.direction[1].unit[0];
    measure(x);
    for (int i = 0; i < 3; i++) {
        struct subject *rows = random_subject(false);
        struct subject *inputs = random_subject(false);
        for (int j = 0; j < H; j++) rows->W[kick * H + j] *= (float)m_of[i] / 10;
        for (int p = 0; p < 4; p++)
            for (int d = 0; d < D && x->population[p] != kick; d++)
                inputs->U[x->population[p] * D + d] *= (float)m_of[i] / 10;
        measure(rows);
        measure(inputs);
        check_same_point(x, ABLATE_KICK_B, m_of[i], rows, ABLATE_KICK_B, 10);
        check_same_point(x, ABLATE_POPULATIONS, m_of[i], inputs, ABLATE_POPULATIONS, 10);
        assert_true(at(rows, "switch_rate", 0, 10) != at(x, "switch_rate", 0, 10));
        subject_free(rows);
        subject_free(inputs);
    }
    subject_free(x);
}

/* --- order of units, and what is not there ---------------------------------------------------- */

/* Rounding alone differs: a few of 16000 steps of each point may. */
static void test_permuted_units(void **state)
{
    (void)state;
    struct subject *x = random_subject(false), *y = random_subject(false);
    int to[H];
    for (int i = 0; i < H; i++) to[i] = (7 * i + 3) % H;
    for (int i = 0; i < H; i++) {
        for (int d = 0; d < D; d++) y->U[to[i] * D + d] = x->U[i * D + d];
        for (int j = 0; j < H; j++) y->W[to[i] * H + to[j]] = x->W[i * H + j];
        for (int k = 0; k < K; k++) y->R[k * H + to[i]] = x->R[k * H + i];
    }
    for (int g = 0; g < 2; g++)
        for (int k = 0; k < x->circuit.direction[g].num_units; k++)
            y->circuit.direction[g].unit[k] = to[x->circuit.direction[g].unit[k]];
    for (int i = 0; i < 4; i++) y->population[i] = to[x->population[i]];
    measure(x);
    measure(y);
    for (int c = 0; c < NUM_ABLATIONS; c++) {
        check_near(get(y, "num_units")[c], get(x, "num_units")[c], 0);
        for (int m = 0; m < MU; m++)
            check_near(at(y, "switch_rate", c, m), at(x, "switch_rate", c, m), 5.0 / (N * T));
        check_near(get(y, "critical_pairs")[c * 5 + 2], get(x, "critical_pairs")[c * 5 + 2], .5);
    }
    double floor = get(x, "floor_critical_pairs")[0], sd = get(x, "floor_critical_pairs_sd")[0];
    assert_true(sd > 0); /* of 8: 27 % */
    check_near(get(x, "critical_pairs")[2], floor, 5 * 1.5 * sd);
    check_relative(get(x, "critical_pairs_sem")[2], sd, 1.5);
    subject_free(x);
    subject_free(y);
}

static void test_degenerate_circuits(void **state)
{
    (void)state;
    const struct analysis *row = table_row();
    struct subject *x = random_subject(false);
    x->circuit.pair->group[0] = x->circuit.pair->group[1] = -1;
    x->circuit.num_directions = 0;
    measure(x);
    for (int o = 0; o < row->num_outputs; o++)
        for (size_t i = 0; i < analysis_count(&row->output[o], &x->s); i++)
            assert_true(isnan(results(x)[o][i]));
    subject_free(x);

    x = random_subject(false); /* one direction */
    x->circuit.pair->group[1] = -1;
    x->circuit.pair->num_population[0] = x->circuit.pair->num_population[1] = 0;
    measure(x);
    for (int m = 0; m <= 10; m++) {
        assert_true(at(x, "switch_rate", ABLATE_KICK_A, m) > 0);
        assert_true(isnan(at(x, "switch_rate", ABLATE_KICK_B, m)));
        assert_true(isnan(at(x, "switch_rate", ABLATE_NOISE_B, m)));
        assert_true(isnan(at(x, "switch_rate", ABLATE_REST, m)));
        assert_true(isnan(direction_at(x, "direction_rate", 1, ABLATE_KICK_A, m)));
    }
    assert_true(isnan(get(x, "to")[1]) && get(x, "to")[0] == 1);
    assert_true(isnan(get(x, "contrast")[ABLATE_POPULATIONS]));
    subject_free(x);

    x = random_subject(false); /* directions without kick sets */
    x->circuit.direction[0].num_units = x->circuit.direction[1].num_units = 0;
    measure(x);
    assert_true(isnan(at(x, "switch_rate", ABLATE_CONTROL, 0)));
    assert_true(at(x, "switch_rate", ABLATE_REST, 10) > 0);
    subject_free(x);
}

static void test_degenerate_networks(void **state)
{
    (void)state;
    struct subject *x = random_subject(false); /* never switches */
    memset(x->R, 0, sizeof *x->R * H * K);
    measure(x);
    check_near(at(x, "switch_rate", ABLATE_NOISE_A, 0), 0, 0);
    check_near(direction_at(x, "direction_rate", 0, ABLATE_KICK_A, 3), 0, 0);
    assert_true(isnan(direction_at(x, "direction_rate", 1, ABLATE_KICK_A, 3)));
    assert_true(isnan(get(x, "critical_pairs")[0]) && get(x, "num_windows")[0] == 0);
    check_near(get(x, "floor_switch_rate_sd")[0], 0, 0);
    assert_true(isnan(get(x, "floor_critical_pairs")[0]));
    subject_free(x);

    /* A unit of self-weight .8 mu and input 1: 1.2^315 = 1e25 at mu = 1.5, 1.28^315 = 1e34 and
     * beyond what is taken for an explosion at 1.6. */
    x = subject_new(4, 2, 2, true);
    x->W[0] = .8f;
    x->W[3] = 1; /* unit 3 is 1 and drives unit 0 */
    x->bias_h[3] = 1;
    x->R[0] = 1;
    set_kick(x, 0, 1, (int[]){0});
    measure(x);
    for (int m = 0; m < MU; m++) {
        assert_int_equal(isnan(at(x, "switch_rate", ABLATE_KICK_A, m)), m > 15);
        assert_false(isnan(at(x, "switch_rate", ABLATE_CONTROL, m)));
    }
    subject_free(x);

    static const int shape[][3] = {{1, 1, 2}, {2, 1, 255}, {3, 300, 2}};
    for (int i = 0; i < 3; i++) {
        x = subject_new(shape[i][0], shape[i][1], shape[i][2], true);
        rng_fill_normal(rng_stream(4, "test", "weights"), 0, rnn_num_params(x->shape), x->params);
        set_kick(x, 0, 1, (int[]){0});
        measure(x);
        assert_true(at(x, "switch_rate", ABLATE_KICK_A, 10) >= 0);
        subject_free(x);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_rectified_normals),
        cmocka_unit_test(test_threshold_units),
        cmocka_unit_test(test_against_plain_simulation),
        cmocka_unit_test(test_factors_are_scaled_rows),
        cmocka_unit_test(test_permuted_units),
        cmocka_unit_test(test_degenerate_circuits),
        cmocka_unit_test(test_degenerate_networks),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
