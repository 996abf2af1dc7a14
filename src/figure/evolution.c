/* evolution: what becomes of a network over its training, at the epochs of its snapshots:
 * switching, the step in it, eigenvalues, the second-order term, signals before the step; and the
 * states in their first two components at some of them.
 */
#include "make.h"

#include <math.h>
#include <string.h>

/* A panel: a column and what is said of its spread; `too`: a second curve. */
static const struct panel {
    const char *column, *spread, *too, *label;
    bool logs;
} panels[] = {
    {"evolution.window_switch_rate", "evolution.window_switch_rate_sem", NULL,
     "switches\\nper step", false},
    {"evolution.spectral_radius", "evolution.spectral_radius_sd", NULL, "largest\\n|eigenvalue|",
     false},
    {"evolution.unstable_share", NULL, "evolution.complex_share", "unstable,\\ncomplex share",
     false},
    {"evolution.second_order_norm", "evolution.second_order_norm_sd", NULL, "second-order\\nterm",
     false},
    {"evolution.logit_variance", NULL, NULL, "variance\\nof logits", false},
    {"evolution.logit_autocorrelation", NULL, NULL, "autocorrel-\\nation, lag 1", false},
};
enum { NUM_PANELS = sizeof panels / sizeof panels[0] };

struct panel_numbers {
    struct array x, spread, too;
};

static double number_of(const struct source *s, int run, const char *name)
{
    struct array a;
    (void)source_array(s, run, name, &a, NULL);
    double x = array_at(&a, 0, 0, 0);
    array_free(&a);
    return x;
}

static int read_panels(const struct source *s, int run, struct panel_numbers *p, struct status *st)
{
    int code = STATUS_OK;
    for (int i = 0; i < NUM_PANELS && !code; i++) {
        code = source_array(s, run, panels[i].column, &p[i].x, st);
        if (!code && panels[i].spread)
            code = source_array(s, run, panels[i].spread, &p[i].spread, st);
        if (!code && panels[i].too) code = source_array(s, run, panels[i].too, &p[i].too, st);
    }
    return code;
}

static int write_panels(struct figure *f, const struct array *epoch, const struct panel_numbers *p)
{
    int rows = 0;
    fprintf(f->csv, "epoch");
    for (int i = 0; i < NUM_PANELS; i++)
        fprintf(f->csv, ",%s,spread_%d,too_%d", strchr(panels[i].column, '.') + 1, i, i);
    for (int t = 0; t < epoch->size[0]; t++) {
        if (isnan(epoch->x[t])) continue;
        rows++;
        fprintf(f->csv, "\n%.9g", epoch->x[t]);
        for (int i = 0; i < NUM_PANELS; i++)
            fprintf(f->csv, ",%.9g,%.9g,%.9g", array_at(&p[i].x, t, 0, 0),
                    array_at(&p[i].spread, t, 0, 0), array_at(&p[i].too, t, 0, 0));
    }
    fputc('\n', f->csv);
    return rows;
}

/* One panel below the other, with the step marked in each. */
static void draw_panels(struct figure *f, const struct panel_numbers *p, const double step[3])
{
    f->height_mm = 12 + 17 * NUM_PANELS;
    fprintf(f->script,
            "set multiplot layout %d,1 margins screen 0.21, screen 0.96, screen %.4f, screen 0.985 "
            "spacing 0, screen 0.022\nset format x ''\n",
            NUM_PANELS, 11 / f->height_mm);
    if (isfinite(step[1]) && isfinite(step[2]))
        fprintf(f->script,
                "set object rectangle from first %.9g, graph 0 to first %.9g, graph 1 fc rgb faint "
                "fs solid noborder behind\n",
                step[1], step[2]);
    if (isfinite(step[0]))
        fprintf(f->script,
                "set arrow from first %.9g, graph 0 to first %.9g, graph 1 nohead lc rgb grey lw "
                "1.2 dt 2\n",
                step[0], step[0]);
    for (int i = 0; i < NUM_PANELS; i++) {
        int at = 2 + 3 * i;
        double low = INFINITY, high = -INFINITY;
        figure_range(p[i].x.x, p[i].x.num, &low, &high);
        if (p[i].too.x) figure_range(p[i].too.x, p[i].too.num, &low, &high);
        if (!(low <= high)) low = 0, high = 1;
        fprintf(f->script, "set ylabel \"%s\" offset 0.5,0\nset ytics %.9g\n", panels[i].label,
                figure_step(low, high == low ? low + 1 : high, 3));
        if (i == NUM_PANELS - 1) fprintf(f->script, "set format x '%%g'\nset xlabel 'epoch'\n");
        fprintf(f->script, "%s\n%sset logscale y\nplot ",
                panels[i].too ? "set label 1 'dashed: complex' at graph 0.99, 0.9 right textcolor "
                                "rgb '#d55e00'"
                              : "unset label 1",
                panels[i].logs && low > 0 ? "unset ytics; set ytics; " : "un");
        if (panels[i].spread)
            fprintf(f->script,
                    "data using 1:($%d-$%d):($%d+$%d) with filledcurves lc rgb '#d8d0e6', ", at,
                    at + 1, at, at + 1);
        if (panels[i].too)
            fprintf(f->script, "data using 1:%d with lines lc rgb '#d55e00' lw 1.2 dt 2, ", at + 2);
        fprintf(f->script, "data using 1:%d with linespoints pt 7 ps 0.25 lc rgb rnn lw 1.2\n", at);
    }
}

