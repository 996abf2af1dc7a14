/* source: see source.h. Sizes of arrays are those of the largest cell of a file: a run with fewer
 * symbols has NaN behind its own. */
#include "source.h"

#include "base/keymap.h"
#include "base/sheet.h"
#include "experiment/run_record.h"
#include "plan/names.h"
#include "report/order.h"
#include "report/rows.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>

const struct settings *source_settings(const struct source *s, int run)
{
    const struct decoded_run *d = store_settings(s->run[run].store, s->run[run].row, NULL);
    return d ? &d->settings : NULL;
}

/* --- runs ------------------------------------------------------------------------------------- */

static int open_files(struct source *s, const char *const *path, int num, struct status *st)
{
    s->store = calloc((size_t)num, sizeof *s->store);
    s->path = calloc((size_t)num, sizeof *s->path);
    int code = s->store && s->path ? STATUS_OK : status_no_memory(st, "%d files", num);
    for (int f = 0; f < num && !code; f++) {
        s->num_files = f + 1;
        s->path[f] = strdup(path[f]);
        code = s->path[f] ? store_open(&s->store[f], path[f], st) : status_no_memory(st, "a path");
    }
    if (code) return code;
    s->study = strdup(store_attribute(s->store[0], "study"));
    return s->study ? STATUS_OK : status_no_memory(st, "a name");
}

/* Row `row` of file f: a new run, or one that another file has and that is done here alone. */
static int add_run(struct source *s, struct keymap *keys, int f, int row, int number,
                   struct status *st)
{
    bool added;
    const struct decoded_run *d = store_settings(s->store[f], row, st);
    if (!d) return st ? st->code : STATUS_IO;
    int *at = keymap_add(keys, d->key, &added), status = store_run_status(s->store[f], row);
    if (!at) return status_no_memory(st, "the runs");
    if (added) *at = s->num_runs++;
    struct source_run *run = &s->run[*at];
    s->num_twice += !added;
    if (!added && (run->status == RUN_DONE || status != RUN_DONE)) return STATUS_OK;
    *run = (struct source_run){s->store[f], f,       row,    added ? number : run->number,
                               -1,          d->seed, status, ""};
    memcpy(run->key, d->key, sizeof run->key);
    return STATUS_OK;
}

static int list_runs(struct source *s, const char *where, struct status *st)
{
    struct keymap keys = {0};
    int most = 0, before = 0, code = STATUS_OK;
    for (int f = 0; f < s->num_files; f++) most += store_num_runs(s->store[f]);
    s->run = calloc((size_t)most + 1, sizeof *s->run);
    if (!s->run) return status_no_memory(st, "%d runs", most);
    for (int f = 0; f < s->num_files && !code; f++) {
        int *row = NULL, num = 0;
        code = rows_where(s->store[f], where, &row, &num, st);
        for (int i = 0; i < num && !code; i++)
            code = add_run(s, &keys, f, row[i], before + row[i], st);
        before += store_num_runs(s->store[f]);
        free(row);
        if (code) status_prefix(st, "%s: ", s->path[f]);
    }
    keymap_free(&keys);
    return code;
}

/* --- cells ------------------------------------------------------------------------------------ */

/* Runs of the same key but for the seed. */
static int find_cells(struct source *s, struct status *st)
{
    struct keymap keys = {0};
    bool good = (s->cell = calloc((size_t)s->num_runs + 1, sizeof *s->cell)) != NULL;
    for (int r = 0; r < s->num_runs && good; r++) {
        char key[RUN_KEY_BYTES];
        bool added;
        settings_run_key(source_settings(s, r), 0, key);
        int *at = keymap_add(&keys, key, &added);
        good = at != NULL;
        if (good && added) *at = s->num_cells++;
        if (good) s->run[r].cell = *at;
    }
    keymap_free(&keys);
    return good ? STATUS_OK : status_no_memory(st, "the cells");
}

static int order_runs(struct source *s, struct status *st)
{
    struct ordered *by = calloc((size_t)s->num_runs + 1, sizeof *by);
    s->order = calloc((size_t)s->num_runs + 1, sizeof *s->order);
    if (!by || !s->order) {
        free(by);
        return status_no_memory(st, "the runs");
    }
    for (int r = 0; r < s->num_runs; r++) by[r] = (struct ordered){(double)s->run[r].seed, NULL, r};
    order_items(by, s->num_runs, false);
    for (int r = 0; r < s->num_runs; r++) s->cell[s->run[r].cell].num_runs++;
    int *next = s->order;
    for (int c = 0; c < s->num_cells; c++) {
        s->cell[c].run = next;
        next += s->cell[c].num_runs;
        s->cell[c].num_runs = 0;
    }
    for (int i = 0; i < s->num_runs; i++) {
        struct source_cell *cell = &s->cell[s->run[by[i].item].cell];
        cell->run[cell->num_runs++] = by[i].item;
        cell->num_done += s->run[by[i].item].status == RUN_DONE;
    }
    free(by);
    return STATUS_OK;
}

