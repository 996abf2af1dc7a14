/* kick_sets: what the search for kick sets found in all runs, by cell: verdicts, sizes of the sets,
 * how much they suppress switching, p. A point a direction of a run. Source of what it shows:
 * SCIENCE 8.5. */
#include "make.h"
#include "panel.h"
#include "results.h"

#include "base/pile.h"
#include "report/aggregate.h"

enum { MOST_CELLS = 32, MOST_POINTS = 3000, VERDICTS = 4, SIZE = 0, SUPPRESSION, P, QUANTITIES };

static const struct legend verdict_legend[VERDICTS] = {{52, "rgb '#a0a0a0'", "■ no set"},
                                                       {70, "rgb '#6baed6'", "■ distributed"},
                                                       {94, "rgb '#3182bd'", "■ redundant"},
                                                       {115, "rgb '#08306b'", "■ concentrated"}};
static const char *const verdict_name[VERDICTS] = {"none", "distributed", "redundant",
                                                   "concentrated"};
static const char *const verdict_colour[VERDICTS] = {"#c8c8c8", "#9ecae1", "#3182bd", "#08306b"};
static const struct {
    const char *column, *label, *axis; /* axis: commands for it */
} quantity[QUANTITIES] = {
    {"circuit.size", "units of a kick set", "set xrange [0:11]; set xtics 2"},
    {"circuit.suppression", "suppression", "set logscale x; set xrange [0.8:*]; set xtics 100"},
    {"circuit.p_value", "p-value", "set logscale x; set xrange [*:1.2]; set xtics 100"},
};

struct point {
    int run, verdict;
    double from, to, value[QUANTITIES];
};

/* Of the study: points in the order of cells. */
struct found {
    struct pile pile;
    struct point *point;
    int num, room, num_runs, count[VERDICTS];
    int num_cells, cell[MOST_CELLS], end[MOST_CELLS]; /* point after the last of each cell */
    int num_cells_left;
};

/* One run's directions that have a verdict. */
static int add_run(struct found *all, const struct source *s, int run, struct status *st)
{
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *verdict = results_take(&r, "circuit.verdict"), *value[QUANTITIES];
    int before = all->num;
    for (int d = 0; d < verdict->num && all->num < all->room; d++) {
        double is = array_at(verdict, d, 0, 0);
        if (!(is >= 0 && is < VERDICTS)) continue;
        struct point *p = &all->point[all->num++];
        p->run = run;
        p->verdict = (int)is;
        p->from = array_at(results_take(&r, "circuit.from"), d, 0, 0);
        p->to = array_at(results_take(&r, "circuit.to"), d, 0, 0);
        for (int q = 0; q < QUANTITIES; q++) {
            value[q] = results_take(&r, quantity[q].column);
            p->value[q] = array_at(value[q], d, 0, 0);
        }
        if (p->verdict < 2) p->value[SIZE] = NAN;
        all->count[p->verdict]++;
    }
    all->num_runs += all->num > before;
    return results_end(&r);
}

static int find(struct found *all, const struct source *s, struct status *st)
{
    enum { MOST_DIRECTIONS = 6 };
    int code = STATUS_OK;
    all->room = MOST_DIRECTIONS * s->num_runs;
    all->point = pile_take(&all->pile, (size_t)all->room + 1, sizeof *all->point);
    if (!all->point) return status_no_memory(st, "kick sets of %d runs", s->num_runs);
    for (int c = 0; c < s->num_cells && !code; c++) {
        int before = all->num;
        for (int i = 0; i < s->cell[c].num_runs && !code; i++)
            code = add_run(all, s, s->cell[c].run[i], st);
        if (all->num == before) continue;
        if (all->num_cells == MOST_CELLS) {
            all->num_cells_left++;
            continue;
        }
        all->cell[all->num_cells] = c;
        all->end[all->num_cells++] = all->num;
    }
    return code;
}

/* --- data ------------------------------------------------------------------------------------- */

static void write_cells(struct figure *f, const struct found *all, const struct source *s)
{
    fputs("place,directions", f->csv);
    for (int v = 0; v < VERDICTS; v++) fprintf(f->csv, ",%s", verdict_name[v]);
    fputs(",cell\n", f->csv);
    for (int c = 0, first = 0; c < all->num_cells; first = all->end[c++]) {
        int count[VERDICTS] = {0};
        for (int i = first; i < all->end[c]; i++) count[all->point[i].verdict]++;
        fprintf(f->csv, "%d,%d", c, all->end[c] - first);
        for (int v = 0; v < VERDICTS; v++) fprintf(f->csv, ",%d", count[v]);
        fputs(",", f->csv);
        figure_csv_text(f->csv, s->cell[all->cell[c]].text);
        fputs("\n", f->csv);
    }
    fputs("\n\n", f->csv);
}

/* Those of one cell side by side; of very many, every so manyth. */
static void write_points(struct figure *f, const struct found *all, const struct source *s)
{
    int last = all->num_cells ? all->end[all->num_cells - 1] : 0, step = 1 + last / MOST_POINTS;
    fputs("place,run,from,to,verdict,size,suppression,p_value\n", f->csv);
    for (int c = 0, first = 0; c < all->num_cells; first = all->end[c++])
        for (int i = first; i < all->end[c]; i += step) {
            const struct point *p = &all->point[i];
            double aside = 0.6 * (i - first + 0.5) / (all->end[c] - first) - 0.3;
            fprintf(f->csv, "%.4g,%d,%g,%g,%d", c + aside, s->run[p->run].number, p->from, p->to,
                    p->verdict);
            for (int q = 0; q < QUANTITIES; q++) fprintf(f->csv, ",%.5g", p->value[q]);
            fputs("\n", f->csv);
        }
}

