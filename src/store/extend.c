/* extend: a larger layout beside a results file, with its finished rows copied by key, renamed over
 * it. Rows of which the new grid keeps or analyses something else, and rows of a file that another
 * program changed that do not agree with their checksums, are run again, and the old file is then
 * kept under a name of its own. Refuses, before anything is written, whatever would lose another
 * finished row or a part of one: a plan that lacks it, settings that cannot be read, bytes that
 * fail their checksum, a column that has no place in the new file. Source: section 3 of the design.
 */
#include "internal.h"

#include "columns.h"

#include <errno.h>
#include <math.h>
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

/* Is this column one of an analysis that the plan turns off? Its runs are analysed otherwise. */
static bool is_turned_off(const struct schema *made, const struct schema_row *row)
{
    const char *name = strrchr(row->group, '/') + 1;
    return analysis_find(name) && schema_find_axis(made, row->group, "run") < 0;
}

static int check_columns(struct store *from, const struct plan *plan, struct status *st)
{
    struct schema made;
    int code = columns_init(&made, plan, st);
    for (int c = 0; c < from->schema.num_rows && !code; c++) {
        const struct schema_row *row = &from->schema.row[c];
        if (row->writer != WRITER_WORKER || is_turned_off(&made, row)) continue;
        const struct schema_row *own = schema_find(&made, row->name);
        if (own && match_column(&from->schema, row, &made, own)) continue;
        code = status_set(st, STATUS_CANNOT_CREATE,
                          "%s: its column %s is %s and would be lost, so nothing was changed: "
                          "extend the file with the program that made it (version %s), or use a "
                          "new file",
                          from->path, row->name,
                          own ? "of another type in this version" : "not one of this version",
                          store_attribute(from, "program_version"));
    }
    schema_free(&made);
    return code;
}

/* --- one row ------------------------------------------------------------------------------ */

/* value of a column in the old sizes -> the new ones; to is filled before. */
static void copy_padded(const struct schema *old, const struct schema_row *old_row,
                        const struct schema *new, const struct schema_row *row,
                        const unsigned char *from, unsigned char *to)
{
    size_t bytes = schema_element_bytes(row), a[MAX_COLUMN_DIMS] = {1, 1, 1},
           b[MAX_COLUMN_DIMS] = {1, 1, 1};
    if (schema_element_bytes(old_row) < bytes) bytes = schema_element_bytes(old_row); /* text */
    for (int d = 0; d < row->num_dims; d++) {
        a[MAX_COLUMN_DIMS - row->num_dims + d] = (size_t)old->axis[old_row->dim[d]].size;
        b[MAX_COLUMN_DIMS - row->num_dims + d] = (size_t) new->axis[row->dim[d]].size;
    }
    size_t length = a[2] < b[2] ? a[2] : b[2];
    for (size_t i = 0; i < a[0] && i < b[0]; i++)
        for (size_t j = 0; j < a[1] && j < b[1]; j++)
            memcpy(to + (i * b[1] + j) * b[2] * bytes, from + (i * a[1] + j) * a[2] * bytes,
                   length * bytes);
}

/* How much a value says: its numbers that are not NaN, or the bytes of its text. */
static size_t count_said(const struct schema *schema, const struct schema_row *row,
                         const unsigned char *value)
{
    size_t count = schema_row_count(schema, row), said = 0;
    if (row->type == TYPE_TEXT) return strnlen((const char *)value, (size_t)row->text_bytes);
    for (size_t i = 0; i < count; i++) {
        float f4;
        double f8;
        memcpy(&f4, value + i * sizeof f4, row->type == TYPE_F4 ? sizeof f4 : 0);
        memcpy(&f8, value + i * sizeof f8, row->type == TYPE_F8 ? sizeof f8 : 0);
        said += row->type == TYPE_F4 ? !isnan(f4) : row->type == TYPE_F8 ? !isnan(f8) : 1;
    }
    return said;
}

