/* metrics: THE table of metrics and the small ones (SCIENCE 3.2, 8.2); the others have a file each:
 * matching, words, runlength, autocorrelation. Refuses to repeat itself: nothing else lists
 * metrics, and what two rows share is computed once per input (struct measure_memo).
 */
#include "autocorrelation.h"
#include "matching.h"
#include "hmmgrid/metrics.h"
#include "runlength.h"
#include "words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int out_of_memory(struct status *st)
{
    return status_no_memory(st, "the measures; lower measure.length or use fewer workers a node");
}

/* --- matched distance ------------------------------------------------------------------------- */

static int matched(const struct measure_input *in, double *mean, double *sd, struct status *st)
{
    struct measure_memo own = {0}, *memo = in->memo ? in->memo : &own;
    if (!memo->has_matching) {
        struct matching m;
        int code = matching_measure(&in->reference, &in->tested, &m, st);
        if (code) return code;
        memo->has_matching = true;
        memo->matched_mean = m.mean;
        memo->matched_sd = m.sd;
    }
    if (mean) *mean = memo->matched_mean;
    if (sd) *sd = memo->matched_sd;
    return STATUS_OK;
}

static int matched_distance(const struct measure_input *in, double *out, struct status *st)
{
    return matched(in, out, NULL, st);
}

static int matched_distance_sd(const struct measure_input *in, double *out, struct status *st)
{
    return matched(in, NULL, out, st);
}

/* --- volatility, frequency -------------------------------------------------------------------- */

/* Mean or sd (ddof 0) of n numbers from their sums. */
static double mean_or_sd(bool sd, size_t n, double sum, double squares)
{
    double mean = sum / (double)n;
    return sd ? sqrt(fmax(squares / (double)n - mean * mean, 0)) : mean;
}

static double changes(const struct sample *s, bool sd)
{
    double sum = 0, squares = 0;
    for (size_t i = 0; i < s->n; i++) {
        const uint8_t *o = s->symbols + i * (size_t)s->T;
        int count = 0;
        for (int t = 1; t < s->T; t++) count += o[t] != o[t - 1];
        sum += count;
        squares += (double)count * count;
    }
    return mean_or_sd(sd, s->n, sum, squares);
}

static int volatility(const struct measure_input *in, double *out, struct status *st)
{
    (void)st;
    *out = changes(&in->tested, false);
    return STATUS_OK;
}

static int volatility_sd(const struct measure_input *in, double *out, struct status *st)
{
    (void)st;
    *out = changes(&in->tested, true);
    return STATUS_OK;
}

static int volatility_exact(const struct measure_input *in, double *out, struct status *st)
{
    (void)st;
    int T = in->tested.T;
    *out = T > 1 ? (T - 1) * hmm_change_probability(in->hmm, T) : 0;
    return STATUS_OK;
}

static void frequencies(const struct measure_input *in, bool sd, double *out)
{
    const struct sample *s = &in->tested;
    int K = in->hmm->symbols;
    double sum[MAX_SYMBOLS + 1] = {0}, squares[MAX_SYMBOLS + 1] = {0};
    for (size_t i = 0; i < s->n; i++) {
        double share[MAX_SYMBOLS + 1] = {0};
        for (int t = 0; t < s->T; t++) share[s->symbols[i * (size_t)s->T + (size_t)t]]++;
        for (int k = 0; k < K; k++) {
            sum[k] += share[k];
            squares[k] += share[k] * share[k];
        }
    }
    for (int k = 0; k < K; k++) out[k] = mean_or_sd(sd, s->n, sum[k], squares[k]) / s->T;
}

static int frequency(const struct measure_input *in, double *out, struct status *st)
{
    (void)st;
    frequencies(in, false, out);
    return STATUS_OK;
}

static int frequency_sd(const struct measure_input *in, double *out, struct status *st)
{
    (void)st;
    frequencies(in, true, out);
    return STATUS_OK;
}

