/* test_store: the results file by one process: round trip, what a resume may trust, extension,
 * digest. Run one test by hand: test_store NAME (a folder store-XXXXXX is made under $TMPDIR). */
#include "../support/place.h"

#include <fcntl.h>
#include <hdf5.h>
#include <sys/stat.h>
#include <unistd.h>

static int set_up(void **state)
{
    return place_make(state, "");
}

static void make(const char *path, const struct plan *plan, struct store **store)
{
    struct status st = {0};
    struct provenance provenance = {.program_version = "0.1.0", .kernel = "plain"};
    check_ok(store_create(path, plan, &provenance, false, &st), &st);
    if (store) check_ok(store_open_all(store, path, plan, MPI_COMM_SELF, &st), &st);
}

static double number_of(struct store *store, const char *name, int run, int i)
{
    struct status st = {0};
    int column = store_find_column(store, name);
    if (column < 0) fail_msg("no column %s", name);
    double *value = calloc((size_t)store_column_count(store, column), sizeof *value);
    assert_non_null(value);
    check_ok(store_read_numbers(store, column, run, value, &st), &st);
    double wanted = value[i];
    free(value);
    return wanted;
}

static void expect_text(struct store *store, const char *name, int run, const char *expected)
{
    struct status st = {0};
    char text[512];
    check_ok(store_read_text(store, store_find_column(store, name), run, text, sizeof text, &st),
             &st);
    assert_string_equal(text, expected);
}

/* A dataset of bytes, read with HDF5. */
static void expect_bytes(const char *path, const char *name, const char *expected)
{
    hid_t file = H5Fopen(path, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, name, H5P_DEFAULT), type = H5Dget_type(dataset);
    size_t bytes = (size_t)H5Dget_storage_size(dataset);
    char *text = calloc(bytes + 1, 1);
    assert_non_null(text);
    assert_true(H5Dread(dataset, type, H5S_ALL, H5S_ALL, H5P_DEFAULT, text) >= 0);
    assert_int_equal(bytes, strlen(expected));
    assert_string_equal(text, expected);
    free(text);
    H5Tclose(type);
    H5Dclose(dataset);
    H5Fclose(file);
}

static void digest_of(const char *path, char hex[17])
{
    struct status st = {0};
    struct store *store = NULL;
    check_ok(store_open(&store, path, &st), &st);
    check_ok(store_digest(store, hex, &st), &st);
    store_close(store);
}

static void finish_all(struct store *store, const struct plan *plan, bool backwards, int attempts)
{
    struct status st = {0};
    for (int i = 0; i < plan->num_runs; i++) {
        int run = backwards ? plan->num_runs - 1 - i : i;
        for (int a = 1; a < attempts; a++)
            check_ok(store_begin_runs(store, &run, 1, true, &st), &st);
        check_ok(made_up_run(store, plan, run, run == 3 ? RUN_FAILED : RUN_DONE, &st), &st);
    }
}

/* Every analysis's numbers at this run's own sizes. */
static void expect_analyses(struct store *store, int run, const struct settings *s, const char *key)
{
    for (int a = 0; a < num_analyses; a++)
        for (int o = 0; o < analysis_table[a]->num_outputs; o++) {
            const struct analysis_output *output = &analysis_table[a]->output[o];
            char name[96];
            if (!analysis_is_enabled(analysis_table[a], s)) continue;
            snprintf(name, sizeof name, "%s.%s", analysis_table[a]->name, output->name);
            if (analysis_count(output, s) == 0) continue;
            check_near(number_of(store, name, run, 0),
                       (float)made_up_number(key, 1000 + 100 * a + o, 0), 0);
        }
}

