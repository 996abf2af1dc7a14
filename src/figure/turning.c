/* turning: how the driven states turn about their mean: what they emit at each angle, how fast they
 * pass it, how long a revolution takes. Source of what it shows: SCIENCE 8.6. */
#include "make.h"
#include "panel.h"
#include "results.h"

enum { LEFT = 13, TOP = 6, BOTTOM = 11, WIDTH = 44, HEIGHT = 38, GAP = 13, FEW = 10 };

/* Returns how many bins have a speed. */
static int write_angles(struct figure *f, struct results *r, int K)
{
    int bins = 0;
    const struct array *emission = results_take(r, "orbit.emission"),
                       *states = results_take(r, "orbit.angle_states"),
                       *speed = results_take(r, "orbit.speed"),
                       *sd = results_take(r, "orbit.speed_sd");
    fputs("angle,states,speed,speed_se", f->csv);
    for (int k = 0; k < K; k++) fprintf(f->csv, ",emission_%d", k);
    for (int a = 0; a < emission->size[0]; a++) {
        double n = array_at(states, a, 0, 0);
        bins += n >= FEW;
        fprintf(f->csv, "\n%g,%g,%.5g,%.5g", emission->axis[0][a], n,
                n < FEW ? NAN : array_at(speed, a, 0, 0), array_at(sd, a, 0, 0) / sqrt(n));
        for (int k = 0; k < K; k++) fprintf(f->csv, ",%.5g", array_at(emission, a, k, 0));
    }
    fputs("\n\n\n", f->csv);
    return bins;
}

static void write_times(struct figure *f, const struct array *share)
{
    fputs("revolution_time_over_mean,share\n", f->csv);
    for (int b = 0; b < share->size[0]; b++) fprintf(f->csv, "%g,%.5g\n", b / 10., share->x[b]);
}

static void draw_emission(struct figure *f, int K)
{
    panel_open(f, LEFT, TOP, WIDTH, HEIGHT);
    panel_symbols(f, K);
    fprintf(f->script,
            "set ylabel \"emission probability\"; set yrange [0:1]\n"
            "plot for [k=1:%d] data index 0 using 1:(column(4+k)) with lines lw 1.5 lc k\n",
            K);
    panel_clear(f);
}

static void draw_speed(struct figure *f)
{
    panel_open(f, LEFT + WIDTH + GAP, TOP, WIDTH, HEIGHT);
    fputs("set yrange [*:*]; set ylabel \"turning (°/step)\"\n"
          "set arrow 1 from graph 0,first 0 to graph 1,first 0 nohead lc rgb faint\n"
          "plot data index 0 using 1:($3-$4):(0):(2*$4) with vectors nohead lc rgb ink, \\\n"
          " data index 0 using 1:3 with points pt 7 ps 0.3 lc rgb ink\n"
          "unset arrow 1\n",
          f->script);
}

static void draw_times(struct figure *f)
{
    panel_open(f, LEFT + 2 * (WIDTH + GAP), TOP, WIDTH, HEIGHT);
    fputs("set xrange [0:3]; set xtics 1; set yrange [0:*]; set style fill solid 1 noborder\n"
          "set xlabel \"revolution time / its mean\"; set ylabel \"share of revolutions\"\n"
          "plot data index 1 using 1:2 with boxes lc rgb faint\n",
          f->script);
}

int figure_orbit(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *share = results_take(&r, "orbit.revolution_time_share"),
                       *emission = results_take(&r, "orbit.emission");
    figure_title(f, s, "Orbit and emission by angle");
    if (results_lack(&r, emission, "orbit.emission", "The states lie on a line: no angle.", f))
        return results_end(&r);
    int K = source_settings(s, run)->hmm.symbols;
    int bins = write_angles(f, &r, K);
    write_times(f, share);
    f->width_mm = PAGE_MM;
    f->height_mm = TOP + HEIGHT + BOTTOM;
    fputs("set multiplot\nset xrange [-180:180]; set xtics 90\n"
          "set xlabel \"angle about the mean (°)\"\n",
          f->script);
    draw_emission(f, K);
    if (bins > 0) draw_speed(f);
    if (results_known(share)) draw_times(f);
    fputs("unset multiplot\n", f->script);
    figure_say(f, "The angle explains %.0f %% of the variance of the emission probabilities.",
               100 * results_number(&r, "orbit.emission_explained"));
    double time = results_number(&r, "orbit.revolution_time"),
           floor = results_number(&r, "orbit.revolution_time_cv_floor");
    if (!isnan(time))
        figure_say(
            f,
            "A revolution takes %.3g ± %.2g steps, with a coefficient of variation of %.2f (0: "
            "a clock, 1: events at random).",
            time, results_number(&r, "orbit.revolution_time_sem"),
            results_number(&r, "orbit.revolution_time_cv"));
    else
        figure_say(f, "No two revolutions were completed.");
    if (!isnan(floor))
        figure_say(f, "With its components shifted in time the latter is %.2f.", floor);
    snprintf(f->band, sizeof f->band,
             "Bars: standard error over the states of a bin of 10°, of %d "
             "states or more.",
             FEW);
    return results_end(&r);
}
