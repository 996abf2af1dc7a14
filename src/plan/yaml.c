/* yaml: see yaml.h. A strict, bounded reader on libyaml's events (not its composer, which lets
 * aliases explode). Refuses duplicate keys, tags, several documents, keys that are not words,
 * aliases to what is not finished yet, and more than 1 MiB, 32 levels, 200,000 nodes counted with
 * aliases expanded. Depth is checked at every event: libyaml needs quadratic time for deep flow
 * text. Limits: RELIABILITY section 7; YAML 1.1, merge keys as in yaml.org/type/merge. */
#include "yaml.h"

#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <yaml.h>

struct anchor {
    const char *name;
    struct node *node; /* NULL: not finished */
};

struct reader {
    yaml_parser_t parser;
    struct pool *pool;
    struct faults *faults;
    const char *text;
    size_t bytes;
    long num_nodes; /* aliases expanded */
    struct anchor anchor[MAX_ANCHORS];
    int num_anchors;
};

/* A fault; the NULL it returns goes up through every level and ends the reading. */
__attribute__((format(printf, 3, 4))) static struct node *stop(struct reader *r, yaml_mark_t mark,
                                                               const char *fmt, ...)
{
    char text[MAX_FAULT_TEXT];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    faults_add(r->faults, (int)mark.line + 1, (int)mark.column + 1, "%s", text);
    return NULL;
}

static struct node *out_of_memory(struct reader *r)
{
    r->faults->out_of_memory = 1;
    return NULL;
}

/* Line and column of a byte; columns count characters. */
static yaml_mark_t mark_of_byte(const struct reader *r, size_t offset)
{
    yaml_mark_t mark = {0};
    if (offset > r->bytes) offset = r->bytes;
    for (size_t i = 0; i < offset; i++) {
        if (r->text[i] == '\n')
            mark.line++, mark.column = 0;
        else if (((unsigned char)r->text[i] & 0xC0) != 0x80)
            mark.column++;
    }
    return mark;
}

/* libyaml's own complaint, with its place. */
static void report_parser(struct reader *r)
{
    const yaml_parser_t *p = &r->parser;
    const char *problem = p->problem ? p->problem : "unknown problem";
    if (p->error == YAML_MEMORY_ERROR) {
        out_of_memory(r);
        return;
    }
    if (p->error == YAML_READER_ERROR) {
        yaml_mark_t mark = mark_of_byte(r, p->problem_offset);
        stop(r, mark, "not readable text: %s; save it as plain UTF-8", problem);
        return;
    }
    const char *advice = "check the indentation, quotes, brackets and colons around here";
    if (strstr(problem, "cannot start any token"))
        advice = "indent with spaces, not tabs, and quote a value that starts with %, @ or `";
    stop(r, p->problem_mark, "not valid YAML: %s%s%s; %s", problem, p->context ? " " : "",
         p->context ? p->context : "", advice);
}

static bool next_event(struct reader *r, yaml_event_t *event)
{
    if (yaml_parser_parse(&r->parser, event)) return true;
    report_parser(r);
    return false;
}

static struct node *new_node(struct reader *r, enum node_kind kind, yaml_mark_t mark)
{
    if (++r->num_nodes > MAX_NODES)
        return stop(r, mark, "too many values (more than %d)", MAX_NODES);
    struct node *node = pool_take(r->pool, 1, sizeof *node);
    if (!node) return out_of_memory(r);
    *node = (struct node){.kind = kind,
                          .line = (int)mark.line + 1,
                          .column = (int)mark.column + 1,
                          .text = "",
                          .weight = 1,
                          .height = kind == NODE_SCALAR ? 0 : 1};
    return node;
}

/* --- anchors ------------------------------------------------------------------------------- */

static struct anchor *find_anchor(struct reader *r, const char *name)
{
    for (int i = 0; i < r->num_anchors; i++)
        if (strcmp(r->anchor[i].name, name) == 0) return &r->anchor[i];
    return NULL;
}

/* Remember a name before its node is read; false when that is a fault. *out NULL: no anchor. */
static bool begin_anchor(struct reader *r, const yaml_char_t *name, yaml_mark_t mark,
                         struct anchor **out)
{
    *out = NULL;
    if (!name) return true;
    if (find_anchor(r, (const char *)name)) {
        stop(r, mark, "anchor &%.60s stands twice; give it another name", (const char *)name);
        return false;
    }
    if (r->num_anchors == MAX_ANCHORS) {
        stop(r, mark, "too many anchors (more than %d)", MAX_ANCHORS);
        return false;
    }
    const char *copy = pool_text(r->pool, (const char *)name, strlen((const char *)name));
    if (!copy) return out_of_memory(r) != NULL;
    *out = &r->anchor[r->num_anchors++];
    **out = (struct anchor){.name = copy};
    return true;
}

