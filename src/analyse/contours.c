/* contours: how far the states of the driven network spread over the plane of the first two
 * components, at five noise levels: density, contours, the area these enclose. The reference calls
 * the levels variances (defect D17, fixed: they are standard deviations). All levels take the same
 * noise, times their sd, so a network without biases gives areas that grow as sd^2 but for
 * rounding, and a deviation is the network's own. Refuses many short chains: one chain a level,
 * from h = 0, which is kept. Source: SCIENCE 4.
 */
#include "analysis.h"
#include "base/density.h"
#include "base/statistics.h"
#include "dynamics/ensemble.h"

#include <math.h>
#include <string.h>

enum { LEVELS = 5, UNIT_LEVEL = 1, STATES = 10000, MASSES = 3, OUTER = 1, SIDES = 4, COARSE = 50 };
enum { FINE = DENSITY_SIDE / COARSE, BLOCKS = 10 };
static const double noise_sd[LEVELS] = {.1, 1, 2, 3, 4};
static const double mass[MASSES] = {.8, .95, .99};
static const double widening = 3; /* times Scott's factor */

static const struct analysis_dim noise = {"noise_sd", LEVELS, noise_sd, "1",
                                          "sd of the noise that drives the network"};
static const struct analysis_dim held = {"mass", MASSES, mass, "1",
                                         "share of the density inside the contour"};
static const struct analysis_dim side = {"side", SIDES, NULL, "1",
                                         "least and largest PC1, least and largest PC2"};
static const struct analysis_dim pc1 = {"pc1_cell", COARSE, NULL, "1", "cell along PC1"};
static const struct analysis_dim pc2 = {"pc2_cell", COARSE, NULL, "1", "cell along PC2"};

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    PLANE(LEVEL, "level", noise, held, "1", "density on the contour")                              \
    PLANE(AREA, "area", noise, held, "1", "area inside the contour, in units of PC1 times PC2")    \
    CURVE(AREA_SE, "area_se", noise, "1",                                                          \
          "standard error of the area at mass .95: jackknife over 10 blocks of the chain")         \
    CURVE(SQRT_RATIO, "sqrt_area_ratio", noise, "1",                                               \
          "root of the area at mass .95 over that at noise sd 1")                                  \
    CURVE(SQRT_RATIO_SE, "sqrt_area_ratio_se", noise, "1", "its standard error, same jackknife")   \
    PLANE(EXTENT, "extent", noise, side, "1", "outer edges of the cells of the density")           \
    SOLID(DENSITY, "density", noise, pc1, pc2, "1",                                                \
          "density of the states, mean over the 16 points of a cell")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

/* The chains of all levels, side by side: score (LEVELS, STATES, 2). */
static int drive(const struct analysis_input *in, const struct pca *pca, double *score,
                 struct status *st)
{
    struct ensemble all;
    size_t H = (size_t)in->net->shape.hidden;
    int code = ensemble_init(&all, in->net, LEVELS, st);
    for (size_t t = 0; t < STATES && !code; t++) {
        for (size_t v = 0; v < LEVELS; v++)
            pca_project(pca, all.h + v * H, 1, 2, score + (v * STATES + t) * 2);
        ensemble_noise_levels(&all, rng_child(in->rng, 0), t, noise_sd, LEVELS);
        ensemble_step(&all, all.noise);
        if (t % 1000 == 0) code = analysis_check_stop(in, st);
    }
    ensemble_free(&all);
    return code;
}

struct plane {
    double *value, *sorted; /* (DENSITY_CELLS) each */
    struct density_grid grid;
    bool is_defined;
    double level[MASSES], area[MASSES];
};

static int contour(const double *score, size_t n, struct plane *p, struct status *st)
{
    size_t cells[MASSES];
    for (int m = 0; m < MASSES; m++) p->level[m] = p->area[m] = NAN;
    int code = density_estimate(score, n, widening, &p->grid, p->value, &p->is_defined, st);
    if (code || !p->is_defined) return code;
    density_levels(p->value, p->sorted, mass, MASSES, p->level, cells);
    for (int m = 0; m < MASSES; m++)
        p->area[m] = (double)cells[m] * p->grid.step[0] * p->grid.step[1];
    return code;
}

static void keep_density(const struct plane *p, int v, struct outputs *out)
{
    for (int k = 0; k < 2; k++) {
        put(out, EXTENT, p->grid.low[k] - p->grid.step[k] / 2, v, 2 * k);
        put(out, EXTENT, p->grid.low[k] + (DENSITY_SIDE - .5) * p->grid.step[k], v, 2 * k + 1);
    }
    for (int i = 0; i < COARSE; i++)
        for (int j = 0; j < COARSE; j++) {
            double sum = 0;
            for (int a = 0; a < FINE; a++)
                for (int b = 0; b < FINE; b++)
                    sum += p->value[(i * FINE + a) * DENSITY_SIDE + j * FINE + b];
            put(out, DENSITY, sum / (FINE * FINE), v, i, j);
        }
}

/* rest (STATES, 2): scratch */
static int errors(const struct analysis_input *in, const double *score, double *rest,
                  struct plane *p, struct outputs *out, struct status *st)
{
    double area[LEVELS][BLOCKS], ratio[LEVELS][BLOCKS];
    size_t block = STATES / BLOCKS;
    for (size_t b = 0; b < BLOCKS; b++) {
        for (size_t v = 0; v < LEVELS; v++) {
            const double *own = score + v * STATES * 2;
            memcpy(rest, own, 2 * b * block * sizeof *rest);
            memcpy(rest + 2 * b * block, own + 2 * (b + 1) * block,
                   2 * (STATES - (b + 1) * block) * sizeof *rest);
            int code = contour(rest, STATES - block, p, st);
            if (!code) code = analysis_check_stop(in, st);
            if (code) return code;
            area[v][b] = p->area[OUTER];
        }
        for (int v = 0; v < LEVELS; v++) ratio[v][b] = sqrt(area[v][b] / area[UNIT_LEVEL][b]);
    }
    for (int v = 0; v < LEVELS; v++) {
        put(out, AREA_SE, jackknife_error(area[v], BLOCKS), v);
        put(out, SQRT_RATIO_SE, jackknife_error(ratio[v], BLOCKS), v);
    }
    return STATUS_OK;
}

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    const struct driven *driven;
    struct plane p;
    int code = driven_get(in, &driven, st);
    if (code || driven->pca.count < 2) return code;
    double *score = scratch(in, 2 * (LEVELS + 1) * STATES + 2 * DENSITY_CELLS, sizeof *score);
    if (!score) return status_no_memory(st, "contours");
    p.value = score + 2 * (LEVELS + 1) * STATES;
    p.sorted = p.value + DENSITY_CELLS;
    code = drive(in, &driven->pca, score, st);
    for (int v = 0; v < LEVELS && !code; v++) {
        code = contour(score + (size_t)v * STATES * 2, STATES, &p, st);
        if (code || !p.is_defined) continue;
        for (int m = 0; m < MASSES; m++) {
            put(out, LEVEL, p.level[m], v, m);
            put(out, AREA, p.area[m], v, m);
        }
        keep_density(&p, v, out);
    }
    const double *area = out->value[AREA] + OUTER;
    for (int v = 0; v < LEVELS; v++)
        put(out, SQRT_RATIO, sqrt(area[v * MASSES] / area[UNIT_LEVEL * MASSES]), v);
    if (!code) code = errors(in, score, score + (size_t)LEVELS * STATES * 2, &p, out, st);
    return code;
}

const struct analysis analysis_contours = {ANALYSIS(contours), .signal = DENSITY};
