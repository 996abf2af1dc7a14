/* directions: see directions.h. */
#include "directions.h"

enum { LEFT = 13, TOP = 6, BOTTOM = 11, GAP = 10, ACROSS = 3 };

void directions_name(struct directions *d, const struct array *from, const struct array *to)
{
    d->num = 0;
    while (d->num < MAX_DIRECTIONS_SHOWN && !isnan(array_at(from, d->num, 0, 0))) {
        snprintf(d->name[d->num], DIRECTION_BYTES, "%.0f → %.0f", array_at(from, d->num, 0, 0),
                 array_at(to, d->num, 0, 0));
        d->num++;
    }
}

static int across(const struct shelf *shelf)
{
    return shelf->num < ACROSS ? shelf->num : ACROSS;
}

void shelf_layout(struct figure *f, const struct shelf *shelf)
{
    int lines = (shelf->num + ACROSS - 1) / ACROSS;
    f->width_mm = shelf->num > 1 ? PAGE_MM : COLUMN_MM;
    f->height_mm = shelf->head + lines * (TOP + shelf->height + BOTTOM);
}

void shelf_open(struct figure *f, const struct shelf *shelf, int at, const char *ylabel)
{
    int column = at % across(shelf), line = at / across(shelf);
    double width = (f->width_mm - LEFT - 2 + GAP) / across(shelf) - GAP;
    panel_open(f, LEFT + column * (width + GAP),
               shelf->head + TOP + line * (TOP + shelf->height + BOTTOM), width, shelf->height);
    fprintf(f->script, "set ylabel \"%s\"\n", column ? "" : ylabel);
}
