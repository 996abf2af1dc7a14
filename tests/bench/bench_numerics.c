/* bench_numerics: does float32 change what is learnt? The same training twice on the same random
 * numbers, by the fast kernels in float32 and by the plain ones in float64, epoch by epoch.
 * usage: bench_numerics [SEQUENCES [EPOCHS [SEED]]]   fully-connected HMM, 150 units, 100 inputs
 * Prints one line an epoch: both losses, their difference, the share of equal symbols, and the
 * largest difference of a weight. The plain kernels need about 10 us a sequence-step.
 */
#include "../reference/reference.h"
#include "model/adam.h"
#include "hmmgrid/hmm.h"
#include "base/linalg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { T = 30, BATCHES = 3 };

struct twin {
    struct rnn_shape shape;
    size_t n, num; /* sequences a batch, parameters */
    struct settings s;
    uint8_t *target; /* (BATCHES, n, T) */
    struct sinkhorn_options loss;
    struct adam_options adam;
    /* float32 */
    struct arena arena;
    struct rnn_work rnn;
    struct sinkhorn_work sinkhorn;
    struct sinkhorn_target targets[BATCHES];
    float *params, *grad, *m, *v, *dsymbols;
    uint8_t *symbols;
    /* float64 */
    double *params64, *grad64, *m64, *v64, *noise, *gumbel, *hidden, *logits, *prob, *dsymbols64;
    float *noise32, *gumbel32;
    uint8_t *symbols64;
};

static void *take(size_t count, size_t bytes)
{
    void *p = calloc(count, bytes);
    if (!p) {
        fprintf(stderr, "out of memory\n");
        exit(1);
    }
    return p;
}

static void take_fast(struct twin *w)
{
    int K = w->shape.symbols;
    size_t nt = w->n * T;
    rnn_work_init(&w->rnn, &w->arena, w->shape, w->n, T, 1);
    sinkhorn_work_init(&w->sinkhorn, &w->arena, w->n, w->n, T, K);
    for (int b = 0; b < BATCHES; b++)
        sinkhorn_target_init(&w->targets[b], &w->arena, w->target + (size_t)b * nt, w->n, T, K);
    w->params = arena_take(&w->arena, w->num, 4), w->grad = arena_take(&w->arena, w->num, 4);
    w->m = arena_take(&w->arena, w->num, 4), w->v = arena_take(&w->arena, w->num, 4);
    w->dsymbols = arena_take(&w->arena, nt * (size_t)K, 4);
    w->symbols = arena_take(&w->arena, nt, 1);
}

static void set_up(struct twin *w, size_t n, int64_t seed)
{
    struct status st;
    struct hmm hmm;
    settings_default(&w->s);
    w->s.hmm.architecture = FULLY_CONNECTED;
    if (settings_resolve(&w->s, NULL, &st) || hmm_init(&hmm, &w->s, &st)) {
        fprintf(stderr, "%s\n", st.text);
        exit(1);
    }
    w->shape = rnn_shape_of(&w->s);
    w->n = n;
    w->num = rnn_num_params(w->shape);
    w->loss = (struct sinkhorn_options){w->s.train.blur, w->s.train.scaling};
    w->adam = (struct adam_options){1e-3, 0.9, 0.9, 1e-8};
    size_t nt = n * T, K = (size_t)w->shape.symbols, H = (size_t)w->shape.hidden;
    w->target = take(BATCHES * nt, 1);
    hmm_sample(&hmm, rng_stream((uint64_t)seed, "numerics", "data"), 0, BATCHES * n, T, w->target,
               NULL);
    hmm_free(&hmm);
    arena_measure(&w->arena);
    take_fast(w);
    if (arena_init(&w->arena, w->arena.used, &st)) exit(1);
    take_fast(w);
    w->params64 = take(w->num, 8), w->grad64 = take(w->num, 8);
    w->m64 = take(w->num, 8), w->v64 = take(w->num, 8);
    w->noise = take(nt * (size_t)w->shape.noise_dim, 8), w->gumbel = take(nt * K, 8);
    w->noise32 = take(nt * (size_t)w->shape.noise_dim, 4), w->gumbel32 = take(nt * K, 4);
    w->hidden = take(nt * H, 8), w->logits = take(nt * K, 8), w->prob = take(nt * K, 8);
    w->dsymbols64 = take(nt * K, 8), w->symbols64 = take(nt, 1);
    rnn_init_params(w->shape, rng_stream((uint64_t)seed, "numerics", "init"), w->params);
    for (size_t i = 0; i < w->num; i++) w->params64[i] = (double)w->params[i];
}

