/* rows: see rows.h. Refuses to print results and to know about statistics. */
#include "rows.h"

#include "plan/expr.h"
#include "base/spelling.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int rows_with_store(const struct invocation *inv, rows_work *work)
{
    struct status st = {0};
    struct store *store = NULL;
    int code = store_open(&store, cli_operand(inv, 0), &st);
    if (!code) code = work(inv, store, &st);
    store_close(store);
    return code ? cli_fail(inv, &st) : STATUS_OK;
}

/* Names of a run besides its settings. */
static const char *const own_name[] = {"run", "key", "seed", "block", "status", "attempts"};
enum { NUM_OWN = sizeof own_name / sizeof own_name[0] };

static int own_index(const char *name)
{
    for (int i = 0; i < NUM_OWN; i++)
        if (strcmp(own_name[i], name) == 0) return i;
    return -1;
}

const struct setting *rows_setting(const char *name)
{
    const struct setting *row = settings_find_column(name);
    return row && row->scope == SCOPE_RUN ? row : NULL;
}

/* The column of text of this name, or -1. */
static int text_column(struct store *store, const char *name)
{
    int column = store_find_column(store, name);
    return column >= 0 && store_column(store, column)->type == TYPE_TEXT ? column : -1;
}

bool rows_is_key(struct store *store, const char *name)
{
    return own_index(name) >= 0 || rows_setting(name) || text_column(store, name) >= 0;
}

/* The text of a run in a column; malloc'd; NULL: st says why. */
static char *column_text(struct store *store, int run, int column, struct status *st)
{
    char text[512] = "";
    if (store_read_text(store, column, run, text, sizeof text, st)) return NULL;
    char *copy = strdup(text);
    if (!copy) status_no_memory(st, "the values of a column");
    return copy;
}

static char *key_text(struct store *store, int run, const char *name, const struct decoded_run *d)
{
    const struct setting *setting = rows_setting(name);
    char number[32] = "";
    if (setting) return settings_text(&d->settings, setting);
    switch (own_index(name)) {
    case 0: snprintf(number, sizeof number, "%d", run); break;
    case 1: return strdup(d->key);
    case 2: snprintf(number, sizeof number, "%lld", (long long)d->seed); break;
    case 3: return strdup(d->block);
    case 4: return strdup(run_status_name[store_run_status(store, run)]);
    case 5: snprintf(number, sizeof number, "%d", store_run_attempts(store, run)); break;
    default: return NULL;
    }
    return strdup(number);
}

char *rows_key_text(struct store *store, int run, const char *name, struct status *st)
{
    int column = rows_setting(name) || own_index(name) >= 0 ? -1 : text_column(store, name);
    char *text = NULL;
    if (column >= 0) return column_text(store, run, column, st);
    const struct decoded_run *decoded = store_settings(store, run, st);
    if (decoded && !(text = key_text(store, run, name, decoded)))
        status_no_memory(st, "the values of %s", name);
    return text;
}

const char *rows_nearest(struct store *store, const char *name, bool columns)
{
    int num = 0, most = NUM_OWN + num_settings + (columns ? store_num_columns(store) : 0);
    const char **candidate = calloc((size_t)most, sizeof *candidate);
    if (!candidate) return NULL; /* the error that asks for a suggestion stands without it */
    for (int i = 0; i < NUM_OWN; i++) candidate[num++] = own_name[i];
    for (int i = 0; i < num_settings; i++)
        if (settings_table[i].scope == SCOPE_RUN) candidate[num++] = settings_table[i].key;
    for (int c = 0; columns && c < store_num_columns(store); c++)
        candidate[num++] = store_column(store, c)->name;
    const char *nearest = spelling_nearest(name, candidate, num);
    free(candidate);
    if (nearest) return nearest;
    nearest = settings_nearest(name); /* knows the part behind the dot alone: "hidden" */
    return nearest && rows_setting(nearest) ? nearest : NULL;
}

