/* test_table: each format to the byte, escapes, alignment by terminal width, failing streams. */
#include "report/table.h"
#include "../support/check.h"

#include <stdlib.h>
#include <string.h>

/* What table_write writes, as text; freed by the caller. */
static char *written(const struct table *table, enum table_format format)
{
    char *text = NULL;
    size_t bytes = 0;
    struct status st = {0};
    FILE *stream = open_memstream(&text, &bytes);
    assert_non_null(stream);
    check_ok(table_write(table, format, stream, &st), &st);
    fclose(stream);
    return text;
}

static void expect(const struct table *table, enum table_format format, const char *expected)
{
    char *text = written(table, format);
    assert_string_equal(text, expected);
    free(text);
}

/* A table with these columns. is_number NULL: none is. */
static struct table headed(int num, const char *const *header, const bool *is_number)
{
    struct table table = {0};
    for (int c = 0; c < num; c++) table_column(&table, is_number && is_number[c], "%s", header[c]);
    return table;
}

static void add_row(struct table *table, const char *const *cell)
{
    for (size_t c = 0; c < table->num_columns; c++) table_cell(table, "%s", cell[c]);
}

static struct table filled(void)
{
    static const char *const header[] = {"block", "n", "loss"};
    static const bool is_number[] = {false, true, true};
    static const char *const row[][3] = {
        {"linear-chain", "3", "4.09 ± 0.02"}, {"größer", "12", "nan"}, {"日本", "", ""}};
    struct table table = headed(3, header, is_number);
    for (int i = 0; i < 3; i++) add_row(&table, row[i]);
    return table;
}

static void test_text_is_aligned_by_width(void **state)
{
    (void)state;
    struct table table = filled();
    expect(&table, TABLE_TEXT,
           "block          n         loss\n"
           "------------  --  -----------\n"
           "linear-chain   3  4.09 ± 0.02\n"
           "größer        12          nan\n"
           "日本                         \n");
    table_free(&table);
}

static void test_turned(void **state)
{
    (void)state;
    const char *const header[] = {"block", "n"};
    const char *const row[][2] = {{"chain", "3"}, {"ring", "12"}};
    const bool is_number[] = {false, true};
    struct table table = headed(2, header, is_number);
    for (int i = 0; i < 2; i++) add_row(&table, row[i]);
    table_turn(&table);
    expect(&table, TABLE_TEXT,
           "block  chain  ring\n"
           "-----  -----  ----\n"
           "n          3    12\n");
    table_free(&table);
}

static void test_csv_is_rfc_4180(void **state)
{
    (void)state;
    const char *const header[] = {"a,b", "say \"hi\""};
    const char *const row[][2] = {{"two\nlines", "plain"}, {"", "cr\r"}, {" lead", "3.5"}};
    struct table table = headed(2, header, NULL);
    for (int i = 0; i < 3; i++) add_row(&table, row[i]);
    expect(&table, TABLE_CSV,
           "\"a,b\",\"say \"\"hi\"\"\"\r\n"
           "\"two\nlines\",plain\r\n"
           ",cr\\x0d\r\n"
           " lead,3.5\r\n");
    table_free(&table);
}

static void test_markdown_escapes(void **state)
{
    (void)state;
    const char *const header[] = {"a|b", "x"};
    const char *const row[] = {"c\\d\ne", "1"};
    const bool is_number[] = {false, true};
    struct table table = headed(2, header, is_number);
    add_row(&table, row);
    expect(&table, TABLE_MARKDOWN,
           "| a\\|b | x |\n"
           "|---|---:|\n"
           "| c\\\\d e | 1 |\n");
    table_free(&table);
}

