/* keep: what of one run goes into its checkpoints, when, and how the run goes on from them. Between
 * two epochs that is the whole state of training, afterwards what was measured and analysed; all
 * else follows from settings, key and seed, so that the run ends with the bits of one that was
 * never interrupted. The state at the end of training can stay, for runs that train longer and are
 * otherwise the same: they go on from it to the bits of a training from the beginning. Private to
 * src/experiment. */
#pragma once

#include "experiment.h"

/* What is over. */
enum stage { STAGE_BEGUN, STAGE_TRAINED, STAGE_MEASURED };

struct keeper {
    const struct settings *s;        /* borrowed, like all that is not said to be owned */
    const struct checkpoints *where; /* NULL: nothing is kept */
    const struct log *log;
    const char *key, *training_key;
    struct run_output *out;
    struct trainer *trainer;  /* NULL: none is open */
    char *owner;              /* owned */
    struct checkpoint *found; /* of an earlier attempt, in training, until it was put back; owned */
    struct position {
        int stage, epoch;
        long step;
        double wall_s, cpu_s; /* spent on the run until then */
    } at;
    double start_s, start_cpu_s, kept_s; /* of this attempt; when a checkpoint was made last */
    bool has_news;                       /* something is over that no checkpoint has */
    bool troubled;                       /* one could not be written, and that was told */
};

/* Look for a checkpoint of this run; where there is one, *out and keeper->at.stage are as it says
 * (in training: the reseeds). Free with keep_close, also after a failure. STATUS_NO_MEMORY. */
int keep_open(struct keeper *keeper, const struct settings *s, const char *run_key,
              const char *training_key, const struct run_context *context, struct run_output *out,
              struct status *st);
void keep_close(struct keeper *keeper);

/* This trainer, just opened, is now at work, from where the checkpoint was or, if there was none,
 * the longest training of its key that is not longer was at its end; NULL: it is closed. */
void keep_training(struct keeper *keeper, struct trainer *trainer);

/* Training is over: keep its state, where the study wants that. */
void keep_state(struct keeper *keeper);

/* A stage is over. */
void keep_stage(struct keeper *keeper, enum stage stage);

/* The run is between two epochs, or (parts) between two of its parts, which are longer: make a
 * checkpoint when the last one is older than a study wants, or a tenth of that. What cannot be
 * written is told once, and the run goes on. */
void keep_epoch(struct keeper *keeper);
void keep_part(struct keeper *keeper);

/* The run is asked to stop: make one, unless that would say no more than the one before: a newer
 * checkpoint is progress, and batch scripts go by that. */
void keep_stop(struct keeper *keeper);
