/* hmm_statistics: what an HMM says about its output: samples, exact statistics, likelihood; see
 * hmm.h. SCIENCE 1.1 (sampling), 1.4 (exact statistics), 8.2 (scaled forward recursion, Rabiner
 * 1989). Refuses to estimate: everything but a sample is exact. Logarithms are computed in long
 * double and rounded, so that they do not depend on which libm kernel the CPU gets.
 */
#include "hmmgrid/hmm.h"

#include <math.h>
#include <string.h>

enum { MAX_ENTRIES = MAX_STATES + MAX_STATES * MAX_STATES + MAX_STATES * MAX_SYMBOLS };

/* --- sampling --------------------------------------------------------------------------------- */

/* threshold[k] = smallest 32-bit integer r with r / 2^32 >= cumulative sum up to k, so that
 * u = bits / 2^32 is below the sum exactly when bits < threshold[k]. From the last possible index
 * on it is 2^32: rounding of the sums can neither run over the end nor pick an impossible index. */
static void fill_thresholds(const double *p, int rows, int cols, uint64_t *threshold)
{
    for (int i = 0; i < rows; i++, p += cols, threshold += cols) {
        int last = cols - 1;
        while (last > 0 && p[last] <= 0) last--;
        double sum = 0;
        for (int k = 0; k < cols; k++) {
            sum += p[k];
            double scaled = ceil(sum * 0x1p32);
            threshold[k] = k >= last || scaled >= 0x1p32 ? 1ull << 32 : (uint64_t)scaled;
        }
    }
}

/* Number of thresholds <= bits: the first index whose cumulative sum is > u. */
static inline int draw(const uint64_t *threshold, int cols, uint64_t bits)
{
    int low = 0;
    for (int rest = cols - 1; rest > 0;) {
        int half = (rest + 1) / 2;
        low += threshold[low + half - 1] <= bits ? half : 0;
        rest -= half;
    }
    return low;
}

void hmm_sample(const struct hmm *hmm, struct rng rng, size_t first, size_t n, int T,
                uint8_t *symbols, uint8_t *states)
{
    enum { PIECE = 2048 }; /* uniforms drawn at once: two a step, a multiple of 4 */
    int M = hmm->states, K = hmm->symbols;
    uint64_t threshold[MAX_ENTRIES];
    uint64_t *start = threshold, *move = start + M, *emit = move + M * M;
    fill_thresholds(hmm->start, 1, M, start);
    fill_thresholds(hmm->transition, M, M, move);
    fill_thresholds(hmm->emission, M, K, emit);

    size_t numbers = 2 * (size_t)T, stride = (numbers + 3) / 4 * 4;
    uint32_t bits[PIECE];
    for (size_t i = 0; i < n; i++) {
        int state = 0;
        for (size_t at = 0; at < numbers; at += PIECE) {
            size_t count = numbers - at < PIECE ? numbers - at : PIECE;
            rng_fill_bits(rng, (first + i) * stride + at, count, bits);
            for (size_t k = 0; k < count; k += 2) {
                size_t t = i * (size_t)T + (at + k) / 2;
                state = draw(at + k ? move + state * M : start, M, bits[k]);
                symbols[t] = (uint8_t)draw(emit + state * K, K, bits[k + 1]);
                if (states) states[t] = (uint8_t)state;
            }
        }
    }
}

/* --- exact statistics ------------------------------------------------------------------------- */

void hmm_step(const struct hmm *hmm, double *p)
{
    int M = hmm->states;
    double next[MAX_STATES] = {0};
    for (int i = 0; i < M; i++)
        for (int j = 0; j < M; j++) next[j] += p[i] * hmm->transition[i * M + j];
    memcpy(p, next, sizeof *p * (size_t)M);
}

void hmm_marginal(const struct hmm *hmm, int t, double *marginal)
{
    memcpy(marginal, hmm->start, sizeof *marginal * (size_t)hmm->states);
    for (int i = 0; i < t; i++) hmm_step(hmm, marginal);
}

void hmm_mean_marginal(const struct hmm *hmm, int count, double *marginal)
{
    int M = hmm->states;
    double p[MAX_STATES], sum[MAX_STATES] = {0};
    hmm_marginal(hmm, 0, p);
    for (int t = 0; t < count; t++) {
        for (int i = 0; i < M; i++) sum[i] += p[i];
        hmm_step(hmm, p);
    }
    for (int i = 0; i < M; i++) marginal[i] = sum[i] / count;
}

void hmm_output_frequency(const struct hmm *hmm, int T, double *frequency)
{
    int M = hmm->states, K = hmm->symbols;
    double mean[MAX_STATES];
    hmm_mean_marginal(hmm, T, mean);
    for (int k = 0; k < K; k++) {
        frequency[k] = 0;
        for (int i = 0; i < M; i++) frequency[k] += mean[i] * hmm->emission[i * K + k];
    }
}

void hmm_output_joint(const struct hmm *hmm, int T, double *joint)
{
    int M = hmm->states, K = hmm->symbols;
    double mean[MAX_STATES];
    hmm_mean_marginal(hmm, T - 1, mean);
    memset(joint, 0, sizeof *joint * (size_t)(K * K));
    for (int i = 0; i < M; i++)
        for (int j = 0; j < M; j++) {
            double p = mean[i] * hmm->transition[i * M + j];
            for (int k = 0; k < K; k++)
                for (int l = 0; l < K; l++)
                    joint[k * K + l] += p * hmm->emission[i * K + k] * hmm->emission[j * K + l];
        }
}

double hmm_change_probability(const struct hmm *hmm, int T)
{
    int M = hmm->states, K = hmm->symbols;
    double mean[MAX_STATES], same = 0;
    hmm_mean_marginal(hmm, T - 1, mean);
    for (int i = 0; i < M; i++)
        for (int j = 0; j < M; j++)
            for (int k = 0; k < K; k++)
                same += mean[i] * hmm->transition[i * M + j] * hmm->emission[i * K + k] *
                        hmm->emission[j * K + k];
    return 1 - same;
}

double hmm_log2_likelihood(const struct hmm *hmm, const uint8_t *symbols, int T, double *step_bits)
{
    int M = hmm->states, K = hmm->symbols;
    double p[MAX_STATES], total = 0;
    hmm_marginal(hmm, 0, p);
    for (int t = 0; t < T; t++) {
        double sum = 0;
        if (t) hmm_step(hmm, p);
        for (int i = 0; i < M; i++) {
            p[i] *= symbols[t] < K ? hmm->emission[i * K + symbols[t]] : 0;
            sum += p[i];
        }
        if (!(sum > 0)) {
            for (int rest = t; step_bits && rest < T; rest++) step_bits[rest] = -INFINITY;
            return -INFINITY;
        }
        for (int i = 0; i < M; i++) p[i] /= sum;
        double bits = (double)log2l(sum);
        if (step_bits) step_bits[t] = bits;
        total += bits;
    }
    return total;
}
