/* protocol: see protocol.h. Refuses to block: a blocking MPI_Recv costs a whole core while it
 * waits (measured: 93 to 97 %), polling with back-off 3 to 4 %. */
#include "protocol.h"

#include "base/clock.h"
#include "base/show.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

/* A sleep of 1 us takes 50 us and more. Two that wait for each other poll for longer than that
 * while messages are dense, or they can send each other to sleep for ever. No sched_yield: with
 * more ranks than cores Open MPI yields by itself, and else it gives the core to strangers. */
enum { FEW_POLLS = 100, MANY_POLLS = 1000 };
static const long shortest_sleep_ns = 1000, dense_sleep_ns = 50000, longest_sleep_ns = 4000000;

void protocol_check(MPI_Comm comm, int rc, const char *call, const char *file, int line)
{
    if (rc == MPI_SUCCESS) return;
    int rank = -1, length = 0;
    char text[MPI_MAX_ERROR_STRING] = "";
    MPI_Comm_rank(comm, &rank);
    MPI_Error_string(rc, text, &length);
    show_on(stderr,
            "hmmgrid: rank %d: error: %s:%d: %s: %s; the study ends here, continue it with "
            "--resume\n",
            rank, file, line, call, text);
    MPI_Abort(comm, STATUS_INTERNAL);
}

void protocol_send(MPI_Comm comm, int to, int tag, const void *message, int bytes)
{
    MPI_CHECK(comm, MPI_Send(message, bytes, MPI_BYTE, to, tag, comm));
}

/* Open MPI looks first and makes progress then, so that a message which came during a sleep is
 * found by the second probe. */
bool protocol_receive(MPI_Comm comm, int tag, void *message, int bytes, int *from)
{
    int there = 0;
    MPI_Status status;
    for (int probe = 0; probe < 2 && !there; probe++)
        MPI_CHECK(comm, MPI_Iprobe(MPI_ANY_SOURCE, tag, comm, &there, &status));
    if (!there) return false;
    MPI_CHECK(comm, MPI_Recv(message, bytes, MPI_BYTE, status.MPI_SOURCE, tag, comm, &status));
    if (from) *from = status.MPI_SOURCE;
    return true;
}

void backoff_reset(struct backoff *b)
{
    *b = (struct backoff){.polls = 0, .sleep_ns = shortest_sleep_ns};
}

void backoff_heard(struct backoff *b)
{
    b->polls = 0;
    b->sleep_ns = b->sleep_ns > 2 * shortest_sleep_ns ? b->sleep_ns / 2 : shortest_sleep_ns;
}

void backoff_wait(struct backoff *b)
{
    if (b->polls < (b->sleep_ns <= dense_sleep_ns ? MANY_POLLS : FEW_POLLS)) {
        b->polls++;
        return;
    }
    nanosleep(&(struct timespec){.tv_nsec = b->sleep_ns}, NULL);
    b->sleep_ns *= 2;
    if (b->sleep_ns > longest_sleep_ns) b->sleep_ns = longest_sleep_ns;
}

int protocol_start(struct status *st)
{
    int started = 0;
    MPI_Initialized(&started);
    if (started) return 0;
    setenv("OMPI_MCA_io", "romio321", 0); /* OMPIO 4.1.4 overflows on long paths, can hang */
    if (!getenv("OMPI_COMM_WORLD_SIZE") && !getenv("PMIX_RANK") && !getenv("PMI_RANK")) {
        /* alone: no daemon, no ssh for it, and no folder, which all such processes would share */
        setenv("OMPI_MCA_ess_singleton_isolated", "1", 0);
        setenv("OMPI_MCA_orte_create_session_dirs", "0", 0);
    }
    return MPI_Init(NULL, NULL) == MPI_SUCCESS ? 0
                                               : status_set(st, STATUS_INTERNAL, "MPI_Init failed");
}

/* false: limit_s is over. */
static bool wait_for(MPI_Comm comm, MPI_Request request, double limit_s)
{
    struct backoff backoff;
    double end_s = clock_monotonic_s() + limit_s;
    int there = 0;
    backoff_reset(&backoff);
    for (;;) {
        MPI_CHECK(comm, MPI_Test(&request, &there, MPI_STATUS_IGNORE));
        if (there || clock_monotonic_s() > end_s) return there;
        backoff_wait(&backoff);
    }
}

bool protocol_meet_all(MPI_Comm comm, double limit_s)
{
    MPI_Request request;
    MPI_CHECK(comm, MPI_Ibarrier(comm, &request));
    return wait_for(comm, request, limit_s);
}

int protocol_of_rank_0(MPI_Comm comm, int value)
{
    MPI_Request request;
    MPI_CHECK(comm, MPI_Ibcast(&value, 1, MPI_INT, 0, comm, &request));
    wait_for(comm, request, INFINITY);
    return value;
}

int protocol_agree_all(MPI_Comm comm, struct status *st)
{
    struct {
        int code, rank;
    } own = {.code = st->code}, worst;
    MPI_Comm_rank(comm, &own.rank);
    MPI_CHECK(comm, MPI_Allreduce(&own, &worst, 1, MPI_2INT, MPI_MAXLOC, comm));
    MPI_CHECK(comm, MPI_Bcast(st, (int)sizeof *st, MPI_BYTE, worst.rank, comm));
    return st->code;
}
