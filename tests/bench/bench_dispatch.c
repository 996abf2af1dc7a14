/* bench_dispatch: what the coordinator costs, without a results file.
 *   mpirun -n 3 bench_dispatch
 * Prints one JSON object a line: how many empty runs a second pass through the coordinator, then
 * the share of one core that rank 0 uses while the workers compute runs of 50 ms, their best case
 * (waiting by sleeping) and the worst (every worker keeps a core busy).
 * Refuses to judge: it ends with 0 unless a run is lost. Goals: section 5 of the design.
 */
#include "study/coordinator.h"
#include "base/clock.h"

#include <math.h>
#include <stdlib.h>
#include <sys/resource.h>
#include <time.h>

enum { NUM_EMPTY_RUNS = 100000, MOST_RANKS = 1024 };

static const double run_s = 0.05, slice_s = 0.001, share_s = 3;

struct bench {
    int rank, size;
    struct plan plan;
};

/* --- runs that compute nothing ---------------------------------- */

static int run_empty(const struct settings *s, const char *run_key, int64_t seed,
                     struct run_context *context, struct run_output *out, struct status *st)
{
    (void)s, (void)run_key, (void)seed, (void)context, (void)st;
    *out = (struct run_output){0};
    return 0;
}

/* 50 ms of slices, after each of which a training would ask whether to stop. */
static int take_time(bool spin, struct run_context *context, struct run_output *out)
{
    const struct train_watch *watch = &context->watch;
    double end_s = clock_monotonic_s() + run_s;
    *out = (struct run_output){0};
    for (int i = 1; clock_monotonic_s() < end_s; i++) {
        double slice_end_s = clock_monotonic_s() + slice_s;
        if (!spin) nanosleep(&(struct timespec){.tv_nsec = (long)(1e9 * slice_s)}, NULL);
        while (clock_monotonic_s() < slice_end_s) continue;
        watch->epoch_done(watch->stop.context, i, 50, 1, 1);
        if (watch->stop.wanted(watch->stop.context)) break;
    }
    return 0;
}

static int run_sleeping(const struct settings *s, const char *run_key, int64_t seed,
                        struct run_context *context, struct run_output *out, struct status *st)
{
    (void)s, (void)run_key, (void)seed, (void)st;
    return take_time(false, context, out);
}

static int run_spinning(const struct settings *s, const char *run_key, int64_t seed,
                        struct run_context *context, struct run_output *out, struct status *st)
{
    (void)s, (void)run_key, (void)seed, (void)st;
    return take_time(true, context, out);
}

/* --- one study -------------------------------------------------------------------------------- */

struct spent {
    double wall_s, cpu_s; /* of rank 0 */
};

static double cpu_s(void)
{
    struct rusage u;
    getrusage(RUSAGE_SELF, &u);
    return (double)u.ru_utime.tv_sec + (double)u.ru_stime.tv_sec +
           1e-6 * (double)(u.ru_utime.tv_usec + u.ru_stime.tv_usec);
}

/* Rank 0 of a study of num equal runs of one row. */
static struct spent coordinate(struct bench *b, int num, struct worker *worker)
{
    static struct board_worker seat[MOST_RANKS];
    struct status st;
    struct progress progress;
    struct board board = {.plan = &b->plan,
                          .file = "",
                          .state = "running",
                          .ranks = b->size,
                          .num_workers = b->size > 1 ? b->size - 1 : 1,
                          .worker = seat};
    int *zero = calloc((size_t)num, sizeof *zero);
    double *cost_s = calloc((size_t)num, sizeof *cost_s);
    struct schedule *schedule =
        zero && cost_s ? schedule_new(num, zero, zero, zero, cost_s,
                                      &(struct schedule_options){ORDER_LONGEST, 1, INFINITY, 0})
                       : NULL;
    if (!schedule) MPI_Abort(MPI_COMM_WORLD, STATUS_INTERNAL);
    progress_init(&progress, PROGRESS_NONE, stderr);
    struct coordinator c = {.plan = &b->plan,
                            .comm = MPI_COMM_WORLD,
                            .schedule = schedule,
                            .row = zero,
                            .board = &board,
                            .progress = &progress,
                            .deadline = &(struct deadline){.end_s = INFINITY}};
    double start_s = clock_monotonic_s(), start_cpu_s = cpu_s();
    int code = coordinator_run(&c, b->size > 1 ? NULL : worker, &st);
    struct spent spent = {clock_monotonic_s() - start_s, cpu_s() - start_cpu_s};
    int done = schedule_counts(schedule).done;
    if (code || done != num || schedule_exit_code(schedule) != 0) {
        fprintf(stderr, "bench_dispatch: %d of %d runs came back: %s\n", done, num,
                code ? st.text : "");
        MPI_Abort(MPI_COMM_WORLD, STATUS_INTERNAL);
    }
    schedule_free(schedule);
    free(zero);
    free(cost_s);
    return spent;
}

/* Collective; what is returned holds on rank 0. */
static struct spent study_all(struct bench *b, run_function run, int num)
{
    struct status st = {0};
    struct spent spent = {0};
    struct worker worker = {.plan = &b->plan, .run = run, .rank = b->rank, .host = "here"};
    if (worker_init(&worker, INFINITY, &st) != 0) MPI_Abort(MPI_COMM_WORLD, st.code);
    MPI_Barrier(MPI_COMM_WORLD);
    if (b->rank == 0)
        spent = coordinate(b, num, &worker);
    else
        worker_serve(&worker, MPI_COMM_WORLD);
    MPI_Barrier(MPI_COMM_WORLD);
    worker_free(&worker);
    return spent;
}

/* With one rank there is no coordinator beside the work, hence no share to print. */
static void measure_share_all(struct bench *b, run_function run, const char *workers_do)
{
    if (b->size == 1) return;
    int num = (int)lround(share_s / run_s) * (b->size - 1);
    struct spent s = study_all(b, run, num);
    if (b->rank > 0) return;
    printf("{\"name\":\"coordinator_cpu\",\"workers\":%d,\"workers_do\":\"%s\",\"run_ms\":%g,"
           "\"runs_per_s\":%.0f,\"share\":%.4f}\n",
           b->size - 1, workers_do, 1e3 * run_s, num / s.wall_s, s.cpu_s / s.wall_s);
}

int main(int argc, char **argv)
{
    static const char grid[] = "version: 1\nstudy: empty\n"
                               "grid:\n  chain:\n    set: {hmm.architecture: linear-chain}\n"
                               "seeds: [0]\n";
    struct bench b = {0};
    struct status st = {0};
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &b.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &b.size);
    if (b.size > MOST_RANKS || plan_read(&b.plan, "bench", grid, sizeof grid - 1, NULL, 0, &st)) {
        fprintf(stderr, "bench_dispatch: %s\n", st.code ? st.text : "too many ranks");
        MPI_Abort(MPI_COMM_WORLD, STATUS_USAGE);
    }
    struct spent empty = study_all(&b, run_empty, NUM_EMPTY_RUNS);
    if (b.rank == 0)
        printf("{\"name\":\"dispatch\",\"workers\":%d,\"empty_runs_per_s\":%.0f}\n", b.size - 1,
               NUM_EMPTY_RUNS / empty.wall_s);
    measure_share_all(&b, run_sleeping, "sleep");
    measure_share_all(&b, run_spinning, "spin");
    plan_free(&b.plan);
    MPI_Finalize();
    return 0;
}
