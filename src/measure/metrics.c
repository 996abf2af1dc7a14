/* metrics: THE table of metrics and the small ones (SCIENCE 3.2, 8.2); the others have a file each:
 * matching, words, runlength, autocorrelation. Refuses to repeat itself: nothing else lists
 * metrics, and what two rows share is computed once per input (struct measure_memo).
 */
#include "autocorrelation.h"
#include "matching.h"
#include "base/paper.h"
#include "base/statistics.h"
#include "hmmgrid/metrics.h"
#include "runlength.h"
#include "words.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

/* What a row takes of a function that gives several things (in->part). */
enum { ONLY, ALL, MEAN, SD, TESTED, REFERENCE, BITS, IMPOSSIBLE, SHARE, LARGEST };

static int out_of_memory(struct status *st)
{
    return status_no_memory(st, "the measures; lower measure.length or use fewer workers a node");
}

/* --- emitted symbols -------------------------------------------------------------------------- */

/* From the second step on: what stands first may be no output (measure.generation). */
static int count_emitted(const struct sample *s)
{
    bool seen[MAX_SYMBOLS + 1] = {false};
    int num = 0;
    for (size_t i = 0; i < s->n * (size_t)s->T; i++) {
        if (s->T > 1 && i % (size_t)s->T == 0) continue;
        num += !seen[s->symbols[i]];
        seen[s->symbols[i]] = true;
    }
    return num;
}

static int emitted_symbols(const struct measure_input *in, double *out, struct status *st)
{
    (void)st;
    *out = count_emitted(&in->tested);
    return STATUS_OK;
}

/* One symbol for ever, unlike the HMM: near to each of its sequences that last, and likely, so that
 * what is small when sequences are near or likely says nothing of it. */
static bool is_constant(const struct measure_input *in)
{
    return count_emitted(&in->tested) == 1 && count_emitted(&in->reference) > 1;
}

/* --- matched distance ------------------------------------------------------------------------- */

static int matched_distance(const struct measure_input *in, double *out, struct status *st)
{
    struct measure_memo *memo = in->memo;
    if (!memo->has_matching) {
        struct matching m;
        int code = matching_measure(&in->reference, &in->tested, in->stop, &m, st);
        if (code) return code;
        bool constant = is_constant(in);
        memo->has_matching = true;
        memo->matched_mean = constant ? NAN : m.mean;
        memo->matched_sd = constant ? NAN : m.sd;
    }
    *out = in->part == SD ? memo->matched_sd : memo->matched_mean;
    return STATUS_OK;
}

/* --- volatility, frequency -------------------------------------------------------------------- */

/* Mean or sd (ddof 0). */
static double mean_or_sd(const struct sums *sums, int part)
{
    return part == SD ? sqrt(sums_variance(sums)) : sums_mean(sums);
}

static int volatility(const struct measure_input *in, double *out, struct status *st)
{
    (void)st;
    const struct sample *s = &in->tested;
    struct sums sums = {0};
    for (size_t i = 0; i < s->n; i++) {
        const uint8_t *o = s->symbols + i * (size_t)s->T;
        int count = 0;
        for (int t = 1; t < s->T; t++) count += o[t] != o[t - 1];
        sums_add(&sums, count);
    }
    *out = mean_or_sd(&sums, in->part);
    return STATUS_OK;
}

static int volatility_exact(const struct measure_input *in, double *out, struct status *st)
{
    (void)st;
    int T = in->tested.T;
    *out = T > 1 ? (T - 1) * hmm_change_probability(in->hmm, T) : 0;
    return STATUS_OK;
}

