/* circuit: kick neurons of every frequent direction of switching, populations that integrate noise
 * for them, their wiring, and what silencing does. Refuses to find them: circuit_find.c does, once
 * for all analyses. Source: SCIENCE 8.5; 5.2, 5.5, 5.6, 5.9. Fixed of the reference: units are
 * found, not picked by hand, and the same sets are used throughout (D12); groups go by their
 * direction (D20); numbers of units are decided by data.
 */
#include "analyse/analysis.h"
#include "base/paper.h"
#include "course.h"
#include "kick_set.h"
#include "population.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { STEPS = 200 };

static const double number[2] = {1, 2};

static const struct analysis_dim direction = {
    "direction", MAX_DIRECTIONS, NULL, "1",
    "frequent direction of switching, the most frequent first; its symbols are from and to"};
static const struct analysis_dim place = {"place", MAX_KICK_SET, NULL, "1",
                                          "place in the kick set, in the order of adding"};
static const struct analysis_dim silenced = {"silenced", MAX_KICK_SET + 1, NULL, "1",
                                             "units silenced"};
static const struct analysis_dim unit = {"unit", SIZE_HIDDEN, NULL, "1", "hidden unit"};
static const struct analysis_dim group = {
    "group", 2, number, "1", "kick group that the populations serve; group_direction names it"};
static const struct analysis_dim population = {
    "population", 2, number, "1", "1 inhibits kick group 1 and excites group 2, 2 the reverse"};
static const struct analysis_dim step = {"step", STEPS, NULL, "step",
                                         "step of the driven run, from its first state"};
