/* test_cost: schedules against brute force over all assignments, floors counted once per worker,
 * memory against the arenas, and the calibration's bookkeeping. Nothing here depends on how fast
 * the machine is. */
#include "../support/check.h"
#include "forecast/cost.h"
#include "forecast/forecast.h"
#include "base/linalg.h"
#include "hmmgrid/rng.h"
#include "hmmgrid/train.h"

#include <string.h>

enum { MAX_RUNS = 8, MAX_WORKERS = 4, CASES = 300 };

/* Makespan of one assignment: worker[i] does run i. */
static double makespan_of(const struct forecast_run *run, const int *worker, int num,
                          const double *floors_s)
{
    double load[MAX_WORKERS] = {0}, most = 0;
    bool known[MAX_WORKERS][MAX_RUNS] = {{false}};
    for (int i = 0; i < num; i++) {
        int w = worker[i], f = run[i].floors;
        load[w] += run[i].run_s + (known[w][f] ? 0 : floors_s[f]);
        known[w][f] = true;
        if (load[w] > most) most = load[w];
    }
    return most;
}

/* The best of all workers^num assignments. */
static double best_makespan(const struct forecast_run *run, int num, const double *floors_s,
                            int workers)
{
    int worker[MAX_RUNS] = {0};
    for (double best = INFINITY;;) {
        best = fmin(best, makespan_of(run, worker, num, floors_s));
        int i = 0;
        while (i < num && ++worker[i] == workers) worker[i++] = 0;
        if (i == num) return best;
    }
}

/* Longest first, written with plain searches: the next run goes to the least loaded worker. */
static double plain_schedule(const struct forecast_run *run, int num, const double *floors_s,
                             int workers, double *busy_s)
{
    double load[MAX_WORKERS] = {0}, most = 0;
    bool known[MAX_WORKERS][MAX_RUNS] = {{false}}, taken[MAX_RUNS] = {false};
    *busy_s = 0;
    for (int k = 0; k < num; k++) {
        int next = -1, w = 0;
        for (int i = 0; i < num; i++)
            if (!taken[i] && (next < 0 || run[i].order_s > run[next].order_s)) next = i;
        for (int j = 1; j < workers; j++)
            if (load[j] < load[w]) w = j;
        taken[next] = true;
        double s = run[next].run_s + (known[w][run[next].floors] ? 0 : floors_s[run[next].floors]);
        known[w][run[next].floors] = true;
        load[w] += s;
        *busy_s += s;
        most = fmax(most, load[w]);
    }
    return most;
}

/* Small whole numbers, so that sums are exact and ties happen. */
static int made_up(struct rng rng, struct forecast_run run[], double floors_s[], bool with_floors)
{
    int num = 1 + (int)(rng_uniform(rng, 0) * 7);
    for (int i = 0; i < num; i++) {
        double s = 1 + floor(rng_uniform(rng, 1 + (uint64_t)i) * 12);
        run[i] = (struct forecast_run){s, s, (int)(rng_uniform(rng, 50 + (uint64_t)i) * 3)};
    }
    for (int f = 0; f < 3; f++)
        floors_s[f] = with_floors ? floor(rng_uniform(rng, 100 + (uint64_t)f) * 6) : 0;
    return num;
}

static void schedules_agree_with_brute_force(void **state)
{
    (void)state;
    struct rng rng = rng_stream(0, "test", "cost");
    for (int c = 0; c < CASES; c++) {
        struct forecast_run run[MAX_RUNS];
        struct makespan got;
        double floors_s[3], busy_s;
        bool with_floors = c % 2;
        int num = made_up(rng_child(rng, (uint64_t)c), run, floors_s, with_floors);
        int workers = 1 + c % 3;
        double best = best_makespan(run, num, floors_s, workers);
        double plain = plain_schedule(run, num, floors_s, workers, &busy_s);
        assert_true(forecast_makespan(run, num, ORDER_LONGEST, floors_s, 3, workers, &got));
        check_near(got.makespan_s, plain, 0);
        check_near(got.busy_s, busy_s, 0);
        assert_true(got.bound_s <= best + 1e-9);
        assert_true(got.makespan_s >= best);
        /* Graham 1969: longest first is at most 4/3 - 1/(3 m) of the best */
        if (!with_floors)
            assert_true(got.makespan_s <= best * (4.0 / 3 - 1 / (3.0 * workers)) + 1e-9);
    }
}

static void floors_count_once_per_worker(void **state)
{
    (void)state;
    struct makespan got;
    const struct forecast_run run[] = {{4, 4, 0}, {3, 3, 0}, {2, 2, 1}, {1, 1, 0}};
    const double floors_s[] = {10, 100};
    /* one worker: 4 + 3 + 2 + 1 and each floor once */
    assert_true(forecast_makespan(run, 4, ORDER_LONGEST, floors_s, 2, 1, &got));
    check_near(got.makespan_s, 120, 0);
    check_near(got.bound_s, 120, 0);
    /* two: 4 + 10 | 3 + 10, then 2 + 100 to the second (13 < 14), 1 to the first, without floors */
    assert_true(forecast_makespan(run, 4, ORDER_LONGEST, floors_s, 2, 2, &got));
    check_near(got.makespan_s, 115, 0);
    check_near(got.busy_s, 115 + 15, 0);
    check_near(got.bound_s, 102, 0); /* the run of 2 with its floors */
    /* as many workers as runs: everyone computes its own */
    assert_true(forecast_makespan(run, 4, ORDER_LONGEST, floors_s, 2, 1000000, &got));
    check_near(got.makespan_s, 102, 0);
    check_near(got.busy_s, 10 + 3 * 10 + 100, 0);
}

