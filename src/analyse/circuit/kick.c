/* kick: see kick.h. Windows and dwells are the independent samples of the test of a unit, not their
 * states, which follow each other. Refuses the zones of SCIENCE 5.1 from fresh continuations: a
 * state of the driven run is a cluster state of its symbol when it lies in the middle of a dwell,
 * at least 5 steps after its beginning and more than 8 before its end (the RT of a cluster), with a
 * probability of the symbol above 0.8; where too few have that (noisy emissions), the dwell alone
 * decides. All states can then be looked at, at no cost. Source: SCIENCE 8.5 and 5.1.
 */
#include "kick.h"
#include "dynamics/silence.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { SETTLED = 5, LEAVING = 8, MOST_RANKED = 2000 };
static const double cluster_probability = 0.8, least_score = 0.2, least_evidence = 3;

/* End of the dwell that begins at state t. */
static size_t dwell_end(const struct driven *d, size_t t)
{
    size_t end = t + 1;
    while (end < d->n && d->symbol[end] == d->symbol[t]) end++;
    return end;
}

/* --- directions ------------------------------------------------------------------------------ */

static bool comes_before(struct kick_direction a, struct kick_direction b)
{
    if (a.num_events != b.num_events) return a.num_events > b.num_events;
    return a.from != b.from ? a.from < b.from : a.to < b.to;
}

/* Into its place among the first MAX_DIRECTIONS. */
static void insert(struct kick_direction *list, int *num, struct kick_direction one)
{
    int at = *num;
    while (at > 0 && comes_before(one, list[at - 1])) at--;
    if (at == MAX_DIRECTIONS) return;
    if (*num < MAX_DIRECTIONS) ++*num;
    memmove(list + at + 1, list + at, (size_t)(*num - 1 - at) * sizeof *list);
    list[at] = one;
}

int kick_directions(const struct analysis_input *in, const struct driven *d,
                    struct kick_direction direction[MAX_DIRECTIONS], int *num, struct status *st)
{
    int K = in->net->shape.symbols, *count = scratch(in, (size_t)(K * K), sizeof *count);
    if (!count) return circuit_no_memory(st);
    for (size_t t = dwell_end(d, 0), end; t < d->n; t = end) {
        end = dwell_end(d, t);
        if (end - t >= SWITCH_PERSISTS) count[d->symbol[t - 1] * K + d->symbol[t]]++;
    }
    const struct matrix *given = &in->s->analysis.kick_units;
    *num = given->rows;
    for (int d = 0; d < *num; d++) {
        int from = (int)given->value[d * given->cols], to = (int)given->value[d * given->cols + 1];
        direction[d] = (struct kick_direction){from, to, count[from * K + to]};
    }
    for (int from = 0; from < K && !given->rows; from++)
        for (int to = 0; to < K; to++)
            if (count[from * K + to] >= KICK_LEAST_EVENTS)
                insert(direction, num, (struct kick_direction){from, to, count[from * K + to]});
    return STATUS_OK;
}

/* --- cluster states -------------------------------------------------------------------------- */

static size_t list_cluster(const struct driven *d, int K, int symbol, double least, size_t *state)
{
    size_t num = 0;
    for (size_t from = 0, end; from < d->n; from = end) {
        end = dwell_end(d, from);
        if (d->symbol[from] != symbol) continue;
        for (size_t t = from + SETTLED; t + LEAVING + 1 < end; t++)
            if (least == 0 || network_certainty(d->z + t * (size_t)K, K) > least) state[num++] = t;
    }
    return num;
}

int kick_cluster_find(const struct analysis_input *in, const struct driven *d, int symbol,
                      struct kick_cluster *cluster, struct status *st)
{
    int K = in->net->shape.symbols;
    cluster->state = scratch(in, d->n, sizeof *cluster->state);
    if (!cluster->state) return circuit_no_memory(st);
    cluster->num = list_cluster(d, K, symbol, cluster_probability, cluster->state);
    if (cluster->num < KICK_LEAST_CLUSTER)
        cluster->num = list_cluster(d, K, symbol, 0, cluster->state);
    return STATUS_OK;
}

/* --- order ----------------------------------------------------------------------------------- */

struct keyed {
    double key;
    int unit;
};

static int compare_keyed(const void *a, const void *b)
{
    const struct keyed *p = a, *q = b;
    if (p->key != q->key) return p->key < q->key ? -1 : 1;
    return p->unit - q->unit;
}

int kick_order(const struct analysis_input *in, const double *key, int *unit, struct status *st)
{
    int H = in->net->shape.hidden;
    struct keyed *keyed = scratch(in, (size_t)H, sizeof *keyed);
    if (!keyed) return circuit_no_memory(st);
    for (int i = 0; i < H; i++) keyed[i] = (struct keyed){key[i], i};
    qsort(keyed, (size_t)H, sizeof *keyed, compare_keyed);
    for (int i = 0; i < H; i++) unit[i] = keyed[i].unit;
    return STATUS_OK;
}

/* --- scores ---------------------------------------------------------------------------------- */

/* Mean and variance of groups of states (windows, dwells), of each unit. */
struct unit_moments {
    size_t num_states, num_groups, *state; /* (num_states) */
    double *mean, *square;                 /* (H) over states */
    double *group_mean, *group_square;     /* (H) over the means of groups */
};

