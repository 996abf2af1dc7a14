/* made_network: networks written by hand for tests, one of them an exact HMM, and running one
 * analysis on them. */
#ifndef HMMGRID_TEST_MADE_NETWORK_H
#define HMMGRID_TEST_MADE_NETWORK_H

#include "check.h"
#include "hmmgrid/analyse.h"
#include "dynamics/particle.h"
#include <stdlib.h>
#include <string.h>

/* --- networks by hand ------------------------------------------------------------------------- */

struct made {
    struct rnn_shape shape;
    float *params; /* zero at first */
    float *U, *W, *R, *bias_h, *bias_z;
    struct network net;
};

/* Weights are written through the views; then call make_ready. */
static inline struct made make(int H, int D, int K, bool bias)
{
    struct made m = {.shape = {H, D, K, bias}};
    struct rnn_view v[MAX_RNN_VIEWS];
    m.params = calloc(rnn_num_params(m.shape), sizeof *m.params);
    assert_non_null(m.params);
    rnn_views(m.shape, v);
    m.U = m.params;
    m.W = m.params + v[1].offset;
    m.R = m.params + v[2].offset;
    if (!bias) return m;
    m.bias_h = m.params + v[3].offset;
    m.bias_z = m.params + v[5].offset;
    return m;
}

static inline void make_ready(struct made *m)
{
    struct status st = {0};
    check_ok(network_init(&m->net, m->shape, m->params, &st), &st);
}

static inline void made_free(struct made *m)
{
    network_free(&m->net);
    free(m->params);
}

/* log2 p^ of `repeats` independent filters of one sequence of T symbols. */
static inline double *repeat(const struct made *m, int initial_state, size_t particles,
                             const char *name, const uint8_t *sequence, int T, size_t repeats)
{
    struct particle_filter filter;
    struct status st = {0};
    uint8_t *symbols = malloc(repeats * (size_t)T);
    double *bits = malloc(repeats * sizeof *bits);
    assert_true(symbols && bits);
    for (size_t i = 0; i < repeats; i++) memcpy(symbols + i * (size_t)T, sequence, (size_t)T);
    check_ok(particle_init(&filter, &m->net, initial_state, particles, &st), &st);
    particle_log2_likelihood(&filter, rng_stream(3, name, "filter"), 0, symbols, repeats, T, bits,
                             NULL);
    particle_free(&filter);
    free(symbols);
    return bits;
}

static inline void mean_se(const double *x, size_t n, double *mean, double *se)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < n; i++) sum += x[i] / (double)n;
    for (size_t i = 0; i < n; i++) squares += (x[i] - sum) * (x[i] - sum);
    *mean = sum;
    *se = sqrt(squares / (double)(n - 1) / (double)n);
}

/* --- an HMM as a network ---------------------------------------------------------------------- */

enum {
    STATES = 3,
    LATER = STATES - 1,
    SYMBOLS = 3
}; /* state 0 is where it starts, and only that */
static double hmm_start[STATES] = {1, 0, 0};
static double hmm_transition[STATES * STATES] = {0, .6, .4, 0, .9, .1, 0, .25, .75};
static double hmm_emission[STATES * SYMBOLS] = {.2, .3, .5, .85, .1, .05, .05, .15, .8};

static inline void settings_of(struct settings *s, double *transition)
{
    struct status st = {0};
    const char *key;
    settings_default(s);
    s->hmm.architecture = CUSTOM;
    s->hmm.states = STATES;
    s->hmm.symbols = SYMBOLS;
    s->hmm.start = (struct matrix){1, STATES, hmm_start, ""};
    s->hmm.transition = (struct matrix){STATES, STATES, transition, ""};
    s->hmm.emission = EMISSION_MATRIX;
    s->hmm.emission_matrix = (struct matrix){STATES, SYMBOLS, hmm_emission, ""};
    s->data.length = 20;
    check_ok(settings_resolve(s, &key, &st), &st);
}

