/* estimation: what a setting changes: every run as a point, the differences with their intervals on
 * an axis of their own, and performance profiles. Of the first setting that varies, which is the
 * architecture where that does. Refuses to compute: report/compare.h and profile.h do.
 */
#include "make.h"

#include "experiment/run_record.h"
#include "plan/names.h"
#include "report/profile.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_LEVELS = 6, MOST_POINTS = 1500, MOST_STEPS = 400, MOST_LABEL = 22 };

/* How many values of a setting the cells have, up to `most`. */
static int count_levels(const struct source *s, const struct setting *row, int most)
{
    int num = 0;
    for (int c = 0; c < s->num_cells && num < most; c++) {
        const struct settings *x = source_settings(s, s->cell[c].run[0]);
        bool known = false;
        for (int b = 0; b < c && !known; b++)
            known = settings_equal(x, source_settings(s, s->cell[b].run[0]), row);
        num += !known;
    }
    return num;
}

static void forget(struct compare *c)
{
    compare_free(c);
    *c = (struct compare){.store = NULL};
}

/* Setting k of the table: does it have values to compare? */
static bool is_candidate(const struct source *s, int k)
{
    const struct setting *row = &settings_table[k];
    int levels = row->scope == SCOPE_RUN ? count_levels(s, row, MOST_LEVELS + 1) : 0;
    return levels >= 2 && levels <= MOST_LEVELS;
}

/* By the first setting that can be: those that landed, or all that are done. Nothing to compare:
 * c->store is NULL, and f says so. */
static int compare(struct figure *f, const struct source *s, struct compare *c, struct status *st)
{
    int code = STATUS_USAGE;
    for (int k = 0; k < num_settings && code == STATUS_USAGE && s->num_files == 1; k++) {
        struct compare_request request = {
            .between = settings_table[k].key, .margin = NAN, .where = s->where};
        if (!is_candidate(s, k)) continue;
        code = compare_make(c, s->path[0], &request, st);
        if (code != STATUS_USAGE) continue;
        forget(c);
        request.all = true;
        code = compare_make(c, s->path[0], &request, st);
        if (code) forget(c);
        if (!code) figure_say(f, "No two values have runs that landed: all that are done count.");
    }
    if (code != STATUS_USAGE) return code;
    if (st) *st = (struct status){0};
    f->left = s->num_runs;
    figure_say(f, s->num_files > 1
                      ? "Several files are not compared."
                      : "No setting has two to six values with runs to compare in one cell.");
    return STATUS_OK;
}

/* --- points and differences ---------------------------------------------------------------------
 */

/* The comparison of a pair that is drawn: over all cells, else of the first cell that has it. */
static const struct comparison *find_pair(const struct compare *c, int a, int b)
{
    const struct comparison *found = NULL;
    for (int i = 0; i < c->num_comparisons; i++) {
        const struct comparison *p = &c->comparison[i];
        bool is_pair = (p->a == a && p->b == b) || (p->a == b && p->b == a);
        if (is_pair && (!found || p->cell < 0)) found = p;
    }
    return found;
}

static bool counts(const struct compare *c, int i)
{
    return c->request.all || c->landed[c->row[i]] == 1;
}

/* Five ticks or so. */
static void ticks(struct figure *f, double low, double high)
{
    if (low < high) fprintf(f->script, "set xtics %.9g\n", figure_step(low, high, 5));
}

static int write_points(struct figure *f, const struct compare *c)
{
    int every = 1 + c->num_rows / MOST_POINTS, drawn = 0, seen[MOST_LEVELS] = {0};
    fprintf(f->csv, "level,value,counts,run,name\n");
    for (int i = 0; i < c->num_rows; i++) {
        if (!isfinite(c->value[i])) continue;
        int l = c->level[i], k = seen[l]++;
        f->shown += counts(c, i);
        if (drawn++ % every) continue;
        fprintf(f->csv, "%.4f,%.9g,%d,%d,", l + 0.3 * ((k * 5 % 11) / 10.0 - 0.5), c->value[i],
                counts(c, i), c->row[i]);
        figure_csv_text(f->csv, c->levels[l].text);
        fputc('\n', f->csv);
    }
    return every;
}

