/* silence: how often a network switches from one symbol to another while some of its units are cut
 * off, from many parallel trajectories. Every group of silenced units meets the same starts and the
 * same noise (common random numbers), so that ratios of their rates are far less noisy than the
 * rates. Private to src/analyse. Source: SCIENCE 8.5.
 */
#pragma once

#include "hmmgrid/network.h"

/* A switch at step t: symbol[t] != symbol[t-1], and the new symbol persists so many steps. */
enum { SWITCH_PERSISTS = 3 };

/* Numbers that a trajectory has met before. */
struct noise_place {
    uint64_t step, row;
};

struct silence_task {
    const struct network *net;
    struct rng rng; /* step t of trajectory i: row i of network_noise(rng, t), or for a replay */
    const struct noise_place *at; /* (n) its row of network_noise(rng, step + t); NULL: no replay */
    const float *start;           /* (n, H) states */
    int n, steps;
    int from, num_to; /* the directions whose switches are counted */
    const int *to;    /* (num_to) */
    int groups;
    const uint8_t *silent; /* (groups, H) 1: others get nothing from this unit (the readout does);
                              NULL: none */
    const uint8_t *quiet;  /* (groups, H) 1: this unit gets no noise; NULL: none */
};

/* Of one trajectory: switches, and steps spent in `from` at which one could be seen; none of either
 * when the silenced network made it overflow. */
struct switch_count {
    uint16_t events, steps;
};

/* count (groups, num_to, n) out. STATUS_NO_MEMORY. */
int silence_count(const struct silence_task *task, struct switch_count *count, struct status *st);

/* Switches of a symbol sequence o[0], o[stride], ..., o[(steps)*stride], the first is a start. */
struct switch_count silence_count_switches(const uint8_t *o, size_t stride, int steps, int from,
                                           int to);

/* Sums over the n trajectories of one group. */
struct switch_total {
    double events, steps;
};
struct switch_total silence_total(const struct switch_count *count, int n);

/* Rate of one group over that of another, both (n), and its standard error by the jackknife over
 * trajectories (error may be NULL). NaN when the second has no events or either never is in `from`.
 */
double silence_ratio(const struct switch_count *count, const struct switch_count *intact, int n,
                     double *error);