static void expect_done_run(struct store *store, const struct plan *plan, int run)
{
    struct status st = {0};
    const char *key = plan->runs[run].key;
    const struct settings *s = &plan->cells[plan->runs[run].cell].settings;
    bool valid = false;
    check_ok(store_check_run(store, run, &valid, &st), &st);
    assert_true(valid);
    expect_text(store, "key", run, key);
    expect_text(store, "hmm_architecture", run, "linear-chain");
    expect_text(store, "error", run, "");
    check_near(number_of(store, "rnn_hidden", run, 0), s->rnn.hidden, 0);
    check_near(number_of(store, "rnn_bias", run, 0), s->rnn.bias, 0);
    check_near(number_of(store, "seed", run, 0), (double)plan->runs[run].seed, 0);
    check_near(number_of(store, "best_val_loss", run, 0), made_up_number(key, 5, 0), 0);
    int epochs = train_num_epochs(s);
    for (int e = 0; e < epochs; e++)
        check_near(number_of(store, "val_loss", run, e), (float)made_up_number(key, 2, (size_t)e),
                   0);
    for (int e = epochs; e < store_column_count(store, store_find_column(store, "val_loss")); e++)
        assert_true(isnan(number_of(store, "val_loss", run, e)));
    for (int m = 0; m < num_metrics; m++)
        check_near(number_of(store, metrics_table[m].name, run, 0), made_up_number(key, 100 + m, 0),
                   0);
    expect_analyses(store, run, s, key);
    struct rnn_shape shape;
    float *snapshots = NULL;
    int num = 0;
    check_ok(store_read_networks(store, run, "snapshots", &shape, &snapshots, &num, &st), &st);
    assert_int_equal(num, train_num_snapshots(s));
    for (size_t i = 0; i < (size_t)num * rnn_num_params(shape); i++)
        check_near(snapshots[i], (float)made_up_number(key, 6, i), 0);
    free(snapshots);
    for (int w = 0; w < 2; w++) {
        float *params = NULL;
        check_ok(store_read_weights(store, run, w ? "best" : "last", &shape, &params, &st), &st);
        assert_int_equal(shape.hidden, s->rnn.hidden);
        assert_int_equal(shape.bias, s->rnn.bias);
        for (size_t i = 0; i < rnn_num_params(shape); i++)
            check_near(params[i], (float)made_up_number(key, 3 + w, i), 0);
        free(params);
    }
}

static void round_trip(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    make(p->file, &p->plan, &store);
    for (int run = 0; run < p->plan.num_runs; run++)
        assert_int_equal(store_run_status(store, run), RUN_PENDING);
    finish_all(store, &p->plan, false, 1);
    check_ok(store_close_all(store, &st), &st);

    check_ok(store_open(&store, p->file, &st), &st);
    assert_int_equal(store_num_runs(store), 16);
    assert_string_equal(store_attribute(store, "study"), "made-up");
    assert_string_equal(store_attribute(store, "format"), "hmmgrid-results");
    assert_string_equal(store_attribute(store, "no such"), "");
    assert_int_equal(strlen(store_attribute(store, "uuid")), 36);
    expect_bytes(p->file, "/grid/source", made_up_grid);
    for (int run = 0; run < p->plan.num_runs; run++) {
        assert_int_equal(store_run_attempts(store, run), 1);
        if (run == 3) continue;
        assert_int_equal(store_run_status(store, run), RUN_DONE);
        expect_done_run(store, &p->plan, run);
    }
    assert_int_equal(store_run_status(store, 3), RUN_FAILED);
    expect_text(store, "error", 3, "loss is NaN at epoch 3");
    check_near(number_of(store, "train_loss", 3, 0),
               (float)made_up_number(p->plan.runs[3].key, 1, 0), 0);
    assert_true(isnan(number_of(store, "final_val_loss", 3, 0)));
    assert_true(isnan(number_of(store, metrics_table[0].name, 3, 0)));
    const struct decoded_run *d = store_settings(store, 5, &st);
    assert_non_null(d);
    assert_string_equal(d->key, p->plan.runs[5].key);
    assert_string_equal(d->block, "chain");
    assert_int_equal(d->seed, p->plan.runs[5].seed);
    assert_int_equal(d->settings.rnn.hidden,
                     p->plan.cells[p->plan.runs[5].cell].settings.rnn.hidden);
    store_close(store);
}

static void status_column_counts_for_nothing(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    struct run_output out = {0};
    make(p->file, &p->plan, &store);
    check_ok(made_up_run(store, &p->plan, 0, RUN_DONE, &st), &st);
    int begun = 1;
    uint64_t checksum;
    check_ok(store_begin_runs(store, &begun, 1, true, &st), &st);
    check_ok(made_up_output(&p->plan, 1, &out, &st), &st);
    struct run_attempt attempt = made_up_attempt(1, 1, RUN_DONE);
    check_ok(store_write_run(store, &attempt, &out, &checksum, &st), &st);
    run_output_free(&out);
    check_ok(store_close_all(store, &st), &st);

    hid_t file = H5Fopen(p->file, H5F_ACC_RDONLY, H5P_DEFAULT);
    hid_t dataset = H5Dopen2(file, "/runs/status", H5P_DEFAULT);
    off_t offset = (off_t)H5Dget_offset(dataset);
    H5Dclose(dataset);
    H5Fclose(file);
    const int8_t lies[16] = {RUN_PENDING, RUN_DONE, RUN_DONE};
    int fd = open(p->file, O_RDWR);
    assert_int_equal(pwrite(fd, lies, sizeof lies, offset), sizeof lies);
    close(fd);

    check_ok(store_open(&store, p->file, &st), &st);
    assert_int_equal(store_run_status(store, 0), RUN_DONE);
    assert_int_equal(store_run_status(store, 1), RUN_RUNNING); /* written, never committed */
    assert_int_equal(store_run_attempts(store, 1), 1);
    assert_int_equal(store_run_status(store, 2), RUN_PENDING);
    assert_true(isnan(number_of(store, "best_val_loss", 1, 0)));
    bool valid = true;
    check_ok(store_check_run(store, 1, &valid, &st), &st);
    assert_false(valid);
    store_close(store);
}

