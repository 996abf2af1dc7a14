/* likelihood: how probable the HMM's sequences are under the network, and the network's own; KL
 * rates both ways, which emitting less variable sequences cannot lower. Means over whole sequences
 * of data.length symbols, emitted as in training. Refuses to average infinities: sequences that are
 * impossible under the HMM are counted and left out. Under a network nothing is: softmax has no 0,
 * so that rates to it are finite, however large.
 *
 * The network's side comes from a particle filter at P and at 2P particles. log2 p^ lies below
 * log2 p by about (ln 2)/2 var(log2 p^), so a KL rate to the network is too high and one from it
 * too low by as much; 2 (value at 2P) - (value at P) takes out what falls as 1/P. The two filters
 * are independent, so their differences tell the filter's own noise: the variance at P is their
 * mean square over 1 + 1/2.
 *
 * Stepwise rates compare the forecasts of every symbol along the same sequences (predictive.h). It
 * does not matter to them which symbols came: their standard errors are several times smaller, and
 * they are never below 0. The filter's noise makes both too high. kl_hmm_rnn and kl_rnn_hmm, the
 * ones to quote, are these at 2P times (at 2P) / (at P) where that is below 1: to the first order
 * 2 (at 2P) - (at P), but never below 0; half of what is at 2P for an exact emulation. P,
 * analysis.particles at first, is doubled until what P and 2P differ by over the same sequences,
 * mean and standard error of that together, is no more than two standard errors over sequences at
 * 2P, or not worth mention (ENOUGH); or until 2P would exceed analysis.most_particles. Then the
 * rate has not settled: it is NaN between its last bounds, 0 and what the noise makes too high.
 * Errors count what P and 2P differ by.
 *
 * Source: SCIENCE 8.2 and 8.3; Pitt, Silva, Giordani, Kohn 2012 (bias and noise of log p^).
 */
#include "analysis.h"
#include "base/paper.h"
#include "base/statistics.h"
#include "dynamics/predictive.h"
#include "dynamics/particle.h"

#include <math.h>

enum { PIECE = 16, PIECE_NUMBERS = 1 << 20 }; /* sequences between two asks to stop */
enum { STREAM_HMM, STREAM_RNN, STREAM_FILTER_HMM, STREAM_FILTER_RNN }; /* below in->rng */

/* at P, at 2P, extrapolated and the standard error of that over sequences */
enum { AT_P, AT_2P, EXTRAPOLATED };
/* of a KL rate: it, its error, its bounds, whether it settled, from which symbols it comes */
enum { RATE, ERROR, LOWER, UPPER, SETTLED, BY_SYMBOL };

static const double ENOUGH = 0.002; /* bits/symbol */
static const struct analysis_dim symbol = {"symbol", SIZE_SYMBOLS, NULL, "1", "symbol"};

