/* gather: what several results files hold together. Runs of one key are one run; of its rows one
 * counts: done before failed before crashed before begun, of equals the one that began first, so
 * that the order of the files is of no importance. Refuses runs that are kept or analysed otherwise
 * here than there, and a run that is done twice with results that differ. */
#include "gather_private.h"

#include "base/hash.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- runs --------------------------------------------------------------------------------- */

int gather_no_memory(const struct gathered *g, struct status *st)
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
        if (!larger) return gather_no_memory(g, st);
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

int gather_find_run(struct gathered *g, struct store *store, int file, int row, struct known **k,
                    struct status *st)
{
    char key[RUN_KEY_BYTES];
    bool added;
    int code = store_read_text(store, store->key_column, row, key, sizeof key, st);
    if (code) return code;
    int *value = keymap_add(&g->keys, key, &added);
    if (!value) return gather_no_memory(g, st);
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
    if (!larger) return gather_no_memory(g, st);
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
        return gather_no_memory(g, st);
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
        code = gather_find_run(g, store, file, row, &k, st);
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
        code = gather_find_run(g, store, file, row, &k, st);
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
    int code = gather_find_run(g, store, file, row, &k, st);
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
    int code = g->count && g->num_rows && g->sha256 ? STATUS_OK : gather_no_memory(g, st);
    for (int f = 0; f < num && !code; f++) code = take_file(g, f, check, st);
    if (!code) code = gather_plan(g, st);
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
