/* populations: every pair of kick groups whose directions are each other's reverse: the units that
 * integrate noise for them, how these are wired, and the weights among all of them, as the
 * reference draws them. The first pair is the one of the analysis circuit, with the same numbers.
 * Refuses to choose pairs (population.c does). Source: SCIENCE 5.5, 5.6, 8.5.
 */
#include "analyse/analysis.h"
#include "base/paper.h"
#include "course.h"
#include "population.h"

#include <math.h>

enum { AXES = 2, FIRST = 3, SHOWN = 2 * FIRST };
enum { STEPS = 200, MEMBERS = 15, PLACES = 2 * (MAX_KICK_SET + MEMBERS) };

static const double number[MAX_PAIRS] = {1, 2, 3};

static const struct analysis_dim pair_dim = {
    "pair", MAX_PAIRS, number, "1", "pair of opposite directions, the most frequent first"};
static const struct analysis_dim group = {"group", 2, number, "1", "kick group of the pair"};
static const struct analysis_dim population = {
    "population", 2, number, "1", "1 inhibits kick group 1 and excites group 2, 2 the reverse"};
static const struct analysis_dim unit = {"unit", SIZE_HIDDEN, NULL, "1", "hidden unit"};
static const struct analysis_dim step = {"step", STEPS, NULL, "step",
                                         "step of the driven run, from its first state"};
static const struct analysis_dim first_units = {
    "kick", SHOWN, NULL, "1", "0 to 2: the first units of group 1; 3 to 5: those of group 2"};
static const struct analysis_dim axis_dim = {"axis", AXES, NULL, "1",
                                             "0: first, 1: second component of the driven run"};
static const struct analysis_dim place = {
    "place", PLACES, NULL, "1",
    "0-9 units of group 1, 10-19 of group 2, 20-34 of population 1, 35-49 of population 2"};
static const struct analysis_dim place_from = {"place_from", PLACES, NULL, "1",
                                               "the same places, of the unit that sends"};

#define OUTPUTS(SCALAR, CURVE, PLANE, SOLID)                                                       \
    SCALAR(NUM_PAIRS, "num_pairs", "1",                                                            \
           "pairs of kick sets found, of opposite directions; where there is none of these, the "  \
           "two most frequent found")                                                              \
    PLANE(FROM, "from", pair_dim, group, "1", "symbol that the group's switches leave")            \
    PLANE(TO, "to", pair_dim, group, "1", "symbol that they enter")                                \
    WITH(PLANE, SIZE, _P, "population_size", "_p", "units that integrate noise",                   \
         "p-value of so many units or more, by rank among permutations of rows of W", pair_dim,    \
         population, "1")                                                                          \
    PLANE(MEMBER, "population_member", pair_dim, unit, "1",                                        \
          "population of a unit, 1 or 2; 0: neither")                                              \
    SOLID(ONTO_GROUP, "weight_onto_group", pair_dim, group, unit, "1",                             \
          "mean weight of a unit onto the units of a kick group")                                  \
    PLANE(BOUND, "weight_bound", pair_dim, group, "1",                                             \
          "95th percentile of the size of weight_onto_group with permuted rows of W")              \
    WITH(PLANE, WEIGHT_WITHIN, _P, "weight_within", "_p",                                          \
         "mean weight among the units of a kick group",                                            \
         "its two-sided p-value, by rank among permutations of rows of W", pair_dim, group, "1")   \
    WITH(PLANE, WEIGHT_BETWEEN, _P, "weight_between", "_p",                                        \
         "mean weight onto a kick group from the other one",                                       \
         "its p-value, as that of weight_within", pair_dim, group, "1")                            \
    WITH(SOLID, WEIGHT_POPULATION, _P, "weight_population", "_p",                                  \
         "mean weight of a population onto a kick group",                                          \
         "its p-value, as many units being chosen by the same rule in each permutation", pair_dim, \
         population, group, "1")                                                                   \
    WITH(PLANE, NOISE_LEFT, _SEM, "noise_left", "_sem",                                            \
         "switch rate left of intact without the noise into the populations",                      \
         "its standard error, jackknife over trajectories", pair_dim, group, "1")                  \
    WITH(PLANE, NOISE_REST_LEFT, _SEM, "noise_rest_left", "_sem",                                  \
         "the same without the noise into all other units but kick units", "its standard error",   \
         pair_dim, group, "1")                                                                     \
    WITH(PLANE, NOISE_RANDOM_LEFT, _SD, "noise_random_left", "_sd",                                \
         "the same for random sets of the rest as large as the populations, mean over sets",       \
         "standard deviation of that over sets", pair_dim, group, "1")                             \
    PLANE(NOISE_P, "noise_p", pair_dim, group, "1",                                                \
          "p-value of noise_left by rank among these sets")                                        \
    SOLID(ACTIVITY, "activity", pair_dim, population, step, "1", "mean activity of a population")  \
    PLANE(UNITS, "units", pair_dim, place, "1",                                                    \
          "unit at a place of the block; of a larger population those of the lowest index")        \
    SOLID(BLOCK, "block", pair_dim, place, place_from, "1",                                        \
          "recurrent weights among these units: groups, populations, and from one to another")     \
    SOLID(PREACTIVATION, "preactivation", pair_dim, first_units, step, "1",                        \
          "pre-activation W h + U x of a unit with which the step ends")                           \
    PLANE(SCORE, "score", step, axis_dim, "1", "scores of the states of these steps")
