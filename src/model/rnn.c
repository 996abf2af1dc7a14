/* rnn: see rnn.h. Forward and backward over tiles of a few hundred sequences that stay in the
 * second-level cache through all T steps; every product is a GEMM.
 *
 * W and R follow each other in the parameters, so [W; R] is one (H + K, H) matrix:
 *   forward   h_t [W; R]^T gives the recurrent input of step t + 1 and the logits of step t at once
 *   backward  [e_(t+1) | dz_t] [W; R] gives delta_t, and its transpose times h_t gives [dW; dR]
 * Noise is drawn where it is used, and drawn again in the backward pass instead of being stored.
 * Rows of weights, states and gradients are padded to a multiple of PAD, with zeros where they are
 * read: the products then have no narrow edges, which BLAS kernels are slow at: 5 % at
 * H = 150, 20 % at 200.
 */
#include "hmmgrid/rnn.h"
#include "base/linalg.h"
#include "rnn_simd.h"
#include "base/dispatch.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { TILE = 512 }; /* sequences; a multiple of RNN_BLOCK */
enum { PAD = 8 };    /* floats */

static const struct rnn_kernels *kernels(void)
{
    return KERNELS(rnn_kernels);
}

/* --- parameters ---------------------------------------------------------------------------- */

struct rnn_shape rnn_shape_of(const struct settings *s)
{
    return (struct rnn_shape){s->rnn.hidden, s->rnn.noise_dim, s->hmm.symbols, s->rnn.bias};
}

int rnn_views(struct rnn_shape shape, struct rnn_view view[MAX_RNN_VIEWS])
{
    int H = shape.hidden, D = shape.noise_dim, K = shape.symbols;
    const struct rnn_view all[MAX_RNN_VIEWS] = {
        {"rnn.weight_ih_l0", H, D, 0, 0}, {"rnn.weight_hh_l0", H, H, 0, 0},
        {"fc.weight", K, H, 0, 0},        {"rnn.bias_ih_l0", H, 0, 0, 0},
        {"rnn.bias_hh_l0", H, 0, 0, 0},   {"fc.bias", K, 0, 0, 0}};
    int num = shape.bias ? MAX_RNN_VIEWS : 3;
    size_t offset = 0;
    for (int i = 0; i < num; i++) {
        view[i] = all[i];
        view[i].offset = offset;
        view[i].count = (size_t)all[i].rows * (size_t)(all[i].cols ? all[i].cols : 1);
        offset += view[i].count;
    }
    return num;
}

size_t rnn_num_params(struct rnn_shape shape)
{
    struct rnn_view view[MAX_RNN_VIEWS];
    int last = rnn_views(shape, view) - 1;
    return view[last].offset + view[last].count;
}

void rnn_init_params(struct rnn_shape shape, struct rng rng, float *params)
{
    size_t n = rnn_num_params(shape);
    float bound = 1.0f / sqrtf((float)shape.hidden);
    rng_fill_uniform(rng, 0, n, params);
    for (size_t i = 0; i < n; i++) params[i] = (2.0f * params[i] - 1.0f) * bound;
}

static size_t padded(size_t n)
{
    return (n + PAD - 1) / PAD * PAD;
}

/* The weights as the products read them: U (Hp, D), WR (Zp, Hp), R (K, Hp) behind W in it, where
 * Hp = padded(H), Zp = padded(H + K) */
struct weights {
    const float *U, *WR, *R, *bias_h, *bias_z; /* biases NULL without */
};

/* Copies the weights into the padded arrays of work; bias_h = b_ih + b_hh is formed there too. */
static struct weights weights_of(struct rnn_work *work, const float *params)
{
    struct rnn_shape shape = work->shape;
    struct rnn_view v[MAX_RNN_VIEWS];
    size_t H = (size_t)shape.hidden, Z = H + (size_t)shape.symbols, Hp = padded(H);
    rnn_views(shape, v);
    const float *WR = params + v[1].offset;
    memcpy(work->U, params, v[0].count * sizeof *params); /* the rows behind stay zero */
    for (size_t i = 0; i < Z; i++) memcpy(work->WR + i * Hp, WR + i * H, H * sizeof *WR);
    struct weights w = {.U = work->U, .WR = work->WR, .R = work->WR + H * Hp};
    if (shape.bias) {
        for (size_t i = 0; i < H; i++)
            work->bias[i] = params[v[3].offset + i] + params[v[4].offset + i];
        w.bias_h = work->bias;
        w.bias_z = params + v[5].offset;
    }
    return w;
}

