/* kick_set: see kick_set.h. Candidates are the units that rise before the switch (kick.h), so that
 * one which merely holds the new symbol is none. With all of them silenced they are taken out
 * again, the least needed first, and exchanged where that helps: units that stand in for each other
 * are not overlooked then, as they are when units are added one by one; adding is tried where this
 * gets stuck. Replayed switches tell what is needed, switch rates which of the sets found is
 * enough: the smallest that leaves less than 10 %. What is still not enough, or nothing special, is
 * improved by kick_refine. The units are put in the order in which a greedy choice adds them.
 * Refuses to judge the set: kick_test.c does, on numbers that the search has not seen. Source:
 * SCIENCE 8.5, with elimination in place of pure addition.
 */
#include "kick_set.h"

#include <math.h>
#include <string.h>

enum { CONFIRM_STARTS = 512, SHARE_OUT = 3, MOST_EXCHANGES = 4 };
static const double stuck = 0.25;     /* more left than this: try another way */
static const double hopeless = 0.5;   /* more left than this: not worth improving */
static const double worth = 0.004;    /* of the switches: a d' of 1 more specific */
static const double tolerated = 0.05; /* what several units taken out at once may add */

struct search {
    const struct kick_case *c;
    struct kick_replay replay;
    struct unit_set candidates, set;
    double left;  /* of the replayed switches, or of the rate */
    double least; /* that was left of the replayed switches by any set of at most 10 units */
};

/* The eligible units of the highest kick scores, ties by index. */
static void list_candidates(const struct kick_case *c, struct unit_set *set)
{
    int H = c->in->net->shape.hidden;
    set->num = 0;
    while (set->num < MOST_CANDIDATES) {
        int best = -1;
        for (int i = 0; i < H; i++)
            if (c->eligible[i] && !unit_set_has(set, i) &&
                (best < 0 || c->score[i] > c->score[best]))
                best = i;
        if (best < 0) return;
        set->unit[set->num++] = best;
    }
}

struct unit_set unit_set_without(const struct unit_set *set, int unit)
{
    struct unit_set fewer = {0, {0}};
    for (int i = 0; i < set->num; i++)
        if (set->unit[i] != unit) fewer.unit[fewer.num++] = set->unit[i];
    return fewer;
}

/* What speaks for keeping a unit: what is left without it, and by a little how specific it is. */
static double need(const struct search *w, const double *left, int i)
{
    return left[i] + worth * fmax(-3, fmin(w->c->specific[w->set.unit[i]], 3));
}

/* Position of the least needed unit, of those not yet taken when `taken` is given. */
static int least_needed(const struct search *w, const double *left, const bool *taken)
{
    int best = -1;
    for (int i = 0; i < w->set.num; i++)
        if (!(taken && taken[i]) && (best < 0 || need(w, left, i) < need(w, left, best))) best = i;
    return best;
}

/* What is left with each unit of the set taken out alone: left (set.num). */
static int try_without(const struct search *w, double *left, struct status *st)
{
    int num = w->set.num;
    struct unit_set trial[MOST_CANDIDATES];
    for (int i = 0; i < num; i++) trial[i] = unit_set_without(&w->set, w->set.unit[i]);
    return kick_replay_measure(&w->replay, w->c, trial, num, left, st);
}

/* Take out a third of the units, fewer when they turn out to be needed together. */
static int thin_once(struct search *w, struct status *st)
{
    int num = w->set.num, most = w->c->most, out = num / SHARE_OUT;
    double left[MOST_CANDIDATES];
    if (out > num - most) out = num - most;
    if (out < 1) out = 1;
    int code = try_without(w, left, st);
    for (; !code; out /= 2) {
        double now;
        bool taken[MOST_CANDIDATES] = {false};
        struct unit_set fewer = w->set;
        for (int i = 0; i < out; i++) {
            int at = least_needed(w, left, taken);
            taken[at] = true;
            fewer = unit_set_without(&fewer, w->set.unit[at]);
        }
        code = kick_replay_measure(&w->replay, w->c, &fewer, 1, &now, st);
        if (code || (out > 1 && now > w->left + tolerated)) continue;
        w->set = fewer;
        w->left = now;
        break;
    }
    return code;
}

/* What is left with each candidate added to `base`, except those of the set; the best into the set
 * when it leaves less. */
static int try_with(struct search *w, const struct unit_set *base, struct status *st)
{
    double left[MOST_CANDIDATES];
    int num = 0, best = 0, code = STATUS_OK;
    struct unit_set trial[MOST_CANDIDATES];
    for (int i = 0; i < w->candidates.num; i++) {
        if (unit_set_has(&w->set, w->candidates.unit[i])) continue;
        trial[num] = *base;
        trial[num].unit[trial[num].num++] = w->candidates.unit[i];
        num++;
    }
    if (num) code = kick_replay_measure(&w->replay, w->c, trial, num, left, st);
    for (int i = 1; i < num && !code; i++)
        if (left[i] < left[best]) best = i;
    if (num && !code && left[best] < w->left) {
        w->set = trial[best];
        w->left = left[best];
    }
    return code;
}

/* Exchange the least needed unit for the best other one as long as too much is left and that helps.
 */
