/* list: the verb that shows runs of a results file, a line each. Refuses to put them together:
 * summary does. */
#include "cli.h"

#include "report/order.h"
#include "report/rows.h"
#include "report/scores.h"
#include "report/table.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"metrics", 'm', "LIST", NULL, false, "scores, as of summary's --metrics [excess_loss]"},
    {"sort", 's', "NAME", NULL, false,
     "by this name or column, the least first; -NAME: the largest first"},
    {"top", 't', "N", NULL, false, "only the first N lines"},
    {"format", 'f', "FORMAT", NULL, false, TABLE_FORMATS " [table]"},
    {"where", 'w', "EXPR", NULL, false, "only these runs; see 'hmmgrid help where'"},
    {0},
};

/* What is shown of which runs. */
struct list {
    struct store *store;
    int *row, num_rows, most; /* most: lines; 0: all */
    bool *tells;              /* (num_settings) */
    struct score *score;
    double **value; /* [num_scores] (num_rows), each owned */
    int num_scores;
    unsigned char *marks;
};

/* --- order ------------------------------------------------------------------------------------ */

static int sort_rows(struct list *l, const char *name, struct status *st)
{
    bool falls = *name == '-';
    char **text = calloc((size_t)l->num_rows + 1, sizeof *text);
    struct ordered *ordered = calloc((size_t)l->num_rows + 1, sizeof *ordered);
    int code = text && ordered ? STATUS_OK : status_no_memory(st, "--sort");
    for (int i = 0; i < l->num_rows && !code; i++) {
        struct expr_value value;
        code = rows_value(l->store, l->row[i], name + falls, &value, st);
        if (code) break;
        bool is_word = value.text && !value.is_number;
        text[i] = value.memory;
        ordered[i] = (struct ordered){is_word ? 0 : value.number, text[i], l->row[i]};
    }
    if (!code) order_items(ordered, l->num_rows, falls);
    for (int i = 0; i < l->num_rows && !code; i++) l->row[i] = ordered[i].item;
    for (int i = 0; i < l->num_rows && text; i++) free(text[i]);
    free(text);
    free(ordered);
    return code;
}

/* --- lines ------------------------------------------------------------------------------------ */

static void add_columns(const struct list *l, enum table_format format, struct table *table)
{
    table_column(table, true, "run");
    table_column(table, false, "key");
    for (int i = 0; i < num_settings; i++)
        if (l->tells[i])
            table_column_of_key(table, settings_table[i].type == SETTING_INT, settings_table[i].key,
                                format);
    table_column(table, true, "seed");
    table_column(table, false, "status");
    for (int s = 0; s < l->num_scores; s++) table_column(table, true, "%s", l->score[s].name);
    table_column(table, false, "notes");
}

static int add_setting(const struct list *l, int run, const char *name, struct table *table,
                       struct status *st)
{
    char *text;
    bool is_number;
    int code = rows_text(l->store, run, name, &text, &is_number, st);
    if (!code) table_cell(table, "%s", text);
    free(text);
    return code;
}

static void add_notes(const struct list *l, int run, struct table *table)
{
    char notes[128] = "";
    for (int m = 0; m < NUM_MARKS; m++)
        if (l->marks[run] >> m & 1)
            snprintf(notes + strlen(notes), sizeof notes - strlen(notes), "%s%s",
                     *notes ? ", " : "", store_mark_name[m]);
    table_cell(table, "%s", notes);
}

static int add_line(const struct list *l, int i, bool people, struct table *table,
                    struct status *st)
{
    int run = l->row[i], code = STATUS_OK;
    const struct decoded_run *d = store_settings(l->store, run, st);
    if (!d) return st->code ? st->code : STATUS_IO;
    table_cell(table, "%d", run);
    table_cell(table, people ? "%.8s" : "%s", d->key);
    for (int k = 0; k < num_settings && !code; k++)
        if (l->tells[k]) code = add_setting(l, run, settings_table[k].key, table, st);
    table_cell(table, "%lld", (long long)d->seed);
    table_cell(table, "%s", run_status_name[store_run_status(l->store, run)]);
    for (int s = 0; s < l->num_scores; s++) {
        double x = l->value[s][i];
        if (isnan(x))
            table_cell(table, "%s", people ? "-" : "");
        else
            table_cell(table, "%.*g", people ? 5 : 17, x);
    }
    add_notes(l, run, table);
    return code;
}

