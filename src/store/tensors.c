/* tensors: the datasets of a file of weights that another program wrote: a list of them, and their
 * values. Refuses values that would not be what was trained: integers, a filter that this HDF5 has
 * not, bytes that are in other files, links that lead nowhere. */
#include "internal.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { MOST_TENSORS = 10000 };

int tensors_refuse(const struct tensors *in, const char *fmt, ...)
{
    char text[3072];
    va_list ap;
    va_start(ap, fmt);
    vsnprintf(text, sizeof text, fmt, ap);
    va_end(ap);
    return status_set(in->st, STATUS_NO_INPUT, "%s: %s", in->path, text);
}

/* --- the list -------------------------------------------------------------------------------- */

static bool add(struct tensors *in, const char *name)
{
    if (in->num == in->room) {
        int room = in->room ? 2 * in->room : 64;
        struct tensor *larger = realloc(in->tensor, (size_t)room * sizeof *larger);
        if (!larger) return false;
        in->tensor = larger;
        in->room = room;
    }
    struct tensor *tensor = &in->tensor[in->num++];
    *tensor = (struct tensor){.name = strdup(name), .dotted = strdup(name), .class = H5T_NO_CLASS};
    for (char *c = tensor->dotted; c && *c; c++)
        if (*c == '/') *c = '.';
    return tensor->name && tensor->dotted;
}

/* Of a dataset whose values other files hold: what it is, else NULL. */
static const char *elsewhere(hid_t dataset)
{
    hid_t create = H5Dget_create_plist(dataset);
    bool is_virtual = create >= 0 && H5Pget_layout(create) == H5D_VIRTUAL;
    bool is_raw = create >= 0 && H5Pget_external_count(create) > 0;
    if (create >= 0) H5Pclose(create);
    return is_virtual ? "virtual: its values are in other files"
           : is_raw   ? "external: its values are in another file, which is not HDF5"
                      : NULL;
}

/* Even the size of a virtual dataset may be in other files. */
static void look_at(hid_t dataset, struct tensor *tensor)
{
    tensor->elsewhere = elsewhere(dataset);
    if (tensor->elsewhere) return;
    hid_t space = H5Dget_space(dataset), type = H5Dget_type(dataset);
    tensor->num_dims = space < 0 ? -1 : H5Sget_simple_extent_ndims(space);
    if (tensor->num_dims > 3) tensor->num_dims = -1;
    if (tensor->num_dims > 0) H5Sget_simple_extent_dims(space, tensor->dim, NULL);
    if (type >= 0) tensor->class = H5Tget_class(type);
    if (type >= 0) H5Tclose(type);
    if (space >= 0) H5Sclose(space);
}

/* A group's own links are visited too; a link to one is no dataset. Links to other files are not
 * followed, here or on the way (foreign.c). */
static herr_t visit(hid_t file, const char *name, const H5L_info_t *info, void *context)
{
    struct tensors *in = context;
    hid_t object = H5Oopen(file, name, H5P_DEFAULT);
    H5I_type_t what = object < 0 ? H5I_BADID : H5Iget_type(object);
    bool counts = what == H5I_DATASET || info->type != H5L_TYPE_HARD || what == H5I_BADID;
    int code = STATUS_OK;
    if (counts && in->num == MOST_TENSORS)
        code = tensors_refuse(in, "it has more than %d datasets: no state_dict of one network",
                              (int)MOST_TENSORS);
    else if (counts && !add(in, name))
        code = status_no_memory(in->st, "%s", in->path);
    else if (info->type == H5L_TYPE_EXTERNAL)
        in->tensor[in->num - 1].elsewhere = "a link to another file";
    else if (what == H5I_DATASET)
        look_at(object, &in->tensor[in->num - 1]);
    if (object >= 0) H5Oclose(object);
    return code;
}

int tensors_list(struct tensors *in)
{
    herr_t code = H5Lvisit(in->file, H5_INDEX_NAME, H5_ITER_INC, visit, in);
    return code >= 0 ? code : library_fail(in->st, STATUS_NO_INPUT, in->path, "list its datasets");
}

void tensors_free(struct tensors *in)
{
    for (int i = 0; i < in->num; i++) {
        free(in->tensor[i].name);
        free(in->tensor[i].dotted);
    }
    free(in->tensor);
}

struct tensor *tensors_find(const struct tensors *in, const char *prefix, const char *name)
{
    size_t n = strlen(prefix);
    for (int i = 0; i < in->num; i++) {
        struct tensor *tensor = &in->tensor[i];
        if (strncmp(tensor->dotted, prefix, n) == 0 && strcmp(tensor->dotted + n, name) == 0)
            return tensor;
    }
    return NULL;
}

