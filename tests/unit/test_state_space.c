/* State space: principal components against Jacobi's method, and the analyses trajectory,
 * fixed_point and contours on networks whose behaviour is known by hand.
 */
#include "dynamics/pca.h"
#include "dynamics/relax.h"
#include "hmmgrid/analyse.h"
#include "../support/check.h"
#include "base/hash.h"
#include "base/linalg.h"

#include <stdlib.h>
#include <string.h>

/* --- principal components --------------------------------------------------------------------- */

enum { N = 500, WIDTH = 9 };

/* Eigenvalues on the diagonal of a, eigenvectors as rows of v: cyclic Jacobi rotations. */
static void jacobi(double a[WIDTH][WIDTH], double v[WIDTH][WIDTH])
{
    for (int i = 0; i < WIDTH; i++)
        for (int j = 0; j < WIDTH; j++) v[i][j] = i == j;
    for (int sweep = 0; sweep < 30; sweep++)
        for (int p = 0; p < WIDTH; p++)
            for (int q = p + 1; q < WIDTH; q++) {
                double angle = atan2(2 * a[p][q], a[p][p] - a[q][q]) / 2;
                double c = cos(angle), s = sin(angle);
                for (int k = 0; k < WIDTH; k++) {
                    double x = a[k][p], y = a[k][q];
                    a[k][p] = c * x + s * y;
                    a[k][q] = c * y - s * x;
                }
                for (int k = 0; k < WIDTH; k++) {
                    double x = a[p][k], y = a[q][k], u = v[p][k], w = v[q][k];
                    a[p][k] = c * x + s * y;
                    a[q][k] = c * y - s * x;
                    v[p][k] = c * u + s * w;
                    v[q][k] = c * w - s * u;
                }
            }
}

/* correlated columns of different size, far from 0 */
static float *mixed_columns(void)
{
    float *x = malloc(N * WIDTH * sizeof *x);
    assert_non_null(x);
    rng_fill_normal(rng_stream(5, "pca", "data"), 0, N * WIDTH, x);
    for (int i = 0; i < N; i++)
        for (int j = WIDTH - 1; j >= 0; j--) {
            float *row = x + i * WIDTH;
            row[j] = 3 + (float)(j + 1) * row[j] + (j ? row[j - 1] : 0) - row[0];
        }
    return x;
}

static void test_pca_against_jacobi(void **state)
{
    (void)state;
    struct status st;
    struct pca pca;
    float *x = mixed_columns();
    double mean[WIDTH] = {0}, cov[WIDTH][WIDTH] = {{0}}, v[WIDTH][WIDTH], total = 0, score[WIDTH];
    for (int i = 0; i < N * WIDTH; i++) mean[i % WIDTH] += (double)x[i] / N;
    for (int i = 0; i < N; i++)
        for (int j = 0; j < WIDTH; j++)
            for (int k = 0; k < WIDTH; k++)
                cov[j][k] += (x[i * WIDTH + j] - mean[j]) * (x[i * WIDTH + k] - mean[k]) / (N - 1);
    for (int j = 0; j < WIDTH; j++) total += cov[j][j];
    jacobi(cov, v);
    check_ok(pca_fit(&pca, x, N, WIDTH, 4, &st), &st);
    check_relative(pca.total, total, 1e-12);
    for (int c = 0; c < 4; c++) {
        int at = 0; /* the largest that is left */
        for (int j = 1; j < WIDTH; j++)
            if (cov[j][j] > cov[at][at]) at = j;
        check_relative(pca.variance[c], cov[at][at], 1e-11);
        cov[at][at] = -1;
        int largest = 0;
        for (int j = 1; j < WIDTH; j++)
            if (fabs(v[at][j]) > fabs(v[at][largest])) largest = j;
        double sign = v[at][largest] > 0 ? 1 : -1;
        assert_true(pca.component[c * WIDTH + largest] > 0);
        for (int j = 0; j < WIDTH; j++)
            check_near(pca.component[c * WIDTH + j], sign * v[at][j], 1e-9);
        pca_project(&pca, x, 1, 4, score);
        double expected = 0;
        for (int j = 0; j < WIDTH; j++) expected += sign * v[at][j] * (x[j] - mean[j]);
        check_near(score[c], expected, 1e-7);
    }
    pca_free(&pca);
    free(x);
}

