/* A network as a dynamical system: steps and logits against plain loops, scaled units against
 * scaled matrices, noise that batches share, ensembles; eigenvalues against the whole Jacobian and
 * known matrices. */
#include "../reference/reference.h"
#include "../support/check.h"
#include "base/kernel.h"
#include "base/linalg.h"
#include "hmmgrid/network.h"
#include "dynamics/ensemble.h"
#include "dynamics/spectrum.h"

#include <stdlib.h>
#include <string.h>

enum { MOST_H = 100 };

static float *normals(const char *purpose, size_t n, double scale)
{
    float *x = malloc(n * sizeof *x);
    rng_fill_normal(rng_stream(3, "network", purpose), 0, n, x);
    for (size_t i = 0; i < n; i++) x[i] *= (float)scale;
    return x;
}

static double *as_doubles(const float *x, size_t n)
{
    double *y = malloc(n * sizeof *y);
    for (size_t i = 0; i < n; i++) y[i] = (double)x[i];
    return y;
}

/* --- steps ------------------------------------------------------------------------------------ */

/* n trajectories of T steps, all at once, against one at a time in float64. Tolerance: float32 sums
 * of some 300 terms of order 1 over a few steps. */
static void against_plain(int H, int D, int K, bool bias, size_t n, bool with_start)
{
    enum { T = 5 };
    struct rnn_shape shape = {H, D, K, bias};
    struct network net;
    struct status st;
    size_t h_size = n * (size_t)H, count = rnn_num_params(shape);
    float *params = normals("params", count, 1 / sqrt(H + D));
    float *start = normals("start", h_size, 1), *noise = normals("noise", n * T * (size_t)D, 1);
    float *h = calloc(2 * h_size, sizeof *h), *x = malloc(n * (size_t)D * sizeof *x);
    float *z = malloc(n * (size_t)K * sizeof *z), *now = h, *next = h + h_size;
    double *p = as_doubles(params, count), *e = as_doubles(noise, n * T * (size_t)D);
    double *initial = as_doubles(start, h_size), *hidden = malloc(h_size * T * sizeof *hidden);
    double *logits = malloc(n * T * (size_t)K * sizeof *logits);
    rnn_plain_forward(shape, p, e, with_start ? initial : NULL, n, T, hidden, logits);
    check_ok(network_init(&net, shape, params, &st), &st);
    if (with_start) memcpy(now, start, h_size * sizeof *now);
    for (size_t t = 0; t < T; t++) {
        for (size_t i = 0; i < n; i++)
            memcpy(x + i * (size_t)D, noise + (i * T + t) * (size_t)D, (size_t)D * sizeof *x);
        network_step(&net, now, x, n, NULL, NULL, next);
        network_logits(&net, next, n, z);
        for (size_t i = 0; i < n; i++) {
            for (size_t j = 0; j < (size_t)H; j++)
                check_near(next[i * (size_t)H + j], hidden[(i * T + t) * (size_t)H + j], 3e-5);
            for (size_t k = 0; k < (size_t)K; k++)
                check_near(z[i * (size_t)K + k], logits[(i * T + t) * (size_t)K + k], 3e-5);
        }
        float *other = now;
        now = next;
        next = other;
    }
    network_free(&net);
    void *all[] = {params, start, noise, h, x, z, p, e, initial, hidden, logits};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

static void test_steps_agree_with_plain_loops(void **state)
{
    (void)state;
    against_plain(7, 3, 4, false, 5, false);
    against_plain(7, 3, 4, true, 5, true);
    against_plain(1, 1, 2, true, 1, true);
    against_plain(150, 100, 3, false, 33, true);
    against_plain(64, 1, 255, true, 2, false);
}

static void test_no_noise_is_zero_noise(void **state)
{
    (void)state;
    struct rnn_shape shape = {9, 4, 3, true};
    struct network net;
    struct status st;
    float *params = normals("params", rnn_num_params(shape), 0.3), zeros[2 * 4] = {0};
    float *h = normals("h", 2 * 9, 1), a[2 * 9], b[2 * 9];
    check_ok(network_init(&net, shape, params, &st), &st);
    network_step(&net, h, NULL, 2, NULL, NULL, a);
    network_step(&net, h, zeros, 2, NULL, NULL, b);
    for (int i = 0; i < 2 * 9; i++) check_near(a[i], b[i], 1e-6);
    network_free(&net);
    free(params);
    free(h);
}

/* which: 1 recurrent, 2 noise. Rows of group 1 of 2 against a network whose matrices are
 * scaled by the second row of factors, and so on. */
static void against_scaled_matrices(int which, bool bias)
{
    enum { H = 11, D = 5, N = 6, GROUPS = 2 };
    struct rnn_shape shape = {H, D, 3, bias};
    struct network net, scaled;
    struct status st;
    size_t count = rnn_num_params(shape);
    float *params = normals("params", count, 0.4), *other = malloc(count * sizeof *other);
    float *h = normals("h", N * H, 1), *noise = normals("noise", N * D, 1);
    float *c = normals("c", GROUPS * H, 1), *e = normals("e", GROUPS * H, 1);
    float scratch[N * H], next[N * H], expected[N * H];
    struct network_gain gain = {GROUPS, which & 1 ? c : NULL, which & 2 ? e : NULL};
    struct rnn_view v[MAX_RNN_VIEWS];
    int num = rnn_views(shape, v);
    check_ok(network_init(&net, shape, params, &st), &st);
    network_step(&net, h, noise, N, &gain, scratch, next);
    for (int group = 0; group < GROUPS; group++) {
        memcpy(other, params, count * sizeof *other);
        for (int i = 0; i < H; i++) {
            float in = which & 1 ? c[group * H + i] : 1, drive = which & 2 ? e[group * H + i] : 1;
            for (int d = 0; d < D; d++) other[v[0].offset + (size_t)(i * D + d)] *= drive;
            for (int j = 0; j < H; j++) other[v[1].offset + (size_t)(i * H + j)] *= in;
            for (int b = 3; b < num && b < 5; b++) other[v[b].offset + (size_t)i] *= in;
        }
        check_ok(network_init(&scaled, shape, other, &st), &st);
        network_step(&scaled, h, noise, N, NULL, NULL, expected);
        for (int i = group * N / GROUPS * H; i < (group + 1) * N / GROUPS * H; i++)
            check_near(next[i], expected[i], 1e-5);
        network_free(&scaled);
    }
    network_free(&net);
    void *all[] = {params, other, h, noise, c, e};
    for (size_t i = 0; i < sizeof all / sizeof *all; i++) free(all[i]);
}

static void test_gains_are_scaled_matrices(void **state)
{
    (void)state;
    for (int which = 0; which < 4; which++) {
        against_scaled_matrices(which, false);
        against_scaled_matrices(which, true);
    }
}

/* Where infinite states cancel there is no next state, and none is made up. */
static void test_overflow_is_not_repaired(void **state)
{
    enum { H = 19 }; /* of a vector and behind it */
    float params[H * H + H + H] = {0}, h[H] = {INFINITY, INFINITY}, next[H];
    struct network net;
    struct status st;
    enum kernel_level chosen = kernel_level();
    (void)state;
    for (int i = 0; i < H; i++) {
        params[H + i * H] = 1; /* W behind U */
        params[H + i * H + 1] = -1;
    }
    check_ok(network_init(&net, (struct rnn_shape){H, 1, 1, false}, params, &st), &st);
    for (int level = 0; level < NUM_KERNEL_LEVELS; level++) {
        if (!kernel_force((enum kernel_level)level)) continue;
        network_step(&net, h, NULL, 1, NULL, NULL, next);
        for (int i = 0; i < H; i++) assert_true(isnan(next[i]));
    }
    assert_true(kernel_force(chosen));
    network_free(&net);
}

static void test_argmax_takes_the_first_largest(void **state)
{
    (void)state;
    const float z[] = {1, 2, 2, -3, -1, -1, 5, 5, 5};
    uint8_t symbol[3];
    network_argmax(z, 3, 3, symbol);
    assert_int_equal(symbol[0], 1);
    assert_int_equal(symbol[1], 1);
    assert_int_equal(symbol[2], 0);
}

static void test_weights_that_are_not_finite_are_refused(void **state)
{
    (void)state;
    struct rnn_shape shape = {3, 2, 2, true};
    size_t count = rnn_num_params(shape);
    float *params = calloc(count, sizeof *params);
    struct network net;
    struct status st;
    params[count - 1] = INFINITY;
    check_code(network_init(&net, shape, params, &st), STATUS_RUN_FAILED, &st);
    network_free(&net);
    free(params);
}

/* --- noise and driven runs -------------------------------------------------------------------- */

static void test_batches_share_their_noise(void **state)
{
    (void)state;
    struct rng rng = rng_stream(1, "noise", "shared");
    for (int D = 1; D <= 101; D += 25) {
        float *many = malloc(37 * (size_t)D * sizeof *many),
              *few = malloc(5 * (size_t)D * sizeof *few);
        network_noise(rng, 12, 37, D, many);
        network_noise(rng, 12, 5, D, few);
        assert_memory_equal(many, few, 5 * (size_t)D * sizeof *few);
        network_noise(rng, 13, 5, D, few);
        assert_memory_not_equal(many, few, 5 * (size_t)D * sizeof *few);
        free(many);
        free(few);
    }
}

/* The run, step by step; and without biases from 0 the noise's sd scales the states (SCIENCE 2.1).
 */
static void test_drive_is_steps_in_a_row(void **state)
{
    (void)state;
    enum { H = 12, D = 3, WARM_UP = 4, STEPS = 50 };
    struct rnn_shape shape = {H, D, 3, false};
    struct network net;
    struct status st;
    struct rng rng = rng_stream(2, "noise", "drive");
    float *params = normals("params", rnn_num_params(shape), 0.3);
    float h[STEPS * H], doubled[STEPS * H], now[H] = {0}, next[H], x[D], z[3];
    uint8_t symbol[STEPS], one;
    check_ok(network_init(&net, shape, params, &st), &st);
    check_ok(network_drive(&net, rng, NULL, WARM_UP, STEPS, 1, h, symbol, &st), &st);
    for (int t = 0; t < WARM_UP + STEPS; t++) {
        network_noise(rng, (uint64_t)t, 1, D, x);
        network_step(&net, now, x, 1, NULL, NULL, next);
        memcpy(now, next, sizeof now);
        if (t < WARM_UP) continue;
        assert_memory_equal(now, h + (t - WARM_UP) * H, sizeof now);
        network_logits(&net, now, 1, z);
        network_argmax(z, 1, 3, &one);
        assert_int_equal(one, symbol[t - WARM_UP]);
    }
    check_ok(network_drive(&net, rng, NULL, WARM_UP, STEPS, 2, doubled, NULL, &st), &st);
    for (int i = 0; i < STEPS * H; i++) check_near(doubled[i], 2 * h[i], 1e-5);
    /* from its own state after step 9, with the noise that follows, nothing changes but the clock
     */
    check_ok(network_drive(&net, rng, h + 9 * H, 0, 1, 1, doubled, NULL, &st), &st);
    network_noise(rng, 0, 1, D, x);
    network_step(&net, h + 9 * H, x, 1, NULL, NULL, next);
    assert_memory_equal(doubled, next, sizeof next);
    network_free(&net);
    free(params);
}

/* --- ensembles -------------------------------------------------------------------------------- */

enum { E_H = 12, E_D = 3, E_K = 4 };

static void make_network(struct network *net, float **params)
{
    struct rnn_shape shape = {E_H, E_D, E_K, true};
    struct status st;
    *params = normals("params", rnn_num_params(shape), 0.3);
    check_ok(network_init(net, shape, *params, &st), &st);
}

/* Steps by hand, with fewer rows halfway; a step without noise; states trade places. */
static void test_ensemble_is_steps_by_hand(void **state)
{
    (void)state;
    enum { N = 40, FEWER = 7, T = 6 };
    struct network net;
    struct ensemble e;
    struct status st;
    struct rng rng = rng_stream(5, "ensemble", "noise");
    float *params, h[N * E_H], next[N * E_H], x[N * E_D], z[N * E_K];
    uint8_t symbol[N], expected[N];
    make_network(&net, &params);
    check_ok(ensemble_init(&e, &net, N, &st), &st);
    for (int i = 0; i < N * E_H; i++) check_near(e.h[i], 0, 0);
    rng_fill_normal(rng, 0, N * E_H, e.h);
    memcpy(h, e.h, sizeof h);
    for (uint64_t t = 0; t < T; t++) {
        size_t n = e.n = t < T / 2 ? N : FEWER;
        bool has_noise = t != 1;
        ensemble_noise(&e, rng, t);
        network_noise(rng, t, n, E_D, x);
        assert_memory_equal(e.noise, x, n * E_D * sizeof *x);
        ensemble_step(&e, has_noise ? e.noise : NULL);
        network_step(&net, h, has_noise ? x : NULL, n, NULL, NULL, next);
        assert_memory_equal(e.h, next, n * E_H * sizeof *h);
        assert_memory_equal(e.before, h, n * E_H * sizeof *h);
        ensemble_read(&e, symbol);
        network_logits(&net, next, n, z);
        network_argmax(z, n, E_K, expected);
        assert_memory_equal(e.z, z, n * E_K * sizeof *z);
        assert_memory_equal(symbol, expected, n);
        memcpy(h, next, sizeof h);
    }
    ensemble_swap(&e);
    assert_memory_equal(e.before, h, FEWER * E_H * sizeof *h);
    ensemble_free(&e);
    ensemble_free(&e); /* a zeroed one */
    network_free(&net);
    free(params);
}

/* Rows are trajectories of their own: in another order they are the same ones, up to rounding. */
static void test_rows_of_an_ensemble_are_independent(void **state)
{
    (void)state;
    enum { N = 33, T = 5 };
    struct network net;
    struct ensemble a, b;
    struct status st;
    float *params, x[N * E_D];
    make_network(&net, &params);
    check_ok(ensemble_init(&a, &net, N, &st), &st);
    check_ok(ensemble_init(&b, &net, N, &st), &st);
    rng_fill_normal(rng_stream(6, "ensemble", "start"), 0, N * E_H, a.h);
    for (int i = 0; i < N; i++)
        memcpy(b.h + (i * 10 + 3) % N * E_H, a.h + i * E_H, E_H * sizeof *a.h);
    for (uint64_t t = 0; t < T; t++) {
        ensemble_noise(&a, rng_stream(6, "ensemble", "noise"), t);
        for (int i = 0; i < N; i++)
            memcpy(x + (i * 10 + 3) % N * E_D, a.noise + i * E_D, E_D * sizeof *x);
        ensemble_step(&a, a.noise);
        ensemble_step(&b, x);
    }
    for (int i = 0; i < N; i++)
        for (int j = 0; j < E_H; j++)
            check_near(b.h[(i * 10 + 3) % N * E_H + j], a.h[i * E_H + j], 1e-5);
    ensemble_free(&a);
    ensemble_free(&b);
    network_free(&net);
    free(params);
}

/* Levels take the same numbers, times their sd. */
static void test_noise_at_levels(void **state)
{
    (void)state;
    enum { LEVELS = 3, ROWS = 5 };
    static const double sd[LEVELS] = {0.1, 1, 3};
    struct network net;
    struct ensemble e;
    struct status st;
    struct rng rng = rng_stream(7, "ensemble", "noise");
    float *params, x[ROWS * E_D];
    make_network(&net, &params);
    check_ok(ensemble_init(&e, &net, LEVELS * ROWS, &st), &st);
    ensemble_noise_levels(&e, rng, 9, sd, LEVELS);
    network_noise(rng, 9, ROWS, E_D, x);
    for (int i = 0; i < LEVELS * ROWS * E_D; i++)
        check_near(e.noise[i], (float)sd[i / (ROWS * E_D)] * x[i % (ROWS * E_D)], 0);
    ensemble_free(&e);
    network_free(&net);
    free(params);
}

/* --- eigenvalues ------------------------------------------------------------------------------ */

static struct spectrum *spectrum_of(int H, const float *W, const float *recurrent)
{
    struct network net = {.shape = {H, 1, 1, false}, .W = W};
    struct spectrum *s = spectrum_new(&net, recurrent);
    assert_non_null(s);
    return s;
}

/* Every eigenvalue of a has its own partner in b (n each). */
static void same_eigenvalues(const double *re, const double *im, const double *re_b,
                             const double *im_b, int n, double tolerance)
{
    bool taken[MOST_H] = {false};
    for (int i = 0; i < n; i++) {
        int best = -1;
        double nearest = INFINITY;
        for (int j = 0; j < n; j++) {
            double d = hypot(re[i] - re_b[j], im[i] - im_b[j]);
            if (taken[j] || !(d < nearest)) continue;
            nearest = d;
            best = j;
        }
        check_near(nearest, 0, tolerance);
        taken[best] = true;
    }
}

/* Random W, set and factors c: (C W)[A, A] and n zeros against all of diag(A) C W. The tolerance is
 * that of LAPACK in double for a matrix of norm about 2. */
static void test_active_block_has_the_nonzero_eigenvalues(void **state)
{
    (void)state;
    struct status st;
    for (int H = 5; H <= MOST_H; H = H == 5 ? 30 : H == 30 ? 100 : MOST_H + 1) {
        float *W = normals("W", (size_t)(H * H), 1 / sqrt(H)), *c = normals("c", (size_t)H, 1);
        double *full = malloc((size_t)(H * H) * sizeof *full);
        double re[MOST_H], im[MOST_H], re_full[MOST_H], im_full[MOST_H];
        unsigned char active[MOST_H];
        int num, expected = 0;
        for (int i = 0; i < H; i++) {
            active[i] = rng_bits(rng_stream(1, "active", "set"), (uint64_t)i) & 1;
            expected += active[i];
            for (int j = 0; j < H; j++)
                full[i * H + j] = active[i] ? (double)c[i] * (double)W[i * H + j] : 0;
        }
        struct spectrum *s = spectrum_of(H, W, c);
        check_ok(spectrum_eigenvalues(s, active, re, im, &num, &st), &st);
        assert_int_equal(num, expected);
        for (int i = num; i < H; i++) re[i] = im[i] = 0;
        check_ok(linalg_eigenvalues(H, full, re_full, im_full, &st), &st);
        same_eigenvalues(re, im, re_full, im_full, H, 1e-10);
        spectrum_free(s);
        free(W);
        free(c);
        free(full);
    }
}

/* What spectrum.c calls, by the linker's --wrap: the calls are counted. */
static int num_eigenvalues;
int __real_linalg_eigenvalues(int n, double *a, double *re, double *im, struct status *st);
int __wrap_linalg_eigenvalues(int n, double *a, double *re, double *im, struct status *st)
{
    num_eigenvalues++;
    return __real_linalg_eigenvalues(n, a, re, im, st);
}

static void test_equal_sets_are_looked_up(void **state)
{
    (void)state;
    enum { H = 20, SETS = 300 };
    struct status st;
    float *W = normals("W", H * H, 0.4);
    struct spectrum *s = spectrum_of(H, W, NULL);
    struct spectrum_counts first[SETS], again;
    unsigned char active[H];
    num_eigenvalues = 0;
    for (int round = 0; round < 2; round++)
        for (int i = 0; i < SETS; i++) { /* 300 different sets, any nonzero value is active */
            for (int j = 0; j < H; j++)
                active[j] = (unsigned char)(j < 9 ? (i >> j & 1) * (1 + 7 * round) : j % 2);
            check_ok(spectrum_count(s, active, round ? &again : &first[i], &st), &st);
            if (!round) continue;
            assert_int_equal(again.unstable, first[i].unstable);
            assert_int_equal(again.complex_slow, first[i].complex_slow);
            check_near(again.radius, first[i].radius, 0);
        }
    assert_int_equal(num_eigenvalues, SETS);
    spectrum_free(s);
    free(W);
}

static struct spectrum_counts counts_of(int H, const float *W)
{
    struct status st;
    struct spectrum_counts c;
    unsigned char active[MOST_H];
    struct spectrum *s = spectrum_of(H, W, NULL);
    memset(active, 1, sizeof active);
    check_ok(spectrum_count(s, active, &c, &st), &st);
    spectrum_free(s);
    return c;
}

/* Rotation by an angle times r: l = r exp(+-i angle). With r = 1, m = i tan(angle / 2). */
static void test_rotations_have_known_counts(void **state)
{
    (void)state;
    static const struct {
        double r, angle;
        int unstable, slow, critical;
    } row[] = {
        {1.05, 0.5, 2, 1, 1},  {0.95, 0.5, 0, 1, 1}, /* tan(0.25) = 0.255 */
        {0.99, 0.08, 0, 0, 0},                       /* 0.040 */
        {0.99, 0.11, 0, 1, 0},                       /* 0.055 */
        {0.99, 0.13, 0, 1, 1},                       /* 0.065 */
        {1.5, 0.5, 2, 0, 0},                         /* Re m = 0.213 */
        {0.5, 2, 0, 0, 0},
    };
    for (size_t i = 0; i < sizeof row / sizeof *row; i++) {
        float c = (float)(row[i].r * cos(row[i].angle)), s = (float)(row[i].r * sin(row[i].angle));
        const float W[4] = {c, -s, s, c};
        struct spectrum_counts counts = counts_of(2, W);
        assert_int_equal(counts.unstable, row[i].unstable);
        assert_int_equal(counts.complex_slow, row[i].slow);
        assert_int_equal(counts.complex_critical, row[i].critical);
        check_near(counts.radius, row[i].r, 1e-6);
    }
}

/* m has its pole at l = -1. */
static void test_minus_one_and_nothing_active(void **state)
{
    (void)state;
    struct status st;
    const float W[9] = {-1, 0, 0, 0, 2, 0, 0, 0, -1};
    struct spectrum_counts c = counts_of(3, W);
    assert_int_equal(c.unstable, 1);
    assert_int_equal(c.complex_slow, 0);
    assert_int_equal(c.complex_critical, 0);
    check_near(c.radius, 2, 1e-12);

    struct spectrum *s = spectrum_of(3, W, NULL);
    const unsigned char none[3] = {0};
    double re[3], im[3];
    int num;
    check_ok(spectrum_count(s, none, &c, &st), &st);
    assert_int_equal(c.unstable, 0);
    check_near(c.radius, 0, 0);
    check_ok(spectrum_eigenvalues(s, none, re, im, &num, &st), &st);
    assert_int_equal(num, 0);
    spectrum_free(s);
    spectrum_free(NULL);

    const float next[4] = {0, 1e-30f, 2, 0};
    unsigned char active[4];
    spectrum_active(next, 4, active);
    const unsigned char expected[4] = {0, 1, 1, 0};
    assert_memory_equal(active, expected, 4);
}

/* Second differences: 2 on the diagonal, -1 beside it; eigenvalues 2 - 2 cos(k pi / (n + 1)),
 * vectors sin(i k pi / (n + 1)). The upper triangle must not be read. */
static void test_symmetric_eigenvectors(void **state)
{
    (void)state;
    enum { N = 12 };
    const double pi = 3.14159265358979323846;
    struct status st;
    double a[N * N], value[N];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < N; j++) a[i * N + j] = j > i ? NAN : j == i ? 2 : j == i - 1 ? -1 : 0;
    check_ok(linalg_symmetric_eigen(N, a, value, &st), &st);
    for (int k = 1; k <= N; k++) {
        double inner = 0, length = 0;
        check_near(value[k - 1], 2 - 2 * cos(k * pi / (N + 1)), 1e-13);
        for (int i = 0; i < N; i++) {
            inner += a[(k - 1) * N + i] * sin((i + 1) * k * pi / (N + 1)) * sqrt(2.0 / (N + 1));
            length += a[(k - 1) * N + i] * a[(k - 1) * N + i];
        }
        check_near(fabs(inner), 1, 1e-12);
        check_near(length, 1, 1e-12);
    }
}

