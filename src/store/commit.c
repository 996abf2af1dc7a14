/* commit: what makes a run count. A worker writes its row and syncs; then rank 0 writes a 64-byte
 * checksummed record and syncs. Refuses to believe anything else: a row without a valid record was
 * never finished, and a row whose bytes do not give the record's checksum is not the one that was.
 * Source: RELIABILITY section 2, protocol 2. */
#include "internal.h"

#include "columns.h"

#include "base/hash.h"
#include <errno.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const char record_magic[8] = "hmmgrun1";
static const size_t largest_write = (size_t)256 << 20; /* RELIABILITY section 7: 2 GiB fails */
enum { RECORD_SEALED_BYTES = 56 };

/* --- records ------------------------------------------------------------------------------ */

void record_encode(const struct record *record, unsigned char bytes[RECORD_BYTES])
{
    int32_t number[4] = {record->run, record->attempt, record->status, record->deaths};
    memset(bytes, 0, RECORD_BYTES);
    memcpy(bytes, record_magic, sizeof record_magic);
    memcpy(bytes + 8, number, sizeof number);
    memcpy(bytes + 24, &record->checksum, sizeof record->checksum);
    uint64_t seal = hash_64(bytes, RECORD_SEALED_BYTES);
    memcpy(bytes + RECORD_SEALED_BYTES, &seal, sizeof seal);
}

bool record_decode(const unsigned char bytes[RECORD_BYTES], int run, struct record *record)
{
    int32_t number[4];
    uint64_t seal;
    memcpy(number, bytes + 8, sizeof number);
    memcpy(&record->checksum, bytes + 24, sizeof record->checksum);
    memcpy(&seal, bytes + RECORD_SEALED_BYTES, sizeof seal);
    record->run = number[0];
    record->attempt = number[1];
    record->status = number[2];
    record->deaths = number[3];
    return memcmp(bytes, record_magic, sizeof record_magic) == 0 &&
           seal == hash_64(bytes, RECORD_SEALED_BYTES) && record->run == run &&
           record->attempt >= 0 && record->status >= 0 && record->status < NUM_RUN_STATUS &&
           record->deaths >= 0;
}

bool store_record(const struct store *store, int run, struct record *record)
{
    return record_decode(store->record + (size_t)run * RECORD_BYTES, run, record);
}

/* In a file that another program changed: does the row not agree with its record? */
static bool is_doubted(const struct store *store, int run)
{
    return store->doubted && store->doubted[run];
}

bool store_is_committed(const struct store *store, int run)
{
    struct record record;
    return store_record(store, run, &record) && record.status >= RUN_DONE &&
           !is_doubted(store, run);
}

bool store_record_is_damaged(const struct store *store, int run)
{
    static const unsigned char never[RECORD_BYTES];
    struct record record;
    if (store_record(store, run, &record)) return is_doubted(store, run);
    return memcmp(store->record + (size_t)run * RECORD_BYTES, never, RECORD_BYTES) != 0;
}

int store_run_status(struct store *store, int run)
{
    struct record record;
    if (store_record(store, run, &record) && !is_doubted(store, run)) return record.status;
    return store_record_is_damaged(store, run) || store->attempts[run] > 0 ? RUN_RUNNING
                                                                           : RUN_PENDING;
}

int store_run_attempts(struct store *store, int run)
{
    struct record record;
    if (store_record(store, run, &record)) return record.attempt;
    return store->attempts[run] > 0 ? store->attempts[run] : 0;
}

int store_run_deaths(struct store *store, int run)
{
    struct record record;
    if (!store_record(store, run, &record)) return 0;
    /* files made before deaths were told from other ends */
    return record.status == RUN_CRASHED && !record.deaths ? record.attempt : record.deaths;
}

/* --- rows --------------------------------------------------------------------------------- */

/* One run's value of a dataset through MPI-IO: row `index` of (rows, dim[1], ...), cut along dim[1]
 * when it is large. */
static bool write_shared(hid_t dataset, int index, const void *value, size_t bytes)
{
    enum { MOST = 1 + MAX_COLUMN_DIMS };
    hsize_t dim[MOST] = {1, 1, 1, 1}, start[MOST] = {(hsize_t)index, 0, 0, 0}, count[MOST];
    hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    int num_dims = H5Sget_simple_extent_ndims(space);
    bool written = space >= 0 && type >= 0 && num_dims >= 1 && num_dims <= MOST;
    if (written) H5Sget_simple_extent_dims(space, dim, NULL);
    memcpy(count, dim, sizeof count);
    count[0] = 1;
    size_t line = bytes / (size_t)dim[1];
    hsize_t most = line < largest_write ? (hsize_t)(largest_write / (line ? line : 1)) : 1;
    for (hsize_t at = 0; at < dim[1] && written; at += most) {
        start[1] = at;
        count[1] = dim[1] - at < most ? dim[1] - at : most;
        hid_t memory = H5Screate_simple(num_dims, count, NULL);
        written = memory >= 0 &&
                  H5Sselect_hyperslab(space, H5S_SELECT_SET, start, NULL, count, NULL) >= 0 &&
                  H5Dwrite(dataset, type, memory, space, H5P_DEFAULT,
                           (const char *)value + (size_t)at * line) >= 0;
        if (memory >= 0) H5Sclose(memory);
    }
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
    return written;
}

