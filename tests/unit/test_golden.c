/* Known answers computed with PyTorch 1.13 and geomloss 0.2.6 in float64 (tests/golden/README.md):
 * the plain and the fast kernels at every level that this CPU has. Run from the top folder. */
#include "../reference/reference.h"
#include "../support/check.h"
#include "../support/golden.h"
#include "model/adam.h"
#include "base/kernel.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char SINKHORN[] = "tests/golden/sinkhorn.h5", RNN[] = "tests/golden/rnn.h5";

static char *path(const char *group, const char *item)
{
    static char name[4][512];
    static int turn;
    turn = (turn + 1) % 4;
    snprintf(name[turn], sizeof name[turn], "%s/%s", group, item);
    return name[turn];
}

static double largest_of(const double *x, size_t n)
{
    double largest = 0;
    for (size_t i = 0; i < n; i++) largest = fabs(x[i]) > largest ? fabs(x[i]) : largest;
    return largest;
}

/* --- Sinkhorn --------------------------------------------------------------------------------- */

struct sinkhorn_case {
    const char *name;
    uint8_t *x, *y;
    size_t n, m;
    int T, K;
    struct sinkhorn_options options;
    double value, *grad;
};

static struct sinkhorn_case load_case(const char *name)
{
    struct sinkhorn_case c = {.name = name};
    size_t dims[3];
    c.y = golden_bytes(SINKHORN, path(name, "y"), NULL, dims);
    c.m = dims[0];
    c.x = golden_bytes(SINKHORN, path(name, "x"), NULL, dims);
    c.n = dims[0];
    c.T = (int)dims[1];
    c.K = (int)golden_attribute(SINKHORN, name, "n_symbols");
    c.options.blur = golden_attribute(SINKHORN, name, "blur");
    c.options.scaling = golden_attribute(SINKHORN, name, "scaling");
    c.value = golden_attribute(SINKHORN, name, "value");
    c.grad = golden_doubles(SINKHORN, path(name, "grad_x"), NULL, NULL);
    return c;
}

static void free_case(struct sinkhorn_case *c)
{
    free(c->x), free(c->y), free(c->grad);
}

/* |actual - expected| <= tol * scale, where a zero scale asks for an absolute tolerance */
static void check_arrays(const char *what, const char *name, const double *actual,
                         const double *expected, size_t n, double tolerance)
{
    double scale = largest_of(expected, n);
    if (scale < 1e-9) scale = 1; /* identical clouds: geomloss leaves rounding of 1e-17 */
    for (size_t i = 0; i < n; i++)
        if (!(fabs(actual[i] - expected[i]) <= tolerance * scale))
            fail_msg("%s of %s, entry %zu: %.9g, expected %.9g (largest %.3g, tolerance %.0e)",
                     what, name, i, actual[i], expected[i], scale, tolerance);
}

static void plain_case(void *context, const char *name)
{
    int *num = context;
    struct sinkhorn_case c = load_case(name);
    size_t entries = c.n * (size_t)c.T * (size_t)c.K;
    double *grad = calloc(entries, sizeof *grad), *pot = calloc(2 * (c.n + c.m), sizeof *pot),
           value;
    struct sinkhorn_potentials p = {pot, pot + c.n, pot + c.n + c.m, pot + 2 * c.n + c.m};
    struct status st;
    check_ok(sinkhorn_plain(c.x, c.n, c.y, c.m, c.T, c.K, c.options, &value, grad, &p, &st), &st);
    check_near(value, c.value, 1e-10 * (fabs(c.value) + 1e-3));
    check_arrays("gradient", name, grad, c.grad, entries, 1e-10);
    const char *item[] = {"f_ba", "g_ab", "f_aa", "g_bb"};
    double *mine[] = {p.f, p.g, p.p, p.q};
    for (int i = 0; i < 4; i++) {
        size_t count;
        double *expected = golden_doubles(SINKHORN, path(name, item[i]), &count, NULL);
        check_arrays(item[i], name, mine[i], expected, count, 1e-10);
        free(expected);
    }
    double eps[SINKHORN_MAX_LEVELS];
    size_t count;
    double *expected = golden_doubles(SINKHORN, path(name, "eps_list"), &count, NULL);
    assert_int_equal(sinkhorn_levels(golden_attribute(SINKHORN, name, "diameter"), c.options, eps),
                     (int)count);
    check_arrays("eps_list", name, eps, expected, count, 1e-12);
    free(expected), free(grad), free(pot);
    free_case(&c);
    ++*num;
}

static void test_sinkhorn_plain(void **state)
{
    (void)state;
    int num = 0;
    golden_groups(SINKHORN, plain_case, &num);
    assert_int_equal(num, 11);
}