enum { OUTPUT_NAMES(OUTPUTS) NUM_OUTPUTS };
static const struct analysis_output output[] = {OUTPUT_ROWS(OUTPUTS)};

/* unit (PLACES) out; -1: none there */
static void list_units(const struct circuit *circuit, const struct kick_pair *pair, int *unit_at)
{
    for (int i = 0; i < PLACES; i++) unit_at[i] = -1;
    for (int g = 0; g < 2; g++) {
        const struct kick_set *set = &circuit->direction[pair->group[g]];
        int *kick = unit_at + g * MAX_KICK_SET;
        int *member = unit_at + 2 * MAX_KICK_SET + g * MEMBERS;
        for (int i = 0; i < set->num_units; i++) kick[i] = set->unit[i];
        for (int i = 0; i < pair->num_population[g] && i < MEMBERS; i++)
            member[i] = pair->population[g][i];
    }
}

static void give_block(const struct analysis_input *in, const struct circuit *circuit, int p,
                       struct outputs *out)
{
    int unit_at[PLACES], H = in->net->shape.hidden;
    list_units(circuit, &circuit->pair[p], unit_at);
    for (int i = 0; i < PLACES; i++) {
        if (unit_at[i] < 0) continue;
        put(out, UNITS, unit_at[i], p, i);
        for (int j = 0; j < PLACES; j++)
            if (unit_at[j] >= 0) put(out, BLOCK, in->net->W[unit_at[i] * H + unit_at[j]], p, i, j);
    }
}

static void give_preactivations(const struct analysis_input *in, const struct driven *driven,
                                const struct circuit *circuit, int p, float *noise,
                                struct outputs *out)
{
    const struct network *net = in->net;
    int unit_at[PLACES], H = net->shape.hidden, D = net->shape.noise_dim;
    list_units(circuit, &circuit->pair[p], unit_at);
    for (int t = 1; t < STEPS && (size_t)t < driven->n; t++) {
        const float *h = driven->h + (t - 1) * H;
        driven_noise(in, (size_t)t, noise);
        for (int i = 0; i < SHOWN; i++) {
            int u = unit_at[i / FIRST * MAX_KICK_SET + i % FIRST];
            if (u < 0) continue;
            double x = net->bias_h ? net->bias_h[u] : 0;
            for (int j = 0; j < H; j++) x += (double)net->W[u * H + j] * h[j];
            for (int d = 0; d < D; d++) x += (double)net->U[u * D + d] * noise[d];
            put(out, PREACTIVATION, x, p, i, t);
        }
    }
}

