/* by_index: numbers of one run by symbol or by length, each beside the HMM's own and its floor:
 * frequencies, words, lengths of runs, autocorrelation.
 */
#include "make.h"

#include <math.h>
#include <string.h>

/* What is drawn along one axis of an array column. */
struct indexed {
    const char *title, *column, *exact, *floor, *floor_sd; /* exact NULL: none */
    const char *along, *label;                             /* of the axes */
    bool symbols;                                          /* along symbols: each in its colour */
    const char *what;                                      /* of the sentence */
};

enum { NUM_READ = 4 };

static int read_arrays(const struct source *s, int run, const struct indexed *x,
                       struct array a[NUM_READ], struct status *st)
{
    const char *const name[NUM_READ] = {x->column, x->exact, x->floor, x->floor_sd};
    int code = STATUS_OK;
    for (int i = 0; i < NUM_READ && !code; i++)
        if (name[i]) code = source_array(s, run, name[i], &a[i], st);
    return code;
}

static void write_indexed(struct figure *f, const struct array a[NUM_READ], int num)
{
    fprintf(f->csv, "index,rnn,hmm,floor,floor_sd\n");
    for (int i = 0; i < num; i++)
        fprintf(f->csv, "%.9g,%.9g,%.9g,%.9g,%.9g\n", a[0].axis[0][i], array_at(&a[0], i, 0, 0),
                array_at(&a[1], i, 0, 0), array_at(&a[2], i, 0, 0), array_at(&a[3], i, 0, 0));
}

static void draw_indexed(struct figure *f, const struct array a[NUM_READ], int num,
                         const struct indexed *x)
{
    double first = a[0].axis[0][0], last = a[0].axis[0][num - 1];
    f->height_mm = 48;
    fprintf(f->script,
            "set xrange [%g:%g]\nset xtics %g\nset yrange [0:*]\nset xlabel '%s'\n"
            "set ylabel '%s'\nset key\n"
            "plot data using 1:4:($1-0.34):($1+0.34):($4-$5):($4+$5) with boxxyerror "
            "lc rgb faint title 'floor ± sd', "
            "'' using ($1-0.34):4:(0.68):(0) with vectors nohead lc rgb grey lw 1.2, ",
            first - 0.5, last + 0.5, fmax(1, figure_step(first, last, 10)), x->along, x->label);
    if (x->exact)
        fprintf(f->script, "'' using 1:3 with points pt 6 ps 0.8 lc rgb ink title 'HMM, exact', ");
    fprintf(f->script, x->symbols
                           ? "'' using 1:2:($1+1) with points pt 7 ps 0.5 lc variable, "
                             "NaN with points pt 7 ps 0.5 lc rgb grey title 'RNN'\n"
                           : "'' using 1:2 with points pt 7 ps 0.5 lc rgb rnn title 'RNN'\n");
}

static void say_indexed(struct figure *f, const struct array a[NUM_READ], int num,
                        const struct indexed *x)
{
    int near = 0, have = 0, worst = -1;
    double most = -1;
    for (int i = 0; i < num; i++) {
        double off =
            fabs(array_at(&a[0], i, 0, 0) - array_at(&a[2], i, 0, 0)) / array_at(&a[3], i, 0, 0);
        if (isnan(off)) continue;
        have++;
        near += off <= 2;
        if (off > most) {
            most = off;
            worst = i;
        }
    }
    if (worst >= 0)
        figure_say(f,
                   "%d of %d %s lie within two standard deviations of the floor; farthest: %s %g, "
                   "%.4g against %.4g.",
                   near, have, x->what, x->along, a[0].axis[0][worst], array_at(&a[0], worst, 0, 0),
                   array_at(&a[2], worst, 0, 0));
    else
        figure_say(f, "They have no floor to be set against.");
    snprintf(f->band, sizeof f->band,
             "Bars: what independent samples of the HMM score, mean ± one standard deviation%s.",
             x->exact ? "; rings: the HMM, exact" : "");
}

static int make(struct figure *f, const struct source *s, int run, const struct indexed *x,
                struct status *st)
{
    struct array a[NUM_READ] = {{.x = NULL}};
    double low = INFINITY, high = -INFINITY;
    figure_title(f, s, x->title);
    int code = read_arrays(s, run, x, a, st), num = a[0].x ? a[0].size[0] : 0;
    int symbols = source_settings(s, run)->hmm.symbols;
    if (x->symbols && num > symbols) num = symbols;
    if (!code) figure_range(a[0].x, num, &low, &high);
    if (!code && !(low <= high)) figure_absent(f, s, x->column);
    if (!code && low <= high) {
        write_indexed(f, a, num);
        draw_indexed(f, a, num, x);
        say_indexed(f, a, num, x);
    }
    for (int i = 0; i < NUM_READ; i++) array_free(&a[i]);
    return code;
}

