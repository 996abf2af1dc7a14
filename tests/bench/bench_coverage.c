/* bench_coverage: how often the intervals of report/inference.h and bootstrap.h hold what they
 * are of, and how often the tests reject what is true, at the numbers of seeds that people have.
 * usage: bench_coverage [TRIALS]
 * Prints a line a case, fields between tabs: section, case, quantity, value, unit, meaning.
 * Distributions: normal; skewed (exponential); two clusters (70 % land at 0, 30 % at 1, sd .1).
 */
#include "report/bootstrap.h"
#include "report/inference.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { MOST = 20, CELLS = 12, FEW = 5 };
enum shape { NORMAL, SKEWED, CLUSTERS, NUM_SHAPES };
static const char *const shape_name[NUM_SHAPES] = {"normal", "skewed", "two clusters"};
static const double shape_mean[NUM_SHAPES] = {0, 1, 0.3};

struct source {
    struct rng rng;
    uint64_t at;
};

static double uniform(struct source *s)
{
    return rng_uniform(s->rng, s->at++);
}

static double draw(struct source *s, enum shape shape)
{
    double normal = sqrt(-2 * log1p(-uniform(s))) * cos(2 * M_PI * uniform(s));
    if (shape == NORMAL) return normal;
    if (shape == SKEWED) return -log1p(-uniform(s));
    return (uniform(s) < 0.3) + 0.1 * normal;
}

static bool holds(struct interval i, double x)
{
    return i.low <= x && x <= i.high;
}

static void tell(enum shape shape, int n, const char *what, double share, const char *meaning)
{
    printf("coverage\t%s, n=%d\t%s\t%.4f\t1\t%s\n", shape_name[shape], n, what, share, meaning);
}

static void one_cell(enum shape shape, int n, int trials)
{
    int welch = 0, paired = 0, larger = 0, alone = 0, rejected = 0, flipped = 0, tests = 0;
    struct source s = {rng_stream(1, shape_name[shape], "coverage"), 0};
    struct status st = {0};
    for (int t = 0; t < trials; t++) {
        double x[MOST], y[MOST], z[MOST];
        struct permutation p;
        for (int i = 0; i < n; i++) {
            double common = draw(&s, shape);
            x[i] = draw(&s, shape), y[i] = draw(&s, shape) + 0.5;
            z[i] = common + 0.5 * x[i]; /* a pair of common + draw */
            y[i] = y[i] - 0.5;
        }
        double w[MOST];
        for (int i = 0; i < n; i++) w[i] = z[i] - 0.5 * x[i] + 0.5 * y[i];
        welch += holds(difference_welch(x, n, y, n).interval, 0);
        paired += holds(difference_paired(z, w, n).interval, 0);
        larger += holds(p_larger(x, n, y, n).interval, 0.5);
        alone += holds(difference_from(x, n, shape_mean[shape]).interval, 0);
        if (n > FEW && t % 10) continue; /* exact tests of many arrangements take long */
        tests++;
        permutation_test(&(struct block){x, y, n, n, false}, 1, s.rng, &p, &st);
        rejected += p.p <= 0.05;
        permutation_test(&(struct block){z, w, n, n, true}, 1, s.rng, &p, &st);
        flipped += p.p <= 0.05;
    }
    double of = trials;
    tell(shape, n, "t interval of a mean", alone / of, "share that holds the mean, .95 is nominal");
    tell(shape, n, "Welch interval", welch / of, "of a difference, the same distribution twice");
    tell(shape, n, "paired t interval", paired / of, "of a difference of pairs");
    tell(shape, n, "P(larger), Newcombe", larger / of, "of one half");
    tell(shape, n, "permutation p <= .05", rejected / (double)tests,
         "rejected although nothing differs");
    tell(shape, n, "sign flips p <= .05", flipped / (double)tests,
         "rejected although nothing differs");
}

/* P(larger) where it is not one half: normal, moved so that it is p. */
static void larger_off_middle(int n, int trials, double p, double shift)
{
    int held = 0;
    struct source s = {rng_stream(2, "larger", "coverage"), 0};
    for (int t = 0; t < trials; t++) {
        double x[MOST], y[MOST];
        for (int i = 0; i < n; i++) x[i] = draw(&s, NORMAL) + shift, y[i] = draw(&s, NORMAL);
        held += holds(p_larger(x, n, y, n).interval, p);
    }
    char what[64];
    snprintf(what, sizeof what, "P(larger) = %.2f, Newcombe", p);
    tell(NORMAL, n, what, held / (double)trials, "share that holds it");
}

static void tell_cells(enum shape shape, int n, int cells, const char *what, double share,
                       const char *meaning)
{
    char text[80];
    snprintf(text, sizeof text, "%s, %d cells", what, cells);
    tell(shape, n, text, share, meaning);
}

/* The difference over cells as compare gives it: the bootstrap, or t where it would be too narrow.
 */