static int frequency_exact(const struct measure_input *in, double *out, struct status *st)
{
    (void)st;
    hmm_output_frequency(in->hmm, in->tested.T, out);
    return STATUS_OK;
}

/* --- transitions ------------------------------------------------------------------------------ */

/* Divide each row of (K, K) by its sum; `empty` fills the rows that have none. */
static void normalise_rows(double *p, int K, double empty)
{
    for (int k = 0; k < K; k++) {
        double sum = 0;
        for (int l = 0; l < K; l++) sum += p[k * K + l];
        for (int l = 0; l < K; l++) p[k * K + l] = sum > 0 ? p[k * K + l] / sum : empty;
    }
}

static void transitions(const struct sample *s, int K, double empty, double *out)
{
    memset(out, 0, sizeof *out * (size_t)K * (size_t)K);
    for (size_t i = 0; i < s->n; i++) {
        const uint8_t *o = s->symbols + i * (size_t)s->T;
        for (int t = 1; t < s->T; t++) out[o[t - 1] * K + o[t]]++;
    }
    normalise_rows(out, K, empty);
}

static int transition_rnn(const struct measure_input *in, double *out, struct status *st)
{
    (void)st;
    transitions(&in->tested, in->hmm->symbols, NAN, out);
    return STATUS_OK;
}

static int transition_hmm(const struct measure_input *in, double *out, struct status *st)
{
    (void)st;
    transitions(&in->reference, in->hmm->symbols, NAN, out);
    return STATUS_OK;
}

static int transition_exact(const struct measure_input *in, double *out, struct status *st)
{
    (void)st;
    hmm_output_joint(in->hmm, in->tested.T, out);
    normalise_rows(out, in->hmm->symbols, NAN);
    return STATUS_OK;
}

/* out (K, K): squared differences of the two samples' matrices */
static int square_errors(const struct measure_input *in, double empty, double *out,
                         struct status *st)
{
    size_t K = (size_t)in->hmm->symbols;
    double *reference = malloc(sizeof *reference * K * K);
    if (!reference) return out_of_memory(st);
    transitions(&in->reference, (int)K, empty, reference);
    transitions(&in->tested, (int)K, empty, out);
    for (size_t i = 0; i < K * K; i++) out[i] = (out[i] - reference[i]) * (out[i] - reference[i]);
    free(reference);
    return STATUS_OK;
}

static int transition_sq_error(const struct measure_input *in, double *out, struct status *st)
{
    return square_errors(in, NAN, out, st);
}

static int transition_mse(const struct measure_input *in, double *out, struct status *st)
{
    size_t K = (size_t)in->hmm->symbols;
    double *error = malloc(sizeof *error * K * K), sum = 0;
    if (!error) return out_of_memory(st);
    int code = square_errors(in, 0, error, st);
    for (size_t i = 0; !code && i < K * K; i++) sum += error[i];
    *out = sum / (double)(K * K);
    free(error);
    return code;
}

/* --- words, runs, autocorrelation ------------------------------------------------------------- */

static int word_tv(const struct measure_input *in, double *out, struct status *st)
{
    for (int k = 1; k <= MAX_WORD_LENGTH; k++) {
        int code = words_total_variation(in->hmm, &in->tested, k, &out[k - 1], st);
        if (code) return code;
    }
    return STATUS_OK;
}

static int run_length_ks(const struct measure_input *in, double *out, struct status *st)
{
    return runlength_distances(in->hmm, &in->tested, out, st);
}

static int run_length_ks_max(const struct measure_input *in, double *out, struct status *st)
{
    double each[MAX_SYMBOLS];
    int code = runlength_distances(in->hmm, &in->tested, each, st);
    *out = NAN;
    for (int k = 0; !code && k < in->hmm->symbols; k++) *out = fmax(*out, each[k]); /* skips NaN */
    return code;
}

