/* contour_lines: where a density on a grid has a value, as pieces of straight lines. */
#pragma once

#include "panel.h"

struct density {
    const double *v;      /* (n, n) at the centres of cells */
    const double *extent; /* (4) outer edges of these: least and largest x, least and largest y */
    int n;
};

/* Write the pieces to f->csv, each two lines "NAME,x,y" and an empty one, and add them to *plane;
 * right: the place furthest to the right. Where a cell has two pieces they do not cross, but which
 * corners they cut off is arbitrary. */
void contour_write(struct figure *f, const struct density *density, double level, double name,
                   struct plane *plane, double right[2]);
