/* test_cells: what differs is told apart: by its short text, by --where, by the groups of a
 * summary; and the names of matrices, by which people do. */
#include "base/node.h"
#include "plan/names.h"
#include "plan/plan.h"
#include "report/aggregate.h"
#include "settings/value.h"

#include "../support/check.h"

#include <stdlib.h>
#include <string.h>

/* --- every setting ------------------------------------------------------------------------- */

static double even[4] = {0.3, 0.7, 0.7, 0.3}, odd[4] = {0.3, 0.7, 0.7, 0.3};

/* A value of the setting, and the nearest other one. */
static void two_values(const struct setting *row, struct settings *a, struct settings *b)
{
    struct value x = value_load(a, row), y;
    odd[3] = nextafter(0.3, 0);
    if (isnan(x.number)) x.number = 0.3;
    if (value_takes_matrix(row)) x.number = EMISSION_MATRIX;
    x.matrix = (struct matrix){2, 2, even, ""};
    x.text = "of/first.h5@0123456789abcdef";
    y = x;
    y.text = "of/first.h5@0123456789abcdee";
    y.matrix.value = odd;
    double *last = &y.list.value[y.list.count > 0 ? y.list.count - 1 : 0];
    *last = nextafter(*last, 0);
    if (row->type == SETTING_REAL)
        y.number = nextafter(y.number, y.number > row->min ? row->min : row->max);
    else if (row->type != SETTING_ENUM_OR_MATRIX)
        y.number += y.number > row->min ? -1 : 1;
    value_store(a, row, &x);
    value_store(b, row, &y);
}

static int lookup(void *run, const char *name, struct expr_value *value, struct status *st)
{
    return names_value(run, name, value, st);
}

/* Is `KEY == text` true of this run? */
static bool is_chosen(const struct settings *s, const struct setting *row, const char *text)
{
    struct named_run run = {.settings = s, .key = "", .block = ""};
    struct expr_value value;
    struct status st = {0};
    char expr[400];
    bool result = false;
    check_ok(names_value(&run, row->key, &value, &st), &st);
    const char *quote = value.is_number ? "" : "'";
    free(value.memory);
    snprintf(expr, sizeof expr, "%s == %s%s%s", row->key, quote, text, quote);
    check_ok(expr_eval(expr, lookup, &run, &result, &st), &st);
    return result;
}

static void check_apart(const struct settings *a, const struct settings *b,
                        const struct setting *row)
{
    char *text[] = {settings_text(a, row), settings_text(b, row)};
    int group[2] = {0}, num_groups = 1;
    struct status st = {0};
    assert_non_null(text[0]);
    assert_non_null(text[1]);
    if (strcmp(text[0], text[1]) == 0) fail_msg("%s: two values are '%s'", row->key, text[0]);
    check_ok(aggregate_split((const char *const *)text, 2, group, &num_groups, &st), &st);
    assert_int_equal(num_groups, 2);
    assert_true(strlen(text[0]) < 100);
    for (int i = 0; i < 2; i++) {
        assert_int_equal(is_chosen(a, row, text[i]), i == 0);
        assert_int_equal(is_chosen(b, row, text[i]), i == 1);
    }
    free(text[0]);
    free(text[1]);
}

static void every_setting_tells_cells_apart(void **state)
{
    (void)state;
    for (int i = 0; i < num_settings; i++) {
        const struct setting *row = &settings_table[i];
        struct settings given, a, b;
        if (row->scope != SCOPE_RUN) continue;
        settings_default(&given);
        a = b = given;
        two_values(row, &a, &b);
        check_apart(&a, &b, row);
        if (!settings_equal(&a, &given, row)) check_apart(&given, &a, row);
    }
}

/* --- the short text of a matrix -------------------------------------------------------------- */

/* A grid of fully-connected HMMs with these emissions, and more lines. */
static int read_grid(struct plan *plan, const char *emissions, const char *more, const char *set,
                     struct status *st)
{
    char text[2000];
    snprintf(text, sizeof text,
             "version: 1\nstudy: s\n"
             "defaults: {hmm: {architecture: fully-connected, states: 2, symbols: 2}}\n"
             "grid:\n  a:\n    product:\n      hmm.emission: [%s]\n%s",
             emissions, more);
    *st = (struct status){0};
    return plan_read(plan, "g.yaml", text, strlen(text), &set, set != NULL, st);
}

static void check_where(const char *emissions, const char *where, int wanted)
{
    struct plan p;
    struct status st;
    check_ok(read_grid(&p, emissions, "", NULL, &st), &st);
    check_ok(plan_where(&p, where, &st), &st);
    if (p.num_runs != wanted) fail_msg("%s chooses %d", where, p.num_runs);
    plan_free(&p);
}

