/* locate: where the bytes of each dataset are. HDF5 tells, in this process only of a file whose
 * seal is whole. Of any other file (altered.c) the child process that reads it asks HDF5, copies
 * what is not stored as hmmgrid stores it (in pieces, compressed, of another type) and reports
 * every place; the parent looks them up there. Refuses datasets that other files hold, and, in an
 * altered file, bytes that are not the ones that /commit/contents lists. */
#include "internal.h"

#include "base/hash.h"
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

int store_read_at(const struct store *store, uint64_t offset, void *buf, size_t n)
{
    return offset >= COPIED ? file_read_at(store->copies, offset - COPIED, buf, n)
                            : file_read_at(store->fd, offset, buf, n);
}

static bool is_inside(const struct store *store, struct extent where)
{
    bool copied = where.offset >= COPIED;
    uint64_t offset = copied ? where.offset - COPIED : where.offset;
    uint64_t room = !copied ? store->file_bytes : store->report ? store->report->copied_bytes : 0;
    return where.bytes <= room && offset <= room - where.bytes;
}

/* --- by HDF5 ------------------------------------------------------------------------------ */

/* The type in memory that has the bytes of a dataset as hmmgrid stores it: numbers as `type`, text
 * and raw bytes as wide as they are. */
static hid_t memory_type(hid_t dataset, enum schema_type type, int text_bytes)
{
    hid_t stored = H5Dget_type(dataset), memory = H5I_INVALID_HID;
    H5T_class_t class = H5Tget_class(stored);
    if (type != TYPE_TEXT && (class == H5T_INTEGER || class == H5T_FLOAT)) {
        memory = element_type(type, 0);
    } else if (type == TYPE_TEXT && class == H5T_STRING && H5Tis_variable_str(stored) > 0) {
        memory = text_bytes > 0 ? H5Tcopy(stored) : H5I_INVALID_HID;
    } else if (type == TYPE_TEXT && class == H5T_STRING) {
        memory = H5Tcopy(stored);
        H5Tset_strpad(memory, H5T_STR_NULLPAD);
    } else if (type == TYPE_TEXT && class == H5T_INTEGER && H5Tget_size(stored) == 1) {
        memory = H5Tcopy(H5T_STD_U8LE);
    }
    if (stored >= 0) H5Tclose(stored);
    return memory;
}

/* Is it where and as hmmgrid would have put it? */
static bool is_plain(hid_t dataset, hid_t memory)
{
    hid_t create = H5Dget_create_plist(dataset), stored = H5Dget_type(dataset);
    bool plain =
        create >= 0 && H5Tis_variable_str(memory) <= 0 && H5Pget_layout(create) == H5D_CONTIGUOUS &&
        H5Pget_external_count(create) == 0 && H5Dget_offset(dataset) != HADDR_UNDEF &&
        H5Tget_class(stored) == H5Tget_class(memory) && H5Tget_size(stored) == H5Tget_size(memory);
    if (plain && H5Tget_class(stored) != H5T_STRING) plain = H5Tequal(stored, memory) > 0;
    if (stored >= 0) H5Tclose(stored);
    if (create >= 0) H5Pclose(create);
    return plain;
}

static bool is_in_this_file(hid_t dataset)
{
    hid_t create = H5Dget_create_plist(dataset);
    bool here =
        create >= 0 && H5Pget_layout(create) != H5D_VIRTUAL && H5Pget_external_count(create) == 0;
    if (create >= 0) H5Pclose(create);
    return here;
}

/* n texts of any length -> n of text_bytes, NUL padded; false: one is longer. They are freed. */
static bool fix_texts(char **text, size_t n, int text_bytes, unsigned char *fixed)
{
    bool fits = true;
    for (size_t i = 0; i < n; i++) {
        size_t length = text[i] ? strlen(text[i]) : 0;
        fits = fits && length <= (size_t)text_bytes;
        if (fits && length) memcpy(fixed + i * (size_t)text_bytes, text[i], length);
        H5free_memory(text[i]);
    }
    return fits;
}

/* All values of a dataset, malloc'd, *bytes of them; NULL: not to be had. */
static void *read_values(hid_t dataset, hid_t memory, int text_bytes, size_t *bytes)
{
    if (!is_in_this_file(dataset)) return NULL; /* even a size may be in others */
    hid_t space = H5Dget_space(dataset);
    hssize_t count = space >= 0 ? H5Sget_simple_extent_npoints(space) : -1;
    if (space >= 0) H5Sclose(space);
    bool texts = H5Tis_variable_str(memory) > 0;
    size_t size = texts ? (size_t)text_bytes : H5Tget_size(memory);
    if (count < 1 || !size || (uint64_t)count > (uint64_t)SSIZE_MAX / (size + sizeof(char *)))
        return NULL;
    size_t n = (size_t)count;
    *bytes = n * size;
    void *values = calloc(n, size), *pointers = texts ? calloc(n, sizeof(char *)) : NULL;
    bool read =
        values && (!texts || pointers) &&
        H5Dread(dataset, memory, H5S_ALL, H5S_ALL, H5P_DEFAULT, texts ? pointers : values) >= 0;
    if (read && texts) read = fix_texts(pointers, n, text_bytes, values);
    free(pointers);
    if (read) return values;
    free(values);
    return NULL;
}