/* Turning and moving all states changes neither variances nor, up to sign, scores. */
static void test_pca_turned(void **state)
{
    (void)state;
    struct status st;
    struct pca pca, turned;
    float *x = mixed_columns(), *y = malloc(N * WIDTH * sizeof *y);
    double a[N * 3], b[N * 3];
    for (int i = 0; i < N; i++)
        for (int j = 0; j < WIDTH; j++) { /* the reflection I - 2 u u' with u = (1, ..., 1) / 3 */
            double sum = 0;
            for (int k = 0; k < WIDTH; k++) sum += x[i * WIDTH + k];
            y[i * WIDTH + j] = (float)(x[i * WIDTH + j] - 2 * sum / WIDTH - j);
        }
    check_ok(pca_fit(&pca, x, N, WIDTH, 3, &st), &st);
    check_ok(pca_fit(&turned, y, N, WIDTH, 3, &st), &st);
    pca_project(&pca, x, N, 3, a);
    pca_project(&turned, y, N, 3, b);
    for (int c = 0; c < 3; c++) /* float32 of y: 1e-7 of 30 */
        check_relative(turned.variance[c], pca.variance[c], 1e-6);
    for (int i = 0; i < N * 3; i++) check_near(fabs(a[i]), fabs(b[i]), 1e-4);
    pca_free(&pca);
    pca_free(&turned);
    free(x), free(y);
}

/* --- networks --------------------------------------------------------------------------------- */

struct net {
    struct rnn_shape shape;
    float *params, *U, *W, *R, *b_ih, *b_fc;
};

/* Zero weights but for U and R (random) and W = factor times the shift of the units by one. */
static struct net net_make(int H, int D, int K, bool bias, double factor)
{
    struct net net = {.shape = {H, D, K, bias}};
    struct rnn_view v[MAX_RNN_VIEWS];
    rnn_views(net.shape, v);
    net.params = calloc(rnn_num_params(net.shape), sizeof *net.params);
    assert_non_null(net.params);
    net.U = net.params + v[0].offset, net.W = net.params + v[1].offset;
    net.R = net.params + v[2].offset;
    if (bias) net.b_ih = net.params + v[3].offset, net.b_fc = net.params + v[5].offset;
    rng_fill_normal(rng_stream(3, "net", "U"), 0, (size_t)(H * D), net.U);
    rng_fill_normal(rng_stream(3, "net", "R"), 0, (size_t)(K * H), net.R);
    for (int i = 0; i < H; i++) net.W[i * H + (i + 1) % H] = (float)factor;
    return net;
}

struct outcome {
    struct settings s;
    struct analyses a;
};

static struct outcome analyse(const struct net *net, int steps, bool all, const char *one)
{
    struct outcome o;
    struct status st;
    settings_default(&o.s);
    o.s.hmm.states = 2;
    o.s.hmm.symbols = net->shape.symbols;
    if (net->shape.symbols != 3) o.s.hmm.emission = EMISSION_GAUSSIAN;
    o.s.rnn.hidden = net->shape.hidden;
    o.s.rnn.noise_dim = net->shape.noise_dim;
    o.s.rnn.bias = net->shape.bias;
    o.s.analysis.steps = steps;
    for (int i = 0; i < num_analyses; i++) analysis_enable(analysis_table[i], false, &o.s);
    o.s.analysis.trajectory = o.s.analysis.fixed_point = o.s.analysis.contours = all;
    if (one) analysis_enable(analysis_find(one), true, &o.s);
    check_ok(settings_resolve(&o.s, NULL, &st), &st);
    check_ok(analyses_init(&o.a, &o.s, &st), &st);
    check_ok(analyse_network(&o.s, net->shape, net->params, NULL, NULL, &o.a, &st), &st);
    return o;
}

static const double *get(const struct outcome *o, const char *analysis, const char *name)
{
    for (int i = 0; i < num_analyses; i++)
        for (int k = 0; k < analysis_table[i]->num_outputs && o->a.value[i]; k++)
            if (strcmp(analysis_table[i]->name, analysis) == 0 &&
                strcmp(analysis_table[i]->output[k].name, name) == 0)
                return o->a.value[i][k];
    fail_msg("no output %s.%s", analysis, name);
    return NULL;
}

static double fixed_point(const struct outcome *o, const char *name)
{
    return *get(o, "fixed_point", name);
}

/* Units that know nothing of each other, 12 of equal variance: as many dimensions, although ten
 * components are kept. 20000 states: the mean of a rectified normal within 5 x .58 / 141. */
