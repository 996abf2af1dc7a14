/* test_schedule: the scheduler is fed events without MPI, clock or files. Expected numbers are
 * worked out by hand in the comments. */
#include "../support/check.h"
#include "forecast/schedule.h"

#include <stdlib.h>

enum { MAX_RUNS = 100000 };

static struct schedule *fresh(int num, const double *cost_s, int order, double max_failures)
{
    int *zero = calloc((size_t)num + 1, sizeof *zero);
    assert_non_null(zero);
    struct schedule *s = schedule_new(
        num, zero, zero, zero, cost_s,
        &(struct schedule_options){.order = order, .retries = 1, .max_failures = max_failures});
    assert_non_null(s);
    free(zero);
    return s;
}

static void check_sequence(struct schedule *s, double left_s, const int *expected, int num)
{
    for (int i = 0; i < num; i++) assert_int_equal(schedule_next(s, left_s), expected[i]);
}

static void longest_first_with_ties_in_grid_order(void **state)
{
    (void)state;
    const double cost[] = {1, 5, 3, 5, 2};
    struct schedule *s = fresh(5, cost, ORDER_LONGEST, INFINITY);
    check_sequence(s, INFINITY, (int[]){1, 3, 2, 4, 0, SCHEDULE_NONE}, 6);
    assert_int_equal(schedule_counts(s).running, 5);
    schedule_free(s);
}

static void grid_order(void **state)
{
    (void)state;
    const double cost[] = {1, 5, 3};
    struct schedule *s = fresh(3, cost, ORDER_GRID, INFINITY);
    check_sequence(s, INFINITY, (int[]){0, 1, 2, SCHEDULE_NONE}, 4);
    schedule_free(s);
}

static void all_done_is_finished_with_code_0(void **state)
{
    (void)state;
    const double cost[] = {1, 1};
    struct schedule *s = fresh(2, cost, ORDER_GRID, INFINITY);
    assert_false(schedule_is_finished(s));
    int a = schedule_next(s, INFINITY), b = schedule_next(s, INFINITY);
    assert_int_equal(schedule_attempts(s, a), 1);
    assert_false(schedule_is_finished(s));
    schedule_ended(s, a, RUN_DONE, 1);
    assert_false(schedule_is_finished(s));
    assert_int_equal(schedule_exit_code(s), STATUS_STOPPED); /* one still runs */
    schedule_ended(s, b, RUN_DONE, 1);
    schedule_ended(s, b, RUN_FAILED, 1); /* told twice: ignored */
    assert_true(schedule_is_finished(s));
    assert_int_equal(schedule_counts(s).done, 2);
    assert_int_equal(schedule_exit_code(s), STATUS_OK);
    schedule_free(s);
}

static void an_empty_study_is_finished(void **state)
{
    (void)state;
    struct schedule *s = fresh(0, NULL, ORDER_LONGEST, 0);
    assert_int_equal(schedule_next(s, INFINITY), SCHEDULE_NONE);
    assert_true(schedule_is_finished(s));
    assert_int_equal(schedule_exit_code(s), STATUS_OK);
    schedule_free(s);
    schedule_free(NULL);
}

static void a_failed_run_is_counted_and_not_repeated(void **state)
{
    (void)state;
    const double cost[] = {1, 1, 1};
    struct schedule *s = fresh(3, cost, ORDER_GRID, INFINITY);
    schedule_ended(s, schedule_next(s, INFINITY), RUN_FAILED, 1);
    check_sequence(s, INFINITY, (int[]){1, 2, SCHEDULE_NONE}, 3);
    schedule_ended(s, 1, RUN_DONE, 1);
    schedule_ended(s, 2, RUN_DONE, 1);
    assert_true(schedule_is_finished(s));
    assert_int_equal(schedule_exit_code(s), STATUS_SOME_FAILED);
    schedule_free(s);
}

