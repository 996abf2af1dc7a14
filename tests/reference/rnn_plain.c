/* rnn_plain: forward and backward of the network as SCIENCE 2.1, 2.2 and 2.4 write them, in float64
 * with plain loops: the reference that the fast path is tested against. Refuses to be fast. */
#include "reference.h"

#include <math.h>
#include <string.h>

struct plain_weights {
    const double *U, *W, *R, *b_ih, *b_hh, *b_fc; /* biases NULL without */
};

static struct plain_weights plain_weights_of(struct rnn_shape shape, const double *params)
{
    struct rnn_view v[MAX_RNN_VIEWS];
    rnn_views(shape, v);
    struct plain_weights w = {.U = params, .W = params + v[1].offset, .R = params + v[2].offset};
    if (shape.bias) {
        w.b_ih = params + v[3].offset;
        w.b_hh = params + v[4].offset;
        w.b_fc = params + v[5].offset;
    }
    return w;
}

void rnn_plain_forward(struct rnn_shape shape, const double *params, const double *noise,
                       const double *initial, size_t n, int T, double *hidden, double *logits)
{
    int H = shape.hidden, D = shape.noise_dim, K = shape.symbols;
    struct plain_weights w = plain_weights_of(shape, params);
    double state[2][H]; /* callers keep H to a few thousand */
    for (size_t i = 0; i < n; i++) {
        for (int a = 0; a < H; a++) state[0][a] = initial ? initial[i * (size_t)H + (size_t)a] : 0;
        for (int t = 0; t < T; t++) {
            const double *x = noise + (i * (size_t)T + (size_t)t) * (size_t)D;
            const double *old = state[t & 1];
            double *h = state[(t + 1) & 1];
            for (int a = 0; a < H; a++) {
                double sum = w.b_ih ? w.b_ih[a] + w.b_hh[a] : 0;
                for (int d = 0; d < D; d++) sum += w.U[a * D + d] * x[d];
                for (int b = 0; b < H; b++) sum += w.W[a * H + b] * old[b];
                h[a] = sum < 0 ? 0 : sum;
            }
            if (hidden)
                memcpy(hidden + (i * (size_t)T + (size_t)t) * (size_t)H, h,
                       (size_t)H * sizeof(double));
            for (int k = 0; k < K; k++) {
                double sum = w.b_fc ? w.b_fc[k] : 0;
                for (int a = 0; a < H; a++) sum += w.R[k * H + a] * h[a];
                logits[(i * (size_t)T + (size_t)t) * (size_t)K + (size_t)k] = sum;
            }
        }
    }
}

void rnn_plain_emit(const double *logits, const double *gumbel, size_t n, int T, int K,
                    double temperature, double *prob, uint8_t *symbols)
{
    for (size_t i = 0; i < n * (size_t)T; i++) {
        const double *z = logits + i * (size_t)K, *g = gumbel + i * (size_t)K;
        double *y = prob + i * (size_t)K, sum = 0;
        int best = 0;
        for (int k = 0; k < K; k++)
            if (z[k] + g[k] > z[best] + g[best]) best = k;
        for (int k = 0; k < K; k++)
            sum += y[k] = exp((z[k] + g[k] - z[best] - g[best]) / temperature);
        for (int k = 0; k < K; k++) y[k] /= sum;
        symbols[i] = (uint8_t)best;
    }
}

/* dz_k = y_k (G_k - sum_m y_m G_m) / temperature */
static void emission_gradient(const double *y, const double *G, int K, double temperature,
                              double *dz)
{
    double inner = 0;
    for (int k = 0; k < K; k++) inner += y[k] * G[k];
    for (int k = 0; k < K; k++) dz[k] = y[k] * (G[k] - inner) / temperature;
}

/* adds a b^T to out (num_a, num_b) */
static void add_outer(const double *a, int num_a, const double *b, int num_b, double *out)
{
    for (int i = 0; i < num_a; i++)
        for (int j = 0; j < num_b; j++) out[i * num_b + j] += a[i] * b[j];
}

void rnn_plain_backward(struct rnn_shape shape, const double *params, const double *noise,
                        const double *initial, const double *hidden, const double *prob, size_t n,
                        int T, double temperature, const double *dsymbols, double *dparams)
{
    int H = shape.hidden, D = shape.noise_dim, K = shape.symbols;
    struct plain_weights w = plain_weights_of(shape, params);
    struct rnn_view v[MAX_RNN_VIEWS];
    int num_views = rnn_views(shape, v);
    memset(dparams, 0, rnn_num_params(shape) * sizeof *dparams);
    double e[H], next[H], dz[K];
    for (size_t i = 0; i < n; i++) {
        memset(e, 0, sizeof e); /* e of step t + 1 */
        for (int t = T - 1; t >= 0; t--) {
            size_t at = i * (size_t)T + (size_t)t;
            const double *h = hidden + at * (size_t)H;
            const double *before = t ? h - H : initial ? initial + i * (size_t)H : NULL;
            emission_gradient(prob + at * (size_t)K, dsymbols + at * (size_t)K, K, temperature, dz);
            for (int a = 0; a < H; a++) {
                double delta = 0;
                for (int k = 0; k < K; k++) delta += w.R[k * H + a] * dz[k];
                for (int b = 0; b < H; b++) delta += w.W[b * H + a] * e[b];
                next[a] = h[a] > 0 ? delta : 0;
            }
            memcpy(e, next, sizeof e);
            add_outer(e, H, noise + at * (size_t)D, D, dparams);
            if (before) add_outer(e, H, before, H, dparams + v[1].offset);
            add_outer(dz, K, h, H, dparams + v[2].offset);
            for (int b = 3; b < num_views; b++)
                for (int a = 0; a < v[b].rows; a++)
                    dparams[v[b].offset + (size_t)a] += b < 5 ? e[a] : dz[a];
        }
    }
}
