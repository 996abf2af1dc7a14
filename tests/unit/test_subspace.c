/* Subspace on symbols and states made by hand, and on noise without memory. */
#include "../support/subject.h"
#include "base/linalg.h"

static const double PI = 3.141592653589793;

/* Outputs of subspace for a driven run made by hand: states h (n, H) with these symbols. */
static void analyse_by_hand(struct subject *n, float *h, uint8_t *symbol, size_t count)
{
    struct status st = {0};
    struct network net;
    struct driven driven = {.n = count, .h = h, .symbol = symbol};
    struct analysis_memo memo = {.driven = &driven};
    int H = n->shape.hidden;
    check_ok(network_init(&net, n->shape, n->params, &st), &st);
    check_ok(pca_fit(&driven.pca, h, count, H, H < 10 ? H : 10, &st), &st);
    analyses_free(&n->a);
    check_ok(analyses_init(&n->a, &n->s, &st), &st);
    struct analysis_input in = {
        .s = &n->s, .net = &net, .memo = &memo, .rng = rng_stream(0, "by hand", "subspace")};
    for (int i = 0; i < num_analyses; i++)
        if (analysis_table[i] == &analysis_subspace)
            check_ok(analysis_run(i, &in, &n->a, &st), &st);
    pca_free(&driven.pca);
    network_free(&net);
}

static void fill_runs(uint8_t *symbol, const int (*run)[2], int num)
{
    for (int i = 0; i < num; i++)
        for (int t = 0; t < run[i][1]; t++) *symbol++ = (uint8_t)run[i][0];
}

/* Runs of three symbols counted by hand, and components that are the axes of the states. The
 * readout has a state say its symbol by the sign of the last unit; the network is dead, so that
 * after one step it says 0. */
static void test_runs_and_components_by_hand(void **state)
{
    (void)state;
    enum { N = 800, NUM = 8 };
    static const int run[NUM][2] = {{0, 100}, {1, 100}, {2, 25},  {0, 20},
                                    {2, 180}, {1, 75},  {2, 100}, {1, 200}};
    /* {0,1}: 200, 20, 75, 200; {0,2}: 100, 225, 100; {1,2}: 125, 555 */
    static const double runs[] = {4, 3, 2}, over_20[] = {3, 3, 2}, over_200[] = {0, 1, 1};
    static const double longest[] = {200, 225, 555}, begin[] = {0, 200, 245};
    static const double share[] = {495. / N, 425. / N, 680. / N};
    static const double symbols[] = {0, 1, 0, 2, 1, 2};
    uint8_t symbol[N];
    float *h = calloc(N * 4, sizeof *h);
    assert_non_null(h);
    fill_runs(symbol, run, NUM);
    for (int t = 0; t < N; t++) { /* steps of 1, 2, 4: independent axes of variance 100, 4, 1 */
        h[4 * t] = t & 1 ? 10 : -10;
        h[4 * t + 1] = t & 2 ? 2 : -2;
        h[4 * t + 2] = t & 4 ? 1 : -1;
        h[4 * t + 3] = symbol[t] == 1 ? 1e-3f : symbol[t] == 2 ? -1e-3f : 0;
    }
    struct subject n = build(4, 1, 3, false, N);
    n.R[4 + 3] = 1;
    n.R[8 + 3] = -1;
    analyse_by_hand(&n, h, symbol, N);
    for (int p = 0; p < 3; p++) {
        check_near(subspace(&n, "runs")[p], runs[p], 0);
        check_near(subspace(&n, "runs_over_20")[p], over_20[p], 0);
        check_near(subspace(&n, "runs_over_200")[p], over_200[p], 0);
        check_near(subspace(&n, "longest_run")[p], longest[p], 0);
        check_near(subspace(&n, "share")[p], share[p], 1e-15);
        for (int i = 0; i < 2; i++)
            check_near(subspace(&n, "symbol")[2 * p + i], symbols[2 * p + i], 0);
        const double *explained = subspace(&n, "explained") + 3 * p;
        check_near(explained[0], 100. / 105, .002); /* stretches are no multiples of 8 */
        check_near(explained[1], 4. / 105, .002);
        check_near(explained[2], 1. / 105, .002);
        for (int i = 0; i < 200; i++) {
            int t = (int)begin[p] + i;
            const double *x = subspace(&n, "path") + (p * 200 + i) * 2;
            check_near(subspace(&n, "path_symbol")[p * 200 + i], symbol[t], 0);
            check_near(fabs(x[0]), 10, .5); /* about the mean of the pair */
            check_near(fabs(x[1]), 1, .5);
        }
    }
    check_near(subspace(&n, "global_explained")[0], 100. / 105, 1e-3);
    for (int p = 0; p < 3; p++) check_near(subspace(&n, "residency_states")[p], 300, 0);
    check_near(subspace(&n, "residency_over_200_states")[0], 0, 0);
    check_near(subspace(&n, "residency_over_200_states")[1], 300 * 225. / 425, 1);
    /* states of symbol 0 never leave it, the others at once: 100 of 475 states of {0,1} */
    double zeros = 100. / 475;
    check_near(subspace(&n, "residency")[0], 60 * zeros + 1 - zeros, 59. / 300);
    check_near(subspace(&n, "residency_sd")[0], 59 * sqrt(zeros * (1 - zeros)), .2);
    check_near(subspace(&n, "residency_censored")[0], zeros, 1. / 300);
    check_near(subspace(&n, "residency")[2], 1, 0);
    check_near(subspace(&n, "residency_sd")[2], 0, 0);
    check_near(subspace(&n, "residency_over_200")[1], 60 * 20. / 225 + 205. / 225, 59. / 150);
    drop(&n);
    free(h);
}

