/* Orbit and readout on networks whose motion is known: linear rotations, written with units
 * h = [g relu(v), g relu(-v)] so that ReLU loses nothing, and noise without memory. With subspace:
 * units in another order, and networks without any motion to speak of.
 */
#include "../support/subject.h"
#include "base/linalg.h"

static const double PI = 3.141592653589793;

/* W of v' = rho A v for h = [g relu(v), g relu(-v)], A a rotation by 2 pi / period; gain g (4) */
static void set_rotation(struct subject *n, double period, double rho, const double *gain)
{
    double c = rho * cos(2 * PI / period), s = rho * sin(2 * PI / period);
    double A[2][2] = {{c, -s}, {s, c}};
    for (int i = 0; i < 4; i++)
        for (int j = 0; j < 4; j++)
            n->W[i * 4 + j] =
                (float)((i / 2 == j / 2 ? 1 : -1) * A[i % 2][j % 2] * gain[i] / gain[j]);
}

/* Rows of R for K = 4: v_1, v_2, -v_1, -v_2, times sharp; noise on v of unit sd (D = 2). */
static void set_compass(struct subject *n, double sharp, const double *gain)
{
    for (int k = 0; k < 4; k++)
        for (int i = 0; i < 4; i++) {
            double sign = k % 2 != i % 2 ? 0 : k == i ? 1 : -1;
            n->R[k * 4 + i] = (float)(sharp * sign / gain[i]);
        }
    for (int i = 0; i < 4; i++) n->U[i * 2 + i % 2] = (float)(gain[i] * (i < 2 ? 1 : -1));
}

/* A circle about v* = (0, 1), through h_0 = 0, without noise: v' = A v + (I - A) v*. */
static struct subject build_clock(double period, const double *gain, int steps)
{
    struct subject n = build(4, 1, 3, true, steps);
    set_rotation(&n, period, 1, gain);
    double c = cos(2 * PI / period), s = sin(2 * PI / period), b[2] = {s, 1 - c};
    for (int i = 0; i < 4; i++) n.b[i] = (float)(gain[i] * (i < 2 ? 1 : -1) * b[i % 2]);
    for (int i = 0; i < 12; i++) n.R[i] = (float)((i % 5) - 2);
    return n;
}

/* --- orbit -------------------------------------------------------------------------------- */

static const double EQUAL[4] = {1, 1, 1, 1};

static void test_clock_has_its_period(void **state)
{
    (void)state;
    enum { STEPS = 4000 };
    static const double period[] = {16, 12.5};
    for (int i = 0; i < 2; i++) {
        struct subject n = build_clock(period[i], EQUAL, STEPS);
        take_apart(&n);
        double turns = *orbit(&n, "revolutions_positive") + *orbit(&n, "revolutions_negative");
        check_near(turns, STEPS / period[i], 1);
        check_near(turns * *orbit(&n, "revolutions_negative") * *orbit(&n, "revolutions_positive"),
                   0, 0);
        /* the last of at most STEPS / period revolutions is cut */
        check_near(fabs(*orbit(&n, "rotation_number")), 1 / period[i], 1.0 / STEPS);
        check_near(*orbit(&n, "rotation"), 360 * *orbit(&n, "rotation_number"), 1e-12);
        /* 12.5: ends between steps are interpolated as if the angle moved evenly there */
        check_near(*orbit(&n, "revolution_time"), period[i], i ? .01 : 1e-4);
        check_near(*orbit(&n, "revolution_time_cv"), 0, i ? .02 : 1e-4);
        check_near(orbit(&n, "revolution_time_share")[10], 1, 1e-12);
        check_near(*orbit(&n, "large_steps"), 0, 0);
        if (i == 0) check_near(orbit(&n, "order_share")[0], 1, 0);
        drop(&n);
    }
}

