/* store: see store.h. Opening and closing: HDF5 tells where the bytes of each dataset are
 * (locate.c), then a reader lets go of HDF5; writers keep their datasets open through MPI-IO.
 * Refuses to open what guard.c refuses, and, for writing, what another program changed and what
 * match.c refuses. Source: RELIABILITY sections 0 to 3. */
#include "internal.h"

#include "base/hash.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* All bytes of a dataset, malloc'd, with a NUL behind them. */
static int read_dataset(struct store *store, const char *name, enum schema_type type, char **text,
                        size_t *bytes, struct status *st)
{
    struct extent where;
    int code = locate_dataset(store, name, type, 0, &where, NULL, st);
    if (code) return code;
    *text = malloc((size_t)where.bytes + 1);
    if (!*text) return status_no_memory(st, "%s: %s", store->path, name);
    int error = store_read_at(store, where.offset, *text, (size_t)where.bytes);
    if (error) {
        free(*text);
        *text = NULL;
        return file_fail(st, STATUS_IO, store->path, "read it", error);
    }
    (*text)[where.bytes] = '\0';
    if (bytes) *bytes = (size_t)where.bytes;
    return STATUS_OK;
}

static int wrong_size(struct store *store, const char *name, struct status *st)
{
    return status_set(st, STATUS_IO,
                      "%s: its dataset %s has not the size its list of columns says; "
                      "the file is damaged",
                      store->path, name);
}

static int load_columns(struct store *store, struct status *st)
{
    store->place = calloc((size_t)store->schema.num_rows, sizeof *store->place);
    if (!store->place) return status_no_memory(st, "%s", store->path);
    for (int c = 0; c < store->schema.num_rows; c++) store->place[c].dataset = H5I_INVALID_HID;
    for (int c = 0; c < store->schema.num_rows; c++) {
        const struct schema_row *row = &store->schema.row[c];
        struct store_column_place *place = &store->place[c];
        struct extent where;
        char name[160];
        schema_row_path(row, name);
        bool keep = store->parallel && row->writer == WRITER_WORKER;
        int code = locate_dataset(store, name, row->type, row->text_bytes, &where,
                                  keep ? &place->dataset : NULL, st);
        if (code) return code;
        place->offset = where.offset;
        place->bytes = schema_row_bytes(&store->schema, row);
        if (where.bytes != place->bytes * (uint64_t)store->num_runs)
            return wrong_size(store, name, st);
    }
    store->status_column = store_find_column(store, "status");
    store->attempts_column = store_find_column(store, "attempts");
    store->checksum_column = store_find_column(store, "checksum");
    store->key_column = store_find_column(store, "key");
    if (store->status_column < 0 || store->attempts_column < 0 || store->checksum_column < 0 ||
        store->key_column < 0 || store->schema.row[store->key_column].text_bytes != 32)
        return status_set(st, STATUS_IO,
                          "%s: lacks one of the columns key, status, attempts, "
                          "checksum; the file is damaged",
                          store->path);
    return STATUS_OK;
}

static int load_group(struct store *store, struct weight_group *group, int number,
                      struct status *st)
{
    char name[192];
    char *run = NULL;
    size_t bytes = 0;
    snprintf(name, sizeof name, "/weights/%s/run", group->name);
    int code = read_dataset(store, name, TYPE_I4, &run, &bytes, st);
    if (code) return code;
    group->run = (int32_t *)(void *)run;
    group->num_slots = (int)(bytes / sizeof(int32_t));
    for (int slot = 0; slot < group->num_slots; slot++) {
        int row = group->run[slot];
        if (row < 0 || row >= store->num_runs) return wrong_size(store, name, st);
        store->run_group[row] = number;
        store->run_slot[row] = slot;
    }
    group->num_views = rnn_views(group->shape, group->view);
    for (int w = 0; w < NUM_WHICH; w++) {
        group->copies[w] = w == WHICH_SNAPSHOTS ? 0 : 1;
        snprintf(name, sizeof name, "/snapshots/%s", group->name);
        if (w == WHICH_SNAPSHOTS && !locate_exists(store, name)) continue;
        for (int v = 0; v < group->num_views; v++) {
            struct extent where;
            uint64_t one = group->view[v].count * sizeof(float) * (uint64_t)group->num_slots;
            weight_path(group->name, w, group->view[v].name, name);
            code = locate_dataset(store, name, TYPE_F4, 0, &where,
                                  store->parallel ? &group->dataset[w][v] : NULL, st);
            if (code) return code;
            group->offset[w][v] = where.offset;
            if (w == WHICH_SNAPSHOTS && v == 0 && one > 0)
                group->copies[w] = (int)(where.bytes / one);
            if (where.bytes != one * (uint64_t)group->copies[w]) return wrong_size(store, name, st);
        }
    }
    return STATUS_OK;
}

