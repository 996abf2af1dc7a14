/* gather_plan: the plan of the runs of several results files: the grid of a file that lists every
 * run, else one that is written here. Refuses runs that no grid can make together. */
#include "gather_private.h"

#include "base/hash.h"
#include "base/node.h"
#include "plan/names.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* A file that lists every run, the same whatever their order; -1: none does. */
static int find_whole(const struct gathered *g)
{
    int whole = -1;
    for (int f = 0; f < g->num_files; f++)
        if (g->num_rows[f] == g->num_known &&
            (whole < 0 || strcmp(g->sha256[f], g->sha256[whole]) < 0))
            whole = f;
    return whole;
}

/* The grid of a file that lists every run, and its order: g->order (num_known). */
static int take_grid(struct gathered *g, int whole, struct status *st)
{
    struct store *store = NULL;
    int code = store_attach(&store, g->path[whole], false, NULL, st);
    for (int row = 0; !code && row < g->num_known; row++) {
        struct known *k;
        code = gather_find_run(g, store, whole, row, &k, st);
        if (!code) g->order[row] = (int)(k - g->known);
    }
    char *source = NULL;
    size_t bytes = 0;
    if (!code) code = store_source(store, &source, &bytes, st);
    if (!code) {
        const char *description = store_attribute(store, "description");
        g->plan.source = pool_text(g->plan.memory, source, bytes);
        g->plan.source_bytes = bytes;
        g->plan.description = pool_text(g->plan.memory, description, strlen(description));
        memcpy(g->plan.grid_sha256, g->sha256[whole], sizeof g->plan.grid_sha256);
        if (!g->plan.source || !g->plan.description) code = gather_no_memory(g, st);
    }
    free(source);
    store_detach(store);
    return code;
}

/* Key of a run's cell: of its settings without the seed, known here or not. */
static bool cell_key(const struct decoded_run *d, char key[RUN_KEY_BYTES])
{
    char *text = NULL;
    settings_run_key(&d->settings, 0, key);
    if (!*key || !d->unknown) return *key;
    int n = asprintf(&text, "%s%s", key, d->unknown);
    if (n < 0) return false;
    hash_128_hex(text, (size_t)n, key);
    free(text);
    return true;
}

/* Runs by cell, in the order in which these were found, and seed. */
static int compare_known(const void *a, const void *b, void *known)
{
    const struct known *x = &((struct known *)known)[*(const int *)a];
    const struct known *y = &((struct known *)known)[*(const int *)b];
    if (x->run != y->run) return x->run < y->run ? -1 : 1;
    return (x->decoded.seed > y->decoded.seed) - (x->decoded.seed < y->decoded.seed);
}

/* The order of runs that no file lists together. */
static int order_union(struct gathered *g, struct status *st)
{
    struct keymap cells = {.num = 0};
    int code = STATUS_OK;
    for (int i = 0; i < g->num_known && !code; i++) {
        struct known *k = &g->known[i];
        char key[RUN_KEY_BYTES];
        bool added;
        int *cell = cell_key(&k->decoded, key) ? keymap_add(&cells, key, &added) : NULL;
        if (!cell) code = gather_no_memory(g, st);
        if (cell && added) *cell = cells.num - 1;
        k->run = cell ? *cell : 0;
        g->order[i] = i;
        if (k->decoded.unknown)
            code = status_set(st, STATUS_CANNOT_CREATE,
                              "%s: has settings that this version does not know, so no grid can be "
                              "written of these files: merge them with the program that made it",
                              g->path[k->listed_in]);
    }
    keymap_free(&cells);
    if (!code) qsort_r(g->order, (size_t)g->num_known, sizeof *g->order, compare_known, g->known);
    g->plan.description = "";
    return code;
}

