/* analyses: the analyses that the table of analyse.c lists, one file each. */
#ifndef HMMGRID_ANALYSES_H
#define HMMGRID_ANALYSES_H

#include "hmmgrid/analyse.h"

/* "AT" of a switch: offset of settings.analysis.NAME */
#define ENABLED(name) offsetof(struct settings, analysis.name)

/* An output: scalar, or an array over one to three dimensions given by name of their struct. */
#define SCALAR_OUTPUT(name, unit, meaning)                                                         \
    {                                                                                              \
        name, 0, {NULL, NULL, NULL}, unit, meaning                                                 \
    }
#define CURVE_OUTPUT(name, a, unit, meaning)                                                       \
    {                                                                                              \
        name, 1, {&(a), NULL, NULL}, unit, meaning                                                 \
    }
#define PLANE_OUTPUT(name, a, b, unit, meaning)                                                    \
    {                                                                                              \
        name, 2, {&(a), &(b), NULL}, unit, meaning                                                 \
    }
#define SOLID_OUTPUT(name, a, b, c, unit, meaning)                                                 \
    {                                                                                              \
        name, 3, {&(a), &(b), &(c)}, unit, meaning                                                 \
    }

extern const struct analysis analysis_pca;
extern const struct analysis analysis_of_residency;
extern const struct analysis analysis_noise_sensitivity;
extern const struct analysis analysis_subspace;
extern const struct analysis analysis_readout;
extern const struct analysis analysis_orbit;
extern const struct analysis analysis_trajectory;
extern const struct analysis analysis_fixed_point;
extern const struct analysis analysis_contours;
extern const struct analysis analysis_evolution;
extern const struct analysis analysis_likelihood, analysis_resonance;
extern const struct analysis analysis_of_circuit;
extern const struct analysis analysis_ablation;

#endif
