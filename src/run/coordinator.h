/* coordinator: rank 0's loop: schedule, messages, commits, signals, deadline, display. Private to
 * src/run. */
#ifndef HMMGRID_RUN_COORDINATOR_H
#define HMMGRID_RUN_COORDINATOR_H

#include "hmmgrid/store.h"
#include "progress.h"
#include "worker.h"

/* What makes starts and results durable: the store, or nothing (benchmarks). Runs are rows. Both
 * are durable when they return 0; otherwise *st says what broke. */
struct journal {
    void *context;
    int (*begin)(void *context, const int *run, int num, struct status *st);
    int (*commit)(void *context, const struct store_commit *commit, int num, struct status *st);
};

struct coordinator {
    /* set by the caller, borrowed */
    const struct plan *plan;
    MPI_Comm comm;
    struct schedule *schedule; /* over the selected runs */
    const int *row;            /* row of the file of every run of the schedule */
    struct journal journal;
    struct board *board;
    struct progress *progress;
    const char *status_path; /* results file beside which the status file goes; NULL: none */
    double deadline_s;       /* Unix time; INFINITY: none */
    double reserve_s;        /* kept free before the deadline */

    /* its own; zero to begin with */
    struct rank_state *rank; /* [size] */
    int size, num_serving;
    struct store_commit *commit; /* [size] results that wait for one commit together */
    char (*commit_error)[256];
    int *ended; /* [size] their runs in the schedule */
    double *ended_wall_s;
    int num_commits;
    int *begin;   /* [size] rows about to start */
    double end_s; /* deadline minus reserve on the monotonic clock */
    int signal;   /* that asked to stop; 0: none */
    bool stopping, journal_broken, warned_status_file;
    double last_status_s, last_tick_s;
    struct worker *alone; /* one rank: does the runs too */
};

/* Run the schedule to its end. comm of several ranks: the others are in worker_serve. One rank:
 * `alone` does the runs in this process. Returns 0, or the code of a broken world with *st; what
 * was committed before stays. When it returns, every worker has left its loop. */
int coordinator_run(struct coordinator *coordinator, struct worker *alone, struct status *st);

#endif
