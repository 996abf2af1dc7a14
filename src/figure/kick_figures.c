/* kick_figures: the units by which a network switches: their scores, what silencing them leaves of
 * the switching, how active they are. Source of what it shows: SCIENCE 8.5 and 5.6. */
#include "make.h"
#include "directions.h"

static const char none[] =
    "No direction has 30 switches or more in the driven run, or no state is in "
    "a cluster, from which they start.";

/* --- all units by direction ------------------------------------------------------------------- */

/* The block of a direction; returns how many units are in its kick set. */
static int write_units(struct figure *f, int d, const struct array *score, const struct array *left,
                       const struct array *units)
{
    int num = 0;
    fputs("unit,kick_score,rate_left_without,in_kick_set\n", f->csv);
    for (int i = 0; i < score->size[1]; i++) {
        bool in = false;
        for (int p = 0; p < units->size[1]; p++) in = in || array_at(units, d, p, 0) == i;
        num += in;
        if (!isnan(array_at(score, d, i, 0)))
            fprintf(f->csv, "%d,%.5g,%.5g,%d\n", i, array_at(score, d, i, 0),
                    array_at(left, d, i, 0), in);
    }
    fputs("\n\n", f->csv);
    return num;
}

static bool is_scored(const struct array *score, int d)
{
    for (int i = 0; i < score->size[1]; i++)
        if (!isnan(array_at(score, d, i, 0))) return true;
    return false;
}

static void draw_units(struct figure *f, int index)
{
    fprintf(f->script,
            "plot data index %d using ($4==0?$2:NaN):3 with points pt 7 ps 0.25 lc rgb grey, \\\n"
            " data index %d using ($4==1?$2:NaN):3 with points pt 7 ps 0.5 lc 5\n",
            index, index);
}

int figure_kick_units(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *score = results_take(&r, "circuit.kick_score"),
                       *left = results_take(&r, "circuit.causal_score"),
                       *units = results_take(&r, "circuit.units");
    struct directions d;
    figure_title(f, s, "Units by direction of switching, and the kick sets");
    directions_name(&d, results_take(&r, "circuit.from"), results_take(&r, "circuit.to"));
    if (results_lack(&r, score, "circuit.kick_score", none, f)) return results_end(&r);
    struct shelf shelf = {d.num, 40, 0};
    shelf_layout(f, &shelf);
    fputs("set multiplot\nset xlabel \"kick score d′\"; set yrange [0:*]\n"
          "set arrow 1 from graph 0,first 1 to graph 1,first 1 nohead lc rgb grey dt 2\n",
          f->script);
    int sets = 0;
    for (int i = 0; i < d.num; i++) {
        int num = write_units(f, i, score, left, units);
        sets += num > 0;
        if (!is_scored(score, i)) continue;
        shelf_open(f, &shelf, i, "switch rate left without the unit");
        panel_title(f, num ? "%s, kick set of %d" : "%s, no kick set", d.name[i], num);
        draw_units(f, i);
    }
    figure_say(
        f,
        "%d of %d directions %s a kick set (coloured): its units are more active before a "
        "switch than in the cluster, to the right, and the switch is rarer without them, below "
        "the dashed line.",
        sets, d.num, sets == 1 ? "has" : "have");
    fputs("unset multiplot\n", f->script);
    return results_end(&r);
}

/* --- silencing -------------------------------------------------------------------------------- */

static const char *const verdict[] = {"no circuit", "distributed", "redundant", "concentrated"};

/* The tested set of a direction, unit after unit, and behind its last one what random sets of as
 * many units leave: of other units, of other candidates. Returns its size, -1: none. */
static int write_silenced(struct figure *f, struct results *r, int d, const struct array *left,
                          const struct array *sem)
{
    static const char *const set[] = {"circuit.control_left", "circuit.control_left_sd",
                                      "circuit.candidates_left", "circuit.candidates_left_sd"};
    int n = 0;
    fputs("silenced,rate_left,sem\n", f->csv);
    for (; n < left->size[1] && !isnan(array_at(left, d, n, 0)); n++)
        fprintf(f->csv, "%d,%.5g,%.5g\n", n, array_at(left, d, n, 0), array_at(sem, d, n, 0));
    fputs("\n\nsilenced,matched,matched_sd,candidates,candidates_sd\n", f->csv);
    fprintf(f->csv, "%d", n - 1);
    for (int k = 0; k < 4; k++)
        fprintf(f->csv, ",%.5g", array_at(results_take(r, set[k]), d, 0, 0));
    fputs("\n\n\n", f->csv);
    return n - 1;
}

