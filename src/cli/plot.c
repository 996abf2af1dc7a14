/* plot: the verb that draws in the terminal: a curve of one run against its floor, or a score of
 * many by what a setting is. Refuses to draw for print: the report does. */
#include "cli.h"

#include "base/statistics.h"
#include "base/wrap.h"
#include "report/aggregate.h"
#include "report/canvas.h"
#include "report/order.h"
#include "report/rows.h"
#include "report/scores.h"

#include <math.h>
#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

static const struct cli_option options[] = {
    {"by", 'b', "KEY", NULL, false,
     "a score of all runs that are done, by this setting, instead of a curve of one"},
    {"curve", 'c', "NAME", NULL, false,
     "which curve of a run: train_loss, or of evolution [val_loss]"},
    {"where", 'w', "EXPR", NULL, false, "with --by, only these runs; see 'hmmgrid help where'"},
    {0},
};

/* Lines of the plot: all but three of the terminal's. */
static int lines_of(FILE *out)
{
    enum { USUAL = 21, LEAST = 8 };
    int height = wrap_height(out);
    return height == 0 ? USUAL : height - 3 > LEAST ? height - 3 : LEAST;
}

/* A line about the plot. */
__attribute__((format(printf, 2, 3))) static void say(const struct invocation *inv, const char *fmt,
                                                      ...)
{
    char text[1024];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    wrap_text(inv->out, text, 2, 0, wrap_width(inv->out));
}

/* --- a curve of one run ----------------------------------------------------------------------- */

struct curve {
    double *value, *epoch; /* (num) finite ones, owned */
    int num;
    double floor; /* NaN: none */
};

static int find_curve(struct store *store, const char *name, int *column, struct status *st)
{
    *column = store_find_column(store, name);
    const struct schema_row *row = *column < 0 ? NULL : store_column(store, *column);
    const char *axis = row && row->num_dims == 1 ? store_axis(store, row->dim[0])->name : "";
    if (strcmp(axis, "epoch") == 0 || strcmp(axis, "snapshot") == 0) return STATUS_OK;
    return status_set(st, STATUS_USAGE,
                      "--curve: the file has no curve '%s'; one has a number an epoch or snapshot, "
                      "such as val_loss, train_loss or evolution.transition_rate",
                      name);
}

static int read_floor(struct store *store, int run, const char *name, double *floor,
                      struct status *st)
{
    int column = store_find_column(store, "loss_floor");
    *floor = NAN;
    if (column < 0 || strcmp(name, "val_loss") != 0) return STATUS_OK;
    return store_read_numbers(store, column, run, floor, st);
}

static int read_curve(struct store *store, int run, const char *name, struct curve *c,
                      struct status *st)
{
    int column, code = find_curve(store, name, &column, st);
    const struct decoded_run *d = code ? NULL : store_settings(store, run, st);
    if (!d) return st->code;
    int count = store_column_count(store, column);
    const struct schema_axis *axis = store_axis(store, store_column(store, column)->dim[0]);
    c->value = calloc(2 * (size_t)count + 2, sizeof *c->value);
    if (!c->value) return status_no_memory(st, "a curve");
    c->epoch = c->value + count + 1;
    code = store_read_numbers(store, column, run, c->value, st);
    for (int i = 0; i < count && !code; i++) {
        if (!isfinite(c->value[i])) continue;
        c->epoch[c->num] = strcmp(axis->name, "epoch") == 0 ? axis->first + i
                                                            : train_snapshot_epoch(&d->settings, i);
        c->value[c->num++] = c->value[i];
    }
    return code ? code : read_floor(store, run, name, &c->floor, st);
}

static void draw_curve(const struct curve *c, struct canvas *canvas, FILE *out)
{
    char first[24], last[24];
    canvas->x[0] = c->epoch[0];
    canvas->x[1] = c->num > 1 ? c->epoch[c->num - 1] : c->epoch[0] + 1;
    for (int i = 0; i < c->num; i++) canvas_take(canvas, c->value[i]);
    canvas_take(canvas, c->floor);
    canvas_fit(canvas);
    canvas_line(canvas, canvas->x[0], c->floor, canvas->x[1], c->floor, true, '-');
    canvas_point(canvas, c->epoch[0], c->value[0], '*');
    for (int i = 1; i < c->num; i++)
        canvas_line(canvas, c->epoch[i - 1], c->value[i - 1], c->epoch[i], c->value[i], false, '*');
    snprintf(first, sizeof first, "epoch %.0f", canvas->x[0]);
    snprintf(last, sizeof last, "%.0f", canvas->x[1]);
    canvas_print(canvas, (struct canvas_label[]){{canvas->x[0], first}, {canvas->x[1], last}}, 2,
                 "\n", out);
}

