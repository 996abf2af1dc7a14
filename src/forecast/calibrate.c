/* calibrate: see calibrate.h. Runs the pieces of train.c and measure.c through their own functions
 * on samples of the HMM. Refuses to train: a network's sample is taken to cost what the HMM's
 * costs, and the first epochs what random symbols cost. */
#include "model/adam.h"
#include "calibrate.h"
#include "base/clock.h"
#include "cost.h"
#include "hmmgrid/measure.h"
#include "measure/excess.h"
#include "hmmgrid/sinkhorn.h"
#include "hmmgrid/train.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const double early_share = 0.1; /* of the epochs, in which symbols are nearly random */
static const double commit_s = 0.01;   /* a row written, synced and acknowledged, on ext4 */
enum { NETWORK_ROWS = 512, REPEATS = 2, KEY_BYTES = 192, MAX_VALUES = 4 };

/* --- seconds that are already known ----------------------------------------------------------- */

struct memo_entry {
    char key[KEY_BYTES];
    double value[MAX_VALUES];
};

struct memo {
    struct memo_entry *entry; /* owned */
    int num, room;
};

/* The entry of a key and whether it is new (then all zero); NULL: memory out. */
static struct memo_entry *memo_find(struct memo *memo, const char *key, bool *is_new)
{
    *is_new = false;
    for (int i = 0; i < memo->num; i++)
        if (strcmp(memo->entry[i].key, key) == 0) return &memo->entry[i];
    if (memo->num == memo->room) {
        int room = 2 * memo->room + 16;
        struct memo_entry *entry = realloc(memo->entry, (size_t)room * sizeof *entry);
        if (!entry) return NULL;
        memo->entry = entry;
        memo->room = room;
    }
    *is_new = true;
    struct memo_entry *e = &memo->entry[memo->num++];
    *e = (struct memo_entry){0};
    snprintf(e->key, sizeof e->key, "%s", key);
    return e;
}

static int out_of_memory(struct status *st)
{
    return status_no_memory(st, "calibrating");
}

/* --- the network ------------------------------------------------------------------------------ */

enum { FORWARD_S, BACKWARD_S, ADAM_S }; /* of one sequence, of one sequence, of one step */

static double time_adam(float *params, float *grad, float *m, float *v, size_t num)
{
    const struct adam_options options = {1e-3, 0.9, 0.9, 1e-8};
    double best = INFINITY;
    for (int i = 1; i <= 1 + REPEATS; i++) {
        double start = clock_cpu_s();
        adam_clip(grad, num, 0.9);
        adam_step(params, grad, m, v, num, i, &options);
        best = fmin(best, clock_cpu_s() - start);
    }
    return best;
}

/* Forward and backward of one tile of sequences; GEMMs take the same time whatever the weights. */
static int time_network(const struct settings *s, double value[], struct status *st)
{
    struct rnn_shape shape = rnn_shape_of(s);
    int T = s->data.length, K = s->hmm.symbols;
    size_t num = rnn_num_params(shape), values = (size_t)T * (size_t)K;
    size_t n = s->train.batch < NETWORK_ROWS ? (size_t)s->train.batch : NETWORK_ROWS;
    struct rnn_work work;
    struct arena arena;
    uint8_t *symbols = NULL;
    float *dsymbols = NULL, *block = NULL;
    for (int real = 0; real < 2; real++) { /* measure, then take */
        int code = real ? arena_init(&arena, arena.used, st) : STATUS_OK;
        if (code) return code;
        if (!real) arena_measure(&arena);
        rnn_work_init(&work, &arena, shape, n, T, 1);
        symbols = arena_take(&arena, n * (size_t)T, 1);
        dsymbols = arena_take(&arena, n * values, sizeof(float));
        block = arena_take(&arena, 4 * num, sizeof(float));
    }
    float *params = block, *grad = block + num;
    struct rng rng = rng_stream(0, "calibrate", "network");
    struct rnn_drive drive = rnn_drive_of(rng, s->rnn.initial_state);
    rnn_init_params(shape, rng, params);
    for (size_t i = 0; i < n * values; i++) dsymbols[i] = (float)(rng_uniform(rng, i) - 0.5);
    value[FORWARD_S] = value[BACKWARD_S] = INFINITY;
    for (int i = 0; i < 1 + REPEATS; i++) { /* the first one warms up, and is never the fastest */
        double start = clock_cpu_s();
        rnn_forward(&work, params, &drive, n, s->train.temperature, symbols);
        double middle = clock_cpu_s();
        rnn_backward(&work, params, &drive, n, s->train.temperature, dsymbols, grad);
        value[FORWARD_S] = fmin(value[FORWARD_S], (middle - start) / (double)n);
        value[BACKWARD_S] = fmin(value[BACKWARD_S], (clock_cpu_s() - middle) / (double)n);
    }
    value[ADAM_S] = time_adam(params, grad, block + 2 * num, block + 3 * num, num);
    arena_free(&arena);
    return STATUS_OK;
}