/* --- the verb --------------------------------------------------------------------------------- */

static int read_scores(struct list *l, const char *metrics, struct status *st)
{
    const char *usual = store_find_column(l->store, "excess_loss") >= 0 ? "excess_loss" : NULL;
    int code =
        scores_select(l->store, metrics ? metrics : usual, false, &l->score, &l->num_scores, st);
    if (code) return code;
    l->value = calloc((size_t)l->num_scores + 1, sizeof *l->value);
    if (!l->value) return status_no_memory(st, "the runs");
    for (int s = 0; s < l->num_scores && !code; s++) {
        l->value[s] = calloc((size_t)l->num_rows + 1, sizeof(double));
        code = l->value[s] ? scores_read(l->store, &l->score[s], SCORE_VALUE, l->row, l->num_rows,
                                         l->value[s], st)
                           : status_no_memory(st, "the runs");
    }
    return code;
}

static int make(const struct invocation *inv, struct list *l, struct status *st)
{
    const char *sort = cli_value(inv, "sort"), *where = cli_value(inv, "where");
    int code = cli_open(inv, &l->store, st);
    if (!code) code = rows_where(l->store, where, &l->row, &l->num_rows, st);
    if (!code && l->num_rows == 0 && where) log_line(&inv->log, LOG_WARNING, "%s", st->text);
    if (!code && sort) code = sort_rows(l, sort, st);
    if (!code) code = read_scores(l, cli_value(inv, "metrics"), st);
    if (code) return code;
    l->tells = calloc((size_t)num_settings, sizeof *l->tells);
    l->marks = malloc((size_t)store_num_runs(l->store) + 1);
    if (!l->tells || !l->marks) return status_no_memory(st, "the runs");
    rows_telling(l->store, l->tells);
    return store_read_marks(l->store, l->marks, st);
}

static int run_list(const struct invocation *inv)
{
    struct status st = {0};
    struct list l = {.most = 0};
    struct table table = {.num_keys = 1};
    enum table_format format = TABLE_TEXT;
    int code = table_format_read(cli_value(inv, "format"), &format, &st);
    if (!code) code = cli_top(inv, &l.most, &st);
    if (!code) code = make(inv, &l, &st);
    bool people = table_is_for_people(format);
    if (!code) add_columns(&l, format, &table);
    for (int i = 0; i < l.num_rows && (!l.most || i < l.most) && !code; i++)
        code = add_line(&l, i, people, &table, &st);
    if (!code) cli_check_rows(inv, inv->operand[0], l.store, l.row, l.num_rows);
    if (!code) code = table_write(&table, format, inv->out, &st);
    table_free(&table);
    for (int s = 0; s < l.num_scores && l.value; s++) free(l.value[s]);
    free(l.value);
    free(l.score);
    free(l.tells);
    free(l.marks);
    free(l.row);
    store_close(l.store);
    return code ? cli_fail(inv, &st) : STATUS_OK;
}

const struct verb verb_list = {
    .name = "list",
    .operands = "FILE.h5",
    .num_operands = 1,
    .summary = "the runs, a line each",
    .description =
        "One line a run: its number and key, the settings that tell runs apart, seed, status and "
        "scores. Notes say what a number does not: a run that diverged, that did not land, "
        "that overflowed or emits one symbol for ever. `hmmgrid why FILE.h5 RUN` tells all of "
        "one.\n"
        "\n"
        "  hmmgrid list study.h5\n"
        "  hmmgrid list study.h5 --sort excess_loss --top 5\n"
        "  hmmgrid list study.h5 --where 'status == failed' --format csv",
    .options = options,
    .run = run_list,
};
