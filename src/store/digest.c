/* digest: are the bytes still those that were committed, and one number for all results.
 * The digest leaves out whatever may differ between two honest runs of a study (times, hosts,
 * attempts, row order, padding, columns of settings): NaN entries are skipped and the others are
 * hashed with their indices, so a larger study does not change it by its padding.
 * Refuses to include rows that no valid record commits. */
#include "internal.h"

#include "base/hash.h"
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* --- the checksum of a row ---------------------------------------------------------------- */

/* Read one piece of a run into buf (grown as needed) and hash it; an errno value. */
struct reader {
    struct store *store;
    unsigned char *buf; /* owned */
    size_t room;
};

static int read_piece(struct reader *reader, uint64_t offset, size_t bytes, int index,
                      struct status *st)
{
    if (bytes > reader->room) {
        unsigned char *larger = realloc(reader->buf, bytes);
        if (!larger) return status_no_memory(st, "%s", reader->store->path);
        reader->buf = larger;
        reader->room = bytes;
    }
    int error = store_read_at(reader->store, offset + (uint64_t)index * bytes, reader->buf, bytes);
    return error ? file_fail(st, STATUS_IO, reader->store->path, "read it", error) : STATUS_OK;
}

int store_check_run(struct store *store, int run, bool *valid, struct status *st)
{
    struct record record;
    *valid = false;
    if (!store_is_committed(store, run) || !store_record(store, run, &record)) return STATUS_OK;
    struct reader reader = {.store = store};
    struct hash_state *hash = hash_begin();
    if (!hash) return status_no_memory(st, "%s", store->path);
    int code = STATUS_OK;
    for (int c = 0; c < store->schema.num_rows && !code; c++) {
        if (store->schema.row[c].writer != WRITER_WORKER) continue;
        const struct store_column_place *place = &store->place[c];
        code = read_piece(&reader, place->offset, place->bytes, run, st);
        if (!code) hash_add(hash, reader.buf, place->bytes);
    }
    const struct weight_group *group = &store->group[store->run_group[run]];
    for (int w = 0; w < NUM_WHICH; w++)
        for (int v = 0; v < group->num_views && !code; v++) {
            size_t bytes = (size_t)group->copies[w] * group->view[v].count * sizeof(float);
            if (!bytes) continue;
            code = read_piece(&reader, group->offset[w][v], bytes, store->run_slot[run], st);
            if (!code) hash_add(hash, reader.buf, bytes);
        }
    uint64_t checksum = hash_end(hash);
    free(reader.buf);
    *valid = !code && checksum == record.checksum;
    return code;
}

/* --- the digest --------------------------------------------------------------------------- */

/* An entry that counts: where it stands and its value. */
struct entry {
    uint32_t index[MAX_COLUMN_DIMS + 1]; /* the last one is 0 */
    double value;
};

/* Room for the entries of the widest column or weight matrix, kept over all runs. */
struct digest {
    struct store *store;
    struct hash_state *hash;
    struct entry *entry; /* owned */
    double *number;      /* owned */
};

static void add_column(struct digest *d, const struct schema_row *row, const double *number)
{
    const struct schema *schema = &d->store->schema;
    size_t count = schema_row_count(schema, row), num = 0;
    for (size_t i = 0; i < count; i++) {
        struct entry *entry = &d->entry[num];
        size_t rest = i;
        if (isnan(number[i])) continue;
        *entry = (struct entry){.value = number[i]};
        for (int k = row->num_dims - 1; k >= 0; k--) {
            size_t size = (size_t)schema->axis[row->dim[k]].size;
            entry->index[k] = (uint32_t)(rest % size);
            rest /= size;
        }
        num++;
    }
    hash_add(d->hash, row->name, strlen(row->name) + 1);
    hash_add(d->hash, d->entry, num * sizeof *d->entry);
}

