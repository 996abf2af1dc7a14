/* transfer: a finished row of one results file, brought into the layout of another: columns that
 * are new there hold their fill, sizes may differ. Refuses whatever would lose a part of it: a
 * column that has no place there and does not follow from others, a value that does not fit. */
#include "internal.h"

#include "columns.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* --- columns ------------------------------------------------------------------------------ */

/* Is this column one of an analysis that the plan turns off? Its runs are analysed otherwise. */
static bool is_turned_off(const struct schema *made, const struct schema_row *row)
{
    const char *name = strrchr(row->group, '/') + 1;
    return analysis_find(name) && schema_find_axis(made, row->group, "run") < 0;
}

/* A z that former versions gave a metric which has none now: its value, floor and floor_sd say the
 * same. */
static bool is_retired(const struct schema *made, const struct schema_row *row)
{
    char name[96], sd[112];
    size_t n = strlen(row->name);
    if (n < 3 || n > sizeof name || strcmp(row->name + n - 2, "_z") != 0) return false;
    snprintf(name, sizeof name, "%.*s", (int)n - 2, row->name);
    snprintf(sd, sizeof sd, "%s_floor_sd", name);
    return metrics_find(name) && schema_find(made, sd);
}

int transfer_check_columns(struct store *from, const struct plan *plan, struct status *st)
{
    struct schema made;
    int code = columns_init(&made, plan, st);
    for (int c = 0; c < from->schema.num_rows && !code; c++) {
        const struct schema_row *row = &from->schema.row[c];
        if (row->writer != WRITER_WORKER || is_turned_off(&made, row)) continue;
        const struct schema_row *own = schema_find(&made, row->name);
        if (own ? match_column(&from->schema, row, &made, own) : is_retired(&made, row)) continue;
        code = status_set(st, STATUS_CANNOT_CREATE,
                          "%s: its column %s is %s and would be lost, so nothing was changed: "
                          "use the program that made the file (version %s), or a new file",
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
        if (old < 0 && strcmp(column->name, "version") == 0)
            store_run_version(from, run, (char *)row, (size_t)column->text_bytes);
        if (code) return code;
        row += to->place[c].bytes;
    }
    return STATUS_OK;
}

int transfer_run(struct store *from, int run, struct store *to, int target, struct record *record,
                 struct status *st)
{
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
    if (!code && !store_record(from, run, record))
        code = status_set(st, STATUS_IO,
                          "%s: run %d is not finished any more: another program is "
                          "changing the file",
                          from->path, run);
    if (!code) code = store_write_bytes(to, target, row, weights, &record->checksum, st);
    record->run = target;
    for (int w = 0; w < NUM_WHICH; w++) free(params[w]);
    free(row);
    return code;
}

struct record transfer_started(struct store *from, int run, int target)
{
    bool pending = store_run_status(from, run) == RUN_PENDING;
    return (struct record){target, store_run_attempts(from, run),
                           pending ? RUN_PENDING : RUN_RUNNING, 0, store_run_deaths(from, run)};
}
