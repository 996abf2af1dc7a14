/* parts: where the time of an epoch goes. Each part is run alone on the shapes of an epoch, through
 * the private headers of src/model; what an epoch takes beyond their sum is the rest. Refuses to
 * instrument the program itself. */
#include "../reference/reference.h"
#include "base/dispatch.h"
#include "model/rnn_simd.h"
#include "model/sinkhorn_problem.h"
#include "bench.h"
#include "model/adam.h"

#include <stdlib.h>
#include <string.h>

enum { K = BENCH_SYMBOLS, TURNS = 2 };

struct bench {
    struct bench_shape shape;
    struct rnn_shape rnn;
    struct rng rng;
    struct bench_gemms gemms; /* also the arrays of the elementwise part */
    float *block;             /* (K, 64) */
    uint32_t *bits;           /* (K, 64) */
    float *prob;              /* (4096, T, K) */
    float *dsymbols;          /* (4096, T, K) */
    float *params, *grad, *m, *v;
    uint8_t *symbols; /* (4096, T) of a fresh network */
    uint8_t *target;  /* (4096, T) of the HMM */
    uint8_t *sample;  /* (4096, T) of the HMM, another draw */
    struct arena arena;
    struct sinkhorn_work work;
    struct sinkhorn_target targets[BENCH_BATCHES];
};

/* --- set-up ----------------------------------------------------------------------------------- */

static void take_sinkhorn(struct bench *p)
{
    struct status st;
    for (int real = 0; real < 2; real++) { /* measure, then take */
        if (real)
            bench_check(arena_init(&p->arena, p->arena.used, &st), &st);
        else
            arena_measure(&p->arena);
        sinkhorn_work_init(&p->work, &p->arena, bench_batch[0], bench_batch[0], p->shape.T, K);
        for (int b = 0; b < BENCH_BATCHES; b++)
            sinkhorn_target_init(&p->targets[b], &p->arena, p->target, bench_batch[b], p->shape.T,
                                 K);
    }
}

static void init(struct bench *p, struct bench_shape shape)
{
    struct settings s = bench_settings(shape);
    size_t n = bench_batch[0], entries = n * (size_t)shape.T * K;
    struct status st;
    *p = (struct bench){.shape = shape, .rnn = rnn_shape_of(&s)};
    p->rng = rng_stream(1, "bench", "parts");
    bench_gemms_init(&p->gemms, shape);
    size_t params = rnn_num_params(p->rnn);
    p->block = bench_take(2 * K * RNN_BLOCK, sizeof(float));
    p->bits = bench_take(K * RNN_BLOCK, sizeof(uint32_t));
    p->prob = bench_take(2 * entries, sizeof(float));
    p->dsymbols = p->prob + entries;
    p->params = bench_take(4 * params, sizeof(float));
    p->grad = p->params + params;
    p->m = p->grad + params;
    p->v = p->m + params;
    rnn_init_params(p->rnn, p->rng, p->params);
    rng_fill_normal(p->rng, 0, params, p->grad);
    p->symbols = bench_take(n, (size_t)shape.T);
    bench_check(rnn_generate(p->rnn, p->params, GENERATE_TRAINED, INITIAL_ZEROS, p->rng, 0, n,
                             shape.T, p->symbols, NULL, &st),
                &st);
    p->target = bench_sequences(&s, "y", n);
    p->sample = bench_sequences(&s, "x", n);
    take_sinkhorn(p);
}

static void release(struct bench *p)
{
    bench_gemms_free(&p->gemms);
    free(p->block), free(p->bits), free(p->prob), free(p->params);
    free(p->symbols), free(p->target), free(p->sample);
    arena_free(&p->arena);
}

/* --- network ---------------------------------------------------------------------------------- */

/* a step of a tile, or of all of them: what `one` does for every tile and step of a pass */
typedef void (*tile_step)(struct bench *p, size_t n0, size_t rows, int t, int kept);

static double pass_s(struct bench *p, tile_step one, int kept)
{
    double start = clock_cpu_s();
    for (int b = 0; b < BENCH_BATCHES; b++)
        for (size_t n0 = 0, n = bench_batch[b]; n0 < n; n0 += BENCH_TILE)
            for (int t = 0; t < p->shape.T; t++)
                one(p, n0, n - n0 < BENCH_TILE ? n - n0 : BENCH_TILE, t, kept);
    return clock_cpu_s() - start;
}

static void noise(struct bench *p, size_t n0, size_t rows, int t, int kept)
{
    size_t D = (size_t)p->shape.D;
    (void)kept;
    for (size_t r = 0; r < rows; r += RNN_BLOCK) {
        size_t take = rows - r < RNN_BLOCK ? rows - r : RNN_BLOCK;
        rng_fill_normal(rng_child(p->rng, (n0 + r) / RNN_BLOCK), (uint64_t)t * RNN_BLOCK * D,
                        take * D, p->gemms.noise + r * D);
    }
}