/* v_2 hardly reaches the units: the states go to and fro on the V of (v_1, |v_1|). */
static void test_rocking_is_no_revolution(void **state)
{
    (void)state;
    static const double gain[4] = {1, .001, 1, .001};
    struct subject n = build_clock(16, gain, 4000);
    take_apart(&n);
    check_near(*orbit(&n, "revolutions_positive") + *orbit(&n, "revolutions_negative"), 0, 0);
    assert_true(fabs(*orbit(&n, "rotation")) < 360.0 / 3999);
    assert_true(*orbit(&n, "rotation_sd") > 10);
    assert_true(isnan(*orbit(&n, "revolution_time")) && isnan(orbit(&n, "order_share")[0]));
    drop(&n);
}

/* Isotropic noise on a contracting rotation: the angle of v, which is that in the plane of the
 * components by symmetry, turns by 360 / period on average. */
static void test_noisy_rotation(void **state)
{
    (void)state;
    enum { STEPS = 20000, PERIOD = 20 };
    struct subject n = build(4, 2, 4, false, STEPS);
    set_rotation(&n, PERIOD, .98, EQUAL);
    set_compass(&n, 1, EQUAL);
    take_apart(&n);
    double sem = *orbit(&n, "rotation_sem"), rotation = *orbit(&n, "rotation");
    check_near(fabs(rotation), 360.0 / PERIOD, 4 * sem);
    assert_true(sem > .001 && sem < .2);
    check_near(*orbit(&n, "rotation_p"), .01, 1e-12);
    check_near(*orbit(&n, "rotation_floor"), 0, fabs(rotation) / 5);
    check_near(*orbit(&n, "revolution_time_cv_p"), .01, 1e-12);
    assert_true(*orbit(&n, "revolution_time_cv_floor") > *orbit(&n, "revolution_time_cv"));
    double net = *orbit(&n, "revolutions_positive") - *orbit(&n, "revolutions_negative");
    check_near(net, rotation * (STEPS - 1) / 360, 1); /* each is a turn of unwrapped angle */
    check_near(*orbit(&n, "revolution_time"), PERIOD, 1);
    assert_true(*orbit(&n, "revolution_time_cv") > .05 && *orbit(&n, "revolution_time_cv") < .5);
    check_near(*orbit(&n, "revolution_time_sd"),
               *orbit(&n, "revolution_time_cv") * *orbit(&n, "revolution_time"), 1e-9);
    double states = 0, share = 0, speed = 0;
    for (int b = 0; b < 36; b++) {
        const double *p = orbit(&n, "emission") + 4 * b;
        states += orbit(&n, "angle_states")[b];
        speed += orbit(&n, "angle_states")[b] * orbit(&n, "speed")[b] / STEPS;
        check_near(p[0] + p[1] + p[2] + p[3], 1, 1e-12);
    }
    for (int b = 0; b < 40; b++) share += orbit(&n, "revolution_time_share")[b];
    check_near(states, STEPS, 0);
    check_near(speed, rotation, 360.0 / STEPS); /* the last state has no step */
    check_near(share, 1, 1e-9);
    assert_true(*orbit(&n, "emission_explained") > .7 && *orbit(&n, "emission_explained") < 1);
    drop(&n);
}

/* The same network forwards and backwards: the rotation has the other sign and the symbols come in
 * the other order. Gains tell the axes and the sides of each apart, so that the components are the
 * same ones both times; an axis with much more would have its fold |v| as the second one. */
