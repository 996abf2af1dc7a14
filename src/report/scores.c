/* scores: see scores.h. Refuses to compute statistics and to know what a metric means: names, kinds
 * and shapes come from the file.
 */
#include "scores.h"

#include "base/spelling.h"
#include "plan/names.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Shown unless --metrics says otherwise; names that a file lacks are left out. */
static const char *const default_score[] = {"best_val_loss", "matched_distance", "volatility",
                                            "word_tv[3]", "cross_entropy"};

static bool is_result(const struct schema_row *row)
{
    return row->in_digest && row->num_dims == 0 && (row->type == TYPE_F8 || row->type == TYPE_F4) &&
           !names_is_known(row->name);
}

/* Does the word stand in the name, between its first or last letter, '.' and '_'? */
static bool has_part(const char *name, const char *word)
{
    size_t n = strlen(word);
    for (const char *at = name; n && (at = strstr(at, word)); at++)
        if ((at == name || strchr("._", at[-1])) && (!at[n] || strchr("._[", at[n]))) return true;
    return false;
}

/* The best of the names of outputs without their analyses. */
static const char *nearest_output(const char *word, const char *const *name, int num)
{
    const char **output = calloc((size_t)num + 1, sizeof *output), *found = NULL;
    for (int i = 0; output && i < num; i++)
        output[i] = strchr(name[i], '.') ? strchr(name[i], '.') + 1 : NULL;
    const char *nearest = output ? spelling_nearest(word, output, num) : NULL;
    for (int i = 0; nearest && i < num && !found; i++)
        if (output[i] == nearest) found = name[i];
    free(output);
    return found;
}

const char *scores_nearest(const char *word, const char *const *name, int num)
{
    for (size_t d = 0; d < sizeof default_score / sizeof default_score[0]; d++)
        for (int i = 0; i < num && has_part(default_score[d], word); i++)
            if (strncmp(default_score[d], name[i], strcspn(default_score[d], "[")) == 0)
                return name[i];
    for (int i = 0; i < num; i++)
        if (strchr(name[i], '.') && strcmp(strchr(name[i], '.') + 1, word) == 0) return name[i];
    const char *nearest = spelling_nearest(word, name, num);
    if (!nearest) nearest = nearest_output(word, name, num);
    for (int i = 0; i < num && !nearest; i++)
        if (has_part(name[i], word)) nearest = name[i];
    return nearest;
}

/* Is the file about networks that were only analysed? */
static bool is_analysed(struct store *store)
{
    return store_num_runs(store) == 1 && !store_is_trained(store, 0);
}

static int unknown_score(struct store *store, const char *name, struct status *st)
{
    int num = 0;
    const char **candidate = calloc((size_t)store_num_columns(store) + 1, sizeof *candidate);
    for (int c = 0; candidate && c < store_num_columns(store); c++)
        if (store_column(store, c)->type != TYPE_TEXT)
            candidate[num++] = store_column(store, c)->name;
    const char *nearest = candidate ? scores_nearest(name, candidate, num) : NULL;
    free(candidate);
    return status_set(st, STATUS_USAGE,
                      "--metrics: the file has no numbers named '%s'.%s%s%s '--metrics all' shows "
                      "every scalar one, 'hmmgrid help metrics' says what each is.",
                      name, nearest ? " Did you mean '" : "", nearest ? nearest : "",
                      nearest ? "'?" : "");
}

/* "[3]" or "[0,2]" behind a name -> element of the column's row-major value. */
static int parse_index(struct store *store, const char *name, int column, const char *index,
                       int *element, struct status *st)
{
    const struct schema_row *row = store_column(store, column);
    const char *at = index;
    char example[64] = "";
    *element = 0;
    if (row->num_dims == 0 && !*index) return STATUS_OK;
    if (row->num_dims == 0)
        return status_set(st, STATUS_USAGE,
                          "--metrics: %s is one number a run; write it without %s", name, index);
    for (int d = 0; d < row->num_dims; d++) {
        const struct schema_axis *axis = store_axis(store, row->dim[d]);
        size_t n = strlen(example);
        snprintf(example + n, sizeof example - n, "%c%d", d ? ',' : '[', axis->first);
    }
    for (int d = 0; d < row->num_dims; d++) {
        const struct schema_axis *axis = store_axis(store, row->dim[d]);
        int label, end = 0, last = axis->first + axis->size - 1;
        if (*at != (d ? ',' : '[') || sscanf(at + 1, "%d %n", &label, &end) != 1 || end == 0 ||
            (d == row->num_dims - 1 && strcmp(at + 1 + end, "]") != 0))
            return status_set(st, STATUS_USAGE,
                              "--metrics: %s holds %d numbers a run; name one of them, such as "
                              "%s%s]",
                              name, store_column_count(store, column), name, example);
        if (label < axis->first || label > last)
            return status_set(st, STATUS_USAGE, "--metrics: index %d of %s%s is outside %d to %d",
                              label, name, index, axis->first, last);
        *element = *element * axis->size + label - axis->first;
        at += 1 + end;
    }
    return STATUS_OK;
}

