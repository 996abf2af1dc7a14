/* train: one network trained on one HMM's sequences. Source: SCIENCE 2.2 to 2.5 and 8.8. */
#ifndef HMMGRID_TRAIN_H
#define HMMGRID_TRAIN_H

#include "hmmgrid/hmm.h"
#include "hmmgrid/rnn.h"

/* Told after every epoch and asked between batches. */
struct train_watch {
    struct stop stop; /* training returns STATUS_RUN_STOPPED */
    /* epoch: 1-based, of num_epochs in all; with the context of stop. May be NULL. */
    void (*epoch_done)(void *context, int epoch, int num_epochs, float train_loss, float val_loss);
};

/* What training leaves; arrays are the caller's. num_epochs = epochs * number of rates. */
struct train_output {
    float *train_loss; /* (num_epochs) mean over batches, before each update */
    float *val_loss;   /* (num_epochs) after the updates of the epoch */
    float *last;       /* (rnn_num_params) weights of the last epoch */
    float *best;       /* (rnn_num_params) weights of the best validation loss */
    float *snapshots;  /* (train_num_snapshots, rnn_num_params); NULL: none are kept */
    int best_epoch;    /* 1-based */
    double best_val_loss, final_val_loss;
    double loss_floor,
        loss_floor_sd; /* independent HMM samples against the same validation targets:
                          mean and sd (ddof 1) over measure.floor_draws draws */
};

/* Number of epochs in all. */
int train_num_epochs(const struct settings *s);

/* Snapshots of a run: before training (epoch 0), every train.snapshots epochs, and the last epoch;
 * none when the setting is 0. */
int train_num_snapshots(const struct settings *s);
int train_snapshot_epoch(const struct settings *s, int snapshot);

/* Training, an epoch at a time. Between two epochs its state is whole: kept then, and put back into
 * a trainer of the same settings, HMM, key and seed, it goes on to the same bits. */
struct trainer;

struct train_array {
    const char *name;
    float *value;
    size_t count; /* 0: the settings ask for none */
};

/* The first ones are the trainer's own, the others the output's. */
enum { NUM_TRAINER_ARRAYS = 3, NUM_TRAIN_ARRAYS = 8 };

struct train_state {
    int epoch;                   /* done so far */
    long step;                   /* Adam's, at this learning rate */
    struct train_output *output; /* as given: of its numbers best_epoch, best_val_loss and
                                    final_val_loss are state */
    struct train_array array[NUM_TRAIN_ARRAYS]; /* parameters, Adam's moments, and the output's */
};

/* Ready for the first epoch (settings resolved). key (settings_training_key: that of all runs that
 * train alike, however long) and seed key every random number: streams
 * "init", "data", "noise", "gumbel", "initial", "loss_floor". Everything given is borrowed until
 * train_close; watch may be NULL. STATUS_NO_MEMORY; then *trainer is NULL. */
int train_open(const struct settings *s, const struct hmm *hmm, const char *key, int64_t seed,
               const struct train_watch *watch, struct train_output *out, struct trainer **trainer,
               struct status *st);

/* Before the first epoch: these weights (rnn_num_params) in place of those that were drawn. */
void train_start_from(struct trainer *trainer, const float *params);

/* The next epoch; not to be called when train_num_epochs are done. NaN or infinite loss:
 * STATUS_RUN_FAILED with the epoch and the last finite loss; then the output is filled as far as
 * training came and the state is of no use. STATUS_RUN_STOPPED: the state is that before the epoch.
 */
int train_epoch(struct trainer *trainer, struct status *st);

/* What to keep and put back; what it points at is the trainer's and the output's. */
struct train_state *train_state(struct trainer *trainer);

/* The arrays as a training that ends after so many epochs, at most those of this one, leaves them:
 * they lie at the beginning of this one's. */
struct train_state train_state_after(const struct trainer *trainer, int epochs);

/* The loss that the HMM itself has, into the output. STATUS_RUN_STOPPED. */
int train_floor(struct trainer *trainer, struct status *st);

void train_close(struct trainer *trainer);

/* All of it: open, every epoch, floor, close. */
int train_run(const struct settings *s, const struct hmm *hmm, const char *key, int64_t seed,
              const struct train_watch *watch, struct train_output *out, struct status *st);

/* Bytes of the arena that train_run takes. */
size_t train_memory_bytes(const struct settings *s);

#endif
