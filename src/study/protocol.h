/* protocol: the messages between coordinator (rank 0) and workers, and how to wait for them.
 * Private to src/study. Messages are structs of fixed size sent as bytes, all ranks being the same
 * program on the same kind of machine; they stay below every MPI's eager limit, so that a send
 * does not wait for its receiver. */
#pragma once

#include "experiment/run_record.h"
#include <mpi.h>

enum protocol_tag { TAG_UP = 1, TAG_DOWN = 2 };

/* Worker to coordinator. A worker that said READY, ENDED or GIVEN_BACK is idle. */
enum up_kind {
    UP_READY,      /* at the start; text: its host */
    UP_PROGRESS,   /* at most once a second */
    UP_ENDED,      /* row written and durable: status, checksum, wall_s, text: error */
    UP_GIVEN_BACK, /* asked to stop and did: nothing of the run counts */
    UP_BROKEN,     /* the world is broken (code, text); the worker takes no further run */
    UP_SIGNAL      /* a signal arrived at the worker */
};

struct up_message {
    int kind, run, attempt, status;
    int epoch, num_epochs; /* 1-based, of how many */
    float train_loss, val_loss;
    int signal, code;
    double wall_s;
    double silent_s; /* UP_PROGRESS: since the run's last sign of life */
    uint64_t checksum;
    char text[512];
};

/* Coordinator to worker. */
enum down_kind {
    DOWN_RUN,  /* do run, attempt; only to an idle worker */
    DOWN_STOP, /* give the running run back */
    DOWN_QUIT  /* the last message: leave the loop */
};

struct down_message {
    int kind, run, attempt;
};

/* Stop every rank when an MPI call failed: prints rank, file:line, the call and MPI's own message,
 * then MPI_Abort with STATUS_INTERNAL. comm must have MPI_ERRORS_RETURN. */
#define MPI_CHECK(comm, call) protocol_check((comm), (call), #call, __FILE__, __LINE__)
void protocol_check(MPI_Comm comm, int rc, const char *call, const char *file, int line);

void protocol_send(MPI_Comm comm, int to, int tag, const void *message, int bytes);

/* A message with this tag, if one is there: true, *message filled and *from (may be NULL) set. */
bool protocol_receive(MPI_Comm comm, int tag, void *message, int bytes, int *from);

/* Waiting that costs little: free polls, then sleeps of 1 us doubling to 4 ms. reset: something is
 * due at once. heard: something came; the sleeps begin at half of what they had grown to, so that
 * rare messages cost few polls and dense ones are polled for. */
struct backoff {
    int polls;
    long sleep_ns;
};
void backoff_reset(struct backoff *b);
void backoff_heard(struct backoff *b);
void backoff_wait(struct backoff *b); /* of a backoff that was reset once */

/* MPI_Init with what the store needs of it, once a process; MPI_Finalize ends it. STATUS_INTERNAL.
 */
int protocol_start(struct status *st);

/* Wait until all ranks are here, which costs little, as no wait of MPI's own does; false: limit_s
 * is over and some are not, so that nothing is left but to end the job. Collective. */
bool protocol_meet_all(MPI_Comm comm, double limit_s);

/* Rank 0's value on every rank; the others wait for it for as long as it takes. Collective. */
int protocol_of_rank_0(MPI_Comm comm, int value);

/* One acts or each does, all agree: the largest code of all ranks and its text (rank 0's where all
 * are 0) everywhere. Collective; returns the code. */
int protocol_agree_all(MPI_Comm comm, struct status *st);
