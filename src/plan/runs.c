/* runs: a run as text: one line of JSON, a one-run grid, and back. Refuses to read YAML (grid.c)
 * and JSON that no version's plan_run_json would have written. */
#include "choose.h"
#include "names.h"
#include "base/json.h"
#include "base/sheet.h"
#include "base/text.h"
#include "plan.h"
#include "settings/value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- JSON ---------------------------------------------------------------------------------- */

/* Length of the section in "rnn.hidden"; 0: no section. */
static size_t section_length(const char *key)
{
    size_t n = strcspn(key, ".=");
    return key[n] == '.' ? n : 0;
}

static bool same_section(const char *a, const char *b)
{
    size_t n = section_length(a);
    return n == section_length(b) && strncmp(a, b, n) == 0;
}

static bool is_known_section(const char *key)
{
    for (int i = 0; i < num_settings; i++)
        if (settings_table[i].scope == SCOPE_RUN && same_section(settings_table[i].key, key))
            return true;
    return false;
}

static const char *next_line(const char *line)
{
    line += strcspn(line, "\n");
    return *line ? line + 1 : line;
}

/* A line "section.name=JSON" as an entry of the section. */
static void put_unknown(struct json *json, const char *line)
{
    char name[64];
    line += section_length(line) + (section_length(line) > 0);
    int n = (int)strcspn(line, "=");
    snprintf(name, sizeof name, "%.*s", n, line);
    json_value(json, name, line + n + 1);
}

static void open_section(struct json *json, const char *key)
{
    char section[64];
    snprintf(section, sizeof section, "%.*s", (int)section_length(key), key);
    json_open(json, section, '{');
}

/* Close the section of `key`, a known one, behind what of `unknown` belongs into it. */
static void close_section(struct json *json, const char *unknown, const char *key)
{
    for (const char *line = unknown; line && *line; line = next_line(line))
        if (same_section(line, key)) put_unknown(json, line);
    json_close(json);
}

/* The sections of `unknown` that this version has not. */
static void put_unknown_sections(struct json *json, const char *unknown)
{
    const char *last = NULL; /* of the open section */
    for (const char *line = unknown; line && *line; line = next_line(line)) {
        size_t n = section_length(line);
        if (n && is_known_section(line)) continue;
        if (last && (!n || !same_section(last, line))) {
            json_close(json);
            last = NULL;
        }
        if (n && !last) open_section(json, last = line);
        put_unknown(json, line);
    }
    if (last) json_close(json);
}

char *plan_run_json(const struct plan *plan, int run)
{
    const struct run *r = &plan->runs[run];
    const struct cell *cell = &plan->cells[r->cell];
    const char *last = NULL;
    struct sheet sheet;
    struct json json = {.out = sheet_open(&sheet)};
    if (!json.out) return NULL;
    json_open(&json, NULL, '{');
    json_integer(&json, "run", run);
    json_text(&json, "key", r->key);
    json_integer(&json, "seed", r->seed);
    json_text(&json, "block", cell->block);
    for (int i = 0; i < num_settings; i++) {
        const struct setting *row = &settings_table[i];
        if (row->scope != SCOPE_RUN) continue;
        if (!last || !same_section(last, row->key)) {
            if (last) close_section(&json, r->unknown, last);
            open_section(&json, row->key);
        }
        last = row->key;
        json_key(&json, row->key + section_length(row->key) + 1);
        settings_put_named_json(json.out, &cell->settings, row);
    }
    close_section(&json, r->unknown, last);
    put_unknown_sections(&json, r->unknown);
    json_close(&json);
    return sheet_close(&sheet, json.out, true, NULL);
}

void decoded_run_free(struct decoded_run *run)
{
    if (!run) return;
    for (int i = 0; i < num_settings; i++)
        if (value_takes_matrix(&settings_table[i]))
            free(value_load(&run->settings, &settings_table[i]).matrix.value);
    free(run->unknown);
    *run = (struct decoded_run){0};
}

/* Matrices of the pool -> malloc, so that they outlive it. */
static int own_matrices(struct settings *s, struct status *st)
{
    bool all = true;
    for (int i = 0; i < num_settings; i++) {
        if (!value_takes_matrix(&settings_table[i])) continue;
        struct value value = value_load(s, &settings_table[i]);
        struct matrix *m = &value.matrix;
        size_t bytes = (size_t)m->rows * (size_t)m->cols * sizeof(double);
        double *own = bytes ? malloc(bytes) : NULL;
        if (own) memcpy(own, m->value, bytes);
        all = all && (own || !bytes);
        m->value = own;
        value_store(s, &settings_table[i], &value);
    }
    return all ? STATUS_OK : status_no_memory(st, "a run that is read");
}

