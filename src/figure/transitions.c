/* transitions: P(next symbol | symbol) of HMM and network of one run, and the squared difference,
 * as heat maps.
 */
#include "make.h"

#include <math.h>

enum { HMM, RNN, SQUARED, FLOOR, NUM_MATRICES };
enum { MOST_SYMBOLS = 48, MOST_WRITTEN = 4 };
static const char *const column[NUM_MATRICES] = {
    "transition_hmm", "transition_rnn", "transition_sq_error", "transition_sq_error_floor"};

static void panel(struct figure *f, int which, const char *title, int symbols, double most)
{
    const int at = 3 + which;
    fprintf(f->script,
            "set title '%s' offset 0,-0.6\nset cbrange [0:%.6g]\n%s\n%s\n"
            "plot data using 2:1:($2-0.5):($2+0.5):($1-0.5):($1+0.5):%d with boxxyerror lc palette",
            title, most, which == SQUARED ? "eval errors" : "eval heat",
            which == HMM ? "set ylabel 'from symbol'" : "set ylabel ''", at);
    if (symbols <= MOST_WRITTEN)
        fprintf(f->script,
                ", '' using 2:1:(sprintf('%s', $%d)):($%d > %.6g ? 0xffffff : 0) with labels "
                "font ',6' textcolor rgb variable",
                which == SQUARED ? "%.0e" : "%.2f", at, at, 0.55 * most);
    fputc('\n', f->script);
}

static void draw(struct figure *f, int symbols, double largest)
{
    f->height_mm = 38;
    fprintf(f->script,
            "set multiplot layout 1,3 margins char 6, screen 0.985, char 3, screen 0.88 spacing "
            "screen 0.035, 0\n"
            "set xrange [-0.5:%d.5]\nset yrange [%d.5:-0.5]\nset border 15 lw 0.5\n"
            "set xtics %g scale 0 offset 0,0.4\nset ytics %g scale 0\nunset colorbox\n"
            "set xlabel 'to symbol' offset 0,0.9\nset style fill solid noborder\n",
            symbols - 1, symbols - 1, fmax(1, figure_step(0, symbols, 8)),
            fmax(1, figure_step(0, symbols, 8)));
    panel(f, HMM, "HMM", symbols, 1);
    fprintf(f->script, "set format y ''\n");
    panel(f, RNN, "RNN", symbols, 1);
    panel(f, SQUARED, "squared difference", symbols, largest > 0 ? largest : 1);
}

int figure_transitions(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct array a[NUM_MATRICES] = {{.x = NULL}};
    int symbols = source_settings(s, run)->hmm.symbols, code = STATUS_OK;
    double least = INFINITY, largest = -INFINITY, sum = 0, floor = 0;
    figure_title(f, s, "Transitions between symbols");
    for (int i = 0; i < NUM_MATRICES && !code; i++)
        code = source_array(s, run, column[i], &a[i], st);
    if (!code && a[SQUARED].x) figure_range(a[SQUARED].x, a[SQUARED].num, &least, &largest);
    if (!code && !(least <= largest))
        figure_absent(f, s, column[SQUARED]);
    else if (!code && symbols > MOST_SYMBOLS)
        figure_say(f, "%d symbols are too many to draw; see %s of the file.", symbols, column[RNN]);
    else if (!code) {
        fprintf(f->csv, "from,to,hmm,rnn,squared_difference,floor\n");
        for (int i = 0; i < symbols * symbols; i++) {
            int from = i / symbols, to = i % symbols;
            fprintf(f->csv, "%d,%d", from, to);
            for (int m = 0; m < NUM_MATRICES; m++)
                fprintf(f->csv, ",%.9g", array_at(&a[m], from, to, 0));
            fputc('\n', f->csv);
            if (!isnan(array_at(&a[SQUARED], from, to, 0)))
                sum += array_at(&a[SQUARED], from, to, 0);
            floor += array_at(&a[FLOOR], from, to, 0);
        }
        draw(f, symbols, largest);
        figure_say(f, "The mean squared difference is %.3g", sum / (symbols * symbols));
        figure_say(f, isnan(floor) ? "." : "(of two samples of the HMM: %.3g).",
                   floor / (symbols * symbols));
    }
    for (int i = 0; i < NUM_MATRICES; i++) array_free(&a[i]);
    return code;
}
