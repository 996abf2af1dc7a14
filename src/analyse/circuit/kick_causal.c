/* kick_causal: what silencing each unit alone does to the rate of each direction, see kick_set.h.
 * Directions that leave the same symbol share their trajectories. Refuses to conclude: units that
 * stand in for each other have no effect one by one. Source: SCIENCE 8.5 (causal score).
 */
#include "kick_set.h"

#include <math.h>
#include <stdlib.h>

enum { STARTS = 128, MOST_UNITS = 200 };

static int out_of_memory(struct status *st)
{
    return status_no_memory(st, "the causal scores");
}

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

struct keyed {
    double key;
    int unit;
};

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed *p = a, *q = b;
    if (p->key != q->key) return p->key > q->key ? -1 : 1;
    return p->unit - q->unit;
}

/* The units to try: those of the highest kick scores for any of the directions. */
static int list_units(const struct circuit *circuit, const struct family *f, int H, int *unit,
                      struct status *st)
{
    struct keyed *keyed = malloc((size_t)H * sizeof *keyed);
    if (!keyed) return out_of_memory(st);
    for (int i = 0; i < H; i++) {
        keyed[i] = (struct keyed){-INFINITY, i};
        for (int d = 0; d < f->num; d++)
            keyed[i].key = fmax(keyed[i].key, circuit->score[f->direction[d] * H + i]);
    }
    qsort(keyed, (size_t)H, sizeof *keyed, compare_keyed);
    for (int i = 0; i < H && i < MOST_UNITS; i++) unit[i] = keyed[i].unit;
    free(keyed);
    return STATUS_OK;
}

static int silence_units(const struct analysis_input *in, const struct family *f,
                         const struct kick_cluster *cluster, const struct driven *driven,
                         struct rng rng, const int *unit, int num, double *causal,
                         struct status *st)
{
    int H = in->net->shape.hidden, groups = num + 1;
    float *start = malloc(STARTS * (size_t)H * sizeof *start);
    uint8_t *silent = calloc((size_t)groups, (size_t)H);
    struct switch_count *count = malloc((size_t)(groups * f->num) * STARTS * sizeof *count);
    int code = start && silent && count ? analysis_check_stop(in, st) : out_of_memory(st);
    if (code) goto cleanup;
    kick_starts(driven, H, cluster, rng_child(rng, 0), STARTS, start);
    for (int g = 1; g < groups; g++) silent[g * H + unit[g - 1]] = 1;
    struct silence_task task = {.net = in->net,
                                .rng = rng_child(rng, 1),
                                .start = start,
                                .n = STARTS,
                                .steps = KICK_STEPS,
                                .from = f->from,
                                .num_to = f->num,
                                .to = f->to,
                                .groups = groups,
                                .silent = silent};
    code = silence_count(&task, count, st);
    for (int g = 1; g < groups && !code; g++)
        for (int d = 0; d < f->num; d++)
            causal[f->direction[d] * H + unit[g - 1]] =
                kick_rate_left(silence_total(count + (g * f->num + d) * STARTS, STARTS),
                               silence_total(count + d * STARTS, STARTS));
cleanup:
    free(start);
    free(silent);
    free(count);
    return code;
}

int kick_causal(const struct analysis_input *in, const struct circuit *circuit, struct rng rng,
                double *causal, struct status *st)
{
    const struct driven *driven;
    int H = in->net->shape.hidden, unit[MOST_UNITS];
    int code = driven_get(in, &driven, st);
    for (int d = 0; d < circuit->num_directions && !code; d++) {
        struct family f = family_of(circuit, d);
        struct kick_cluster cluster = {0, NULL};
        bool done = false;
        for (int e = 0; e < d; e++) done |= circuit->direction[e].from == f.from;
        if (done) continue;
        code = kick_cluster_find(driven, in->net->shape.symbols, f.from, &cluster, st);
        if (!code && cluster.num >= KICK_LEAST_CLUSTER) {
            code = list_units(circuit, &f, H, unit, st);
            if (!code)
                code = silence_units(in, &f, &cluster, driven, rng_child(rng, (uint64_t)d), unit,
                                     H < MOST_UNITS ? H : MOST_UNITS, causal, st);
        }
        free(cluster.state);
    }
    return code;
}
