/* ledger: starts and ends of runs on their way to the results file. What comes together is made
 * durable together; the schedule hears of an end only after that. Private to src/study. */
#pragma once

#include "forecast/schedule.h"
#include "store/store.h"
#include "protocol.h"

struct ledger_start {
    int rank, job; /* who is to do which run of the schedule */
};

struct ledger_end {
    int job;
    double wall_s;
};

struct ledger {
    struct store *store; /* borrowed, like the next two; NULL: nothing is kept (benchmarks) */
    struct schedule *schedule;
    const int *row; /* row of the file of every run of the schedule */
    bool blamed;    /* an attempt that never ends counts as a death: runs are done in the ranks */
    bool broken;    /* the file cannot be written: nothing counts any more */
    int room;       /* of each list below */
    int num_starts, num_ends;
    struct ledger_start *start;
    int *start_row;
    struct ledger_end *end;
    struct store_commit *commit; /* of the ends */
};

/* Lists for `room` starts and as many ends; `blamed` has been set. STATUS_NO_MEMORY. */
int ledger_init(struct ledger *ledger, struct store *store, struct schedule *schedule,
                const int *row, int room, struct status *st);
void ledger_free(struct ledger *ledger);

/* Both only while there is room. */
void ledger_note_start(struct ledger *ledger, int rank, int job);
void ledger_note_end(struct ledger *ledger, int job, const struct up_message *up);

/* Make the starts durable; they stay listed until ledger_forget_starts, so that the caller can send
 * them out. On failure their runs are pending again, as if never handed out. */
int ledger_begin(struct ledger *ledger, struct status *st);
void ledger_forget_starts(struct ledger *ledger);

/* Make the ends durable and tell the schedule; *wall_s gets the seconds of those that count. On
 * failure, and ever after, they are pending again. */
int ledger_commit(struct ledger *ledger, double *wall_s, struct status *st);

/* A run that killed its rank too often, as the schedule found it, becomes crashed on disk; error is
 * filled with what the file says of it. */
int ledger_commit_crashed(struct ledger *ledger, int job, char error[256], struct status *st);
