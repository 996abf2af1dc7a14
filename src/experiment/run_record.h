/* run_record: what is known of a run: its state, one attempt at it, and what it made. */
#pragma once

#include "hmmgrid/analyse.h"
#include "hmmgrid/measure.h"
#include "hmmgrid/train.h"

enum run_status { RUN_PENDING, RUN_RUNNING, RUN_DONE, RUN_FAILED, RUN_CRASHED, NUM_RUN_STATUS };
extern const char *const run_status_name[NUM_RUN_STATUS];

enum { HOST_BYTES = 72 }; /* for a machine's name: up to 64 bytes and a NUL */

/* What the program knows about one attempt at a run besides its output. */
struct run_attempt {
    int run;     /* row */
    int attempt; /* 1-based */
    int status;  /* RUN_DONE or RUN_FAILED */
    int rank;
    const char *host;  /* borrowed, like error; NULL: not known */
    const char *error; /* why it failed; NULL when done */
    double t_start_s;  /* Unix time, s */
    double wall_s, cpu_s;
};

struct run_output {
    struct rnn_shape shape;
    struct train_output train; /* arrays owned by this struct */
    struct hmm hmm;            /* owned */
    struct measures measures;  /* owned */
    struct analyses analyses;  /* owned */
    int64_t effective_seed;    /* differs from the run's seed after a reseed */
    int reseeds;               /* how many further seeds were tried */
    int accepted;              /* 1, or 0: outside `accept` after all reseeds (kept and marked) */
    double loss_z;             /* (best_val_loss - loss_floor) / loss_floor_sd */
    const char *kernel;        /* kernel choice, e.g. "avx512"; borrowed from the program */
    const char *blas_core;     /* OpenBLAS core type; the same */
};

/* NULL and zeroed ones are fine. */
void run_output_free(struct run_output *out);
