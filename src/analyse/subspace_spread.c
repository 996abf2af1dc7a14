/* subspace_spread: see subspace.h. Source: SCIENCE 4. */
#include "dynamics/ensemble.h"
#include "subspace.h"

#include <float.h>
#include <math.h>

enum { WARM_UP = 20, ROWS = 256 };
const int subspace_axis[AXES] = {0, 2};
const double subspace_level[LEVELS] = {.1, 1, 2, 3, 4};
static const double CHI_SQUARE = 5.991464547107979; /* 95 % quantile, two degrees of freedom */

bool subspace_has(const struct subspace_pair *p, int symbol)
{
    return symbol == p->symbol[0] || symbol == p->symbol[1];
}

bool subspace_scores(const struct pca *pca, const float *h, size_t n, int G, float *score)
{
    double block[ROWS * GLOBAL];
    for (size_t from = 0; from < n; from += ROWS) {
        size_t rows = n - from < ROWS ? n - from : ROWS, count = rows * (size_t)G;
        pca_project(pca, h + from * (size_t)pca->width, rows, G, block);
        for (size_t i = 0; i < count; i++) {
            if (!(fabs(block[i]) <= FLT_MAX)) return false;
            *score++ = (float)block[i];
        }
    }
    return true;
}

double *subspace_scores_at(const struct subspace_spread *s, int p, int v)
{
    return s->score + (size_t)((p * LEVELS + v) * CHAINS * CHAIN_STEPS * AXES);
}

static void add_states(const struct subspace_pair *pair, int p, const uint8_t *symbol,
                       const float *score, int G, struct subspace_spread *s)
{
    for (int i = 0; i < LEVELS * CHAINS; i++) {
        double own[OWN];
        if (!subspace_has(pair, symbol[i])) continue;
        pca_project(&pair->pca, score + i * G, 1, OWN, own);
        double *to = subspace_scores_at(s, p, i / CHAINS) + AXES * s->num[p][i / CHAINS]++;
        for (int a = 0; a < AXES; a++) to[a] = own[subspace_axis[a]];
    }
}

/* Of x (n, 2). */
double subspace_ellipse(const double *x, size_t n)
{
    double sum[2] = {0}, xx = 0, xy = 0, yy = 0, f = (double)n - 1;
    for (size_t i = 0; i < n; i++)
        for (int a = 0; a < 2; a++) sum[a] += x[2 * i + (size_t)a] / (double)n;
    for (size_t i = 0; i < n; i++) {
        double dx = x[2 * i] - sum[0], dy = x[2 * i + 1] - sum[1];
        xx += dx * dx / f, xy += dx * dy / f, yy += dy * dy / f;
    }
    double determinant = xx * yy - xy * xy;
    return 3.141592653589793 * CHI_SQUARE * (determinant < 0 ? 0 : sqrt(determinant));
}

/* All levels side by side; false: one explodes. */
static bool drive_levels(const struct analysis_input *in, const struct driven *driven,
                         const struct subspace_pair *pair, int num, int G, struct ensemble *all,
                         struct subspace_spread *s)
{
    enum { BATCH = LEVELS * CHAINS };
    size_t H = (size_t)in->net->shape.hidden;
    uint8_t symbol[BATCH];
    float score[BATCH * GLOBAL];
    for (size_t i = 0; i < BATCH; i++)
        for (size_t j = 0; j < H; j++)
            all->h[i * H + j] = (float)subspace_level[i / CHAINS] *
                                driven->h[i % CHAINS * driven->n / CHAINS * H + j];
    for (uint64_t t = 0; t < WARM_UP + CHAIN_STEPS; t++) {
        ensemble_noise_levels(all, rng_child(in->rng, 0), t, subspace_level, LEVELS);
        ensemble_step(all, all->noise);
        if (t < WARM_UP) continue;
        ensemble_read(all, symbol);
        if (!subspace_scores(&driven->pca, all->h, BATCH, G, score)) return false;
        for (int p = 0; p < num; p++)
            if (pair[p].pca.count == OWN) add_states(&pair[p], p, symbol, score, G, s);
    }
    return true;
}

int subspace_drive(const struct analysis_input *in, const struct driven *driven,
                   const struct subspace_pair *pair, int num, int G, struct subspace_spread *spread,
                   struct status *st)
{
    struct ensemble all;
    int code = ensemble_init(&all, in->net, LEVELS * CHAINS, st);
    *spread = (struct subspace_spread){
        .score = scratch(in, PAIRS * LEVELS * CHAINS * CHAIN_STEPS * AXES, sizeof(double))};
    if (!code && !spread->score) code = status_no_memory(st, "the states between two symbols");
    if (!code) spread->exploded = !drive_levels(in, driven, pair, num, G, &all, spread);
    ensemble_free(&all);
    return code;
}