static void differences(enum shape shape, int n, int cells, int trials)
{
    int held = 0, bootstrapped = 0;
    struct source s = {rng_stream(3, shape_name[shape], "coverage"), 0};
    struct status st = {0};
    for (int t = 0; t < trials; t++) {
        static double x[CELLS][MOST], y[CELLS][MOST];
        struct block block[CELLS];
        struct difference d[CELLS];
        struct interval i;
        for (int c = 0; c < cells; c++) {
            for (int k = 0; k < n; k++) x[c][k] = draw(&s, shape), y[c][k] = draw(&s, shape);
            block[c] = (struct block){x[c], y[c], n, n, false};
            d[c] = difference_welch(x[c], n, y[c], n);
        }
        struct difference all = difference_mean(d, cells);
        i = all.interval;
        if (all.df >= LEAST_BOOTSTRAP_DF)
            bootstrap_interval(block, cells, rng_child(s.rng, (uint64_t)t), &i, &st);
        bootstrapped += all.df >= LEAST_BOOTSTRAP_DF;
        held += holds(i, 0);
    }
    tell_cells(shape, n, cells, 2 * bootstrapped > trials ? "bootstrap" : "t",
               held / (double)trials, "of the mean of as many differences, mostly by this");
}

/* P(larger), mean over cells, each of which has it by another shift. */
static void larger_of_cells(int n, int cells, int trials)
{
    static const double shift[] = {0, 1, 2}, p[] = {0.5, 0.76025, 0.92135};
    int held = 0;
    double truth = 0;
    struct source s = {rng_stream(5, "larger", "coverage"), 0};
    for (int c = 0; c < cells; c++) truth += p[c % 3] / cells;
    for (int t = 0; t < trials; t++) {
        struct larger larger[CELLS];
        for (int c = 0; c < cells; c++) {
            double x[MOST], y[MOST];
            for (int i = 0; i < n; i++)
                x[i] = draw(&s, NORMAL) + shift[c % 3], y[i] = draw(&s, NORMAL);
            larger[c] = p_larger(x, n, y, n);
        }
        held += holds(p_larger_mean(larger, cells).interval, truth);
    }
    tell_cells(NORMAL, n, cells, "P(larger), Newcombe", held / (double)trials,
               "of its mean over cells, in which it is .50, .76, .92");
}

/* Of cells about -1 to 1; 0 by symmetry where the shape is. */
static void middles(int n, int cells, int trials)
{
    int held = 0, given = 0;
    struct source s = {rng_stream(6, "middle", "coverage"), 0};
    struct status st = {0};
    for (int t = 0; t < trials; t++) {
        static double x[CELLS][MOST];
        struct block block[CELLS];
        struct interval i;
        double middle;
        for (int c = 0; c < cells; c++) {
            for (int k = 0; k < n; k++) x[c][k] = draw(&s, NORMAL) + 2.0 * c / (cells - 1) - 1;
            block[c] = (struct block){.x = x[c], .n = n};
        }
        bootstrap_middle(block, cells, rng_child(s.rng, (uint64_t)t), &middle, &i, &st);
        given += !isnan(i.low);
        held += holds(i, 0);
    }
    if (given)
        tell_cells(NORMAL, n, cells, "interquartile mean", held / (double)trials,
                   "of cells about -1 to 1");
}

static void success_rates(int n, int trials)
{
    static const double share[] = {0.3, 0.7, 0.9};
    struct source s = {rng_stream(4, "wilson", "coverage"), 0};
    for (size_t k = 0; k < sizeof share / sizeof share[0]; k++) {
        int held = 0;
        for (int t = 0; t < trials; t++) {
            int landed = 0;
            for (int i = 0; i < n; i++) landed += uniform(&s) < share[k];
            held += holds(wilson_interval(landed, n), share[k]);
        }
        printf("coverage\tshare %.1f, n=%d\tWilson interval\t%.4f\t1\tshare that holds it\n",
               share[k], n, held / (double)trials);
    }
}

int main(int argc, char **argv)
{
    static const int n[] = {3, 5, 10};
    int trials = argc > 1 ? atoi(argv[1]) : 4000;
    for (size_t i = 0; i < sizeof n / sizeof n[0]; i++) {
        for (enum shape shape = 0; shape < NUM_SHAPES; shape++) one_cell(shape, n[i], trials);
        larger_off_middle(n[i], trials, 0.76025, 1);
        larger_off_middle(n[i], trials, 0.92135, 2);
        success_rates(n[i], trials);
    }
    static const int cells[] = {2, 4, CELLS};
    for (size_t i = 0; i < sizeof n / sizeof n[0]; i++)
        for (size_t c = 0; c < sizeof cells / sizeof cells[0]; c++) {
            for (enum shape shape = 0; shape < CLUSTERS; shape++)
                differences(shape, n[i], cells[c], trials / 2);
            larger_of_cells(n[i], cells[c], trials / 2);
            middles(n[i], cells[c], trials / 2);
        }
    return 0;
}