/* --- --where --------------------------------------------------------------------------------- */

struct row_context {
    struct store *store;
    int run;
    char text[4096];   /* of the name looked up last */
    char unknown[128]; /* name that was not there */
    struct status *st; /* a read error, told apart from an unknown name */
    bool failed;
};

/* A setting's value for comparison, as --where sees it in a grid: enums, booleans, matrices and
 * lists of several numbers as text, the rest as numbers. */
static void setting_value(const struct settings *s, const struct setting *setting,
                          struct row_context *c, struct expr_value *value)
{
    value->number = settings_number(s, setting);
    value->text = settings_name(s, setting);
    if (setting->type == SETTING_BOOL) value->text = value->number != 0 ? "true" : "false";
    bool lists = setting->type == SETTING_REAL_LIST || setting->type == SETTING_MATRIX;
    if (!lists || !isnan(value->number)) return;
    settings_json_value(s, setting, c->text, sizeof c->text);
    value->text = c->text;
}

static bool column_value(struct row_context *c, const char *name, struct expr_value *value)
{
    int column = store_find_column(c->store, name);
    if (column < 0 || store_column_count(c->store, column) != 1) return false;
    int code;
    if (store_column(c->store, column)->type == TYPE_TEXT) {
        code = store_read_text(c->store, column, c->run, c->text, sizeof c->text, c->st);
        value->text = c->text;
    } else {
        code = store_read_numbers(c->store, column, c->run, &value->number, c->st);
    }
    c->failed = code != STATUS_OK;
    return !c->failed;
}

static bool lookup(void *context, const char *name, struct expr_value *value)
{
    struct row_context *c = context;
    const struct decoded_run *d = store_settings(c->store, c->run, c->st);
    const struct setting *setting = rows_setting(name);
    *value = (struct expr_value){.number = NAN};
    c->failed = !d;
    if (!d) return false;
    if (setting) {
        setting_value(&d->settings, setting, c, value);
        return true;
    }
    switch (own_index(name)) {
    case 0: value->number = c->run; return true;
    case 1: value->text = d->key; return true;
    case 2: value->number = (double)d->seed; return true;
    case 3: value->text = d->block; return true;
    case 4: value->text = run_status_name[store_run_status(c->store, c->run)]; return true;
    case 5: value->number = store_run_attempts(c->store, c->run); return true;
    default: break;
    }
    if (column_value(c, name, value)) return true;
    snprintf(c->unknown, sizeof c->unknown, "%s", name);
    return false;
}

/* Name the error of one evaluation: a failed read, or an unknown name with the nearest one. */
static int where_error(struct row_context *c, const struct status *read, struct status *st)
{
    if (c->failed) {
        *st = *read;
        return st->code;
    }
    const char *nearest = c->unknown[0] ? rows_nearest(c->store, c->unknown, true) : NULL;
    if (nearest)
        return status_set(st, STATUS_USAGE, "--where: unknown name '%s'. Did you mean '%s'?",
                          c->unknown, nearest);
    return st->code;
}

int rows_where(struct store *store, const char *expr, int **row, int *num, struct status *st)
{
    struct expr *parsed = NULL;
    struct status read = {0};
    struct row_context context = {.store = store, .st = &read};
    int num_runs = store_num_runs(store), code = STATUS_OK;
    *num = 0;
    *row = malloc(((size_t)num_runs + 1) * sizeof **row);
    if (!*row) code = status_no_memory(st, "%d runs", num_runs);
    if (!code && expr) code = expr_parse(&parsed, expr, st);
    for (int run = 0; run < num_runs && !code; run++) {
        bool wanted = true;
        context.run = run;
        if (parsed && (code = expr_eval(parsed, lookup, &context, &wanted, st)))
            code = where_error(&context, &read, st);
        else if (wanted)
            (*row)[(*num)++] = run;
    }
    expr_free(parsed);
    if (code) {
        free(*row);
        *row = NULL;
        *num = 0;
    }
    return code;
}
