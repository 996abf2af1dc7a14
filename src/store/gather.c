/* gather: what several results files hold together. Runs of one key are one run; of its rows one
 * counts: done before failed before crashed before begun, of equals the one that began first, so
 * that the order of the files is of no importance. Where no file lists all runs, a grid is written
 * that does. Refuses runs that are kept or analysed otherwise here than there, and a run that is
 * done twice with results that differ. */
#include "internal.h"

#include "base/hash.h"
#include "base/node.h"
#include "plan/names.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct known {
    struct decoded_run decoded; /* owned */
    uint64_t line;              /* hash of the text of it */
    int listed_in, run;         /* file where it was found, run of the plan */
    int num_done;               /* files in which it is done */
    struct gathered_run counts;
};

/* --- runs --------------------------------------------------------------------------------- */

static int no_memory(const struct gathered *g, struct status *st)
{
    return status_no_memory(st, "the runs of %d files", g->num_files);
}

static int refuse_settings(const struct gathered *g, int file, int row, const struct known *k,
                           const char *key, struct status *st)
{
    return status_set(st, STATUS_CANNOT_CREATE,
                      "%s: %s of its run %d is not what it is in %s: a network is kept and "
                      "analysed in one way only; extend one of the files with the grid of the "
                      "other first",
                      g->path[file], key, row, g->path[k->listed_in]);
}

/* Read the line of a run; free it with decoded_run_free. */
static int decode(const struct gathered *g, struct store *store, int file, int row,
                  struct decoded_run *decoded, struct status *st)
{
    int code = plan_parse_json(store_resolved(store, row), decoded, st);
    if (!code) code = plan_check_key(decoded, st);
    if (!code || code == STATUS_NO_MEMORY) return code;
    status_prefix(st, "%s: the settings of run %d cannot be read: ", g->path[file], row);
    return st->code = STATUS_IO;
}

/* A run that no file before this one lists. */
static int add_run(struct gathered *g, struct store *store, int file, int row, struct status *st)
{
    if (g->num_known == g->room) {
        int room = g->room ? 2 * g->room : 64;
        struct known *larger = realloc(g->known, (size_t)room * sizeof *larger);
        if (!larger) return no_memory(g, st);
        g->known = larger;
        g->room = room;
    }
    struct known *k = &g->known[g->num_known++];
    *k = (struct known){.listed_in = file, .counts = {.file = -1}};
    return decode(g, store, file, row, &k->decoded, st);
}

/* The same run, listed again: is it asked for alike? */
static int check_alike(struct gathered *g, struct store *store, int file, int row,
                       const struct known *k, struct status *st)
{
    struct decoded_run again = {.unknown = NULL};
    int code = decode(g, store, file, row, &again, st);
    const struct setting *differs =
        code ? NULL : settings_differing(&again.settings, &k->decoded.settings);
    if (differs) code = refuse_settings(g, file, row, k, differs->key, st);
    decoded_run_free(&again);
    return code;
}

/* The run of a row, by its key; *k is valid until the next one is added. */
static int find_run(struct gathered *g, struct store *store, int file, int row, struct known **k,
                    struct status *st)
{
    char key[RUN_KEY_BYTES];
    bool added;
    int code = store_read_text(store, store->key_column, row, key, sizeof key, st);
    if (code) return code;
    int *value = keymap_add(&g->keys, key, &added);
    if (!value) return no_memory(g, st);
    const char *line = strstr(store_resolved(store, row), "\"key\""); /* its number may differ */
    uint64_t hash = line ? hash_64(line, strlen(line)) : 0;
    if (added) {
        *value = g->num_known;
        code = add_run(g, store, file, row, st);
        if (!code) g->known[*value].line = hash;
    } else if (g->known[*value].line != hash) {
        code = check_alike(g, store, file, row, &g->known[*value], st);
    }
    *k = &g->known[*value];
    return code;
}

/* --- which row counts --------------------------------------------------------------------- */

static int note_damage(struct gathered *g, int file, int row, int known, struct status *st)
{
    struct gathered_damage *larger =
        realloc(g->damage, ((size_t)g->num_damaged + 1) * sizeof *larger);
    if (!larger) return no_memory(g, st);
    g->damage = larger;
    larger[g->num_damaged++] = (struct gathered_damage){file, row, known};
    return STATUS_OK;
}

