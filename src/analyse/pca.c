/* pca: how many directions the states of a driven network take up. Source: SCIENCE 4. */
#include "analyses.h"

#include <math.h>

enum { COMPONENTS = 10 };

static const struct analysis_dim component = {"component", COMPONENTS, NULL, "1",
                                              "principal component, the largest first"};

enum { EXPLAINED_VARIANCE, DIMENSION, NUM_OUTPUTS };
static const struct analysis_output output[NUM_OUTPUTS] = {
    CURVE_OUTPUT("explained_variance", component, "1",
                 "share of the variance of the driven run's states on each component"),
    SCALAR_OUTPUT("dimension", "1",
                  "participation ratio of the components kept: (sum of variances)^2 / sum of squares"),
};

static int compute(const struct analysis_input *in, double *const *out, struct status *st)
{
    const struct driven *driven;
    int code = analysis_driven(in, &driven, st);
    if (code) return code;
    const struct pca *pca = &driven->pca;
    double sum = 0, squares = 0;
    for (int c = 0; c < pca->count && c < COMPONENTS; c++) {
        out[EXPLAINED_VARIANCE][c] = pca->variance[c] / pca->total; /* 0/0: NaN, a silent network */
        sum += pca->variance[c];
        squares += pca->variance[c] * pca->variance[c];
    }
    *out[DIMENSION] = sum * sum / squares;
    return STATUS_OK;
}

/* of the driven run that all share, a matrix-vector product each */
static double driven_steps(const struct settings *s)
{
    return s->analysis.steps;
}

const struct analysis analysis_pca = {.name = "pca",
                                      .meaning = "principal components of the driven states",
                                      .enabled = ENABLED(pca),
                                      .output = output,
                                      .num_outputs = NUM_OUTPUTS,
                                      .compute = compute,
                                      .steps = 4,
                                      .times = driven_steps};