static struct node *resolve_alias(struct reader *r, const yaml_event_t *event, int depth)
{
    const char *name = (const char *)event->data.alias.anchor;
    struct anchor *anchor = find_anchor(r, name);
    if (!anchor)
        return stop(r, event->start_mark, "unknown alias *%.60s; define &%.60s before it", name,
                    name);
    if (!anchor->node)
        return stop(r, event->start_mark, "alias *%.60s lies inside &%.60s itself", name, name);
    r->num_nodes += anchor->node->weight;
    if (r->num_nodes > MAX_NODES)
        return stop(r, event->start_mark,
                    "too many values (more than %d) once aliases are expanded; use fewer aliases",
                    MAX_NODES);
    if (depth + anchor->node->height > MAX_NODE_DEPTH)
        return stop(r, event->start_mark,
                    "nested too deeply (more than %d levels) once aliases are expanded",
                    MAX_NODE_DEPTH);
    return anchor->node;
}

/* --- nodes --------------------------------------------------------------------------------- */

static struct node *read_node(struct reader *r, const yaml_event_t *event, int depth);

static bool check_tag(struct reader *r, const yaml_char_t *tag, yaml_mark_t mark)
{
    if (tag)
        stop(r, mark, "tag '%.60s' is not used here; remove it, every setting knows its type",
             (const char *)tag);
    return !tag;
}

static struct node *read_scalar(struct reader *r, const yaml_event_t *event)
{
    const char *value = (const char *)event->data.scalar.value;
    size_t n = event->data.scalar.length;
    check_tag(r, event->data.scalar.tag, event->start_mark);
    struct node *node = new_node(r, NODE_SCALAR, event->start_mark);
    if (!node) return NULL;
    if (memchr(value, '\0', n))
        return stop(r, event->start_mark, "the text holds a NUL character; remove it");
    node->text = pool_text(r->pool, value, n);
    node->quoted = event->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
    return node->text ? node : out_of_memory(r);
}

static struct node *read_list(struct reader *r, const yaml_event_t *start, int depth)
{
    struct node *list = new_node(r, NODE_LIST, start->start_mark);
    check_tag(r, start->data.sequence_start.tag, start->start_mark);
    for (bool more = list != NULL; more;) {
        yaml_event_t event;
        if (!next_event(r, &event)) return NULL;
        more = event.type != YAML_SEQUENCE_END_EVENT;
        struct node *item = more ? read_node(r, &event, depth + 1) : NULL;
        yaml_event_delete(&event);
        if (more && !item) return NULL;
        if (more && !node_push(r->pool, list, NULL, item)) return out_of_memory(r);
    }
    return list;
}

/* The key of a map's next entry: *key NULL at its end. false: the reading ends. */
static bool read_key(struct reader *r, struct node **key)
{
    yaml_event_t event;
    *key = NULL;
    if (!next_event(r, &event)) return false;
    bool ok = true;
    if (event.type == YAML_SCALAR_EVENT) {
        *key = event.data.scalar.anchor
                   ? stop(r, event.start_mark, "an anchor on a key is not used here; remove it")
                   : read_scalar(r, &event);
        ok = *key != NULL;
    } else if (event.type != YAML_MAPPING_END_EVENT) {
        stop(r, event.start_mark, "a key must be a word, not a list, a map or an alias");
        ok = false;
    }
    yaml_event_delete(&event);
    return ok;
}

static bool push_entry(struct reader *r, struct node *map, struct node *key, struct node *item)
{
    if (map->count >= MAX_MAP_ENTRIES) {
        FAULT(r, key, "too many entries in one map (more than %d)", MAX_MAP_ENTRIES);
        return false;
    }
    if (!node_push(r->pool, map, key, item)) return out_of_memory(r) != NULL;
    return true;
}

/* "<<: *base" or "<<: [*a, *b]": entries whose keys the map does not have itself. */
static bool merge_into(struct reader *r, struct node *map, const struct node *key,
                       const struct node *value)
{
    int num = value->kind == NODE_LIST ? value->count : 1;
    for (int i = 0; i < num; i++) {
        const struct node *from = value->kind == NODE_LIST ? value->item[i] : value;
        if (from->kind != NODE_MAP) {
            FAULT(r, key, "merge key <<: takes a map or a list of maps, not %s; write <<: *name",
                  node_what(from));
            return false;
        }
        for (int j = 0; j < from->count; j++) {
            if (node_find(map, from->key[j]->text) >= 0) continue;
            r->num_nodes += from->item[j]->weight + 1;
            if (r->num_nodes > MAX_NODES) {
                FAULT(r, key, "too many values (more than %d) once merge keys are expanded",
                      MAX_NODES);
                return false;
            }
            if (!push_entry(r, map, from->key[j], from->item[j])) return false;
        }
    }
    return true;
}