/* Is it before the row that counts so far? */
static bool is_before(const struct gathered_run *a, const struct gathered_run *b)
{
    static const int rank[NUM_RUN_STATUS] = {
        [RUN_RUNNING] = 1, [RUN_CRASHED] = 2, [RUN_FAILED] = 3, [RUN_DONE] = 4};
    if (b->file < 0 || rank[a->status] != rank[b->status])
        return b->file < 0 || rank[a->status] > rank[b->status];
    if (a->status < RUN_DONE) return a->attempts > b->attempts;
    double x = isnan(a->t_start_s) ? INFINITY : a->t_start_s;
    double y = isnan(b->t_start_s) ? INFINITY : b->t_start_s;
    return x != y ? x < y : a->checksum < b->checksum;
}

static int weigh(struct gathered *g, struct store *store, int file, int row, struct known *k,
                 bool check, struct status *st)
{
    struct record record = {.checksum = 0};
    bool damaged = check && store_record_is_damaged(store, row), valid = true;
    int code = STATUS_OK, column = store_find_column(store, "t_start");
    struct gathered_run own = {.file = file,
                               .row = row,
                               .status = store_run_status(store, row),
                               .attempts = store_run_attempts(store, row),
                               .t_start_s = NAN};
    g->count[file][own.status]++;
    if (own.status >= RUN_DONE && check) code = store_check_run(store, row, &valid, st);
    if (code) return code;
    if (damaged || !valid) return note_damage(g, file, row, (int)(k - g->known), st);
    if (own.status >= RUN_DONE && store_record(store, row, &record)) own.checksum = record.checksum;
    if (own.status >= RUN_DONE && column >= 0)
        code = store_read_numbers(store, column, row, &own.t_start_s, st);
    k->num_done += own.status == RUN_DONE;
    if (!code && is_before(&own, &k->counts)) k->counts = own;
    return code;
}

static int note_change(struct gathered *g, const struct store *store, struct status *st)
{
    char *note = NULL;
    if (!store->difference) return STATUS_OK;
    if (asprintf(&note, "%s%s%s", g->note ? g->note : "", g->note ? "\n" : "", store->difference) <
        0)
        return no_memory(g, st);
    free(g->note);
    g->note = note;
    return STATUS_OK;
}

static int take_file(struct gathered *g, int file, bool check, struct status *st)
{
    struct store *store = NULL;
    int code = store_attach(&store, g->path[file], false, NULL, st);
    if (!code) code = note_change(g, store, st);
    for (int row = 0; !code && row < store->num_runs; row++) {
        struct known *k;
        if (!store_is_trained(store, row)) {
            code = status_set(st, STATUS_NO_INPUT,
                              "%s: `hmmgrid analyse` made it, so it is no part of a study",
                              g->path[file]);
            break;
        }
        code = find_run(g, store, file, row, &k, st);
        if (!code) code = weigh(g, store, file, row, k, check, st);
    }
    if (!code) {
        g->num_rows[file] = store->num_runs;
        if (file == 0) snprintf(g->study, sizeof g->study, "%s", store_attribute(store, "study"));
        snprintf(g->sha256[file], sizeof g->sha256[file], "%s",
                 store_attribute(store, "grid_sha256"));
    }
    store_detach(store);
    return code;
}

/* --- the plan of them all ----------------------------------------------------------------- */

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
        code = find_run(g, store, whole, row, &k, st);
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
        if (!g->plan.source || !g->plan.description) code = no_memory(g, st);
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
        if (!cell) code = no_memory(g, st);
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
        if (!cell) return no_memory(g, st);
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

