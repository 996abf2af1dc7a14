/* readout: how the rows of the readout R lie to the plane of the driven states and to each other.
 *
 * The angle of a row r to the plane of PC1 and PC2 is arccos sqrt((r^.pc1)^2 + (r^.pc2)^2), r^ of
 * unit length, taken as the arctangent of the parts beside and in the plane, which stays exact near
 * 0. The reference takes 5000 steps from a normal start and components of its own; here they are
 * those of the shared driven run. Beside the angles stands what a direction at random would have.
 * Refuses a row of zeros, and a plane in which the states lie on a line. Source: SCIENCE 4, readout
 * axes. */
#include "analysis.h"
#include "base/paper.h"
#include "base/linalg.h"
#include "base/statistics.h"

#include <math.h>

static const double DEGREE = 57.29577951308232, PI = 3.141592653589793;
static const double FLAT = 1e-12; /* variance of PC2 in units of PC1's: the states lie on a line */

static const struct analysis_dim symbol = {"symbol", SIZE_SYMBOLS, NULL, "1", "symbol"};
static const struct analysis_dim symbol_to = {"symbol_to", SIZE_SYMBOLS, NULL, "1",
                                              "the other symbol"};

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    CURVE(PROJECTION, "projection", symbol, "1",                                                   \
          "length in the plane of PC1 and PC2 of a symbol's readout row of unit length")           \
    CURVE(ANGLE, "angle", symbol, "degree", "angle of each readout row to that plane")             \
    SCALAR(ANGLE_MEAN, "angle_mean", "degree", "mean angle to the plane over all symbols")         \
    SCALAR(ANGLE_SD, "angle_sd", "degree", "standard deviation of the angle over symbols")         \
    SCALAR(ANGLE_ENDS, "angle_ends", "degree",                                                     \
           "mean angle to the plane of the first and the last symbol; 3 symbols or more")          \
    SCALAR(ANGLE_CHANCE, "angle_chance", "degree",                                                 \
           "mean angle to the plane of a direction at random among as many units")                 \
    PLANE(ANGLE_BETWEEN, "angle_between", symbol, symbol_to, "degree",                             \
          "angle between the readout rows of two symbols")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

/* cosine and angle (radian) of row r (H) to the plane of the first two rows of axis (2, H) */
static double plane_angle(const float *r, const double *axis, int H, double *projection)
{
    double size = linalg_norm(r, (size_t)H), part[2] = {0, 0}, beside = 0;
    for (int c = 0; c < 2; c++)
        for (int i = 0; i < H; i++) part[c] += axis[c * H + i] * r[i];
    for (int i = 0; i < H; i++) {
        double rest = r[i] - part[0] * axis[i] - part[1] * axis[H + i];
        beside += rest * rest;
    }
    double within = hypot(part[0], part[1]);
    *projection = within / size; /* 0/0: NaN, a row of zeros */
    return size > 0 ? atan2(sqrt(beside), within) : NAN;
}

/* Kahan's angle between two vectors (radian), exact near 0 and pi. */
static double pair_angle(const float *a, const float *b, int H)
{
    double size_a = linalg_norm(a, (size_t)H), size_b = linalg_norm(b, (size_t)H), minus = 0,
           plus = 0;
    if (!(size_a > 0 && size_b > 0)) return NAN;
    for (int i = 0; i < H; i++) {
        double x = a[i] / size_a, y = b[i] / size_b;
        minus += (x - y) * (x - y);
        plus += (x + y) * (x + y);
    }
    return 2 * atan2(sqrt(minus), sqrt(plus));
}

/* Mean angle (radian) of a random direction to a plane in H dimensions: the angle is below a with
 * probability sin(a)^(H-2). */
static double chance_angle(int H)
{
    return PI / 2 - sqrt(PI) / 2 * exp(lgamma((H - 1) / 2.0) - lgamma(H / 2.0));
}

static void report_plane(const struct network *net, const double *axis, struct outputs *out)
{
    int H = net->shape.hidden, K = net->shape.symbols;
    double angle[MAX_SYMBOLS], projection;
    for (int k = 0; k < K; k++) {
        angle[k] = DEGREE * plane_angle(net->R + (size_t)k * (size_t)H, axis, H, &projection);
        put(out, ANGLE, angle[k], k);
        put(out, PROJECTION, projection, k);
    }
    double mean = mean_of(angle, (size_t)K);
    put_pair(out, ANGLE_MEAN, mean, sd_about(angle, (size_t)K, mean, 0));
    if (K >= 3) put(out, ANGLE_ENDS, (angle[0] + angle[K - 1]) / 2);
    put(out, ANGLE_CHANCE, DEGREE * chance_angle(H));
}

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    const struct driven *driven;
    const struct network *net = in->net;
    int code = driven_get(in, &driven, st);
    if (code) return code;
    size_t H = (size_t)net->shape.hidden, K = (size_t)net->shape.symbols;
    for (size_t a = 0; a < K; a++)
        for (size_t b = a; b < K; b++) {
            double angle = DEGREE * pair_angle(net->R + a * H, net->R + b * H, (int)H);
            put(out, ANGLE_BETWEEN, angle, a, b);
            put(out, ANGLE_BETWEEN, angle, b, a);
        }
    const struct pca *pca = &driven->pca;
    if (pca->count >= 2 && pca->variance[1] > FLAT * pca->variance[0])
        report_plane(net, pca->component, out);
    return STATUS_OK;
}

const struct analysis analysis_readout = {
    ANALYSIS(readout),
    .formula = "angle of row r of the readout to the plane = acos sqrt((r.pc1)^2 + (r.pc2)^2) / "
               "||r||; between rows acos(r_i.r_j / ||r_i|| ||r_j||)",
    .reference = PAPER, .source = FROM_WEIGHTS, .signal = ANGLE_BETWEEN};
