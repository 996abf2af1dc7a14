/* dummy_run: a run_function that trains nothing: it fills an output from the run key alone (the
 * same bits wherever and whenever), and fails, waits, signals or dies on request. What it does is
 * coded in the seed: kind = seed / 1000. It takes HMMGRID_DUMMY_MS milliseconds (default 0). */
#ifndef HMMGRID_TEST_DUMMY_RUN_H
#define HMMGRID_TEST_DUMMY_RUN_H

#include "experiment/experiment.h"

enum dummy_kind {
    DUMMY_NORMAL,
    DUMMY_FAILS,        /* STATUS_RUN_FAILED */
    DUMMY_WAITS,        /* until asked to stop, or at most until HMMGRID_DUMMY_RELEASE is set */
    DUMMY_SIGNALS_SELF, /* SIGTERM to its rank, then waits as above; released: normal */
    DUMMY_SIGNALS_ROOT, /* SIGUSR1 to the process HMMGRID_DUMMY_ROOT, then waits; as above */
    DUMMY_BREAKS,       /* STATUS_INTERNAL */
    DUMMY_DIES,         /* SIGKILL to its own process */
    DUMMY_SEGFAULTS,    /* in its last epoch, with a word on stderr */
    DUMMY_ALLOCATES,    /* without end */
    DUMMY_SPINS,        /* without end, asking nobody whether to stop */
    DUMMY_KILLS_RANK    /* SIGKILL to its rank; released: normal */
};

/* Is this the process of a run, and its parent the rank? Set by the main of a test. */
extern bool dummy_is_child;

int dummy_run(const struct settings *s, const char *run_key, int64_t seed,
              struct run_context *context, struct run_output *out, struct status *st);

#endif
