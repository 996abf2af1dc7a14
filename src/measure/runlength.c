/* runlength: see runlength.h. The exact counts by linear algebra over the state space: with D the
 * emission probabilities of the symbol on the diagonal, A the transitions and v_s the state
 * distribution at step s joint with "a run begins at s", the expected number of runs of length L is
 *   sum_(s < T-L) v_s (D A)^(L-1) D A (1 - B_k)  +  v_(T-L) (D A)^(L-1) D 1,
 * runs ended by another symbol and runs cut by the end of the window. Refuses stationarity: the
 * window begins at the HMM's start distribution.
 */
#include "runlength.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int out_of_memory(struct status *st)
{
    return status_no_memory(st,
                            "the run lengths; lower measure.length or use fewer workers a node");
}

void runlength_count(const struct sample *sample, int symbols, double *count)
{
    size_t T = (size_t)sample->T;
    memset(count, 0, sizeof *count * (size_t)symbols * T);
    for (size_t i = 0; i < sample->n; i++) {
        const uint8_t *o = sample->symbols + i * T;
        for (size_t t = 0, end; t < T; t = end) {
            for (end = t + 1; end < T && o[end] == o[t];) end++;
            count[o[t] * T + end - t - 1]++;
        }
    }
}

/* out = D A x, D = diag(emission of symbol) */
static void emit_and_move(const struct hmm *hmm, int symbol, const double *x, double *out)
{
    int M = hmm->states, K = hmm->symbols;
    for (int i = 0; i < M; i++) {
        double sum = 0;
        for (int j = 0; j < M; j++) sum += hmm->transition[i * M + j] * x[j];
        out[i] = hmm->emission[i * K + symbol] * sum;
    }
}

/* begin (T, M): v_s, the state at s joint with "a run of the symbol may begin here": s = 0, or
 * another symbol at s - 1. */
static void fill_begin(const struct hmm *hmm, int symbol, int T, double *begin)
{
    int M = hmm->states, K = hmm->symbols;
    double p[MAX_STATES];
    hmm_marginal(hmm, 0, p);
    memcpy(begin, p, sizeof *p * (size_t)M);
    for (int s = 1; s < T; s++) {
        double *v = begin + s * M;
        for (int i = 0; i < M; i++) v[i] = p[i] * (1 - hmm->emission[i * K + symbol]);
        hmm_step(hmm, v);
        hmm_step(hmm, p);
    }
}

int runlength_exact(const struct hmm *hmm, int symbol, int T, double *count, struct status *st)
{
    int M = hmm->states, K = hmm->symbols;
    double ended[MAX_STATES], cut[MAX_STATES], next[MAX_STATES] = {0}, before[MAX_STATES] = {0};
    double *begin = malloc(sizeof *begin * (size_t)T * (size_t)M);
    if (!begin) return out_of_memory(st);
    fill_begin(hmm, symbol, T, begin);
    for (int s = 0; s < T - 1; s++)
        for (int i = 0; i < M; i++) before[i] += begin[s * M + i];

    /* ended = (D A)^(L-1) D A (1 - B_k), cut = (D A)^(L-1) D 1, before = sum_(s < T-L) v_s */
    for (int i = 0; i < M; i++) {
        cut[i] = hmm->emission[i * K + symbol];
        next[i] = 1 - cut[i];
    }
    emit_and_move(hmm, symbol, next, ended);
    for (int L = 1; L <= T; L++) {
        const double *last = begin + (T - L) * M;
        double sum = 0;
        for (int i = 0; i < M; i++) sum += before[i] * ended[i] + last[i] * cut[i];
        count[L - 1] = sum;
        for (int i = 0; L < T && i < M; i++) before[i] -= begin[(T - L - 1) * M + i];
        emit_and_move(hmm, symbol, ended, next);
        memcpy(ended, next, sizeof *ended * (size_t)M);
        emit_and_move(hmm, symbol, cut, next);
        memcpy(cut, next, sizeof *cut * (size_t)M);
    }
    free(begin);
    return STATUS_OK;
}

double runlength_ks(const double *count, const double *expected, int T)
{
    double total = 0, total_expected = 0, sum = 0, sum_expected = 0, largest = 0;
    for (int L = 0; L < T; L++) {
        total += count[L];
        total_expected += expected[L];
    }
    bool has = total > 0, has_expected = total_expected > 0;
    if (!has || !has_expected) return has == has_expected ? NAN : 1;
    for (int L = 0; L < T; L++) {
        sum += count[L];
        sum_expected += expected[L];
        largest = fmax(largest, fabs(sum / total - sum_expected / total_expected));
    }
    return largest;
}

int runlength_distances(const struct hmm *hmm, const struct sample *sample, double *out,
                        struct status *st)
{
    size_t K = (size_t)hmm->symbols, T = (size_t)sample->T;
    int code = STATUS_OK;
    double *count = malloc(sizeof *count * (K + 1) * T);
    if (!count) return out_of_memory(st);
    double *expected = count + K * T;
    runlength_count(sample, (int)K, count);
    for (size_t k = 0; k < K && !code; k++) {
        code = runlength_exact(hmm, (int)k, (int)T, expected, st);
        if (!code) out[k] = runlength_ks(count + k * T, expected, (int)T);
    }
    free(count);
    return code;
}
