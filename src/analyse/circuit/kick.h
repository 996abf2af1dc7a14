/* kick: which units rise before a network switches from one symbol to another. Reads the driven run
 * alone; whether a unit causes the switch is asked by kick_set. Private to src/analyse.
 * Source: SCIENCE 8.5 (switch events, kick score), 5.1 (zones).
 */
#pragma once

#include "circuit.h"

enum {
    KICK_WINDOW = 5,        /* states before a switch that count, as far as they show `from` */
    KICK_LEAST_EVENTS = 30, /* switches of a direction that is looked at */
    KICK_LEAST_CLUSTER = 30 /* cluster states of its `from` */
};

/* Those of analysis.kick_units in its order; else directions of at least KICK_LEAST_EVENTS
 * switches, most frequent first (ties: lower from, then lower to), at most MAX_DIRECTIONS.
 * STATUS_NO_MEMORY. */
struct kick_direction {
    int from, to, num_events;
};
int kick_directions(const struct analysis_input *in, const struct driven *driven,
                    struct kick_direction direction[MAX_DIRECTIONS], int *num, struct status *st);

/* Cluster states of a symbol, indices into the driven run, ascending; in scratch. */
struct kick_cluster {
    size_t num;
    size_t *state; /* (num) */
};
int kick_cluster_find(const struct analysis_input *in, const struct driven *driven, int symbol,
                      struct kick_cluster *cluster, struct status *st);

/* unit (H): all units by key (H), the lowest first, of equal ones the lower index.
 * STATUS_NO_MEMORY. */
int kick_order(const struct analysis_input *in, const double *key, int *unit, struct status *st);

static const double kick_least_specific = -3;

/* Of every unit for one direction, each (H): its activity in the windows before the switches
 * against that in cluster states of `from`. */
struct kick_scores {
    double *score;    /* difference of the means in units of the pooled sd (d'); constant: 0 */
    double *auc;      /* area under the ROC curve of (at most 2000 of each of) the same samples */
    double *specific; /* lower one of d' and d' against cluster states of `to` (d' if too few): high
                         for a unit of the switch, low for one that goes on in the new symbol */
    uint8_t *eligible; /* 1: may be a kick unit: d' >= 0.2, the means over windows exceed those over
                          dwells by 3 standard errors, specific >= -3 */
};

/* Fills what scores points to. STATUS_NO_MEMORY. */
int kick_score(const struct analysis_input *in, const struct driven *driven,
               struct kick_direction direction, const struct kick_cluster *from,
               const struct kick_cluster *to, struct kick_scores *scores, struct status *st);
