/* load: see load.h. */
#include "load.h"

#include <stdbool.h>

static bool is_before(struct load a, struct load b)
{
    return a.busy_s != b.busy_s ? a.busy_s < b.busy_s : a.number < b.number;
}

void load_sift_down(struct load *heap, int n)
{
    for (int i = 0, child; (child = 2 * i + 1) < n; i = child) {
        if (child + 1 < n && is_before(heap[child + 1], heap[child])) child++;
        if (!is_before(heap[child], heap[i])) return;
        struct load swap = heap[i];
        heap[i] = heap[child];
        heap[child] = swap;
    }
}
