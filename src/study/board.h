/* board: what is known about a running study at one moment; the coordinator keeps it, progress
 * and the status file show it. Private to src/study. */
#pragma once

#include "experiment/run_record.h"
#include "forecast/schedule.h"
#include "plan/plan.h"

/* What a rank is doing, as far as messages told. */
enum rank_phase { RANK_UNKNOWN, RANK_IDLE, RANK_BUSY, RANK_BROKEN, NUM_RANK_PHASES };

struct board_worker {
    enum rank_phase phase;
    int job; /* run of the schedule while busy */
    bool told_stop;
    char host[HOST_BYTES];
    int run;               /* row of the file; -1: idle */
    int epoch, num_epochs; /* 0: not known yet */
    float train_loss, val_loss;
    double begun_s;   /* monotonic clock when its run was handed out */
    double seen_s;    /* monotonic clock of its run's last sign of life */
    double heard_s;   /* monotonic clock of its last message */
    bool told_silent; /* its silence was reported */
};

struct board {
    const struct plan *plan; /* borrowed */
    const char *file;        /* results file, borrowed */
    const char *chosen_by;   /* as of struct study_status, borrowed */
    char uuid[64];           /* of the results file */
    const char *state;       /* "running", "complete", "interrupted", "failed" */
    char message[1024];      /* why it ended, "" while all is well */
    int ranks;
    struct schedule_counts counts; /* of the selected runs */
    int others[NUM_RUN_STATUS];    /* of the other ones, none of which runs */
    double launched_unix_s;        /* when the process began, before MPI did */
    double start_unix_s, start_s;  /* start_s, now_s: monotonic */
    double now_s;
    double eta_s, eta_half_s; /* NaN: not known */
    double wall_sum_s;        /* core-seconds of runs that ended, earlier studies too */
    double busy_s;     /* of all workers, in what they were given and is over; this study's */
    double deadline_s; /* Unix; INFINITY: none */
    int num_workers;
    struct board_worker *worker; /* [num_workers], of rank 1.. (alone: rank 0); borrowed */
};

/* That of a rank that works: of one rank alone, rank 0. */
static inline struct board_worker *board_of_rank(struct board *board, int rank)
{
    return &board->worker[board->ranks > 1 ? rank - 1 : 0];
}
