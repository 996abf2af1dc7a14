/* test_store_versions: results files of programs that know other columns and other settings: read,
 * resumed and extended with every finished row, or refused with nothing touched. The other program
 * is this one with its table of columns changed (linked with --wrap) and with settings
 * in its plan that this version does not know. Run one test by hand: test_store_versions NAME. */
#include "../support/place.h"
#include "store/columns.h"

#include <fcntl.h>
#include <hdf5.h>
#include <sys/stat.h>
#include <unistd.h>

/* What the other program has otherwise; NULL: nothing. */
static const char *renamed, *retyped, *narrowed;
enum { NUM_DONE = 6, DAMAGED = 2 };

int __real_columns_init(struct schema *schema, const struct plan *plan, struct status *st);
int __wrap_columns_init(struct schema *schema, const struct plan *plan, struct status *st);

int __wrap_columns_init(struct schema *schema, const struct plan *plan, struct status *st)
{
    int code = __real_columns_init(schema, plan, st);
    for (int c = 0; !code && c < schema->num_rows; c++) {
        struct schema_row *row = &schema->row[c];
        if (renamed && strcmp(row->name, renamed) == 0) row->name = "of_another_version";
        if (retyped && strcmp(row->name, retyped) == 0) row->type = TYPE_F4;
        if (narrowed && strcmp(row->name, narrowed) == 0) row->text_bytes = 16;
    }
    return code;
}

/* The key of a run whose line this program cannot read. */
static const char *unreadable;

int __real_plan_parse_json(const char *line, struct decoded_run *run, struct status *st);
int __wrap_plan_parse_json(const char *line, struct decoded_run *run, struct status *st);

int __wrap_plan_parse_json(const char *line, struct decoded_run *run, struct status *st)
{
    if (!unreadable || !strstr(line, unreadable)) return __real_plan_parse_json(line, run, st);
    *run = (struct decoded_run){0};
    return status_set(st, STATUS_BAD_GRID, "not a run");
}

/* What HDF5 does in the child that reads an altered file. */
static enum { HDF5_READS, HDF5_CRASHES, HDF5_HANGS, HDF5_EATS } hdf5;

hid_t __real_H5Fopen(const char *path, unsigned flags, hid_t access);
hid_t __wrap_H5Fopen(const char *path, unsigned flags, hid_t access);

hid_t __wrap_H5Fopen(const char *path, unsigned flags, hid_t access)
{
    if (hdf5 == HDF5_CRASHES) abort();
    while (hdf5 == HDF5_HANGS) continue;
    while (hdf5 == HDF5_EATS) {
        char *more = malloc((size_t)64 << 20);
        if (!more) return H5I_INVALID_HID;
        memset(more, 1, 4096);
    }
    return __real_H5Fopen(path, flags, access);
}

static int set_up(void **state)
{
    renamed = retyped = narrowed = unreadable = NULL;
    return place_make(state, "");
}

/* The other program's file, its first runs finished. This program again afterwards. */
static void make(struct place *p)
{
    struct status st = {0};
    struct store *store = NULL;
    check_ok(store_create(p->file, &p->plan, NULL, false, &st), &st);
    check_ok(store_open_all(&store, p->file, &p->plan, MPI_COMM_SELF, &st), &st);
    for (int run = 0; run < NUM_DONE; run++)
        check_ok(made_up_run(store, &p->plan, run, run == 3 ? RUN_FAILED : RUN_DONE, &st), &st);
    check_ok(store_close_all(store, &st), &st);
    renamed = retyped = narrowed = NULL;
    p->bytes = slurp(p->file, &p->num);
}

static void untouched(struct place *p)
{
    size_t num;
    unsigned char *now = slurp(p->file, &num);
    assert_int_equal(num, p->num);
    assert_memory_equal(now, p->bytes, num);
    free(now);
    assert_int_equal(rmdir(p->dir), -1);
}

static void refuse_extension(struct place *p, const struct plan *plan, const char *word)
{
    struct status st = {0};
    int copied = -1;
    check_code(store_extend(p->file, plan, NULL, &copied, NULL, &st), STATUS_CANNOT_CREATE, &st);
    if (!strstr(st.text, word)) fail_msg("\"%s\" does not say \"%s\"", st.text, word);
    assert_int_equal(copied, 0);
    untouched(p);
}

static double number_of(struct store *store, const char *name, int run)
{
    struct status st = {0};
    int column = store_find_column(store, name);
    if (column < 0) fail_msg("no column %s", name);
    double *value = calloc((size_t)store_column_count(store, column), sizeof *value);
    assert_non_null(value);
    check_ok(store_read_numbers(store, column, run, value, &st), &st);
    double first = value[0];
    free(value);
    return first;
}

