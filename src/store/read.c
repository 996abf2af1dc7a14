/* read: values of an open results file: columns, grid, attributes, weights. What runs wrote is
 * given only of rows that a valid record commits; of others NaN and "". Refuses to trust the status
 * column: status and attempts come from the records. */
#include "internal.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

int store_num_runs(const struct store *store)
{
    return store->num_runs;
}

bool store_is_trained(struct store *store, int run)
{
    double epoch = 0;
    bool valid = false;
    int column = store_find_column(store, "best_epoch"); /* from 1 */
    return store_run_status(store, run) != RUN_DONE || column < 0 ||
           store_read_numbers(store, column, run, &epoch, NULL) || epoch != 0 ||
           store_check_run(store, run, &valid, NULL) || !valid; /* a row of zeros is damaged */
}

const char *store_attribute(struct store *store, const char *name)
{
    for (int i = 0; i < store->num_attributes; i++)
        if (store->attribute[i].name && strcmp(store->attribute[i].name, name) == 0)
            return store->attribute[i].text ? store->attribute[i].text : "";
    return "";
}

int store_check_format(struct store *store, struct status *st)
{
    int code = locate_attributes(store, st);
    if (code) return code;
    const char *format = store_attribute(store, "format");
    const char *version = store_attribute(store, "format_version");
    int other = store->seal == SEAL_ABSENT ? STATUS_NO_INPUT : STATUS_IO; /* a damaged attribute */
    if (strcmp(format, WEIGHTS_FORMAT_NAME) == 0)
        return status_set(st, other,
                          "%s: the weights of one network, not a results file; `hmmgrid analyse %s "
                          "-o FILE.h5` makes one of them",
                          store->path, store->path);
    if (strcmp(format, FORMAT_NAME) != 0)
        return status_set(st, other,
                          "%s: its attribute format is \"%s\", not \"%s\": not a results file of "
                          "hmmgrid; weights from elsewhere are for `hmmgrid analyse`",
                          store->path, format, FORMAT_NAME);
    if (atoi(version) != FORMAT_MAJOR)
        return status_set(st, STATUS_IO,
                          "%s: format version %s, this program reads %d.x: use the "
                          "hmmgrid that wrote it or a newer one",
                          store->path, version, (int)FORMAT_MAJOR);
    return STATUS_OK;
}

int store_source(struct store *store, char **text, size_t *bytes, struct status *st)
{
    *bytes = (size_t)store->source.bytes;
    *text = calloc(*bytes + 1, 1);
    if (!*text) return status_no_memory(st, "%s: its grid", store->path);
    int error = store_read_at(store, store->source.offset, *text, *bytes);
    return error ? file_fail(st, STATUS_IO, store->path, "read its grid", error) : STATUS_OK;
}

const char *store_resolved(struct store *store, int run)
{
    return store->line[run];
}

const struct decoded_run *store_settings(struct store *store, int run, struct status *st)
{
    if (store->decoded[run]) return store->decoded[run];
    struct decoded_run *d = calloc(1, sizeof *d);
    int code = d ? plan_parse_json(store->line[run], d, st) : STATUS_NO_MEMORY;
    if (!code) code = plan_check_key(d, st);
    if (!code) return store->decoded[run] = d;
    decoded_run_free(d);
    free(d);
    if (code == STATUS_NO_MEMORY) {
        status_no_memory(st, "%s", store->path);
    } else if (st) {
        st->code = STATUS_IO;
        status_prefix(st, "%s: the settings of run %d cannot be read: ", store->path, run);
    }
    return NULL;
}

/* The names of unknown settings, one after the other, each once, as long as there is room. */
static void collect_unknown(const char *unknown, char *names, size_t n)
{
    for (const char *line = unknown; line && *line;) {
        char name[136];
        snprintf(name, sizeof name, "%.*s, ", (int)strcspn(line, "="), line);
        size_t used = strlen(names);
        if (!strstr(names, name)) snprintf(names + used, n - used, "%s", name);
        line += strcspn(line, "\n");
        line += *line == '\n';
    }
}

bool store_is_altered(const struct store *store)
{
    return store->seal != SEAL_WHOLE;
}

