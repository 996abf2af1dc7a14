/* train: see train.h. The loop of SCIENCE 2.5 over fixed batches; refuses to shuffle them (the
 * reference does not) and to know about files or messages. */
#include "hmmgrid/train.h"
#include "adam.h"
#include "base/linalg.h"
#include "hmmgrid/sinkhorn.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* One of the two fixed parts of the data, cut into consecutive batches. */
struct part {
    size_t n; /* sequences */
    int num_batches;
    uint8_t *symbols;               /* (n, T) */
    struct sinkhorn_target *target; /* (num_batches) */
};

struct trainer {
    const struct settings *s;
    const struct hmm *hmm;
    struct train_watch watch;
    struct train_output *out;
    struct train_state state;
    struct arena arena;
    struct rnn_shape shape;
    size_t num_params, batch;
    struct part train, val;
    struct rng data, noise, gumbel, initial, floor;
    struct rnn_work rnn;
    struct sinkhorn_work sinkhorn;
    uint8_t *symbols; /* (batch, T) generated */
    float *dsymbols;  /* (batch, T, K) */
    float *params, *grad, *m, *v;
    float *before; /* (NUM_TRAINER_ARRAYS, num_params) as they were before the epoch */
    long step_before;
    struct sinkhorn_options loss;
};

int train_num_epochs(const struct settings *s)
{
    return s->train.epochs * s->train.learning_rate.count;
}

int train_num_snapshots(const struct settings *s)
{
    int every = s->train.snapshots, epochs = train_num_epochs(s);
    return every > 0 ? 1 + (epochs + every - 1) / every : 0;
}

int train_snapshot_epoch(const struct settings *s, int snapshot)
{
    int epochs = train_num_epochs(s);
    /* the last one comes early when `every` does not divide the epochs */
    return snapshot < train_num_snapshots(s) - 1 ? snapshot * s->train.snapshots : epochs;
}

/* --- data and memory ------------------------------------------------------------------------- */

static size_t batch_size(const struct part *part, size_t batch, int b)
{
    size_t from = (size_t)b * batch;
    return part->n - from < batch ? part->n - from : batch;
}

/* Sequences number first .. first + n - 1 of the data, and their coding; arena may measure. */
static void take_part(struct trainer *tr, struct part *part, struct arena *arena, size_t first,
                      size_t n)
{
    int T = tr->s->data.length, K = tr->s->hmm.symbols;
    part->n = n;
    part->num_batches = (int)((n + tr->batch - 1) / tr->batch);
    part->symbols = arena_take(arena, n * (size_t)T, 1);
    part->target = arena_take(arena, (size_t)part->num_batches, sizeof *part->target);
    if (part->symbols) hmm_sample(tr->hmm, tr->data, first, n, T, part->symbols, NULL);
    for (int b = 0; b < part->num_batches; b++) {
        struct sinkhorn_target measured;
        const uint8_t *from =
            part->symbols ? part->symbols + (size_t)b * tr->batch * (size_t)T : NULL;
        sinkhorn_target_init(part->target ? &part->target[b] : &measured, arena, from,
                             batch_size(part, tr->batch, b), T, K);
    }
}

static void take_memory(struct trainer *tr, struct arena *arena)
{
    const struct settings *s = tr->s;
    int T = s->data.length, K = s->hmm.symbols, part[3];
    settings_split(s, part);
    size_t longest = (size_t)(part[0] > part[1] ? part[0] : part[1]);
    size_t n = longest < tr->batch ? longest : tr->batch;
    rnn_work_init(&tr->rnn, arena, tr->shape, n, T, 1);
    sinkhorn_work_init(&tr->sinkhorn, arena, n, n, T, K);
    tr->symbols = arena_take(arena, n * (size_t)T, 1);
    tr->dsymbols = arena_take(arena, n * (size_t)T * (size_t)K, sizeof(float));
    tr->params = arena_take(arena, tr->num_params, sizeof(float));
    tr->grad = arena_take(arena, tr->num_params, sizeof(float));
    tr->m = arena_take(arena, tr->num_params, sizeof(float));
    tr->v = arena_take(arena, tr->num_params, sizeof(float));
    tr->before = arena_take(arena, NUM_TRAINER_ARRAYS * tr->num_params, sizeof(float));
    take_part(tr, &tr->train, arena, 0, (size_t)part[0]);
    take_part(tr, &tr->val, arena, (size_t)part[0], (size_t)part[1]);
}

