/* snapshot: what is measured on the weights of one epoch. Private to the analysis "evolution". */
#ifndef HMMGRID_ANALYSE_SNAPSHOT_H
#define HMMGRID_ANALYSE_SNAPSHOT_H

#include "hmmgrid/network.h"

/* One number a snapshot each; what they mean: the table of evolution.c, in this order. */
enum snapshot_curve {
    SNAPSHOT_BOUNDED_STEPS,
    SNAPSHOT_TRANSITION_RATE,
    SNAPSHOT_RESIDENCE_TIME,
    SNAPSHOT_RESIDENCE_TIME_SD,
    SNAPSHOT_SWITCH_RATE,
    SNAPSHOT_SWITCH_RATE_SEM,
    SNAPSHOT_WINDOW_RATE,
    SNAPSHOT_WINDOW_RATE_SEM,
    SNAPSHOT_UNSTABLE,
    SNAPSHOT_COMPLEX,
    SNAPSHOT_RADIUS,
    SNAPSHOT_RADIUS_SD,
    SNAPSHOT_SECOND_ORDER_NORM,
    SNAPSHOT_SECOND_ORDER_NORM_SD,
    SNAPSHOT_SECOND_ORDER_MEAN,
    SNAPSHOT_SECOND_ORDER_MAX,
    SNAPSHOT_VARIANCE,
    SNAPSHOT_AUTOCORRELATION,
    NUM_SNAPSHOT_CURVES
};

enum { SNAPSHOT_COMPONENTS = 3, SNAPSHOT_POINTS = 70, SNAPSHOT_AXES = 2, SNAPSHOT_WINDOWS = 512 };

struct snapshot {
    double curve[NUM_SNAPSHOT_CURVES];
    double explained_variance[SNAPSHOT_COMPONENTS];
    double score[SNAPSHOT_POINTS][SNAPSHOT_AXES], symbol[SNAPSHOT_POINTS];
    uint16_t
        window_switches[SNAPSHOT_WINDOWS]; /* of each window; valid where its rate is not NaN */
};

/* All NaN, no switches. */
void snapshot_clear(struct snapshot *snapshot);

/* Steps of a window: data.length, at most 200. */
int snapshot_window_length(const struct settings *s);

/* Measure a network; what is not defined is NaN. Start, warm-up and noise depend on rng and the
 * network's sizes alone, so snapshots of one training are all measured in the same noise.
 * second_order (H): root of the size of each unit's second-order term; left alone when a term is
 * not finite. STATUS_NO_MEMORY; STATUS_RUN_FAILED: LAPACK gave up. */
int snapshot_measure(const struct network *net, const struct settings *s, struct rng rng,
                     struct snapshot *out, double *second_order, struct status *st);

#endif