static void draw_silenced(struct figure *f, int i, int num)
{
    fprintf(f->script,
            "set xrange [-0.3:%g]\n"
            "plot data index %d using 1:2:3 with yerrorlines pt 7 ps 0.4 lc rgb ink, \\\n"
            " data index %d using ($1+0.3):($2-$3):(0):(2*$3) with vectors nohead lc 1, \\\n"
            " data index %d using ($1+0.3):2 with points pt 6 ps 0.5 lc 1, \\\n"
            " data index %d using ($1+0.6):($4-$5):(0):(2*$5) with vectors nohead lc 5, \\\n"
            " data index %d using ($1+0.6):4 with points pt 4 ps 0.45 lc 5\n",
            (num > 2 ? num : 2) + 1.5, 2 * i, 2 * i + 1, 2 * i + 1, 2 * i + 1, 2 * i + 1);
}

static const struct legend sets_shown[] = {{11, "rgb ink", "● kick set, unit after unit"},
                                           {60, "lt 1", "○ random units, as active"},
                                           {105, "lt 5", "□ random other candidates"}};

int figure_silencing(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *left = results_take(&r, "circuit.rate_left"),
                       *sem = results_take(&r, "circuit.rate_left_sem"),
                       *kind = results_take(&r, "circuit.verdict");
    struct directions d;
    figure_title(f, s, "Switching against the number of units silenced");
    directions_name(&d, results_take(&r, "circuit.from"), results_take(&r, "circuit.to"));
    if (results_lack(&r, left, "circuit.rate_left", none, f)) return results_end(&r);
    struct shelf shelf = {d.num, 40, 4};
    shelf_layout(f, &shelf);
    panel_legend(f, sets_shown, 3);
    fputs("set multiplot\nset xlabel \"units silenced\"; set xtics 1; set yrange [0:*]\n"
          "set arrow 1 from graph 0,first 1 to graph 1,first 1 nohead lc rgb grey dt 2\n",
          f->script);
    int sets = 0;
    for (int i = 0; i < d.num; i++) {
        double is = array_at(kind, i, 0, 0),
               p = array_at(results_take(&r, "circuit.p_value"), i, 0, 0);
        int num = write_silenced(f, &r, i, left, sem);
        shelf_open(f, &shelf, i, "switch rate left");
        const char *word = is >= 0 && is <= 3 ? verdict[(int)is] : "not tested";
        panel_title(f, isnan(p) ? "%s: %s" : "%s: %s, p = %.2g", d.name[i], word, p);
        if (num >= 0) draw_silenced(f, i, num);
        fputs("unset label\n", f->script);
        sets += is >= 2;
    }
    fputs("unset multiplot\n", f->script);
    figure_say(f, "%d of %d directions hang%s on few units.", sets, d.num, sets == 1 ? "s" : "");
    if (sets)
        figure_say(
            f,
            "Silencing their sets leaves %.2g of the switch rate in the mean, random sets of "
            "as many and as active units %.2g.",
            results_number(&r, "circuit.mean_rate_left"),
            results_number(&r, "circuit.mean_control_left"));
    snprintf(
        f->band, sizeof f->band,
        "Bars: of the set, standard error over trajectories; of random sets, standard deviation "
        "over sets.");
    return results_end(&r);
}

/* --- activity over time ----------------------------------------------------------------------- */

/* The first two directions with a kick set. Returns how many there are. */
static int choose(const struct array *activity, int which[2])
{
    int num = 0;
    for (int d = 0; d < activity->size[0] && num < 2; d++)
        if (!isnan(array_at(activity, d, 0, 0))) which[num++] = d;
    return num;
}

