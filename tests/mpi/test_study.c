/* test_study: whole studies with a dummy run function, under mpirun with any number of ranks.
 *   timeout 120 mpirun -n 3 test_study [DIR [NAME]]
 * DIR (default a new one below TMPDIR) takes the results files; NAME runs one case only.
 * A check that fails on one rank must not keep it from the next collective call: every rank notes
 * its own verdicts and the sum over all ranks decides at the end of a case. */
#include "../../src/run/coordinator.h"
#include "../support/dummy_run.h"
#include "hmmgrid/study.h"

#include <fcntl.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

struct test {
    MPI_Comm comm;
    int rank, size;
    char dir[512], file[600];
    struct plan plan;
    struct study_options options;
    int failed; /* checks of this rank in this case */
};

#define CHECK(t, condition)                                                                        \
    do {                                                                                           \
        if (!(condition)) note_failure((t), #condition, __LINE__);                                 \
    } while (0)

static void note_failure(struct test *t, const char *condition, int line)
{
    fprintf(stderr, "test_study: rank %d: line %d: %s is false\n", t->rank, line, condition);
    t->failed++;
}

/* --- tools ------------------------------------------------------------------------------------ */

/* A small plan with these seeds; `extra` are --set texts ended by NULL. */
static void make_plan(struct test *t, const char *seeds, const char *const *extra)
{
    char grid[1024];
    struct status st = {0};
    int num = 0;
    while (extra && extra[num]) num++;
    int n = snprintf(grid, sizeof grid,
                     "version: 1\nstudy: dummy\n"
                     "defaults:\n"
                     "  data: {sequences: 30, length: 6}\n"
                     "  rnn: {hidden: 4, noise_dim: 2}\n"
                     "  train: {epochs: 3, batch: 5}\n"
                     "grid:\n  chain:\n    set: {hmm.architecture: linear-chain}\n"
                     "seeds: [%s]\n",
                     seeds);
    plan_free(&t->plan);
    int code = plan_read(&t->plan, "test", grid, (size_t)n, extra, num, &st);
    if (code) fprintf(stderr, "test_study: %s\n", st.text);
    CHECK(t, code == 0);
}

static void new_file(struct test *t, const char *name)
{
    snprintf(t->file, sizeof t->file, "%s/%s-%d.h5", t->dir, name, t->size);
    if (t->rank == 0) unlink(t->file);
    t->options = (struct study_options){.output = t->file,
                                        .command_line = "test_study",
                                        .existing = EXISTING_REFUSE,
                                        .progress = PROGRESS_NONE,
                                        .deadline_s = INFINITY,
                                        .run = dummy_run,
                                        .out = stdout,
                                        .err = stderr};
    unsetenv("HMMGRID_DUMMY_RELEASE");
    unsetenv("HMMGRID_DUMMY_MS");
    MPI_Barrier(t->comm);
}

/* The study's code, which must be the same on every rank. */
static int study(struct test *t, struct status *st)
{
    int code = study_run_all(&t->plan, &t->options, t->comm, st), low, high;
    MPI_Allreduce(&code, &low, 1, MPI_INT, MPI_MIN, t->comm);
    MPI_Allreduce(&code, &high, 1, MPI_INT, MPI_MAX, t->comm);
    CHECK(t, low == high);
    CHECK(t, st->code == code);
    return code;
}

struct found {
    int count[NUM_RUN_STATUS], attempts; /* attempts: of all runs together */
    char digest[17], error[256];         /* error: of the last failed run */
};

/* What the file holds, by rank 0, told to all. */
static struct found look(struct test *t, const char *path)
{
    struct found f = {.digest = ""};
    struct store *store = NULL;
    struct status st = {0};
    if (t->rank == 0) {
        CHECK(t, store_open(&store, path, &st) == 0);
        for (int i = 0; store && i < store_num_runs(store); i++) {
            int status = store_run_status(store, i);
            f.count[status]++;
            f.attempts += store_run_attempts(store, i);
            if (status == RUN_FAILED)
                CHECK(t, store_read_text(store, store_find_column(store, "error"), i, f.error,
                                         sizeof f.error, &st) == 0);
        }
        if (store) CHECK(t, store_digest(store, f.digest, &st) == 0);
        if (st.code) fprintf(stderr, "test_study: %s\n", st.text);
        store_close(store);
    }
    MPI_Bcast(&f, sizeof f, MPI_BYTE, 0, t->comm);
    return f;
}

static bool is_there(const struct test *t, const char *suffix)
{
    char path[700];
    struct stat found;
    snprintf(path, sizeof path, "%s%s", t->file, suffix);
    return stat(path, &found) == 0;
}

static void check_status_file(struct test *t, const char *state)
{
    char path[700], text[4096] = "", wanted[64];
    if (t->rank > 0) return;
    snprintf(path, sizeof path, "%s.status.json", t->file);
    snprintf(wanted, sizeof wanted, "\"state\": \"%s\"", state);
    FILE *in = fopen(path, "r");
    CHECK(t, in != NULL);
    if (!in) return;
    CHECK(t, fread(text, 1, sizeof text - 1, in) > 0);
    fclose(in);
    CHECK(t, strstr(text, wanted) != NULL);
    CHECK(t, !is_there(t, ".lock") && !is_there(t, ".alive") && !is_there(t, ".tmp"));
}

/* --- cases ------------------------------------------------------------------------------------ */

static void all_done(struct test *t)
{
    struct status st;
    new_file(t, "all_done");
    make_plan(t, "0, 1, 2, 3, 4, 5, 6", NULL);
    CHECK(t, study(t, &st) == 0);
    struct found f = look(t, t->file);
    CHECK(t, f.count[RUN_DONE] == 7 && f.attempts == 7);
    check_status_file(t, "complete");

    /* the same bits when rank 0 does it alone */
    char path[700];
    snprintf(path, sizeof path, "%s/alone-%d.h5", t->dir, t->size);
    if (t->rank == 0) {
        unlink(path);
        t->options.output = path;
        CHECK(t, study_run_all(&t->plan, &t->options, MPI_COMM_SELF, &st) == 0);
        t->options.output = t->file;
    }
    MPI_Barrier(t->comm);
    struct found alone = look(t, path);
    CHECK(t, alone.count[RUN_DONE] == 7);
    CHECK(t, strlen(f.digest) == 16 && strcmp(alone.digest, f.digest) == 0);
    if (t->rank == 0) printf("digest %s\n", f.digest);

    /* resuming a finished study changes nothing; without --resume it is refused */
    t->options.existing = EXISTING_RESUME;
    CHECK(t, study(t, &st) == 0);
    struct found again = look(t, t->file);
    CHECK(t, again.attempts == 7 && strcmp(again.digest, f.digest) == 0);
    t->options.existing = EXISTING_REFUSE;
    CHECK(t, study(t, &st) == STATUS_CANNOT_CREATE);
    CHECK(t, strstr(st.text, "--resume") != NULL);
}

static void fewer_runs_than_workers(struct test *t)
{
    struct status st;
    new_file(t, "one");
    make_plan(t, "0", NULL);
    t->options.existing = EXISTING_RESUME; /* makes the file when there is none */
    CHECK(t, study(t, &st) == 0);
    CHECK(t, look(t, t->file).count[RUN_DONE] == 1);
}

static void failures_are_recorded(struct test *t)
{
    struct status st;
    new_file(t, "failures");
    make_plan(t, "0, 1000, 1, 1001, 2, 3, 4", NULL);
    CHECK(t, study(t, &st) == STATUS_SOME_FAILED);
    struct found f = look(t, t->file);
    CHECK(t, f.count[RUN_DONE] == 5 && f.count[RUN_FAILED] == 2);
    CHECK(t, strstr(f.error, "fails") != NULL);
    check_status_file(t, "complete");
    t->options.existing = EXISTING_RESUME; /* failed runs are not repeated */
    CHECK(t, study(t, &st) == STATUS_SOME_FAILED);
    CHECK(t, look(t, t->file).attempts == 7);
}

static void too_many_failures(struct test *t)
{
    struct status st;
    new_file(t, "too_many");
    make_plan(t, "1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 0, 1, 2",
              (const char *const[]){"run.max_failures=3", "run.order=grid", NULL});
    CHECK(t, study(t, &st) == STATUS_SOME_FAILED);
    CHECK(t, strstr(st.text, "max_failures") != NULL);
    struct found f = look(t, t->file);
    CHECK(t, f.count[RUN_FAILED] >= 3 && f.count[RUN_FAILED] < 3 + t->size);
    CHECK(t, f.count[RUN_PENDING] >= 14 - 3 - 2 * t->size);
    check_status_file(t, "failed");
}

/* Runs wait until one of them, or of the others, has a signal sent; nothing is lost, attempts that
 * were given back do not count, and the resumed study has the bits of an undisturbed one. */
static void stop_by_signal(struct test *t, const char *name, const char *seeds)
{
    struct status st;
    char root[32];
    int pid = (int)getpid();
    MPI_Bcast(&pid, 1, MPI_INT, 0, t->comm);
    snprintf(root, sizeof root, "%d", pid);
    setenv("HMMGRID_DUMMY_ROOT", root, 1);
    new_file(t, name);
    make_plan(t, seeds, (const char *const[]){"run.order=grid", "run.retries=0", NULL});
    for (int i = 0; i < 2; i++) {
        CHECK(t, study(t, &st) == STATUS_STOPPED);
        CHECK(t, strstr(st.text, "--resume") != NULL);
        struct found f = look(t, t->file);
        CHECK(t, f.count[RUN_DONE] == 1 && f.count[RUN_FAILED] == 0 && f.count[RUN_CRASHED] == 0);
        check_status_file(t, "interrupted");
        t->options.existing = EXISTING_RESUME;
    }
    setenv("HMMGRID_DUMMY_RELEASE", "1", 1);
    CHECK(t, study(t, &st) == 0);
    struct found f = look(t, t->file);
    CHECK(t, f.count[RUN_DONE] == t->plan.num_runs && f.attempts == t->plan.num_runs);
}

static void stop_by_signal_at_a_worker(struct test *t)
{
    stop_by_signal(t, "stop_worker", "0, 3000, 2000, 2001, 2002, 2003");
}

static void stop_by_signal_at_rank_0(struct test *t)
{
    stop_by_signal(t, "stop_root", "0, 4000, 2000, 2001, 2002, 2003");
}

/* A run found as started by a study that died: tried again while retries last, then crashed. */
static void a_killer_is_quarantined(struct test *t)
{
    struct status st;
    new_file(t, "killer");
    make_plan(t, "0, 1, 2", (const char *const[]){"run.retries=1", NULL});
    t->options.deadline_s = 0; /* only makes the file */
    CHECK(t, study(t, &st) == STATUS_STOPPED);
    t->options.deadline_s = INFINITY;
    t->options.existing = EXISTING_RESUME;
    if (t->rank == 0) {
        struct store *store = NULL;
        CHECK(t, store_open_all(&store, t->file, &t->plan, MPI_COMM_SELF, &st) == 0);
        const int run[] = {0, 1, 1};
        for (int i = 0; store && i < 3; i++)
            CHECK(t, store_begin_runs(store, &run[i], 1, &st) == 0);
        if (store) CHECK(t, store_close_all(store, &st) == 0);
    }
    MPI_Barrier(t->comm);
    struct found f = look(t, t->file);
    CHECK(t, f.count[RUN_RUNNING] == 2 && f.attempts == 3); /* run 0 once, run 1 twice */
    CHECK(t, study(t, &st) == STATUS_SOME_FAILED);
    f = look(t, t->file);
    CHECK(t, f.count[RUN_DONE] == 2 && f.count[RUN_CRASHED] == 1 && f.attempts == 5);
    CHECK(t, study(t, &st) == STATUS_SOME_FAILED); /* and stays so */
    CHECK(t, look(t, t->file).attempts == 5);
}

/* By name only, for kill_resume.sh: run 0 kills its rank, and with it every rank, each time; run 1
 * is at work meanwhile and must not be blamed. Call until it ends by itself: the third time. */
static void dies(struct test *t)
{
    struct status st;
    char file[600];
    snprintf(file, sizeof file, "%s/dies.h5", t->dir);
    new_file(t, "unused");
    t->options.output = file;
    t->options.existing = EXISTING_RESUME;
    make_plan(t, "6000, 1, 2, 3", (const char *const[]){"run.retries=1", "run.order=grid", NULL});
    setenv("HMMGRID_DUMMY_MS", "2500", 1); /* longer than the launcher takes to send SIGTERM */
    CHECK(t, study(t, &st) == STATUS_SOME_FAILED);
    struct found f = look(t, file);
    CHECK(t, f.count[RUN_DONE] == 3 && f.count[RUN_CRASHED] == 1);
}

static void deadline(struct test *t)
{
    struct status st;
    new_file(t, "deadline");
    make_plan(t, "0, 1, 2", (const char *const[]){"run.reserve=60s", NULL});
    t->options.deadline_s = (double)time(NULL) + 30; /* within the reserve */
    CHECK(t, study(t, &st) == STATUS_STOPPED);
    CHECK(t, look(t, t->file).count[RUN_PENDING] == 3);
    t->options.existing = EXISTING_RESUME;

    /* runs that would never end are stopped before the deadline */
    make_plan(t, "2000, 2001, 2002", (const char *const[]){"run.reserve=1s", NULL});
    new_file(t, "deadline2");
    t->options.deadline_s = (double)time(NULL) + 3;
    CHECK(t, study(t, &st) == STATUS_STOPPED);
    CHECK(t, look(t, t->file).count[RUN_FAILED] == 0);
}

static void broken_world(struct test *t)
{
    struct status st;
    new_file(t, "broken");
    make_plan(t, "5000, 2000, 2001, 2002", (const char *const[]){"run.order=grid", NULL});
    CHECK(t, study(t, &st) == STATUS_INTERNAL);
    CHECK(t, strstr(st.text, "broken world") != NULL);
    CHECK(t, look(t, t->file).count[RUN_DONE] == 0);
    check_status_file(t, "failed");
}

static void selected_runs_only(struct test *t)
{
    struct status st;
    const bool odd[] = {false, true, false, true, false};
    new_file(t, "selected");
    make_plan(t, "0, 1, 2, 3, 4", NULL);
    t->options.selected = odd;
    CHECK(t, study(t, &st) == 0);
    struct found f = look(t, t->file);
    CHECK(t, f.count[RUN_DONE] == 2 && f.count[RUN_PENDING] == 3);
}

static void another_grid(struct test *t)
{
    struct status st;
    new_file(t, "grids");
    make_plan(t, "0, 1, 2", NULL);
    CHECK(t, study(t, &st) == 0);
    make_plan(t, "1, 2, 0, 3", NULL);
    t->options.existing = EXISTING_RESUME;
    CHECK(t, study(t, &st) == STATUS_CANNOT_CREATE);
    CHECK(t, strstr(st.text, "--extend") != NULL);
    CHECK(t, look(t, t->file).count[RUN_DONE] == 3);
    t->options.existing = EXISTING_EXTEND;
    CHECK(t, study(t, &st) == 0);
    struct found f = look(t, t->file);
    CHECK(t, f.count[RUN_DONE] == 4 && f.attempts == 4);
    t->options.existing = EXISTING_FRESH;
    make_plan(t, "9", NULL);
    CHECK(t, study(t, &st) == 0);
    CHECK(t, look(t, t->file).count[RUN_DONE] == 1);
}

static void a_second_study_is_refused(struct test *t)
{
    struct status st;
    char path[700], holder[64];
    int fd = -1;
    new_file(t, "locked");
    make_plan(t, "0", NULL);
    snprintf(path, sizeof path, "%s.lock", t->file);
    if (t->rank == 0) {
        fd = open(path, O_RDWR | O_CREAT, 0666);
        CHECK(t, fd >= 0 && write(fd, "host far pid 77\n", 16) == 16 && flock(fd, LOCK_EX) == 0);
        CHECK(t, study_is_locked(t->file, holder, sizeof holder));
        CHECK(t, strcmp(holder, "host far pid 77") == 0);
    }
    CHECK(t, study(t, &st) == STATUS_CANNOT_CREATE);
    CHECK(t, strstr(st.text, "host far pid 77") != NULL);
    if (t->rank == 0) {
        CHECK(t, !is_there(t, ""));
        close(fd);
        CHECK(t, !study_is_locked(t->file, holder, sizeof holder));
    }
    CHECK(t, study(t, &st) == 0); /* a lock file that nobody holds is no obstacle */
    CHECK(t, look(t, t->file).count[RUN_DONE] == 1);
}

static void a_missing_directory_is_named(struct test *t)
{
    struct status st;
    new_file(t, "none");
    make_plan(t, "0", NULL);
    t->options.output = "/nonexistent/directory/x.h5";
    CHECK(t, study(t, &st) == STATUS_CANNOT_CREATE);
    CHECK(t, strstr(st.text, "/nonexistent/directory") != NULL);
}

/* --- speed of the coordinator alone ------------------------------------------------------------
 */

static int journal_begin_nothing(void *context, const int *run, int num, struct status *st)
{
    (void)context, (void)run, (void)num, (void)st;
    return 0;
}

static int journal_commit_nothing(void *context, const struct store_commit *commit, int num,
                                  struct status *st)
{
    (void)commit, (void)st;
    *(int *)context += num;
    return 0;
}

static int run_nothing(const struct settings *s, const char *run_key, int64_t seed,
                       struct run_context *context, struct run_output *out, struct status *st)
{
    (void)s, (void)run_key, (void)seed, (void)context, (void)st;
    *out = (struct run_output){0};
    return 0;
}

enum { NUM_EMPTY_RUNS = 100000 };

static void coordinate_nothing(struct test *t, struct worker *worker)
{
    struct status st;
    struct board_worker seats[64] = {{.run = -1}};
    struct board board = {.plan = &t->plan,
                          .file = "",
                          .state = "running",
                          .ranks = t->size,
                          .num_workers = t->size > 1 ? t->size - 1 : 1,
                          .worker = seats};
    struct progress progress;
    int committed = 0, *zero = calloc(NUM_EMPTY_RUNS, sizeof *zero);
    double *cost_s = calloc(NUM_EMPTY_RUNS, sizeof *cost_s);
    CHECK(t, zero && cost_s && t->size <= 64);
    struct schedule *schedule = schedule_new(
        NUM_EMPTY_RUNS, zero, zero, cost_s, &(struct schedule_options){ORDER_LONGEST, 1, INFINITY});
    CHECK(t, schedule != NULL);
    progress_init(&progress, PROGRESS_NONE, stderr);
    struct coordinator c = {.plan = &t->plan,
                            .comm = t->comm,
                            .schedule = schedule,
                            .row = zero,
                            .journal = {&committed, journal_begin_nothing, journal_commit_nothing},
                            .board = &board,
                            .progress = &progress,
                            .deadline_s = INFINITY};
    double start_s = clock_monotonic_s();
    CHECK(t, coordinator_run(&c, t->size > 1 ? NULL : worker, &st) == 0);
    double spent_s = clock_monotonic_s() - start_s;
    CHECK(t, committed == NUM_EMPTY_RUNS && schedule_exit_code(schedule) == 0);
    printf("%d empty runs on %d ranks: %.0f a second\n", NUM_EMPTY_RUNS, t->size,
           NUM_EMPTY_RUNS / spent_s);
    schedule_free(schedule);
    free(zero);
    free(cost_s);
}

static void empty_runs(struct test *t)
{
    struct status st;
    make_plan(t, "0", NULL);
    struct worker worker = {.plan = &t->plan, .run = run_nothing, .rank = t->rank, .host = "here"};
    CHECK(t, worker_init(&worker, &st) == 0);
    if (t->rank == 0)
        coordinate_nothing(t, &worker);
    else
        worker_serve(&worker, t->comm);
    worker_free(&worker);
}

/* --- main ------------------------------------------------------------------------------------- */

static const struct {
    const char *name;
    void (*run)(struct test *t);
    bool by_name_only;
} cases[] = {
    {"all_done", all_done, false},
    {"fewer_runs_than_workers", fewer_runs_than_workers, false},
    {"failures_are_recorded", failures_are_recorded, false},
    {"too_many_failures", too_many_failures, false},
    {"stop_by_signal_at_a_worker", stop_by_signal_at_a_worker, false},
    {"stop_by_signal_at_rank_0", stop_by_signal_at_rank_0, false},
    {"a_killer_is_quarantined", a_killer_is_quarantined, false},
    {"dies", dies, true},
    {"deadline", deadline, false},
    {"broken_world", broken_world, false},
    {"selected_runs_only", selected_runs_only, false},
    {"another_grid", another_grid, false},
    {"a_second_study_is_refused", a_second_study_is_refused, false},
    {"a_missing_directory_is_named", a_missing_directory_is_named, false},
    {"empty_runs", empty_runs, false},
};

static void make_directory(struct test *t, const char *given)
{
    const char *base = getenv("TMPDIR");
    if (given)
        snprintf(t->dir, sizeof t->dir, "%.500s", given);
    else
        snprintf(t->dir, sizeof t->dir, "%.400s/test_study-XXXXXX", base ? base : "/tmp");
    if (t->rank == 0 && !given && !mkdtemp(t->dir)) {
        perror(t->dir);
        MPI_Abort(t->comm, 1);
    }
    MPI_Bcast(t->dir, sizeof t->dir, MPI_BYTE, 0, t->comm);
}

int main(int argc, char **argv)
{
    struct test t = {.comm = MPI_COMM_WORLD};
    int bad_cases = 0;
    setenv("OMPI_MCA_io", "romio321", 0);
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(t.comm, &t.rank);
    MPI_Comm_size(t.comm, &t.size);
    make_directory(&t, argc > 1 ? argv[1] : NULL);
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        if (argc > 2 ? strcmp(argv[2], cases[i].name) != 0 : cases[i].by_name_only) continue;
        int failed = 0;
        t.failed = 0;
        cases[i].run(&t);
        MPI_Allreduce(&t.failed, &failed, 1, MPI_INT, MPI_SUM, t.comm);
        bad_cases += failed > 0;
        if (t.rank == 0) {
            printf("%s %s\n", failed ? "FAILED" : "ok    ", cases[i].name);
            if (failed)
                printf("  again: timeout 120 mpirun -n %d %s %s %s\n", t.size, argv[0], t.dir,
                       cases[i].name);
            fflush(stdout);
        }
    }
    plan_free(&t.plan);
    MPI_Finalize();
    return bad_cases > 0;
}
