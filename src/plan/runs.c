/* runs: a run's key, and a run as text: one line of JSON, a one-run grid, and back.
 * The key hashes the settings that differ from their defaults, as "key=value" lines in table order,
 * and the seed, so it depends on nothing else and a new setting changes no key; settings of what is
 * kept and analysed are left out (settings.h). Refuses to read YAML (grid.c) and JSON that
 * plan_run_json would not have written. */
#include "expr.h"
#include "base/hash.h"
#include "plan.h"
#include "runs.h"
#include "settings/value.h"

#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- text that grows ----------------------------------------------------------------------- */

static int put_value(FILE *out, const struct settings *s, const struct setting *row)
{
    char small[256], *text = small;
    int n = settings_json_value(s, row, small, sizeof small);
    if (n >= (int)sizeof small) {
        text = malloc((size_t)n + 1);
        if (!text) return -1;
        settings_json_value(s, row, text, (size_t)n + 1);
    }
    fputs(text, out);
    if (text != small) free(text);
    return 0;
}

/* Close a stream of open_memstream: its text, or NULL when anything failed. */
static char *finish_text(FILE *out, char **text, int failed)
{
    if (ferror(out)) failed = 1;
    if (fclose(out)) failed = 1;
    if (!failed) return *text;
    free(*text);
    *text = NULL;
    return NULL;
}

/* --- key ----------------------------------------------------------------------------------- */

enum { SEED_ROOM = 32 };

char *plan_key_text(const struct settings *settings, size_t *bytes)
{
    char *text = NULL;
    int failed = 0;
    struct settings defaults;
    FILE *out = open_memstream(&text, bytes);
    if (!out) return NULL;
    settings_default(&defaults);
    for (int i = 0; i < num_settings; i++) {
        if (settings_table[i].scope != SCOPE_RUN || settings_table[i].outside_key) continue;
        if (settings_is_default(settings, &defaults, &settings_table[i])) continue;
        fputs(settings_table[i].key, out);
        fputc('=', out);
        failed |= put_value(out, settings, &settings_table[i]);
        fputc('\n', out);
    }
    for (int i = 0; i < SEED_ROOM; i++) fputc(' ', out);
    if (!finish_text(out, &text, failed)) return NULL;
    *bytes -= SEED_ROOM;
    return text;
}

void plan_key_of_text(char *text, size_t bytes, int64_t seed, char key[33])
{
    int n = snprintf(text + bytes, SEED_ROOM, "seed=%" PRId64 "\n", seed);
    hash_128_hex(text, bytes + (size_t)n, key);
}

void plan_run_key(const struct settings *settings, int64_t seed, char key[33])
{
    size_t bytes;
    char *text = plan_key_text(settings, &bytes);
    memset(key, 0, 33); /* "" when memory is out */
    if (text) plan_key_of_text(text, bytes, seed, key);
    free(text);
}

/* --- JSON ---------------------------------------------------------------------------------- */

/* Length of the section in "rnn.hidden". */
static size_t section_length(const struct setting *row)
{
    return (size_t)(strchr(row->key, '.') - row->key);
}

static bool same_section(const struct setting *a, const struct setting *b)
{
    size_t n = section_length(a);
    return n == section_length(b) && strncmp(a->key, b->key, n) == 0;
}

char *plan_run_json(const struct plan *plan, int run)
{
    const struct run *r = &plan->runs[run];
    const struct cell *cell = &plan->cells[r->cell];
    const struct setting *last = NULL;
    char *text = NULL;
    size_t bytes = 0;
    int failed = 0;
    FILE *out = open_memstream(&text, &bytes);
    if (!out) return NULL;
    fprintf(out, "{\"run\":%d,\"key\":\"%s\",\"seed\":%" PRId64 ",\"block\":\"%s\"", run, r->key,
            r->seed, cell->block);
    for (int i = 0; i < num_settings; i++) {
        const struct setting *row = &settings_table[i];
        if (row->scope != SCOPE_RUN) continue;
        size_t n = section_length(row);
        if (!last || !same_section(last, row))
            fprintf(out, "%s,\"%.*s\":{", last ? "}" : "", (int)n, row->key);
        else
            fputc(',', out);
        fprintf(out, "\"%s\":", row->key + n + 1);
        failed |= put_value(out, &cell->settings, row);
        last = row;
    }
    fputs("}}", out);
    return finish_text(out, &text, failed);
}

