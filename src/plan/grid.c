/* grid: tree -> struct grid. Strict: every key is known and stands once, every list and map is
 * what it should be. Source: DESIGN 2. */
#include "grid.h"

#include "base/spelling.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char *const top_keys[] = {"version", "study",    "description", "defaults", "grid",
                                       "exclude", "include",  "overrides",   "seeds",    "accept",
                                       "reseed",  "analysis", "run",         NULL};
static const char *const block_keys[] = {"set", "zip", "product", "seeds", NULL};
static const char *const override_keys[] = {"when", "set", NULL};

static bool is_one_of(const char *word, const char *const *words)
{
    for (int i = 0; words[i]; i++)
        if (strcmp(word, words[i]) == 0) return true;
    return false;
}

/* Value of a key, or NULL. */
static const struct node *find(const struct node *map, const char *key)
{
    int at = node_find(map, key);
    return at < 0 ? NULL : map->item[at];
}

static const char *keep_text(struct reading *r, const char *text)
{
    const char *copy = pool_text(r->keep, text, strlen(text));
    if (!copy) r->faults->out_of_memory = 1;
    return copy ? copy : "";
}

/* Top-level keys that nobody reads: a place for anchors. */
static bool is_anchorage(const char *key, const char *const *words)
{
    return words == top_keys && (*key == '.' || strncmp(key, "x-", 2) == 0);
}

/* A key that is none of words. `where` names the map. */
static void unknown_key(struct reading *r, const struct node *key, const char *where,
                        const char *const *words)
{
    char list[200] = "", advice[200] = "";
    size_t n = 0;
    int num = 0;
    for (; words[num]; num++)
        if (n < sizeof list)
            n += (size_t)snprintf(list + n, sizeof list - n, "%s%s", num ? ", " : "", words[num]);
    bool known = settings_find(key->text) || is_section(key->text);
    const char *near = known ? NULL : spelling_nearest(key->text, words, num);
    if (!known && !near) settings_advice(key->text, advice, sizeof advice);
    if (near)
        FAULT(r, key, "unknown key '%.60s' in %s; did you mean '%s'?", key->text, where, near);
    else if (!known && !*advice)
        FAULT(r, key, "unknown key '%.60s' in %s; it takes %s", key->text, where, list);
    else
        FAULT(r, key, "unknown key '%.60s' in %s; settings stand under %s%s%s", key->text, where,
              words == top_keys     ? "defaults or in a block"
              : words == block_keys ? "set, zip, product"
                                    : list,
              *advice ? "; " : "", advice);
}

/* Every key of a map must be one of words. */
static void check_keys(struct reading *r, const struct node *map, const char *where,
                       const char *const *words)
{
    for (int i = 0; i < map->count; i++)
        if (!is_one_of(map->key[i]->text, words) && !is_anchorage(map->key[i]->text, words))
            unknown_key(r, map->key[i], where, words);
}

/* false and a fault when node is not of that kind. */
static bool expect(struct reading *r, const struct node *node, enum node_kind kind, const char *key,
                   const char *example)
{
    static const char *const names[] = {"text", "a list", "a map"};
    if (node->kind == kind && !node_is_null(node)) return true;
    FAULT(r, node, "%s: %s was expected, not %s; write %s", key, names[kind], node_what(node),
          example);
    return false;
}

static void read_version(struct reading *r, const struct node *root)
{
    const struct node *node = find(root, "version");
    if (!node)
        FAULT(r, root, "version: missing; write `version: 1` first");
    else if (expect(r, node, NODE_SCALAR, "version", "version: 1") && strcmp(node->text, "1") != 0)
        FAULT(r, node,
              "version: '%.40s' is not known to this program, which reads version 1; use a newer "
              "one or write 1",
              node->text);
}

/* One line of text of at most `most` bytes. */
static const char *read_text(struct reading *r, const struct node *root, const char *key,
                             size_t most, bool lines)
{
    const struct node *node = find(root, key);
    if (!node || !expect(r, node, NODE_SCALAR, key, "one line of text")) return "";
    bool bad = !*node->text || strlen(node->text) > most;
    for (const char *c = node->text; *c; c++)
        bad = bad || ((unsigned char)*c < 0x20 && !(lines && *c == '\n')) || *c == 0x7f;
    if (bad)
        FAULT(r, node, "%s: 1 to %zu printable characters are needed%s", key, most,
              lines ? "" : ", in one line");
    return keep_text(r, bad ? "" : node->text);
}

static void read_study(struct reading *r, const struct node *root, struct grid *grid)
{
    if (!find(root, "study"))
        FAULT(r, root, "study: missing; give the study a name, such as `study: architectures`");
    grid->study = read_text(r, root, "study", 128, false);
    grid->description = read_text(r, root, "description", 4096, true);
}

