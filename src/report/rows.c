/* rows: see rows.h. Refuses to print and to know about statistics. */
#include "rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

bool rows_is_key(struct store *store, const char *name)
{
    int column = store_find_column(store, name);
    return names_is_known(name) || (column >= 0 && store_column(store, column)->type == TYPE_TEXT);
}

const char *rows_nearest(struct store *store, const char *name, bool keys)
{
    int num = 0;
    const char **candidate = calloc((size_t)store_num_columns(store) + 1, sizeof *candidate);
    for (int c = 0; candidate && c < store_num_columns(store); c++) {
        const struct schema_row *row = store_column(store, c);
        if (keys ? row->type == TYPE_TEXT : row->num_dims == 0) candidate[num++] = row->name;
    }
    const char *nearest = names_nearest(name, candidate, num);
    free(candidate);
    return nearest;
}

static int column_value(struct store *store, int run, int column, struct expr_value *value,
                        struct status *st)
{
    char text[4096];
    double number = NAN;
    enum schema_type type = store_column(store, column)->type;
    int code = type == TYPE_TEXT ? STATUS_OK : store_read_numbers(store, column, run, &number, st);
    *value = expr_number(number);
    bool is_long = type == TYPE_I8 && !isnan(number); /* beyond what a double holds exactly */
    if (code || (type != TYPE_TEXT && !is_long)) return code;
    code = store_read_text(store, column, run, text, sizeof text, st);
    if (code) return code;
    if (is_long) {
        *value = expr_whole(strtoll(text, NULL, 10));
        return STATUS_OK;
    }
    value->text = value->memory = strdup(text);
    return value->text ? STATUS_OK : status_no_memory(st, "the text of a run");
}

int rows_value(struct store *store, int run, const char *name, struct expr_value *value,
               struct status *st)
{
    if (!names_is_known(name)) {
        int column = store_find_column(store, name);
        return column >= 0 && store_column_count(store, column) == 1
                   ? column_value(store, run, column, value, st)
                   : names_unknown(name, rows_nearest(store, name, false), st);
    }
    const struct decoded_run *d = store_settings(store, run, st);
    if (!d) return st->code;
    struct named_run r = {.settings = &d->settings,
                          .run = run,
                          .attempts = store_run_attempts(store, run),
                          .seed = d->seed,
                          .key = d->key,
                          .block = d->block,
                          .status = run_status_name[store_run_status(store, run)]};
    return names_value(&r, name, value, st);
}

struct row_context {
    struct store *store;
    int run;
};

static int lookup(void *context, const char *name, struct expr_value *value, struct status *st)
{
    const struct row_context *c = context;
    return rows_value(c->store, c->run, name, value, st);
}

int rows_where(struct store *store, const char *expr, int **row, int *num, struct status *st)
{
    int num_runs = store_num_runs(store), code = STATUS_OK;
    *num = 0;
    *row = malloc(((size_t)num_runs + 1) * sizeof **row);
    if (!*row) code = status_no_memory(st, "%d runs", num_runs);
    if (!code && expr) code = expr_check(expr, st);
    for (int run = 0; run < num_runs && !code; run++) {
        struct row_context context = {store, run};
        bool wanted = true;
        if (expr) code = expr_eval(expr, lookup, &context, &wanted, st);
        if (wanted) (*row)[(*num)++] = run;
    }
    if (code) {
        free(*row);
        *row = NULL;
        *num = 0;
    }
    return code;
}
