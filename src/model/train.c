/* train: see train.h. The loop of SCIENCE 2.5 over fixed batches; refuses to shuffle them (the
 * reference does not) and to know about files or messages. */
#include "hmmgrid/train.h"
#include "adam.h"
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
    struct rnn_shape shape;
    size_t num_params, batch;
    struct part train, val;
    struct rng noise, gumbel, initial;
    struct rnn_work rnn;
    struct sinkhorn_work sinkhorn;
    uint8_t *symbols; /* (batch, T) generated */
    float *dsymbols;  /* (batch, T, K) */
    float *params, *grad, *m, *v;
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

static size_t share(const struct settings *s, int part)
{
    const struct real_list *split = &s->data.split;
    double sum = 0;
    for (int i = 0; i < split->count; i++) sum += split->value[i];
    /* 1e-9: a third of 30000 is 10000, whichever way the division rounds */
    return (size_t)(s->data.sequences * (split->value[part] / sum) + 1e-9);
}

static void take_part(struct part *part, struct arena *arena, size_t n, size_t batch, int T)
{
    part->n = n;
    part->num_batches = (int)((n + batch - 1) / batch);
    part->symbols = arena_take(arena, n * (size_t)T, 1);
    part->target = arena_take(arena, (size_t)part->num_batches, sizeof *part->target);
}

static size_t batch_size(const struct part *part, size_t batch, int b)
{
    size_t from = (size_t)b * batch;
    return part->n - from < batch ? part->n - from : batch;
}

static void take_targets(struct part *part, struct arena *arena, size_t batch, int T, int K)
{
    for (int b = 0; b < part->num_batches; b++) {
        struct sinkhorn_target measured;
        const uint8_t *from = part->symbols ? part->symbols + (size_t)b * batch * (size_t)T : NULL;
        sinkhorn_target_init(part->target ? &part->target[b] : &measured, arena, from,
                             batch_size(part, batch, b), T, K);
    }
}

