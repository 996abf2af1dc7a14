/* output: see output.h. Refuses to touch a file that another study holds, that belongs to another
 * grid, or that exists when nobody said what to do with it. */
#include "output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const double orphan_wait_s = 60, resume_wait_s = 5;

enum { MAX_NAMED = 5 };

static int compare_keys(const void *a, const void *b)
{
    return memcmp(a, b, 32);
}

/* How many runs of the plan the file does not have; -1: memory out. *same: equal key by key. */
static int count_missing(struct store *store, const struct plan *plan, bool *same)
{
    int num = store_num_runs(store), missing = 0;
    char(*keys)[33] = calloc((size_t)num + 1, sizeof *keys);
    if (!keys) return -1;
    *same = num == plan->num_runs;
    for (int i = 0; i < num; i++) {
        const struct decoded_run *decoded = store_settings(store, i, NULL);
        if (decoded) snprintf(keys[i], sizeof keys[i], "%s", decoded->key);
        if (*same && strcmp(keys[i], plan->runs[i].key) != 0) *same = false;
    }
    qsort(keys, (size_t)num, sizeof *keys, compare_keys);
    for (int i = 0; i < plan->num_runs; i++)
        if (!bsearch(plan->runs[i].key, keys, (size_t)num, sizeof *keys, compare_keys)) missing++;
    free(keys);
    return missing;
}

/* 0: same runs, or *differs is set. */
static int compare_grid(const char *path, const struct plan *plan, bool may_differ, bool *differs,
                        struct status *st)
{
    struct store *store = NULL;
    int code = store_open(&store, path, st);
    if (code) return code;
    bool same = false;
    int num = store_num_runs(store), missing = count_missing(store, plan, &same);
    store_close(store);
    if (missing < 0) return status_no_memory(st, "the state of the runs");
    *differs = !same;
    if (same || may_differ) return 0;
    return status_set(st, STATUS_CANNOT_CREATE,
                      "%s: was made from another grid (%d runs there, %d here, of which %d are not "
                      "there); --extend adds the new runs and keeps the finished ones, --fresh "
                      "starts over, or give another -o",
                      path, num, plan->num_runs, missing);
}

static int read_wall_times(struct output *o, struct store *store, int num, struct status *st)
{
    int column = store_find_column(store, "wall_s");
    if (column < 0) return 0;
    int code = store_read_column(store, column, o->wall_s, st);
    for (int i = 0; i < num; i++)
        if (code || o->status[i] != RUN_DONE) o->wall_s[i] = NAN;
    return code;
}

/* Trust only rows whose bytes are the ones that were committed. */
static int check_rows(struct output *o, struct store *store, int num, const struct log *log,
                      struct status *st)
{
    for (int i = 0; i < num; i++) {
        bool valid = true;
        if (o->status[i] != RUN_DONE && o->status[i] != RUN_FAILED) continue;
        int code = store_check_run(store, i, &valid, st);
        if (code) return code;
        if (valid) {
            o->num_found++;
            continue;
        }
        o->status[i] = RUN_PENDING;
        o->num_damaged++;
        if (o->num_damaged <= MAX_NAMED)
            log_line(log, LOG_WARNING,
                     "run %d: its row is not what was committed (damaged on "
                     "disk?); it is run again",
                     i);
    }
    if (o->num_damaged > MAX_NAMED)
        log_line(log, LOG_WARNING, "%d damaged rows in all; `hmmgrid verify` lists them",
                 o->num_damaged);
    return 0;
}

/* What the file holds. */
static int load(struct output *o, const char *path, int num, const struct log *log,
                struct status *st)
{
    struct store *store = NULL;
    int code = store_open(&store, path, st);
    if (code) return code;
    o->status = calloc((size_t)num + 1, sizeof *o->status);
    o->attempts = calloc((size_t)num + 1, sizeof *o->attempts);
    o->wall_s = calloc((size_t)num + 1, sizeof *o->wall_s);
    if (!o->status || !o->attempts || !o->wall_s) {
        code = status_no_memory(st, "the state of the runs");
        goto cleanup;
    }
    snprintf(o->uuid, sizeof o->uuid, "%s", store_attribute(store, "uuid"));
    for (int i = 0; i < num; i++) {
        o->status[i] = store_run_status(store, i);
        o->attempts[i] = store_run_attempts(store, i);
    }
    code = check_rows(o, store, num, log, st);
    if (!code) code = read_wall_times(o, store, num, st);
cleanup:
    store_close(store);
    return code;
}

static int make_or_check(const struct plan *plan, const struct study_options *options,
                         const struct provenance *provenance, const struct log *log,
                         struct status *st)
{
    const char *path = options->output;
    struct stat found;
    bool exists = lstat(path, &found) == 0, differs = false;
    switch (options->existing) {
    case EXISTING_REFUSE:
        if (!exists) break;
        return status_set(st, STATUS_CANNOT_CREATE,
                          "%s: exists already; --resume continues its study, --extend adds runs to "
                          "it, --fresh replaces it, or give another -o",
                          path);
    case EXISTING_FRESH: return store_create(path, plan, provenance, true, st);
    case EXISTING_RESUME:
        if (exists) return compare_grid(path, plan, false, &differs, st);
        log_line(log, LOG_INFO, "%s: not there yet, nothing to resume: a new study begins", path);
        break;
    case EXISTING_EXTEND: {
        if (!exists) break;
        int copied = 0, code = compare_grid(path, plan, true, &differs, st);
        if (code || !differs) return code;
        code = store_extend(path, plan, provenance, &copied, st);
        if (!code)
            log_line(log, LOG_INFO, "%s: extended to %d runs; %d finished ones were kept", path,
                     plan->num_runs, copied);
        return code;
    }
    }
    return store_create(path, plan, provenance, false, st);
}

int output_prepare(struct output *o, const struct plan *plan, const struct study_options *options,
                   const struct provenance *provenance, const struct log *log, struct status *st)
{
    *o = (struct output){.lock = {.fd = -1}};
    bool resumes = options->existing == EXISTING_RESUME;
    int code =
        lock_take(&o->lock, options->output, resumes ? resume_wait_s : 0, orphan_wait_s, log, st);
    if (!code) code = make_or_check(plan, options, provenance, log, st);
    if (!code) code = load(o, options->output, plan->num_runs, log, st);
    if (code) output_free(o);
    return code;
}

void output_free(struct output *o)
{
    if (!o) return;
    lock_release(&o->lock);
    free(o->status);
    free(o->attempts);
    free(o->wall_s);
    o->status = o->attempts = NULL;
    o->wall_s = NULL;
}
