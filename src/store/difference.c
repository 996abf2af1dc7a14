/* difference: where do the results of two runs differ, and by how much? What may differ between two
 * honest runs (times, hosts, attempts) is left out, as in the digest, whose bits these are. Refuses
 * to judge which of the two is right, and how much is too much. */
#include "internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct side {
    struct store *store;
    int run, column;              /* -1: this file has not the column */
    const struct schema_row *row; /* of it */
    double *number;               /* of the column, owned */
};

struct comparison {
    struct side a, b;
    store_difference_told *tell;
    void *context;
    struct store_difference now;
};

static void begin(struct comparison *c, const char *name, bool shared)
{
    c->now = (struct store_difference){.name = name, .shared = shared};
}

static void end(struct comparison *c)
{
    if (c->now.num > 0) c->tell(c->context, &c->now);
}

static double relative(double a, double b)
{
    return fabs(a - b) / fmax(fabs(a), fabs(b));
}

/* true: they differ, and for the first time, so that the element wants a name. */
static bool add(struct store_difference *d, double a, double b)
{
    d->of += !isnan(a) || !isnan(b);
    if (memcmp(&a, &b, sizeof a) == 0 || (isnan(a) && isnan(b))) return false;
    bool both = isfinite(a) && isfinite(b);
    if (both) d->largest = fmax(d->largest, fabs(a - b));
    if (both) d->relative = fmax(d->relative, relative(a, b));
    d->num_alone += !both;
    if (d->num++) return false;
    d->a = a;
    d->b = b;
    return true;
}

/* --- columns ---------------------------------------------------------------------------------- */

static int size_of(const struct side *side, int d)
{
    return side->row ? side->store->schema.axis[side->row->dim[d]].size : 0;
}

/* A number by its index, NaN where this side's axes end before it. */
static double number_at(const struct side *side, int num_dims, const int index[MAX_COLUMN_DIMS])
{
    size_t at = 0;
    for (int d = 0; d < num_dims; d++) {
        int size = size_of(side, d);
        if (index[d] >= size) return NAN;
        at = at * (size_t)size + (size_t)index[d];
    }
    return side->row ? side->number[at] : NAN;
}

/* word_tv[3]: by the labels of the dimensions. */
static void name_element(struct comparison *c, const struct side *side, const int *index)
{
    char *text = c->now.element;
    size_t room = sizeof c->now.element, n = (size_t)snprintf(text, room, "%s", c->now.name);
    for (int d = 0; d < side->row->num_dims && n < room; d++) {
        const struct schema_axis *axis = &side->store->schema.axis[side->row->dim[d]];
        double label = axis->value ? axis->value[index[d]] : axis->first + index[d];
        n += (size_t)snprintf(text + n, room - n, "%s%.6g%s", d ? "," : "[", label,
                              d + 1 < side->row->num_dims ? "" : "]");
    }
}

static void compare_numbers(struct comparison *c)
{
    const struct side *one = c->a.row ? &c->a : &c->b;
    int num_dims = one->row->num_dims, size[MAX_COLUMN_DIMS] = {1, 1, 1}, i[MAX_COLUMN_DIMS];
    for (int d = 0; d < num_dims; d++) {
        int x = size_of(&c->a, d), y = size_of(&c->b, d);
        size[d] = x > y ? x : y;
    }
    for (i[0] = 0; i[0] < size[0]; i[0]++)
        for (i[1] = 0; i[1] < size[1]; i[1]++)
            for (i[2] = 0; i[2] < size[2]; i[2]++) {
                double a = number_at(&c->a, num_dims, i), b = number_at(&c->b, num_dims, i);
                if (add(&c->now, a, b)) name_element(c, isnan(a) ? &c->b : &c->a, i);
            }
}

/* Integers of more digits than a double has; a and b then hold the nearest doubles. */
static int compare_integers(struct comparison *c, struct status *st)
{
    char a[64] = "nan", b[64] = "nan";
    int code = STATUS_OK;
    if (c->a.row) code = store_read_text(c->a.store, c->a.column, c->a.run, a, sizeof a, st);
    if (!code && c->b.row)
        code = store_read_text(c->b.store, c->b.column, c->b.run, b, sizeof b, st);
    double x = strtod(a, NULL), y = strtod(b, NULL);
    if (!code && strcmp(a, b) != 0 && x == y) y = nextafter(y, INFINITY);
    if (!code && add(&c->now, x, y))
        snprintf(c->now.element, sizeof c->now.element, "%s", c->now.name);
    return code;
}

static int read_side(struct side *side, struct status *st)
{
    free(side->number);
    side->number = NULL;
    if (side->column < 0) return STATUS_OK;
    size_t count = schema_row_count(&side->store->schema, side->row);
    side->number = calloc(count + 1, sizeof *side->number);
    return side->number ? store_read_numbers(side->store, side->column, side->run, side->number, st)
                        : status_no_memory(st, "%s", side->store->path);
}

