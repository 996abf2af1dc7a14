/* noise_levels: switching and its likeness to the HMM against the size of the noise. Source of what
 * it shows: SCIENCE 8.7. */
#include "make.h"
#include "panel.h"
#include "results.h"

#include <string.h>

enum { LEFT = 13, TOP = 4, BOTTOM = 11, WIDTH = 44, HEIGHT = 38, GAP = 13 };

static const struct {
    const char *value, *error, *hmm, *name; /* columns; hmm: that of the HMM, NULL: none */
} curve[] = {
    {"resonance.switch_rate", "resonance.switch_rate_se", "resonance.hmm_switch_rate",
     "switch rate (1/step)"},
    {"resonance.regularity", "resonance.regularity_se", "resonance.hmm_regularity",
     "regularity of dwells"},
    {"resonance.kl_rnn_hmm", "resonance.kl_rnn_hmm_se", NULL, "KL rate RNN‖HMM (bits/symbol)"},
};
enum { CURVES = sizeof curve / sizeof curve[0] };

static void write(struct figure *f, struct results *r, const double *sigma, int num)
{
    const struct array *value[CURVES], *error[CURVES];
    fputs("sigma", f->csv);
    for (int c = 0; c < CURVES; c++) {
        value[c] = results_take(r, curve[c].value);
        error[c] = results_take(r, curve[c].error);
        fprintf(f->csv, ",%s,%s", strchr(curve[c].value, '.') + 1, strchr(curve[c].error, '.') + 1);
    }
    for (int i = 0; i < num; i++) {
        fprintf(f->csv, "\n%.5g", sigma[i]);
        for (int c = 0; c < CURVES; c++)
            fprintf(f->csv, ",%.5g,%.5g", array_at(value[c], i, 0, 0), array_at(error[c], i, 0, 0));
    }
    fputs("\n", f->csv);
}

static void draw(struct figure *f, struct results *r)
{
    f->width_mm = PAGE_MM;
    f->height_mm = TOP + HEIGHT + BOTTOM;
    fputs("set multiplot\nunset key\nset logscale x; set xrange [0.09:11]\n"
          "set xlabel \"sd of the noise\"\n"
          "set arrow 1 from 1,graph 0 to 1,graph 1 nohead lc rgb grey dt 2\n",
          f->script);
    for (int c = 0; c < CURVES; c++) {
        double hmm = curve[c].hmm ? results_number(r, curve[c].hmm) : NAN;
        if (!results_known(results_take(r, curve[c].value))) continue;
        panel_open(f, LEFT + c * (WIDTH + GAP), TOP, WIDTH, HEIGHT);
        fprintf(f->script, "set ylabel \"%s\"\nset yrange [%s:*]\n", curve[c].name,
                c == 1 ? "*" : "0");
        fputs("unset arrow 2; unset label 51\n", f->script);
        if (!isnan(hmm))
            fprintf(
                f->script,
                "set arrow 2 from graph 0,first %g to graph 1,first %g nohead lc rgb grey\n"
                "set label 51 \"HMM\" at graph 1,first %g right offset 0,0.5 textcolor rgb grey\n",
                hmm, hmm, hmm);
        fprintf(f->script, "plot data using 1:%d:%d with yerrorlines pt 7 ps 0.4 lc rgb rnn\n",
                2 + 2 * c, 3 + 2 * c);
    }
    fputs("unset multiplot\n", f->script);
}

int figure_resonance(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *rate = results_take(&r, "resonance.switch_rate");
    figure_title(f, s, "Switching against the size of the noise");
    if (results_lack(&r, rate, "resonance.switch_rate", "No level could be measured.", f))
        return results_end(&r);
    write(f, &r, rate->axis[0], rate->size[0]);
    draw(f, &r);
    double least = results_number(&r, "resonance.kl_least_sigma"),
           peak = results_number(&r, "resonance.regularity_peak_sigma"),
           p = results_number(&r, "resonance.kl_excess_p");
    if (!isnan(least))
        figure_say(f,
                   "The network is most like the HMM at noise of sd %.2g (KL rate %.3g bits a "
                   "symbol; %.3g at 1, with which it was trained).",
                   least, results_number(&r, "resonance.kl_least"),
                   results_number(&r, "resonance.kl_at_one"));
    if (least != 1 && !isnan(p)) figure_say(f, "Chance alone does as much with p = %.2g.", p);
    if (!results_known(results_take(&r, "resonance.kl_rnn_hmm")))
        figure_say(f, "There is no KL rate: the HMM is not known, or no symbol ever changes.");
    if (!isnan(peak))
        figure_say(f, "Its dwells are most regular at %.2g%s.", peak,
                   peak > 0.11 && peak < 9 ? "" : ", an end of the range: no peak inside");
    snprintf(f->band, sizeof f->band, "Bars: standard error. Dashed: the noise of training.");
    return results_end(&r);
}
