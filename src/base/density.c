/* density: see density.h. Sheared so that the kernel is a product of two normals, the points are
 * shared out linearly among fine bins and these smoothed along one axis after the other; the kernel
 * is narrowed by the variance that binning adds. Refuses to choose a bandwidth. S = L L', u = x_0,
 * v = x_1 - (L_10 / L_00) x_0: the kernel is N(u; L_00) N(v; L_11)
 */
#include "density.h"
#include "linalg.h"

#include <math.h>
#include <stdlib.h>

enum {
    BINS_PER_SD = 20, /* of the kernel, at least, while a step of the grid has MAX_SPLIT bins */
    MAX_SPLIT = 8,
    MAX_BINS = 4000000, /* fewer bins to a step where far outliers would ask for more */
    CUTOFF = 6          /* sd of the kernel */
};

/* The kernel in sheared coordinates and the bins: bin (a, b) is at low_u + a width[0],
 * low_v + b width[1]. */
struct bins {
    double sd[2], shear, low[2], width[2];
    int split[2]; /* bins in a step of the grid */
    int count[2];
};

static double sheared(const struct bins *b, const struct density_grid *g, const double *x)
{
    return x[1] - b->shear * (x[0] - g->low[0]);
}

/* Covariance c00, c01, c11 and range of the points; false when they fill no plane. */
static bool measure(const double *x, size_t n, double c[3], double low[2], double high[2])
{
    double mean[2] = {0, 0};
    for (size_t i = 0; i < n; i++)
        for (int k = 0; k < 2; k++) {
            double v = x[2 * i + (size_t)k];
            if (!isfinite(v)) return false;
            mean[k] += v / (double)n;
            low[k] = i && low[k] < v ? low[k] : v;
            high[k] = i && high[k] > v ? high[k] : v;
        }
    c[0] = c[1] = c[2] = 0;
    for (size_t i = 0; i < n; i++) {
        double u = x[2 * i] - mean[0], v = x[2 * i + 1] - mean[1];
        c[0] += u * u;
        c[1] += u * v;
        c[2] += v * v;
    }
    if (n < 3 || !isfinite(c[0]) || !isfinite(c[2])) return false;
    if (!(c[0] > 1e-12 * c[2] && c[2] > 1e-12 * c[0])) return false;
    double correlation = c[1] / sqrt(c[0]) / sqrt(c[2]);
    for (int k = 0; k < 3; k++) c[k] /= (double)(n - 1);
    return 1 - correlation * correlation >= 1e-3;
}

/* Bins of 1 / split of a step of the grid; v in [least, most]. */
static void split_steps(const struct density_grid *grid, double least, double most,
                        struct bins *bins)
{
    bins->low[0] = grid->low[0];
    bins->low[1] = least;
    for (int k = 0; k < 2; k++) {
        bins->width[k] = grid->step[k] / bins->split[k];
        bins->count[k] = (DENSITY_SIDE - 1) * bins->split[k] + 1;
    }
    bins->count[1] = (int)((most - least) / bins->width[1]) + 2;
}

static void lay_out(const double *x, size_t n, double widening, const double c[3],
                    const double low[2], const double high[2], struct density_grid *grid,
                    struct bins *bins)
{
    double factor = widening * pow((double)n, -1.0 / 6);
    *bins = (struct bins){.sd = {factor * sqrt(c[0]), factor * sqrt(c[2] - c[1] / c[0] * c[1])},
                          .shear = c[1] / c[0]};
    for (int k = 0; k < 2; k++) {
        double bandwidth = factor * sqrt(c[2 * k]);
        grid->low[k] = low[k] - 3 * bandwidth;
        grid->step[k] = (high[k] - low[k] + 6 * bandwidth) / (DENSITY_SIDE - 1);
        double split = ceil(BINS_PER_SD * grid->step[k] / bins->sd[k]);
        bins->split[k] = split < MAX_SPLIT ? (int)split : MAX_SPLIT;
    }
    double least = INFINITY, most = -INFINITY;
    for (size_t i = 0; i < n; i++) {
        double v = sheared(bins, grid, x + 2 * i);
        least = v < least ? v : least;
        most = v > most ? v : most;
    }
    split_steps(grid, least, most, bins);
    while ((double)bins->count[0] * bins->count[1] > MAX_BINS &&
           bins->split[0] * bins->split[1] > 1) {
        bins->split[bins->split[1] > bins->split[0]]--;
        split_steps(grid, least, most, bins);
    }
}

/* hist (count[0], count[1]), zeroed before: shares of the points, linear in both directions */
static void fill(const double *x, size_t n, const struct density_grid *grid,
                 const struct bins *bins, float *hist)
{
    int rows = bins->count[0], columns = bins->count[1];
    for (size_t i = 0; i < n; i++, x += 2) {
        double u = (x[0] - bins->low[0]) / bins->width[0];
        double v = (sheared(bins, grid, x) - bins->low[1]) / bins->width[1];
        int a = (int)u < rows - 2 ? (int)u : rows - 2;
        int b = (int)v < columns - 2 ? (int)v : columns - 2;
        double right = u - a, above = v - b;
        float *at = hist + (size_t)a * (size_t)columns + b;
        at[0] += (float)((1 - right) * (1 - above));
        at[1] += (float)((1 - right) * above);
        at[columns] += (float)(right * (1 - above));
        at[columns + 1] += (float)(right * above);
    }
}