static int exchange(struct search *w, struct status *st)
{
    int code = STATUS_OK;
    for (int round = 0; round < MOST_EXCHANGES && w->left >= kick_enough && !code; round++) {
        double left[MOST_CANDIDATES], before = w->left;
        code = try_without(w, left, st);
        if (code) break;
        int out = least_needed(w, left, NULL);
        struct unit_set fewer = unit_set_without(&w->set, w->set.unit[out]);
        code = try_with(w, &fewer, st);
        if (!(w->left < before)) break;
    }
    return code;
}

/* Ever smaller sets, as long as few of the replayed switches are left or fewer than before:
 * of_size[n] of n units, num = 0 where none was tried. */
static int shrink(struct search *w, struct unit_set of_size[MAX_KICK_SET + 1], struct status *st)
{
    int code = exchange(w, st);
    of_size[w->set.num] = w->set;
    w->least = fmin(w->least, w->left);
    while (!code && w->set.num > 1) {
        double left[MOST_CANDIDATES];
        code = try_without(w, left, st);
        if (code) break;
        int out = least_needed(w, left, NULL);
        if (w->left >= kick_enough && !(left[out] < w->left)) break;
        w->set = unit_set_without(&w->set, w->set.unit[out]);
        w->left = left[out];
        code = exchange(w, st);
        of_size[w->set.num] = w->set;
        w->least = fmin(w->least, w->left);
    }
    return code;
}

/* The smallest of these sets that leaves less than 10 % of the switch rate, or the one that leaves
 * the least. */
static int confirm(struct search *w, const struct unit_set *of_size, struct status *st)
{
    int code = STATUS_OK;
    w->left = INFINITY;
    for (int size = 1; size <= MAX_KICK_SET && !code && w->left >= kick_enough; size++) {
        double left;
        if (!of_size[size].num) continue;
        code = kick_rate_measure(w->c, &of_size[size], 1, CONFIRM_STARTS, CONFIRM, size, NULL,
                                 &left, st);
        if (code || !(left < w->left)) continue;
        w->set = of_size[size];
        w->left = left;
    }
    return code;
}

/* From no unit at all add the best candidate, while too much is left and that helps. */
static int add_greedily(struct search *w, struct status *st)
{
    int code = STATUS_OK, before = -1;
    w->set.num = 0;
    w->left = INFINITY;
    while (!code && w->set.num > before && w->set.num < w->c->most && w->left >= kick_enough) {
        struct unit_set base = w->set;
        before = base.num;
        code = try_with(w, &base, st);
    }
    return code;
}

/* All units of the set, in the order in which a greedy choice adds them: also one that does not
 * help before another one follows. */
static int put_in_order(struct search *w, struct status *st)
{
    int code = STATUS_OK, num = w->set.num;
    w->candidates = w->set;
    w->set.num = 0;
    while (!code && w->set.num < num) {
        struct unit_set base = w->set;
        w->left = INFINITY;
        code = try_with(w, &base, st);
    }
    return code;
}

/* The candidates taken out again; where that gets stuck, added. of_size as in shrink. */
static int search_replays(struct search *w, struct unit_set of_size[MAX_KICK_SET + 1],
                          struct status *st)
{
    struct unit_set added[MAX_KICK_SET + 1] = {{0, {0}}};
    w->set = w->candidates;
    int code = kick_replay_measure(&w->replay, w->c, &w->set, 1, &w->left, st);
    while (!code && w->set.num > w->c->most) code = thin_once(w, st);
    if (!code) code = shrink(w, of_size, st);
    double left = w->least;
    if (code || left < stuck) return code;
    code = add_greedily(w, st);
    w->least = w->left;
    if (!code) code = shrink(w, added, st);
    if (!code && w->least < left) memcpy(of_size, added, sizeof added);
    return code;
}

int kick_set_another(const struct kick_case *c, const struct kick_replay *replay,
                     const uint8_t *taken, struct unit_set *set, struct status *st)
{
    struct search w = {.c = c, .replay = *replay};
    list_candidates(c, &w.candidates);
    for (int i = w.candidates.num - 1; i >= 0; i--)
        if (taken[w.candidates.unit[i]])
            w.candidates = unit_set_without(&w.candidates, w.candidates.unit[i]);
    set->num = 0;
    if (w.candidates.num < c->most || !replay->n) return STATUS_OK;
    w.set = w.candidates;
    int code = kick_replay_measure(&w.replay, c, &w.set, 1, &w.left, st);
    while (!code && w.set.num > c->most) code = thin_once(&w, st);
    if (!code) code = exchange(&w, st);
    if (!code) *set = w.set;
    return code;
}

int kick_set_search(const struct kick_case *c, struct unit_set *set, struct status *st)
{
    struct search w = {.c = c, .least = INFINITY};
    struct unit_set of_size[MAX_KICK_SET + 1] = {{0, {0}}};
    int code = kick_replay_init(&w.replay, c, st);
    set->num = 0;
    list_candidates(c, &w.candidates);
    if (code || !w.candidates.num || !c->most || w.replay.n < KICK_LEAST_EVENTS) return code;
    code = search_replays(&w, of_size, st);
    if (!code) code = confirm(&w, of_size, st);
    if (!code && w.left < hopeless) code = kick_refine(c, &w.candidates, w.left, &w.set, st);
    if (!code) code = put_in_order(&w, st);
    if (!code) *set = w.set;
    return code;
}
