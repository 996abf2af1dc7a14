/* escape: how long the output of a network keeps its symbol from given states, under fresh noise.
 * H hidden units. Source: SCIENCE 5.1 and 5.3.
 */
#pragma once

#include "hmmgrid/network.h"

/* Of one state, means over its continuations. Increments are those of the logit of its symbol from
 * step to step, up to the step that leaves; their sign is -1, 0 or 1. */
struct escape {
    double time;         /* steps, the leaving one included; the horizon when it is not left */
    double left;         /* share that left within the horizon */
    double sign_changes; /* times the sign differs from the one before and is not 0 */
    double chances;      /* increments that have one before them */
};

/* Continuations of the states h (n, H), standard normal noise, at most `horizon` steps each. A
 * continuation has left when argmax z is not that of its state. escape (n) out.
 *   states i*B .. i*B + B-1, B = escape_block(continuations), draw from rng_child(rng, i)
 * stop is asked between blocks. STATUS_NO_MEMORY; STATUS_RUN_STOPPED. */
int escape_times(const struct network *net, struct rng rng, const float *h, size_t n,
                 int continuations, int horizon, const struct stop *stop, struct escape *escape,
                 struct status *st);
size_t escape_block(int continuations);