/* --- memory ---------------------------------------------------------------------------------- */

static size_t num_blocks(size_t n)
{
    return (n + RNN_BLOCK - 1) / RNN_BLOCK;
}

static size_t slots(const struct rnn_work *work)
{
    return work->kept ? (size_t)work->T + 1 : 2;
}

void rnn_work_init(struct rnn_work *work, struct arena *arena, struct rnn_shape shape, size_t n_max,
                   int T, int kept)
{
    size_t H = (size_t)shape.hidden, D = (size_t)shape.noise_dim, K = (size_t)shape.symbols;
    *work = (struct rnn_work){.shape = shape, .T = T, .kept = kept};
    size_t blocks = num_blocks(n_max), rows = kept ? n_max : (n_max < TILE ? n_max : TILE);
    size_t tile = num_blocks(n_max < TILE ? n_max : TILE) * RNN_BLOCK;
    size_t Hp = padded(H), Zp = padded(H + K);
    work->hidden = arena_take(arena, rows * Hp * slots(work), sizeof(float));
    work->prob = kept ? arena_take(arena, blocks * RNN_BLOCK * (size_t)T * K, sizeof(float)) : NULL;
    work->noise = arena_take(arena, tile * D, sizeof(float));
    work->U = arena_take(arena, Hp * D, sizeof(float));
    work->WR = arena_take(arena, Zp * Hp, sizeof(float));
    work->dWR = kept ? arena_take(arena, (H + K) * Hp, sizeof(float)) : NULL;
    work->sums = arena_take(arena, tile * Zp, sizeof(float));
    work->delta = arena_take(arena, tile * Hp, sizeof(float));
    work->mixed = arena_take(arena, tile * Zp, sizeof(float));
    work->gumbel = arena_take(arena, RNN_BLOCK * K, sizeof(float));
    work->emission = arena_take(arena, RNN_BLOCK * K, sizeof(float));
    work->bias = arena_take(arena, H, sizeof(float));
    work->bits = arena_take(arena, RNN_BLOCK * K, sizeof(uint32_t));
}

/* slot t of the tile that starts at row n0 and has `rows` rows, padded */
static float *hidden_at(const struct rnn_work *work, size_t n0, size_t rows, int t)
{
    size_t Hp = padded((size_t)work->shape.hidden);
    if (!work->kept) return work->hidden + (size_t)(t & 1) * rows * Hp;
    return work->hidden + n0 * Hp * slots(work) + (size_t)t * rows * Hp;
}

static float *prob_at(const struct rnn_work *work, size_t block, int t)
{
    size_t K = (size_t)work->shape.symbols;
    return work->prob + (block * (size_t)work->T + (size_t)t) * K * RNN_BLOCK;
}

/* --- random inputs ---------------------------------------------------------------------------- */

struct rnn_drive rnn_drive_of(struct rng rng, int initial_state)
{
    return (struct rnn_drive){.noise = rng_child(rng, 0),
                              .gumbel = rng_child(rng, 1),
                              .initial = rng_child(rng, 2),
                              .initial_state = initial_state};
}

/* rows (rows, width) of normals of step t for the tile at n0; the stream of a block of 64 sequences
 * holds (T, 64, width) */
static void draw_rows(struct rng stream, size_t first, size_t n0, size_t rows, int t, int width,
                      float *out)
{
    for (size_t r = 0; r < rows; r += RNN_BLOCK) {
        size_t take = rows - r < RNN_BLOCK ? rows - r : RNN_BLOCK;
        struct rng block = rng_child(stream, (first + n0 + r) / RNN_BLOCK);
        rng_fill_normal(block, (uint64_t)t * RNN_BLOCK * (uint64_t)width, take * (size_t)width,
                        out + r * (size_t)width);
    }
}