static inline struct hmm hmm_of(double *transition)
{
    struct settings s;
    struct status st = {0};
    struct hmm hmm;
    settings_of(&s, transition);
    check_ok(hmm_init(&hmm, &s, &st), &st);
    return hmm;
}

static inline double normal_cdf(double x)
{
    return erfc(-x / sqrt(2)) / 2;
}

static inline double normal_quantile(double p)
{
    double low = -10, high = 10;
    for (int i = 0; i < 100; i++) {
        double middle = (low + high) / 2;
        *(normal_cdf(middle) < p ? &low : &high) = middle;
    }
    return low;
}

/* The HMM above, exactly. With q_i the quantile of the noise below which state i goes to state 1:
 *   below_i = relu(q_i - x), above_i = relu(x - q_i), one = relu(1)
 *   v_i1' = relu(in_i - big above_i), v_i2' = relu(in_i - big below_i): 1 or 0, exactly one is 1
 * where in_i = sum_k v_ki for states 1 and 2, and in_0 = one - sum v. From h = 0, step 1 has no v:
 * it emits as state 0. Units: v (STATES, LATER), below, above (STATES), one. */
static inline struct made emulate(void)
{
    enum { BELOW = STATES * LATER, ABOVE = BELOW + STATES, ONE = ABOVE + STATES, H = ONE + 1 };
    const float big = 1e9f;
    struct made m = make(H, 1, SYMBOLS, true);
    for (int i = 0; i < STATES; i++) {
        float q = (float)normal_quantile(hmm_transition[i * STATES + 1]);
        m.bias_h[BELOW + i] = q;
        m.bias_h[ABOVE + i] = -q;
        m.U[BELOW + i] = -1;
        m.U[ABOVE + i] = 1;
        for (int j = 0; j < LATER; j++) {
            float *in = m.W + (i * LATER + j) * H;
            in[(j ? BELOW : ABOVE) + i] = -big;
            for (int k = 0; k < STATES; k++)
                for (int l = 0; l < LATER; l++)
                    if (i == 0 || i == l + 1) in[k * LATER + l] = i ? 1 : -1;
            if (i == 0) in[ONE] = 1;
            for (int o = 0; o < SYMBOLS; o++)
                m.R[o * H + i * LATER + j] =
                    (float)log(hmm_emission[(j + 1) * SYMBOLS + o] / hmm_emission[o]);
        }
    }
    m.bias_h[ONE] = 1;
    for (int o = 0; o < SYMBOLS; o++) m.bias_z[o] = (float)log(hmm_emission[o]);
    make_ready(&m);
    return m;
}

/* --- results of an analysis ------------------------------------------------------------------- */

struct results {
    struct settings s;
    struct analyses a;
    int index;
};

static inline int run(struct results *r, const char *name, const struct settings *s,
                      const struct made *m, const struct hmm *hmm,
                      const struct analyse_options *options, struct status *st)
{
    const struct analysis *analysis = analysis_find(name);
    assert_non_null(analysis);
    r->s = *s;
    for (int i = 0; i < num_analyses; i++)
        analysis_enable(analysis_table[i], analysis_table[i] == analysis, &r->s);
    for (r->index = 0; analysis_table[r->index] != analysis;) r->index++;
    r->s.rnn.hidden = m->shape.hidden;
    r->s.rnn.noise_dim = m->shape.noise_dim;
    r->s.rnn.bias = m->shape.bias;
    r->s.hmm.symbols = m->shape.symbols;
    check_ok(analyses_init(&r->a, &r->s, st), st);
    return analyse_network(&r->s, m->shape, m->params, hmm, options, &r->a, st);
}

static inline const double *result(const struct results *r, const char *name)
{
    const struct analysis *analysis = analysis_table[r->index];
    for (int o = 0; o < analysis->num_outputs; o++)
        if (strcmp(analysis->output[o].name, name) == 0) return r->a.value[r->index][o];
    fail_msg("no output %s", name);
    return NULL;
}

static inline double value(const struct results *r, const char *name)
{
    return *result(r, name);
}

#endif
