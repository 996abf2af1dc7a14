/* particle: see particle.h. A few sequences at a time, so that their particles fill one product and
 * stay in the second-level cache through all T steps. Refuses to smooth: it filters only.
 *
 * Weights are kept as exp(exponent) / sum with the largest exponent of a sequence taken out, so
 * that neither a tiny probability nor a cloud of hopeless particles underflows.
 *
 * Source: SCIENCE 8.3.
 */
#include "particle.h"
#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { BLOCK = 512 };                                   /* rows of a product */
enum { HOPELESS = -200 };                               /* exponent whose power is 0 in float */
enum { STREAM_NOISE, STREAM_RESAMPLE, STREAM_INITIAL }; /* below that of a sequence */

int particle_init(struct particle_filter *filter, const struct network *net, int initial_state,
                  size_t particles, struct status *st)
{
    size_t side_by_side = particles < BLOCK ? BLOCK / particles : 1;
    size_t rows = side_by_side * particles;
    *filter = (struct particle_filter){.initial_state = initial_state,
                                       .particles = particles,
                                       .side_by_side = side_by_side,
                                       .block = rows < BLOCK ? rows : BLOCK};
    int code = ensemble_init(&filter->all, net, rows, st);
    filter->weight = malloc(rows * sizeof(double));
    filter->exponent = malloc(rows * sizeof(double));
    filter->from = malloc(particles * sizeof(size_t));
    if (!code && filter->weight && filter->exponent && filter->from) return STATUS_OK;
    return status_no_memory(st, "a filter of %zu particles; lower analysis.particles", particles);
}

void particle_free(struct particle_filter *filter)
{
    if (!filter) return;
    ensemble_free(&filter->all);
    free(filter->weight);
    free(filter->exponent);
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

/* Softmax of a row of logits (K) at one symbol = exp(*exponent) / sum, the sum returned. The whole
 * softmax is added to predictive (K) unless NULL. All NaN when a logit is not finite. */
static double soft(const float *z, int K, int symbol, double *exponent, double *predictive)
{
    float e[MAX_SYMBOLS], largest = z[0];
    double sum = 0;
    bool finite = true;
    for (int k = 0; k < K; k++) {
        finite &= isfinite(z[k]) != 0;
        largest = z[k] > largest ? z[k] : largest;
    }
    for (int k = 0; k < K; k++) {
        e[k] = finite ? expf(z[k] - largest) : NAN;
        sum += e[k];
    }
    for (int k = 0; predictive && k < K; k++) predictive[k] += e[k] / sum;
    *exponent = finite ? (double)z[symbol] - (double)largest : NAN;
    return sum;
}

/* All particles of a tile of n sequences one step on (h -> before), exponents and sums of their
 * weights. symbol, predictive point at step t of the first sequence. */
static void propagate(struct particle_filter *filter, struct rng rng, size_t first, size_t n, int T,
                      int t, const uint8_t *symbol, double *predictive)
{
    struct ensemble *all = &filter->all;
    const struct network *net = all->net;
    size_t P = filter->particles, H = (size_t)net->shape.hidden, K = (size_t)net->shape.symbols;
    size_t rows;
    for (size_t row = 0; row < n * P; row += rows) {
        rows = n * P - row < filter->block ? n * P - row : filter->block;
        fill_rows(filter, rng, first, STREAM_NOISE, t, row, rows, net->shape.noise_dim, all->noise);
        network_step(net, all->h + row * H, all->noise, rows, NULL, NULL, all->before + row * H);
        network_logits(net, all->before + row * H, rows, all->z);
        for (size_t i = row; i < row + rows; i++) {
            size_t step = i / P * (size_t)T;
            filter->weight[i] =
                soft(all->z + (i - row) * K, (int)K, symbol[step], &filter->exponent[i],
                     predictive ? predictive + step * K : NULL);
        }
    }
}

/* Weights (P) from sums and exponents, up to a common factor; log2 of their mean with it is
 * returned. NaN when an exponent is. */
static double weigh(size_t P, const double *exponent, double *weight)
{
    double largest = exponent[0], sum = 0;
    for (size_t i = 0; i < P; i++) {
        if (isnan(exponent[i])) return NAN;
        largest = fmax(largest, exponent[i]);
    }
    for (size_t i = 0; i < P; i++) {
        weight[i] = expf((float)fmax(exponent[i] - largest, HOPELESS)) / weight[i];
        sum += weight[i];
    }
    return largest * M_LOG2E + (double)log2l(sum / (double)P);
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

/* h <- before, drawn again in proportion to the weights of one sequence */
static void redraw(struct particle_filter *filter, size_t sequence, double u)
{
    size_t P = filter->particles, H = (size_t)filter->all.net->shape.hidden;
    const float *moved = filter->all.before + sequence * P * H;
    float *state = filter->all.h + sequence * P * H;
    particle_resample(filter->weight + sequence * P, P, u, filter->from);
    for (size_t i = 0; i < P; i++)
        memcpy(state + i * H, moved + filter->from[i] * H, H * sizeof *state);
}

double particle_entropy_rate(double bits, double se, int K)
{
    return se > log2(K) ? NAN : entropy_rate_of(bits, K);
}

/* --- sequences -------------------------------------------------------------------------------- */

static void filter_tile(struct particle_filter *filter, struct rng rng, size_t first,
                        const uint8_t *symbols, size_t n, int T, double *bits, double *predictive)
{
    size_t P = filter->particles, K = (size_t)filter->all.net->shape.symbols;
    int H = filter->all.net->shape.hidden;
    memset(bits, 0, n * sizeof *bits);
    if (predictive) memset(predictive, 0, n * (size_t)T * K * sizeof *predictive);
    if (filter->initial_state == INITIAL_NORMAL)
        fill_rows(filter, rng, first, STREAM_INITIAL, 0, 0, n * P, H, filter->all.h);
    else
        memset(filter->all.h, 0, n * P * (size_t)H * sizeof *filter->all.h);
    for (int t = 0; t < T; t++) {
        propagate(filter, rng, first, n, T, t, symbols + t,
                  predictive ? predictive + (size_t)t * K : NULL);
        for (size_t i = 0; i < n; i++) {
            struct rng uniform = rng_child(rng_child(rng, first + i), STREAM_RESAMPLE);
            if (isnan(bits[i])) continue; /* whatever its particles do now */
            bits[i] += weigh(P, filter->exponent + i * P, filter->weight + i * P);
            if (t < T - 1 && !isnan(bits[i])) redraw(filter, i, rng_uniform(uniform, (uint64_t)t));
        }
    }
    for (size_t i = 0; predictive && i < n * (size_t)T * K; i++)
        predictive[i] = isnan(bits[i / ((size_t)T * K)]) ? NAN : predictive[i] / (double)P;
}

void particle_log2_likelihood(struct particle_filter *filter, struct rng rng, size_t first,
                              const uint8_t *symbols, size_t n, int T, double *bits,
                              double *predictive)
{
    size_t most = filter->side_by_side, K = (size_t)filter->all.net->shape.symbols;
    for (size_t i = 0; i < n; i += most)
        filter_tile(filter, rng, first + i, symbols + i * (size_t)T, n - i < most ? n - i : most, T,
                    bits + i, predictive ? predictive + i * (size_t)T * K : NULL);
}
