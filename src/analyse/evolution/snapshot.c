/* snapshot: see snapshot.h. The run of SCIENCE 5.7 and 5.8: start N(-0.1, 0.2^2), 10 warm-up steps,
 * then 5000 more. Differences: every snapshot begins at the same start, not where the last one
 * ended (D21); a Jacobian is that of the step actually taken, of a state and the noise that follows
 * it (D15), at 300 steps, since eigenvalues cost most; a run that leaves its bounds, 10^6 times
 * start and noise, tells how long it stayed and nothing else: it has no stationary state, and the
 * steps before it leaves are of none. Halfway through training many networks are like that, and
 * their rates are to be read from windows as long as the training's.
 */
#include "snapshot.h"
#include "base/statistics.h"
#include "dynamics/ensemble.h"
#include "dynamics/pca.h"
#include "second_order.h"
#include "dynamics/spectrum.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum {
    WARM_UP = 10,
    BLOCKS = 20, /* of the run, for the standard error of its rate */
    JACOBIANS = 300,
    POINT_EVERY = 10,  /* of the first 700 states */
    MOST_WINDOW = 200, /* steps */
    GROUP = 20,        /* trials of the reference's second-order term, */
    NUM_GROUPS = 10,   /* repeated so often */
    TRIALS = GROUP * NUM_GROUPS
};
/* streams below the analysis's */
enum { START, DRIVE, WINDOWS, WINDOW_START, SECOND_ORDER };

/* All NaN, no switches. */
static void clear(struct snapshot *out)
{
    memset(out, 0, sizeof *out);
    for (int i = 0; i < NUM_SNAPSHOT_CURVES; i++) out->curve[i] = NAN;
    for (int i = 0; i < SNAPSHOT_COMPONENTS; i++) out->explained_variance[i] = NAN;
    for (int i = 0; i < SNAPSHOT_POINTS; i++) {
        out->symbol[i] = NAN;
        for (int a = 0; a < SNAPSHOT_AXES; a++) out->score[i][a] = NAN;
    }
}

/* --- the long run ----------------------------------------------------------------------------- */

/* The states within bounds. */
static int drive(const struct network *net, struct rng rng, struct driven *run, struct status *st)
{
    float *start = run->h; /* where the first state has its place in the end */
    size_t H = (size_t)net->shape.hidden;
    rng_fill_normal(rng_child(rng, START), 0, H, start);
    for (size_t i = 0; i < H; i++) start[i] = 0.2f * start[i] - 0.1f;
    int code = network_drive(net, rng_child(rng, DRIVE), start, WARM_UP - 1, SNAPSHOT_STATES, 1.0,
                             run->h, NULL, st);
    if (code) return code;
    run->n = network_num_bounded(net, run->h, SNAPSHOT_STATES);
    network_logits(net, run->h, run->n, run->z);
    network_argmax(run->z, run->n, net->shape.symbols, run->symbol);
    return STATUS_OK;
}

/* Switches in the run: the reference's rate and residence, and switches per step. */
static void measure_rates(const struct driven *run, double *curve)
{
    struct sums interval = {0}, inverse = {0}, block = {0};
    size_t num = 0, of_zero = 0, last = 0, length = (run->n - 1) / BLOCKS, in_block = 0;
    for (size_t t = 1; t < run->n; t++) {
        const uint8_t *o = run->symbol + t;
        bool is_switch = o[0] != o[-1];
        of_zero += (o[0] > 0) != (o[-1] > 0);
        if (is_switch && num++) {
            sums_add(&interval, (double)(t - last));
            sums_add(&inverse, 1 / (double)(t - last));
        }
        if (is_switch) last = t;
        in_block += is_switch;
        if (t % length) continue;
        sums_add(&block, (double)in_block / (double)length);
        in_block = 0;
    }
    double steps = (double)(run->n - 1);
    bool none = of_zero < 3; /* the reference's rule, whatever the other symbols do */
    curve[SNAPSHOT_TRANSITION_RATE] = none ? 0 : sums_mean(&inverse);
    curve[SNAPSHOT_RESIDENCE_TIME] = none ? steps : sums_mean(&interval);
    curve[SNAPSHOT_RESIDENCE_TIME_SD] = none ? NAN : sums_sd(&interval);
    curve[SNAPSHOT_SWITCH_RATE] = (double)num / steps;
    curve[SNAPSHOT_SWITCH_RATE_SEM] = sums_sd(&block) / sqrt(block.num);
}