/* --- drawing ---------------------------------------------------------------------------------- */

static bool is_known(const struct found *all, int q)
{
    for (int i = 0; i < all->num; i++)
        if (all->point[i].value[q] > 0) return true;
    return false;
}

static void draw(struct figure *f, const struct found *all, const struct source *s)
{
    enum { LEFT = 52, TOP = 7, BOTTOM = 11, BAR = 31, WIDTH = 23, GAP = 6 };
    double height = 6 * all->num_cells < 18 ? 18 : 6 * all->num_cells;
    f->width_mm = PAGE_MM;
    f->height_mm = TOP + height + BOTTOM;
    panel_open(f, LEFT, TOP, BAR, height);
    panel_legend(f, verdict_legend, VERDICTS);
    fprintf(f->script, "set multiplot\nset border 1\nset yrange [%d.5:-0.5]\nset ytics scale 0 (",
            all->num_cells - 1);
    for (int c = 0; c < all->num_cells; c++) {
        char label[128];
        figure_label(label, sizeof label, s->cell[all->cell[c]].text, 34);
        fputs(c ? ", " : "", f->script);
        figure_quote(f->script, label);
        fprintf(f->script, " %d", c);
    }
    fputs(")\nset xrange [0:1]; set xtics 0.5; set xlabel \"share of directions\"\nplot ",
          f->script);
    for (int v = 0; v < VERDICTS; v++)
        fprintf(f->script,
                "%sdata index 0 using (0):1:((sum [k=3:%d] column(k))/$2):((sum [k=3:%d] "
                "column(k))/$2):($1-0.32):($1+0.32) with boxxyerror lc rgb '%s'",
                v ? ", \\\n " : "", 2 + v, 3 + v, verdict_colour[v]);
    fputs("\nunset label\nset ytics 1; set format y \"\"\nset grid ytics lc rgb '#ececec' lt 1\n",
          f->script);
    for (int q = 0; q < QUANTITIES; q++) {
        if (!is_known(all, q)) continue;
        panel_open(f, LEFT + BAR + GAP + q * (WIDTH + GAP), TOP, WIDTH, height);
        fprintf(f->script,
                "unset logscale x; unset xtics; set xtics nomirror; %s\nset xlabel \"%s\"\n"
                "plot data index 1 using ($5>=2?$%d:NaN):1 with points pt 7 ps 0.3 lc rgb ink, \\\n"
                " data index 1 using ($5<2?$%d:NaN):1 with points pt 6 ps 0.3 lc rgb grey\n",
                quantity[q].axis, quantity[q].label, 6 + q, 6 + q);
    }
    fputs("unset multiplot\n", f->script);
}

/* Median of one quantity over the kick sets. */
static double median(const struct found *all, int q, double *room, struct status *st)
{
    struct statistics statistics = {.median = NAN};
    int num = 0;
    for (int i = 0; i < all->num; i++)
        if (all->point[i].verdict >= 2) room[num++] = all->point[i].value[q];
    (void)aggregate_statistics(room, num, &statistics, st);
    return statistics.median;
}

static int say(struct figure *f, struct found *all, const struct source *s, struct status *st)
{
    double *room = pile_take(&all->pile, (size_t)all->num + 1, sizeof *room);
    if (!room) return status_no_memory(st, "kick sets");
    int sets = all->count[2] + all->count[3];
    f->shown = all->num_runs;
    f->left = s->num_runs - all->num_runs;
    if (f->left)
        snprintf(f->left_out, sizeof f->left_out,
                 "not done, without the analysis circuit, diverged, or with too few switches");
    figure_say(f,
               "Of %d directions of switching in %d runs %d have a kick set: %d concentrated, %d "
               "redundant; in %d switching is distributed over more units, in %d no set was found.",
               all->num, all->num_runs, sets, all->count[3], all->count[2], all->count[1],
               all->count[0]);
    if (sets)
        figure_say(f, "Sets have %.3g units and suppress switching %.3g times, in the median.",
                   median(all, SIZE, room, st), median(all, SUPPRESSION, room, st));
    if (all->num_cells_left)
        figure_say(f, "Shown are the first %d of %d cells.", all->num_cells,
                   all->num_cells + all->num_cells_left);
    snprintf(
        f->band, sizeof f->band,
        "Points: directions of runs; rings: without a kick set, the set that was tested. "
        "Suppression: what a random set leaves of the switch rate over what this one leaves. p: "
        "by rank among random sets, not corrected; no sign of a circuit alone.");
    return STATUS_OK;
}

int figure_kick_sets(struct figure *f, const struct source *s, int run, struct status *st)
{
    (void)run;
    struct found all = {.num = 0};
    figure_title(f, s, "Kick sets of all runs");
    int code = find(&all, s, st);
    if (!code && !all.num)
        figure_say(f, "No run has verdicts of the analysis circuit: it was off, or no network "
                      "switches often enough, or all diverge.");
    if (!code && all.num) {
        write_cells(f, &all, s);
        write_points(f, &all, s);
        draw(f, &all, s);
        code = say(f, &all, s, st);
    }
    pile_free(&all.pile);
    return code;
}
