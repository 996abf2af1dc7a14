/* gemms: the matrix products of an epoch and nothing else: the shapes, tiles and order of
 * src/model/rnn.c on arrays of the network's own sizes, without the padding by which rnn.c makes
 * its products quicker. Refuses to compute a network. */
#include "bench.h"
#include "base/linalg.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

void bench_gemms_init(struct bench_gemms *g, struct bench_shape shape)
{
    size_t H = (size_t)shape.H, D = (size_t)shape.D, K = BENCH_SYMBOLS, n_max = bench_batch[0];
    size_t hidden = n_max * ((size_t)shape.T + 1) * H, params = H * (D + H + K);
    struct rng rng = rng_stream(1, "bench", "gemms");
    *g = (struct bench_gemms){.shape = shape};
    g->hidden = bench_take(hidden, sizeof(float));
    g->noise = bench_take(BENCH_TILE * D, sizeof(float));
    g->sums = bench_take(BENCH_TILE * (H + K), sizeof(float));
    g->mixed = bench_take(BENCH_TILE * (H + K), sizeof(float));
    g->delta = bench_take(BENCH_TILE * H, sizeof(float));
    g->params = bench_take(params, sizeof(float));
    g->dparams = bench_take(params, sizeof(float));
    rng_fill_uniform(rng, 0, hidden, g->hidden);
    rng_fill_normal(rng, 0, BENCH_TILE * D, g->noise);
    rng_fill_normal(rng, 0, BENCH_TILE * (H + K), g->mixed);
    rng_fill_normal(rng, 0, params, g->params);
}

void bench_gemms_free(struct bench_gemms *g)
{
    free(g->hidden), free(g->noise), free(g->sums), free(g->mixed), free(g->delta);
    free(g->params), free(g->dparams);
}

static float *hidden_at(const struct bench_gemms *g, size_t n0, size_t rows, int t, int kept)
{
    size_t H = (size_t)g->shape.H;
    if (!kept) return g->hidden + (size_t)(t & 1) * rows * H;
    return g->hidden + n0 * H * ((size_t)g->shape.T + 1) + (size_t)t * rows * H;
}

static size_t tile_rows(size_t n, size_t n0)
{
    return n - n0 < BENCH_TILE ? n - n0 : BENCH_TILE;
}

void bench_gemms_forward(struct bench_gemms *g, size_t n, int kept)
{
    int T = g->shape.T, H = g->shape.H, D = g->shape.D, K = BENCH_SYMBOLS, ld = H + K;
    const float *U = g->params, *WR = U + H * D, *R = WR + H * H;
    for (size_t n0 = 0; n0 < n; n0 += BENCH_TILE) {
        size_t rows = tile_rows(n, n0);
        int m = (int)rows;
        for (int t = 0; t < T; t++) {
            const float *h = hidden_at(g, n0, rows, t, kept);
            if (t > 0) linalg_gemm(0, 1, m, ld, H, 1, h, H, WR, H, 0, g->sums, ld);
            linalg_gemm(0, 1, m, H, D, 1, g->noise, D, U, D, t > 0 ? 1.0f : 0.0f, g->sums, ld);
        }
        linalg_gemm(0, 1, m, K, H, 1, hidden_at(g, n0, rows, T, kept), H, R, H, 0, g->sums, K);
    }
}

void bench_gemms_backward(struct bench_gemms *g, size_t n)
{
    int T = g->shape.T, H = g->shape.H, D = g->shape.D, K = BENCH_SYMBOLS, ld = H + K;
    const float *WR = g->params + H * D, *R = WR + H * H;
    float *dU = g->dparams, *dWR = dU + H * D, *dR = dWR + H * H;
    memset(g->dparams, 0, (size_t)(H * (D + H + K)) * sizeof(float));
    for (size_t n0 = 0; n0 < n; n0 += BENCH_TILE) {
        size_t rows = tile_rows(n, n0);
        int m = (int)rows;
        for (int t = T - 1; t >= 0; t--) {
            const float *h = hidden_at(g, n0, rows, t + 1, 1);
            if (t == T - 1) {
                linalg_gemm(0, 0, m, H, K, 1, g->mixed + H, ld, R, H, 0, g->delta, H);
                linalg_gemm(1, 0, K, H, m, 1, g->mixed + H, ld, h, H, 1, dR, H);
            } else {
                linalg_gemm(0, 0, m, H, ld, 1, g->mixed, ld, WR, H, 0, g->delta, H);
                linalg_gemm(1, 0, ld, H, m, 1, g->mixed, ld, h, H, 1, dWR, H);
            }
            linalg_gemm(1, 0, H, D, m, 1, g->mixed, ld, g->noise, D, 1, dU, D);
        }
    }
}

void bench_gemms_epoch(struct bench_gemms *g)
{
    for (int b = 0; b < BENCH_BATCHES; b++) {
        bench_gemms_forward(g, bench_batch[b], 1);
        bench_gemms_backward(g, bench_batch[b]);
    }
    for (int b = 0; b < BENCH_BATCHES; b++) bench_gemms_forward(g, bench_batch[b], 0);
}

double bench_forward_flops(struct bench_shape shape, double n)
{
    double T = shape.T, H = shape.H, D = shape.D, K = BENCH_SYMBOLS;
    return 2 * n * H * ((T - 1) * (H + K) + T * D + K);
}

double bench_backward_flops(struct bench_shape shape, double n)
{
    double T = shape.T, H = shape.H, D = shape.D, K = BENCH_SYMBOLS;
    return 2 * n * H * (2 * (T - 1) * (H + K) + 2 * K + T * D);
}

double bench_gemm_peak(void)
{
    enum { N = 1024, TIMES = 12 };
    float *a = bench_take(3 * N * N, sizeof(float)), *b = a + N * N, *c = b + N * N;
    double least = INFINITY;
    rng_fill_uniform(rng_stream(1, "bench", "peak"), 0, 2 * N * N, a);
    for (int i = 0; i < TIMES; i++) {
        double start = clock_cpu_s();
        linalg_gemm(0, 0, N, N, N, 1, a, N, b, N, 0, c, N);
        least = fmin(least, clock_cpu_s() - start);
    }
    free(a);
    return 2.0 * N * N * N / least;
}
