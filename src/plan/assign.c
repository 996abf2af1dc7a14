/* assign: see assign.h. Refuses unknown settings, a setting given twice in one map (nested and
 * dotted spelling are the same), and study settings where a run's are meant. */
#include "seeds.h"
#include "yaml.h"

#include <stdio.h>
#include <string.h>

/* A map flattened: one entry a setting. */
struct entry {
    const struct setting *row;
    const struct node *key, *value;
};
struct entries {
    int count;
    struct entry item[MAX_SETTINGS];
};

int setting_index(const struct setting *row)
{
    return (int)(row - settings_table);
}

void *reading_take(struct reading *r, int count, size_t bytes)
{
    void *piece = pool_take(r->tree, (size_t)count, bytes);
    if (!piece) r->faults->out_of_memory = 1;
    return piece;
}

bool is_section(const char *name)
{
    size_t n = strlen(name);
    for (int i = 0; i < num_settings; i++)
        if (strncmp(settings_table[i].key, name, n) == 0 && settings_table[i].key[n] == '.')
            return true;
    return false;
}

static void unknown_setting(struct reading *r, const struct node *key, const char *full)
{
    char advice[200];
    settings_advice(full, advice, sizeof advice);
    FAULT(r, key, "unknown key '%.60s'; %s", full,
          *advice ? advice : "a setting is written section.name, such as rnn.hidden");
}

static void add_entry(struct reading *r, struct entries *out, struct entry entry,
                      enum setting_scope scope)
{
    const struct node *key = entry.key;
    if (entry.row->scope != scope) {
        FAULT(r, key, "%s belongs to the whole study; write it under the top-level key run",
              entry.row->key);
        return;
    }
    for (int i = 0; i < out->count; i++) {
        if (out->item[i].row != entry.row) continue;
        FAULT(r, key, "duplicate key '%s', first in line %d; remove one of them", entry.row->key,
              out->item[i].key->line);
        return;
    }
    if (out->count < MAX_SETTINGS) out->item[out->count++] = entry;
}

/* A switch of the section analysis, all of which `analysis: false` turns off. */
static bool is_switch(const struct setting *row)
{
    return row->type == SETTING_BOOL && strncmp(row->key, "analysis.", strlen("analysis.")) == 0;
}

static bool is_all_off(const char *section, const struct node *value)
{
    return section && strcmp(section, "analysis") == 0 && value->kind == NODE_SCALAR &&
           !value->quoted && strcmp(value->text, "false") == 0;
}

static void flatten(struct reading *r, const struct node *map, const char *section,
                    enum setting_scope scope, const char *skip, struct entries *out)
{
    if (is_all_off(section, map)) {
        for (int i = 0; i < num_settings; i++)
            if (is_switch(&settings_table[i]))
                add_entry(r, out, (struct entry){&settings_table[i], map, map}, scope);
        return;
    }
    if (map->kind != NODE_MAP) {
        FAULT(r, map, "a map of settings was expected, not %s; write %s", node_what(map),
              section ? "{name: value}" : "{rnn.hidden: 150} or {rnn: {hidden: 150}}");
        return;
    }
    for (int i = 0; i < map->count; i++) {
        const struct node *key = map->key[i], *value = map->item[i];
        char full[128];
        if (skip && strcmp(key->text, skip) == 0) continue;
        snprintf(full, sizeof full, "%s%s%.80s", section ? section : "", section ? "." : "",
                 key->text);
        const struct setting *row = settings_find(full);
        if (row)
            add_entry(r, out, (struct entry){.row = row, .key = key, .value = value}, scope);
        else if (section || !is_section(key->text))
            unknown_setting(r, key, full);
        else if (value->kind == NODE_MAP || is_all_off(key->text, value))
            flatten(r, value, key->text, scope, NULL, out);
        else
            FAULT(
                r, value,
                "%s is a section of settings: a map was expected, not %s; write %s: {name: value}",
                key->text, node_what(value), key->text);
    }
}

static bool parse_one(struct reading *r, const struct setting *row, const struct node *node,
                      struct assign *out)
{
    struct status st = {0};
    const struct node *where = node;
    *out = (struct assign){.row = row, .at = node};
    int code = value_parse(row, node, r->keep, &out->value, &where, &st);
    if (code == STATUS_NO_MEMORY)
        r->faults->out_of_memory = 1;
    else if (code)
        FAULT(r, where, "%.680s", st.text);
    else
        labels_add(r, out);
    return code == STATUS_OK;
}

