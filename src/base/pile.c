/* pile: see pile.h. */
#include "pile.h"

#include <stdint.h>
#include <stdlib.h>

struct pile_block {
    _Alignas(max_align_t) struct pile_block *before;
};

void *pile_take(struct pile *pile, size_t count, size_t size)
{
    if (count > (SIZE_MAX - sizeof *pile->last) / size) return NULL;
    struct pile_block *block = calloc(1, sizeof *block + count * size);
    if (!block) return NULL;
    block->before = pile->last;
    pile->last = block;
    return block + 1;
}

void pile_free(struct pile *pile)
{
    for (struct pile_block *before; pile->last; pile->last = before) {
        before = pile->last->before;
        free(pile->last);
    }
}
