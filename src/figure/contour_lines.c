/* contour_lines: see contour_lines.h. Marching squares (Lorensen & Cline 1987, in the plane): a
 * side of the square between four centres is crossed where its ends lie on different sides of the
 * level, at the place that linear interpolation gives. */
#include "contour_lines.h"

#include <string.h>

static double corner(const struct density *d, int a, int b)
{
    return d->v[(size_t)a * (size_t)d->n + (size_t)b];
}

/* x or y (axis 0 or 1) of the centre of cell `at`, a fraction allowed. */
static double place(const struct density *d, int axis, double at)
{
    double low = d->extent[2 * axis], high = d->extent[2 * axis + 1];
    return low + (at + 0.5) * (high - low) / d->n;
}

/* Places where the sides of a square are crossed; returns how many: 0, 2 or 4. */
static int crossings(const struct density *d, double level, int a, int b, double at[4][2])
{
    static const int step[5][2] = {{0, 0}, {1, 0}, {1, 1}, {0, 1}, {0, 0}};
    int num = 0;
    for (int k = 0; k < 4; k++) {
        int a0 = a + step[k][0], b0 = b + step[k][1];
        int a1 = a + step[k + 1][0], b1 = b + step[k + 1][1];
        double from = corner(d, a0, b0), to = corner(d, a1, b1);
        if ((from >= level) == (to >= level)) continue;
        double share = (level - from) / (to - from);
        at[num][0] = place(d, 0, a0 + share * (a1 - a0));
        at[num++][1] = place(d, 1, b0 + share * (b1 - b0));
    }
    return num;
}

void contour_write(struct figure *f, const struct density *density, double level, double name,
                   struct plane *plane, double right[2])
{
    right[0] = -INFINITY;
    for (int a = 0; a + 1 < density->n; a++)
        for (int b = 0; b + 1 < density->n; b++) {
            double at[4][2];
            for (int k = 0, num = crossings(density, level, a, b, at); k < num; k++) {
                fprintf(f->csv, "%g,%.5g,%.5g\n%s", name, at[k][0], at[k][1], k % 2 ? "\n" : "");
                plane_add(plane, at[k][0], at[k][1]);
                if (at[k][0] > right[0]) memcpy(right, at[k], sizeof at[k]);
            }
        }
}
