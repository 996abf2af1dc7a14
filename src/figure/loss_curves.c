/* loss_curves: validation loss over training of all seeds of a run's cell, and their floor. Thinned
 * to what can be seen.
 */
#include "make.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_CURVES = 20, MOST_ROWS = 4000, LEAST_BUCKETS = 60 };

struct curves {
    int num, of; /* drawn; runs of the cell that have one */
    double low, high, last_epoch;
};

/* One block: its thinned curve. */
static int add_curve(struct figure *f, const struct source *s, int run, int buckets,
                     struct curves *c, struct status *st)
{
    struct array loss = {.x = NULL};
    double low = INFINITY, high = -INFINITY;
    int code = source_array(s, run, "val_loss", &loss, st);
    if (!code && loss.x) figure_range(loss.x, loss.num, &low, &high);
    bool has = low <= high, draws = has && (c->num < MOST_CURVES || run == f->run);
    int *at = draws ? calloc(2 * (size_t)buckets, sizeof *at) : NULL;
    if (!code && draws && !at) code = status_no_memory(st, "a curve");
    c->of += has;
    if (!code && draws) {
        int num = figure_thin(loss.x, loss.num, buckets, at);
        fprintf(f->csv, "%sepoch,val_loss,run,seed\n", c->num++ ? "\n\n" : "");
        for (int i = 0; i < num; i++)
            fprintf(f->csv, "%.9g,%.9g,%d,%lld\n", loss.axis[0][at[i]], loss.x[at[i]],
                    s->run[run].number, (long long)s->run[run].seed);
        c->low = fmin(c->low, low);
        c->high = fmax(c->high, high);
        c->last_epoch = fmax(c->last_epoch, loss.axis[0][at[num - 1]]);
    }
    free(at);
    array_free(&loss);
    return code;
}

static void draw(struct figure *f, const struct source *s, const struct curves *c, double floor,
                 double sd)
{
    bool logs = c->low > 0 && c->high > 10 * c->low;
    f->height_mm = 52;
    fprintf(f->script,
            "set xlabel 'epoch'\nset ylabel 'validation loss'\nset key\nset xrange [0:%g]\n"
            "set xtics %g\n%s",
            c->last_epoch, figure_step(0, c->last_epoch, 5), logs ? "set logscale y\n" : "");
    if (isfinite(floor) && isfinite(sd))
        fprintf(f->script,
                "set object rectangle from graph 0, first %.9g to graph 1, first %.9g "
                "fc rgb faint fs solid noborder behind\n"
                "set arrow from graph 0, first %.9g to graph 1, first %.9g nohead lc rgb grey "
                "lw 1.2\n",
                floor - sd, floor + sd, floor, floor);
    if (isfinite(floor))
        fprintf(f->script, "set yrange [%.9g:*]\n",
                logs ? fmin(c->low, floor - sd) * 0.9 : fmin(0, c->low));
    fprintf(f->script, "plot NaN with boxes fc rgb faint title 'floor ± sd', ");
    if (c->num > 1)
        fprintf(f->script,
                "for [k = 1:%d] data index k using 1:2 with lines lc rgb '#b0a0c8' lw 0.7 "
                "title (k == 1 ? 'other seeds' : ''), ",
                c->num - 1);
    fprintf(f->script, "data index 0 using 1:2 with lines lc rgb rnn lw 1 title 'run %d'\n",
            s->run[f->run].number);
}

int figure_loss_curves(struct figure *f, const struct source *s, int run, struct status *st)
{
    const struct source_cell *cell = &s->cell[s->run[run].cell];
    struct curves c = {.low = INFINITY, .high = -INFINITY};
    struct array floor = {.x = NULL}, sd = {.x = NULL}, best = {.x = NULL};
    int drawn = cell->num_runs < MOST_CURVES ? cell->num_runs : MOST_CURVES;
    int buckets = MOST_ROWS / 2 / drawn;
    if (buckets > 300) buckets = 300;
    figure_title(f, s, "Validation loss of all seeds of the cell");
    int code = source_array(s, run, "loss_floor", &floor, st);
    if (!code) code = source_array(s, run, "loss_floor_sd", &sd, st);
    if (!code) code = source_array(s, run, "best_val_loss", &best, st);
    if (!code) code = add_curve(f, s, run, buckets, &c, st);
    bool has = c.num > 0;
    for (int i = 0; i < cell->num_runs && has && !code; i++)
        if (cell->run[i] != run) code = add_curve(f, s, cell->run[i], buckets, &c, st);
    if (!code && !has) figure_absent(f, s, "val_loss");
    if (!code && has) {
        double low = array_at(&floor, 0, 0, 0), spread = array_at(&sd, 0, 0, 0);
        draw(f, s, &c, low, spread);
        figure_say(f, "The best validation loss of run %d is %.4g, its floor %.4g ± %.2g.",
                   s->run[run].number, array_at(&best, 0, 0, 0), low, spread);
        f->shown = c.num;
        f->left = cell->num_runs - c.num;
        if (f->left)
            snprintf(f->left_out, sizeof f->left_out, "%s",
                     c.of > c.num ? "only so many are drawn" : "no loss in the file");
        snprintf(f->band, sizeof f->band,
                 "Grey: the HMM against itself (floor), ± one standard deviation. Of each curve "
                 "the least and the largest value in every of %d stretches.",
                 buckets);
    }
    array_free(&floor);
    array_free(&sd);
    array_free(&best);
    return code;
}