static void test_reversal_flips_the_sign(void **state)
{
    (void)state;
    static const double gain[4] = {1.43, 1.1, 1.3, 1};
    static const double order[2][4] = {{0, 1, 2, 3}, {0, 3, 2, 1}};
    double rotation[2], sem[2];
    for (int i = 0; i < 2; i++) {
        struct subject n = build(4, 2, 4, false, 10000);
        set_rotation(&n, i ? -20 : 20, .98, gain);
        set_compass(&n, 1, gain);
        take_apart(&n);
        rotation[i] = *orbit(&n, "rotation_number");
        sem[i] = *orbit(&n, "rotation_sem") / 360;
        for (int k = 0; k < 4; k++) check_near(orbit(&n, "order_symbol")[k], order[i][k], 0);
        assert_true(isnan(orbit(&n, "order_symbol")[4]));
        assert_true(orbit(&n, "order_share")[0] > .8);
        assert_true(orbit(&n, "order_share")[0] < 1);
        drop(&n);
    }
    check_near(rotation[0] + rotation[1], 0, 5 * hypot(sem[0], sem[1]));
    check_near(fabs(rotation[0]), .05, .005);
}

/* Without memory nothing turns: the sem must cover 0. */
static void test_no_rotation_without_memory(void **state)
{
    (void)state;
    struct subject n = build(4, 2, 4, false, 10000);
    set_compass(&n, 1, EQUAL);
    take_apart(&n);
    check_near(*orbit(&n, "rotation"), 0, 4 * *orbit(&n, "rotation_sem"));
    check_near(*orbit(&n, "large_steps"), .5, .03); /* the angle between two directions at random */
    check_near(*orbit(&n, "rotation_sd"), 180 / sqrt(3), 2);
    check_near(orbit(&n, "speed_sd")[7], 180 / sqrt(3), 20);
    drop(&n);
}

/* States that remember but do not turn, and then turn a little: of 50 networks more than 8 have a p
 * of at most .05 in 2 of 1000 (binomial). */
static void test_rotation_is_told_from_chance(void **state)
{
    (void)state;
    enum { NETWORKS = 50 };
    int turns = 0, regular = 0, found = 0;
    for (int i = 0; i < 2 * NETWORKS; i++) {
        struct subject n = build(4, 2, 4, false, 1500);
        set_rotation(&n, i < NETWORKS ? 1e9 : 60, .5 + .008 * (i % NETWORKS), EQUAL);
        set_compass(&n, 1, EQUAL);
        take_apart(&n);
        bool small = *orbit(&n, "rotation_p") <= .05;
        turns += i < NETWORKS && small;
        found += i >= NETWORKS && small;
        regular += i < NETWORKS && *orbit(&n, "revolution_time_cv_p") <= .05;
        drop(&n);
    }
    if (turns > 8 || regular > 8 || found < 30)
        fail_msg("%d turn and %d are regular by chance, %d turn", turns, regular, found);
}

/* --- readout ------------------------------------------------------------------------------ */

static void test_readout_angles(void **state)
{
    (void)state;
    enum { H = 5, K = 5 };
    /* units 0 and 1 are active and span the plane */
    static const float rows[K][H] = {
        {2, 2, 0, 0, 0}, {0, 0, 0, 0, 3}, {1, 0, 0, 0, 1}, {0}, {0, 0, 1, 0, 0}};
    static const double angle[K] = {0, 90, 45, NAN, 90};
    struct subject n = build(H, 2, K, false, 500);
    n.U[0] = n.U[3] = 1;
    memcpy(n.R, rows, sizeof rows);
    take_apart(&n);
    const double *between = readout(&n, "angle_between");
    for (int k = 0; k < K; k++) {
        double a = readout(&n, "angle")[k];
        double p = readout(&n, "projection")[k];
        if (k == 3) {
            assert_true(isnan(a) && isnan(p) && isnan(between[3 * K + 3]));
            continue;
        }
        check_near(a, angle[k], 1e-6); /* the plane by LAPACK */
        check_near(p, cos(angle[k] * PI / 180), 1e-12);
        check_near(between[k * K + k], 0, 0);
    }
    check_near(between[0 * K + 1], 90, 1e-12);
    check_near(between[0 * K + 2], 60, 1e-12);
    check_near(between[2 * K + 0], 60, 1e-12);
    check_near(between[1 * K + 2], 45, 1e-12);
    assert_true(isnan(*readout(&n, "angle_mean")));
    check_near(*readout(&n, "angle_ends"), 45, 1e-6);
    /* pi/2 - integral of sin^3 over a quarter turn, 2/3 */
    check_near(*readout(&n, "angle_chance"), 90 - 120 / PI, 1e-9);
    n.R[3 * H] = 1;
    take_apart(&n);
    check_near(*readout(&n, "angle_mean"), 45, 1e-6);
    check_near(*readout(&n, "angle_sd"), sqrt(1620), 1e-6); /* of 0, 90, 45, 0, 90 */
    drop(&n);
}

