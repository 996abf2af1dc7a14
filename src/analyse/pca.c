/* pca: how many directions the states of a driven network take up. Source: SCIENCE 4. */
#include "analysis.h"
#include "base/paper.h"

#include <string.h>

enum { COMPONENTS = 10 };

static const struct analysis_dim component = {"component", COMPONENTS, NULL, "1",
                                              "principal component, the largest first"};

static const struct analysis_dim unit = {"unit", SIZE_HIDDEN, NULL, "1", "hidden unit"};

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    CURVE(EXPLAINED_VARIANCE, "explained_variance", component, "1",                                \
          "share of the variance of the driven run's states on each component")                    \
    SCALAR(DIMENSION, "dimension", "1",                                                            \
           "participation ratio: (sum of all variances)^2 / sum of their squares")                 \
    CURVE(MEAN, "mean", unit, "state", "mean state of the driven run")                             \
    PLANE(DIRECTION, "direction", component, unit, "1",                                            \
          "the component as a unit vector, its largest entry positive; a score is its product "    \
          "with a state less the mean")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    const struct driven *driven;
    int code = driven_get(in, &driven, st);
    if (code) return code;
    const struct pca *pca = &driven->pca;
    size_t H = (size_t)pca->width, kept = pca->count < COMPONENTS ? (size_t)pca->count : COMPONENTS;
    for (size_t c = 0; c < kept; c++)
        put(out, EXPLAINED_VARIANCE, pca->variance[c] / pca->total,
            c); /* 0/0: NaN, a silent network */
    put(out, DIMENSION, pca->total * pca->total / pca->squares);
    put_row(out, MEAN, 0, pca->mean, H);
    put_row(out, DIRECTION, 0, pca->component, kept * H);
    return STATUS_OK;
}

/* of the driven run that all share, a matrix-vector product each */
static double driven_steps(const struct settings *s)
{
    return s->analysis.steps;
}

const struct analysis analysis_pca = {
    ANALYSIS(pca),
    .formula = "x_t -> h_t - mean(h), C = (h - mean)'(h - mean) / n = V L V' of the driven states "
               "h_t; explained variance = l_i / sum of l",
    .reference = PAPER "; Jolliffe 2002",
    .signal = EXPLAINED_VARIANCE,
    .steps = 4,
    .times = driven_steps};
