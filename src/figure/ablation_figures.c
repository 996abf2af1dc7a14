/* ablation_figures: switching when parts of the circuit are scaled, from silenced to doubled:
 * rates, critical pairs of eigenvalues, paths. Source of what it shows: SCIENCE 5.9. */
#include "make.h"
#include "directions.h"

enum {
    LEFT = 13,
    TOP = 6,
    BOTTOM = 11,
    WIDTH = 46,
    HEIGHT = 33,
    GAP = 10,
    BETWEEN = 4,
    A = 0,
    B = 1
};
enum { CONDITIONS = 7, PANELS = 3 };

static const char none[] = "No two directions with kick sets: nothing to scale.";

/* Conditions of the analysis: the panel that shows each, its colour, and its name where that is not
 * a direction's. */
static const struct {
    int panel, direction; /* direction: A, B, -1: neither */
    const char *line, *name;
} condition[CONDITIONS] = {{0, A, "1", NULL},
                           {0, B, "5", NULL},
                           {1, A, "1", NULL},
                           {1, B, "5", NULL},
                           {1, -1, "rgb grey", "control"},
                           {2, -1, "3", "populations"},
                           {2, -1, "rgb grey", "all others"}};

static const char *const panel_name[PANELS] = {"recurrent input of a kick set",
                                               "noise into its inputs", "noise by population"};

/* One quantity for every condition (conditions, mu) with its error; the floor of the intact network
 * and its sd. */
struct curves {
    const struct array *value, *error, *mu; /* mu: an array over it, for its axis */
    int direction;                          /* of direction_rate; -1: not by direction */
    double floor, floor_sd;
    char name[48];
};

static double curve_at(const struct array *a, int direction, int c, int m)
{
    return direction < 0 ? array_at(a, c, m, 0) : array_at(a, direction, c, m);
}

static void write_curves(struct figure *f, const struct curves *q, const double *mu, int num)
{
    fputs("mu", f->csv);
    for (int c = 0; c < CONDITIONS; c++) fprintf(f->csv, ",condition_%d,error_%d", c, c);
    for (int m = 0; m < num; m++) {
        fprintf(f->csv, "\n%g", mu[m]);
        for (int c = 0; c < CONDITIONS; c++)
            fprintf(f->csv, ",%.5g,%.5g", curve_at(q->value, q->direction, c, m),
                    curve_at(q->error, q->direction, c, m));
    }
    fputs("\n\n\n", f->csv);
}

static double largest(const struct curves *q, int num)
{
    double most = q->floor + 2 * q->floor_sd;
    for (int c = 0; c < CONDITIONS; c++)
        for (int m = 0; m < num; m++)
            most = fmax(most, curve_at(q->value, q->direction, c, m) +
                                  fmax(0, curve_at(q->error, q->direction, c, m)));
    return most;
}

static bool has_panel(const struct array *units, int p)
{
    for (int c = 0; c < CONDITIONS; c++)
        if (condition[c].panel == p && array_at(units, c, 0, 0) > 0) return true;
    return false;
}

/* Panel p of line `at`: the block `at`'s curves over the band of the floor. */
static void draw_curves(struct figure *f, const struct curves *q, const struct directions *d,
                        const struct array *units, int p, int at, int lines)
{
    bool last = at + 1 == lines;
    int num = 0;
    panel_open(f, LEFT + p * (WIDTH + GAP), TOP + at * (HEIGHT + BETWEEN), WIDTH, HEIGHT);
    if (at == 0)
        panel_title(f, "%s", panel_name[p]);
    else
        panel_clear(f);
    fprintf(f->script, "set xlabel \"%s\"; set format x \"%s\"; set ylabel \"%s\"\n",
            last ? "scaled by μ" : "", last ? "%g" : "", p ? "" : q->name);
    fprintf(f->script,
            "set object 1 rectangle from graph 0,first %g to graph 1,first %g fillcolor rgb faint "
            "fillstyle solid 0.6 noborder behind\nplot ",
            q->floor - 2 * q->floor_sd, q->floor + 2 * q->floor_sd);
    for (int c = 0; c < CONDITIONS; c++) {
        if (condition[c].panel != p || !(array_at(units, c, 0, 0) > 0)) continue;
        const char *name = condition[c].name ? condition[c].name : d->name[condition[c].direction];
        fprintf(f->script,
                "%sdata index %d using 1:%d:%d with yerrorlines pt 7 ps 0.25 lw 0.7 lc %s title "
                "\"%s (%g)\"",
                num++ ? ", \\\n " : "", at, 2 + 2 * c, 3 + 2 * c, condition[c].line, name,
                array_at(units, c, 0, 0));
    }
    fputs("\n", f->script);
}

