/* excess: the loss of a trained network above that of its HMM, on sequences that neither training
 * nor the choice of the weights has seen. A perfect emulation has 0 within its error;
 * sequences that vary less than the HMM's are nearer to a finite sample of it than its own are, and
 * have less than 0. It is another excess than that of accept.max_excess_loss, best validation loss
 * - loss_floor, which the choice of the best of many noisy epochs makes too small. */
#pragma once

#include "hmmgrid/hmm.h"

/* What emits the sequences that are scored: symbols (n, T) out, each below the HMM's K, independent
 * for different rng. */
struct emitter {
    int (*emit)(void *context, struct rng rng, size_t n, int T, uint8_t *symbols,
                struct status *st);
    void *context;
};

struct excess {
    double loss; /* mean over batches of the emitter's loss - the HMM's */
    double se;   /* its standard error: sd (ddof 1) over batches / sqrt of their number; as few as 8
                    batches make loss / se Student's t, of 7 degrees of freedom */
};

/* B = max(8, measure.floor_draws): so many batches are scored. */
int excess_num_batches(const struct settings *s);

/* Sequences of each: those of a training batch, at most the validation part. */
int excess_batch(const struct settings *s);

/* Each batch: a fresh target of the HMM, and the training's loss (without train.weight_decay) of
 * the emitter's and of a further batch of the HMM against it, all of data.length steps.
 *   s     resolved; of it data, train.batch, blur and scaling, measure.floor_draws
 *   rng   keys every number, with what the emitter adds
 *   stop  may be NULL; asked before every batch: STATUS_RUN_STOPPED
 * STATUS_NO_MEMORY; STATUS_RUN_FAILED when a loss is not finite; as of the emitter. */
int excess_loss(const struct settings *s, const struct hmm *hmm, struct rng rng,
                const struct emitter *emitter, const struct stop *stop, struct excess *out,
                struct status *st);
