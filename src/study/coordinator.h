/* coordinator: rank 0's loop: schedule, messages, commits, signals, deadline, display. Private to
 * src/study. */
#pragma once

#include "deadline.h"
#include "ledger.h"
#include "progress.h"
#include "sessions.h"
#include "worker.h"

struct coordinator {
    /* set by the caller, borrowed */
    const struct plan *plan;
    MPI_Comm comm;
    struct schedule *schedule; /* over the selected runs */
    const int *row;            /* row of the file of every run of the schedule */
    struct store *store;       /* NULL: nothing is kept (benchmarks) */
    struct board *board;
    struct progress *progress;
    const char *status_path;     /* results file beside which the status file goes; NULL: none */
    struct session_log *session; /* NULL: none */
    const char *checkpoints;     /* folder of those of runs that are on; NULL: there are none */
    struct deadline *deadline;
    double reserve_s; /* kept free before the deadline */

    /* its own; zero to begin with */
    struct ledger ledger;
    int size, num_in_phase[NUM_RANK_PHASES];
    struct worker *alone;
    double end_s;    /* deadline minus reserve on the monotonic clock */
    int signal;      /* that asked to stop; 0: none */
    int num_started; /* runs handed out */
    bool stopping, warned_status_file;
    double stopping_s; /* monotonic clock */
    double last_status_s, last_tick_s, last_eta_s;
};

/* Run the schedule to its end. comm of several ranks: the others are in worker_serve. One rank:
 * `alone` does the runs in this process. Returns 0, or the code of a broken world with *st; what
 * was committed before stays. When it returns, every worker has left its loop. A worker that is to
 * stop and says nothing ends the job: MPI_Abort with STATUS_STOPPED, the status file being right.
 */
int coordinator_run(struct coordinator *coordinator, struct worker *alone, struct status *st);