static void say_panels(struct figure *f, const struct source *s, int run, const double step[3])
{
    if (isfinite(step[0]))
        figure_say(f,
                   "Switching changes at epoch %.4g [%.4g, %.4g], by a factor of %.3g, which "
                   "explains %.2g of the variance of its logarithm.",
                   step[0], step[1], step[2], number_of(s, run, "evolution.bifurcation_ratio"),
                   number_of(s, run, "evolution.bifurcation_explained"));
    else
        figure_say(f, "No step in the rate of switching was found.");
    double tau = number_of(s, run, "evolution.variance_tau"),
           tau_of_lag = number_of(s, run, "evolution.autocorrelation_tau");
    if (isfinite(tau))
        figure_say(f,
                   "Before it Kendall's tau of the logits' variance with the epoch is %.2g (p = "
                   "%.2g), of their autocorrelation %.2g (p = %.2g).",
                   tau, number_of(s, run, "evolution.variance_p"), tau_of_lag,
                   number_of(s, run, "evolution.autocorrelation_p"));
    else
        figure_say(f, "There are too few snapshots before it for early-warning signals.");
    snprintf(f->band, sizeof f->band,
             "Bands: standard error of the rate of switching, standard deviations of the others; "
             "grey: 95 %% interval of the step; dashed, orange: complex share.");
}

int figure_evolution(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct panel_numbers p[NUM_PANELS] = {{.x = {.x = NULL}}};
    struct array epoch = {.x = NULL};
    double low = INFINITY, high = -INFINITY;
    figure_title(f, s, "Switching, eigenvalues and warning signals over training");
    int code = source_array(s, run, "evolution.epoch", &epoch, st);
    if (!code && epoch.x) code = read_panels(s, run, p, st);
    if (!code && p[0].x.x) figure_range(p[0].x.x, p[0].x.num, &low, &high);
    if (!code && !(low <= high)) figure_absent(f, s, "evolution, which needs train.snapshots");
    if (!code && low <= high) {
        const double step[3] = {number_of(s, run, "evolution.bifurcation"),
                                number_of(s, run, "evolution.bifurcation_low"),
                                number_of(s, run, "evolution.bifurcation_high")};
        write_panels(f, &epoch, p);
        draw_panels(f, p, step);
        say_panels(f, s, run, step);
    }
    for (int i = 0; i < NUM_PANELS; i++) {
        array_free(&p[i].x);
        array_free(&p[i].spread);
        array_free(&p[i].too);
    }
    array_free(&epoch);
    return code;
}

/* --- the second-order term, epoch by unit
 * --------------------------------------------------------- */

enum { MOST_CELLS = 6000 };

