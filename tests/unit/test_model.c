/* Gradients by finite differences, fast kernels against plain ones on edge cases, invariants. */
#include "../reference/reference.h"
#include "../support/check.h"
#include "model/adam.h"
#include "base/kernel.h"
#include "base/linalg.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const struct sinkhorn_options usual = {0.2, 0.5};

static uint8_t *random_symbols(const char *purpose, size_t n, int T, int K)
{
    struct rng rng = rng_stream(5, "symbols", purpose);
    uint8_t *s = malloc(n * (size_t)T);
    for (size_t i = 0; i < n * (size_t)T; i++) s[i] = (uint8_t)(rng_uniform(rng, i) * K);
    return s;
}

static double *random_doubles(const char *purpose, size_t n, double scale)
{
    struct rng rng = rng_stream(6, "doubles", purpose);
    double *x = malloc(n * sizeof *x);
    for (size_t i = 0; i < n; i++) {
        float z;
        rng_fill_normal(rng, i, 1, &z);
        x[i] = scale * (double)z;
    }
    return x;
}

/* --- Sinkhorn --------------------------------------------------------------------------------- */

/* value and gradient by the fast kernel; grad malloc'd */
static double fast_loss(const uint8_t *x, size_t n, const uint8_t *y, size_t m, int T, int K,
                        struct sinkhorn_options options, float **grad)
{
    struct arena arena;
    struct sinkhorn_work work;
    struct sinkhorn_target target;
    struct status st;
    arena_measure(&arena);
    sinkhorn_work_init(&work, &arena, n, m, T, K);
    sinkhorn_target_init(&target, &arena, y, m, T, K);
    check_ok(arena_init(&arena, arena.used, &st), &st);
    sinkhorn_work_init(&work, &arena, n, m, T, K);
    sinkhorn_target_init(&target, &arena, y, m, T, K);
    *grad = malloc(n * (size_t)T * (size_t)K * sizeof **grad);
    double value;
    check_ok(sinkhorn_loss(&work, &target, x, n, options, &value, *grad, &st), &st);
    assert_false(arena.overflow);
    arena_free(&arena);
    return value;
}

/* fast kernels of all levels against the plain one; frees x and y */
static void agree_on(uint8_t *x, size_t n, uint8_t *y, size_t m, int T, int K,
                     struct sinkhorn_options options)
{
    size_t entries = n * (size_t)T * (size_t)K;
    double *plain = malloc(entries * sizeof *plain), value, largest = 0;
    struct status st;
    check_ok(sinkhorn_plain(x, n, y, m, T, K, options, &value, plain, NULL, &st), &st);
    for (size_t i = 0; i < entries; i++) largest = fmax(largest, fabs(plain[i]));
    for (int level = 0; level < NUM_KERNEL_LEVELS; level++) {
        if (!kernel_force((enum kernel_level)level)) continue;
        float *grad;
        /* a mean of float exponentials is off by 1e-7 of itself, the potential by eps times that */
        check_near(fast_loss(x, n, y, m, T, K, options, &grad), value,
                   1e-5 * fabs(value) + 3e-7 * options.blur * options.blur + 1e-6);
        /* where x-x and x-y cancel, the rounding of either's float sums, at most 1 / n, remains */
        for (size_t i = 0; i < entries; i++)
            check_near((double)grad[i], plain[i], 1e-4 * largest + 1e-5 / (double)n);
        free(grad);
    }
    free(x), free(y), free(plain);
}

static void agree(size_t n, size_t m, int T, int K, struct sinkhorn_options options)
{
    agree_on(random_symbols("x", n, T, K), n, random_symbols("y", m, T, K), m, T, K, options);
}

