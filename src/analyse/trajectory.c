/* trajectory: paths of states in the plane and space of the leading components, for figures: some
 * without noise from states of the driven run, one with noise. Refuses to summarise them
 * (fixed_point and orbit do). Unlike the reference the start is kept, as step 0. Source: SCIENCE 4.
 */
#include "analysis.h"
#include "base/paper.h"
#include "dynamics/relax.h"

#include <math.h>

enum { COMPONENTS = 3, STARTS = 20, KEPT = 50, STEPS = 500 };

/* every step while the published figures follow the path, then ever fewer; the last is STEPS */
static const double kept_step[KEPT] = {0,  1,  2,  3,  4,  5,   6,   7,   8,   9,   10,   11, 12,
                                       13, 14, 15, 16, 17, 18,  19,  20,  21,  22,  23,   24, 25,
                                       26, 27, 28, 29, 30, 31,  32,  33,  34,  35,  36,   37, 38,
                                       39, 40, 50, 60, 80, 100, 150, 200, 300, 400, STEPS};

static const struct analysis_dim component = {"component", COMPONENTS, NULL, "1",
                                              "principal component of the driven run"};
static const struct analysis_dim start = {"start", STARTS, NULL, "1",
                                          "a state of the driven run, drawn without replacement"};
static const struct analysis_dim relaxed_step = {"relaxed_step", KEPT, kept_step, "step",
                                                 "steps without noise since the start"};
static const struct analysis_dim driven_step = {"driven_step", STEPS + 1, NULL, "step",
                                                "steps with noise since the start"};

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    SOLID(RELAXED, "relaxed", start, relaxed_step, component, "1",                                 \
          "scores of the states without noise")                                                    \
    PLANE(RELAXED_SYMBOL, "relaxed_symbol", start, relaxed_step, "1",                              \
          "likeliest symbol of the states without noise")                                          \
    PLANE(DRIVEN, "driven", driven_step, component, "1",                                           \
          "scores of one trajectory with noise of sd 1")                                           \
    CURVE(DRIVEN_SYMBOL, "driven_symbol", driven_step, "1",                                        \
          "likeliest symbol along that trajectory")                                                \
    PLANE(RELAXED_SAMPLED, "relaxed_sampled", start, relaxed_step, "1",                            \
          "a symbol drawn from the softmax of the logits of the states without noise")             \
    CURVE(DRIVEN_SAMPLED, "driven_sampled", driven_step, "1",                                      \
          "a symbol drawn from the softmax of the logits along that trajectory")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

/* Scores of one state, how many of them; none once it has overflowed. */
static int score_of(const struct pca *pca, const float *h, double score[COMPONENTS])
{
    int count = pca->count < COMPONENTS ? pca->count : COMPONENTS;
    pca_project(pca, h, 1, count, score);
    for (int c = 0; c < count; c++)
        if (!isfinite(score[c])) return 0;
    return count;
}

/* h (H): scratch */
static void keep_relaxed(struct relax *r, const struct pca *pca, struct rng draw, int k, float *h,
                         struct outputs *out)
{
    int H = r->all.net->shape.hidden, K = r->all.net->shape.symbols, n = (int)r->all.n;
    double score[COMPONENTS];
    uint8_t likeliest[STARTS];
    /* the likeliest symbol does not depend on the unit of the states where that is not 1 */
    ensemble_read(&r->all, likeliest);
    for (int i = 0; i < n; i++) {
        for (int j = 0; j < H; j++) h[j] = ldexpf(r->all.h[i * H + j], r->exponent[i]);
        int count = score_of(pca, h, score);
        for (int c = 0; c < count; c++) put(out, RELAXED, score[c], i, k, c);
        if (count == 0) continue;
        put(out, RELAXED_SYMBOL, likeliest[i], i, k);
        float *z = r->all.z + i * K; /* biases: the exponent is 0 */
        for (int j = 0; j < K; j++) z[j] = ldexpf(z[j], r->exponent[i]);
        put(out, RELAXED_SAMPLED, network_sample(z, K, rng_uniform(draw, (uint64_t)(k * n + i))), i,
            k);
    }
}

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    struct relax relax = {0};
    const struct driven *driven;
    int code = driven_get(in, &driven, st);
    if (code) return code;
    size_t H = (size_t)in->net->shape.hidden, K = (size_t)in->net->shape.symbols, index;
    float *path = scratch(in, (STEPS + 1) * (H + K), sizeof *path);
    uint8_t likeliest[STEPS + 1];
    if (!path) return status_no_memory(st, "sampled trajectories");
    code = relax_init(&relax, in->net, driven->h, driven->n, rng_child(in->rng, 0), STARTS, st);
    if (code) goto cleanup;
    float *logits = path + (STEPS + 1) * H;
    for (int t = 0, k = 0; t <= STEPS; t++) {
        if (t > 0) relax_step(&relax);
        if (t == (int)kept_step[k])
            keep_relaxed(&relax, &driven->pca, rng_child(in->rng, 3), k++, path, out);
    }
    relax_draw(driven->h, driven->n, (int)H, rng_child(in->rng, 1), 1, &index, path);
    code = network_drive(in->net, rng_child(in->rng, 2), path, 0, STEPS, 1.0, path + H, NULL, st);
    if (code) goto cleanup;
    network_logits(in->net, path, STEPS + 1, logits);
    network_argmax(logits, STEPS + 1, (int)K, likeliest);
    for (int t = 0; t <= STEPS; t++) {
        double score[COMPONENTS];
        int count = score_of(&driven->pca, path + (size_t)t * H, score);
        for (int c = 0; c < count; c++) put(out, DRIVEN, score[c], t, c);
        if (count == 0) continue;
        put(out, DRIVEN_SYMBOL, likeliest[t], t);
        put(out, DRIVEN_SAMPLED,
            network_sample(logits + (size_t)t * K, (int)K,
                           rng_uniform(rng_child(in->rng, 4), (uint64_t)t)),
            t);
    }
cleanup:
    relax_free(&relax);
    return code;
}

const struct analysis analysis_trajectory = {
    ANALYSIS(trajectory), .formula = "(h_t - mean(h)) V, V the components of the driven states",
    .reference = PAPER, .signal = DRIVEN};