/* --- the loss --------------------------------------------------------------------------------- */

enum { FIRST_S, GRADIENT_S, VALUE_S, SAMPLE_S }; /* of one batch; a batch of samples */

struct batch {
    struct sinkhorn_work work;
    struct sinkhorn_target target;
    struct sinkhorn_options options;
    size_t n;
    float *gradient;
};

static int time_loss_once(struct batch *b, const uint8_t *x, bool gradient, double *seconds,
                          struct status *st)
{
    double loss, start = clock_cpu_s();
    int code = sinkhorn_loss(&b->work, &b->target, x, b->n, b->options, &loss,
                             gradient ? b->gradient : NULL, st);
    *seconds = clock_cpu_s() - start;
    return code;
}

/* Fastest of a few with gradient and without, in value[]; the first call also solves the target. */
static int time_losses(struct batch *b, const uint8_t *x, double value[], struct status *st)
{
    int code = time_loss_once(b, x, true, &value[FIRST_S], st);
    value[GRADIENT_S] = value[VALUE_S] = INFINITY;
    for (int i = 0; i < 2 * REPEATS && !code; i++) {
        double seconds;
        code = time_loss_once(b, x, i % 2 == 0, &seconds, st);
        int at = i % 2 == 0 ? GRADIENT_S : VALUE_S;
        value[at] = fmin(value[at], seconds);
    }
    return code;
}

/* One batch of n sequences of the HMM against others of its own, and against random symbols. */
static int time_batch(const struct settings *s, const struct hmm *hmm, size_t n, double value[],
                      struct status *st)
{
    int T = s->data.length, K = s->hmm.symbols;
    size_t count = n * (size_t)T;
    struct batch b = {.options = {s->train.blur, s->train.scaling}, .n = n};
    uint8_t *x = malloc(count), *y = malloc(count), *noise = malloc(count);
    struct arena arena = {0};
    int code = x && y && noise ? STATUS_OK : out_of_memory(st);
    struct rng rng = rng_stream(0, "calibrate", "loss");
    if (!code) {
        hmm_sample(hmm, rng, 0, n, T, y, NULL);
        double start = clock_cpu_s();
        hmm_sample(hmm, rng, n, n, T, x, NULL);
        value[SAMPLE_S] = clock_cpu_s() - start;
        for (size_t i = 0; i < count; i++)
            noise[i] = (uint8_t)(K * rng_uniform(rng_child(rng, 1), i));
        arena_measure(&arena);
    }
    for (int real = 0; real < 2 && !code; real++) {
        if (real) code = arena_init(&arena, arena.used, st);
        if (code) break;
        sinkhorn_work_init(&b.work, &arena, n, n, T, K);
        b.gradient = arena_take(&arena, count * (size_t)K, sizeof(float));
        sinkhorn_target_init(&b.target, &arena, y, n, T, K);
    }
    double early[MAX_VALUES] = {0};
    if (!code) code = time_losses(&b, noise, early, st);
    if (!code) code = time_losses(&b, x, value, st);
    value[FIRST_S] = fmax(0, early[FIRST_S] - early[GRADIENT_S]);
    for (int i = GRADIENT_S; i <= VALUE_S; i++)
        value[i] = early_share * early[i] + (1 - early_share) * value[i];
    arena_free(&arena);
    free(x);
    free(y);
    free(noise);
    return code;
}

/* --- the metrics ------------------------------------------------------------------------------ */

/* All metrics of one pair of samples; the dear ones of them; drawing the pair. */
enum { EVALUATE_S, DEAR_S, SAMPLES_S };

