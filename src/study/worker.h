/* worker: does runs: trains, measures, writes the row. Private to src/study. */
#pragma once

#include "experiment/experiment.h"
#include "isolate/isolate.h"
#include "store/store.h"
#include "protocol.h"

struct worker {
    const struct plan *plan; /* borrowed, like the rest */
    struct store *store;     /* NULL: rows are not written (benchmarks of the coordinator) */
    run_function run;
    int rank;
    char host[HOST_BYTES];
    const char *version;                   /* of the program; NULL: not known */
    const struct checkpoints *checkpoints; /* NULL: none are made */
    const struct log *log;                 /* for trouble with them, in this process */
    /* its own, owned */
    struct floor_cache *floors;
    struct isolate *isolate; /* does the runs; NULL: they are done here */
    double free_s;           /* since when it has had nothing to do, monotonic clock */
};

/* What is not borrowed. memory_bytes: the rank's share of its machine. STATUS_NO_MEMORY. */
int worker_init(struct worker *worker, double memory_bytes, struct status *st);
void worker_free(struct worker *worker);

/* One run: *up becomes UP_ENDED, UP_GIVEN_BACK or UP_BROKEN. Local; sends nothing. */
void worker_do_run(struct worker *worker, int run, int attempt, const struct train_watch *watch,
                   struct up_message *up);

/* Since the last sign of life of the run that is on; 0 where it is done in this process. */
double worker_silence_s(const struct worker *worker);

/* Serve rank 0 of comm until it says quit, and wait until all have left. A signal that arrives here
 * is told to rank 0. Collective, with coordinator_run on rank 0. */
void worker_serve(struct worker *worker, MPI_Comm comm);
