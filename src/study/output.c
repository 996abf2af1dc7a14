/* output: see output.h. Refuses to touch a file that another study holds, that belongs to another
 * grid, or that exists when nobody said what to do with it. */
#include "output.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

static const double resume_wait_s = 5;

enum { MAX_NAMED = 5 };

/* The file beside the plan: may the study go on in it (the code), and what is there? */
struct comparison {
    struct store_columns columns;
    int num_finished;
};

static int compare(const char *path, const struct plan *plan, struct comparison *found,
                   const struct log *log, struct status *st)
{
    struct store *store = NULL;
    *found = (struct comparison){.num_finished = 0};
    int code = store_open(&store, path, st);
    if (code) return code;
    for (int run = 0; run < store_num_runs(store); run++)
        found->num_finished += store_run_status(store, run) >= RUN_DONE;
    const char *note = store_note(store);
    if (note) log_line(log, LOG_WARNING, "%s", note);
    code = store_check_plan(store, plan, &found->columns, st);
    store_close(store);
    return code;
}

static void warn_of_columns(const char *path, const struct store_columns *c, const struct log *log)
{
    if (c->num_lacking)
        log_line(log, LOG_WARNING,
                 "%s: lacks %d column(s) of this version (%s%s): they are not written; --extend "
                 "adds them",
                 path, c->num_lacking, c->lacking, c->num_lacking > 1 ? ", ..." : "");
    if (c->num_unknown)
        log_line(log, LOG_WARNING,
                 "%s: has %d column(s) that this version does not know (%s%s): they stay empty in "
                 "runs done now",
                 path, c->num_unknown, c->unknown, c->num_unknown > 1 ? ", ..." : "");
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
    o->deaths = calloc((size_t)num + 1, sizeof *o->deaths);
    o->wall_s = calloc((size_t)num + 1, sizeof *o->wall_s);
    if (!o->status || !o->attempts || !o->deaths || !o->wall_s) {
        code = status_no_memory(st, "the state of the runs");
        goto cleanup;
    }
    snprintf(o->uuid, sizeof o->uuid, "%s", store_attribute(store, "uuid"));
    for (int i = 0; i < num; i++) {
        o->status[i] = store_run_status(store, i);
        o->attempts[i] = store_run_attempts(store, i);
        o->deaths[i] = store_run_deaths(store, i);
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
    struct stat info;
    struct comparison found;
    bool exists = lstat(path, &info) == 0;
    switch (options->existing) {
    case EXISTING_REFUSE:
        if (!exists || !S_ISREG(info.st_mode)) break;
        return status_set(st, STATUS_CANNOT_CREATE,
                          "%s: exists already; --resume continues its study, --extend adds runs to "
                          "it, --fresh replaces it, or give another -o",
                          path);
    case EXISTING_FRESH: return store_create(path, plan, provenance, true, st);
    case EXISTING_RESUME:
        if (exists) {
            int code = compare(path, plan, &found, log, st);
            if (!code) warn_of_columns(path, &found.columns, log);
            return code;
        }
        log_line(log, LOG_INFO, "%s: not there yet, nothing to resume: a new study begins", path);
        break;
    case EXISTING_EXTEND: {
        if (!exists) break;
        int copied = 0, left = 0, code = compare(path, plan, &found, log, st);
        if (!code && !found.columns.num_lacking) {
            warn_of_columns(path, &found.columns, log);
            return code;
        }
        if (code && code != STATUS_CANNOT_CREATE) return code;
        code = store_extend(path, plan, provenance, &copied, &left, st);
        if (code) return code;
        log_line(log, LOG_INFO, "%s: extended to %d runs; %d finished ones were kept", path,
                 plan->num_runs, copied);
        if (left)
            log_line(
                log, LOG_WARNING,
                "%s: %d finished runs are run again, since the grid keeps or analyses something "
                "else of them or their rows are damaged; the file as it was is %s.old",
                path, left, path);
        return code;
    }
    }
    return store_create(path, plan, provenance, false, st);
}

/* Runs that are to be done anew are pending, as if never begun, in the file too. */
static int retry(struct output *o, const struct study_options *options, int num,
                 const struct log *log, struct status *st)
{
    struct store *store = NULL;
    int *row = calloc((size_t)num + 1, sizeof *row), retried = 0;
    if (!row) return status_no_memory(st, "the runs to be done anew");
    for (int i = 0; i < num; i++) {
        bool selected = !options->selected || options->selected[i];
        if (!selected || !(options->retry >> o->status[i] & 1)) continue;
        row[retried++] = i;
        o->status[i] = RUN_PENDING;
        o->attempts[i] = o->deaths[i] = 0;
        o->wall_s[i] = NAN;
    }
    int code = retried ? store_open_to_reset(&store, options->output, st) : STATUS_OK;
    if (!code && retried) code = store_reset_runs(store, row, retried, st);
    store_close(store);
    free(row);
    if (!code)
        log_line(log, LOG_INFO, "%s: %d failed or crashed run%s taken up again", options->output,
                 retried, retried == 1 ? " is" : "s are");
    return code;
}

int output_prepare(struct output *o, const struct plan *plan, const struct study_options *options,
                   const struct provenance *provenance, const struct log *log, struct status *st)
{
    *o = (struct output){.lock = {.fd = -1}};
    bool resumes = options->existing == EXISTING_RESUME;
    int code =
        lock_take(&o->lock, options->output, resumes ? resume_wait_s : 0, ORPHAN_WAIT_S, log, st);
    if (!code) code = make_or_check(plan, options, provenance, log, st);
    if (!code) code = load(o, options->output, plan->num_runs, log, st);
    if (!code && options->retry) code = retry(o, options, plan->num_runs, log, st);
    if (code) output_free(o);
    return code;
}

void output_free(struct output *o)
{
    lock_release(&o->lock, true);
    free(o->status);
    free(o->attempts);
    free(o->deaths);
    free(o->wall_s);
    o->status = o->attempts = NULL;
    o->wall_s = NULL;
}
