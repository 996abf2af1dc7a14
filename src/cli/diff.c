/* diff: what differs between two results files, or two runs. Refuses to judge: another version may
 * be right to say something else. */
#include "cli.h"

#include "base/json.h"
#include "base/show.h"
#include "base/text.h"
#include "report/differences.h"
#include "report/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { DIFFERENT = 1, MOST_TEXT = 22, MOST_NAME = 32 };

static const struct cli_option diff_options[] = {
    {"format", 0, "text|json", NULL, false, "how to print it"},
    {0},
};

/* --- the operands ----------------------------------------------------------------------------- */

/* FILE or FILE:RUN; a file of that very name comes first. */
static int open_side(const struct invocation *inv, const char *said, struct side *side,
                     struct status *st)
{
    const char *colon = access(said, F_OK) == 0 ? NULL : strrchr(said, ':');
    side->run = -1;
    side->path = colon ? strndup(said, (size_t)(colon - said)) : strdup(said);
    if (!side->path) return status_no_memory(st, "%s", said);
    int code = store_open(&side->store, side->path, st);
    if (!code) cli_warn_of(inv, side->store);
    if (!code && colon) code = store_find_run(side->store, colon + 1, &side->run, st);
    return code;
}

static int open_sides(const struct invocation *inv, struct differences *d, struct status *st)
{
    int code = open_side(inv, inv->operand[0], &d->a, st);
    if (!code) code = open_side(inv, inv->operand[1], &d->b, st);
    if (code || (d->a.run < 0) == (d->b.run < 0)) return code;
    return status_set(
        st, STATUS_USAGE,
        "give a run of both files or of none, such as %s:0 %s:0; the first digits of a "
        "key name the same run in both",
        d->a.path, d->b.path);
}

static void check_rows(const struct invocation *inv, const struct side *side)
{
    bool one = side->run >= 0;
    cli_check_rows(inv, side->path, side->store, one ? &side->run : NULL,
                   one ? 1 : store_num_runs(side->store));
}

/* --- as text ---------------------------------------------------------------------------------- */

static const char *number_text(double x, char text[32])
{
    if (isnan(x)) return "none";
    snprintf(text, 32, "%.6g", x);
    return text;
}

static void fill_scores(const struct differences *d, struct table *table)
{
    bool two = d->a.run >= 0;
    char a[32], b[32];
    table_column(table, false, "result");
    table_column(table, true, two ? "a" : "runs");
    table_column(table, true, two ? "b" : "run a");
    table_column(table, true, two ? "differ" : "run b");
    table_column(table, true, "largest");
    if (!two) table_column(table, true, "relative");
    for (const struct score_difference *s = d->score; s < d->score + d->num_scores; s++) {
        const struct store_difference *x = &s->worst;
        table_cell(table, "%s", two ? s->worst.element : s->name);
        if (two) {
            table_cell(table, "%s", number_text(x->a, a));
            table_cell(table, "%s", number_text(x->b, b));
            table_cell(table, "%ld of %ld", x->num, x->of);
        } else {
            table_cell(table, "%d", s->runs);
            table_cell(table, "%d", s->run_a);
            table_cell(table, "%d", s->run_b);
        }
        bool alone = x->num_alone == x->num;
        table_cell(table, alone ? "in one" : "%.3g", x->largest);
        if (!two) table_cell(table, alone ? "in one" : "%.2g", x->relative);
    }
}

static void shorten(struct table *table)
{
    for (size_t i = table->num_columns; i < table->num_cells; i++) {
        char text[MOST_NAME + 1] = "", *all = table->cell[i].text;
        text_fit(text, i % table->num_columns ? MOST_TEXT : MOST_NAME, all);
        if (strlen(text) < strlen(all)) strcpy(all, text);
    }
}

static int write_table(const struct table *table, FILE *out, struct status *st)
{
    if (table->num_cells == table->num_columns) return STATUS_OK;
    fputc('\n', out);
    return table_write(table, TABLE_TEXT, out, st);
}

static void print_side(FILE *out, const char *name, const struct side *side)
{
    char *told = side->run >= 0 ? rows_tell(side->store, side->run) : NULL;
    show_on(out, "%s  %s", name, side->path);
    if (side->run >= 0)
        show_on(out, ", run %d (%s), %s", side->run, told ? told : "",
                run_status_name[store_run_status(side->store, side->run)]);
    else
        show_on(out, ", %d runs", store_num_runs(side->store));
    fputc('\n', out);
    free(told);
}

