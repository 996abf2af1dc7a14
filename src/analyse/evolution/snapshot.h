/* snapshot: what is measured on the weights of one epoch. Private to the analysis "evolution". */
#pragma once

#include "analyse/analysis.h"

/* One number a snapshot each: the first outputs of the analysis. */
#define SNAPSHOT_CURVES(SCALAR, CURVE, PLANE, SOLID)                                               \
    CURVE(SNAPSHOT_BOUNDED_STEPS, "bounded_steps", snapshot, "steps",                              \
          "of 5000 driven steps, those before states exceed 10^6 times start and noise; the "      \
          "other numbers of a run that does so are NaN")                                           \
    CURVE(SNAPSHOT_TRANSITION_RATE, "transition_rate", snapshot, "1/step",                         \
          "the reference's: mean of 1/interval between switches; 0 if fewer than 3 from or to "    \
          "symbol 0")                                                                              \
    WITH(CURVE, SNAPSHOT_RESIDENCE_TIME, _SD, "residence_time", "_sd",                             \
         "mean interval between switches; all steps where the transition rate is 0",               \
         "sd of these intervals", snapshot, "steps")                                               \
    WITH(CURVE, SNAPSHOT_SWITCH_RATE, _SEM, "switch_rate", "_sem",                                 \
         "switches of argmax z per step of the run",                                               \
         "its standard error, from 20 blocks of the run", snapshot, "1/step")                      \
    WITH(CURVE, SNAPSHOT_WINDOW_RATE, _SEM, "window_switch_rate", "_sem",                          \
         "switches per step in 512 sequences of data.length (at most 200) steps that begin as "    \
         "in training; NaN only where one of these diverges",                                      \
         "its standard error over sequences", snapshot, "1/step")                                  \
    CURVE(SNAPSHOT_UNSTABLE, "unstable_share", snapshot, "1",                                      \
          "share of 300 steps whose Jacobian has an eigenvalue |l| > 1")                           \
    CURVE(SNAPSHOT_COMPLEX, "complex_share", snapshot, "1",                                        \
          "share of them with |Re m| < 0.1 and Im m > 0.05, m = (l - 1) / (l + 1)")                \
    WITH(CURVE, SNAPSHOT_RADIUS, _SD, "spectral_radius", "_sd", "largest |l|, mean over them",     \
         "its sd over them", snapshot, "1")                                                        \
    WITH(CURVE, SNAPSHOT_SECOND_ORDER_NORM, _SD, "second_order_norm", "_sd",                       \
         "norm over units of sqrt |mean of the second-order term after 10 steps|, 200 trials",     \
         "sd of the norm over 10 groups of 20 trials, the reference's number", snapshot, "state")  \
    CURVE(SNAPSHOT_SECOND_ORDER_MEAN, "second_order_mean", snapshot, "state",                      \
          "mean over units of the same roots")                                                     \
    CURVE(SNAPSHOT_SECOND_ORDER_MAX, "second_order_max", snapshot, "state", "largest of them")     \
    CURVE(SNAPSHOT_VARIANCE, "logit_variance", snapshot, "1",                                      \
          "variance of a logit over the run, mean over symbols")                                   \
    CURVE(SNAPSHOT_AUTOCORRELATION, "logit_autocorrelation", snapshot, "1",                        \
          "autocorrelation of the logits at lag 1")
enum snapshot_curve { OUTPUT_NAMES(SNAPSHOT_CURVES) NUM_SNAPSHOT_CURVES };

enum { SNAPSHOT_COMPONENTS = 3, SNAPSHOT_POINTS = 70, SNAPSHOT_AXES = 2, SNAPSHOT_WINDOWS = 512 };
enum { SNAPSHOT_STATES = 5001 }; /* of a run: the one after the warm-up, then 5000 steps */

struct snapshot {
    double curve[NUM_SNAPSHOT_CURVES];
    double explained_variance[SNAPSHOT_COMPONENTS];
    double score[SNAPSHOT_POINTS][SNAPSHOT_AXES], symbol[SNAPSHOT_POINTS];
    uint16_t
        window_switches[SNAPSHOT_WINDOWS]; /* of each window; valid where its rate is not NaN */
};

/* Steps of a window: data.length, at most 200. */
int snapshot_window_length(const struct settings *s);

/* Measure the network of these weights; what is not defined, all of it when they are not finite, is
 * NaN. Start, warm-up and noise depend on rng and the network's sizes alone, so snapshots of one
 * training are all measured in the same noise. run: room for SNAPSHOT_STATES, overwritten.
 * second_order (H): root of the size of each unit's second-order term; left alone when a term is
 * not finite. STATUS_NO_MEMORY; STATUS_RUN_FAILED: LAPACK gave up. */
int snapshot_measure(const struct analysis_input *in, const float *params, struct driven *run,
                     struct snapshot *out, double *second_order, struct status *st);
