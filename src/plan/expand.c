/* expand: struct grid -> struct plan: every block's zip rows times its product (last key fastest),
 * without the excluded ones, then the includes; each then overridden, given the --set options,
 * resolved, and merged with an earlier equal cell. Pure: every rank gets the same plan.
 * Refuses grids of more than MAX_RUNS runs before it allocates for them. */
#include "draft.h"
#include "effects.h"
#include "names.h"
#include "base/file.h"
#include "base/hash.h"
#include "base/sheet.h"
#include "plan.h"
#include "settings/key.h"
#include "yaml.h"

#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct expansion {
    struct reading *r;
    struct grid *grid;
    struct assigns options; /* --set */
    struct plan *plan;
    char (*cell_key)[33];       /* (cells) key with seed 0 */
    const struct seeds **seeds; /* (cells) */
    int *slot;                  /* open addressing: cell + 1, 0 = free */
    size_t num_slots;
};

/* A fault where `origin` stands, at the block when it is NULL. */
static void report(struct expansion *e, const struct assign *origin, const struct node *block,
                   const char *text)
{
    const struct node *at = origin ? origin->at : block;
    if (origin && origin->option)
        faults_add(e->r->faults, 0, 0, "--set %.100s: %.560s", origin->option, text);
    else
        faults_add(e->r->faults, at->line, at->column, "%.680s", text);
}

/* Index of the slot of this key, or of the free one where it belongs. */
static size_t find_slot(const struct expansion *e, const char key[33])
{
    size_t at = (size_t)strtoull(key + 16, NULL, 16) & (e->num_slots - 1);
    while (e->slot[at] && strcmp(e->cell_key[e->slot[at] - 1], key) != 0)
        at = (at + 1) & (e->num_slots - 1);
    return at;
}

/* A network is trained once, so what is kept and analysed of it can be asked in one way only. */
static void refuse_disagreement(struct expansion *e, const struct draft *draft,
                                const struct cell *cell, const struct node *at)
{
    const struct setting *row = settings_differing(&draft->settings, &cell->settings);
    char text[160];
    if (!row) return;
    snprintf(text, sizeof text,
             "the same networks as those of line %d, which differ in %s only; a network is trained "
             "once: set it alike in both places",
             cell->line, row->key);
    report(e, draft_origin(draft, row->key), at, text);
}

/* Its runs are asked for in one place. */
static void refuse_seeds(struct expansion *e, const struct seeds *seeds, int cell,
                         const struct node *at)
{
    const struct seeds *other = e->seeds[cell];
    size_t bytes = (size_t)seeds->count * sizeof *seeds->seed;
    char text[160];
    if (seeds->count == other->count && memcmp(seeds->seed, other->seed, bytes) == 0) return;
    snprintf(text, sizeof text,
             "the same cell as that of line %d, with other seeds; give it all its seeds in one "
             "block",
             e->plan->cells[cell].line);
    report(e, NULL, at, text);
}

static void add_cell(struct expansion *e, const struct draft *draft, const char *block,
                     const struct seeds *seeds, const struct node *where)
{
    struct plan *plan = e->plan;
    char key[33];
    settings_run_key(&draft->settings, 0, key);
    if (!*key) {
        e->r->faults->out_of_memory = 1;
        return;
    }
    size_t at = find_slot(e, key);
    if (e->slot[at]) {
        plan->num_duplicates++;
        refuse_disagreement(e, draft, &plan->cells[e->slot[at] - 1], where);
        refuse_seeds(e, seeds, e->slot[at] - 1, where);
        return;
    }
    memcpy(e->cell_key[plan->num_cells], key, sizeof key);
    e->seeds[plan->num_cells] = seeds;
    plan->cells[plan->num_cells++] =
        (struct cell){.settings = draft->settings, .block = block, .line = where->line};
    e->slot[at] = plan->num_cells;
}

/* Which overrides set something that none behind them sets again. */
static void note_lasting(struct grid *grid, const struct draft *draft)
{
    for (int i = 0; i < grid->num_overrides; i++) {
        struct override *override = &grid->override[i];
        for (int k = 0; k < override->set.count && !override->lasted; k++) {
            const struct assign *set = &override->set.item[k];
            override->lasted = draft->origin[setting_index(set->row)] == set;
        }
    }
}

