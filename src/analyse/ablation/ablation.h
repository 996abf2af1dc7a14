/* ablation: what the files of the ablation analysis share: which units are scaled, the trajectories
 * under every scaling, the windows around switches. Private. Source: SCIENCE 5.9.
 *
 * A condition scales a set of units by mu = 0, 0.1, ..., 2: what its units receive from the others
 * (factors c) or from the noise (factors e). A point is one network with such factors, a group of
 * struct network_gain; the points of all conditions are simulated side by side under the same
 * random numbers.
 */
#pragma once

#include "analyse/analysis.h"
#include "analyse/circuit/circuit.h"
#include "dynamics/spectrum.h"

/* --- which units: ablation_sets.c ------------------------------------------------------------- */

/* A and B: the two directions of a pair of the circuit. */
enum ablation_condition {
    ABLATE_KICK_A,
    ABLATE_KICK_B,
    ABLATE_NOISE_A,
    ABLATE_NOISE_B,
    ABLATE_CONTROL,
    ABLATE_POPULATIONS,
    ABLATE_REST,
    NUM_ABLATIONS
};

struct ablation_sets {
    int num_units[NUM_ABLATIONS]; /* 0: there is no such set for this circuit */
    unsigned char *member;        /* (NUM_ABLATIONS, H) 1: scaled; in scratch */
};

/* Of pair p of in->memo's circuit. STATUS_NO_MEMORY. */
int ablation_sets_init(struct ablation_sets *sets, const struct analysis_input *in, int p,
                       struct status *st);

/* --- points: ablation_points.c ---------------------------------------------------------------- */

enum { NUM_MU = 21, INTACT_MU = 10 };
extern const double ablation_mu[NUM_MU];
#define ABLATION_MU                                                                                \
    {                                                                                              \
        "mu", NUM_MU, ablation_mu, "1", "factor of what the condition scales; 1: intact"           \
    }
#define ABLATION_CONDITION                                                                         \
    {                                                                                              \
        "condition", NUM_ABLATIONS, NULL, "1",                                                     \
            "0, 1: recurrent input of the kick set of A, of B; 2, 3: noise into the inputs of "    \
            "the "                                                                                 \
            "kick neurons of A, of B; 4: control, noise into units far from all of them; 5: "      \
            "noise "                                                                               \
            "into the populations; 6: noise into the rest"                                         \
    }

/* What a condition is held against, at mu = 0: the control, of the populations the rest; -1: none.
 */
extern const int ablation_against[NUM_ABLATIONS];

/* Point 0 is intact; then, for each condition that has units, all mu but 1. */
struct ablation_points {
    int num, first[NUM_ABLATIONS]; /* of a condition: its first point; -1: no units */
    float *recurrent, *noise;      /* (num, H) in scratch */
};

/* STATUS_NO_MEMORY. */
int ablation_points_init(struct ablation_points *points, const struct analysis_input *in,
                         const struct ablation_sets *sets, struct status *st);

/* The point of condition c, which has units, at ablation_mu[m]. */
int ablation_point(const struct ablation_points *points, int c, int m);

/* --- trajectories: ablation_run.c ------------------------------------------------------------- */

enum {
    ABLATION_WARM_UP = 50, /* steps from h = 0 that are not counted */
    ABLATION_STEPS = 250,  /* counted */
    ABLATION_TAIL = 15,    /* beyond, so that no window is cut and persistence is known */
    ABLATION_ALL_STEPS = ABLATION_WARM_UP + ABLATION_STEPS + ABLATION_TAIL,
    ABLATION_BLOCK = 8, /* trajectories that share a stream of noise */
    ABLATION_TRAJECTORIES = 64,
    ABLATION_REPLICATES = 16, /* of the intact network */
    MAX_ABLATION_TRAJECTORIES = ABLATION_TRAJECTORIES * ABLATION_REPLICATES
};

/* A rate is events / steps: any change of symbol per step, or switches of one direction (the new
 * symbol persists) per step spent in the symbol that it leaves. */
enum ablation_rate { ANY_SWITCH, DIRECTION_A, DIRECTION_B, NUM_ABLATION_RATES };

struct ablation_counts {
    int num_points, num_trajectories;
    int from[2], to[2];      /* symbols of the directions; -1: none */
    int *events, *steps;     /* (NUM_ABLATION_RATES, points, trajectories) */
    unsigned char *exploded; /* (points) 1: a state left the range of floats, counts mean nothing */
};

/* Zeros, in scratch; directions: of pair p of in->memo's circuit. STATUS_NO_MEMORY. */
int ablation_counts_init(struct ablation_counts *counts, const struct analysis_input *in, int p,
                         int num_points, int num_trajectories, struct status *st);

/* How many trajectories a point gets: ABLATION_TRAJECTORIES, fewer in a network too large for
 * them; a multiple of ABLATION_BLOCK, at least two of these. */
int ablation_num_trajectories(struct rnn_shape shape);