void settings_free_matrices(struct settings *settings)
{
    if (!settings) return;
    struct matrix *owned[] = {&settings->hmm.emission_matrix, &settings->hmm.transition,
                              &settings->hmm.start};
    for (int i = 0; i < 3; i++) {
        free(owned[i]->value);
        *owned[i] = (struct matrix){0};
    }
}

/* Matrices of the pool -> malloc, so that they outlive it. */
static int own_matrices(struct settings *s, struct status *st)
{
    struct matrix *m[] = {&s->hmm.emission_matrix, &s->hmm.transition, &s->hmm.start};
    const double *from[3];
    int code = STATUS_OK;
    for (int i = 0; i < 3; i++) {
        from[i] = m[i]->value;
        m[i]->value = NULL;
    }
    for (int i = 0; i < 3 && !code; i++) {
        size_t bytes = (size_t)m[i]->rows * (size_t)m[i]->cols * sizeof(double);
        if (!from[i] || !bytes) continue;
        m[i]->value = malloc(bytes);
        if (m[i]->value)
            memcpy(m[i]->value, from[i], bytes);
        else
            code = status_no_memory(st, "a run that is read");
    }
    if (code) settings_free_matrices(s);
    return code;
}

static int parse_failed(struct status *st, const char *what, const char *key)
{
    return status_set(st, STATUS_BAD_GRID, "not a run as hmmgrid writes it: %s '%s'", what, key);
}

/* Every run setting from its section, each exactly once. */
static int parse_sections(const struct node *root, struct pool *pool, struct settings *s,
                          struct status *st)
{
    const struct setting *last = NULL;
    int found = 0, present = 0; /* sections and settings */
    for (int i = 0; i < num_settings; i++) {
        const struct setting *row = &settings_table[i];
        struct value value;
        char section[32];
        if (row->scope != SCOPE_RUN) continue;
        found += 1 + (!last || !same_section(last, row));
        last = row;
        size_t n = section_length(row);
        snprintf(section, sizeof section, "%.*s", (int)n, row->key);
        int at = node_find(root, section);
        const struct node *map = at < 0 ? NULL : root->item[at];
        at = map ? node_find(map, row->key + n + 1) : -1;
        if (at < 0) return parse_failed(st, "no value for", row->key);
        int code = value_parse(row, map->item[at], pool, &value, NULL, st);
        if (code) return code;
        value_store(s, row, &value);
    }
    for (int i = 0; i < root->count; i++)
        if (root->item[i]->kind == NODE_MAP) present += 1 + root->item[i]->count;
    return present == found ? STATUS_OK : parse_failed(st, "unknown keys in", "sections");
}

/* run, key, seed, block; the only entries of the line that are not sections. */
static int parse_head(const struct node *root, int64_t *seed, char key[33], char block[64],
                      struct status *st)
{
    static const char *const names[] = {"run", "key", "seed", "block"};
    const char *text[4];
    int scalars = 0;
    for (int i = 0; i < 4; i++) {
        int at = node_find(root, names[i]);
        const struct node *item = at < 0 ? NULL : root->item[at];
        if (!item || item->kind != NODE_SCALAR || item->quoted != (i == 1 || i == 3))
            return parse_failed(st, "no", names[i]);
        text[i] = item->text;
    }
    for (int i = 0; i < root->count; i++) scalars += root->item[i]->kind != NODE_MAP;
    if (scalars != 4) return parse_failed(st, "unknown keys beside", "run, key, seed, block");
    if (strlen(text[1]) != 32 || strspn(text[1], "0123456789abcdef") != 32)
        return parse_failed(st, "a bad key", text[1]);
    if (!*text[3] || strlen(text[3]) > 63) return parse_failed(st, "a bad block", text[3]);
    for (int i = 0; i < 3; i += 2)
        if (strspn(text[i], "0123456789") != strlen(text[i]))
            return parse_failed(st, "a bad number", text[i]);
    errno = 0;
    *seed = strtoll(text[2], NULL, 10);
    if (errno) return parse_failed(st, "a bad seed", text[2]);
    snprintf(key, 33, "%s", text[1]);
    snprintf(block, 64, "%s", text[3]);
    return STATUS_OK;
}

int plan_parse_json(const char *line, struct settings *settings, int64_t *seed, char key[33],
                    char block[64], struct status *st)
{
    struct node *root;
    char again[33];
    settings_default(settings);
    struct pool *pool = pool_new();
    if (!pool) return status_no_memory(st, "a run that is read");
    int code = node_read_json(pool, line, &root, st);
    if (!code && root->kind != NODE_MAP) code = parse_failed(st, "no object but", node_what(root));
    if (!code) code = parse_head(root, seed, key, block, st);
    if (!code) code = parse_sections(root, pool, settings, st);
    if (!code) {
        plan_run_key(settings, *seed, again);
        if (strcmp(key, again) != 0)
            code = status_set(st, STATUS_BAD_GRID,
                              "run %s: its settings give the key %s; the "
                              "line was changed, or another version wrote it",
                              key, again);
    }
    if (!code) code = own_matrices(settings, st);
    if (code) *settings = (struct settings){0};
    pool_free(pool);
    return code;
}