/* --- any network -------------------------------------------------------------------------- */

static void test_permutation_of_units(void **state)
{
    (void)state;
    enum { H = 12, D = 3, K = 4 };
    struct subject n = build(H, D, K, false, 2000), m = build(H, D, K, false, 2000);
    rnn_init_params(n.shape, rng_stream(5, "permuted", "init"), n.params);
    for (int i = 0; i < H * H; i++) n.W[i] *= 2;
    for (int i = 0; i < H; i++) {
        int to = (5 * i + 3) % H;
        memcpy(m.U + to * D, n.U + i * D, D * sizeof *m.U);
        for (int j = 0; j < H; j++) m.W[to * H + (5 * j + 3) % H] = n.W[i * H + j];
        for (int k = 0; k < K; k++) m.R[k * H + to] = n.R[k * H + i];
    }
    /* streams are keyed by the weights: give both the same ones */
    struct status st = {0};
    struct subject *subject[2] = {&n, &m};
    for (int i = 0; i < 2; i++) {
        struct network net;
        struct analysis_memo memo = {.shared = rng_stream(1, "permuted", "shared")};
        const struct driven *driven;
        check_ok(network_init(&net, n.shape, subject[i]->params, &st), &st);
        struct analysis_input in = {.s = &n.s, .net = &net, .memo = &memo};
        check_ok(driven_get(&in, &driven, &st), &st);
        check_ok(analyses_init(&subject[i]->a, &n.s, &st), &st);
        for (int a = 0; a < num_analyses; a++)
            if (subject[i]->a.value[a]) check_ok(analysis_run(a, &in, &subject[i]->a, &st), &st);
        analysis_memo_free(&memo);
        network_free(&net);
    }
    for (int a = 0; a < num_analyses; a++)
        for (int o = 0; n.a.value[a] && o < analysis_table[a]->num_outputs; o++) {
            const struct analysis_output *output = &analysis_table[a]->output[o];
            /* a symbol decided by rounding shifts the noise of the continuations left */
            double loose = strncmp(output->name, "residency", 9) == 0 ? .1 : 2e-3;
            for (size_t i = 0; i < analysis_count(output, &n.s); i++) {
                double x = n.a.value[a][o][i], y = m.a.value[a][o][i];
                if (isnan(x) && isnan(y)) continue;
                if (!(fabs(x - y) <= loose * (1 + fabs(x))))
                    fail_msg("%s.%s[%zu]: %.9g and permuted %.9g", analysis_table[a]->name,
                             output->name, i, x, y);
            }
        }
    assert_false(isnan(*orbit(&n, "rotation")) || isnan(subspace(&n, "residency")[0]));
    drop(&n);
    drop(&m);
}