const char *store_note(struct store *store)
{
    char names[256] = "";
    if (store->note) return store->note;
    for (int run = 0; run < store->num_runs; run++) {
        const struct decoded_run *decoded = store_settings(store, run, NULL);
        if (decoded) collect_unknown(decoded->unknown, names, sizeof names);
    }
    int n = (int)strlen(names);
    char *unknown = NULL;
    if (n > 2 && asprintf(&unknown,
                          "%s: its runs have settings that this version does not know (%.*s): they "
                          "are kept and shown by `hmmgrid why`, and count for nothing else",
                          store->path, n - 2, names) < 0)
        return NULL;
    if (!store->difference) return store->note = unknown;
    if (asprintf(&store->note, "%s%s%s", store->difference, unknown ? "\n" : "",
                 unknown ? unknown : "") < 0)
        store->note = NULL;
    free(unknown);
    return store->note;
}

/* --- columns ------------------------------------------------------------------------------ */

const struct schema_axis *store_axis(const struct store *store, int axis)
{
    return &store->schema.axis[axis];
}

int store_num_columns(const struct store *store)
{
    return store->schema.num_rows;
}

const struct schema_row *store_column(const struct store *store, int column)
{
    return &store->schema.row[column];
}

int store_find_column(const struct store *store, const char *name)
{
    const struct schema_row *row = schema_find(&store->schema, name);
    return row ? (int)(row - store->schema.row) : -1;
}

int store_column_count(const struct store *store, int column)
{
    return (int)schema_row_count(&store->schema, &store->schema.row[column]);
}

static double decode_number(enum schema_type type, const void *value)
{
    int8_t i1;
    int16_t i2;
    int32_t i4;
    int64_t i8;
    uint64_t u8;
    float f4;
    double f8;
    switch (type) {
    case TYPE_I1: return memcpy(&i1, value, sizeof i1), i1;
    case TYPE_I2: return memcpy(&i2, value, sizeof i2), i2;
    case TYPE_I4: return memcpy(&i4, value, sizeof i4), i4;
    case TYPE_I8: return memcpy(&i8, value, sizeof i8), (double)i8;
    case TYPE_U8: return memcpy(&u8, value, sizeof u8), (double)u8;
    case TYPE_F4: return memcpy(&f4, value, sizeof f4), f4;
    case TYPE_F8: return memcpy(&f8, value, sizeof f8), f8;
    case TYPE_TEXT: break;
    }
    return NAN;
}

/* A number that the records know better than the file's columns; false: not one of those. */
static bool from_record(struct store *store, int column, int run, double *value)
{
    struct record record;
    if (column == store->status_column)
        *value = store_run_status(store, run);
    else if (column == store->attempts_column)
        *value = store_run_attempts(store, run);
    else if (column == store->checksum_column)
        *value = store_record(store, run, &record) ? (double)record.checksum : 0.0;
    else
        return false;
    return true;
}

static bool is_trusted(struct store *store, int column, int run)
{
    return store->schema.row[column].writer == WRITER_LAYOUT || store_is_committed(store, run);
}

int store_read_numbers(struct store *store, int column, int run, double *out, struct status *st)
{
    const struct schema_row *row = &store->schema.row[column];
    const struct store_column_place *place = &store->place[column];
    size_t count = schema_row_count(&store->schema, row), bytes = schema_element_bytes(row);
    if (row->type == TYPE_TEXT)
        return status_set(st, STATUS_USAGE, "%s: column %s holds text, not numbers", store->path,
                          row->name);
    if (from_record(store, column, run, out)) return STATUS_OK;
    if (!is_trusted(store, column, run)) {
        for (size_t i = 0; i < count; i++) out[i] = NAN;
        return STATUS_OK;
    }
    unsigned char *value = malloc(place->bytes);
    if (!value) return status_no_memory(st, "%s", store->path);
    int error =
        store_read_at(store, place->offset + (uint64_t)run * place->bytes, value, place->bytes);
    for (size_t i = 0; i < count && !error; i++)
        out[i] = decode_number(row->type, value + i * bytes);
    free(value);
    return error ? file_fail(st, STATUS_IO, store->path, "read it", error) : STATUS_OK;
}

