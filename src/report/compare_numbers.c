/* compare_numbers: the numbers of the runs of a cell, in an order that the file has no part in; see
 * compare.h. Refuses to compare them. */
#include "compare_private.h"

#include "base/statistics.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

static int by_seed(const void *a, const void *b)
{
    const struct entry *x = a, *y = b;
    int order = (x->seed > y->seed) - (x->seed < y->seed);
    return order ? order : (x->value > y->value) - (x->value < y->value);
}

int side_gather(struct compare *c, int cell, int level, struct side *side, struct status *st)
{
    *side = (struct side){calloc((size_t)c->num_rows + 1, sizeof *side->entry), 0};
    if (!side->entry) return status_no_memory(st, "runs");
    for (int i = 0; i < c->num_rows; i++) {
        int run = c->row[i], status = store_run_status(c->store, run);
        if (c->cell[i] != cell || c->level[i] != level || status == RUN_PENDING ||
            status == RUN_RUNNING)
            continue;
        const struct decoded_run *d = store_settings(c->store, run, st);
        if (!d) return st->code ? st->code : STATUS_IO;
        bool done = status == RUN_DONE;
        side->entry[side->num++] =
            (struct entry){d->seed, done && c->landed[run] != 0, /* NaN: not trained */
                           done ? c->value[i] : NAN, done && c->floor ? c->floor[i] : 0};
    }
    qsort(side->entry, (size_t)side->num, sizeof *side->entry, by_seed);
    return STATUS_OK;
}

struct landing side_landing(const struct side *side)
{
    struct landing l = {.ended = side->num};
    for (int i = 0; i < side->num; i++) l.landed += side->entry[i].landed;
    l.share = wilson_interval(l.landed, l.ended);
    return l;
}

static bool counts(const struct compare *c, const struct entry *e)
{
    return (c->request.all || e->landed) && isfinite(e->value) && isfinite(e->floor);
}

void numbers_free(struct numbers *v)
{
    for (int s = 0; s < 2; s++) {
        free(v->x[s]);
        free(v->landed[s]);
        free(v->far[s]);
        free(v->above[s]);
    }
    free(v->floor);
}

static void add_value(const struct compare *c, struct numbers *v, int s, const struct entry *e)
{
    int at = v->n[s]++;
    v->x[s][at] = e->value;
    if (s == 0) v->floor[at] = e->floor;
    v->above[s][at] = e->value - e->floor;
    v->far[s][at] = c->has_floor ? fabs(e->value - e->floor) : -e->value; /* less is better */
}

/* Pairs: seeds that both sides have, once each. */
static int pair_up(struct compare *c, const struct side side[2], struct numbers *v,
                   struct status *st)
{
    const struct entry *a = side[0].entry, *b = side[1].entry;
    int i = 0, j = 0, used = 0, all = 0;
    for (int s = 0; s < 2; s++)
        for (int k = 0; k < side[s].num; k++) {
            all += counts(c, &side[s].entry[k]);
            if (k > 0 && side[s].entry[k].seed == side[s].entry[k - 1].seed)
                return status_set(
                    st, STATUS_USAGE,
                    "--paired: several runs of a cell have seed %lld; name what tells "
                    "them apart with --by",
                    (long long)side[s].entry[k].seed);
        }
    while (i < side[0].num && j < side[1].num) {
        if (a[i].seed == b[j].seed && counts(c, &a[i]) && counts(c, &b[j])) {
            add_value(c, v, 0, &a[i]);
            add_value(c, v, 1, &b[j]);
            used += 2;
        }
        if (a[i].seed == b[j].seed)
            i++, j++;
        else if (a[i].seed < b[j].seed)
            i++;
        else
            j++;
    }
    c->unpaired += all - used;
    return STATUS_OK;
}

int numbers_of(struct compare *c, const struct side side[2], struct numbers *v, struct status *st)
{
    *v = (struct numbers){.floor = calloc((size_t)side[0].num + 1, sizeof *v->floor)};
    if (!v->floor) return status_no_memory(st, "a comparison");
    for (int s = 0; s < 2; s++) {
        size_t room = ((size_t)side[s].num + 1) * sizeof(double);
        v->x[s] = malloc(room), v->landed[s] = malloc(room);
        v->far[s] = malloc(room), v->above[s] = malloc(room);
        if (!v->x[s] || !v->landed[s] || !v->far[s] || !v->above[s])
            return status_no_memory(st, "a comparison");
        for (int i = 0; i < side[s].num; i++) {
            v->landed[s][v->ended[s]++] = side[s].entry[i].landed;
            if (!c->request.paired && counts(c, &side[s].entry[i]))
                add_value(c, v, s, &side[s].entry[i]);
        }
        sort_numbers(v->landed[s], (size_t)v->ended[s]);
    }
    if (c->request.paired) return pair_up(c, side, v, st);
    for (int s = 0; s < 2; s++) sort_numbers(v->x[s], (size_t)v->n[s]);
    return STATUS_OK;
}