/* "H150_D100_K3_bias" -> shape. */
static bool parse_group_name(const char *name, struct rnn_shape *shape)
{
    char again[64];
    *shape = (struct rnn_shape){0};
    if (sscanf(name, "H%d_D%d_K%d", &shape->hidden, &shape->noise_dim, &shape->symbols) != 3)
        return false;
    shape->bias = strstr(name, "_bias") != NULL;
    weight_group_name(*shape, again);
    return strcmp(again, name) == 0 && shape->hidden > 0 && shape->noise_dim > 0 &&
           shape->symbols > 0;
}

static bool add_group(struct store *store, const char *name)
{
    struct rnn_shape shape;
    if (!parse_group_name(name, &shape)) return true; /* not ours: left alone */
    struct weight_group *larger =
        realloc(store->group, ((size_t)store->num_groups + 1) * sizeof *larger);
    if (!larger) return false;
    store->group = larger;
    struct weight_group *group = &larger[store->num_groups++];
    *group = (struct weight_group){.shape = shape};
    snprintf(group->name, sizeof group->name, "%.63s", name);
    for (int i = 0; i < NUM_WHICH * MAX_RNN_VIEWS; i++)
        group->dataset[i / MAX_RNN_VIEWS][i % MAX_RNN_VIEWS] = H5I_INVALID_HID;
    return true;
}

static int load_weights(struct store *store, struct status *st)
{
    store->run_group = malloc((size_t)store->num_runs * sizeof *store->run_group);
    store->run_slot = calloc((size_t)store->num_runs, sizeof *store->run_slot);
    if (!store->run_group || !store->run_slot) return status_no_memory(st, "%s", store->path);
    for (int run = 0; run < store->num_runs; run++) store->run_group[run] = -1;
    int listed = locate_groups(store, "/weights", add_group, st);
    if (listed) return listed;
    for (int g = 0; g < store->num_groups; g++) {
        int code = load_group(store, &store->group[g], g, st);
        if (code) return code;
    }
    for (int run = 0; run < store->num_runs; run++)
        if (store->run_group[run] < 0)
            return status_set(st, STATUS_IO,
                              "%s: run %d has no place for its weights; the file is "
                              "damaged",
                              store->path, run);
    return STATUS_OK;
}

static int load_records(struct store *store, struct status *st)
{
    struct extent where;
    int code = locate_dataset(store, "/commit/record", TYPE_TEXT, 0, &where, NULL, st);
    if (code) return code;
    size_t bytes = (size_t)store->num_runs * RECORD_BYTES;
    if (where.bytes != bytes) return wrong_size(store, "/commit/record", st);
    store->record_offset = where.offset;
    store->record = malloc(bytes);
    store->attempts = malloc((size_t)store->num_runs * sizeof *store->attempts);
    if (!store->record || !store->attempts) return status_no_memory(st, "%s", store->path);
    int error = store_read_at(store, store->record_offset, store->record, bytes);
    if (!error)
        error = store_read_at(store, store->place[store->attempts_column].offset, store->attempts,
                              (size_t)store->num_runs * sizeof *store->attempts);
    return error ? file_fail(st, STATUS_IO, store->path, "read its records", error) : STATUS_OK;
}

static int load_schema(struct store *store, struct status *st)
{
    char *text = NULL;
    int code = read_dataset(store, "/commit/schema", TYPE_TEXT, &text, NULL, st);
    if (code) return code;
    code = schema_parse(&store->schema, text, st);
    if (code) status_prefix(st, "%s: ", store->path);
    store->num_runs = code ? 0 : store->schema.axis[SCHEMA_RUN].size;
    free(text);
    return code;
}

/* --- grid ---------------------------------------------------------------------------------- */

static int load_grid(struct store *store, struct status *st)
{
    int code = read_dataset(store, "/grid/resolved", TYPE_TEXT, &store->resolved, NULL, st);
    if (!code) code = locate_dataset(store, "/grid/source", TYPE_TEXT, 0, &store->source, NULL, st);
    if (code) return code;
    store->line = calloc((size_t)store->num_runs, sizeof *store->line);
    store->decoded = calloc((size_t)store->num_runs, sizeof *store->decoded);
    if (!store->line || !store->decoded) return status_no_memory(st, "%s", store->path);
    char *rest = store->resolved;
    for (int run = 0; run < store->num_runs; run++) {
        store->line[run] = strsep(&rest, "\n");
        if (!store->line[run] || !*store->line[run])
            return status_set(st, STATUS_IO,
                              "%s: its resolved grid has %d lines for %d runs; the "
                              "file is damaged",
                              store->path, run, store->num_runs);
    }
    return STATUS_OK;
}