static int find_medians(struct source *s, struct status *st)
{
    double *excess = calloc(2 * (size_t)s->num_runs + 1, sizeof *excess), *loss;
    struct ordered *by = calloc((size_t)s->num_runs + 1, sizeof *by);
    int code = excess && by ? STATUS_OK : status_no_memory(st, "the runs");
    loss = excess ? excess + s->num_runs : NULL;
    if (!code) code = source_column(s, "excess_loss", excess, NULL, st);
    if (!code) code = source_column(s, "best_val_loss", loss, NULL, st);
    for (int c = 0; c < s->num_cells && !code; c++) {
        struct source_cell *cell = &s->cell[c];
        int num = 0, finite = 0;
        bool has = false;
        for (int i = 0; i < cell->num_runs; i++) has = has || isfinite(excess[cell->run[i]]);
        for (int i = 0; i < cell->num_runs; i++) {
            int r = cell->run[i];
            if (s->run[r].status != RUN_DONE) continue;
            by[num] = (struct ordered){has ? excess[r] : loss[r], NULL, r};
            finite += isfinite(by[num++].number);
        }
        order_items(by, num, false);
        cell->median = num ? by[finite ? (finite - 1) / 2 : 0].item : -1;
    }
    free(excess);
    free(by);
    return code;
}

/* --- what people call a cell ------------------------------------------------------------------ */

/* Symbols of the field; any other setting is KEY=VALUE. Those named here are told where nothing
 * varies. */
static const struct {
    const char *key, *symbol;
} symbols[] = {{"hmm.architecture", ""},  {"hmm.states", "M="},       {"hmm.symbols", "K="},
               {"rnn.hidden", "H="},      {"rnn.noise_dim", "D="},    {"hmm.stay_prob", "stay="},
               {"hmm.target_prob", "p="}, {"train.epochs", "epochs="}};
enum { NUM_SYMBOLS = sizeof symbols / sizeof symbols[0], NUM_TOLD = 5 };

static const char *symbol_of(const char *key)
{
    for (int i = 0; i < NUM_SYMBOLS; i++)
        if (strcmp(symbols[i].key, key) == 0) return symbols[i].symbol;
    return NULL;
}

static char *tell(const struct settings *settings, const bool *tells)
{
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    const char *comma = "";
    bool good = true;
    if (!out) return NULL;
    for (int k = 0; k < num_settings; k++) {
        const char *key = settings_table[k].key, *symbol = symbol_of(key);
        if (!tells[k]) continue;
        char *text = settings_text(settings, &settings_table[k]);
        good = good && text;
        if (text && strcmp(text, "none") != 0) {
            fprintf(out, "%s%s%s%s", comma, symbol ? symbol : key, symbol ? "" : "=", text);
            comma = ", ";
        }
        free(text);
    }
    return sheet_close(&sheet, out, good, NULL);
}

static const struct settings *settings_of_cell(void *context, int cell)
{
    const struct source *s = context;
    return source_settings(s, s->cell[cell].run[0]);
}

static int tell_cells(struct source *s, struct status *st)
{
    bool *tells = calloc((size_t)num_settings, sizeof *tells), any = false, good = tells != NULL;
    if (good) names_telling(settings_of_cell, s, s->num_cells, tells);
    for (int k = 0; k < num_settings && good; k++) any = any || tells[k];
    for (int i = 0; i < NUM_TOLD && good && !any; i++)
        tells[settings_find(symbols[i].key) - settings_table] = true;
    for (int c = 0; c < s->num_cells && good; c++)
        good = (s->cell[c].text = tell(settings_of_cell(s, c), tells)) != NULL;
    free(tells);
    return good ? STATUS_OK : status_no_memory(st, "the cells");
}

/* --- all of it -------------------------------------------------------------------------------- */

int source_open(struct source *s, const char *const *path, int num_files, const char *where,
                struct status *st)
{
    *s = (struct source){.where = where ? strdup(where) : NULL};
    int code =
        where && !s->where ? status_no_memory(st, "--where") : open_files(s, path, num_files, st);
    if (!code) code = list_runs(s, where, st);
    if (!code) code = find_cells(s, st);
    if (!code) code = order_runs(s, st);
    if (!code) code = find_medians(s, st);
    return code ? code : tell_cells(s, st);
}

