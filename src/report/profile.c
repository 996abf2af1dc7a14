/* profile: see profile.h. Refuses to smooth: a profile steps where a run is. */
#include "profile.h"

#include "base/show.h"
#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static bool has_ended(const struct compare *c, int i)
{
    return store_run_status(c->store, c->row[i]) >= RUN_DONE;
}

/* Above the floor, or NaN. */
static double above_floor(const struct compare *c, int i)
{
    double x = c->value[i] - (c->floor ? c->floor[i] : 0);
    return isfinite(x) ? x : NAN;
}

/* Which cells have runs of every level: whole (num_cells). */
static int find_whole(const struct compare *c, bool *whole, struct status *st)
{
    size_t levels = (size_t)c->num_levels;
    bool *has = calloc((size_t)c->num_cells * levels + 1, sizeof *has);
    if (!has) return status_no_memory(st, "a profile");
    for (int i = 0; i < c->num_rows; i++)
        if (has_ended(c, i)) has[(size_t)c->cell[i] * levels + (size_t)c->level[i]] = true;
    for (int k = 0; k < c->num_cells; k++) {
        whole[k] = true;
        for (size_t l = 0; l < levels; l++) whole[k] = whole[k] && has[(size_t)k * levels + l];
    }
    free(has);
    return STATUS_OK;
}

static void count_within(struct profile *p, const struct compare *c, const bool *whole)
{
    int levels = c->num_levels;
    for (int i = 0; i < c->num_rows; i++) {
        if (!whole[c->cell[i]] || !has_ended(c, i)) continue;
        double x = above_floor(c, i);
        p->ended[c->level[i]]++;
        for (int v = p->num_values - 1; v >= 0 && x <= p->value[v]; v--)
            p->within[v * levels + c->level[i]]++;
    }
}

static void list_values(struct profile *p, const struct compare *c, const bool *whole)
{
    int num = 0;
    for (int i = 0; i < c->num_rows; i++)
        if (whole[c->cell[i]] && has_ended(c, i) && !isnan(above_floor(c, i)))
            p->value[num++] = above_floor(c, i);
    sort_numbers(p->value, (size_t)num);
    for (int i = 0; i < num; i++)
        if (i == 0 || p->value[i] != p->value[i - 1]) p->value[p->num_values++] = p->value[i];
}

int profile_make(struct profile *p, const struct compare *c, struct status *st)
{
    *p = (struct profile){.num_values = 0};
    bool *whole = calloc((size_t)c->num_cells + 1, sizeof *whole);
    p->value = calloc((size_t)c->num_rows + 1, sizeof *p->value);
    p->ended = calloc((size_t)c->num_levels + 1, sizeof *p->ended);
    int code = whole && p->value && p->ended ? find_whole(c, whole, st)
                                             : status_no_memory(st, "a profile");
    for (int k = 0; k < c->num_cells && !code; k++) p->num_cells += whole[k];
    if (!code && p->num_cells == 0)
        code = status_set(st, STATUS_USAGE,
                          "--profile: no cell has runs of every value of %s; --where names fewer "
                          "values, --by fewer keys of cells",
                          c->request.between);
    if (!code) list_values(p, c, whole);
    if (!code) p->within = calloc((size_t)p->num_values * (size_t)c->num_levels + 1, sizeof(int));
    if (!code && !p->within) code = status_no_memory(st, "a profile");
    if (!code) count_within(p, c, whole);
    free(whole);
    return code;
}

void profile_free(struct profile *p)
{
    free(p->value);
    free(p->ended);
    free(p->within);
}

/* --- its table -------------------------------------------------------------------------------- */

/* Value v of those that are shown, of which there are fewer than all. */
static int shown(const struct profile *p, int v, int num)
{
    return num < 2 ? v : (int)((long)v * (p->num_values - 1) / (num - 1));
}

static void fill_for_people(const struct profile *p, const struct compare *c, struct table *table)
{
    enum { MOST = 20 };
    int num = p->num_values < MOST ? p->num_values : MOST;
    table->num_keys = 1;
    table_column(table, true, "at most");
    for (int l = 0; l < c->num_levels; l++)
        table_column(table, true, "%s", *c->levels[l].text ? c->levels[l].text : "runs");
    for (int k = 0; k < num; k++) {
        int v = shown(p, k, num);
        table_cell(table, "%.4g", p->value[v]);
        for (int l = 0; l < c->num_levels; l++) {
            int within = p->within[v * c->num_levels + l];
            struct interval i = wilson_interval(within, p->ended[l]);
            table_cell(table, "%.2f [%.2f, %.2f]", (double)within / p->ended[l], i.low, i.high);
        }
    }
}

static void fill_for_programs(const struct profile *p, const struct compare *c,
                              enum table_format format, struct table *table)
{
    static const char *const heading[] = {"value", "within", "ended", "share", "low", "high"};
    table_column_of_key(table, false, c->request.between, format);
    table_column(table, false, "metric");
    for (size_t h = 0; h < sizeof heading / sizeof heading[0]; h++)
        table_column(table, true, "%s", heading[h]);
    for (int l = 0; l < c->num_levels; l++)
        for (int v = 0; v < p->num_values; v++) {
            int within = p->within[v * c->num_levels + l];
            struct interval i = wilson_interval(within, p->ended[l]);
            table_cell(table, "%s", c->levels[l].text);
            table_cell(table, "%s", c->metric);
            table_cell(table, "%.15g", p->value[v]);
            table_cell(table, "%d", within);
            table_cell(table, "%d", p->ended[l]);
            table_cell(table, "%.15g", (double)within / p->ended[l]);
            table_cell(table, "%.15g", i.low);
            table_cell(table, "%.15g", i.high);
        }
}

int profile_print(const struct profile *p, const struct compare *c, enum table_format format,
                  FILE *out, struct status *st)
{
    struct table table = {.num_keys = 0};
    if (table_is_for_people(format))
        fill_for_people(p, c, &table);
    else
        fill_for_programs(p, c, format, &table);
    int code = table_write(&table, format, out, st);
    table_free(&table);
    if (code || format != TABLE_TEXT) return code;
    show_on(out,
            "\nShare of the runs that ended, in %d cell%s that have every value of %s,\n"
            "whose %s is at most so far above the floor; runs without a number are\n"
            "beyond all. In brackets Wilson's 95 %% interval, one value at a time.\n",
            p->num_cells, p->num_cells == 1 ? "" : "s", c->request.between, c->metric);
    return STATUS_OK;
}
