/* keymap: from keys of 32 hex digits to whole numbers. */
#pragma once

#include <stdbool.h>
#include <stddef.h>

struct keymap {
    char (*key)[33]; /* (num), owned */
    int num, *value; /* (num), owned */
    int *slot;       /* (num_slots) number of the key + 1, 0: free; owned */
    size_t num_slots;
};

/* The value of a key, which is its to change until the next call; *added: it was not there, and is
 * now with 0. NULL: memory is out. Begin with a zeroed map. */
int *keymap_add(struct keymap *map, const char *key, bool *added);
void keymap_free(struct keymap *map);