static void note_reseed(struct grid *grid, const struct draft *draft)
{
    if (draft->settings.reseed.max == 0) return;
    if (isnan(draft->settings.accept.max_excess_loss))
        grid->reseed = draft_origin(draft, "reseed.max");
    else
        grid->is_reseeded = true;
}

/* Overrides, --set, resolve, merge. */
static void finish_cell(struct expansion *e, struct draft *draft, const char *block,
                        const struct seeds *seeds, const struct node *at)
{
    struct status st = {0};
    const char *key = NULL;
    struct settings view;
    bool elsewhere = !e->r->faults->file; /* a program's grid, of a network that it was given */
    for (int i = 0; i < e->grid->num_overrides; i++) {
        struct override *override = &e->grid->override[i];
        if (i == 0) view = draft_view(draft);
        if (!matches_hold(&override->when, &view)) continue;
        struct settings before = view;
        draft_set_all(draft, &override->set);
        view = draft_view(draft);
        for (int k = 0; k < override->set.count && !override->changed; k++)
            override->changed = !settings_equal(&before, &view, override->set.item[k].row);
    }
    note_lasting(e->grid, draft);
    const struct draft before = *draft;
    draft_set_all(draft, &e->options);
    note_reseed(e->grid, draft);
    if (!draft_resolve(draft, elsewhere, &key, &st)) {
        add_cell(e, draft, block, seeds, at);
        return;
    }
    const struct assign *option = draft_option_at_fault(&before, &e->options, elsewhere);
    const struct assign *origin = draft_origin(draft, key);
    report(e, option && !(origin && origin->option) ? option : origin, at, st.text);
}

static bool is_excluded(const struct expansion *e, const struct draft *draft)
{
    if (!e->grid->num_excludes) return false;
    struct settings view = draft_view(draft);
    bool any = false; /* all are asked, so that each is known to hold somewhere or nowhere */
    for (int i = 0; i < e->grid->num_excludes; i++)
        any = matches_hold(&e->grid->exclude[i], &view) || any;
    return any;
}

static struct draft new_draft(const struct expansion *e, const struct block *block)
{
    struct draft draft = {0};
    settings_default(&draft.settings);
    draft_set_all(&draft, &e->grid->defaults);
    if (block) draft_set_all(&draft, &block->set);
    return draft;
}

static void expand_block(struct expansion *e, struct block *block)
{
    const struct axes *zip = &block->zip, *product = &block->product;
    const struct draft base = new_draft(e, block);
    int rows = zip->count ? zip->item[0].count : 1;
    int combinations = 1, before = e->plan->num_cells;
    for (int i = 0; i < product->count; i++) combinations *= product->item[i].count;
    for (int row = 0; row < rows; row++)
        for (int n = 0; n < combinations && !e->r->faults->dropped; n++) {
            struct draft draft = base;
            for (int i = 0; i < zip->count; i++) draft_set(&draft, &zip->item[i].value[row]);
            for (int i = product->count - 1, rest = n; i >= 0; i--) { /* last key fastest */
                draft_set(&draft, &product->item[i].value[rest % product->item[i].count]);
                rest /= product->item[i].count;
            }
            if (is_excluded(e, &draft)) continue;
            finish_cell(e, &draft, block->name, grid_seeds(e->grid, block), block->at);
            block->num_left++;
        }
    block->num_added = e->plan->num_cells - before;
}

static void expand_includes(struct expansion *e)
{
    for (int i = 0; i < e->grid->num_includes; i++) {
        struct include *include = &e->grid->include[i];
        int before = e->plan->num_cells;
        struct draft draft = new_draft(e, include->from);
        draft_set_all(&draft, &include->set);
        finish_cell(e, &draft, include->name, grid_seeds(e->grid, include->from), include->at);
        include->num_added = e->plan->num_cells - before;
    }
}

static const struct settings *settings_of_cell(void *cells, int c)
{
    return &((const struct cell *)cells)[c].settings;
}

