/* network: see network.h. Refuses to know what is asked of the states. */
#include "hmmgrid/network.h"
#include "ensemble.h"
#include "base/linalg.h"
#include "base/dispatch.h"
#include "model/rnn_simd.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- a network -------------------------------------------------------------------------------- */

int network_init(struct network *net, struct rnn_shape shape, const float *params,
                 struct status *st)
{
    struct rnn_view v[MAX_RNN_VIEWS];
    int num = rnn_views(shape, v);
    size_t count = rnn_num_params(shape), H = (size_t)shape.hidden;
    *net = (struct network){.shape = shape,
                            .U = params + v[0].offset,
                            .W = params + v[1].offset,
                            .R = params + v[2].offset};
    for (size_t i = 0; i < count; i++)
        if (!isfinite(params[i]))
            return status_set(st, STATUS_RUN_FAILED, "weight %zu is not finite", i);
    if (num > 3) {
        net->memory = malloc(H * sizeof(float));
        if (!net->memory) return status_no_memory(st, "the biases");
        for (size_t i = 0; i < H; i++)
            net->memory[i] = params[v[3].offset + i] + params[v[4].offset + i];
        for (size_t i = 0; i < H && !net->bias_h; i++) /* all zero: none, states scale with noise */
            if (net->memory[i] != 0) net->bias_h = net->memory;
        net->bias_z = params + v[5].offset;
    }
    net->bound = network_bound(net);
    return STATUS_OK;
}

void network_free(struct network *net)
{
    if (!net) return;
    free(net->memory);
    *net = (struct network){0};
}

/* --- where it may go -------------------------------------------------------------------------- */

float network_bound(const struct network *net)
{
    size_t H = (size_t)net->shape.hidden, size = H * (size_t)net->shape.noise_dim;
    double sum = 0;
    for (size_t i = 0; i < size; i++) sum += (double)net->U[i] * (double)net->U[i];
    for (size_t i = 0; net->bias_h && i < H; i++)
        sum += (double)net->bias_h[i] * (double)net->bias_h[i];
    return (float)(1e6 * (0.1 + sqrt(sum / (double)H)));
}

size_t network_num_bounded(const struct network *net, const float *h, size_t n)
{
    size_t H = (size_t)net->shape.hidden, num = 0;
    while (num < n && !KERNELS(rnn_kernels)->exceeds(h + num * H, H, net->bound)) num++;
    return num;
}

/* Tell whoever asks that x (size) has an entry beyond most, to either side. */
static void watch(const struct network *net, const float *x, size_t size, float most)
{
    if (net->diverged && !*net->diverged)
        *net->diverged = KERNELS(rnn_kernels)->exceeds(x, size, most) != 0;
}

/* --- steps ------------------------------------------------------------------------------------ */

/* x (n, H) times the factors of each group */
static void scale(float *x, const float *factor, int groups, size_t n, size_t H)
{
    size_t rows = n / (size_t)groups;
    for (size_t i = 0; i < n; i++, x += H) {
        const float *f = factor + i / rows * H;
        for (size_t j = 0; j < H; j++) x[j] *= f[j];
    }
}

static void add_bias(const float *bias, size_t n, size_t width, float *x)
{
    for (size_t i = 0; bias && i < n; i++, x += width)
        for (size_t j = 0; j < width; j++) x[j] += bias[j];
}

void network_recurrent(const struct network *net, const float *h, size_t n, float *recurrent)
{
    int H = net->shape.hidden;
    linalg_gemm(0, 1, (int)n, H, H, 1, h, H, net->W, H, 0, recurrent, H);
}

void network_react(const struct network *net, const float *recurrent, const float *noise, size_t n,
                   float *next)
{
    int H = net->shape.hidden, D = net->shape.noise_dim;
    size_t size = n * (size_t)H;
    if (next != recurrent) memcpy(next, recurrent, size * sizeof *next);
    if (noise) linalg_gemm(0, 1, (int)n, H, D, 1, noise, D, net->U, D, 1, next, H);
    KERNELS(rnn_kernels)->relu(next, (size_t)H, net->bias_h, n, H, next, (size_t)H);
    watch(net, next, size, net->bound);
}

