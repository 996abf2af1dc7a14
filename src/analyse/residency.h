/* residency: how long the output of a network keeps its symbol from states of its driven run, and
 * the zones of state space that follow. n states, each with its own continuations. RT: steps until
 * argmax z first differs from that of the state, mean over 20 continuations with fresh noise of at
 * most 60 steps (RESIDENCY_HORIZON when it never does), so 1 <= RT <= 60. Source: SCIENCE 5.1.
 * Computed once for a network, by the first analysis that asks.
 */
#pragma once

#include "dynamics/escape.h"
#include "analysis.h"

/* Transition RT < 2, kick-zone 2 <= RT <= 8, cluster RT > 8 and a symbol of probability > 0.8;
 * ZONE_NONE: RT > 8 without one (SCIENCE D19). */
enum zone { ZONE_TRANSITION, ZONE_KICK, ZONE_CLUSTER, ZONE_NONE, NUM_ZONES };
enum { RESIDENCY_HORIZON = 60, RESIDENCY_CONTINUATIONS = 20, RESIDENCY_STATES = 5000 };

struct residency {
    size_t n;              /* states looked at, at most RESIDENCY_STATES, evenly spaced */
    size_t *state;         /* (n) their indices in the driven run, ascending */
    double *rt;            /* (n) mean RT, steps */
    unsigned char *zone;   /* (n) enum zone */
    double *max_softmax;   /* (n) probability of the state's symbol */
    struct escape *escape; /* (n) all that was counted */
};

/* *residency is owned by in->memo. Errors as of analysis.compute. */
int residency_get(const struct analysis_input *in, const struct residency **residency,
                  struct status *st);