#define EYE   "{name: eye, rows: [[1, 0], [0, 1]]}"
#define THREE EYE ", [[0.7, 0.3], [0.4, 0.6]], gaussian"

static void matrices_are_chosen_by_name_tag_or_numbers(void **state)
{
    (void)state;
    const struct setting *row = settings_find("hmm.emission");
    char tag[MATRIX_TAG_BYTES + 1], expr[100];
    settings_matrix_tag("[[0.7,0.3],[0.4,0.6]]", tag);
    check_where(THREE, "hmm.emission == eye", 1);
    check_where(THREE, "hmm.emission in (eye, gaussian)", 2);
    check_where(THREE, "hmm.emission != eye", 2);
    check_where(THREE, "hmm.emission == '[[0.7, 0.3], [0.4, 0.6]]'", 1);
    check_where(THREE, "hmm.emission == '[[1,0],[0,1]]'", 1);
    check_where(THREE, "hmm.emission == '[[1,0],[0,1.5]]'", 0);
    for (int n = 0; n <= MATRIX_TAG_BYTES; n++) { /* as much as is shown, or more */
        snprintf(expr, sizeof expr, "hmm.emission == '%.*s'", n, tag);
        check_where(THREE, expr, n >= SHOWN_TAG_BYTES);
    }
    struct settings s = {.hmm = {.emission = EMISSION_MATRIX}};
    s.hmm.emission_matrix = (struct matrix){2, 2, even, ""};
    char *text = settings_text(&s, row), *full = settings_long_text(&s, row);
    assert_string_equal(full, "[[0.3,0.7],[0.7,0.3]]");
    assert_int_equal(strlen(text), SHOWN_TAG_BYTES);
    free(text);
    free(full);
}

/* --- names ----------------------------------------------------------------------------------- */

/* A name changes no key, is kept in the run's line and its one-run grid. */
static void names_are_kept_and_are_no_part_of_the_key(void **state)
{
    (void)state;
    struct plan named, plain, one;
    struct decoded_run run;
    struct status st;
    check_ok(read_grid(&named, EYE, "", NULL, &st), &st);
    check_ok(read_grid(&plain, "[[1, 0], [0, 1]]", "", NULL, &st), &st);
    assert_string_equal(named.runs[0].key, plain.runs[0].key);
    char *line = plan_run_json(&named, 0);
    assert_non_null(strstr(line, "\"emission\":{\"name\":\"eye\",\"rows\":[[1,0],[0,1]]}"));
    check_ok(plan_parse_json(line, &run, &st), &st);
    check_ok(plan_check_key(&run, &st), &st);
    assert_string_equal(run.settings.hmm.emission_matrix.name, "eye");
    char *yaml = plan_run_yaml(&run.settings, 0, "s");
    check_ok(plan_read(&one, "one.yaml", yaml, strlen(yaml), NULL, 0, &st), &st);
    assert_string_equal(one.runs[0].key, named.runs[0].key);
    assert_string_equal(one.cells[0].settings.hmm.emission_matrix.name, "eye");
    free(yaml);
    free(line);
    decoded_run_free(&run);
    plan_free(&one);
    plan_free(&plain);
    plan_free(&named);
}

static void matrices_are_matched_by_name(void **state)
{
    (void)state;
    struct plan p;
    struct status st;
    const struct settings *s;
    check_ok(
        read_grid(&p, THREE,
                  "overrides:\n- {when: {hmm.emission: [eye, gaussian]}, set: {rnn.hidden: 7}}\n"
                  "exclude:\n- {hmm.emission: gaussian}\n",
                  NULL, &st),
        &st);
    assert_int_equal(p.num_cells, 2);
    for (int i = 0; i < 2; i++) {
        s = &p.cells[i].settings;
        assert_int_equal(s->rnn.hidden, *s->hmm.emission_matrix.name ? 7 : 150);
    }
    plan_free(&p);
    check_ok(read_grid(&p, THREE, "exclude:\n- {hmm.emission: eye}\n", NULL, &st), &st);
    assert_int_equal(p.num_cells, 2);
    plan_free(&p);
    check_ok(read_grid(&p, "gaussian", "", "hmm.emission={name: n, rows: [[1,0],[0,1]]}", &st),
             &st);
    assert_string_equal(p.cells[0].settings.hmm.emission_matrix.name, "n");
    plan_free(&p);
}

