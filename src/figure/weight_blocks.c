/* weight_blocks: recurrent weights among the kick units of two opposite directions and the
 * populations that integrate noise for them, for every such pair. Source of what it shows:
 * SCIENCE 5.5. */
#include "make.h"
#include "panel.h"
#include "results.h"

enum { LEFT = 15, TOP = 7, BOTTOM = 5, GAP = 13, MAX_PLACES = 64, GROUPS = 4, MAX_BLOCKS = 3 };

/* Of a pair: the places that hold a unit, and the group of each. */
struct blocks {
    int pair, num, place[MAX_PLACES], group[MAX_PLACES];
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
        snprintf(b->name[g], sizeof b->name[g], "%.0f → %.0f", array_at(from, b->pair, g, 0),
                 array_at(to, b->pair, g, 0));
        snprintf(b->name[2 + g], sizeof b->name[g], "P%d", g + 1);
    }
    for (int i = 0; i < weight->size[1]; i++)
        if (b->num < MAX_PLACES && !isnan(array_at(weight, b->pair, i, i))) {
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
            double w = array_at(weight, b->pair, b->place[i], b->place[j]);
            fprintf(f->csv, "%d,%d,%g,%g,%.5g\n", i, j, array_at(unit, b->pair, b->place[i], 0),
                    array_at(unit, b->pair, b->place[j], 0), w);
            b->largest = fmax(b->largest, fabs(w));
        }
        fputs("\n", f->csv);
    }
    fputs("\n", f->csv);
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

/* Panel `at`, `side` mm wide and high. */
static void draw_blocks(struct figure *f, const struct blocks *b, int at, double side)
{
    panel_open(f, LEFT + at * (side + GAP), TOP, side, side);
    fprintf(f->script,
            "unset arrow; unset label\n"
            "set xrange [-0.5:%d.5]; set yrange [%d.5:-0.5]\n"
            "set label \"from\" at graph 0.5,0 center offset 0,-0.9\n"
            "set label \"to\" at graph 0,1 right offset -0.6,0.6\n",
            b->num - 1, b->num - 1);
    draw_groups(f, b);
    fprintf(f->script, "plot data index %d using 2:1:5 with image pixels\nunset colorbox\n", at);
}

static void draw(struct figure *f, const struct blocks *b, int num)
{
    double side = num > 1 ? 38 : 52, largest = 0,
           right = LEFT + num * (side + GAP) - GAP + 2; /* of all panels */
    f->width_mm = num > 1 ? PAGE_MM : COLUMN_MM;
    f->height_mm = TOP + side + BOTTOM;
    for (int i = 0; i < num; i++) largest = fmax(largest, b[i].largest);
    fprintf(f->script,
            "set multiplot\neval change\nset cbrange [%g:%g]\n"
            "set border 15; unset xtics; unset ytics\n"
            "set colorbox user origin %.4f,%.4f size %.4f,%.4f\nset cbtics scale 0.3\n"
            "set cblabel \"recurrent weight\" offset -0.5\n",
            -largest, largest, right / f->width_mm, BOTTOM / f->height_mm, 2.5 / f->width_mm,
            side / f->height_mm);
    for (int i = 0; i < num; i++) draw_blocks(f, &b[i], i, side);
    fputs("unset multiplot\n", f->script);
}

static void say(struct figure *f, struct results *r, const struct blocks *b)
{
    const struct array *within = results_take(r, "populations.weight_within"),
                       *between = results_take(r, "populations.weight_between"),
                       *size = results_take(r, "populations.population_size");
    figure_say(
        f,
        "%s and %s: mean weights %.2g and %.2g within the kick sets, %.2g and %.2g onto them "
        "from the other; populations of %g and %g units.",
        b->name[0], b->name[1], array_at(within, b->pair, 0, 0), array_at(within, b->pair, 1, 0),
        array_at(between, b->pair, 0, 0), array_at(between, b->pair, 1, 0),
        array_at(size, b->pair, 0, 0), array_at(size, b->pair, 1, 0));
}

int figure_weights(struct figure *f, const struct source *s, int run, struct status *st)
{
    struct results r = {.source = s, .run = run, .st = st};
    const struct array *weight = results_take(&r, "populations.block"),
                       *unit = results_take(&r, "populations.units");
    struct blocks b[MAX_BLOCKS] = {{.num = 0}};
    int num = 0;
    figure_title(f, s, "Recurrent weights of the circuit");
    if (results_lack(&r, weight, "populations.block", "No two opposite directions have kick sets.",
                     f))
        return results_end(&r);
    for (int pair = 0; pair < weight->size[0] && num < MAX_BLOCKS; pair++) {
        b[num].pair = pair;
        find_blocks(&b[num], weight, &r);
        if (!b[num].num) continue;
        write_blocks(f, &b[num], weight, unit);
        say(f, &r, &b[num++]);
    }
    draw(f, b, num);
    figure_say(f, "Population P1 inhibits the first set and excites the second, P2 the "
                  "reverse; of each at most 15 units are shown.");
    return results_end(&r);
}
