/* spectrum: eigenvalues of the Jacobian diag(A) C W of a ReLU network where the units of a set A
 * are active; C = diag(c) scales what units receive from the others. The nonzero ones are those of
 * the principal submatrix (C W)[A, A]; equal sets are looked up. Source: SCIENCE 5.1 and 5.8.
 */
#pragma once

#include "hmmgrid/network.h"

/* What is counted, with m = (l - 1) / (l + 1) for an eigenvalue l (none at l = -1). */
struct spectrum_counts {
    int unstable;         /* |l| > 1; both members of a pair count */
    int complex_slow;     /* |Re m| < 0.1 and Im m > 0.05: one of a pair (SCIENCE 5.8) */
    int complex_critical; /* |Re m| < 0.1 and Im m > 0.06 (SCIENCE 5.9) */
    double radius;        /* largest |l| */
};

struct spectrum; /* holds the matrix and what was computed */

/* recurrent (H): the factors c, or NULL for 1; copied, as W is. NULL: memory is out. */
struct spectrum *spectrum_new(const struct network *net, const float *recurrent);
void spectrum_free(struct spectrum *spectrum); /* accepts NULL */

/* Counts where active[i] (H) is not 0. STATUS_NO_MEMORY; STATUS_RUN_FAILED: LAPACK fails. */
int spectrum_count(struct spectrum *spectrum, const unsigned char *active,
                   struct spectrum_counts *counts, struct status *st);

/* The eigenvalues themselves, not looked up: re, im (H) out, *num of them (the number of active
 * units). */
int spectrum_eigenvalues(struct spectrum *spectrum, const unsigned char *active, double *re,
                         double *im, int *num, struct status *st);

/* Units with a positive pre-activation in the next step: active[i] = (W h + b [+ U x])_i > 0.
 * next (H): that step's state, from network_step. */
void spectrum_active(const float *next, int H, unsigned char *active);