static void what_a_name_must_not_be(void **state)
{
    (void)state;
    static const char *const good[] = {
        "a", "noisy", "A.b_c-9", "matrix2", "e3", "inf", "abcdefghijklmnopqrstuvwxyz.78901"};
    static const char *const bad[] = {"",
                                      "3",
                                      "3a",
                                      "-a",
                                      "a b",
                                      "a/b",
                                      "\xc3\xa4",
                                      "abcdefghijklmnopqrstuvwxyz.789012",
                                      "auto",
                                      "none",
                                      "null",
                                      "and",
                                      "matrix-3fa9",
                                      "GAUSSIAN",
                                      "matrix",
                                      "true"};
    const struct setting *row = settings_find("hmm.emission");
    for (size_t i = 0; i < sizeof good / sizeof good[0]; i++)
        if (!value_is_name(row, good[i])) fail_msg("'%s' is refused", good[i]);
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++)
        if (value_is_name(row, bad[i])) fail_msg("'%s' is taken", bad[i]);
    assert_true(value_is_name(settings_find("hmm.start"), "gaussian"));
}

static void one_name_one_matrix(void **state)
{
    (void)state;
    static const struct {
        const char *emissions, *more, *set, *text;
    } rows[] = {
        {EYE ",\n      {name: eye, rows: [[0, 1], [1, 0]]}", "", NULL,
         "g.yaml:8:7: hmm.emission: eye is the name of another matrix in line 7, column 22; give "
         "one of them another name"},
        {EYE ",\n      {name: unit, rows: [[1, 0], [0, 1.0]]}", "", NULL,
         "g.yaml:8:7: hmm.emission: this matrix is called unit here and eye in line 7, "
         "column 22; give it one name in both places"},
        {EYE ",\n      [[1, 0], [0, 1]]", "", NULL,
         "this matrix is called nothing here and eye in line 7"},
        {EYE, "", "hmm.emission=[[1,0],[0,1]]",
         "--set hmm.emission=[[1,0],[0,1]]: hmm.emission: this matrix is called nothing here and "
         "eye in line 7, column 22"},
        {EYE, "exclude:\n- {hmm.emission: eey}\n", NULL,
         "g.yaml:9:18: hmm.emission: 'eey' is neither a preset nor the name of a matrix in "
         "this grid; did you mean 'eye'?"},
        {EYE, "exclude:\n- {hmm.emission: gausian}\n", NULL, "did you mean 'gaussian'?"},
        {"[[0.137998, 0.862002], [0.5, 0.5]],\n      [[0.236606, 0.763394], [0.5, 0.5]]", "", NULL,
         "g.yaml:8:7: hmm.emission: this matrix is shown as matrix-0de670fc, and so is that in "
         "line 7, column 22; name one of them: {name: ..., rows: ...}"},
        {"{name: a b, rows: [[1, 0], [0, 1]]}", "", NULL,
         "g.yaml:7:29: hmm.emission: 'a b' cannot"},
        {"{nam: a, rows: [[1, 0], [0, 1]]}", "", NULL, "g.yaml:7:22: hmm.emission: a matrix with"},
        {"{name: a, rows: [[1, 0], [0]]}", "", NULL, "g.yaml:7:47: hmm.emission: row 2 has 1"},
        {"{name: [a], rows: [[1, 0], [0, 1]]}", "", NULL, "hmm.emission: a name was expected"},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        struct plan p;
        struct status st;
        check_code(read_grid(&p, rows[i].emissions, rows[i].more, rows[i].set, &st),
                   STATUS_BAD_GRID, &st);
        if (!strstr(st.text, rows[i].text)) fail_msg("%s", st.text);
    }
}

static void a_name_is_of_one_setting(void **state)
{
    (void)state;
    static const char text[] = "version: 1\nstudy: s\ngrid: {a: {set: {hmm.architecture: custom,\n"
                               "hmm.transition: {name: same, rows: [[0.5, 0.5], [0.2, 0.8]]},\n"
                               "hmm.emission: {name: same, rows: [[1, 0], [0, 1]]}, hmm.start: "
                               "{name: same, rows: [0, 1]}}}}";
    struct plan p;
    struct status st = {0};
    check_ok(plan_read(&p, "g.yaml", text, strlen(text), NULL, 0, &st), &st);
    const struct settings *s = &p.cells[0].settings;
    assert_string_equal(s->hmm.start.name, "same");
    assert_int_equal(s->hmm.start.rows, 1);
    assert_string_equal(s->hmm.transition.name, s->hmm.emission_matrix.name);
    plan_free(&p);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(every_setting_tells_cells_apart),
        cmocka_unit_test(matrices_are_chosen_by_name_tag_or_numbers),
        cmocka_unit_test(names_are_kept_and_are_no_part_of_the_key),
        cmocka_unit_test(matrices_are_matched_by_name),
        cmocka_unit_test(what_a_name_must_not_be),
        cmocka_unit_test(one_name_one_matrix),
        cmocka_unit_test(a_name_is_of_one_setting),
    };
    return cmocka_run_group_tests_name("cells", tests, NULL, NULL);
}
