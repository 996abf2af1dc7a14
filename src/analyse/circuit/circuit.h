/* circuit: kick neurons and noise-integrating populations of a trained network, found
 * automatically. H hidden units, K symbols.
 *   switch  symbol[t] != symbol[t-1], and the new symbol persists >= 3 steps
 *   rate    switches of a direction per step spent in its `from`
 *   left    rate with units silenced / rate of the intact network, same starts and same noise
 * Source: SCIENCE 8.5 and 5.5.
 */
#pragma once

#include "analyse/analysis.h"

enum { MAX_PAIRS = MAX_DIRECTIONS / 2 };

/* Random sets as large as a kick set. */
enum control_kind {
    MATCHED,    /* of any units outside the set, matched in mean activity */
    CANDIDATES, /* of the other units that might have been chosen */
    NUM_CONTROL_KINDS
};
struct kick_comparison {
    int num;         /* different sets measured */
    double left, sd; /* rate left with one of them silenced: mean over them, standard deviation */
    double p_value;  /* by rank among them; NaN: so few that it could not be small */
    bool passes;     /* the few: there are some, and at most 5 % of them do as well */
};

/* What a direction of switching rests on; kick_test.c has the rule. */
enum kick_verdict { VERDICT_NONE, VERDICT_DISTRIBUTED, VERDICT_REDUNDANT, VERDICT_CONCENTRATED };

/* One direction of switching, from one symbol to another. */
struct kick_set {
    int from, to;   /* symbols */
    int num_events; /* switches of this direction in the driven run */
    double rate;    /* of the intact network in the driven run */
    enum kick_verdict verdict;
    int num_candidates;     /* units from which the set was chosen */
    int redundancy;         /* disjoint sets as large that do as well, this one included */
    int num_tested;         /* units of the set that was compared with others; 0: none was */
    int num_units;          /* the same; 0: the verdict is none or distributed */
    int unit[MAX_KICK_SET]; /* in the order in which they were added */
    /* Of the set that was tested, found or not; NaN: there was none. From the held-out run. */
    double rate_left[MAX_KICK_SET + 1]; /* after 0, 1, ... units silenced; NaN beyond the set */
    double rate_left_error[MAX_KICK_SET + 1]; /* standard errors */
    struct kick_comparison control[NUM_CONTROL_KINDS];
    double suppression; /* min(1, left of matched sets) / rate_left of the whole set */
};

/* Two kick groups, and the units that integrate noise for them: g1 and g2, the mean weights onto
 * their kick units, have opposite signs and are beyond the permutation null. */
struct kick_pair {
    int group[2];          /* indices of their directions; -1: none */
    double bound[2];       /* 95th percentile of |g1| and |g2| under the null */
    int num_population[2]; /* population 1 inhibits group 0 and excites group 1; 2 the reverse */
    int *population[2];    /* (num_population) units */
};

struct population_measures;
struct circuit {
    bool diverged;      /* a run from which it was found did */
    int num_directions; /* frequent ones, most frequent first */
    struct kick_set direction[MAX_DIRECTIONS];
    /* A driven run that no search has seen, without principal components: where what is measured of
     * the sets and of single units starts. */
    struct driven held_out;
    /* Of every unit and direction, (num_directions, H): d' and area under the ROC curve of its
     * activity before a switch against cluster states of `from`; NaN: there are none. Whether it
     * may be a kick unit (kick.h). */
    double *score, *auc;
    uint8_t *eligible;
    /* Found directions that are each other's reverse, the most frequent first. Where there are no
     * such two, the first pair has the two most frequent found ones (only one: its second group is
     * -1, and num_pairs 0). */
    int num_pairs;
    struct kick_pair pair[MAX_PAIRS];
    struct population_measures *measures; /* (num_pairs) population.h; NULL: not yet asked for */
};

/* The circuit of this network, found once a network (analysis_memo). The circuit stays the memo's.
 * Errors as of analysis.compute. */
int circuit_get(const struct analysis_input *in, const struct circuit **circuit, struct status *st);

/* Of what is found and measured here. */
int circuit_no_memory(struct status *st);