static int make_plan(struct gathered *g, struct status *st)
{
    struct plan *plan = &g->plan;
    struct keymap cells = {.num = 0};
    size_t num = (size_t)g->num_known + 1;
    plan->memory = pool_new();
    if (!plan->memory) return no_memory(g, st);
    plan->file = "";
    settings_default(&plan->study_settings);
    plan->cells = pool_take(plan->memory, num, sizeof *plan->cells);
    plan->runs = pool_take(plan->memory, num, sizeof *plan->runs);
    plan->varies = pool_take(plan->memory, (size_t)num_settings, sizeof *plan->varies);
    plan->tells = pool_take(plan->memory, (size_t)num_settings, sizeof *plan->tells);
    g->order = pool_take(plan->memory, num, sizeof *g->order);
    g->run = pool_take(plan->memory, num, sizeof *g->run);
    bool ready = plan->cells && plan->runs && plan->varies && plan->tells && g->order && g->run;
    int whole = find_whole(g), code = ready ? STATUS_OK : no_memory(g, st);
    plan->study = code ? NULL : pool_text(plan->memory, g->study, strlen(g->study));
    if (!code) code = whole >= 0 ? take_grid(g, whole, st) : order_union(g, st);
    if (!code) code = plan->study ? add_cells(g, &cells, st) : no_memory(g, st);
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

/* --- runs that are done twice ------------------------------------------------------------- */

static void tell_maker(struct store *store, int row, char *text, size_t n)
{
    char version[64], kernel[48] = "", core[48] = "";
    int column = store_find_column(store, "kernel");
    store_run_version(store, row, version, sizeof version);
    if (column >= 0) store_read_text(store, column, row, kernel, sizeof kernel, NULL);
    column = store_find_column(store, "blas_core");
    if (column >= 0) store_read_text(store, column, row, core, sizeof core, NULL);
    snprintf(text, n, "version %s, kernels %s, BLAS %s", version, kernel, core);
}

static int refuse_conflict(const struct gathered *g, struct store *a, int row_a, struct store *b,
                           int row_b, const struct known *k, const char *what, struct status *st)
{
    char x[192], y[192];
    tell_maker(a, row_a, x, sizeof x);
    tell_maker(b, row_b, y, sizeof y);
    char *told = plan_tell(&g->plan, k->run);
    status_set(st, STATUS_CANNOT_CREATE,
               "run %d of %s and run %d of %s are one run (%s, key %.8s) and do not agree: %s. The "
               "first is of %s; the second of %s. Which of them is right only you can tell: "
               "`hmmgrid reset --done` takes the other out of its file",
               row_a, a->path, row_b, b->path, told ? told : "", k->decoded.key, what, x, y);
    free(told);
    return st ? st->code : STATUS_CANNOT_CREATE;
}

/* Rows of the open file that are done and not the ones that count, those being of file `other`. */
static int compare_with(struct gathered *g, struct store *store, int file, int other,
                        struct status *st)
{
    struct store *chosen = NULL;
    int code = STATUS_OK;
    for (int row = 0; row < store->num_runs && !code; row++) {
        struct known *k;
        bool same = true, valid = true;
        char what[256];
        code = find_run(g, store, file, row, &k, st);
        if (code || k->num_done < 2 || k->counts.file != other ||
            store_run_status(store, row) != RUN_DONE)
            continue;
        if (!chosen) code = store_attach(&chosen, g->path[other], false, NULL, st);
        if (!code) code = store_check_run(store, row, &valid, st);
        if (!code && valid)
            code =
                store_compare_runs(chosen, k->counts.row, store, row, &same, what, sizeof what, st);
        if (!code && !same)
            code = refuse_conflict(g, chosen, k->counts.row, store, row, k, what, st);
    }
    store_detach(chosen);
    return code;
}

static int check_agreement(struct gathered *g, struct status *st)
{
    bool any = false;
    int code = STATUS_OK;
    for (int i = 0; i < g->num_known; i++) any = any || g->known[i].num_done > 1;
    for (int f = 0; any && f < g->num_files && !code; f++) {
        struct store *store = NULL;
        code = store_attach(&store, g->path[f], false, NULL, st);
        for (int other = 0; other < g->num_files && !code; other++)
            if (other != f) code = compare_with(g, store, f, other, st);
        store_detach(store);
    }
    return code;
}

/* --- all of it ---------------------------------------------------------------------------- */

int gathered_find(struct gathered *g, struct store *store, int file, int row, int *run,
                  struct status *st)
{
    struct known *k;
    int code = find_run(g, store, file, row, &k, st);
    *run = code ? -1 : k->run;
    return code;
}

int store_gather(struct gathered **gathered, const char *const *path, int num, bool check,
                 struct status *st)
{
    struct gathered *g = *gathered = calloc(1, sizeof *g);
    if (!g) return status_no_memory(st, "%d files", num);
    g->path = path;
    g->num_files = num;
    g->count = calloc((size_t)num, sizeof *g->count);
    g->num_rows = calloc((size_t)num, sizeof *g->num_rows);
    g->sha256 = calloc((size_t)num, sizeof *g->sha256);
    int code = g->count && g->num_rows && g->sha256 ? STATUS_OK : no_memory(g, st);
    for (int f = 0; f < num && !code; f++) code = take_file(g, f, check, st);
    if (!code) code = make_plan(g, st);
    for (int i = 0; i < g->num_damaged && !code; i++)
        g->damage[i].run = g->known[g->damage[i].run].run;
    return code || !check ? code : check_agreement(g, st);
}

void store_gathered_free(struct gathered *g)
{
    if (!g) return;
    for (int i = 0; i < g->num_known; i++) decoded_run_free(&g->known[i].decoded);
    free(g->known);
    keymap_free(&g->keys);
    free(g->count);
    free(g->num_rows);
    free(g->sha256);
    free(g->damage);
    free(g->note);
    plan_free(&g->plan);
    free(g);
}