/* --- YAML ---------------------------------------------------------------------------------- */

char *plan_run_yaml(const struct settings *settings, int64_t seed, const char *study)
{
    char *text = NULL;
    size_t bytes = 0;
    int failed = 0;
    FILE *out = open_memstream(&text, &bytes);
    if (!out) return NULL;
    fputs("# one run, with every setting resolved\nversion: 1\nstudy: \"", out);
    for (const char *c = study; *c; c++) {
        if (*c == '"' || *c == '\\') fputc('\\', out);
        fputc((unsigned char)*c < 0x20 ? ' ' : *c, out);
    }
    fputs("\"\ngrid:\n  run:\n    set:\n", out);
    for (int i = 0; i < num_settings; i++) {
        const struct setting *row = &settings_table[i];
        struct value value = value_load(settings, row);
        bool absent = (row->type == SETTING_REAL && isnan(value.number)) ||
                      (row->type == SETTING_MATRIX && !value.matrix.rows);
        if (row->scope != SCOPE_RUN || absent) continue;
        fprintf(out, "      %s: ", row->key);
        failed |= put_value(out, settings, row);
        fputc('\n', out);
    }
    fprintf(out, "seeds: [%" PRId64 "]\n", seed);
    return finish_text(out, &text, failed);
}

/* --- where --------------------------------------------------------------------------------- */

struct where_context {
    const struct plan *plan;
    int run;
    char text[4096]; /* of a list or matrix */
};

static bool where_lookup(void *context, const char *name, struct expr_value *value)
{
    struct where_context *c = context;
    const struct run *run = &c->plan->runs[c->run];
    const struct cell *cell = &c->plan->cells[run->cell];
    *value = (struct expr_value){.number = NAN};
    if (strcmp(name, "seed") == 0)
        value->number = (double)run->seed;
    else if (strcmp(name, "run") == 0)
        value->number = c->run;
    else if (strcmp(name, "block") == 0)
        value->text = cell->block;
    else if (strcmp(name, "key") == 0)
        value->text = run->key;
    else {
        const struct setting *row = settings_find_column(name);
        if (!row) return false;
        const struct settings *s =
            row->scope == SCOPE_STUDY ? &c->plan->study_settings : &cell->settings;
        value->number = settings_number(s, row);
        value->text = settings_name(s, row);
        if (row->type == SETTING_BOOL) value->text = value->number != 0 ? "true" : "false";
        bool is_text = row->type == SETTING_REAL_LIST || row->type == SETTING_MATRIX;
        if (is_text && isnan(value->number)) {
            settings_json_value(s, row, c->text, sizeof c->text);
            value->text = c->text;
        }
    }
    return true;
}

int plan_where(struct plan *plan, const char *text, struct status *st)
{
    struct expr *expr = NULL;
    struct where_context context = {.plan = plan};
    bool *keep = calloc((size_t)plan->num_runs + 1, sizeof *keep);
    int code = keep ? expr_parse(&expr, text, st) : status_no_memory(st, "--where");
    for (int i = 0; i < plan->num_runs && !code; i++) {
        context.run = i;
        code = expr_eval(expr, where_lookup, &context, &keep[i], st);
    }
    if (!code) {
        int kept = 0;
        for (int i = 0; i < plan->num_runs; i++)
            if (keep[i]) plan->runs[kept++] = plan->runs[i];
        plan->num_runs = kept;
    }
    expr_free(expr);
    free(keep);
    return code;
}

int plan_check_trainable(const struct plan *plan, struct status *st)
{
    for (int c = 0; c < plan->num_cells; c++)
        if (plan->cells[c].settings.hmm.architecture == UNKNOWN_HMM)
            return status_set(st, STATUS_BAD_GRID,
                              "%s:%d:1: hmm.architecture: unknown is for networks "
                              "trained elsewhere (hmmgrid analyse); name the HMM to train on",
                              plan->file, plan->cells[c].line);
    return STATUS_OK;
}

void plan_free(struct plan *plan)
{
    if (!plan) return;
    pool_free(plan->memory);
    *plan = (struct plan){0};
}
