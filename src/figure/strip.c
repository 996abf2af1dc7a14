/* strip: see strip.h. */
#include "strip.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_PLACES = 400, LONG_LABEL = 18, MOST_CHARACTERS = 64, MOST_ABOVE = 10 };

/* Of one cell. */
struct place {
    int cell, num; /* finite values */
    double low, median, high, floor, floor_sd, exact;
};

struct numbers {
    double *value, *floor, *floor_sd, *exact; /* (num_runs) each, one allocation */
    struct place *place;                      /* (num_places) owned */
    double *sorted;                           /* (num_runs) room, owned */
    int num_places;
};

static int read_column(const struct source *s, const char *name, int element, double *out,
                       struct status *st)
{
    for (int r = 0; r < s->num_runs; r++) out[r] = NAN;
    return name ? source_elements(s, name, element, out, st) : STATUS_OK;
}

static int compare_doubles(const void *a, const void *b)
{
    const double *x = a, *y = b;
    return (*x > *y) - (*x < *y);
}

static double median_of(const double *x, int num)
{
    return num ? (x[(num - 1) / 2] + x[num / 2]) / 2 : NAN;
}

/* Median of one of the numbers over a cell's runs that are done. */
static struct place place_of(const struct source *s, struct numbers *v, int c, const double *x)
{
    const struct source_cell *cell = &s->cell[c];
    struct place p = {.cell = c};
    for (int i = 0; i < cell->num_runs; i++)
        if (isfinite(x[cell->run[i]])) v->sorted[p.num++] = x[cell->run[i]];
    qsort(v->sorted, (size_t)p.num, sizeof *v->sorted, compare_doubles);
    p.median = median_of(v->sorted, p.num);
    p.low = p.num ? v->sorted[0] : NAN;
    p.high = p.num ? v->sorted[p.num - 1] : NAN;
    return p;
}

static int read_numbers(const struct source *s, const struct strip *strip, struct numbers *v,
                        struct status *st)
{
    size_t n = (size_t)s->num_runs;
    v->value = calloc(5 * n + 1, sizeof *v->value);
    v->place = calloc((size_t)s->num_cells + 1, sizeof *v->place);
    if (!v->value || !v->place) return status_no_memory(st, "%s of the runs", strip->column);
    v->floor = v->value + n;
    v->floor_sd = v->floor + n;
    v->exact = v->floor_sd + n;
    v->sorted = v->exact + n;
    int code = read_column(s, strip->column, strip->element, v->value, st);
    if (!code) code = read_column(s, strip->floor, strip->element, v->floor, st);
    if (!code) code = read_column(s, strip->floor_sd, strip->element, v->floor_sd, st);
    if (!code) code = read_column(s, strip->exact, strip->element, v->exact, st);
    for (int c = 0; c < s->num_cells && !code; c++) {
        struct place p = place_of(s, v, c, v->value);
        if (!p.num) continue;
        p.floor = place_of(s, v, c, v->floor).median;
        p.floor_sd = place_of(s, v, c, v->floor_sd).median;
        p.exact = place_of(s, v, c, v->exact).median;
        v->place[v->num_places++] = p;
    }
    return code;
}

static int by_median(const void *a, const void *b)
{
    const struct place *x = a, *y = b;
    int order = (x->median > y->median) - (x->median < y->median);
    return order ? order : x->cell - y->cell;
}

/* At most MOST_PLACES of the places, evenly. */
static int step_of(const struct numbers *v)
{
    return 1 + (v->num_places - 1) / MOST_PLACES;
}

static void write_places(struct figure *f, const struct source *s, const struct numbers *v)
{
    fprintf(f->csv, "place,n,least,median,largest,floor,floor_sd,hmm,cell\n");
    for (int i = 0; i < v->num_places; i += step_of(v)) {
        const struct place *p = &v->place[i];
        fprintf(f->csv, "%d,%d,%.9g,%.9g,%.9g,%.9g,%.9g,%.9g,", i, p->num, p->low, p->median,
                p->high, p->floor, p->floor_sd, p->exact);
        figure_csv_text(f->csv, s->cell[p->cell].text);
        fputc('\n', f->csv);
    }
}

/* A point a run, side by side within its place. */
static void write_points(struct figure *f, const struct source *s, const struct numbers *v)
{
    fprintf(f->csv, "\n\nplace,value,run,seed\n");
    for (int i = 0; i < v->num_places; i++) {
        const struct source_cell *cell = &s->cell[v->place[i].cell];
        for (int k = 0; k < cell->num_runs; k++) {
            int r = cell->run[k];
            double aside = cell->num_runs > 1 ? 0.25 * k / (cell->num_runs - 1) - 0.1 : 0.025;
            if (isfinite(v->value[r]))
                fprintf(f->csv, "%.4f,%.9g,%d,%lld\n", i + aside, v->value[r], s->run[r].number,
                        (long long)s->run[r].seed);
        }
    }
}

void strip_label(struct figure *f, const struct source *s, const int *cell, int num)
{
    size_t longest = 0;
    for (int i = 0; i < num; i++) {
        size_t n = strlen(s->cell[cell[i]].text);
        longest = n > longest ? n : longest;
    }
    bool above = longest > LONG_LABEL && num <= MOST_ABOVE;
    if (longest > LONG_LABEL && !above) f->width_mm = PAGE_MM;
    f->height_mm = 13 + (above ? 8.5 : 4.2) * num;
    if (f->height_mm < 30) f->height_mm = 30;
    fprintf(f->script, "set yrange [%d.5:%g]\nset border 1\nset rmargin 2\n", num - 1,
            above ? -0.75 : -0.5);
    fprintf(f->script, above ? "unset ytics\nset lmargin 2\n" : "set ytics scale 0 (");
    for (int i = 0; i < num; i++) {
        char label[4 * MOST_CHARACTERS + 4];
        figure_label(label, sizeof label, s->cell[cell[i]].text, MOST_CHARACTERS);
        fputs(above ? "set label " : i ? ", " : "", f->script);
        figure_quote(f->script, label);
        if (above)
            fprintf(f->script, " at graph 0, first %g left textcolor rgb ink\n", i - 0.42);
        else
            fprintf(f->script, " %d", i);
    }
    fputs(above ? "" : ")\n", f->script);
}