static int write_value(struct store *store, hid_t dataset, uint64_t offset, int index,
                       const void *value, size_t bytes, struct status *st)
{
    if (dataset >= 0) {
        if (write_shared(dataset, index, value, bytes)) return STATUS_OK;
        H5Eclear2(H5E_DEFAULT); /* MPI-IO does not say why: the plain way works, or has an errno */
    }
    int error = file_write_at(store->fd, offset + (uint64_t)index * bytes, value, bytes);
    return error ? file_fail(st, STATUS_IO, store->path, "write results", error) : STATUS_OK;
}

size_t store_row_bytes(const struct store *store)
{
    size_t bytes = 0;
    for (int c = 0; c < store->schema.num_rows; c++)
        if (store->schema.row[c].writer == WRITER_WORKER) bytes += store->place[c].bytes;
    return bytes;
}

/* View v of `copies` networks, one after the other, into block; those that are not there are NaN.
 */
static void gather(const struct networks *from, size_t num_params, const struct rnn_view *view,
                   int copies, float *block)
{
    for (int c = 0; c < copies; c++, block += view->count) {
        bool there = from->params && c < from->num;
        if (there)
            memcpy(block, from->params + (size_t)c * num_params + view->offset,
                   view->count * sizeof *block);
        for (size_t i = 0; !there && i < view->count; i++) block[i] = NAN;
    }
}

static int write_weights(struct store *store, int run, const struct networks weights[NUM_WHICH],
                         struct hash_state *hash, struct status *st)
{
    const struct weight_group *group = &store->group[store->run_group[run]];
    size_t num = rnn_num_params(group->shape), most = (size_t)group->copies[WHICH_SNAPSHOTS];
    float *block = malloc((most > 1 ? most : 1) * num * sizeof *block);
    int code = STATUS_OK;
    if (!block) return status_no_memory(st, "%s", store->path);
    for (int w = 0; w < NUM_WHICH; w++)
        for (int v = 0; v < group->num_views && group->copies[w] && !code; v++) {
            size_t bytes = (size_t)group->copies[w] * group->view[v].count * sizeof *block;
            gather(&weights[w], num, &group->view[v], group->copies[w], block);
            hash_add(hash, block, bytes);
            code = write_value(store, store->parallel ? group->dataset[w][v] : H5I_INVALID_HID,
                               group->offset[w][v], store->run_slot[run], block, bytes, st);
        }
    free(block);
    return code;
}

int store_write_bytes(struct store *store, int run, const unsigned char *row,
                      const struct networks weights[NUM_WHICH], uint64_t *checksum,
                      struct status *st)
{
    struct hash_state *hash = hash_begin();
    if (!hash) return status_no_memory(st, "%s", store->path);
    hash_add(hash, row, store_row_bytes(store));
    int code = STATUS_OK;
    for (int c = 0; c < store->schema.num_rows && !code; c++) {
        if (store->schema.row[c].writer != WRITER_WORKER) continue;
        const struct store_column_place *place = &store->place[c];
        code = write_value(store, place->dataset, place->offset, run, row, place->bytes, st);
        row += place->bytes;
    }
    if (!code) code = write_weights(store, run, weights, hash, st);
    *checksum = hash_end(hash);
    return code;
}

static int sync_data(struct store *store, struct status *st)
{
    return fdatasync(store->fd) == 0 ? STATUS_OK
                                     : file_fail(st, STATUS_IO, store->path, "sync results", errno);
}

/* Encode and write, without a sync. */
static int write_run(struct store *store, const struct run_attempt *attempt,
                     const struct run_output *out, uint64_t *checksum, struct status *st)
{
    unsigned char *row = malloc(store_row_bytes(store) + 1), *at = row;
    if (!row) return status_no_memory(st, "%s", store->path);
    bool put = true;
    for (int c = 0; c < store->schema.num_rows; c++) {
        const struct schema_row *column = &store->schema.row[c];
        if (column->writer != WRITER_WORKER) continue;
        put &= columns_put(&store->schema, column, store->plan, attempt, out, at);
        at += store->place[c].bytes;
    }
    bool done = out && attempt->status == RUN_DONE;
    struct networks weights[NUM_WHICH] = {{NULL, 0}};
    if (done) {
        const struct run *planned = &store->plan->runs[attempt->run];
        const struct settings *s = &store->plan->cells[planned->cell].settings;
        weights[WHICH_LAST] = (struct networks){out->train.last, 1};
        weights[WHICH_BEST] = (struct networks){out->train.best, 1};
        weights[WHICH_SNAPSHOTS] = (struct networks){out->train.snapshots, train_num_snapshots(s)};
    }
    int code = put ? store_write_bytes(store, attempt->run, row, weights, checksum, st)
                   : status_no_memory(st, "%s", store->path);
    free(row);
    return code;
}