static int plot_run(const struct invocation *inv, struct store *store, int run, struct status *st)
{
    const char *name = cli_value(inv, "curve") ? cli_value(inv, "curve") : "val_loss";
    struct curve c = {.num = 0};
    struct canvas canvas = {.cell = NULL};
    int code = read_curve(store, run, name, &c, st);
    if (!code && c.num == 0)
        code = status_set(st, STATUS_NO_INPUT,
                          "%s: run %d has no %s: it is %s; `hmmgrid status %s --watch` draws what "
                          "is on",
                          inv->operand[0], run, name, run_status_name[store_run_status(store, run)],
                          inv->operand[0]);
    if (!code) code = canvas_init(&canvas, inv->out, lines_of(inv->out), st);
    if (!code) {
        char *told = rows_tell(store, run);
        say(inv, "run %d%s%s: %s", run, told ? ", " : "", told ? told : "", name);
        free(told);
        draw_curve(&c, &canvas, inv->out);
        if (!isnan(c.floor))
            say(inv, "dashed: the floor %.4g, what samples of the HMM itself score", c.floor);
    }
    free(c.value);
    canvas_free(&canvas);
    return code;
}

/* --- a score by a setting --------------------------------------------------------------------- */

/* Runs that are done and have the score, each in its group. */
struct groups {
    int *row, *group, num, num_groups;
    double *value, *floor; /* (num) floor NaN: none */
    char **text;           /* (num) of the key */
    int *place;            /* (num_groups) from the left */
    const char **label;    /* (num_groups) by place */
    char name[160];
};

static void free_groups(struct groups *g)
{
    for (int i = 0; g->text && i < g->num; i++) free(g->text[i]);
    free(g->text);
    free(g->row);
    free(g->group);
    free(g->value);
    free(g->place);
    free(g->label);
}

static int read_values(const struct invocation *inv, struct store *store, struct groups *g,
                       struct status *st)
{
    struct score *score = NULL;
    int num = 0, left = 0;
    const char *where = cli_value(inv, "where");
    int code = rows_where(store, where, &g->row, &g->num, st);
    if (!code && g->num == 0) code = status_set(st, STATUS_USAGE, "%s", st->text);
    if (!code) code = scores_select(store, inv->operand[1], false, &score, &num, st);
    if (!code && num != 1)
        code = status_set(st, STATUS_USAGE, "%s is %d numbers; name one of them, such as %s",
                          inv->operand[1], num, num ? score[0].name : "excess_loss");
    g->value = code ? NULL : calloc(2 * (size_t)g->num + 2, sizeof *g->value);
    if (!code && !g->value) code = status_no_memory(st, "the runs");
    if (!code) code = scores_read(store, score, SCORE_VALUE, g->row, g->num, g->value, st);
    if (!code) {
        g->floor = g->value + g->num + 1;
        snprintf(g->name, sizeof g->name, "%s", score->name);
        code = scores_read(store, score, SCORE_FLOOR, g->row, g->num, g->floor, st);
    }
    free(score);
    bool is_excess = strcmp(g->name, "excess_loss") == 0; /* it has its floor taken off */
    for (int i = 0; i < g->num && !code && is_excess; i++) g->floor[i] = 0;
    for (int i = 0; i < g->num && !code; i++) {
        if (!isfinite(g->value[i])) continue;
        g->row[left] = g->row[i], g->value[left] = g->value[i], g->floor[left++] = g->floor[i];
    }
    g->num = left;
    if (!code && left == 0)
        code = status_set(st, STATUS_NO_INPUT, "%s: no run that is done has %s", inv->operand[0],
                          inv->operand[1]);
    return code;
}

static int find_groups(struct store *store, const char *key, struct groups *g, struct status *st)
{
    size_t room = (size_t)g->num + 1;
    bool is_number = true, one;
    g->text = calloc(room, sizeof *g->text);
    g->group = calloc(room, sizeof *g->group);
    g->place = calloc(room, sizeof *g->place);
    g->label = calloc(room, sizeof *g->label);
    struct ordered *ordered = calloc(room, sizeof *ordered);
    int code = g->text && g->group && g->place && g->label && ordered
                   ? STATUS_OK
                   : status_no_memory(st, "the groups");
    for (int i = 0; i < g->num && !code; i++) {
        code = rows_text(store, g->row[i], key, &g->text[i], &one, st);
        is_number = is_number && !code && one;
    }
    if (!code)
        code = aggregate_split((const char *const *)g->text, g->num, g->group, &g->num_groups, st);
    for (int i = g->num - 1; i >= 0 && !code; i--) {
        ordered[g->group[i]].item = g->group[i];
        order_by_text(&ordered[g->group[i]], g->text[i], is_number);
    }
    if (!code) order_items(ordered, g->num_groups, false);
    for (int k = 0; k < g->num_groups && !code; k++) g->place[ordered[k].item] = k;
    for (int i = 0; i < g->num && !code; i++) g->label[g->place[g->group[i]]] = g->text[i];
    free(ordered);
    return code;
}

