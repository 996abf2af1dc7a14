/* test_study: whole studies with a dummy run function, under mpirun with any number of ranks: what
 * becomes of runs that are done, fail, break the world or kill their rank.
 *   timeout 120 mpirun -n 3 test_study [DIR [NAME]] */
#include "study_case.h"

#include <unistd.h>

static void all_done(struct test *t)
{
    struct status st;
    new_file_all(t, "all_done");
    make_plan(t, "0, 1, 2, 3, 4, 5, 6", NULL);
    CHECK(t, study_all(t, &st) == 0);
    struct found f = look_all(t, t->file);
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
    struct found alone = look_all(t, path);
    CHECK(t, alone.count[RUN_DONE] == 7);
    CHECK(t, strlen(f.digest) == 16 && strcmp(alone.digest, f.digest) == 0);
    if (t->rank == 0) printf("digest %s\n", f.digest);

    /* resuming a finished study changes nothing; without --resume it is refused */
    t->options.existing = EXISTING_RESUME;
    CHECK(t, study_all(t, &st) == 0);
    struct found again = look_all(t, t->file);
    CHECK(t, again.attempts == 7 && strcmp(again.digest, f.digest) == 0);
    t->options.existing = EXISTING_REFUSE;
    CHECK(t, study_all(t, &st) == STATUS_CANNOT_CREATE);
    CHECK(t, strstr(st.text, "--resume") != NULL);
}

static void fewer_runs_than_workers(struct test *t)
{
    struct status st;
    new_file_all(t, "one");
    make_plan(t, "0", NULL);
    t->options.existing = EXISTING_RESUME; /* makes the file when there is none */
    CHECK(t, study_all(t, &st) == 0);
    CHECK(t, look_all(t, t->file).count[RUN_DONE] == 1);
}

static void failures_are_recorded(struct test *t)
{
    struct status st;
    new_file_all(t, "failures");
    make_plan(t, "0, 1000, 1, 1001, 2, 3, 4", NULL);
    CHECK(t, study_all(t, &st) == STATUS_SOME_FAILED);
    struct found f = look_all(t, t->file);
    CHECK(t, f.count[RUN_DONE] == 5 && f.count[RUN_FAILED] == 2);
    CHECK(t, strstr(f.error, "fails") != NULL);
    check_status_file(t, "complete");
    t->options.existing = EXISTING_RESUME; /* failed runs are not repeated */
    CHECK(t, study_all(t, &st) == STATUS_SOME_FAILED);
    CHECK(t, look_all(t, t->file).attempts == 7);
}

static void too_many_failures(struct test *t)
{
    struct status st;
    new_file_all(t, "too_many");
    make_plan(t, "1000, 1001, 1002, 1003, 1004, 1005, 1006, 1007, 1008, 1009, 1010, 0, 1, 2",
              (const char *const[]){"run.max_failures=3", "run.order=grid", NULL});
    CHECK(t, study_all(t, &st) == STATUS_SOME_FAILED);
    CHECK(t, strstr(st.text, "max_failures") != NULL);
    struct found f = look_all(t, t->file);
    CHECK(t, f.count[RUN_FAILED] >= 3 && f.count[RUN_FAILED] < 3 + t->size);
    CHECK(t, f.count[RUN_PENDING] >= 14 - 3 - 2 * t->size);
    check_status_file(t, "failed");
}

/* A run found as started by a study that died: tried again while retries last, then crashed. */
static void a_killer_is_quarantined(struct test *t)
{
    struct status st;
    leave_begun_all(t, "killer", "run.retries=1", (const int[]){0, 1, 1}, 3, true);
    struct found f = look_all(t, t->file);
    CHECK(t, f.count[RUN_RUNNING] == 2 && f.attempts == 3); /* run 0 once, run 1 twice */
    CHECK(t, study_all(t, &st) == STATUS_SOME_FAILED);
    f = look_all(t, t->file);
    CHECK(t, f.count[RUN_DONE] == 2 && f.count[RUN_CRASHED] == 1 && f.attempts == 5);
    CHECK(t, study_all(t, &st) == STATUS_SOME_FAILED); /* and stays so */
    CHECK(t, look_all(t, t->file).attempts == 5);
}

/* By name only, for kill_resume.sh: run 0 kills its rank, and with it every rank, each time; run 1
 * is at work meanwhile and must not be blamed. Call until it ends by itself: the third time. */