static void max_failures_ends_the_study_when_reached(void **state)
{
    (void)state;
    const double cost[] = {1, 1, 1, 1};
    struct schedule *s = fresh(4, cost, ORDER_GRID, 2);
    schedule_ended(s, schedule_next(s, INFINITY), RUN_FAILED, 1);
    assert_false(schedule_counts(s).too_many_failures);
    int second = schedule_next(s, INFINITY), third = schedule_next(s, INFINITY);
    schedule_ended(s, second, RUN_FAILED, 1);
    assert_true(schedule_counts(s).too_many_failures);
    assert_int_equal(schedule_next(s, INFINITY), SCHEDULE_NONE);
    assert_false(schedule_is_finished(s)); /* the third still runs */
    schedule_ended(s, third, RUN_DONE, 1);
    assert_true(schedule_is_finished(s));
    assert_int_equal(schedule_counts(s).pending, 1);
    assert_int_equal(schedule_exit_code(s), STATUS_SOME_FAILED);
    schedule_free(s);

    s = fresh(2, cost, ORDER_GRID, 0); /* 0: the first failure, and not before it */
    assert_int_equal(schedule_next(s, INFINITY), 0);
    schedule_ended(s, 0, RUN_FAILED, 1);
    assert_int_equal(schedule_next(s, INFINITY), SCHEDULE_NONE);
    schedule_free(s);
}

static void resume_keeps_results_and_quarantines_killers(void **state)
{
    (void)state;
    const int status[] = {RUN_DONE, RUN_RUNNING, RUN_RUNNING, RUN_FAILED, RUN_CRASHED, RUN_PENDING};
    const int attempts[] = {1, 1, 2, 1, 2, 0};
    const double cost[] = {1, 1, 1, 1, 1, 1};
    struct schedule *s = schedule_new(6, status, attempts, attempts, cost,
                                      &(struct schedule_options){ORDER_GRID, 1, INFINITY, 0});
    assert_non_null(s);
    const int *crashed;
    assert_int_equal(schedule_crashed(s, &crashed), 1); /* 2 attempts > 1 retry; 4 is old news */
    assert_int_equal(crashed[0], 2);
    struct schedule_counts c = schedule_counts(s);
    assert_int_equal(c.done, 1);
    assert_int_equal(c.failed, 1);
    assert_int_equal(c.crashed, 2);
    assert_int_equal(c.pending, 2);
    check_sequence(s, INFINITY, (int[]){1, 5, SCHEDULE_NONE}, 3);
    assert_int_equal(schedule_attempts(s, 1), 2);
    assert_int_equal(schedule_attempts(s, 5), 1);
    schedule_ended(s, 1, RUN_DONE, 1);
    schedule_ended(s, 5, RUN_DONE, 1);
    assert_int_equal(schedule_exit_code(s), STATUS_SOME_FAILED);
    schedule_free(s);
}

static void retries_0_quarantines_at_the_first_death(void **state)
{
    (void)state;
    const int status[] = {RUN_RUNNING}, attempts[] = {1};
    const double cost[] = {1};
    struct schedule *s = schedule_new(1, status, attempts, attempts, cost,
                                      &(struct schedule_options){ORDER_GRID, 0, INFINITY, 0});
    const int *crashed;
    assert_int_equal(schedule_crashed(s, &crashed), 1);
    assert_true(schedule_is_finished(s));
    schedule_free(s);
}

static void a_run_given_back_is_pending_and_its_attempt_does_not_count(void **state)
{
    (void)state;
    const double cost[] = {3, 2, 1};
    struct schedule *s = fresh(3, cost, ORDER_LONGEST, INFINITY);
    check_sequence(s, INFINITY, (int[]){0, 1}, 2);
    schedule_ended(s, 0, RUN_PENDING, 7);
    assert_int_equal(schedule_attempts(s, 0), 0);
    assert_int_equal(schedule_counts(s).pending, 2);
    check_sequence(s, INFINITY, (int[]){0, 2, SCHEDULE_NONE}, 3);
    schedule_stop(s);
    for (int i = 0; i < 3; i++) schedule_ended(s, i, RUN_PENDING, 0);
    assert_int_equal(schedule_next(s, INFINITY), SCHEDULE_NONE);
    assert_true(schedule_is_finished(s));
    assert_int_equal(schedule_exit_code(s), STATUS_STOPPED);
    double eta_s, half_s;
    schedule_eta(s, 1, &eta_s, &half_s);
    assert_true(isnan(eta_s)); /* runs given back do not calibrate */
    schedule_free(s);
}

