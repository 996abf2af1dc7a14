/* pca: exact principal components of many states, signs fixed. */
#pragma once

#include "hmmgrid/status.h"
#include <stddef.h>

struct pca {
    int width, count; /* of a state; of components kept */
    double *mean;     /* (width), the one owned block */
    double
        *component; /* (count, width) rows of unit length; the entry of largest size is positive */
    double *variance; /* (count), descending; ddof 1 */
    double total;     /* variance of all components, sum */
    double squares;   /* sum of their squares */
};

/* Of x (n, width), n >= 2, count <= width: eigenvectors of the covariance matrix (LAPACK, all of
 * it). Components of no variance are kept as LAPACK gives them. STATUS_NO_MEMORY;
 * STATUS_RUN_FAILED: x is not finite. Free with pca_free. */
int pca_fit(struct pca *pca, const float *x, size_t n, int width, int count, struct status *st);
void pca_free(struct pca *pca); /* accepts a zeroed struct */

/* Scores (n, count) of x (n, width) on the first `count` components. */
void pca_project(const struct pca *pca, const float *x, size_t n, int count, double *score);
