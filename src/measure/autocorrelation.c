/* autocorrelation: see autocorrelation.h. Of a sample by bit sets: the number of places where a
 * symbol stands at t and at t + lag is the population count of a set and its shift. Refuses a
 * stationary shortcut: exact values average over the steps of windows that begin at the HMM's start
 * distribution.
 */
#include "autocorrelation.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int out_of_memory(struct status *st)
{
    return status_no_memory(
        st, "the autocorrelation; lower measure.length or use fewer workers a node");
}

/* (both - f head - f tail + f^2) / (f (1 - f)): both, head and tail are the means of z_t z_(t+lag),
 * z_t and z_(t+lag) over t < T - lag. */
static double correlation(int lag, double f, double both, double head, double tail)
{
    double variance = f * (1 - f);
    if (variance < 1e-12) return NAN;
    return lag == 0 ? 1 : (both - f * head - f * tail + f * f) / variance;
}

/* Number of t with bits t and t + lag set. */
static uint64_t count_pairs(const uint64_t *set, size_t words, size_t lag)
{
    uint64_t count = 0;
    size_t skip = lag / 64, shift = lag % 64;
    for (size_t w = 0; w + skip < words; w++) {
        uint64_t later = set[w + skip] >> shift;
        if (shift && w + skip + 1 < words) later |= set[w + skip + 1] << (64 - shift);
        count += (uint64_t)__builtin_popcountll(set[w] & later);
    }
    return count;
}

/* at (K, T): occurrences of each symbol at each step; pairs (K, lags). set (K, words), zeroed. */
static void count_sample(const struct sample *sample, size_t K, size_t lags, uint64_t *set,
                         uint64_t *at, uint64_t *pairs)
{
    size_t T = (size_t)sample->T, words = (T + 63) / 64;
    for (size_t i = 0; i < sample->n; i++) {
        const uint8_t *o = sample->symbols + i * T;
        bool present[MAX_SYMBOLS + 1] = {false};
        for (size_t t = 0; t < T; t++) {
            set[o[t] * words + t / 64] |= 1ull << t % 64;
            at[o[t] * T + t]++;
            present[o[t]] = true;
        }
        for (size_t k = 0; k < K; k++) {
            if (!present[k]) continue;
            for (size_t lag = 0; lag < lags; lag++)
                pairs[k * lags + lag] += count_pairs(set + k * words, words, lag);
            memset(set + k * words, 0, words * sizeof *set);
        }
    }
}

int autocorrelation_sample(const struct sample *sample, int symbols, double *out, struct status *st)
{
    size_t K = (size_t)symbols, T = (size_t)sample->T, lags = T / 2 + 1, words = (T + 63) / 64;
    uint64_t *set = calloc(K * (words + T + lags), sizeof *set);
    if (!set) return out_of_memory(st);
    uint64_t *at = set + K * words, *pairs = at + K * T;
    count_sample(sample, K, lags, set, at, pairs);
    for (size_t k = 0; k < K; k++) {
        uint64_t all = 0, first = 0, last = 0; /* in all, the first and the last `lag` steps */
        for (size_t t = 0; t < T; t++) all += at[k * T + t];
        double f = (double)all / ((double)sample->n * (double)T);
        for (size_t lag = 0; lag < lags; lag++) {
            double places = (double)sample->n * (double)(T - lag);
            out[k * lags + lag] =
                correlation((int)lag, f, (double)pairs[k * lags + lag] / places,
                            (double)(all - last) / places, (double)(all - first) / places);
            first += at[k * T + lag];
            last += at[k * T + T - 1 - lag];
        }
    }
    free(set);
    return STATUS_OK;
}

/* next = A now, both (M, K) */
static void move(const struct hmm *hmm, const double *now, double *next)
{
    size_t M = (size_t)hmm->states, K = (size_t)hmm->symbols;
    memset(next, 0, sizeof *next * M * K);
    for (size_t i = 0; i < M; i++)
        for (size_t j = 0; j < M; j++)
            for (size_t k = 0; k < K; k++)
                next[i * K + k] += hmm->transition[i * M + j] * now[j * K + k];
}

/* sum (T + 1, M): of the state marginals of the first t steps */
static void fill_sums(const struct hmm *hmm, size_t T, double *sum)
{
    size_t M = (size_t)hmm->states;
    double marginal[MAX_STATES];
    hmm_marginal(hmm, 0, marginal);
    for (size_t i = 0; i < M; i++) sum[i] = 0;
    for (size_t t = 0; t < T; t++) {
        for (size_t i = 0; i < M; i++) sum[(t + 1) * M + i] = sum[t * M + i] + marginal[i];
        hmm_step(hmm, marginal);
    }
}

int autocorrelation_exact(const struct hmm *hmm, int steps, double *out, struct status *st)
{
    size_t M = (size_t)hmm->states, K = (size_t)hmm->symbols, T = (size_t)steps, lags = T / 2 + 1;
    double frequency[MAX_SYMBOLS];
    double *later = malloc(sizeof *later * (2 * M * K + (T + 1) * M)); /* A^lag B (M, K) */
    if (!later) return out_of_memory(st);
    double *next = later + M * K, *sum = next + M * K;
    hmm_output_frequency(hmm, steps, frequency);
    fill_sums(hmm, T, sum);
    memcpy(later, hmm->emission, sizeof *later * M * K);
    for (size_t lag = 0; lag < lags; lag++) {
        for (size_t k = 0; k < K; k++) {
            double both = 0, head = 0, tail = 0, places = (double)(T - lag);
            for (size_t i = 0; i < M; i++) {
                double emission = hmm->emission[i * K + k], first = sum[(T - lag) * M + i];
                both += first * emission * later[i * K + k] / places;
                head += first * emission / places;
                tail += (sum[T * M + i] - sum[lag * M + i]) * emission / places;
            }
            out[k * lags + lag] = correlation((int)lag, frequency[k], both, head, tail);
        }
        move(hmm, later, next);
        memcpy(later, next, sizeof *later * M * K);
    }
    free(later);
    return STATUS_OK;
}
