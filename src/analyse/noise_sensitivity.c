/* noise_sensitivity: how far trajectories spread when part of their noise is replaced, from the
 * middle of a dwell ("cluster") and from the moment when its end is imminent ("transition").
 * Switches, tt, tc and tk: track.h, distant 9.
 * Noise of step t: a n_t + b x_t, n_t what led the track from t - 1 to t, x_t fresh, the same for
 * every gamma. a : b = 1 - gamma : gamma and a^2 + b^2 = 1: the noise keeps its variance. The
 * outputs *_reference take a = b = 1/2 at gamma = 1/2 (they would not differ at 0 and 1).
 * Fixed of the reference: n_t is that of the step, so that gamma = 0 gives the nominal path (D14).
 * Several switches, one a track, give a spread between them. Source: SCIENCE 5.4.
 */
#include "analysis.h"
#include "base/paper.h"
#include "base/statistics.h"
#include "dynamics/ensemble.h"
#include "track.h"

#include <math.h>
#include <string.h>

enum { MAX_EVENTS = 10, DISTANT = 9 };
enum { TRAJECTORIES = 100, HORIZON = 5, TIMES = HORIZON + 1 };
enum { CLUSTER, TRANSITION, NUM_STARTS };
enum { GAMMAS = 3, HALF_REFERENCE = GAMMAS, NUM_MIXES };

static const double gamma_value[GAMMAS] = {0, 0.5, 1};
static const struct {
    double nominal, fresh; /* a, b */
} mix[NUM_MIXES] = {{1, 0}, {0.70710678118654752, 0.70710678118654752}, {0, 1}, {0.5, 0.5}};

static const struct analysis_dim event_dim = {"event", MAX_EVENTS, NULL, "1", "accepted switch"};
static const struct analysis_dim start_dim = {"start", NUM_STARTS, NULL, "1",
                                              "0 cluster (tc), 1 transition (tk)"};
static const struct analysis_dim gamma_dim = {"gamma", GAMMAS, gamma_value, "1",
                                              "how much of the noise is fresh"};
static const struct analysis_dim step_dim = {"step", TIMES, NULL, "steps", "since the start"};

#define OVER_EVENTS(name) "standard deviation of " name " over switches"
#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    SCALAR(EVENTS, "events", "1", "switches accepted, at most 10")                                 \
    SCALAR(TRACKS, "tracks", "1", "tracks of 2000 steps searched for them, at most 30")            \
    CURVE(EVENT_FROM, "event_from", event_dim, "1", "symbol before the switch")                    \
    CURVE(EVENT_TO, "event_to", event_dim, "1", "symbol after it")                                 \
    CURVE(EVENT_SWITCH, "event_switch", event_dim, "steps", "tt: first step of the new symbol")    \
    CURVE(EVENT_DWELL, "event_dwell", event_dim, "steps", "dwell that the switch ends")            \
    CURVE(EVENT_CLUSTER, "event_cluster", event_dim, "steps", "tc: midway in the dwell")           \
    CURVE(EVENT_TRANSITION, "event_transition", event_dim, "steps", "tk: the switch is imminent")  \
    WITH(SCALAR, DWELL, _SD, "dwell", "_sd", "mean dwell before a switch", OVER_EVENTS("dwell"),   \
         "steps")                                                                                  \
    WITH(SCALAR, LEAD, _SD, "lead", "_sd", "mean of tt - tk", OVER_EVENTS("lead"), "steps")        \
    SCALAR(NOMINAL_ERROR, "nominal_error", "1",                                                    \
           "gamma = 0 against the track: largest distance / norm of the state (rounding)")         \
    WITH(SOLID, TRACE, _SD, "trace", "_sd",                                                        \
         "trace of the covariance of 100 trajectories, mean over switches", OVER_EVENTS("trace"),  \
         start_dim, gamma_dim, step_dim, "1")                                                      \
    WITH(SOLID, DISTANCE, _SD, "distance", "_sd",                                                  \
         "mean distance of trajectories from their mean, mean over switches",                      \
         OVER_EVENTS("distance"), start_dim, gamma_dim, step_dim, "1")                             \
    WITH(PLANE, TRACE_REFERENCE, _SD, "trace_reference", "_sd",                                    \
         "trace at gamma = 0.5 with the mix of halves (noise of variance 0.5)",                    \
         OVER_EVENTS("trace_reference"), start_dim, step_dim, "1")                                 \
    WITH(PLANE, DISTANCE_REFERENCE, _SD, "distance_reference", "_sd",                              \
         "distance at gamma = 0.5 with the mix of halves", OVER_EVENTS("distance_reference"),      \
         start_dim, step_dim, "1")                                                                 \
    WITH(PLANE, FINAL_TRACE, _SD, "final_trace", "_sd", "mean of trace over steps 1 to 5",         \
         OVER_EVENTS("final_trace"), start_dim, gamma_dim, "1")                                    \
    WITH(PLANE, FINAL_DISTANCE, _SD, "final_distance", "_sd",                                      \
         "mean of distance over steps 1 to 5", OVER_EVENTS("final_distance"), start_dim,           \
         gamma_dim, "1")                                                                           \
    WITH(CURVE, DISTANCE_RATIO, _SD, "distance_ratio", "_sd",                                      \
         "final_distance of transition / cluster, mean over switches",                             \
         OVER_EVENTS("distance_ratio"), gamma_dim, "1")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

