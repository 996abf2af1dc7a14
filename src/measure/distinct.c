/* distinct: see distinct.h. */
#include "distinct.h"

#include <stdlib.h>
#include <string.h>

static int compare_rows(const void *a, const void *b, void *sample)
{
    const struct sample *s = sample;
    size_t i = *(const size_t *)a, j = *(const size_t *)b, T = (size_t)s->T;
    int order = memcmp(s->symbols + i * T, s->symbols + j * T, T);
    return order ? order : i < j ? -1 : i > j;
}

void distinct_free(struct distinct *d)
{
    free(d->symbols);
    free(d->count);
}

bool distinct_find(const struct sample *s, struct distinct *d)
{
    size_t T = (size_t)s->T, *order = calloc(s->n, sizeof *order);
    double *times = calloc(s->n, sizeof *times); /* of the first of equal ones; 0: a later one */
    *d = (struct distinct){.symbols = malloc(s->n * T), .count = calloc(s->n, sizeof *d->count)};
    bool done = order && times && d->symbols && d->count;
    for (size_t i = 0; done && i < s->n; i++) order[i] = i;
    if (done) qsort_r(order, s->n, sizeof *order, compare_rows, (void *)s);
    for (size_t k = 0, first = 0; done && k < s->n; k++) {
        bool same = k && memcmp(s->symbols + order[k] * T, s->symbols + order[first] * T, T) == 0;
        if (!same) first = k;
        times[order[first]]++;
    }
    d->of = (struct sample){.symbols = d->symbols, .T = s->T};
    for (size_t i = 0; done && i < s->n; i++) {
        if (times[i] == 0) continue;
        memcpy(d->symbols + d->of.n * T, s->symbols + i * T, T);
        d->count[d->of.n++] = times[i];
    }
    free(order);
    free(times);
    return done;
}
