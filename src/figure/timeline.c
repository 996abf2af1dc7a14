/* timeline: which rank did which run when; of many runs or ranks how many ranks were busy. One
 * attempt a run, the one that counts.
 */
#include "make.h"

#include "experiment/run_record.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_BARS = 1500, MOST_RANKS = 40, NUM_BINS = 300 };

/* Columns of the runs, (num_runs) each. */
struct times {
    double *start, *wall, *rank;
    double first, last, unit; /* s; unit of the axis */
    const char *unit_name;
    int num, num_ranks, largest_rank;
    double busy_s;
};

static bool is_timed(const struct times *t, int r)
{
    return t->start[r] > 0 && t->wall[r] > 0 && t->rank[r] >= 0;
}

static int read_times(const struct source *s, struct times *t, struct status *st)
{
    size_t n = (size_t)s->num_runs;
    t->start = calloc(3 * n + 1, sizeof *t->start);
    if (!t->start) return status_no_memory(st, "the times of the runs");
    t->wall = t->start + n;
    t->rank = t->wall + n;
    int code = source_column(s, "t_start", t->start, NULL, st);
    if (!code) code = source_column(s, "wall_s", t->wall, NULL, st);
    if (!code) code = source_column(s, "rank", t->rank, NULL, st);
    t->first = INFINITY;
    for (int r = 0; r < s->num_runs && !code; r++) {
        if (!is_timed(t, r)) continue;
        t->num++;
        t->busy_s += t->wall[r];
        t->first = fmin(t->first, t->start[r]);
        t->last = fmax(t->last, t->start[r] + t->wall[r]);
        if (t->rank[r] > t->largest_rank) t->largest_rank = (int)t->rank[r];
    }
    double span = t->last - t->first;
    t->unit = span < 300 ? 1 : span < 3 * 3600 ? 60 : 3600;
    t->unit_name = span < 300 ? "s" : span < 3 * 3600 ? "min" : "h";
    return code;
}

static int count_ranks(struct times *t, int num_runs, struct status *st)
{
    bool *has = calloc((size_t)t->largest_rank + 1, sizeof *has);
    if (!has) return status_no_memory(st, "the ranks");
    for (int r = 0; r < num_runs; r++) {
        if (!is_timed(t, r)) continue;
        t->num_ranks += !has[(int)t->rank[r]];
        has[(int)t->rank[r]] = true;
    }
    free(has);
    return STATUS_OK;
}

static void draw_bars(struct figure *f, const struct source *s, const struct times *t)
{
    fprintf(f->csv, "start,end,rank,run,failed\n");
    for (int r = 0; r < s->num_runs; r++)
        if (is_timed(t, r))
            fprintf(f->csv, "%.6f,%.6f,%d,%d,%d\n", (t->start[r] - t->first) / t->unit,
                    (t->start[r] + t->wall[r] - t->first) / t->unit, (int)t->rank[r],
                    s->run[r].number, s->run[r].status != RUN_DONE);
    f->height_mm = 18 + 4.5 * t->num_ranks;
    if (f->height_mm > 120) f->height_mm = 120;
    fprintf(f->script,
            "set yrange [%d.6:0.4]\nset ytics %g scale 0\nset ylabel 'rank'\n"
            "set style fill solid border lc rgb paper\n"
            "plot data using 1:3:1:2:($3-0.38):($3+0.38):($5 > 0 ? 0xd55e00 : 0x9a86bd) "
            "with boxxyerror lw 0.5 lc rgb variable",
            t->largest_rank, fmax(1, figure_step(0, t->largest_rank, 12)));
    if (t->num <= 200)
        fprintf(
            f->script,
            ", '' using ($2-$1 > %.6g ? ($1+$2)/2 : NaN):3:4 with labels font ',6' textcolor rgb "
            "paper",
            0.02 * (t->last - t->first) / t->unit);
    fputc('\n', f->script);
}

static void draw_busy(struct figure *f, const struct source *s, const struct times *t)
{
    double busy[NUM_BINS] = {0}, width = (t->last - t->first) / NUM_BINS;
    for (int r = 0; r < s->num_runs; r++) {
        if (!is_timed(t, r)) continue;
        double from = (t->start[r] - t->first) / width, to = from + t->wall[r] / width;
        for (int b = (int)from; b < NUM_BINS && b < to; b++)
            busy[b] += fmin(to, b + 1) - fmax(from, b);
    }
    fprintf(f->csv, "time,busy_ranks\n");
    for (int b = 0; b < NUM_BINS; b++)
        fprintf(f->csv, "%.6f,%.6g\n", (b + 0.5) * width / t->unit, busy[b]);
    f->height_mm = 45;
    fprintf(f->script, "set yrange [0:*]\nset ylabel 'ranks at work'\n"
                       "plot data using 1:2 with fillsteps lc rgb '#9a86bd'\n");
}

int figure_timeline(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct times t = {.num = 0};
    (void)run;
    figure_title(f, s, "Which rank did which run when");
    int code = read_times(s, &t, st);
    if (!code) code = count_ranks(&t, s->num_runs, st);
    if (!code && !t.num) figure_say(f, "No run has ended.");
    if (!code && t.num) {
        double span = t.last - t.first;
        f->width_mm = PAGE_MM;
        fprintf(f->script,
                "set xlabel 'time since the first start (%s)'\nset xrange [0:%.6g]\n"
                "set rmargin 2\n",
                t.unit_name, span / t.unit);
        if (t.num <= MOST_BARS && t.largest_rank <= MOST_RANKS)
            draw_bars(f, s, &t);
        else
            draw_busy(f, s, &t);
        f->shown = t.num;
        f->left = s->num_runs - t.num;
        if (f->left) snprintf(f->left_out, sizeof f->left_out, "not ended");
        figure_say(f,
                   "%d runs on %d ranks took %.3g %s from the first start to the last end; ranks "
                   "were at work %.3g %% of that time.",
                   t.num, t.num_ranks, span / t.unit, t.unit_name,
                   100 * t.busy_s / (span * t.num_ranks));
        snprintf(f->band, sizeof f->band,
                 "A bar a run with its number, its last attempt; orange: failed or crashed.");
        if (!(t.num <= MOST_BARS && t.largest_rank <= MOST_RANKS)) f->band[0] = '\0';
    }
    free(t.start);
    return code;
}