static void noise_of_step(const struct rnn_work *work, const struct rnn_drive *drive, size_t n0,
                          size_t rows, int t, float *out)
{
    int D = work->shape.noise_dim;
    if (!drive->given_noise) {
        draw_rows(drive->noise, drive->first, n0, rows, t, D, out);
        return;
    }
    for (size_t r = 0; r < rows; r++)
        memcpy(out + r * (size_t)D,
               drive->given_noise + ((n0 + r) * (size_t)work->T + (size_t)t) * (size_t)D,
               (size_t)D * sizeof(float));
}

/* h (rows, padded H); returns whether the initial state may differ from zero */
static int initial_state(const struct rnn_work *work, const struct rnn_drive *drive, size_t n0,
                         size_t rows, float *h)
{
    size_t H = (size_t)work->shape.hidden, Hp = padded(H);
    const float *from = work->delta; /* free before the first step of a backward pass */
    if (!drive->given_initial && drive->initial_state != INITIAL_NORMAL) {
        memset(h, 0, rows * Hp * sizeof(float));
        return 0;
    }
    if (drive->given_initial)
        from = drive->given_initial + n0 * H;
    else
        draw_rows(drive->initial, drive->first, n0, rows, 0, (int)H, work->delta);
    for (size_t r = 0; r < rows; r++) memcpy(h + r * Hp, from + r * H, H * sizeof *h);
    return 1;
}

/* Columns (K, RNN_BLOCK) of rows (rows, K; stride ld), bias (K) added unless NULL; 0 behind them.
 */
static void take_block(const float *from, size_t ld, size_t rows, int K, const float *bias,
                       float *out)
{
    for (int k = 0; k < K; k++)
        for (size_t r = 0; r < RNN_BLOCK; r++)
            out[(size_t)k * RNN_BLOCK + r] = r >= rows ? 0
                                             : bias    ? from[r * ld + (size_t)k] + bias[k]
                                                       : from[r * ld + (size_t)k];
}

static void gumbel_of_block(struct rnn_work *work, const struct rnn_drive *drive, size_t row,
                            size_t rows, int t)
{
    int K = work->shape.symbols;
    if (!drive->given_gumbel) {
        struct rng block = rng_child(drive->gumbel, (drive->first + row) / RNN_BLOCK);
        size_t n = (size_t)K * RNN_BLOCK;
        rng_fill_bits(block, (uint64_t)t * n, n, work->bits);
        kernels()->gumbel(work->bits, n, work->gumbel);
        return;
    }
    size_t step = (size_t)work->T * (size_t)K;
    take_block(drive->given_gumbel + row * step + (size_t)(t * K), step, rows, K, NULL,
               work->gumbel);
}

/* --- forward ---------------------------------------------------------------------------------- */

/* Sample step t (0-based) of the tile at n0 from logits z (rows, K; stride ld). */
static void emit_step(struct rnn_work *work, const struct rnn_drive *drive, size_t n0, size_t rows,
                      int t, const float *z, size_t ld, const float *bias, double temperature,
                      uint8_t *symbols)
{
    int K = work->shape.symbols;
    for (size_t b = 0; b < rows; b += RNN_BLOCK) {
        size_t take = rows - b < RNN_BLOCK ? rows - b : RNN_BLOCK;
        float *y = work->kept ? prob_at(work, (n0 + b) / RNN_BLOCK, t) : work->emission;
        take_block(z + b * ld, ld, take, K, bias, y);
        gumbel_of_block(work, drive, n0 + b, take, t);
        int32_t symbol[RNN_BLOCK];
        kernels()->emit(y, work->gumbel, K, (float)(1 / temperature), symbol);
        for (size_t r = 0; r < take; r++)
            symbols[(n0 + b + r) * (size_t)work->T + (size_t)t] = (uint8_t)symbol[r];
    }
}

