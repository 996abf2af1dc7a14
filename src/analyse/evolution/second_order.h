/* second_order: what noise adds, to second order, to the state of a network a few steps ahead.
 * Source: SCIENCE 5.8 ("expected dh^2"). */
#pragma once

#include "hmmgrid/network.h"

enum { SECOND_ORDER_HORIZON = 10 }; /* steps */

/* The term of each of n trials, after the horizon. A trial begins at start + N(-0.05, 0.1^2), takes
 * 9 steps with noise to h_0, then runs without noise, h_k = relu(W h_(k-1) + b), beside d1_0 = U
 * w_0, d1_k = W D_(k-1) d1_(k-1) + U w_k,  d2 <- W D_k (d2 + d1_k^2 / 2),  k = 0..9 with fresh
 * noise w_k and D_k = diag(h_k > 0). start (H); term (n, H) out, not finite where states are not;
 * rng: numbers of the trials, child 0 starts (n, H), child 1 noise: row i of network_noise at step
 * 0..8, then 9 + k for w_k STATUS_NO_MEMORY. */
int second_order_term(const struct network *net, struct rng rng, const float *start, size_t n,
                      float *term, struct status *st);