static struct trainer trainer_of(const struct settings *s)
{
    struct rnn_shape shape = rnn_shape_of(s);
    return (struct trainer){.s = s,
                            .shape = shape,
                            .num_params = rnn_num_params(shape),
                            .batch = (size_t)s->train.batch,
                            .loss = {s->train.blur, s->train.scaling}};
}

size_t train_memory_bytes(const struct settings *s)
{
    struct trainer tr = trainer_of(s);
    struct arena arena;
    arena_measure(&arena);
    take_memory(&tr, &arena);
    return arena.used;
}

/* --- loss ------------------------------------------------------------------------------------- */

/* wd times the sum of the norms (not squared) of all parameter arrays, biases too; adds its
 * gradient unless grad is NULL */
static double weight_penalty(const struct trainer *tr, float *grad)
{
    double decay = tr->s->train.weight_decay, sum = 0;
    if (decay == 0) return 0;
    struct rnn_view v[MAX_RNN_VIEWS];
    int num = rnn_views(tr->shape, v);
    for (int i = 0; i < num; i++) {
        const float *w = tr->params + v[i].offset;
        double norm = linalg_norm(w, v[i].count);
        sum += norm;
        for (size_t j = 0; grad && norm > 0 && j < v[i].count; j++)
            grad[v[i].offset + j] += (float)(decay * (double)w[j] / norm);
    }
    return decay * sum;
}

/* Loss of batch b of a part in an epoch; with grad, also the gradient (overwritten). */
static int batch_loss(struct trainer *tr, struct part *part, int epoch, int b, float *grad,
                      double *loss, struct status *st)
{
    int phase = part == &tr->val;
    uint64_t number = 2 * (uint64_t)epoch + (uint64_t)phase;
    struct rnn_drive drive = {.noise = rng_child(rng_child(tr->noise, number), (uint64_t)b),
                              .gumbel = rng_child(rng_child(tr->gumbel, number), (uint64_t)b),
                              .initial = rng_child(rng_child(tr->initial, number), (uint64_t)b),
                              .initial_state = tr->s->rnn.initial_state};
    size_t n = batch_size(part, tr->batch, b);
    double temperature = tr->s->train.temperature;
    tr->rnn.kept = grad != NULL; /* without a backward pass the states need not leave the cache */
    rnn_forward(&tr->rnn, tr->params, &drive, n, temperature, tr->symbols);
    int code = sinkhorn_loss(&tr->sinkhorn, &part->target[b], tr->symbols, n, tr->loss, loss,
                             grad ? tr->dsymbols : NULL, st);
    if (code) return code;
    if (grad) {
        memset(grad, 0, tr->num_params * sizeof *grad);
        rnn_backward(&tr->rnn, tr->params, &drive, n, temperature, tr->dsymbols, grad);
    }
    *loss += weight_penalty(tr, grad);
    return STATUS_OK;
}

/* One pass over a part: mean of its batch losses; with adam, a step after each batch. */
static int epoch_loss(struct trainer *tr, struct part *part, const struct adam_options *adam,
                      double *mean, struct status *st)
{
    double sum = 0;
    int epoch = tr->state.epoch;
    for (int b = 0; b < part->num_batches; b++) {
        double loss;
        int code = stop_check(&tr->watch.stop, st, "training, in epoch %d", epoch + 1);
        if (!code) code = batch_loss(tr, part, epoch, b, adam ? tr->grad : NULL, &loss, st);
        if (code) return code;
        sum += loss;
        if (!adam) continue;
        double norm = adam_clip(tr->grad, tr->num_params, tr->s->train.clip_norm);
        if (!isfinite(norm)) {
            sum = NAN;
            break;
        }
        adam_step(tr->params, tr->grad, tr->m, tr->v, tr->num_params, ++tr->state.step, adam);
    }
    *mean = sum / part->num_batches;
    return STATUS_OK;
}

