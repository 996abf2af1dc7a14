/* kick_refine: a kick set made better where replayed switches were not enough to find it, see
 * kick_set.h. While too much of the rate is left, units are added or exchanged by the switch rate
 * itself, which also shows the switches that silencing adds. While too many random sets do as well
 * to pass the test, which happens where one unit is enough and many units are such, those that do
 * most alone are added. So the rank among random sets is what a set may have been chosen for:
 * kick_test.c takes it again, with other sets and other numbers. Refuses to judge. Source: SCIENCE
 * 8.5.
 */
#include "kick_set.h"

#include <math.h>

enum {
    STARTS = 256,
    ROUNDS = 6,      /* units added or exchanged by their effect on the rate */
    MOST_TRIED = 32, /* candidates of the highest kick scores */
    MATCHED_STARTS = 32
};

static int smallest(const double *x, int num)
{
    int best = 0;
    for (int i = 1; i < num; i++)
        if (x[i] < x[best]) best = i;
    return best;
}

/* --- less of the rate ------------------------------------------------------------------------ */

/* The set as it is, and its base with each further candidate; a full set's base is without the
 * unit that it needs least. trial: room for MOST_TRIED + 1 sets. */
static int list_trials(const struct kick_case *c, const struct unit_set *candidates,
                       const struct unit_set *set, int round, struct unit_set *trial, int *num,
                       struct status *st)
{
    double left[MAX_KICK_SET];
    int code = STATUS_OK;
    struct unit_set base = *set;
    if (set->num == c->most) {
        for (int i = 0; i < set->num; i++) trial[i] = unit_set_without(set, set->unit[i]);
        code = kick_rate_measure(c, trial, set->num, STARTS, REFINE, 2 * round, NULL, left, st);
        if (!code) base = trial[smallest(left, set->num)];
    }
    trial[0] = *set;
    *num = 1;
    for (int i = 0; i < candidates->num && *num <= MOST_TRIED; i++) {
        if (unit_set_has(set, candidates->unit[i])) continue;
        trial[*num] = base;
        trial[*num].unit[trial[*num].num++] = candidates->unit[i];
        ++*num;
    }
    return code;
}

static int lower_rate(const struct kick_case *c, const struct unit_set *candidates,
                      struct unit_set *set, double *rate_left, struct status *st)
{
    double left[MOST_TRIED + 1];
    struct unit_set trial[MOST_TRIED + 1];
    int code = STATUS_OK, num, best = 1;
    for (int r = 0; r < ROUNDS && best && *rate_left >= kick_enough && !code; r++) {
        code = list_trials(c, candidates, set, r, trial, &num, st);
        if (!code)
            code = kick_rate_measure(c, trial, num, STARTS, REFINE, 2 * r + 1, NULL, left, st);
        if (code) break;
        best = smallest(left, num); /* 0: nothing is better than what there is */
        *set = trial[best];
        *rate_left = left[best];
    }
    return code;
}

/* --- not what random sets do ----------------------------------------------------------------- */

/* The p-value that the set would have, 0 when no random set does as well; what it leaves. */
static int rank(const struct kick_case *c, const struct unit_set *set, double *p_value,
                double *rate_left, struct status *st)
{
    size_t most = (size_t)c->num_controls + 1;
    struct unit_set *trial = scratch(c->in, most, sizeof *trial);
    double *left = scratch(c->in, most, sizeof *left);
    int code = trial && left ? STATUS_OK : circuit_no_memory(st), num = 0, below = 0;
    if (!code) {
        trial[0] = *set;
        num = kick_draw_controls(c, set, MATCHED, kick_stream(c, WIDEN, 2 * set->num), trial + 1);
        code = kick_rate_measure(c, trial, num + 1, MATCHED_STARTS, WIDEN, 2 * set->num + 1, NULL,
                                 left, st);
    }
    if (!code) {
        for (int g = 1; g <= num; g++) below += left[g] <= left[0];
        *p_value = below ? (1.0 + below) / (1.0 + num) : 0;
        *rate_left = left[0];
    }
    return code;
}

/* What is left with each candidate alone. */
static int try_alone(const struct kick_case *c, const struct unit_set *candidates, double *left,
                     struct status *st)
{
    struct unit_set trial[MOST_CANDIDATES];
    for (int i = 0; i < candidates->num; i++)
        trial[i] = (struct unit_set){1, {candidates->unit[i]}};
    return kick_rate_measure(c, trial, candidates->num, MATCHED_STARTS, WIDEN, 0, NULL, left, st);
}

static int widen(const struct kick_case *c, const struct unit_set *candidates, struct unit_set *set,
                 struct status *st)
{
    double alone[MOST_CANDIDATES], left, least, p_value;
    struct unit_set wider = *set;
    int code = rank(c, set, &least, &left, st);
    if (code || least <= c->level) return code;
    code = try_alone(c, candidates, alone, st);
    while (!code && least > c->level && wider.num < c->most) {
        int next = -1;
        for (int i = 0; i < candidates->num; i++)
            if (!unit_set_has(&wider, candidates->unit[i]) && (next < 0 || alone[i] < alone[next]))
                next = i;
        if (next < 0) break;
        wider.unit[wider.num++] = candidates->unit[next];
        code = rank(c, &wider, &p_value, &left, st);
        if (code || p_value >= least || left >= kick_enough) continue;
        least = p_value;
        *set = wider;
    }
    return code;
}

int kick_refine(const struct kick_case *c, const struct unit_set *candidates, double rate_left,
                struct unit_set *set, struct status *st)
{
    int code = lower_rate(c, candidates, set, &rate_left, st);
    if (!code && rate_left < kick_enough) code = widen(c, candidates, set, st);
    return code;
}
