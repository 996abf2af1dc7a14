/* drawer: numbers of a stream one by one, and how many draws there are. Private to src/report. */
#pragma once

#include "permutation.h"

struct drawer {
    struct rng rng;
    uint64_t at;
};

static inline int draw_below(struct drawer *d, int n)
{
    return (int)(rng_uniform(d->rng, d->at++) * n);
}

/* A tenth of the usual number where values are many, and the more alike what is drawn of them. */
static inline int draws_of(const struct block *block, int num, int usual)
{
    enum { MANY = 1000 };
    int values = 0;
    for (int b = 0; b < num; b++) values += block[b].n + block[b].m;
    return values > MANY ? usual / 10 : usual;
}
