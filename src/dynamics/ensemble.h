/* ensemble: a batch of trajectories of one network, side by side, and all that a step of them needs
 * in one block. n trajectories, H hidden units, D noise inputs, K symbols.
 */
#pragma once

#include "hmmgrid/network.h"

struct ensemble {
    const struct network *net; /* borrowed */
    size_t n;      /* may be lowered: the first n rows go on, and draw the noise of their rows */
    float *h;      /* (n, H) states now, to be set before the first step; 0 after ensemble_init */
    float *before; /* (n, H) states a step ago; scratch */
    float *noise;  /* (n, D) from ensemble_noise, or written by the caller */
    float *z;      /* (n, K) logits, from ensemble_read */
    float *memory; /* owner of all */
};

/* STATUS_NO_MEMORY. Free with ensemble_free, also after a failure. */
int ensemble_init(struct ensemble *ensemble, const struct network *net, size_t n,
                  struct status *st);
void ensemble_free(struct ensemble *ensemble); /* accepts a zeroed struct */

/* noise = that of step t of the stream rng: network_noise, sd 1. */
void ensemble_noise(struct ensemble *ensemble, struct rng rng, uint64_t t);

/* The same for n / num rows, at `num` levels: rows v n / num and on are these rows times sd[v]. */
void ensemble_noise_levels(struct ensemble *ensemble, struct rng rng, uint64_t t, const double *sd,
                           size_t num);

/* One step of all trajectories under noise (n, D), usually ensemble->noise; NULL: without. */
void ensemble_step(struct ensemble *ensemble, const float *noise);

/* h and before trade places: for a step that the caller has written into before. */
void ensemble_swap(struct ensemble *ensemble);

/* z of the states now, and symbol (n) = their argmax unless NULL. */
void ensemble_read(struct ensemble *ensemble, uint8_t *symbol);