int figure_second_order(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct array epoch = {.x = NULL}, a = {.x = NULL};
    double low = INFINITY, high = -INFINITY;
    figure_title(f, s, "Second-order term of each unit over training");
    int code = source_array(s, run, "evolution.epoch", &epoch, st), hidden = 0, rows = 0;
    if (!code) code = source_array(s, run, "evolution.second_order", &a, st);
    if (!code && a.x) figure_range(a.x, a.num, &low, &high);
    if (!code && !(low <= high)) figure_absent(f, s, "evolution, which needs train.snapshots");
    if (!code && low <= high) {
        hidden = source_settings(s, run)->rnn.hidden;
        if (hidden > a.size[1]) hidden = a.size[1];
        int every = 1 + epoch.size[0] * hidden / MOST_CELLS;
        fprintf(f->csv, "snapshot,unit,second_order,epoch\n");
        for (int t = 0; t < epoch.size[0]; t += every)
            for (int i = 0; i < hidden && isfinite(epoch.x[t]); i++)
                fprintf(f->csv, "%d,%d,%.9g,%.9g\n", rows = t, i, array_at(&a, t, i, 0),
                        epoch.x[t]);
        fprintf(f->script,
                "set xlabel 'epoch'\nset ylabel 'unit'\nset border 15 lw 0.5\neval heat\n"
                "set cblabel 'second-order term (state)' offset -1,0\nset colorbox\n"
                "set xrange [-0.5:%d.5]\nset yrange [-0.5:%d.5]\nset xtics scale 0 (",
                rows, hidden - 1);
        for (int t = 0, n = 0; t <= rows; t += 1 + rows / 5)
            fprintf(f->script, "%s'%g' %d", n++ ? ", " : "", epoch.x[t], t);
        fprintf(f->script,
                ")\nplot data using 1:2:($1-0.5):($1+%d-0.5):($2-0.5):($2+0.5):3 with boxxyerror "
                "lc palette\n",
                every);
        figure_say(f, "The largest term is %.4g.", high);
    }
    array_free(&epoch);
    array_free(&a);
    return code;
}

/* --- states at chosen epochs
 * ---------------------------------------------------------------------- */

enum { NUM_CHOSEN = 6 };

int figure_components(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct array epoch = {.x = NULL}, score = {.x = NULL}, symbol = {.x = NULL};
    double low = INFINITY, high = -INFINITY;
    int num = 0;
    figure_title(f, s, "States in their first two components over training");
    int code = source_array(s, run, "evolution.epoch", &epoch, st);
    if (!code) code = source_array(s, run, "evolution.score", &score, st);
    if (!code) code = source_array(s, run, "evolution.symbol", &symbol, st);
    if (!code && score.x) figure_range(score.x, score.num, &low, &high);
    if (!code && !(low <= high)) figure_absent(f, s, "evolution, which needs train.snapshots");
    for (int t = 0; !code && low <= high && t < epoch.size[0]; t++) num += isfinite(epoch.x[t]);
    if (num) {
        f->width_mm = PAGE_MM;
        f->height_mm = 40;
        fprintf(f->script,
                "set multiplot layout 1,%d margins screen 0.05, screen 0.99, screen 0.2, screen "
                "0.9 spacing screen 0.014, 0\nset border 15 lw 0.5\nunset xtics\nunset ytics\n"
                "set xlabel 'PC1' offset 0,0.7\nset ylabel 'PC2'\n",
                NUM_CHOSEN);
        for (int i = 0; i < NUM_CHOSEN; i++) {
            int t = (int)lround((num - 1) * i / (NUM_CHOSEN - 1.0)),
                every = 1 + score.size[1] / 700;
            fprintf(f->csv, "%spc1,pc2,symbol,epoch\n", i ? "\n\n" : "");
            for (int k = 0; k < score.size[1]; k += every)
                fprintf(f->csv, "%.6g,%.6g,%g,%g\n", array_at(&score, t, k, 0),
                        array_at(&score, t, k, 1), array_at(&symbol, t, k, 0), epoch.x[t]);
            fprintf(f->script,
                    "set title 'epoch %g' offset 0,-0.7\n%s"
                    "plot data index %d using 1:2:($3+1) with points pt 7 ps 0.16 lc variable\n",
                    epoch.x[t], i ? "unset ylabel\n" : "", i);
        }
        figure_say(f,
                   "%d of %d snapshots are drawn, each in its own components and scale; colours "
                   "are symbols.",
                   NUM_CHOSEN, num);
    }
    array_free(&epoch);
    array_free(&score);
    array_free(&symbol);
    return code;
}
