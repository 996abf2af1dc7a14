/* weight_blocks: recurrent weights among the kick units of two opposite directions and the
 * populations that integrate noise for them. Source of what it shows: SCIENCE 5.5. */
#include "make.h"
#include "panel.h"
#include "results.h"

enum { LEFT = 15, TOP = 7, SIDE = 52, BOTTOM = 5, MAX_PLACES = 64, GROUPS = 4 };

/* Of the first pair: the places that hold a unit, and the group of each. */
struct blocks {
    int num, place[MAX_PLACES], group[MAX_PLACES];
    char name[GROUPS][24];
    double largest; /* size of a weight */
};

/* As populations.c lays the places out. */
static int group_of(int place)
{
    static const int first[] = {10, 20, 35};
    int g = 0;
    while (g + 1 < GROUPS && place >= first[g]) g++;
    return g;
}

static void find_blocks(struct blocks *b, const struct array *weight, struct results *r)
{
    const struct array *from = results_take(r, "populations.from"),
                       *to = results_take(r, "populations.to");
    for (int g = 0; g < 2; g++) {
        snprintf(b->name[g], sizeof b->name[g], "%.0f → %.0f", array_at(from, 0, g, 0),
                 array_at(to, 0, g, 0));
        snprintf(b->name[2 + g], sizeof b->name[g], "pop. %d", g + 1);
    }
    for (int i = 0; i < weight->size[1]; i++)
        if (b->num < MAX_PLACES && !isnan(array_at(weight, 0, i, i))) {
            b->group[b->num] = group_of(i);
            b->place[b->num++] = i;
        }
}

static void write_blocks(struct figure *f, struct blocks *b, const struct array *weight,
                         const struct array *unit)
{
    fputs("row,column,to_unit,from_unit,weight\n", f->csv);
    for (int i = 0; i < b->num; i++) {
        for (int j = 0; j < b->num; j++) {
            double w = array_at(weight, 0, b->place[i], b->place[j]);
            fprintf(f->csv, "%d,%d,%g,%g,%.5g\n", i, j, array_at(unit, 0, b->place[i], 0),
                    array_at(unit, 0, b->place[j], 0), w);
            b->largest = fmax(b->largest, fabs(w));
        }
        fputs("\n", f->csv);
    }
}

/* Names of the groups at both sides, lines between them. */
static void draw_groups(struct figure *f, const struct blocks *b)
{
    for (int i = 0, first = 0; i < b->num; i++) {
        if (i + 1 < b->num && b->group[i + 1] == b->group[i]) continue;
        const char *name = b->name[b->group[i]];
        double middle = (first + i) / 2., end = i + 0.5;
        fprintf(f->script,
                "set label \"%s\" at %g,graph 1 center offset 0,0.6\n"
                "set label \"%s\" at graph 0,first %g right offset -0.6,0\n",
                name, middle, name, middle);
        if (i + 1 < b->num)
            fprintf(f->script,
                    "set arrow from %g,graph 0 to %g,graph 1 nohead front lc rgb ink\n"
                    "set arrow from graph 0,first %g to graph 1,first %g nohead front lc rgb ink\n",
                    end, end, end, end);
        first = i + 1;
    }
}

static void draw(struct figure *f, const struct blocks *b)
{
    f->height_mm = TOP + SIDE + BOTTOM;
    panel_open(f, LEFT, TOP, SIDE, SIDE);
    fprintf(f->script,
            "eval change\nset cbrange [%g:%g]\nset xrange [-0.5:%d.5]; set yrange [%d.5:-0.5]\n"
            "set border 15; unset xtics; unset ytics\n"
            "set colorbox user origin %.4f,%.4f size %.4f,%.4f\nset cbtics scale 0.3\n"
            "set cblabel \"recurrent weight\" offset -0.5\n"
            "set label \"from\" at graph 0.5,0 center offset 0,-0.9\n"
            "set label \"to\" at graph 0,1 right offset -0.6,0.6\n",
            -b->largest, b->largest, b->num - 1, b->num - 1, (LEFT + SIDE + 2) / f->width_mm,
            BOTTOM / f->height_mm, 2.5 / f->width_mm, SIDE / f->height_mm);
    draw_groups(f, b);
    fputs("plot data using 2:1:5 with image pixels\n", f->script);
}

int figure_weights(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *weight = results_take(&r, "populations.block"),
                       *unit = results_take(&r, "populations.units"),
                       *within = results_take(&r, "populations.weight_within"),
                       *between = results_take(&r, "populations.weight_between"),
                       *size = results_take(&r, "populations.population_size");
    struct blocks b = {.num = 0};
    figure_title(f, s, "Recurrent weights of the circuit");
    if (results_lack(&r, weight, "populations.block", "No two opposite directions have kick sets.",
                     f))
        return results_end(&r);
    find_blocks(&b, weight, &r);
    write_blocks(f, &b, weight, unit);
    draw(f, &b);
    figure_say(
        f,
        "Within the kick sets of %s and %s weights are %.2g and %.2g in the mean, from one to "
        "the other %.2g and %.2g.",
        b.name[0], b.name[1], array_at(within, 0, 0, 0), array_at(within, 0, 1, 0),
        array_at(between, 0, 0, 0), array_at(between, 0, 1, 0));
    if (array_at(size, 0, 0, 0) + array_at(size, 0, 1, 0) == 0)
        figure_say(f, "No unit weighs on both more than by chance: there are no populations.");
    else
        figure_say(f,
                   "Population 1 (%g units) inhibits the first and excites the second, population "
                   "2 (%g) the reverse; of each, at most 15 are shown.",
                   array_at(size, 0, 0, 0), array_at(size, 0, 1, 0));
    return results_end(&r);
}
