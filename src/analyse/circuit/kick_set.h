/* kick_set: the set of units without which a network does not switch in one direction, and the test
 * of it. H hidden units. Private to src/analyse. Source: SCIENCE 8.5 (causal score, kick set,
 * controls).
 */
#pragma once

#include "kick.h"
#include "dynamics/silence.h"

#define KICK_ALPHA 0.05   /* of all directions of a network together (Holm) */
enum { KICK_STEPS = 80 }; /* of every trajectory; all start in cluster states of `from` */

/* What is known of a direction before its set is sought; all borrowed. */
struct kick_case {
    const struct analysis_input *in;
    const struct driven *driven;
    const struct kick_cluster *cluster;
    int from, to;
    const double *score, *specific; /* (H) kick.h */
    const uint8_t *eligible;        /* (H) */
    const int *order; /* (H) units by mean activity in the driven run, the least first */
    const int *place; /* (H) of a unit in `order` */
    int most;         /* units of a set: 10, and at most half of all, so that there are controls */
    double level;     /* p-value of the set that is judged first: KICK_ALPHA / directions tested */
    int num_controls; /* matched random sets, as far as so many different ones are found */
    struct rng rng;   /* of this direction; each stage and round takes a stream below it */
};

enum { MOST_CANDIDATES = 128 };
struct unit_set {
    int num, unit[MOST_CANDIDATES];
};
bool unit_set_has(const struct unit_set *set, int unit);
struct unit_set unit_set_without(const struct unit_set *set, int unit);

/* (groups + 1, H) marks of sets, the first row empty: the intact network; to be freed. NULL: memory
 * is out. */
uint8_t *unit_set_mark(const struct unit_set *set, int groups, int H);

/* --- kick_rate.c: what silencing does -------------------------------------------------------- */

/* Stages of the work on a direction, each with random numbers of its own. */
enum kick_stage { REPLAY, CONFIRM, REFINE, WIDEN, CURVE, CONTROL, DRAW, ANOTHER, NUM_KICK_STAGES };
struct rng kick_stream(const struct kick_case *c, enum kick_stage stage, int round);

/* Starts (n, H) drawn with replacement from the cluster states. */
void kick_starts(const struct driven *driven, int H, const struct kick_cluster *cluster,
                 struct rng rng, int n, float *start);

/* Rate left; 1 where the intact network never switches, and where the other spends less than a
 * tenth of the intact steps in `from`: it does not keep the symbol then, which is no reason to call
 * its switches suppressed. */
double kick_rate_left(struct switch_total total, struct switch_total intact);

/* task.n trajectories of KICK_STEPS steps from cluster states; rng: child 0 the starts, 1 the
 * noise. task says from, num_to, to, groups, silent and quiet too; count (groups, num_to, n) out.
 * STATUS_RUN_STOPPED. */
int kick_count(const struct analysis_input *in, const struct driven *driven,
               const struct kick_cluster *cluster, struct rng rng, struct silence_task task,
               struct switch_count *count, struct status *st);

/* The intact network and each of `groups` sets, n trajectories: count (groups + 1, n) out. */
int kick_rate_count(const struct kick_case *c, const struct unit_set *set, int groups, int n,
                    enum kick_stage stage, int round, struct switch_count *count,
                    struct status *st);

/* The same added to what total (groups + 1; NULL: nothing) holds, and left (groups) of all that. */
int kick_rate_measure(const struct kick_case *c, const struct unit_set *set, int groups, int n,
                      enum kick_stage stage, int round, struct switch_total *total, double *left,
                      struct status *st);

/* --- kick_replay.c: switches that silencing prevents ----------------------------------------- */

/* Switches of this direction, each from a few steps before it and with the noise that led to it: a
 * trajectory switches unless what is silenced prevents it. */
struct kick_replay {
    int n; /* at most 128; fewer when they are rare */
    struct rng rng;
    float *start; /* (n, H) in scratch, as at (n) */
    struct noise_place *at;
};
int kick_replay_init(struct kick_replay *replay, const struct kick_case *c, struct status *st);

/* Share of these trajectories that still switch, or leave `from` even earlier, with each of
 * `groups` sets silenced: left (groups). replay->n must not be 0. */
int kick_replay_measure(const struct kick_replay *replay, const struct kick_case *c,
                        const struct unit_set *set, int groups, double *left, struct status *st);