static int frequency(const struct measure_input *in, double *out, struct status *st)
{
    (void)st;
    const struct sample *s = &in->tested;
    int K = in->hmm->symbols;
    struct sums sums[MAX_SYMBOLS + 1] = {0};
    for (size_t i = 0; i < s->n; i++) {
        double share[MAX_SYMBOLS + 1] = {0};
        for (int t = 0; t < s->T; t++) share[s->symbols[i * (size_t)s->T + (size_t)t]]++;
        for (int k = 0; k < K; k++) sums_add(&sums[k], share[k]);
    }
    for (int k = 0; k < K; k++) out[k] = mean_or_sd(&sums[k], in->part) / s->T;
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

static int transition(const struct measure_input *in, double *out, struct status *st)
{
    (void)st;
    transitions(in->part == TESTED ? &in->tested : &in->reference, in->hmm->symbols, NAN, out);
    return STATUS_OK;
}

static int transition_exact(const struct measure_input *in, double *out, struct status *st)
{
    (void)st;
    hmm_output_joint(in->hmm, in->tested.T, out);
    normalise_rows(out, in->hmm->symbols, NAN);
    return STATUS_OK;
}

/* Squared differences of the two samples' matrices, or the mean of them. */
static int transition_error(const struct measure_input *in, double *out, struct status *st)
{
    size_t K = (size_t)in->hmm->symbols;
    double *reference = malloc(2 * sizeof *reference * K * K), sum = 0;
    if (!reference) return out_of_memory(st);
    double *tested = reference + K * K, empty = in->part == MEAN ? 0 : NAN;
    transitions(&in->reference, (int)K, empty, reference);
    transitions(&in->tested, (int)K, empty, tested);
    for (size_t i = 0; i < K * K; i++) {
        double error = (tested[i] - reference[i]) * (tested[i] - reference[i]);
        sum += error;
        if (in->part == ALL) out[i] = error;
    }
    if (in->part == MEAN) *out = sum / (double)(K * K);
    free(reference);
    return STATUS_OK;
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
    double each[MAX_SYMBOLS];
    if (in->part == ALL) return runlength_distances(in->hmm, &in->tested, out, st);
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
    for (size_t i = 0; !code && i < n; i++) {
        double error = fabs(tested[i] - exact[i]);
        if (isnan(error) && !isnan(exact[i])) {
            *out = NAN;
            break;
        }
        *out = fmax(*out, error); /* skips NaN */
    }
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

static int likelihood(const struct measure_input *in, double *out, struct status *st)
{
    struct measure_memo *memo = in->memo;
    if (!memo->has_likelihood) {
        int code = entropy(in->hmm, &in->tested, &memo->cross_entropy, &memo->num_impossible, st);
        if (code) return code;
        if (is_constant(in)) memo->cross_entropy = NAN;
        memo->has_likelihood = true;
    }
    *out = in->part == BITS         ? memo->cross_entropy
           : in->part == IMPOSSIBLE ? memo->num_impossible
                                    : memo->num_impossible / (double)in->tested.n;
    return STATUS_OK;
}

static int entropy_rate(const struct measure_input *in, double *out, struct status *st)
{
    double impossible;
    int code = entropy(in->hmm, &in->reference, out, &impossible, st);
    if (!code) *out = entropy_rate_of(*out, in->hmm->symbols);
    return code;
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
    {"volatility", SCALAR, FLOOR_Z, "changes",
     "changes of symbol per sequence, mean over sequences", volatility, MEAN,
     "mean over sequences of v = sum of [s_t != s_(t-1)] over t = 2 .. T", PAPER},
    {"volatility_sd", SCALAR, FLOOR_Z, "changes",
     "changes of symbol per sequence, sd over sequences (ddof 0)", volatility, SD,
     "sd over sequences of v = sum of [s_t != s_(t-1)] over t = 2 .. T", PAPER},
    {"volatility_exact", SCALAR, NO_FLOOR, "changes",
     "expected changes of symbol per sequence of the HMM, exact", volatility_exact, ONLY,
     "sum over t = 2 .. T of P_HMM(s_t != s_(t-1))", NULL},
    {"frequency", SYMBOL, FLOOR_Z, "1", "relative frequency of each symbol, mean over sequences",
     frequency, MEAN, "mean over sequences of f_k = (steps with s_t = k) / T", PAPER},
    {"frequency_sd", SYMBOL, FLOOR_Z, "1",
     "relative frequency of each symbol, sd over sequences (ddof 0)", frequency, SD,
     "sd over sequences of f_k = (steps with s_t = k) / T", PAPER},
    {"frequency_exact", SYMBOL, NO_FLOOR, "1",
     "expected frequency of each symbol of the HMM, exact", frequency_exact, ONLY,
     "mean over t of P_HMM(s_t = k)", NULL},
    {"transition_rnn", PAIR, FLOOR_Z, "1",
     "P(next symbol | symbol) of the network's sample; NaN rows: symbol never left", transition,
     TESTED, "N_kl / sum over m of N_km, N_kl = number of t with s_t = k and s_(t+1) = l", PAPER},
    {"transition_hmm", PAIR, NO_FLOOR, "1",
     "P(next symbol | symbol) of the HMM's reference sample; NaN rows: symbol never left",
     transition, REFERENCE, "as transition_rnn, of sequences of the HMM", PAPER},
    {"transition_exact", PAIR, NO_FLOOR, "1",
     "P(next symbol | symbol) of the HMM, exact, averaged over steps", transition_exact, ONLY,
     "J_kl / sum over m of J_km, J_kl = mean over t of P_HMM(s_t = k, s_(t+1) = l)", NULL},
    {"transition_sq_error", PAIR, FLOOR_P, "1",
     "squared difference of transition_rnn and transition_hmm", transition_error, ALL,
     "(transition_rnn - transition_hmm)^2", PAPER},
    {"transition_mse", SCALAR, FLOOR_P, "1",
     "mean of transition_sq_error over all pairs; a row without counts is taken as zeros",
     transition_error, MEAN, "mean over k and l of (transition_rnn - transition_hmm)^2", PAPER},
    {"word_tv", WORD, FLOOR_P, "1",
     "total variation distance to the HMM's exact k-gram probabilities", word_tv, ONLY,
     "1/2 sum over words w of |p(w) - p_HMM(w)|, p(w) the share of w among the words of its length",
     "Levin & Peres 2017, Markov Chains and Mixing Times, ch. 4"},
    {"run_length_ks", SYMBOL, FLOOR_P, "1",
     "Kolmogorov-Smirnov distance of run lengths to the HMM's exact ones; 1: only one emits it",
     run_length_ks, ALL,
     "largest |F(n) - F_HMM(n)| over n, F the distribution function of the lengths of runs of a "
     "symbol",
     "Kolmogorov 1933"},
    {"run_length_ks_max", SCALAR, FLOOR_P, "1", "largest run_length_ks over the symbols",
     run_length_ks, LARGEST, "largest run_length_ks over the symbols", "Kolmogorov 1933"},
    {"autocorrelation", LAG, FLOOR_Z, "1", "autocorrelation of the indicator of each symbol",
     autocorrelation, ONLY, "correlation of [s_t = k] and [s_(t+lag) = k] over t and sequences",
     NULL},
    {"autocorrelation_exact", LAG, NO_FLOOR, "1",
     "autocorrelation of the indicator of each symbol of the HMM, exact", autocorrelation_hmm, ONLY,
     "the same from P_HMM(s_t = k, s_(t+lag) = k)", NULL},
    {"autocorrelation_error", SCALAR, FLOOR_P, "1",
     "largest absolute difference of autocorrelation and autocorrelation_exact; NaN: the network "
     "emits a symbol of the HMM never or always",
     autocorrelation_error, ONLY,
     "largest |autocorrelation - autocorrelation_exact| over k and lag", NULL},
    {"cross_entropy", SCALAR, FLOOR_Z, "bits/symbol",
     "-log2 p_HMM(symbol | past) of the network's possible sequences, mean after T/4 steps; "
     "impossible_share tells how many are left out",
     likelihood, BITS,
     "mean of -log2 p_HMM(s_t | s_1 .. s_(t-1)) over t > T/4 and possible sequences",
     "Cover & Thomas 2006, ch. 2 and 4; forward algorithm: Rabiner 1989"},
    {"impossible_sequences", SCALAR, NO_FLOOR, "sequences",
     "network's sequences that have probability 0 under the HMM", likelihood, IMPOSSIBLE,
     "number of sequences with p_HMM(s_1 .. s_T) = 0", NULL},
    {"entropy_rate", SCALAR, NO_FLOOR, "bits/symbol",
     "-log2 p_HMM(symbol | past) of the HMM's reference sample, mean after T/4 steps; NaN outside "
     "0..log2 K",
     entropy_rate, ONLY, "as cross_entropy, of sequences of the HMM",
     "Cover & Thomas 2006, ch. 4; forward algorithm: Rabiner 1989"},
    {"matched_distance", SCALAR, FLOOR_Z_DEAR, "1",
     "Sinkhorn-matched Euclidean distance to the HMM's reference sample, mean over sequences",
     matched_distance, MEAN,
     "mean over i of sqrt(2 d(x_i, y_m(i))), d = steps in which two sequences differ, m(i) = "
     "argmax over j of the transport plan P_ij with cost sqrt(2 d) and epsilon = 0.1, iterated "
     "(over-relaxed, at most 1000 times) until the potentials move by less than 0.1 in sum",
     PAPER "; Cuturi 2013; Thibault et al. 2021"},
    {"matched_distance_sd", SCALAR, FLOOR_Z_DEAR, "1",
     "Sinkhorn-matched Euclidean distance, sd over sequences (ddof 0)", matched_distance, SD,
     "sd over i of sqrt(2 d(x_i, y_m(i))), see matched_distance", PAPER "; Cuturi 2013"},
    {"impossible_share", SCALAR, FLOOR_P, "1",
     "share of the network's sequences that have probability 0 under the HMM, which cross_entropy "
     "leaves out",
     likelihood, SHARE, "impossible_sequences / number of sequences", NULL},
    {"emitted_symbols", SCALAR, FLOOR_ALONE, "symbols",
     "different symbols that the network emits after the first step; 1: one for ever, and what is "
     "small for sequences near to the HMM's or likely under it is NaN",
     emitted_symbols, ONLY, "number of k with s_t = k for some t > 1 of some sequence", NULL},
};

const int num_metrics = (int)(sizeof metrics_table / sizeof *metrics_table);

const struct metric *metrics_find(const char *name)
{
    for (int i = 0; i < num_metrics; i++)
        if (strcmp(metrics_table[i].name, name) == 0) return &metrics_table[i];
    return NULL;
}

int metric_draws(int floor_draws)
{
    enum { LEAST = 32 };
    return floor_draws > LEAST ? floor_draws : LEAST;
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
