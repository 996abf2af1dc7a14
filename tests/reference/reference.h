/* reference: the network and the divergence in float64 with plain loops: what the fast kernels are
 * compared with by tests and benchmarks. No part of the program. */
#ifndef HMMGRID_REFERENCE_H
#define HMMGRID_REFERENCE_H

#include "hmmgrid/rnn.h"
#include "hmmgrid/sinkhorn.h"

/* --- rnn_plain.c ------------------------------------------------------------------------ */

/* Logits z (n, T, K) of given noise (n, T, D) from h_0 = 0, or from initial (n, H). hidden (n, T,
 * H) or NULL. */
void rnn_plain_forward(struct rnn_shape shape, const double *params, const double *noise,
                       const double *initial, size_t n, int T, double *hidden, double *logits);

/* Straight-through sample of logits (n, T, K): prob (n, T, K), symbols (n, T). */
void rnn_plain_emit(const double *logits, const double *gumbel, size_t n, int T, int K,
                    double temperature, double *prob, uint8_t *symbols);

/* Twin of rnn_backward: dparams (rnn_num_params) is overwritten. */
void rnn_plain_backward(struct rnn_shape shape, const double *params, const double *noise,
                        const double *initial, const double *hidden, const double *prob, size_t n,
                        int T, double temperature, const double *dsymbols, double *dparams);

/* --- sinkhorn_plain.c ------------------------------------------------------------------- */

/* D: Euclidean norm of the coordinate-wise (max - min) over both one-hot clouds. An exact square
 * root of an integer. */
double sinkhorn_diameter(const uint8_t *x, size_t n, const uint8_t *y, size_t m, int T, int K);

struct sinkhorn_potentials {
    double *f, *g, *p, *q; /* (n) (m) (n) (m); caller's; values after the final extrapolation */
};

/* Value into *value; gradient with respect to the generated points into grad (n, T, K) unless NULL;
 * potentials unless NULL. STATUS_NO_MEMORY. */
int sinkhorn_plain(const uint8_t *x, size_t n, const uint8_t *y, size_t m, int T, int K,
                   struct sinkhorn_options options, double *value, double *grad,
                   struct sinkhorn_potentials *potentials, struct status *st);

#endif