/* --- opening ------------------------------------------------------------------------------ */

/* A store with its descriptor open, and nothing else. */
static int begin_open(struct store **store, const char *path, bool writable, struct status *st)
{
    *store = calloc(1, sizeof **store);
    if (!*store) return status_no_memory(st, "%s", path);
    struct store *s = *store;
    s->fd = s->copies = -1;
    s->file = H5I_INVALID_HID;
    s->comm = MPI_COMM_NULL;
    s->writable = writable;
    s->path = strdup(path);
    if (!s->path) return status_no_memory(st, "%s", path);
    s->fd = file_open(path, writable ? O_RDWR : O_RDONLY, "a results file", st);
    if (s->fd < 0) return st ? st->code : STATUS_NO_INPUT;
    struct stat info;
    if (fstat(s->fd, &info) != 0) return file_fail(st, STATUS_NO_INPUT, path, "look at it", errno);
    s->file_bytes = (uint64_t)info.st_size;
    return STATUS_OK;
}

int store_load(struct store *store, struct status *st)
{
    int code = load_schema(store, st);
    if (!code) code = load_columns(store, st);
    if (!code) code = load_weights(store, st);
    if (!code) code = load_records(store, st);
    struct store_columns columns;
    if (!code && store->plan) code = match_columns(store, store->plan, &columns, st);
    return code;
}

/* The bytes of every dataset that never changes, as hashes; a file may be older than they are. */
static int load_contents(struct store *store, struct status *st)
{
    enum { HASH_LINE = 17 };
    static const char name[] = "/commit/contents";
    if (!locate_exists(store, name)) return STATUS_OK;
    size_t bytes = 0;
    char *text = NULL;
    int code = read_dataset(store, name, TYPE_TEXT, &text, &bytes, st);
    if (code) return code;
    store->contents = text;
    if (bytes > HASH_LINE &&
        hash_64(text, bytes - HASH_LINE) == strtoull(text + bytes - HASH_LINE, NULL, 16))
        return STATUS_OK;
    return status_set(st, STATUS_IO,
                      "%s: damaged: its list of contents does not agree with itself; "
                      "use a copy",
                      store->path);
}

static int load_all(struct store *store, struct status *st)
{
    int code = store_check_format(store, st);
    if (!code && store->report) code = load_contents(store, st);
    if (!code) code = store_load(store, st);
    return code ? code : load_grid(store, st);
}

int store_load_by_library(struct store *store, struct status *st)
{
    store->file = library_open(store->path, STATUS_IO, st);
    if (store->file < 0) return st ? st->code : STATUS_IO;
    int code = load_all(store, st);
    H5Fclose(store->file);
    store->file = H5I_INVALID_HID;
    return code;
}

static int load_altered(struct store *store, struct status *st)
{
    int code = altered_read(store, st);
    if (!code && store->writable) code = altered_refuse_writing(store, st);
    if (!code) code = load_all(store, st);
    return code ? code : altered_check_rows(store, st);
}

int store_attach(struct store **store, const char *path, bool writable, const struct plan *plan,
                 struct status *st)
{
    library_init();
    int code = begin_open(store, path, writable, st);
    struct store *s = *store;
    if (s) s->plan = plan;
    if (!code) code = guard_check(s->fd, path, &s->seal, st);
    if (!code) code = s->seal == SEAL_WHOLE ? store_load_by_library(s, st) : load_altered(s, st);
    if (code) {
        store_detach(s);
        *store = NULL;
    }
    return code;
}

void store_detach(struct store *store)
{
    if (!store) return;
    for (int run = 0; store->decoded && run < store->num_runs; run++) {
        decoded_run_free(store->decoded[run]);
        free(store->decoded[run]);
    }
    for (int i = 0; i < store->num_attributes; i++) {
        free(store->attribute[i].name);
        free(store->attribute[i].text);
    }
    for (int g = 0; g < store->num_groups; g++) free(store->group[g].run);
    free(store->attribute);
    free(store->decoded);
    free(store->landed);
    free(store->note);
    free(store->contents);
    free(store->doubted);
    free(store->difference);
    altered_free(store);
    restore_free(&store->kept);
    free(store->line);
    free(store->resolved);
    free(store->record);
    free(store->attempts);
    free(store->run_group);
    free(store->run_slot);
    free(store->group);
    free(store->place);
    schema_free(&store->schema);
    if (store->fd >= 0) close(store->fd);
    free(store->path);
    free(store);
}

int store_open(struct store **store, const char *path, struct status *st)
{
    return store_attach(store, path, false, NULL, st);
}

int store_open_to_reset(struct store **store, const char *path, struct status *st)
{
    return store_attach(store, path, true, NULL, st);
}

void store_close(struct store *store)
{
    store_detach(store);
}
