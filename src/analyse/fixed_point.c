/* fixed_point: where the network goes without noise, and how fast. The reference takes the mean of
 * the final states for the fixed point (defect D18, fixed): here the mean stands beside how many
 * end states there are and how many starts have not come to rest. Refuses to guess where those
 * would end. Source: SCIENCE 4, 8.6.
 */
#include "analysis.h"
#include "base/paper.h"
#include "base/statistics.h"
#include "dynamics/relax.h"

#include <math.h>

enum { STARTS = 100, STEPS = 500, COMPONENTS = 2, MIN_FIT = 3 };
static const double same = 1e-2;     /* end states closer than this are one, in units of scale */
static const double rounding = 1e-5; /* a speed that float32 cannot tell from rest, likewise */

static const struct analysis_dim component = {"component", COMPONENTS, NULL, "1",
                                              "principal component of the driven run"};

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    SCALAR(LARGEST_RATIO, "largest_ratio", "1",                                                    \
           "largest norm after 500 steps without noise over the norm at the start")                \
    SCALAR(DECAY_RATE, "decay_rate", "1/step",                                                     \
           "slowest decay: largest slope of log norm (with biases: log speed), second half")       \
    SCALAR(DECAY_RATE_MEAN, "decay_rate_mean", "1/step", "mean of that slope over the starts")     \
    SCALAR(DECAY_RATE_SD, "decay_rate_sd", "1/step", "sd of that slope over the starts")           \
    SCALAR(END_STATES, "end_states", "1",                                                          \
           "different states in which starts come to rest, 0.01 of the scale apart or more")       \
    SCALAR(ORIGIN_SHARE, "origin_share", "1", "share of starts that come to rest at the origin")   \
    SCALAR(MOVING_SHARE, "moving_share", "1",                                                      \
           "share of starts that have not come to rest after 500 steps")                           \
    SCALAR(LARGEST_SPEED, "largest_speed", "1/step",                                               \
           "largest step to the end state, in units of the scale")                                 \
    SCALAR(MEAN_NORM, "mean_norm", "1", "norm of the mean end state")                              \
    SCALAR(SPREAD, "spread", "1", "root mean squared distance of the end states from their mean")  \
    SCALAR(SCALE, "scale", "1", "root mean squared norm of the driven run's states")               \
    CURVE(MEAN_END_STATE, "mean_end_state", component, "1", "scores of the mean end state")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

struct paths {
    int n, H;
    bool is_homogeneous; /* without biases: norms are right however small */
    double scale;
    double *log_norm;  /* (n, STEPS + 1) */
    double *log_speed; /* (n, STEPS + 1) of h_t - h_(t-1); nothing at t = 0 */
    double *end;       /* (n, H) end states */
    double *mean;      /* (H) of them */
};

static int paths_init(struct paths *p, const struct analysis_input *in, struct status *st)
{
    size_t n = (size_t)p->n, H = (size_t)p->H;
    p->log_norm = scratch(in, 2 * n * (STEPS + 1) + n * H + H, sizeof *p->log_norm);
    if (!p->log_norm) return status_no_memory(st, "end states");
    p->log_speed = p->log_norm + n * (STEPS + 1);
    p->end = p->log_speed + n * (STEPS + 1);
    p->mean = p->end + n * H;
    return STATUS_OK;
}

/* Norms and speeds at step t, or the norms alone at step 0. */
static void record(const struct relax *r, int t, struct paths *p)
{
    const float *h = r->all.h, *before = r->all.before;
    for (int i = 0; i < p->n; i++, h += p->H, before += p->H) {
        double size = 0, step = 0, unit = r->exponent[i] * log(2);
        for (int j = 0; j < p->H; j++) {
            double d = (double)h[j] - before[j];
            size += (double)h[j] * h[j];
            step += d * d;
        }
        p->log_norm[i * (STEPS + 1) + t] = log(size) / 2 + unit;
        if (t > 0) p->log_speed[i * (STEPS + 1) + t] = log(step) / 2 + unit;
    }
}

static void follow(struct relax *r, struct paths *p)
{
    record(r, 0, p);
    for (int t = 1; t <= STEPS; t++) {
        relax_step(r);
        record(r, t, p);
    }
    for (int i = 0; i < p->n; i++)
        for (int j = 0; j < p->H; j++)
            p->end[i * p->H + j] = ldexp(r->all.h[i * p->H + j], r->exponent[i]);
}

static double rms_norm(const float *h, size_t n, size_t H)
{
    double sum = 0;
    for (size_t i = 0; i < n * H; i++) sum += (double)h[i] * h[i];
    return sqrt(sum / (double)n);
}

/* --- how fast --------------------------------------------------------------------------------- */

/* Least-squares slope of y[from..to] per step. */
static double slope(const double *y, int from, int to)
{
    double middle = (from + to) / 2.0, along = 0, squares = 0;
    for (int t = from; t <= to; t++) {
        along += (t - middle) * y[t];
        squares += (t - middle) * (t - middle);
    }
    return along / squares;
}

/* Decay of start i, over the second half of the steps before rounding takes over; NaN when it is
 * too short or the state has become 0. */
static double decay(const struct paths *p, int i)
{
    const double *speed = p->log_speed + i * (STEPS + 1);
    if (p->is_homogeneous) return slope(p->log_norm + i * (STEPS + 1), STEPS / 2, STEPS);
    int last = 0;
    while (last < STEPS && speed[last + 1] > log(rounding * p->scale)) last++;
    int from = last / 2 > 1 ? last / 2 : 1;
    return last - from + 1 < MIN_FIT ? NAN : slope(speed, from, last);
}