static void test_pca_of_independent_units(void **state)
{
    (void)state;
    enum { H = 12, KEPT = 10 };
    struct net net = net_make(H, H, 3, false, 0);
    for (int i = 0; i < H * H; i++) net.U[i] = i / H == i % H;
    struct outcome o = analyse(&net, 20000, false, "pca");
    check_relative(*get(&o, "pca", "dimension"), H, .01);
    const double *axis = get(&o, "pca", "direction");
    for (int j = 0; j < H; j++) check_near(get(&o, "pca", "mean")[j], sqrt(.5 / 3.14159265), .021);
    for (int a = 0; a < KEPT; a++)
        for (int b = 0; b <= a; b++) {
            double product = 0;
            for (int j = 0; j < H; j++) product += axis[a * H + j] * axis[b * H + j];
            check_near(product, a == b, 1e-6); /* kept as float */
        }
    analyses_free(&o.a);
    free(net.params);
}

/* States that are not negative stay so: ||h_t|| = factor^t ||h_0||. */
static void test_fixed_point_of_a_known_decay(void **state)
{
    (void)state;
    static const double factor[] = {.9, .5, 1.05};
    for (int f = 0; f < 3; f++) {
        struct net net = net_make(7, 4, 3, false, factor[f]);
        struct outcome o = analyse(&net, 200, false, "fixed_point");
        double rate = log((double)net.W[1]); /* of the factor in float32 */
        check_near(fixed_point(&o, "decay_rate"), rate, 1e-6);
        check_near(fixed_point(&o, "decay_rate_mean"), rate, 1e-6);
        check_near(fixed_point(&o, "decay_rate_sd"), 0, 1e-6);
        /* .5^500 = 3e-151 is far below float32, yet exact; else 500 roundings of 6e-8 */
        check_relative(fixed_point(&o, "largest_ratio"), exp(500 * rate), f == 1 ? 1e-12 : 3e-5);
        check_near(fixed_point(&o, "end_states"), f == 2 ? 0 : 1, 0);
        check_near(fixed_point(&o, "origin_share"), f == 2 ? 0 : 1, 0);
        check_near(fixed_point(&o, "moving_share"), f == 2 ? 1 : 0, 0);
        if (f < 2) check_near(fixed_point(&o, "mean_norm"), 0, 1e-10);
        analyses_free(&o.a);
        free(net.params);
    }
}

/* So slow that it is on its way after 500 steps: no end state is claimed. */
static void test_fixed_point_of_a_slow_decay(void **state)
{
    (void)state;
    struct net net = net_make(5, 3, 3, false, .9995);
    struct outcome o = analyse(&net, 300, false, "fixed_point");
    check_near(fixed_point(&o, "moving_share"), 1, 0);
    check_near(fixed_point(&o, "end_states"), 0, 0);
    analyses_free(&o.a);
    free(net.params);
}

/* Two units that excite themselves and inhibit each other end in (1, 0) or (0, 1). */
static void test_fixed_point_of_two_states(void **state)
{
    (void)state;
    struct net net = net_make(2, 2, 3, true, -1);
    net.W[0] = net.W[3] = net.b_ih[0] = net.b_ih[1] = .5f;
    net.W[1] = -1.1f; /* (0, 0), which the driven run visits, is not on the border between them */
    struct outcome o = analyse(&net, 1000, false, "fixed_point");
    check_near(fixed_point(&o, "end_states"), 2, 0);
    check_near(fixed_point(&o, "origin_share"), 0, 0);
    check_near(fixed_point(&o, "moving_share"), 0, 0);
    assert_true(fixed_point(&o, "largest_speed") < 1e-5);
    check_near(fixed_point(&o, "decay_rate_mean"), log(.5), .02); /* but for starts between them */
    assert_true(fixed_point(&o, "decay_rate") < 0);
    /* a share p at (1, 0): mean (p, 1 - p), squared spread 2 p (1 - p) = 1 - |mean|^2 */
    double size = fixed_point(&o, "mean_norm"), spread = fixed_point(&o, "spread");
    check_near(size * size + spread * spread, 1, 1e-5);
    assert_true(spread > .3);
    analyses_free(&o.a);
    free(net.params);
}

/* relu(1 - 3 h) goes to and fro between 0 and 1. */
static void test_fixed_point_of_a_cycle(void **state)
{
    (void)state;
    struct net net = net_make(1, 1, 2, true, -3);
    net.b_ih[0] = 1;
    struct outcome o = analyse(&net, 500, false, "fixed_point");
    check_near(fixed_point(&o, "moving_share"), 1, 0);
    check_near(fixed_point(&o, "end_states"), 0, 0);
    check_near(fixed_point(&o, "decay_rate_mean"), 0, .05);
    check_near(fixed_point(&o, "largest_speed") * fixed_point(&o, "scale"), 1, 1e-6);
    assert_true(isnan(get(&o, "fixed_point", "mean_end_state")[1])); /* one component */
    analyses_free(&o.a);
    free(net.params);
}

