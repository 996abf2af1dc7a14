/* parcel: a network of another program's file, read in a child process and handed to this one as
 * plain bytes, in a file without a name. Refuses sizes that no such network has, whatever the child
 * left. */
#include "internal.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <unistd.h>

/* What stands first; then the parts. Plain numbers, for they may be anything. */
struct label {
    int hidden, noise_dim, symbols, bias, says_relu, num_snapshots;
    char prefix[sizeof((struct imported *)0)->prefix];
    uint64_t run_bytes; /* of the text of the run, with its NUL; 0: there is none */
};

struct part {
    void *value;
    uint64_t bytes;
};
enum { NUM_PARTS = 4 };

static void parts_of(const struct imported *network, uint64_t run_bytes,
                     struct part part[NUM_PARTS])
{
    uint64_t bytes = rnn_num_params(network->shape) * sizeof(float);
    uint64_t num = (uint64_t)network->num_snapshots;
    part[0] = (struct part){network->params, bytes};
    part[1] = (struct part){network->snapshots, num * bytes};
    part[2] = (struct part){network->snapshot_epoch, num * sizeof(int)};
    part[3] = (struct part){network->resolved, run_bytes};
}

/* --- the child ---------------------------------------------------------------------------- */

struct order {
    const char *path;
    int fd;
    const char *const *ignore;
    int num_ignore;
    int parcel; /* descriptor of what the child writes */
};

static int pack(const struct order *order, struct imported *network, struct status *st)
{
    const struct rnn_shape *shape = &network->shape;
    struct label label = {.hidden = shape->hidden,
                          .noise_dim = shape->noise_dim,
                          .symbols = shape->symbols,
                          .bias = shape->bias,
                          .says_relu = network->says_relu,
                          .num_snapshots = network->num_snapshots,
                          .run_bytes = network->resolved ? strlen(network->resolved) + 1 : 0};
    struct part part[NUM_PARTS];
    uint64_t at = sizeof label;
    memcpy(label.prefix, network->prefix, sizeof label.prefix);
    parts_of(network, label.run_bytes, part);
    int error = file_write_at(order->parcel, 0, &label, sizeof label);
    for (int i = 0; i < NUM_PARTS && !error; at += part[i++].bytes)
        error = file_write_at(order->parcel, at, part[i].value, part[i].bytes);
    return error ? file_fail(st, STATUS_IO, order->path, "keep its network in memory", error)
                 : STATUS_OK;
}

static int read_and_pack(void *context, struct status *st)
{
    const struct order *order = context;
    struct imported network = {.params = NULL};
    int code =
        import_weights(order->path, order->fd, order->ignore, order->num_ignore, &network, st);
    return code ? code : pack(order, &network, st);
}

/* --- the parent --------------------------------------------------------------------------- */

static bool is_possible(const struct label *l, uint64_t bytes)
{
    return l->hidden >= 1 && l->hidden <= MOST_UNITS && l->noise_dim >= 1 &&
           l->noise_dim <= MOST_UNITS && l->symbols >= 2 && l->symbols <= MAX_SYMBOLS &&
           l->num_snapshots >= 0 && l->num_snapshots <= MOST_SNAPSHOTS && l->run_bytes <= bytes;
}

static int damaged(const char *path, struct status *st)
{
    return status_set(st, STATUS_NO_INPUT,
                      "%s: damaged: what HDF5 read of it makes no sense; use "
                      "a copy of the file",
                      path);
}

static int unpack(const struct order *order, struct imported *out, struct status *st)
{
    struct stat info;
    struct label label;
    struct part part[NUM_PARTS];
    uint64_t at = sizeof label, end = at;
    if (fstat(order->parcel, &info) != 0 || file_read_at(order->parcel, 0, &label, sizeof label) ||
        !is_possible(&label, (uint64_t)info.st_size))
        return damaged(order->path, st);
    out->shape = (struct rnn_shape){label.hidden, label.noise_dim, label.symbols, label.bias != 0};
    out->says_relu = label.says_relu != 0;
    out->num_snapshots = label.num_snapshots;
    memcpy(out->prefix, label.prefix, sizeof out->prefix);
    out->prefix[sizeof out->prefix - 1] = '\0';
    parts_of(out, label.run_bytes, part);
    for (int i = 0; i < NUM_PARTS; i++) end += part[i].bytes;
    if (end != (uint64_t)info.st_size) return damaged(order->path, st);
    out->params = malloc(part[0].bytes);
    out->snapshots = malloc(part[1].bytes);
    out->snapshot_epoch = malloc(part[2].bytes);
    out->resolved = label.run_bytes ? malloc(part[3].bytes) : NULL;
    parts_of(out, label.run_bytes, part);
    for (int i = 0; i < NUM_PARTS; at += part[i++].bytes) {
        if (part[i].bytes && !part[i].value) return status_no_memory(st, "%s", order->path);
        int error = file_read_at(order->parcel, at, part[i].value, part[i].bytes);
        if (error) return file_fail(st, STATUS_IO, order->path, "take over its network", error);
    }
    if (label.run_bytes) out->resolved[label.run_bytes - 1] = '\0';
    return STATUS_OK;
}

static int read_file(struct order *order, struct imported *out, struct status *st)
{
    struct stat info = {.st_size = 0};
    fstat(order->fd, &info);
    order->parcel = memfd_create("weights", MFD_CLOEXEC);
    if (order->parcel < 0)
        return file_fail(st, STATUS_IO, order->path, "make room in memory for it", errno);
    int code = foreign_read(&(struct foreign){order->path, (uint64_t)info.st_size, STATUS_NO_INPUT,
                                              read_and_pack, order},
                            st);
    if (!code) code = unpack(order, out, st);
    close(order->parcel);
    return code;
}

int store_import_weights(const char *path, const char *const *ignore, int num_ignore,
                         struct imported *out, struct status *st)
{
    struct order order = {.path = path, .ignore = ignore, .num_ignore = num_ignore};
    *out = (struct imported){.params = NULL};
    order.fd = file_open(path, O_RDONLY, "a file of weights, such as `hmmgrid export` writes", st);
    if (order.fd < 0) return STATUS_NO_INPUT;
    int code = read_file(&order, out, st);
    close(order.fd);
    if (code) store_imported_free(out);
    return code;
}

void store_imported_free(struct imported *imported)
{
    if (!imported) return;
    free(imported->params);
    free(imported->resolved);
    free(imported->snapshots);
    free(imported->snapshot_epoch);
    *imported = (struct imported){.params = NULL};
}