static void rates(const struct paths *p, struct outputs *out)
{
    double rate[STARTS], ratio = NAN, speed = NAN, slowest = NAN;
    int count = 0;
    for (int i = 0; i < p->n; i++) {
        const double *size = p->log_norm + i * (STEPS + 1);
        ratio = fmax(ratio, exp(size[STEPS] - size[0]));
        speed = fmax(speed, exp(p->log_speed[i * (STEPS + 1) + STEPS]) / p->scale);
        double own = decay(p, i);
        if (!isfinite(own)) continue;
        slowest = fmax(slowest, own);
        rate[count++] = own;
    }
    double mean = mean_of(rate, (size_t)count);
    put(out, LARGEST_RATIO, ratio);
    put(out, LARGEST_SPEED, speed);
    put(out, DECAY_RATE, slowest);
    put_pair(out, DECAY_RATE_MEAN, mean, sd_about(rate, (size_t)count, mean, 0));
}

/* --- where to --------------------------------------------------------------------------------- */

/* At rest: what is left of the way, at the rate at which the speed fell over the second half, is
 * less than what tells two end states apart. */
static bool is_at_rest(const struct paths *p, int i)
{
    const double *log_speed = p->log_speed + i * (STEPS + 1);
    double speed = exp(log_speed[STEPS]);
    if (speed <= rounding * p->scale) return true;
    double factor = exp((log_speed[STEPS] - log_speed[STEPS / 2]) / (STEPS - STEPS / 2));
    return factor < 1 && speed / (1 - factor) <= same * p->scale;
}

static double distance(const double *a, const double *b, int H)
{
    double sum = 0;
    for (int j = 0; j < H; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
    return sqrt(sum);
}

/* Groups of the starts at rest that are connected by distances of at most same * scale. */
static int num_groups(const struct paths *p, const bool *rest)
{
    int group[STARTS], count = 0;
    for (int i = 0; i < p->n; i++) group[i] = i;
    for (int i = 0; i < p->n; i++)
        for (int j = 0; j < i; j++) {
            if (!rest[i] || !rest[j] || group[i] == group[j]) continue;
            if (!(distance(p->end + i * p->H, p->end + j * p->H, p->H) <= same * p->scale))
                continue;
            int from = group[i], to = group[j];
            for (int k = 0; k <= i; k++)
                if (group[k] == from) group[k] = to;
        }
    for (int i = 0; i < p->n; i++) count += rest[i] && group[i] == i;
    return count;
}

static void count_ends(const struct paths *p, struct outputs *out)
{
    bool rest[STARTS];
    int moving = 0, origin = 0;
    for (int j = 0; j < p->H; j++) p->mean[j] = 0;
    for (int i = 0; i < p->n; i++) {
        rest[i] = is_at_rest(p, i);
        moving += !rest[i];
        /* mean is 0 so far */
        origin += rest[i] && distance(p->end + i * p->H, p->mean, p->H) <= same * p->scale;
    }
    put(out, END_STATES, num_groups(p, rest));
    put(out, ORIGIN_SHARE, (double)origin / p->n);
    put(out, MOVING_SHARE, (double)moving / p->n);
}

/* narrow (H): scratch */
static void mean_end(const struct paths *p, const struct pca *pca, float *narrow,
                     struct outputs *out)
{
    double squares = 0, size = 0;
    for (int j = 0; j < p->H; j++) {
        p->mean[j] = 0;
        for (int i = 0; i < p->n; i++) p->mean[j] += p->end[i * p->H + j] / p->n;
        size += p->mean[j] * p->mean[j];
        narrow[j] = (float)p->mean[j];
    }
    for (int i = 0; i < p->n; i++) {
        double d = distance(p->end + i * p->H, p->mean, p->H);
        squares += d * d / p->n;
    }
    put(out, MEAN_NORM, sqrt(size));
    put(out, SPREAD, sqrt(squares));
    double score[COMPONENTS];
    int count = pca->count < COMPONENTS ? pca->count : COMPONENTS;
    pca_project(pca, narrow, 1, count, score);
    put_row(out, MEAN_END_STATE, 0, score, (size_t)count);
}

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    struct relax relax = {0};
    const struct driven *driven;
    int code = driven_get(in, &driven, st);
    if (code) return code;
    struct paths p = {.H = in->net->shape.hidden, .is_homogeneous = !in->net->bias_h};
    code = relax_init(&relax, in->net, driven->h, driven->n, rng_child(in->rng, 0), STARTS, st);
    p.n = (int)relax.all.n;
    if (!code) code = paths_init(&p, in, st);
    if (code) goto cleanup;
    p.scale = rms_norm(driven->h, driven->n, (size_t)p.H);
    put(out, SCALE, p.scale);
    follow(&relax, &p);
    rates(&p, out);
    count_ends(&p, out);
    mean_end(&p, &driven->pca, relax.all.before, out);
cleanup:
    relax_free(&relax);
    return code;
}

const struct analysis analysis_fixed_point = {
    ANALYSIS(fixed_point),
    .formula = "h_(t+1) = relu(W h_t + b) without noise; decay_rate = slope of log ||h_t|| over "
               "the second half",
    .reference = PAPER "; Sussillo & Barak 2013", .signal = DECAY_RATE};
