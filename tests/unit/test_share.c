/* test_share: the shares of a plan are disjoint, hold every run, cost about the same, and are the
 * same whatever the order of the runs. */
#include "../support/check.h"
#include "forecast/cost.h"
#include "forecast/share.h"

#include <math.h>
#include <string.h>

enum { CELLS = 7, RUNS = 91 };
static struct cell cells[CELLS];
static struct run runs[RUNS], part[RUNS];

static void make_plan(void)
{
    for (int c = 0; c < CELLS; c++) {
        settings_default(&cells[c].settings);
        cells[c].settings.rnn.hidden = 50 + 40 * (c / 2); /* some cost the same */
        cells[c].settings.train.epochs = 100 + 300 * (c % 3);
    }
    for (int i = 0; i < RUNS; i++) {
        runs[i] = (struct run){.cell = i % CELLS, .seed = i};
        settings_run_key(&cells[runs[i].cell].settings, i, runs[i].key);
    }
}

static struct plan copy_of(const struct run *from)
{
    memcpy(part, from, sizeof part);
    return (struct plan){.cells = cells, .num_cells = CELLS, .runs = part, .num_runs = RUNS};
}

static double cost_of(const struct plan *plan)
{
    double sum = 0;
    for (int i = 0; i < plan->num_runs; i++) sum += cost_run_s(&cells[plan->runs[i].cell].settings);
    return sum;
}

static void test_parts_are_a_partition(void **state)
{
    (void)state;
    double most_run = 0;
    for (int c = 0; c < CELLS; c++) most_run = fmax(most_run, cost_run_s(&cells[c].settings));
    for (int of = 1; of <= RUNS + 2; of += of < 12 ? 1 : 20) {
        int seen[RUNS] = {0}, sum = 0;
        double least = INFINITY, most = 0;
        for (int number = 1; number <= of; number++) {
            struct plan plan = copy_of(runs);
            assert_int_equal(share_keep(&plan, (struct share){number, of}, NULL), STATUS_OK);
            for (int i = 0; i < plan.num_runs; i++) {
                seen[plan.runs[i].seed]++;
                assert_true(i == 0 || plan.runs[i - 1].seed < plan.runs[i].seed);
            }
            sum += plan.num_runs;
            least = fmin(least, cost_of(&plan));
            most = fmax(most, cost_of(&plan));
        }
        assert_int_equal(sum, RUNS);
        for (int i = 0; i < RUNS; i++) assert_int_equal(seen[i], 1);
        assert_true(most - least <= 1.01 * most_run);
        if (of <= 4) assert_true(most < 1.05 * least);
    }
}

static void test_order_does_not_matter(void **state)
{
    (void)state;
    struct run turned[RUNS];
    char chosen[RUNS] = {0};
    struct plan plan = copy_of(runs);
    assert_int_equal(share_keep(&plan, (struct share){2, 3}, NULL), STATUS_OK);
    for (int i = 0; i < plan.num_runs; i++) chosen[plan.runs[i].seed] = 1;
    int num = plan.num_runs;
    for (int i = 0; i < RUNS; i++) turned[i] = runs[RUNS - 1 - i];
    plan = copy_of(turned);
    assert_int_equal(share_keep(&plan, (struct share){2, 3}, NULL), STATUS_OK);
    assert_int_equal(plan.num_runs, num);
    for (int i = 0; i < num; i++) assert_true(chosen[plan.runs[i].seed]);
}

static void test_words(void **state)
{
    (void)state;
    static const char *const bad[] = {"",      "x",     "1",     "/",        "1/",
                                      "/8",    "0/8",   "9/8",   "1/0",      "0/0",
                                      "-1/8",  "1/-8",  "1 / 8", "1/8 ",     "+1/8",
                                      "1.5/8", "1/8/2", "01x/8", "1/100001", "1/9999999999"};
    struct share share;
    for (size_t i = 0; i < sizeof bad / sizeof bad[0]; i++) {
        struct status st = {0};
        assert_int_equal(share_parse(bad[i], &share, &st), STATUS_USAGE);
        assert_true(strlen(st.text) > 0);
    }
    assert_int_equal(share_parse("2/8", &share, NULL), STATUS_OK);
    assert_true(share.number == 2 && share.of == 8);
    assert_int_equal(share_parse("01/1", &share, NULL), STATUS_OK);
}

int main(void)
{
    make_plan();
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_parts_are_a_partition),
        cmocka_unit_test(test_order_does_not_matter),
        cmocka_unit_test(test_words),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
