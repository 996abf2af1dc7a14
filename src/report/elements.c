/* elements: see elements.h. Refuses to guess: a label is one that the file has. */
#include "elements.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { ALL = -1 };

static double label_of(const struct schema_axis *axis, int i)
{
    return axis->value ? axis->value[i] : axis->first + i;
}

/* "0.1, 1, 2, 3, 4", or "0, 1, ..., 149" */
static void labels_text(const struct schema_axis *axis, char *text, size_t bytes)
{
    enum { MANY = 12 };
    size_t n = 0;
    for (int i = 0; i < axis->size && n < bytes; i++) {
        if (axis->size > MANY && i == 2) i = axis->size - 1;
        n += (size_t)snprintf(text + n, bytes - n, "%s%s%.6g", i ? ", " : "",
                              axis->size > MANY && i == axis->size - 1 ? "..., " : "",
                              label_of(axis, i));
    }
}

/* Position of a label, of #N, ALL for *; -2 for nothing of these. word: n bytes. */
static int position_of(const struct schema_axis *axis, const char *word, int n)
{
    char text[32], *end;
    snprintf(text, sizeof text, "%.*s", n, word);
    if (strcmp(text, "*") == 0) return ALL;
    bool counts = *text == '#';
    double x = strtod(text + counts, &end);
    if (n == 0 || n >= (int)sizeof text || *end || end == text + counts) return -2;
    for (int i = 0; i < axis->size; i++) {
        double label = counts ? i : label_of(axis, i);
        if (fabs(label - x) <= 1e-6 * fabs(label)) return i;
    }
    return -2;
}

/* How to choose, for a reader who did not. */
static int explain(struct store *store, int column, const char *what, struct status *st)
{
    const struct schema_row *row = store_column(store, column);
    char text[1024] = "", labels[128], example[INDEX_BYTES] = "[";
    size_t n = 0, m = 1;
    for (int d = 0; d < row->num_dims; d++) {
        const struct schema_axis *axis = store_axis(store, row->dim[d]);
        labels_text(axis, labels, sizeof labels);
        n += (size_t)snprintf(text + n, sizeof text - n, "\n%s: %s", axis->name, labels);
        m += (size_t)snprintf(example + m, sizeof example - m, "%s%.6g", d ? "," : "",
                              label_of(axis, 0));
    }
    return status_set(st, STATUS_USAGE,
                      "%s%s; choose by labels, such as %s%s]; #N is a position from 0, * all of a "
                      "dimension%s",
                      row->name, what, row->name, example, text);
}

/* "[1,#0,*]" -> a position or ALL for each dimension. */
static int parse_index(struct store *store, int column, const char *index,
                       int position[MAX_COLUMN_DIMS], struct status *st)
{
    const struct schema_row *row = store_column(store, column);
    const char *at = index;
    char what[128];
    for (int d = 0; d < row->num_dims; d++) {
        const struct schema_axis *axis = store_axis(store, row->dim[d]);
        position[d] = ALL;
        if (!*index) continue;
        bool last = d == row->num_dims - 1;
        if (*at != (d ? ',' : '[')) break;
        at += 1 + strspn(at + 1, " ");
        int n = (int)strcspn(at, ",] ");
        position[d] = position_of(axis, at, n);
        if (position[d] == -2) {
            snprintf(what, sizeof what, ": no %.40s is '%.*s'", axis->name, n < 40 ? n : 40, at);
            return explain(store, column, what, st);
        }
        at += n;
        at += strspn(at, " ");
        if (last && strcmp(at, "]") == 0) return STATUS_OK;
    }
    if (!*index) return STATUS_OK;
    snprintf(what, sizeof what, " has %d dimension%s", row->num_dims,
             row->num_dims == 1 ? "" : "s");
    return explain(store, column, what, st);
}

int elements_find(struct store *store, int column, const char *index,
                  struct element element[MAX_ELEMENTS], int *num, struct status *st)
{
    const struct schema_row *row = store_column(store, column);
    int position[MAX_COLUMN_DIMS] = {0}, count = store_column_count(store, column), taken = 1;
    char what[64];
    *num = 0;
    if (row->num_dims == 0 && *index)
        return status_set(st, STATUS_USAGE, "%s is one number a run; write it without %s",
                          row->name, index);
    int code = parse_index(store, column, index, position, st);
    for (int d = 0; d < row->num_dims && !code; d++)
        if (position[d] == ALL) taken *= store_axis(store, row->dim[d])->size;
    snprintf(what, sizeof what, "%s is %d numbers a run, at most %d are shown", index, taken,
             MAX_ELEMENTS);
    if (!code && taken > MAX_ELEMENTS) code = explain(store, column, what, st);
    for (int at = 0; at < count && !code; at++) {
        struct element *e = &element[*num];
        int rest = at, part[MAX_COLUMN_DIMS], n = 0;
        bool wanted = true;
        for (int d = row->num_dims - 1; d >= 0; d--) {
            int size = store_axis(store, row->dim[d])->size;
            part[d] = rest % size;
            rest /= size;
            wanted = wanted && (position[d] == ALL || position[d] == part[d]);
        }
        if (!wanted) continue;
        *e = (struct element){.at = at};
        for (int d = 0; d < row->num_dims; d++)
            n += snprintf(e->index + n, sizeof e->index - (size_t)n, "%c%.6g", d ? ',' : '[',
                          label_of(store_axis(store, row->dim[d]), part[d]));
        if (n) snprintf(e->index + n, sizeof e->index - (size_t)n, "]");
        ++*num;
    }
    return code;
}
