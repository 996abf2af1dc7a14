/* ablation_sets: which units each condition of the ablation scales. Source: SCIENCE 5.9; D12 fixed:
 * the kick neurons are those found for this network, the same in every condition.
 * The sets of presynaptic units go by the first three kick neurons of a direction, as many as the
 * reference has, and by its shares of the units: 60 and 35 of 150.
 */
#include "ablation.h"

enum { NUM_SOURCES = 3 };

/* a / 150 of the units, at least one */
static int share(int a, int hidden)
{
    int count = (a * hidden + 75) / 150;
    return count > 1 ? count : 1;
}

static const struct kick_set *kick_set(const struct circuit *circuit, int pair, int group)
{
    int direction = circuit->pair[pair].group[group];
    return direction < 0 ? NULL : &circuit->direction[direction];
}

/* member (H): 1 for the `count` largest weights (H), the lower index first among equals. */
static void mark_largest(const float *weight, int hidden, int count, unsigned char *member)
{
    for (int j = 0; j < hidden; j++) {
        int larger = 0;
        for (int i = 0; i < hidden && larger < count; i++)
            larger += weight[i] > weight[j] || (weight[i] == weight[j] && i < j);
        if (larger < count) member[j] = 1;
    }
}

/* The units that reach the first kick neurons most strongly. */
static void mark_presynaptic(const struct network *net, const struct kick_set *kick, int count,
                             unsigned char *member)
{
    int hidden = net->shape.hidden;
    for (int k = 0; kick && k < kick->num_units && k < NUM_SOURCES; k++)
        mark_largest(net->W + (size_t)kick->unit[k] * (size_t)hidden, hidden, count, member);
}

static void mark_rest(const unsigned char *member, int hidden, unsigned char *rest)
{
    for (int i = 0; i < hidden; i++) rest[i] = !member[i];
}

int ablation_sets_init(struct ablation_sets *sets, const struct analysis_input *in, int p,
                       struct status *st)
{
    const struct network *net = in->net;
    const struct circuit *circuit = in->memo->circuit;
    const struct kick_pair *pair = &circuit->pair[p];
    int H = net->shape.hidden;
    *sets = (struct ablation_sets){.member = scratch(in, NUM_ABLATIONS, (size_t)H)};
    if (!sets->member) return status_no_memory(st, "sets of units");
    unsigned char *member[NUM_ABLATIONS];
    for (int c = 0; c < NUM_ABLATIONS; c++) member[c] = sets->member + (size_t)c * (size_t)H;

    bool has_kick = false, has_populations = false;
    for (int g = 0; g < 2; g++) {
        const struct kick_set *kick = kick_set(circuit, p, g);
        for (int k = 0; kick && k < kick->num_units; k++)
            member[ABLATE_KICK_A + g][kick->unit[k]] = 1;
        mark_presynaptic(net, kick, share(60, H), member[ABLATE_NOISE_A + g]);
        mark_presynaptic(net, kick, share(35, H), member[ABLATE_CONTROL]);
        for (int i = 0; i < pair->num_population[g]; i++)
            member[ABLATE_POPULATIONS][pair->population[g][i]] = 1;
        has_kick |= kick && kick->num_units > 0;
        has_populations |= pair->num_population[g] > 0;
    }
    if (has_kick) mark_rest(member[ABLATE_CONTROL], H, member[ABLATE_CONTROL]);
    if (has_populations) mark_rest(member[ABLATE_POPULATIONS], H, member[ABLATE_REST]);
    for (int c = 0; c < NUM_ABLATIONS; c++)
        for (int i = 0; i < H; i++) {
            bool kick = member[ABLATE_KICK_A][i] || member[ABLATE_KICK_B][i];
            if (c >= ABLATE_NOISE_A && kick) member[c][i] = 0;
            sets->num_units[c] += member[c][i];
        }
    return STATUS_OK;
}