int store_read_column(struct store *store, int column, double *out, struct status *st)
{
    const struct schema_row *row = &store->schema.row[column];
    const struct store_column_place *place = &store->place[column];
    if (row->type == TYPE_TEXT || row->num_dims > 0)
        return status_set(st, STATUS_USAGE, "%s: column %s is not one number a run", store->path,
                          row->name);
    size_t bytes = place->bytes * (size_t)store->num_runs;
    unsigned char *value = malloc(bytes);
    if (!value) return status_no_memory(st, "%s", store->path);
    int error = store_read_at(store, place->offset, value, bytes);
    for (int run = 0; run < store->num_runs && !error; run++) {
        if (from_record(store, column, run, &out[run])) continue;
        out[run] = is_trusted(store, column, run)
                       ? decode_number(row->type, value + (size_t)run * place->bytes)
                       : NAN;
    }
    free(value);
    return error ? file_fail(st, STATUS_IO, store->path, "read it", error) : STATUS_OK;
}

/* One number as text, integers in full (a double cannot hold every seed or checksum). */
static void print_number(const struct schema_row *row, const void *value, char *buf, size_t n)
{
    int64_t i8;
    uint64_t u8;
    memcpy(&i8, value, row->type == TYPE_I8 ? sizeof i8 : 0);
    memcpy(&u8, value, row->type == TYPE_U8 ? sizeof u8 : 0);
    if (row->type == TYPE_I8)
        snprintf(buf, n, "%lld", (long long)i8);
    else if (row->type == TYPE_U8)
        snprintf(buf, n, "%016llx", (unsigned long long)u8);
    else
        snprintf(buf, n, "%.*g", row->type == TYPE_F4 ? 9 : 17, decode_number(row->type, value));
}

int store_read_text(struct store *store, int column, int run, char *buf, size_t n,
                    struct status *st)
{
    const struct schema_row *row = &store->schema.row[column];
    const struct store_column_place *place = &store->place[column];
    double known;
    if (n > 0) buf[0] = '\0';
    if (row->num_dims > 0)
        return status_set(st, STATUS_USAGE, "%s: column %s is not one value a run", store->path,
                          row->name);
    if (column != store->checksum_column && from_record(store, column, run, &known)) {
        snprintf(buf, n, "%.0f", known);
        return STATUS_OK;
    }
    if (!is_trusted(store, column, run)) return STATUS_OK;
    char *value = calloc(1, place->bytes + 1);
    if (!value) return status_no_memory(st, "%s", store->path);
    int error =
        store_read_at(store, place->offset + (uint64_t)run * place->bytes, value, place->bytes);
    if (!error && row->type == TYPE_TEXT)
        snprintf(buf, n, "%s", value);
    else if (!error)
        print_number(row, value, buf, n);
    free(value);
    return error ? file_fail(st, STATUS_IO, store->path, "read it", error) : STATUS_OK;
}

void store_run_version(struct store *store, int run, char *buf, size_t n)
{
    int column = store_find_column(store, "version");
    if (n > 0) buf[0] = '\0';
    if (column >= 0) store_read_text(store, column, run, buf, n, NULL);
    if (n == 0 || buf[0]) return;
    const char *version = store_attribute(store, "program_version");
    const char *commit = store_attribute(store, "git_commit");
    snprintf(buf, n, "%s%s%s", version, *commit ? " " : "", commit);
}

/* --- one run ------------------------------------------------------------------------------ */

/* View v of the first `num` copies of a run's networks into their flat blocks; an errno value. */
static int read_view(struct store *store, int run, int which, int v, int num, float *params)
{
    const struct weight_group *group = &store->group[store->run_group[run]];
    const struct rnn_view *view = &group->view[v];
    size_t bytes = view->count * sizeof(float), stride = rnn_num_params(group->shape);
    uint64_t slot = group->offset[which][v] +
                    (uint64_t)store->run_slot[run] * (uint64_t)group->copies[which] * bytes;
    int error = 0;
    for (int c = 0; c < num && !error; c++)
        error = store_read_at(store, slot + (uint64_t)c * bytes,
                              params + (size_t)c * stride + view->offset, bytes);
    return error;
}