/* The values of a dataset that is not stored as hmmgrid does, behind the other copies. */
static int copy_dataset(struct store *store, hid_t dataset, hid_t memory, int text_bytes,
                        struct extent *where)
{
    struct report *report = store->report;
    size_t bytes = 0;
    void *values = report && memory >= 0 ? read_values(dataset, memory, text_bytes, &bytes) : NULL;
    int error = values ? file_write_at(store->copies, report->copied_bytes, values, bytes) : 0;
    *where = (struct extent){COPIED + (values ? report->copied_bytes : 0), bytes};
    if (values && !error) {
        report->copied_bytes += bytes;
        report->num_copied++;
    }
    bool copied = values && !error;
    free(values);
    return copied ? 0 : error ? error : EINVAL;
}

static int ask_library(struct store *store, const char *name, enum schema_type type, int text_bytes,
                       struct extent *where, hid_t *keep, struct status *st)
{
    char doing[224];
    snprintf(doing, sizeof doing, "open its dataset %s", name);
    hid_t dataset = H5Dopen2(store->file, name, H5P_DEFAULT);
    if (dataset < 0) return library_fail(st, STATUS_IO, store->path, doing);
    hid_t memory = memory_type(dataset, type, text_bytes);
    int error = 0;
    if (memory >= 0 && is_plain(dataset, memory))
        *where = (struct extent){H5Dget_offset(dataset), H5Dget_storage_size(dataset)};
    else
        error = copy_dataset(store, dataset, memory, text_bytes, where);
    if (memory >= 0) H5Tclose(memory);
    bool sound = !error && is_inside(store, *where);
    if (keep && sound)
        *keep = dataset;
    else
        H5Dclose(dataset);
    H5Eclear2(H5E_DEFAULT);
    if (error && error != EINVAL)
        return file_fail(st, STATUS_IO, store->path, "copy what it holds to a temporary file",
                         error);
    if (sound) return STATUS_OK;
    return status_set(st, STATUS_IO,
                      "%s: its dataset %s cannot be read in whole; the file was rewritten by "
                      "another program or is damaged",
                      store->path, name);
}

/* --- by the report of a child ------------------------------------------------------------- */

/* Are the bytes of a dataset that never changes those that were written? */
static int check_contents(struct store *store, const char *name, struct extent where,
                          struct status *st)
{
    char line[224];
    snprintf(line, sizeof line, "\t%s\n", name);
    const char *found = store->contents ? strstr(store->contents, line) : NULL;
    if (!found || found - store->contents < 16) return STATUS_OK;
    unsigned char *bytes = malloc((size_t)where.bytes + 1);
    if (!bytes) return status_no_memory(st, "%s", store->path);
    int error = store_read_at(store, where.offset, bytes, (size_t)where.bytes);
    uint64_t hash = error ? 0 : hash_64(bytes, (size_t)where.bytes);
    free(bytes);
    if (error) return file_fail(st, STATUS_IO, store->path, "read it", error);
    if (hash == strtoull(found - 16, NULL, 16)) return STATUS_OK;
    return status_set(
        st, STATUS_IO,
        "%s: its dataset %s is not what hmmgrid wrote: damaged, or changed by another "
        "program; use a copy",
        store->path, name);
}

static int look_up(struct store *store, const char *name, struct extent *where, struct status *st)
{
    const struct report *report = store->report;
    size_t first = store->num_looked_up; /* asked for in the order of the report */
    for (size_t i = 0; i < report->num_places; i++) {
        const struct place *place = &report->place[(first + i) % report->num_places];
        if (strcmp(place->name, name) != 0 || !is_inside(store, place->where)) continue;
        store->num_looked_up = first + i + 1;
        *where = place->where;
        return check_contents(store, name, *where, st);
    }
    return status_set(st, STATUS_IO, "%s: its dataset %s cannot be found; use a copy", store->path,
                      name);
}

/* --- both --------------------------------------------------------------------------------- */

static bool has_library(const struct store *store)
{
    return store->file >= 0;
}