static int time_metrics(const struct settings *s, const struct hmm *hmm, double value[],
                        struct status *st)
{
    size_t n = (size_t)s->measure.sequences;
    int T = s->measure.length, K = s->hmm.symbols, longest = 0, code = STATUS_OK;
    for (int i = 0; i < num_metrics; i++) {
        int count = measure_count(&metrics_table[i], K, T);
        if (count > longest) longest = count;
    }
    uint8_t *x = malloc(n * (size_t)T), *y = malloc(n * (size_t)T);
    double *out = malloc((size_t)longest * sizeof *out);
    if (!x || !y || !out) code = out_of_memory(st);
    if (!code) {
        double start = clock_cpu_s(), before;
        struct rng rng = rng_stream(0, "calibrate", "metrics");
        hmm_sample(hmm, rng, 0, n, T, x, NULL);
        hmm_sample(hmm, rng, n, n, T, y, NULL);
        value[SAMPLES_S] = clock_cpu_s() - start;
        value[DEAR_S] = 0;
        struct measure_memo memo = {0};
        struct measure_input in = {
            .hmm = hmm, .reference = {x, n, T}, .tested = {y, n, T}, .memo = &memo};
        for (int i = 0; i < num_metrics && !code; i++) {
            in.part = metrics_table[i].part;
            before = clock_cpu_s();
            code = metrics_table[i].compute(&in, out, st);
            if (metrics_table[i].floor == FLOOR_Z_DEAR) value[DEAR_S] += clock_cpu_s() - before;
        }
        value[EVALUATE_S] = clock_cpu_s() - start - value[SAMPLES_S];
    }
    free(x);
    free(y);
    free(out);
    return code;
}

/* --- a cell ----------------------------------------------------------------------------------- */

struct calibration {
    struct memo memo;
    const struct settings *s;
    struct hmm hmm;
    char hmm_name[33];
};

static int network_s(struct calibration *c, double value[], struct status *st)
{
    const struct settings *s = c->s;
    char key[KEY_BYTES];
    bool is_new;
    snprintf(key, sizeof key, "network %d %d %d %d %d %d %d", s->rnn.hidden, s->rnn.noise_dim,
             s->hmm.symbols, s->data.length, s->rnn.bias, s->rnn.initial_state,
             s->train.batch < NETWORK_ROWS ? s->train.batch : NETWORK_ROWS);
    struct memo_entry *e = memo_find(&c->memo, key, &is_new);
    int code = !e ? out_of_memory(st) : is_new ? time_network(s, e->value, st) : STATUS_OK;
    if (!code) memcpy(value, e->value, sizeof e->value);
    return code;
}

static int batch_s(struct calibration *c, size_t n, double value[], struct status *st)
{
    const struct settings *s = c->s;
    char key[KEY_BYTES];
    bool is_new;
    snprintf(key, sizeof key, "loss %s %d %zu %a %a", c->hmm_name, s->data.length, n, s->train.blur,
             s->train.scaling);
    struct memo_entry *e = memo_find(&c->memo, key, &is_new);
    int code = !e       ? out_of_memory(st)
               : is_new ? time_batch(s, &c->hmm, n, e->value, st)
                        : STATUS_OK;
    if (!code) memcpy(value, e->value, sizeof e->value);
    return code;
}

static int metrics_s(struct calibration *c, double value[], struct status *st)
{
    const struct settings *s = c->s;
    char key[KEY_BYTES];
    bool is_new;
    snprintf(key, sizeof key, "metrics %s %d %d", c->hmm_name, s->measure.sequences,
             s->measure.length);
    struct memo_entry *e = memo_find(&c->memo, key, &is_new);
    int code = !e ? out_of_memory(st) : is_new ? time_metrics(s, &c->hmm, e->value, st) : STATUS_OK;
    if (!code) memcpy(value, e->value, sizeof e->value);
    return code;
}

/* sum[] += the batches of n sequences; returns how many there are in *num. */
static int part_s(struct calibration *c, size_t n, double sum[], int *num, struct status *st)
{
    size_t batch = (size_t)c->s->train.batch, rest = n % batch;
    double full[MAX_VALUES] = {0}, last[MAX_VALUES] = {0};
    int code = n >= batch ? batch_s(c, batch, full, st) : STATUS_OK;
    if (!code && rest) code = batch_s(c, rest, last, st);
    for (int i = 0; i < MAX_VALUES; i++) sum[i] = (double)(n / batch) * full[i] + last[i];
    *num = (int)(n / batch) + (rest > 0);
    return code;
}

