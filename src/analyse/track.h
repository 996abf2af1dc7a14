/* track: a driven run of 2000 steps and a switch on it, with the moments before it that the noise
 * sensitivity and the ablation start from. Private to src/analyse.
 *   switch: of the changes of symbol past step 200, the 4th or a later one, that with the longest
 *     dwell before it; at step tt
 *   tc: midway between it and the change before, at most 100 steps before tt
 *   tk: the earliest of the last 25 steps of tc..tt-1 from which all of 100 continuations leave, in
 *     < 3 steps on average
 *   accepted: there is a tk, and in tc..tt-1 a step from which it takes `distant` steps or more on
 *     average, at most 25 each, and not all leave
 * Source: SCIENCE 5.3.
 */
#pragma once

#include "analysis.h"

enum { TRACK_STEPS = 2000, TRACK_AFTER = 5, TRACK_STATES = TRACK_STEPS + TRACK_AFTER + 1 };
enum { MAX_TRACKS = 30, ANY_SYMBOL = -1 };

struct track {
    struct rng rng;
    float *h;        /* (TRACK_STATES, H) */
    uint8_t *symbol; /* (TRACK_STATES) */
};

struct track_switch {
    int from, to, before, at, cluster, transition; /* change before, tt, tc, tk */
};

/* In scratch. STATUS_NO_MEMORY. */
int track_init(struct track *track, const struct analysis_input *in, struct status *st);

/* A new track, of this stream, and its switch from symbol `from`; *accepted: there is one. */
int track_search(const struct analysis_input *in, struct track *track, struct rng rng, int from,
                 double distant, struct track_switch *found, bool *accepted, struct status *st);

/* The noise (D) that led the track to its state t, t beyond its end too; the stream for fresh
 * noise.
 */
void track_noise(const struct track *track, int t, int D, float *noise);
struct rng track_fresh(const struct track *track);
