/* test_study_stop: studies with a dummy run function that are stopped, continued, extended or
 * refused, under mpirun with any number of ranks. timeout 120 mpirun -n 3 test_study_stop [DIR
 * [NAME]] */
#include "study_case.h"

#include <fcntl.h>
#include <signal.h>
#include <sys/file.h>
#include <time.h>
#include <unistd.h>

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
    new_file_all(t, name);
    make_plan(t, seeds, (const char *const[]){"run.order=grid", "run.retries=0", NULL});
    for (int i = 0; i < 2; i++) {
        CHECK(t, study_all(t, &st) == STATUS_STOPPED);
        CHECK(t, strstr(st.text, "--resume") != NULL);
        struct found f = look_all(t, t->file);
        CHECK(t, f.count[RUN_DONE] == 1 && f.count[RUN_FAILED] == 0 && f.count[RUN_CRASHED] == 0);
        check_status_file(t, "interrupted");
        t->options.existing = EXISTING_RESUME;
    }
    setenv("HMMGRID_DUMMY_RELEASE", "1", 1);
    CHECK(t, study_all(t, &st) == 0);
    struct found f = look_all(t, t->file);
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

static void deadline(struct test *t)
{
    struct status st;
    new_file_all(t, "deadline");
    make_plan(t, "0, 1, 2", (const char *const[]){"run.reserve=60s", NULL});
    t->options.deadline_s = (double)time(NULL) + 30; /* within the reserve */
    CHECK(t, study_all(t, &st) == STATUS_USAGE);
    CHECK(t, look_all(t, t->file).count[RUN_PENDING] == 3);
    t->options.existing = EXISTING_RESUME;

    /* runs that would never end are stopped before the deadline */
    make_plan(
        t, "2000, 2001, 2002",
        (const char *const[]){"run.reserve=1s", "analysis=false", "measure.sequences=20", NULL});
    new_file_all(t, "deadline2");
    t->options.deadline_s = (double)time(NULL) + 6;
    CHECK(t, study_all(t, &st) == STATUS_STOPPED);
    CHECK(t, look_all(t, t->file).count[RUN_FAILED] == 0);
}

static void another_grid(struct test *t)
{
    struct status st;
    new_file_all(t, "grids");
    make_plan(t, "0, 1, 2", NULL);
    CHECK(t, study_all(t, &st) == 0);
    make_plan(t, "1, 2, 0, 3", NULL);
    t->options.existing = EXISTING_RESUME;
    CHECK(t, study_all(t, &st) == STATUS_CANNOT_CREATE);
    CHECK(t, strstr(st.text, "--extend") != NULL);
    CHECK(t, look_all(t, t->file).count[RUN_DONE] == 3);
    t->options.existing = EXISTING_EXTEND;
    CHECK(t, study_all(t, &st) == 0);
    struct found f = look_all(t, t->file);
    CHECK(t, f.count[RUN_DONE] == 4 && f.attempts == 4);
    t->options.existing = EXISTING_FRESH;
    make_plan(t, "9", NULL);
    CHECK(t, study_all(t, &st) == 0);
    CHECK(t, look_all(t, t->file).count[RUN_DONE] == 1);
}

static void a_second_study_is_refused(struct test *t)
{
    struct status st;
    char path[700], holder[64];
    int fd = -1;
    new_file_all(t, "locked");
    make_plan(t, "0", NULL);
    snprintf(path, sizeof path, "%s.lock", t->file);
    if (t->rank == 0) {
        fd = open(path, O_RDWR | O_CREAT, 0666);
        CHECK(t, fd >= 0 && write(fd, "host far pid 77\n", 16) == 16 && flock(fd, LOCK_EX) == 0);
        CHECK(t, study_is_locked(t->file, holder, sizeof holder));
        CHECK(t, strcmp(holder, "host far pid 77") == 0);
    }
    CHECK(t, study_all(t, &st) == STATUS_CANNOT_CREATE);
    CHECK(t, strstr(st.text, "host far pid 77") != NULL);
    if (t->rank == 0) {
        CHECK(t, !is_there(t, ""));
        close(fd);
        CHECK(t, !study_is_locked(t->file, holder, sizeof holder));
    }
    CHECK(t, study_all(t, &st) == 0); /* a lock file that nobody holds is no obstacle */
    CHECK(t, look_all(t, t->file).count[RUN_DONE] == 1);
}

static void a_missing_directory_is_named(struct test *t)
{
    struct status st;
    new_file_all(t, "none");
    make_plan(t, "0", NULL);
    t->options.output = "/nonexistent/directory/x.h5";
    CHECK(t, study_all(t, &st) == STATUS_CANNOT_CREATE);
    CHECK(t, strstr(st.text, "/nonexistent/directory") != NULL);
}

static const struct study_case cases[] = {
    {"stop_by_signal_at_a_worker", stop_by_signal_at_a_worker, false},
    {"stop_by_signal_at_rank_0", stop_by_signal_at_rank_0, false},
    {"deadline", deadline, false},
    {"another_grid", another_grid, false},
    {"a_second_study_is_refused", a_second_study_is_refused, false},
    {"a_missing_directory_is_named", a_missing_directory_is_named, false},
};

int main(int argc, char **argv)
{
    return study_cases_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