static int time_cell(struct calibration *c, struct calibrated *out, struct status *st)
{
    const struct settings *s = c->s;
    int part[3], train_batches, val_batches;
    double net[MAX_VALUES], train[MAX_VALUES], val[MAX_VALUES], fresh[MAX_VALUES];
    double metrics[MAX_VALUES];
    size_t n = (size_t)excess_batch(s);
    settings_split(s, part);
    int code = network_s(c, net, st);
    if (!code) code = part_s(c, (size_t)part[0], train, &train_batches, st);
    if (!code) code = part_s(c, (size_t)part[1], val, &val_batches, st);
    if (!code) code = batch_s(c, n, fresh, st);
    if (!code) code = metrics_s(c, metrics, st);
    if (code) return code;
    double draws = s->measure.floor_draws;
    double epoch = (net[FORWARD_S] + net[BACKWARD_S]) * part[0] + net[ADAM_S] * train_batches +
                   train[GRADIENT_S] + net[FORWARD_S] * part[1] + val[VALUE_S];
    double start = train[SAMPLE_S] + val[SAMPLE_S] + train[FIRST_S] + val[FIRST_S];
    double loss_floor = draws * (val[VALUE_S] + val[SAMPLE_S]);
    double excess = excess_num_batches(s) * (net[FORWARD_S] * (double)n + fresh[FIRST_S] +
                                             2 * (fresh[VALUE_S] + fresh[SAMPLE_S]));
    double generate = net[FORWARD_S] * s->measure.sequences * s->measure.length / s->data.length;
    double measure = generate + metrics[EVALUATE_S] + metrics[SAMPLES_S] / 2;
    double analyses = cost_analyses_s(s, net[FORWARD_S] / s->data.length);
    out->run_s =
        start + train_num_epochs(s) * epoch + loss_floor + excess + measure + analyses + commit_s;
    out->floors_s =
        draws * metrics[DEAR_S] + metric_draws(s->measure.floor_draws) *
                                      (metrics[EVALUATE_S] - metrics[DEAR_S] + metrics[SAMPLES_S]);
    return STATUS_OK;
}

int calibrate_by_model(const struct settings *const cell[], int num, struct calibrated *out,
                       int *num_floors, struct status *st)
{
    struct memo memo = {0};
    int code = STATUS_OK;
    for (int i = 0; i < num && !code; i++) {
        struct hmm hmm;
        char key[KEY_BYTES], name[33];
        bool is_new;
        code = hmm_init(&hmm, cell[i], st);
        if (code) break;
        hmm_fingerprint(&hmm, name);
        hmm_free(&hmm);
        snprintf(key, sizeof key, "%s %d %d %d %d", name, cell[i]->measure.sequences,
                 cell[i]->measure.length, cell[i]->measure.floor_draws,
                 cell[i]->measure.generation);
        struct memo_entry *e = memo_find(&memo, key, &is_new);
        if (!e) code = out_of_memory(st);
        if (code) break;
        out[i].floors = (int)(e - memo.entry);
        out[i].floors_s = cost_floors_s(cell[i]);
        out[i].run_s = cost_run_s(cell[i]) - out[i].floors_s;
    }
    *num_floors = memo.num;
    free(memo.entry);
    return code;
}

int calibrate_measure(const struct settings *const cell[], int num, double budget_s,
                      const struct calibrate_watch *watch, struct calibrated *out,
                      int *num_measured, struct status *st)
{
    struct calibration c = {0};
    double model[2] = {0}, measured[2] = {0}, start = clock_monotonic_s();
    int code = STATUS_OK;
    *num_measured = 0;
    for (int i = 0; i < num && !code; i++) {
        if (i > 0 && clock_monotonic_s() - start > budget_s) break;
        if (watch && watch->cell) watch->cell(watch->context, i, num);
        model[0] += out[i].run_s;
        model[1] += out[i].floors_s;
        c.s = cell[i];
        code = hmm_init(&c.hmm, cell[i], st);
        if (code) break;
        hmm_fingerprint(&c.hmm, c.hmm_name);
        code = time_cell(&c, &out[i], st);
        hmm_free(&c.hmm);
        measured[0] += out[i].run_s;
        measured[1] += out[i].floors_s;
        if (!code) ++*num_measured;
    }
    for (int i = *num_measured; i < num && !code; i++) {
        out[i].run_s *= measured[0] / model[0];
        out[i].floors_s *= measured[1] / model[1];
    }
    free(c.memo.entry);
    return code;
}