/* A few trajectories of every point. */
struct ablation_tile {
    int first, num; /* trajectories first ... first + num - 1 */
    int num_points;
    uint8_t *symbol;       /* (ABLATION_ALL_STEPS, points, num) */
    unsigned char *active; /* (ABLATION_ALL_STEPS, kept points, num, H), or NULL */
};

struct ablation_windows;

/* Simulate counts->num_trajectories trajectories of every point (a group; no factors: intact) and
 * count. Trajectory j takes the noise of rng whatever the points, so runs of different points share
 * their random numbers. windows: what to keep around switches, or NULL. STATUS_RUN_FAILED,
 * STATUS_RUN_STOPPED. */
int ablation_run(const struct analysis_input *in, struct rng rng, const struct network_gain *points,
                 struct ablation_counts *counts, struct ablation_windows *windows,
                 struct status *st);

/* --- rates: ablation_rates.c ------------------------------------------------------------------ */

struct estimate {
    double mean, sem; /* NaN where it is not defined */
};

/* Rate at a point over n trajectories from `first` on; NaN: never in `from`, or exploded. */
double ablation_rate_of(const struct ablation_counts *counts, int rate, int point, int first,
                        int n);

/* Over all trajectories; at point a less at point b, trajectory by trajectory. */
struct estimate ablation_rate(const struct ablation_counts *counts, int rate, int point);
struct estimate ablation_difference(const struct ablation_counts *counts, int rate, int a, int b);

/* --- windows around switches: ablation_windows.c ---------------------------------------------- */

enum {
    WINDOW_BEFORE = 15, /* the Jacobians of steps s - 15 ... s + 14 about a switch in step s */
    WINDOW_STRIDE = 5,  /* every fifth of them */
    WINDOW_STEPS = 2 * WINDOW_BEFORE / WINDOW_STRIDE,
    MAX_WINDOWS = 12,       /* of each sense */
    MAX_WINDOW_HIDDEN = 600 /* larger networks have none: eigenvalues cost the cube */
};

/* Senses of a switch: to a symbol of a higher index (the only ones that the reference counts), to
 * one of a lower index. */
enum { SENSE_UP, SENSE_DOWN, NUM_SENSES };

struct ablation_window {
    int trajectory, step;
};

struct ablation_windows {
    int num_points;   /* kept ones */
    const int *point; /* (num_points) their indices among all points; borrowed */
    int hidden;
    int stride; /* every so many of a window's steps are counted, from another one on in the next
                   window */
    struct rng rng;                                            /* of the choice */
    int (*num)[NUM_SENSES];                                    /* (num_points), as window */
    struct ablation_window (*window)[NUM_SENSES][MAX_WINDOWS]; /* (num_points) */
    unsigned char *active; /* (num_points, NUM_SENSES, MAX_WINDOWS, WINDOW_STEPS, H) */
};

/* None yet, in scratch; stride 1. STATUS_NO_MEMORY. */
int ablation_windows_init(struct ablation_windows *windows, const struct analysis_input *in,
                          int num_points, const int *point, struct rng rng, struct status *st);

/* Whether a window of any point is still wanted. */
bool ablation_windows_wanted(const struct ablation_windows *windows);

/* Take windows from the tile: of each trajectory at most one, about a switch drawn among those of
 * one sense; even trajectories give windows of SENSE_UP. */
void ablation_windows_take(struct ablation_windows *windows, const struct ablation_tile *tile);

/* How many windows of each sense are counted, the same for all points: as many as the time for
 * eigenvalues allows, ABLATION_BUDGET of it here, judged by the numbers of active units; at least
 * 1. */
#define ABLATION_BUDGET 7e8 /* cubes of numbers of active units: about 4 s, 2 ms at 70 */
int ablation_windows_rounds(const struct ablation_windows *windows, double budget);

/* Critical complex pairs of window (i, sense, w): a step's mean. */
int ablation_windows_count(const struct ablation_windows *windows, int i, int sense, int w,
                           struct spectrum *spectrum, double *pairs, struct status *st);

/* Over the 30 steps about a switch: of both senses, and of SENSE_UP alone. */
struct critical_pairs {
    struct estimate all, up;
    int num; /* windows that `all` goes over */
};

/* Of kept point i, up to `rounds` windows of each sense; spectrum: of C W with its factors c. */
int ablation_windows_pairs(const struct ablation_windows *windows, int i, int rounds,
                           struct spectrum *spectrum, struct critical_pairs *out,
                           struct status *st);

/* --- at every mu: ablation_critical.c --------------------------------------------------------- */

/* Of condition c of pair p, which has units, at the mu that are no multiple of `coarse` steps, into
 * out (NUM_MU): fewer windows each, of the first trajectories of rng, a share 1 / NUM_ABLATIONS of
 * the budget. Errors as of ablation_run. */
int ablation_critical_pairs(const struct analysis_input *in, int p,
                            const struct ablation_points *points, int c, int coarse,
                            struct rng trajectories, struct rng choice, double budget,
                            struct critical_pairs *out, struct status *st);