void source_close(struct source *s)
{
    for (int f = 0; f < s->num_files; f++) {
        if (s->path) free(s->path[f]);
        store_close(s->store[f]);
    }
    for (int c = 0; c < s->num_cells; c++) free(s->cell[c].text);
    free(s->store);
    free(s->path);
    free(s->study);
    free(s->where);
    free(s->run);
    free(s->cell);
    free(s->order);
    *s = (struct source){.num_files = 0};
}

int source_find_run(const struct source *s, const char *text, int *run, struct status *st)
{
    size_t n = strlen(text);
    char *end;
    long number = strtol(text, &end, 10);
    int found = 0;
    for (int r = 0; r < s->num_runs && n; r++) {
        if (!*end && s->run[r].number == number) {
            *run = r;
            return STATUS_OK;
        }
        if (strncmp(s->run[r].key, text, n) == 0 && ++found) *run = r;
    }
    if (found == 1) return STATUS_OK;
    return status_set(st, STATUS_USAGE,
                      "%.60s: %s; a run is its number, as `hmmgrid list` shows it, or the "
                      "beginning of its key",
                      text, found ? "the keys of several runs begin so" : "no run of this report");
}

/* --- numbers ---------------------------------------------------------------------------------- */

void array_free(struct array *a)
{
    free(a->x);
    for (int d = 0; d < MAX_COLUMN_DIMS; d++) free(a->axis[d]);
    *a = (struct array){.x = NULL};
}

static bool fill_axes(struct store *store, const struct schema_row *row, struct array *a)
{
    for (int d = 0; d < row->num_dims; d++) {
        const struct schema_axis *axis = store_axis(store, row->dim[d]);
        a->size[d] = axis->size;
        a->axis[d] = malloc(((size_t)axis->size + 1) * sizeof *a->axis[d]);
        for (int i = 0; a->axis[d] && i < axis->size; i++)
            a->axis[d][i] = axis->value ? axis->value[i] : axis->first + i;
        if (!a->axis[d]) return false;
    }
    return true;
}

int source_array(const struct source *s, int run, const char *name, struct array *a,
                 struct status *st)
{
    struct store *store = s->run[run].store;
    int column = store_find_column(store, name);
    *a = (struct array){.size = {1, 1, 1}};
    if (column < 0 || store_column(store, column)->type == TYPE_TEXT) return STATUS_OK;
    a->num_dims = store_column(store, column)->num_dims;
    a->num = store_column_count(store, column);
    a->x = malloc(((size_t)a->num + 1) * sizeof *a->x);
    if (!a->x || !fill_axes(store, store_column(store, column), a))
        return status_no_memory(st, "%s of a run", name);
    return store_read_numbers(store, column, s->run[run].row, a->x, st);
}

double array_at(const struct array *a, int i, int j, int k)
{
    if (!a->x || i < 0 || j < 0 || k < 0 || i >= a->size[0] || j >= a->size[1] || k >= a->size[2])
        return NAN;
    return a->x[((size_t)i * (size_t)a->size[1] + (size_t)j) * (size_t)a->size[2] + (size_t)k];
}

int source_column(const struct source *s, const char *name, double *out, bool *has,
                  struct status *st)
{
    int code = STATUS_OK;
    if (has) *has = false;
    for (int r = 0; r < s->num_runs; r++) out[r] = NAN;
    for (int f = 0; f < s->num_files && !code; f++) {
        int column = store_find_column(s->store[f], name);
        if (column < 0) continue;
        if (has) *has = true;
        double *all = malloc(((size_t)store_num_runs(s->store[f]) + 1) * sizeof *all);
        code = all ? store_read_column(s->store[f], column, all, st)
                   : status_no_memory(st, "%s of the runs", name);
        for (int r = 0; r < s->num_runs && !code; r++)
            if (s->run[r].file == f) out[r] = all[s->run[r].row];
        free(all);
    }
    return code;
}

int source_elements(const struct source *s, const char *name, int element, double *out,
                    struct status *st)
{
    int code = STATUS_OK;
    for (int r = 0; r < s->num_runs && !code; r++) {
        struct array a;
        code = source_array(s, r, name, &a, st);
        out[r] = !code && a.x && element < a.num ? a.x[element] : NAN;
        array_free(&a);
    }
    return code;
}

void source_text(const struct source *s, int run, const char *name, char *buf, size_t n)
{
    int column = store_find_column(s->run[run].store, name);
    *buf = '\0';
    if (column >= 0)
        (void)store_read_text(s->run[run].store, column, s->run[run].row, buf, n, NULL);
}
