/* track: see track.h. Fixed of the reference: a search ends, on a new track when a switch is not
 * accepted, and tk is before the switch (D13); tracks start at 0 (D22). Refuses to search a track
 * for a second switch. Source: SCIENCE 5.3.
 */
#include "track.h"
#include "dynamics/escape.h"

enum { WARM_UP = 20, FIRST_CHANGE = 4, FIRST_STEP = 200, BACK = 100 };
enum { TRIALS = 100, TRIAL_STEPS = 25, IMMINENT = 3, LAST = 25 };

/* Children of a track's stream. */
enum { NOISE, CONTINUATIONS, FRESH };

int track_init(struct track *track, const struct analysis_input *in, struct status *st)
{
    *track = (struct track){
        .h = scratch(in, TRACK_STATES * (size_t)in->net->shape.hidden, sizeof *track->h),
        .symbol = scratch(in, TRACK_STATES, 1)};
    return track->h && track->symbol ? STATUS_OK : status_no_memory(st, "a track");
}

void track_noise(const struct track *track, int t, int D, float *noise)
{
    network_noise(rng_child(track->rng, NOISE), (uint64_t)(WARM_UP + t), 1, D, noise);
}

struct rng track_fresh(const struct track *track)
{
    return rng_child(track->rng, FRESH);
}

/* The change from this symbol with the longest dwell before it; false: none. */
static bool find_candidate(const uint8_t *symbol, int from, struct track_switch *found)
{
    int changes = 0, previous = 0, longest = 0;
    for (int t = 1; t <= TRACK_STEPS; t++) {
        if (symbol[t] == symbol[t - 1]) continue;
        bool wanted = from == ANY_SYMBOL || symbol[t - 1] == from;
        if (++changes >= FIRST_CHANGE && t > FIRST_STEP && t - previous > longest && wanted) {
            longest = t - previous;
            found->before = previous;
            found->at = t;
        }
        previous = t;
    }
    if (longest == 0) return false;
    found->from = symbol[found->at - 1];
    found->to = symbol[found->at];
    found->cluster = (found->at + found->before) / 2;
    if (found->cluster < found->at - BACK) found->cluster = found->at - BACK;
    return true;
}

/* Trials from steps begin..end-1 of the track, stream `part`: the earliest imminent one into tk
 * unless there is none, and whether one is distant. */
static int try_steps(const struct analysis_input *in, const struct track *track, uint64_t part,
                     int begin, int end, double far, int *imminent, bool *distant,
                     struct status *st)
{
    struct escape escape[BACK];
    int code = escape_times(in->net, rng_child(rng_child(track->rng, CONTINUATIONS), part),
                            track->h + (size_t)begin * (size_t)in->net->shape.hidden,
                            (size_t)(end - begin), TRIALS, TRIAL_STEPS, &in->stop, escape, st);
    for (int t = end - 1; t >= begin && !code; t--) {
        const struct escape *e = &escape[t - begin];
        if (imminent && e->left == 1 && e->time < IMMINENT) *imminent = t;
        *distant |= e->left < 1 && e->time >= far;
    }
    return code;
}

/* tk, and whether the switch is accepted. Earlier steps are tried only when the last ones do not
 * decide. */
static int locate(const struct analysis_input *in, const struct track *track, double far,
                  struct track_switch *found, bool *accepted, struct status *st)
{
    bool distant = false;
    int begin = found->cluster, end = found->at, last = begin > end - LAST ? begin : end - LAST;
    found->transition = -1;
    int code = try_steps(in, track, 0, last, end, far, &found->transition, &distant, st);
    if (!code && found->transition >= 0 && !distant && last > begin)
        code = try_steps(in, track, 1, begin, last, far, NULL, &distant, st);
    *accepted = distant && found->transition >= 0;
    return code;
}

int track_search(const struct analysis_input *in, struct track *track, struct rng rng, int from,
                 double distant, struct track_switch *found, bool *accepted, struct status *st)
{
    track->rng = rng;
    *accepted = false;
    int code = network_drive(in->net, rng_child(rng, NOISE), NULL, WARM_UP, TRACK_STATES, 1,
                             track->h, track->symbol, st);
    if (!code) code = analysis_check_stop(in, st);
    if (!code && find_candidate(track->symbol, from, found))
        code = locate(in, track, distant, found, accepted, st);
    return code;
}