static void label_axis(struct figure *f, const struct compare *c, const int (*pair)[2], int num)
{
    fprintf(f->script, "set yrange [%d.5:-0.5]\nset ytics scale 0 (", num - 1);
    for (int i = 0; i < num; i++) {
        char a[4 * MOST_LABEL + 4], b[4 * MOST_LABEL + 4];
        figure_label(a, sizeof a, c->levels[pair ? pair[i][0] : i].text, MOST_LABEL);
        figure_label(b, sizeof b, c->levels[pair ? pair[i][1] : i].text, MOST_LABEL);

        fputs(i ? ", " : "", f->script);
        if (pair) {
            figure_quote(f->script, a);
            fputs(strlen(a) + strlen(b) < MOST_LABEL ? " . ' − ' . " : " . \"\\n− \" . ",
                  f->script);
            figure_quote(f->script, b);
        } else {
            figure_quote(f->script, a);
        }
        fprintf(f->script, " %d", i);
    }
    fputs(")\n", f->script);
}

static void draw_differences(struct figure *f, const struct compare *c)
{
    int pair[MOST_LEVELS * MOST_LEVELS][2], num = 0;
    double low = INFINITY, high = -INFINITY, least = 0, largest = 0;
    figure_range(c->value, c->num_rows, &low, &high);
    fprintf(f->csv, "\n\npair,difference,low,high,n,m,p,a,b\n");
    for (int a = 0; a < c->num_levels; a++)
        for (int b = a + 1; b < c->num_levels; b++) {
            const struct comparison *p = find_pair(c, a, b);
            if (!p || !isfinite(p->effect)) continue;
            fprintf(f->csv, "%d,%.9g,%.9g,%.9g,%d,%d,%.9g,", num, p->effect, p->interval.low,
                    p->interval.high, p->n, p->m, p->holm);
            figure_csv_text(f->csv, c->levels[p->a].text);
            fputc(',', f->csv);
            figure_csv_text(f->csv, c->levels[p->b].text);
            fputc('\n', f->csv);
            figure_range((double[]){p->effect, p->interval.low, p->interval.high}, 3, &least,
                         &largest);
            pair[num][0] = p->a;
            pair[num++][1] = p->b;
        }
    double above = 8 + 6.0 * c->num_levels, below = 11 + 7.5 * num;
    f->height_mm = above + below + 4;
    fprintf(f->script,
            "set multiplot\nset border 1\nset lmargin at screen 0.33\nset rmargin at screen 0.96\n"
            "set tmargin at screen 0.985\nset bmargin at screen %.4f\n",
            (below + 12) / f->height_mm);
    label_axis(f, c, NULL, c->num_levels);
    ticks(f, low, high);
    fputs("set xlabel ", f->script);
    figure_quote(f->script, c->metric);
    fprintf(f->script, "\nplot data index 0 using 2:1:($3 > 0 ? 0x4b2e83 : 0xb0a0c8) with points "
                       "pt 7 ps 0.35 lc rgb variable\n");
    if (!num) return;
    fprintf(f->script, "set tmargin at screen %.4f\nset bmargin at screen %.4f\n",
            below / f->height_mm, 10 / f->height_mm);
    label_axis(f, c, (const int(*)[2])pair, num);
    ticks(f, least, largest);
    fprintf(f->script,
            "set xlabel 'difference, 95 %% interval'\nset xrange [*<0:0<*]\n"
            "set arrow from first 0, graph 0 to first 0, graph 1 nohead lc rgb grey lw 0.7\n"
            "plot data index 1 using 3:1:($4-$3):(0) with vectors nohead lc rgb ink lw 1.2, "
            "'' index 1 using 2:1 with points pt 7 ps 0.5 lc rgb ink\n");
}

static void say_differences(struct figure *f, const struct compare *c)
{
    const struct comparison *most = NULL;
    for (int i = 0; i < c->num_comparisons; i++) {
        const struct comparison *p = find_pair(c, c->comparison[i].a, c->comparison[i].b);
        if (p && isfinite(p->effect) && (!most || fabs(p->effect) > fabs(most->effect))) most = p;
    }
    if (!most) {
        figure_say(f, "No two of them have values to compare.");
        return;
    }
    figure_say(f, "The largest difference in %s is %s − %s: %.3g", c->metric,
               c->levels[most->a].text, c->levels[most->b].text, most->effect);
    if (isfinite(most->interval.low))
        figure_say(f, "[%.3g, %.3g],", most->interval.low, most->interval.high);
    figure_say(f, "n = %d and %d, p = %.2g by Holm.", most->n, most->m, most->holm);
    if (*c->also) figure_say(f, "With %s differ too: %s.", c->request.between, c->also);
}

