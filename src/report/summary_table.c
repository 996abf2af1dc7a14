/* summary_table: a summary as a table, for people ("4.09 ± 0.02 (4.22)") or for programs (one
 * column a statistic). Refuses to compute: every number is ready.
 */
#include "summary.h"

#include "base/show.h"
#include "inference.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const summary_stat_name[NUM_STATS] = {"mean", "sd",  "median", "ci95",
                                                  "n",    "min", "max"};

bool summary_is_for_people(const struct summary *s)
{
    return table_is_for_people(s->format);
}

enum { CELL_BYTES = 160, MOST_NAMED = 8 };

/* For programs the shortest text that reads back to the same number, "" for NaN. */
static void put_number(const struct summary *s, double x, struct table *table)
{
    bool people = summary_is_for_people(s);
    char text[32];
    int digits = people ? 5 : 15;
    for (; !people && digits < 17; digits++) {
        snprintf(text, sizeof text, "%.*g", digits, x);
        if (strtod(text, NULL) == x) break;
    }
    if (isnan(x))
        table_cell(table, "%s", people ? "-" : "");
    else if (people && x == rint(x) && fabs(x) < 1e9)
        table_cell(table, "%.0f", x);
    else
        table_cell(table, "%.*g", digits, x);
}

/* Decimal exponent of x > 0 once it is rounded to two digits: 0.0996 -> -1. */
static int exponent_of(double x)
{
    char text[32];
    snprintf(text, sizeof text, "%.1e", x);
    return atoi(strchr(text, 'e') + 1);
}

/* "4.09 ± 0.02 (4.22) [2 of 3]": two digits of the sd, the mean and floor to the same place. */
static void put_combined(const struct summary *s, const struct statistics *v,
                         const struct statistics *floor, int done, struct table *table)
{
    char cell[CELL_BYTES];
    if (done == 1 && !(floor && floor->n)) { /* one number says it all */
        put_number(s, v->mean, table);
        return;
    }
    double spread = v->sd > 0 ? v->sd : floor && floor->sd > 0 ? floor->sd : fabs(v->mean) / 100;
    int places = spread > 0 && isfinite(spread) ? 1 - exponent_of(spread) : 2;
    places = places < 0 ? 0 : places > 8 ? 8 : places;
    int n = 0;
    if (v->n == 0)
        n = snprintf(cell, CELL_BYTES, "-");
    else
        n = snprintf(cell, CELL_BYTES, "%.*f", places, v->mean);
    if (v->n > 1) n += snprintf(cell + n, (size_t)(CELL_BYTES - n), " ± %.*f", places, v->sd);
    if (floor && floor->n) { /* its own two digits, should the spread be far larger */
        int own = floor->mean != 0 ? 1 - exponent_of(fabs(floor->mean)) : 0;
        own = own < places ? places : own > 8 ? 8 : own;
        n += snprintf(cell + n, (size_t)(CELL_BYTES - n), " (%.*f)", own, floor->mean);
    }
    if (v->n < done) snprintf(cell + n, (size_t)(CELL_BYTES - n), " [%d of %d]", v->n, done);
    table_cell(table, "%s", cell);
}

static bool has_open(const struct summary *s)
{
    for (int g = 0; g < s->num_groups; g++)
        if (s->open[g]) return true;
    return false;
}

/* A floor has one column of its own, behind the first score that has it. */
static bool shows_floor(const struct summary *s, int score)
{
    if (s->combined || s->score[score].column[SCORE_FLOOR] < 0) return false;
    for (int i = 0; i < s->num_scores; i++) {
        if (strcmp(s->score[i].name, s->score[score].floor_name) == 0) return false;
        if (i < score && strcmp(s->score[i].floor_name, s->score[score].floor_name) == 0)
            return false;
    }
    return true;
}

/* A network that was only analysed has nothing to land by. */
static bool shows_landed(const struct summary *s)
{
    return s->num_rows > 0 && store_is_trained(s->store, s->row[0]);
}

