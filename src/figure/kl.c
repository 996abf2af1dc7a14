/* kl: KL rates of every run, from the HMM to the network and back, with their errors and bounds, by
 * cell. Of more cells than can be named a strip tells the one to the network.
 */
#include "make.h"
#include "strip.h"

#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>

enum { MOST_RUNS = 1000, NUM_WAYS = 2, NUM_COLUMNS = 4 };
static const char *const way_name[NUM_WAYS] = {"hmm_rnn", "rnn_hmm"};
static const char *const part_name[NUM_COLUMNS] = {"", "_lower", "_upper", "_error"};

/* (num_runs) each: value, lower, upper and error of each way. */
static int read_rates(const struct source *s, double *x[NUM_WAYS][NUM_COLUMNS], struct status *st)
{
    int code = STATUS_OK;
    for (int w = 0; w < NUM_WAYS && !code; w++)
        for (int p = 0; p < NUM_COLUMNS && !code; p++) {
            char name[64];
            snprintf(name, sizeof name, "likelihood.kl_%s%s", way_name[w], part_name[p]);
            code = source_column(s, name, x[w][p], NULL, st);
        }
    return code;
}

static void write_rates(struct figure *f, const struct source *s, double *x[NUM_WAYS][NUM_COLUMNS],
                        int open[NUM_WAYS])
{
    for (int w = 0; w < NUM_WAYS; w++) {
        fprintf(f->csv, "%splace,rate,lower,upper,error,run,seed,cell\n", w ? "\n\n" : "");
        for (int c = 0; c < s->num_cells; c++)
            for (int i = 0; i < s->cell[c].num_runs; i++) {
                int r = s->cell[c].run[i], n = s->cell[c].num_runs;
                if (!isfinite(x[w][2][r]) && !isfinite(x[w][0][r])) continue;
                open[w] += !isfinite(x[w][0][r]);
                fprintf(f->csv, "%.4f,%.9g,%.9g,%.9g,%.9g,%d,%lld,",
                        c - 0.12 + 0.2 * w + 0.12 * (n > 1 ? i / (n - 1.0) : 0.5), x[w][0][r],
                        x[w][1][r], x[w][2][r], x[w][3][r], s->run[r].number,
                        (long long)s->run[r].seed);
                figure_csv_text(f->csv, s->cell[c].text);
                fputc('\n', f->csv);
            }
    }
}

static void draw(struct figure *f, double largest)
{
    static const char *const colour[NUM_WAYS] = {"'#0072b2'", "'#d55e00'"},
                             *const title[NUM_WAYS] = {"HMM to RNN", "RNN to HMM"};
    double step = figure_step(0, largest, 5);
    f->height_mm += 5;
    fprintf(f->script,
            "set xrange [0:%.9g]\nset xtics %.9g\nset xlabel 'KL rate (bits per symbol)'\n"
            "set key\nplot ",
            ceil(largest / step) * step, step);
    for (int w = 0; w < NUM_WAYS; w++)
        fprintf(f->script,
                "data index %d using 3:1:($4-$3):(0) with vectors nohead lw 0.8 lc rgb %s, "
                "'' index %d using 2:1 with points pt 7 ps 0.4 lc rgb %s title '%s'%s",
                w, colour[w], w, colour[w], title[w], w + 1 < NUM_WAYS ? ", " : "\n");
}

static double median_finite(const struct source *s, const double *x, double *room)
{
    int num = 0;
    for (int r = 0; r < s->num_runs; r++)
        if (isfinite(x[r])) room[num++] = x[r];
    sort_numbers(room, (size_t)num);
    return num ? (room[num / 2] + room[(num - 1) / 2]) / 2 : NAN;
}

static void say(struct figure *f, const struct source *s, double *x[NUM_WAYS][NUM_COLUMNS],
                const int open[NUM_WAYS], double *room)
{
    for (int r = 0; r < s->num_runs; r++) f->shown += isfinite(x[0][2][r]) || isfinite(x[0][0][r]);
    f->left = s->num_runs - f->shown;
    if (f->left) snprintf(f->left_out, sizeof f->left_out, "not done, or likelihood not computed");
    figure_say(f, "Medians: %.3g bits per symbol from the HMM to the network, %.3g back.",
               median_finite(s, x[0][0], room), median_finite(s, x[1][0], room));
    if (open[0] + open[1])
        figure_say(f, "%d and %d of them did not settle: bounds without a point.", open[0],
                   open[1]);
    snprintf(f->band, sizeof f->band,
             "Lines: from the lower to the upper bound, two standard errors each way.");
}

int figure_kl_by_cell(struct figure *f, const struct source *s, int run, struct status *st)
{
    double *x[NUM_WAYS][NUM_COLUMNS], low = INFINITY, high = -INFINITY;
    size_t n = (size_t)s->num_runs;
    int open[NUM_WAYS] = {0}, cell[MOST_NAMED];
    (void)run;
    if (s->num_cells > MOST_NAMED || s->num_runs > MOST_RUNS)
        return strip_draw(f, s,
                          &(struct strip){.title = "KL rate from the HMM to the network",
                                          .label = "KL rate (bits per symbol)",
                                          .column = "likelihood.kl_hmm_rnn",
                                          .zero = true},
                          st);
    figure_title(f, s, "KL rates between HMM and network");
    double *all = calloc((NUM_WAYS * NUM_COLUMNS + 1) * n + 1, sizeof *all);
    if (!all) return status_no_memory(st, "the KL rates");
    for (int i = 0; i < NUM_WAYS * NUM_COLUMNS; i++)
        x[i / NUM_COLUMNS][i % NUM_COLUMNS] = all + (size_t)i * n;
    int code = read_rates(s, x, st);
    for (int w = 0; w < NUM_WAYS && !code; w++) {
        figure_range(x[w][0], s->num_runs, &low, &high);
        figure_range(x[w][2], s->num_runs, &low, &high);
    }
    if (!code && !(low <= high)) figure_say(f, "No run has KL rates (analysis.likelihood).");
    if (!code && low <= high) {
        for (int c = 0; c < s->num_cells; c++) cell[c] = c;
        write_rates(f, s, x, open);
        strip_label(f, s, cell, s->num_cells);
        draw(f, high);
        say(f, s, x, open, all + NUM_WAYS * NUM_COLUMNS * n);
    }
    free(all);
    return code;
}