int figure_differences(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct compare c = {.store = NULL};
    (void)run;
    figure_title(f, s, "What a setting changes: every run, and the differences");
    int code = compare(f, s, &c, st);
    bool any = false;
    for (int i = 0; !code && i < c.num_rows; i++) any = any || isfinite(c.value[i]);
    if (!code && c.store && !any) figure_say(f, "No run has a value of %s.", c.metric);
    if (!code && c.store && any) {
        snprintf(f->title, sizeof f->title, "%.60s by %.60s: every run, and the differences",
                 c.metric, c.request.between);
        int every = write_points(f, &c);
        draw_differences(f, &c);
        say_differences(f, &c);
        f->left = s->num_runs - f->shown;
        if (f->left)
            snprintf(f->left_out, sizeof f->left_out, "not done, or did not land (pale)%s",
                     every > 1 ? "; of the points only some are drawn" : "");
        snprintf(f->band, sizeof f->band,
                 "Lines: 95 %% interval of the difference, Welch's within a cell, of the mean over "
                 "%d cell%s otherwise.",
                 c.num_cells, c.num_cells == 1 ? "" : "s");
    }
    compare_free(&c);
    return code;
}

/* --- performance profiles -----------------------------------------------------------------------
 */

static void draw_profile(struct figure *f, const struct compare *c, const struct profile *p)
{
    int every = 1 + p->num_values / MOST_STEPS;
    fprintf(f->csv, "excess");
    for (int l = 0; l < c->num_levels; l++) {
        fputc(',', f->csv);
        figure_csv_text(f->csv, c->levels[l].text);
    }
    for (int v = 0; v < p->num_values; v += every) {
        fprintf(f->csv, "\n%.9g", p->value[v]);
        for (int l = 0; l < c->num_levels; l++)
            fprintf(f->csv, ",%.9g", (double)p->within[v * c->num_levels + l] / p->ended[l]);
    }
    fprintf(f->csv, "\n");
    f->height_mm = 52;
    fputs("set key noautotitle inside right bottom vertical Left reverse samplen 1.5\n"
          "set yrange [0:1.02]\nset ylabel 'share of runs'\n"
          "set xlabel ",
          f->script);
    figure_quote(f->script, c->metric);
    fprintf(f->script, "%s\n", c->floor ? " . ' above its floor'" : "");
    if (p->num_values) ticks(f, p->value[0], p->value[p->num_values - 1]);
    fputs("plot ", f->script);
    for (int l = 0; l < c->num_levels; l++) {
        char label[4 * MOST_LABEL + 4];
        figure_label(label, sizeof label, c->levels[l].text, MOST_LABEL);
        fprintf(f->script, "%sdata using 1:%d with steps lc %d lw 1.5 title ", l ? ", " : "", l + 2,
                l + 1);
        figure_quote(f->script, label);
    }
    fputc('\n', f->script);
}

/* By the first setting of which some cells have runs of all values. */
static int make_profile(const struct source *s, struct compare *c, struct profile *p,
                        struct status *st)
{
    int code = STATUS_USAGE;
    for (int k = 0; k < num_settings && code == STATUS_USAGE && s->num_files == 1; k++) {
        const struct compare_request request = {
            .between = settings_table[k].key, .margin = NAN, .where = s->where};
        if (!is_candidate(s, k)) continue;
        code = compare_read(c, s->path[0], &request, st);
        if (!code) code = profile_make(p, c, st);
        if (!code) break;
        profile_free(p);
        *p = (struct profile){.num_values = 0};
        forget(c);
    }
    return code;
}

int figure_profile(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct compare c = {.store = NULL};
    struct profile p = {.num_values = 0};
    (void)run;
    figure_title(f, s, "Performance profiles");
    int code = make_profile(s, &c, &p, st);
    f->left = s->num_runs;
    if (!code && p.num_values) {
        snprintf(f->title, sizeof f->title, "Performance profiles by %.60s", c.request.between);
        draw_profile(f, &c, &p);
        for (int l = 0; l < c.num_levels; l++) f->shown += p.ended[l];
        f->left -= f->shown;
        if (f->left) snprintf(f->left_out, sizeof f->left_out, "not ended, or of other cells");
        figure_say(f,
                   "Share of runs that are at most so far above the floor, of %d cell%s with runs "
                   "of all %d values of %s: the higher a curve, the better.",
                   p.num_cells, p.num_cells == 1 ? "" : "s", c.num_levels, c.request.between);
    } else if (!code || code == STATUS_USAGE) {
        figure_say(f, "No setting has two to six values that all have runs in one cell.");
        if (st) *st = (struct status){0};
        code = STATUS_OK;
    }
    profile_free(&p);
    compare_free(&c);
    return code;
}