int tensors_show(const struct tensors *in, bool all, char *text, size_t n)
{
    enum { MOST_SHOWN = 8 };
    int num = 0;
    size_t at = 0;
    text[0] = '\0';
    for (int i = 0; i < in->num; i++) {
        const struct tensor *t = &in->tensor[i];
        char shape[80];
        if (((t->used || t->ignored) && !all) || ++num > MOST_SHOWN || at >= n) continue;
        size_t used =
            (size_t)snprintf(shape, sizeof shape, t->class == H5T_NO_CLASS ? "a link" : "");
        for (int d = 0; d < t->num_dims; d++)
            used += (size_t)snprintf(shape + used, sizeof shape - used, "%s%llu", d ? ", " : "",
                                     (unsigned long long)t->dim[d]);
        at += (size_t)snprintf(text + at, n - at, "%s%.80s%s%s%s", at ? ", " : "", t->name,
                               *shape ? " (" : "", shape, *shape ? ")" : "");
    }
    if (num > MOST_SHOWN && at < n) snprintf(text + at, n - at, " and %d more", num - MOST_SHOWN);
    return num;
}

/* --- values ---------------------------------------------------------------------------------- */

static const char *class_name(H5T_class_t class)
{
    switch (class) {
    case H5T_INTEGER: return "integers";
    case H5T_FLOAT: return "floats";
    case H5T_STRING: return "text";
    case H5T_ENUM: return "booleans or words of a list";
    case H5T_COMPOUND: return "pairs or records, such as complex numbers";
    default: return "no numbers";
    }
}

static int check_class(const struct tensors *in, const struct tensor *tensor, H5T_class_t wanted)
{
    if (tensor->class == wanted) return STATUS_OK;
    if (tensor->class == H5T_NO_CLASS)
        return tensors_refuse(in, "its %.200s is a link that leads to no dataset", tensor->name);
    bool bits = wanted == H5T_FLOAT && tensor->class == H5T_INTEGER;
    return tensors_refuse(in, "its dataset %.200s holds %s, not %s%s", tensor->name,
                          class_name(tensor->class), class_name(wanted),
                          bits ? "; bfloat16, which NumPy has not, kept as its bits would be read "
                                 "as other numbers: write t.float().numpy() of each tensor t"
                               : "");
}

/* Is it in a form that this HDF5 can undo? */
static int check_storage(const struct tensors *in, const struct tensor *tensor, hid_t dataset)
{
    hid_t create = H5Dget_create_plist(dataset);
    int code = STATUS_OK, num = create < 0 ? 0 : H5Pget_nfilters(create);
    for (int i = 0; i < num && !code; i++) {
        char name[64] = "";
        unsigned flags, config;
        size_t none = 0;
        H5Z_filter_t filter =
            H5Pget_filter2(create, (unsigned)i, &flags, &none, NULL, sizeof name, name, &config);
        if (filter < 0 || H5Zfilter_avail(filter) > 0) continue;
        code = tensors_refuse(in,
                              "its dataset %.200s is compressed by %.63s (HDF5 filter %d), which "
                              "hmmgrid's HDF5 cannot undo; write it anew, in Python:\n"
                              "import h5py  # and hdf5plugin, for filters other than lzf\n"
                              "with h5py.File(\"IN.h5\") as a, h5py.File(\"OUT.h5\", \"w\") as b:\n"
                              "    def copy(k, v):\n"
                              "        if isinstance(v, h5py.Dataset): b[k] = v[()]\n"
                              "        else: b.create_group(k)\n"
                              "        b[k].attrs.update(v.attrs)\n"
                              "    a.visititems(copy)\n"
                              "    b.attrs.update(a.attrs)",
                              tensor->name, *name ? name : "a plugin", (int)filter);
    }
    if (create >= 0) H5Pclose(create);
    return code;
}

int tensors_read(const struct tensors *in, const struct tensor *tensor, hid_t memory_type,
                 void *out)
{
    char doing[256];
    int code = check_class(in, tensor, H5Tget_class(memory_type));
    if (code) return code;
    snprintf(doing, sizeof doing, "read its dataset %.200s", tensor->name);
    hid_t dataset = H5Dopen2(in->file, tensor->name, H5P_DEFAULT);
    if (dataset < 0) return library_fail(in->st, STATUS_NO_INPUT, in->path, doing);
    code = check_storage(in, tensor, dataset);
    if (!code && H5Dread(dataset, memory_type, H5S_ALL, H5S_ALL, H5P_DEFAULT, out) < 0)
        code = library_fail(in->st, STATUS_NO_INPUT, in->path, doing);
    H5Dclose(dataset);
    return code;
}