int figure_frequencies(struct figure *f, const struct source *s, int run, struct status *st)
{
    return make(f, s, run,
                &(struct indexed){"Frequencies of the symbols", "frequency", "frequency_exact",
                                  "frequency_floor", "frequency_floor_sd", "symbol", "frequency",
                                  true, "frequencies"},
                st);
}

int figure_words(struct figure *f, const struct source *s, int run, struct status *st)
{
    return make(f, s, run,
                &(struct indexed){"Words against the HMM's", "word_tv", NULL, "word_tv_floor",
                                  "word_tv_floor_sd", "word length", "total variation distance",
                                  false, "lengths"},
                st);
}

int figure_run_lengths(struct figure *f, const struct source *s, int run, struct status *st)
{
    return make(f, s, run,
                &(struct indexed){"Lengths of runs of a symbol against the HMM's", "run_length_ks",
                                  NULL, "run_length_ks_floor", "run_length_ks_floor_sd", "symbol",
                                  "Kolmogorov-Smirnov distance", true, "symbols"},
                st);
}

/* --- two dimensions: symbol and lag -------------------------------------------------------------
 */

enum { MOST_SYMBOLS = 7 };

/* Its name behind each curve. */
static void label_curves(struct figure *f, const struct array *a, int symbols)
{
    double at[MOST_SYMBOLS], low = 0, high = 1;
    int last = a->size[1] - 1;
    for (int k = 0; k < symbols; k++) at[k] = array_at(a, k, last, 0);
    figure_range(a->x, a->num, &low, &high);
    figure_spread(at, symbols, 0.075 * (high - low));
    for (int k = 0; k < symbols; k++)
        if (isfinite(at[k]))
            fprintf(f->script, "set label 'symbol %d' at %.6g,%.6g offset 0.6,0 textcolor lt %d\n",
                    k, a->axis[1][last], at[k], k + 1);
}

static void draw_autocorrelation(struct figure *f, const struct array a[NUM_READ], int symbols)
{
    label_curves(f, &a[0], symbols);
    fprintf(f->script, "set xtics %g\n", fmax(1, figure_step(0, a[0].size[1], 8)));
    fprintf(f->script, "set xlabel 'lag (steps)'\nset ylabel 'autocorrelation'\nset rmargin 9\n"
                       "set key\nset xzeroaxis lc rgb grey lw 0.5\nplot ");
    for (int k = 0; k < symbols; k++) {
        fprintf(f->csv, "%slag,rnn,hmm,floor,floor_sd,symbol\n", k ? "\n\n" : "");
        for (int l = 0; l < a[0].size[1]; l++)
            fprintf(f->csv, "%.9g,%.9g,%.9g,%.9g,%.9g,%d\n", a[0].axis[1][l],
                    array_at(&a[0], k, l, 0), array_at(&a[1], k, l, 0), array_at(&a[2], k, l, 0),
                    array_at(&a[3], k, l, 0), k);
        fprintf(f->script,
                "data index %d using 1:($4-$5):($4+$5) with filledcurves lc rgb faint%s, "
                "'' index %d using 1:3 with points pt 6 ps 0.5 lc %d%s, "
                "'' index %d using 1:2 with lines lc %d lw 1.5%s%s",
                k, k ? "" : " title 'floor ± sd'", k, k + 1, k ? "" : " title 'HMM, exact'", k,
                k + 1, k ? "" : " title 'RNN'", k + 1 < symbols ? ", " : "\n");
    }
}

int figure_autocorrelation(struct figure *f, const struct source *s, int run, struct status *st)
{
    const struct indexed x = {.column = "autocorrelation",
                              .exact = "autocorrelation_exact",
                              .floor = "autocorrelation_floor",
                              .floor_sd = "autocorrelation_floor_sd"};
    struct array a[NUM_READ] = {{.x = NULL}};
    double low = INFINITY, high = -INFINITY, error = 0;
    int symbols = source_settings(s, run)->hmm.symbols;
    figure_title(f, s, "Autocorrelation of each symbol");
    int code = read_arrays(s, run, &x, a, st);
    if (!code && a[0].x) figure_range(a[0].x, a[0].num, &low, &high);
    if (!code && !(low <= high)) figure_absent(f, s, x.column);
    if (!code && low <= high) {
        int drawn = symbols < MOST_SYMBOLS ? symbols : MOST_SYMBOLS;
        draw_autocorrelation(f, a, drawn);
        for (int i = 0; i < a[0].num; i++) {
            double off = a[1].x ? fabs(a[0].x[i] - a[1].x[i]) : NAN;
            if (off > error) error = off;
        }
        figure_say(f, "The largest difference to the HMM is %.4g.", error);
        if (drawn < symbols) figure_say(f, "The first %d of %d symbols are drawn.", drawn, symbols);
        snprintf(f->band, sizeof f->band,
                 "Bands: independent samples of the HMM, mean ± one standard deviation; rings: the "
                 "HMM, exact.");
    }
    for (int i = 0; i < NUM_READ; i++) array_free(&a[i]);
    return code;
}
