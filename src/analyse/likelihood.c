/* likelihood: how probable the HMM's sequences are under the network, and the network's own; KL
 * rates both ways, which emitting less variable sequences cannot lower. Means over whole sequences
 * of data.length symbols, emitted as in training. Refuses to average infinities: sequences that are
 * impossible under the HMM are counted and left out.
 *
 * The network's side comes from a particle filter at P and at 2P particles. log2 p^ lies below
 * log2 p by about (ln 2)/2 var(log2 p^), so a KL rate to the network is too high and one from it
 * too low by as much; 2 (value at 2P) - (value at P) takes out what falls as 1/P. The two filters
 * are independent, so their differences tell the filter's own noise: the variance at P is their
 * mean square over 1 + 1/2. Trust the extrapolation while that sd is below about 1 bit a sequence;
 * otherwise raise P.
 *
 * Stepwise rates compare the forecasts of every symbol along the same sequences (predictive.h). It
 * does not matter to them which symbols came: their standard errors are several times smaller, and
 * they are the ones to quote. HMM||RNN has the expectation of the plain rate; RNN||HMM is too high
 * by the filter's noise where the plain rate is too low.
 *
 * Source: SCIENCE 8.2 and 8.3; Pitt, Silva, Giordani, Kohn 2012 (bias and noise of log p^).
 */
#include "analysis.h"
#include "base/statistics.h"
#include "dynamics/predictive.h"
#include "dynamics/particle.h"

#include <math.h>

enum { PIECE = 16, PIECE_NUMBERS = 1 << 20 }; /* sequences between two asks to stop */
enum { STREAM_HMM, STREAM_RNN, STREAM_FILTER_HMM, STREAM_FILTER_RNN }; /* below in->rng */

/* at P = analysis.particles, at 2P, extrapolated and the standard error of that over sequences */
enum { AT_P, AT_2P, EXTRAPOLATED };

