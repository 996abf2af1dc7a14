/* node: see node.h. Refuses to read any format. */
#include "node.h"

#include "text.h"

#include <stdint.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { POOL_BLOCK = 64 * 1024, POOL_ALIGN = 16 };

struct pool_block {
    struct pool_block *next;
    size_t size, used;
    _Alignas(16) unsigned char bytes[];
};

struct pool {
    struct pool_block *blocks; /* the one being filled is first */
};

struct pool *pool_new(void)
{
    return calloc(1, sizeof(struct pool));
}

void pool_free(struct pool *pool)
{
    if (!pool) return;
    for (struct pool_block *b = pool->blocks, *next; b; b = next) {
        next = b->next;
        free(b);
    }
    free(pool);
}

void *pool_take(struct pool *pool, size_t count, size_t bytes)
{
    if (bytes && count > (SIZE_MAX / 2) / bytes) return NULL;
    size_t need = (count * bytes + POOL_ALIGN - 1) / POOL_ALIGN * POOL_ALIGN;
    if (need == 0) need = POOL_ALIGN;
    struct pool_block *b = pool->blocks;
    if (!b || need > b->size - b->used) {
        bool large = need > POOL_BLOCK / 4;
        size_t size = large ? need : POOL_BLOCK;
        struct pool_block *fresh = calloc(1, sizeof *fresh + size);
        if (!fresh) return NULL;
        fresh->size = size;
        if (large && b) { /* keep filling the current block */
            fresh->next = b->next;
            b->next = fresh;
        } else {
            fresh->next = b;
            pool->blocks = fresh;
        }
        b = fresh;
    }
    void *piece = b->bytes + b->used;
    b->used += need;
    return piece;
}

char *pool_text(struct pool *pool, const char *text, size_t n)
{
    char *copy = pool_take(pool, n + 1, 1);
    if (copy && n) memcpy(copy, text, n);
    return copy;
}

char *pool_print(struct pool *pool, const char *fmt, ...)
{
    char *text;
    va_list ap;
    va_start(ap, fmt);
    int n = vasprintf(&text, fmt, ap);
    va_end(ap);
    if (n < 0) return NULL;
    char *kept = pool_text(pool, text, (size_t)n);
    free(text);
    return kept;
}

bool node_push(struct pool *pool, struct node *parent, struct node *key, struct node *item)
{
    if (parent->count == parent->room) {
        int room = parent->room ? 2 * parent->room : 4;
        struct node **items = pool_take(pool, (size_t)room, sizeof *items);
        struct node **keys = key ? pool_take(pool, (size_t)room, sizeof *keys) : NULL;
        if (!items || (key && !keys)) return false;
        for (int i = 0; i < parent->count; i++) {
            items[i] = parent->item[i];
            if (key) keys[i] = parent->key[i];
        }
        parent->item = items;
        parent->key = keys;
        parent->room = room;
    }
    if (key) parent->key[parent->count] = key;
    parent->item[parent->count++] = item;
    parent->weight += item->weight + (key ? 1 : 0);
    if (item->height + 1 > parent->height) parent->height = item->height + 1;
    return true;
}

int node_find(const struct node *map, const char *key)
{
    if (!map || map->kind != NODE_MAP) return -1;
    for (int i = 0; i < map->count; i++)
        if (strcmp(map->key[i]->text, key) == 0) return i;
    return -1;
}

bool node_is_null(const struct node *node)
{
    if (node->kind != NODE_SCALAR || node->quoted) return false;
    static const char *const nulls[] = {"", "~", "null", "Null", "NULL"};
    return text_index(nulls, sizeof nulls / sizeof nulls[0], node->text) >= 0;
}

const char *node_what(const struct node *node)
{
    if (node->kind == NODE_LIST) return "a list";
    if (node->kind == NODE_MAP) return "a map";
    return node_is_null(node) ? "nothing" : "text";
}
