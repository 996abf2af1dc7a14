/* test_store_mpi: the results file written by several ranks at once. Every check is reduced over
 * all ranks before it is asserted, so that no rank waits for one that gave up. By hand:
 *   mpirun -n 4 --oversubscribe ./test_store_mpi        (1, 2 and 4 ranks give the same digest) */
#include "../support/check.h"
#include "../support/made_up.h"

#include <unistd.h>

static struct place {
    int rank, size;
    char dir[256], file[300], alone[300];
    struct plan plan, larger;
} here;

/* True on every rank when it is true on every rank; says where it is not. */
static bool all(bool truth, const char *what, const struct status *st)
{
    int mine = truth, everyone = 0;
    if (!truth) print_error("rank %d: %s: %s\n", here.rank, what, st ? st->text : "");
    MPI_Allreduce(&mine, &everyone, 1, MPI_INT, MPI_LAND, MPI_COMM_WORLD);
    return everyone != 0;
}

static int set_up(void **state)
{
    struct status st = {0};
    const char *base = getenv("TMPDIR");
    (void)state;
    bool made = true;
    if (here.rank == 0) {
        snprintf(here.dir, sizeof here.dir, "%.200s/store-mpi-XXXXXX", base ? base : "/tmp");
        made = mkdtemp(here.dir) != NULL;
    }
    MPI_Bcast(here.dir, sizeof here.dir, MPI_CHAR, 0, MPI_COMM_WORLD);
    snprintf(here.file, sizeof here.file, "%s/a.h5", here.dir);
    snprintf(here.alone, sizeof here.alone, "%s/b.h5", here.dir);
    made = made &&
           !plan_read(&here.plan, "grid", made_up_grid, strlen(made_up_grid), NULL, 0, &st) &&
           !plan_read(&here.larger, "grid", made_up_larger_grid, strlen(made_up_larger_grid), NULL,
                      0, &st);
    return all(made, "set up", &st) ? 0 : -1;
}

static int tear_down(void **state)
{
    (void)state;
    MPI_Barrier(MPI_COMM_WORLD);
    if (here.rank == 0) {
        unlink(here.file);
        unlink(here.alone);
        rmdir(here.dir);
    }
    plan_free(&here.plan);
    plan_free(&here.larger);
    return 0;
}

static int digest_of(const char *path, char hex[17], struct status *st)
{
    struct store *store = NULL;
    int code = store_open(&store, path, st);
    if (!code) code = store_digest(store, hex, st);
    store_close(store);
    return code;
}

/* Rank 0 alone: the same study by one process. */
static int study_alone(char hex[17], struct status *st)
{
    struct store *store = NULL;
    int code = store_create(here.alone, &here.plan, NULL, false, st);
    if (!code) code = store_open_all(&store, here.alone, &here.plan, MPI_COMM_SELF, st);
    for (int run = 0; run < here.plan.num_runs && !code; run++)
        code = made_up_run(store, &here.plan, run, run % 5 == 4 ? RUN_FAILED : RUN_DONE, st);
    if (store) {
        int closing = store_close_all(store, st);
        if (!code) code = closing;
    }
    return code ? code : digest_of(here.alone, hex, st);
}

/* Run r is worked on by rank r mod size; checksum (num_runs) is gathered on all ranks. */
static int write_share(struct store *store, uint64_t *checksum, struct status *st)
{
    int code = 0;
    memset(checksum, 0, (size_t)here.plan.num_runs * sizeof *checksum);
    for (int run = here.rank; run < here.plan.num_runs && !code; run += here.size) {
        struct run_output out = {0};
        struct run_attempt attempt = made_up_attempt(run, 1, run % 5 == 4 ? RUN_FAILED : RUN_DONE);
        attempt.rank = here.rank;
        code = made_up_output(&here.plan, run, &out, st);
        if (!code) code = store_write_run(store, &attempt, &out, &checksum[run], st);
        run_output_free(&out);
    }
    MPI_Allreduce(MPI_IN_PLACE, checksum, here.plan.num_runs, MPI_UINT64_T, MPI_SUM,
                  MPI_COMM_WORLD);
    return code;
}

/* Rank 0: begin them all, and later commit all but the last. */
static int begin_all(struct store *store, struct status *st)
{
    int run[64], num = here.plan.num_runs;
    for (int i = 0; i < num; i++) run[i] = i;
    return store_begin_runs(store, run, num, true, st);
}

