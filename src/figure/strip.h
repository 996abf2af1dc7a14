/* strip: a number of every run as a point, by cell, beside its floor and the HMM's own value: the
 * plain picture of most scores. Of more cells than can be named: medians and ranges, in order.
 */
#pragma once

#include "figure.h"

struct strip {
    const char *title, *label; /* of the axis, with its unit */
    const char *column;
    const char *floor, *floor_sd; /* NULL: none; floor_sd: of one run's floor */
    const char *exact;            /* of the HMM; NULL: none */
    int element;                  /* of array columns; 0 of scalars */
    bool zero;                    /* the axis begins at 0 */
};

/* Draw it and say how many cells lie within two sd of their floor. STATUS_IO, STATUS_NO_MEMORY. */
int strip_draw(struct figure *f, const struct source *s, const struct strip *strip,
               struct status *st);

/* Rows 0 to num - 1 from above, one a cell: their height, the y axis and its labels. */
enum { MOST_NAMED = 32 };
void strip_label(struct figure *f, const struct source *s, const int *cell, int num);
