/* import: a network trained anywhere, from an HDF5 file with PyTorch's state_dict names at its
 * root; what `hmmgrid export` writes, snapshots included, is one of them. Refuses what is not a
 * one-layer ReLU network with a linear readout, by name: tanh, LSTM and GRU, several layers, both
 * directions. */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct source {
    const char *path;
    hid_t file;
    struct status *st;
};

__attribute__((format(printf, 2, 3))) static int refuse(const struct source *in, const char *fmt,
                                                        ...)
{
    char text[512];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return status_set(in->st, STATUS_NO_INPUT, "%s: %s", in->path, text);
}

static bool has(const struct source *in, const char *name)
{
    return H5Lexists(in->file, name, H5P_DEFAULT) > 0;
}

/* Sizes of a dataset; 0 dimensions: not there or not a dataset of up to 3 dimensions. */
static int shape_of(const struct source *in, const char *name, hsize_t dim[3])
{
    int num = 0;
    if (!has(in, name)) return 0;
    hid_t dataset = H5Dopen2(in->file, name, H5P_DEFAULT);
    hid_t space = dataset < 0 ? dataset : H5Dget_space(dataset);
    if (space >= 0) num = H5Sget_simple_extent_ndims(space);
    if (num > 0 && num <= 3)
        H5Sget_simple_extent_dims(space, dim, NULL);
    else
        num = 0;
    if (space >= 0) H5Sclose(space);
    if (dataset >= 0) H5Dclose(dataset);
    return num;
}

