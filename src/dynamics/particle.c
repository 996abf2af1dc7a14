/* particle: see particle.h. A few sequences at a time, so that their particles fill one product and
 * stay in the second-level cache through all T steps. Refuses to smooth: it filters only.
 *
 * Weights are logarithms, so that neither a tiny probability nor a cloud of hopeless particles
 * underflows. W h of the moved particles is computed before they are drawn again: it tells where
 * they go without noise, and is half of the next step.
 *
 * Source: SCIENCE 8.3.
 */
#include "particle.h"
#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512 };                                   /* rows of a product */
enum { STREAM_NOISE, STREAM_RESAMPLE, STREAM_INITIAL }; /* below that of a sequence */
static const double power = 0.5, power_ahead = 0.25;    /* of weights in q, see particle.h */

int particle_init(struct particle_filter *filter, const struct network *net, int initial_state,
                  size_t particles, struct status *st)
{
    size_t side_by_side = particles < BLOCK ? BLOCK / particles : 1;
    size_t rows = side_by_side * particles, K = (size_t)net->shape.symbols;
    *filter = (struct particle_filter){.initial_state = initial_state,
                                       .particles = particles,
                                       .side_by_side = side_by_side,
                                       .block = rows < BLOCK ? rows : BLOCK};
    int code = ensemble_init(&filter->all, net, rows, st);
    filter->recurrent = malloc(rows * (size_t)net->shape.hidden * sizeof(float));
    filter->carried = malloc((rows * (3 + K) + particles) * sizeof(double));
    filter->from = malloc(particles * sizeof(size_t));
    if (code || !filter->recurrent || !filter->carried || !filter->from)
        return status_no_memory(st,
                                "a filter of %zu particles; lower analysis.particles or "
                                "analysis.most_particles",
                                particles);
    filter->weight = filter->carried + rows;
    filter->ahead = filter->weight + rows;
    filter->soft = filter->ahead + rows;
    filter->scratch = filter->soft + rows * K;
    return STATUS_OK;
}

void particle_free(struct particle_filter *filter)
{
    if (!filter) return;
    ensemble_free(&filter->all);
    free(filter->recurrent);
    free(filter->carried);
    free(filter->from);
    *filter = (struct particle_filter){0};
}

/* --- one step --------------------------------------------------------------------------------- */

/* Normals of step t for `rows` particles from row `begin` on: those of each sequence are rows (P,
 * width) of its own stream. */
static void fill_rows(const struct particle_filter *filter, struct rng rng, size_t first,
                      int stream, int t, size_t begin, size_t rows, int width, float *out)
{
    size_t P = filter->particles, w = (size_t)width;
    for (size_t row = begin, take; row < begin + rows; row += take) {
        size_t at = row % P, left = begin + rows - row;
        take = P - at < left ? P - at : left;
        struct rng own = rng_child(rng_child(rng, first + row / P), (uint64_t)stream);
        rng_fill_normal(rng_child(own, (uint64_t)t), at * w, take * w, out + (row - begin) * w);
    }
}

/* Log of the softmax of logits (K); all NaN when one is not finite. */
static void log_softmax(const float *z, int K, double *soft)
{
    float largest = z[0];
    double sum = 0;
    bool finite = true;
    for (int k = 0; k < K; k++) {
        finite &= isfinite(z[k]) != 0;
        largest = z[k] > largest ? z[k] : largest;
    }
    for (int k = 0; k < K; k++) {
        soft[k] = finite ? (double)z[k] - (double)largest : NAN;
        sum += exp(soft[k]);
    }
    for (int k = 0; k < K; k++) soft[k] -= log(sum);
}

/* log sum exp(x), x (n); NaN when an x is */
static double log_sum(const double *x, size_t n)
{
    double largest = x[0], sum = 0;
    for (size_t i = 1; i < n; i++) largest = fmax(largest, x[i]);
    for (size_t i = 0; i < n; i++) sum += exp(x[i] - largest);
    return largest + log(sum);
}

/* All particles of a tile of n sequences one step on: before, soft. */
static void propagate(struct particle_filter *filter, struct rng rng, size_t first, size_t n, int t)
{
    struct ensemble *all = &filter->all;
    const struct network *net = all->net;
    size_t P = filter->particles, H = (size_t)net->shape.hidden, K = (size_t)net->shape.symbols;
    size_t rows;
    for (size_t row = 0; row < n * P; row += rows) {
        rows = n * P - row < filter->block ? n * P - row : filter->block;
        fill_rows(filter, rng, first, STREAM_NOISE, t, row, rows, net->shape.noise_dim, all->noise);
        network_react(net, all->h + row * H, all->noise, rows, all->before + row * H);
        network_logits(net, all->before + row * H, rows, all->z);
        for (size_t i = 0; i < rows; i++)
            log_softmax(all->z + i * K, (int)K, filter->soft + (row + i) * K);
    }
}

/* Where the moved particles of n sequences go without noise: recurrent, and ahead of the symbols,
 * one every T; 0 where that is not finite. before is overwritten. */
static void look_ahead(struct particle_filter *filter, const uint8_t *symbols, size_t n, int T)
{
    struct ensemble *all = &filter->all;
    struct network unwatched = *all->net; /* nothing that happens may diverge here */
    size_t P = filter->particles, H = (size_t)unwatched.shape.hidden, rows;
    size_t K = (size_t)unwatched.shape.symbols;
    double soft[MAX_SYMBOLS];
    unwatched.diverged = NULL;
    for (size_t row = 0; row < n * P; row += rows) {
        rows = n * P - row < filter->block ? n * P - row : filter->block;
        float *moved = all->before + row * H, *recurrent = filter->recurrent + row * H;
        network_recurrent(&unwatched, moved, rows, recurrent);
        network_react(&unwatched, recurrent, NULL, rows, moved);
        network_logits(&unwatched, moved, rows, all->z);
        for (size_t i = 0; i < rows; i++) {
            log_softmax(all->z + i * K, (int)K, soft);
            double ahead = soft[symbols[(row + i) / P * (size_t)T]];
            filter->ahead[row + i] = isnan(ahead) ? 0 : ahead;
        }
    }
}

