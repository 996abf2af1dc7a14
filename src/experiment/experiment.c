/* experiment: see experiment.h. Refuses to know about ranks, files or messages. */
#include "experiment.h"
#include "base/kernel.h"
#include "base/linalg.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* seeds tried after a run that was not accepted lie far from the seeds that people list; behind the
 * last seed comes the first one */
static int64_t reseeded(int64_t seed, int attempt)
{
    return (int64_t)(((uint64_t)seed + (uint64_t)attempt * 1000000007) & INT64_MAX);
}

static int take_memory(const struct settings *s, struct run_output *out, struct status *st)
{
    size_t epochs = (size_t)train_num_epochs(s), params = rnn_num_params(out->shape);
    size_t snapshots = (size_t)train_num_snapshots(s);
    struct train_output *t = &out->train;
    t->train_loss = calloc(epochs, sizeof(float));
    t->val_loss = calloc(epochs, sizeof(float));
    t->last = calloc(params, sizeof(float));
    t->best = calloc(params, sizeof(float));
    if (snapshots) t->snapshots = calloc(snapshots * params, sizeof(float));
    if (!t->train_loss || !t->val_loss || !t->last || !t->best || (snapshots && !t->snapshots))
        return status_no_memory(st, "the results of a run");
    return STATUS_OK;
}

/* so that a run that fails leaves no left-over numbers behind */
static void forget(const struct settings *s, struct run_output *out)
{
    size_t epochs = (size_t)train_num_epochs(s), params = rnn_num_params(out->shape);
    struct train_output *t = &out->train;
    for (size_t i = 0; i < epochs; i++) t->train_loss[i] = t->val_loss[i] = NAN;
    for (size_t i = 0; i < params; i++) t->last[i] = t->best[i] = NAN;
    t->best_epoch = 0;
    t->best_val_loss = t->final_val_loss = t->loss_floor = t->loss_floor_sd = NAN;
    out->loss_z = NAN;
}

/* Train; again with further seeds while the result is outside `accept`. */
static int train_accepted(const struct settings *s, const char *run_key, int64_t seed,
                          struct run_context *context, struct run_output *out, struct status *st)
{
    for (int attempt = 0;; attempt++) {
        forget(s, out);
        out->effective_seed = reseeded(seed, attempt);
        out->reseeds = attempt;
        int code =
            train_run(s, &out->hmm, run_key, out->effective_seed, &context->watch, &out->train, st);
        if (code) return code;
        double excess = out->train.best_val_loss - out->train.loss_floor;
        out->accepted = isnan(s->accept.max_excess_loss) || excess <= s->accept.max_excess_loss;
        if (out->accepted || attempt >= s->reseed.max) break;
    }
    double sd = out->train.loss_floor_sd;
    out->loss_z = sd > 0 ? (out->train.best_val_loss - out->train.loss_floor) / sd : NAN;
    return STATUS_OK;
}

/* what train.select names */
static const float *selected_weights(const struct settings *s, const struct run_output *out)
{
    return s->train.select == SELECT_LAST ? out->train.last : out->train.best;
}

static int measure_network(const struct settings *s, const char *run_key,
                           struct run_context *context, struct run_output *out, struct status *st)
{
    size_t n = (size_t)s->measure.sequences;
    int T = s->measure.length;
    uint8_t *symbols = malloc(n * (size_t)T);
    if (!symbols) return status_no_memory(st, "the measured sample");
    const float *params = selected_weights(s, out);
    struct rng rng = rng_stream((uint64_t)out->effective_seed, run_key, "measure_network");
    int code = rnn_generate(out->shape, params, s->measure.generation, s->rnn.initial_state, rng, 0,
                            n, T, symbols, st);
    if (!code)
        code =
            measure_run(s, &out->hmm, run_key, out->effective_seed, (struct sample){symbols, n, T},
                        context->floors, &context->watch.stop, &out->measures, st);
    free(symbols);
    return code;
}

static int analyse(const struct settings *s, const struct run_context *context,
                   struct run_output *out, struct status *st)
{
    int num = train_num_snapshots(s), code = STATUS_OK;
    int *epoch = calloc((size_t)num + 1, sizeof *epoch);
    if (!epoch) return status_no_memory(st, "the analyses");
    for (int i = 0; i < num; i++) epoch[i] = train_snapshot_epoch(s, i);
    struct analyse_options options = {.snapshots = out->train.snapshots,
                                      .snapshot_epoch = epoch,
                                      .num_snapshots = num,
                                      .stop = context->watch.stop};
    code = analyse_network(s, out->shape, selected_weights(s, out), &out->hmm, &options,
                           &out->analyses, st);
    free(epoch);
    return code;
}

int experiment_run(const struct settings *s, const char *run_key, int64_t seed,
                   struct run_context *context, struct run_output *out, struct status *st)
{
    *out = (struct run_output){.shape = rnn_shape_of(s)};
    out->kernel = kernel_name();
    out->blas_core = linalg_core();
    int code = hmm_init(&out->hmm, s, st);
    if (!code) code = measures_init(&out->measures, s->hmm.symbols, s->measure.length, st);
    if (!code) code = analyses_init(&out->analyses, s, st);
    if (!code) code = take_memory(s, out, st);
    if (!code) code = train_accepted(s, run_key, seed, context, out, st);
    if (!code) code = measure_network(s, run_key, context, out, st);
    if (!code) code = analyse(s, context, out, st);
    return code;
}