static void test_degenerate_networks(void **state)
{
    (void)state;
    static const int shapes[][3] = {{1, 1, 2}, {1, 1, 3}, {2, 1, 3}, {3, 1, 255}, {4, 2, 3}};
    for (int i = 0; i < 5; i++) {
        struct subject n = build(shapes[i][0], shapes[i][1], shapes[i][2], i % 2, 100);
        int H = n.shape.hidden, K = n.shape.symbols;
        take_apart(&n); /* dead: all zero */
        for (int o = 0; o < analysis_orbit.num_outputs; o++)
            for (size_t j = 0; j < analysis_count(&analysis_orbit.output[o], &n.s); j++)
                assert_true(isnan(orbit(&n, analysis_orbit.output[o].name)[j]));
        assert_true(isnan(readout(&n, "angle")[0]));
        if (K <= 3) {
            check_near(subspace(&n, "residency")[0], 60, 0);
            check_near(subspace(&n, "residency_censored")[0], 1, 0);
            check_near(subspace(&n, "longest_run")[0], 100, 0);
            assert_true(isnan(subspace(&n, "explained")[0]));
        } else {
            assert_true(isnan(subspace(&n, "symbol")[0])); /* no pair with changes */
        }
        for (int j = 0; j < H; j++) n.U[j * n.shape.noise_dim] = 1;
        for (int k = 0; k < K * H; k++) n.R[k] = (float)((k * 37) % 19 - 9);
        take_apart(&n); /* all units alike: the states lie on a line */
        assert_true(isnan(*orbit(&n, "rotation")));
        assert_true(isnan(readout(&n, "angle")[0]));
        for (int j = 0; j < H * H; j++) n.W[j] = j % (H + 1) ? -1 : 9;
        take_apart(&n); /* explodes */
        assert_true(isnan(*orbit(&n, "rotation")) && isnan(subspace(&n, "share")[0]));
        assert_false(isnan(readout(&n, "angle_between")[1]));
        drop(&n);
    }
}

/* Components of many symbols, twice the same bits, and a stop. */
static bool stop(void *context)
{
    (void)context;
    return true;
}

static void test_many_symbols_same_bits_and_stop(void **state)
{
    (void)state;
    struct subject n = build(20, 3, 255, true, 1000);
    struct status st = {0};
    rnn_init_params(n.shape, rng_stream(6, "many", "init"), n.params);
    take_apart(&n);
    assert_true(subspace(&n, "runs")[0] > 0);
    assert_true(orbit(&n, "order_share")[0] > 0);
    struct subject again = n;
    again.a = (struct analyses){0};
    take_apart(&again);
    for (int a = 0; a < num_analyses; a++)
        for (int o = 0; n.a.value[a] && o < analysis_table[a]->num_outputs; o++)
            assert_memory_equal(n.a.value[a][o], again.a.value[a][o],
                                sizeof(double) *
                                    analysis_count(&analysis_table[a]->output[o], &n.s));
    struct network net;
    struct analysis_memo memo = {0};
    struct driven driven = {.n = 100, .h = calloc(2000, sizeof(float)), .symbol = calloc(100, 1)};
    memo.driven = &driven;
    driven.symbol[50] = 1;
    check_ok(network_init(&net, n.shape, n.params, &st), &st);
    check_ok(pca_fit(&driven.pca, driven.h, 100, 20, 10, &st), &st);
    struct analysis_input in = {.s = &n.s, .net = &net, .memo = &memo, .stop = {stop, NULL}};
    for (int a = 0; a < num_analyses; a++)
        if (analysis_table[a] == &analysis_subspace)
            check_code(analysis_run(a, &in, &n.a, &st), STATUS_RUN_STOPPED, &st);
    pca_free(&driven.pca);
    free(driven.h);
    free(driven.symbol);
    network_free(&net);
    analyses_free(&again.a);
    drop(&n);
}

int main(void)
{
    struct status st = {0};
    if (linalg_start(&st)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_clock_has_its_period),
        cmocka_unit_test(test_rocking_is_no_revolution),
        cmocka_unit_test(test_noisy_rotation),
        cmocka_unit_test(test_reversal_flips_the_sign),
        cmocka_unit_test(test_no_rotation_without_memory),
        cmocka_unit_test(test_rotation_is_told_from_chance),
        cmocka_unit_test(test_readout_angles),
        cmocka_unit_test(test_permutation_of_units),
        cmocka_unit_test(test_degenerate_networks),
        cmocka_unit_test(test_many_symbols_same_bits_and_stop),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
