/* predictive: see predictive.h. The HMM's forecast is exact, from the scaled forward recursion. */
#include "predictive.h"

#include <math.h>

/* p (K): forecast of the symbol from the state distribution (M) */
static void forecast_of(const struct hmm *hmm, const double *state, double *p)
{
    int M = hmm->states, K = hmm->symbols;
    for (int k = 0; k < K; k++) p[k] = 0;
    for (int i = 0; i < M; i++)
        for (int k = 0; k < K; k++) p[k] += state[i] * hmm->emission[i * K + k];
}

/* Contribution of one symbol to KL(a || b), a = 2^log2_a; it is rounding that puts one below 0. */
static double contribution(double a, double log2_a, double log2_b)
{
    double sum = (a > 0 ? a * (log2_a - log2_b) : 0) + (exp2(log2_b) - a) / M_LN2;
    return sum < 0 ? 0 : sum;
}

/* sum (K) += contributions to KL(p || q) */
static void add_from(const double *p, const double *log2_q, int K, double *sum)
{
    for (int k = 0; k < K; k++) sum[k] += contribution(p[k], log2(p[k]), log2_q[k]);
}

/* sum (K) += contributions to KL(q || p), q normalised over p > 0 */
static void add_to(const double *p, const double *log2_q, int K, double *sum)
{
    double largest = -INFINITY, total = 0;
    for (int k = 0; k < K; k++) largest = p[k] > 0 ? fmax(largest, log2_q[k]) : largest;
    for (int k = 0; k < K; k++) total += p[k] > 0 ? exp2(log2_q[k] - largest) : 0;
    for (int k = 0; k < K; k++) {
        double log2_own = log2_q[k] - largest - log2(total);
        if (p[k] > 0) sum[k] += contribution(exp2(log2_own), log2_own, log2(p[k]));
    }
}

double predictive_divergence(const struct hmm *hmm, const uint8_t *symbols, int T,
                             const double *forecast, bool of_hmm, double *share)
{
    int M = hmm->states, K = hmm->symbols;
    double state[MAX_STATES], p[MAX_SYMBOLS], sum[MAX_SYMBOLS] = {0}, all = 0;
    hmm_marginal(hmm, 0, state);
    for (int t = 0; t < T; t++, forecast += K) {
        if (t) hmm_step(hmm, state);
        forecast_of(hmm, state, p);
        (of_hmm ? add_from : add_to)(p, forecast, K, sum);
        for (int i = 0; i < M; i++) state[i] *= hmm->emission[i * K + symbols[t]] / p[symbols[t]];
    }
    for (int k = 0; k < K; k++) {
        if (share) share[k] = sum[k] / T;
        all += sum[k] / T;
    }
    return all;
}
