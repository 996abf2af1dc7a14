/* density_plane: the density of states in a plane, its contours and the areas these enclose, as the
 * analyses contours and subspace give them. Private to src/analyse. Source: SCIENCE 4.
 */
#pragma once

#include "analysis.h"
#include "base/density.h"

enum { MASSES = 3, MASS_95 = 1, SIDES = 4 };
extern const double density_mass[MASSES];
#define DENSITY_MASS                                                                               \
    {                                                                                              \
        "mass", MASSES, density_mass, "1", "share of the density inside the contour"               \
    }

struct density_plane {
    double *value, *sorted; /* (DENSITY_CELLS) each */
    struct density_grid grid;
    bool is_defined; /* see density_estimate; else level and area are NaN */
    double level[MASSES], area[MASSES];
};

/* In scratch. STATUS_NO_MEMORY. */
int density_plane_init(struct density_plane *plane, const struct analysis_input *in,
                       struct status *st);

/* Of score (n, 2). STATUS_NO_MEMORY. */
int density_plane_fit(struct density_plane *plane, const double *score, size_t n,
                      struct status *st);

/* Outer edges of the cells: least and largest first coordinate, least and largest second one. */
void density_plane_extent(const struct density_plane *plane, double edge[SIDES]);

/* Mean density of cell (i, j) of `side` x `side`; side divides DENSITY_SIDE. */
double density_plane_cell(const struct density_plane *plane, int side, int i, int j);
