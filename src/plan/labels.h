/* labels: the names of a grid's matrices. Of each setting one name means one matrix, wherever in
 * the grid, and one matrix has one name or none; those without one differ in what is shown of their
 * tags. So whatever shows or chooses cells by settings_text tells them apart. */
#pragma once

#include "hmmgrid/settings.h"

struct assign;
struct reading;

struct labels {
    int count, room;
    struct label *item; /* (room) of the tree's pool */
};

/* Note the matrix of a value; nothing for a value that is none. The matrix of 0 x 0 with a name is
 * one that the grid names elsewhere. */
void labels_add(struct reading *r, const struct assign *assign);

/* Report what is named twice, is the name of two, or names nothing. */
void labels_check(struct reading *r);