static void the_order_is_the_given_one(void **state)
{
    (void)state;
    struct makespan got;
    /* as written, 1 | 2, 5; longest first, 5 | 2, 1 */
    const struct forecast_run run[] = {{1, 1, 0}, {2, 2, 0}, {5, 5, 0}};
    assert_true(forecast_makespan(run, 3, ORDER_GRID, NULL, 0, 2, &got));
    check_near(got.makespan_s, 6, 0);
    assert_true(forecast_makespan(run, 3, ORDER_LONGEST, NULL, 0, 2, &got));
    check_near(got.makespan_s, 5, 0);
    assert_true(forecast_makespan(run, 0, ORDER_LONGEST, NULL, 0, 2, &got));
    check_near(got.makespan_s, 0, 0);
    /* the textbook case of longest-first: optimum 6, longest-first 7 (Graham 1969) */
    const struct forecast_run graham[] = {{2, 2, 0}, {3, 3, 0}, {2, 2, 0}, {3, 3, 0}, {2, 2, 0}};
    assert_true(forecast_makespan(graham, 5, ORDER_LONGEST, NULL, 0, 2, &got));
    check_near(got.bound_s, 6, 0);
    check_near(got.makespan_s, 7, 0);
}

static void more_workers_are_not_slower(void **state)
{
    (void)state;
    enum { NUM = 500 };
    static struct forecast_run run[NUM];
    struct rng rng = rng_stream(0, "test", "many");
    double sum = 0;
    for (int i = 0; i < NUM; i++) {
        double s = exp(4 * rng_uniform(rng, (uint64_t)i));
        run[i] = (struct forecast_run){s, s, 0};
        sum += s;
    }
    struct makespan before = {INFINITY, INFINITY, 0}, got;
    for (int workers = 1; workers <= 600; workers++) {
        assert_true(forecast_makespan(run, NUM, ORDER_LONGEST, NULL, 0, workers, &got));
        assert_true(got.makespan_s <= before.makespan_s && got.bound_s <= before.bound_s);
        assert_true(got.makespan_s >= got.bound_s * (1 - 1e-12));
        check_relative(got.busy_s, sum, 1e-12);
        before = got;
    }
}

static void memory_holds_the_arena(void **state)
{
    (void)state;
    struct settings s;
    struct status st = {0};
    settings_default(&s);
    s.data.length = 100;
    s.rnn.hidden = s.rnn.noise_dim = 200;
    check_ok(settings_resolve(&s, NULL, &st), &st);
    double small = cost_memory_bytes(&s);
    assert_true(small > (double)train_memory_bytes(&s) + 30e6);
    assert_true(small < 600e6);  /* what the largest run of experiments/paper.yaml may take */
    s.measure.sequences = 30000; /* now the distances count: n * n bytes */
    double large = cost_memory_bytes(&s);
    assert_true(large > 900e6 && large < 1000e6);
}

/* --- calibration ------------------------------------------------------------------------------ */

static void tiny(struct settings *s, int states, int hidden)
{
    struct status st = {0};
    settings_default(s);
    s->hmm.states = states;
    s->data.sequences = 300;
    s->data.length = 8;
    s->train.batch = 64;
    s->train.epochs = 3;
    s->rnn.hidden = hidden;
    s->rnn.noise_dim = 4;
    s->measure.sequences = 50;
    s->measure.floor_draws = 2;
    check_ok(settings_resolve(s, NULL, &st), &st);
}

static void count_cells(void *context, int cell, int num)
{
    int *told = context;
    assert_int_equal(cell, *told);
    assert_int_equal(num, 3);
    ++*told;
}

static void calibration_measures_every_cell(void **state)
{
    (void)state;
    struct settings s[3];
    struct status st = {0};
    struct calibrated model[3], out[3];
    int num_floors = 0, num_measured = 0, told = 0;
    tiny(&s[0], 2, 10);
    tiny(&s[1], 3, 10);
    tiny(&s[2], 2, 20);
    const struct settings *cell[] = {&s[0], &s[1], &s[2]};
    check_ok(calibrate_by_model(cell, 3, model, &num_floors, &st), &st);
    assert_int_equal(num_floors, 2); /* the third has the HMM of the first */
    assert_int_equal(model[0].floors, model[2].floors);
    assert_int_not_equal(model[0].floors, model[1].floors);
    for (int i = 0; i < 3; i++)
        check_relative(model[i].run_s + model[i].floors_s, cost_run_s(&s[i]), 1e-12);

    memcpy(out, model, sizeof out);
    check_ok(linalg_start(&st), &st);
    struct calibrate_watch watch = {&told, count_cells};
    check_ok(calibrate_measure(cell, 3, INFINITY, &watch, out, &num_measured, &st), &st);
    assert_int_equal(num_measured, 3);
    assert_int_equal(told, 3);
    for (int i = 0; i < 3; i++) assert_true(out[i].run_s > 0 && out[i].floors_s > 0);
    check_near(out[0].floors_s, out[2].floors_s, 0); /* timed once */

    /* no time: the first cell is measured, the others keep their ratios to it */
    memcpy(out, model, sizeof out);
    check_ok(calibrate_measure(cell, 3, -1, NULL, out, &num_measured, &st), &st);
    assert_int_equal(num_measured, 1);
    check_relative(out[1].run_s / out[0].run_s, model[1].run_s / model[0].run_s, 1e-9);
    check_relative(out[2].floors_s / out[0].floors_s, model[2].floors_s / model[0].floors_s, 1e-9);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(schedules_agree_with_brute_force),
        cmocka_unit_test(floors_count_once_per_worker),
        cmocka_unit_test(the_order_is_the_given_one),
        cmocka_unit_test(more_workers_are_not_slower),
        cmocka_unit_test(memory_holds_the_arena),
        cmocka_unit_test(calibration_measures_every_cell),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