static int add_integer_column(struct digest *d, int column, int run, struct status *st)
{
    const struct schema_row *row = &d->store->schema.row[column];
    char text[64];
    int code = store_read_text(d->store, column, run, text, sizeof text, st);
    if (code) return code;
    hash_add(d->hash, row->name, strlen(row->name) + 1);
    hash_add(d->hash, text, strlen(text) + 1);
    return STATUS_OK;
}

static int add_weights(struct digest *d, int run, struct status *st)
{
    if (store_run_status(d->store, run) != RUN_DONE) return STATUS_OK;
    const struct weight_group *group = &d->store->group[d->store->run_group[run]];
    hash_add(d->hash, group->name, strlen(group->name) + 1);
    for (int w = 0; w < NUM_WHICH; w++) {
        struct rnn_shape shape;
        float *params = NULL;
        int copies = 0;
        int code = store_read_networks(d->store, run, which_name[w], &shape, &params, &copies, st);
        if (code) return code;
        size_t num = (size_t)copies * rnn_num_params(shape);
        for (size_t i = 0; i < num; i++)
            if (isnan(params[i])) params[i] = NAN; /* one NaN, whatever its bits */
        hash_add(d->hash, params, num * sizeof *params);
        free(params);
    }
    return STATUS_OK;
}

static int add_run(struct digest *d, int run, const char *key, struct status *st)
{
    int code = STATUS_OK;
    int32_t status = store_run_status(d->store, run);
    hash_add(d->hash, key, 32);
    hash_add(d->hash, &status, sizeof status);
    for (int c = 0; c < d->store->schema.num_rows && !code; c++) {
        const struct schema_row *row = &d->store->schema.row[c];
        if (!row->in_digest) continue;
        if (row->type == TYPE_TEXT || row->type == TYPE_I8 || row->type == TYPE_U8) {
            code = add_integer_column(d, c, run, st);
            continue;
        }
        code = store_read_numbers(d->store, c, run, d->number, st);
        if (!code) add_column(d, row, d->number);
    }
    return code ? code : add_weights(d, run, st);
}

struct keyed {
    char key[33];
    int run;
};

static int compare_keys(const void *a, const void *b)
{
    return strcmp(((const struct keyed *)a)->key, ((const struct keyed *)b)->key);
}

/* Done and failed runs in the order of their keys. */
static int sort_runs(struct store *store, struct keyed *order, int *num, struct status *st)
{
    *num = 0;
    for (int run = 0; run < store->num_runs; run++) {
        int status = store_run_status(store, run);
        if (status != RUN_DONE && status != RUN_FAILED) continue;
        struct keyed *k = &order[(*num)++];
        k->run = run;
        int code = store_read_text(store, store->key_column, run, k->key, sizeof k->key, st);
        if (code) return code;
    }
    qsort(order, (size_t)*num, sizeof *order, compare_keys);
    return STATUS_OK;
}

int store_digest(struct store *store, char hex[17], struct status *st)
{
    size_t widest = 1;
    for (int c = 0; c < store->schema.num_rows; c++) {
        size_t count = schema_row_count(&store->schema, &store->schema.row[c]);
        if (count > widest) widest = count;
    }
    struct digest d = {.store = store, .hash = hash_begin()};
    struct keyed *order = calloc((size_t)store->num_runs, sizeof *order);
    int num = 0, code = STATUS_OK;
    d.entry = calloc(widest, sizeof *d.entry);
    d.number = calloc(widest, sizeof *d.number);
    hex[0] = '\0';
    if (!d.hash || !d.entry || !d.number || !order) code = status_no_memory(st, "%s", store->path);
    if (!code) code = sort_runs(store, order, &num, st);
    for (int i = 0; i < num && !code; i++) code = add_run(&d, order[i].run, order[i].key, st);
    if (d.hash) {
        uint64_t value = hash_end(d.hash);
        if (!code) snprintf(hex, 17, "%016llx", (unsigned long long)value);
    }
    free(d.entry);
    free(d.number);
    free(order);
    return code;
}
