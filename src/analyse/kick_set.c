/* kick_set: see kick_set.h. Candidates are the units that rise before the switch (kick.h), so that
 * a unit which merely holds the new symbol is none. With all of them silenced at once, they are
 * taken out again, the least needed first, so that units which stand in for each other are not
 * overlooked as they are when units are added one by one; replayed switches tell what is needed
 * until 10 are left, then the switch rate does, as long as less than 10 % of it is left. In the end
 * the units are put in the order in which a greedy choice adds them. Refuses to judge the set:
 * kick_test.c does, on numbers that the search has not seen. Source: SCIENCE 8.5, with elimination
 * in place of pure addition.
 */
#include "kick_set.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { CONFIRM_STARTS = 512, SHARE_OUT = 4, MOST_EXCHANGES = 8 };
static const double enough = 0.1;     /* of the intact rate */
static const double hopeless = 0.5;   /* left with all candidates silenced: there is no kick set */
static const double tolerated = 0.05; /* what several units taken out at once may add */

struct search {
    const struct kick_case *c;
    struct kick_replay replay;
    struct unit_set set;
    double left; /* of the replayed switches, then of the rate */
};

static int out_of_memory(struct status *st)
{
    return status_set(st, STATUS_RUN_FAILED, "out of memory for a kick set");
}

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

static struct unit_set without(struct unit_set set, int unit)
{
    int num = 0;
    for (int i = 0; i < set.num; i++)
        if (set.unit[i] != unit) set.unit[num++] = set.unit[i];
    set.num = num;
    return set;
}

/* Unit of the set without which the least is left, ties: of the lowest kick score. */
static int least_needed(const struct search *w, const struct unit_set *set, const double *left)
{
    int best = -1;
    for (int i = 0; i < w->set.num; i++) {
        if (!unit_set_has(set, w->set.unit[i])) continue;
        double more = best < 0 ? -1 : left[i] - left[best];
        if (more < 0 || (more == 0 && w->c->score[w->set.unit[i]] < w->c->score[w->set.unit[best]]))
            best = i;
    }
    return w->set.unit[best];
}

/* --- on replayed switches
 * ------------------------------------------------------------------------- */

/* Take out a fifth of the units, fewer when they turn out to be needed together. */
static int thin_once(struct search *w, struct unit_set *trial, double *left, struct status *st)
{
    int num = w->set.num, out = num / SHARE_OUT;
    if (out > num - MAX_KICK_SET) out = num - MAX_KICK_SET;
    if (out < 1) out = 1;
    for (int i = 0; i < num; i++) trial[i] = without(w->set, w->set.unit[i]);
    int code = kick_replay_measure(&w->replay, w->c, trial, num, left, st);
    for (; !code; out /= 2) {
        double now;
        struct unit_set fewer = w->set;
        for (int i = 0; i < out; i++) fewer = without(fewer, least_needed(w, &fewer, left));
        code = kick_replay_measure(&w->replay, w->c, &fewer, 1, &now, st);
        if (code || (out > 1 && now > w->left + tolerated)) continue;
        w->set = fewer;
        w->left = now;
        break;
    }
    return code;
}

static int thin(struct search *w, struct status *st)
{
    struct unit_set *trial = malloc(MOST_CANDIDATES * sizeof *trial);
    double left[MOST_CANDIDATES];
    int code = trial ? STATUS_OK : out_of_memory(st);
    while (!code && w->set.num > MAX_KICK_SET) code = thin_once(w, trial, left, st);
    free(trial);
    return code;
}

/* Exchange the least needed unit for the candidate that leaves the least, as long as that helps and
 * too much is left. */
