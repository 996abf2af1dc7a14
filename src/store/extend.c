/* extend: a larger layout beside a results file, with its finished rows copied by key, renamed over
 * it. Rows of which the new grid keeps or analyses something else, and rows of a file that another
 * program changed that do not agree with their checksums, are run again, and the old file is then
 * kept under a name of its own. Refuses, before anything is written, whatever would lose another
 * finished row or a part of one: a plan that lacks it, settings that cannot be read, bytes that
 * fail their checksum, a column that has no place in the new file. Source: section 3 of the design.
 */
#include "internal.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* --- may it be? --------------------------------------------------------------------------- */

static int refuse_run(struct store *from, int run, struct status *st, const char *why)
{
    return status_set(st, STATUS_CANNOT_CREATE,
                      "%s: its run %d is %s but %s; an extended file keeps every finished run, so "
                      "nothing was changed",
                      from->path, run, run_status_name[store_run_status(from, run)], why);
}

/* Refuse a run that the plan lacks; with the way out, where the plan has it with more epochs. */
static int refuse_missing(struct store *from, int run, const struct decoded_run *decoded,
                          const struct plan *plan, struct status *st)
{
    char key[RUN_KEY_BYTES], other[RUN_KEY_BYTES], why[256];
    int epochs = decoded->settings.train.epochs;
    if (decoded->unknown)
        return refuse_run(from, run, st,
                          "has settings that this version does not know (`hmmgrid why` shows them) "
                          "and is not in this grid: extend it with the program that made it");
    settings_training_key(&decoded->settings, decoded->seed, key);
    for (int i = 0; i < plan->num_runs; i++) {
        const struct settings *s = &plan->cells[plan->runs[i].cell].settings;
        if (plan->runs[i].seed != decoded->seed || s->train.epochs <= epochs) continue;
        settings_training_key(s, decoded->seed, other);
        if (strcmp(key, other) != 0) continue;
        snprintf(why, sizeof why,
                 "is in this grid with %d epochs instead of %d: ask for both in a product, "
                 "train.epochs: [%d, %d]",
                 s->train.epochs, epochs, epochs, s->train.epochs);
        return refuse_run(from, run, st, why);
    }
    return refuse_run(from, run, st, "not in this grid: add it again or use a new file");
}

/* Run `run` of the file, on its way to run `target` of the plan. */
static int check_run(struct store *from, int run, int target, const struct plan *plan,
                     struct status *st)
{
    bool valid = false;
    if (store_record_is_damaged(from, run) && from->seal != SEAL_WHOLE) return STATUS_OK;
    if (store_record_is_damaged(from, run))
        return status_set(st, STATUS_CANNOT_CREATE,
                          "%s: the record of its run %d is damaged, so whether the run is finished "
                          "cannot be told; nothing was changed: --resume with the grid of the file "
                          "runs it again, --fresh starts over",
                          from->path, run);
    if (!store_is_committed(from, run)) return STATUS_OK;
    const struct decoded_run *decoded = store_settings(from, run, st);
    if (!decoded) return st ? st->code : STATUS_IO;
    if (target < 0) return refuse_missing(from, run, decoded, plan, st);
    int code = store_check_run(from, run, &valid, st);
    if (code || valid) return code;
    return refuse_run(from, run, st,
                      "its bytes are not the ones that were committed (`hmmgrid verify` lists all "
                      "such): use a copy, --resume with the grid of the file to run it again, or "
                      "--fresh to start over");
}

/* --- all of them -------------------------------------------------------------------------- */

/* Is a finished run one that the new grid asks for as it is, the network and what is kept and
 * analysed of it? */
static bool is_kept(struct store *from, int run, const struct settings *wanted)
{
    const struct decoded_run *had = store_settings(from, run, NULL);
    return store_is_committed(from, run) && had && !settings_differing(&had->settings, wanted);
}

/* What is to come of each run; settings of it that this version does not know go with its row.
 * *num_left: finished ones that are run again. */
static int plan_extension(struct store *from, struct plan *plan, int *target, int *num_left,
                          struct status *st)
{
    int code = match_runs(from, plan, target, st);
    if (!code) code = transfer_check_columns(from, plan, st);
    for (int run = 0; run < from->num_runs && !code; run++) {
        code = check_run(from, run, target[run], plan, st);
        if (code) break;
        struct run *wanted = target[run] < 0 ? NULL : &plan->runs[target[run]];
        if (wanted && is_kept(from, run, &plan->cells[wanted->cell].settings))
            wanted->unknown = store_settings(from, run, NULL)->unknown;
        else
            *num_left += store_is_committed(from, run) || store_record_is_damaged(from, run);
    }
    return code;
}