/* Weights of sequence i of the tile at this symbol, normalised; log2 of their sum is returned.
 * forecast (K) out or NULL. */
static double weigh(struct particle_filter *filter, size_t i, uint8_t symbol, double *forecast)
{
    size_t P = filter->particles, K = (size_t)filter->all.net->shape.symbols;
    const double *soft = filter->soft + i * P * K, *carried = filter->carried + i * P;
    double *weight = filter->weight + i * P, all = log_sum(carried, P);
    for (size_t k = 0; forecast && k < K; k++) {
        for (size_t j = 0; j < P; j++) weight[j] = carried[j] + soft[j * K + k];
        forecast[k] = (log_sum(weight, P) - all) * M_LOG2E;
    }
    for (size_t j = 0; j < P; j++) weight[j] = carried[j] + soft[j * K + symbol];
    double sum = log_sum(weight, P);
    for (size_t j = 0; j < P; j++) weight[j] -= sum;
    return sum * M_LOG2E;
}

void particle_resample(const double *weight, size_t n, double u, size_t *from)
{
    double sum = 0, reached = 0;
    size_t last = 0, taken = 0;
    for (size_t i = 0; i < n; i++) {
        sum += weight[i];
        if (weight[i] > 0) last = i;
    }
    for (size_t i = 0; i < last; i++) {
        reached += weight[i];
        while (taken < n && ((double)taken + u) / (double)n * sum < reached) from[taken++] = i;
    }
    while (taken < n) from[taken++] = last;
}

/* Particles of sequence i of the tile drawn again: h, carried. */
static void redraw(struct particle_filter *filter, size_t i, double u)
{
    size_t P = filter->particles, H = (size_t)filter->all.net->shape.hidden;
    const double *weight = filter->weight + i * P, *ahead = filter->ahead + i * P;
    const float *recurrent = filter->recurrent + i * P * H;
    float *state = filter->all.h + i * P * H;
    double *q = filter->scratch, *carried = filter->carried + i * P;
    for (size_t j = 0; j < P; j++) q[j] = power * weight[j] + power_ahead * ahead[j];
    double sum = log_sum(q, P);
    for (size_t j = 0; j < P; j++) q[j] = exp(q[j] - sum);
    particle_resample(q, P, u, filter->from);
    for (size_t j = 0; j < P; j++) {
        size_t from = filter->from[j];
        carried[j] = weight[from] - log(q[from] * (double)P);
        memcpy(state + j * H, recurrent + from * H, H * sizeof *state);
    }
}

double particle_entropy_rate(double bits, double se, int K)
{
    return se > log2(K) ? NAN : entropy_rate_of(bits, K);
}

/* --- sequences -------------------------------------------------------------------------------- */

static void start(struct particle_filter *filter, struct rng rng, size_t first, size_t n)
{
    struct ensemble *all = &filter->all;
    size_t rows = n * filter->particles, H = (size_t)all->net->shape.hidden;
    memset(all->h, 0, rows * H * sizeof *all->h);
    if (filter->initial_state == INITIAL_NORMAL) {
        fill_rows(filter, rng, first, STREAM_INITIAL, 0, 0, rows, (int)H, all->before);
        network_recurrent(all->net, all->before, rows, all->h);
    }
    for (size_t i = 0; i < rows; i++) filter->carried[i] = -log((double)filter->particles);
}

static void filter_tile(struct particle_filter *filter, struct rng rng, size_t first,
                        const uint8_t *symbols, size_t n, int T, double *bits, double *forecast)
{
    size_t steps = (size_t)T, K = (size_t)filter->all.net->shape.symbols;
    memset(bits, 0, n * sizeof *bits);
    start(filter, rng, first, n);
    for (size_t t = 0; t < steps; t++) {
        propagate(filter, rng, first, n, (int)t);
        if (t < steps - 1) look_ahead(filter, symbols + t + 1, n, T);
        for (size_t i = 0; i < n; i++) {
            struct rng uniform = rng_child(rng_child(rng, first + i), STREAM_RESAMPLE);
            if (isnan(bits[i])) continue; /* whatever its particles do now */
            bits[i] += weigh(filter, i, symbols[i * steps + t],
                             forecast ? forecast + (i * steps + t) * K : NULL);
            if (t < steps - 1 && !isnan(bits[i])) redraw(filter, i, rng_uniform(uniform, t));
        }
    }
    for (size_t i = 0; forecast && i < n * steps * K; i++)
        if (isnan(bits[i / (steps * K)])) forecast[i] = NAN;
}

void particle_log2_likelihood(struct particle_filter *filter, struct rng rng, size_t first,
                              const uint8_t *symbols, size_t n, int T, double *bits,
                              double *forecast)
{
    size_t most = filter->side_by_side, K = (size_t)filter->all.net->shape.symbols;
    for (size_t i = 0; i < n; i += most)
        filter_tile(filter, rng, first + i, symbols + i * (size_t)T, n - i < most ? n - i : most, T,
                    bits + i, forecast ? forecast + i * (size_t)T * K : NULL);
}
