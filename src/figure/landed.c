/* landed: how many of a cell's runs landed, with Wilson's interval: what is looked at before any
 * score. Of more cells than can be named one row for all.
 */
#include "make.h"
#include "strip.h"

#include "report/inference.h"

#include <math.h>

struct count {
    int ended, landed;
};

/* Of runs (num), or with run NULL of all. */
static int count(const struct source *s, const int *run, int num, struct count *c,
                 struct status *st)
{
    for (int i = 0; i < num; i++) {
        const struct source_run *r = &s->run[run ? run[i] : i];
        const double *landed = store_landed(r->store, st);
        if (!landed) return st ? st->code : STATUS_IO;
        c->ended += !isnan(landed[r->row]);
        c->landed += landed[r->row] == 1;
    }
    return STATUS_OK;
}

static void write_row(struct figure *f, int place, const struct count *c, const char *text)
{
    struct interval share = wilson_interval(c->landed, c->ended);
    fprintf(f->csv, "%d,%.9g,%.9g,%.9g,%d,%d,", place, (double)c->landed / c->ended, share.low,
            share.high, c->landed, c->ended);
    figure_csv_text(f->csv, text);
    fputc('\n', f->csv);
}

static void draw(struct figure *f)
{
    fprintf(
        f->script,
        "set xrange [0:1]\nset rmargin 13\nset xtics 0, 0.25, 1\nset xlabel 'share of runs that "
        "landed'\n"
        "plot data using 3:($1+0.025):($4-$3):(0) with vectors nohead lc rgb ink lw 1, "
        "'' using 2:($1+0.025) with points pt 7 ps 0.5 lc rgb rnn, "
        "'' using (1.0):($1+0.025):(sprintf('%%d/%%d', $5, $6)) with labels left offset 1.2,0\n");
}

int figure_landed_by_cell(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct count all = {0};
    int cell[MOST_NAMED], num = 0;
    bool named = s->num_cells <= MOST_NAMED;
    (void)run;
    figure_title(f, s, "Runs that landed");
    int code = count(s, NULL, s->num_runs, &all, st);
    if (code) return code;
    f->shown = all.ended;
    f->left = s->num_runs - all.ended;
    if (f->left) snprintf(f->left_out, sizeof f->left_out, "not ended, or not trained");
    if (!all.ended) {
        figure_say(f, "No run has ended.");
        return STATUS_OK;
    }
    fprintf(f->csv, "place,share,low,high,landed,ended,cell\n");
    for (int c = 0; c < s->num_cells && named && !code; c++) {
        struct count one = {0};
        code = count(s, s->cell[c].run, s->cell[c].num_runs, &one, st);
        if (code || !one.ended) continue;
        write_row(f, num, &one, s->cell[c].text);
        cell[num++] = c;
    }
    if (named)
        strip_label(f, s, cell, num);
    else {
        write_row(f, 0, &all, "all");
        f->height_mm = 24;
        fprintf(f->script, "set yrange [0.5:-0.5]\nset border 1\nset ytics scale 0 ('all' 0)\n");
    }
    draw(f);
    figure_say(f, "%d of %d runs landed.", all.landed, all.ended);
    snprintf(f->band, sizeof f->band, "Lines: Wilson's 95 %% interval of the share.");
    return code;
}
