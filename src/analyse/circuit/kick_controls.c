/* kick_controls: random sets that a kick set is compared with, see kick_set.h. Matched sets ask
 * whether any units of such activity would do; sets of candidates, whether the units chosen differ
 * from the others that rise before the switch. Each set counts once: where there are few different
 * ones, as for a single unit, no rank is small. Refuses to compare: kick_test.c does. Source:
 * SCIENCE 8.5 (controls).
 */
#include "kick_set.h"

#include <math.h>
#include <string.h>

enum {
    STARTS = 32,
    ROUNDS = 8, /* of so many starts, until the intact network has switched so often: */
    EVENTS = 25,
    NEAREST = 20, /* units of nearest mean activity from which a matched set is drawn */
    TRIES = 10    /* draws for every different set */
};

/* --- drawing them ---------------------------------------------------------------------------- */

/* Outwards from place `at` in the order of mean activity over units in neither set, until the
 * `most`-th of them: into *unit. Returns how many there were. */
static int walk(const struct kick_case *c, const struct unit_set *set,
                const struct unit_set *control, int at, int most, int *unit)
{
    int H = c->in->net->shape.hidden, num = 0;
    for (int away = 1; away < H && num < most; away++)
        for (int side = -1; side <= 1 && num < most; side += 2) {
            int p = at + side * away;
            if (p < 0 || p >= H || unit_set_has(set, c->order[p]) ||
                unit_set_has(control, c->order[p]))
                continue;
            *unit = c->order[p];
            num++;
        }
    return num;
}

static struct unit_set draw_matched(const struct kick_case *c, const struct unit_set *set,
                                    struct rng rng)
{
    struct unit_set control = {0, {0}};
    int pool = set->num == 1 ? c->in->net->shape.hidden : NEAREST; /* 20 single units are too few */
    for (int i = 0; i < set->num; i++) {
        int at = c->place[set->unit[i]], unit = -1;
        int near = walk(c, set, &control, at, pool, &unit);
        walk(c, set, &control, at, 1 + (int)(rng_uniform(rng, (uint64_t)i) * near), &unit);
        control.unit[control.num++] = unit;
    }
    return control;
}

/* Units outside the set that might do its work: the other candidates, or, where these make too few
 * different sets, all that rise before the switch, however little. */
enum pool { OTHERS, RISING };

static bool is_in_pool(const struct kick_case *c, const struct unit_set *set, enum pool pool, int i)
{
    bool rises =
        pool == OTHERS ? c->eligible[i] : c->score[i] > 0 && c->specific[i] >= kick_least_specific;
    return rises && !unit_set_has(set, i);
}

/* Are there so many different sets of `num` of `size` units? */
static bool has_sets(int size, int num, int wanted)
{
    int least = num < size - num ? num : size - num; /* out or in */
    double sets = num <= size;
    for (int i = 0; i < least && sets < wanted; i++) sets = sets * (size - i) / (i + 1);
    return sets >= wanted;
}

static int pool_size(const struct kick_case *c, const struct unit_set *set, enum pool pool)
{
    int num = 0;
    for (int i = 0; i < c->in->net->shape.hidden; i++) num += is_in_pool(c, set, pool, i);
    return num;
}

/* Of the pool each with the share that is still wanted of those that are left. */
static struct unit_set draw_candidates(const struct kick_case *c, const struct unit_set *set,
                                       struct rng rng)
{
    struct unit_set control = {0, {0}};
    bool enough = has_sets(pool_size(c, set, OTHERS), set->num, c->num_controls);
    enum pool pool = enough ? OTHERS : RISING;
    int left = pool_size(c, set, pool);
    if (left < set->num) return draw_matched(c, set, rng); /* nearly no other unit rises */
    for (int i = 0; control.num < set->num; i++) {
        if (!is_in_pool(c, set, pool, i)) continue;
        if (rng_uniform(rng, (uint64_t)i) * left < set->num - control.num)
            control.unit[control.num++] = i;
        left--;
    }
    return control;
}

static bool same_units(const struct unit_set *a, const struct unit_set *b)
{
    for (int i = 0; i < a->num; i++)
        if (!unit_set_has(b, a->unit[i])) return false;
    return true;
}

int kick_draw_controls(const struct kick_case *c, const struct unit_set *set,
                       enum control_kind kind, struct rng rng, struct unit_set *control)
{
    int num = 0;
    for (int try = 0; num < c->num_controls && try < TRIES * c->num_controls; try++) {
        struct rng draw = rng_child(rng, (uint64_t)try);
        control[num] = kind == MATCHED ? draw_matched(c, set, draw) : draw_candidates(c, set, draw);
        bool is_new = !same_units(&control[num], set);
        for (int i = 0; i < num && is_new; i++) is_new = !same_units(&control[i], &control[num]);
        num += is_new;
    }
    return num;
}

/* --- measuring them -------------------------------------------------------------------------- */

/* Those that leave least to the front. */
static void put_closest_first(struct kick_controls *k)
{
    for (int i = 0; i < k->num_closest; i++) {
        int best = i;
        for (int g = i + 1; g < k->num; g++)
            if (k->left[g] < k->left[best]) best = g;
        struct unit_set set = k->set[i];
        double left = k->left[i];
        k->set[i] = k->set[best], k->left[i] = k->left[best];
        k->set[best] = set, k->left[best] = left;
    }
}

int kick_controls_init(struct kick_controls *k, const struct kick_case *c,
                       const struct unit_set *set, enum control_kind kind, struct status *st)
{
    struct switch_total *total = scratch(c->in, (size_t)c->num_controls + 1, sizeof *total);
    *k = (struct kick_controls){.set = scratch(c->in, (size_t)c->num_controls, sizeof *k->set),
                                .left = scratch(c->in, (size_t)c->num_controls, sizeof *k->left)};
    int code = total && k->set && k->left ? STATUS_OK : circuit_no_memory(st);
    if (!code) k->num = kick_draw_controls(c, set, kind, kick_stream(c, DRAW, (int)kind), k->set);
    k->num_closest = (int)(KICK_ALPHA * k->num) + 5; /* if all of these are below, p > .05 */
    if (k->num_closest > k->num) k->num_closest = k->num;
    for (int r = 0; r < ROUNDS && k->num && !code && (r == 0 || total[0].events < EVENTS); r++)
        code = kick_rate_measure(c, k->set, k->num, STARTS, CONTROL, (int)kind * ROUNDS + r, total,
                                 k->left, st);
    if (!code) put_closest_first(k);
    return code;
}
