/* elements: elements of an array column, chosen by the labels of its dimensions.
 *   NAME[1.0,0.95]   a label for each dimension, as `hmmgrid help metrics NAME` lists them
 *   NAME[#0,*]       #N is a position, from 0; * is all of the dimension
 *   NAME             all elements
 */
#pragma once

#include "store/store.h"

enum { MAX_ELEMENTS = 64, INDEX_BYTES = 64 };

struct element {
    int at;                  /* in the row-major value of one run */
    char index[INDEX_BYTES]; /* its labels, "[1,0.95]"; "" of a scalar */
};

/* The elements (*num of them, in row-major order) that an index behind a column's name takes.
 * STATUS_USAGE, with the labels there are, for an index that takes none or more than MAX_ELEMENTS.
 */
int elements_find(struct store *store, int column, const char *index,
                  struct element element[MAX_ELEMENTS], int *num, struct status *st);
