/* kick_causal: what silencing each unit alone does to the rate of each direction, see kick_set.h.
 * Directions that leave the same symbol share their trajectories. Refuses to conclude: units that
 * stand in for each other have no effect one by one. Source: SCIENCE 8.5 (causal score).
 */
#include "kick_set.h"

#include <math.h>

enum { STARTS = 128, MOST_UNITS = 200 };

/* Directions of one `from`. */
struct family {
    int from, num, direction[MAX_DIRECTIONS], to[MAX_DIRECTIONS];
};

static struct family family_of(const struct circuit *circuit, int first)
{
    struct family f = {.from = circuit->direction[first].from};
    for (int d = first; d < circuit->num_directions; d++) {
        if (circuit->direction[d].from != f.from) continue;
        f.direction[f.num] = d;
        f.to[f.num++] = circuit->direction[d].to;
    }
    return f;
}

/* unit (H): the units to try first, those of the highest kick scores for any of the directions. */
static int list_units(const struct analysis_input *in, const struct circuit *circuit,
                      const struct family *f, int *unit, struct status *st)
{
    int H = in->net->shape.hidden;
    double *key = scratch(in, (size_t)H, sizeof *key);
    if (!key) return circuit_no_memory(st);
    for (int i = 0; i < H; i++) {
        key[i] = INFINITY;
        for (int d = 0; d < f->num; d++)
            key[i] = fmin(key[i], -circuit->score[f->direction[d] * H + i]);
    }
    return kick_order(in, key, unit, st);
}

static int silence_units(const struct analysis_input *in, const struct family *f,
                         const struct kick_cluster *cluster, const struct driven *driven,
                         struct rng rng, const int *unit, int num, double *causal,
                         struct status *st)
{
    int H = in->net->shape.hidden, groups = num + 1;
    uint8_t *silent = scratch(in, (size_t)groups, (size_t)H);
    struct switch_count *count = scratch(in, (size_t)(groups * f->num) * STARTS, sizeof *count);
    struct silence_task task = {.n = STARTS,
                                .from = f->from,
                                .num_to = f->num,
                                .to = f->to,
                                .groups = groups,
                                .silent = silent};
    for (int g = 1; silent && g < groups; g++) silent[g * H + unit[g - 1]] = 1;
    int code = silent && count ? kick_count(in, driven, cluster, rng, task, count, st)
                               : circuit_no_memory(st);
    for (int g = 1; g < groups && !code; g++)
        for (int d = 0; d < f->num; d++)
            causal[f->direction[d] * H + unit[g - 1]] =
                kick_rate_left(silence_total(count + (g * f->num + d) * STARTS, STARTS),
                               silence_total(count + d * STARTS, STARTS));
    return code;
}

int kick_causal(const struct analysis_input *in, const struct circuit *circuit, struct rng rng,
                double *causal, struct status *st)
{
    const struct driven *driven = &circuit->held_out;
    int H = in->net->shape.hidden, *unit = scratch(in, (size_t)H, sizeof *unit);
    int code = unit ? STATUS_OK : circuit_no_memory(st);
    for (int d = 0; d < circuit->num_directions && !code; d++) {
        struct family f = family_of(circuit, d);
        struct kick_cluster cluster = {0, NULL};
        bool done = false;
        for (int e = 0; e < d; e++) done |= circuit->direction[e].from == f.from;
        if (done) continue;
        code = kick_cluster_find(in, driven, f.from, &cluster, st);
        if (code || cluster.num < KICK_LEAST_CLUSTER) continue;
        code = list_units(in, circuit, &f, unit, st);
        if (!code)
            code = silence_units(in, &f, &cluster, driven, rng_child(rng, (uint64_t)d), unit,
                                 H < MOST_UNITS ? H : MOST_UNITS, causal, st);
    }
    return code;
}