static const struct analysis_dim angle = {
    "angle", ANGLE_BINS, angle_bins, "degree",
    "centre of a bin of 10 degrees of the angle about the mean state, plane of PC1 and PC2"};

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    SCALAR(NUM_DIRECTIONS, "num_directions", "1",                                                  \
           "directions with at least 30 switches in the driven run, the six most frequent")        \
    SCALAR(NUM_TESTED, "num_tested", "1",                                                          \
           "of these, directions with a set that leaves less than half of the rate: it is tested") \
    SCALAR(NUM_FOUND, "num_found", "1",                                                            \
           "of these, directions with a kick set: verdict concentrated or redundant")              \
    SCALAR(MEAN_SIZE, "kick_set_size", "1", "mean number of units of the kick sets found")         \
    SCALAR(MEAN_LEFT, "mean_rate_left", "1", "mean over kick sets found of the rate left")         \
    SCALAR(MEAN_CONTROL, "mean_control_left", "1", "mean over kick sets found of control_left")    \
    SCALAR(MEAN_SUPPRESSION, "mean_suppression", "1", "mean over kick sets found of suppression")  \
    SCALAR(LEAST_SUPPRESSION, "least_suppression", "1",                                            \
           "smallest suppression among the kick sets found")                                       \
    SCALAR(SMALLEST_P, "smallest_p", "1",                                                          \
           "smallest p_value, not corrected for the number of directions; no sign of a circuit")   \
    SCALAR(NUM_INTEGRATING, "num_integrating", "1", "units in the two populations together")       \
    CURVE(FROM, "from", direction, "1", "symbol that is left")                                     \
    CURVE(TO, "to", direction, "1", "symbol that is entered, and kept for at least 3 steps")       \
    CURVE(EVENTS, "events", direction, "1", "switches in the driven run")                          \
    CURVE(RATE, "rate", direction, "1/step", "switches per step spent in from, driven run")        \
    CURVE(SIZE, "size", direction, "1", "units of the kick set; 0: none was found")                \
    CURVE(                                                                                         \
        P_VALUE, "p_value", direction, "1",                                                        \
        "of the set that was tested, by rank among random sets of other units matched in mean "    \
        "activity, by what they leave of the rate in a driven run that the search has not seen. "  \
        "Small wherever some units matter more than others, so alone no sign of a circuit: see "   \
        "verdict")                                                                                 \
    CURVE(CONTROL_LEFT, "control_left", direction, "1",                                            \
          "rate left of intact with a matched random set silenced, mean over sets")                \
    CURVE(CONTROL_SD, "control_left_sd", direction, "1", "standard deviation of that over sets")   \
    CURVE(SUPPRESSION, "suppression", direction, "1",                                              \
          "min(1, control_left) / rate left with all of the set that was tested silenced")         \
    PLANE(UNITS, "units", direction, place, "1", "unit of the kick set")                           \
    PLANE(UNIT_SCORE, "unit_score", direction, place, "1", "its kick_score")                       \
    PLANE(UNIT_AUC, "unit_auc", direction, place, "1", "its kick_auc")                             \
    PLANE(UNIT_CAUSAL, "unit_causal", direction, place, "1", "its causal_score")                   \
    WITH(PLANE, LEFT, _SEM, "rate_left", "_sem",                                                   \
         "switch rate left of intact with the first units of the tested set silenced, "            \
         "trajectories from cluster states, common random numbers",                                \
         "its standard error, jackknife over trajectories", direction, silenced, "1")              \
    PLANE(SCORE, "kick_score", direction, unit, "1",                                               \
          "activity 1 to 5 steps before a switch minus that in cluster states of from, in units "  \
          "of the pooled sd (d')")                                                                 \
    PLANE(AUC, "kick_auc", direction, unit, "1",                                                   \
          "area under the ROC curve of the same two samples")                                      \
    PLANE(CAUSAL, "causal_score", direction, unit, "1",                                            \
          "switch rate left of intact with this unit alone silenced")                              \
    CURVE(GROUP_DIRECTION, "group_direction", group, "1",                                          \
          "index of the direction of a kick group")                                                \
    CURVE(BOUND, "weight_bound", group, "1",                                                       \
          "95th percentile of the size of weight_onto_group with permuted rows of W")              \
    WITH(CURVE, POPULATION_SIZE, _P, "population_size", "_p", "units that integrate noise",        \
         "p-value of so many units or more, by rank among permutations of rows of W", population,  \
         "1")                                                                                      \
    CURVE(MEMBER, "population_member", unit, "1", "population of a unit, 1 or 2; 0: neither")      \
    PLANE(ONTO_GROUP, "weight_onto_group", group, unit, "1",                                       \
          "mean weight of a unit onto the units of a kick group")                                  \
    WITH(CURVE, WEIGHT_WITHIN, _P, "weight_within", "_p",                                          \
         "mean weight among the units of a kick group",                                            \
         "its two-sided p-value, by rank among permutations of rows of W", group, "1")             \
    WITH(CURVE, WEIGHT_BETWEEN, _P, "weight_between", "_p",                                        \
         "mean weight onto a kick group from the other one",                                       \
         "its p-value, as that of weight_within", group, "1")                                      \
    WITH(PLANE, WEIGHT_POPULATION, _P, "weight_population", "_p",                                  \
         "mean weight of a population onto a kick group",                                          \
         "its p-value, as many units being chosen by the same rule in each permutation",           \
         population, group, "1")                                                                   \
    WITH(CURVE, NOISE_LEFT, _SEM, "noise_left", "_sem",                                            \
         "switch rate left of intact without the noise into the populations",                      \
         "its standard error, jackknife over trajectories", group, "1")                            \
    WITH(CURVE, NOISE_REST_LEFT, _SEM, "noise_rest_left", "_sem",                                  \
         "the same without the noise into all other units but kick units", "its standard error",   \
         group, "1")                                                                               \
    CURVE(NOISE_RANDOM_LEFT, "noise_random_left", group, "1",                                      \
          "the same for random sets of the rest as large as the populations, mean over sets")      \
    CURVE(NOISE_RANDOM_SD, "noise_random_left_sd", group, "1",                                     \
          "standard deviation of that over sets")                                                  \
    CURVE(NOISE_P, "noise_p", group, "1", "p-value of noise_left by rank among these sets")        \
    PLANE(ACTIVITY_KICK, "activity_kick", direction, step, "1", "mean activity of a kick set")     \
    PLANE(ACTIVITY_POPULATION, "activity_population", population, step, "1",                       \
          "mean activity of a population")                                                         \
    CURVE(ACTIVITY_SYMBOL, "activity_symbol", step, "1", "symbol at these steps")                  \
    WITH(PLANE, PREACTIVATION, _SD, "preactivation", "_sd",                                        \
         "mean pre-activation W h + U x of a kick set's units at states of this angle",            \
         "standard deviation of that, mean over the units of a set, noise included", direction,    \
         angle, "1")                                                                               \
    CURVE(VERDICT, "verdict", direction, "1",                                                      \
          "3 concentrated, 2 redundant, 1 distributed, 0 none. None: no set of at most 10 units "  \
          "leaves less than half of the rate and of control_left, or p_value fails Holm's test "   \
          "at .05 over the directions (NaN, too few units for so many sets, is none too). "        \
          "Distributed: one does, but so do other candidates: the "                                \
          "larger of p_value and p_candidates fails that test (where it is NaN, more than 5 % of " \
          "the few sets do as well). Redundant: neither, and redundancy is 2 "                     \
          "or more. Concentrated: and it is 1. Only the last two are kick sets")                   \
    CURVE(NUM_CANDIDATES, "num_candidates", direction, "1",                                        \
          "units that may be in the set: kick_score at least .2 and 3 standard errors above 0, "   \
          "and not far more active in the new symbol")                                             \
    CURVE(P_CANDIDATES, "p_candidates", direction, "1",                                            \
          "of the set that was tested, by rank among random sets of its other candidates; one of " \
          "them does as well when it leaves no more than the square root of what the set leaves: " \
          "two of them would do what the set does. Where these make too few different sets, "      \
          "of all other units that rise before the switch (kick_score above 0). NaN: too few of "  \
          "these "                                                                                 \
          "too")                                                                                   \
    CURVE(CANDIDATE_SETS, "num_candidate_sets", direction, "1",                                    \
          "different random sets of other candidates that were measured")                          \
    WITH(CURVE, CANDIDATES_LEFT, _SD, "candidates_left", "_sd",                                    \
         "rate left of intact with one of these sets silenced, mean over sets",                    \
         "standard deviation of that over sets", direction, "1")                                   \
    CURVE(REDUNDANCY, "redundancy", direction, "1",                                                \
          "disjoint sets as large, the tested one included, that each leave less than half of "    \
          "the rate; counted until a greedy search among the candidates left finds no more. 0: "   \
          "the verdict is none")                                                                   \
    CURVE(CONCENTRATION, "concentration", direction, "1",                                          \
          "share of the single effects (1 - causal_score, where above 0) of all candidates that "  \
          "is the tested set's")                                                                   \
    CURVE(CONCENTRATION_BEST, "concentration_best", direction, "1",                                \
          "the same share of as many candidates of the largest single effects")                    \
    CURVE(CONCENTRATION_GINI, "concentration_gini", direction, "1",                                \
          "Gini coefficient of the candidates' single effects: 0 all equal, near 1 few have all")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