static void choose_column(struct side *side, int column)
{
    side->column = column;
    side->row = column < 0 ? NULL : &side->store->schema.row[column];
}

/* The chosen columns of both sides, or of the one that has it. */
static int compare_column(struct comparison *c, struct status *st)
{
    const struct schema_row *row = c->a.row ? c->a.row : c->b.row;
    int code = STATUS_OK;
    if (c->a.row && c->b.row && c->a.row->num_dims != c->b.row->num_dims)
        return status_set(st, STATUS_USAGE, "%s has other dimensions in %s than in %s", row->name,
                          c->a.store->path, c->b.store->path);
    begin(c, row->name, c->a.row && c->b.row);
    if (row->type == TYPE_TEXT || row->type == TYPE_I8 || row->type == TYPE_U8) {
        code = compare_integers(c, st);
    } else {
        code = read_side(&c->a, st);
        if (!code) code = read_side(&c->b, st);
        if (!code) compare_numbers(c);
    }
    if (!code) end(c);
    return code;
}

static int compare_columns(struct comparison *c, struct status *st)
{
    const struct schema *a = &c->a.store->schema, *b = &c->b.store->schema;
    int code = STATUS_OK;
    for (int i = 0; i < a->num_rows && !code; i++) {
        if (!a->row[i].in_digest) continue;
        choose_column(&c->a, i);
        choose_column(&c->b, store_find_column(c->b.store, a->row[i].name));
        code = compare_column(c, st);
    }
    for (int i = 0; i < b->num_rows && !code; i++) {
        if (!b->row[i].in_digest || store_find_column(c->a.store, b->row[i].name) >= 0) continue;
        choose_column(&c->a, -1);
        choose_column(&c->b, i);
        code = compare_column(c, st);
    }
    return code;
}

/* --- networks --------------------------------------------------------------------------------- */

/* params (num, rnn_num_params); NULL and 0: the file has none of this kind. */
struct params_of_run {
    struct rnn_shape shape;
    float *params;
    int num;
};

static int read_networks(const struct side *side, const char *which, struct params_of_run *n,
                         struct status *st)
{
    *n = (struct params_of_run){.num = 0};
    if (store_run_status(side->store, side->run) != RUN_DONE) return STATUS_OK;
    return store_read_networks(side->store, side->run, which, &n->shape, &n->params, &n->num, st);
}

static int compare_networks(struct comparison *c, const char *which, struct status *st)
{
    struct params_of_run a, b = {.num = 0};
    char name[64];
    int code = read_networks(&c->a, which, &a, st);
    if (!code) code = read_networks(&c->b, which, &b, st);
    size_t x = code ? 0 : (size_t)a.num * rnn_num_params(a.shape);
    size_t y = code ? 0 : (size_t)b.num * rnn_num_params(b.shape);
    snprintf(name, sizeof name, "weights (%s)", which);
    begin(c, name, true);
    for (size_t i = 0; i < x || i < y; i++)
        if (add(&c->now, i < x ? (double)a.params[i] : NAN, i < y ? (double)b.params[i] : NAN))
            snprintf(c->now.element, sizeof c->now.element, "%s[#%zu]", name, i);
    if (!code) end(c);
    free(a.params);
    free(b.params);
    return code;
}

int store_differences(struct store *a, int run_a, struct store *b, int run_b,
                      store_difference_told *tell, void *context, struct status *st)
{
    struct comparison c = {.a = {.store = a, .run = run_a},
                           .b = {.store = b, .run = run_b},
                           .tell = tell,
                           .context = context};
    int code = compare_columns(&c, st);
    for (int w = 0; w < NUM_WHICH && !code; w++) code = compare_networks(&c, which_name[w], st);
    free(c.a.number);
    free(c.b.number);
    return code;
}

/* --- the same? -------------------------------------------------------------------------------- */

struct first {
    char *what; /* (n bytes) */
    size_t n;
    bool same;
};

/* Of what only one of the files has, nothing is asked. */
static void take_first(void *context, const struct store_difference *d)
{
    struct first *first = context;
    if (!first->same || !d->shared) return;
    first->same = false;
    snprintf(first->what, first->n, "%s is %.17g and %.17g", d->element, d->a, d->b);
}

int store_compare_runs(struct store *a, int run_a, struct store *b, int run_b, bool *same,
                       char *what, size_t n, struct status *st)
{
    struct first first = {what, n, true};
    int x = store_run_status(a, run_a), y = store_run_status(b, run_b), code = STATUS_OK;
    if (n > 0) what[0] = '\0';
    if (x == y)
        code = store_differences(a, run_a, b, run_b, take_first, &first, st);
    else
        snprintf(what, n, "it is %s and %s", run_status_name[x], run_status_name[y]);
    *same = x == y && first.same;
    return code;
}