/* Shares of steps t -> t + 1 whose Jacobian, the first WARM_UP left out, has ... */
static int measure_spectrum(const struct network *net, const struct driven *run, double *curve,
                            struct status *st)
{
    size_t H = (size_t)net->shape.hidden, steps = run->n - 1 - WARM_UP;
    size_t num = steps < JACOBIANS ? steps : JACOBIANS;
    struct spectrum *spectrum = spectrum_new(net, NULL);
    unsigned char *active = malloc(H);
    struct sums unstable = {0}, complex_slow = {0}, radius = {0};
    int code = STATUS_OK;
    if (!spectrum || !active) code = status_no_memory(st, "the spectra of a snapshot");
    for (size_t i = 0; i < num && !code; i++) {
        struct spectrum_counts counts;
        size_t t = WARM_UP + i * steps / num;
        spectrum_active(run->h + (t + 1) * H, (int)H, active);
        code = spectrum_count(spectrum, active, &counts, st);
        if (code) break;
        sums_add(&unstable, counts.unstable > 0);
        sums_add(&complex_slow, counts.complex_slow > 0);
        sums_add(&radius, counts.radius);
    }
    if (!code) {
        curve[SNAPSHOT_UNSTABLE] = sums_mean(&unstable);
        curve[SNAPSHOT_COMPLEX] = sums_mean(&complex_slow);
        curve[SNAPSHOT_RADIUS] = sums_mean(&radius);
        curve[SNAPSHOT_RADIUS_SD] = sums_sd(&radius);
    }
    spectrum_free(spectrum);
    free(active);
    return code;
}

static int measure_plane(const struct network *net, const struct driven *run, struct snapshot *out,
                         struct status *st)
{
    struct pca pca;
    int H = net->shape.hidden, kept = H < SNAPSHOT_COMPONENTS ? H : SNAPSHOT_COMPONENTS;
    int axes = kept < SNAPSHOT_AXES ? kept : SNAPSHOT_AXES;
    int code = pca_fit(&pca, run->h, run->n, H, kept, st);
    if (code) return code;
    for (int c = 0; c < kept; c++) out->explained_variance[c] = pca.variance[c] / pca.total;
    for (size_t i = 0, t = 0; i < SNAPSHOT_POINTS && t < run->n; i++, t += POINT_EVERY) {
        pca_project(&pca, run->h + t * (size_t)H, 1, axes, out->score[i]);
        out->symbol[i] = run->symbol[t];
    }
    pca_free(&pca);
    return STATUS_OK;
}

/* Variance of a logit, mean over symbols, and their common autocorrelation at lag 1. */
static void measure_logits(const struct driven *run, size_t K, double *curve)
{
    double variance = 0, covariance = 0;
    for (size_t k = 0; k < K; k++) {
        double center = 0, before = 0;
        for (size_t t = 0; t < run->n; t++) center += run->z[t * K + k];
        center /= (double)run->n;
        for (size_t t = 0; t < run->n; t++) {
            double now = run->z[t * K + k] - center;
            variance += now * now;
            covariance += now * before;
            before = now;
        }
    }
    curve[SNAPSHOT_VARIANCE] = variance / ((double)(run->n - 1) * (double)K);
    curve[SNAPSHOT_AUTOCORRELATION] = covariance / variance;
}

/* --- windows as in training ------------------------------------------------------------------- */

int snapshot_window_length(const struct settings *s)
{
    return s->data.length < MOST_WINDOW ? s->data.length : MOST_WINDOW;
}

/* Run them all. */
static int run_windows(const struct network *net, const struct settings *s, struct rng rng,
                       uint16_t *switches, struct status *st)
{
    enum { N = SNAPSHOT_WINDOWS };
    struct ensemble all;
    uint8_t symbol[2][N];
    int code = ensemble_init(&all, net, N, st);
    if (code) return code;
    if (s->rnn.initial_state == INITIAL_NORMAL)
        rng_fill_normal(rng_child(rng, WINDOW_START), 0, N * (size_t)net->shape.hidden, all.h);
    for (int t = 0; t < snapshot_window_length(s); t++) {
        ensemble_noise(&all, rng_child(rng, WINDOWS), (uint64_t)t);
        ensemble_step(&all, all.noise);
        ensemble_read(&all, symbol[t & 1]);
        for (size_t i = 0; i < N && t; i++) switches[i] += symbol[0][i] != symbol[1][i];
    }
    ensemble_free(&all);
    return STATUS_OK;
}