static void give_scores(const struct driven *driven, struct outputs *out)
{
    for (int t = 0; t < STEPS && (size_t)t < driven->n && driven->pca.count >= AXES; t++) {
        double score[AXES];
        pca_project(&driven->pca, driven->h + t * driven->pca.width, 1, AXES, score);
        for (int a = 0; a < AXES; a++) put(out, SCORE, score[a], t, a);
    }
}

static void give_measures(const struct population_measures *measures, const struct kick_pair *pair,
                          int p, struct outputs *out)
{
    const struct wiring *w = &measures->wiring;
    const struct population_noise *noise = &measures->noise;
    for (int g = 0; g < 2; g++) {
        put(out, BOUND, pair->bound[g], p, g);
        put_pair(out, SIZE, pair->num_population[g], w->size_p_value[g], p, g);
        put_pair(out, WEIGHT_WITHIN, w->weight[WITHIN][g], w->p_value[WITHIN][g], p, g);
        put_pair(out, WEIGHT_BETWEEN, w->weight[BETWEEN][g], w->p_value[BETWEEN][g], p, g);
        for (int q = 0; q < 2; q++)
            put_pair(out, WEIGHT_POPULATION, w->weight[FROM_POPULATION_1 + q][g],
                     w->p_value[FROM_POPULATION_1 + q][g], p, q, g);
        put_pair(out, NOISE_LEFT, noise->left[g], noise->error[g], p, g);
        put_pair(out, NOISE_REST_LEFT, noise->rest_left[g], noise->rest_error[g], p, g);
        put_pair(out, NOISE_RANDOM_LEFT, noise->random_left[g], noise->random_sd[g], p, g);
        put(out, NOISE_P, noise->p_value[g], p, g);
    }
}

static int give_pair(const struct analysis_input *in, const struct circuit *circuit, int p,
                     struct outputs *out, struct status *st)
{
    struct kick_rows rows;
    const struct kick_pair *pair = &circuit->pair[p];
    int code = kick_rows_init(&rows, in, circuit, p, st);
    if (code) return code;
    for (int g = 0; g < 2; g++) {
        put(out, FROM, circuit->direction[pair->group[g]].from, p, g);
        put(out, TO, circuit->direction[pair->group[g]].to, p, g);
        for (size_t j = 0; j < rows.H; j++) put(out, ONTO_GROUP, rows.mean[g][j], p, g, j);
    }
    for (size_t j = 0; j < rows.H; j++) put(out, MEMBER, population_of(&rows, pair, j), p, j);
    give_block(in, circuit, p, out);
    return STATUS_OK;
}

static int compute(const struct analysis_input *in, struct outputs *out, struct status *st)
{
    const struct driven *driven;
    const struct circuit *circuit;
    const struct population_measures *measures;
    int code = driven_get(in, &driven, st);
    if (!code) code = circuit_get(in, &circuit, st);
    if (!code) code = population_measure(in, &measures, st);
    if (code) return code;
    float *noise = scratch(in, (size_t)in->net->shape.noise_dim, sizeof *noise);
    if (!noise) return circuit_no_memory(st);
    put(out, NUM_PAIRS, circuit->num_pairs);
    give_scores(driven, out);
    for (int p = 0; p < circuit->num_pairs && !code; p++) {
        code = give_pair(in, circuit, p, out, st);
        give_measures(&measures[p], &circuit->pair[p], p, out);
        give_preactivations(in, driven, circuit, p, noise, out);
        course_populations(driven, in->net->shape.hidden, &circuit->pair[p], STEPS,
                           out->value[ACTIVITY] + p * 2 * STEPS);
    }
    return code;
}

const struct analysis analysis_populations = {
    ANALYSIS(populations),
    .formula = "mean of W_ij over i of one population and j of another; noise-integrating units by "
               "the weights into the kick units",
    .reference = PAPER, .signal = BLOCK};
