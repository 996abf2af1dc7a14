/* subspace: what the files of the analysis subspace share: pairs of symbols, and the states of the
 * network at every noise level on the components of each. Private to src/analyse. Source:
 * SCIENCE 4.
 */
#pragma once

#include "analysis.h"

enum {
    PAIRS = 3,
    GLOBAL = 4, /* components of the driven run */
    OWN = 3,    /* components of a pair */
    AXES = 2,
    LEVELS = 5,
    CHAINS = 100, /* of a level, so many steps each */
    CHAIN_STEPS = 100
};
extern const int subspace_axis[AXES];       /* components of a pair that are drawn */
extern const double subspace_level[LEVELS]; /* sds of the noise */

struct subspace_pair {
    int symbol[2];
    size_t num;            /* states in it */
    size_t longest, begin; /* longest run, the first of equal ones, and its first state */
    struct pca pca;        /* of the scores; count 0: fewer than 10 states */
};

bool subspace_has(const struct subspace_pair *pair, int symbol);

/* Scores (n, G) of states h on G components; false when one is beyond float. */
bool subspace_scores(const struct pca *pca, const float *h, size_t n, int G, float *score);

/* --- spread at each noise level: subspace_spread.c -------------------------------------------- */

/* States of every pair and level on the pair's first and third component. */
struct subspace_spread {
    double *score;             /* (PAIRS, LEVELS, CHAINS CHAIN_STEPS, AXES) */
    size_t num[PAIRS][LEVELS]; /* so many of them */
    bool exploded;             /* a score was beyond float; nothing is told then */
};

/* In scratch: 100 driven states times each level go on, 20 steps dropped and 100 kept, all levels
 * with the same numbers. STATUS_NO_MEMORY. */
int subspace_drive(const struct analysis_input *in, const struct driven *driven,
                   const struct subspace_pair *pair, int num, int G, struct subspace_spread *spread,
                   struct status *st);
double *subspace_scores_at(const struct subspace_spread *spread, int p, int v);

/* Area of the 95 % ellipse of the covariance of x (n, 2). */
double subspace_ellipse(const double *x, size_t n);
