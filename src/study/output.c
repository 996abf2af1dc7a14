/* output: see output.h. Refuses to touch a file that another study holds, that belongs to another
 * grid, or that exists when nobody said what to do with it. */
#include "output.h"

#include "base/file.h"
#include "forecast/schedule.h"

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
};

static int compare(const char *path, const struct plan *plan, struct comparison *found,
                   const struct log *log, struct status *st)
{
    struct store *store = NULL;
    int code = store_open(&store, path, st);
    if (code) return code;
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

static int make_lists(struct output *o, int num, struct status *st)
{
    size_t room = (size_t)num + 1;
    o->status = calloc(room, sizeof *o->status);
    o->attempts = calloc(room, sizeof *o->attempts);
    o->deaths = calloc(room, sizeof *o->deaths);
    o->wall_s = calloc(room, sizeof *o->wall_s);
    for (int i = 0; o->wall_s && i < num; i++) o->wall_s[i] = NAN;
    return o->status && o->attempts && o->deaths && o->wall_s
               ? STATUS_OK
               : status_no_memory(st, "the state of the runs");
}

/* What the file holds. */
static int load(struct output *o, const char *path, int num, const struct log *log,
                struct status *st)
{
    struct store *store = NULL;
    int code = store_open(&store, path, st);
    if (code) return code;
    snprintf(o->uuid, sizeof o->uuid, "%s", store_attribute(store, "uuid"));
    for (int i = 0; i < num; i++) {
        o->status[i] = store_run_status(store, i);
        o->attempts[i] = store_run_attempts(store, i);
        o->deaths[i] = store_run_deaths(store, i);
    }
    code = check_rows(o, store, num, log, st);
    if (!code) code = read_wall_times(o, store, num, st);
    store_close(store);
    return code;
}

/* What is to become of the file, if anything may: nothing is changed. */
static int judge(struct output *o, const struct plan *plan, const struct study_options *options,
                 const struct log *log, struct status *st)
{
    const char *path = options->output;
    struct stat info;
    struct comparison found;
    int existing = options->existing;
    bool exists = lstat(path, &info) == 0;
    o->action = existing == EXISTING_FRESH ? OUTPUT_REPLACE : OUTPUT_CREATE;
    if (existing == EXISTING_REFUSE && exists && S_ISREG(info.st_mode))
        return status_set(st, STATUS_CANNOT_CREATE,
                          "%s: exists already; --resume continues its study, --extend adds runs to "
                          "it, --fresh replaces it, or give another -o",
                          path);
    if (existing == EXISTING_RESUME && !exists)
        log_line(log, LOG_INFO, "%s: not there yet, nothing to resume: a new study begins", path);
    if (!exists || existing == EXISTING_FRESH || existing == EXISTING_REFUSE) return STATUS_OK;
    int code = compare(path, plan, &found, log, st);
    o->action = OUTPUT_GO_ON;
    if (existing == EXISTING_EXTEND &&
        (code == STATUS_CANNOT_CREATE || (!code && found.columns.num_lacking))) {
        o->action = OUTPUT_EXTEND;
        *st = (struct status){.code = code = STATUS_OK};
    }
    if (!code && o->action == OUTPUT_GO_ON) warn_of_columns(path, &found.columns, log);
    return code;
}

static int extend(const char *path, const struct plan *plan, const struct provenance *provenance,
                  const struct log *log, struct status *st)
{
    int copied = 0, left = 0, code = store_extend(path, plan, provenance, &copied, &left, st);
    if (code) return code;
    log_line(log, LOG_INFO, "%s: extended to %d runs; %d finished ones were kept", path,
             plan->num_runs, copied);
    if (left)
        log_line(log, LOG_WARNING,
                 "%s: %d finished runs are run again, since the grid keeps or analyses something "
                 "else of them or their rows are damaged; the file as it was is %s.old",
                 path, left, path);
    return code;
}

static int act(const struct output *o, const char *path, const struct plan *plan,
               const struct provenance *provenance, const struct log *log, struct status *st)
{
    switch (o->action) {
    case OUTPUT_CREATE:
    case OUTPUT_REPLACE:
        return store_create(path, plan, provenance, o->action == OUTPUT_REPLACE, st);
    case OUTPUT_EXTEND: return extend(path, plan, provenance, log, st);
    case OUTPUT_GO_ON: break;
    }
    return STATUS_OK;
}

/* Runs that are to be done anew are pending, as if never begun: row (num) gets them. */
static int choose_retried(struct output *o, const struct study_options *options, int num, int *row)
{
    int retried = 0;
    for (int i = 0; i < num; i++) {
        bool selected = !options->selected || options->selected[i];
        if (!selected || !(options->retry >> o->status[i] & 1)) continue;
        row[retried++] = i;
        o->status[i] = RUN_PENDING;
        o->attempts[i] = o->deaths[i] = 0;
        o->wall_s[i] = NAN;
    }
    return retried;
}

static int retry(struct output *o, const struct study_options *options, int num,
                 struct store *store, const struct log *log, struct status *st)
{
    int *row = calloc((size_t)num + 1, sizeof *row);
    if (!row) return status_no_memory(st, "the runs to be done anew");
    int retried = choose_retried(o, options, num, row);
    int code = store ? store_reset_runs(store, row, retried, st) : STATUS_OK;
    free(row);
    if (!code)
        log_line(log, LOG_INFO, "%s: %d failed or crashed run%s taken up again", options->output,
                 retried, retried == 1 ? " is" : "s are");
    return code;
}

/* What a killed study or another program left in the columns of status, and runs done anew. */
static int settle(struct output *o, const struct study_options *options, int num,
                  const struct log *log, struct status *st)
{
    struct store *store = NULL;
    int mended = 0, code = store_open_to_reset(&store, options->output, st);
    if (!code) code = store_mend_columns(store, &mended, st);
    if (mended)
        log_line(log, LOG_INFO,
                 "%s: the columns status, attempts and checksum of %d run%s did not say what the "
                 "record says; they do now",
                 options->output, mended, mended == 1 ? "" : "s");
    if (!code && options->retry) code = retry(o, options, num, store, log, st);
    store_close(store);
    return code;
}

/* The lock, the lists, and what is to become of the file. */
static int begin(struct output *o, const struct plan *plan, const struct study_options *options,
                 const struct log *log, struct status *st)
{
    *o = (struct output){.lock = {.fd = -1}};
    bool resumes = options->existing == EXISTING_RESUME;
    int code =
        lock_take(&o->lock, options->output, resumes ? resume_wait_s : 0, ORPHAN_WAIT_S, log, st);
    if (!code) code = make_lists(o, plan->num_runs, st);
    return code ? code : judge(o, plan, options, log, st);
}

int output_prepare(struct output *o, const struct plan *plan, const struct study_options *options,
                   const struct provenance *provenance, const struct log *log, struct status *st)
{
    int code = begin(o, plan, options, log, st);
    if (!code) code = act(o, options->output, plan, provenance, log, st);
    if (!code) code = load(o, options->output, plan->num_runs, log, st);
    if (!code && (o->action == OUTPUT_GO_ON || options->retry))
        code = settle(o, options, plan->num_runs, log, st);
    if (code) output_free(o);
    return code;
}

/* What `act`, `load` and store_open_all would refuse, and what they would find. */
static int try_to_act(struct output *o, const char *path, const struct plan *plan,
                      const struct log *log, struct status *st)
{
    int code = STATUS_OK;
    switch (o->action) {
    case OUTPUT_CREATE:
    case OUTPUT_REPLACE: return store_try_create(path, o->action == OUTPUT_REPLACE, st);
    case OUTPUT_EXTEND: return store_try_extend(path, plan, o->status, o->deaths, st);
    case OUTPUT_GO_ON:
        code = load(o, path, plan->num_runs, log, st);
        if (!code) code = store_try_open(path, plan, st);
    }
    return code;
}

int output_preview(struct output *o, const struct plan *plan, const struct study_options *options,
                   const struct log *log, struct status *st)
{
    int code = begin(o, plan, options, log, st);
    if (!code) code = try_to_act(o, options->output, plan, log, st);
    if (!code && options->retry) code = retry(o, options, plan->num_runs, NULL, log, st);
    for (int i = 0; !code && i < plan->num_runs; i++)
        o->status[i] =
            schedule_status_found(o->status[i], o->deaths[i], plan->study_settings.run.retries);
    if (code) output_free(o);
    return code;
}

int study_preview(const char *path, const struct plan *plan, int existing, int *status,
                  const struct log *log, struct status *st)
{
    char *real;
    struct output o = {0};
    int code = file_follow(path, &real, st);
    struct study_options options = {.output = real, .existing = existing};
    if (!code) code = output_preview(&o, plan, &options, log, st);
    for (int i = 0; !code && i < plan->num_runs; i++) status[i] = o.status[i];
    if (!code) output_free(&o);
    free(real);
    return code;
}

void output_free(struct output *o)
{
    lock_release(&o->lock, true);
    free(o->status);
    free(o->attempts);
    free(o->deaths);
    free(o->wall_s);
    o->status = o->attempts = o->deaths = NULL;
    o->wall_s = NULL;
}
