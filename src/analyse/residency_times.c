/* residency_times: see residency.h. Zones by mean RT and by the largest probability of a symbol;
 * states that no zone takes are kept apart (SCIENCE D19). Its run starts at 0. Refuses to look at
 * more than RESIDENCY_STATES states. Source: SCIENCE 5.1.
 */
#include "residency.h"

#include <math.h>
#include <string.h>

static const double kick_from = 2, kick_to = 8, sure = 0.8; /* RT, RT, max softmax */

static unsigned char zone_of(double rt, double max_softmax)
{
    if (rt < kick_from) return ZONE_TRANSITION;
    if (rt <= kick_to) return ZONE_KICK;
    return rt > kick_to && max_softmax > sure ? ZONE_CLUSTER : ZONE_NONE;
}

static int residency_make(const struct analysis_input *in, struct residency *r, struct status *st)
{
    const struct driven *driven;
    int K = in->net->shape.symbols, code = driven_get(in, &driven, st);
    if (code) return code;
    size_t H = (size_t)in->net->shape.hidden;
    r->n = driven->n < RESIDENCY_STATES ? driven->n : RESIDENCY_STATES;
    struct pile *kept = &in->memo->kept;
    r->state = pile_take(kept, r->n, sizeof *r->state);
    r->rt = pile_take(kept, r->n, sizeof *r->rt);
    r->zone = pile_take(kept, r->n, 1);
    r->max_softmax = pile_take(kept, r->n, sizeof *r->max_softmax);
    r->escape = pile_take(kept, r->n, sizeof *r->escape);
    float *h = scratch(in, r->n * H, sizeof *h);
    if (!r->state || !r->rt || !r->zone || !r->max_softmax || !r->escape || !h)
        return status_no_memory(st, "residency times");
    for (size_t i = 0; i < r->n; i++) {
        r->state[i] = i * driven->n / r->n;
        memcpy(h + i * H, driven->h + r->state[i] * H, H * sizeof *h);
    }
    code = escape_times(in->net, rng_child(in->memo->shared, 2), h, r->n, RESIDENCY_CONTINUATIONS,
                        RESIDENCY_HORIZON, &in->stop, r->escape, st);
    for (size_t i = 0; i < r->n && !code; i++) {
        r->max_softmax[i] = network_certainty(driven->z + r->state[i] * (size_t)K, K);
        r->rt[i] = r->escape[i].time;
        r->zone[i] = zone_of(r->rt[i], r->max_softmax[i]);
    }
    return code;
}

int residency_get(const struct analysis_input *in, const struct residency **residency,
                  struct status *st)
{
    struct analysis_memo *memo = in->memo;
    if (!memo->residency) {
        struct residency *made = pile_take(&memo->kept, 1, sizeof *made);
        int code = made ? residency_make(in, made, st) : status_no_memory(st, "residency times");
        if (code) return code;
        memo->residency = made;
    }
    *residency = memo->residency;
    return STATUS_OK;
}