/* Each run a point, the mean of a group a bar beside them, its floor dashed. */
static int draw_groups(const struct groups *g, struct canvas *canvas, FILE *out, struct status *st)
{
    struct sums *sums = calloc(2 * (size_t)g->num_groups, sizeof *sums), *floor;
    struct canvas_label *label = calloc((size_t)g->num_groups, sizeof *label);
    int code = sums && label ? STATUS_OK : status_no_memory(st, "a plot");
    floor = sums ? sums + g->num_groups : NULL;
    canvas->x[0] = -0.5, canvas->x[1] = g->num_groups - 0.5;
    for (int i = 0; i < g->num && !code; i++) {
        int k = g->place[g->group[i]];
        canvas_take(canvas, g->value[i]);
        canvas_take(canvas, g->floor[i]);
        sums_add(&sums[k], g->value[i]);
        if (!isnan(g->floor[i])) sums_add(&floor[k], g->floor[i]);
    }
    canvas_fit(canvas);
    for (int k = 0; k < g->num_groups && !code; k++) {
        double f = floor[k].num > 0 ? sums_mean(&floor[k]) : NAN, m = sums_mean(&sums[k]);
        canvas_line(canvas, k - 0.45, f, k + 0.45, f, true, '-');
        canvas_line(canvas, k + 0.1, m, k + 0.3, m, false, '=');
        label[k] = (struct canvas_label){k, g->label[k]};
    }
    for (int i = 0; i < g->num && !code; i++)
        canvas_point(canvas, g->place[g->group[i]], g->value[i], '*');
    if (!code) canvas_print(canvas, label, g->num_groups, "\n", out);
    free(sums);
    free(label);
    return code;
}

static int plot_groups(const struct invocation *inv, struct store *store, struct status *st)
{
    struct groups g = {.num = 0};
    struct canvas canvas = {.cell = NULL};
    const char *key;
    int code = rows_find_key(store, "--by", cli_value(inv, "by"), &key, st);
    if (!code) code = read_values(inv, store, &g, st);
    if (!code) code = find_groups(store, key, &g, st);
    if (!code) code = canvas_init(&canvas, inv->out, lines_of(inv->out), st);
    if (!code) {
        say(inv, "%s by %s, %d runs", g.name, key, g.num);
        code = draw_groups(&g, &canvas, inv->out, st);
    }
    if (!code) say(inv, "a dot a run, a bar beside them their mean; dashed: the floor, if any");
    free_groups(&g);
    canvas_free(&canvas);
    return code;
}

/* --- the verb --------------------------------------------------------------------------------- */

static int run_plot(const struct invocation *inv)
{
    struct status st = {0};
    struct store *store = NULL;
    if (!cli_value(inv, "by") && cli_value(inv, "where")) {
        status_set(&st, STATUS_USAGE, "--where goes with --by");
        return cli_fail(inv, &st);
    }
    if (!cli_value(inv, "by")) return cli_with_store(inv, plot_run);
    int code = cli_open(inv, &store, &st);
    if (!code) code = plot_groups(inv, store, &st);
    store_close(store);
    return code ? cli_fail(inv, &st) : STATUS_OK;
}

const struct verb verb_plot = {
    .name = "plot",
    .operands = "FILE.h5 RUN|METRIC",
    .num_operands = 2,
    .summary = "a curve of a run, or a score by a setting, in the terminal",
    .description =
        "Draws the validation loss of a run, epoch by epoch, against its floor; with --by KEY the "
        "METRIC of all runs that are done by the value of a setting, a dot a run. As wide and high "
        "as the terminal, in braille where the locale says UTF-8 and in ASCII elsewhere. `hmmgrid "
        "report` draws for print, `hmmgrid export --curves` gives the numbers.\n"
        "\n"
        "  hmmgrid plot study.h5 12\n"
        "  hmmgrid plot study.h5 12 --curve evolution.transition_rate\n"
        "  hmmgrid plot study.h5 --by rnn.hidden excess_loss --where landed",
    .options = options,
    .run = run_plot,
};
