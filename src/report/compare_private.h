/* compare_private: what the parts of compare share: compare_cells.c, compare_numbers.c, compare.c.
 */
#pragma once

#include "bootstrap.h"
#include "compare.h"

#define COMPARE_FLOOR "floor"
bool compare_is_floor(const struct compare *c);

/* --- compare_cells.c -------------------------------------------------------------------------- */

/* The level of every row, and all levels in their order; of a floor one without a text.
 * STATUS_NO_MEMORY; STATUS_USAGE: no such name. */
int compare_find_levels(struct compare *c, struct status *st);

/* The cell of every row, the keys of cells and c->also. Errors as of compare_make. */
int compare_find_cells(struct compare *c, struct status *st);

void compare_free_texts(char **text, int num);

/* --- compare_numbers.c ------------------------------------------------------------------------ */

/* A run that ended, of those that are compared. */
struct entry {
    int64_t seed;
    bool landed;
    double value, floor;
};

/* (num) of one level in one cell, by seed; malloc'd. */
struct side {
    struct entry *entry;
    int num;
};

int side_gather(struct compare *c, int cell, int level, struct side *side, struct status *st);
struct landing side_landing(const struct side *side);

/* The numbers of one comparison, all owned: values, 1 and 0 for landed or not, and how far values
 * are from the floor. */
struct numbers {
    double *x[2], *landed[2], *far[2], *above[2];
    double *floor; /* of A */
    int n[2], ended[2];
};

/* Free with numbers_free, also after an error. STATUS_NO_MEMORY; STATUS_USAGE: a seed twice, of
 * which there are to be pairs. */
int numbers_of(struct compare *c, const struct side side[2], struct numbers *v, struct status *st);
void numbers_free(struct numbers *v);

/* --- compare_pooled.c ------------------------------------------------------------------------- */

/* The numbers of cells (num) that have two levels, and the comparisons of these cells. */
struct pooled {
    struct numbers *numbers;
    const struct comparison *first;
    int num;
};

/* All cells together into *p. STATUS_NO_MEMORY. */
int compare_pooled(const struct compare *c, const struct pooled *all, struct comparison *p,
                   struct status *st);

/* What is drawn at random for a comparison, by its cell ("": of all cells) and levels. */
struct rng compare_stream(const struct compare *c, const char *cell, int a, int b,
                          const char *purpose);