static int exchange(struct search *w, const struct unit_set *candidates, struct status *st)
{
    struct unit_set *trial = malloc(MOST_CANDIDATES * sizeof *trial);
    double left[MOST_CANDIDATES];
    int code = trial ? STATUS_OK : out_of_memory(st);
    for (int round = 0; round < MOST_EXCHANGES && w->left >= enough && !code; round++) {
        int num = 0, best = 0;
        for (int i = 0; i < w->set.num; i++) trial[i] = without(w->set, w->set.unit[i]);
        code = kick_replay_measure(&w->replay, w->c, trial, w->set.num, left, st);
        if (code) break;
        struct unit_set fewer = without(w->set, least_needed(w, &w->set, left));
        for (int i = 0; i < candidates->num; i++) {
            if (unit_set_has(&w->set, candidates->unit[i])) continue;
            trial[num] = fewer;
            trial[num].unit[trial[num].num++] = candidates->unit[i];
            num++;
        }
        code = kick_replay_measure(&w->replay, w->c, trial, num, left, st);
        for (int i = 1; i < num && !code; i++)
            if (left[i] < left[best]) best = i;
        if (code || !num || !(left[best] < w->left)) break;
        w->set = trial[best];
        w->left = left[best];
    }
    free(trial);
    return code;
}

/* The order in which a greedy choice adds the units. */
static int put_in_order(struct search *w, struct status *st)
{
    struct unit_set added = {0, {0}}, trial[MAX_KICK_SET];
    int code = STATUS_OK;
    while (added.num < w->set.num && !code) {
        double left[MAX_KICK_SET];
        int num = 0, best = 0;
        for (int i = 0; i < w->set.num; i++) {
            if (unit_set_has(&added, w->set.unit[i])) continue;
            trial[num] = added;
            trial[num].unit[trial[num].num++] = w->set.unit[i];
            num++;
        }
        code = kick_replay_measure(&w->replay, w->c, trial, num, left, st);
        for (int i = 1; i < num && !code; i++)
            if (left[i] < left[best]) best = i;
        added = trial[best];
    }
    if (!code) w->set = added;
    return code;
}

/* Ever smaller sets while few of the replayed switches are left: set_of_size[n] of n units, num = 0
 * where none was tried. */
static int shrink(struct search *w, const struct unit_set *candidates,
                  struct unit_set set_of_size[MAX_KICK_SET + 1], struct status *st)
{
    int code = STATUS_OK;
    while (!code) {
        struct unit_set trial[MAX_KICK_SET];
        double left[MAX_KICK_SET];
        code = exchange(w, candidates, st);
        set_of_size[w->set.num] = w->set;
        if (code || w->set.num == 1 || w->left >= enough) break;
        for (int i = 0; i < w->set.num; i++) trial[i] = without(w->set, w->set.unit[i]);
        code = kick_replay_measure(&w->replay, w->c, trial, w->set.num, left, st);
        if (code) break;
        struct unit_set fewer = without(w->set, least_needed(w, &w->set, left));
        code = kick_replay_measure(&w->replay, w->c, &fewer, 1, &w->left, st);
        w->set = fewer;
    }
    return code;
}

/* The smallest of these sets that leaves less than 10 % of the switch rate, or else the largest. */
static int confirm(struct search *w, const struct unit_set *set_of_size, struct status *st)
{
    int code = STATUS_OK;
    for (int size = 1; size <= MAX_KICK_SET && !code; size++) {
        struct switch_total total[2] = {{0, 0}};
        if (!set_of_size[size].num) continue;
        w->set = set_of_size[size];
        code =
            kick_rate_measure(w->c, &w->set, 1, CONFIRM_STARTS, CONFIRM, size, total, &w->left, st);
        if (w->left < enough) break;
    }
    return code;
}

int kick_set_search(const struct kick_case *c, struct unit_set *set, struct status *st)
{
    struct search w = {.c = c};
    int code = kick_replay_init(&w.replay, c, st);
    set->num = 0;
    list_candidates(c, &w.set);
    if (code || !w.set.num || w.replay.n < KICK_LEAST_EVENTS) goto cleanup;
    code = kick_replay_measure(&w.replay, c, &w.set, 1, &w.left, st);
    if (code || !(w.left < hopeless)) goto cleanup;
    struct unit_set candidates = w.set, set_of_size[MAX_KICK_SET + 1] = {{0, {0}}};
    code = thin(&w, st);
    if (!code) code = shrink(&w, &candidates, set_of_size, st);
    if (!code) code = confirm(&w, set_of_size, st);
    if (!code) code = put_in_order(&w, st);
    *set = w.set;
cleanup:
    kick_replay_free(&w.replay);
    return code;
}