/* One column of one run into `row`, in the new layout's form. */
static int convert_value(struct store *from, int run, int old, struct store *to, int column,
                         unsigned char *row, struct status *st)
{
    const struct schema_row *a = &from->schema.row[old], *b = &to->schema.row[column];
    const struct store_column_place *place = &from->place[old];
    unsigned char *value = malloc(place->bytes);
    if (!value) return status_no_memory(st, "%s", from->path);
    int code = STATUS_OK, error = store_read_at(from, place->offset + (uint64_t)run * place->bytes,
                                                value, place->bytes);
    if (error) {
        code = file_fail(st, STATUS_IO, from->path, "read it", error);
    } else {
        copy_padded(&from->schema, a, &to->schema, b, value, row);
        if (count_said(&from->schema, a, value) != count_said(&to->schema, b, row)) {
            code = status_set(st, STATUS_CANNOT_CREATE,
                              "%s: column %s of its run %d does not fit into the new layout, so "
                              "nothing was changed: use the program that made the file",
                              from->path, a->name, run);
        }
    }
    free(value);
    return code;
}

/* The WORKER columns of one run in the new layout's form; new ones hold their fill. */
static int convert_row(struct store *from, int run, struct store *to, unsigned char *row,
                       struct status *st)
{
    for (int c = 0; c < to->schema.num_rows; c++) {
        const struct schema_row *column = &to->schema.row[c];
        if (column->writer != WRITER_WORKER) continue;
        int old = store_find_column(from, column->name), code = STATUS_OK;
        schema_fill(&to->schema, column, row);
        if (old >= 0) code = convert_value(from, run, old, to, c, row, st);
        if (code) return code;
        row += to->place[c].bytes;
    }
    return STATUS_OK;
}

static int copy_run(struct store *from, int run, struct store *to, int target, struct status *st)
{
    struct record record;
    float *params[NUM_WHICH] = {NULL};
    struct networks weights[NUM_WHICH] = {{NULL, 0}};
    unsigned char *row = malloc(store_row_bytes(to) + 1);
    int code = row ? convert_row(from, run, to, row, st) : status_no_memory(st, "%s", from->path);
    for (int w = 0; w < NUM_WHICH && !code && store_run_status(from, run) == RUN_DONE; w++) {
        struct rnn_shape shape;
        int num = 0;
        code = store_read_networks(from, run, which_name[w], &shape, &params[w], &num, st);
        weights[w] = (struct networks){params[w], num};
    }
    if (!code && store_record(from, run, &record)) {
        record.run = target;
        code = store_write_bytes(to, target, row, weights, &record.checksum, st);
        if (!code) code = store_write_records(to, &record, 1, st);
    }
    for (int w = 0; w < NUM_WHICH; w++) free(params[w]);
    free(row);
    return code;
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
    if (!code) code = check_columns(from, plan, st);
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
    int code = STATUS_OK;
    for (int run = 0; run < from->num_runs && !code; run++) {
        if (target[run] < 0) continue;
        const struct run *wanted = &to->plan->runs[target[run]];
        if (is_kept(from, run, &to->plan->cells[wanted->cell].settings)) {
            code = copy_run(from, run, to, target[run], st);
            *num_copied += !code;
        } else if (!store_is_committed(from, run) && store_run_attempts(from, run) > 0) {
            struct record started = {target[run], store_run_attempts(from, run), RUN_RUNNING, 0,
                                     store_run_deaths(from, run)};
            if (store_run_status(from, run) == RUN_PENDING) started.status = RUN_PENDING;
            code = store_write_records(to, &started, 1, st);
        }
    }
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

int store_try_extend(const char *path, const struct plan *plan, int *status, struct status *st)
{
    struct store *from = NULL;
    struct plan wanted;
    char *old = NULL;
    int left = 0, *target;
    int code = begin_extension(path, plan, &from, &wanted, &target, &left, st);
    if (!code && left) code = name_old(path, &old, st);
    for (int run = 0; run < plan->num_runs; run++) status[run] = RUN_PENDING;
    for (int run = 0; !code && run < from->num_runs; run++)
        if (target[run] >= 0 &&
            is_kept(from, run, &plan->cells[plan->runs[target[run]].cell].settings))
            status[target[run]] = store_run_status(from, run);
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