static int autocorrelation(const struct measure_input *in, double *out, struct status *st)
{
    return autocorrelation_sample(&in->tested, in->hmm->symbols, out, st);
}

static int autocorrelation_hmm(const struct measure_input *in, double *out, struct status *st)
{
    return autocorrelation_exact(in->hmm, in->tested.T, out, st);
}

static int autocorrelation_error(const struct measure_input *in, double *out, struct status *st)
{
    size_t n = (size_t)in->hmm->symbols * (size_t)(in->tested.T / 2 + 1);
    double *tested = malloc(2 * n * sizeof *tested);
    if (!tested) return out_of_memory(st);
    double *exact = tested + n;
    int code = autocorrelation_sample(&in->tested, in->hmm->symbols, tested, st);
    if (!code) code = autocorrelation_exact(in->hmm, in->tested.T, exact, st);
    *out = NAN;
    for (size_t i = 0; !code && i < n; i++) *out = fmax(*out, fabs(tested[i] - exact[i]));
    free(tested);
    return code;
}

/* --- likelihood ------------------------------------------------------------------------------- */

/* -mean log2 p(o_t | o_<t) over the possible sequences and t >= T/4; NaN when none is possible. */
static int entropy(const struct hmm *hmm, const struct sample *s, double *bits, double *impossible,
                   struct status *st)
{
    double *step = malloc(sizeof *step * (size_t)s->T), sum = 0;
    size_t num_impossible = 0;
    if (!step) return out_of_memory(st);
    int burn_in = s->T / 4;
    for (size_t i = 0; i < s->n; i++) {
        if (isinf(hmm_log2_likelihood(hmm, s->symbols + i * (size_t)s->T, s->T, step))) {
            num_impossible++;
            continue;
        }
        for (int t = burn_in; t < s->T; t++) sum -= step[t];
    }
    *bits = sum / ((double)(s->n - num_impossible) * (s->T - burn_in)); /* 0/0: NaN */
    *impossible = (double)num_impossible;
    free(step);
    return STATUS_OK;
}

static int likelihood(const struct measure_input *in, double *bits, double *impossible,
                      struct status *st)
{
    struct measure_memo own = {0}, *memo = in->memo ? in->memo : &own;
    if (!memo->has_likelihood) {
        int code = entropy(in->hmm, &in->tested, &memo->cross_entropy, &memo->num_impossible, st);
        if (code) return code;
        memo->has_likelihood = true;
    }
    if (bits) *bits = memo->cross_entropy;
    if (impossible) *impossible = memo->num_impossible;
    return STATUS_OK;
}

static int cross_entropy(const struct measure_input *in, double *out, struct status *st)
{
    return likelihood(in, out, NULL, st);
}

static int impossible_sequences(const struct measure_input *in, double *out, struct status *st)
{
    return likelihood(in, NULL, out, st);
}

static int entropy_rate(const struct measure_input *in, double *out, struct status *st)
{
    double impossible;
    return entropy(in->hmm, &in->reference, out, &impossible, st);
}

/* --- the table -------------------------------------------------------------------------------- */

/* clang-format off */
#define SCALAR 0, {0, 0}
#define SYMBOL 1, {DIM_SYMBOL, 0}
#define PAIR   2, {DIM_SYMBOL, DIM_SYMBOL_TO}
#define LAG    2, {DIM_SYMBOL, DIM_LAG}
#define WORD   1, {DIM_WORD_LENGTH, 0}
/* clang-format on */

