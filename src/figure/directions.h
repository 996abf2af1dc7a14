/* directions: the directions of switching that the circuit of a run is made of, 0 → 2 and so on, as
 * panels of a figure. */
#pragma once

#include "panel.h"
#include "results.h"

enum { MAX_DIRECTIONS_SHOWN = 6, DIRECTION_BYTES = 16 };

struct directions {
    int num;
    char name[MAX_DIRECTIONS_SHOWN][DIRECTION_BYTES]; /* "0 → 2" */
};

/* Those of an analysis's outputs `from` and `to`; an entry of NaN is none, and none comes after. */
void directions_name(struct directions *d, const struct array *from, const struct array *to);

/* Panels of this height (mm) side by side, at most three, with room above each for its title and
 * `head` mm above all: set the size of the figure. Open panel `at`, with a label of its y axis when
 * it is the first of its line. */
struct shelf {
    int num;
    double height, head;
};
void shelf_layout(struct figure *f, const struct shelf *shelf);
void shelf_open(struct figure *f, const struct shelf *shelf, int at, const char *ylabel);