static void dies(struct test *t)
{
    struct status st;
    char file[600];
    snprintf(file, sizeof file, "%s/dies.h5", t->dir);
    new_file_all(t, "unused");
    t->options.output = file;
    t->options.existing = EXISTING_RESUME;
    make_plan(t, "6000, 1, 2, 3",
              (const char *const[]){"run.retries=1", "run.order=grid", "run.isolate=none", NULL});
    setenv("HMMGRID_DUMMY_MS", "2500", 1); /* longer than the launcher takes to send SIGTERM */
    CHECK(t, study_all(t, &st) == STATUS_SOME_FAILED);
    struct found f = look_all(t, file);
    CHECK(t, f.count[RUN_DONE] == 3 && f.count[RUN_CRASHED] == 1);
}

static void broken_world(struct test *t)
{
    struct status st;
    new_file_all(t, "broken");
    make_plan(t, "5000, 2000, 2001, 2002", (const char *const[]){"run.order=grid", NULL});
    CHECK(t, study_all(t, &st) == STATUS_INTERNAL);
    CHECK(t, strstr(st.text, "broken world") != NULL);
    CHECK(t, look_all(t, t->file).count[RUN_DONE] == 0);
    check_status_file(t, "failed");
}

static void selected_runs_only(struct test *t)
{
    struct status st;
    const bool odd[] = {false, true, false, true, false};
    new_file_all(t, "selected");
    make_plan(t, "0, 1, 2, 3, 4", NULL);
    t->options.selected = odd;
    CHECK(t, study_all(t, &st) == 0);
    struct found f = look_all(t, t->file);
    CHECK(t, f.count[RUN_DONE] == 2 && f.count[RUN_PENDING] == 3);
}

/* --- many runs through the coordinator, without a results file -------------------------------- */

static int run_nothing(const struct settings *s, const char *run_key, int64_t seed,
                       struct run_context *context, struct run_output *out, struct status *st)
{
    (void)s, (void)run_key, (void)seed, (void)context, (void)st;
    *out = (struct run_output){0};
    return 0;
}

enum { NUM_EMPTY_RUNS = 20000 };

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
    int *zero = calloc(NUM_EMPTY_RUNS, sizeof *zero);
    double *cost_s = calloc(NUM_EMPTY_RUNS, sizeof *cost_s);
    CHECK(t, zero && cost_s && t->size <= 64);
    struct schedule *schedule =
        schedule_new(NUM_EMPTY_RUNS, zero, zero, zero, cost_s,
                     &(struct schedule_options){ORDER_LONGEST, 1, INFINITY, 0});
    CHECK(t, schedule != NULL);
    progress_init(&progress, PROGRESS_NONE, stderr);
    struct coordinator c = {.plan = &t->plan,
                            .comm = t->comm,
                            .schedule = schedule,
                            .row = zero,
                            .board = &board,
                            .progress = &progress,
                            .deadline = &(struct deadline){.end_s = INFINITY}};
    CHECK(t, coordinator_run(&c, t->size > 1 ? NULL : worker, &st) == 0);
    CHECK(t, schedule_exit_code(schedule) == 0);
    CHECK(t, schedule_counts(schedule).done == NUM_EMPTY_RUNS);
    schedule_free(schedule);
    free(zero);
    free(cost_s);
}

static void empty_runs(struct test *t)
{
    struct status st;
    make_plan(t, "0", NULL);
    struct worker worker = {.plan = &t->plan, .run = run_nothing, .rank = t->rank, .host = "here"};
    t->plan.study_settings.run.isolate = ISOLATE_NONE; /* the coordinator alone is looked at */
    CHECK(t, worker_init(&worker, INFINITY, &st) == 0);
    if (t->rank == 0)
        coordinate_nothing(t, &worker);
    else
        worker_serve(&worker, t->comm);
    worker_free(&worker);
}

static const struct study_case cases[] = {
    {"all_done", all_done, false},
    {"fewer_runs_than_workers", fewer_runs_than_workers, false},
    {"failures_are_recorded", failures_are_recorded, false},
    {"too_many_failures", too_many_failures, false},
    {"a_killer_is_quarantined", a_killer_is_quarantined, false},
    {"dies", dies, true},
    {"broken_world", broken_world, false},
    {"selected_runs_only", selected_runs_only, false},
    {"empty_runs", empty_runs, false},
};

int main(int argc, char **argv)
{
    return study_cases_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