/* sizes around the vector, tile and code-word borders; many symbols; T beyond 255 (2-byte costs) */
static void test_sinkhorn_sizes(void **state)
{
    (void)state;
    agree(1, 1, 1, 2, usual);
    agree(1, 7, 5, 3, usual);
    agree(9, 1, 31, 3, usual);
    agree(63, 65, 32, 3, usual);
    agree(64, 64, 33, 2, usual);
    agree(130, 129, 63, 4, usual);
    agree(65, 200, 64, 5, usual);
    agree(40, 50, 127, 3, usual);
    agree(40, 50, 128, 3, usual);
    agree(33, 31, 12, 255, usual);
    agree(20, 20, 256, 3, usual);
    agree(17, 23, 300, 17, usual);
    agree(50, 60, 20, 1, usual);
    agree(1100, 70, 10, 3, usual); /* more rows and columns than one tile */
    agree(70, 1100, 10, 3, usual);
    agree(40, 40, 20, 3, (struct sinkhorn_options){1.5, 0.5});
    agree(40, 40, 20, 3, (struct sinkhorn_options){0.2, 0.9});
    agree(30, 30, 4, 3, (struct sinkhorn_options){10.0, 0.5}); /* blur beyond the diameter */
}

/* n sequences, each of one of `num` prototypes with a few symbols changed */
static uint8_t *clustered_symbols(const char *purpose, size_t n, int T, int K, size_t num,
                                  int changes)
{
    uint8_t *prototypes = random_symbols("prototypes", num, T, K), *s = malloc(n * (size_t)T);
    struct rng rng = rng_stream(7, "changes", purpose);
    for (size_t i = 0; i < n; i++) {
        uint8_t *own = s + i * (size_t)T;
        memcpy(own, prototypes + i % num * (size_t)T, (size_t)T);
        for (int c = 0; c < changes; c++) {
            uint64_t at = 2 * (i * (size_t)changes + (size_t)c);
            own[(int)(rng_uniform(rng, at) * T)] = (uint8_t)(rng_uniform(rng, at + 1) * K);
        }
    }
    free(prototypes);
    return s;
}

static void clusters_agree(size_t n, size_t m, int T, int K, size_t num, int changes,
                           struct sinkhorn_options options)
{
    agree_on(clustered_symbols("cx", n, T, K, num, changes), n,
             clustered_symbols("cy", m, T, K, num, changes), m, T, K, options);
}

/* How a level is summed depends on the clouds: with few near pairs by a list of them that serves
 * later levels too; with many duplicates and a small blur the list does not fit. Clouds that do not
 * match have points with hardly any mass at the last level, whose gradient is none the smaller.
 * Near duplicates at a large blur show what rounding is the same for all pairs. */
/* What a grid may ask for can be annealed: the finest steps to the smallest blur from the largest
 * diameter. */
static void test_sinkhorn_finest(void **state)
{
    (void)state;
    double eps[SINKHORN_MAX_LEVELS];
    double diameter = sqrt(settings_find("data.length")->max * MAX_SYMBOLS);
    struct sinkhorn_options finest = {settings_find("train.blur")->min,
                                      settings_find("train.scaling")->max};
    int levels = sinkhorn_levels(diameter, finest, eps);
    assert_true(levels > 1000);
    check_near(eps[levels - 1], finest.blur * finest.blur, 0);
    agree(9, 11, 31, 3, (struct sinkhorn_options){0.2, finest.scaling});
}

static void test_sinkhorn_clusters(void **state)
{
    (void)state;
    clusters_agree(200, 200, 30, 3, 200, 2, usual);
    clusters_agree(150, 170, 100, 3, 140, 6, usual);
    clusters_agree(150, 130, 40, 9, 130, 3, (struct sinkhorn_options){0.2, 0.8});
    clusters_agree(140, 150, 60, 3, 20, 4, usual);
    clusters_agree(90, 200, 50, 9, 3, 0, (struct sinkhorn_options){0.05, 0.5});
    clusters_agree(200, 90, 20, 2, 2, 1, (struct sinkhorn_options){0.04, 0.7});
    clusters_agree(60, 5, 60, 3, 10, 4, (struct sinkhorn_options){0.2, 0.3});
    clusters_agree(60, 30, 100, 3, 10, 4, (struct sinkhorn_options){0.2, 0.3});
    clusters_agree(300, 9, 30, 9, 1, 1, (struct sinkhorn_options){2.5, 0.85});
    clusters_agree(100, 110, 255, 3, 30, 100, usual);
    clusters_agree(100, 110, 280, 3, 30, 5, usual);
    /* old potentials are far off at each new level: the plain rule takes over, within a cloud too
     */
    clusters_agree(140, 100, 30, 3, 40, 3, (struct sinkhorn_options){0.1, 0.02});
}

