/* node: a small tree of scalars, lists and maps with the place where each stood, and the pool of
 * memory it lives in. The readers of YAML and JSON make it; value.c, grid.c, runs.c and
 * statusfile.c read it. Nothing in a tree is freed by itself: the pool frees all. */
#pragma once

#include "hmmgrid/status.h"
#include <stdbool.h>
#include <stddef.h>

struct pool; /* blocks of memory freed together */

struct pool *pool_new(void); /* NULL: memory out */
void pool_free(struct pool *pool);

/* Zeroed, aligned for any type; owned by the pool. NULL: memory out. */
void *pool_take(struct pool *pool, size_t count, size_t bytes);

/* Copy of text[0..n) with a NUL. */
char *pool_text(struct pool *pool, const char *text, size_t n);
/* As printf; NULL: memory out. */
char *pool_print(struct pool *pool, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

enum node_kind { NODE_SCALAR, NODE_LIST, NODE_MAP };

struct node {
    enum node_kind kind;
    int line, column;   /* 1-based; columns count characters, not bytes */
    const char *text;   /* scalar: UTF-8 without NUL inside */
    bool quoted;        /* scalar stood in quotes or a block, or was a JSON string */
    int count;          /* list, map: entries */
    int room;           /* allocated entries */
    struct node **key;  /* (count) map: scalars */
    struct node **item; /* (count) list, map */
    int weight;         /* nodes below and including this one, aliases expanded */
    int height;         /* nested collections below and including this one; scalar 0 */
};

enum { MAX_NODE_DEPTH = 32, MAX_NODES = 200000, MAX_MAP_ENTRIES = 1000 };

/* Append (key NULL in a list); keeps weight and height. false: memory out. */
bool node_push(struct pool *pool, struct node *parent, struct node *key, struct node *item);

/* Index of the entry with this key in a map, or -1. */
int node_find(const struct node *map, const char *key);

/* An empty plain scalar, "~" or "null", "Null", "NULL". */
bool node_is_null(const struct node *node);

/* "a list", "a map", "nothing", "text": what a message calls it. */
const char *node_what(const struct node *node);
