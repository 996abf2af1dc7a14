/* compare: do two rows hold the same results, bit for bit? What may differ between two honest runs
 * (times, hosts, attempts) is left out, as in the digest, and so is a column that only one of the
 * files has. Refuses to judge which of the two is right. */
#include "internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct side {
    struct store *store;
    int run, column;
    const struct schema_row *row;
    double *number; /* of the column, owned */
};

/* A number by its index, NaN where this side's axes end before it. */
static double number_at(const struct side *side, const int index[MAX_COLUMN_DIMS])
{
    size_t at = 0;
    for (int d = 0; d < side->row->num_dims; d++) {
        int size = side->store->schema.axis[side->row->dim[d]].size;
        if (index[d] >= size) return NAN;
        at = at * (size_t)size + (size_t)index[d];
    }
    return side->number[at];
}

static bool same_number(double x, double y)
{
    return (isnan(x) && isnan(y)) || memcmp(&x, &y, sizeof x) == 0;
}

static void tell(const char *name, const int *index, int num_dims, double x, double y, char *what,
                 size_t n)
{
    int used = snprintf(what, n, "%s", name);
    for (int d = 0; d < num_dims && used < (int)n; d++)
        used += snprintf(what + used, n - (size_t)used, "%s%d%s", d ? "," : "[#", index[d],
                         d + 1 < num_dims ? "" : "]");
    if (used < (int)n) snprintf(what + used, n - (size_t)used, " is %.17g and %.17g", x, y);
}

static bool same_array(const struct side *a, const struct side *b, char *what, size_t n)
{
    int size[MAX_COLUMN_DIMS] = {1, 1, 1}, index[MAX_COLUMN_DIMS];
    for (int d = 0; d < a->row->num_dims; d++) {
        int x = a->store->schema.axis[a->row->dim[d]].size;
        int y = b->store->schema.axis[b->row->dim[d]].size;
        size[d] = x > y ? x : y;
    }
    for (index[0] = 0; index[0] < size[0]; index[0]++)
        for (index[1] = 0; index[1] < size[1]; index[1]++)
            for (index[2] = 0; index[2] < size[2]; index[2]++) {
                double x = number_at(a, index), y = number_at(b, index);
                if (same_number(x, y)) continue;
                tell(a->row->name, index, a->row->num_dims, x, y, what, n);
                return false;
            }
    return true;
}

static int read_side(struct side *side, struct status *st)
{
    free(side->number);
    side->row = &side->store->schema.row[side->column];
    side->number =
        calloc(schema_row_count(&side->store->schema, side->row) + 1, sizeof *side->number);
    return side->number ? store_read_numbers(side->store, side->column, side->run, side->number, st)
                        : status_no_memory(st, "%s", side->store->path);
}

/* Integers of more digits than a double has. */
static int compare_integers(const struct side *a, const struct side *b, bool *same, char *what,
                            size_t n, struct status *st)
{
    char x[64], y[64];
    int code = store_read_text(a->store, a->column, a->run, x, sizeof x, st);
    if (!code) code = store_read_text(b->store, b->column, b->run, y, sizeof y, st);
    *same = code || strcmp(x, y) == 0;
    if (!*same) snprintf(what, n, "%s is %s and %s", a->store->schema.row[a->column].name, x, y);
    return code;
}

static int compare_columns(struct side *a, struct side *b, bool *same, char *what, size_t n,
                           struct status *st)
{
    int code = STATUS_OK;
    for (int c = 0; c < a->store->schema.num_rows && *same && !code; c++) {
        const struct schema_row *row = &a->store->schema.row[c];
        a->column = c;
        b->column = store_find_column(b->store, row->name);
        if (!row->in_digest || b->column < 0 ||
            !match_column(&a->store->schema, row, &b->store->schema,
                          &b->store->schema.row[b->column]))
            continue;
        if (row->type == TYPE_I8 || row->type == TYPE_U8 || row->type == TYPE_TEXT) {
            code = compare_integers(a, b, same, what, n, st);
            continue;
        }
        code = read_side(a, st);
        if (!code) code = read_side(b, st);
        if (!code) *same = same_array(a, b, what, n);
    }
    return code;
}

static int compare_networks(const struct side *a, const struct side *b, bool *same, char *what,
                            size_t n, struct status *st)
{
    int code = STATUS_OK;
    for (int w = 0; w < NUM_WHICH && *same && !code; w++) {
        struct rnn_shape shape, other;
        float *x = NULL, *y = NULL;
        int num = 0, num_other = 0;
        code = store_read_networks(a->store, a->run, which_name[w], &shape, &x, &num, st);
        if (!code)
            code = store_read_networks(b->store, b->run, which_name[w], &other, &y, &num_other, st);
        *same = code || num == num_other;
        size_t count = code ? 0 : (size_t)num * rnn_num_params(shape);
        for (size_t i = 0; i < count && *same; i++) *same = same_number(x[i], y[i]);
        if (!*same) snprintf(what, n, "a weight of its network (%s) differs", which_name[w]);
        free(x);
        free(y);
    }
    return code;
}

int store_compare_runs(struct store *store_a, int run_a, struct store *store_b, int run_b,
                       bool *same, char *what, size_t n, struct status *st)
{
    struct side a = {.store = store_a, .run = run_a}, b = {.store = store_b, .run = run_b};
    int x = store_run_status(store_a, run_a), y = store_run_status(store_b, run_b);
    *same = x == y;
    if (n > 0) what[0] = '\0';
    if (!*same) snprintf(what, n, "it is %s and %s", run_status_name[x], run_status_name[y]);
    int code = compare_columns(&a, &b, same, what, n, st);
    if (!code && *same && x == RUN_DONE) code = compare_networks(&a, &b, same, what, n, st);
    free(a.number);
    free(b.number);
    return code;
}