#define BITS "bits/symbol"
#define FORMS(SCALAR, id, name, meaning)                                                           \
    SCALAR(id, name "_p", BITS, meaning ", at analysis.particles")                                 \
    SCALAR(id##_2P, name "_2p", BITS, meaning ", at twice as many")                                \
    SCALAR(id##_EXTRAPOLATED, name "_extrapolated", BITS, meaning ", 2 (at 2P) - (at P)")          \
    SCALAR(id##_SE, name "_se", BITS, "standard error over sequences of " name "_extrapolated")

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    FORMS(SCALAR, KL_HMM_RNN, "kl_hmm_rnn",                                                        \
          "KL rate HMM||RNN: log2 p_HMM - log2 p_RNN of HMM sequences")                            \
    FORMS(SCALAR, KL_RNN_HMM, "kl_rnn_hmm",                                                        \
          "KL rate RNN||HMM: log2 p_RNN - log2 p_HMM of possible RNN sequences")                   \
    FORMS(SCALAR, KL_HMM_RNN_STEPWISE, "kl_hmm_rnn_stepwise",                                      \
          "KL rate HMM||RNN: divergence of forecasts, HMM sequences")                              \
    FORMS(SCALAR, KL_RNN_HMM_STEPWISE, "kl_rnn_hmm_stepwise",                                      \
          "KL rate RNN||HMM: divergence of forecasts, RNN sequences")                              \
    FORMS(SCALAR, CROSS_ENTROPY_HMM_RNN, "cross_entropy_hmm_rnn", "-log2 p_RNN of HMM sequences")  \
    FORMS(SCALAR, RNN_ENTROPY, "rnn_entropy",                                                      \
          "-log2 p_RNN of all RNN sequences (NaN outside 0..log2 K)")                              \
    SCALAR(CROSS_ENTROPY_RNN_HMM, "cross_entropy_rnn_hmm", BITS,                                   \
           "-log2 p_HMM of possible RNN sequences")                                                \
    SCALAR(CROSS_ENTROPY_RNN_HMM_SE, "cross_entropy_rnn_hmm_se", BITS,                             \
           "its standard error over sequences")                                                    \
    SCALAR(HMM_ENTROPY, "hmm_entropy", BITS,                                                       \
           "-log2 p_HMM of the same HMM sequences; NaN outside 0..log2 K")                         \
    SCALAR(HMM_ENTROPY_SE, "hmm_entropy_se", BITS, "its standard error over sequences")            \
    SCALAR(IMPOSSIBLE_SEQUENCES, "impossible_sequences", "1",                                      \
           "share of RNN sequences of probability 0 under the HMM (left out: 'possible')")         \
    SCALAR(FILTER_SD_HMM, "filter_sd_hmm", "bits",                                                 \
           "sd of one HMM sequence's log2 p^ over filters at P; above about 1: raise P")           \
    SCALAR(FILTER_SD_RNN, "filter_sd_rnn", "bits",                                                 \
           "sd of one RNN sequence's log2 p^ over filters at P; above about 1: raise P")           \
    SCALAR(KL_FLOOR_HMM_RNN, "kl_floor_hmm_rnn", BITS,                                             \
           "kl_hmm_rnn_p of an exact emulation, by the filter's noise; half at 2P; NaN where "     \
           "that noise is above log2 K bits a symbol")                                             \
    SCALAR(KL_FLOOR_HMM_RNN_SD, "kl_floor_hmm_rnn_sd", BITS,                                       \
           "sd about 0 of kl_hmm_rnn_extrapolated of an exact emulation")                          \
    SCALAR(KL_FLOOR_RNN_HMM, "kl_floor_rnn_hmm", BITS,                                             \
           "kl_rnn_hmm_p of an exact emulation, by the filter's noise; half at 2P; NaN where "     \
           "that noise is above log2 K bits a symbol")                                             \
    SCALAR(KL_FLOOR_RNN_HMM_SD, "kl_floor_rnn_hmm_sd", BITS,                                       \
           "sd about 0 of kl_rnn_hmm_extrapolated of an exact emulation")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

/* --- sequences and their likelihoods ---------------------------------------------------------- */

struct scored {
    size_t n;
    int T;
    bool of_hmm;         /* whose sequences */
    uint8_t *symbols;    /* (n, T) */
    double *hmm;         /* (n) log2 p_HMM; -inf: impossible; NaN: HMM not known */
    double *rnn[2];      /* (n) log2 p^_RNN at P, 2P; NaN: states are not finite */
    double *stepwise[2]; /* (n) KL rate of forecasts from whose sequences they are to the other */
    double *x[2], *kept; /* (n) scratch */
    size_t piece;        /* sequences filtered between two asks to stop */
    double *predictive;  /* (piece, T, K) */
};

static int scored_init(struct scored *q, const struct analysis_input *in, struct status *st)
{
    size_t n = (size_t)in->s->analysis.likelihood_sequences, K = (size_t)in->net->shape.symbols;
    int T = in->s->data.length;
    size_t most = PIECE_NUMBERS / ((size_t)T * K);
    *q = (struct scored){.n = n, .T = T, .piece = most < 1 ? 1 : most > PIECE ? PIECE : most};
    q->symbols = scratch(in, n, (size_t)T);
    q->hmm = scratch(in, 8 * n + q->piece * (size_t)T * K, sizeof *q->hmm);
    if (!q->symbols || !q->hmm)
        return status_no_memory(st, "%zu sequences; lower analysis.likelihood_sequences", n);
    for (size_t f = 0; f < 2; f++) {
        q->rnn[f] = q->hmm + (1 + f) * n;
        q->stepwise[f] = q->hmm + (3 + f) * n;
        q->x[f] = q->hmm + (5 + f) * n;
    }
    q->kept = q->hmm + 7 * n;
    q->predictive = q->hmm + 8 * n;
    return STATUS_OK;
}

/* stepwise (n) of the sequences from i on, from their forecasts */
static void fill_stepwise(const struct analysis_input *in, const struct scored *q, size_t i,
                          size_t n, double *stepwise)
{
    size_t T = (size_t)q->T, K = (size_t)in->net->shape.symbols;
    for (size_t j = 0; j < n; j++) {
        stepwise[j] = NAN;
        if (!in->hmm || isinf(q->hmm[i + j])) continue;
        predictive_divergence(in->hmm, q->symbols + (i + j) * T, q->T, q->predictive + j * T * K,
                              q->of_hmm ? &stepwise[j] : NULL, q->of_hmm ? NULL : &stepwise[j]);
    }
}

/* All that a filter of P (f = 0) or 2P particles says. */
static int filter_all(const struct analysis_input *in, size_t f, struct rng rng,
                      const struct scored *q, struct status *st)
{
    struct particle_filter filter;
    size_t particles = (f + 1) * (size_t)in->s->analysis.particles;
    int code = particle_init(&filter, in->net, in->s->rnn.initial_state, particles, st);
    for (size_t i = 0; i < q->n && !code; i += q->piece) {
        size_t n = q->n - i < q->piece ? q->n - i : q->piece;
        code = analysis_check_stop(in, st);
        if (code) break;
        particle_log2_likelihood(&filter, rng_child(rng, f), i, q->symbols + i * (size_t)q->T, n,
                                 q->T, q->rnn[f] + i, q->predictive);
        fill_stepwise(in, q, i, n, q->stepwise[f] + i);
    }
    particle_free(&filter);
    return code;
}

/* All that is said of q->symbols one by one. */
static int score(const struct analysis_input *in, struct rng rng, const struct scored *q,
                 struct status *st)
{
    size_t T = (size_t)q->T;
    for (size_t i = 0; i < q->n; i++)
        q->hmm[i] = in->hmm ? hmm_log2_likelihood(in->hmm, q->symbols + i * T, q->T, NULL) : NAN;
    int code = filter_all(in, 0, rng, q, st);
    return code ? code : filter_all(in, 1, rng, q, st);
}

/* --- what is made of them --------------------------------------------------------------------- */

/* Mean of x (n) over all sequences, or over those possible under the HMM, and its standard error.
 */
static double average_of(const struct scored *q, bool possible, const double *x, double *se)
{
    size_t n = 0;
    for (size_t i = 0; i < q->n; i++)
        if (!possible || !isinf(q->hmm[i])) q->kept[n++] = x[i];
    double mean = mean_of(q->kept, n);
    *se = sem_about(q->kept, n, mean);
    return mean;
}

/* Forms to the outputs from `first` on, of what is x[0] (n) at P and x[1] (n) at 2P; x[0] is
 * overwritten. Those of RNN_ENTROPY only where they are an entropy rate. */
static void fill_forms(const struct scored *q, bool possible, double *const x[2], int first,
                       struct outputs *out)
{
    for (int form = AT_P; form <= EXTRAPOLATED; form++) {
        double se, *own = x[form == AT_2P];
        for (size_t i = 0; form == EXTRAPOLATED && i < q->n; i++) own[i] = 2 * x[1][i] - own[i];
        double mean = average_of(q, possible, own, &se);
        if (first == RNN_ENTROPY) mean = particle_entropy_rate(mean, se, out->s->hmm.symbols);
        put(out, first + form, mean);
        if (form == EXTRAPOLATED) put(out, first + form + 1, isnan(mean) ? NAN : se);
    }
}

/* Forms of -log2 p_RNN per symbol of all sequences; possible: of those possible under the HMM, plus
 * log2 p_HMM; sign: of it all. */
static void fill_rates(const struct scored *q, bool possible, int sign, int first,
                       struct outputs *out)
{
    for (int f = 0; f < 2; f++)
        for (size_t i = 0; i < q->n; i++)
            q->x[f][i] = sign * ((possible ? q->hmm[i] : 0) - q->rnn[f][i]) / q->T;
    fill_forms(q, possible, q->x, first, out);
}

/* -log2 p_HMM per symbol of the possible sequences; NaN for a network whose states are not finite
 */
static void fill_hmm(const struct scored *q, int which, struct outputs *out)
{
    double se;
    for (size_t i = 0; i < q->n; i++) q->x[0][i] = isnan(q->rnn[0][i]) ? NAN : -q->hmm[i] / q->T;
    double mean = average_of(q, true, q->x[0], &se);
    if (which == HMM_ENTROPY) mean = entropy_rate_of(mean, out->s->hmm.symbols);
    put_pair(out, which, mean, isnan(mean) ? NAN : se);
}

/* The filter's noise at P, and what it makes of an exact emulation's KL rate (floor -1: not
 * wanted); sign: of the bias. The formula is of a filter that knows something: it is not used where
 * a sequence's log2 p^ is known to no better than log2 K a symbol. */
static void fill_noise(const struct scored *q, int sign, int sd, int floor, struct outputs *out)
{
    double squares = 0, T = q->T;
    for (size_t i = 0; i < q->n; i++)
        squares += (q->rnn[0][i] - q->rnn[1][i]) * (q->rnn[0][i] - q->rnn[1][i]);
    double variance = squares / (double)q->n / 1.5;
    put(out, sd, sqrt(variance));
    if (floor < 0 || !(sqrt(variance) <= T * log2(out->s->hmm.symbols))) return;
    double floor_sd = sqrt(3 * variance / (double)q->n) / T; /* 2^2 variance / 2 + variance */
    put_pair(out, floor, sign * M_LN2 / 2 * variance / T, floor_sd);
}

static int of_hmm_sequences(const struct analysis_input *in, struct scored *q, struct outputs *out,
                            struct status *st)
{
    q->of_hmm = true;
    hmm_sample(in->hmm, rng_child(in->rng, STREAM_HMM), 0, q->n, q->T, q->symbols, NULL);
    int code = score(in, rng_child(in->rng, STREAM_FILTER_HMM), q, st);
    if (code) return code;
    fill_rates(q, true, 1, KL_HMM_RNN, out);
    fill_rates(q, false, 1, CROSS_ENTROPY_HMM_RNN, out);
    fill_hmm(q, HMM_ENTROPY, out);
    fill_forms(q, true, q->stepwise, KL_HMM_RNN_STEPWISE, out);
    fill_noise(q, 1, FILTER_SD_HMM, KL_FLOOR_HMM_RNN, out);
    return STATUS_OK;
}

static int of_rnn_sequences(const struct analysis_input *in, struct scored *q, struct outputs *out,
                            struct status *st)
{
    const float *params = in->net->U; /* the first view of the block */
    q->of_hmm = false;
    int code = rnn_generate(in->net->shape, params, GENERATE_TRAINED, in->s->rnn.initial_state,
                            rng_child(in->rng, STREAM_RNN), 0, q->n, q->T, q->symbols, NULL, st);
    if (!code) code = score(in, rng_child(in->rng, STREAM_FILTER_RNN), q, st);
    if (code) return code;
    fill_rates(q, false, 1, RNN_ENTROPY, out);
    fill_noise(q, -1, FILTER_SD_RNN, in->hmm ? KL_FLOOR_RNN_HMM : -1, out);
    if (!in->hmm) return STATUS_OK;
    fill_rates(q, true, -1, KL_RNN_HMM, out);
    fill_hmm(q, CROSS_ENTROPY_RNN_HMM, out);
    fill_forms(q, true, q->stepwise, KL_RNN_HMM_STEPWISE, out);
    for (size_t i = 0; i < q->n; i++)
        q->x[0][i] = isnan(q->rnn[0][i]) ? NAN : isinf(q->hmm[i]) != 0;
    double se;
    put(out, IMPOSSIBLE_SEQUENCES, average_of(q, false, q->x[0], &se));
    return STATUS_OK;
}

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    struct scored q;
    int code = scored_init(&q, in, st);
    if (!code && in->hmm) code = of_hmm_sequences(in, &q, out, st);
    return code ? code : of_rnn_sequences(in, &q, out, st);
}

/* two kinds of sequences, filtered with P and with 2P particles */
static double filter_steps(const struct settings *s)
{
    return 2.0 * s->analysis.likelihood_sequences * 3 * s->analysis.particles * s->data.length;
}

const struct analysis analysis_likelihood = {ANALYSIS(likelihood), .source = FROM_OWN_RUNS,
                                             .signal = KL_HMM_RNN_EXTRAPOLATED, .steps = 1,
                                             .times = filter_steps};