static void draw_lines(struct figure *f, const struct curves *q, int lines, int num_mu,
                       const struct directions *d, const struct array *units)
{
    f->width_mm = PAGE_MM;
    f->height_mm = TOP + lines * (HEIGHT + BETWEEN) - BETWEEN + BOTTOM;
    fputs("set multiplot\nset xrange [0:2]; set xtics 0.5\n"
          "set key inside vertical top left reverse Left samplen 1\n",
          f->script);
    for (int at = 0; at < lines; at++) {
        fprintf(f->script, "set yrange [0:%g]\n", (at ? 1.05 : 1.35) * largest(&q[at], num_mu));
        for (int p = 0; p < PANELS; p++)
            if (has_panel(units, p)) draw_curves(f, &q[at], d, units, p, at, lines);
        fputs("unset key\n", f->script);
    }
    fputs("unset multiplot\n", f->script);
}

int figure_ablation(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *rate = results_take(&r, "ablation.switch_rate"),
                       *units = results_take(&r, "ablation.num_units"),
                       *floor = results_take(&r, "ablation.floor_direction_rate"),
                       *sd = results_take(&r, "ablation.floor_direction_rate_sd"),
                       *effect = results_take(&r, "ablation.direction_effect"),
                       *sem = results_take(&r, "ablation.direction_effect_sem");
    struct directions d;
    figure_title(f, s, "Switching with parts of the circuit scaled");
    directions_name(&d, results_take(&r, "ablation.from"), results_take(&r, "ablation.to"));
    if (results_lack(&r, rate, "ablation.switch_rate", none, f)) return results_end(&r);
    struct curves q[3] = {{rate, results_take(&r, "ablation.switch_rate_sem"), rate, -1,
                           results_number(&r, "ablation.floor_switch_rate"),
                           results_number(&r, "ablation.floor_switch_rate_sd"), "all switches"}};
    for (int i = 0; i < d.num && i < 2; i++) {
        q[1 + i] = (struct curves){results_take(&r, "ablation.direction_rate"),
                                   results_take(&r, "ablation.direction_rate_sem"),
                                   rate,
                                   i,
                                   array_at(floor, i, 0, 0),
                                   array_at(sd, i, 0, 0),
                                   ""};
        snprintf(q[1 + i].name, sizeof q[1 + i].name, "switches %s", d.name[i]);
    }
    int lines = 1 + (d.num < 2 ? d.num : 2);
    for (int i = 0; i < lines; i++) write_curves(f, &q[i], rate->axis[1], rate->size[1]);
    draw_lines(f, q, lines, rate->size[1], &d, units);
    for (int i = 0; i + 1 < lines; i++)
        figure_say(f,
                   "Without the recurrent input of its kick set the rate of %s changes by %+.2g ± "
                   "%.2g, from %.2g a step.",
                   d.name[i], array_at(effect, i, i, 0), array_at(sem, i, i, 0),
                   array_at(floor, i, 0, 0));
    snprintf(f->band, sizeof f->band,
             "Rates a step, those of a direction per step spent in the symbol it leaves. Bars: "
             "standard error over trajectories. Band: the intact network, mean ± 2 sd over 16 "
             "replicates. In brackets: units scaled.");
    return results_end(&r);
}

int figure_critical_pairs(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *pairs = results_take(&r, "ablation.critical_pairs"),
                       *units = results_take(&r, "ablation.num_units");
    struct directions d;
    figure_title(f, s, "Critical pairs of eigenvalues about switches");
    directions_name(&d, results_take(&r, "ablation.from"), results_take(&r, "ablation.to"));
    if (results_lack(&r, pairs, "ablation.critical_pairs", none, f)) return results_end(&r);
    struct curves q = {pairs,
                       results_take(&r, "ablation.critical_pairs_sem"),
                       pairs,
                       -1,
                       results_number(&r, "ablation.floor_critical_pairs"),
                       results_number(&r, "ablation.floor_critical_pairs_sd"),
                       "critical pairs"};
    write_curves(f, &q, pairs->axis[1], pairs->size[1]);
    draw_lines(f, &q, 1, pairs->size[1], &d, units);
    int outside = 0, num = 0;
    for (int i = 0; i < pairs->num; i++) {
        num += !isnan(pairs->x[i]);
        outside += fabs(pairs->x[i] - q.floor) > 2 * hypot(q.floor_sd, q.error->x[i]);
    }
    figure_say(f,
               "Of %d points, %d lie further than two of their standard deviations from the %.3g ± "
               "%.2g of the intact network.",
               num, outside, q.floor, q.floor_sd);
    snprintf(f->band, sizeof f->band,
             "Complex pairs near the critical line in the 30 steps about a switch. Bars: standard "
             "error over switches. Band: the intact network, mean ± 2 sd over 8 replicates. In "
             "brackets: units scaled.");
    return results_end(&r);
}