static void stop_after_the_last_run_is_no_stop(void **state)
{
    (void)state;
    const double cost[] = {1};
    struct schedule *s = fresh(1, cost, ORDER_GRID, INFINITY);
    schedule_ended(s, schedule_next(s, INFINITY), RUN_DONE, 1);
    schedule_stop(s);
    assert_int_equal(schedule_exit_code(s), STATUS_OK);
    schedule_free(s);
}

static void runs_that_come_to_a_checkpoint_start(void **state)
{
    (void)state;
    const int zero[3] = {0};
    const double cost[] = {100, 10, 1};
    struct schedule *s =
        schedule_new(3, zero, zero, zero, cost,
                     &(struct schedule_options){.max_failures = INFINITY, .part_s = 20});
    assert_int_equal(schedule_next(s, 19), 1); /* as a whole */
    assert_int_equal(schedule_next(s, 20), 0);
    schedule_ended(s, 0, RUN_PENDING, 20);
    schedule_ended(s, 1, RUN_DONE, 20); /* twice the cost, but a checkpoint comes by the clock */
    assert_int_equal(schedule_next(s, 19), 2);
    assert_int_equal(schedule_next(s, 19), SCHEDULE_NONE);
    assert_true(schedule_counts(s).no_time);
    assert_int_equal(schedule_next(s, 20), 0);
    schedule_free(s);
}

static void runs_that_do_not_fit_are_passed_over(void **state)
{
    (void)state;
    const double cost[] = {100, 10, 1};
    for (int order = ORDER_LONGEST; order <= ORDER_GRID; order++) {
        struct schedule *s = fresh(3, cost, order, INFINITY);
        assert_int_equal(schedule_next(s, 50), 1);
        assert_false(schedule_counts(s).no_time);
        assert_int_equal(schedule_next(s, 5), 2);
        assert_int_equal(schedule_next(s, 5), SCHEDULE_NONE);
        assert_true(schedule_counts(s).no_time);
        assert_false(schedule_is_finished(s));
        schedule_ended(s, 1, RUN_DONE, 10);
        schedule_ended(s, 2, RUN_DONE, 1);
        assert_false(schedule_is_finished(s)); /* to be asked once more */
        assert_int_equal(schedule_next(s, 4), SCHEDULE_NONE);
        assert_true(schedule_is_finished(s));
        assert_int_equal(schedule_exit_code(s), STATUS_STOPPED);
        schedule_free(s);
    }
}

static void calibration_changes_what_fits(void **state)
{
    (void)state;
    const double cost[] = {10, 10, 10};
    struct schedule *s = fresh(3, cost, ORDER_GRID, INFINITY);
    assert_int_equal(schedule_next(s, 11), 0);
    schedule_ended(s, 0, RUN_DONE, 20); /* twice as slow as the model thought */
    assert_int_equal(schedule_next(s, 19), SCHEDULE_NONE);
    assert_int_equal(schedule_next(s, 21), 1);
    schedule_ended(s, 1, RUN_FAILED, 0.001); /* a failure says nothing about speed */
    assert_int_equal(schedule_next(s, 19), SCHEDULE_NONE);
    schedule_free(s);
}

static void eta_from_finished_runs(void **state)
{
    (void)state;
    double eta_s, half_s;
    const double cost[] = {10, 10, 10, 10, 10, 10};
    struct schedule *s = fresh(6, cost, ORDER_GRID, INFINITY);
    schedule_eta(s, 2, &eta_s, &half_s);
    assert_true(isnan(eta_s) && isnan(half_s));
    check_sequence(s, INFINITY, (int[]){0, 1, 2}, 3);
    schedule_ended(s, 0, RUN_DONE, 20);
    schedule_eta(s, 2, &eta_s, &half_s);
    assert_true(isnan(half_s));
    schedule_ended(s, 1, RUN_DONE, 40);
    /* ratios 2 and 4: scale 3; left: half of run 2 and three runs: 35 model seconds -> 105 / 2 */
    schedule_eta(s, 2, &eta_s, &half_s);
    check_near(eta_s, 52.5, 1e-9);
    /* variance 2; sum c^2 = 25 + 300, W = 35: 1.96 sqrt(2 (325 + 1225 / 2)) / 2 */
    check_near(half_s, 0.98 * sqrt(2 * (325 + 612.5)), 1e-9);
    schedule_progress(s, 2, 0.9); /* 1 + 30 left */
    schedule_eta(s, 2, &eta_s, &half_s);
    check_near(eta_s, 46.5, 1e-9);
    schedule_eta(s, 1000, &eta_s, &half_s); /* never sooner than the longest run */
    check_near(eta_s, 30, 1e-9);
    schedule_elapsed(s, 2, 27); /* at 0.9, as it was estimated: 3 s to go */
    schedule_eta(s, 2, &eta_s, &half_s);
    check_near(eta_s, 46.5, 1e-9);
    schedule_elapsed(s, 2, 45); /* slower: 5 s at its own speed, but 15 s over the estimate */
    schedule_eta(s, 2, &eta_s, &half_s);
    check_near(eta_s, 52.5, 1e-9);
    schedule_elapsed(s, 2, 330); /* it stalls */
    schedule_eta(s, 2, &eta_s, &half_s);
    check_near(eta_s, 300, 1e-9);
    schedule_progress(s, 2, 0.25);
    schedule_elapsed(s, 2, 15); /* 45 s to go at half the speed */
    schedule_eta(s, 2, &eta_s, &half_s);
    check_near(eta_s, 67.5, 1e-9);
    schedule_free(s);
}

