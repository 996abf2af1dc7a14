/* contours: how far the states of the driven network spread over the plane of the first two
 * components, at five noise levels: density, contours, the area these enclose. The reference calls
 * the levels variances (defect D17, fixed: they are standard deviations). All levels take the same
 * noise, times their sd, so a network without biases gives areas that grow as sd^2 but for
 * rounding, and a deviation is the network's own. Refuses many short chains: one chain a level,
 * from h = 0, which is kept. Source: SCIENCE 4.
 */
#include "analysis.h"
#include "base/paper.h"
#include "base/statistics.h"
#include "density_plane.h"
#include "dynamics/ensemble.h"

#include <math.h>
#include <string.h>

enum { LEVELS = 5, UNIT_LEVEL = 1, STATES = 10000, COARSE = 50, BLOCKS = 10 };
static const double noise_sd[LEVELS] = {.1, 1, 2, 3, 4};

static const struct analysis_dim noise = {"noise_sd", LEVELS, noise_sd, "1",
                                          "sd of the noise that drives the network"};
static const struct analysis_dim held = DENSITY_MASS;
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
          "root of the area at mass .95 over that at noise sd 1; without biases an identity, the " \
          "noise sd itself whatever the weights, so a check and no finding")                       \
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

static void keep_density(const struct density_plane *p, int v, struct outputs *out)
{
    double edge[SIDES];
    density_plane_extent(p, edge);
    for (int k = 0; k < SIDES; k++) put(out, EXTENT, edge[k], v, k);
    for (int i = 0; i < COARSE; i++)
        for (int j = 0; j < COARSE; j++)
            put(out, DENSITY, density_plane_cell(p, COARSE, i, j), v, i, j);
}

/* rest (STATES, 2): scratch */
static int errors(const struct analysis_input *in, const double *score, double *rest,
                  struct density_plane *p, struct outputs *out, struct status *st)
{
    double area[LEVELS][BLOCKS], ratio[LEVELS][BLOCKS];
    size_t block = STATES / BLOCKS;
    for (size_t b = 0; b < BLOCKS; b++) {
        for (size_t v = 0; v < LEVELS; v++) {
            const double *own = score + v * STATES * 2;
            memcpy(rest, own, 2 * b * block * sizeof *rest);
            memcpy(rest + 2 * b * block, own + 2 * (b + 1) * block,
                   2 * (STATES - (b + 1) * block) * sizeof *rest);
            int code = density_plane_fit(p, rest, STATES - block, st);
            if (!code) code = analysis_check_stop(in, st);
            if (code) return code;
            area[v][b] = p->area[MASS_95];
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
    struct density_plane p;
    int code = driven_get(in, &driven, st);
    if (code || driven->pca.count < 2) return code;
    double *score = scratch(in, 2 * (LEVELS + 1) * STATES, sizeof *score);
    code = score ? density_plane_init(&p, in, st) : status_no_memory(st, "contours");
    if (!code) code = drive(in, &driven->pca, score, st);
    for (int v = 0; v < LEVELS && !code; v++) {
        code = density_plane_fit(&p, score + (size_t)v * STATES * 2, STATES, st);
        if (code || !p.is_defined) continue;
        for (int m = 0; m < MASSES; m++) {
            put(out, LEVEL, p.level[m], v, m);
            put(out, AREA, p.area[m], v, m);
        }
        keep_density(&p, v, out);
    }
    const double *area = out->value[AREA] + MASS_95;
    for (int v = 0; v < LEVELS; v++)
        put(out, SQRT_RATIO, sqrt(area[v * MASSES] / area[UNIT_LEVEL * MASSES]), v);
    if (!code) code = errors(in, score, score + (size_t)LEVELS * STATES * 2, &p, out, st);
    return code;
}

const struct analysis analysis_contours = {
    ANALYSIS(contours),
    .formula = "histogram density of (h_t - mean(h)) V on PC1 and PC2; area = cells of the least "
               "region that holds a share of the states",
    .reference = PAPER "; Hyndman 1996", .signal = DENSITY};
