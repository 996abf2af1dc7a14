/* trajectories: states in the plane of the first two components, without noise and with it, in the
 * colours of their likeliest symbols. Source of what it shows: SCIENCE 4. */
#include "make.h"
#include "panel.h"
#include "results.h"

enum { LEFT = 13, TOP = 6, BOTTOM = 11, WIDTH = 76, GAP = 8 };

/* A path (steps, C scores) with its symbols (steps). */
static void write_path(struct figure *f, int path, const double *score, const double *symbol,
                       int steps, int C, struct plane *plane)
{
    for (int t = 0; t < steps; t++, score += C) {
        fprintf(f->csv, "%d,%d,%.5g,%.5g,%g\n", path, t, score[0], score[1], symbol[t]);
        plane_add(plane, score[0], score[1]);
    }
}

/* Two blocks of paths, those of one block an empty line apart: without noise, with it. */
static void write_paths(struct figure *f, const struct array *relaxed, const struct array *label,
                        const struct array *driven, const struct array *symbol, struct plane *plane)
{
    static const char head[] = "path,step,pc1,pc2,symbol\n";
    int steps = relaxed->size[1], C = relaxed->size[2];
    fputs(head, f->csv);
    for (int p = 0; p < relaxed->size[0]; p++) {
        write_path(f, p, relaxed->x + p * steps * C, label->x + p * steps, steps, C, plane);
        fputs("\n", f->csv);
    }
    fprintf(f->csv, "\n%s", head);
    write_path(f, 0, driven->x, symbol->x, driven->size[0], driven->size[1], plane);
}

static void say(struct results *r, struct figure *f, const struct array *explained)
{
    double ends = results_number(r, "fixed_point.end_states"),
           turn = results_number(r, "orbit.rotation"),
           sem = results_number(r, "orbit.rotation_sem"), p = results_number(r, "orbit.rotation_p");
    if (results_known(explained))
        figure_say(f, "The plane holds %.0f %% of the variance.",
                   100 * (explained->x[0] + explained->x[1]));
    if (!isnan(ends))
        figure_say(f, "Without noise the states come to rest in %g place%s.", ends,
                   ends == 1 ? "" : "s");
    if (!isnan(turn))
        figure_say(
            f,
            "With noise they turn %sclockwise about their mean, by %.3g ± %.2g degrees a step "
            "(p = %.2g against runs whose time has no direction).",
            turn > 0 ? "counter" : "", fabs(turn), sem, p);
}

int figure_trajectories(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *driven = results_take(&r, "trajectory.driven"),
                       *symbol = results_take(&r, "trajectory.driven_symbol"),
                       *relaxed = results_take(&r, "trajectory.relaxed"),
                       *label = results_take(&r, "trajectory.relaxed_symbol"),
                       *explained = results_take(&r, "pca.explained_variance");
    figure_title(f, s, "Trajectories without and with noise");
    if (results_lack(&r, driven, "trajectory.driven", "The states have no components.", f))
        return results_end(&r);
    struct plane plane = PLANE_EMPTY;
    write_paths(f, relaxed, label, driven, symbol, &plane);
    double height = plane_fit(&plane, WIDTH, 0.5, 1);
    f->width_mm = PAGE_MM;
    f->height_mm = TOP + height + BOTTOM;
    fputs("set multiplot\nunset key\n", f->script);
    plane_axes(f, &plane, explained);
    panel_open(f, LEFT, TOP, WIDTH, height);
    panel_title(f, "without noise, from the rings on");
    fputs("plot data index 0 using 3:4:($5+1) with lines lw 0.8 lc variable, \\\n"
          " data index 0 using ($2==0?$3:NaN):4:($5+1) with points pt 6 ps 0.35 lc variable\n",
          f->script);
    panel_open(f, LEFT + WIDTH + GAP, TOP, WIDTH, height);
    panel_title(f, "with noise");
    panel_symbols(f, source_settings(s, run)->hmm.symbols);
    fputs("set ylabel \"\"\n"
          "plot data index 1 using 3:4:($5+1) with lines lw 0.35 lc variable, \\\n"
          " data index 1 using 3:4:($5+1) with points pt 7 ps 0.18 lc variable\n"
          "unset multiplot\n",
          f->script);
    say(&r, f, explained);
    return results_end(&r);
}