static void add_columns(const struct summary *s, struct table *table)
{
    for (int k = 0; k < s->num_keys; k++)
        table_column_of_key(table, s->key[k].is_number, s->key[k].name, s->format);
    table_column(table, true, "n");
    table_column(table, true, "n_failed");
    if (has_open(s)) table_column(table, true, "n_pending");
    if (shows_landed(s)) {
        table_column(table, true, "n_landed");
        if (s->accepts) table_column(table, true, "n_tried");
        if (s->accepts) table_column(table, true, "tries_per_success");
        if (!summary_is_for_people(s)) {
            table_column(table, true, "n_landed:share");
            table_column(table, true, "n_landed:share_low");
            table_column(table, true, "n_landed:share_high");
        }
    }
    for (int i = 0; i < s->num_scores; i++) {
        const struct score *score = &s->score[i];
        if (s->combined) table_column(table, true, "%s", score->name);
        for (int j = 0; j < s->num_stats && !s->combined; j++)
            table_column(table, true, "%s:%s", score->name, summary_stat_name[s->stat[j]]);
        if (shows_floor(s, i)) table_column(table, true, "%s:mean", score->floor_name);
    }
}

/* example: a row of the group. */
static void add_row(const struct summary *s, int group, int example, struct table *table)
{
    bool people = summary_is_for_people(s);
    for (int k = 0; k < s->num_keys; k++) {
        const char *text = s->key[k].text[example];
        if (!people && s->key[k].is_number && strcmp(text, "none") == 0) text = "";
        table_cell(table, "%s", text);
    }
    table_cell(table, "%d", s->done[group]);
    table_cell(table, "%d", s->failed[group]);
    if (has_open(s)) table_cell(table, "%d", s->open[group]);
    if (shows_landed(s)) {
        int landed = s->landed[group], tried = s->tried[group];
        struct interval share = wilson_interval(landed, tried);
        const double told[] = {tried ? (double)landed / tried : NAN, share.low, share.high};
        table_cell(table, "%d", landed);
        if (s->accepts) table_cell(table, "%d", tried);
        if (s->accepts) put_number(s, landed ? (double)tried / landed : NAN, table);
        for (int i = 0; i < 3 && !people; i++) put_number(s, told[i], table);
    }
    for (int i = 0; i < s->num_scores; i++) {
        const struct statistics *value = &s->value[i][group], *floor = s->floor[i];
        if (s->combined)
            put_combined(s, value, floor ? &floor[group] : NULL, s->done[group], table);
        for (int j = 0; j < s->num_stats && !s->combined; j++)
            put_number(s, summary_stat(value, s->stat[j]), table);
        if (shows_floor(s, i)) put_number(s, floor[group].mean, table);
    }
}

/* For people, one group of many scores is read down, not across. */
static bool is_upright(const struct summary *s)
{
    enum { MOST_ABREAST = 12 };
    return summary_is_for_people(s) && s->num_groups == 1 && s->num_scores > MOST_ABREAST;
}

/* Does a run that is done lack a number (of_z: a z) that is shown? */
static bool has_gaps(const struct summary *s, bool of_z)
{
    for (int i = 0; i < s->num_scores; i++)
        for (int g = 0; g < s->num_groups; g++)
            if (s->value[i][g].n < s->done[g] &&
                (!of_z || scores_ends_with(s->score[i].name, "_z")))
                return true;
    return false;
}

/* Is a z or p of a metric shown, and not only one of a loss or an analysis? */
static bool shows(const struct summary *s, const char *end)
{
    for (int i = 0; i < s->num_scores; i++) {
        const char *name = s->score[i].name;
        if (scores_ends_with(name, end) && !strchr(name, '.') && strcmp(name, "loss_z") != 0)
            return true;
    }
    return false;
}

/* How many runs bear a mark, and in which rows, the first few by their keys. */
static void print_mark(const struct summary *s, int mark, FILE *out)
{
    int rows = 0, next = 0, done, marked = summary_marked(s, mark, &done);
    if (!marked || mark == MARK_ASTRAY) return; /* n_landed tells of these */
    show_on(out, "%d of %d runs %s\n", marked, done, store_mark_words[mark]);
    for (int i = 0; i < s->num_rows; i++) {
        int g = s->group[i];
        if (g != next) continue; /* groups are numbered by first appearance */
        next++;
        if (!s->marked[mark][g] || rows++ >= MOST_NAMED) continue;
        show_on(out, "  %d of %d of", s->marked[mark][g], s->done[g]);
        for (int k = 0; k < s->num_keys; k++) show_on(out, " %s", s->key[k].text[i]);
        show_on(out, "\n");
    }
    if (rows > MOST_NAMED) show_on(out, "  and of %d more rows\n", rows - MOST_NAMED);
}