static void fast_case(void *context, const char *name)
{
    int *num = context;
    struct sinkhorn_case c = load_case(name);
    struct arena arena;
    struct sinkhorn_work work;
    struct sinkhorn_target target;
    struct status st;
    arena_measure(&arena);
    sinkhorn_work_init(&work, &arena, c.n, c.m, c.T, c.K);
    sinkhorn_target_init(&target, &arena, c.y, c.m, c.T, c.K);
    check_ok(arena_init(&arena, arena.used, &st), &st);
    sinkhorn_work_init(&work, &arena, c.n, c.m, c.T, c.K);
    sinkhorn_target_init(&target, &arena, c.y, c.m, c.T, c.K);
    size_t entries = c.n * (size_t)c.T * (size_t)c.K;
    float *grad = calloc(entries, sizeof *grad);
    double *wide = calloc(entries, sizeof *wide), value;
    for (int again = 0; again < 2; again++) { /* the second time with the target's q from before */
        check_ok(sinkhorn_loss(&work, &target, c.x, c.n, c.options, &value, grad, &st), &st);
        for (size_t i = 0; i < entries; i++) wide[i] = (double)grad[i];
        check_near(value, c.value, 1e-5 * (fabs(c.value) + 1e-2));
        /* float32 potentials: their last bit over eps is what limits the sharp cases */
        int sharp = !strcmp(name, "sharp") || !strcmp(name, "t255");
        check_arrays("gradient", name, wide, c.grad, entries, sharp ? 1e-3 : 1e-4);
    }
    free(grad), free(wide);
    arena_free(&arena);
    free_case(&c);
    ++*num;
}

static void test_sinkhorn_fast(void **state)
{
    (void)state;
    for (int level = 0; level < NUM_KERNEL_LEVELS; level++) {
        if (!kernel_force((enum kernel_level)level)) continue;
        int num = 0;
        golden_groups(SINKHORN, fast_case, &num);
        assert_int_equal(num, 11);
    }
}

/* --- network ---------------------------------------------------------------------------------- */

/* parameters (or gradients) of group, flat, in the order of the views */
static double *load_params(const char *where, struct rnn_shape shape)
{
    char group[256];
    snprintf(group, sizeof group, "%s", where); /* `where` may be path()'s own buffer */
    struct rnn_view v[MAX_RNN_VIEWS];
    int num = rnn_views(shape, v);
    double *flat = calloc(rnn_num_params(shape), sizeof *flat);
    for (int i = 0; i < num; i++) {
        size_t count;
        double *part = golden_doubles(RNN, path(group, v[i].name), &count, NULL);
        assert_int_equal(count, v[i].count);
        memcpy(flat + v[i].offset, part, count * sizeof *part);
        free(part);
    }
    return flat;
}

static float *narrowed(const double *x, size_t n)
{
    float *y = calloc(n ? n : 1, sizeof *y);
    for (size_t i = 0; i < n; i++) y[i] = (float)x[i];
    return y;
}

struct rnn_case {
    const char *name;
    struct rnn_shape shape;
    size_t n, num_params;
    int T, steps;
    uint8_t *target;
    double tau, decay, blur;
    struct adam_options adam;
    double clip;
};

static struct rnn_case load_rnn(const char *name)
{
    struct rnn_case c = {.name = name};
    size_t dims[3];
    c.target = golden_bytes(RNN, path(name, "target"), NULL, dims);
    c.n = dims[0];
    c.T = (int)dims[1];
    free(golden_doubles(RNN, path(name, "init/rnn.weight_ih_l0"), NULL, dims));
    c.shape = (struct rnn_shape){(int)dims[0], (int)dims[1],
                                 (int)golden_attribute(RNN, name, "n_symbols"),
                                 golden_has(RNN, path(name, "init/fc.bias"))};
    c.num_params = rnn_num_params(c.shape);
    c.steps = (int)golden_attribute(RNN, name, "steps");
    c.tau = golden_attribute(RNN, name, "tau");
    c.decay = golden_attribute(RNN, name, "weight_decay");
    c.blur = golden_attribute(RNN, name, "blur");
    c.clip = golden_attribute(RNN, name, "clip_norm");
    c.adam = (struct adam_options){
        golden_attribute(RNN, name, "lr"), golden_attribute(RNN, name, "beta1"),
        golden_attribute(RNN, name, "beta2"), golden_attribute(RNN, name, "adam_eps")};
    return c;
}

/* what one optimiser step reads */
struct rnn_inputs {
    double *noise, *gumbel, *initial;
    size_t num_noise, num_gumbel, num_initial;
};