/* Mass of a normal per bin at distance d (bins) along axis k, 0 beyond the cut-off. Linear binning
 * of a point anywhere in a bin adds width^2 / 6 to the variance on average. */
static double kernel(const struct bins *bins, int k, double d)
{
    double sd = bins->sd[k] / bins->width[k];
    double narrowed = sqrt(fmax(sd * sd - 1.0 / 6, sd * sd / 2)), z = d / narrowed;
    if (fabs(z) > CUTOFF) return 0;
    return exp(-z * z / 2) / (sqrt(2 * 3.14159265358979323846) * narrowed);
}

/* weight (DENSITY_SIDE, count[0]): of the rows of bins at each row of the grid */
static void row_weights(const struct bins *bins, float *weight)
{
    for (int i = 0; i < DENSITY_SIDE; i++)
        for (int a = 0; a < bins->count[0]; a++)
            *weight++ = (float)kernel(bins, 0, i * bins->split[0] - a);
}

/* One row of the grid from its smoothed bins row (count[1]); table (count[1] + DENSITY_SIDE *
 * split[1]) scratch: the kernel by distance in bins. */
static void smooth_row(const struct bins *bins, const struct density_grid *grid, int i,
                       double scale, const float *row, float *table, double *value)
{
    int columns = bins->count[1], split = bins->split[1];
    double corner[2] = {grid->low[0] + i * grid->step[0], grid->low[1]};
    double base = (sheared(bins, grid, corner) - bins->low[1]) / bins->width[1];
    int size = columns + (DENSITY_SIDE - 1) * split;
    for (int d = 0; d < size; d++) table[d] = (float)kernel(bins, 1, base + d - (columns - 1));
    double reach = CUTOFF * bins->sd[1] / bins->width[1];
    for (int j = 0; j < DENSITY_SIDE; j++) {
        double at = base + j * split, from = ceil(at - reach), to = floor(at + reach);
        int first = from < 0 ? 0 : from > columns ? columns : (int)from;
        int end = to < 0 ? 0 : to >= columns ? columns : (int)to + 1;
        const float *k = table + j * split + columns - 1;
        double sum[4] = {0, 0, 0, 0};
        int b = first;
        for (; b + 4 <= end; b += 4)
            for (int c = 0; c < 4; c++) sum[c] += (double)row[b + c] * k[-b - c];
        for (; b < end; b++) sum[0] += (double)row[b] * k[-b];
        value[j] = (sum[0] + sum[1] + sum[2] + sum[3]) * scale;
    }
}

int density_estimate(const double *x, size_t n, double widening, struct density_grid *grid,
                     double *value, bool *is_defined, struct status *st)
{
    struct bins bins;
    double c[3], low[2], high[2];
    *grid = (struct density_grid){{NAN, NAN}, {NAN, NAN}};
    for (size_t i = 0; i < DENSITY_CELLS; i++) value[i] = NAN;
    *is_defined = measure(x, n, c, low, high);
    if (!*is_defined) return STATUS_OK;
    lay_out(x, n, widening, c, low, high, grid, &bins);
    size_t rows = (size_t)bins.count[0], columns = (size_t)bins.count[1];
    size_t table = columns + (size_t)(DENSITY_SIDE * bins.split[1]);
    float *hist = calloc(rows * columns + DENSITY_SIDE * (rows + columns) + table, sizeof *hist);
    if (!hist) return status_no_memory(st, "a density");
    float *weight = hist + rows * columns, *smooth = weight + DENSITY_SIDE * rows;
    fill(x, n, grid, &bins, hist);
    row_weights(&bins, weight);
    linalg_gemm(0, 0, DENSITY_SIDE, (int)columns, (int)rows, 1, weight, (int)rows, hist,
                (int)columns, 0, smooth, (int)columns);
    double scale = 1 / (double)n / bins.width[0] / bins.width[1];
    for (int i = 0; i < DENSITY_SIDE; i++)
        smooth_row(&bins, grid, i, scale, smooth + (size_t)i * columns,
                   smooth + DENSITY_SIDE * columns, value + (size_t)i * DENSITY_SIDE);
    free(hist);
    return STATUS_OK;
}

static int descending(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x < y) - (x > y);
}

void density_levels(const double *value, double *sorted, const double *share, int num,
                    double *level, size_t *cells)
{
    double total = 0;
    for (size_t i = 0; i < DENSITY_CELLS; i++) sorted[i] = value[i];
    qsort(sorted, DENSITY_CELLS, sizeof *sorted, descending);
    for (size_t i = 0; i < DENSITY_CELLS; i++) total += sorted[i];
    for (int s = 0; s < num; s++) {
        double sum = 0;
        size_t i = 0;
        while (i < DENSITY_CELLS - 1 && (sum += sorted[i]) < share[s] * total) i++;
        level[s] = sorted[i];
        cells[s] = i + 1;
    }
}