/* --- into the outputs ------------------------------------------------------------------------ */

static void give_directions(const struct circuit *circuit, int H,
                            const struct kick_concentration *concentration, struct outputs *out)
{
    for (int d = 0; d < circuit->num_directions; d++) {
        const struct kick_set *set = &circuit->direction[d];
        put(out, FROM, set->from, d);
        put(out, TO, set->to, d);
        put(out, EVENTS, set->num_events, d);
        put(out, RATE, set->rate, d);
        put(out, SIZE, set->num_units, d);
        const struct kick_comparison *matched = &set->control[MATCHED];
        const struct kick_comparison *candidates = &set->control[CANDIDATES];
        put(out, P_VALUE, matched->p_value, d);
        put_pair(out, CONTROL_LEFT, matched->left, matched->sd, d);
        put(out, SUPPRESSION, set->suppression, d);
        put(out, VERDICT, set->verdict, d);
        put(out, NUM_CANDIDATES, set->num_candidates, d);
        put(out, P_CANDIDATES, candidates->p_value, d);
        put(out, CANDIDATE_SETS, candidates->num, d);
        put_pair(out, CANDIDATES_LEFT, candidates->left, candidates->sd, d);
        put(out, REDUNDANCY, set->redundancy, d);
        put(out, CONCENTRATION, concentration[d].share, d);
        put(out, CONCENTRATION_BEST, concentration[d].best_share, d);
        put(out, CONCENTRATION_GINI, concentration[d].gini, d);
        for (int i = 0; i <= MAX_KICK_SET; i++)
            put_pair(out, LEFT, set->rate_left[i], set->rate_left_error[i], d, i);
        for (int i = 0; i < set->num_units; i++) {
            int unit = set->unit[i], at = d * H + unit;
            put(out, UNITS, unit, d, i);
            put(out, UNIT_SCORE, circuit->score[at], d, i);
            put(out, UNIT_AUC, circuit->auc[at], d, i);
            put(out, UNIT_CAUSAL, out->value[CAUSAL][at], d, i);
        }
    }
}

/* What is compared over networks. */
static void give_summary(const struct circuit *circuit, struct outputs *out)
{
    int found = 0, tested = 0;
    double size = 0, left = 0, control = 0, suppression = 0, least = INFINITY, smallest = NAN;
    for (int d = 0; d < circuit->num_directions; d++) {
        const struct kick_set *set = &circuit->direction[d];
        tested += !isnan(set->control[MATCHED].p_value);
        smallest = fmin(smallest, set->control[MATCHED].p_value);
        if (!set->num_units) continue;
        found++;
        size += set->num_units;
        left += set->rate_left[set->num_units];
        control += set->control[MATCHED].left;
        suppression += set->suppression;
        least = fmin(least, set->suppression);
    }
    put(out, NUM_DIRECTIONS, circuit->num_directions);
    put(out, NUM_TESTED, tested);
    put(out, NUM_FOUND, found);
    put(out, SMALLEST_P, smallest);
    put(out, NUM_INTEGRATING, circuit->pair->num_population[0] + circuit->pair->num_population[1]);
    if (!found) return;
    put(out, MEAN_SIZE, size / found);
    put(out, MEAN_LEFT, left / found);
    put(out, MEAN_CONTROL, control / found);
    put(out, MEAN_SUPPRESSION, suppression / found);
    put(out, LEAST_SUPPRESSION, least);
}