static void forward_tile(struct rnn_work *work, const struct weights *w,
                         const struct rnn_drive *drive, size_t n0, size_t rows, double temperature,
                         uint8_t *symbols)
{
    int H = work->shape.hidden, D = work->shape.noise_dim, K = work->shape.symbols, n = (int)rows;
    int Hp = (int)padded((size_t)H), Zp = (int)padded((size_t)(H + K));
    float *h = hidden_at(work, n0, rows, 0);
    int started = initial_state(work, drive, n0, rows, h);
    for (int t = 0; t < work->T; t++) {
        noise_of_step(work, drive, n0, rows, t, work->noise);
        if (t > 0 || started) /* recurrent input of this step, logits of the one before */
            linalg_gemm(0, 1, n, Zp, H, 1, h, Hp, w->WR, Hp, 0, work->sums, Zp);
        if (t > 0)
            emit_step(work, drive, n0, rows, t - 1, work->sums + H, (size_t)Zp, w->bias_z,
                      temperature, symbols);
        linalg_gemm(0, 1, n, Hp, D, 1, work->noise, D, w->U, D, t > 0 || started ? 1.0f : 0.0f,
                    work->sums, Zp);
        h = hidden_at(work, n0, rows, t + 1);
        kernels()->relu(work->sums, (size_t)Zp, w->bias_h, rows, H, h, (size_t)Hp);
    }
    linalg_gemm(0, 1, n, K, H, 1, h, Hp, w->R, Hp, 0, work->sums, K);
    emit_step(work, drive, n0, rows, work->T - 1, work->sums, (size_t)K, w->bias_z, temperature,
              symbols);
}

void rnn_forward(struct rnn_work *work, const float *params, const struct rnn_drive *drive,
                 size_t n, double temperature, uint8_t *symbols)
{
    struct weights w = weights_of(work, params);
    for (size_t n0 = 0; n0 < n; n0 += TILE)
        forward_tile(work, &w, drive, n0, n - n0 < TILE ? n - n0 : TILE, temperature, symbols);
}

/* --- backward --------------------------------------------------------------------------------- */

/* dz of step t into columns H.. of mixed */
static void emission_gradient(struct rnn_work *work, size_t n0, size_t rows, int t,
                              double temperature, const float *dsymbols)
{
    int H = work->shape.hidden, K = work->shape.symbols;
    size_t Zp = padded((size_t)(H + K)), step = (size_t)work->T * (size_t)K;
    for (size_t b = 0; b < rows; b += RNN_BLOCK) {
        size_t take = rows - b < RNN_BLOCK ? rows - b : RNN_BLOCK;
        float *G = work->emission;
        take_block(dsymbols + (n0 + b) * step + (size_t)(t * K), step, take, K, NULL, G);
        kernels()->emit_gradient(prob_at(work, (n0 + b) / RNN_BLOCK, t), G, K,
                                 (float)(1 / temperature), G);
        for (size_t r = 0; r < take; r++)
            for (int k = 0; k < K; k++)
                work->mixed[(b + r) * Zp + (size_t)(H + k)] = G[(size_t)k * RNN_BLOCK + r];
    }
}

/* adds to dU (H, D) and the biases in dparams, and to work->dWR */
static void backward_tile(struct rnn_work *work, const struct weights *w,
                          const struct rnn_drive *drive, size_t n0, size_t rows, double temperature,
                          const float *dsymbols, float *dparams)
{
    int H = work->shape.hidden, D = work->shape.noise_dim, K = work->shape.symbols, n = (int)rows;
    int Hp = (int)padded((size_t)H), Zp = (int)padded((size_t)(H + K));
    struct rnn_view v[MAX_RNN_VIEWS];
    rnn_views(work->shape, v);
    float *dU = dparams, *dWR = work->dWR, *dR = dWR + H * Hp;
    for (int t = work->T - 1; t >= 0; t--) {
        const float *h = hidden_at(work, n0, rows, t + 1);
        emission_gradient(work, n0, rows, t, temperature, dsymbols);
        if (t == work->T - 1) { /* no step after the last one */
            linalg_gemm(0, 0, n, Hp, K, 1, work->mixed + H, Zp, w->R, Hp, 0, work->delta, Hp);
            linalg_gemm(1, 0, K, Hp, n, 1, work->mixed + H, Zp, h, Hp, 1, dR, Hp);
        } else {
            linalg_gemm(0, 0, n, Hp, H + K, 1, work->mixed, Zp, w->WR, Hp, 0, work->delta, Hp);
            linalg_gemm(1, 0, H + K, Hp, n, 1, work->mixed, Zp, h, Hp, 1, dWR, Hp);
        }
        kernels()->relu_gradient(work->delta, h, (size_t)Hp, rows, H, work->mixed, (size_t)Zp);
        noise_of_step(work, drive, n0, rows, t, work->noise);
        linalg_gemm(1, 0, H, D, n, 1, work->mixed, Zp, work->noise, D, 1, dU, D);
        if (work->shape.bias) {
            kernels()->column_sums(work->mixed, (size_t)Zp, rows, H, dparams + v[3].offset);
            kernels()->column_sums(work->mixed, (size_t)Zp, rows, H, dparams + v[4].offset);
            kernels()->column_sums(work->mixed + H, (size_t)Zp, rows, K, dparams + v[5].offset);
        }
    }
    if (drive->given_initial || drive->initial_state == INITIAL_NORMAL)
        linalg_gemm(1, 0, H, Hp, n, 1, work->mixed, Zp, hidden_at(work, n0, rows, 0), Hp, 1, dWR,
                    Hp);
}

