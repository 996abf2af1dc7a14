/* population: units that integrate noise for two kick groups, and how groups and populations are
 * wired. H hidden units. Private to src/analyse. Source: SCIENCE 5.5 and 8.5.
 */
#pragma once

#include "circuit.h"

/* Rows of W of the units of both kick groups: what these units receive. */
struct kick_rows {
    size_t H;
    int num, unit[2 * MAX_KICK_SET];
    int size[2], row[2][MAX_KICK_SET]; /* of each group: its rows here */
    double *weight;                    /* (num, H) */
    double *mean[2];                   /* (H) g1, g2: mean weight of each unit onto a group */
    uint8_t *is_kick;                  /* (H) */
    uint32_t *bits;                    /* (H) scratch */
};

/* Of both groups of pair p, in scratch. STATUS_NO_MEMORY. */
int kick_rows_init(struct kick_rows *r, const struct analysis_input *in,
                   const struct circuit *circuit, int p, struct status *st);

/* The entries of each row in a new random order; then the means again. */
void kick_rows_permute(struct kick_rows *r, struct rng rng);

/* The population, 1 or 2, of unit j by pair->bound; 0: none. */
int population_of(const struct kick_rows *r, const struct kick_pair *pair, size_t j);

/* Choose the pairs of *circuit and their populations. rng: of the permutations. STATUS_NO_MEMORY.
 */
int population_find(const struct analysis_input *in, struct rng rng, struct circuit *circuit,
                    struct status *st);

/* --- wiring.c -------------------------------------------------------------------------------- */

/* Mean weights, and two-sided p-values by rank among permutations of the rows, of pair p. NaN where
 * there is nothing to average. */
enum wire { WITHIN, BETWEEN, FROM_POPULATION_1, FROM_POPULATION_2, NUM_WIRES };
struct wiring {
    double weight[NUM_WIRES][2]; /* onto group 0, onto group 1; WITHIN: without self-connections */
    double p_value[NUM_WIRES][2];
    double size_p_value[2]; /* one-sided: of as many units in each population, or more */
};
int wiring_find(const struct analysis_input *in, struct rng rng, const struct circuit *circuit,
                int p, struct wiring *wiring, struct status *st);

/* --- population_noise.c ---------------------------------------------------------------------- */

/* Rate left of the switches of each group without the noise into both populations, into all other
 * units but kick units (rest), and into analysis.controls random sets of the rest of the size of
 * the populations. Both populations together must not be empty. p_value: by rank, one-sided
 * (lower). */
struct population_noise {
    double left[2], error[2]; /* standard errors */
    double rest_left[2], rest_error[2];
    double random_left[2], random_sd[2]; /* mean and standard deviation over sets */
    double p_value[2];
};
int population_noise_find(const struct analysis_input *in, struct rng rng,
                          const struct circuit *circuit, int p, struct population_noise *out,
                          struct status *st);

/* --- both, of every pair --------------------------------------------------------------------- */

struct population_measures {
    struct wiring wiring;
    struct population_noise noise; /* NaN: both populations are empty */
};

/* Measured once a network, by the first that asks; they stay the memo's. The circuit must have been
 * asked for (circuit_get). STATUS_NO_MEMORY, STATUS_RUN_STOPPED. */
int population_measure(const struct analysis_input *in, const struct population_measures **measures,
                       struct status *st);
