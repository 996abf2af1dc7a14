/* density: a Gaussian kernel density estimate in the plane, on a grid, and the levels of its
 * contours.
 *   p(g) = 1/n sum_i N(g; x_i, f^2 S), S the sample covariance (ddof 1), f = widening n^(-1/6)
 * Source: SCIENCE 4 (Scott's factor, times 3 there); Scott 1992; Wand & Jones 1995, appendix D.
 */
#pragma once

#include "hmmgrid/status.h"
#include <stdbool.h>
#include <stddef.h>

enum { DENSITY_SIDE = 200, DENSITY_CELLS = DENSITY_SIDE * DENSITY_SIDE };

/* Grid point (i, j) lies at low[0] + i step[0], low[1] + j step[1], the middle of its cell. */
struct density_grid {
    double low[2], step[2];
};

/* Density at the DENSITY_SIDE x DENSITY_SIDE points of a grid from the smallest coordinate - 3 to
 * the largest + 3 bandwidths (sd of the kernel along that axis). x (n, 2); value (DENSITY_CELLS)
 * out, row i, column j. Points are binned: it is within DENSITY_ERROR of its maximum of the sum
 * above, but for points with a range beyond some 100 bandwidths or a squared correlation above .98,
 * where the grid is too coarse. False, with value and grid NaN, where there is no such density: n <
 * 3, a coordinate is not finite, or the points lie on a line (1 - squared correlation < 1e-3, or
 * one axis carries less than 1e-12 of the other's variance). STATUS_NO_MEMORY (at
 * most 40 MB is taken). */
#define DENSITY_ERROR 2e-4
int density_estimate(const double *x, size_t n, double widening, struct density_grid *grid,
                     double *value, bool *is_defined, struct status *st);

/* Levels L such that the cells with value >= L hold the shares of the grid's total (the first cell,
 * largest first, at which the share is reached is the last one in).
 *   sorted (DENSITY_CELLS): scratch, the values descending on return; share (num), in (0, 1)
 *   level (num) out, cells (num) out: how many cells that is */
void density_levels(const double *value, double *sorted, const double *share, int num,
                    double *level, size_t *cells);
