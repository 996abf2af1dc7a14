/* kick_test: the test of a kick set, see kick_set.h. Its random numbers have not been seen by the
 * search. The set stands by rank among random sets matched in mean activity, each counted once:
 * where there are few different ones, as for a single unit, no rank is small. Since units differ in
 * any network, a rank alone is not enough: less than half of the rate must be left, and less than
 * half of what the matched sets leave. Refuses to choose units. Source: SCIENCE 8.5 (controls).
 */
#include "kick_set.h"

#include <math.h>
#include <string.h>

enum {
    CURVE_STARTS = 512,
    CONTROL_STARTS = 64,
    CONTROL_ROUNDS = 4, /* of so many starts, until the intact network has switched so often: */
    CONTROL_EVENTS = 50,
    NEAREST = 20, /* units of nearest mean activity from which a control is drawn */
    TRIES = 10    /* draws for every different set */
};
static const double found_below = 0.5;

/* --- matched sets ----------------------------------------------------------------------------- */

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

static struct unit_set draw_control(const struct kick_case *c, const struct unit_set *set,
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

static bool same_units(const struct unit_set *a, const struct unit_set *b)
{
    for (int i = 0; i < a->num; i++)
        if (!unit_set_has(b, a->unit[i])) return false;
    return true;
}

int kick_draw_controls(const struct kick_case *c, const struct unit_set *set, struct rng rng,
                       struct unit_set *control)
{
    int num = 0;
    for (int try = 0; num < c->num_controls && try < TRIES * c->num_controls; try++) {
        bool is_new = true;
        control[num] = draw_control(c, set, rng_child(rng, (uint64_t)try));
        for (int i = 0; i < num && is_new; i++) is_new = !same_units(&control[i], &control[num]);
        num += is_new;
    }
    return num;
}

/* Matched sets: what they leave, on few trajectories, and which of them are measured on many. */
struct controls {
    int num, num_closest;
    struct unit_set *set; /* (num) the closest ones first */
    double *left;         /* (num) */
};

static int controls_init(struct controls *k, const struct kick_case *c,
                         const struct unit_set *tested, struct status *st)
{
    struct switch_total *total = scratch(c->in, (size_t)c->num_controls + 1, sizeof *total);
    k->set = scratch(c->in, (size_t)c->num_controls, sizeof *k->set);
    k->left = scratch(c->in, (size_t)c->num_controls, sizeof *k->left);
    int code = total && k->set && k->left ? STATUS_OK : circuit_no_memory(st);
    if (!code) k->num = kick_draw_controls(c, tested, kick_stream(c, DRAW, 0), k->set);
    k->num_closest = (int)(KICK_ALPHA * k->num) + 5; /* if all of these are below, p > .05 */
    if (k->num_closest > k->num) k->num_closest = k->num;
    for (int r = 0; r < CONTROL_ROUNDS && !code && (r == 0 || total[0].events < CONTROL_EVENTS);
         r++)
        code = kick_rate_measure(c, k->set, k->num, CONTROL_STARTS, CONTROL, r, total, k->left, st);
    for (int i = 0; i < k->num_closest && !code; i++) {
        int best = i;
        for (int g = i + 1; g < k->num; g++)
            if (k->left[g] < k->left[best]) best = g;
        struct unit_set swapped = k->set[i];
        double left = k->left[i];
        k->set[i] = k->set[best], k->left[i] = k->left[best];
        k->set[best] = swapped, k->left[best] = left;
    }
    return code;
}

/* --- the test --------------------------------------------------------------------------------- */

static void summarise_controls(const struct controls *k, struct kick_set *out)
{
    double sum = 0, squares = 0;
    for (int g = 0; g < k->num; g++) {
        sum += k->left[g];
        squares += k->left[g] * k->left[g];
    }
    out->control_left = sum / k->num;
    out->control_sd = sqrt(fmax(0, squares - sum * sum / k->num) / fmax(1, k->num - 1));
}

/* From the counts of intact, of the first 1, 2, ... `size` units and of the closest controls: the
 * curve, its errors, suppression and p-value. */
static void judge_counts(const struct controls *k, const struct switch_count *count, int size,
                         struct kick_set *out)
{
    int n = CURVE_STARTS, below = 0;
    struct switch_total intact = silence_total(count, n), total = intact;
    for (int i = 0; i <= size; i++) {
        total = silence_total(count + i * n, n);
        silence_ratio(count + i * n, count, n, &out->rate_left_error[i]);
        out->rate_left[i] = kick_rate_left(total, intact);
    }
    for (int g = 0; g < k->num; g++) {
        bool again = g < k->num_closest;
        double left = again ? kick_rate_left(silence_total(count + (size + 1 + g) * n, n), intact)
                            : k->left[g];
        below += left <= out->rate_left[size];
    }
    total.events += .5; /* so that it stays finite where no switch is left */
    out->suppression = fmin(1, out->control_left) / kick_rate_left(total, intact);
    out->p_value = (1.0 + below) / (1.0 + k->num);
}

int kick_set_test(const struct kick_case *c, const struct unit_set *tested, struct kick_set *out,
                  struct status *st)
{
    struct controls k = {0};
    int size = tested->num;
    if (!size) return STATUS_OK;
    int code = controls_init(&k, c, tested, st), groups = size + k.num_closest;
    if (code) return code;
    struct unit_set *set = scratch(c->in, (size_t)groups, sizeof *set);
    struct switch_count *count = scratch(c->in, (size_t)(groups + 1) * CURVE_STARTS, sizeof *count);
    if (!set || !count) return circuit_no_memory(st);
    for (int i = 0; i < groups; i++) set[i] = i < size ? *tested : k.set[i - size];
    for (int i = 0; i < size; i++) set[i].num = i + 1;
    code = kick_rate_count(c, set, groups, CURVE_STARTS, CURVE, 0, count, st);
    if (code) return code;
    summarise_controls(&k, out);
    judge_counts(&k, count, size, out);
    out->num_units = size;
    memcpy(out->unit, tested->unit, (size_t)size * sizeof *tested->unit);
    return STATUS_OK;
}

/* Position of the smallest p-value that is not done; -1: none. */
static int smallest(const struct kick_set *set, int num, const bool *done)
{
    int best = -1;
    for (int i = 0; i < num; i++)
        if (!done[i] && set[i].num_units && (best < 0 || set[i].p_value < set[best].p_value))
            best = i;
    return best;
}

void kick_sets_judge(struct kick_set *set, int num, int num_hypotheses)
{
    bool done[MAX_DIRECTIONS] = {false}, significant = true;
    for (int left = num_hypotheses, i; (i = smallest(set, num, done)) >= 0; left--) {
        double rate_left = set[i].rate_left[set[i].num_units];
        significant = significant && set[i].p_value <= KICK_ALPHA / left;
        done[i] = true;
        if (!significant || !(rate_left < found_below) ||
            !(rate_left < found_below * set[i].control_left))
            set[i].num_units = 0;
    }
}
