/* predictive: see predictive.h. The HMM's forecast is exact, from the scaled forward recursion. */
#include "predictive.h"

#include <math.h>

static const double least = 0x1p-126;

/* forecast (K) of the symbol from the state distribution p (M) */
static void forecast_of(const struct hmm *hmm, const double *p, double *forecast)
{
    int M = hmm->states, K = hmm->symbols;
    for (int k = 0; k < K; k++) forecast[k] = 0;
    for (int i = 0; i < M; i++)
        for (int k = 0; k < K; k++) forecast[k] += p[i] * hmm->emission[i * K + k];
}

/* sum p log2(p / q) over p > 0 */
static double from(const double *p, const double *q, int K)
{
    double sum = 0;
    for (int k = 0; k < K; k++)
        if (p[k] > 0) sum += p[k] * log2(p[k] / (q[k] < least ? least : q[k]));
    return sum;
}

/* sum q log2(q / p), q normalised over p > 0; 0 when nothing of it is there */
static double to(const double *p, const double *q, int K)
{
    double sum = 0, total = 0;
    for (int k = 0; k < K; k++) total += p[k] > 0 ? q[k] : 0;
    for (int k = 0; k < K; k++)
        if (p[k] > 0 && q[k] != 0) sum += q[k] / total * log2(q[k] / total / p[k]);
    return sum;
}

void predictive_divergence(const struct hmm *hmm, const uint8_t *symbols, int T,
                           const double *predictive, double *from_hmm, double *to_hmm)
{
    int M = hmm->states, K = hmm->symbols;
    double p[MAX_STATES], forecast[MAX_SYMBOLS], forth = 0, back = 0;
    hmm_marginal(hmm, 0, p);
    for (int t = 0; t < T; t++, predictive += K) {
        if (t) hmm_step(hmm, p);
        forecast_of(hmm, p, forecast);
        forth += from(forecast, predictive, K);
        back += to(forecast, predictive, K);
        for (int i = 0; i < M; i++)
            p[i] = p[i] * hmm->emission[i * K + symbols[t]] / forecast[symbols[t]];
    }
    if (from_hmm) *from_hmm = forth / T;
    if (to_hmm) *to_hmm = back / T;
}