/* The grid of such runs, which must make them and no others. */
static int compose(struct gathered *g, struct status *st)
{
    struct plan *plan = &g->plan, again = {.num_runs = 0};
    struct status reading = {0};
    int code = plan_compose(plan, st);
    if (code) return code;
    code = plan_read(&again, NULL, plan->source, plan->source_bytes, NULL, 0, &reading);
    bool same = !code && again.num_runs == plan->num_runs;
    for (int i = 0; same && i < plan->num_runs; i++)
        same = strcmp(plan->runs[i].key, again.runs[i].key) == 0;
    plan_free(&again);
    if (same) return STATUS_OK;
    return status_set(st, STATUS_CANNOT_CREATE,
                      "%s, ...: none of the %d files lists every run of the others, and no grid "
                      "can: %.400s",
                      g->path[0], g->num_files, code ? reading.text : "its runs are others");
}

static const struct settings *settings_of_cell(void *cells, int c)
{
    return &((const struct cell *)cells)[c].settings;
}

/* Cells and runs in g->order. */
static int add_cells(struct gathered *g, struct keymap *cells, struct status *st)
{
    struct plan *plan = &g->plan;
    for (int i = 0; i < g->num_known; i++) {
        struct known *k = &g->known[g->order[i]];
        char key[RUN_KEY_BYTES];
        bool added;
        int *cell = cell_key(&k->decoded, key) ? keymap_add(cells, key, &added) : NULL;
        if (!cell) return gather_no_memory(g, st);
        if (added) {
            *cell = plan->num_cells++;
            plan->cells[*cell] =
                (struct cell){.settings = k->decoded.settings, .block = k->decoded.block};
        }
        const struct setting *differs =
            settings_differing(&plan->cells[*cell].settings, &k->decoded.settings);
        if (differs)
            return status_set(st, STATUS_CANNOT_CREATE,
                              "%s: %s is not the same in all runs of one cell in these files: "
                              "extend them with one grid first",
                              g->path[k->listed_in], differs->key);
        plan->runs[i] =
            (struct run){.cell = *cell, .seed = k->decoded.seed, .unknown = k->decoded.unknown};
        memcpy(plan->runs[i].key, k->decoded.key, sizeof plan->runs[i].key);
        k->run = i;
        g->run[i] = k->counts;
    }
    return STATUS_OK;
}

int gather_plan(struct gathered *g, struct status *st)
{
    struct plan *plan = &g->plan;
    struct keymap cells = {.num = 0};
    size_t num = (size_t)g->num_known + 1;
    plan->memory = pool_new();
    if (!plan->memory) return gather_no_memory(g, st);
    plan->file = "";
    settings_default(&plan->study_settings);
    plan->cells = pool_take(plan->memory, num, sizeof *plan->cells);
    plan->runs = pool_take(plan->memory, num, sizeof *plan->runs);
    plan->varies = pool_take(plan->memory, (size_t)num_settings, sizeof *plan->varies);
    plan->tells = pool_take(plan->memory, (size_t)num_settings, sizeof *plan->tells);
    g->order = pool_take(plan->memory, num, sizeof *g->order);
    g->run = pool_take(plan->memory, num, sizeof *g->run);
    bool ready = plan->cells && plan->runs && plan->varies && plan->tells && g->order && g->run;
    int whole = find_whole(g), code = ready ? STATUS_OK : gather_no_memory(g, st);
    plan->study = code ? NULL : pool_text(plan->memory, g->study, strlen(g->study));
    if (!code) code = whole >= 0 ? take_grid(g, whole, st) : order_union(g, st);
    if (!code) code = plan->study ? add_cells(g, &cells, st) : gather_no_memory(g, st);
    keymap_free(&cells);
    plan->num_runs = g->num_known;
    if (!code && whole < 0) code = compose(g, st);
    if (code) return code;
    for (int c = 1; c < plan->num_cells; c++)
        for (int i = 0; i < num_settings; i++)
            if (settings_table[i].scope == SCOPE_RUN && !plan->varies[i])
                plan->varies[i] = !settings_equal(&plan->cells[0].settings,
                                                  &plan->cells[c].settings, &settings_table[i]);
    names_telling(settings_of_cell, plan->cells, plan->num_cells, plan->tells);
    return STATUS_OK;
}
