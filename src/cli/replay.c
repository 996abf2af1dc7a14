/* replay: see replay.h. Each run is done in this process, written to a results file of its own as
 * `run` writes it, and compared with its row. Refuses to call it damage when another version, other
 * kernels or another BLAS made the row: their last bits may differ. */
#include "replay.h"

#include "base/clock.h"
#include "base/kernel.h"
#include "base/linalg.h"
#include "base/show.h"
#include "report/rows.h"
#include "study/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct replay {
    const struct invocation *inv;
    struct store *store, *again; /* again: the one run, as it was done now */
    struct floor_cache *floors;
    char folder[256], path[300];
    int run, num_same, num_differ, num_other;
    /* of this run */
    int num_results;
    char first[320];     /* its first result that differs, in words */
    double largest;      /* relative difference */
    char largest_of[96]; /* and its element */
};

/* --- which ------------------------------------------------------------------------------------ */

struct candidate {
    int run, cell, turn; /* turn: how many runs of its cell have smaller keys */
    char key[33];
};

static int by_cell(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    return x->cell != y->cell ? (x->cell > y->cell) - (x->cell < y->cell) : strcmp(x->key, y->key);
}

static int by_turn(const void *a, const void *b)
{
    const struct candidate *x = a, *y = b;
    return x->turn != y->turn ? x->turn - y->turn : strcmp(x->key, y->key);
}

/* The first of every cell, then the second of every cell...; keys are hashes, and order them as
 * chance would. */
static void order_candidates(struct candidate *list, int num)
{
    qsort(list, (size_t)num, sizeof *list, by_cell);
    for (int i = 1; i < num; i++)
        list[i].turn = list[i].cell == list[i - 1].cell ? list[i - 1].turn + 1 : 0;
    qsort(list, (size_t)num, sizeof *list, by_turn);
}

/* Runs that are done and were trained: *list malloc'd. */
static int find_candidates(struct store *store, const char *where, struct candidate **list,
                           int *num, struct status *st)
{
    int *row = NULL, num_rows = 0, column = store_find_column(store, "cell");
    int code = rows_where(store, where, &row, &num_rows, st);
    *list = calloc((size_t)num_rows + 1, sizeof **list);
    *num = 0;
    if (!code && !*list) code = status_no_memory(st, "%d runs", num_rows);
    for (int i = 0; i < num_rows && !code; i++) {
        double cell = 0;
        if (store_run_status(store, row[i]) != RUN_DONE || !store_is_trained(store, row[i]))
            continue;
        const struct decoded_run *run = store_settings(store, row[i], st);
        code = !run         ? st->code
               : column < 0 ? 0
                            : store_read_numbers(store, column, row[i], &cell, st);
        if (code) break;
        struct candidate *c = &(*list)[(*num)++];
        *c = (struct candidate){.run = row[i], .cell = (int)cell};
        memcpy(c->key, run->key, sizeof c->key);
    }
    free(row);
    if (code || *num) return code;
    return status_set(st, STATUS_USAGE, "--replay: no run%s that is done and was trained here",
                      where ? " of those that --where chooses" : "");
}

/* --- one run ---------------------------------------------------------------------------------- */

static void take_difference(void *context, const struct store_difference *x)
{
    struct replay *r = context;
    if (!x->shared) return; /* a version may have more columns */
    if (r->num_results++ == 0)
        snprintf(r->first, sizeof r->first, "%s is %.17g in the file and %.17g now", x->element,
                 x->a, x->b);
    if (r->num_results > 1 && !(x->relative > r->largest)) return;
    r->largest = x->relative;
    snprintf(r->largest_of, sizeof r->largest_of, "%s", x->name);
}

/* Bits of a row and of the run that was done now need not be the same: "kernel avx2, now avx512".
 */
static int find_other(struct replay *r, char *other, size_t bytes, struct status *st)
{
    static const char *const column[] = {"kernel", "blas_core"};
    char was[96], now[96];
    *other = '\0';
    store_run_version(r->store, r->run, was, sizeof was);
    store_run_version(r->again, 0, now, sizeof now);
    if (strcmp(was, now) != 0) snprintf(other, bytes, "version %s, now %s", was, now);
    for (int i = 0; i < 2 && !*other; i++) {
        int x = store_find_column(r->store, column[i]), y = store_find_column(r->again, column[i]);
        char a[64] = "", b[64] = "";
        int code = x < 0 ? 0 : store_read_text(r->store, x, r->run, a, sizeof a, st);
        if (!code && y >= 0) code = store_read_text(r->again, y, 0, b, sizeof b, st);
        if (code) return code;
        if (strcmp(a, b) != 0) snprintf(other, bytes, "%s %s, now %s", column[i], a, b);
    }
    return STATUS_OK;
}

