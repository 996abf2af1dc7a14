/* compose: a grid written for settings that are known: of one run, or of all cells of a plan. Every
 * setting is spelt out, so that a later version with other defaults makes the same runs of it.
 * Refuses to be short. */
#include "base/hash.h"
#include "base/json.h"
#include "base/sheet.h"
#include "plan.h"
#include "settings/value.h"

#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Is it no setting of a run, or has it no value that could be written? */
static bool is_left_out(const struct settings *settings, const struct setting *row)
{
    struct value value = value_load(settings, row);
    return row->scope != SCOPE_RUN || (row->type == SETTING_REAL && isnan(value.number)) ||
           (row->type == SETTING_MATRIX && !value.matrix.rows) ||
           (settings->hmm.architecture == UNKNOWN_HMM &&
            strcmp(row->key, "hmm.states") == 0); /* of what is not known */
}

static void put_head(FILE *out, const char *what, const char *study)
{
    fprintf(out, "# %s, with every setting resolved\nversion: 1\nstudy: ", what);
    json_put_text(out, study);
    fputc('\n', out);
}

char *plan_run_yaml(const struct settings *settings, int64_t seed, const char *study)
{
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    if (!out) return NULL;
    put_head(out, "one run", study);
    fputs("grid:\n  run:\n    set:\n", out);
    for (int i = 0; i < num_settings; i++) {
        const struct setting *row = &settings_table[i];
        if (is_left_out(settings, row)) continue;
        fprintf(out, "      %s: ", row->key);
        settings_put_named_json(out, settings, row);
        fputc('\n', out);
    }
    fprintf(out, "seeds: [%" PRId64 "]\n", seed);
    return sheet_close(&sheet, out, true, NULL);
}

/* --- a plan --------------------------------------------------------------------------------- */

/* Cells that stand in one block of the grid: settings that differ go together in its zip. */
struct part {
    int first, num; /* cells */
    const char *name;
};

/* The runs of a cell follow each other: the first one, and how many. */
static int runs_of(const struct plan *plan, int from, int cell)
{
    int n = 0;
    while (from + n < plan->num_runs && plan->runs[from + n].cell == cell) n++;
    return n;
}

/* Can a cell stand in the block of the one before it? at: first run of each. */
static bool goes_on(const struct plan *plan, int cell, int at_before, int at)
{
    const struct cell *a = &plan->cells[cell - 1], *b = &plan->cells[cell];
    int n = runs_of(plan, at, cell);
    bool same = strcmp(a->block, b->block) == 0 && n == runs_of(plan, at_before, cell - 1);
    for (int i = 0; i < n && same; i++)
        same = plan->runs[at + i].seed == plan->runs[at_before + i].seed;
    for (int i = 0; i < num_settings && same; i++)
        same = is_left_out(&a->settings, &settings_table[i]) ==
               is_left_out(&b->settings, &settings_table[i]);
    return same;
}

static bool is_constant(const struct plan *plan, const struct part *part, const struct setting *row)
{
    const struct settings *first = &plan->cells[part->first].settings;
    for (int c = part->first + 1; c < part->first + part->num; c++)
        if (!settings_equal(first, &plan->cells[c].settings, row)) return false;
    return true;
}

/* Where a setting of a part stands. */
enum place { IN_DEFAULTS, IN_SET, IN_ZIP };

static enum place place_of(const struct plan *plan, const struct part *part,
                           const struct setting *row)
{
    const struct part whole = {.num = plan->num_cells};
    return is_constant(plan, &whole, row) ? IN_DEFAULTS
           : is_constant(plan, part, row) ? IN_SET
                                          : IN_ZIP;
}

static void put_settings(FILE *out, const struct plan *plan, const struct part *part,
                         enum place place)
{
    static const char *const head[] = {"defaults:\n", "    set:\n", "    zip:\n"};
    const struct cell *cell = &plan->cells[part->first];
    bool any = false;
    for (int i = 0; i < num_settings; i++) {
        const struct setting *row = &settings_table[i];
        if (is_left_out(&cell->settings, row) || place_of(plan, part, row) != place) continue;
        if (!any) fputs(head[place], out);
        any = true;
        fprintf(out, "%s  %s: %s", place ? "    " : "", row->key, place == IN_ZIP ? "[" : "");
        for (int c = 0; c < (place == IN_ZIP ? part->num : 1); c++) {
            if (c) fputs(", ", out);
            settings_put_named_json(out, &cell[c].settings, row);
        }
        fputs(place == IN_ZIP ? "]\n" : "\n", out);
    }
}

static void put_seeds(FILE *out, const struct run *run, int num)
{
    fputs("    seeds: [", out);
    for (int i = 0, n; i < num; i += n) {
        for (n = 1; i + n < num && run[i + n].seed == run[i].seed + n; n++) {
        }
        fprintf(out, "%s%" PRId64, i ? ", " : "", run[i].seed);
        if (n > 1) fprintf(out, "-%" PRId64, run[i + n - 1].seed);
    }
    fputs("]\n", out);
}

/* A name that no part before this one has. NULL: memory is out. */
static const char *name_part(struct plan *plan, const struct part *part, int num, const char *block)
{
    enum { MAX_NAME = 31 };
    char name[2 * MAX_NAME];
    bool taken = true;
    for (int k = 1; taken; k++) {
        char suffix[16] = "";
        if (k > 1) snprintf(suffix, sizeof suffix, ".%d", k);
        snprintf(name, sizeof name, "%.*s%s", MAX_NAME - (int)strlen(suffix), block, suffix);
        taken = false;
        for (int i = 0; i < num && !taken; i++) taken = strcmp(part[i].name, name) == 0;
    }
    return pool_text(plan->memory, name, strlen(name));
}

static bool put_parts(FILE *out, struct plan *plan, struct part *part)
{
    int num = 0;
    for (int cell = 0, at = 0, n = 0; cell < plan->num_cells; cell++, at += n) {
        struct part *p = &part[num];
        n = runs_of(plan, at, cell);
        *p = (struct part){.first = cell, .num = 1};
        while (cell + 1 < plan->num_cells && goes_on(plan, cell + 1, at, at + n)) {
            p->num++;
            cell++;
            at += n;
        }
        p->name = name_part(plan, part, num++, plan->cells[cell].block);
        if (!p->name) return false;
        for (int c = p->first; c <= cell; c++) plan->cells[c].block = p->name;
        fprintf(out, "  %s:\n", p->name);
        put_settings(out, plan, p, IN_SET);
        put_settings(out, plan, p, IN_ZIP);
        put_seeds(out, &plan->runs[at], n);
    }
    return true;
}

int plan_compose(struct plan *plan, struct status *st)
{
    struct sheet sheet;
    size_t bytes = 0;
    FILE *out = sheet_open(&sheet);
    struct part *part = calloc((size_t)plan->num_cells + 1, sizeof *part);
    bool made = out && part;
    if (made) {
        put_head(out, "all runs", plan->study);
        put_settings(out, plan, &(struct part){.num = plan->num_cells}, IN_DEFAULTS);
        fputs("grid:\n", out);
        made = put_parts(out, plan, part);
    }
    char *text = out ? sheet_close(&sheet, out, made, &bytes) : NULL;
    const char *kept = text ? pool_text(plan->memory, text, bytes) : NULL;
    free(text);
    free(part);
    if (!kept) return status_no_memory(st, "the grid");
    plan->source = kept;
    plan->source_bytes = bytes;
    hash_sha256_hex(kept, bytes, plan->grid_sha256);
    return STATUS_OK;
}
