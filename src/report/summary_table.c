/* summary_table: a summary as a table, for people ("4.09 ± 0.02 (4.22)") or for programs (one
 * column a statistic). Refuses to compute: every number is ready.
 */
#include "summary.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const char *const summary_stat_name[NUM_STATS] = {"mean", "sd",  "median", "ci95",
                                                  "n",    "min", "max"};

bool summary_is_for_people(const struct summary *s)
{
    return s->format == TABLE_TEXT || s->format == TABLE_MARKDOWN;
}

enum { CELL_BYTES = 160 };

static double stat_of(const struct statistics *v, enum stat stat)
{
    const double value[NUM_STATS] = {v->mean, v->sd, v->median, v->ci95, v->n, v->min, v->max};
    return value[stat];
}

/* For programs the shortest text that reads back to the same number, "" for NaN. */
static void print_number(const struct summary *s, double x, char cell[CELL_BYTES])
{
    bool people = summary_is_for_people(s);
    if (isnan(x))
        snprintf(cell, CELL_BYTES, "%s", people ? "-" : "");
    else if (people && x == rint(x) && fabs(x) < 1e9)
        snprintf(cell, CELL_BYTES, "%.0f", x);
    else if (people)
        snprintf(cell, CELL_BYTES, "%.5g", x);
    else
        for (int digits = 15; digits <= 17; digits++) {
            snprintf(cell, CELL_BYTES, "%.*g", digits, x);
            if (strtod(cell, NULL) == x) break;
        }
}

/* Decimal exponent of x > 0 once it is rounded to two digits: 0.0996 -> -1. */
static int exponent_of(double x)
{
    char text[32];
    snprintf(text, sizeof text, "%.1e", x);
    return atoi(strchr(text, 'e') + 1);
}

/* "4.09 ± 0.02 (4.22) [2 of 3]": two digits of the sd, the mean and floor to the same place. */
static void print_combined(const struct statistics *v, const struct statistics *floor, int done,
                           char cell[CELL_BYTES])
{
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
}

/* One row of cells, or the header when group < 0; numeric[c] tells the columns that hold numbers.
 */
struct cells {
    char (*text)[CELL_BYTES]; /* room for cells that are made here */
    const char **cell;        /* what to show: text[i], or a borrowed text */
    bool *numeric;
    int num;
};

static char *next_cell(struct cells *c, bool numeric)
{
    c->cell[c->num] = c->text[c->num];
    c->numeric[c->num] = numeric;
    return c->text[c->num++];
}

static bool has_open(const struct summary *s)
{
    for (int g = 0; g < s->num_groups; g++)
        if (s->open[g]) return true;
    return false;
}

/* example: a row of the group. Matrices are cut for people, never for programs. */
static void key_cells(const struct summary *s, int group, int example, struct cells *c)
{
    enum { LONGEST = 40 };
    bool people = summary_is_for_people(s);
    for (int k = 0; k < s->num_keys; k++) {
        bool numeric = s->key[k].is_number;
        char *cell = next_cell(c, numeric);
        const char *text = group < 0 ? s->key[k].name : s->key[k].text[example];
        if (people) {
            bool cut = group >= 0 && text[0] == '[' && strlen(text) > LONGEST;
            snprintf(cell, CELL_BYTES, "%.*s%s", cut ? LONGEST - 1 : CELL_BYTES - 1, text,
                     cut ? "…" : "");
        } else if (group >= 0) {
            c->cell[c->num - 1] = numeric && strcmp(text, "none") == 0 ? "" : text;
        } else {
            snprintf(cell, CELL_BYTES, "%s", text);
            for (char *p = cell; *p; p++)
                if (*p == '.') *p = '_';
        }
    }
}

static void count_cells(const struct summary *s, int group, struct cells *c)
{
    static const char *const name[] = {"n", "n_failed", "n_pending"};
    const int *const count[] = {s->done, s->failed, s->open};
    for (int i = 0; i < 2 + has_open(s); i++) {
        char *cell = next_cell(c, true);
        if (group < 0)
            snprintf(cell, CELL_BYTES, "%s", name[i]);
        else
            snprintf(cell, CELL_BYTES, "%d", count[i][group]);
    }
}

/* A floor is shown once, behind the first score that has it. */
static bool shows_floor(const struct summary *s, int score)
{
    if (s->score[score].floor_column < 0) return false;
    for (int i = 0; i < s->num_scores; i++) {
        if (strcmp(s->score[i].name, s->score[score].floor_name) == 0) return false;
        if (i < score && strcmp(s->score[i].floor_name, s->score[score].floor_name) == 0)
            return false;
    }
    return true;
}

static void score_cells(const struct summary *s, int group, struct cells *c)
{
    for (int i = 0; i < s->num_scores; i++) {
        const struct score *score = &s->score[i];
        const struct statistics *floor = s->floor[i];
        if (s->combined) {
            char *cell = next_cell(c, true);
            if (group < 0)
                snprintf(cell, CELL_BYTES, "%s", score->name);
            else
                print_combined(&s->value[i][group], floor ? &floor[group] : NULL, s->done[group],
                               cell);
            continue;
        }
        for (int j = 0; j < s->num_stats; j++) {
            char *cell = next_cell(c, true);
            if (group < 0)
                snprintf(cell, CELL_BYTES, "%s_%s", score->name, summary_stat_name[s->stat[j]]);
            else
                print_number(s, stat_of(&s->value[i][group], s->stat[j]), cell);
        }
        if (!shows_floor(s, i)) continue;
        char *cell = next_cell(c, true);
        if (group < 0)
            snprintf(cell, CELL_BYTES, "%s", score->floor_name);
        else
            print_number(s, floor[group].mean, cell);
    }
}

static void fill_row(const struct summary *s, int group, int example, struct cells *c)
{
    c->num = 0;
    key_cells(s, group, example, c);
    count_cells(s, group, c);
    score_cells(s, group, c);
}

static void print_legend(const struct summary *s, FILE *out)
{
    bool any = false;
    for (int i = 0; i < s->num_scores; i++) any = any || s->floor[i];
    fprintf(out, "\nmean ± sd over n runs%s\n",
            any ? ", in brackets the floor: what independent samples of the HMM itself score.\n"
                  "As good as the floor is perfect; lower is not better."
                : "");
    fflush(out); /* before any warning; cli_main reports a stream that fails */
}

int summary_print(const struct summary *s, FILE *out, struct status *st)
{
    size_t most = (size_t)(s->num_keys + 3 + s->num_scores * (s->num_stats + 1));
    struct cells c = {calloc(most, CELL_BYTES), calloc(most, sizeof *c.cell),
                      calloc(most, sizeof *c.numeric), 0};
    struct table *table = NULL;
    int code = STATUS_OK, next = 0;
    if (c.text && c.cell && c.numeric) {
        fill_row(s, -1, 0, &c);
        table = table_new(c.num, c.cell, c.numeric);
    }
    if (!table) code = status_no_memory(st, "the table");
    for (int i = 0; i < s->num_rows && !code; i++) {
        if (s->group[i] != next) continue; /* groups are numbered by first appearance */
        fill_row(s, next++, i, &c);
        code = table_row(table, c.cell, st);
    }
    if (!code) code = table_write(table, s->format, out, st);
    if (!code && s->combined && s->format == TABLE_TEXT && s->num_rows > 0) print_legend(s, out);
    table_free(table);
    free(c.text);
    free(c.cell);
    free(c.numeric);
    return code;
}
