/* relax: states of a driven run that go on without noise.
 * A network without biases is positively homogeneous: its states may be scaled by powers of two on
 * the way, exactly, so that nothing underflows or overflows however far they go. Source:
 * SCIENCE 2.1.
 */
#pragma once

#include "ensemble.h"

struct relax {
    struct ensemble all; /* states now and a step ago, both in units of 2^exponent */
    int *exponent;       /* (n); 0 with biases */
};

/* Start in `count` different ones of the states run (num, H), equally likely (all of them, n <
 * count, when it is shorter). STATUS_NO_MEMORY. Free with relax_free, also after a failure. */
int relax_init(struct relax *relax, const struct network *net, const float *run, size_t num,
               struct rng rng, int count, struct status *st);
void relax_free(struct relax *relax); /* accepts a zeroed struct */

void relax_step(struct relax *relax);

/* Copy `count` different ones of the states run (num, H) to h (count, H), count <= num; index
 * (count): scratch, their places in the run on return. */
void relax_draw(const float *run, size_t num, int H, struct rng rng, int count, size_t *index,
                float *h);