/* --- paths ------------------------------------------------------------------------------------ */

enum { CASES = 3, PATHS = 3 }; /* the portrait's first cases; paths of a direction */

/* The driven states as a ground and the paths over it. *plane: holds the ground and the paths of
 * the intact network; returns how many of the others leave it. */
static int write_scaled_paths(struct figure *f, struct results *r, struct plane *plane)
{
    const struct array *ground = results_take(r, "residency.sample_score"),
                       *symbol = results_take(r, "residency.sample_symbol"),
                       *pc1 = results_take(r, "portrait.ablated_pc1"),
                       *pc2 = results_take(r, "portrait.ablated_pc2");
    int leave = 0;
    fputs("pc1,pc2,symbol\n", f->csv);
    for (int i = 0; i < ground->size[0]; i++) {
        plane_add(plane, array_at(ground, i, 0, 0), array_at(ground, i, 1, 0));
        if (i % 3 || isnan(array_at(symbol, i, 0, 0))) continue;
        fprintf(f->csv, "%.5g,%.5g,%g\n", array_at(ground, i, 0, 0), array_at(ground, i, 1, 0),
                array_at(symbol, i, 0, 0));
    }
    fputs("\n\ncase,path,step,pc1,pc2\n", f->csv);
    for (int c = 0; c < CASES; c++)
        for (int p = 0; p < pc1->size[1]; p++) {
            bool out = false;
            for (int t = 0; t < pc1->size[2]; t++) {
                double x = array_at(pc1, c, p, t), y = array_at(pc2, c, p, t);
                if (c == 0) plane_add(plane, x, y);
                fprintf(f->csv, "%d,%d,%d,%.5g,%.5g\n", c, p, t, x, y);
                out = out || x < plane->low[0] || x > plane->high[0] || y < plane->low[1] ||
                      y > plane->high[1];
            }
            fputs("\n", f->csv);
            leave += out;
        }
    return leave;
}

static void draw_scaled_paths(struct figure *f, struct plane *plane, const struct directions *d,
                              const struct array *explained)
{
    static const char *const name[CASES] = {"intact", "kick set silenced", "kick set × 1.9"};
    enum { ROOM = 50 };
    double height = plane_fit(plane, ROOM, 0.5, 0.8);
    f->width_mm = PAGE_MM;
    f->height_mm = TOP + d->num * (height + BETWEEN) - BETWEEN + BOTTOM;
    fputs("set multiplot\n", f->script);
    for (int i = 0; i < d->num; i++)
        for (int c = 0; c < CASES; c++) {
            panel_open(f, LEFT + c * (ROOM + BETWEEN), TOP + i * (height + BETWEEN), ROOM, height);
            plane_axes(f, plane, explained);
            if (i + 1 < d->num) fputs("set xlabel \"\"\n", f->script);
            if (c > 0) fputs("set ylabel \"\"\n", f->script);
            panel_clear(f);
            if (i == 0) panel_title(f, "%s", name[c]);
            if (c == 0) panel_word(f, d->name[i]);
            fprintf(
                f->script,
                "set format x \"%s\"; set format y \"%s\"\n"
                "plot data index 0 using 1:2:($3+1) with points pt 7 ps 0.15 lc variable, \\\n"
                " data index 1 using ($1==%d&&$2>=%d&&$2<%d?$4:NaN):5 with lines lc rgb ink lw "
                "0.6, \\\n"
                " data index 1 using ($1==%d&&$2==%d&&$3==0?$4:NaN):5 with points pt 7 ps 0.6 lc "
                "rgb ink\n",
                i + 1 < d->num ? "" : "%g", c ? "" : "%g", c, i * PATHS, (i + 1) * PATHS, c,
                i * PATHS);
        }
    fputs("unset multiplot\n", f->script);
}

int figure_scaled_paths(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *path = results_take(&r, "portrait.ablated_pc1"),
                       *explained = results_take(&r, "pca.explained_variance");
    struct directions d;
    figure_title(f, s, "Paths from a cluster with a kick set scaled");
    directions_name(&d, results_take(&r, "portrait.ablated_from"),
                    results_take(&r, "portrait.ablated_to"));
    if (results_lack(&r, path, "portrait.ablated_pc1",
                     "No two directions with kick sets, or no switch after a long dwell.", f))
        return results_end(&r);
    struct plane plane = PLANE_EMPTY;
    int leave = write_scaled_paths(f, &r, &plane);
    draw_scaled_paths(f, &plane, &d, explained);
    figure_say(f,
               "%d paths of %d steps a panel from one state before a switch, half of their noise "
               "fresh and the same in every panel; %d of %d of the scaled network leave the frame, "
               "which is that of the intact one.",
               PATHS, path->size[2] - 1, leave, (CASES - 1) * path->size[1]);
    return results_end(&r);
}
