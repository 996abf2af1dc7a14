/* excess: see excess.h. Pairs the two losses of a batch: what its target happens to be counts in
 * both and cancels in their difference. Source: SCIENCE 2.3 and 8.1. */
#include "excess.h"

#include "base/statistics.h"
#include "hmmgrid/sinkhorn.h"

#include <stdlib.h>

enum { LEAST_BATCHES = 8 };
enum { OF_TARGET, OF_HMM, OF_EMITTER, NUM_SAMPLES };

struct scorer {
    size_t n;
    int T, K;
    struct sinkhorn_work work;
    struct sinkhorn_target target;
    struct sinkhorn_options options;
    uint8_t *symbols[NUM_SAMPLES]; /* (n, T) each */
    struct arena memory;           /* of the above; so much was used before the target */
    size_t before_target;
};

int excess_num_batches(const struct settings *s)
{
    int draws = s->measure.floor_draws;
    return draws > LEAST_BATCHES ? draws : LEAST_BATCHES;
}

int excess_batch(const struct settings *s)
{
    int part[3];
    settings_split(s, part);
    return part[1] < s->train.batch ? part[1] : s->train.batch;
}

/* The target's memory, at the end, is taken anew for each batch; arena may be a measuring one. */
static void take_memory(struct scorer *c, struct arena *arena)
{
    sinkhorn_work_init(&c->work, arena, c->n, c->n, c->T, c->K);
    for (int i = 0; i < NUM_SAMPLES; i++) c->symbols[i] = arena_take(arena, c->n * (size_t)c->T, 1);
    c->before_target = arena->used;
    sinkhorn_target_init(&c->target, arena, c->symbols[OF_TARGET], c->n, c->T, c->K);
}

/* Loss of the emitter's batch - that of the HMM's. */
static int score_batch(struct scorer *c, const struct hmm *hmm, struct rng rng,
                       const struct emitter *emitter, double *difference, struct status *st)
{
    double loss[NUM_SAMPLES] = {0};
    for (int i = OF_TARGET; i <= OF_HMM; i++)
        hmm_sample(hmm, rng_child(rng, (uint64_t)i), 0, c->n, c->T, c->symbols[i], NULL);
    c->memory.used = c->before_target;
    sinkhorn_target_init(&c->target, &c->memory, c->symbols[OF_TARGET], c->n, c->T, c->K);
    int code = emitter->emit(emitter->context, rng_child(rng, OF_EMITTER), c->n, c->T,
                             c->symbols[OF_EMITTER], st);
    for (int i = OF_HMM; i <= OF_EMITTER && !code; i++)
        code = sinkhorn_loss(&c->work, &c->target, c->symbols[i], c->n, c->options, &loss[i], NULL,
                             st);
    *difference = loss[OF_EMITTER] - loss[OF_HMM];
    return code;
}

int excess_loss(const struct settings *s, const struct hmm *hmm, struct rng rng,
                const struct emitter *emitter, const struct stop *stop, struct excess *out,
                struct status *st)
{
    struct arena measured;
    struct scorer c = {.n = (size_t)excess_batch(s),
                       .T = s->data.length,
                       .K = hmm->symbols,
                       .options = {s->train.blur, s->train.scaling}};
    int num = excess_num_batches(s);
    double *difference = calloc((size_t)num, sizeof *difference);
    if (!difference) return status_no_memory(st, "the excess of the loss");
    arena_measure(&measured);
    take_memory(&c, &measured);
    int code = arena_init(&c.memory, measured.used, st);
    if (!code) take_memory(&c, &c.memory);
    for (int b = 0; b < num && !code; b++) {
        code = stop_check(stop, st, "scoring fresh sequences");
        if (!code)
            code = score_batch(&c, hmm, rng_child(rng, (uint64_t)b), emitter, &difference[b], st);
    }
    out->loss = mean_of(difference, (size_t)num);
    out->se = sem_about(difference, (size_t)num, out->loss);
    arena_free(&c.memory);
    free(difference);
    return code;
}