/* Everything except the targets, whose coding needs the data. */
static void take_memory(struct trainer *tr, struct arena *arena)
{
    const struct settings *s = tr->s;
    int T = s->data.length, K = s->hmm.symbols;
    take_part(&tr->train, arena, share(s, 0), tr->batch, T);
    take_part(&tr->val, arena, share(s, 1), tr->batch, T);
    size_t longest = tr->train.n > tr->val.n ? tr->train.n : tr->val.n;
    size_t n = longest < tr->batch ? longest : tr->batch;
    rnn_work_init(&tr->rnn, arena, tr->shape, n, T, 1);
    sinkhorn_work_init(&tr->sinkhorn, arena, n, n, T, K);
    tr->symbols = arena_take(arena, n * (size_t)T, 1);
    tr->dsymbols = arena_take(arena, n * (size_t)T * (size_t)K, sizeof(float));
    tr->params = arena_take(arena, tr->num_params, sizeof(float));
    tr->grad = arena_take(arena, tr->num_params, sizeof(float));
    tr->m = arena_take(arena, tr->num_params, sizeof(float));
    tr->v = arena_take(arena, tr->num_params, sizeof(float));
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
    take_targets(&tr.train, &arena, tr.batch, s->data.length, s->hmm.symbols);
    take_targets(&tr.val, &arena, tr.batch, s->data.length, s->hmm.symbols);
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
        double norm = adam_norm(w, v[i].count);
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

static int stop_wanted(const struct train_watch *watch)
{
    return watch && watch->should_stop && watch->should_stop(watch->context);
}

/* One pass over a part: mean of its batch losses; with adam, a step after each batch. */
static int epoch_loss(struct trainer *tr, struct part *part, int epoch, long *step,
                      const struct adam_options *adam, const struct train_watch *watch,
                      double *mean, struct status *st)
{
    double sum = 0;
    for (int b = 0; b < part->num_batches; b++) {
        double loss;
        if (stop_wanted(watch))
            return status_set(st, STATUS_RUN_STOPPED, "stopped in epoch %d", epoch + 1);
        int code = batch_loss(tr, part, epoch, b, adam ? tr->grad : NULL, &loss, st);
        if (code) return code;
        sum += loss;
        if (!adam) continue;
        double norm = adam_clip(tr->grad, tr->num_params, tr->s->train.clip_norm);
        if (!isfinite(norm)) {
            sum = NAN;
            break;
        }
        adam_step(tr->params, tr->grad, tr->m, tr->v, tr->num_params, ++*step, adam);
    }
    *mean = sum / part->num_batches;
    return STATUS_OK;
}

/* --- the loop --------------------------------------------------------------------------------- */

static int diverged(const struct train_output *out, int epoch, const char *what, struct status *st)
{
    if (epoch == 0)
        return status_set(st, STATUS_RUN_FAILED, "diverged: %s not finite in epoch 1", what);
    return status_set(
        st, STATUS_RUN_FAILED,
        "diverged: %s not finite in epoch %d (last finite training loss %g in epoch %d)", what,
        epoch + 1, (double)out->train_loss[epoch - 1], epoch);
}

/* Keep the weights if those after `epoch` epochs are the next snapshot; returns the number kept. */
static int keep_snapshot(const struct trainer *tr, struct train_output *out, int kept, int epoch)
{
    if (!out->snapshots || kept >= train_num_snapshots(tr->s) ||
        train_snapshot_epoch(tr->s, kept) != epoch)
        return kept;
    memcpy(out->snapshots + (size_t)kept * tr->num_params, tr->params,
           tr->num_params * sizeof(float));
    return kept + 1;
}

static int train_epochs(struct trainer *tr, const struct train_watch *watch,
                        struct train_output *out, struct status *st)
{
    const struct settings *s = tr->s;
    int num_epochs = train_num_epochs(s), kept = keep_snapshot(tr, out, 0, 0);
    long step = 0;
    out->best_val_loss = INFINITY;
    for (int epoch = 0; epoch < num_epochs; epoch++) {
        int rate = epoch / s->train.epochs;
        if (epoch % s->train.epochs == 0) { /* a new rate goes on with the weights, Adam afresh */
            memset(tr->m, 0, tr->num_params * sizeof(float));
            memset(tr->v, 0, tr->num_params * sizeof(float));
            step = 0;
        }
        struct adam_options adam = {s->train.learning_rate.value[rate], s->train.betas.value[0],
                                    s->train.betas.value[1], s->train.adam_eps};
        double train_loss, val_loss;
        int code = epoch_loss(tr, &tr->train, epoch, &step, &adam, watch, &train_loss, st);
        if (code) return code;
        if (!isfinite(train_loss)) return diverged(out, epoch, "training loss or gradient", st);
        code = epoch_loss(tr, &tr->val, epoch, NULL, NULL, watch, &val_loss, st);
        if (code) return code;
        if (!isfinite(val_loss)) return diverged(out, epoch, "validation loss", st);
        out->train_loss[epoch] = (float)train_loss;
        out->val_loss[epoch] = (float)val_loss;
        out->final_val_loss = val_loss;
        if (val_loss < out->best_val_loss) {
            out->best_val_loss = val_loss;
            out->best_epoch = epoch + 1;
            memcpy(out->best, tr->params, tr->num_params * sizeof(float));
        }
        memcpy(out->last, tr->params, tr->num_params * sizeof(float));
        kept = keep_snapshot(tr, out, kept, epoch + 1);
        if (watch && watch->epoch_done)
            watch->epoch_done(watch->context, epoch + 1, num_epochs, (float)train_loss,
                              (float)val_loss);
    }
    return STATUS_OK;
}

/* The score of the HMM itself: independent samples against the validation targets. */
static int loss_floor(struct trainer *tr, const struct hmm *hmm, struct rng rng,
                      const struct train_watch *watch, struct train_output *out, struct status *st)
{
    int draws = tr->s->measure.floor_draws;
    double sum = 0, squares = 0;
    for (int d = 0; d < draws; d++) {
        double score = 0;
        for (int b = 0; b < tr->val.num_batches; b++) {
            double loss;
            size_t n = batch_size(&tr->val, tr->batch, b);
            if (stop_wanted(watch))
                return status_set(st, STATUS_RUN_STOPPED, "stopped while scoring the HMM itself");
            hmm_sample(hmm, rng_child(rng, (uint64_t)d), (size_t)b * tr->batch, n,
                       tr->s->data.length, tr->symbols, NULL);
            int code = sinkhorn_loss(&tr->sinkhorn, &tr->val.target[b], tr->symbols, n, tr->loss,
                                     &loss, NULL, st);
            if (code) return code;
            score += loss / tr->val.num_batches;
        }
        sum += score;
        squares += score * score;
    }
    out->loss_floor = sum / draws;
    double variance = (squares - sum * sum / draws) / (draws - 1);
    out->loss_floor_sd = sqrt(variance > 0 ? variance : 0);
    return STATUS_OK;
}

int train_run(const struct settings *s, const struct hmm *hmm, const char *run_key, int64_t seed,
              const struct train_watch *watch, struct train_output *out, struct status *st)
{
    struct trainer tr = trainer_of(s);
    struct arena arena;
    int code = arena_init(&arena, train_memory_bytes(s), st);
    if (code) return code;
    uint64_t root = (uint64_t)seed;
    int T = s->data.length, K = s->hmm.symbols;
    take_memory(&tr, &arena);
    struct rng data = rng_stream(root, run_key, "data");
    hmm_sample(hmm, data, 0, tr.train.n, T, tr.train.symbols, NULL);
    hmm_sample(hmm, data, tr.train.n, tr.val.n, T, tr.val.symbols, NULL);
    take_targets(&tr.train, &arena, tr.batch, T, K);
    take_targets(&tr.val, &arena, tr.batch, T, K);
    if (arena.overflow) {
        arena_free(&arena);
        return status_set(st, STATUS_INTERNAL, "train: arena of %zu bytes is too small",
                          arena.size);
    }
    tr.noise = rng_stream(root, run_key, "noise");
    tr.gumbel = rng_stream(root, run_key, "gumbel");
    tr.initial = rng_stream(root, run_key, "initial");
    rnn_init_params(tr.shape, rng_stream(root, run_key, "init"), tr.params);

    code = train_epochs(&tr, watch, out, st);
    if (!code) code = loss_floor(&tr, hmm, rng_stream(root, run_key, "loss_floor"), watch, out, st);
    arena_free(&arena);
    return code;
}
