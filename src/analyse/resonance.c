/* resonance: switching of sampled symbols against the noise level sigma, and how regular it is.
 * From h = 0 a network without biases is homogeneous: its argmax symbols do not depend on sigma, so
 * symbols are drawn from softmax(z). All levels share their random numbers. Refuses to smooth over
 * the grid.
 *
 * Coherence is 1/CV of the dwells, regularity the same against switching without memory (dwells.h).
 * The first grows with the switch rate alone, so its peak may be that of mere noise at the lowest
 * sigma: the peak of the second is the one to read. Of a network that diverges at some level no
 * peak is told: it may be there.
 *
 * The largest of 13 noisy values exceeds that at sigma = 1 even when sigma changes nothing: each
 * excess has the floor and the p of that (peak.h), not counting that windows favour dwells far
 * shorter than themselves.
 *
 * KL rate RNN||HMM: along the first symbols of a few trajectories, which are sequences as in
 * training, the divergence of a particle filter's forecasts from the HMM's exact ones
 * (predictive.h). The symbols themselves would say the same with a standard error several times as
 * large. The filter's noise makes it too high, by less than 0.01 on trained networks.
 *
 * Source: SCIENCE 8.7; Pikovsky & Kurths 1997.
 */
#include "analysis.h"
#include "base/paper.h"
#include "base/statistics.h"
#include "dynamics/dwells.h"
#include "dynamics/predictive.h"
#include "dynamics/ensemble.h"
#include "dynamics/particle.h"
#include "dynamics/peak.h"

#include <math.h>
#include <string.h>

enum { LEVELS = 13, TRAINED = 6 }; /* level of sigma = 1 */
enum { TRAJECTORIES = 64, WARM_UP = 100, STEPS = 800, LENGTH = WARM_UP + STEPS };
enum { PARTICLES = 512, KL_SYMBOLS = 600, MAX_KL_LENGTH = 100, MIN_KL_SEQUENCES = 12 };
enum { HMM_BATCHES = 16 }; /* of TRAJECTORIES sequences */
/* of in->rng */
enum { STREAM_NOISE, STREAM_SYMBOL, STREAM_INITIAL, STREAM_FILTER, STREAM_HMM, STREAM_FLOOR };

/* clang-format off */
static const double sigmas[LEVELS] = {
    0.1, 0.14677992676220694, 0.21544346900318834, 0.31622776601683794, 0.46415888336127786,
    0.6812920690579614, 1, 1.4677992676220697, 2.1544346900318834, 3.1622776601683795,
    4.641588833612779, 6.812920690579611, 10};
/* clang-format on */
static const struct analysis_dim sigma = {"sigma", LEVELS, sigmas, "1",
                                          "sd of the noise; 1 in training"};

/* Of a curve with a peak, or a trough. */
enum { PEAK_SIGMA, PEAK, AT_ONE, EXCESS, EXCESS_SE };

