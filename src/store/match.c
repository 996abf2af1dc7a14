/* match: a results file against a plan: its runs by key, what is kept and analysed of them, and its
 * columns by name, so that a study goes on in a file whose columns another version made. Refuses to
 * change either. */
#include "internal.h"

#include "columns.h"
#include "settings/value.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- runs --------------------------------------------------------------------------------- */

struct keyed {
    const char *key;
    int run;
};

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct keyed *)a)->key, ((const struct keyed *)b)->key);
}

int match_runs(struct store *store, const struct plan *plan, int *target, struct status *st)
{
    for (int run = 0; run < store->num_runs; run++)
        if (!store_is_trained(store, run))
            return status_set(st, STATUS_CANNOT_CREATE,
                              "%s: `hmmgrid analyse` made it, so nothing in it was trained and no "
                              "study goes on in it; give another -o, or --fresh to replace it",
                              store->path);
    struct keyed *sorted = malloc((size_t)plan->num_runs * sizeof *sorted);
    if (!sorted) return status_no_memory(st, "%s", store->path);
    for (int run = 0; run < plan->num_runs; run++)
        sorted[run] = (struct keyed){plan->runs[run].key, run};
    qsort(sorted, (size_t)plan->num_runs, sizeof *sorted, compare_keys);
    int code = STATUS_OK;
    for (int run = 0; run < store->num_runs && !code; run++) {
        char key[33];
        code = store_read_text(store, store->key_column, run, key, sizeof key, st);
        const struct keyed *found = bsearch(&(struct keyed){key, 0}, sorted, (size_t)plan->num_runs,
                                            sizeof *sorted, compare_keys);
        target[run] = found ? found->run : -1;
    }
    free(sorted);
    return code;
}

static int check_keys(struct store *store, const struct plan *plan, struct status *st)
{
    int *target = malloc((size_t)store->num_runs * sizeof *target), matches = 0;
    if (!target) return status_no_memory(st, "%s", store->path);
    bool same = store->num_runs == plan->num_runs;
    int code = match_runs(store, plan, target, st);
    for (int run = 0; run < store->num_runs && !code; run++) {
        matches += target[run] >= 0;
        same = same && target[run] == run;
    }
    free(target);
    if (code || same) return code;
    return status_set(st, STATUS_CANNOT_CREATE,
                      "%s: was made from another grid (%d runs there, %d here, of which %d are not "
                      "there); --extend adds the new runs and keeps the finished ones, --fresh "
                      "starts over, or give another -o",
                      store->path, store->num_runs, plan->num_runs, plan->num_runs - matches);
}

/* A matrix that the plan calls otherwise. */
static const struct setting *renamed(const struct settings *a, const struct settings *b)
{
    for (int i = 0; i < num_settings; i++) {
        const struct setting *row = &settings_table[i];
        struct value x = value_load(a, row), y = value_load(b, row);
        if (value_takes_matrix(row) && strcmp(x.matrix.name, y.matrix.name) != 0) return row;
    }
    return NULL;
}

static int check_settings(struct store *store, const struct plan *plan, struct status *st)
{
    for (int run = 0; run < store->num_runs; run++) {
        const struct decoded_run *had = store_settings(store, run, st);
        if (!had) return st ? st->code : STATUS_IO;
        const struct settings *wanted = &plan->cells[plan->runs[run].cell].settings;
        const struct setting *row = settings_differing(&had->settings, wanted);
        if (row)
            return status_set(
                st, STATUS_CANNOT_CREATE,
                "%s: %s is not what it was for run %d of the file; --extend makes a file "
                "for the new grid, repeats the runs that it changes and keeps this file under "
                "another name",
                store->path, row->key, run);
        row = renamed(&had->settings, wanted);
        if (row)
            return status_set(st, STATUS_CANNOT_CREATE,
                              "%s: the matrix %s of run %d has another name in this grid; --extend "
                              "renames it and keeps the finished runs",
                              store->path, row->key, run);
    }
    return STATUS_OK;
}

/* --- columns ------------------------------------------------------------------------------ */

bool match_column(const struct schema *a, const struct schema_row *x, const struct schema *b,
                  const struct schema_row *y)
{
    bool same = x->type == y->type && x->num_dims == y->num_dims;
    for (int d = 0; same && d < x->num_dims; d++)
        same = strcmp(a->axis[x->dim[d]].name, b->axis[y->dim[d]].name) == 0;
    return same;
}

/* The same sizes too, and the axes of /runs where every version has them. */
static bool same_shape(const struct schema *a, const struct schema_row *x, const struct schema *b,
                       const struct schema_row *y)
{
    bool same = match_column(a, x, b, y);
    for (int d = 0; same && d < x->num_dims; d++)
        same = a->axis[x->dim[d]].size == b->axis[y->dim[d]].size &&
               (y->dim[d] >= NUM_SCHEMA_DIMS || x->dim[d] == y->dim[d]);
    return same;
}

static void count(const char *name, int *num, char first[96])
{
    if ((*num)++ == 0) snprintf(first, 96, "%s", name);
}

int match_columns(struct store *store, const struct plan *plan, struct store_columns *columns,
                  struct status *st)
{
    struct schema made, *file = &store->schema;
    int code = columns_init(&made, plan, st);
    if (code) return code;
    *columns = (struct store_columns){0};
    for (int c = 0; c < file->num_rows && !code; c++) {
        struct schema_row *row = &file->row[c];
        const struct schema_row *own = schema_find(&made, row->name);
        if (!own) {
            count(row->name, &columns->num_unknown, columns->unknown);
            continue;
        }
        row->put = own->put;
        row->when = own->when;
        row->index = own->index;
        row->part = own->part;
        if (!same_shape(file, row, &made, own))
            code = status_set(st, STATUS_CANNOT_CREATE,
                              "%s: its column %s is of another type or size than this version "
                              "makes it; --extend brings its finished runs over to a new layout",
                              store->path, row->name);
    }
    for (int c = 0; c < made.num_rows; c++)
        if (!schema_find(file, made.row[c].name))
            count(made.row[c].name, &columns->num_lacking, columns->lacking);
    schema_free(&made);
    return code;
}

int store_check_plan(struct store *store, const struct plan *plan, struct store_columns *columns,
                     struct status *st)
{
    int code = check_keys(store, plan, st);
    if (!code && store->seal != SEAL_WHOLE) code = altered_refuse_writing(store, st);
    if (!code) code = check_settings(store, plan, st);
    return code ? code : match_columns(store, plan, columns, st);
}