/* Without the key: seed 0. */
static void read_seeds(struct reading *r, const struct node *root, struct grid *grid)
{
    const struct node *node = find(root, "seeds");
    grid->seeds = (struct seeds){1, reading_take(r, 1, sizeof *grid->seeds.seed)};
    if (node) seeds_read(r, node, &grid->seeds);
}

/* --- blocks -------------------------------------------------------------------------------- */

static const char *block_name(struct reading *r, const struct node *key)
{
    static const char allowed[] =
        "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.+-";
    size_t n = strlen(key->text);
    if (n > MAX_NAME || strspn(key->text, allowed) != n)
        FAULT(r, key, "block name '%.60s': up to %d letters, digits and _ . + - are possible",
              key->text, MAX_NAME);
    return keep_text(r, key->text);
}

/* A setting may stand in only one of set, zip and product; zip lists are equally long. */
static void check_block(struct reading *r, const struct block *block)
{
    const struct axes *both[] = {&block->zip, &block->product};
    bool seen[MAX_SETTINGS] = {false};
    for (int i = 0; i < block->set.count; i++) seen[setting_index(block->set.item[i].row)] = true;
    for (int a = 0; a < 2; a++)
        for (int i = 0; i < both[a]->count; i++) {
            const struct axis *axis = &both[a]->item[i];
            if (seen[setting_index(axis->row)])
                FAULT(r, axis->key,
                      "duplicate key '%s': this block has it already in %s; keep one of them",
                      axis->row->key, a ? "set or zip" : "set");
            seen[setting_index(axis->row)] = true;
        }
    for (int i = 1; i < block->zip.count; i++) {
        const struct axis *first = &block->zip.item[0], *axis = &block->zip.item[i];
        if (axis->count != first->count)
            FAULT(r, axis->key,
                  "zip: the lists must be equally long, but %s has %d values and %s has %d; use "
                  "product for all combinations",
                  first->row->key, first->count, axis->row->key, axis->count);
    }
}

static void read_blocks(struct reading *r, const struct node *root, struct grid *grid)
{
    const struct node *map = find(root, "grid"), *part;
    const char *example = "grid: {name: {set: {rnn.hidden: 150}}}";
    if (!map) FAULT(r, root, "grid: missing; write %s", example);
    if (!map || !expect(r, map, NODE_MAP, "grid", example)) return;
    if (!map->count) FAULT(r, map, "grid: has no block; write %s", example);
    grid->block = reading_take(r, map->count, sizeof *grid->block);
    for (int i = 0; i < map->count && grid->block; i++) {
        const struct node *item = map->item[i];
        struct block *block = &grid->block[grid->num_blocks++];
        *block = (struct block){.name = block_name(r, map->key[i]), .at = map->key[i]};
        if (!expect(r, item, NODE_MAP, block->name, "set, zip, product or seeds below it, or {}"))
            continue;
        check_keys(r, item, "a block", block_keys);
        if ((part = find(item, "set"))) assigns_read(r, part, NULL, SCOPE_RUN, NULL, &block->set);
        if ((part = find(item, "zip"))) axes_read(r, part, &block->zip);
        if ((part = find(item, "product"))) axes_read(r, part, &block->product);
        if ((part = find(item, "seeds"))) seeds_read(r, part, &block->seeds);
        check_block(r, block);
    }
}

/* --- lists --------------------------------------------------------------------------------- */

/* The list of at most `most` maps under a key; NULL when there is none. */
static const struct node *find_list(struct reading *r, const struct node *root, const char *key,
                                    int most)
{
    const struct node *list = find(root, key);
    if (!list || !expect(r, list, NODE_LIST, key, "a list of maps, each line starting with -"))
        return NULL;
    if (list->count <= most) return list;
    FAULT(r, list, "%s: %d entries are too many; at most %d are possible", key, list->count, most);
    return NULL;
}

static void read_excludes(struct reading *r, const struct node *root, struct grid *grid)
{
    const struct node *list = find_list(r, root, "exclude", MAX_RULES);
    if (!list || !(grid->exclude = reading_take(r, list->count, sizeof *grid->exclude))) return;
    for (int i = 0; i < list->count; i++) {
        const struct node *item = list->item[i];
        if (item->kind == NODE_MAP && !item->count)
            FAULT(r, item,
                  "exclude: an empty entry would exclude everything; give settings or remove it");
        matches_read(r, item, &grid->exclude[grid->num_excludes++]);
    }
}

static void read_include(struct reading *r, const struct node *item, const struct grid *grid,
                         struct include *include)
{
    const struct node *from = find(item, "from");
    const char *names[MAX_MAP_ENTRIES];
    *include = (struct include){.at = item, .name = "include"};
    if (from && expect(r, from, NODE_SCALAR, "from", "from: and the name of a block")) {
        for (int i = 0; i < grid->num_blocks; i++) {
            names[i] = grid->block[i].name;
            if (strcmp(names[i], from->text) == 0) include->from = &grid->block[i];
        }
        const char *near = spelling_nearest(from->text, names, grid->num_blocks);
        if (include->from)
            include->name = include->from->name;
        else
            FAULT(r, from, "from: there is no block '%.60s'%s%s%s", from->text,
                  near ? "; did you mean '" : "; name one of grid", near ? near : "",
                  near ? "'?" : "");
    }
    assigns_read(r, item, NULL, SCOPE_RUN, "from", &include->set);
}