/* An outlier far from everything: its old potential is far off when eps falls quickly, so its sums
 * leave float's range and the plain rule must take over. */
static void test_sinkhorn_outlier(void **state)
{
    (void)state;
    const struct sinkhorn_options steep = {0.05, 0.01};
    enum { N = 40, T = 200, K = 3 };
    uint8_t *x = random_symbols("ox", N, T, K), *y = calloc(N * T, 1);
    for (int t = 0; t < T; t++) x[t] = 2; /* at distance T from every target */
    double plain[N * T * K], value;
    struct status st;
    check_ok(sinkhorn_plain(x, N, y, N, T, K, steep, &value, plain, NULL, &st), &st);
    for (int level = 0; level < NUM_KERNEL_LEVELS; level++) {
        if (!kernel_force((enum kernel_level)level)) continue;
        float *grad;
        check_relative(fast_loss(x, N, y, N, T, K, steep, &grad), value, 1e-5);
        for (size_t i = 0; i < N * T * K; i++) check_near((double)grad[i], plain[i], 1e-3 / N);
        free(grad);
    }
    free(x), free(y);
}

/* The value does not depend on the order of the sequences, and the clouds may be swapped. */
static void test_sinkhorn_symmetry(void **state)
{
    (void)state;
    enum { N = 90, M = 70, T = 16, K = 3 };
    uint8_t *x = random_symbols("sx", N, T, K), *y = random_symbols("sy", M, T, K);
    uint8_t *turned = malloc(N * T);
    for (int i = 0; i < N; i++) memcpy(turned + (i * 37 % N) * T, x + i * T, T);
    float *g, *g_turned, *unused;
    double value = fast_loss(x, N, y, M, T, K, usual, &g);
    check_relative(fast_loss(turned, N, y, M, T, K, usual, &g_turned), value, 1e-6);
    for (int i = 0; i < N; i++)
        for (int e = 0; e < T * K; e++)
            check_near((double)g_turned[(i * 37 % N) * T * K + e], (double)g[i * T * K + e], 1e-6);
    check_relative(fast_loss(y, M, x, N, T, K, usual, &unused), value, 1e-6);
    free(x), free(y), free(turned), free(g), free(g_turned), free(unused);
}

/* softmin of a continuous point against one-hot sequences, the last step of the divergence */
static double point_softmin(const double *point, const uint8_t *cloud, size_t num, int T, int K,
                            const double *potential, double eps)
{
    double sum = 0;
    for (size_t j = 0; j < num; j++) {
        double c = 0;
        for (int t = 0; t < T; t++)
            for (int k = 0; k < K; k++) {
                double d = point[t * K + k] - (cloud[j * (size_t)T + (size_t)t] == k);
                c += d * d / 2;
            }
        sum += exp((potential[j] - c) / eps) / (double)num;
    }
    return -eps * log(sum);
}

/* potentials g (of x-y) and p (of x-x) before the extrapolation, by the definition */
static void potentials_before(const uint8_t *x, size_t n, const uint8_t *y, size_t m, int T, int K,
                              double *g, double *p, double *last_eps)
{
    double eps[SINKHORN_MAX_LEVELS], f[n], f2[n], g2[m], p2[n];
    int levels = sinkhorn_levels(sinkhorn_diameter(x, n, y, m, T, K), usual, eps);
    memset(f, 0, sizeof f), memset(g, 0, m * sizeof *g), memset(p, 0, n * sizeof *p);
    for (int level = -1; level < levels; level++) {
        double e = eps[level < 0 ? 0 : level], keep = level < 0 ? 0 : 0.5, onehot[T * K];
        for (size_t i = 0; i < n + m; i++) {
            const uint8_t *s = i < n ? x + i * (size_t)T : y + (i - n) * (size_t)T;
            for (int c = 0; c < T * K; c++) onehot[c] = s[c / K] == c % K;
            if (i < n) f2[i] = point_softmin(onehot, y, m, T, K, g, e);
            if (i < n)
                p2[i] = point_softmin(onehot, x, n, T, K, p, e);
            else
                g2[i - n] = point_softmin(onehot, x, n, T, K, f, e);
        }
        for (size_t i = 0; i < n; i++) f[i] = keep * f[i] + (1 - keep) * f2[i];
        for (size_t i = 0; i < n; i++) p[i] = keep * p[i] + (1 - keep) * p2[i];
        for (size_t j = 0; j < m; j++) g[j] = keep * g[j] + (1 - keep) * g2[j];
        *last_eps = e;
    }
}

