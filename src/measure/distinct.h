/* distinct: the different sequences of a sample, with their numbers. Private to src/measure. */
#pragma once

#include "hmmgrid/metrics.h"

#include <stdbool.h>

/* In the order in which they are first seen. */
struct distinct {
    struct sample of; /* (n, T) */
    uint8_t *symbols; /* of `of`, owned */
    double *count;    /* (n), owned */
};

/* false: memory is out; distinct_free all the same. */
bool distinct_find(const struct sample *sample, struct distinct *distinct);
void distinct_free(struct distinct *distinct);