static int judge(struct replay *r, struct status *st)
{
    char other[256];
    const char *path = r->inv->operand[0];
    r->num_results = 0;
    int code = store_differences(r->store, r->run, r->again, 0, take_difference, r, st);
    if (!code) code = find_other(r, other, sizeof other, st);
    if (code) return code;
    if (r->num_results == 0) {
        r->num_same++;
    } else if (*other) {
        r->num_other++;
        log_line(&r->inv->log, LOG_WARNING,
                 "%s: run %d: made with %s: %d results differ, by %.2g of their value at most (%s)",
                 path, r->run, other, r->num_results, r->largest, r->largest_of);
    } else {
        r->num_differ++;
        show_on(r->inv->err, "%s: run %d: %s; %d results differ\n", path, r->run, r->first,
                r->num_results);
    }
    return STATUS_OK;
}

/* The grid of this one run. */
static int make_plan(const struct decoded_run *run, const char *path, int number, struct plan *plan,
                     struct status *st)
{
    char *yaml = plan_run_yaml(&run->settings, run->seed, "replay");
    if (!yaml) return status_no_memory(st, "the settings");
    int code = plan_read(plan, NULL, yaml, strlen(yaml), NULL, 0, st);
    free(yaml);
    if (code || (!run->unknown && strcmp(plan->runs[0].key, run->key) == 0)) return code;
    return status_set(st, STATUS_IO,
                      "%s: run %d cannot be done again: it has settings that this version does not "
                      "know, or its key is another than theirs",
                      path, number);
}

static int do_run(struct replay *r, const struct plan *plan, struct status *st)
{
    struct run_output out = {0};
    double start_cpu_s = clock_cpu_s();
    const struct run *run = &plan->runs[0];
    const struct settings *s = &plan->cells[run->cell].settings;
    float *start;
    int code = store_start_weights(s, &start, st);
    if (!code) {
        struct run_context context = {.floors = r->floors, .start = start};
        code = experiment_run(s, run->key, run->seed, &context, &out, st);
    }
    if (!code)
        code = study_write_single(r->path, plan, &out, clock_cpu_s() - start_cpu_s,
                                  r->inv->command_line, true, st);
    run_output_free(&out);
    free(start);
    return code;
}

static int replay_run(struct replay *r, struct status *st)
{
    struct plan plan = {0};
    const struct decoded_run *run = store_settings(r->store, r->run, st);
    int code = run ? make_plan(run, r->inv->operand[0], r->run, &plan, st) : st->code;
    if (!code) code = do_run(r, &plan, st);
    plan_free(&plan);
    if (code == STATUS_RUN_FAILED) {
        r->num_differ++;
        show_on(r->inv->err, "%s: run %d: done in the file, and failed now: %s\n",
                r->inv->operand[0], r->run, st->text);
        return st->code = STATUS_OK;
    }
    if (!code) code = store_open(&r->again, r->path, st);
    unlink(r->path);
    if (!code) code = judge(r, st);
    store_close(r->again);
    r->again = NULL;
    return code;
}

/* --- all -------------------------------------------------------------------------------------- */

static int begin(struct replay *r, struct status *st)
{
    const char *tmp = getenv("TMPDIR");
    snprintf(r->folder, sizeof r->folder, "%.200s/hmmgrid-XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(r->folder)) {
        *r->folder = '\0';
        return status_set(st, STATUS_CANNOT_CREATE,
                          "no folder can be made in %.200s for the runs; set TMPDIR to one that "
                          "can be written",
                          tmp && *tmp ? tmp : "/tmp");
    }
    snprintf(r->path, sizeof r->path, "%s/run.h5", r->folder);
    r->floors = floor_cache_new();
    if (!r->floors) return status_no_memory(st, "the runs");
    int code = kernel_check(st);
    return code ? code : linalg_start(st);
}

static int replay_all(struct replay *r, const struct candidate *list, int num, int most,
                      struct status *st)
{
    int code = begin(r, st);
    for (int i = 0; i < num && !code; i++) {
        char *told = rows_tell(r->store, list[i].run);
        r->run = list[i].run;
        log_line(&r->inv->log, LOG_INFO, "run %d (%s) is done again, %d of %d", r->run,
                 told ? told : "", i + 1, num);
        free(told);
        code = replay_run(r, st);
    }
    floor_cache_free(r->floors);
    if (*r->folder) rmdir(r->folder);
    if (code) return code;
    show_on(r->inv->out, "replayed %d of %d done: same %d differ %d of another version %d\n", num,
            most, r->num_same, r->num_differ, r->num_other);
    if (!r->num_differ) return STATUS_OK;
    return status_set(st, STATUS_IO,
                      "%s: %d of %d runs have other results when they are done again by the same "
                      "version and kernels; `hmmgrid reset --done` makes them pending",
                      r->inv->operand[0], r->num_differ, num);
}

int replay(const struct invocation *inv, struct store *store, int num, const char *where,
           struct status *st)
{
    struct replay r = {.inv = inv, .store = store};
    struct candidate *list = NULL;
    int most = 0, code = find_candidates(store, where, &list, &most, st);
    if (!code) order_candidates(list, most);
    if (!code) code = replay_all(&r, list, num < most ? num : most, most, st);
    free(list);
    return code;
}