static void find_floor(struct store *store, const char *name, const char *index,
                       struct score *score)
{
    char floor[96];
    snprintf(floor, sizeof floor, "%.80s_floor", name);
    if (strcmp(name, "best_val_loss") == 0 || strcmp(name, "final_val_loss") == 0)
        snprintf(floor, sizeof floor, "loss_floor");
    int column = store_find_column(store, floor);
    if (column < 0 || store_column_count(store, column) != store_column_count(store, score->column))
        return;
    score->floor_column = column;
    int n = snprintf(score->floor_name, sizeof score->floor_name, "%s%s", floor, index);
    if (n < 0 || (size_t)n >= sizeof score->floor_name) score->floor_name[0] = '\0';
}

static int parse_score(struct store *store, const char *text, struct score *score,
                       struct status *st)
{
    char name[96];
    size_t n = strcspn(text, "[");
    *score = (struct score){.floor_column = -1};
    snprintf(name, sizeof name, "%.*s", n < sizeof name ? (int)n : 0, text);
    score->column = *name ? store_find_column(store, name) : -1;
    if (!*text)
        return status_set(st, STATUS_USAGE,
                          "--metrics: an entry of the list is empty; write names with one comma "
                          "between them");
    if (score->column < 0 || strlen(text) >= sizeof score->name)
        return unknown_score(store, *name ? name : text, st);
    if (store_column(store, score->column)->type == TYPE_TEXT)
        return status_set(st, STATUS_USAGE,
                          "--metrics: %s is text, not a number; --by %s groups by it", name, name);
    snprintf(score->name, sizeof score->name, "%s", text);
    int code = parse_index(store, name, score->column, text + n, &score->element, st);
    if (!code) find_floor(store, name, text + n, score);
    return code;
}

/* Next item of a list that is split at commas outside of brackets; NULL at the end. */
static char *next_item(char **rest)
{
    char *item = *rest, *p;
    if (!item) return NULL;
    bool inside = false;
    for (p = item; *p && (*p != ',' || inside); p++) inside = *p == '[' || (inside && *p != ']');
    *rest = *p ? p + 1 : NULL;
    *p = '\0';
    while (*item == ' ') item++;
    while (p > item && p[-1] == ' ') *--p = '\0';
    return item;
}

static int select_listed(struct store *store, const char *list, struct score *score, int *num,
                         struct status *st)
{
    char *copy = strdup(list), *rest = copy;
    int code = copy ? STATUS_OK : status_no_memory(st, "a list");
    for (char *item; !code && (item = next_item(&rest));)
        code = parse_score(store, item, &score[(*num)++], st);
    free(copy);
    return code;
}

int scores_select(struct store *store, const char *list, struct score **score, int *num,
                  struct status *st)
{
    size_t most = sizeof default_score / sizeof default_score[0], columns;
    columns = (size_t)store_num_columns(store);
    if (columns > most) most = columns;
    for (const char *p = list; p && *p; p++) most += *p == ',';
    *num = 0;
    *score = calloc(most + 1, sizeof **score);
    if (!*score) return status_no_memory(st, "%zu metrics", most);
    if (!list && !is_analysed(store)) {
        for (size_t i = 0; i < sizeof default_score / sizeof default_score[0]; i++)
            if (parse_score(store, default_score[i], &(*score)[*num], NULL) == STATUS_OK) (*num)++;
        return STATUS_OK;
    }
    if (list && strcmp(list, "all") != 0) return select_listed(store, list, *score, num, st);
    for (size_t c = 0; c < columns; c++) {
        const struct schema_row *row = store_column(store, (int)c);
        if (!is_result(row) || (!list && strcmp(row->group, SCHEMA_RUNS) == 0)) continue;
        int code = parse_score(store, row->name, &(*score)[*num], st);
        if (code) return code;
        (*num)++;
    }
    return STATUS_OK;
}

int scores_read(struct store *store, const struct score *score, bool floor, const int *row, int num,
                double *out, struct status *st)
{
    int column = floor ? score->floor_column : score->column;
    int count = store_column_count(store, column), num_runs = store_num_runs(store);
    bool scalar = store_column(store, column)->num_dims == 0;
    size_t size = scalar ? (size_t)num_runs : (size_t)count;
    double *value = malloc((size + 1) * sizeof *value);
    if (!value) return status_no_memory(st, "%s", score->name);
    int code = scalar && num_runs ? store_read_column(store, column, value, st) : STATUS_OK;
    for (int i = 0; i < num && !code; i++) {
        out[i] = NAN;
        if (store_run_status(store, row[i]) != RUN_DONE) continue;
        if (!scalar) code = store_read_numbers(store, column, row[i], value, st);
        if (!code) out[i] = value[scalar ? row[i] : score->element];
    }
    free(value);
    return code;
}
