/* test_columns: the columns of a results file without the file: their types and widths, the texts
 * that they hold whole, the list of columns as text and back. */
#include "../support/check.h"
#include "base/text.h"
#include "store/columns.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char grid[] = "version: 1\n"
                           "study: columns\n"
                           "defaults:\n"
                           "  data: {sequences: 300, length: 12}\n"
                           "  train: {epochs: 4, batch: 50}\n"
                           "grid:\n"
                           "  a-block-of-twenty-six-char:\n"
                           "    product: {train.learning_rate: %s, data.split: [%s]}\n";

struct made_file {
    struct plan plan;
    struct schema schema;
};

/* The columns of the grid with these learning rates and splits. */
static void open_columns(struct made_file *f, const char *rates, const char *splits)
{
    char text[1000];
    struct status st = {0};
    snprintf(text, sizeof text, grid, rates, splits);
    check_ok(plan_read(&f->plan, "grid", text, strlen(text), NULL, 0, &st), &st);
    check_ok(columns_init(&f->schema, &f->plan, &st), &st);
}

static void close_columns(struct made_file *f)
{
    schema_free(&f->schema);
    plan_free(&f->plan);
}

static const struct schema_row *column(const struct made_file *f, const char *name)
{
    const struct schema_row *row = schema_find(&f->schema, name);
    if (!row) fail_msg("no column %s", name);
    return row;
}

/* A column's text of an attempt, as it would stand in the file. */
static void check_text(const struct made_file *f, const char *name, struct run_attempt attempt,
                       const char *wanted)
{
    const struct schema_row *row = column(f, name);
    char *text = calloc(1, (size_t)row->text_bytes + 1);
    assert_non_null(text);
    assert_int_equal(row->type, TYPE_TEXT);
    assert_string_equal(row->unit, "");
    assert_true(columns_put(&f->schema, row, &f->plan, &attempt, NULL, text));
    assert_string_equal(text, wanted);
    free(text);
}

static void lists_of_one_are_numbers(void **state)
{
    (void)state;
    struct made_file f = {0};
    open_columns(&f, "[0.001, [0.0001]]", "[1, 1, 1]");
    const struct schema_row *row = column(&f, "train_learning_rate");
    double value[2];
    assert_int_equal(row->type, TYPE_F8);
    assert_string_equal(row->unit, "1");
    for (int run = 0; run < 2; run++)
        assert_true(columns_put(&f.schema, row, &f.plan, &(struct run_attempt){.run = run}, NULL,
                                &value[run]));
    check_near(value[0], 0.001, 0);
    check_near(value[1], 0.0001, 0);
    close_columns(&f);
}

static void other_lists_are_text_in_full(void **state)
{
    (void)state;
    struct made_file f = {0};
    open_columns(&f,
                 "[0.001, [0.0012345678901234, 0.0023456789012345, 0.0034567890123456, "
                 "0.0045678901234567, 0.0056789012345678]]",
                 "[1, 1, 1], [2, 1, 1]");
    check_text(&f, "train_learning_rate", (struct run_attempt){.run = 0}, "0.001");
    check_text(&f, "train_learning_rate", (struct run_attempt){.run = f.plan.num_runs - 1},
               "[0.0012345678901234,0.0023456789012345,0.0034567890123456,0.0045678901234567,"
               "0.0056789012345678]");
    check_text(&f, "data_split", (struct run_attempt){.run = 0}, "[1,1,1]");
    check_text(&f, "block", (struct run_attempt){.run = 0}, "a-block-of-twenty-six-char");
    close_columns(&f);
}

/* A matrix stands there by its name, or by the digits of its tag that are shown. */
static void matrices_have_names(void **state)
{
    (void)state;
    static const char two[] =
        "version: 1\nstudy: columns\ndefaults: {data: {sequences: 300, length: 12}, "
        "train: {epochs: 4, batch: 50}}\n"
        "grid: {a: {set: {hmm.architecture: fully-connected, hmm.states: 2, hmm.symbols: 2}, "
        "product: {hmm.emission: [[[1, 0], [0, 1]], {name: swapped, rows: [[0, 1], [1, 0]]}]}}}\n";
    struct made_file f = {0};
    struct status st = {0};
    char text[2][17] = {"", ""};
    check_ok(plan_read(&f.plan, "grid", two, strlen(two), NULL, 0, &st), &st);
    check_ok(columns_init(&f.schema, &f.plan, &st), &st);
    assert_int_equal(f.plan.num_runs, 2);
    const struct schema_row *row = column(&f, "hmm_emission");
    assert_int_equal(row->text_bytes, 16);
    for (int run = 0; run < 2; run++) {
        assert_true(columns_put(&f.schema, row, &f.plan, &(struct run_attempt){.run = run}, NULL,
                                text[run]));
    }
    assert_int_equal(strlen(text[0]), SHOWN_TAG_BYTES);
    assert_memory_equal(text[0], "matrix-", 7);
    assert_string_equal(text[1], "swapped");
    close_columns(&f);
}