static struct rnn_inputs load_inputs(const char *group)
{
    struct rnn_inputs in;
    in.noise = golden_doubles(RNN, path(group, "noise"), &in.num_noise, NULL);
    in.gumbel = golden_doubles(RNN, path(group, "gumbel"), &in.num_gumbel, NULL);
    in.initial = golden_doubles(RNN, path(group, "h0"), &in.num_initial, NULL);
    return in;
}

static void free_inputs(struct rnn_inputs *in)
{
    free(in->noise), free(in->gumbel), free(in->initial);
}

/* gradient of wd (|U| + |W| + |R| + norms of the biases), in float64 */
static void add_penalty_gradient(const struct rnn_case *c, const double *params, double *grad)
{
    struct rnn_view v[MAX_RNN_VIEWS];
    int num = rnn_views(c->shape, v);
    for (int i = 0; i < num; i++) {
        double squares = 0;
        const double *w = params + v[i].offset;
        for (size_t j = 0; j < v[i].count; j++) squares += w[j] * w[j];
        for (size_t j = 0; j < v[i].count; j++)
            grad[v[i].offset + j] += c->decay * w[j] / sqrt(squares);
    }
}

/* One step with the plain kernels: every stored number to 1e-9. */
static void plain_step(const struct rnn_case *c, const char *group, const double *params)
{
    struct rnn_inputs in = load_inputs(group);
    size_t nt = c->n * (size_t)c->T, K = (size_t)c->shape.symbols, H = (size_t)c->shape.hidden;
    double *hidden = calloc(nt * H, 8), *logits = calloc(nt * K, 8), *prob = calloc(nt * K, 8);
    double *dsymbols = calloc(nt * K, 8), *grad = calloc(c->num_params, 8), value;
    uint8_t *symbols = calloc(nt, 1);
    struct status st;
    rnn_plain_forward(c->shape, params, in.noise, in.initial, c->n, c->T, hidden, logits);
    rnn_plain_emit(logits, in.gumbel, c->n, c->T, (int)K, c->tau, prob, symbols);
    double *expected = golden_doubles(RNN, path(group, "hidden"), NULL, NULL);
    check_arrays("hidden", group, hidden, expected, nt * H, 1e-10), free(expected);
    expected = golden_doubles(RNN, path(group, "logits"), NULL, NULL);
    check_arrays("logits", group, logits, expected, nt * K, 1e-10), free(expected);
    uint8_t *sampled = golden_bytes(RNN, path(group, "symbols"), NULL, NULL);
    assert_memory_equal(symbols, sampled, nt);
    check_ok(sinkhorn_plain(symbols, c->n, c->target, c->n, c->T, (int)K,
                            (struct sinkhorn_options){c->blur, 0.5}, &value, dsymbols, NULL, &st),
             &st);
    rnn_plain_backward(c->shape, params, in.noise, in.initial, hidden, prob, c->n, c->T, c->tau,
                       dsymbols, grad);
    check_relative(value, golden_attribute(RNN, group, "loss"), 1e-10);
    add_penalty_gradient(c, params, grad); /* the stored loss is without, the gradient with it */
    double *expected_grad = load_params(path(group, "grad"), c->shape);
    /* 1e-6: PyTorch's straight-through output is o - y + y, one rounding away from one-hot */
    check_arrays("gradient", group, grad, expected_grad, c->num_params, 1e-6);
    free(hidden), free(logits), free(prob), free(dsymbols), free(grad), free(symbols);
    free(sampled), free(expected_grad);
    free_inputs(&in);
}

static void plain_rnn(void *context, const char *name)
{
    int *num = context;
    struct rnn_case c = load_rnn(name);
    for (int step = 0; step < c.steps; step++, ++*num) {
        char group[128], before[160];
        snprintf(group, sizeof group, "%s/step%d", name, step);
        if (step)
            snprintf(before, sizeof before, "%s/step%d/after", name, step - 1);
        else
            snprintf(before, sizeof before, "%s/init", name);
        double *params = load_params(before, c.shape);
        plain_step(&c, group, params);
        free(params);
    }
    free(c.target);
}

static void test_rnn_plain(void **state)
{
    (void)state;
    int num = 0;
    golden_groups(RNN, plain_rnn, &num);
    assert_int_equal(num, 7);
}

struct fast_state {
    struct arena arena;
    struct rnn_work rnn;
    struct sinkhorn_work sinkhorn;
    struct sinkhorn_target target;
    float *params, *grad, *m, *v, *dsymbols;
    uint8_t *symbols;
};

