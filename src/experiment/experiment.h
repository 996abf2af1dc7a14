/* experiment: one run from its settings to its output: train, generate, measure, analyse.
 * The expensive part of a worker is one function pointer of type run_function; experiment_run is
 * the real one, dummy_run (tests, benchmarks) sleeps, fails or crashes on request.
 * No MPI, no HDF5.
 */
#pragma once

#include "checkpoint.h"

struct run_context {
    struct floor_cache *floors;
    struct train_watch watch;
    const struct checkpoints
        *checkpoints;      /* the run goes on from them and makes them; NULL: none */
    const struct log *log; /* for trouble with them; NULL: nowhere */
    const float *start;    /* the weights of train.start_weights (rnn_num_params); NULL: none */
};

/* The run (settings resolved, key, seed) -> *out (zeroed first; free with run_output_free even
 * after a failure). STATUS_RUN_FAILED with reason, STATUS_RUN_STOPPED (after a checkpoint), or
 * STATUS_INTERNAL. Checkpoints of a run that is over are the caller's to remove. */
typedef int (*run_function)(const struct settings *s, const char *run_key, int64_t seed,
                            struct run_context *context, struct run_output *out, struct status *st);

/* Elapsed seconds that the newest checkpoint of a run stands for; 0: there is none. */
double experiment_kept_s(const char *folder, const char *key);

int experiment_run(const struct settings *s, const char *run_key, int64_t seed,
                   struct run_context *context, struct run_output *out, struct status *st);