/* windows->state: room for them */
static void list_windows(const struct driven *d, struct kick_direction direction,
                         struct unit_moments *windows)
{
    for (size_t before = 0, t = dwell_end(d, 0), end; t < d->n; before = t, t = end) {
        end = dwell_end(d, t);
        if (d->symbol[t] != direction.to || d->symbol[t - 1] != direction.from ||
            end - t < SWITCH_PERSISTS)
            continue;
        size_t first = t - before < KICK_WINDOW ? before : t - KICK_WINDOW;
        for (size_t w = first; w < t; w++) windows->state[windows->num_states++] = w;
    }
}

/* Sums over states, and over groups of states that follow each other without a gap; work (H) */
static void summarise(const struct driven *d, size_t H, struct unit_moments *s, double *work)
{
    for (size_t i = 0, end; i < s->num_states; i = end) {
        memset(work, 0, H * sizeof *work);
        for (end = i; end < s->num_states && (end == i || s->state[end] == s->state[end - 1] + 1);
             end++) {
            const float *h = d->h + s->state[end] * H;
            for (size_t j = 0; j < H; j++) {
                double x = h[j];
                work[j] += x;
                s->square[j] += x * x;
            }
        }
        s->num_groups++;
        for (size_t j = 0; j < H; j++) {
            double mean = work[j] / (double)(end - i);
            s->mean[j] += work[j];
            s->group_mean[j] += mean;
            s->group_square[j] += mean * mean;
        }
    }
    double n = (double)s->num_states, groups = (double)s->num_groups;
    for (size_t j = 0; j < H; j++) {
        s->mean[j] /= n;
        s->square[j] = fmax(0, s->square[j] - n * s->mean[j] * s->mean[j]);
        s->group_mean[j] /= groups;
        s->group_square[j] =
            fmax(0, s->group_square[j] - groups * s->group_mean[j] * s->group_mean[j]);
    }
}

/* d' and the standard errors by which the means over groups differ */
static double discriminability(const struct unit_moments *a, const struct unit_moments *b, size_t j,
                               double *evidence)
{
    double n = (double)(a->num_states + b->num_states);
    double sd = sqrt((a->square[j] + b->square[j]) / (n - 2));
    double groups_a = (double)a->num_groups, groups_b = (double)b->num_groups;
    double error = sqrt(a->group_square[j] / (groups_a * fmax(1, groups_a - 1)) +
                        b->group_square[j] / (groups_b * fmax(1, groups_b - 1)));
    *evidence = error > 0 ? (a->group_mean[j] - b->group_mean[j]) / error : 0;
    return sd > 0 ? (a->mean[j] - b->mean[j]) / sd : 0;
}

struct ranked {
    float x;
    int from_a;
};

static int compare_ranked(const void *a, const void *b)
{
    const struct ranked *p = a, *q = b;
    return (p->x > q->x) - (p->x < q->x);
}

/* Mann-Whitney U / (na nb), ties count half; list has room for 2 * MOST_RANKED */
static double roc_area(const struct driven *d, size_t H, size_t j, const struct unit_moments *a,
                       const struct unit_moments *b, struct ranked *list)
{
    const struct unit_moments *of[2] = {b, a};
    size_t n = 0, count[2];
    for (int s = 0; s < 2; s++) {
        count[s] = of[s]->num_states < MOST_RANKED ? of[s]->num_states : MOST_RANKED;
        for (size_t i = 0; i < count[s]; i++) {
            size_t state = of[s]->state[i * of[s]->num_states / count[s]];
            list[n++] = (struct ranked){d->h[state * H + j], s};
        }
    }
    qsort(list, n, sizeof *list, compare_ranked);
    double wins = 0, below = 0;
    for (size_t i = 0, end; i < n; i = end) {
        double tied[2] = {0, 0};
        end = i;
        do tied[list[end].from_a]++;
        while (++end < n && list[end].x == list[i].x);
        wins += tied[1] * (below + tied[0] / 2);
        below += tied[0];
    }
    return wins / ((double)count[0] * (double)count[1]);
}

static void place_sums(struct unit_moments *s, double *sums, size_t H)
{
    s->mean = sums;
    s->square = s->mean + H;
    s->group_mean = s->square + H;
    s->group_square = s->group_mean + H;
}

int kick_score(const struct analysis_input *in, const struct driven *d,
               struct kick_direction direction, const struct kick_cluster *from,
               const struct kick_cluster *to, struct kick_scores *out, struct status *st)
{
    size_t H = (size_t)in->net->shape.hidden;
    struct unit_moments windows = {0}, before = {.num_states = from->num, .state = from->state},
                        after = {.num_states = to->num, .state = to->state};
    double *sums = scratch(in, 13 * H, sizeof *sums);
    struct ranked *list = scratch(in, 2 * MOST_RANKED, sizeof *list);
    windows.state = scratch(in, (size_t)direction.num_events * KICK_WINDOW, sizeof *windows.state);
    if (!sums || !list || !windows.state) return circuit_no_memory(st);
    list_windows(d, direction, &windows);
    struct unit_moments *all[3] = {&windows, &before, &after};
    for (size_t s = 0; s < 3; s++) {
        place_sums(all[s], sums + 4 * s * H, H);
        summarise(d, H, all[s], sums + 12 * H);
    }
    for (size_t j = 0; j < H; j++) {
        double evidence, unused;
        out->score[j] = discriminability(&windows, &before, j, &evidence);
        out->auc[j] = roc_area(d, H, j, &windows, &before, list);
        out->specific[j] = out->score[j];
        if (to->num >= KICK_LEAST_CLUSTER)
            out->specific[j] = fmin(out->score[j], discriminability(&windows, &after, j, &unused));
        out->eligible[j] = out->score[j] >= least_score && evidence >= least_evidence &&
                           out->specific[j] >= kick_least_specific;
    }
    return STATUS_OK;
}