static int parse_failed(struct status *st, const char *what, const char *key)
{
    return status_set(st, STATUS_BAD_GRID, "not a run as hmmgrid writes it: %s '%s'", what, key);
}

/* Every setting that the line names. One that it does not name was not there when the line was
 * written: its default is what the run was made with, and auto is filled in as in a grid (where
 * that cannot be, by rules that came later, the settings stay as the line has them). */
static int parse_known(const struct node *root, struct pool *pool, struct settings *s,
                       struct status *st)
{
    bool complete = true;
    for (int i = 0; i < num_settings; i++) {
        const struct setting *row = &settings_table[i];
        struct value value;
        char section[32];
        if (row->scope != SCOPE_RUN) continue;
        size_t n = section_length(row->key);
        snprintf(section, sizeof section, "%.*s", (int)n, row->key);
        int at = node_find(root, section);
        const struct node *map = at < 0 ? NULL : root->item[at];
        if (map && map->kind != NODE_MAP)
            return parse_failed(st, "no section but a value", section);
        at = map ? node_find(map, row->key + n + 1) : -1;
        complete = complete && at >= 0;
        if (at < 0) continue;
        int code = value_parse(row, map->item[at], pool, &value, NULL, st);
        if (code) return code;
        value_store(s, row, &value);
    }
    struct settings resolved = *s;
    if (!complete && settings_resolve(&resolved, NULL, NULL) == STATUS_OK) *s = resolved;
    return STATUS_OK;
}

static void put_node(struct json *json, const char *key, const struct node *node)
{
    if (node->kind == NODE_SCALAR) {
        (node->quoted ? json_text : json_value)(json, key, node->text);
        return;
    }
    json_open(json, key, node->kind == NODE_MAP ? '{' : '[');
    for (int i = 0; i < node->count; i++)
        put_node(json, node->kind == NODE_MAP ? node->key[i]->text : NULL, node->item[i]);
    json_close(json);
}

static const char *const head_name[] = {"run", "key", "seed", "block"};
enum { NUM_HEAD = 4 };

/* Of a setting or a section, as every version writes them. */
static bool is_name(const char *text)
{
    size_t n = strspn(text, "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_-");
    return n > 0 && n < 64 && !text[n];
}

/* One line of `unknown`, unless this version knows the setting. section: "" or "rnn." */
static int keep_unknown(FILE *out, const char *section, const char *name, const struct node *item,
                        struct status *st)
{
    char key[128];
    if (!is_name(name)) return parse_failed(st, "no name of a setting but", name);
    snprintf(key, sizeof key, "%s%s", section, name);
    const struct setting *row = *section ? settings_find(key) : NULL;
    if (row && row->scope == SCOPE_RUN) return STATUS_OK;
    fprintf(out, "%s=", key);
    put_node(&(struct json){.out = out}, NULL, item);
    fputc('\n', out);
    return STATUS_OK;
}

/* What the line says besides its head and known settings; *unknown stays NULL when that is nothing.
 */
static int parse_unknown(const struct node *root, char **unknown, struct status *st)
{
    char section[80];
    size_t bytes = 0;
    int code = STATUS_OK;
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    if (!out) return status_no_memory(st, "a run that is read");
    for (int i = 0; i < root->count && !code; i++) {
        const struct node *item = root->item[i];
        const char *name = root->key[i]->text;
        if (text_index(head_name, NUM_HEAD, name) >= 0) continue;
        if (item->kind != NODE_MAP) code = keep_unknown(out, "", name, item, st);
        if (!is_name(name)) code = parse_failed(st, "no name of a section but", name);
        snprintf(section, sizeof section, "%.63s.", name);
        for (int k = 0; item->kind == NODE_MAP && k < item->count && !code; k++)
            code = keep_unknown(out, section, item->key[k]->text, item->item[k], st);
    }
    *unknown = sheet_close(&sheet, out, !code, &bytes);
    if (!*unknown) return code ? code : status_no_memory(st, "a run that is read");
    if (!bytes) {
        free(*unknown);
        *unknown = NULL;
    }
    return STATUS_OK;
}