static int commit_first(struct store *store, const uint64_t *checksum, int num, struct status *st)
{
    struct store_commit commit[64];
    for (int i = 0; i < num; i++)
        commit[i] = (struct store_commit){.run = i,
                                          .attempt = 1,
                                          .status = i % 5 == 4 ? RUN_FAILED : RUN_DONE,
                                          .checksum = checksum[i]};
    return store_commit_runs(store, commit, num, st);
}

static void same_digest_as_alone(void **state)
{
    struct status st = {0};
    struct store *store = NULL;
    char together[17] = "", alone[17] = "";
    uint64_t checksum[64];
    int num = here.plan.num_runs, code = 0;
    (void)state;
    if (here.rank == 0) code = store_create(here.file, &here.plan, NULL, false, &st);
    assert_true(all(code == 0, "create", &st));
    code = store_open_all(&store, here.file, &here.plan, MPI_COMM_WORLD, &st);
    assert_true(all(code == 0, "open", &st));
    if (here.rank == 0) code = begin_all(store, &st);
    assert_true(all(code == 0, "begin", &st));
    code = write_share(store, checksum, &st);
    assert_true(all(code == 0, "write", &st));
    if (here.rank == 0) code = commit_first(store, checksum, num - 1, &st);
    assert_true(all(code == 0, "commit", &st));

    /* before the last commit: every rank reads, serially, while the file is open */
    struct store *reader = NULL;
    bool valid = false;
    code = store_open(&reader, here.file, &st);
    assert_true(all(code == 0, "read while open", &st));
    bool right = store_run_status(reader, num - 1) == RUN_RUNNING;
    for (int run = 0; run < num - 1 && !code && right; run++) {
        code = store_check_run(reader, run, &valid, &st);
        right = valid && store_run_status(reader, run) == (run % 5 == 4 ? RUN_FAILED : RUN_DONE);
    }
    store_close(reader);
    assert_true(all(code == 0 && right, "committed rows", &st));

    MPI_Barrier(MPI_COMM_WORLD);
    if (here.rank == 0) code = commit_first(store, checksum, num, &st);
    assert_true(all(code == 0, "last commit", &st));
    code = store_close_all(store, &st);
    assert_true(all(code == 0, "close", &st));
    code = digest_of(here.file, together, &st);
    if (here.rank == 0 && !code) code = study_alone(alone, &st);
    assert_true(all(code == 0, "digests", &st));
    MPI_Bcast(alone, sizeof alone, MPI_CHAR, 0, MPI_COMM_WORLD);
    if (here.rank == 0) print_message("%d ranks: digest %s\n", here.size, together);
    assert_true(all(strcmp(together, alone) == 0 && strlen(alone) == 16, "equal digests", NULL));
}

/* What one rank finds wrong, every rank returns. */
static void all_refuse_together(void **state)
{
    struct status st = {0};
    struct store *store = NULL;
    (void)state;
    int code = store_open_all(&store, here.file, &here.plan, MPI_COMM_WORLD, &st);
    assert_true(
        all(code == STATUS_NO_INPUT && !store && strstr(st.text, "No such file"), "missing", &st));
    if (here.rank == 0) code = store_create(here.file, &here.plan, NULL, false, &st);
    assert_true(all(here.rank > 0 || code == 0, "create", &st));
    code = store_open_all(&store, here.file, &here.larger, MPI_COMM_WORLD, &st);
    assert_true(all(code == STATUS_CANNOT_CREATE && !store && strstr(st.text, "--extend"),
                    "another grid", &st));
    if (here.rank == 0) code = truncate(here.file, 5000) == 0 ? 0 : STATUS_IO;
    MPI_Barrier(MPI_COMM_WORLD);
    code = store_open_all(&store, here.file, &here.plan, MPI_COMM_WORLD, &st);
    assert_true(all(code == STATUS_IO && !store, "truncated", &st));
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    MPI_Comm_rank(MPI_COMM_WORLD, &here.rank);
    MPI_Comm_size(MPI_COMM_WORLD, &here.size);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(same_digest_as_alone, set_up, tear_down),
        cmocka_unit_test_setup_teardown(all_refuse_together, set_up, tear_down),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed != 0;
}