/* A reason is kept whole as long as the column has room, and otherwise says that it goes on. */
static void reasons_are_not_cut_silently(void **state)
{
    (void)state;
    struct made_file f = {0};
    char reason[ERROR_BYTES + 2] = "";
    open_columns(&f, "[0.001]", "[1, 1, 1]");
    memset(reason, 'x', ERROR_BYTES);
    check_text(&f, "error", (struct run_attempt){.status = RUN_FAILED, .error = reason}, reason);
    reason[ERROR_BYTES] = 'x';
    char *wanted = strdup(reason);
    strcpy(wanted + ERROR_BYTES - 3, "...");
    check_text(&f, "error", (struct run_attempt){.status = RUN_FAILED, .error = reason}, wanted);
    free(wanted);
    char host[65];
    memset(host, 'h', 64);
    host[64] = '\0';
    check_text(&f, "host", (struct run_attempt){.host = host}, host);
    check_text(&f, "host", (struct run_attempt){.host = NULL}, "");
    close_columns(&f);
}

static void cuts_between_characters(void **state)
{
    (void)state;
    char field[9] = "";
    text_fit(field, 8, "12345678");
    assert_string_equal(field, "12345678");
    text_fit(field, 8, "123456789");
    assert_string_equal(field, "12345...");
    text_fit(field, 8, "1234\xc3\xa4\xc3\xb6\xc3\xbc"); /* the first umlaut does not fit */
    assert_string_equal(field, "1234...");
    text_fit(field, 8, NULL);
    assert_string_equal(field, "");
    text_fit(field, 2, "123");
    assert_string_equal(field, "12");
}

/* Every meaning of the analyses and metrics stands in the list as in its table, and all of a column
 * and of an axis comes back from it. */
static void list_and_back(void **state)
{
    (void)state;
    struct made_file f = {0};
    struct schema back;
    struct status st = {0};
    open_columns(&f, "[0.001]", "[1, 1, 1]");
    char *text = schema_text(&f.schema), *again;
    assert_non_null(text);
    check_ok(schema_parse(&back, text, &st), &st);
    again = schema_text(&back);
    assert_non_null(again);
    assert_string_equal(text, again);
    assert_int_equal(back.num_rows, f.schema.num_rows);
    assert_int_equal(back.num_axes, f.schema.num_axes);
    size_t longest = 0;
    for (int a = 0; a < num_analyses; a++)
        for (int o = 0; o < analysis_table[a]->num_outputs; o++) {
            char name[96];
            const struct analysis_output *output = &analysis_table[a]->output[o];
            snprintf(name, sizeof name, "%s.%s", analysis_table[a]->name, output->name);
            const struct schema_row *row = schema_find(&back, name);
            if (!row) continue; /* of an analysis that is off */
            assert_string_equal(row->meaning, output->meaning);
            if (strlen(output->meaning) > longest) longest = strlen(output->meaning);
        }
    assert_true(longest > 100);
    for (int a = 0; a < back.num_axes; a++) {
        const struct schema_axis *x = &back.axis[a], *y = &f.schema.axis[a];
        assert_int_equal(x->value != NULL, y->value != NULL);
        for (int i = 0; x->value && i < x->size; i++) check_near(x->value[i], y->value[i], 0);
    }
    free(text);
    free(again);
    schema_free(&back);
    close_columns(&f);
}

/* What a later minor version may add is passed over; what makes no sense is refused. */
static void other_lists(void **state)
{
    (void)state;
    static const char run[] = "axis\t/runs\trun\t4\t0\t\t1\trow\n";
    static const char *const bad[] = {
        "column\t/runs\tx\tf9\t0\t\tresult\tworker\t1\tx\n",
        "column\t/runs\tx\tf8\t0\tepoch\tresult\tworker\t1\tx\n",
        "column\t/runs\tx\tf8\t0\t\tresult\tnobody\t1\tx\n",
        "column\t/runs\tx\ttext\t0\t\tresult\tworker\t\tx\n",
        "column\t/runs\tx\tf8\t0\t\tresult\tworker\n",
        "axis\t/runs\tlag\t0\t0\t\t1\tx\n",
        "axis\t/runs\tlag\t3\t0\t1,2\t1\tx\n",
    };
    struct schema schema;
    struct status st = {0};
    char text[400];
    snprintf(text, sizeof text, "%saxis\t/runs\tmu\t2\t0\t0.5,1\t1\tx\nnote\tlater\n%s", run,
             "column\t/runs\tx\tf8\t0\tmu\tresult\tworker\t1\tmeaning\tmore\n");
    check_ok(schema_parse(&schema, text, &st), &st);
    assert_int_equal(schema.num_rows, 1);
    assert_string_equal(schema.row[0].meaning, "meaning");
    check_near(schema.axis[1].value[1], 1, 0);
    schema_free(&schema);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        snprintf(text, sizeof text, "%s%s", run, bad[i]);
        check_code(schema_parse(&schema, text, &st), STATUS_IO, &st);
    }
    check_code(schema_parse(&schema, "", &st), STATUS_IO, &st);
}

int main(int argc, char **argv)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(lists_of_one_are_numbers),
        cmocka_unit_test(other_lists_are_text_in_full),
        cmocka_unit_test(matrices_have_names),
        cmocka_unit_test(reasons_are_not_cut_silently),
        cmocka_unit_test(cuts_between_characters),
        cmocka_unit_test(list_and_back),
        cmocka_unit_test(other_lists),
    };
    if (argc > 1) cmocka_set_test_filter(argv[1]);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