/* the same numbers for both */
static void draw(struct twin *w, struct rng rng)
{
    size_t num_noise = w->n * T * (size_t)w->shape.noise_dim;
    size_t num_gumbel = w->n * T * (size_t)w->shape.symbols;
    rng_fill_normal(rng_child(rng, 0), 0, num_noise, w->noise32);
    for (size_t i = 0; i < num_noise; i++) w->noise[i] = (double)w->noise32[i];
    for (size_t i = 0; i < num_gumbel; i++) {
        w->gumbel32[i] = (float)-log(-log(rng_uniform(rng_child(rng, 1), i) * (1 - 1e-12) + 1e-13));
        w->gumbel[i] = (double)w->gumbel32[i];
    }
}

static double step32(struct twin *w, int batch, long k)
{
    struct rnn_drive drive = {.given_noise = w->noise32, .given_gumbel = w->gumbel32};
    struct status st;
    double value = NAN;
    rnn_forward(&w->rnn, w->params, &drive, w->n, 1.0, w->symbols);
    sinkhorn_loss(&w->sinkhorn, &w->targets[batch], w->symbols, w->n, w->loss, &value, w->dsymbols,
                  &st);
    memset(w->grad, 0, w->num * sizeof(float));
    rnn_backward(&w->rnn, w->params, &drive, w->n, 1.0, w->dsymbols, w->grad);
    adam_clip(w->grad, w->num, 0.3);
    adam_step(w->params, w->grad, w->m, w->v, w->num, k, &w->adam);
    return value;
}

static double step64(struct twin *w, int batch, long k)
{
    struct status st;
    double value = NAN, squares = 0;
    int K = w->shape.symbols;
    rnn_plain_forward(w->shape, w->params64, w->noise, NULL, w->n, T, w->hidden, w->logits);
    rnn_plain_emit(w->logits, w->gumbel, w->n, T, K, 1.0, w->prob, w->symbols64);
    sinkhorn_plain(w->symbols64, w->n, w->target + (size_t)batch * w->n * T, w->n, T, K, w->loss,
                   &value, w->dsymbols64, NULL, &st);
    rnn_plain_backward(w->shape, w->params64, w->noise, NULL, w->hidden, w->prob, w->n, T, 1.0,
                       w->dsymbols64, w->grad64);
    for (size_t i = 0; i < w->num; i++) squares += w->grad64[i] * w->grad64[i];
    double scale = fmin(1, 0.3 / (sqrt(squares) + 1e-6));
    double correct1 = 1 - pow(0.9, (double)k), correct2 = 1 - pow(0.9, (double)k);
    for (size_t i = 0; i < w->num; i++) {
        double g = w->grad64[i] * scale;
        w->m64[i] = 0.9 * w->m64[i] + 0.1 * g;
        w->v64[i] = 0.9 * w->v64[i] + 0.1 * g * g;
        w->params64[i] -= 1e-3 * w->m64[i] / correct1 / (sqrt(w->v64[i] / correct2) + 1e-8);
    }
    return value;
}

int main(int argc, char **argv)
{
    struct twin w = {0};
    struct status st;
    if (linalg_start(&st)) {
        fprintf(stderr, "%s\n", st.text);
        return 1;
    }
    int epochs = argc > 2 ? atoi(argv[2]) : 10;
    int64_t seed = argc > 3 ? atoll(argv[3]) : 0;
    set_up(&w, argc > 1 ? (size_t)atol(argv[1]) : 256, seed);
    struct rng noise = rng_stream((uint64_t)seed, "numerics", "noise");
    printf("epoch  loss float32  loss float64  difference  equal symbols  largest weight "
           "difference\n");
    for (long epoch = 0, k = 1; epoch < epochs; epoch++) {
        double a = 0, b = 0, largest = 0;
        size_t equal = 0;
        for (int batch = 0; batch < BATCHES; batch++, k++) {
            draw(&w, rng_child(noise, (uint64_t)k));
            a += step32(&w, batch, k) / BATCHES;
            b += step64(&w, batch, k) / BATCHES;
            for (size_t i = 0; i < w.n * T; i++) equal += w.symbols[i] == w.symbols64[i];
        }
        for (size_t i = 0; i < w.num; i++)
            largest = fmax(largest, fabs((double)w.params[i] - w.params64[i]));
        printf("%5ld  %12.6f  %12.6f  %10.1e  %13.6f  %.1e\n", epoch + 1, a, b, a - b,
               (double)equal / (double)(BATCHES * w.n * T), largest);
        fflush(stdout);
    }
    arena_free(&w.arena);
    return 0;
}
