/* drawer: numbers of a stream one by one, and how many draws there are. Private to src/report. */
#pragma once

#include "permutation.h"

enum { DRAWER_AHEAD = 256 };
struct drawer {
    struct rng rng;
    uint64_t at;
    uint32_t bits[2 * DRAWER_AHEAD]; /* of these draws, as rng_uniform takes them */
};

static inline int draw_below(struct drawer *d, int n)
{
    int i = 2 * (int)(d->at % DRAWER_AHEAD);
    if (i == 0) rng_fill_bits(d->rng, 2 * d->at, 2 * DRAWER_AHEAD, d->bits);
    d->at++;
    uint64_t both = (uint64_t)d->bits[i] << 32 | d->bits[i + 1];
    return (int)((double)(both >> 11) * 0x1p-53 * n);
}

/* A tenth of the usual number where values are many, and the more alike what is drawn of them. */
static inline int draws_of(const struct block *block, int num, int usual)
{
    enum { MANY = 1000 };
    int values = 0;
    for (int b = 0; b < num; b++) values += block[b].n + block[b].m;
    return values > MANY ? usual / 10 : usual;
}
