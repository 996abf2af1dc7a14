/* experiment: see experiment.h. Refuses to know about ranks, files or messages. */
#include "experiment.h"

#include "keep.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* seeds tried after a run that was not accepted lie far from the seeds that people list; behind the
 * last seed comes the first one */
static int64_t reseeded(int64_t seed, int attempt)
{
    return (int64_t)(((uint64_t)seed + (uint64_t)attempt * 1000000007) & INT64_MAX);
}

/* One training, from its checkpoint, or the state of a shorter one, where there is one. */
static int train(const struct settings *s, const char *training_key, struct keeper *keeper,
                 const struct run_context *context, struct run_output *out, struct status *st)
{
    struct trainer *trainer;
    int code = train_open(s, &out->hmm, training_key, out->effective_seed, &context->watch,
                          &out->train, &trainer, st);
    if (code) return code;
    if (context->start) train_start_from(trainer, context->start);
    keep_training(keeper, trainer);
    while (!code && train_state(trainer)->epoch < train_num_epochs(s)) {
        code = train_epoch(trainer, st);
        if (!code) keep_epoch(keeper);
    }
    if (!code) keep_state(keeper);
    if (!code) code = train_floor(trainer, st);
    if (code == STATUS_RUN_STOPPED) keep_stop(keeper);
    keep_training(keeper, NULL);
    train_close(trainer);
    return code;
}

/* Train; again with further seeds while the result is outside `accept`. */
static int train_accepted(const struct settings *s, const char *training_key, int64_t seed,
                          struct keeper *keeper, const struct run_context *context,
                          struct run_output *out, struct status *st)
{
    for (int attempt = out->reseeds;; attempt++) {
        run_output_forget(s, out);
        out->effective_seed = reseeded(seed, attempt);
        out->reseeds = attempt;
        int code = train(s, training_key, keeper, context, out, st);
        if (code) return code;
        const struct train_output *t = &out->train;
        out->tried[attempt] = (struct seed_tried){t->best_epoch, t->best_val_loss, t->loss_floor};
        double excess = t->best_val_loss - t->loss_floor;
        out->accepted = isnan(s->accept.max_excess_loss) || excess <= s->accept.max_excess_loss;
        if (out->accepted || attempt >= s->reseed.max) break;
    }
    double sd = out->train.loss_floor_sd;
    out->loss_z = sd > 0 ? (out->train.best_val_loss - out->train.loss_floor) / sd : NAN;
    keep_stage(keeper, STAGE_TRAINED);
    return STATUS_OK;
}

/* what train.select names */
static const float *selected_weights(const struct settings *s, const struct run_output *out)
{
    return s->train.select == SELECT_LAST ? out->train.last : out->train.best;
}

/* The network as it emits in training. */
struct trained_network {
    const struct run_output *out;
    const float *params;
    int initial_state;
    bool overflowed; /* in any batch: it is then no sample */
};

static int emit_trained(void *context, struct rng rng, size_t n, int T, uint8_t *symbols,
                        struct status *st)
{
    struct trained_network *network = context;
    bool overflowed;
    int code = rnn_generate(network->out->shape, network->params, GENERATE_TRAINED,
                            network->initial_state, rng, 0, n, T, symbols, &overflowed, st);
    if (!code) network->overflowed |= overflowed;
    return code;
}

static int score_loss(const struct settings *s, const char *run_key,
                      const struct run_context *context, struct run_output *out, struct status *st)
{
    struct trained_network network = {out, selected_weights(s, out), s->rnn.initial_state, false};
    struct excess excess;
    int code =
        excess_loss(s, &out->hmm, rng_stream((uint64_t)out->effective_seed, run_key, "excess_loss"),
                    &(struct emitter){emit_trained, &network}, &context->watch.stop, &excess, st);
    if (!code && !network.overflowed) out->excess = excess;
    return code;
}

static int measure_network(const struct settings *s, const char *run_key, struct keeper *keeper,
                           const struct run_context *context, struct run_output *out,
                           struct status *st)
{
    size_t n = (size_t)s->measure.sequences;
    int T = s->measure.length;
    bool overflowed;
    int code = score_loss(s, run_key, context, out, st);
    if (code) return code;
    uint8_t *symbols = malloc(n * (size_t)T);
    if (!symbols) return status_no_memory(st, "the measured sample");
    const float *params = selected_weights(s, out);
    struct rng rng = rng_stream((uint64_t)out->effective_seed, run_key, "measure_network");
    code = rnn_generate(out->shape, params, s->measure.generation, s->rnn.initial_state, rng, 0, n,
                        T, symbols, &overflowed, st);
    if (!code && !overflowed) {        /* else its metrics are not defined: NaN as they are */
        measures_free(&out->measures); /* measure_run makes them anew */
        code =
            measure_run(s, &out->hmm, run_key, out->effective_seed, (struct sample){symbols, n, T},
                        context->floors, &context->watch.stop, &out->measures, st);
    }
    free(symbols);
    if (!code) keep_stage(keeper, STAGE_MEASURED);
    return code;
}

static void analysis_done(void *keeper)
{
    keep_part(keeper);
}

static int analyse(const struct settings *s, struct keeper *keeper,
                   const struct run_context *context, struct run_output *out, struct status *st)
{
    int num = train_num_snapshots(s), code = STATUS_OK;
    int *epoch = calloc((size_t)num + 1, sizeof *epoch);
    if (!epoch) return status_no_memory(st, "the analyses");
    for (int i = 0; i < num; i++) epoch[i] = train_snapshot_epoch(s, i);
    struct analyse_options options = {.snapshots = out->train.snapshots,
                                      .snapshot_epoch = epoch,
                                      .num_snapshots = num,
                                      .stop = context->watch.stop,
                                      .done = analysis_done,
                                      .context = keeper};
    code = analyse_network(s, out->shape, selected_weights(s, out), &out->hmm, &options,
                           &out->analyses, st);
    free(epoch);
    return code;
}

int experiment_run(const struct settings *s, const char *run_key, int64_t seed,
                   struct run_context *context, struct run_output *out, struct status *st)
{
    struct keeper keeper = {.at = {.stage = STAGE_BEGUN}};
    char training_key[RUN_KEY_BYTES];
    int code = run_output_init(s, out, st);
    settings_training_key(s, seed, training_key);
    if (!code && !*training_key) code = status_no_memory(st, "the run's key");
    if (!code && *s->train.start_weights && !context->start)
        code = status_set(st, STATUS_INTERNAL, "train.start_weights were not read");
    if (!code) code = keep_open(&keeper, s, run_key, training_key, context, out, st);
    if (!code && keeper.at.stage < STAGE_TRAINED)
        code = train_accepted(s, training_key, seed, &keeper, context, out, st);
    if (!code && keeper.at.stage < STAGE_MEASURED)
        code = measure_network(s, run_key, &keeper, context, out, st);
    if (!code) code = analyse(s, &keeper, context, out, st);
    if (code == STATUS_RUN_STOPPED && keeper.at.stage > STAGE_BEGUN) keep_stop(&keeper);
    keep_close(&keeper);
    return code;
}
