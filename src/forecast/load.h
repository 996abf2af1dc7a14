/* load: who is free first: a heap of loads, the least on top, the lower number first among equals.
 */
#pragma once

#include <stdint.h>

struct load {
    double busy_s;
    uint64_t number;
};

/* Restore the heap of n loads after its top grew. */
void load_sift_down(struct load *heap, int n);