int locate_dataset(struct store *store, const char *name, enum schema_type type, int text_bytes,
                   struct extent *where, hid_t *keep, struct status *st)
{
    if (!has_library(store)) return look_up(store, name, where, st);
    int code = ask_library(store, name, type, text_bytes, where, keep, st);
    struct report *report = store->report;
    if (code || !report) return code;
    if (report->num_places == MOST_PLACES)
        return status_set(st, STATUS_IO, "%s: more than %d datasets", store->path, MOST_PLACES);
    struct place *place = &report->place[report->num_places++];
    snprintf(place->name, sizeof place->name, "%s", name);
    place->where = *where;
    return STATUS_OK;
}

bool locate_exists(struct store *store, const char *path)
{
    size_t n = strlen(path);
    if (has_library(store)) return H5Lexists(store->file, path, H5P_DEFAULT) > 0;
    for (size_t i = 0; i < store->report->num_places; i++) {
        const char *name = store->report->place[i].name;
        if (strncmp(name, path, n) == 0 && (!name[n] || name[n] == '/')) return true;
    }
    return false;
}

/* no_memory: the only failure that is not the library's. */
struct visit {
    struct store *store;
    bool (*take)(struct store *store, const char *name);
    bool no_memory;
};

static herr_t visit_link(hid_t id, const char *name, const H5L_info_t *info, void *context)
{
    (void)id, (void)info;
    struct visit *visit = context;
    visit->no_memory = !visit->take(visit->store, name);
    return visit->no_memory ? -1 : 0;
}

static int visited(const struct visit *visit, herr_t error, const char *doing, struct status *st)
{
    const char *path = visit->store->path;
    if (visit->no_memory) {
        H5Eclear2(H5E_DEFAULT);
        return status_no_memory(st, "%s", path);
    }
    return error < 0 ? library_fail(st, STATUS_IO, path, doing) : STATUS_OK;
}

int locate_groups(struct store *store, const char *top,
                  bool (*take)(struct store *store, const char *name), struct status *st)
{
    struct visit visit = {.store = store, .take = take};
    size_t n = strlen(top);
    if (has_library(store)) {
        herr_t error = H5Literate_by_name(store->file, top, H5_INDEX_NAME, H5_ITER_INC, NULL,
                                          visit_link, &visit, H5P_DEFAULT);
        return visited(&visit, error, "list its weights", st);
    }
    for (size_t i = 0; i < store->report->num_places; i++) {
        char name[64], *end;
        const char *path = store->report->place[i].name;
        if (strncmp(path, top, n) != 0 || path[n] != '/') continue;
        snprintf(name, sizeof name, "%s", path + n + 1);
        end = strchr(name, '/'); /* each group has one dataset `run` */
        if (!end || strcmp(end, "/run") != 0) continue;
        *end = '\0';
        if (!take(store, name)) return status_no_memory(st, "%s", store->path);
    }
    return STATUS_OK;
}

static bool add_attribute(struct store *store, const char *name, const char *text)
{
    struct attribute *larger =
        realloc(store->attribute, ((size_t)store->num_attributes + 1) * sizeof *larger);
    if (!larger) return false;
    store->attribute = larger;
    struct attribute *a = &larger[store->num_attributes++];
    *a = (struct attribute){strdup(name), strdup(text)};
    return a->name && a->text;
}

static void report_attribute(struct report *report, const char *name, const char *text)
{
    size_t n = strlen(name) + 1, m = strlen(text) + 1;
    if (n + m > sizeof report->text - report->text_bytes) return;
    memcpy(report->text + report->text_bytes, name, n);
    memcpy(report->text + report->text_bytes + n, text, m);
    report->text_bytes += n + m;
}

static herr_t visit_attribute(hid_t id, const char *name, const H5A_info_t *info, void *context)
{
    (void)info;
    struct visit *visit = context;
    struct store *store = visit->store;
    errno = 0;
    char *text = library_attribute(id, name);
    visit->no_memory = text ? !add_attribute(store, name, text) : errno == ENOMEM;
    if (text && store->report) report_attribute(store->report, name, text);
    free(text);
    return visit->no_memory ? -1 : 0;
}

int locate_attributes(struct store *store, struct status *st)
{
    if (has_library(store)) {
        struct visit visit = {.store = store};
        herr_t error =
            H5Aiterate2(store->file, H5_INDEX_NAME, H5_ITER_INC, NULL, visit_attribute, &visit);
        return visited(&visit, error, "read its attributes", st);
    }
    const struct report *report = store->report;
    const char *end = report->text + report->text_bytes;
    for (const char *name = report->text; name < end;) {
        const char *text = name + strlen(name) + 1;
        if (text >= end || !add_attribute(store, name, text))
            return status_no_memory(st, "%s", store->path);
        name = text + strlen(text) + 1;
    }
    return STATUS_OK;
}