/* The name under which a file is kept whose rows are run again; there must be none of that name. */
static int name_old(const char *path, char **old, struct status *st)
{
    struct stat info;
    if (asprintf(old, "%s.old", path) < 0) {
        *old = NULL;
        return status_no_memory(st, "%s", path);
    }
    if (lstat(*old, &info) != 0) return STATUS_OK;
    return status_set(
        st, STATUS_CANNOT_CREATE,
        "%s: finished runs of it would be run again and the file be kept as %s, which "
        "exists already: move that one away; nothing was changed",
        path, *old);
}

/* Every finished row that is wanted as it is, and the attempts of runs that were started: a run
 * that crashes its rank is not forgotten by an extension. */
static int copy_runs(struct store *from, struct store *to, const int *target, int *num_copied,
                     struct status *st)
{
    int code = STATUS_OK, num = 0;
    struct record *record = calloc((size_t)from->num_runs, sizeof *record);
    if (!record) return status_no_memory(st, "%s", from->path);
    for (int run = 0; run < from->num_runs && !code; run++) {
        if (target[run] < 0) continue;
        const struct run *wanted = &to->plan->runs[target[run]];
        if (is_kept(from, run, &to->plan->cells[wanted->cell].settings)) {
            code = transfer_run(from, run, to, target[run], &record[num++], st);
            *num_copied += !code;
        } else if (!store_is_committed(from, run) && store_run_attempts(from, run) > 0) {
            record[num++] = transfer_started(from, run, target[run]);
        }
    }
    if (!code) code = store_write_records(to, record, num, st);
    free(record);
    return code;
}

/* Open the file; what is to come of its runs, as of plan_extension. wanted: a copy of the plan that
 * takes the settings that this version does not know; free its runs. */
static int begin_extension(const char *path, const struct plan *plan, struct store **from,
                           struct plan *wanted, int **target, int *num_left, struct status *st)
{
    *wanted = *plan;
    wanted->runs = NULL;
    *target = NULL;
    int code = store_attach(from, path, false, NULL, st);
    if (code) return code;
    *target = malloc((size_t)(*from)->num_runs * sizeof **target);
    wanted->runs = malloc((size_t)plan->num_runs * sizeof *wanted->runs);
    if (!*target || !wanted->runs) return status_no_memory(st, "%s", path);
    memcpy(wanted->runs, plan->runs, (size_t)plan->num_runs * sizeof *wanted->runs);
    return plan_extension(*from, wanted, *target, num_left, st);
}

int store_try_extend(const char *path, const struct plan *plan, int *status, int *deaths,
                     struct status *st)
{
    struct store *from = NULL;
    struct plan wanted;
    char *old = NULL;
    int left = 0, *target;
    int code = begin_extension(path, plan, &from, &wanted, &target, &left, st);
    if (!code) code = store_try_create(path, true, st);
    if (!code && left) code = name_old(path, &old, st);
    for (int run = 0; run < plan->num_runs; run++) status[run] = RUN_PENDING, deaths[run] = 0;
    for (int run = 0; !code && run < from->num_runs; run++) {
        if (target[run] < 0) continue;
        const struct run *to = &plan->runs[target[run]];
        bool kept = is_kept(from, run, &plan->cells[to->cell].settings);
        if (!kept && store_is_committed(from, run)) continue;
        status[target[run]] = store_run_status(from, run);
        deaths[target[run]] = store_run_deaths(from, run);
    }
    store_detach(from);
    free(old);
    free(wanted.runs);
    free(target);
    return code;
}

int store_extend(const char *path, const struct plan *plan, const struct provenance *provenance,
                 int *num_copied, int *num_left, struct status *st)
{
    struct store *from = NULL, *to = NULL;
    struct plan wanted;
    char *real = NULL, *tmp = NULL, *old = NULL;
    int copied = 0, left = 0, *target;
    int code = begin_extension(path, plan, &from, &wanted, &target, &left, st);
    if (!code) code = layout_prepare(path, true, &real, &tmp, st);
    if (!code && left) code = name_old(real, &old, st);
    if (!code) code = layout_make(tmp, real, &wanted, provenance, st);
    if (!code) code = store_attach(&to, tmp, true, &wanted, st);
    if (!code) code = copy_runs(from, to, target, &copied, st);
    store_detach(to);
    store_detach(from);
    if (!code && old && link(real, old) != 0)
        code = file_fail(st, STATUS_CANNOT_CREATE, old, "keep the file under this name", errno);
    if (!code) code = layout_publish(tmp, real, true, st);
    if (code && tmp) unlink(tmp);
    if (num_copied) *num_copied = code ? 0 : copied;
    if (num_left) *num_left = code ? 0 : left;
    free(real);
    free(old);
    free(wanted.runs);
    free(target);
    free(tmp);
    return code;
}