/* A dataset of numbers of any type as float or int; its shape has been looked at. */
static int read_as(const struct source *in, const char *name, hid_t memory_type, void *out)
{
    hid_t dataset = H5Dopen2(in->file, name, H5P_DEFAULT);
    hid_t type = dataset < 0 ? dataset : H5Dget_type(dataset);
    H5T_class_t class = type < 0 ? H5T_NO_CLASS : H5Tget_class(type);
    bool numbers = class == H5T_FLOAT || class == H5T_INTEGER;
    int code = STATUS_OK;
    if (!numbers)
        code = refuse(in, "its dataset %s does not hold numbers", name);
    else if (H5Dread(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0)
        code = library_fail(in->st, STATUS_NO_INPUT, in->path, "read its parameters");
    if (type >= 0) H5Tclose(type);
    if (dataset >= 0) H5Dclose(dataset);
    return code;
}

/* What these names would mean if this were another kind of network. */
static int refuse_other_networks(const struct source *in, bool *says_relu)
{
    char *nonlinearity = library_attribute(in->file, "nonlinearity");
    int code = STATUS_OK;
    *says_relu = nonlinearity != NULL;
    if (nonlinearity && strcmp(nonlinearity, "relu") != 0)
        code = refuse(in,
                      "its attribute nonlinearity says %.32s: only ReLU networks can be analysed, "
                      "torch.nn.RNN(..., nonlinearity=\"relu\")",
                      nonlinearity);
    else if (has(in, "rnn.weight_ih_l1"))
        code =
            refuse(in, "it has several recurrent layers (rnn.weight_ih_l1); only networks of one "
                       "layer can be analysed");
    else if (has(in, "rnn.weight_ih_l0_reverse"))
        code =
            refuse(in, "its recurrent layer runs in both directions; only forward networks can be "
                       "analysed");
    free(nonlinearity);
    return code;
}

static int find_shape(const struct source *in, struct rnn_shape *shape)
{
    static const char *const name[] = {"rnn.weight_ih_l0", "rnn.weight_hh_l0", "fc.weight"};
    hsize_t dim[3][3] = {{0}};
    for (int i = 0; i < 3; i++)
        if (shape_of(in, name[i], dim[i]) != 2)
            return refuse(in,
                          "it has no matrix %s at its root; a state_dict is expected with "
                          "rnn.weight_ih_l0 (H, D), rnn.weight_hh_l0 (H, H), fc.weight (K, H) and "
                          "perhaps biases",
                          name[i]);
    hsize_t H = dim[1][1], D = dim[0][1], K = dim[2][0];
    if (dim[1][0] == 4 * H || dim[1][0] == 3 * H)
        return refuse(in,
                      "rnn.weight_hh_l0 is %d x %d, as of %s; only torch.nn.RNN with "
                      "nonlinearity=\"relu\" can be analysed",
                      (int)dim[1][0], (int)H, dim[1][0] == 4 * H ? "an LSTM" : "a GRU");
    if (dim[1][0] != H || dim[0][0] != H || dim[2][1] != H)
        return refuse(in,
                      "its matrices do not fit: rnn.weight_ih_l0 is %d x %d, rnn.weight_hh_l0 "
                      "%d x %d, fc.weight %d x %d",
                      (int)dim[0][0], (int)D, (int)dim[1][0], (int)H, (int)K, (int)dim[2][1]);
    if (H < 1 || H > 10000 || D < 1 || D > 10000 || K < 2 || K > MAX_SYMBOLS)
        return refuse(in,
                      "%d hidden units, %d inputs, %d symbols: hmmgrid takes up to 10000 units and "
                      "inputs and 2 to %d symbols",
                      (int)H, (int)D, (int)K, (int)MAX_SYMBOLS);
    *shape = (struct rnn_shape){(int)H, (int)D, (int)K,
                                has(in, "rnn.bias_ih_l0") || has(in, "rnn.bias_hh_l0") ||
                                    has(in, "fc.bias")};
    return STATUS_OK;
}

/* The views below `prefix` of `copies` networks (0: one, without that dimension); a bias that is
 * not there is zero. params (copies or 1, rnn_num_params) out. */
static int read_networks(const struct source *in, const char *prefix, struct rnn_shape shape,
                         int copies, float *params)
{
    struct rnn_view view[MAX_RNN_VIEWS];
    int num_views = rnn_views(shape, view), first = copies ? 1 : 0;
    size_t num = rnn_num_params(shape), networks = copies ? (size_t)copies : 1;
    for (int v = 0; v < num_views; v++) {
        char name[96];
        hsize_t dim[3] = {0};
        snprintf(name, sizeof name, "%s%s", prefix, view[v].name);
        if (view[v].cols == 0 && !has(in, name)) continue;
        int dims = shape_of(in, name, dim), expected = first + (view[v].cols ? 2 : 1);
        bool fits = dims == expected && (!copies || dim[0] == (hsize_t)copies) &&
                    dim[first] == (hsize_t)view[v].rows &&
                    (!view[v].cols || dim[first + 1] == (hsize_t)view[v].cols);
        if (!fits) return refuse(in, "its dataset %s does not have the size of the others", name);
        float *block = malloc(networks * view[v].count * sizeof *block);
        if (!block) return status_no_memory(in->st, "%s", in->path);
        int code = read_as(in, name, H5T_NATIVE_FLOAT, block);
        for (size_t c = 0; c < networks && !code; c++)
            memcpy(params + c * num + view[v].offset, block + c * view[v].count,
                   view[v].count * sizeof *block);
        free(block);
        if (code) return code;
    }
    return STATUS_OK;
}

static int read_snapshots(const struct source *in, struct imported *out)
{
    hsize_t dim[3] = {0};
    if (!has(in, "snapshots")) return STATUS_OK;
    if (shape_of(in, "snapshots/epoch", dim) != 1 || dim[0] < 1 || dim[0] > 1000000)
        return refuse(in, "its group snapshots has no list of epochs");
    int num = (int)dim[0];
    out->snapshot_epoch = calloc((size_t)num, sizeof *out->snapshot_epoch);
    out->snapshots = calloc((size_t)num * rnn_num_params(out->shape), sizeof *out->snapshots);
    if (!out->snapshot_epoch || !out->snapshots) return status_no_memory(in->st, "%s", in->path);
    int code = read_as(in, "snapshots/epoch", H5T_NATIVE_INT, out->snapshot_epoch);
    if (!code) code = read_networks(in, "snapshots/", out->shape, num, out->snapshots);
    out->num_snapshots = code ? 0 : num;
    return code;
}

int store_import_weights(const char *path, struct imported *out, struct status *st)
{
    struct source in = {.path = path, .st = st};
    *out = (struct imported){.params = NULL};
    library_init();
    if (access(path, R_OK) != 0)
        return status_set(st, STATUS_NO_INPUT, "%s: no such file, or it cannot be read", path);
    hid_t properties = library_serial_access();
    in.file = H5Fopen(path, H5F_ACC_RDONLY, properties);
    if (properties >= 0) H5Pclose(properties);
    if (in.file < 0) return library_fail(st, STATUS_NO_INPUT, path, "open it as an HDF5 file");
    int code = refuse_other_networks(&in, &out->says_relu);
    if (!code && has(&in, "weights") && has(&in, "runs"))
        code = refuse(&in, "a whole results file; `hmmgrid export` takes one network out of it");
    if (!code) code = find_shape(&in, &out->shape);
    if (!code) {
        out->params = calloc(rnn_num_params(out->shape), sizeof *out->params);
        code = out->params ? read_networks(&in, "", out->shape, 0, out->params)
                           : status_no_memory(st, "%s", path);
    }
    if (!code) code = read_snapshots(&in, out);
    if (!code) out->resolved = library_attribute(in.file, "run");
    H5Fclose(in.file);
    H5Eclear2(H5E_DEFAULT);
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
