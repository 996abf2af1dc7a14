/* keymap: see keymap.h. Open addressing, at most half full; the digits are a hash already. */
#include "keymap.h"

#include <stdlib.h>
#include <string.h>

static size_t find_slot(const struct keymap *map, const char *key)
{
    char digits[17] = "";
    strncat(digits, key, 16);
    size_t at = (size_t)strtoull(digits, NULL, 16) & (map->num_slots - 1);
    while (map->slot[at] && strcmp(map->key[map->slot[at] - 1], key) != 0)
        at = (at + 1) & (map->num_slots - 1);
    return at;
}

/* Room for as many again. */
static bool grow(struct keymap *map)
{
    size_t room = map->num_slots ? map->num_slots : 64;
    char(*key)[33] = realloc(map->key, room * sizeof *key);
    if (key) map->key = key;
    int *value = realloc(map->value, room * sizeof *value);
    if (value) map->value = value;
    int *slot = calloc(2 * room, sizeof *slot);
    if (!key || !value || !slot) {
        free(slot);
        return false;
    }
    free(map->slot);
    map->slot = slot;
    map->num_slots = 2 * room;
    for (int i = 0; i < map->num; i++) slot[find_slot(map, key[i])] = i + 1;
    return true;
}

int *keymap_add(struct keymap *map, const char *key, bool *added)
{
    if ((size_t)map->num * 2 >= map->num_slots && !grow(map)) return NULL;
    size_t at = find_slot(map, key);
    *added = map->slot[at] == 0;
    if (*added) {
        map->slot[at] = ++map->num;
        memset(map->key[map->num - 1], 0, sizeof *map->key);
        strncat(map->key[map->num - 1], key, sizeof *map->key - 1);
        map->value[map->num - 1] = 0;
    }
    return &map->value[map->slot[at] - 1];
}

void keymap_free(struct keymap *map)
{
    free(map->key);
    free(map->value);
    free(map->slot);
    *map = (struct keymap){0};
}