/* A cyclic permutation has the roots of unity, a companion matrix those of its polynomial. */
static void test_general_eigenvalues(void **state)
{
    (void)state;
    enum { N = 9 };
    const double pi = 3.14159265358979323846;
    struct status st;
    double a[N * N] = {0}, re[N], im[N], re_known[N], im_known[N];
    for (int i = 0; i < N; i++) {
        a[i * N + (i + 1) % N] = 1;
        re_known[i] = cos(2 * pi * i / N);
        im_known[i] = sin(2 * pi * i / N);
    }
    check_ok(linalg_eigenvalues(N, a, re, im, &st), &st);
    same_eigenvalues(re, im, re_known, im_known, N, 1e-12);

    /* (x - 1)(x - 2)(x + 3)(x^2 + 1) = x^5 - 6 x^3 + 6 x^2 - 7 x + 6 */
    const double roots_re[5] = {1, 2, -3, 0, 0}, roots_im[5] = {0, 0, 0, 1, -1};
    double companion[25] = {0, 6, -6, 7, -6, 1, 0, 0, 0, 0, 0, 1, 0,
                            0, 0, 0,  0, 1,  0, 0, 0, 0, 0, 1, 0};
    check_ok(linalg_eigenvalues(5, companion, re, im, &st), &st);
    same_eigenvalues(re, im, roots_re, roots_im, 5, 1e-12);
}

int main(void)
{
    struct status st;
    if (linalg_start(&st)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_steps_agree_with_plain_loops),
        cmocka_unit_test(test_no_noise_is_zero_noise),
        cmocka_unit_test(test_gains_are_scaled_matrices),
        cmocka_unit_test(test_overflow_is_not_repaired),
        cmocka_unit_test(test_argmax_takes_the_first_largest),
        cmocka_unit_test(test_weights_that_are_not_finite_are_refused),
        cmocka_unit_test(test_batches_share_their_noise),
        cmocka_unit_test(test_drive_is_steps_in_a_row),
        cmocka_unit_test(test_ensemble_is_steps_by_hand),
        cmocka_unit_test(test_rows_of_an_ensemble_are_independent),
        cmocka_unit_test(test_noise_at_levels),
        cmocka_unit_test(test_active_block_has_the_nonzero_eigenvalues),
        cmocka_unit_test(test_equal_sets_are_looked_up),
        cmocka_unit_test(test_rotations_have_known_counts),
        cmocka_unit_test(test_minus_one_and_nothing_active),
        cmocka_unit_test(test_symmetric_eigenvectors),
        cmocka_unit_test(test_general_eigenvalues),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
