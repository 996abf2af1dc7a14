/* kick_plane: where in the plane of states kick units get input: their pre-activation, unit by
 * unit. Source of what it shows: SCIENCE 5.2. */
#include "make.h"
#include "panel.h"
#include "results.h"

enum { LEFT = 13, TOP = 6, BOTTOM = 11, WIDTH = 47, GAP = 4, GROUPS = 2, UNITS = 3 };

/* Rows of states; NaN beyond the units of a group, and in the first state, which no step ends in.
 * Returns the largest size of an input. */
static double write_states(struct figure *f, const struct array *score, const struct array *input,
                           struct plane *plane)
{
    double largest = 0;
    fputs("pc1,pc2,unit_1,unit_2,unit_3,unit_4,unit_5,unit_6\n", f->csv);
    for (int t = 0; t < score->size[0]; t++) {
        double x = array_at(score, t, 0, 0), y = array_at(score, t, 1, 0);
        fprintf(f->csv, "%.5g,%.5g", x, y);
        for (int u = 0; u < GROUPS * UNITS; u++) {
            double v = array_at(input, 0, u, t);
            fprintf(f->csv, ",%.5g", v);
            largest = fmax(largest, fabs(v));
        }
        fputs("\n", f->csv);
        plane_add(plane, x, y);
    }
    return largest;
}

static void draw_unit(struct figure *f, struct results *r, const struct plane *plane, int u,
                      double height)
{
    const struct array *from = results_take(r, "populations.from"),
                       *to = results_take(r, "populations.to"),
                       *units = results_take(r, "populations.units");
    int group = u / UNITS, place = u % UNITS;
    plane_axes(f, plane, results_take(r, "pca.explained_variance"));
    if (group + 1 < GROUPS) fputs("set xlabel \"\"\n", f->script);
    if (place) fputs("set ylabel \"\"\n", f->script);
    panel_open(f, LEFT + place * (WIDTH + GAP), TOP + group * (height + TOP), WIDTH, height);
    panel_title(f, "%.0f → %.0f, unit %g", array_at(from, 0, group, 0), array_at(to, 0, group, 0),
                array_at(units, 0, 10 * group + place, 0));
    fprintf(f->script,
            "set format x \"%s\"; set format y \"%s\"\n"
            "plot data using 1:2:%d with points pt 7 ps 0.3 lc palette\n"
            "unset colorbox\n",
            group + 1 < GROUPS ? "" : "%g", place ? "" : "%g", 3 + u);
}

int figure_kick_plane(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *input = results_take(&r, "populations.preactivation"),
                       *score = results_take(&r, "populations.score");
    struct plane plane = PLANE_EMPTY;
    figure_title(f, s, "Input of kick units in the plane of states");
    if (results_lack(&r, input, "populations.preactivation",
                     "No two opposite directions have kick sets.", f))
        return results_end(&r);
    double largest = write_states(f, score, input, &plane),
           height = plane_fit(&plane, WIDTH, 0.5, 0.8);
    f->width_mm = PAGE_MM;
    f->height_mm = TOP + 2 * height + TOP + BOTTOM;
    fprintf(f->script,
            "set multiplot\n"
            "set palette defined (-1 '#0072b2', 0 '#e0e0e0', 1 '#d55e00'); set cbrange [%g:%g]\n"
            "set colorbox user origin %.4f,%.4f size %.4f,%.4f\nset cbtics scale 0.3\n",
            -largest, largest, 1 - 10 / f->width_mm, BOTTOM / f->height_mm, 2 / f->width_mm,
            height / f->height_mm);
    for (int u = 0; u < GROUPS * UNITS; u++)
        if (!isnan(array_at(input, 0, u, input->size[2] - 1))) draw_unit(f, &r, &plane, u, height);
    fputs("unset multiplot\n", f->script);
    figure_say(f,
               "Pre-activation W h + U x of the first units of two opposite kick sets at %d driven "
               "states: above 0 (red) a unit is active.",
               score->size[0]);
    return results_end(&r);
}
