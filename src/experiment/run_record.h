/* run_record: what is known of a run: its state, one attempt at it, and what it made. */
#pragma once

#include "hmmgrid/analyse.h"
#include "hmmgrid/measure.h"
#include "hmmgrid/train.h"
#include "measure/excess.h"

enum run_status { RUN_PENDING, RUN_RUNNING, RUN_DONE, RUN_FAILED, RUN_CRASHED, NUM_RUN_STATUS };
extern const char *const run_status_name[NUM_RUN_STATUS];

enum { HOST_BYTES = 72 }; /* for a machine's name: up to 64 bytes and a NUL */

/* What the program knows about one attempt at a run besides its output. */
struct run_attempt {
    int run;     /* row */
    int attempt; /* 1-based */
    int status;  /* RUN_DONE, RUN_FAILED or RUN_CRASHED */
    int rank;
    const char *host;  /* borrowed, like error; NULL: not known */
    const char *error; /* why it failed; NULL when done */
    double t_start_s;  /* Unix time, s */
    double wall_s, cpu_s;
    double peak_bytes;   /* of resident memory; NaN: not known */
    int signal;          /* that ended the run's process; 0: none */
    double idle_s;       /* that the worker waited before it */
    const char *version; /* of the program, borrowed; NULL: not known */
};

/* One training with one seed, of those that `reseed` allows a run; as in struct train_output, NaN
 * until it is over. */
struct seed_tried {
    double best_epoch, best_val_loss, loss_floor;
};

struct run_output {
    struct rnn_shape shape;
    struct train_output train; /* arrays owned by this struct */
    struct hmm hmm;            /* owned */
    struct measures measures;  /* owned */
    struct analyses analyses;  /* owned */
    int64_t effective_seed;    /* differs from the run's seed after a reseed */
    int reseeds;               /* how many further seeds were tried */
    struct seed_tried *tried;  /* (reseed.max + 1), of which reseeds + 1 are filled; owned */
    int accepted;              /* 1, or 0: outside `accept` after all reseeds (kept and marked) */
    double loss_z;             /* (best_val_loss - loss_floor) / loss_floor_sd */
    struct excess excess;      /* of the measured weights; NaN: states overflowed, or imported */
    double earlier_wall_s,     /* what was spent on it, by the clock and of the processor, before */
        earlier_cpu_s;         /* this attempt went on from a checkpoint */
    const char *kernel;        /* kernel choice, e.g. "avx512"; borrowed from the program */
    const char *blas_core;     /* OpenBLAS core type; the same */
};

/* Room for all that a run with these settings makes, NaN or zero, and its HMM. STATUS_NO_MEMORY,
 * or as of hmm_init; free it with run_output_free even then. */
int run_output_init(const struct settings *s, struct run_output *out, struct status *st);

/* What training leaves is NaN again, so that a run that fails keeps no left-over numbers. */
void run_output_forget(const struct settings *s, struct run_output *out);

/* NULL and zeroed ones are fine. */
void run_output_free(struct run_output *out);

/* All that a run has made so far, piece by piece and in place: what another process copies into an
 * output that run_output_init made from the same settings. value NULL: not there. Returns their
 * number. */
struct run_part {
    void *value;
    size_t bytes;
};
enum { MAX_RUN_PARTS = 20 };
int run_output_parts(const struct settings *s, struct run_output *out,
                     struct run_part part[MAX_RUN_PARTS]);