void assigns_read(struct reading *r, const struct node *map, const char *section,
                  enum setting_scope scope, const char *skip, struct assigns *out)
{
    struct entries entries = {0};
    flatten(r, map, section, scope, skip, &entries);
    struct assign *grown = reading_take(r, out->count + entries.count, sizeof *grown);
    if (!grown) return;
    if (out->count) memcpy(grown, out->item, (size_t)out->count * sizeof *grown);
    out->item = grown;
    for (int i = 0; i < entries.count; i++)
        if (parse_one(r, entries.item[i].row, entries.item[i].value, &grown[out->count]))
            out->count++;
}

void axes_read(struct reading *r, const struct node *map, struct axes *out)
{
    struct entries entries = {0};
    flatten(r, map, NULL, SCOPE_RUN, NULL, &entries);
    out->item = reading_take(r, entries.count, sizeof *out->item);
    for (int i = 0; i < entries.count && out->item; i++) {
        const struct entry *e = &entries.item[i];
        if (e->value->kind != NODE_LIST || !e->value->count) {
            FAULT(r, e->value,
                  "%s: a list of values was expected, not %s; write [a, b], or move it to set",
                  e->row->key, e->value->kind == NODE_LIST ? "an empty one" : node_what(e->value));
            continue;
        }
        struct axis *axis = &out->item[out->count++];
        *axis = (struct axis){.row = e->row, .key = e->key, .count = e->value->count};
        axis->value = reading_take(r, axis->count, sizeof *axis->value);
        for (int j = 0; j < axis->count && axis->value; j++)
            parse_one(r, e->row, e->value->item[j], &axis->value[j]);
    }
}

/* A matrix is matched by its name too. */
static bool is_by_name(const struct setting *row, const struct node *node)
{
    return value_takes_matrix(row) && node->kind == NODE_SCALAR && value_is_name(row, node->text);
}

/* Is a list in exclude or when made of alternatives, or is it one value of a setting that takes
 * lists or matrices? */
static bool is_alternatives(const struct setting *row, const struct node *node)
{
    if (node->kind != NODE_LIST) return false;
    bool deep = false, deeper = false, flat = false;
    for (int i = 0; i < node->count; i++) {
        const struct node *item = node->item[i];
        if (item->kind != NODE_LIST)
            flat = true;
        else
            deep = true;
        if (item->kind == NODE_LIST && item->count && item->item[0]->kind == NODE_LIST)
            deeper = true;
        if (item->kind == NODE_MAP || is_by_name(row, item)) deeper = true;
    }
    if (row->type == SETTING_REAL_LIST) return deep || row->min_count == 1;
    if (row->type == SETTING_MATRIX) return deeper;
    if (row->type == SETTING_ENUM_OR_MATRIX) return flat || deeper;
    return true;
}

static bool match_one(struct reading *r, const struct setting *row, const struct node *node,
                      struct assign *out)
{
    if (!is_by_name(row, node)) return parse_one(r, row, node, out);
    *out = (struct assign){.row = row, .at = node};
    snprintf(out->value.matrix.name, sizeof out->value.matrix.name, "%s", node->text);
    labels_add(r, out);
    return true;
}

static void match_read(struct reading *r, const struct entry *e, struct axis *match)
{
    const struct node *value = e->value;
    bool many = is_alternatives(e->row, value);
    int count = many ? value->count : 1;
    *match = (struct axis){.row = e->row, .key = e->key};
    match->value = reading_take(r, count + 1, sizeof *match->value);
    if (many && !value->count)
        FAULT(r, value, "%s: an empty list matches nothing; give values or remove the line",
              e->row->key);
    for (int i = 0; match->value && i < count; i++)
        if (match_one(r, e->row, many ? value->item[i] : value, &match->value[match->count]))
            match->count++;
    /* learning_rate: [0.1, 0.01] is two alternatives, and one list of two too: either matches */
    struct value list;
    if (match->value && many && e->row->type == SETTING_REAL_LIST &&
        value_parse(e->row, value, NULL, &list, NULL, NULL) == STATUS_OK)
        match->value[match->count++] = (struct assign){.row = e->row, .value = list};
}

