/* rnn: a one-layer ReLU network driven by Gaussian noise, read out linearly.
 *   h_t = relu(U x_t + b_ih + W h_(t-1) + b_hh),  z_t = R h_t + b_fc,  x_t ~ N(0, I)
 * N sequences, T steps, D noise inputs, H hidden units, K symbols. U = rnn.weight_ih_l0 (H, D),
 * W = rnn.weight_hh_l0 (H, H), R = fc.weight (K, H). Source: SCIENCE section 2.
 */
#ifndef HMMGRID_RNN_H
#define HMMGRID_RNN_H

#include "hmmgrid/arena.h"
#include "hmmgrid/rng.h"
#include "hmmgrid/settings.h"

struct rnn_shape {
    int hidden, noise_dim, symbols;
    bool bias;
};

/* Parameters, gradients and moments are flat float blocks cut into these views. */
enum { MAX_RNN_VIEWS = 6 };
struct rnn_view {
    const char *name; /* PyTorch's state_dict name */
    int rows, cols;   /* a bias has cols = 0: one-dimensional */
    size_t offset;    /* of the first element in the flat block */
    size_t count;
};

struct rnn_shape rnn_shape_of(const struct settings *s);

/* Fill view[] and return how many there are: U, W, R, then with biases b_ih, b_hh, b_fc. */
int rnn_views(struct rnn_shape shape, struct rnn_view view[MAX_RNN_VIEWS]);

/* Number of floats of the flat block. */
size_t rnn_num_params(struct rnn_shape shape);

/* Uniform(-1/sqrt(H), 1/sqrt(H)) for every entry (PyTorch's default), stream order as in the
 * views. params (rnn_num_params) out. */
void rnn_init_params(struct rnn_shape shape, struct rng rng, float *params);

/* --- training: forward and backward ---------------------------------------------------------- */

/* Where the random inputs of a batch come from: streams, or given arrays (tests, other programs).
 * Sequence i of the batch is number first + i of the streams; first must be a multiple of 64. Its
 * numbers do not depend on the batch. */
struct rnn_drive {
    struct rng noise, gumbel, initial;
    size_t first;
    int initial_state;          /* enum initial_state */
    const float *given_noise;   /* (n, T, D) or NULL */
    const float *given_gumbel;  /* (n, T, K) or NULL */
    const float *given_initial; /* (n, H) or NULL */
};

/* Streams of one purpose. */
struct rnn_drive rnn_drive_of(struct rng rng, int initial_state);

/* Memory of forward and backward for up to n_max sequences; lives in the arena. */
struct rnn_work {
    struct rnn_shape shape;
    int T;
    float *hidden; /* per tile (T + 1, rows, padded H), slot 0 the initial state; two slots unless
                      kept */
    float *prob;   /* (blocks, T, K, 64) straight-through probabilities */
    float *U, *WR, *dWR; /* weights and gradient, padded for the products (rnn.c) */
    float *noise, *sums, *delta, *mixed, *gumbel, *emission, *bias;
    uint32_t *bits;
    int kept; /* hidden and prob are kept for backward */
};
void rnn_work_init(struct rnn_work *work, struct arena *arena, struct rnn_shape shape, size_t n_max,
                   int T, int kept);

/* n sequences; symbols (n, T) out. With work->kept the states stay for rnn_backward. */
void rnn_forward(struct rnn_work *work, const float *params, const struct rnn_drive *drive,
                 size_t n, double temperature, uint8_t *symbols);

/* Gradient of the loss with respect to the parameters, added to dparams (rnn_num_params), after
 * rnn_forward with the same arguments: dsymbols (n, T, K) = dLoss/d(one-hot symbols), passed
 * straight through to softmax((z + gumbel) / temperature). Full T-step back-propagation. */
void rnn_backward(struct rnn_work *work, const float *params, const struct rnn_drive *drive,
                  size_t n, double temperature, const float *dsymbols, float *dparams);

/* --- evaluation ------------------------------------------------------------------------------ */

/* Emit n sequences of T symbols with fresh noise; symbols (n, T) out.
 * rng is split into noise, Gumbel and initial state; sequence i depends on (rng, first + i, T)
 * only. Symbols are drawn from softmax(z): temperature 1 (SCIENCE 2.2). first: a multiple of 64.
 * *overflowed, unless NULL: did states leave the range of a float? They are then no sample.
 * STATUS_NO_MEMORY; STATUS_RUN_FAILED when a weight is not finite. */
int rnn_generate(struct rnn_shape shape, const float *params, int generation, int initial_state,
                 struct rng rng, size_t first, size_t n, int T, uint8_t *symbols, bool *overflowed,
                 struct status *st);

#endif