static int measure_windows(const struct network *net, const struct settings *s, struct rng rng,
                           struct snapshot *out, struct status *st)
{
    int steps = snapshot_window_length(s) - 1;
    if (steps < 1) return STATUS_OK;
    int code = run_windows(net, s, rng, out->window_switches, st);
    if (code || *net->diverged) return code;
    struct sums rate = {0};
    for (int i = 0; i < SNAPSHOT_WINDOWS; i++)
        sums_add(&rate, (double)out->window_switches[i] / steps);
    out->curve[SNAPSHOT_WINDOW_RATE] = sums_mean(&rate);
    out->curve[SNAPSHOT_WINDOW_RATE_SEM] = sums_sd(&rate) / sqrt(rate.num);
    return STATUS_OK;
}

/* --- second order ----------------------------------------------------------------------------- */

/* sum, mean and largest over units of |mean of term (n, H) over its rows| */
struct sizes {
    double sum, mean_root, largest;
};

static double size_of(const float *term, size_t n, size_t H, size_t j)
{
    double sum = 0;
    for (size_t i = 0; i < n; i++) sum += term[i * H + j];
    return fabs(sum / (double)n);
}

static struct sizes sizes_of(const float *term, size_t n, size_t H)
{
    struct sizes sizes = {0, 0, 0};
    for (size_t j = 0; j < H; j++) {
        double size = size_of(term, n, H, j);
        sizes.sum += size;
        sizes.mean_root += sqrt(size) / (double)H;
        sizes.largest = fmax(sizes.largest, size);
    }
    return sizes;
}

static int measure_second_order(const struct network *net, struct rng rng, const float *start,
                                double *curve, double *of_unit, struct status *st)
{
    size_t H = (size_t)net->shape.hidden;
    float *term = malloc(TRIALS * H * sizeof *term);
    if (!term) return status_no_memory(st, "second-order terms");
    int code = second_order_term(net, rng_child(rng, SECOND_ORDER), start, TRIALS, term, st);
    struct sizes all = {NAN, NAN, NAN};
    if (!code) all = sizes_of(term, TRIALS, H);
    if (isfinite(all.sum)) {
        struct sums norm = {0};
        for (size_t g = 0; g < NUM_GROUPS; g++)
            sums_add(&norm, sqrt(sizes_of(term + g * GROUP * H, GROUP, H).sum));
        curve[SNAPSHOT_SECOND_ORDER_NORM] = sqrt(all.sum);
        curve[SNAPSHOT_SECOND_ORDER_NORM_SD] = sums_sd(&norm);
        curve[SNAPSHOT_SECOND_ORDER_MEAN] = all.mean_root;
        curve[SNAPSHOT_SECOND_ORDER_MAX] = sqrt(all.largest);
        for (size_t j = 0; j < H; j++) of_unit[j] = sqrt(size_of(term, TRIALS, H, j));
    }
    free(term);
    return code;
}

static bool is_finite(const float *params, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (!isfinite(params[i])) return false;
    return true;
}

int snapshot_measure(const struct analysis_input *in, const float *params, struct driven *run,
                     struct snapshot *out, double *second_order, struct status *st)
{
    struct network net;
    struct rng rng = rng_child(in->rng, 0);
    clear(out);
    if (!is_finite(params, rnn_num_params(in->net->shape))) return STATUS_OK;
    bool diverged = false;
    int code = network_init(&net, in->net->shape, params, st);
    net.diverged = &diverged; /* by what was run last */
    if (!code) code = measure_windows(&net, in->s, rng, out, st);
    diverged = false;
    if (!code) code = drive(&net, rng, run, st);
    if (code) goto cleanup;
    out->curve[SNAPSHOT_BOUNDED_STEPS] = run->n ? (double)run->n - 1 : 0;
    if (diverged) goto cleanup;
    code = measure_second_order(&net, rng, run->h, out->curve, second_order, st);
    if (code) goto cleanup;
    measure_rates(run, out->curve);
    code = measure_spectrum(&net, run, out->curve, st);
    if (!code) code = measure_plane(&net, run, out, st);
    measure_logits(run, (size_t)net.shape.symbols, out->curve);
cleanup:
    network_free(&net);
    return code;
}