static void read_includes(struct reading *r, const struct node *root, struct grid *grid)
{
    const struct node *list = find_list(r, root, "include", MAX_CELLS);
    if (!list || !(grid->include = reading_take(r, list->count, sizeof *grid->include))) return;
    for (int i = 0; i < list->count; i++)
        read_include(r, list->item[i], grid, &grid->include[grid->num_includes++]);
}

static void read_overrides(struct reading *r, const struct node *root, struct grid *grid)
{
    const struct node *list = find_list(r, root, "overrides", MAX_RULES);
    if (!list || !(grid->override = reading_take(r, list->count, sizeof *grid->override))) return;
    for (int i = 0; i < list->count; i++) {
        const struct node *item = list->item[i];
        struct override *override = &grid->override[grid->num_overrides++];
        override->at = item;
        if (!expect(r, item, NODE_MAP, "overrides", "{when: {...}, set: {...}}")) continue;
        check_keys(r, item, "an override", override_keys);
        const struct node *when = find(item, "when"), *set = find(item, "set");
        if (!when || !set)
            FAULT(r, item, "overrides: %s is missing; an entry is {when: {...}, set: {...}}",
                  when ? "set" : "when");
        if (when) matches_read(r, when, &override->when);
        if (set) assigns_read(r, set, NULL, SCOPE_RUN, NULL, &override->set);
    }
}

/* accept:, reseed: and analysis: are defaults too; what stands in both is given twice. */
static void read_top_section(struct reading *r, const struct node *root, const char *section,
                             struct grid *grid)
{
    const struct node *map = find(root, section);
    int before = grid->defaults.count;
    if (!map) return;
    assigns_read(r, map, section, SCOPE_RUN, NULL, &grid->defaults);
    for (int i = before; i < grid->defaults.count; i++)
        for (int j = 0; j < before; j++) {
            const struct assign *now = &grid->defaults.item[i], *old = &grid->defaults.item[j];
            if (now->row != old->row) continue;
            FAULT(r, now->at,
                  "duplicate key '%s', first in line %d under defaults; remove one of them",
                  now->row->key, old->at->line);
        }
}

void grid_read(struct reading *r, const struct node *root, struct grid *grid)
{
    const struct node *part;
    *grid = (struct grid){.study = "", .description = ""};
    if (root->kind != NODE_MAP) {
        FAULT(r, root, "a grid is a map of keys, not %s; start with `version: 1`", node_what(root));
        return;
    }
    check_keys(r, root, "a grid", top_keys);
    read_version(r, root);
    read_study(r, root, grid);
    if ((part = find(root, "defaults")))
        assigns_read(r, part, NULL, SCOPE_RUN, NULL, &grid->defaults);
    read_top_section(r, root, "accept", grid);
    read_top_section(r, root, "reseed", grid);
    read_top_section(r, root, "analysis", grid);
    if ((part = find(root, "run")))
        assigns_read(r, part, "run", SCOPE_STUDY, NULL, &grid->study_settings);
    read_blocks(r, root, grid);
    read_excludes(r, root, grid);
    read_includes(r, root, grid);
    read_overrides(r, root, grid);
    read_seeds(r, root, grid);
    labels_check(r);
}

const struct seeds *grid_seeds(const struct grid *grid, const struct block *block)
{
    return block && block->seeds.count ? &block->seeds : &grid->seeds;
}

long grid_num_entries(struct reading *r, const struct grid *grid)
{
    long total = grid->num_includes, runs = 0;
    for (int i = 0; i < grid->num_includes; i++)
        runs += grid_seeds(grid, grid->include[i].from)->count;
    for (int i = 0; i < grid->num_blocks; i++) {
        const struct block *block = &grid->block[i];
        long entries = block->zip.count ? block->zip.item[0].count : 1;
        for (int j = 0; j < block->product.count && entries <= MAX_CELLS; j++)
            entries *= block->product.item[j].count; /* both factors are small: no overflow */
        total += entries;
        runs += entries * grid_seeds(grid, block)->count;
        if (total > MAX_CELLS) {
            FAULT(r, block->at, "block %s makes the grid larger than %d cells; split the study",
                  block->name, MAX_CELLS);
            return -1;
        }
    }
    if (runs <= MAX_RUNS) return total;
    faults_add(r->faults, 1, 1, "%ld cells times %d seeds are more than %d runs; split the study",
               total, grid->seeds.count, MAX_RUNS);
    return -1;
}