/* Every later state of a run is the one that a reader finds. */
static void crashed_given_back_and_repeated(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    bool valid = false;
    int run = 2;
    make(p->file, &p->plan, &store);
    check_ok(made_up_run(store, &p->plan, run, RUN_DONE, &st), &st);
    check_ok(store_begin_runs(store, &run, 1, true, &st), &st);
    check_ok(store_begin_runs(store, &run, 1, true, &st), &st);
    assert_int_equal(store_run_status(store, run), RUN_RUNNING);
    assert_int_equal(store_run_attempts(store, run), 3);
    struct store_commit back = {.run = run, .attempt = 3, .status = RUN_PENDING};
    check_ok(store_commit_runs(store, &back, 1, &st), &st);
    assert_int_equal(store_run_status(store, run), RUN_PENDING);
    assert_int_equal(store_run_attempts(store, run), 2);
    struct store_commit crash = {
        .run = run, .attempt = 3, .status = RUN_CRASHED, .error = "its rank died"};
    check_ok(store_commit_runs(store, &crash, 1, &st), &st);
    check_code(store_commit_runs(store, &(struct store_commit){.run = 99}, 1, &st), STATUS_INTERNAL,
               &st);
    check_ok(store_close_all(store, &st), &st);
    check_ok(store_open(&store, p->file, &st), &st);
    assert_int_equal(store_run_status(store, run), RUN_CRASHED);
    assert_int_equal(store_run_attempts(store, run), 3);
    expect_text(store, "error", run, "its rank died");
    assert_true(isnan(number_of(store, "best_val_loss", run, 0))); /* the old result is gone */
    check_ok(store_check_run(store, run, &valid, &st), &st);
    assert_true(valid);
    store_close(store);
}

static void digest_depends_on_results_only(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    char a[17], b[17], none[17];
    make(p->file, &p->plan, &store);
    digest_of(p->file, none);
    finish_all(store, &p->plan, false, 1);
    check_ok(store_close_all(store, &st), &st);
    make(p->other, &p->plan, &store);
    finish_all(store, &p->plan, true, 3);
    check_ok(store_close_all(store, &st), &st);
    digest_of(p->file, a);
    digest_of(p->other, b);
    assert_int_equal(strlen(a), 16);
    assert_string_equal(a, b);
    assert_string_not_equal(a, none);

    /* one bit of one result */
    check_ok(store_open_all(&store, p->other, &p->plan, MPI_COMM_SELF, &st), &st);
    struct run_output out = {0};
    check_ok(made_up_output(&p->plan, 7, &out, &st), &st);
    out.train.best[3] = nextafterf(out.train.best[3], 2);
    struct run_attempt attempt = made_up_attempt(7, 3, RUN_DONE);
    struct store_commit commit = {.run = 7, .attempt = 3, .status = RUN_DONE};
    check_ok(store_write_run(store, &attempt, &out, &commit.checksum, &st), &st);
    check_ok(store_commit_runs(store, &commit, 1, &st), &st);
    run_output_free(&out);
    check_ok(store_close_all(store, &st), &st);
    digest_of(p->other, b);
    assert_string_not_equal(a, b);
}