/* --- the epochs ------------------------------------------------------------------------------- */

static int diverged(const struct trainer *tr, const char *what, struct status *st)
{
    int epoch = tr->state.epoch;
    if (epoch == 0)
        return status_set(st, STATUS_RUN_FAILED, "diverged: %s not finite in epoch 1", what);
    return status_set(
        st, STATUS_RUN_FAILED,
        "diverged: %s not finite in epoch %d (last finite training loss %g in epoch %d)", what,
        epoch + 1, (double)tr->out->train_loss[epoch - 1], epoch);
}

/* Keep the weights if those after so many epochs are a snapshot. */
static void keep_snapshot(const struct trainer *tr)
{
    int num = tr->out->snapshots ? train_num_snapshots(tr->s) : 0;
    for (int i = 0; i < num; i++)
        if (train_snapshot_epoch(tr->s, i) == tr->state.epoch)
            memcpy(tr->out->snapshots + (size_t)i * tr->num_params, tr->params,
                   tr->num_params * sizeof(float));
}

/* What a stop in mid-epoch is to leave: the trainer's arrays and Adam's step as they are now. */
static void remember(struct trainer *tr)
{
    for (size_t i = 0; i < NUM_TRAINER_ARRAYS; i++)
        memcpy(tr->before + i * tr->num_params, tr->state.array[i].value,
               tr->num_params * sizeof(float));
    tr->step_before = tr->state.step;
}

static void go_back(struct trainer *tr)
{
    for (size_t i = 0; i < NUM_TRAINER_ARRAYS; i++)
        memcpy(tr->state.array[i].value, tr->before + i * tr->num_params,
               tr->num_params * sizeof(float));
    tr->state.step = tr->step_before;
}

int train_epoch(struct trainer *tr, struct status *st)
{
    const struct settings *s = tr->s;
    struct train_output *out = tr->out;
    int epoch = tr->state.epoch, rate = epoch / s->train.epochs;
    if (epoch % s->train.epochs == 0) { /* a new rate goes on with the weights, Adam afresh */
        memset(tr->m, 0, tr->num_params * sizeof(float));
        memset(tr->v, 0, tr->num_params * sizeof(float));
        tr->state.step = 0;
    }
    struct adam_options adam = {s->train.learning_rate.value[rate], s->train.betas.value[0],
                                s->train.betas.value[1], s->train.adam_eps};
    double train_loss, val_loss;
    remember(tr);
    int code = epoch_loss(tr, &tr->train, &adam, &train_loss, st);
    if (!code && !isfinite(train_loss)) return diverged(tr, "training loss or gradient", st);
    if (!code) code = epoch_loss(tr, &tr->val, NULL, &val_loss, st);
    if (code == STATUS_RUN_STOPPED) go_back(tr);
    if (code) return code;
    if (!isfinite(val_loss)) return diverged(tr, "validation loss", st);
    out->train_loss[epoch] = (float)train_loss;
    out->val_loss[epoch] = (float)val_loss;
    out->final_val_loss = val_loss;
    if (val_loss < out->best_val_loss) {
        out->best_val_loss = val_loss;
        out->best_epoch = epoch + 1;
        memcpy(out->best, tr->params, tr->num_params * sizeof(float));
    }
    memcpy(out->last, tr->params, tr->num_params * sizeof(float));
    tr->state.epoch++;
    keep_snapshot(tr);
    if (tr->watch.epoch_done)
        tr->watch.epoch_done(tr->watch.stop.context, epoch + 1, train_num_epochs(s),
                             (float)train_loss, (float)val_loss);
    return STATUS_OK;
}