/* Of the first pair. */
static int give_pair(const struct analysis_input *in, const struct circuit *circuit,
                     struct outputs *out, struct status *st)
{
    const struct population_measures *measures;
    const struct kick_pair *pair = circuit->pair;
    struct kick_rows rows;
    int code = kick_rows_init(&rows, in, circuit, 0, st);
    if (!code) code = population_measure(in, &measures, st);
    if (code) return code;
    const struct wiring *w = &measures->wiring;
    const struct population_noise *noise = &measures->noise;
    for (int g = 0; g < 2; g++) {
        put(out, BOUND, pair->bound[g], g);
        put_row(out, ONTO_GROUP, (size_t)g, rows.mean[g], rows.H);
        put_pair(out, WEIGHT_WITHIN, w->weight[WITHIN][g], w->p_value[WITHIN][g], g);
        put_pair(out, WEIGHT_BETWEEN, w->weight[BETWEEN][g], w->p_value[BETWEEN][g], g);
        for (int p = 0; p < 2; p++)
            put_pair(out, WEIGHT_POPULATION, w->weight[FROM_POPULATION_1 + p][g],
                     w->p_value[FROM_POPULATION_1 + p][g], p, g);
        put_pair(out, POPULATION_SIZE, pair->num_population[g], w->size_p_value[g], g);
        put_pair(out, NOISE_LEFT, noise->left[g], noise->error[g], g);
        put_pair(out, NOISE_REST_LEFT, noise->rest_left[g], noise->rest_error[g], g);
        put_pair(out, NOISE_RANDOM_LEFT, noise->random_left[g], noise->random_sd[g], g);
        put(out, NOISE_P, noise->p_value[g], g);
    }
    for (size_t j = 0; j < rows.H; j++) put(out, MEMBER, population_of(&rows, pair, j), j);
    return STATUS_OK;
}

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    const struct driven *driven;
    const struct circuit *circuit;
    int H = in->net->shape.hidden;
    int code = driven_get(in, &driven, st);
    if (!code) code = circuit_get(in, &circuit, st);
    if (code) return code;
    size_t size = (size_t)circuit->num_directions * (size_t)H;
    put_row(out, SCORE, 0, circuit->score, size);
    put_row(out, AUC, 0, circuit->auc, size);
    code = kick_causal(in, circuit, rng_child(in->rng, 0), out->value[CAUSAL], st);
    if (code) return code;
    struct kick_concentration concentration[MAX_DIRECTIONS];
    for (int d = 0; d < circuit->num_directions && !code; d++)
        code = kick_concentration(in, &circuit->direction[d], circuit->eligible + d * H,
                                  out->value[CAUSAL] + d * H, &concentration[d], st);
    if (code) return code;
    give_directions(circuit, H, concentration, out);
    give_summary(circuit, out);
    course_activity(driven, H, circuit, STEPS, out->value[ACTIVITY_KICK],
                    out->value[ACTIVITY_SYMBOL]);
    course_populations(driven, H, circuit->pair, STEPS, out->value[ACTIVITY_POPULATION]);
    code = course_orbit(in, driven, circuit, out->value[PREACTIVATION],
                        out->value[PREACTIVATION_SD], st);
    for (int g = 0; g < 2; g++)
        if (circuit->pair->group[g] >= 0) put(out, GROUP_DIRECTION, circuit->pair->group[g], g);
    return code || circuit->num_pairs == 0 ? code : give_pair(in, circuit, out, st);
}

/* Directions of switching that a network of this HMM is likely to have. */
static double likely_directions(const struct settings *s)
{
    int K = s->hmm.symbols, all = K * (K - 1) < MAX_DIRECTIONS ? K * (K - 1) : MAX_DIRECTIONS;
    return s->hmm.architecture == LINEAR_CHAIN ? 2 : all;
}

const struct analysis analysis_circuit = {
    ANALYSIS(circuit),
    .formula = "suppression = min(1, control_left) / rate left with the set silenced, control_left "
               "of matched random sets, among which p_value is a rank",
    .reference = PAPER "; permutation p: Phipson & Smyth 2010",
    .signal = ACTIVITY_KICK,
    .steps = 2.5e6, /* two to three times as many when trained to full size, fewer before */
    .times = likely_directions};