/* Every finished row is there, whole, with the numbers that its key gives. */
static void expect_rows(struct place *p, const struct plan *plan, int num_done, const char *lacking)
{
    struct status st = {0};
    struct store *store = NULL;
    check_ok(store_open(&store, p->file, &st), &st);
    int done = 0;
    for (int run = 0; run < plan->num_runs; run++) {
        bool valid = false;
        if (store_run_status(store, run) < RUN_DONE) continue;
        check_ok(store_check_run(store, run, &valid, &st), &st);
        assert_true(valid);
        done++;
        if (store_run_status(store, run) != RUN_DONE) continue;
        const char *key = plan->runs[run].key;
        check_near(number_of(store, "best_val_loss", run), made_up_number(key, 5, 0), 0);
        for (int m = 0; m < num_metrics; m++)
            if (!lacking || strcmp(lacking, metrics_table[m].name) != 0)
                check_near(number_of(store, metrics_table[m].name, run),
                           made_up_number(key, 100 + m, 0), 0);
    }
    assert_int_equal(done, num_done);
    store_close(store);
}

/* The study goes on in the file. */
static void finish(struct place *p, const struct plan *plan)
{
    struct status st = {0};
    struct store *store = NULL;
    check_ok(store_open_all(&store, p->file, plan, MPI_COMM_SELF, &st), &st);
    for (int run = 0; run < plan->num_runs; run++)
        if (store_run_status(store, run) < RUN_DONE)
            check_ok(made_up_run(store, plan, run, RUN_DONE, &st), &st);
    check_ok(store_close_all(store, &st), &st);
}

/* The other program has one metric under another name: a column that we lack and one that we do
 * not know. Resumed, each keeps what it has; an extension would lose a column and is refused. */
static void newer_columns(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    struct store_columns columns;
    renamed = metrics_table[1].name;
    make(p);
    check_ok(store_open(&store, p->file, &st), &st);
    assert_null(store_note(store));
    check_ok(store_check_plan(store, &p->plan, &columns, &st), &st);
    store_close(store);
    assert_int_equal(columns.num_lacking, 1);
    assert_string_equal(columns.lacking, metrics_table[1].name);
    assert_int_equal(columns.num_unknown, 1);
    assert_string_equal(columns.unknown, "of_another_version");
    refuse_extension(p, &p->larger, "column of_another_version");
    finish(p, &p->plan);
    expect_rows(p, &p->plan, p->plan.num_runs, metrics_table[1].name);
    check_ok(store_open(&store, p->file, &st), &st);
    check_near(number_of(store, "of_another_version", 0),
               made_up_number(p->plan.runs[0].key, 101, 0), 0);
    assert_true(isnan(number_of(store, "of_another_version", NUM_DONE)));
    store_close(store);
}

/* A text column that is wider today. */
static void narrower_columns(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    struct store_columns columns;
    int copied = -1;
    narrowed = "error";
    make(p);
    check_ok(store_open(&store, p->file, &st), &st);
    check_ok(store_check_plan(store, &p->plan, &columns, &st), &st);
    store_close(store);
    assert_int_equal(columns.num_lacking + columns.num_unknown, 0);
    check_ok(store_extend(p->file, &p->larger, NULL, &copied, NULL, &st), &st);
    assert_int_equal(copied, NUM_DONE);
    expect_rows(p, &p->larger, NUM_DONE, NULL);
    finish(p, &p->larger);
    expect_rows(p, &p->larger, p->larger.num_runs, NULL);
}

static void columns_of_another_type(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    retyped = "cpu_s";
    make(p);
    check_code(store_open_all(&store, p->file, &p->plan, MPI_COMM_SELF, &st), STATUS_CANNOT_CREATE,
               &st);
    assert_non_null(strstr(st.text, "column cpu_s"));
    refuse_extension(p, &p->plan, "another type");
}

/* A text that has no room in the new layout: it is not cut. */
static void texts_are_not_cut(void **state)
{
    struct place *p = *state;
    make(p);
    narrowed = "error"; /* now it is the other program that extends */
    refuse_extension(p, &p->larger, "column error");
}

/* Settings at the other program's defaults: the same runs with the same keys. */
static void unknown_settings(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    struct store_columns columns;
    int copied = -1, kept = 0;
    for (int run = 0; run < p->plan.num_runs; run++)
        p->plan.runs[run].unknown = "rnn.gain=1\nnoise.colour=\"white\"\n";
    make(p);
    check_ok(store_open(&store, p->file, &st), &st);
    assert_non_null(strstr(store_note(store), "(rnn.gain, noise.colour)"));
    assert_string_equal(store_settings(store, 5, &st)->unknown,
                        "rnn.gain=1\nnoise.colour=\"white\"\n");
    check_ok(store_check_plan(store, &p->plan, &columns, &st), &st);
    store_close(store);
    check_ok(store_extend(p->file, &p->larger, NULL, &copied, NULL, &st), &st);
    assert_int_equal(copied, NUM_DONE);
    check_ok(store_open(&store, p->file, &st), &st);
    for (int run = 0; run < p->larger.num_runs; run++) {
        const char *unknown = store_settings(store, run, &st)->unknown;
        bool finished = store_run_status(store, run) >= RUN_DONE;
        assert_true(finished == (unknown && strstr(unknown, "rnn.gain=1\n")));
        kept += finished;
    }
    store_close(store);
    assert_int_equal(kept, NUM_DONE);
    finish(p, &p->larger);
    expect_rows(p, &p->larger, p->larger.num_runs, NULL);
}

