/* test_ranges: the ends of every range of the settings table. settings_resolve takes what lies
 * inside and refuses what lies outside, and what it takes trains: one epoch of a tiny network,
 * where that takes a moment. That `check` and the help say the same: tests/system/ranges.py. */
#include "../support/check.h"
#include "forecast/cost.h"
#include "hmmgrid/train.h"
#include "settings/value.h"

#include <stdlib.h>
#include <string.h>

static struct settings tiny(void)
{
    struct settings s;
    settings_default(&s);
    for (int i = 0; i < num_settings; i++)
        if (strncmp(settings_table[i].key, "analysis.", strlen("analysis.")) == 0 &&
            settings_table[i].type == SETTING_BOOL)
            value_store(&s, &settings_table[i], &(struct value){.number = 0});
    s.hmm.states = 2;
    s.data.sequences = 30;
    s.data.length = 5;
    s.rnn.hidden = 4;
    s.rnn.noise_dim = 2;
    s.train.epochs = 1;
    s.train.batch = 10;
    s.measure.sequences = 10;
    s.measure.floor_draws = 2;
    return s;
}

static bool is_numeric(const struct setting *row)
{
    return row->type == SETTING_INT || row->type == SETTING_REAL ||
           row->type == SETTING_REAL_LIST || row->type == SETTING_DURATION;
}

static void set(struct settings *s, const struct setting *row, double x)
{
    struct value value = {.number = x, .list.count = row->min_count};
    for (int i = 0; i < row->min_count; i++) value.list.value[i] = x;
    value_store(s, row, &value);
}

/* The next value of the row's type: up for 1, down for -1. */
static double beside(const struct setting *row, double x, int way)
{
    return row->type == SETTING_INT ? x + way : nextafter(x, way * INFINITY);
}

static void train(const struct settings *s, const struct setting *row, double x)
{
    struct hmm hmm;
    struct status st = {0};
    struct rnn_shape shape = rnn_shape_of(s);
    if (train_memory_bytes(s) > 100e6 || cost_run_s(s) > 0.5) return;
    size_t n = rnn_num_params(shape), epochs = (size_t)train_num_epochs(s);
    float *all = calloc(2 * epochs + (2 + (size_t)train_num_snapshots(s)) * n, sizeof *all);
    assert_non_null(all);
    struct train_output out = {all, all + epochs, all + 2 * epochs, all + 2 * epochs + n,
                               .snapshots = all + 2 * epochs + 2 * n};
    check_ok(hmm_init(&hmm, s, &st), &st);
    if (train_run(s, &hmm, "0123456789abcdef0123456789abcdef", 1, NULL, &out, &st))
        fail_msg("%s %.17g: %s", row->key, x, st.text);
    if (!isfinite(out.best_val_loss)) fail_msg("%s %.17g: no loss", row->key, x);
    hmm_free(&hmm);
    free(all);
}

static void inside(const struct setting *row, double x)
{
    struct settings s = tiny();
    struct status st = {0};
    const char *key;
    set(&s, row, x);
    if (settings_resolve(&s, &key, &st) == STATUS_OK)
        train(&s, row, x);
    else if (strstr(st.text, "out of range")) /* another rule may refuse it, a range may not */
        fail_msg("%s %.17g: %s", row->key, x, st.text);
}

static void outside(const struct setting *row, double x)
{
    struct settings s = tiny();
    struct status st = {0};
    const char *key;
    set(&s, row, x);
    check_code(settings_resolve(&s, &key, &st), STATUS_BAD_GRID, &st);
    assert_string_equal(key, row->key);
    assert_non_null(strstr(st.text, "out of range"));
}

static void every_range(void **state)
{
    (void)state;
    int num = 0;
    for (int i = 0; i < num_settings; i++) {
        const struct setting *row = &settings_table[i];
        if (!is_numeric(row)) continue;
        outside(row, row->min_exclusive ? row->min : beside(row, row->min, -1));
        if (!row->min_exclusive) inside(row, row->min);
        inside(row, beside(row, row->min, 1));
        inside(row, beside(row, row->max, -1));
        inside(row, row->max);
        outside(row, beside(row, row->max, 1));
        num++;
    }
    assert_true(num > 30);
}

int main(void)
{
    const struct CMUnitTest tests[] = {cmocka_unit_test(every_range)};
    return cmocka_run_group_tests_name("ranges", tests, NULL, NULL);
}