static void take_fast(struct fast_state *f, const struct rnn_case *c)
{
    struct arena *a = &f->arena;
    int K = c->shape.symbols;
    size_t nt = c->n * (size_t)c->T;
    rnn_work_init(&f->rnn, a, c->shape, c->n, c->T, 1);
    sinkhorn_work_init(&f->sinkhorn, a, c->n, c->n, c->T, K);
    sinkhorn_target_init(&f->target, a, c->target, c->n, c->T, K);
    f->params = arena_take(a, c->num_params, 4), f->grad = arena_take(a, c->num_params, 4);
    f->m = arena_take(a, c->num_params, 4), f->v = arena_take(a, c->num_params, 4);
    f->dsymbols = arena_take(a, nt * (size_t)K, 4);
    f->symbols = arena_take(a, nt, 1);
}

/* One step with the fast kernels, going on from their own weights. Tolerances: float32 has 6e-8;
 * a gradient sums n T products of both signs, and the steps add up. */
static void fast_step(const struct rnn_case *c, struct fast_state *f, const char *group, int step)
{
    struct rnn_inputs in = load_inputs(group);
    float *noise = narrowed(in.noise, in.num_noise), *gumbel = narrowed(in.gumbel, in.num_gumbel);
    float *initial = narrowed(in.initial, in.num_initial);
    struct rnn_drive drive = {
        .given_noise = noise, .given_gumbel = gumbel, .given_initial = initial};
    struct status st;
    double value, *wide = calloc(c->num_params, 8), *params = calloc(c->num_params, 8);
    rnn_forward(&f->rnn, f->params, &drive, c->n, c->tau, f->symbols);
    uint8_t *sampled = golden_bytes(RNN, path(group, "symbols"), NULL, NULL);
    assert_memory_equal(f->symbols, sampled, c->n * (size_t)c->T);
    check_ok(sinkhorn_loss(&f->sinkhorn, &f->target, f->symbols, c->n,
                           (struct sinkhorn_options){c->blur, 0.5}, &value, f->dsymbols, &st),
             &st);
    memset(f->grad, 0, c->num_params * sizeof(float));
    rnn_backward(&f->rnn, f->params, &drive, c->n, c->tau, f->dsymbols, f->grad);
    for (size_t i = 0; i < c->num_params; i++) params[i] = (double)f->params[i];
    for (size_t i = 0; i < c->num_params; i++) wide[i] = (double)f->grad[i];
    check_relative(value, golden_attribute(RNN, group, "loss"), 1e-5);
    add_penalty_gradient(c, params, wide);
    double *expected = load_params(path(group, "grad"), c->shape);
    check_arrays("gradient", group, wide, expected, c->num_params, 1e-4), free(expected);
    for (size_t i = 0; i < c->num_params; i++) f->grad[i] = (float)wide[i];
    double norm = adam_clip(f->grad, c->num_params, c->clip);
    check_relative(norm, golden_attribute(RNN, group, "grad_norm"), 1e-5);
    adam_step(f->params, f->grad, f->m, f->v, c->num_params, step + 1, &c->adam);
    for (size_t i = 0; i < c->num_params; i++) wide[i] = (double)f->params[i];
    expected = load_params(path(group, "after"), c->shape);
    check_arrays("weights", group, wide, expected, c->num_params, 1e-5), free(expected);
    free(noise), free(gumbel), free(initial), free(wide), free(params), free(sampled);
    free_inputs(&in);
}

static void fast_rnn(void *context, const char *name)
{
    int *num = context;
    struct rnn_case c = load_rnn(name);
    struct fast_state f;
    struct status st;
    arena_measure(&f.arena);
    take_fast(&f, &c);
    check_ok(arena_init(&f.arena, f.arena.used, &st), &st);
    take_fast(&f, &c);
    double *init = load_params(path(name, "init"), c.shape);
    for (size_t i = 0; i < c.num_params; i++) f.params[i] = (float)init[i];
    free(init);
    for (int step = 0; step < c.steps; step++, ++*num) {
        char group[128];
        snprintf(group, sizeof group, "%s/step%d", name, step);
        fast_step(&c, &f, group, step);
    }
    arena_free(&f.arena);
    free(c.target);
}

static void test_rnn_fast(void **state)
{
    (void)state;
    for (int level = 0; level < NUM_KERNEL_LEVELS; level++) {
        if (!kernel_force((enum kernel_level)level)) continue;
        int num = 0;
        golden_groups(RNN, fast_rnn, &num);
        assert_int_equal(num, 7);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_sinkhorn_plain), cmocka_unit_test(test_sinkhorn_fast),
        cmocka_unit_test(test_rnn_plain), cmocka_unit_test(test_rnn_fast)};
    return cmocka_run_group_tests_name("golden", tests, NULL, NULL);
}
