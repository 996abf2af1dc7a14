/* study_case: see study_case.h. Refuses to assert: a rank that left early would hang the others. */
#include "study_case.h"

#include "isolate/child.h"
#include "study/signals.h"

#include <sys/stat.h>
#include <unistd.h>

void note_failure(struct test *t, const char *condition, const char *file, int line)
{
    fprintf(stderr, "%s: rank %d: %s:%d: %s is false\n", t->program, t->rank, file, line,
            condition);
    t->failed++;
}

void make_plan(struct test *t, const char *seeds, const char *const *extra)
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
    if (code) fprintf(stderr, "%s: %s\n", t->program, st.text);
    CHECK(t, code == 0);
}

void new_file_all(struct test *t, const char *name)
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

int study_all(struct test *t, struct status *st)
{
    struct signals signals;
    signals_install(&signals); /* as study_launch does */
    int code = study_run_all(&t->plan, &t->options, t->comm, st), low, high;
    signals_restore(&signals);
    MPI_Allreduce(&code, &low, 1, MPI_INT, MPI_MIN, t->comm);
    MPI_Allreduce(&code, &high, 1, MPI_INT, MPI_MAX, t->comm);
    CHECK(t, low == high);
    CHECK(t, st->code == code);
    return code;
}

void leave_begun_all(struct test *t, const char *name, const char *retries, const int *row, int num,
                     bool blamed)
{
    struct status st;
    new_file_all(t, name);
    make_plan(t, "0, 1, 2", (const char *const[]){retries, NULL});
    t->options.deadline_s = 0; /* only makes the file */
    CHECK(t, study_all(t, &st) == STATUS_USAGE);
    t->options.deadline_s = INFINITY;
    t->options.existing = EXISTING_RESUME;
    if (t->rank == 0) {
        struct store *store = NULL;
        CHECK(t, store_open_all(&store, t->file, &t->plan, MPI_COMM_SELF, &st) == 0);
        for (int i = 0; store && i < num; i++)
            CHECK(t, store_begin_runs(store, &row[i], 1, blamed, &st) == 0);
        if (store) CHECK(t, store_close_all(store, &st) == 0);
    }
    MPI_Barrier(t->comm);
}

struct found look_all(struct test *t, const char *path)
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
        if (st.code) fprintf(stderr, "%s: %s\n", t->program, st.text);
        store_close(store);
    }
    MPI_Bcast(&f, sizeof f, MPI_BYTE, 0, t->comm);
    return f;
}

bool is_there(const struct test *t, const char *suffix)
{
    char path[700];
    struct stat found;
    snprintf(path, sizeof path, "%s%s", t->file, suffix);
    return stat(path, &found) == 0;
}

void check_status_file(struct test *t, const char *state)
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

static void make_directory_all(struct test *t, const char *given)
{
    const char *base = getenv("TMPDIR");
    if (given)
        snprintf(t->dir, sizeof t->dir, "%.500s", given);
    else
        snprintf(t->dir, sizeof t->dir, "%.300s/%.60s-XXXXXX", base ? base : "/tmp", t->program);
    if (t->rank == 0 && !given && !mkdtemp(t->dir)) {
        perror(t->dir);
        MPI_Abort(t->comm, 1);
    }
    MPI_Bcast(t->dir, sizeof t->dir, MPI_BYTE, 0, t->comm);
}

static bool is_wanted(const struct study_case *c, const char *name)
{
    return name ? strcmp(name, c->name) == 0 : !c->by_name_only;
}

int study_cases_main(int argc, char **argv, const struct study_case *cases, int num)
{
    const char *slash = strrchr(argv[0], '/'), *name = argc > 2 ? argv[2] : NULL;
    struct test t = {.comm = MPI_COMM_WORLD, .program = slash ? slash + 1 : argv[0]};
    int bad_cases = 0, num_cases = 0;
    dummy_is_child = argc == 2 && strcmp(argv[1], CHILD_WORD) == 0;
    if (dummy_is_child) return child_serve(dummy_run);
    setenv("OMPI_MCA_io", "romio321", 0);
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(t.comm, &t.rank);
    MPI_Comm_size(t.comm, &t.size);
    make_directory_all(&t, argc > 1 ? argv[1] : NULL);
    for (int i = 0; i < num; i++) {
        if (!is_wanted(&cases[i], name)) continue;
        int failed = 0;
        t.failed = 0;
        num_cases++;
        cases[i].run(&t);
        MPI_Allreduce(&t.failed, &failed, 1, MPI_INT, MPI_SUM, t.comm);
        bad_cases += failed > 0;
        if (t.rank > 0) continue;
        printf("%s %s\n", failed ? "FAILED" : "ok    ", cases[i].name);
        if (failed)
            printf("  again: timeout 120 mpirun -n %d %s %s %s\n", t.size, argv[0], t.dir,
                   cases[i].name);
        fflush(stdout);
    }
    if (t.rank == 0) printf("%d passed, %d failed\n", num_cases - bad_cases, bad_cases);
    plan_free(&t.plan);
    MPI_Finalize();
    return bad_cases > 0 || num_cases == 0;
}