int store_write_run(struct store *store, const struct run_attempt *attempt,
                    const struct run_output *out, uint64_t *checksum, struct status *st)
{
    if (!store->writable || !store->plan || attempt->run < 0 || attempt->run >= store->num_runs)
        return status_set(st, STATUS_INTERNAL, "%s: not open for writing run %d", store->path,
                          attempt->run);
    int code = write_run(store, attempt, out, checksum, st);
    return code ? code : sync_data(store, st);
}

/* --- rank 0 ------------------------------------------------------------------------------- */

static int write_record(struct store *store, const struct record *record)
{
    unsigned char *bytes = store->record + (size_t)record->run * RECORD_BYTES;
    record_encode(record, bytes);
    return file_write_at(store->fd, store->record_offset + (uint64_t)record->run * RECORD_BYTES,
                         bytes, RECORD_BYTES);
}

/* A column never claims an end that its record may lose: those of ends are written after the sync.
 */
int store_write_records(struct store *store, const struct record *record, int num,
                        struct status *st)
{
    int error = 0, code = STATUS_OK;
    for (int i = 0; i < num && !error; i++) {
        bool there = record[i].run >= 0 && record[i].run < store->num_runs;
        error = there ? 0 : ERANGE;
        if (!error && record[i].status < RUN_DONE) error = mirror_write(store, &record[i]);
        if (!error) error = write_record(store, &record[i]);
    }
    if (!error && num > 0) code = sync_data(store, st);
    for (int i = 0; i < num && !error && !code; i++)
        if (record[i].status >= RUN_DONE) error = mirror_write(store, &record[i]);
    return error ? file_fail(st, STATUS_IO, store->path, "write its records", error) : code;
}

/* A crashed run's row, emptied, with its error text; durable before its record. */
static int write_crashed(struct store *store, const struct store_commit *commit, uint64_t *checksum,
                         struct status *st)
{
    struct run_attempt attempt = {.run = commit->run,
                                  .attempt = commit->attempt,
                                  .status = RUN_CRASHED,
                                  .rank = -1,
                                  .error = commit->error,
                                  .t_start_s = NAN,
                                  .wall_s = NAN,
                                  .cpu_s = NAN,
                                  .peak_bytes = NAN,
                                  .idle_s = NAN};
    int code = write_run(store, &attempt, NULL, checksum, st);
    return code ? code : sync_data(store, st);
}

int store_commit_runs(struct store *store, const struct store_commit *commit, int num,
                      struct status *st)
{
    struct record *record = calloc((size_t)(num > 0 ? num : 1), sizeof *record);
    int code = STATUS_OK;
    if (!record) return status_no_memory(st, "%s", store->path);
    for (int i = 0; i < num && !code; i++) {
        const struct store_commit *c = &commit[i];
        record[i] = (struct record){c->run, c->attempt, c->status, c->checksum, c->deaths};
        if (c->run < 0 || c->run >= store->num_runs || c->status == RUN_RUNNING)
            code = status_set(st, STATUS_INTERNAL, "%s: run %d cannot be committed as %d",
                              store->path, c->run, c->status);
        else if (c->status == RUN_CRASHED && c->error)
            code = write_crashed(store, c, &record[i].checksum, st);
        else if (c->status == RUN_PENDING)
            record[i] = (struct record){c->run, c->attempt > 0 ? c->attempt - 1 : 0, RUN_PENDING, 0,
                                        c->deaths};
    }
    if (!code) code = store_write_records(store, record, num, st);
    free(record);
    return code;
}

int store_begin_runs(struct store *store, const int *run, int num, bool blamed, struct status *st)
{
    struct record *record = calloc((size_t)(num > 0 ? num : 1), sizeof *record);
    int code = STATUS_OK;
    if (!record) return status_no_memory(st, "%s", store->path);
    for (int i = 0; i < num && !code; i++) {
        if (run[i] < 0 || run[i] >= store->num_runs)
            code = status_set(st, STATUS_INTERNAL, "%s: no run %d to begin", store->path, run[i]);
        else
            record[i] = (struct record){run[i], store_run_attempts(store, run[i]) + 1, RUN_RUNNING,
                                        0, store_run_deaths(store, run[i]) + blamed};
    }
    if (!code) code = store_write_records(store, record, num, st);
    free(record);
    return code;
}

int store_reset_runs(struct store *store, const int *run, int num, struct status *st)
{
    struct record *record = calloc((size_t)num + 1, sizeof *record);
    if (!record) return status_no_memory(st, "%s", store->path);
    for (int i = 0; i < num; i++) record[i] = (struct record){.run = run[i], .status = RUN_PENDING};
    int code = store_write_records(store, record, num, st);
    free(record);
    return code;
}