/* Runs of all cells, and which settings vary. */
static void number_runs(struct expansion *e)
{
    struct plan *plan = e->plan;
    size_t num_runs = 0;
    for (int c = 0; c < plan->num_cells; c++) num_runs += (size_t)e->seeds[c]->count;
    plan->runs = pool_take(e->r->keep, num_runs, sizeof *plan->runs);
    plan->varies = pool_take(e->r->keep, (size_t)num_settings, sizeof *plan->varies);
    plan->tells = pool_take(e->r->keep, (size_t)num_settings, sizeof *plan->tells);
    if (!plan->runs || !plan->varies || !plan->tells) {
        e->r->faults->out_of_memory = 1;
        return;
    }
    for (int c = 0; c < plan->num_cells; c++) {
        const struct settings *s = &plan->cells[c].settings;
        size_t bytes;
        char *text = settings_key_text(s, &bytes);
        if (!text) {
            e->r->faults->out_of_memory = 1;
            return;
        }
        for (int i = 0; i < e->seeds[c]->count; i++) {
            struct run *run = &plan->runs[plan->num_runs++];
            *run = (struct run){.cell = c, .seed = e->seeds[c]->seed[i]};
            settings_key_of_text(text, bytes, run->seed, run->key);
        }
        free(text);
        for (int i = 0; i < num_settings; i++)
            if (settings_table[i].scope == SCOPE_RUN && !plan->varies[i])
                plan->varies[i] = !settings_equal(&plan->cells[0].settings, s, &settings_table[i]);
    }
    names_telling(settings_of_cell, plan->cells, plan->num_cells, plan->tells);
}

/* What did nothing, as plan->warnings. */
static void keep_warnings(struct expansion *e)
{
    struct status st = {0};
    struct faults *warnings = reading_take(e->r, 1, sizeof *warnings);
    if (!warnings) return;
    warnings->file = e->r->faults->file;
    effects_warn(e->grid, e->options.count > 0, warnings);
    if (!faults_status(warnings, &st)) return;
    e->plan->warnings = pool_text(e->r->keep, st.text, strlen(st.text));
    if (!e->plan->warnings) e->r->faults->out_of_memory = 1;
}

static void expand(struct expansion *e)
{
    struct grid *grid = e->grid;
    long entries = grid_num_entries(e->r, grid);
    if (entries < 0) return;
    for (e->num_slots = 64; e->num_slots < 2 * (size_t)entries; e->num_slots *= 2) {
    }
    e->plan->cells = pool_take(e->r->keep, (size_t)entries, sizeof *e->plan->cells);
    e->cell_key = pool_take(e->r->tree, (size_t)entries, sizeof *e->cell_key);
    e->slot = pool_take(e->r->tree, e->num_slots, sizeof *e->slot);
    e->seeds = pool_take(e->r->tree, (size_t)entries, sizeof *e->seeds);
    if (!e->plan->cells || !e->cell_key || !e->slot || !e->seeds) {
        e->r->faults->out_of_memory = 1;
        return;
    }
    for (int i = 0; i < grid->num_blocks; i++) expand_block(e, &grid->block[i]);
    expand_includes(e);
    if (e->r->faults->count || e->r->faults->out_of_memory) return;
    if (!e->plan->num_cells) {
        faults_add(e->r->faults, 1, 1, "no run is left: exclude takes every cell; loosen it");
        return;
    }
    number_runs(e);
    keep_warnings(e);
}

/* SHA-256 of the text and of each option behind a NUL. */
static bool fingerprint(struct plan *plan, const char *const *sets, int num_sets)
{
    size_t bytes;
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    if (!out) return false;
    fwrite(plan->source, 1, plan->source_bytes, out);
    for (int i = 0; i < num_sets; i++) {
        fputc('\0', out);
        fputs(sets[i], out);
    }
    char *whole = sheet_close(&sheet, out, true, &bytes);
    if (whole) hash_sha256_hex(whole, bytes, plan->grid_sha256);
    free(whole);
    return whole != NULL;
}