/* Of the plan where there is one, else of the file. */
static const struct settings *settings_of(struct store *store, int run, struct status *st)
{
    if (store->plan) return &store->plan->cells[store->plan->runs[run].cell].settings;
    const struct decoded_run *decoded = store_settings(store, run, st);
    return decoded ? &decoded->settings : NULL;
}

/* Only a run that is done has weights. */
static int refuse_unfinished(struct store *store, int run, struct status *st)
{
    int status = store_run_status(store, run);
    bool damaged = store_record_is_damaged(store, run),
         open = damaged || status == RUN_PENDING || status == RUN_RUNNING;
    return status_set(st, damaged ? STATUS_IO : STATUS_NO_INPUT,
                      "%s: run %d has no weights to show: it is %s; %s", store->path, run,
                      damaged ? "damaged" : run_status_name[status],
                      open ? "`hmmgrid run GRID -o FILE --resume` runs it"
                           : "`hmmgrid why` tells why, and `hmmgrid summary` which are done");
}

int store_read_networks(struct store *store, int run, const char *which, struct rnn_shape *shape,
                        float **params, int *num, struct status *st)
{
    int w = 0;
    *params = NULL;
    *num = 0;
    while (w < NUM_WHICH && strcmp(which, which_name[w]) != 0) w++;
    if (w == NUM_WHICH)
        return status_set(st, STATUS_USAGE,
                          "weights are \"last\", \"best\" or \"snapshots\", not \"%s\"", which);
    if (store_run_status(store, run) != RUN_DONE) return refuse_unfinished(store, run, st);
    const struct weight_group *group = &store->group[store->run_group[run]];
    int copies = group->copies[w];
    if (w == WHICH_SNAPSHOTS && copies > 0) {
        const struct settings *s = settings_of(store, run, st);
        if (!s) return st ? st->code : STATUS_IO;
        if (train_num_snapshots(s) < copies) copies = train_num_snapshots(s);
    }
    *shape = group->shape;
    size_t most = (size_t)(copies > 0 ? copies : 1) * rnn_num_params(group->shape);
    *params = malloc(most * sizeof **params);
    if (!*params) return status_no_memory(st, "%s", store->path);
    for (int v = 0; v < group->num_views; v++) {
        int error = read_view(store, run, w, v, copies, *params);
        if (!error) continue;
        free(*params);
        *params = NULL;
        return file_fail(st, STATUS_IO, store->path, "read the weights", error);
    }
    *num = copies;
    return STATUS_OK;
}

int store_read_weights(struct store *store, int run, const char *which, struct rnn_shape *shape,
                       float **params, struct status *st)
{
    int num;
    return store_read_networks(store, run, which, shape, params, &num, st);
}

/* Keys that begin with text: how many, and the last of them. */
static int match_keys(struct store *store, const char *text, int *run, struct status *st)
{
    int matches = 0;
    size_t n = strlen(text);
    for (int r = 0; r < store->num_runs && n <= 32; r++) {
        char key[33];
        if (store_read_text(store, store->key_column, r, key, sizeof key, st)) return -1;
        if (strncasecmp(key, text, n) != 0) continue;
        matches++;
        *run = r;
    }
    return matches;
}

int store_find_run(struct store *store, const char *text, int *run, struct status *st)
{
    size_t n = strlen(text), digits = strspn(text, "0123456789");
    if (n > 0 && digits == n && n < 10 && atoi(text) < store->num_runs) {
        *run = atoi(text);
        return STATUS_OK;
    }
    int matches = n > 0 ? match_keys(store, text, run, st) : 0;
    if (matches == 1) return STATUS_OK;
    if (matches < 0) return st ? st->code : STATUS_IO;
    if (matches > 1)
        return status_set(st, STATUS_USAGE,
                          "%s: \"%s\" is the beginning of %d keys; give more of its digits",
                          store->path, text, matches);
    return status_set(st, STATUS_USAGE,
                      "%s: no run \"%s\"; give a row number from 0 to %d or the beginning of a key",
                      store->path, text, store->num_runs - 1);
}