/* The order is that of the columns; the quick ones first, so that a stop is noticed early. */
const struct metric metrics_table[] = {
    {"volatility", SCALAR, true, "changes", "changes of symbol per sequence, mean over sequences",
     volatility},
    {"volatility_sd", SCALAR, true, "changes",
     "changes of symbol per sequence, sd over sequences (ddof 0)", volatility_sd},
    {"volatility_exact", SCALAR, false, "changes",
     "expected changes of symbol per sequence of the HMM, exact", volatility_exact},
    {"frequency", SYMBOL, true, "1", "relative frequency of each symbol, mean over sequences",
     frequency},
    {"frequency_sd", SYMBOL, true, "1",
     "relative frequency of each symbol, sd over sequences (ddof 0)", frequency_sd},
    {"frequency_exact", SYMBOL, false, "1", "expected frequency of each symbol of the HMM, exact",
     frequency_exact},
    {"transition_rnn", PAIR, true, "1",
     "P(next symbol | symbol) of the network's sample; NaN rows: symbol never left",
     transition_rnn},
    {"transition_hmm", PAIR, false, "1",
     "P(next symbol | symbol) of the HMM's reference sample; NaN rows: symbol never left",
     transition_hmm},
    {"transition_exact", PAIR, false, "1",
     "P(next symbol | symbol) of the HMM, exact, averaged over steps", transition_exact},
    {"transition_sq_error", PAIR, true, "1",
     "squared difference of transition_rnn and transition_hmm", transition_sq_error},
    {"transition_mse", SCALAR, true, "1",
     "mean of transition_sq_error over all pairs; a row without counts is taken as zeros",
     transition_mse},
    {"word_tv", WORD, true, "1", "total variation distance to the HMM's exact k-gram probabilities",
     word_tv},
    {"run_length_ks", SYMBOL, true, "1",
     "Kolmogorov-Smirnov distance of run lengths to the HMM's exact ones; 1: only one emits it",
     run_length_ks},
    {"run_length_ks_max", SCALAR, true, "1", "largest run_length_ks over the symbols",
     run_length_ks_max},
    {"autocorrelation", LAG, true, "1", "autocorrelation of the indicator of each symbol",
     autocorrelation},
    {"autocorrelation_exact", LAG, false, "1",
     "autocorrelation of the indicator of each symbol of the HMM, exact", autocorrelation_hmm},
    {"autocorrelation_error", SCALAR, true, "1",
     "largest absolute difference of autocorrelation and autocorrelation_exact",
     autocorrelation_error},
    {"cross_entropy", SCALAR, true, "bits/symbol",
     "-log2 p_HMM(symbol | past) of the network's possible sequences, mean after T/4 steps",
     cross_entropy},
    {"impossible_sequences", SCALAR, false, "sequences",
     "network's sequences that have probability 0 under the HMM", impossible_sequences},
    {"entropy_rate", SCALAR, false, "bits/symbol",
     "-log2 p_HMM(symbol | past) of the HMM's reference sample, mean after T/4 steps",
     entropy_rate},
    {"matched_distance", SCALAR, true, "1",
     "Sinkhorn-matched Euclidean distance to the HMM's reference sample, mean over sequences",
     matched_distance},
    {"matched_distance_sd", SCALAR, true, "1",
     "Sinkhorn-matched Euclidean distance, sd over sequences (ddof 0)", matched_distance_sd},
};

const int num_metrics = (int)(sizeof metrics_table / sizeof *metrics_table);

const struct metric *metrics_find(const char *name)
{
    for (int i = 0; i < num_metrics; i++)
        if (strcmp(metrics_table[i].name, name) == 0) return &metrics_table[i];
    return NULL;
}

int measure_dim_size(enum measure_dim dim, int symbols, int T)
{
    switch (dim) {
    case DIM_SYMBOL:
    case DIM_SYMBOL_TO: return symbols;
    case DIM_WORD_LENGTH: return MAX_WORD_LENGTH;
    case DIM_LAG: return T / 2 + 1;
    default: return 0;
    }
}

int measure_count(const struct metric *metric, int symbols, int T)
{
    int count = 1;
    for (int d = 0; d < metric->num_dims; d++)
        count *= measure_dim_size(metric->dim[d], symbols, T);
    return count;
}
