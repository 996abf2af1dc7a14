/* labels: see labels.h. Refuses to name what the grid does not. */
#include "labels.h"
#include "assign.h"

#include "base/spelling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct label {
    struct assign assign;
    char tag[MATRIX_TAG_BYTES + 1]; /* "": a name that stands for a matrix */
};

void labels_add(struct reading *r, const struct assign *assign)
{
    struct labels *all = &r->labels;
    struct settings s = {0};
    if (!assign->value.matrix.rows && !*assign->value.matrix.name) return;
    if (all->count == all->room) {
        int room = all->room ? 2 * all->room : 16;
        struct label *item = reading_take(r, room, sizeof *item);
        if (!item) return;
        if (all->count) memcpy(item, all->item, (size_t)all->count * sizeof *item);
        *all = (struct labels){all->count, room, item};
    }
    struct label *label = &all->item[all->count++];
    *label = (struct label){.assign = *assign};
    if (!assign->value.matrix.rows) return;
    value_store(&s, assign->row, &assign->value);
    char *text = settings_long_text(&s, assign->row);
    if (text)
        settings_matrix_tag(text, label->tag);
    else
        r->faults->out_of_memory = 1;
    free(text);
}

static const char *name_of(const struct label *label)
{
    return label->assign.value.matrix.name;
}

/* Options stand behind the grid, in their own order. */
static int by_place(const struct label *a, const struct label *b)
{
    const struct assign *x = &a->assign, *y = &b->assign;
    if (!x->option != !y->option) return x->option ? 1 : -1;
    if (x->at->line != y->at->line) return x->at->line - y->at->line;
    return x->at->column - y->at->column;
}

static int by_tag(const void *a, const void *b)
{
    const struct label *x = a, *y = b;
    int order = x->assign.row == y->assign.row
                    ? strcmp(x->tag, y->tag)
                    : setting_index(x->assign.row) - setting_index(y->assign.row);
    return order ? order : by_place(x, y);
}

/* Names that stand for a matrix come behind the matrices of that name. */
static int by_name(const void *a, const void *b)
{
    const struct label *x = a, *y = b;
    if (x->assign.row != y->assign.row)
        return setting_index(x->assign.row) - setting_index(y->assign.row);
    int order = strcmp(name_of(x), name_of(y));
    if (!order) order = !*x->tag - !*y->tag;
    return order ? order : by_place(x, y);
}

/* At the later of two places; `what` is followed by the earlier one. */
static void report(struct reading *r, const struct label *a, const struct label *b,
                   const char *what, const char *advice)
{
    const struct label *first = by_place(a, b) < 0 ? a : b;
    const struct assign *at = first == a ? &b->assign : &a->assign;
    char place[64] = "--set", text[400];
    if (!first->assign.option)
        snprintf(place, sizeof place, "line %d, column %d", first->assign.at->line,
                 first->assign.at->column);
    snprintf(text, sizeof text, "%s: %s %s; %s", at->row->key, what, place, advice);
    if (at->option)
        faults_add(r->faults, 0, 0, "--set %.100s: %s", at->option, text);
    else
        FAULT(r, at->at, "%s", text);
}

static void check_tags(struct reading *r, const struct label *a, const struct label *b)
{
    char what[160];
    const char *x = name_of(a), *y = name_of(b);
    if (a->assign.row != b->assign.row || !*a->tag || !*b->tag) return;
    if (value_equal(a->assign.row, &a->assign.value, &b->assign.value)) {
        snprintf(what, sizeof what, "this matrix is called %s here and %s in", *y ? y : "nothing",
                 *x ? x : "nothing");
        if (strcmp(x, y) != 0) report(r, a, b, what, "give it one name in both places");
    } else if (!*x && !*y && strncmp(a->tag, b->tag, SHOWN_TAG_BYTES) == 0) {
        snprintf(what, sizeof what, "this matrix is shown as %.*s, and so is that in",
                 SHOWN_TAG_BYTES, a->tag);
        report(r, a, b, what, "name one of them: {name: ..., rows: ...}");
    }
}

/* The preset or name that somebody may have meant, or NULL. */
static const char *nearest(struct reading *r, const struct setting *row, const char *name)
{
    const char **word = reading_take(r, r->labels.count + NUM_EMISSIONS, sizeof *word);
    int num = 0;
    if (!word) return NULL;
    for (int i = 0; row->names && settings_choice(row, i); i++)
        word[num++] = settings_choice(row, i);
    for (int i = 0; i < r->labels.count; i++) {
        const struct label *label = &r->labels.item[i];
        if (label->assign.row == row && *label->tag && *name_of(label))
            word[num++] = name_of(label);
    }
    return spelling_nearest(name, word, num);
}

static void check_names(struct reading *r, const struct label *a, const struct label *b)
{
    char what[160];
    const struct setting *row = b->assign.row;
    bool one_name = a && a->assign.row == row && strcmp(name_of(a), name_of(b)) == 0;
    if (!*name_of(b)) return;
    snprintf(what, sizeof what, "%s is the name of another matrix in", name_of(b));
    if (!*b->tag && !one_name) {
        const char *near = nearest(r, row, name_of(b));
        FAULT(r, b->assign.at,
              "%s: '%s' is neither a preset nor the name of a matrix in this grid%s%s%s", row->key,
              name_of(b), near ? "; did you mean '" : "", near ? near : "", near ? "'?" : "");
    }
    if (*b->tag && one_name && !value_equal(row, &a->assign.value, &b->assign.value))
        report(r, a, b, what, "give one of them another name");
}

void labels_check(struct reading *r)
{
    struct label *item = r->labels.item;
    if (r->faults->out_of_memory || !r->labels.count) return;
    qsort(item, (size_t)r->labels.count, sizeof *item, by_tag);
    for (int i = 1; i < r->labels.count; i++) check_tags(r, &item[i - 1], &item[i]);
    qsort(item, (size_t)r->labels.count, sizeof *item, by_name);
    for (int i = 0; i < r->labels.count; i++) check_names(r, i ? &item[i - 1] : NULL, &item[i]);
}