/* relu(h) stays where it is: the end states are the starts, grouped by their gaps on the line. */
static void test_fixed_point_groups(void **state)
{
    (void)state;
    enum { STARTS = 100, STEPS = 400 };
    struct net net = net_make(1, 1, 2, false, 1);
    struct network network;
    struct status st;
    struct outcome o = analyse(&net, STEPS, false, "fixed_point");
    char weights[33];
    float h[STEPS], start[STARTS];
    size_t index[STARTS];
    hash_128_hex(net.params, rnn_num_params(net.shape) * sizeof *net.params, weights);
    struct rng shared = rng_stream(0, weights, "analyses");
    struct rng own = rng_stream(0, weights, "fixed_point");
    check_ok(network_init(&network, net.shape, net.params, &st), &st);
    check_ok(network_drive(&network, rng_child(shared, 0), NULL, 20, STEPS, 1, h, NULL, &st), &st);
    relax_draw(h, STEPS, 1, rng_child(own, 0), STARTS, index, start);
    double squares = 0;
    int groups = STARTS;
    for (int t = 0; t < STEPS; t++) squares += (double)h[t] * h[t] / STEPS;
    for (int i = 0; i < STARTS; i++) { /* one with a neighbour close below opens no group */
        bool has = false;
        for (int j = 0; j < STARTS; j++)
            has = has || (start[j] >= start[i] - .01 * sqrt(squares) &&
                          (start[j] < start[i] || (start[j] == start[i] && j < i)));
        groups -= has;
    }
    assert_in_range(groups, 3, 90);
    check_near(fixed_point(&o, "end_states"), groups, 0);
    check_near(fixed_point(&o, "moving_share"), 0, 0);
    check_relative(fixed_point(&o, "scale"), sqrt(squares), 1e-12);
    network_free(&network);
    analyses_free(&o.a);
    free(net.params);
}

/* With W = factor I the path without noise is a straight line to the origin at a known pace, and
 * the likeliest symbol stays, also where float32 has underflowed. */
static void test_trajectory_on_a_line(void **state)
{
    (void)state;
    enum { STARTS = 20, KEPT = 50, PC = 3 };
    static const double factor[] = {.9, .5};
    for (int f = 0; f < 2; f++) {
        struct net net = net_make(6, 4, 3, false, 0);
        for (int i = 0; i < 6; i++) net.W[i * 7] = (float)factor[f];
        for (int i = 0; i < 18; i++) net.R[i] = i % 7 == 0; /* the largest of the first three */
        struct outcome o = analyse(&net, 100, false, "trajectory");
        const double *path = get(&o, "trajectory", "relaxed"), step[] = {0, 1, 40, 60, 500};
        const double *symbol = get(&o, "trajectory", "relaxed_symbol");
        static const int kept[] = {0, 1, 40, 42, 49};
        bool seen[3] = {false, false, false};
        for (int s = 0; s < STARTS; s++, path += KEPT * PC, symbol += KEPT) {
            for (int k = 0; k < 5; k++)
                for (int c = 0; c < PC; c++) {
                    double end = path[49 * PC + c], pace = pow((double)net.W[0], step[k]);
                    check_near(path[kept[k] * PC + c], end + pace * (path[c] - end), 1e-5);
                }
            for (int k = 1; k < KEPT; k++) check_near(symbol[k], symbol[0], 0);
            seen[(int)symbol[0]] = true;
            for (int other = 0; other < s; other++) /* drawn without replacement */
                assert_true(path[0] != (path - (other + 1) * KEPT * PC)[0]);
        }
        assert_true(seen[0] + seen[1] + seen[2] >= 2);
        const double *driven = get(&o, "trajectory", "driven");
        for (int i = 0; i < 501 * PC; i++) assert_true(isfinite(driven[i]));
        double differ[2] = {0};
        for (int t = 0; t < 501; t++) {
            double likeliest = get(&o, "trajectory", "driven_symbol")[t];
            double sampled = get(&o, "trajectory", "driven_sampled")[t];
            assert_in_range((int)likeliest, 0, 2);
            assert_in_range((int)sampled, 0, 2);
            differ[0] += likeliest != sampled;
        }
        for (int s = 0; s < STARTS; s++) { /* decayed: all symbols are alike */
            double sampled = get(&o, "trajectory", "relaxed_sampled")[s * KEPT + KEPT - 1];
            differ[1] += sampled != get(&o, "trajectory", "relaxed_symbol")[s * KEPT];
        }
        assert_true(differ[0] > 20 && differ[0] < 480);
        assert_true(factor[f] > 1 || differ[1] > 0);
        analyses_free(&o.a);
        free(net.params);
    }
}