static struct node *read_map(struct reader *r, const yaml_event_t *start, int depth)
{
    struct node *map = new_node(r, NODE_MAP, start->start_mark);
    struct node *key, *merge_key = NULL, *merge = NULL;
    check_tag(r, start->data.mapping_start.tag, start->start_mark);
    if (!map) return NULL;
    while (true) {
        yaml_event_t event;
        if (!read_key(r, &key)) return NULL;
        if (!key) break;
        if (!next_event(r, &event)) return NULL;
        struct node *item = read_node(r, &event, depth + 1);
        yaml_event_delete(&event);
        if (!item) return NULL;
        bool is_merge = !key->quoted && strcmp(key->text, "<<") == 0;
        int twice = node_find(map, key->text);
        if (twice >= 0 || (is_merge && merge)) {
            int line = is_merge ? merge_key->line : map->key[twice]->line;
            FAULT(r, key, "duplicate key '%.60s', first in line %d; remove one of them", key->text,
                  line);
        } else if (is_merge) {
            merge_key = key;
            merge = item;
        } else if (!*key->text) {
            FAULT(r, key, "empty key; write a word before the colon");
        } else if (!push_entry(r, map, key, item)) {
            return NULL;
        }
    }
    if (merge && !merge_into(r, map, merge_key, merge)) return NULL;
    return map;
}

static struct node *read_node(struct reader *r, const yaml_event_t *event, int depth)
{
    const yaml_char_t *name = NULL;
    struct anchor *anchor;
    struct node *node = NULL;
    bool nests =
        event->type == YAML_SEQUENCE_START_EVENT || event->type == YAML_MAPPING_START_EVENT;
    if (event->type == YAML_ALIAS_EVENT) return resolve_alias(r, event, depth);
    if (nests && depth >= MAX_NODE_DEPTH)
        return stop(r, event->start_mark, "nested too deeply (more than %d levels)",
                    MAX_NODE_DEPTH);
    if (event->type == YAML_SCALAR_EVENT) name = event->data.scalar.anchor;
    if (event->type == YAML_SEQUENCE_START_EVENT) name = event->data.sequence_start.anchor;
    if (event->type == YAML_MAPPING_START_EVENT) name = event->data.mapping_start.anchor;
    if (!begin_anchor(r, name, event->start_mark, &anchor)) return NULL;
    if (event->type == YAML_SCALAR_EVENT) node = read_scalar(r, event);
    if (event->type == YAML_SEQUENCE_START_EVENT) node = read_list(r, event, depth);
    if (event->type == YAML_MAPPING_START_EVENT) node = read_map(r, event, depth);
    if (anchor) anchor->node = node;
    return node;
}

/* --- document ------------------------------------------------------------------------------ */

static struct node *read_stream(struct reader *r)
{
    struct node *root = NULL;
    int documents = 0;
    for (bool more = true; more;) {
        yaml_event_t event;
        if (!next_event(r, &event)) return NULL;
        more = event.type != YAML_STREAM_END_EVENT;
        bool failed = false;
        if (event.type == YAML_DOCUMENT_START_EVENT) {
            failed = ++documents > 1;
            if (failed)
                stop(r, event.start_mark,
                     "a second document starts here; only one is read, remove the '---'");
        } else if (more && event.type != YAML_STREAM_START_EVENT &&
                   event.type != YAML_DOCUMENT_END_EVENT) {
            root = read_node(r, &event, 0);
            failed = root == NULL;
        }
        yaml_event_delete(&event);
        if (failed) return NULL;
    }
    return root;
}

void yaml_read(struct pool *pool, const char *text, size_t bytes, struct node **root,
               struct faults *faults)
{
    *root = NULL;
    if (bytes > MAX_GRID_BYTES) {
        faults_add(faults, 1, 1, "%zu bytes are too many; at most %d are read", bytes,
                   MAX_GRID_BYTES);
        return;
    }
    if (bytes >= 3 && memcmp(text, "\xEF\xBB\xBF", 3) == 0) { /* a byte order mark */
        text += 3;
        bytes -= 3;
    }
    struct reader *r = pool_take(pool, 1, sizeof *r);
    if (!r || !yaml_parser_initialize(&r->parser)) {
        faults->out_of_memory = 1;
        return;
    }
    r->pool = pool;
    r->faults = faults;
    r->text = text;
    r->bytes = bytes;
    yaml_parser_set_encoding(&r->parser, YAML_UTF8_ENCODING); /* UTF-16 is then a fault */
    yaml_parser_set_input_string(&r->parser, (const unsigned char *)text, bytes);
    *root = read_stream(r);
    yaml_parser_delete(&r->parser);
}