void rnn_backward(struct rnn_work *work, const float *params, const struct rnn_drive *drive,
                  size_t n, double temperature, const float *dsymbols, float *dparams)
{
    size_t H = (size_t)work->shape.hidden, Z = H + (size_t)work->shape.symbols, Hp = padded(H);
    struct weights w = weights_of(work, params);
    memset(work->dWR, 0, Z * Hp * sizeof *work->dWR);
    for (size_t n0 = 0; n0 < n; n0 += TILE)
        backward_tile(work, &w, drive, n0, n - n0 < TILE ? n - n0 : TILE, temperature, dsymbols,
                      dparams);
    float *dWR = dparams + H * (size_t)work->shape.noise_dim; /* behind dU */
    for (size_t i = 0; i < Z; i++)
        for (size_t j = 0; j < H; j++) dWR[i * H + j] += work->dWR[i * Hp + j];
}

/* --- evaluation ------------------------------------------------------------------------------- */

/* o_0 uniform (its logits are those of h_0 = 0), then T - 1 driven steps (SCIENCE 2.7) */
static void generate_reference(struct rnn_work *work, const float *params,
                               const struct rnn_drive *drive, struct rng first_symbol, size_t n,
                               int T, uint8_t *driven, uint8_t *symbols)
{
    if (T > 1) rnn_forward(work, params, drive, n, 1.0, driven);
    for (size_t i = 0; i < n; i++) {
        uint8_t *to = symbols + i * (size_t)T;
        double u = rng_uniform(first_symbol, drive->first + i);
        to[0] = (uint8_t)(u * work->shape.symbols);
        memcpy(to + 1, driven + i * (size_t)(T - 1), (size_t)(T - 1));
    }
}

int rnn_generate(struct rnn_shape shape, const float *params, int generation, int initial_state,
                 struct rng rng, size_t first, size_t n, int T, uint8_t *symbols, bool *overflowed,
                 struct status *st)
{
    size_t num = rnn_num_params(shape);
    for (size_t i = 0; i < num; i++)
        if (!isfinite(params[i]))
            return status_set(st, STATUS_RUN_FAILED, "weight %zu is not finite", i);
    int reference = generation == GENERATE_REFERENCE;
    int steps = reference ? T - 1 : T;
    struct rnn_work work;
    struct arena arena;
    uint8_t *driven = NULL;
    for (int real = 0; real < 2; real++) { /* measure, then take */
        if (real) {
            int code = arena_init(&arena, arena.used, st);
            if (code) return code;
        } else {
            arena_measure(&arena);
        }
        rnn_work_init(&work, &arena, shape, TILE, steps, 0);
        driven = arena_take(&arena, (size_t)TILE * (size_t)T, 1);
    }
    struct rnn_drive drive = rnn_drive_of(rng, reference ? INITIAL_ZEROS : initial_state);
    if (overflowed) *overflowed = false;
    for (size_t done = 0; done < n; done += TILE) {
        size_t take = n - done < TILE ? n - done : TILE;
        drive.first = first + done;
        if (reference)
            generate_reference(&work, params, &drive, rng_child(rng, 3), take, T, driven,
                               symbols + done * (size_t)T);
        else
            rnn_forward(&work, params, &drive, take, 1.0, symbols + done * (size_t)T);
        /* sums: the last logits */
        if (overflowed && steps > 0)
            *overflowed |=
                kernels()->exceeds(work.sums, take * (size_t)shape.symbols, FLT_MAX) != 0;
    }
    arena_free(&arena);
    return STATUS_OK;
}