/* --- homogeneity ------------------------------------------------------------------------------ */

static void test_symbols_do_not_follow_the_noise(void **state)
{
    (void)state;
    enum { STEPS = 2000, H = 10 };
    struct net net = net_make(H, 4, 3, false, 0);
    struct network network;
    struct status st;
    rnn_init_params(net.shape, rng_stream(9, "net", "init"), net.params);
    check_ok(network_init(&network, net.shape, net.params, &st), &st);
    float *h = malloc(2 * STEPS * H * sizeof *h), *scaled = h + STEPS * H;
    uint8_t symbol[STEPS], other[STEPS];
    struct rng rng = rng_stream(1, "net", "noise");
    check_ok(network_drive(&network, rng, NULL, 0, STEPS, 1, h, symbol, &st), &st);
    static const double sd[] = {.25, 4, 3};
    for (int v = 0; v < 3; v++) {
        int different = 0;
        check_ok(network_drive(&network, rng, NULL, 0, STEPS, sd[v], scaled, other, &st), &st);
        for (int t = 0; t < STEPS; t++) different += symbol[t] != other[t];
        for (int i = 0; i < STEPS * H; i++) /* powers of two are exact */
            check_near((double)scaled[i] / sd[v], (double)h[i], v < 2 ? 0 : 1e-6);
        assert_true(different <= (v < 2 ? 0 : 2));
    }
    network_free(&network);
    free(h), free(net.params);
}

static void test_contours_follow_the_noise(void **state)
{
    (void)state;
    enum { MASSES = 3, CELLS = 50 * 50 };
    static const double sd[] = {.1, 1, 2, 3, 4};
    struct net net = net_make(12, 5, 3, false, 0);
    rnn_init_params(net.shape, rng_stream(9, "net", "init"), net.params);
    struct outcome o = analyse(&net, 1000, false, "contours");
    const double *area = get(&o, "contours", "area"), *level = get(&o, "contours", "level");
    const double *extent = get(&o, "contours", "extent");
    const double *density = get(&o, "contours", "density");
    for (int v = 0; v < 5; v++, density += CELLS) {
        double mass = 0, *side = (double[4]){0};
        for (int k = 0; k < 4; k++) side[k] = extent[v * 4 + k];
        double cell = (side[1] - side[0]) * (side[3] - side[2]) / CELLS;
        /* rounding moves a few of some 8000 cells across the contour */
        check_relative(get(&o, "contours", "sqrt_area_ratio")[v], sd[v], 1e-3);
        check_near(get(&o, "contours", "sqrt_area_ratio_se")[v], 0, 1e-3 * sd[v]);
        double se = get(&o, "contours", "area_se")[v] / area[v * MASSES + 1];
        /* the root of the determinant of n independent normals varies by n^(-1/2) = .01 */
        assert_true(se > .005 && se < .025);
        for (int m = 0; m < MASSES; m++) {
            check_relative(area[v * MASSES + m], area[MASSES + m] * sd[v] * sd[v], 2e-3);
            check_relative(level[v * MASSES + m] * sd[v] * sd[v], level[MASSES + m], 2e-3);
            assert_true(m == 0 || area[v * MASSES + m] > 1.1 * area[v * MASSES + m - 1]);
        }
        for (int c = 0; c < CELLS; c++) mass += density[c] * cell;
        check_near(mass, 1, 1e-3);
    }
    analyses_free(&o.a);
    free(net.params);
}

/* A threshold breaks the homogeneity: too little noise moves nothing, more than moves ever more. */
static void test_contours_with_a_threshold(void **state)
{
    (void)state;
    struct net net = net_make(3, 3, 3, true, 0);
    for (int i = 0; i < 9; i++) net.U[i] = i % 4 == 0;
    for (int i = 0; i < 3; i++) net.b_ih[i] = -1.5f;
    struct outcome o = analyse(&net, 1000, false, "contours");
    const double *ratio = get(&o, "contours", "sqrt_area_ratio");
    assert_true(isnan(ratio[0]) && isnan(get(&o, "contours", "area")[1]));
    check_near(ratio[1], 1, 0);
    assert_true(ratio[2] > 2.5 && ratio[4] > 6);
    assert_true(get(&o, "contours", "sqrt_area_ratio_se")[2] > 0);
    analyses_free(&o.a);
    free(net.params);
}

