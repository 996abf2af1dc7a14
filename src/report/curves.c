/* curves: see curves.h. Refuses to thin them out: every number is there. */
#include "curves.h"

#include "base/sheet.h"
#include "base/show.h"
#include "rows.h"
#include "table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

struct writer {
    struct store *store;
    enum curves_format format;
    bool *tells;   /* (num_settings) */
    double *value; /* room for the longest curve */
    bool began;    /* the heading is written */
    FILE *out;
};

/* --- what tells a run apart ------------------------------------------------------------------- */

static int fill(const struct writer *w, int run, struct table *table, struct status *st)
{
    const struct decoded_run *d = store_settings(w->store, run, st);
    int code = STATUS_OK;
    if (!d) return st->code;
    table_column(table, false, "study");
    table_column(table, true, "run");
    table_column(table, false, "key");
    for (int i = 0; i < num_settings; i++)
        if (w->tells[i]) table_column_of_key(table, true, settings_table[i].key, TABLE_CSV);
    table_column(table, true, "seed");
    table_cell(table, "%s", store_attribute(w->store, "study"));
    table_cell(table, "%d", run);
    table_cell(table, "%s", d->key);
    for (int i = 0; i < num_settings && !code; i++) {
        char *text = NULL;
        bool is_number;
        if (!w->tells[i]) continue;
        code = rows_text(w->store, run, settings_table[i].key, &text, &is_number, st);
        bool none = !code && is_number && strcmp(text, "none") == 0;
        if (!code) table_cell(table, "%s", none ? "" : text);
        free(text);
    }
    table_cell(table, "%lld", (long long)d->seed);
    return code;
}

/* The table of one row as its line, *heading before it where it has one, both cut to where more
 * follows; malloc'd. NULL: an error. */
static char *line_of(const struct writer *w, int run, const char **heading, char **line,
                     struct status *st)
{
    struct table table = {.num_keys = 0};
    struct sheet sheet;
    bool csv = w->format == CURVES_CSV;
    FILE *out = sheet_open(&sheet);
    int code = out ? fill(w, run, &table, st) : status_no_memory(st, "the curves");
    if (!code) code = table_write(&table, csv ? TABLE_CSV : TABLE_JSON, out, st);
    char *text = out ? sheet_close(&sheet, out, !code, NULL) : NULL;
    table_free(&table);
    if (!text && !code) status_no_memory(st, "the curves");
    if (!text) return NULL;
    *heading = text;
    *line = csv ? strstr(text, "\r\n") + 2 : strchr(text, '{');
    char *end = csv ? text + strlen(text) - 2 : strrchr(text, '}');
    *end = '\0';
    if (csv) (*line)[-2] = '\0';
    return text;
}

/* --- curves ----------------------------------------------------------------------------------- */

/* Does it have one number an epoch or snapshot? */
static bool is_curve(struct store *store, const struct schema_row *row)
{
    if (row->num_dims != 1 || row->type == TYPE_TEXT) return false;
    const char *axis = store_axis(store, row->dim[0])->name;
    return strcmp(axis, "epoch") == 0 || strcmp(axis, "snapshot") == 0;
}

static int write_curve(struct writer *w, int run, int column, const char *line, struct status *st)
{
    const struct schema_row *row = store_column(w->store, column);
    const struct schema_axis *axis = store_axis(w->store, row->dim[0]);
    const struct decoded_run *d = store_settings(w->store, run, st);
    bool of_snapshots = strcmp(axis->name, "snapshot") == 0, csv = w->format == CURVES_CSV;
    int code = d ? store_read_numbers(w->store, column, run, w->value, st) : st->code;
    for (int i = 0; i < store_column_count(w->store, column) && !code; i++) {
        int epoch = of_snapshots ? train_snapshot_epoch(&d->settings, i) : axis->first + i;
        if (!isfinite(w->value[i])) continue;
        show_on(w->out,
                csv ? "%s,%d,%s,%.9g" : "%s, \"epoch\": %d, \"name\": \"%s\", \"value\": %.9g}",
                line, epoch, row->name, w->value[i]);
        fputs(csv ? "\r\n" : "\n", w->out);
    }
    return code;
}

static int write_run(struct writer *w, int run, struct status *st)
{
    const char *heading = NULL;
    char *line = NULL, *text = line_of(w, run, &heading, &line, st);
    int code = text ? STATUS_OK : st->code;
    if (text && w->format == CURVES_CSV && !w->began)
        show_on(w->out, "%s,epoch,name,value", heading), fputs("\r\n", w->out);
    w->began = true;
    for (int c = 0; c < store_num_columns(w->store) && !code; c++)
        if (is_curve(w->store, store_column(w->store, c))) code = write_curve(w, run, c, line, st);
    free(text);
    return code;
}

int curves_write(struct store *store, const int *run, int num, enum curves_format format, FILE *out,
                 struct status *st)
{
    struct writer w = {.store = store, .format = format, .out = out};
    int longest = 1, code = STATUS_OK;
    for (int c = 0; c < store_num_columns(store); c++)
        if (is_curve(store, store_column(store, c)) && store_column_count(store, c) > longest)
            longest = store_column_count(store, c);
    w.tells = calloc((size_t)num_settings, sizeof *w.tells);
    w.value = calloc((size_t)longest, sizeof *w.value);
    if (!w.tells || !w.value) code = status_no_memory(st, "the curves");
    if (!code) rows_telling(store, w.tells);
    for (int i = 0; i < num && !code; i++) code = write_run(&w, run[i], st);
    free(w.tells);
    free(w.value);
    return code;
}
