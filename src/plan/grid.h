/* grid: a grid file as it was written, checked but not yet expanded. */
#pragma once

#include "seeds.h"

enum { MAX_RUNS = 1000000, MAX_CELLS = 200000, MAX_RULES = 1000, MAX_NAME = 31 };

struct block {
    const char *name; /* in the plan's pool */
    const struct node *at;
    struct assigns set;
    struct axes zip, product;
    struct seeds seeds;      /* of its cells; none: the grid's */
    int num_left, num_added; /* cells that exclude left, and that were new; of the expansion */
};

struct include {
    const struct block *from; /* its set applies; NULL: defaults only */
    const char *name;
    const struct node *at;
    struct assigns set;
    int num_added; /* of the expansion */
};

struct override {
    struct axes when;
    struct assigns set;
    const struct node *at;
    bool changed, lasted; /* something, in any cell, and to the end; of the expansion */
};

struct grid {
    const char *study, *description; /* in the plan's pool */
    struct assigns defaults;         /* of defaults, accept and reseed */
    struct assigns study_settings;   /* of run */
    int num_blocks, num_excludes, num_includes, num_overrides;
    struct block *block;
    struct axes *exclude;
    struct include *include;
    struct override *override;
    const struct assign *reseed; /* reseed.max of cells that accept every run; of the expansion */
    bool is_reseeded;            /* there are others too */
    struct seeds seeds;
};

/* Tree -> *grid. Faults are reported; what they touch is left out. */
void grid_read(struct reading *r, const struct node *root, struct grid *grid);

/* The seeds of a block's cells; NULL: of cells of none. */
const struct seeds *grid_seeds(const struct grid *grid, const struct block *block);

/* Cells before exclusion, -1 when a block or all together are more than MAX_CELLS or, times
 * seeds, than MAX_RUNS (a fault). Nothing is allocated before this is known. */
long grid_num_entries(struct reading *r, const struct grid *grid);
