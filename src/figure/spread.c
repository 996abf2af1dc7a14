/* spread: how far noise of several sizes drives the states: the contour that holds 95 % of their
 * density, of all states and of those between two symbols. Source of what it shows: SCIENCE 4. */
#include "make.h"
#include "contour_lines.h"
#include "results.h"

enum { TOP = 6, BOTTOM = 11, MASS = 1 /* index of 95 % */, MAX_LEVELS = 8 };

/* The contours of one panel, one for each noise level. */
struct lines {
    int num, n, masses;          /* levels; cells each way; contours of a level */
    const double *noise_sd;      /* (num) */
    const double *density;       /* (num, n, n) */
    const double *extent;        /* (num, 4) */
    const double *level;         /* (num, masses) densities on the contours */
    double right[MAX_LEVELS][2]; /* the place of each that is furthest to the right */
    struct plane plane;          /* that holds them */
};

static int lesser(int a, int b)
{
    return a < b ? a : b;
}

/* One block of the data. */
static void write_lines(struct figure *f, struct lines *l)
{
    l->plane = (struct plane)PLANE_EMPTY;
    fputs("noise_sd,x,y\n", f->csv);
    for (int v = 0; v < l->num; v++) {
        struct density density = {l->density + v * l->n * l->n, l->extent + 4 * v, l->n};
        contour_write(f, &density, l->level[v * l->masses + MASS], l->noise_sd[v], &l->plane,
                      l->right[v]);
    }
    fputs("\n", f->csv);
}

/* Block `index`, each line named at its right. */
static void plot_lines(struct figure *f, const struct lines *l, int index)
{
    for (int v = 0; v < l->num; v++)
        fprintf(f->script, "set label %d \"%s%g\" at %.5g,%.5g left offset 0.4,0\n", 51 + v,
                v + 1 == l->num ? "sd " : "", l->noise_sd[v], l->right[v][0], l->right[v][1]);
    fprintf(f->script,
            "set palette defined (0 '#9ecae1', 0.5 '#3182bd', 1 '#08306b')\n"
            "set cbrange [%g:%g]; unset colorbox; unset key\n"
            "plot data index %d using 2:3:1 with lines lc palette\n",
            l->noise_sd[0], l->noise_sd[l->num - 1], index);
}

int figure_contours(struct figure *f, const struct source *s, int run, struct status *st)
{
    enum { LEFT = 13, WIDTH = 66 };
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *density = results_take(&r, "contours.density"),
                       *extent = results_take(&r, "contours.extent"),
                       *level = results_take(&r, "contours.level"),
                       *explained = results_take(&r, "pca.explained_variance");
    figure_title(f, s, "Spread of the states against the size of the noise");
    if (results_lack(&r, level, "contours.level", "The states do not spread over a plane.", f))
        return results_end(&r);
    struct lines l = {.num = lesser(level->size[0], MAX_LEVELS),
                      .n = density->size[1],
                      .masses = level->size[1],
                      .noise_sd = level->axis[0],
                      .density = density->x,
                      .extent = extent->x,
                      .level = level->x};
    write_lines(f, &l);
    double height = plane_fit(&l.plane, WIDTH, 0.5, 1.2);
    f->height_mm = TOP + height + BOTTOM;
    panel_open(f, LEFT, TOP, WIDTH, height);
    plane_axes(f, &l.plane, explained);
    plot_lines(f, &l, 0);
    figure_say(f, "Each line holds 95 %% of the density of the states at one sd of the noise.");
    if (!source_settings(s, run)->rnn.bias)
        figure_say(f, "A network without biases scales with its noise, whatever its weights: that "
                      "the lines have one form is no finding.");
    return results_end(&r);
}

/* The lines of a pair of symbols as panel `at`. */
static void draw_pair(struct figure *f, struct lines *l, const double symbol[2], double share,
                      int at)
{
    enum { LEFT = 13, WIDTH = 44, GAP = 11 };
    write_lines(f, l);
    f->height_mm = TOP + plane_fit(&l->plane, WIDTH, 0.8, 0.8) + BOTTOM;
    panel_open(f, LEFT + at * (WIDTH + GAP), TOP, WIDTH, f->height_mm - TOP - BOTTOM);
    plane_axes(f, &l->plane, NULL);
    panel_title(f, "symbols %g and %g, %.0f %% of the states", symbol[0], symbol[1], 100 * share);
    fprintf(f->script,
            "set xlabel \"first component of the pair\"\n"
            "set ylabel \"%s\"\n",
            at ? "" : "third component");
    plot_lines(f, l, at);
}

int figure_pair_contours(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *density = results_take(&r, "subspace.density"),
                       *extent = results_take(&r, "subspace.extent"),
                       *level = results_take(&r, "subspace.contour_level"),
                       *symbol = results_take(&r, "subspace.symbol"),
                       *share = results_take(&r, "subspace.share");
    figure_title(f, s, "Spread of the states between two symbols");
    if (results_lack(&r, level, "subspace.contour_level", "No pair of symbols has enough states.",
                     f))
        return results_end(&r);
    int V = level->size[1], n = density->size[1], shown = 0;
    f->width_mm = PAGE_MM;
    fputs("set multiplot\n", f->script);
    for (int pair = 0; pair < level->size[0]; pair++) {
        if (isnan(array_at(level, pair, 0, MASS))) continue;
        struct lines l = {.num = lesser(V, MAX_LEVELS),
                          .n = n,
                          .masses = level->size[2],
                          .noise_sd = level->axis[1],
                          .density = density->x + pair * V * n * n,
                          .extent = extent->x + pair * V * 4,
                          .level = level->x + pair * V * level->size[2]};
        draw_pair(f, &l, symbol->x + 2 * pair, share->x[pair], shown++);
    }
    figure_say(f, "Each line holds 95 %% of the states with a symbol of the pair at one sd of the "
                  "noise, in components of these states alone.");
    fputs("unset multiplot\n", f->script);
    return results_end(&r);
}