/* Settings with values that make another run of it: no grid of ours has its key. */
static void unknown_runs(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    p->plan.runs[1].unknown = "rnn.gain=2\n";
    p->plan.runs[1].key[0] ^= 1;
    make(p);
    check_ok(store_open(&store, p->file, &st), &st);
    assert_string_equal(store_settings(store, 1, &st)->key, p->plan.runs[1].key);
    store_close(store);
    p->plan.runs[1].key[0] ^= 1;
    check_code(store_open_all(&store, p->file, &p->plan, MPI_COMM_SELF, &st), STATUS_CANNOT_CREATE,
               &st);
    assert_non_null(strstr(st.text, "of which 1 are not there"));
    refuse_extension(p, &p->plan, "settings that this version does not know");
}

static void unreadable_settings(void **state)
{
    struct place *p = *state;
    struct status st = {0};
    struct store *store = NULL;
    make(p);
    unreadable = p->plan.runs[1].key;
    check_code(store_open_all(&store, p->file, &p->plan, MPI_COMM_SELF, &st), STATUS_IO, &st);
    assert_non_null(strstr(st.text, "settings of run 1 cannot be read: not a run"));
    check_code(store_extend(p->file, &p->plan, NULL, NULL, NULL, &st), STATUS_IO, &st);
    assert_non_null(strstr(st.text, "settings of run 1 cannot be read"));
    untouched(p);
}

/* Damage: of a row, or of the record that says whether it is finished. */
static void damaged_rows(void **state)
{
    struct place *p = *state;
    static const char record[8] = "hmmgrun1";
    make(p);
    unsigned char *at = memmem(p->bytes, p->num, record, sizeof record);
    assert_non_null(at);
    double best = made_up_number(p->plan.runs[DAMAGED].key, 5, 0);
    unsigned char *value = memmem(p->bytes, p->num, &best, sizeof best);
    assert_non_null(value);
    unsigned char *const hit[] = {value, at + 64 * DAMAGED + 20};
    const char *const word[] = {"run 2 is done but its bytes", "record of its run 2"};
    for (int i = 0; i < 2; i++) {
        int fd = open(p->file, O_WRONLY);
        hit[i][0] ^= 4;
        assert_int_equal(pwrite(fd, hit[i], 1, hit[i] - p->bytes), 1);
        refuse_extension(p, &p->larger, word[i]);
        hit[i][0] ^= 4;
        assert_int_equal(pwrite(fd, hit[i], 1, hit[i] - p->bytes), 1);
        close(fd);
    }
    struct status st = {0};
    check_ok(store_extend(p->file, &p->larger, NULL, NULL, NULL, &st), &st);
}

/* Damaged structures that crash HDF5, hold it for ever or make it take all memory are a message. */
static void worst_of_hdf5(void **state)
{
    struct place *p = *state;
    static const char *const word[] = {
        [HDF5_CRASHES] = "crashed (Aborted)",
        [HDF5_HANGS] = "did not come to an end in 5 s",
        [HDF5_EATS] = "use a copy", /* what HDF5 makes of it is its own affair */
    };
    struct status st = {0};
    struct store *store = NULL;
    make(p);
    unsigned char *text = memmem(p->bytes, p->num, "one row a run;", 14); /* an attribute */
    assert_non_null(text);
    int fd = open(p->file, O_WRONLY);
    assert_int_equal(pwrite(fd, "O", 1, text - p->bytes), 1);
    close(fd);
    for (int i = HDF5_CRASHES; i <= HDF5_EATS; i++) {
        hdf5 = i;
        check_code(store_open(&store, p->file, &st), STATUS_IO, &st);
        assert_null(store);
        if (!strstr(st.text, word[i])) fail_msg("\"%s\" does not say \"%s\"", st.text, word[i]);
    }
    hdf5 = HDF5_READS;
    check_ok(store_open(&store, p->file, &st), &st);
    assert_non_null(strstr(store_note(store), "6 of 6 finished rows agree"));
    store_close(store);
}

int main(int argc, char **argv)
{
    MPI_Init(&argc, &argv);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test_setup_teardown(newer_columns, set_up, place_free),
        cmocka_unit_test_setup_teardown(narrower_columns, set_up, place_free),
        cmocka_unit_test_setup_teardown(columns_of_another_type, set_up, place_free),
        cmocka_unit_test_setup_teardown(texts_are_not_cut, set_up, place_free),
        cmocka_unit_test_setup_teardown(unknown_settings, set_up, place_free),
        cmocka_unit_test_setup_teardown(unknown_runs, set_up, place_free),
        cmocka_unit_test_setup_teardown(unreadable_settings, set_up, place_free),
        cmocka_unit_test_setup_teardown(damaged_rows, set_up, place_free),
        cmocka_unit_test_setup_teardown(worst_of_hdf5, set_up, place_free),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    int failed = cmocka_run_group_tests(tests, NULL, NULL);
    MPI_Finalize();
    return failed != 0;
}