void network_step(const struct network *net, const float *h, const float *noise, size_t n,
                  const struct network_gain *gain, float *scratch, float *next)
{
    int H = net->shape.hidden, D = net->shape.noise_dim;
    size_t size = n * (size_t)H;
    network_recurrent(net, h, n, next);
    if (!gain) {
        network_react(net, next, noise, n, next);
        return;
    }
    add_bias(net->bias_h, n, (size_t)H, next); /* what c scales too */
    if (gain->recurrent) scale(next, gain->recurrent, gain->groups, n, (size_t)H);
    if (noise && gain->noise) {
        linalg_gemm(0, 1, (int)n, H, D, 1, noise, D, net->U, D, 0, scratch, H);
        scale(scratch, gain->noise, gain->groups, n, (size_t)H);
        for (size_t i = 0; i < size; i++) next[i] += scratch[i];
    } else if (noise) {
        linalg_gemm(0, 1, (int)n, H, D, 1, noise, D, net->U, D, 1, next, H);
    }
    KERNELS(rnn_kernels)->relu(next, (size_t)H, NULL, n, H, next, (size_t)H);
}

void network_logits(const struct network *net, const float *h, size_t n, float *z)
{
    int H = net->shape.hidden, K = net->shape.symbols;
    linalg_gemm(0, 1, (int)n, K, H, 1, h, H, net->R, H, 0, z, K);
    add_bias(net->bias_z, n, (size_t)K, z);
    watch(net, z, n * (size_t)K, FLT_MAX);
}

void network_argmax(const float *z, size_t n, int K, uint8_t *symbol)
{
    for (size_t i = 0; i < n; i++, z += K) {
        int best = 0;
        for (int k = 1; k < K; k++)
            if (z[k] > z[best]) best = k;
        symbol[i] = (uint8_t)best;
    }
}

/* exp(z_k - most), most the largest of z (K), and their sum */
static double exponentials(const float *z, int K, double *e)
{
    double sum = 0;
    float most = z[0];
    for (int k = 1; k < K; k++) most = z[k] > most ? z[k] : most;
    for (int k = 0; k < K; k++) sum += e[k] = exp((double)z[k] - (double)most);
    return sum;
}

double network_certainty(const float *z, int K)
{
    double e[MAX_SYMBOLS], sum = exponentials(z, K, e);
    return isfinite(sum) ? 1 / sum : NAN;
}

double network_sample(const float *z, int K, double u)
{
    double e[MAX_SYMBOLS], sum = exponentials(z, K, e), below = 0;
    if (!isfinite(sum)) return NAN;
    for (int k = 0; k < K - 1; k++) {
        below += e[k];
        if (below > u * sum) return k;
    }
    return K - 1;
}

void network_noise(struct rng rng, uint64_t t, size_t n, int D, float *noise)
{
    rng_fill_normal(rng_child(rng, t), 0, n * (size_t)D, noise);
}

int network_drive(const struct network *net, struct rng rng, const float *start, int warm_up,
                  size_t steps, double sd, float *h, uint8_t *symbol, struct status *st)
{
    struct ensemble e;
    size_t H = (size_t)net->shape.hidden, D = (size_t)net->shape.noise_dim, first = (size_t)warm_up;
    int code = ensemble_init(&e, net, 1, st);
    if (!code && start) memcpy(e.h, start, H * sizeof *start);
    for (size_t t = 0; t < first + steps && !code; t++) {
        ensemble_noise(&e, rng, t);
        for (size_t d = 0; d < D; d++) e.noise[d] *= (float)sd;
        ensemble_step(&e, e.noise);
        if (t < first) continue;
        memcpy(h + (t - first) * H, e.h, H * sizeof *h);
        if (symbol) ensemble_read(&e, &symbol[t - first]);
    }
    ensemble_free(&e);
    return code;
}
