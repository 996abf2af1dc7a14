/* zones: where the driven states stay long, where they leave soon, and where they are unstable.
 * Source of what it shows: SCIENCE 5.1. */
#include "make.h"
#include "panel.h"
#include "results.h"

#include <string.h>

enum { LEFT = 13, TOP = 6, BOTTOM = 11, WIDTH = 74, GAP = 12, LOWER = 40 };

/* Colours of the classes of residency time; their limits are of the file. */
static const char *const colour[] = {"#440154", "#31688e", "#35b779", "#c2bb1a"};
enum { CLASSES = sizeof colour / sizeof colour[0] };

/* And of numbers of unstable eigenvalues: none, 1, 2 or more. */
static const char *const shade[] = {"#b0b0b0", "#0072b2", "#d55e00"};
enum { COUNTS = sizeof shade / sizeof shade[0] };

static int class_of(const struct array *share, double rt)
{
    int c = 0;
    while (c + 1 < share->size[0] && c + 1 < CLASSES && rt >= share->axis[0][c + 1]) c++;
    return c;
}

static void write_states(struct figure *f, struct results *r, const struct array *share,
                         struct plane *plane)
{
    const struct array *score = results_take(r, "residency.sample_score"),
                       *rt = results_take(r, "residency.sample_rt"),
                       *unstable = results_take(r, "residency.sample_unstable");
    fputs("pc1,pc2,residency_time,class,unstable\n", f->csv);
    for (int i = 0; i < score->size[0]; i++) {
        double x = array_at(score, i, 0, 0), y = array_at(score, i, 1, 0),
               t = array_at(rt, i, 0, 0);
        if (isnan(t)) continue;
        fprintf(f->csv, "%.5g,%.5g,%g,%d,%g\n", x, y, t, class_of(share, t),
                array_at(unstable, i, 0, 0));
        plane_add(plane, x, y);
    }
    fputs("\n\n", f->csv);
}

static void write_sign_changes(struct figure *f, struct results *r, const struct array *share)
{
    const struct array *histogram = results_take(r, "residency.sign_change_histogram"),
                       *rt = results_take(r, "residency.sign_change_rt");
    fputs("sign_changes,share,residency_time,class\n", f->csv);
    for (int b = 0; b < histogram->size[0]; b++)
        if (array_at(histogram, b, 0, 0) > 0)
            fprintf(f->csv, "%g,%.5g,%.5g,%d\n", b + 0.5, array_at(histogram, b, 0, 0),
                    array_at(rt, b, 0, 0), class_of(share, array_at(rt, b, 0, 0)));
    fputs("\n\n", f->csv);
}

static const char *const zone[] = {"transition", "kick zone", "cluster", "none of these"};
enum { ZONES = sizeof zone / sizeof zone[0] };

static void say_zones(struct figure *f, const struct array *share, const struct array *mean)
{
    char text[300] = "";
    for (int z = 0; z < ZONES; z++) {
        size_t n = strlen(text);
        snprintf(text + n, sizeof text - n, "%s%s %.0f %%", z ? ", " : "", zone[z],
                 100 * array_at(share, z, 0, 0));
        n = strlen(text);
        if (!isnan(array_at(mean, z, 0, 0)))
            snprintf(text + n, sizeof text - n, " (%.2f)", array_at(mean, z, 0, 0));
    }
    figure_say(f, "Share of states in a zone, and mean number of unstable eigenvalues: %s.", text);
}

static void write_zones(struct figure *f, struct results *r)
{
    const struct array *mean = results_take(r, "residency.zone_unstable"),
                       *sem = results_take(r, "residency.zone_unstable_sem"),
                       *share = results_take(r, "residency.zone_share");
    fputs("unstable,sem,share,zone\n", f->csv);
    for (int z = 0; z < ZONES; z++)
        fprintf(f->csv, "%.5g,%.5g,%.5g,\"%s\"\n", array_at(mean, z, 0, 0), array_at(sem, z, 0, 0),
                array_at(share, z, 0, 0), zone[z]);
    say_zones(f, share, mean);
}

