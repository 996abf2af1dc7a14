/* node: see node.h. The JSON reader is for lines that plan_run_json wrote: it refuses escapes,
 * anything after the value, duplicate keys and more than MAX_NODE_DEPTH levels. Source: RFC 8259.
 */
#include "node.h"

#include <stdint.h>
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
    return !*node->text || strcmp(node->text, "~") == 0 || strcmp(node->text, "null") == 0;
}

const char *node_what(const struct node *node)
{
    if (node->kind == NODE_LIST) return "a list";
    if (node->kind == NODE_MAP) return "a map";
    return node_is_null(node) ? "nothing" : "text";
}

/* --- JSON ---------------------------------------------------------------------------------- */

struct json {
    struct pool *pool;
    const char *text;
    size_t at;
    int num_nodes;
    struct status *st;
};

static int json_fail(struct json *j, const char *what)
{
    return status_set(j->st, STATUS_BAD_GRID, "byte %zu: not the JSON of a run: %s", j->at + 1,
                      what);
}

static void json_space(struct json *j)
{
    while (j->text[j->at] && strchr(" \t\r\n", j->text[j->at])) j->at++;
}

static struct node *json_new(struct json *j, enum node_kind kind)
{
    struct node *node = j->num_nodes < MAX_NODES ? pool_take(j->pool, 1, sizeof *node) : NULL;
    if (!node) return NULL;
    j->num_nodes++;
    *node = (struct node){.kind = kind, .line = 1, .column = (int)j->at + 1, .weight = 1};
    if (kind != NODE_SCALAR) node->height = 1;
    return node;
}

static int json_string(struct json *j, struct node **out)
{
    struct node *node = json_new(j, NODE_SCALAR);
    if (!node) return json_fail(j, "too large");
    size_t first = ++j->at;
    for (; j->text[j->at] != '"'; j->at++) {
        if ((unsigned char)j->text[j->at] < 0x20) return json_fail(j, "the text has no end");
        if (j->text[j->at] == '\\') return json_fail(j, "escapes are not used here");
    }
    node->text = pool_text(j->pool, j->text + first, j->at - first);
    if (!node->text) return json_fail(j, "too large");
    node->quoted = true;
    j->at++;
    *out = node;
    return STATUS_OK;
}

/* Digits with optional fraction and exponent as RFC 8259 has them; length 0 when it is none. */
static size_t json_number_length(const char *s)
{
    const char *p = s, *digits;
    if (*p == '-') p++;
    digits = p;
    while (*p >= '0' && *p <= '9') p++;
    if (p == digits || (*digits == '0' && p - digits > 1)) return 0;
    if (*p == '.') {
        digits = ++p;
        while (*p >= '0' && *p <= '9') p++;
        if (p == digits) return 0;
    }
    if (*p == 'e' || *p == 'E') {
        p++;
        if (*p == '+' || *p == '-') p++;
        digits = p;
        while (*p >= '0' && *p <= '9') p++;
        if (p == digits) return 0;
    }
    return (size_t)(p - s);
}

static int json_word(struct json *j, struct node **out)
{
    static const char *const words[] = {"true", "false", "null"};
    const char *s = j->text + j->at;
    size_t n = json_number_length(s);
    for (int i = 0; !n && i < 3; i++)
        if (strncmp(s, words[i], strlen(words[i])) == 0) n = strlen(words[i]);
    if (!n) return json_fail(j, "a value was expected");
    struct node *node = json_new(j, NODE_SCALAR);
    if (node) node->text = pool_text(j->pool, s, n);
    if (!node || !node->text) return json_fail(j, "too large");
    j->at += n;
    *out = node;
    return STATUS_OK;
}

static int json_value(struct json *j, int depth, struct node **out);

static int json_collection(struct json *j, int depth, struct node **out)
{
    bool is_map = j->text[j->at] == '{';
    char end = is_map ? '}' : ']';
    if (depth >= MAX_NODE_DEPTH) return json_fail(j, "nested too deeply");
    struct node *node = json_new(j, is_map ? NODE_MAP : NODE_LIST);
    if (!node) return json_fail(j, "too large");
    j->at++;
    json_space(j);
    for (bool first = true; j->text[j->at] != end; first = false) {
        struct node *key = NULL, *item;
        int code;
        if (!first && j->text[j->at++] != ',') return j->at--, json_fail(j, "',' was expected");
        json_space(j);
        if (is_map) {
            if (j->text[j->at] != '"') return json_fail(j, "a key was expected");
            if ((code = json_string(j, &key)) != STATUS_OK) return code;
            if (node->count >= MAX_MAP_ENTRIES || node_find(node, key->text) >= 0)
                return json_fail(j, "a key stands twice");
            json_space(j);
            if (j->text[j->at++] != ':') return j->at--, json_fail(j, "':' was expected");
        }
        if ((code = json_value(j, depth + 1, &item)) != STATUS_OK) return code;
        if (!node_push(j->pool, node, key, item)) return json_fail(j, "too large");
        json_space(j);
    }
    j->at++;
    *out = node;
    return STATUS_OK;
}

static int json_value(struct json *j, int depth, struct node **out)
{
    json_space(j);
    char c = j->text[j->at];
    if (c == '{' || c == '[') return json_collection(j, depth, out);
    return c == '"' ? json_string(j, out) : json_word(j, out);
}

int node_read_json(struct pool *pool, const char *text, struct node **root, struct status *st)
{
    struct json j = {.pool = pool, .text = text, .st = st};
    *root = NULL;
    int code = json_value(&j, 0, root);
    if (code) return code;
    json_space(&j);
    if (text[j.at]) return json_fail(&j, "something follows the value");
    return STATUS_OK;
}
