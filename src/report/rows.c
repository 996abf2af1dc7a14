/* rows: see rows.h. Refuses to print and to know about statistics. */
#include "rows.h"
#include "elements.h"
#include "scores.h"

#include "plan/choose.h"
#include "settings/value.h"

#include <inttypes.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

/* A word or a whole number a run, checksums apart. */
static bool is_key(const struct schema_row *row)
{
    bool is_real = row->type == TYPE_F4 || row->type == TYPE_F8;
    return row->num_dims == 0 && !is_real && row->type != TYPE_U8;
}

/* Columns of text (host) and of whole numbers count too. */
static bool is_known_key(struct store *store, const char *name)
{
    int column = store_find_column(store, name);
    return names_is_known(name) || strcmp(name, ROWS_LANDED) == 0 ||
           (column >= 0 && is_key(store_column(store, column)));
}

const char *rows_nearest(struct store *store, const char *name, bool keys)
{
    int num = 0;
    const char **candidate = calloc((size_t)store_num_columns(store) + 1, sizeof *candidate);
    for (int c = 0; candidate && c < store_num_columns(store); c++) {
        const struct schema_row *row = store_column(store, c);
        if (keys ? is_key(row) : row->num_dims == 0) candidate[num++] = row->name;
    }
    const char *nearest = keys ? NULL : scores_meant(name, candidate, num);
    if (!nearest) nearest = names_nearest(name, candidate, num);
    free(candidate);
    return nearest;
}

int rows_find_key(struct store *store, const char *option, const char *word, const char **key,
                  struct status *st)
{
    const struct setting *setting = settings_find_column(word);
    *key = setting ? setting->key : word;
    if (is_known_key(store, *key)) return STATUS_OK;
    const char *nearest = rows_nearest(store, *key, true);
    return status_set(st, STATUS_USAGE,
                      "%s: unknown key '%s'.%s%s%s A key is a setting, seed, block, status, "
                      "attempts, run, key, or a column of text or whole numbers such as host.",
                      option, *key, nearest ? " Did you mean '" : "", nearest ? nearest : "",
                      nearest ? "'?" : "");
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

/* One element of an array column, "word_tv[3]", or its number without an index. */
static int element_value(struct store *store, int run, const char *name, struct expr_value *value,
                         struct status *st)
{
    struct element element[MAX_ELEMENTS];
    char column_name[128];
    const char *index = strchr(name, '[');
    int num = 0;
    snprintf(column_name, sizeof column_name, "%.*s", (int)strcspn(name, "["), name);
    int column = store_find_column(store, column_name);
    if (column < 0 || store_column(store, column)->type == TYPE_TEXT)
        return names_unknown(column_name, rows_nearest(store, column_name, false), st);
    int code = elements_find(store, column, index ? index : "", element, &num, st);
    if (!code && num != 1)
        code = status_set(st, STATUS_USAGE, "%s is %d numbers; name one of them, such as %s%s",
                          name, num, column_name, element[0].index);
    if (code) return code;
    double *number = calloc((size_t)store_column_count(store, column), sizeof *number);
    if (!number) return status_no_memory(st, "%s", name);
    code = store_read_numbers(store, column, run, number, st);
    *value = expr_number(code ? NAN : number[element[0].at]);
    free(number);
    return code;
}

/* Also of a file that is older than the column. */
static int landed_value(struct store *store, int run, struct expr_value *value, struct status *st)
{
    const double *landed = store_landed(store, st);
    *value = expr_number(landed ? landed[run] : NAN);
    if (landed && !isnan(landed[run])) *value = expr_whole((int64_t)landed[run]);
    value->is_number = true;
    return landed ? STATUS_OK : st->code;
}

int rows_value(struct store *store, int run, const char *name, struct expr_value *value,
               struct status *st)
{
    if (strcmp(name, ROWS_LANDED) == 0) return landed_value(store, run, value, st);
    if (!names_is_known(name)) {
        int column = store_find_column(store, name);
        return column >= 0 && store_column(store, column)->num_dims == 0
                   ? column_value(store, run, column, value, st)
                   : element_value(store, run, name, value, st);
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

int rows_text(struct store *store, int run, const char *name, char **text, bool *is_number,
              struct status *st)
{
    struct expr_value value;
    *text = NULL;
    int code = rows_value(store, run, name, &value, st);
    if (code) return code;
    *text = value.memory;
    if (!value.memory && isnan(value.number))
        *text = strdup("none");
    else if (!value.memory && asprintf(text, "%" PRId64, value.whole) < 0)
        *text = NULL;
    *is_number = value.is_number || !value.text;
    return *text ? STATUS_OK : status_no_memory(st, "%s", name);
}

static const struct settings *settings_of(void *store, int run)
{
    const struct decoded_run *d = store_settings(store, run, NULL);
    return d ? &d->settings : NULL;
}

void rows_telling(struct store *store, bool *tells)
{
    names_telling(settings_of, store, store_num_runs(store), tells);
}

bool rows_vary(struct store *store, const int *row, int num, const struct setting *setting)
{
    const struct settings *first = num ? settings_of(store, row[0]) : NULL;
    if (value_takes_matrix(setting)) return true; /* its name is not compared below */
    for (int i = 1; i < num && first; i++) {
        const struct settings *s = settings_of(store, row[i]);
        if (!s || !settings_equal(first, s, setting)) return true;
    }
    return !first;
}

char *rows_tell(struct store *store, int run)
{
    const struct decoded_run *d = store_settings(store, run, NULL);
    bool *tells = d ? calloc((size_t)num_settings, sizeof *tells) : NULL;
    if (tells) rows_telling(store, tells);
    char *told = tells ? names_tell(&d->settings, d->seed, tells) : NULL;
    free(tells);
    return told;
}

int rows_count(struct store *store, const int *row, int num, char text[PLAN_COUNT_BYTES],
               struct status *st)
{
    int all = store_num_runs(store), column = store_find_column(store, "cell");
    double *value = calloc((size_t)all + 1, sizeof *value);
    int *cell = calloc((size_t)num + 1, sizeof *cell);
    int code = value && cell ? STATUS_OK : status_no_memory(st, "%d runs", num);
    if (!code && column >= 0) code = store_read_column(store, column, value, st);
    for (int i = 0; i < num && !code; i++) {
        double x = value[row ? row[i] : i];
        cell[i] = x >= 0 && x < all ? (int)x : 0;
    }
    if (!code) names_count(cell, num, all, text);
    free(value);
    free(cell);
    return code;
}

static int lookup(void *context, int run, const char *name, struct expr_value *value,
                  struct status *st)
{
    return rows_value(context, run, name, value, st);
}

int rows_where(struct store *store, const char *expr, int **row, int *num, struct status *st)
{
    int num_runs = store_num_runs(store), code = STATUS_OK;
    bool *keep = calloc((size_t)num_runs + 1, sizeof *keep);
    *num = 0;
    *row = malloc(((size_t)num_runs + 1) * sizeof **row);
    if (!*row || !keep) code = status_no_memory(st, "%d runs", num_runs);
    if (!code) code = choose_runs(expr, lookup, store, num_runs, keep, num, st);
    for (int run = 0, k = 0; run < num_runs && !code; run++)
        if (keep[run]) (*row)[k++] = run;
    free(keep);
    if (code) {
        free(*row);
        *row = NULL;
        *num = 0;
    }
    return code;
}
