/* compare_cells: which level and which cell every run has; see compare.h. Refuses to look at
 * results.
 */
#include "compare_private.h"

#include "aggregate.h"
#include "rows.h"

#include <stdlib.h>
#include <string.h>

bool compare_is_floor(const struct compare *c)
{
    return strcmp(c->request.between, COMPARE_FLOOR) == 0;
}

static int texts_of(struct compare *c, const char *name, char **text, bool *is_number,
                    struct status *st)
{
    int code = STATUS_OK;
    *is_number = true;
    for (int i = 0; i < c->num_rows && !code; i++) {
        bool one;
        code = rows_text(c->store, c->row[i], name, &text[i], &one, st);
        *is_number = *is_number && !code && one;
    }
    return code;
}

void compare_free_texts(char **text, int num)
{
    for (int i = 0; text && i < num; i++) free(text[i]);
    free(text);
}

static int by_level(const void *a, const void *b)
{
    const struct compare_level *x = a, *y = b;
    int order = (x->number > y->number) - (x->number < y->number);
    return order ? order : strcmp(x->text, y->text);
}

/* Levels in their order, and which one each row has. */
static int find_levels(struct compare *c, struct status *st)
{
    char **text = calloc((size_t)c->num_rows + 1, sizeof *text);
    bool is_number;
    if (!text) return status_no_memory(st, "levels");
    c->levels = calloc((size_t)c->num_rows + 1, sizeof *c->levels);
    int code = c->levels ? texts_of(c, c->request.between, text, &is_number, st)
                         : status_no_memory(st, "levels");
    for (int i = 0; i < c->num_rows && !code; i++) {
        int k = 0;
        while (k < c->num_levels && strcmp(c->levels[k].text, text[i]) != 0) k++;
        if (k < c->num_levels) continue;
        char *kept = strdup(text[i]);
        if (!kept)
            code = status_no_memory(st, "levels");
        else
            c->levels[c->num_levels++] =
                (struct compare_level){kept, is_number ? strtod(kept, NULL) : 0};
    }
    if (!code) qsort(c->levels, (size_t)c->num_levels, sizeof *c->levels, by_level);
    for (int i = 0; i < c->num_rows && !code; i++)
        while (strcmp(c->levels[c->level[i]].text, text[i]) != 0) c->level[i]++;
    compare_free_texts(text, c->num_rows);
    return code;
}

int compare_find_levels(struct compare *c, struct status *st)
{
    c->level = calloc(2 * (size_t)c->num_rows + 2, sizeof *c->level);
    if (!c->level) return status_no_memory(st, "groups");
    c->cell = c->level + c->num_rows + 1;
    if (!compare_is_floor(c)) return find_levels(c, st);
    c->levels = calloc(1, sizeof *c->levels);
    if (c->levels) c->levels[0].text = strdup("");
    c->num_levels = 1;
    return c->levels && c->levels[0].text ? STATUS_OK : status_no_memory(st, "groups");
}

/* Do runs of one level differ in it? */
static bool varies_within(const struct compare *c, char *const *text)
{
    for (int l = 0; l < c->num_levels; l++) {
        const char *first = NULL;
        for (int i = 0; i < c->num_rows; i++) {
            if (c->level[i] != l) continue;
            if (first && strcmp(first, text[i]) != 0) return true;
            first = text[i];
        }
    }
    return false;
}

static bool varies(const struct compare *c, char *const *text)
{
    for (int i = 1; i < c->num_rows; i++)
        if (strcmp(text[0], text[i]) != 0) return true;
    return false;
}

/* One more name in a list of them. */
static int name_too(char **list, const char *name, struct status *st)
{
    char *longer = NULL;
    if (asprintf(&longer, "%s%s%s", *list, **list ? ", " : "", name) < 0)
        return status_no_memory(st, "cells");
    free(*list);
    *list = longer;
    return STATUS_OK;
}

enum use { SPLIT, SPLIT_IF_IT_TELLS, TELL };

