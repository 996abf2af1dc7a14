/* network: a trained network as a dynamical system: many states at once, one step at a time, with
 * or without noise, units scaled. What analyses are built on.
 *   h' = relu(c o (W h + b) + e o (U x)),  z = R h + b_z,  x ~ N(0, sd^2 I)
 * n states, H hidden units, D noise inputs, K symbols; o is element by element, c and e are 1
 * unless given. float32, every product a GEMM. Source: SCIENCE 2.1 and 5.9.
 */
#ifndef HMMGRID_NETWORK_H
#define HMMGRID_NETWORK_H

#include "hmmgrid/rnn.h"

struct network {
    struct rnn_shape shape;
    const float *U, *W, *R;       /* (H, D), (H, H), (K, H): views of params, borrowed */
    const float *bias_h, *bias_z; /* (H) b_ih + b_hh, owned; (K) borrowed; NULL without biases */
    float *memory;                /* owner of bias_h */
    float bound;                  /* network_bound of it */
    bool *diverged; /* set to true by a step without gain to a state beyond bound, and by logits
                       that are not finite; NULL: nobody asks */
};

/* How large a state may be: a million times what noise and bias bring into a unit (and a start of
 * 0.1). Beyond it float32, with its 7 digits, adds next to nothing of them to a state: a run that
 * goes there is no longer the network's, however far from overflow. */
float network_bound(const struct network *net);

/* Of the states h (n, H): how many come before the first one with an entry that is beyond bound or
 * not a number; n: all of them. */
size_t network_num_bounded(const struct network *net, const float *h, size_t n);

/* params (rnn_num_params) is borrowed until network_free. STATUS_NO_MEMORY; STATUS_RUN_FAILED: a
 * weight is not finite. */
int network_init(struct network *net, struct rnn_shape shape, const float *params,
                 struct status *st);
void network_free(struct network *net); /* accepts a zeroed struct */

/* Factors of units, each NULL or (groups, H): the first n / groups rows of a batch take the first
 * row of factors, and so on; n is a multiple of groups. */
struct network_gain {
    int groups;
    const float *recurrent; /* c: on what a unit receives from the others */
    const float *noise;     /* e: on what it receives from the noise */
};

/* One step. h (n, H) in, next (n, H) out, not the same; noise (n, D) or NULL (no noise); gain may
 * be NULL; scratch (n, H), used with a gain only. */
void network_step(const struct network *net, const float *h, const float *noise, size_t n,
                  const struct network_gain *gain, float *scratch, float *next);

/* The same step without a gain in two halves: recurrent (n, H) = W h, what a unit receives from the
 * others; next (n, H) = relu(recurrent + U noise + biases), which may be recurrent itself. */
void network_recurrent(const struct network *net, const float *h, size_t n, float *recurrent);
void network_react(const struct network *net, const float *recurrent, const float *noise, size_t n,
                   float *next);

/* Logits z (n, K) of states h (n, H). */
void network_logits(const struct network *net, const float *h, size_t n, float *z);

/* The first largest of each row of z (n, K) -> symbol (n). */
void network_argmax(const float *z, size_t n, int K, uint8_t *symbol);

/* Probability of the likeliest symbol: the largest of softmax z (K). NaN: z is not finite. */
double network_certainty(const float *z, int K);

/* A symbol drawn from softmax z (K) by u, uniform in [0, 1): the first whose cumulative probability
 * is beyond u. NaN: z is not finite. */
double network_sample(const float *z, int K, double u);

/* Noise of step t for n states: rows (n, D) of the stream rng, sd 1; row i depends on (rng, t, i,
 * D) alone, so batches may be of any size and share their numbers. */
void network_noise(struct rng rng, uint64_t t, size_t n, int D, float *noise);

/* A long driven run: `steps` states of one trajectory from h_0, h_0 left out.
 *   start (H) or NULL (zeros), warm_up steps are taken and dropped first; sd of the noise
 *   noise: numbers of the stream rng, step t (warm-up included) as row 0 of network_noise(rng, t)
 *   h (steps, H) out, symbol (steps) out or NULL (argmax). STATUS_NO_MEMORY. */
int network_drive(const struct network *net, struct rng rng, const float *start, int warm_up,
                  size_t steps, double sd, float *h, uint8_t *symbol, struct status *st);

#endif