static void test_json_numbers_and_nulls(void **state)
{
    (void)state;
    const char *const header[] = {"name", "v"};
    const bool is_number[] = {false, true};
    const char *const row[][2] = {{"12", "12"},         {"\"q\"\t\\", "-0.5e-3"},
                                  {"\xff\xc3", "NaN"},  {"é", "-inf"},
                                  {"01", "01"},         {"1.", "1."},
                                  {"x", ".5"},          {"x", "4 ± 1"},
                                  {"\xed\xa0\x80", "0"}};
    struct table table = headed(2, header, is_number);
    expect(&table, TABLE_JSON, "[]\n");
    for (size_t i = 0; i < sizeof row / sizeof row[0]; i++) add_row(&table, row[i]);
    expect(&table, TABLE_JSON,
           "[\n"
           "{\"name\": \"12\", \"v\": 12},\n"
           "{\"name\": \"\\\"q\\\"\\u0009\\\\\", \"v\": -0.5e-3},\n"
           "{\"name\": \"\xef\xbf\xbd\xef\xbf\xbd\", \"v\": null},\n"
           "{\"name\": \"é\", \"v\": null},\n"
           "{\"name\": \"01\", \"v\": \"01\"},\n"
           "{\"name\": \"1.\", \"v\": \"1.\"},\n"
           "{\"name\": \"x\", \"v\": \".5\"},\n"
           "{\"name\": \"x\", \"v\": \"4 ± 1\"},\n"
           "{\"name\": \"\xef\xbf\xbd\xef\xbf\xbd\xef\xbf\xbd\", \"v\": 0}\n"
           "]\n");
    table_free(&table);
}

static void test_many_rows(void **state)
{
    (void)state;
    const char *const header[] = {"i"};
    struct table table = headed(1, header, NULL);
    for (int i = 0; i < 1000; i++) {
        char text[16];
        snprintf(text, sizeof text, "%d", i);
        const char *const row[] = {text};
        add_row(&table, row);
    }
    char *text = written(&table, TABLE_CSV), *at = text;
    for (int i = -1; i < 1000; i++) {
        if (i >= 0) assert_int_equal(strtol(at, NULL, 10), i);
        at = strstr(at, "\r\n");
        assert_non_null(at);
        at += 2;
    }
    assert_int_equal(*at, '\0');
    free(text);
    table_free(&table);
}

static void test_tsv_and_latex(void **state)
{
    (void)state;
    static const char *const header[] = {"a_b", "n"}, *const row[] = {"50 % of\t{x}\\ & ±\x1b^",
                                                                      "<.01"};
    static const bool is_number[] = {false, true};
    struct table table = headed(2, header, is_number);
    add_row(&table, row);
    expect(&table, TABLE_TSV, "a_b\tn\n50 % of {x}\\ & ±\\x1b^\t<.01\n");
    expect(&table, TABLE_LATEX,
           "\\begin{tabular}{lr}\n\\toprule\n"
           "a\\_b & n \\\\\n\\midrule\n"
           "50 \\% of \\{x\\}\\textbackslash{} \\& $\\pm$\\textbackslash{}x1b\\textasciicircum{} & "
           "$<$.01 "
           "\\\\\n\\bottomrule\n\\end{tabular}\n");
    table_free(&table);
}

/* /dev/full takes nothing: every format must say so. */
static void test_full_disk_is_an_error(void **state)
{
    (void)state;
    struct table table = filled();
    for (int format = TABLE_TEXT; format <= TABLE_JSON; format++) {
        struct status st = {0};
        FILE *full = fopen("/dev/full", "w");
        assert_non_null(full);
        check_code(table_write(&table, (enum table_format)format, full, &st), STATUS_IO, &st);
        assert_non_null(strstr(st.text, "No space left"));
        fclose(full);
    }
    table_free(&table);
}

static void test_format_names(void **state)
{
    (void)state;
    static const char *const name[NUM_TABLE_FORMATS] = {"table", "csv",   "tsv",
                                                        "md",    "latex", "json"};
    struct status st = {0};
    enum table_format format;
    for (int i = 0; i < NUM_TABLE_FORMATS; i++) {
        check_ok(table_format_read(name[i], &format, &st), &st);
        assert_int_equal(format, i);
    }
    check_ok(table_format_read(NULL, &format, &st), &st);
    assert_int_equal(format, TABLE_TEXT);
    check_code(table_format_read("CSV", &format, &st), STATUS_USAGE, &st);
    check_code(table_format_read("", &format, &st), STATUS_USAGE, &st);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_text_is_aligned_by_width),
        cmocka_unit_test(test_turned),
        cmocka_unit_test(test_tsv_and_latex),
        cmocka_unit_test(test_csv_is_rfc_4180),
        cmocka_unit_test(test_markdown_escapes),
        cmocka_unit_test(test_json_numbers_and_nulls),
        cmocka_unit_test(test_many_rows),
        cmocka_unit_test(test_full_disk_is_an_error),
        cmocka_unit_test(test_format_names),
    };
    return cmocka_run_group_tests_name("table", tests, NULL, NULL);
}