/* --- kick_set.c: the search ------------------------------------------------------------------ */

static const double kick_enough = 0.1;      /* of the intact rate may be left */
static const double kick_found_below = 0.5; /* is left by a set that is compared with others */

/* The set that leaves least, of at most c->most units in the order in which a greedy choice adds
 * them; empty when there are no candidates or too few switches. STATUS_NO_MEMORY;
 * STATUS_RUN_FAILED: the run is to stop, and *set is empty. */
int kick_set_search(const struct kick_case *c, struct unit_set *set, struct status *st);

/* A set of c->most units without those of `taken` (H), by replayed switches alone; empty when there
 * are not so many candidates. */
int kick_set_another(const struct kick_case *c, const struct kick_replay *replay,
                     const uint8_t *taken, struct unit_set *set, struct status *st);

/* --- kick_given.c: by hand ------------------------------------------------------------------- */

/* The set of direction d that analysis.kick_units gives; false, and none: it gives none. */
bool kick_given(const struct analysis_input *in, int d, struct unit_set *set);

/* Of `num` directions: the units that are given, whatever was judged. */
void kick_keep_given(const struct analysis_input *in, struct kick_set *set, int num);

/* --- kick_refine.c: where that is not enough ------------------------------------------------- */

/* Changes a set that leaves rate_left until that is little and few random sets do as well, as far
 * as the candidates (best first) allow. */
int kick_refine(const struct kick_case *c, const struct unit_set *candidates, double rate_left,
                struct unit_set *set, struct status *st);

/* --- kick_controls.c: sets that it is compared with ------------------------------------------ */

/* Random sets as large, all different. MATCHED: of units outside the set, one of nearly the same
 * mean activity for each of its units (any, for a single one); the set has at most half of all
 * units. CANDIDATES: other sets of eligible units; where these are too few, of units that rise
 * before a switch. control: room for c->num_controls; returns how many were found. */
int kick_draw_controls(const struct kick_case *c, const struct unit_set *set,
                       enum control_kind kind, struct rng rng, struct unit_set *control);

/* What they leave, on few trajectories, and which of them are worth measuring on many. */
struct kick_controls {
    int num, num_closest;
    struct unit_set *set; /* (num) in scratch, those that leave least first */
    double *left;         /* (num) in scratch */
};
int kick_controls_init(struct kick_controls *controls, const struct kick_case *c,
                       const struct unit_set *set, enum control_kind kind, struct status *st);

/* --- kick_test.c: the test ------------------------------------------------------------------- */

/* Fills the unit, num_units, rate_left, rate_left_error, control and suppression of *out, unless
 * the set is empty: then it is left alone. c: of the held-out run. A set that was found and leaves
 * half of the rate or more is not compared with controls. */
int kick_set_test(const struct kick_case *c, const struct unit_set *set, struct kick_set *out,
                  struct status *st);

/* The verdicts on `num` directions, redundant sets among the concentrated, at a level of .05 over
 * num_hypotheses (Holm). */
void kick_sets_judge(struct kick_set *set, int num, int num_hypotheses);

/* --- kick_redundancy.c: units that stand in for each other ----------------------------------- */

/* Of a tested set: redundancy. search, fresh: the case in the driven run and in the held-out one.
 */
int kick_redundancy(const struct kick_case *search, const struct kick_case *fresh,
                    struct kick_set *out, struct status *st);

/* --- kick_concentration.c: how unequal the candidates are ------------------------------------ */

/* Effect: 1 - causal score, where that is above 0. All NaN: there was no set, or no effect. */
struct kick_concentration {
    double share;      /* of the effects of all candidates that is the set's */
    double best_share; /* the same of as many candidates of the largest effects */
    double gini;       /* of the candidates' effects: 0 all equal, near 1 a few have all */
};
/* eligible, causal (H) of this direction */
int kick_concentration(const struct analysis_input *in, const struct kick_set *set,
                       const uint8_t *eligible, const double *causal,
                       struct kick_concentration *out, struct status *st);

/* --- kick_causal.c: units one by one --------------------------------------------------------- */

/* Causal score of every unit and direction: rate left with it alone silenced, from the held-out
 * run, (num_directions, H) out. In a network of more than 200 units only those of the highest kick
 * scores are tried; the others, and directions without cluster states, are left alone. */
int kick_causal(const struct analysis_input *in, const struct circuit *circuit, struct rng rng,
                double *causal, struct status *st);