static void read_and_expand(struct reading *r, struct plan *plan, const char *text, size_t bytes,
                            const char *const *sets, int num_sets)
{
    struct grid grid;
    struct node *root;
    struct assigns study = {0};
    struct expansion e = {.r = r, .grid = &grid, .plan = plan};
    options_read(r, sets, num_sets, &e.options, &study);
    yaml_read(r->tree, text, bytes, &root, r->faults);
    if (!root && !r->faults->count)
        faults_add(r->faults, 1, 1, "the grid is empty; `version: 1` comes first");
    if (!root || r->faults->out_of_memory) return;
    grid_read(r, root, &grid);
    for (int i = 0; i < num_sets; i++) {
        if (!seeds_of_option(sets[i])) continue;
        seeds_read_option(r, seeds_of_option(sets[i]), &grid.seeds);
        for (int b = 0; b < grid.num_blocks; b++) grid.block[b].seeds.count = 0;
    }
    if (r->faults->count || r->faults->out_of_memory) return;
    plan->study = grid.study;
    plan->description = grid.description;
    settings_default(&plan->study_settings);
    struct draft draft = {.settings = plan->study_settings};
    draft_set_all(&draft, &grid.study_settings);
    draft_set_all(&draft, &study);
    plan->study_settings = draft.settings;
    expand(&e);
}

int plan_read(struct plan *plan, const char *file, const char *text, size_t bytes,
              const char *const *sets, int num_sets, struct status *st)
{
    *plan = (struct plan){0};
    struct faults *faults = calloc(1, sizeof *faults);
    struct reading r = {.faults = faults, .tree = pool_new(), .keep = pool_new()};
    int code;
    if (!faults || !r.tree || !r.keep) {
        code = status_no_memory(st, "the grid %s", file ? file : "");
        goto cleanup;
    }
    faults->file = file;
    plan->file = pool_text(r.keep, file ? file : "", file ? strlen(file) : 0);
    plan->source_bytes = bytes;
    if (bytes <= MAX_GRID_BYTES) plan->source = pool_text(r.keep, text, bytes);
    read_and_expand(&r, plan, text, bytes, sets, num_sets);
    if (!faults->count && (!plan->file || !plan->source || !fingerprint(plan, sets, num_sets)))
        faults->out_of_memory = 1;
    code = faults_status(faults, st);
cleanup:
    if (code) {
        *plan = (struct plan){0};
        pool_free(r.keep);
    } else {
        plan->memory = r.keep;
    }
    pool_free(r.tree);
    free(faults);
    return code;
}

int plan_load_text(const char *file, char **text, size_t *bytes, struct status *st)
{
    size_t n = 0;
    char *buf = malloc(MAX_GRID_BYTES + 1);
    *text = NULL;
    *bytes = 0;
    if (!buf) return status_no_memory(st, "%s", file);
    int code = STATUS_OK, error = file_read_text(file, buf, MAX_GRID_BYTES + 1, &n);
    if (error == ETIMEDOUT)
        code = status_set(st, STATUS_NO_INPUT,
                          "%s: cannot read the grid: nothing came out of this pipe for %d s; write "
                          "the grid into a file first, or give `-` and pipe it in",
                          file, SILENCE_S);
    else if (error)
        code = status_set(st, STATUS_NO_INPUT, "%s: cannot %s the grid: %s", file,
                          error == ENOENT ? "open" : "read", strerror(error));
    else if (n >= 4 && memcmp(buf, "\x89HDF", 4) == 0)
        code = status_set(st, STATUS_BAD_GRID,
                          "%s: an HDF5 file, not a grid; `hmmgrid summary` reads results, `hmmgrid "
                          "analyse` weights, and `hmmgrid repro FILE.h5 RUN` prints a grid",
                          file);
    else if (n > MAX_GRID_BYTES)
        code = status_set(st, STATUS_BAD_GRID,
                          "%s:1:1: more than %d bytes; a grid is at most 1 MiB, split it", file,
                          MAX_GRID_BYTES);
    if (code) {
        free(buf);
        return code;
    }
    buf[n] = '\0';
    *text = buf;
    *bytes = n;
    return STATUS_OK;
}