/* The gradient moves a point with the potentials of the loop and the other points held (SCIENCE
 * 2.3): central differences of a_i (F_i - P_i), step 1e-5: error about 1e-9 + 1e-10 / eps^2. */
static void test_sinkhorn_finite_differences(void **state)
{
    (void)state;
    enum { N = 7, M = 9, T = 4, K = 3 };
    uint8_t *x = random_symbols("fx", N, T, K), *y = random_symbols("fy", M, T, K);
    double grad[N * T * K], g[M], p[N], eps = 0, value;
    struct status st;
    check_ok(sinkhorn_plain(x, N, y, M, T, K, usual, &value, grad, NULL, &st), &st);
    potentials_before(x, N, y, M, T, K, g, p, &eps);
    for (int i = 0; i < N; i++)
        for (int c = 0; c < T * K; c++) {
            double point[T * K], score[2];
            for (int side = 0; side < 2; side++) {
                for (int e = 0; e < T * K; e++) point[e] = x[i * T + e / K] == e % K;
                point[c] += side ? 1e-5 : -1e-5;
                score[side] = point_softmin(point, y, M, T, K, g, eps) -
                              point_softmin(point, x, N, T, K, p, eps);
            }
            check_near(grad[i * T * K + c], (score[1] - score[0]) / 2e-5 / N, 1e-6 / N);
        }
    free(x), free(y);
}

/* --- network ---------------------------------------------------------------------------------- */

struct net {
    struct rnn_shape shape;
    size_t n, num;
    int T;
    double tau, *params, *noise, *gumbel, *initial, *G;
};

static struct net make_net(int H, int D, int K, bool bias, bool initial, size_t n, int T)
{
    struct net net = {.shape = {H, D, K, bias}, .n = n, .T = T, .tau = 0.8};
    net.num = rnn_num_params(net.shape);
    net.params = random_doubles("params", net.num, 0.4);
    net.noise = random_doubles("noise", n * (size_t)(T * D), 1);
    net.gumbel = random_doubles("gumbel", n * (size_t)(T * K), 1);
    net.G = random_doubles("G", n * (size_t)(T * K), 1);
    net.initial = initial ? random_doubles("initial", n * (size_t)H, 1) : NULL;
    return net;
}

static void free_net(struct net *net)
{
    free(net->params), free(net->noise), free(net->gumbel), free(net->initial), free(net->G);
}

/* sum G . y, whose gradient rnn_backward computes */
static double surrogate(const struct net *net, double *hidden, double *prob)
{
    size_t nt = net->n * (size_t)net->T, K = (size_t)net->shape.symbols;
    double *logits = malloc(nt * K * sizeof *logits), sum = 0;
    uint8_t *symbols = malloc(nt);
    rnn_plain_forward(net->shape, net->params, net->noise, net->initial, net->n, net->T, hidden,
                      logits);
    rnn_plain_emit(logits, net->gumbel, net->n, net->T, (int)K, net->tau, prob, symbols);
    for (size_t i = 0; i < nt * K; i++) sum += net->G[i] * prob[i];
    free(logits), free(symbols);
    return sum;
}

/* Central differences with step 1e-6 in float64: truncation 1e-12, rounding 1e-10; a relu corner
 * inside the step would show as a difference of the order of the gradient itself. */
