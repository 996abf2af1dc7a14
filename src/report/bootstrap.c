/* bootstrap: see bootstrap.h. Refuses groups of one value: they have no spread to draw from. */
#include "bootstrap.h"

#include "base/statistics.h"
#include "drawer.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

enum { RESAMPLES = 10000 };

/* The middle 95 %; x (n) comes back sorted. */
static struct interval percentiles(double *x, int n)
{
    sort_numbers(x, (size_t)n);
    return (struct interval){x[n / 40], x[n - 1 - n / 40]};
}

/* --- the effect ------------------------------------------------------------------------------- */

static double resampled_mean(const double *x, int n, double mean, struct drawer *d)
{
    double sum = 0;
    for (int i = 0; i < n; i++) sum += x[draw_below(d, n)];
    return mean + (sum / n - mean) * sqrt(n / (n - 1.0));
}

static double resampled_effect(const struct block *b, const double *difference, double x, double y,
                               struct drawer *d)
{
    if (b->paired) return resampled_mean(difference, b->n, x - y, d);
    double of_x = resampled_mean(b->x, b->n, x, d);
    return of_x - resampled_mean(b->y, b->m, y, d);
}

int bootstrap_interval(const struct block *block, int num, struct rng rng, struct interval *out,
                       struct status *st)
{
    *out = (struct interval){NAN, NAN};
    for (int b = 0; b < num; b++)
        if (block[b].n < 2 || block[b].m < 2) return STATUS_OK;
    if (num == 0) return STATUS_OK;
    int resamples = draws_of(block, num, RESAMPLES);
    double *sum = calloc((size_t)resamples, sizeof *sum);
    int code = sum ? STATUS_OK : status_no_memory(st, "resamples");
    for (int b = 0; b < num && !code; b++) {
        const struct block *at = &block[b];
        struct drawer d = {.rng = rng_child(rng, (uint64_t)b)};
        double x = mean_of(at->x, (size_t)at->n), y = mean_of(at->y, (size_t)at->m);
        double *difference = malloc((size_t)at->n * sizeof *difference);
        if (!difference) code = status_no_memory(st, "resamples");
        for (int i = 0; at->paired && i < at->n && !code; i++) difference[i] = at->x[i] - at->y[i];
        for (int k = 0; k < resamples && !code; k++)
            sum[k] += resampled_effect(at, difference, x, y, &d);
        free(difference);
    }
    if (!code) {
        *out = percentiles(sum, resamples);
        out->low /= num, out->high /= num;
    }
    free(sum);
    return code;
}

/* --- the interquartile mean ------------------------------------------------------------------- */

/* Values of all groups, ascending, each as far from the mean of its group as the correction wants,
 * and where each group's are among them. */
struct pool {
    double *value; /* (n) */
    int *place;    /* (n) of the values of the first group, of the next, ... */
    int *count;    /* (n) how often each is drawn */
    int n;
};

struct placed {
    double value;
    int at;
};

static int by_value(const void *a, const void *b)
{
    const struct placed *x = a, *y = b;
    return x->value != y->value ? (x->value > y->value) - (x->value < y->value) : x->at - y->at;
}

static int pool_make(struct pool *pool, const struct block *block, int num, struct status *st)
{
    *pool = (struct pool){.n = 0};
    for (int b = 0; b < num; b++) pool->n += block[b].n;
    size_t room = (size_t)pool->n + 1;
    struct placed *placed = calloc(room, sizeof *placed);
    pool->value = calloc(room, sizeof *pool->value);
    pool->place = calloc(2 * room, sizeof *pool->place);
    int code = placed && pool->value && pool->place ? STATUS_OK : status_no_memory(st, "resamples");
    pool->count = pool->place ? pool->place + room : NULL;
    for (int b = 0, at = 0; b < num && !code; b++) {
        double mean = mean_of(block[b].x, (size_t)block[b].n);
        double wider = sqrt(block[b].n / (block[b].n - 1.0));
        for (int i = 0; i < block[b].n; i++, at++)
            placed[at] = (struct placed){mean + (block[b].x[i] - mean) * wider, at};
    }
    if (!code) qsort(placed, (size_t)pool->n, sizeof *placed, by_value);
    for (int i = 0; i < pool->n && !code; i++) {
        pool->value[i] = placed[i].value;
        pool->place[placed[i].at] = i;
    }
    free(placed);
    return code;
}

/* As interquartile_mean has it, of the values that were drawn. */
static double drawn_middle(const struct pool *pool)
{
    int cut = pool->n / 4, left = pool->n - 2 * cut, i = 0, passed = 0;
    double sum = 0;
    for (; passed + pool->count[i] <= cut; i++) passed += pool->count[i];
    for (int taken = 0, skip = cut - passed; taken < left; i++, skip = 0) {
        int some = pool->count[i] - skip;
        if (some > left - taken) some = left - taken;
        sum += some * pool->value[i];
        taken += some;
    }
    return sum / left;
}

static double resampled_middle(struct pool *pool, const struct block *block, int num,
                               struct drawer *d)
{
    memset(pool->count, 0, (size_t)pool->n * sizeof *pool->count);
    for (int b = 0, first = 0; b < num; first += block[b++].n)
        for (int i = 0; i < block[b].n; i++)
            pool->count[pool->place[first + draw_below(d, block[b].n)]]++;
    return drawn_middle(pool);
}

static double middle_of(const struct block *block, int num, int n, struct status *st)
{
    double *all = malloc(((size_t)n + 1) * sizeof *all);
    if (!all) {
        status_no_memory(st, "an interquartile mean");
        return NAN;
    }
    for (int b = 0, at = 0; b < num; at += block[b++].n)
        memcpy(all + at, block[b].x, (size_t)block[b].n * sizeof *all);
    double middle = interquartile_mean(all, n);
    free(all);
    return middle;
}

int bootstrap_middle(const struct block *block, int num, struct rng rng, double *middle,
                     struct interval *out, struct status *st)
{
    struct pool pool;
    struct drawer d = {.rng = rng};
    int n = 0, least = num ? LEAST_MIDDLE : 0, resamples = draws_of(block, num, RESAMPLES);
    for (int b = 0; b < num; b++) {
        n += block[b].n;
        if (block[b].n < least) least = 0;
    }
    *out = (struct interval){NAN, NAN};
    *middle = middle_of(block, num, n, st);
    if (isnan(*middle)) return st->code;
    if (!least || n < LEAST_MIDDLES) return STATUS_OK;
    int code = pool_make(&pool, block, num, st);
    double *drawn = code ? NULL : malloc((size_t)resamples * sizeof *drawn);
    if (!code && !drawn) code = status_no_memory(st, "resamples");
    for (int k = 0; k < resamples && !code; k++) drawn[k] = resampled_middle(&pool, block, num, &d);
    if (!code) *out = percentiles(drawn, resamples);
    free(drawn);
    free(pool.value);
    free(pool.place);
    return code;
}
