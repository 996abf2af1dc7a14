/* fresh_noise: how far paths part when their noise is fresh, from the middle of a dwell and from
 * where its end is imminent. Source of what it shows: SCIENCE 5.4. */
#include "make.h"
#include "panel.h"
#include "results.h"

enum { LEFT = 13, TOP = 6, BOTTOM = 11, WIDTH = 48, GAP = 3, STARTS = 2, SHARES = 2 };

static const char *const start[STARTS] = {"cluster", "transition"};
static const char *const fresh[SHARES] = {"half", "all"};

/* The track about the switch, and the paths that leave it (panels, paths, steps). */
static void write_paths(struct figure *f, struct results *r, struct plane *plane)
{
    const struct array *track = results_take(r, "portrait.nominal"),
                       *symbol = results_take(r, "portrait.nominal_symbol"),
                       *pc1 = results_take(r, "portrait.fresh_pc1"),
                       *pc2 = results_take(r, "portrait.fresh_pc2");
    fputs("step,pc1,pc2,symbol\n", f->csv);
    for (int t = 0; t < track->size[0]; t++) {
        double x = array_at(track, t, 0, 0), y = array_at(track, t, 1, 0);
        fprintf(f->csv, "%d,%.5g,%.5g,%g\n", t, x, y, array_at(symbol, t, 0, 0));
        plane_add(plane, x, y);
    }
    fputs("\n\nstart,fresh,path,step,pc1,pc2\n", f->csv);
    for (int p = 0; p < pc1->size[0]; p++) /* panel: start, then share: none, half, all */
        for (int j = 0; j < pc1->size[1] && p % (SHARES + 1) > 0; j++) {
            for (int t = 0; t < pc1->size[2]; t++) {
                double x = array_at(pc1, p, j, t), y = array_at(pc2, p, j, t);
                fprintf(f->csv, "%d,%d,%d,%d,%.5g,%.5g\n", p / (SHARES + 1), p % (SHARES + 1) - 1,
                        j, t, x, y);
                plane_add(plane, x, y);
            }
            fputs("\n", f->csv);
        }
    fputs("\n", f->csv);
}

static void write_traces(struct figure *f, const struct array *trace, const struct array *sd)
{
    fputs("step", f->csv);
    for (int g = 0; g < SHARES; g++)
        for (int a = 0; a < STARTS; a++)
            fprintf(f->csv, ",%s_%s,%s_%s_sd", start[a], fresh[g], start[a], fresh[g]);
    for (int t = 0; t < trace->size[2]; t++) {
        fprintf(f->csv, "\n%d", t);
        for (int g = 1; g <= SHARES; g++)
            for (int a = 0; a < STARTS; a++)
                fprintf(f->csv, ",%.5g,%.5g", array_at(trace, a, g, t), array_at(sd, a, g, t));
    }
    fputs("\n", f->csv);
}

/* Paths from one start with one share of fresh noise; at: the start's step of the track. */
static void draw_paths(struct figure *f, int a, int g, double height, double at)
{
    panel_open(f, LEFT + g * (WIDTH + GAP), TOP + a * (height + TOP), WIDTH, height);
    panel_title(f, "from the %s, %s of the noise fresh", start[a], fresh[g]);
    fprintf(f->script,
            "set format x \"%s\"; set format y \"%s\"\n"
            "plot data index 0 using 2:3 with lines lc rgb faint lw 0.5, \\\n"
            " data index 0 using 2:3:($4+1) with points pt 7 ps 0.2 lc variable, \\\n"
            " data index 1 using ($1==%d&&$2==%d?$5:NaN):6 with lines lc rgb ink lw 0.4, \\\n"
            " data index 0 using ($1==%g?$2:NaN):3 with points pt 7 ps 0.6 lc rgb ink\n",
            a == STARTS - 1 ? "%g" : "", g == 0 ? "%g" : "", a, g, at);
}

static void draw_traces(struct figure *f, double height)
{
    static const char *const line[STARTS] = {"lt 1", "lt 5"};
    double left = LEFT + 2 * WIDTH + GAP + 19;
    panel_open(f, left, TOP, PAGE_MM - 2 - left, height);
    panel_clear(f);
    fputs("set format \"%g\"; set xrange [0:5.2]; set yrange [0:*]; set xtics 1\n"
          "set xlabel \"steps since the start\"\n"
          "set ylabel \"trace of the covariance\"\n"
          "set key inside vertical top left reverse Left samplen 1.5\nplot ",
          f->script);
    for (int g = SHARES - 1; g >= 0; g--)
        for (int a = 0; a < STARTS; a++)
            fprintf(f->script,
                    "data index 2 using 1:%d:%d with yerrorlines %s %s ps 0.4 title "
                    "\"%s, %s fresh\"%s",
                    2 + 4 * g + 2 * a, 3 + 4 * g + 2 * a, line[a], g ? "pt 7" : "dt 2 pt 6",
                    start[a], fresh[g], g == 0 && a == STARTS - 1 ? "\n" : ", ");
}

static void draw(struct figure *f, struct results *r, const struct array *explained,
                 struct plane *plane)
{
    double height = plane_fit(plane, WIDTH, 0.6, 1),
           at[STARTS] = {results_number(r, "portrait.cluster"),
                         results_number(r, "portrait.transition")};
    f->width_mm = PAGE_MM;
    f->height_mm = TOP + 2 * height + TOP + BOTTOM;
    fputs("set multiplot\nunset key\n", f->script);
    for (int a = 0; a < STARTS; a++)
        for (int g = 0; g < SHARES; g++) {
            plane_axes(f, plane, explained);
            if (a < STARTS - 1) fputs("set xlabel \"\"\n", f->script);
            if (g > 0) fputs("set ylabel \"\"\n", f->script);
            draw_paths(f, a, g, height, at[a]);
        }
    draw_traces(f, 2 * height + TOP);
    fputs("unset multiplot\n", f->script);
}

int figure_noise_sensitivity(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *trace = results_take(&r, "noise_sensitivity.trace"),
                       *sd = results_take(&r, "noise_sensitivity.trace_sd"),
                       *track = results_take(&r, "portrait.nominal"),
                       *ratio = results_take(&r, "noise_sensitivity.distance_ratio"),
                       *explained = results_take(&r, "pca.explained_variance");
    figure_title(f, s, "Noise sensitivity in a cluster and before a switch");
    if (results_lack(&r, trace, "noise_sensitivity.trace",
                     "No switch after a long dwell was found.", f) ||
        results_lack(&r, track, "portrait.nominal", "No switch after a long dwell was found.", f))
        return results_end(&r);
    struct plane plane = PLANE_EMPTY;
    write_paths(f, &r, &plane);
    write_traces(f, trace, sd);
    draw(f, &r, explained, &plane);
    double events = results_number(&r, "noise_sensitivity.events");
    figure_say(f,
               "With all of their noise fresh, paths are %.2f times as far apart when they start "
               "where a switch is imminent as from the middle of the dwell (mean of steps 1 to 5 "
               "and of %g switches).",
               array_at(ratio, SHARES, 0, 0), events);
    snprintf(
        f->band, sizeof f->band,
        "Bars: standard deviation over %g switches; 100 paths each, of which the panels show %d "
        "for one switch.",
        events, results_take(&r, "portrait.fresh_pc1")->size[1]);
    return results_end(&r);
}