static float *hidden(struct bench *p, size_t n0, size_t rows, int t, int kept)
{
    size_t H = (size_t)p->shape.H;
    if (!kept) return p->gemms.hidden + (size_t)(t & 1) * rows * H;
    return p->gemms.hidden + (n0 * ((size_t)p->shape.T + 1) + (size_t)t * rows) * H;
}

static void relu(struct bench *p, size_t n0, size_t rows, int t, int kept)
{
    int H = p->shape.H;
    KERNELS(rnn_kernels)
        ->relu(p->gemms.sums, (size_t)(H + K), NULL, rows, H, hidden(p, n0, rows, t + 1, kept),
               (size_t)H);
}

/* logits to symbols, Gumbel noise included */
static void emission(struct bench *p, size_t n0, size_t rows, int t, int kept)
{
    const struct rnn_kernels *k = KERNELS(rnn_kernels);
    size_t ld = (size_t)(p->shape.H + K), T = (size_t)p->shape.T;
    const float *z = p->gemms.sums + p->shape.H;
    float *gumbel = p->block + K * RNN_BLOCK;
    for (size_t b = 0; b < rows; b += RNN_BLOCK) {
        size_t take = rows - b < RNN_BLOCK ? rows - b : RNN_BLOCK, block = (n0 + b) / RNN_BLOCK;
        float *y = kept ? p->prob + (block * T + (size_t)t) * K * RNN_BLOCK : p->block;
        for (size_t c = 0; c < K; c++)
            for (size_t r = 0; r < RNN_BLOCK; r++)
                y[c * RNN_BLOCK + r] = r < take ? z[(b + r) * ld + c] : 0;
        rng_fill_bits(rng_child(p->rng, block), (uint64_t)t * K * RNN_BLOCK, K * RNN_BLOCK,
                      p->bits);
        k->gumbel(p->bits, K * RNN_BLOCK, gumbel);
        int32_t symbol[RNN_BLOCK];
        k->emit(y, gumbel, K, 1.0f, symbol);
        for (size_t r = 0; r < take; r++)
            p->symbols[(n0 + b + r) * T + (size_t)t] = (uint8_t)symbol[r];
    }
}

static void emission_gradient(struct bench *p, size_t n0, size_t rows, int t, int kept)
{
    size_t H = (size_t)p->shape.H, T = (size_t)p->shape.T;
    (void)kept;
    for (size_t b = 0; b < rows; b += RNN_BLOCK) {
        size_t take = rows - b < RNN_BLOCK ? rows - b : RNN_BLOCK, block = (n0 + b) / RNN_BLOCK;
        float *G = p->block;
        for (size_t c = 0; c < K; c++)
            for (size_t r = 0; r < RNN_BLOCK; r++)
                G[c * RNN_BLOCK + r] =
                    r < take ? p->dsymbols[((n0 + b + r) * T + (size_t)t) * K + c] : 0;
        KERNELS(rnn_kernels)
            ->emit_gradient(p->prob + (block * T + (size_t)t) * K * RNN_BLOCK, G, K, 1.0f, G);
        for (size_t r = 0; r < take; r++)
            for (size_t c = 0; c < K; c++)
                p->gemms.mixed[(b + r) * (H + K) + H + c] = G[c * RNN_BLOCK + r];
    }
}

static void relu_gradient(struct bench *p, size_t n0, size_t rows, int t, int kept)
{
    int H = p->shape.H;
    KERNELS(rnn_kernels)
        ->relu_gradient(p->gemms.delta, hidden(p, n0, rows, t + 1, kept), (size_t)H, rows, H,
                        p->gemms.mixed, (size_t)(H + K));
}

/* --- loss ------------------------------------------------------------------------------------- */

struct loss_times {
    double costs, levels, gradient;
};

/* costs and annealing of one problem, and its gradient when asked for */
static void time_problem(const struct sinkhorn_problem *p, const double *eps, int levels,
                         double sign, float *grad, struct loss_times *times)
{
    double start = clock_cpu_s();
    sinkhorn_problem_costs(p, eps[0]);
    double built = clock_cpu_s();
    sinkhorn_problem_solve(p, eps, levels);
    double solved = clock_cpu_s();
    if (grad) sinkhorn_problem_gradient(p, eps[levels - 1], sign, grad);
    times->costs += built - start;
    times->levels += solved - built;
    times->gradient += clock_cpu_s() - solved;
}