static void bad_costs_do_no_harm(void **state)
{
    (void)state;
    const double cost[] = {NAN, -1, INFINITY, 2};
    struct schedule *s = fresh(4, cost, ORDER_LONGEST, INFINITY);
    check_sequence(s, INFINITY, (int[]){3, 0, 1, 2, SCHEDULE_NONE}, 5);
    schedule_ended(s, 0, RUN_DONE, NAN);
    double eta_s, half_s;
    schedule_eta(s, 1, &eta_s, &half_s);
    assert_true(isnan(eta_s));
    schedule_free(s);
}

/* 100,000 runs with one in ten failing and one in ten given back: every run ends exactly once. */
static void many_runs_each_end_once(void **state)
{
    (void)state;
    double *cost = calloc(MAX_RUNS, sizeof *cost);
    unsigned char *ended = calloc(MAX_RUNS, 1), *returned = calloc(MAX_RUNS, 1);
    assert_non_null(cost);
    assert_non_null(ended);
    assert_non_null(returned);
    for (int i = 0; i < MAX_RUNS; i++) cost[i] = i * 7919 % 1000;
    struct schedule *s = fresh(MAX_RUNS, cost, ORDER_LONGEST, INFINITY);
    double last = INFINITY;
    for (int run; (run = schedule_next(s, 1e300)) != SCHEDULE_NONE;) {
        if (run % 1000 == 3 && !returned[run]) {
            returned[run] = 1;
            schedule_ended(s, run, RUN_PENDING, 0);
            continue;
        }
        assert_true(cost[run] <= last);
        last = cost[run];
        assert_int_equal(ended[run]++, 0);
        schedule_ended(s, run, run % 10 == 0 ? RUN_FAILED : RUN_DONE, cost[run]);
    }
    struct schedule_counts c = schedule_counts(s);
    assert_int_equal(c.done, MAX_RUNS / 10 * 9);
    assert_int_equal(c.failed, MAX_RUNS / 10);
    assert_true(schedule_is_finished(s));
    schedule_free(s);
    free(cost);
    free(ended);
    free(returned);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(longest_first_with_ties_in_grid_order),
        cmocka_unit_test(grid_order),
        cmocka_unit_test(all_done_is_finished_with_code_0),
        cmocka_unit_test(an_empty_study_is_finished),
        cmocka_unit_test(a_failed_run_is_counted_and_not_repeated),
        cmocka_unit_test(max_failures_ends_the_study_when_reached),
        cmocka_unit_test(resume_keeps_results_and_quarantines_killers),
        cmocka_unit_test(retries_0_quarantines_at_the_first_death),
        cmocka_unit_test(a_run_given_back_is_pending_and_its_attempt_does_not_count),
        cmocka_unit_test(stop_after_the_last_run_is_no_stop),
        cmocka_unit_test(runs_that_come_to_a_checkpoint_start),
        cmocka_unit_test(runs_that_do_not_fit_are_passed_over),
        cmocka_unit_test(calibration_changes_what_fits),
        cmocka_unit_test(eta_from_finished_runs),
        cmocka_unit_test(bad_costs_do_no_harm),
        cmocka_unit_test(many_runs_each_end_once),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
