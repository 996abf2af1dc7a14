/* kick: which units rise before a network switches from one symbol to another. Reads the driven run
 * alone; whether a unit causes the switch is asked by kick_set. Private to src/analyse.
 * Source: SCIENCE 8.5 (switch events, kick score), 5.1 (zones).
 */
#ifndef HMMGRID_KICK_H
#define HMMGRID_KICK_H

#include "hmmgrid/circuit.h"

enum {
    KICK_WINDOW = 5,        /* states before a switch that count, as far as they show `from` */
    KICK_LEAST_EVENTS = 30, /* switches of a direction that is looked at */
    KICK_LEAST_CLUSTER = 30 /* cluster states of its `from` */
};

/* Directions of at least KICK_LEAST_EVENTS switches, most frequent first (ties: lower from, then
 * lower to), at most MAX_DIRECTIONS. STATUS_RUN_FAILED: memory is out. */
struct kick_direction {
    int from, to, num_events;
};
int kick_directions(const struct driven *driven, int K,
                    struct kick_direction direction[MAX_DIRECTIONS], int *num, struct status *st);

/* Cluster states of a symbol, indices into the driven run, ascending; to be freed. */
struct kick_cluster {
    size_t num;
    size_t *state; /* (num) */
};
int kick_cluster_find(const struct driven *driven, int K, int symbol, struct kick_cluster *cluster,
                      struct status *st);

struct kick_scores {
    double *score, *auc, *specific; /* (H) each */
    uint8_t *eligible;              /* (H) */
};

/* Scores of all units for one direction, each (H): activity in the windows before its switches
 * against that in the cluster states of `from`. score: difference of the means in units of the
 * pooled sd (d'); 0 for a unit that is constant auc: area under the ROC curve of (at most 2000
 * evenly spaced states of) the same two samples eligible: may be a kick unit: d' >= 0.2, and the
 * means over windows exceed those over dwells by 4 standard errors (one-sided p = 3e-5, below .05 /
 * H for H up to 1500) STATUS_RUN_FAILED: memory is out. */
int kick_score(const struct driven *driven, int H, struct kick_direction direction,
               const struct kick_cluster *from, const struct kick_cluster *to,
               struct kick_scores *scores, struct status *st);

#endif