static void axis(struct figure *f, const struct strip *strip, const struct numbers *v, char which)
{
    double low = INFINITY, high = -INFINITY;
    for (int i = 0; i < v->num_places; i++) {
        const struct place *p = &v->place[i];
        double sd = isfinite(p->floor_sd) ? p->floor_sd : 0;
        const double ends[] = {p->low, p->high, p->floor - sd, p->floor + sd, p->exact};
        figure_range(ends, 5, &low, &high);
    }
    if (strip->zero) low = fmin(low, 0);
    if (low == high) high = low + (low ? fabs(low) : 1);
    double step = figure_step(low, high, 5);
    fprintf(f->script, "set %ctics %.9g\nset %crange [%.9g:%.9g]\n", which, step, which,
            floor(low / step + 1e-9) * step, ceil(high / step - 1e-9) * step);
}

static void draw_named(struct figure *f, const struct source *s, const struct strip *strip,
                       const struct numbers *v)
{
    int cell[MOST_NAMED];
    for (int i = 0; i < v->num_places; i++) cell[i] = v->place[i].cell;
    strip_label(f, s, cell, v->num_places);
    axis(f, strip, v, 'x');
    fprintf(f->script,
            "set xlabel '%s'\n"
            "plot data index 0 using 6:1:($6-$7):($6+$7):($1-0.15):($1+0.2) "
            "with boxxyerror lc rgb faint, "
            "'' index 0 using 6:($1-0.15):(0):(0.35) with vectors nohead lc rgb grey lw 1.2, "
            "'' index 0 using 8:($1+0.025) with points pt 6 ps 0.6 lc rgb ink, "
            "'' index 0 using 4:($1-0.12):(0):(0.29) with vectors nohead lc rgb ink lw 1.2, "
            "'' index 1 using 2:1 with points pt 7 ps 0.42 lc rgb rnn\n",
            strip->label);
}

static void draw_many(struct figure *f, const struct strip *strip)
{
    fprintf(f->script,
            "set xlabel 'cells, by their median'\nset ylabel '%s'\n"
            "plot data index 0 using 1:3:5 with filledcurves lc rgb faint, "
            "'' index 0 using 1:6 with lines lc rgb grey lw 1, "
            "'' index 0 using 1:4 with lines lc rgb rnn lw 1.2\n",
            strip->label);
}

static void say(struct figure *f, const struct source *s, const struct strip *strip,
                const struct numbers *v)
{
    int near = 0, have = 0;
    char low[256], high[256];
    const struct place *least = &v->place[0], *largest = least;
    for (int i = 0; i < v->num_places; i++) {
        const struct place *p = &v->place[i];
        f->shown += p->num;
        if (p->median < least->median) least = p;
        if (p->median > largest->median) largest = p;
        if (!isfinite(p->floor) || !isfinite(p->floor_sd)) continue;
        have++;
        near += fabs(p->median - p->floor) <= 2 * p->floor_sd;
    }
    f->left = s->num_runs - f->shown;
    if (f->left) snprintf(f->left_out, sizeof f->left_out, "not done, or without this number");
    figure_label(low, sizeof low, s->cell[least->cell].text, 60);
    figure_label(high, sizeof high, s->cell[largest->cell].text, 60);
    if (v->num_places > 1)
        figure_say(f, "Medians of the cells go from %.4g (%s) to %.4g (%s).", least->median, low,
                   largest->median, high);
    else
        figure_say(f, "The median of %d run%s is %.4g.", f->shown, f->shown == 1 ? "" : "s",
                   least->median);
    if (have)
        figure_say(f, "%d of %d cells lie within two standard deviations of their floor.", near,
                   have);
    snprintf(f->band, sizeof f->band, "%s%s%s.",
             v->num_places > MOST_NAMED ? "Line: median of a cell's runs; band: their range"
                                        : "Points: runs; black line: their median",
             strip->floor ? "; grey: the HMM against itself (floor), ± one standard deviation" : "",
             strip->exact ? "; ring: the HMM's own value" : "");
}

int strip_draw(struct figure *f, const struct source *s, const struct strip *strip,
               struct status *st)
{
    struct numbers v = {.num_places = 0};
    snprintf(f->title, sizeof f->title, "%s", strip->title);
    int code = read_numbers(s, strip, &v, st);
    bool named = v.num_places <= MOST_NAMED;
    if (!code && !v.num_places) {
        f->left = s->num_runs;
        figure_say(f, "No run has it (%s).", strip->column);
    }
    if (!code && v.num_places) {
        if (!named) qsort(v.place, (size_t)v.num_places, sizeof *v.place, by_median);
        write_places(f, s, &v);
        if (named) {
            write_points(f, s, &v);
            draw_named(f, s, strip, &v);
        } else {
            axis(f, strip, &v, 'y');
            draw_many(f, strip);
        }
        say(f, s, strip, &v);
    }
    free(v.value);
    free(v.place);
    return code;
}
