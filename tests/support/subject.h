/* subject: a small network with weights set by hand, and what orbit, readout and subspace say of
 * it. */
#ifndef HMMGRID_TEST_SUBJECT_H
#define HMMGRID_TEST_SUBJECT_H

#include "analyse/analysis.h"
#include "check.h"

#include <stdlib.h>
#include <string.h>

struct subject {
    struct settings s;
    struct rnn_shape shape;
    float *params, *U, *W, *R, *b; /* b: of the hidden units, NULL without biases */
    struct analyses a;
};

/* All weights zero. */
static inline struct subject build(int H, int D, int K, bool bias, int steps)
{
    struct subject n = {0};
    struct status st = {0};
    struct rnn_view v[MAX_RNN_VIEWS];
    const char *key;
    settings_default(&n.s);
    n.s.hmm.architecture = FULLY_CONNECTED;
    n.s.hmm.emission = EMISSION_GAUSSIAN;
    n.s.hmm.symbols = K;
    n.s.rnn.hidden = H;
    n.s.rnn.noise_dim = D;
    n.s.rnn.bias = bias;
    n.s.analysis.steps = steps;
    check_ok(settings_resolve(&n.s, &key, &st), &st);
    for (int i = 0; i < num_analyses; i++) {
        const struct analysis *a = analysis_table[i];
        analysis_enable(
            a, a == &analysis_orbit || a == &analysis_readout || a == &analysis_subspace, &n.s);
    }
    n.shape = rnn_shape_of(&n.s);
    n.params = calloc(rnn_num_params(n.shape), sizeof *n.params);
    assert_non_null(n.params);
    int views = rnn_views(n.shape, v);
    n.U = n.params + v[0].offset;
    n.W = n.params + v[1].offset;
    n.R = n.params + v[2].offset;
    if (views > 3) n.b = n.params + v[3].offset;
    return n;
}

static inline void take_apart(struct subject *n)
{
    struct status st = {0};
    analyses_free(&n->a);
    check_ok(analyses_init(&n->a, &n->s, &st), &st);
    check_ok(analyse_network(&n->s, n->shape, n->params, NULL, NULL, &n->a, &st), &st);
}

static inline void drop(struct subject *n)
{
    analyses_free(&n->a);
    free(n->params);
}

static inline int output_index(const struct analysis *analysis, const char *name)
{
    for (int o = 0; o < analysis->num_outputs; o++)
        if (strcmp(analysis->output[o].name, name) == 0) return o;
    fail_msg("no output %s", name);
    return 0;
}

static inline const double *get(const struct subject *n, const struct analysis *analysis,
                                const char *name)
{
    for (int i = 0; i < num_analyses; i++)
        if (analysis_table[i] == analysis) return n->a.value[i][output_index(analysis, name)];
    fail_msg("%s is not in the table", analysis->name);
    return NULL;
}

static inline const double *orbit(const struct subject *n, const char *name)
{
    return get(n, &analysis_orbit, name);
}

static inline const double *readout(const struct subject *n, const char *name)
{
    return get(n, &analysis_readout, name);
}

static inline const double *subspace(const struct subject *n, const char *name)
{
    return get(n, &analysis_subspace, name);
}

#endif
