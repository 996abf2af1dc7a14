/* kick_rate: rates of one direction with sets of units silenced, see kick_set.h. Refuses to choose
 * the sets. Source: SCIENCE 8.5.
 */
#include "kick_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static const double least_seen = 0.1; /* share of the intact steps in `from` */

bool unit_set_has(const struct unit_set *set, int unit)
{
    for (int i = 0; i < set->num; i++)
        if (set->unit[i] == unit) return true;
    return false;
}

struct rng kick_stream(const struct kick_case *c, enum kick_stage stage, int round)
{
    return rng_child(c->rng, (uint64_t)(round * NUM_KICK_STAGES + (int)stage));
}

void kick_starts(const struct driven *driven, int H, const struct kick_cluster *cluster,
                 struct rng rng, int n, float *start)
{
    for (int i = 0; i < n; i++) {
        size_t at = (size_t)(rng_uniform(rng, (uint64_t)i) * (double)cluster->num);
        memcpy(start + (size_t)i * (size_t)H, driven->h + cluster->state[at] * (size_t)H,
               (size_t)H * sizeof *start);
    }
}

double kick_rate_left(struct switch_total total, struct switch_total intact)
{
    if (!(total.steps > least_seen * intact.steps) || !(intact.events > 0)) return 1;
    return total.events / total.steps / (intact.events / intact.steps);
}

uint8_t *unit_set_mark(const struct unit_set *set, int groups, int H)
{
    uint8_t *mark = calloc((size_t)groups + 1, (size_t)H);
    for (int g = 0; mark && g < groups; g++)
        for (int i = 0; i < set[g].num; i++)
            mark[(size_t)(g + 1) * (size_t)H + (size_t)set[g].unit[i]] = 1;
    return mark;
}

int kick_count(const struct analysis_input *in, const struct driven *driven,
               const struct kick_cluster *cluster, struct rng rng, struct silence_task task,
               struct switch_count *count, struct status *st)
{
    size_t H = (size_t)in->net->shape.hidden;
    float *start = malloc((size_t)task.n * H * sizeof *start);
    int code = start ? analysis_check_stop(in, st) : circuit_no_memory(st);
    if (!code) {
        kick_starts(driven, (int)H, cluster, rng_child(rng, 0), task.n, start);
        task.net = in->net;
        task.rng = rng_child(rng, 1);
        task.start = start;
        task.steps = KICK_STEPS;
        code = silence_count(&task, count, st);
    }
    free(start);
    return code;
}

int kick_rate_count(const struct kick_case *c, const struct unit_set *set, int groups, int n,
                    enum kick_stage stage, int round, struct switch_count *count, struct status *st)
{
    uint8_t *silent = unit_set_mark(set, groups, c->in->net->shape.hidden);
    struct silence_task task = {
        .n = n, .from = c->from, .num_to = 1, .to = &c->to, .groups = groups + 1, .silent = silent};
    int code = silent ? kick_count(c->in, c->driven, c->cluster, kick_stream(c, stage, round), task,
                                   count, st)
                      : circuit_no_memory(st);
    free(silent);
    return code;
}

int kick_rate_measure(const struct kick_case *c, const struct unit_set *set, int groups, int n,
                      enum kick_stage stage, int round, struct switch_total *total, double *left,
                      struct status *st)
{
    struct switch_count *count = malloc((size_t)(groups + 1) * (size_t)n * sizeof *count);
    struct switch_total *own = calloc((size_t)groups + 1, sizeof *own);
    int code = count && own ? kick_rate_count(c, set, groups, n, stage, round, count, st)
                            : circuit_no_memory(st);
    if (!total) total = own;
    for (int g = 0; g <= groups && !code; g++) {
        struct switch_total more = silence_total(count + (size_t)g * (size_t)n, n);
        total[g].events += more.events;
        total[g].steps += more.steps;
        if (g) left[g - 1] = kick_rate_left(total[g], total[0]);
    }
    free(count);
    free(own);
    return code;
}