/* --- any network ------------------------------------------------------------------------------ */

static void test_degenerate_networks(void **state)
{
    (void)state;
    static const struct rnn_shape shape[] = {
        {1, 1, 2, false}, {1, 1, 2, true}, {4, 1, 255, false}, {4, 2, 255, true}};
    for (int i = 0; i < 4; i++) {
        struct net net =
            net_make(shape[i].hidden, shape[i].noise_dim, shape[i].symbols, shape[i].bias, .5);
        struct outcome o = analyse(&net, 100, true, NULL);
        check_near(fixed_point(&o, "end_states"), 1, 0);
        if (i < 2) assert_true(isnan(get(&o, "contours", "area")[1]));
        analyses_free(&o.a);
        memset(net.params, 0, rnn_num_params(net.shape) * sizeof *net.params); /* silent */
        o = analyse(&net, 100, true, NULL);
        check_near(fixed_point(&o, "end_states"), 1, 0);
        check_near(fixed_point(&o, "moving_share"), 0, 0);
        assert_true(isnan(fixed_point(&o, "largest_ratio")));
        assert_true(isnan(get(&o, "contours", "area")[1]));
        check_near(get(&o, "trajectory", "relaxed")[0], 0, 0);
        analyses_free(&o.a);
        free(net.params);
    }
}

static void test_exploding_networks(void **state)
{
    (void)state;
    for (int bias = 0; bias < 2; bias++) {
        struct net net = net_make(5, 3, 3, bias, 30); /* 30^100 overflows at once */
        struct outcome o = analyse(&net, 200, true, NULL);
        assert_true(isnan(fixed_point(&o, "end_states")));
        assert_true(isnan(get(&o, "trajectory", "driven")[0]));
        assert_true(isnan(get(&o, "contours", "area")[1]));
        analyses_free(&o.a);
        memset(net.W, 0, 25 * sizeof *net.W);
        for (int i = 0; i < 5; i++) net.W[i * 5 + (i + 1) % 5] = 1.05f; /* 1.05^120 does not yet */
        o = analyse(&net, 100, true, NULL);
        check_near(fixed_point(&o, "moving_share"), 1, 0); /* to 1.05^500, in its own units */
        assert_true(isnan(get(&o, "contours", "area")[1]));
        analyses_free(&o.a);
        free(net.params);
    }
}

/* Alone or together, again and again: the same bits. */
static void test_same_bits(void **state)
{
    (void)state;
    struct net net = net_make(6, 3, 3, false, .8);
    struct outcome all = analyse(&net, 300, true, NULL);
    static const char *const name[] = {"trajectory", "fixed_point", "contours"};
    for (int i = 0; i < 3; i++) {
        struct outcome o = analyse(&net, 300, false, name[i]);
        const struct analysis *one = analysis_find(name[i]);
        for (int k = 0; k < one->num_outputs; k++)
            assert_memory_equal(get(&o, name[i], one->output[k].name),
                                get(&all, name[i], one->output[k].name),
                                analysis_count(&one->output[k], &o.s) * sizeof(double));
        analyses_free(&o.a);
    }
    analyses_free(&all.a);
    free(net.params);
}

int main(void)
{
    struct status st;
    if (linalg_start(&st)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_pca_against_jacobi),
        cmocka_unit_test(test_pca_turned),
        cmocka_unit_test(test_pca_of_independent_units),
        cmocka_unit_test(test_fixed_point_of_a_known_decay),
        cmocka_unit_test(test_fixed_point_of_a_slow_decay),
        cmocka_unit_test(test_fixed_point_of_two_states),
        cmocka_unit_test(test_fixed_point_of_a_cycle),
        cmocka_unit_test(test_fixed_point_groups),
        cmocka_unit_test(test_trajectory_on_a_line),
        cmocka_unit_test(test_symbols_do_not_follow_the_noise),
        cmocka_unit_test(test_contours_follow_the_noise),
        cmocka_unit_test(test_contours_with_a_threshold),
        cmocka_unit_test(test_degenerate_networks),
        cmocka_unit_test(test_exploding_networks),
        cmocka_unit_test(test_same_bits),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