static void extend_keeps_finished_rows(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    char before[17], after[17];
    int copied = -1, begun = 9;
    make(p->file, &p->plan, &store);
    finish_all(store, &p->plan, false, 2);
    check_ok(store_close_all(store, &st), &st);
    digest_of(p->file, before);
    check_ok(store_extend(p->file, &p->larger, NULL, &copied, NULL, &st), &st);
    assert_int_equal(copied, 16);
    digest_of(p->file, after);
    assert_string_equal(before, after); /* another order, other sizes, the same results */

    check_ok(store_open_all(&store, p->file, &p->larger, MPI_COMM_SELF, &st), &st);
    int done = 0;
    for (int run = 0; run < p->larger.num_runs; run++) {
        if (store_run_status(store, run) == RUN_PENDING) continue;
        assert_int_equal(store_run_attempts(store, run), 2);
        if (store_run_status(store, run) == RUN_DONE)
            expect_done_run(store, &p->larger, run), done++;
    }
    assert_int_equal(done, 15);
    begun = 0; /* of block wide: started, never finished */
    check_ok(store_begin_runs(store, &begun, 1, true, &st), &st);
    check_ok(store_close_all(store, &st), &st);

    check_ok(store_extend(p->file, &p->larger, NULL, &copied, NULL, &st), &st);
    assert_int_equal(copied, 16);
    check_ok(store_open(&store, p->file, &st), &st);
    assert_int_equal(store_run_status(store, 0), RUN_RUNNING);
    assert_int_equal(store_run_attempts(store, 0), 1);
    store_close(store);
    digest_of(p->file, after);
    assert_string_equal(before, after);
}

/* What is kept or analysed is outside the run key: a file made otherwise is not resumed, and
 * --extend repeats its runs and keeps the file as it was; not over another one that it kept. */
static void analysed_otherwise(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    struct plan other;
    const char *set = "analysis.steps=2000";
    int copied = -1, left = -1;
    char old[4200], before[17], after[17];
    make(p->file, &p->plan, &store);
    finish_all(store, &p->plan, false, 1);
    check_ok(store_close_all(store, &st), &st);
    digest_of(p->file, before);
    snprintf(old, sizeof old, "%s.old", p->file);
    check_ok(plan_read(&other, "made-up", made_up_grid, strlen(made_up_grid), &set, 1, &st), &st);
    assert_string_equal(other.runs[0].key, p->plan.runs[0].key);
    check_code(store_open_all(&store, p->file, &other, MPI_COMM_SELF, &st), STATUS_CANNOT_CREATE,
               &st);
    assert_non_null(strstr(st.text, "analysis.steps"));
    FILE *taken = fopen(old, "w");
    assert_true(taken && fclose(taken) == 0);
    check_code(store_extend(p->file, &other, NULL, &copied, &left, &st), STATUS_CANNOT_CREATE, &st);
    digest_of(p->file, after);
    assert_string_equal(before, after);
    assert_int_equal(unlink(old), 0);
    check_ok(store_extend(p->file, &other, NULL, &copied, &left, &st), &st);
    assert_int_equal(copied, 0);
    assert_int_equal(left, other.num_runs);
    digest_of(old, after);
    assert_string_equal(before, after);
    assert_int_equal(unlink(old), 0);
    check_ok(store_open_all(&store, p->file, &other, MPI_COMM_SELF, &st), &st);
    for (int run = 0; run < other.num_runs; run++)
        assert_int_equal(store_run_status(store, run), RUN_PENDING);
    check_ok(store_close_all(store, &st), &st);
    plan_free(&other);
}

static void extend_refuses_to_lose_runs(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    char before[17], after[17];
    make(p->file, &p->larger, &store);
    check_ok(made_up_run(store, &p->larger, 0, RUN_DONE, &st), &st);
    check_ok(store_close_all(store, &st), &st);
    digest_of(p->file, before);
    check_code(store_extend(p->file, &p->plan, NULL, NULL, NULL, &st), STATUS_CANNOT_CREATE, &st);
    assert_non_null(strstr(st.text, "not in this grid"));
    digest_of(p->file, after);
    assert_string_equal(before, after);
    check_code(store_open_all(&store, p->file, &p->plan, MPI_COMM_SELF, &st), STATUS_CANNOT_CREATE,
               &st);
    assert_non_null(strstr(st.text, "--extend"));
}

