/* arena: one block of memory whose size is known before the first allocation.
 * A run has one arena; `plan` can tell its size in advance because the same function that hands
 * out the pieces also measures them (arena_measure). Refuses to grow. */
#ifndef HMMGRID_ARENA_H
#define HMMGRID_ARENA_H

#include "hmmgrid/status.h"
#include <stddef.h>

struct arena {
    unsigned char *base; /* owned; NULL while measuring */
    size_t size;         /* bytes; 0 while measuring */
    size_t used;         /* bytes handed out, padding included */
    int overflow;        /* set when a piece did not fit */
};

/* Measuring arena: arena_take returns NULL and only adds up `used`. */
void arena_measure(struct arena *arena);

/* A real one of `size` bytes, 64-byte aligned, zeroed lazily by the system.
 * STATUS_NO_MEMORY (a run can fail of that, the study goes on). */
int arena_init(struct arena *arena, size_t size, struct status *st);

/* The next `count` elements of `bytes` each, 64-byte aligned; contents are zero on first use.
 * NULL when measuring or when it does not fit (then overflow is set). Owned by the arena. */
void *arena_take(struct arena *arena, size_t count, size_t bytes);

/* Free the block; accepts a zeroed struct. */
void arena_free(struct arena *arena);

#endif
