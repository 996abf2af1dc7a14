/* Outputs of analyses: their tables, and what is put where they have an entry and where not. */
#include "../support/made_network.h"
#include "analyse/analysis.h"
#include "base/linalg.h"
#include "hmmgrid/metrics.h"

#include <stdio.h>

/* Every output has a row of its own, an analysis tells the same in help and file, and all say how.
 */
static void test_tables(void **state)
{
    (void)state;
    for (int a = 0; a < num_analyses; a++) {
        const struct analysis *one = analysis_table[a];
        char key[64];
        snprintf(key, sizeof key, "analysis.%s", one->name);
        assert_non_null(settings_find(key));
        assert_string_equal(analysis_meaning(one), settings_find(key)->help);
        assert_ptr_equal(analysis_find(one->name), one);
        if (!one->formula || !one->reference) fail_msg("%s: no formula or reference", one->name);
        for (int o = 0; o < one->num_outputs; o++) {
            const struct analysis_output *output = &one->output[o];
            if (!output->name || !output->unit || !output->meaning)
                fail_msg("%s: output %d has no row", one->name, o);
            for (int d = 0; d < MAX_ANALYSIS_DIMS; d++)
                assert_true((output->dim[d] != NULL) == (d < output->num_dims));
            for (int p = 0; p < o; p++) assert_string_not_equal(one->output[p].name, output->name);
        }
    }
    for (int m = 0; m < num_metrics; m++) {
        assert_non_null(metrics_table[m].formula);
        for (const char *c = metrics_table[m].formula; *c; c++) assert_in_range(*c, ' ', '~');
    }
}

/* --- an analysis made by hand ----------------------------------------------------------------- */

static const struct analysis_dim pair = {"pair", 2, NULL, "1", "first or second"};
static const struct analysis_dim symbol = {"symbol", SIZE_SYMBOLS, NULL, "1", "symbol"};

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    SCALAR(NUMBER, "number", "1", "a scalar")                                                      \
    SCALAR(NUMBER_SD, "number_sd", "1", "its sd")                                                  \
    CURVE(LINE, "line", symbol, "1", "a curve")                                                    \
    PLANE(SHEET, "sheet", pair, symbol, "1", "a plane")                                            \
    PLANE(SHEET_SD, "sheet_sd", pair, symbol, "1", "its sd")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};
static const struct analysis by_hand = {.name = "by_hand", .output = output};

enum { K = 3, LINE_AT = 2, SHEET_AT = LINE_AT + K, SD_AT = SHEET_AT + 2 * K, ALL = SD_AT + 2 * K };
struct written {
    double all[ALL], *value[NUM_OUTPUTS];
    struct settings s;
    struct outputs out;
};

static void prepare(struct written *w)
{
    *w = (struct written){
        .value = {w->all, w->all + 1, w->all + LINE_AT, w->all + SHEET_AT, w->all + SD_AT},
        .s.hmm.symbols = K,
        .out = {.analysis = &by_hand, .s = &w->s, .value = w->value}};
    for (int i = 0; i < ALL; i++) w->all[i] = NAN;
}

static int num_written(const struct written *w)
{
    int num = 0;
    for (int i = 0; i < ALL; i++) num += !isnan(w->all[i]);
    return num;
}

static void test_entries(void **state)
{
    (void)state;
    struct written w;
    prepare(&w);
    put_pair(&w.out, NUMBER, 1.5, .5);
    put(&w.out, LINE, 7, 2);
    put_pair(&w.out, SHEET, 3, .25, 1, (size_t)0);
    assert_true(w.all[0] == 1.5 && w.all[1] == .5 && w.all[LINE_AT + 2] == 7);
    assert_true(w.all[SHEET_AT + K] == 3 && w.all[SD_AT + K] == .25);
    assert_int_equal(num_written(&w), 5);
    put_row(&w.out, SHEET, 1, (double[]){8, 9, 10}, K);
    put_row(&w.out, SHEET, 0, (double[]){5, 6, 7}, K);
    put_row(&w.out, LINE, 1, (double[]){11}, 1);
    put_row(&w.out, LINE, 0, NULL, 0);
    for (int i = 0; i < 2 * K; i++) assert_true(w.all[SHEET_AT + i] == 5 + i);
    assert_true(w.all[LINE_AT + 1] == 11);
    assert_null(w.out.misplaced);
}

/* Beyond a dimension, before it, too few indices, too many, no index, a row that is too long or
 * begins beyond: nothing is written, and the first name is kept. */
static void test_what_has_no_entry(void **state)
{
    (void)state;
    struct written w;
    for (int i = 0; i < 7; i++) {
        prepare(&w);
        if (i == 0) put(&w.out, LINE, 1, K);
        if (i == 1) put(&w.out, LINE, 1, -1);
        if (i == 2) put(&w.out, LINE, 1);
        if (i == 3) put(&w.out, LINE, 1, 0, 0);
        if (i == 4) put(&w.out, LINE, 1, NAN);
        if (i == 5) put_row(&w.out, LINE, 1, (double[K]){0}, K);
        if (i == 6) put_row(&w.out, LINE, K, (double[]){0}, 1);
        put(&w.out, NUMBER, 1, 0);
        assert_non_null(w.out.misplaced);
        assert_string_equal(w.out.misplaced, "line");
        assert_int_equal(num_written(&w), 0);
    }
}

/* A network of more symbols than its results have room for: the run fails and says why. */
static void test_what_an_analysis_misplaces(void **state)
{
    (void)state;
    struct settings s;
    struct results r;
    struct status st = {0};
    struct made m = make(6, 2, K, false);
    rng_fill_normal(rng_stream(1, "test", "outputs"), 0, rnn_num_params(m.shape), m.params);
    for (int i = 0; i < 36; i++) m.W[i] *= .2f;
    settings_default(&s);
    s.analysis.steps = 200;
    check_ok(run(&r, "readout", &s, &m, NULL, NULL, &st), &st);
    assert_true(value(&r, "angle_mean") > 0);
    analyses_free(&r.a);
    r.s.hmm.symbols = K - 1;
    check_ok(analyses_init(&r.a, &r.s, &st), &st);
    check_code(analyse_network(&r.s, m.shape, m.params, NULL, NULL, &r.a, &st), STATUS_RUN_FAILED,
               &st);
    assert_non_null(strstr(st.text, "analysis.readout: its output 'angle_between'"));
    analyses_free(&r.a);
    free(m.params);
}

int main(void)
{
    struct status st;
    if (linalg_start(&st)) return 1;
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_tables),
        cmocka_unit_test(test_entries),
        cmocka_unit_test(test_what_has_no_entry),
        cmocka_unit_test(test_what_an_analysis_misplaces),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
