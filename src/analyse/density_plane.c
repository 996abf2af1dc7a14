/* density_plane: see density_plane.h. Source: SCIENCE 4. */
#include "density_plane.h"

#include <math.h>

const double density_mass[MASSES] = {.8, .95, .99};
static const double widening = 3; /* times Scott's factor */

int density_plane_init(struct density_plane *plane, const struct analysis_input *in,
                       struct status *st)
{
    plane->value = scratch(in, 2 * DENSITY_CELLS, sizeof *plane->value);
    if (!plane->value) return status_no_memory(st, "contours");
    plane->sorted = plane->value + DENSITY_CELLS;
    return STATUS_OK;
}

int density_plane_fit(struct density_plane *plane, const double *score, size_t n, struct status *st)
{
    size_t cells[MASSES];
    for (int m = 0; m < MASSES; m++) plane->level[m] = plane->area[m] = NAN;
    int code =
        density_estimate(score, n, widening, &plane->grid, plane->value, &plane->is_defined, st);
    if (code || !plane->is_defined) return code;
    density_levels(plane->value, plane->sorted, density_mass, MASSES, plane->level, cells);
    for (int m = 0; m < MASSES; m++)
        plane->area[m] = (double)cells[m] * plane->grid.step[0] * plane->grid.step[1];
    return code;
}

void density_plane_extent(const struct density_plane *plane, double edge[SIDES])
{
    const struct density_grid *grid = &plane->grid;
    for (int k = 0; k < 2; k++) {
        edge[2 * k] = grid->low[k] - grid->step[k] / 2;
        edge[2 * k + 1] = grid->low[k] + (DENSITY_SIDE - .5) * grid->step[k];
    }
}

double density_plane_cell(const struct density_plane *plane, int side, int i, int j)
{
    int fine = DENSITY_SIDE / side;
    double sum = 0;
    for (int a = 0; a < fine; a++)
        for (int b = 0; b < fine; b++)
            sum += plane->value[(i * fine + a) * DENSITY_SIDE + j * fine + b];
    return sum / (fine * fine);
}
