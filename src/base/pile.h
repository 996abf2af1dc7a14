/* pile: blocks of memory that one owner frees all at once. Refuses to give a block back alone. */
#pragma once

#include <stddef.h>

struct pile { /* zeroed: empty */
    struct pile_block *last;
};

/* `count` things of `size` bytes, all 0. NULL: memory is out. */
void *pile_take(struct pile *pile, size_t count, size_t size);
void pile_free(struct pile *pile);