static void find_run_and_export(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    struct rnn_shape shape;
    float *params = NULL;
    int run = -1;
    make(p->file, &p->plan, &store);
    check_ok(made_up_run(store, &p->plan, 2, RUN_DONE, &st), &st); /* has biases */
    check_ok(store_close_all(store, &st), &st);
    check_ok(store_open(&store, p->file, &st), &st);
    check_ok(store_find_run(store, "11", &run, &st), &st);
    assert_int_equal(run, 11);
    check_ok(store_find_run(store, p->plan.runs[2].key, &run, &st), &st);
    assert_int_equal(run, 2);
    check_code(store_find_run(store, "", &run, &st), STATUS_USAGE, &st);
    check_code(store_find_run(store, "xyz", &run, &st), STATUS_USAGE, &st);
    check_code(store_read_weights(store, 1, "best", &shape, &params, &st), STATUS_NO_INPUT, &st);
    check_code(store_read_weights(store, 2, "worst", &shape, &params, &st), STATUS_USAGE, &st);
    check_ok(store_read_weights(store, 2, "best", &shape, &params, &st), &st);
    assert_true(shape.bias);
    int epoch[2] = {0, 3};
    size_t num = rnn_num_params(shape);
    float *snapshots = made_up_floats(p->plan.runs[2].key, 6, 2 * num);
    char resolved[] = "{}";
    struct imported network = {.shape = shape,
                               .params = params,
                               .resolved = resolved,
                               .num_snapshots = 2,
                               .snapshot_epoch = epoch,
                               .snapshots = snapshots},
                    again;
    check_ok(store_export_weights(p->other, &network, p->plan.runs[2].key, &st), &st);
    check_code(store_export_weights(p->other, &network, "", &st), STATUS_CANNOT_CREATE, &st);
    check_ok(store_import_weights(p->other, NULL, 0, &again, &st), &st);
    assert_string_equal(again.resolved, resolved);
    assert_int_equal(again.num_snapshots, 2);
    assert_int_equal(again.snapshot_epoch[1], 3);
    assert_memory_equal(again.params, params, num * sizeof *params);
    assert_memory_equal(again.snapshots, snapshots, 2 * num * sizeof *snapshots);
    store_imported_free(&again);
    free(snapshots);
    store_close(store);

    struct rnn_view view[MAX_RNN_VIEWS];
    int num_views = rnn_views(shape, view);
    hid_t file = H5Fopen(p->other, H5F_ACC_RDONLY, H5P_DEFAULT);
    assert_int_equal(num_views, 6);
    for (int v = 0; v < num_views; v++) {
        float *value = calloc(view[v].count, sizeof *value);
        hsize_t size[2] = {0, 0};
        hid_t dataset = H5Dopen2(file, view[v].name, H5P_DEFAULT);
        hid_t space = H5Dget_space(dataset);
        H5Sget_simple_extent_dims(space, size, NULL);
        assert_int_equal(size[0], view[v].rows);
        assert_int_equal(size[1], view[v].cols);
        assert_true(H5Dread(dataset, H5T_NATIVE_FLOAT, H5S_ALL, H5S_ALL, H5P_DEFAULT, value) >= 0);
        assert_memory_equal(value, params + view[v].offset, view[v].count * sizeof *value);
        H5Sclose(space);
        H5Dclose(dataset);
        free(value);
    }
    H5Fclose(file);
    free(params);
}

/* h5py, xarray and pandas read the file while a study has it open and rows are half written. */
static void python_reads_while_open(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL, *reader = NULL;
    int begun = 15;
    char command[900];
    const char *script = access("tests/system/open_with_python.py", R_OK) == 0
                             ? "tests/system/open_with_python.py"
                             : getenv("HMMGRID_PYTHON_CHECK");
    make(p->file, &p->plan, &store);
    snprintf(command, sizeof command, "/usr/bin/python3 '%s' '%s'", script ? script : "", p->file);
    for (int stage = 0; stage < 2; stage++) {
        if (stage == 1)
            for (int run = 0; run < 11; run++)
                check_ok(made_up_run(store, &p->plan, run, run == 3 ? RUN_FAILED : RUN_DONE, &st),
                         &st);
        check_ok(store_begin_runs(store, &begun, 1, true, &st), &st);
        check_ok(store_open(&reader, p->file, &st), &st);
        assert_int_equal(store_run_status(reader, begun), RUN_RUNNING);
        store_close(reader);
        int rc = script ? system(command) : 77 << 8;
        if (rc == 77 << 8)
            print_message("python or its libraries missing: not checked\n");
        else
            assert_int_equal(rc, 0);
    }
    check_ok(store_close_all(store, &st), &st);
    check_ok(store_open(&reader, p->file, &st), &st); /* nobody changed the layout meanwhile */
    store_close(reader);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(round_trip, set_up, place_free),
        cmocka_unit_test_setup_teardown(status_column_counts_for_nothing, set_up, place_free),
        cmocka_unit_test_setup_teardown(crashed_given_back_and_repeated, set_up, place_free),
        cmocka_unit_test_setup_teardown(digest_depends_on_results_only, set_up, place_free),
        cmocka_unit_test_setup_teardown(extend_keeps_finished_rows, set_up, place_free),
        cmocka_unit_test_setup_teardown(analysed_otherwise, set_up, place_free),
        cmocka_unit_test_setup_teardown(extend_refuses_to_lose_runs, set_up, place_free),
        cmocka_unit_test_setup_teardown(find_run_and_export, set_up, place_free),
        cmocka_unit_test_setup_teardown(python_reads_while_open, set_up, place_free),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed != 0;
}
