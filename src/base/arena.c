/* arena: see arena.h. */
#include "hmmgrid/arena.h"

#include <stdint.h>
#include <sys/mman.h>

enum { ALIGNMENT = 64 };

void arena_measure(struct arena *arena)
{
    *arena = (struct arena){0};
}

int arena_init(struct arena *arena, size_t size, struct status *st)
{
    *arena = (struct arena){0};
    if (size == 0) size = ALIGNMENT;
    void *block = mmap(NULL, size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    if (block == MAP_FAILED)
        return status_no_memory(st,
                                "a run that needs %.1f MB; use fewer workers a node or "
                                "smaller rnn.hidden, data.length or train.batch",
                                (double)size / 1e6);
    madvise(block, size, MADV_HUGEPAGE); /* advice only: its failure costs speed, nothing else */
    arena->base = block;
    arena->size = size;
    return STATUS_OK;
}

void *arena_take(struct arena *arena, size_t count, size_t bytes)
{
    size_t at = arena->used;
    bool fits = at < SIZE_MAX / 2 && (!bytes || count <= SIZE_MAX / 4 / bytes);
    if (fits) arena->used += (count * bytes + ALIGNMENT - 1) / ALIGNMENT * ALIGNMENT;
    if (!fits || (arena->base && arena->used > arena->size)) {
        arena->overflow = 1;
        return NULL;
    }
    if (!arena->base) return NULL;
    return arena->base + at;
}

void arena_free(struct arena *arena)
{
    if (!arena) return;
    if (arena->base) munmap(arena->base, arena->size);
    *arena = (struct arena){0};
}