/* Beyond three symbols: the pairs with the most changes, ties to the smaller symbols; short runs.
 */
static void test_pairs_of_many_symbols(void **state)
{
    (void)state;
    enum { N = 120, NUM = 12 };
    static const int run[NUM][2] = {{4, 10}, {3, 5}, {4, 7}, {3, 9},  {4, 8}, {0, 8},
                                    {4, 3},  {1, 4}, {2, 2}, {2, 11}, {0, 3}, {2, 50}};
    static const double expected[] = {3, 4, 0, 2, 0, 4}; /* 4, 2, 2; {1,4} and {1,2} once */
    uint8_t symbol[N];
    float h[N * 2];
    fill_runs(symbol, run, NUM);
    for (int t = 0; t < N; t++) h[2 * t] = (float)(t % 7), h[2 * t + 1] = (float)(t % 5);
    struct subject n = build(2, 1, 5, false, N);
    analyse_by_hand(&n, h, symbol, N);
    for (int i = 0; i < 6; i++) check_near(subspace(&n, "symbol")[i], expected[i], 0);
    check_near(subspace(&n, "longest_run")[0], 39, 0);
    assert_true(isnan(subspace(&n, "path")[2 * 39]) && isnan(subspace(&n, "path_symbol")[39]));
    assert_false(isnan(subspace(&n, "path")[2 * 38]));
    assert_true(isnan(subspace(&n, "path")[1])); /* two units have no third component */
    check_near(subspace(&n, "residency_states")[0], 39, 0);
    check_near(subspace(&n, "residency_over_200_states")[0], 0, 0);
    assert_true(isnan(subspace(&n, "residency_over_200")[0]));
    for (int t = 0; t < N; t++) symbol[t] = t < 60 ? 1 : 3; /* one pair with changes */
    analyse_by_hand(&n, h, symbol, N);
    check_near(subspace(&n, "symbol")[1], 3, 0);
    assert_true(isnan(subspace(&n, "symbol")[2]) && isnan(subspace(&n, "share")[1]));
    drop(&n);
}

/* Two symbols at random, p_0 = 5/8: a state of symbol k keeps it for 1 / (1 - p_k) steps on
 * average. The states are relu(x) of a normal x (variance 1/2 - 1/(2 pi)) times 4, 2, 1, and
 * everything scales with the noise. */
static void test_memoryless_residency_and_ellipse(void **state)
{
    (void)state;
    static const double levels[] = {.1, 1, 2, 3, 4};
    struct subject n = build(3, 3, 2, false, 3000);
    for (int i = 0; i < 3; i++) n.U[4 * i] = (float)(4 >> i);
    n.R[0] = 1, n.R[3 + 1] = 2; /* equal logits by chance only where both are 0: symbol 0 */
    take_apart(&n);
    double stay0 = .25 + .375, stay[2] = {stay0, 1 - stay0}, mean = 0;
    for (int k = 0; k < 2; k++) mean += stay[k] / (1 - stay[k]);
    check_near(subspace(&n, "residency")[0], mean, .15); /* sem about .03 */
    check_near(subspace(&n, "residency_over_200")[0], subspace(&n, "residency")[0], 0);
    check_near(subspace(&n, "residency_states")[0], 300, 0);
    check_near(subspace(&n, "residency_censored")[0], 0, 0);
    check_near(subspace(&n, "longest_run")[0], 3000, 0);
    double variance = .5 - 1 / (2 * PI), area = PI * 5.991465 * variance * 4;
    const double *ellipse = subspace(&n, "ellipse_area");
    check_near(subspace(&n, "ellipse_states")[0], 10000, 0);
    check_relative(ellipse[1], area, .07); /* sd of a variance of relu(x) of 10000 states: 2 % */
    for (int v = 0; v < 5; v++)
        check_relative(ellipse[v], levels[v] * levels[v] * ellipse[1], 1e-5);
    const double *contour = subspace(&n, "contour_area"), *residency = subspace(&n, "residency");
    const double *density = subspace(&n, "density"), *edge = subspace(&n, "extent");
    for (int v = 0; v < 5; v++) { /* widened by 3 times Scott's factor: .65 sd */
        check_relative(contour[3 * v], levels[v] * levels[v] * contour[3], .01);
        assert_true(contour[3 * v] < contour[3 * v + 1] && contour[3 * v + 1] < contour[3 * v + 2]);
        double mass = 0, cell = (edge[1] - edge[0]) * (edge[3] - edge[2]) / 625;
        for (int i = 0; i < 625; i++) mass += cell * density[625 * v + i];
        check_near(mass, 1, .005);
        edge += 4;
    }
    assert_true(contour[4] > ellipse[1] && contour[4] < 2 * ellipse[1]);
    assert_true(isnan(contour[15]) && isnan(density[625 * 5]));
    double sum = 0;
    for (int i = 0; i < 300; i++) sum += subspace(&n, "sample_residency")[i] / 300;
    check_near(sum, residency[0], 1e-6);
    assert_true(isnan(ellipse[5]) && isnan(subspace(&n, "symbol")[2]));
    drop(&n);
}

int main(void)
{
    struct status st = {0};
    if (linalg_start(&st)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_runs_and_components_by_hand),
        cmocka_unit_test(test_pairs_of_many_symbols),
        cmocka_unit_test(test_memoryless_residency_and_ellipse),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
