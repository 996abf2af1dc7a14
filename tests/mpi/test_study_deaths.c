/* test_study_deaths: studies with a dummy run function some of whose runs die, hang or take all
 * memory, under mpirun with any number of ranks: such a run costs itself and nothing else.
 * timeout 120 mpirun -n 3 test_study_deaths [DIR [NAME]] */
#include "study_case.h"

/* Does the error of the run with this seed say so, in a row of this status? Collective. */
static bool says(struct test *t, int64_t seed, int status, const char *words)
{
    struct store *store = NULL;
    struct status st = {0};
    int found = 0;
    if (t->rank == 0 && store_open(&store, t->file, &st) == 0) {
        for (int i = 0; i < store_num_runs(store); i++) {
            char text[1100] = "";
            const struct decoded_run *run = store_settings(store, i, &st);
            if (!run || run->seed != seed) continue;
            store_read_text(store, store_find_column(store, "error"), i, text, sizeof text, &st);
            found = store_run_status(store, i) == status && strstr(text, words);
            if (!found) fprintf(stderr, "seed %lld: %s\n", (long long)seed, text);
        }
        store_close(store);
    }
    MPI_Bcast(&found, 1, MPI_INT, 0, t->comm);
    return found;
}

/* Of twenty runs one crashes, one takes memory without end and one spins. */
static void three_of_twenty(struct test *t)
{
    struct status st;
    new_file_all(t, "deaths");
    make_plan(t, "7000, 8000, 9000, 0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16",
              (const char *const[]){"run.retries=1", "run.order=grid", "run.memory=150",
                                    "run.patience=1s", "run.max_failures=100%", NULL});
    CHECK(t, study_all(t, &st) == STATUS_SOME_FAILED);
    struct found f = look_all(t, t->file);
    CHECK(t, f.count[RUN_DONE] == 17 && f.count[RUN_FAILED] == 1 && f.count[RUN_CRASHED] == 2);
    CHECK(t, f.attempts == 17 + 1 + 2 * 2); /* what may be chance is tried again */
    CHECK(t, says(t, 7000, RUN_CRASHED, "signal 11"));
    CHECK(t, says(t, 7000, RUN_CRASHED, "after epoch 3 of 3"));
    CHECK(t, says(t, 7000, RUN_CRASHED, "it said last: dummy: about to touch what is not there"));
    CHECK(t, says(t, 8000, RUN_FAILED, "run.memory"));
    CHECK(t, says(t, 9000, RUN_CRASHED, "no sign of life"));
    check_status_file(t, "complete");
    t->options.existing = EXISTING_RESUME;
    CHECK(t, study_all(t, &st) == STATUS_SOME_FAILED); /* and stays so */
    CHECK(t, look_all(t, t->file).attempts == f.attempts);
}

/* Crashed runs are taken up by a larger number of retries. */
static void more_retries(struct test *t)
{
    struct status st;
    new_file_all(t, "retries");
    make_plan(t, "6000, 0, 1", (const char *const[]){"run.retries=0", NULL});
    CHECK(t, study_all(t, &st) == STATUS_SOME_FAILED);
    CHECK(t, says(t, 6000, RUN_CRASHED, "signal 9"));
    struct found f = look_all(t, t->file);
    CHECK(t, f.count[RUN_CRASHED] == 1 && f.attempts == 3);
    make_plan(t, "6000, 0, 1", (const char *const[]){"run.retries=2", NULL});
    t->options.existing = EXISTING_RESUME;
    CHECK(t, study_all(t, &st) == STATUS_SOME_FAILED);
    f = look_all(t, t->file);
    CHECK(t, f.count[RUN_CRASHED] == 1 && f.count[RUN_DONE] == 2 && f.attempts == 5);
}

/* The same rows whether runs have processes of their own or not. */
static void same_rows(struct test *t)
{
    struct status st;
    const char *const how[] = {"run.isolate=process", "run.isolate=none"};
    struct found f[2];
    for (int i = 0; i < 2; i++) {
        new_file_all(t, i ? "here" : "apart");
        make_plan(t, "0, 1, 2", (const char *const[]){how[i], NULL});
        CHECK(t, study_all(t, &st) == 0);
        f[i] = look_all(t, t->file);
    }
    CHECK(t, strcmp(f[0].digest, f[1].digest) == 0);
}

/* A study that ended as a whole blames no run, however often. */
static void innocent(struct test *t)
{
    struct status st;
    leave_begun_all(t, "innocent", "run.retries=0", (const int[]){1, 1, 1, 1, 1}, 5, false);
    CHECK(t, study_all(t, &st) == 0);
    struct found f = look_all(t, t->file);
    CHECK(t, f.count[RUN_DONE] == 3 && f.attempts == 5 + 3);
}

/* By name only: what handing out, processes, rows and commits cost beside the runs themselves,
 * which sleep: 2000 of a second, or DUMMY_RUNS of them. */
static void overhead(struct test *t)
{
    static const char grid[] = "version: 1\nstudy: overhead\n"
                               "defaults:\n"
                               "  data: {sequences: 30, length: 6}\n"
                               "  rnn: {hidden: 4, noise_dim: 2}\n"
                               "  train: {epochs: 3, batch: 5}\n"
                               "  measure: {sequences: 20}\n"
                               "analysis: false\n"
                               "grid:\n  chain:\n    product: {hmm.states: [2, 3]}\n"
                               "seeds: 0-999\n";
    struct status st;
    const char *text = getenv("DUMMY_RUNS");
    int num = text ? atoi(text) : 2000, workers = t->size > 1 ? t->size - 1 : 1;
    new_file_all(t, "overhead");
    CHECK(t, plan_read(&t->plan, "overhead", grid, sizeof grid - 1, NULL, 0, &st) == 0);
    bool *selected = calloc((size_t)t->plan.num_runs, sizeof *selected);
    for (int i = 0; i < t->plan.num_runs; i++) selected[i] = i < num;
    t->options.selected = selected;
    setenv("HMMGRID_DUMMY_MS", "1000", 1);
    double start_s = MPI_Wtime();
    CHECK(t, study_all(t, &st) == 0);
    double wall_s = MPI_Wtime() - start_s, ideal_s = ceil((double)num / workers);
    if (t->rank == 0)
        printf("%d runs of a second on %d ranks: %.1f s, %.1f s without cost: %.2f %%\n", num,
               t->size, wall_s, ideal_s, 100 * (wall_s / ideal_s - 1));
    free(selected);
}

static const struct study_case cases[] = {
    {"three_of_twenty", three_of_twenty, false},
    {"more_retries", more_retries, false},
    {"same_rows", same_rows, false},
    {"innocent", innocent, false},
    {"overhead", overhead, true},
};

int main(int argc, char **argv)
{
    return study_cases_main(argc, argv, cases, sizeof cases / sizeof cases[0]);
}