/* Split the cells by one more name, or only if it tells runs of a level apart, or tell that it does
 * not split: it goes with the level, or differs within cells. */
static int add_key(struct compare *c, const char *name, enum use use, struct status *st)
{
    int before = c->num_cells;
    bool is_number, splits = use == SPLIT;
    char **text = calloc((size_t)c->num_rows + 1, sizeof *text);
    if (!text) return status_no_memory(st, "cells");
    int code = texts_of(c, name, text, &is_number, st);
    bool within = !code && (compare_is_floor(c) ? varies(c, text) : varies_within(c, text));
    if (use == SPLIT_IF_IT_TELLS) splits = within;
    if (!code && splits)
        code = aggregate_split((const char *const *)text, c->num_rows, c->cell, &c->num_cells, st);
    if (!code && !splits && varies(c, text))
        code = name_too(within ? &c->within : &c->also, name, st);
    if (!code && splits && (use == SPLIT || c->num_cells > before)) {
        c->key[c->num_keys] = strdup(name);
        c->key_text[c->num_keys] = text;
        if (c->key[c->num_keys++]) return STATUS_OK;
        return status_no_memory(st, "cells");
    }
    compare_free_texts(text, c->num_rows);
    return code;
}

static int too_many_keys(struct status *st)
{
    return status_set(st, STATUS_USAGE, "--by: more than %d keys", MAX_CELL_KEYS);
}

static int keys_asked(struct compare *c, struct status *st)
{
    char *list = strdup(c->request.by), *rest = NULL;
    int code = list ? STATUS_OK : status_no_memory(st, "--by");
    for (char *word = list ? strtok_r(list, ", ", &rest) : NULL; word && !code;
         word = strtok_r(NULL, ", ", &rest)) {
        const char *name;
        code = rows_find_key(c->store, "--by", word, &name, st);
        if (!code)
            code = c->num_keys == MAX_CELL_KEYS ? too_many_keys(st) : add_key(c, name, SPLIT, st);
    }
    free(list);
    return code;
}

static bool is_key(const struct compare *c, const char *name)
{
    for (int k = 0; k < c->num_keys; k++)
        if (strcmp(c->key[k], name) == 0) return true;
    return strcmp(c->request.between, name) == 0;
}

/* Every other setting. */
static int other_settings(struct compare *c, enum use use, struct status *st)
{
    int code = STATUS_OK;
    for (int i = 0; i < num_settings && !code; i++) {
        const struct setting *s = &settings_table[i];
        if (s->scope != SCOPE_RUN || is_key(c, s->key)) continue;
        if (!rows_vary(c->store, c->row, c->num_rows, s)) continue;
        code = c->num_keys == MAX_CELL_KEYS ? too_many_keys(st) : add_key(c, s->key, use, st);
    }
    return code;
}

/* cell_text: all that tells a cell, by which cells are put in order. */
int compare_find_cells(struct compare *c, struct status *st)
{
    c->also = strdup("");
    c->num_cells = c->num_rows > 0;
    c->within = strdup("");
    if (!c->also || !c->within) return status_no_memory(st, "cells");
    int code = c->request.by ? keys_asked(c, st) : STATUS_OK;
    if (!code) code = other_settings(c, c->request.by ? TELL : SPLIT_IF_IT_TELLS, st);
    if (code) return code;
    c->cell_text = calloc((size_t)c->num_cells + 1, sizeof *c->cell_text);
    if (!c->cell_text) return status_no_memory(st, "cells");
    for (int i = c->num_rows - 1; i >= 0; i--) {
        char *all = strdup("");
        for (int k = 0; k < c->num_keys && all; k++) {
            char *more = NULL;
            if (asprintf(&more, "%s%s%s=%s", all, k ? " " : "", c->key[k], c->key_text[k][i]) < 0)
                more = NULL;
            free(all);
            all = more;
        }
        if (!all) return status_no_memory(st, "cells");
        free(c->cell_text[c->cell[i]]);
        c->cell_text[c->cell[i]] = all;
    }
    return STATUS_OK;
}
