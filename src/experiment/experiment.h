/* experiment: one run from its settings to its output: train, generate, measure, analyse.
 * The expensive part of a worker is one function pointer of type run_function; experiment_run is
 * the real one, dummy_run (tests, benchmarks) sleeps, fails or crashes on request.
 * No MPI, no HDF5.
 */
#ifndef HMMGRID_EXPERIMENT_H
#define HMMGRID_EXPERIMENT_H

#include "hmmgrid/analyse.h"
#include "hmmgrid/measure.h"
#include "hmmgrid/train.h"

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
    char kernel[32];           /* kernel choice, e.g. "avx512" */
    char blas_core[32];        /* OpenBLAS core type */
};

struct run_context {
    struct floor_cache *floors;
    struct train_watch watch;
};

/* The run (settings resolved, key, seed) -> *out (zeroed first; free with run_output_free even
 * after a failure). STATUS_RUN_FAILED with reason, STATUS_RUN_STOPPED, or STATUS_INTERNAL. */
typedef int (*run_function)(const struct settings *s, const char *run_key, int64_t seed,
                            struct run_context *context, struct run_output *out, struct status *st);

int experiment_run(const struct settings *s, const char *run_key, int64_t seed,
                   struct run_context *context, struct run_output *out, struct status *st);

void run_output_free(struct run_output *out);

#endif