#define BITS "bits/symbol"
#define FORMS(SCALAR, id, name, meaning)                                                           \
    SCALAR(id, name "_p", BITS, meaning ", at P particles")                                        \
    SCALAR(id##_2P, name "_2p", BITS, meaning ", at 2P")                                           \
    SCALAR(id##_EXTRAPOLATED, name "_extrapolated", BITS,                                          \
           meaning ", 2 (at 2P) - (at P); NaN: not settled")                                       \
    SCALAR(id##_SE, name "_se", BITS, "standard error over sequences of " name "_extrapolated")

#define RATE_OF(SCALAR, CURVE, id, name, whose)                                                    \
    SCALAR(id, name, BITS,                                                                         \
           "KL rate " whose                                                                        \
           ", divergence of forecasts, (at 2P)^2 / (at P); 0 or more; NaN: not settled")           \
    SCALAR(id##_ERROR, name "_error", BITS,                                                        \
           "its standard error over sequences, and P's difference to 2P and the error of that")    \
    SCALAR(id##_LOWER, name "_lower", BITS,                                                        \
           name " - 2 such errors; 0 where that is below 0, or not settled")                       \
    SCALAR(id##_UPPER, name "_upper", BITS,                                                        \
           name "_stepwise_2p + 2 such errors, also where not settled")                            \
    SCALAR(id##_SETTLED, name "_settled", "1",                                                     \
           "1: P and 2P agree within 2 errors over sequences, or 0.002; 0: not by most_particles") \
    CURVE(id##_BY_SYMBOL, name "_by_symbol", symbol, BITS,                                         \
          "what each symbol contributes to " name ", p log2(p/q) - (p - q)/ln 2 of its "           \
          "forecasts p and q, mean over steps: sums to it, none is below 0")

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    FORMS(SCALAR, KL_HMM_RNN, "kl_hmm_rnn",                                                        \
          "KL rate HMM||RNN: log2 p_HMM - log2 p_RNN of HMM sequences (NaN below 0)")              \
    FORMS(SCALAR, KL_RNN_HMM, "kl_rnn_hmm",                                                        \
          "KL rate RNN||HMM: log2 p_RNN - log2 p_HMM of possible RNN sequences (NaN below 0)")     \
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
           "sd of one HMM sequence's log2 p^ over filters at P")                                   \
    SCALAR(FILTER_SD_RNN, "filter_sd_rnn", "bits",                                                 \
           "sd of one RNN sequence's log2 p^ over filters at P")                                   \
    SCALAR(KL_FLOOR_HMM_RNN, "kl_floor_hmm_rnn", BITS,                                             \
           "kl_hmm_rnn_p of an exact emulation, by the filter's noise; half at 2P; NaN where "     \
           "that noise is above log2 K bits a symbol")                                             \
    SCALAR(KL_FLOOR_HMM_RNN_SD, "kl_floor_hmm_rnn_sd", BITS,                                       \
           "sd about 0 of kl_hmm_rnn_extrapolated of an exact emulation")                          \
    SCALAR(KL_FLOOR_RNN_HMM, "kl_floor_rnn_hmm", BITS,                                             \
           "kl_rnn_hmm_p of an exact emulation, by the filter's noise; half at 2P; NaN where "     \
           "that noise is above log2 K bits a symbol")                                             \
    SCALAR(KL_FLOOR_RNN_HMM_SD, "kl_floor_rnn_hmm_sd", BITS,                                       \
           "sd about 0 of kl_rnn_hmm_extrapolated of an exact emulation")                          \
    SCALAR(PARTICLES_HMM, "particles_hmm", "1",                                                    \
           "P for HMM sequences: analysis.particles, doubled until P and 2P agree")                \
    SCALAR(PARTICLES_RNN, "particles_rnn", "1", "P for RNN sequences, likewise")                   \
    RATE_OF(SCALAR, CURVE, KL_HMM_RNN_RATE, "kl_hmm_rnn", "HMM||RNN")                              \
    RATE_OF(SCALAR, CURVE, KL_RNN_HMM_RATE, "kl_rnn_hmm",                                          \
            "RNN||HMM of possible sequences and next symbols (of all it is infinite where "        \
            "impossible_sequences is above 0)")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

/* --- sequences and their likelihoods ---------------------------------------------------------- */

struct scored {
    size_t n;
    int T;
    bool of_hmm;         /* whose sequences */
    bool settled;        /* P and 2P agree */
    size_t particles;    /* P */
    uint8_t *symbols;    /* (n, T) */
    double *hmm;         /* (n) log2 p_HMM; -inf: impossible; NaN: HMM not known */
    double *rnn[2];      /* (n) log2 p^_RNN at P, 2P; NaN: states are not finite */
    double *stepwise[2]; /* (n) KL rate of forecasts from whose sequences they are to the other */
    double *x[2], *kept; /* (n) scratch */
    double *share;       /* (n, K) of stepwise, of the filter that was last */
    size_t piece;        /* sequences filtered between two asks to stop */
    double *forecast;    /* (piece, T, K) log2 */
};

static int scored_init(struct scored *q, const struct analysis_input *in, struct status *st)
{
    size_t n = (size_t)in->s->analysis.likelihood_sequences, K = (size_t)in->net->shape.symbols;
    int T = in->s->data.length;
    size_t most = PIECE_NUMBERS / ((size_t)T * K);
    *q = (struct scored){.n = n, .T = T, .piece = most < 1 ? 1 : most > PIECE ? PIECE : most};
    q->symbols = scratch(in, n, (size_t)T);
    q->hmm = scratch(in, (8 + K) * n + q->piece * (size_t)T * K, sizeof *q->hmm);
    if (!q->symbols || !q->hmm)
        return status_no_memory(st, "%zu sequences; lower analysis.likelihood_sequences", n);
    for (size_t f = 0; f < 2; f++) {
        q->rnn[f] = q->hmm + (1 + f) * n;
        q->stepwise[f] = q->hmm + (3 + f) * n;
        q->x[f] = q->hmm + (5 + f) * n;
    }
    q->kept = q->hmm + 7 * n;
    q->share = q->hmm + 8 * n;
    q->forecast = q->share + K * n;
    return STATUS_OK;
}

/* stepwise (n) of the sequences from i on, and share, from their forecasts */
static void fill_stepwise(const struct analysis_input *in, const struct scored *q, size_t i,
                          size_t n, double *stepwise)
{
    size_t T = (size_t)q->T, K = (size_t)in->net->shape.symbols;
    for (size_t j = 0; j < n; j++) {
        stepwise[j] = NAN;
        if (!in->hmm || isinf(q->hmm[i + j])) continue;
        stepwise[j] =
            predictive_divergence(in->hmm, q->symbols + (i + j) * T, q->T, q->forecast + j * T * K,
                                  q->of_hmm, q->share + (i + j) * K);
    }
}

/* All that a filter of so many particles, number `filter` of them, says: at P (f = 0) or 2P. */
static int filter_all(const struct analysis_input *in, size_t f, size_t particles, struct rng rng,
                      const struct scored *q, struct status *st)
{
    struct particle_filter filter;
    int code = particle_init(&filter, in->net, in->s->rnn.initial_state, particles, st);
    for (size_t i = 0; i < q->n && !code; i += q->piece) {
        size_t n = q->n - i < q->piece ? q->n - i : q->piece;
        code = analysis_check_stop(in, st);
        if (code) break;
        particle_log2_likelihood(&filter, rng, i, q->symbols + i * (size_t)q->T, n, q->T,
                                 q->rnn[f] + i, q->forecast);
        fill_stepwise(in, q, i, n, q->stepwise[f] + i);
    }
    particle_free(&filter);
    return code;
}

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

/* What P and 2P differ by, in the mean over sequences, with its standard error, and the standard
 * error at 2P: of the divergences of forecasts, of -log2 p_RNN where no HMM is known. */
static double difference_of(const struct scored *q, bool has_hmm, double *se, double *se_2p)
{
    for (size_t i = 0; i < q->n; i++) {
        double at_p = has_hmm ? q->stepwise[0][i] : -q->rnn[0][i] / q->T;
        q->x[1][i] = has_hmm ? q->stepwise[1][i] : -q->rnn[1][i] / q->T;
        q->x[0][i] = at_p - q->x[1][i];
    }
    average_of(q, has_hmm, q->x[1], se_2p);
    return average_of(q, has_hmm, q->x[0], se);
}

static void swap(double *pair[2])
{
    double *first = pair[0];
    pair[0] = pair[1];
    pair[1] = first;
}

/* All that is said of q->symbols one by one, with as many particles as it takes. */
static int score(const struct analysis_input *in, struct rng rng, struct scored *q,
                 struct status *st)
{
    size_t T = (size_t)q->T, most = (size_t)in->s->analysis.most_particles;
    double difference, se, se_2p;
    for (size_t i = 0; i < q->n; i++)
        q->hmm[i] = in->hmm ? hmm_log2_likelihood(in->hmm, q->symbols + i * T, q->T, NULL) : NAN;
    q->particles = (size_t)in->s->analysis.particles;
    int code = filter_all(in, 0, q->particles, rng_child(rng, 0), q, st);
    for (uint64_t filter = 1; !code; filter++) {
        code = filter_all(in, 1, 2 * q->particles, rng_child(rng, filter), q, st);
        difference = difference_of(q, in->hmm != NULL, &se, &se_2p);
        q->settled = hypot(difference, se) <= fmax(2 * se_2p, ENOUGH);
        if (q->settled || isnan(difference) || 4 * q->particles > most) break;
        q->particles *= 2;
        swap(q->rnn);
        swap(q->stepwise);
    }
    return code;
}

/* --- what is made of them --------------------------------------------------------------------- */

static bool is_kl_rate(int first)
{
    return first >= KL_HMM_RNN && first <= KL_RNN_HMM_STEPWISE;
}

/* Forms to the outputs from `first` on, of what is x[0] (n) at P and x[1] (n) at 2P; x[0] is
 * overwritten. Those of RNN_ENTROPY only where they are an entropy rate, of KL rates where they are
 * not below 0, whose error is told all the same; extrapolated only what has settled. */
static void fill_forms(const struct scored *q, bool possible, double *const x[2], int first,
                       struct outputs *out)
{
    for (int form = AT_P; form <= EXTRAPOLATED; form++) {
        double se, *own = x[form == AT_2P];
        for (size_t i = 0; form == EXTRAPOLATED && i < q->n; i++) own[i] = 2 * x[1][i] - own[i];
        double mean = average_of(q, possible, own, &se);
        if (first == RNN_ENTROPY) mean = particle_entropy_rate(mean, se, out->s->hmm.symbols);
        if (form == EXTRAPOLATED && !q->settled) mean = NAN;
        put(out, first + form, is_kl_rate(first) && mean < 0 ? NAN : mean);
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

/* The KL rate to the outputs from `first` on, and its shares. */
static void fill_settled(const struct scored *q, int first, struct outputs *out)
{
    size_t K = (size_t)out->s->hmm.symbols;
    double se, se_2p, difference = difference_of(q, true, &se, &se_2p);
    double error = hypot(hypot(difference, se), se_2p);
    double at_2p = average_of(q, true, q->stepwise[1], &se), at_p = at_2p + difference;
    double factor = difference > 0 ? at_2p / at_p : 1, rate = at_2p * factor;
    if (isnan(rate)) return;
    put(out, first + SETTLED, q->settled);
    put(out, first + LOWER, q->settled && rate > 2 * error ? rate - 2 * error : 0);
    put(out, first + UPPER, at_2p + 2 * error);
    if (q->settled) put_pair(out, first + RATE, rate, error);
    for (size_t k = 0; k < K && q->settled; k++) {
        for (size_t i = 0; i < q->n; i++) q->x[0][i] = factor * q->share[i * K + k];
        put(out, first + BY_SYMBOL, average_of(q, true, q->x[0], &se), (double)k);
    }
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
    fill_settled(q, KL_HMM_RNN_RATE, out);
    fill_forms(q, true, q->stepwise, KL_HMM_RNN_STEPWISE, out);
    put(out, PARTICLES_HMM, (double)q->particles);
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
    put(out, PARTICLES_RNN, (double)q->particles);
    fill_rates(q, false, 1, RNN_ENTROPY, out);
    fill_noise(q, -1, FILTER_SD_RNN, in->hmm ? KL_FLOOR_RNN_HMM : -1, out);
    if (!in->hmm) return STATUS_OK;
    fill_rates(q, true, -1, KL_RNN_HMM, out);
    fill_hmm(q, CROSS_ENTROPY_RNN_HMM, out);
    fill_settled(q, KL_RNN_HMM_RATE, out);
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

/* two kinds of sequences, filtered with P, 2P and 4P particles: P is doubled about once */
static double filter_steps(const struct settings *s)
{
    return 2.0 * s->analysis.likelihood_sequences * 7 * s->analysis.particles * s->data.length;
}

const struct analysis analysis_likelihood = {
    ANALYSIS(likelihood),
    .formula = "KL rate = mean over t of the sum over k of p(k | past) log2(p(k | past) / q(k | "
               "past)), sequences of p; the forecasts of the network by a particle filter",
    .reference = PAPER "; Pitt, Silva, Giordani, Kohn 2012",
    .source = FROM_OWN_RUNS,
    .signal = KL_HMM_RNN_RATE,
    .steps = 1,
    .times = filter_steps};