/* the two problems of a batch, as src/model/sinkhorn.c sets them up */
static void time_batch(struct bench *p, const uint8_t *x, int b, float *grad,
                       struct loss_times *times)
{
    struct sinkhorn_work *w = &p->work;
    const struct sinkhorn_target *target = &p->targets[b];
    int T = p->shape.T;
    size_t n = bench_batch[b];
    double eps[SINKHORN_MAX_LEVELS];
    int levels = sinkhorn_levels(sinkhorn_diameter(x, n, target->symbols, n, T, K),
                                 (struct sinkhorn_options){0.2, 0.5}, eps);
    sinkhorn_encode(x, n, T, K, w->codes_x);
    struct sinkhorn_cloud generated = {x, w->codes_x, n};
    struct sinkhorn_cloud targets = {target->symbols, target->codes, n};
    struct sinkhorn_problem xx = sinkhorn_problem_of(w, generated, generated);
    struct sinkhorn_problem xy = sinkhorn_problem_of(w, generated, targets);
    if (grad) memset(grad, 0, n * (size_t)T * K * sizeof *grad);
    time_problem(&xx, eps, levels, 1, grad, times);
    time_problem(&xy, eps, levels, -1, grad, times);
}

static struct loss_times time_loss(struct bench *p, const uint8_t *x)
{
    struct loss_times times = {0};
    for (int b = 0; b < BENCH_BATCHES; b++) time_batch(p, x, b, p->dsymbols, &times);
    for (int b = 0; b < BENCH_BATCHES; b++) time_batch(p, x, b, NULL, &times);
    return times;
}

static double optimiser_s(struct bench *p, long step)
{
    const struct adam_options adam = {1e-3, 0.9, 0.9, 1e-8};
    size_t params = rnn_num_params(p->rnn);
    double start = clock_cpu_s();
    for (int b = 0; b < BENCH_BATCHES; b++) {
        adam_clip(p->grad, params, 0.9);
        adam_step(p->params, p->grad, p->m, p->v, params, step * BENCH_BATCHES + b + 1, &adam);
    }
    return clock_cpu_s() - start;
}

/* --- the table -------------------------------------------------------------------------------- */

enum {
    NOISE,
    GEMM,
    RELU,
    EMISSION,
    DEMISSION,
    DRELU,
    COSTS,
    LEVELS,
    GRADIENT,
    OPTIMISER,
    NUM_PARTS
};
static const struct {
    const char *name, *meaning;
} part[NUM_PARTS] = {{"noise", "normal numbers: training forward, again backward, validation"},
                     {"GEMM", "all matrix products"},
                     {"relu", "elementwise; the hidden states of training are stored"},
                     {"gumbel and emission", "elementwise; logits to symbols"},
                     {"gradient of emission", "elementwise"},
                     {"relu mask of the gradient", "elementwise"},
                     {"cost matrices", "Hamming distances: x-y, and half of x-x"},
                     {"softmin levels", "all levels of x-y and x-x"},
                     {"gradient of the loss", "training batches only"},
                     {"optimiser", "clip and Adam"}};

static void time_parts(struct bench *p, double least[NUM_PARTS])
{
    for (int turn = 0; turn < TURNS; turn++) {
        double s[NUM_PARTS], start = clock_cpu_s();
        bench_gemms_epoch(&p->gemms);
        s[GEMM] = clock_cpu_s() - start;
        s[NOISE] = 2 * pass_s(p, noise, 1) + pass_s(p, noise, 0);
        struct loss_times loss = time_loss(p, p->symbols);
        s[COSTS] = loss.costs, s[LEVELS] = loss.levels, s[GRADIENT] = loss.gradient;
        s[RELU] = pass_s(p, relu, 1) + pass_s(p, relu, 0);
        s[EMISSION] = pass_s(p, emission, 1) + pass_s(p, emission, 0);
        s[DEMISSION] = pass_s(p, emission_gradient, 1);
        s[DRELU] = pass_s(p, relu_gradient, 1);
        s[OPTIMISER] = optimiser_s(p, turn);
        for (int i = 0; i < NUM_PARTS; i++)
            if (turn == 0 || s[i] < least[i]) least[i] = s[i];
    }
}

static void parts_of(struct bench_shape shape)
{
    struct bench p;
    struct bench_epochs e;
    double least[NUM_PARTS], sum = 0;
    const char *name = bench_name(shape);
    init(&p, shape);
    time_parts(&p, least);
    struct loss_times trained = time_loss(&p, p.sample);
    release(&p);
    bench_epochs_run(&e, shape, 2, NULL);
    double epoch_s = bench_least(e.cpu_s, e.num);
    bench_row("parts", name, "epoch", epoch_s, "s",
              "by train_run; best of 2; the parts: each alone");
    for (int i = 0; i < NUM_PARTS; i++) {
        bench_row("parts", name, part[i].name, least[i], "s", part[i].meaning);
        sum += least[i];
    }
    bench_row("parts", name, "rest", epoch_s - sum, "s",
              "epoch minus the sum; within the noise of the machine it may be below zero");
    bench_row("parts", name, "loss of a trained network",
              trained.costs + trained.levels + trained.gradient, "s",
              "cost matrices, levels and gradient when x is a sample of the HMM; not in the sum");
}

void bench_parts(void)
{
    parts_of((struct bench_shape){30, 150, 100});
    parts_of((struct bench_shape){100, 150, 100});
}
