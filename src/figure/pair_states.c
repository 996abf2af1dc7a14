/* pair_states: the driven states between two symbols in the plane of their own first and third
 * component: the longest stay there, and residency times. Source of what it shows: SCIENCE 4. */
#include "make.h"
#include "panel.h"
#include "results.h"

enum { LEFT = 13, TOP = 6, BOTTOM = 11, WIDTH = 44, GAP = 9, MAX_PAIRS = 3, AXES = 2 };

/* Two blocks of a pair: the path and the states whose residency was taken. */
static void write_pair(struct figure *f, struct results *r, int pair, struct plane *plane)
{
    const struct array *path = results_take(r, "subspace.path"),
                       *symbol = results_take(r, "subspace.path_symbol"),
                       *score = results_take(r, "subspace.sample_score"),
                       *time = results_take(r, "subspace.sample_residency");
    fputs("step,first,third,symbol\n", f->csv);
    for (int t = 0; t < path->size[1]; t++) {
        double x = array_at(path, pair, t, 0), y = array_at(path, pair, t, 1);
        if (isnan(x)) continue;
        fprintf(f->csv, "%d,%.5g,%.5g,%g\n", t, x, y, array_at(symbol, pair, t, 0));
        plane_add(plane, x, y);
    }
    fputs("\n\nfirst,third,residency_time\n", f->csv);
    for (int i = 0; i < score->size[1]; i++) {
        double x = array_at(score, pair, i, 0), y = array_at(score, pair, i, 1);
        if (isnan(x)) continue;
        fprintf(f->csv, "%.5g,%.5g,%g\n", x, y, array_at(time, pair, i, 0));
        plane_add(plane, x, y);
    }
    fputs("\n\n", f->csv);
}

/* The two panels of a pair as column `at`. */
static void draw_pair(struct figure *f, struct results *r, int pair, int at, struct plane *plane)
{
    const struct array *symbol = results_take(r, "subspace.symbol");
    double height = plane_fit(plane, WIDTH, 0.8, 0.8), left = LEFT + at * (WIDTH + GAP);
    plane_axes(f, plane, NULL);
    fprintf(f->script, "set xlabel \"\"; set ylabel \"%s\"\n", at ? "" : "third component");
    panel_open(f, left, TOP, WIDTH, height);
    panel_title(f, "%g and %g, %g steps", array_at(symbol, pair, 0, 0),
                array_at(symbol, pair, 1, 0),
                array_at(results_take(r, "subspace.longest_run"), pair, 0, 0));
    fprintf(f->script,
            "plot data index %d using 2:3:($4+1) with lines lw 0.4 lc variable, \\\n"
            " data index %d using 2:3:($4+1) with points pt 7 ps 0.25 lc variable\n",
            2 * at, 2 * at);
    panel_open(f, left, TOP + height + BOTTOM, WIDTH, height);
    panel_title(f, "residency %.3g steps",
                array_at(results_take(r, "subspace.residency"), pair, 0, 0));
    fprintf(f->script,
            "set xlabel \"first component of the pair\"\n"
            "plot data index %d using 1:2:3 with points pt 7 ps 0.25 lc palette\n"
            "unset colorbox\n",
            2 * at + 1);
}

int figure_pair_states(struct figure *f, const struct source *s, int run, struct status *st)
{
    enum { HEIGHT = 4 * WIDTH / 5 };
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *path = results_take(&r, "subspace.path");
    int shown = 0;
    figure_title(f, s, "States between two symbols");
    if (results_lack(&r, path, "subspace.path", "No pair of symbols has enough states.", f))
        return results_end(&r);
    f->width_mm = PAGE_MM;
    f->height_mm = TOP + 2 * (HEIGHT + BOTTOM);
    fprintf(f->script,
            "set multiplot\nset palette defined (0 '#440154', 1 '#31688e', 2 '#35b779', 3 "
            "'#fde725'); set logscale cb; set cbrange [1:60]\n"
            "set colorbox user origin %.4f,%.4f size %.4f,%.4f\n"
            "set cbtics (1, 2, 4, 9, 20, 60) scale 0.3\n",
            1 - 9 / f->width_mm, BOTTOM / f->height_mm, 2 / f->width_mm, HEIGHT / f->height_mm);
    for (int pair = 0; pair < path->size[0] && pair < MAX_PAIRS; pair++) {
        struct plane plane = PLANE_EMPTY;
        if (isnan(array_at(path, pair, 0, 0))) continue;
        write_pair(f, &r, pair, &plane);
        draw_pair(f, &r, pair, shown++, &plane);
    }
    fputs("unset multiplot\n", f->script);
    figure_say(
        f, "Above the beginning of the longest stay between two symbols (its length in steps), "
           "in their colours; below states in stays longer than 20 steps by their residency time, "
           "at most 60, and its mean.");
    return results_end(&r);
}