static void write_activity(struct figure *f, struct results *r, const int *which, int num)
{
    const struct array *activity = results_take(r, "circuit.activity_kick"),
                       *symbol = results_take(r, "circuit.activity_symbol"),
                       *pre = results_take(r, "circuit.preactivation"),
                       *sd = results_take(r, "circuit.preactivation_sd");
    fputs("step,symbol", f->csv);
    for (int i = 0; i < num; i++) fprintf(f->csv, ",activity_%d", which[i]);
    for (int t = 0; t < activity->size[1]; t++) {
        fprintf(f->csv, "\n%d,%g", t, array_at(symbol, t, 0, 0));
        for (int i = 0; i < num; i++) fprintf(f->csv, ",%.5g", array_at(activity, which[i], t, 0));
    }
    fputs("\n\n\nangle", f->csv);
    for (int i = 0; i < num; i++)
        fprintf(f->csv, ",low_%d,mean_%d,high_%d", which[i], which[i], which[i]);
    for (int a = 0; a < pre->size[1]; a++) {
        fprintf(f->csv, "\n%g", pre->axis[1][a]);
        for (int i = 0; i < num; i++) {
            double mean = array_at(pre, which[i], a, 0), e = array_at(sd, which[i], a, 0);
            fprintf(f->csv, ",%.5g,%.5g,%.5g", mean - e, mean, mean + e);
        }
    }
    fputs("\n", f->csv);
}

static void draw_activity(struct figure *f, const struct directions *d, const int *which, int num,
                          int K)
{
    static const char *const line[2] = {"rgb ink", "5"};
    f->width_mm = PAGE_MM;
    f->height_mm = 52;
    panel_open(f, 13, 6, 98, 35);
    panel_symbols(f, K);
    fputs("set multiplot\nset xrange [0:200]; set xlabel \"step\"; set ylabel \"mean activity\"\n"
          "set key inside at graph 0,1.02 bottom left horizontal reverse Left samplen 1\n",
          f->script);
    fprintf(f->script,
            "stats data index 0 using 3 nooutput\nset yrange [-0.1*STATS_max:*]\n"
            "plot for [k=1:%d] data index 0 using 1:($2==k-1?-0.05*STATS_max:NaN) with points pt 5 "
            "ps 0.25 lc k notitle",
            K);
    for (int i = 0; i < num; i++)
        fprintf(f->script, ", \\\n data index 0 using 1:%d with lines lc %s title \"%s\"", 3 + i,
                line[i], d->name[which[i]]);
    fputs("\nunset key\n", f->script);
    panel_clear(f);
    panel_open(f, 126, 6, 46, 35);
    fputs("set xrange [-180:180]; set yrange [*:*]; set xtics 90; set xlabel \"angle about the "
          "mean (°)\"\n"
          "set ylabel \"pre-activation\"; set style fill transparent solid 0.2 noborder\n"
          "set arrow 1 from graph 0,first 0 to graph 1,first 0 nohead lc rgb grey dt 2\nplot ",
          f->script);
    for (int i = 0; i < num; i++)
        fprintf(f->script,
                "data index 1 using 1:%d:%d with filledcurves lc %s, data index 1 using 1:%d with "
                "lines lw 1.5 lc %s%s",
                2 + 3 * i, 4 + 3 * i, line[i], 3 + 3 * i, line[i], i + 1 < num ? ", " : "\n");
    fputs("unset multiplot\n", f->script);
}

int figure_kick_activity(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *activity = results_take(&r, "circuit.activity_kick");
    struct directions d;
    int which[2];
    figure_title(f, s, "Activity of the kick sets");
    directions_name(&d, results_take(&r, "circuit.from"), results_take(&r, "circuit.to"));
    if (results_lack(&r, activity, "circuit.activity_kick", "No kick set was found.", f))
        return results_end(&r);
    int num = choose(activity, which);
    write_activity(f, &r, which, num);
    draw_activity(f, &d, which, num, source_settings(s, run)->hmm.symbols);
    figure_say(
        f,
        "Mean activity of the kick sets of the most frequent direction%s that ha%s one, %s%s%s, "
        "over 200 steps of the driven run, whose symbols the strip shows; and their input by "
        "the angle of the state.",
        num > 1 ? "s" : "", num > 1 ? "ve" : "s", d.name[which[0]], num > 1 ? " and " : "",
        num > 1 ? d.name[which[1]] : "");
    snprintf(f->band, sizeof f->band, "Band: standard deviation, noise included.");
    return results_end(&r);
}