void matches_read(struct reading *r, const struct node *map, struct axes *out)
{
    struct entries entries = {0};
    flatten(r, map, NULL, SCOPE_RUN, NULL, &entries);
    out->at = map;
    out->item = reading_take(r, entries.count, sizeof *out->item);
    for (int i = 0; i < entries.count && out->item; i++)
        match_read(r, &entries.item[i], &out->item[out->count++]);
}

static struct assign *value_of(const struct axis *match, const struct settings *s)
{
    struct value value = value_load(s, match->row);
    for (int j = 0; j < match->count; j++) {
        const struct value *wanted = &match->value[j].value;
        bool by_name = *wanted->matrix.name && !wanted->matrix.rows;
        if (by_name ? strcmp(value.matrix.name, wanted->matrix.name) == 0
                    : value_equal(match->row, &value, wanted))
            return &match->value[j];
    }
    return NULL;
}

bool matches_hold(struct axes *matches, const struct settings *s)
{
    struct assign *had[MAX_SETTINGS];
    for (int i = 0; i < matches->count; i++)
        if (!(had[i] = value_of(&matches->item[i], s))) return false;
    for (int i = 0; i < matches->count; i++) had[i]->used = true;
    return true;
}

/* --- --set --------------------------------------------------------------------------------- */

const struct node *option_node(struct reading *r, const char *flag, const char *said,
                               const char *text)
{
    struct faults faults = {.file = flag};
    struct node *node;
    yaml_read(r->tree, text, strlen(text), &node, &faults);
    if (faults.out_of_memory) r->faults->out_of_memory = 1;
    if (!faults.count && node) return node;
    faults_add(r->faults, 0, 0, "%s %.100s: %.500s", flag, said,
               faults.count ? faults.fault[0].text : "there is no value");
    return NULL;
}

static bool option_read(struct reading *r, const char *option, struct assign *out)
{
    struct status st = {0};
    char key[80] = "";
    const char *equal = strchr(option, '=');
    size_t n = equal ? (size_t)(equal - option) : strlen(option);
    snprintf(key, sizeof key, "%.*s", n < 79 ? (int)n : 79, option);
    const struct setting *row = settings_find(key);
    if (!row && is_section(key)) {
        faults_add(r->faults, 0, 0,
                   "--set %.100s: %s is a section of settings; write %s.name=value%s", option, key,
                   key,
                   strcmp(key, "analysis") == 0 ? ", or analysis=false, which turns all off" : "");
        return false;
    }
    if (!row) {
        char advice[200];
        settings_advice(key, advice, sizeof advice);
        faults_add(r->faults, 0, 0, "--set %.100s: unknown setting '%s'; %s", option, key,
                   *advice ? advice : "write it section.name=value");
        return false;
    }
    if (!equal || !equal[1]) {
        faults_add(r->faults, 0, 0, "--set %.100s: no value; write %s=value", option, key);
        return false;
    }
    struct node *text = reading_take(r, 1, sizeof *text); /* of a text, which is no YAML */
    const struct node *node = text;
    if (text) *text = (struct node){.line = 1, .column = 1, .text = equal + 1};
    if (row->type != SETTING_TEXT) node = option_node(r, "--set", option, equal + 1);
    if (!node) return false;
    *out = (struct assign){.row = row, .at = node, .option = option};
    int code = value_parse(row, node, r->keep, &out->value, NULL, &st);
    if (code == STATUS_NO_MEMORY) r->faults->out_of_memory = 1;
    if (code)
        faults_add(r->faults, 0, 0, "--set %.100s: %.560s", option, st.text);
    else
        labels_add(r, out);
    return code == STATUS_OK;
}

void options_read(struct reading *r, const char *const *option, int num, struct assigns *run,
                  struct assigns *study)
{
    run->item = reading_take(r, num * num_settings,
                             sizeof *run->item); /* one option may be many switches */
    study->item = reading_take(r, num, sizeof *study->item);
    for (int i = 0; i < num && run->item && study->item; i++) {
        struct assign one;
        if (seeds_of_option(option[i])) continue;
        if (strcmp(option[i], "analysis=false") == 0) {
            for (int k = 0; k < num_settings; k++)
                if (is_switch(&settings_table[k]))
                    run->item[run->count++] =
                        (struct assign){.row = &settings_table[k], .option = option[i]}; /* false */
            continue;
        }
        if (!option_read(r, option[i], &one)) continue;
        struct assigns *out = one.row->scope == SCOPE_STUDY ? study : run;
        out->item[out->count++] = one;
    }
}