/* What the names of the scores that are shown do not say. */
static void print_notes(const struct summary *s, FILE *out)
{
    static const struct {
        const char *name, *note;
    } notes[] = {
        {"excess_loss",
         "excess_loss: loss above the HMM's own on fresh sequences, and its error in "
         "one\nrun; 0 within that is perfect, below it sequences vary less than the HMM's.\n"},
        {"loss_z", "loss_z: the best of many epochs, so below 0 for a perfect emulation.\n"},
        {"matched_distance",
         "matched_distance: below its floor, sequences vary less than the HMM's.\n"},
        {"cross_entropy", "cross_entropy: of possible sequences; impossible_... tells how many are "
                          "not.\n"},
    };
    for (size_t n = 0; n < sizeof notes / sizeof notes[0]; n++)
        for (int i = 0; i < s->num_scores; i++)
            if (strcmp(s->score[i].name, notes[n].name) == 0) fputs(notes[n].note, out);
}

static void print_marks(const struct summary *s, FILE *out)
{
    for (int m = 0; m < NUM_MARKS; m++) print_mark(s, m, out);
}

/* The rule, by the settings of the first row. */
static void print_landed(const struct summary *s, FILE *out)
{
    const struct decoded_run *run = store_settings(s->store, s->row[0], NULL);
    if (run)
        show_on(out,
                "n_landed: excess_loss up to %g of loss_floor; KL rates, where known, up to\n"
                "%g bits a symbol (`accept`).\n",
                run->settings.accept.max_excess_share, run->settings.accept.max_kl_rate);
    if (s->accepts)
        fputs("n_tried: seeds that were trained for the n_landed runs, those of runs that "
              "failed\nor never got there included.\n",
              out);
}

void summary_explain(const struct summary *s, FILE *out)
{
    bool any = false;
    if (!store_is_trained(s->store, s->row[0])) {
        fputs("A network that `hmmgrid analyse` took apart: nothing was trained here, so it "
              "has\nno losses and no scores. What is not defined for it is -.\n",
              out);
        print_marks(s, out);
        fflush(out);
        return;
    }
    for (int i = 0; i < s->num_scores; i++) any = any || s->floor[i];
    show_on(out, "%s: mean ± sd over n of them%s\n", s->count,
            any ? ",\nin brackets the floor: what independent samples of the HMM itself score.\n"
                  "As good as the floor is perfect; lower is not better."
                : "");
    print_notes(s, out);
    if (s->num_shown < s->num_groups)
        show_on(out, "The first %d of %d rows.\n", s->num_shown, s->num_groups);
    if (shows_landed(s)) print_landed(s, out);
    if (has_gaps(s, false))
        fputs("[k of n]: the number is defined for k of the n runs, and NaN in the others.\n", out);
    if (has_gaps(s, true))
        fputs("A z is not defined where the floor has no spread: compare value and floor.\n", out);
    if (shows(s, "_z"))
        fputs("A z of a perfect emulation is Student's t: in one run within 2.0 of 0 with 95 %,\n"
              "within 2.4 where the floor is of 8 draws. Seeds of a cell have one floor, so their\n"
              "z's are high or low together.\n",
              out);
    if (shows(s, "_p"))
        fputs("A p is the share of the value and its floor's draws that are as large; .05 or\n"
              "less: in one run more than chance makes of a perfect emulation.\n",
              out);
    print_marks(s, out);
    fflush(out); /* before any warning; cli_main reports a stream that fails */
}

int summary_fill(const struct summary *s, struct table *table, struct status *st)
{
    int *example = calloc((size_t)s->num_groups + 1, sizeof *example); /* a row of each group */
    if (!example) return status_no_memory(st, "a table");
    table->num_keys = (size_t)s->num_keys;
    for (int i = s->num_rows - 1; i >= 0; i--) example[s->group[i]] = i;
    add_columns(s, table);
    for (int k = 0; k < s->num_shown; k++) add_row(s, s->order[k], example[s->order[k]], table);
    free(example);
    return STATUS_OK;
}

int summary_print(const struct summary *s, FILE *out, struct status *st)
{
    struct table table = {0};
    int code = summary_fill(s, &table, st);
    if (!code && is_upright(s)) table_turn(&table);
    if (!code) code = table_write(&table, s->format, out, st);
    table_free(&table);
    if (code || !s->combined || s->format != TABLE_TEXT || s->num_rows == 0) return code;
    fputc('\n', out);
    summary_explain(s, out);
    return STATUS_OK;
}