/* Independent samples of the HMM against the validation targets. */
int train_floor(struct trainer *tr, struct status *st)
{
    int draws = tr->s->measure.floor_draws;
    double sum = 0, squares = 0;
    for (int d = 0; d < draws; d++) {
        double score = 0;
        for (int b = 0; b < tr->val.num_batches; b++) {
            double loss;
            size_t n = batch_size(&tr->val, tr->batch, b);
            int code = stop_check(&tr->watch.stop, st, "scoring the HMM itself");
            if (code) return code;
            hmm_sample(tr->hmm, rng_child(tr->floor, (uint64_t)d), (size_t)b * tr->batch, n,
                       tr->s->data.length, tr->symbols, NULL);
            code = sinkhorn_loss(&tr->sinkhorn, &tr->val.target[b], tr->symbols, n, tr->loss, &loss,
                                 NULL, st);
            if (code) return code;
            score += loss / tr->val.num_batches;
        }
        sum += score;
        squares += score * score;
    }
    tr->out->loss_floor = sum / draws;
    double variance = (squares - sum * sum / draws) / (draws - 1);
    tr->out->loss_floor_sd = sqrt(variance > 0 ? variance : 0);
    return STATUS_OK;
}

/* --- from start to end ------------------------------------------------------------------------ */

struct train_state train_state_after(const struct trainer *tr, int epochs)
{
    struct train_output *out = tr->out;
    struct settings as = *tr->s;
    as.train.epochs = epochs / as.train.learning_rate.count;
    size_t n = tr->num_params, length = (size_t)epochs;
    size_t snapshots = out->snapshots ? (size_t)train_num_snapshots(&as) : 0;
    return (struct train_state){.epoch = epochs,
                                .output = out,
                                .array = {{"params", tr->params, n},
                                          {"first_moment", tr->m, n},
                                          {"second_moment", tr->v, n},
                                          {"train_loss", out->train_loss, length},
                                          {"val_loss", out->val_loss, length},
                                          {"last", out->last, n},
                                          {"best", out->best, n},
                                          {"snapshots", out->snapshots, snapshots * n}}};
}

int train_open(const struct settings *s, const struct hmm *hmm, const char *key, int64_t seed,
               const struct train_watch *watch, struct train_output *out, struct trainer **trainer,
               struct status *st)
{
    uint64_t root = (uint64_t)seed;
    struct trainer *tr = *trainer = malloc(sizeof *tr);
    if (!tr) return status_no_memory(st, "training");
    *tr = trainer_of(s);
    tr->hmm = hmm;
    if (watch) tr->watch = *watch;
    tr->out = out;
    int code = arena_init(&tr->arena, train_memory_bytes(s), st);
    if (code) {
        train_close(tr);
        *trainer = NULL;
        return code;
    }
    tr->data = rng_stream(root, key, "data");
    tr->noise = rng_stream(root, key, "noise");
    tr->gumbel = rng_stream(root, key, "gumbel");
    tr->initial = rng_stream(root, key, "initial");
    tr->floor = rng_stream(root, key, "loss_floor");
    take_memory(tr, &tr->arena);
    rnn_init_params(tr->shape, rng_stream(root, key, "init"), tr->params);
    tr->state = train_state_after(tr, train_num_epochs(s));
    tr->state.epoch = 0;
    out->best_val_loss = INFINITY;
    keep_snapshot(tr);
    return STATUS_OK;
}

void train_start_from(struct trainer *tr, const float *params)
{
    memcpy(tr->params, params, tr->num_params * sizeof *params);
    keep_snapshot(tr);
}

struct train_state *train_state(struct trainer *tr)
{
    return &tr->state;
}

void train_close(struct trainer *tr)
{
    if (!tr) return;
    arena_free(&tr->arena);
    free(tr);
}

int train_run(const struct settings *s, const struct hmm *hmm, const char *key, int64_t seed,
              const struct train_watch *watch, struct train_output *out, struct status *st)
{
    struct trainer *tr;
    int code = train_open(s, hmm, key, seed, watch, out, &tr, st);
    while (!code && tr->state.epoch < train_num_epochs(s)) code = train_epoch(tr, st);
    if (!code) code = train_floor(tr, st);
    train_close(tr);
    return code;
}