/* run, key, seed, block. */
static int parse_head(const struct node *root, struct decoded_run *run, struct status *st)
{
    const char *text[NUM_HEAD];
    for (int i = 0; i < NUM_HEAD; i++) {
        int at = node_find(root, head_name[i]);
        const struct node *item = at < 0 ? NULL : root->item[at];
        if (!item || item->kind != NODE_SCALAR || item->quoted != (i == 1 || i == 3))
            return parse_failed(st, "no", head_name[i]);
        text[i] = item->text;
    }
    if (strlen(text[1]) != 32 || strspn(text[1], "0123456789abcdef") != 32)
        return parse_failed(st, "a bad key", text[1]);
    if (!*text[3] || strlen(text[3]) > 63) return parse_failed(st, "a bad block", text[3]);
    for (int i = 0; i < 3; i += 2)
        if (strspn(text[i], "0123456789") != strlen(text[i]))
            return parse_failed(st, "a bad number", text[i]);
    errno = 0;
    run->seed = strtoll(text[2], NULL, 10);
    if (errno) return parse_failed(st, "a bad seed", text[2]);
    snprintf(run->key, sizeof run->key, "%s", text[1]);
    snprintf(run->block, sizeof run->block, "%s", text[3]);
    return STATUS_OK;
}

/* A newer version hashes only what differs from its default, so a run whose unknown settings are at
 * their defaults has the key that it would have here, and is the same run; any other has a key that
 * no grid of this version makes, and is in none of them. */
int plan_check_key(const struct decoded_run *run, struct status *st)
{
    char again[33];
    settings_run_key(&run->settings, run->seed, again);
    if (run->unknown || strcmp(run->key, again) == 0) return STATUS_OK;
    if (!*again) return status_no_memory(st, "a run that is read");
    return status_set(st, STATUS_BAD_GRID,
                      "run %s: its settings give the key %s; the line was changed, or another "
                      "version wrote it",
                      run->key, again);
}

int plan_parse_json(const char *line, struct decoded_run *run, struct status *st)
{
    struct node *root;
    *run = (struct decoded_run){0};
    struct pool *pool = pool_new();
    if (!pool) return status_no_memory(st, "a run that is read");
    int code = json_read(pool, line, &root, st);
    if (!code && root->kind != NODE_MAP) code = parse_failed(st, "no object but", node_what(root));
    if (!code) code = parse_head(root, run, st);
    struct settings s;
    settings_default(&s);
    if (!code) code = parse_known(root, pool, &s, st);
    if (!code) run->settings = s;
    if (!code) code = parse_unknown(root, &run->unknown, st);
    if (!code)
        code = own_matrices(&run->settings, st);
    else
        run->settings = (struct settings){0}; /* its matrices are the pool's */
    if (code) decoded_run_free(run);
    pool_free(pool);
    return code;
}

/* --- where --------------------------------------------------------------------------------- */

static int where_lookup(void *context, int i, const char *name, struct expr_value *value,
                        struct status *st)
{
    const struct plan *plan = context;
    const struct run *run = &plan->runs[i];
    const struct cell *cell = &plan->cells[run->cell];
    struct named_run named = {.settings = &cell->settings,
                              .study = &plan->study_settings,
                              .run = i,
                              .seed = run->seed,
                              .key = run->key,
                              .block = cell->block};
    return names_value(&named, name, value, st);
}

int plan_where(struct plan *plan, const char *text, struct status *st)
{
    bool *keep = calloc((size_t)plan->num_runs + 1, sizeof *keep);
    int kept = 0, code = keep ? STATUS_OK : status_no_memory(st, "--where");
    if (!code) code = choose_runs(text, where_lookup, plan, plan->num_runs, keep, &kept, st);
    if (!code) {
        kept = 0;
        for (int i = 0; i < plan->num_runs; i++)
            if (keep[i]) plan->runs[kept++] = plan->runs[i];
        plan->num_runs = kept;
    }
    free(keep);
    return code;
}

void plan_count(const struct plan *plan, int chosen, const char *by, char text[PLAN_COUNT_BYTES])
{
    int *cell = calloc((size_t)plan->num_runs + 1, sizeof *cell);
    for (int i = 0; i < plan->num_runs && cell; i++) cell[i] = plan->runs[i].cell;
    names_count(cell, plan->num_runs, plan->num_cells, text);
    free(cell);
    size_t n = strlen(text);
    if (chosen < plan->num_runs)
        snprintf(text + n, PLAN_COUNT_BYTES - n, ", %d chosen by %s", chosen, by);
}

char *plan_tell(const struct plan *plan, int run)
{
    const struct run *r = &plan->runs[run];
    return names_tell(&plan->cells[r->cell].settings, r->seed, plan->tells);
}

void plan_free(struct plan *plan)
{
    if (!plan) return;
    pool_free(plan->memory);
    *plan = (struct plan){0};
}