#define CURVE_MEAN(CURVE, id, name, unit, meaning)                                                 \
    CURVE(id, name, sigma, unit, meaning)                                                          \
    CURVE(id##_SE, name "_se", sigma, unit, "standard error of " name)
#define PEAK_OF(SCALAR, id, name)                                                                  \
    SCALAR(id, name "_peak_sigma", "1",                                                            \
           "sigma of the largest " name "; 0.1 or 10: none inside, NaN: a level diverges")         \
    SCALAR(id##_VALUE, name "_peak", "1", "the largest " name)                                     \
    SCALAR(id##_AT_ONE, name "_at_one", "1", name " at sigma = 1")                                 \
    SCALAR(id##_EXCESS, name "_excess", "1", "largest " name " - that at sigma = 1")               \
    SCALAR(id##_EXCESS_SE, name "_excess_se", "1",                                                 \
           "its standard error, not counting the choice of peak")

#define FLOOR_OF(SCALAR, id, name, unit)                                                           \
    SCALAR(id, name "_floor", unit,                                                                \
           "mean of " name " when all levels are the same but for their noise; of the peak, that " \
           "and the value at sigma = 1")                                                           \
    SCALAR(id##_SD, name "_floor_sd", unit, "standard deviation of that")                          \
    SCALAR(id##_P, name "_p", "1",                                                                 \
           "share of 999 such draws and " name " that are as large as it; .001 at least")

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    CURVE_MEAN(CURVE, CURVE_OF_SWITCH_RATE, "switch_rate", "1/step",                               \
               "share of steps at which the sampled symbol changes")                               \
    CURVE_MEAN(CURVE, CURVE_OF_DWELL_MEAN, "dwell_mean", "steps",                                  \
               "mean time between two switches")                                                   \
    CURVE_MEAN(CURVE, CURVE_OF_DWELL_CV, "dwell_cv", "1",                                          \
               "coefficient of variation of the times between two switches")                       \
    CURVE_MEAN(CURVE, CURVE_OF_COHERENCE, "coherence", "1", "1 / dwell_cv")                        \
    CURVE_MEAN(CURVE, CURVE_OF_REGULARITY, "regularity", "1",                                      \
               "dwell_cv of switching without memory at the same mean / dwell_cv")                 \
    CURVE(DWELLS, "dwells", sigma, "1", "number of times between two switches")                    \
    CURVE_MEAN(CURVE, KL_RNN_HMM, "kl_rnn_hmm", "bits/symbol",                                     \
               "KL rate RNN||HMM, NaN where no symbol ever changes; stepwise, 600 symbols in 12 "  \
               "sequences or more, 512 particles")                                                 \
    CURVE_MEAN(CURVE, RNN_ENTROPY, "rnn_entropy", "bits/symbol",                                   \
               "-log2 p_RNN of the same sequences, 512 particles; NaN outside 0..log2 K")          \
    CURVE(IMPOSSIBLE, "impossible_sequences", sigma, "1",                                          \
          "share of these of probability 0 under the HMM, left out of the KL rate")                \
    PEAK_OF(SCALAR, COHERENCE_PEAK, "coherence")                                                   \
    PEAK_OF(SCALAR, REGULARITY_PEAK, "regularity")                                                 \
    SCALAR(KL_LEAST, "kl_least_sigma", "1",                                                        \
           "sigma of the least kl_rnn_hmm; 0.1 or 10: none inside, NaN: a level diverges")         \
    SCALAR(KL_LEAST_VALUE, "kl_least", "bits/symbol", "the least kl_rnn_hmm")                      \
    SCALAR(KL_LEAST_AT_ONE, "kl_at_one", "bits/symbol", "kl_rnn_hmm at sigma = 1")                 \
    SCALAR(KL_LEAST_EXCESS, "kl_excess", "bits/symbol", "kl_rnn_hmm at sigma = 1 - the least")     \
    SCALAR(KL_LEAST_EXCESS_SE, "kl_excess_se", "bits/symbol",                                      \
           "its standard error over sequences, not counting the choice of the least")              \
    SCALAR(HMM_SWITCH_RATE, "hmm_switch_rate", "1/step",                                           \
           "switch_rate of the HMM, from a large sample")                                          \
    SCALAR(HMM_DWELL_MEAN, "hmm_dwell_mean", "steps",                                              \
           "dwell_mean of the HMM, from a large sample")                                           \
    SCALAR(HMM_DWELL_CV, "hmm_dwell_cv", "1", "dwell_cv of the HMM, from a large sample")          \
    SCALAR(HMM_COHERENCE, "hmm_coherence", "1", "coherence of the HMM, from a large sample")       \
    SCALAR(HMM_REGULARITY, "hmm_regularity", "1", "regularity of the HMM, from a large sample")    \
    FLOOR_OF(SCALAR, COHERENCE_FLOOR, "coherence_excess", "1")                                     \
    FLOOR_OF(SCALAR, REGULARITY_FLOOR, "regularity_excess", "1")                                   \
    FLOOR_OF(SCALAR, KL_FLOOR, "kl_excess", "bits/symbol")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

/* --- one level -------------------------------------------------------------------------------- */

struct sweep {
    struct network net;                    /* with its noise scaled */
    float *U;                              /* (H, D) of that */
    struct ensemble all;                   /* (TRAJECTORIES) of it */
    uint8_t *symbols;                      /* (TRAJECTORIES, LENGTH) */
    struct dwells (*dwells)[TRAJECTORIES]; /* (LEVELS, TRAJECTORIES) */
    bool diverged;                         /* at this level */
    bool defined[LEVELS];                  /* not diverged */
    double kl[LEVELS][TRAJECTORIES];       /* KL rate of each sequence; NaN: impossible */
    size_t num_kl;                         /* sequences of the KL rate */
    int T;                                 /* their length */
    uint8_t *kl_symbols;                   /* (num_kl, T) */
    double *forecast;                      /* (num_kl, T, K) log2 of the filter's */
};

static int sweep_init(struct sweep *w, const struct analysis_input *in, struct status *st)
{
    size_t H = (size_t)in->net->shape.hidden, D = (size_t)in->net->shape.noise_dim;
    size_t K = (size_t)in->net->shape.symbols, n = TRAJECTORIES;
    int T = in->s->data.length < MAX_KL_LENGTH ? in->s->data.length : MAX_KL_LENGTH;
    *w = (struct sweep){.net = *in->net, .T = T};
    w->num_kl = (size_t)(KL_SYMBOLS / T < MIN_KL_SEQUENCES ? MIN_KL_SEQUENCES : KL_SYMBOLS / T);
    if (w->num_kl > n) w->num_kl = n;
    w->U = scratch(in, H * D, sizeof *w->U);
    w->symbols = scratch(in, n, LENGTH);
    w->kl_symbols = scratch(in, w->num_kl, (size_t)T);
    w->dwells = scratch(in, LEVELS, sizeof *w->dwells);
    w->forecast = scratch(in, w->num_kl * (size_t)T * K, sizeof *w->forecast);
    if (!w->U || !w->symbols || !w->kl_symbols || !w->dwells || !w->forecast)
        return status_no_memory(st, "%d trajectories", TRAJECTORIES);
    w->net.U = w->U;
    w->net.diverged = &w->diverged;
    return ensemble_init(&w->all, &w->net, n, st);
}

/* Symbol of softmax(z) at which its cumulative sum reaches u. */
static uint8_t draw(const float *z, int K, double u)
{
    float p[MAX_SYMBOLS], largest = z[0];
    double sum = 0, reached = 0;
    for (int k = 0; k < K; k++) largest = z[k] > largest ? z[k] : largest;
    for (int k = 0; k < K; k++) {
        p[k] = expf(z[k] - largest);
        sum += p[k];
    }
    for (int k = 0; k < K - 1; k++) {
        reached += p[k];
        if (reached >= u * sum) return (uint8_t)k;
    }
    return (uint8_t)(K - 1);
}

/* All trajectories at one level, from the initial state of training, until they diverge. */
static void run_level(struct sweep *w, const struct analysis_input *in, double level)
{
    struct rng noise = rng_child(in->rng, STREAM_NOISE), symbol = rng_child(in->rng, STREAM_SYMBOL);
    int H = w->net.shape.hidden, D = w->net.shape.noise_dim, K = w->net.shape.symbols;
    float u[TRAJECTORIES];
    for (int i = 0; i < H * D; i++) w->U[i] = (float)(level * in->net->U[i]);
    w->net.bound = network_bound(&w->net);
    w->diverged = false;
    memset(w->all.h, 0, TRAJECTORIES * (size_t)H * sizeof *w->all.h);
    if (in->s->rnn.initial_state == INITIAL_NORMAL)
        rng_fill_normal(rng_child(in->rng, STREAM_INITIAL), 0, TRAJECTORIES * (size_t)H, w->all.h);
    for (int t = 0; t < LENGTH && !w->diverged; t++) {
        ensemble_noise(&w->all, noise, (uint64_t)t);
        ensemble_step(&w->all, w->all.noise);
        ensemble_read(&w->all, NULL);
        rng_fill_uniform(rng_child(symbol, (uint64_t)t), 0, TRAJECTORIES, u);
        for (int i = 0; i < TRAJECTORIES; i++) {
            w->symbols[i * LENGTH + t] = draw(w->all.z + i * K, K, u[i]);
        }
    }
}

/* Mean of x (n) and its standard error, the output behind it. */
static void average(const double *x, size_t n, struct outputs *out, int which, int level)
{
    double mean = mean_of(x, n);
    put_pair(out, which, mean, sem_about(x, n, mean), level);
}

/* KL rate and entropy of one level from the first symbols of trajectories */
static int measure_kl(struct sweep *w, const struct analysis_input *in, int level,
                      struct outputs *out, struct status *st)
{
    double bits[TRAJECTORIES], entropy[TRAJECTORIES], kl[TRAJECTORIES];
    struct particle_filter filter;
    size_t n = 0, T = (size_t)w->T, K = (size_t)w->net.shape.symbols;
    int code = particle_init(&filter, &w->net, in->s->rnn.initial_state, PARTICLES, st);
    for (size_t i = 0; i < w->num_kl; i++)
        memcpy(w->kl_symbols + i * T, w->symbols + i * LENGTH, T);
    if (!code)
        particle_log2_likelihood(&filter, rng_child(in->rng, STREAM_FILTER), 0, w->kl_symbols,
                                 w->num_kl, w->T, bits, w->forecast);
    particle_free(&filter);
    if (code) return code;
    for (size_t i = 0; i < w->num_kl; i++) entropy[i] = -bits[i] / w->T;
    double rate = mean_of(entropy, w->num_kl), se = sem_about(entropy, w->num_kl, rate);
    rate = particle_entropy_rate(rate, se, (int)K);
    put_pair(out, RNN_ENTROPY, rate, isnan(rate) ? NAN : se, level);
    for (size_t i = 0; i < w->num_kl; i++) {
        const uint8_t *symbol = w->kl_symbols + i * T;
        double *value = &w->kl[level][i];
        *value = NAN;
        if (!in->hmm || isinf(hmm_log2_likelihood(in->hmm, symbol, w->T, NULL))) continue;
        *value = predictive_divergence(in->hmm, symbol, w->T, w->forecast + i * T * K, false, NULL);
        kl[n++] = *value;
    }
    if (in->hmm) put(out, IMPOSSIBLE, (double)(w->num_kl - n) / (double)w->num_kl, level);
    if (out->value[CURVE_OF_SWITCH_RATE][level] == 0) { /* small, whatever the HMM does */
        for (size_t i = 0; i < w->num_kl; i++) w->kl[level][i] = NAN;
        n = 0;
    }
    average(kl, n, out, KL_RNN_HMM, level);
    return STATUS_OK;
}

static int measure_level(struct sweep *w, const struct analysis_input *in, int level,
                         struct outputs *out, struct status *st)
{
    double value[NUM_DWELL_STATISTICS], se[NUM_DWELL_STATISTICS];
    run_level(w, in, sigmas[level]);
    w->defined[level] = !w->diverged;
    if (!w->defined[level]) return STATUS_OK;
    for (int i = 0; i < TRAJECTORIES; i++)
        w->dwells[level][i] = dwells_of(w->symbols + i * LENGTH + WARM_UP, STEPS);
    struct dwells total = dwells_total(w->dwells[level], TRAJECTORIES);
    dwells_statistics(total, value);
    dwells_jackknife(w->dwells[level], NULL, TRAJECTORIES, se);
    for (int s = 0; s < NUM_DWELL_STATISTICS; s++)
        put_pair(out, CURVE_OF_SWITCH_RATE + 2 * s, value[s], se[s], level);
    put(out, DWELLS, total.count, level);
    return measure_kl(w, in, level, out, st);
}

/* --- over levels ------------------------------------------------------------------------------ */

/* The first level where sign times the curve is largest; -1 when it is undefined throughout, or the
 * network diverges at a level. */
static int extreme(const struct sweep *w, const double *curve, int sign)
{
    int best = -1;
    for (int l = 0; l < LEVELS; l++)
        if (!w->defined[l]) return -1;
    for (int l = 0; l < LEVELS; l++)
        if (!isnan(curve[l]) && (best < 0 || sign * curve[l] > sign * curve[best])) best = l;
    return best;
}

/* influence (LEVELS, n); excess_se NaN: the noise of the extreme is not known */
static void put_floor(const double *influence, size_t n, double excess, double excess_se,
                      const struct analysis_input *in, int which, struct outputs *out)
{
    struct peak_floor floor =
        peak_floor(influence, LEVELS, n, TRAINED, isnan(excess_se) ? NAN : excess,
                   rng_child(rng_child(in->rng, STREAM_FLOOR), (uint64_t)which));
    put_pair(out, which, floor.mean, floor.sd);
    put(out, which + 2, floor.p);
}

static void fill_peak(const struct sweep *w, const struct analysis_input *in, int statistic,
                      int first, int floor, struct outputs *out)
{
    double influence[LEVELS * TRAJECTORIES];
    const double *value = out->value[CURVE_OF_SWITCH_RATE + 2 * statistic];
    double se[NUM_DWELL_STATISTICS];
    int peak = extreme(w, value, 1);
    put(out, first + AT_ONE, value[TRAINED]);
    if (peak < 0) return;
    put(out, first + PEAK_SIGMA, sigmas[peak]);
    put(out, first + PEAK, value[peak]);
    put(out, first + EXCESS, value[peak] - value[TRAINED]);
    dwells_jackknife(w->dwells[peak], w->dwells[TRAINED], TRAJECTORIES, se);
    put(out, first + EXCESS_SE, se[statistic]);
    for (size_t l = 0; l < LEVELS; l++)
        dwells_influence(w->dwells[l], TRAJECTORIES, statistic, influence + l * TRAJECTORIES);
    put_floor(influence, TRAJECTORIES, value[peak] - value[TRAINED], se[statistic], in, floor, out);
}

/* The least KL rate, and what exceeds it at sigma = 1 over the sequences possible at both. */
/* What each sequence adds to - the mean over the possible ones of a level, influence (num_kl). */
static void influence_of_kl(const double *kl, size_t num_kl, double mean, double *influence)
{
    size_t n = 0;
    for (size_t i = 0; i < num_kl; i++) n += !isnan(kl[i]);
    for (size_t i = 0; i < num_kl; i++)
        influence[i] = n == 0         ? NAN
                       : isnan(kl[i]) ? 0
                                      : (mean - kl[i]) * (double)num_kl / (double)n;
}

static void fill_least(const struct sweep *w, const struct analysis_input *in, struct outputs *out)
{
    double influence[LEVELS * TRAJECTORIES];
    const double *curve = out->value[KL_RNN_HMM];
    double difference[TRAJECTORIES];
    int least = extreme(w, curve, -1);
    size_t n = 0;
    put(out, KL_LEAST + AT_ONE, curve[TRAINED]);
    if (least < 0) return;
    put(out, KL_LEAST + PEAK_SIGMA, sigmas[least]);
    put(out, KL_LEAST + PEAK, curve[least]);
    put(out, KL_LEAST + EXCESS, curve[TRAINED] - curve[least]);
    for (size_t i = 0; i < w->num_kl; i++) {
        difference[n] = w->kl[TRAINED][i] - w->kl[least][i];
        n += !isnan(difference[n]);
    }
    double se = sem_about(difference, n, mean_of(difference, n));
    put(out, KL_LEAST + EXCESS_SE, se);
    for (size_t l = 0; l < LEVELS; l++)
        influence_of_kl(w->kl[l], w->num_kl, curve[l], influence + l * w->num_kl);
    put_floor(influence, w->num_kl, curve[TRAINED] - curve[least], se, in, KL_FLOOR, out);
}

static void fill_hmm(struct sweep *w, const struct analysis_input *in, struct outputs *out)
{
    struct dwells total = {0};
    double value[NUM_DWELL_STATISTICS];
    for (size_t b = 0; b < HMM_BATCHES; b++) {
        hmm_sample(in->hmm, rng_child(in->rng, STREAM_HMM), b * TRAJECTORIES, TRAJECTORIES, LENGTH,
                   w->symbols, NULL);
        for (int i = 0; i < TRAJECTORIES; i++)
            dwells_add(&total, 1, dwells_of(w->symbols + i * LENGTH + WARM_UP, STEPS));
    }
    dwells_statistics(total, value);
    for (int s = 0; s < NUM_DWELL_STATISTICS; s++) put(out, HMM_SWITCH_RATE + s, value[s]);
}

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    struct sweep w;
    int code = sweep_init(&w, in, st);
    for (int level = 0; level < LEVELS && !code; level++) {
        code = analysis_check_stop(in, st);
        if (!code) code = measure_level(&w, in, level, out, st);
    }
    if (code) goto cleanup;
    fill_peak(&w, in, COHERENCE, COHERENCE_PEAK, COHERENCE_FLOOR, out);
    fill_peak(&w, in, REGULARITY, REGULARITY_PEAK, REGULARITY_FLOOR, out);
    fill_least(&w, in, out);
    if (in->hmm) fill_hmm(&w, in, out);
cleanup:
    ensemble_free(&w.all);
    return code;
}

const struct analysis analysis_resonance = {
    ANALYSIS(resonance),
    .formula = "switch rate = changes of the sampled symbol a step at noise sd sigma; coherence = "
               "mean / sd of the dwells (1/CV)",
    .reference = PAPER "; Pikovsky & Kurths 1997",
    .source = FROM_WEIGHTS,
    .signal = CURVE_OF_SWITCH_RATE,
    .steps = 4.8e6};
