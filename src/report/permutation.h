/* permutation: tests by labelling again, over blocks that are compared each in itself: cells of a
 * grid with two groups of runs. All arrangements where they are at most a million, else 99,999 of
 * them drawn at random (of more than a thousand values 9,999); the same bits whatever the order of
 * runs and blocks. Pure. Refuses to judge.
 */
#pragma once

#include "inference.h"
#include "hmmgrid/rng.h"
#include "hmmgrid/status.h"

/* Groups A and B of one block, finite numbers; borrowed, ascending where they are no pairs.
 * paired: x[i] belongs to y[i], n == m, pairs in an order that does not depend on rows. */
struct block {
    const double *x, *y;
    int n, m;
    bool paired;
};

struct permutation {
    double effect;       /* mean over blocks of mean(x) - mean(y) */
    double p;            /* two-sided, by |effect| among arrangements, this one included */
    double least;        /* the smallest p that so many values allow */
    double arrangements; /* how many there are */
    bool exact;          /* all of them were counted */
};

/* Of blocks (num) with at least one value a side. Labels are exchanged within a block, of pairs
 * within a pair. STATUS_NO_MEMORY. Source: Edgington & Onghena 2007. */
int permutation_test(const struct block *block, int num, struct rng rng, struct permutation *out,
                     struct status *st);
