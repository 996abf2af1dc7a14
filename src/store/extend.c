/* extend: a larger layout beside a results file, with its finished rows copied by key, renamed over
 * it. Rows whose bytes fail their checksum, and rows of which the new grid keeps or analyses
 * something else, are left behind and run again. Refuses a plan that lacks a finished run: nothing
 * finished is ever thrown away. Source: section 3 of the design. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* Row of each run of `from` in the plan, by key; -1: not in it. */
struct keyed {
    const char *key;
    int run;
};

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct keyed *)a)->key, ((const struct keyed *)b)->key);
}

static int match_runs(struct store *from, const struct plan *plan, int *target, struct status *st)
{
    struct keyed *sorted = malloc((size_t)plan->num_runs * sizeof *sorted);
    if (!sorted) return status_no_memory(st, "%s", from->path);
    for (int run = 0; run < plan->num_runs; run++)
        sorted[run] = (struct keyed){plan->runs[run].key, run};
    qsort(sorted, (size_t)plan->num_runs, sizeof *sorted, compare_keys);
    int code = STATUS_OK;
    for (int run = 0; run < from->num_runs && !code; run++) {
        char key[33];
        code = store_read_text(from, from->key_column, run, key, sizeof key, st);
        if (code) break;
        const struct keyed *found = bsearch(&(struct keyed){key, 0}, sorted, (size_t)plan->num_runs,
                                            sizeof *sorted, compare_keys);
        target[run] = found ? found->run : -1;
        if (!found && store_is_committed(from, run))
            code =
                status_set(st, STATUS_CANNOT_CREATE,
                           "%s: its run %d (key %.8s...) is %s but not in this grid; an extended "
                           "grid keeps every finished run: add it again or use a new file",
                           from->path, run, key, run_status_name[store_run_status(from, run)]);
    }
    free(sorted);
    return code;
}

/* value of a column in the old sizes -> the new ones; to is filled before. */
static void copy_padded(const struct schema *old, const struct schema_row *old_row,
                        const struct schema *new, const struct schema_row *row,
                        const unsigned char *from, unsigned char *to)
{
    size_t bytes = schema_element_bytes(row), a[MAX_COLUMN_DIMS] = {1, 1, 1},
           b[MAX_COLUMN_DIMS] = {1, 1, 1};
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

static bool same_kind(const struct schema *old, const struct schema_row *a,
                      const struct schema *new, const struct schema_row *b)
{
    bool same = a->type == b->type && a->text_bytes == b->text_bytes && a->num_dims == b->num_dims;
    for (int d = 0; same && d < a->num_dims; d++)
        same = strcmp(old->axis[a->dim[d]].name, new->axis[b->dim[d]].name) == 0;
    return same;
}

/* The WORKER columns of one run in the new layout's form; old columns that are gone are dropped,
 * new ones hold their fill. */
static int convert_row(struct store *from, int run, struct store *to, unsigned char *row,
                       struct status *st)
{
    for (int c = 0; c < to->schema.num_rows; c++) {
        const struct schema_row *column = &to->schema.row[c];
        if (column->writer != WRITER_WORKER) continue;
        int old = store_find_column(from, column->name);
        schema_fill(&to->schema, column, row);
        if (old >= 0 && same_kind(&from->schema, &from->schema.row[old], &to->schema, column)) {
            const struct store_column_place *place = &from->place[old];
            unsigned char *value = malloc(place->bytes);
            if (!value) return status_no_memory(st, "%s", from->path);
            int error = file_read_at(from->fd, place->offset + (uint64_t)run * place->bytes, value,
                                     place->bytes);
            if (!error)
                copy_padded(&from->schema, &from->schema.row[old], &to->schema, column, value, row);
            free(value);
            if (error) return file_fail(st, STATUS_IO, from->path, "read it", error);
        }
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

/* Was the run asked for what the new grid asks for, beside the network itself? */
static bool is_kept_alike(struct store *from, int run, const struct settings *wanted)
{
    const struct decoded_run *had = store_settings(from, run, NULL);
    return had && !settings_differing(&had->settings, wanted);
}

/* Every valid row, and the attempts of runs that were started: a run that crashes its rank is not
 * forgotten by an extension. A run of which the new grid keeps or analyses something else is run
 * again. */
static int copy_runs(struct store *from, struct store *to, const int *target, int *num_copied,
                     struct status *st)
{
    int code = STATUS_OK;
    for (int run = 0; run < from->num_runs && !code; run++) {
        bool valid = false;
        if (target[run] < 0) continue;
        const struct run *wanted = &to->plan->runs[target[run]];
        if (!is_kept_alike(from, run, &to->plan->cells[wanted->cell].settings)) continue;
        code = store_check_run(from, run, &valid, st);
        if (code) break;
        if (valid) {
            code = copy_run(from, run, to, target[run], st);
            *num_copied += !code;
        } else if (store_run_attempts(from, run) > 0) {
            struct record started = {target[run], store_run_attempts(from, run), RUN_RUNNING, 0};
            if (store_run_status(from, run) == RUN_PENDING) started.status = RUN_PENDING;
            code = store_write_records(to, &started, 1, st);
        }
    }
    return code;
}

int store_extend(const char *path, const struct plan *plan, const struct provenance *provenance,
                 int *num_copied, struct status *st)
{
    struct store *from = NULL, *to = NULL;
    char *tmp = NULL;
    int copied = 0, *target = NULL;
    int code = store_attach(&from, path, false, NULL, st);
    if (code) return code;
    target = malloc((size_t)from->num_runs * sizeof *target);
    code = target ? match_runs(from, plan, target, st) : status_no_memory(st, "%s", path);
    if (!code) code = layout_prepare(path, true, &tmp, st);
    if (!code) code = layout_make(tmp, path, plan, provenance, st);
    if (!code) code = store_attach(&to, tmp, true, plan, st);
    if (!code) code = copy_runs(from, to, target, &copied, st);
    store_detach(to);
    store_detach(from);
    if (!code) code = layout_publish(tmp, path, true, st);
    if (code && tmp) unlink(tmp);
    if (num_copied) *num_copied = code ? 0 : copied;
    free(target);
    free(tmp);
    return code;
}