static int print_text(struct differences *d, FILE *out, struct status *st)
{
    struct table scores = {0};
    print_side(out, "a", &d->a);
    print_side(out, "b", &d->b);
    shorten(&d->facts);
    int code = write_table(&d->facts, out, st);
    if (d->a.run < 0)
        show_on(out, "\nruns  %d in both, %d only in a, %d only in b, %d with another status\n",
                d->num_both, d->num_a, d->num_b, d->num_status);
    if (!code) code = write_table(&d->status, out, st);
    fill_scores(d, &scores);
    shorten(&scores);
    if (!code) code = write_table(&scores, out, st);
    table_free(&scores);
    fputs(differences_any(d) ? "\nthe results differ\n" : "\nthe same results\n", out);
    return code;
}

/* --- as JSON ---------------------------------------------------------------------------------- */

static void put_side(struct json *json, const char *name, const struct side *side)
{
    json_open(json, name, '{');
    json_text(json, "file", side->path);
    json_integer(json, "runs", store_num_runs(side->store));
    if (side->run >= 0) json_integer(json, "run", side->run);
    json_close(json);
}

static void put_scores(struct json *json, const struct differences *d)
{
    json_open(json, "results", '[');
    for (const struct score_difference *s = d->score; s < d->score + d->num_scores; s++) {
        const struct store_difference *x = &s->worst;
        json_open(json, NULL, '{');
        json_text(json, "name", s->name);
        json_integer(json, "runs", s->runs);
        json_integer(json, "run_a", s->run_a);
        json_integer(json, "run_b", s->run_b);
        json_text(json, "element", s->worst.element);
        json_number(json, "a", "%.17g", x->a);
        json_number(json, "b", "%.17g", x->b);
        json_integer(json, "differ", x->num);
        json_integer(json, "of", x->of);
        json_integer(json, "in_one_only", x->num_alone);
        json_number(json, "largest", "%.17g", x->largest);
        json_number(json, "relative", "%.6g", x->relative);
        json_close(json);
    }
    json_close(json);
}

static int print_json(struct differences *d, FILE *out, struct status *st)
{
    struct json json = {.out = out, .lines = 2};
    json_open(&json, NULL, '{');
    json_value(&json, "same", differences_any(d) ? "false" : "true");
    put_side(&json, "a", &d->a);
    put_side(&json, "b", &d->b);
    json_open(&json, "facts", '[');
    for (size_t i = 3; i + 2 < d->facts.num_cells; i += 3) {
        json_open(&json, NULL, '{');
        json_text(&json, "name", d->facts.cell[i].text);
        json_text(&json, "a", d->facts.cell[i + 1].text);
        json_text(&json, "b", d->facts.cell[i + 2].text);
        json_close(&json);
    }
    json_close(&json);
    if (d->a.run < 0) {
        json_integer(&json, "runs_in_both", d->num_both);
        json_integer(&json, "runs_only_in_a", d->num_a);
        json_integer(&json, "runs_only_in_b", d->num_b);
        json_integer(&json, "runs_with_other_status", d->num_status);
    }
    put_scores(&json, d);
    json_close(&json);
    fputc('\n', json.out);
    return d->facts.is_lost ? status_no_memory(st, "the differences") : STATUS_OK;
}

/* --- the verb --------------------------------------------------------------------------------- */

static int run_diff(const struct invocation *inv)
{
    struct status st = {0};
    struct differences d = {.num_a = 0};
    bool as_json;
    int code = cli_wants_json(inv, &as_json, &st);
    if (!code) code = open_sides(inv, &d, &st);
    if (!code) code = differences_find(&d, &st);
    if (!code) check_rows(inv, &d.a);
    if (!code) check_rows(inv, &d.b);
    if (!code) code = (as_json ? print_json : print_text)(&d, inv->out, &st);
    code = code ? cli_fail(inv, &st) : differences_any(&d) ? DIFFERENT : STATUS_OK;
    differences_free(&d);
    return code;
}

const struct verb verb_diff = {
    .name = "diff",
    .operands = "A.h5[:RUN] B.h5[:RUN]",
    .num_operands = 2,
    .summary = "what differs between two results files, or two runs",
    .description =
        "Of two files: versions, kernels and settings that are not the same, runs that only one of "
        "them has or that ended otherwise, and every result in which runs of the same key differ, "
        "with the largest difference. Of two runs: the settings that differ, then the results, "
        "each with the first value that differs. RUN is the number of a row, or enough of a key; a "
        "file that has the colon in its name comes first.\n"
        "\n"
        "Exit code 0 when the results are the same, bit for bit, 1 when they are not: scores, "
        "curves, analyses and weights, what `verify` makes its digest of. Times, machines and the "
        "order of rows do not count; what only one of the files has does. Rows that are "
        "not what was committed are warned of.\n"
        "\n"
        "  hmmgrid diff study.h5 again.h5\n"
        "  hmmgrid diff study.h5:12 study.h5:3fa9 --format json",
    .options = diff_options,
    .run = run_diff,
};