/* What the colours of both upper panels mean. */
static void name_colours(struct figure *f, const struct array *share, int classes)
{
    char word[CLASSES + COUNTS][40], tint[CLASSES + COUNTS][24];
    struct legend legend[CLASSES + COUNTS];
    for (int i = 0; i < classes + COUNTS; i++) {
        int c = i, n = i - classes;
        bool last = i < classes ? c + 1 == classes : n + 1 == COUNTS;
        double from = i < classes ? share->axis[0][c] : n;
        snprintf(word[i], sizeof word[i], last ? "● ≥ %g" : "● %g", from);
        if (i < classes && !last)
            snprintf(word[i], sizeof word[i], "● %g to %g", from, share->axis[0][c + 1]);
        snprintf(tint[i], sizeof tint[i], "rgb '%s'", i < classes ? colour[c] : shade[n]);
        legend[i].at = i < classes ? LEFT + 28 + 12 * c : LEFT + WIDTH + GAP + 42 + 10 * n;
        legend[i].colour = tint[i];
        legend[i].word = word[i];
    }
    panel_legend(f, legend, classes + COUNTS);
}

/* The upper panels: states by residency time and by unstable eigenvalues. */
static void draw_states(struct figure *f, const struct array *share, double height)
{
    panel_open(f, LEFT, TOP, WIDTH, height);
    panel_title(f, "residency (steps)");
    name_colours(f, share, share->size[0] < CLASSES ? share->size[0] : CLASSES);
    fputs("plot data index 0 using 1:2:4 with points pt 7 ps 0.25 lc palette\nunset label\n",
          f->script);
    panel_open(f, LEFT + WIDTH + GAP, TOP, WIDTH, height);
    panel_title(f, "unstable eigenvalues");
    fputs("set ylabel \"\"\nplot NaN", f->script);
    for (int n = 0; n < COUNTS; n++)
        fprintf(f->script,
                ", \\\n data index 0 using ($5%s%d?$1:NaN):2 with points pt 7 ps 0.25 lc rgb '%s'",
                n + 1 < COUNTS ? "==" : ">=", n, shade[n]);
    fputs("\n", f->script);
    panel_clear(f);
}

/* The lower ones: sign changes, and unstable eigenvalues by zone. */
static void draw_bars(struct figure *f, double top, bool has_unstable)
{
    panel_open(f, LEFT, top, WIDTH, LOWER);
    panel_title(f, "in the colour of the mean residency time");
    fputs("set xrange [0:*]; set yrange [0:*]; set boxwidth 1; set style fill solid 1 noborder\n"
          "set xlabel \"sign changes of the logit's increments until the symbol changes\"\n"
          "set ylabel \"share of states\"\n"
          "plot data index 1 using 1:2:4 with boxes lc palette\n",
          f->script);
    panel_clear(f);
    if (!has_unstable) return;
    panel_open(f, LEFT + WIDTH + GAP, top, WIDTH, LOWER);
    fprintf(f->script,
            "set xrange [-0.6:%d.6]; set boxwidth 0.6; set xlabel \"\"\n"
            "set ylabel \"unstable eigenvalues\"\n"
            "plot data index 2 using 0:1:xtic(sprintf(\"%%s\\n%%.0f %%%%\",strcol(4),100*$3)) with "
            "boxes lc rgb faint, \\\n"
            " data index 2 using 0:($1-$2):(0):(2*$2) with vectors nohead lc rgb ink lw 1.5\n",
            ZONES - 1);
}

int figure_residency(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *share = results_take(&r, "residency.class_share"),
                       *explained = results_take(&r, "pca.explained_variance");
    figure_title(f, s, "Residency, zones and unstable eigenvalues");
    if (results_lack(&r, share, "residency.class_share", "No state was looked at.", f))
        return results_end(&r);
    struct plane plane = PLANE_EMPTY;
    write_states(f, &r, share, &plane);
    write_sign_changes(f, &r, share);
    write_zones(f, &r);
    double height = plane_fit(&plane, WIDTH, 0.4, 0.8);
    f->width_mm = PAGE_MM;
    f->height_mm = TOP + height + BOTTOM + TOP + LOWER + BOTTOM;
    fputs("set multiplot\nunset key\nunset colorbox\nset cbrange [0:3]\nset palette defined (",
          f->script);
    for (int c = 0; c < CLASSES; c++)
        fprintf(f->script, "%d '%s'%s", c, colour[c], c + 1 < CLASSES ? ", " : ")\n");
    plane_axes(f, &plane, explained);
    draw_states(f, share, height);
    draw_bars(f, TOP + height + BOTTOM + TOP,
              results_known(results_take(&r, "residency.zone_unstable")));
    fputs("unset multiplot\n", f->script);
    snprintf(f->band, sizeof f->band, "Bars: standard error, jackknife over the states of a zone.");
    return results_end(&r);
}