static void finite_differences(bool bias, bool initial)
{
    struct net net = make_net(6, 4, 3, bias, initial, 5, 7);
    size_t nt = net.n * (size_t)net.T;
    double *hidden = malloc(nt * 6 * 8), *prob = malloc(nt * 3 * 8), *grad = malloc(net.num * 8);
    surrogate(&net, hidden, prob);
    rnn_plain_backward(net.shape, net.params, net.noise, net.initial, hidden, prob, net.n, net.T,
                       net.tau, net.G, grad);
    for (size_t i = 0; i < net.num; i++) {
        double keep = net.params[i], score[2];
        for (int side = 0; side < 2; side++) {
            net.params[i] = keep + (side ? 1e-6 : -1e-6);
            score[side] = surrogate(&net, NULL, prob);
        }
        net.params[i] = keep;
        check_near(grad[i], (score[1] - score[0]) / 2e-6, 1e-7);
    }
    free(hidden), free(prob), free(grad);
    free_net(&net);
}

static void test_rnn_finite_differences(void **state)
{
    (void)state;
    finite_differences(false, false);
    finite_differences(true, false);
    finite_differences(true, true);
}

static float *narrowed(const double *x, size_t n)
{
    float *y = malloc((n ? n : 1) * sizeof *y);
    for (size_t i = 0; i < n; i++) y[i] = x ? (float)x[i] : 0;
    return y;
}

/* fast forward and backward against plain, over sizes around the block and tile borders */
static void rnn_agrees(int H, int D, int K, bool bias, bool initial, size_t n, int T)
{
    struct net net = make_net(H, D, K, bias, initial, n, T);
    size_t nt = n * (size_t)T, nk = nt * (size_t)K;
    double *hidden = malloc(nt * (size_t)H * 8), *prob = malloc(nk * 8),
           *grad = malloc(net.num * 8);
    for (size_t i = 0; i < net.num; i++) net.params[i] /= sqrt(H);
    surrogate(&net, hidden, prob);
    rnn_plain_backward(net.shape, net.params, net.noise, net.initial, hidden, prob, n, T, net.tau,
                       net.G, grad);
    double largest = 0;
    for (size_t i = 0; i < net.num; i++) largest = fmax(largest, fabs(grad[i]));
    float *params = narrowed(net.params, net.num), *noise = narrowed(net.noise, nt * (size_t)D);
    float *gumbel = narrowed(net.gumbel, nk), *G = narrowed(net.G, nk);
    float *start = initial ? narrowed(net.initial, n * (size_t)H) : NULL;
    float *dparams = calloc(net.num, sizeof *dparams);
    uint8_t *symbols = malloc(nt);
    struct rnn_drive drive = {.given_noise = noise, .given_gumbel = gumbel, .given_initial = start};
    struct rnn_work work;
    struct arena arena;
    struct status st;
    arena_measure(&arena);
    rnn_work_init(&work, &arena, net.shape, n, T, 1);
    check_ok(arena_init(&arena, arena.used, &st), &st);
    rnn_work_init(&work, &arena, net.shape, n, T, 1);
    rnn_forward(&work, params, &drive, n, net.tau, symbols);
    rnn_backward(&work, params, &drive, n, net.tau, G, dparams);
    assert_false(arena.overflow);
    for (size_t i = 0; i < net.num; i++) check_near((double)dparams[i], grad[i], 2e-5 * largest);
    arena_free(&arena);
    free(hidden), free(prob), free(grad), free(params), free(noise), free(gumbel), free(G);
    free(start), free(dparams), free(symbols);
    free_net(&net);
}

static void test_rnn_sizes(void **state)
{
    (void)state;
    for (int level = 0; level < NUM_KERNEL_LEVELS; level++) {
        if (!kernel_force((enum kernel_level)level)) continue;
        rnn_agrees(1, 1, 2, false, false, 1, 1);
        rnn_agrees(17, 3, 3, false, false, 63, 4);
        rnn_agrees(16, 5, 4, true, false, 65, 3);
        rnn_agrees(15, 40, 2, true, true, 130, 5);
        rnn_agrees(20, 2, 7, false, true, 513, 3);
        rnn_agrees(5, 2, 255, true, false, 3, 2);
    }
}

static uint8_t *generate(struct rnn_shape shape, const float *params, int generation, size_t first,
                         size_t n, int T)
{
    uint8_t *symbols = malloc(n * (size_t)T);
    struct status st;
    check_ok(rnn_generate(shape, params, generation, INITIAL_ZEROS, rng_stream(2, "k", "gen"),
                          first, n, T, symbols, NULL, &st),
             &st);
    return symbols;
}