struct event {
    struct track_switch found;
    double nominal_error;
    double trace[NUM_STARTS][NUM_MIXES][TIMES], distance[NUM_STARTS][NUM_MIXES][TIMES];
};

/* --- the spread ------------------------------------------------------------------------------- */

struct bundle { /* of trajectories */
    struct ensemble all;
    float *nominal; /* (D) */
    double *mean;   /* (H) */
};

/* Trace of the covariance (ddof 1) of the rows of h and mean distance from their mean. */
static void spread(const float *h, size_t H, double *mean, double *trace, double *distance)
{
    size_t n = TRAJECTORIES;
    memset(mean, 0, H * sizeof *mean);
    for (size_t i = 0; i < n; i++)
        for (size_t j = 0; j < H; j++) mean[j] += (double)h[i * H + j];
    for (size_t j = 0; j < H; j++) mean[j] /= (double)n; /* exact when the rows are equal */
    *trace = *distance = 0;
    for (size_t i = 0; i < n; i++) {
        double sum = 0;
        for (size_t j = 0; j < H; j++) {
            double d = (double)h[i * H + j] - mean[j];
            sum += d * d;
        }
        *trace += sum / (double)(n - 1);
        *distance += sqrt(sum) / (double)n;
    }
}

/* distance of mean (H) from a state, in units of the state's norm */
static double relative_error(const double *mean, const float *state, size_t H)
{
    double squares = 0, norm = 0;
    for (size_t j = 0; j < H; j++) {
        squares += (mean[j] - (double)state[j]) * (mean[j] - (double)state[j]);
        norm += (double)state[j] * (double)state[j];
    }
    return squares > 0 ? sqrt(squares / norm) : 0;
}

/* One mix from one start (a step of the track). */
static void run_mix(const struct track *track, int start, int which, int m, struct bundle *b,
                    struct event *e)
{
    const struct rnn_shape *shape = &b->all.net->shape;
    size_t H = (size_t)shape->hidden, D = (size_t)shape->noise_dim, n = TRAJECTORIES;
    float nominal = (float)mix[m].nominal, fresh = (float)mix[m].fresh, *noise = b->all.noise;
    e->trace[which][m][0] = e->distance[which][m][0] = 0;
    for (size_t i = 0; i < n; i++)
        memcpy(b->all.h + i * H, track->h + (size_t)start * H, H * sizeof *track->h);
    for (int t = 1; t <= HORIZON; t++) {
        track_noise(track, start + t, (int)D, b->nominal);
        ensemble_noise(&b->all, rng_child(track_fresh(track), (uint64_t)which), (uint64_t)t);
        for (size_t i = 0; i < n; i++)
            for (size_t d = 0; d < D; d++)
                noise[i * D + d] = nominal * b->nominal[d] + fresh * noise[i * D + d];
        ensemble_step(&b->all, noise);
        spread(b->all.h, H, b->mean, &e->trace[which][m][t], &e->distance[which][m][t]);
        if (m == 0)
            e->nominal_error = fmax(e->nominal_error,
                                    relative_error(b->mean, track->h + (size_t)(start + t) * H, H));
    }
}

static void run_event(const struct track *track, struct bundle *b, struct event *e)
{
    for (int m = 0; m < NUM_MIXES; m++) {
        run_mix(track, e->found.cluster, CLUSTER, m, b, e);
        run_mix(track, e->found.transition, TRANSITION, m, b, e);
    }
}

/* --- all of it -------------------------------------------------------------------------------- */

/* Of numbers x (n), one per event; the sd of one event is NaN. */
struct over_events {
    double mean, sd;
};

static struct over_events over_events(const double *x, int n)
{
    double mean = mean_of(x, (size_t)n);
    return (struct over_events){mean, sd_about(x, (size_t)n, mean, 1)};
}

