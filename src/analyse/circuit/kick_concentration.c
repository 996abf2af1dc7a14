/* kick_concentration: how unequally the effect of a direction's candidates, each silenced alone, is
 * spread over them, see kick_set.h. Refuses to judge: units that act only together have none alone.
 * Source: SCIENCE 8.5 (causal score).
 */
#include "kick_set.h"

#include <math.h>
#include <stdlib.h>

static int compare_down(const void *a, const void *b)
{
    const double *p = a, *q = b;
    return (*p < *q) - (*p > *q);
}

int kick_concentration(const struct analysis_input *in, const struct kick_set *set,
                       const uint8_t *eligible, const double *causal,
                       struct kick_concentration *out, struct status *st)
{
    int H = in->net->shape.hidden, num = 0;
    double *effect = scratch(in, (size_t)H, sizeof *effect), all = 0, ranked = 0, best = 0, own = 0;
    if (!effect) return circuit_no_memory(st);
    *out = (struct kick_concentration){NAN, NAN, NAN};
    for (int i = 0; i < H; i++)
        if (eligible[i] && !isnan(causal[i])) effect[num++] = fmax(0, 1 - causal[i]);
    qsort(effect, (size_t)num, sizeof *effect, compare_down);
    for (int i = 0; i < num; i++) {
        all += effect[i];
        ranked += (num - 1 - 2 * i) * effect[i];
        if (i < set->num_tested) best += effect[i];
    }
    for (int i = 0; i < set->num_tested; i++) own += fmax(0, 1 - causal[set->unit[i]]);
    if (!set->num_tested || !(all > 0)) return STATUS_OK;
    *out = (struct kick_concentration){own / all, best / all, ranked / (num * all)};
    return STATUS_OK;
}