/* Logits that leave the range of a float are told of. */
static void test_generate_overflows(void **state)
{
    (void)state;
    enum { N = 70, T = 200 };
    struct rnn_shape shape = {4, 2, 3, false};
    float params[4 * 2 + 4 * 4 + 3 * 4];
    uint8_t symbols[N * T];
    for (int length = 10; length <= T; length += T - 10) {
        bool overflowed;
        struct status st;
        for (size_t i = 0; i < sizeof params / sizeof *params; i++) params[i] = .5f; /* 2^200 */
        check_ok(rnn_generate(shape, params, GENERATE_TRAINED, INITIAL_ZEROS,
                              rng_stream(2, "k", "overflow"), 0, N, length, symbols, &overflowed,
                              &st),
                 &st);
        assert_int_equal(overflowed, length == T);
    }
}

/* A sequence does not depend on how many are drawn with it or how calls are cut. */
static void test_generate_is_cut_free(void **state)
{
    (void)state;
    struct rnn_shape shape = {30, 10, 3, false};
    enum { N = 1200, T = 12 };
    float params[30 * 10 + 30 * 30 + 3 * 30];
    rnn_init_params(shape, rng_stream(1, "k", "init"), params);
    for (int generation = GENERATE_TRAINED; generation <= GENERATE_REFERENCE; generation++) {
        uint8_t *all = generate(shape, params, generation, 0, N, T);
        uint8_t *head = generate(shape, params, generation, 0, 77, T);
        uint8_t *tail = generate(shape, params, generation, 640, N - 640, T);
        assert_memory_equal(all, head, 77 * T);
        assert_memory_equal(all + 640 * T, tail, (N - 640) * T);
        free(all), free(head), free(tail);
    }
}

/* With the readout at zero every symbol is equally likely: 5 standard errors. */
static void test_generate_frequencies(void **state)
{
    (void)state;
    struct rnn_shape shape = {8, 3, 5, false};
    float params[8 * 3 + 8 * 8 + 5 * 8] = {0};
    enum { N = 4000, T = 10 };
    uint8_t *s = generate(shape, params, GENERATE_TRAINED, 0, N, T);
    size_t count[5] = {0};
    for (size_t i = 0; i < N * T; i++) count[s[i]]++;
    for (int k = 0; k < 5; k++)
        check_near((double)count[k] / (N * T), 0.2, 5 * sqrt(0.2 * 0.8 / (N * T)));
    free(s);
}

/* Gumbel-max: symbols are drawn from softmax(z). A net that only adds a constant readout bias. */
static void test_generate_is_softmax(void **state)
{
    (void)state;
    struct rnn_shape shape = {2, 1, 3, true};
    float params[2 + 4 + 6 + 2 + 2 + 3] = {0};
    const float z[3] = {0.5f, -1.0f, 2.0f};
    memcpy(params + 2 + 4 + 6 + 2 + 2, z, sizeof z);
    enum { N = 20000, T = 5 };
    uint8_t *s = generate(shape, params, GENERATE_TRAINED, 0, N, T);
    double count[3] = {0}, sum = exp(0.5) + exp(-1) + exp(2);
    for (size_t i = 0; i < N * T; i++) count[s[i]]++;
    for (int k = 0; k < 3; k++) {
        double p = exp((double)z[k]) / sum;
        check_near(count[k] / (N * T), p, 5 * sqrt(p * (1 - p) / (N * T)));
    }
    free(s);
}

/* The bias-free map is homogeneous: noise weights times a power of two scale h and z exactly, so
 * with logits undone the probabilities are the same bits. */
static void test_homogeneity(void **state)
{
    (void)state;
    struct net net = make_net(12, 5, 3, false, false, 10, 20);
    size_t nt = 200;
    double *a = malloc(nt * 3 * 8), *b = malloc(nt * 3 * 8);
    rnn_plain_forward(net.shape, net.params, net.noise, NULL, net.n, net.T, NULL, a);
    for (size_t i = 0; i < nt * 5; i++) net.noise[i] *= 4;
    rnn_plain_forward(net.shape, net.params, net.noise, NULL, net.n, net.T, NULL, b);
    for (size_t i = 0; i < nt * 3; i++) assert_true(4 * a[i] == b[i]);
    free(a), free(b);
    free_net(&net);
}