static void give_curves(const struct event *e, int n, int start, int m, struct outputs *out)
{
    double trace[MAX_EVENTS], distance[MAX_EVENTS], final[2][MAX_EVENTS] = {{0}};
    struct over_events of_trace, of_distance;
    for (int t = 0; t < TIMES; t++) {
        for (int i = 0; i < n; i++) {
            trace[i] = e[i].trace[start][m][t];
            distance[i] = e[i].distance[start][m][t];
            final[0][i] += trace[i] / HORIZON;
            final[1][i] += distance[i] / HORIZON;
        }
        of_trace = over_events(trace, n);
        of_distance = over_events(distance, n);
        if (m == HALF_REFERENCE) {
            put_pair(out, TRACE_REFERENCE, of_trace.mean, of_trace.sd, start, t);
            put_pair(out, DISTANCE_REFERENCE, of_distance.mean, of_distance.sd, start, t);
        } else {
            put_pair(out, TRACE, of_trace.mean, of_trace.sd, start, m, t);
            put_pair(out, DISTANCE, of_distance.mean, of_distance.sd, start, m, t);
        }
    }
    if (m == HALF_REFERENCE) return;
    of_trace = over_events(final[0], n);
    of_distance = over_events(final[1], n);
    put_pair(out, FINAL_TRACE, of_trace.mean, of_trace.sd, start, m);
    put_pair(out, FINAL_DISTANCE, of_distance.mean, of_distance.sd, start, m);
}

static void give(const struct event *e, int n, struct outputs *out)
{
    double dwell[MAX_EVENTS], lead[MAX_EVENTS], ratio[MAX_EVENTS];
    double nominal_error = 0;
    for (int i = 0; i < n; i++) {
        put(out, EVENT_FROM, e[i].found.from, i);
        put(out, EVENT_TO, e[i].found.to, i);
        put(out, EVENT_SWITCH, e[i].found.at, i);
        put(out, EVENT_CLUSTER, e[i].found.cluster, i);
        put(out, EVENT_TRANSITION, e[i].found.transition, i);
        dwell[i] = e[i].found.at - e[i].found.before;
        put(out, EVENT_DWELL, dwell[i], i);
        lead[i] = e[i].found.at - e[i].found.transition;
        nominal_error = fmax(nominal_error, e[i].nominal_error);
    }
    struct over_events of_dwell = over_events(dwell, n), of_lead = over_events(lead, n);
    put(out, NOMINAL_ERROR, nominal_error);
    put_pair(out, DWELL, of_dwell.mean, of_dwell.sd);
    put_pair(out, LEAD, of_lead.mean, of_lead.sd);
    for (int start = 0; start < NUM_STARTS; start++)
        for (int m = 0; m < NUM_MIXES; m++) give_curves(e, n, start, m, out);
    for (int m = 1; m < GAMMAS; m++) { /* without fresh noise there is no spread */
        for (int i = 0; i < n; i++) {
            double sum[NUM_STARTS] = {0};
            for (int s = 0; s < NUM_STARTS; s++)
                for (int t = 1; t < TIMES; t++) sum[s] += e[i].distance[s][m][t];
            ratio[i] = sum[CLUSTER] > 0 ? sum[TRANSITION] / sum[CLUSTER] : NAN;
        }
        struct over_events of_ratio = over_events(ratio, n);
        put_pair(out, DISTANCE_RATIO, of_ratio.mean, of_ratio.sd, m);
    }
}

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    struct event event[MAX_EVENTS] = {0};
    struct bundle bundle = {0};
    struct track track;
    int events = 0, tracks = 0, code = ensemble_init(&bundle.all, in->net, TRAJECTORIES, st);
    bundle.nominal = scratch(in, (size_t)in->net->shape.noise_dim, sizeof *bundle.nominal);
    bundle.mean = scratch(in, (size_t)in->net->shape.hidden, sizeof *bundle.mean);
    if (!bundle.nominal || !bundle.mean) code = status_no_memory(st, "a track");
    if (!code) code = track_init(&track, in, st);
    while (!code && events < MAX_EVENTS && tracks < MAX_TRACKS) {
        struct event *e = &event[events];
        bool accepted = false;
        code = track_search(in, &track, rng_child(in->rng, (uint64_t)tracks++), ANY_SYMBOL, DISTANT,
                            &e->found, &accepted, st);
        if (code || !accepted) continue;
        run_event(&track, &bundle, e);
        events++;
    }
    if (!code) {
        put(out, EVENTS, events);
        put(out, TRACKS, tracks);
    }
    if (!code && events) give(event, events, out);
    ensemble_free(&bundle.all);
    return code;
}

const struct analysis analysis_noise_sensitivity = {
    ANALYSIS(noise_sensitivity),
    .formula = "noise of step t = a n_t + b x_t, x_t fresh, a : b = 1 - gamma : gamma, a^2 + b^2 = "
               "1; spread = trace of the covariance of h over trajectories",
    .reference = PAPER,
    .signal = TRACE,
    .source = FROM_OWN_RUNS,
    .steps = 7e5};