static void test_init_range(void **state)
{
    (void)state;
    struct rnn_shape shape = {100, 7, 3, true};
    size_t n = rnn_num_params(shape);
    float *params = malloc(n * sizeof *params);
    rnn_init_params(shape, rng_stream(0, "k", "init"), params);
    double squares = 0;
    for (size_t i = 0; i < n; i++) {
        assert_true(fabs((double)params[i]) <= 0.1 + 1e-8);
        squares += (double)params[i] * (double)params[i];
    }
    /* var of U(-a, a) is a^2 / 3; its estimator has sd a^2 sqrt(4 / 45 n) */
    check_near(squares / (double)n, 0.01 / 3, 5 * 0.01 * sqrt(4.0 / 45 / (double)n));
    free(params);
}

/* Adam on a quadratic finds its minimum; clipping leaves the direction alone. */
static void test_adam(void **state)
{
    (void)state;
    float x[3] = {5, -3, 2}, g[3], m[3] = {0}, v[3] = {0};
    const struct adam_options adam = {0.05, 0.9, 0.9, 1e-8};
    for (long k = 1; k <= 2000; k++) {
        for (int i = 0; i < 3; i++) g[i] = 2 * (x[i] - (float)i);
        adam_step(x, g, m, v, 3, k, &adam);
    }
    for (int i = 0; i < 3; i++) check_near((double)x[i], i, 0.06);
    float h[2] = {3, 4};
    check_near(adam_clip(h, 2, 1.0), 5, 1e-12);
    check_near((double)h[0], 0.6, 1e-6);
    check_near((double)h[1], 0.8, 1e-6);
    check_near(adam_clip(h, 2, 10.0), 1, 1e-6);
    check_near((double)h[1], 0.8, 1e-6);
    check_near(adam_clip(h, 2, 0), 1, 1e-6);
}

static void test_linalg_start(void **state)
{
    (void)state;
    struct status st;
    check_ok(linalg_start(&st), &st);
}

/* What the user set is never overruled; advice is a name that OpenBLAS knows. */
static void test_linalg_advised_core(void **state)
{
    (void)state;
    const char *was = getenv("OPENBLAS_CORETYPE"), *advice;
    char kept[64];
    snprintf(kept, sizeof kept, "%s", was ? was : "");
    assert_int_equal(setenv("OPENBLAS_CORETYPE", "Haswell", 1), 0);
    assert_null(linalg_advised_core());
    assert_int_equal(unsetenv("OPENBLAS_CORETYPE"), 0);
    advice = linalg_advised_core();
    if (advice) assert_true(!strcmp(advice, "Haswell") || !strcmp(advice, "SkylakeX"));
    if (was) assert_int_equal(setenv("OPENBLAS_CORETYPE", kept, 1), 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(test_sinkhorn_sizes),
                                       cmocka_unit_test(test_sinkhorn_finest),
                                       cmocka_unit_test(test_sinkhorn_clusters),
                                       cmocka_unit_test(test_sinkhorn_outlier),
                                       cmocka_unit_test(test_sinkhorn_symmetry),
                                       cmocka_unit_test(test_sinkhorn_finite_differences),
                                       cmocka_unit_test(test_rnn_finite_differences),
                                       cmocka_unit_test(test_rnn_sizes),
                                       cmocka_unit_test(test_generate_overflows),
                                       cmocka_unit_test(test_generate_is_cut_free),
                                       cmocka_unit_test(test_generate_frequencies),
                                       cmocka_unit_test(test_generate_is_softmax),
                                       cmocka_unit_test(test_homogeneity),
                                       cmocka_unit_test(test_init_range),
                                       cmocka_unit_test(test_adam),
                                       cmocka_unit_test(test_linalg_start),
                                       cmocka_unit_test(test_linalg_advised_core)};
    return cmocka_run_group_tests_name("model", tests, NULL, NULL);
}
