/* import: a network trained anywhere, from an HDF5 file with PyTorch's state_dict names, perhaps
 * behind one prefix (module., model.); what `hmmgrid export` writes, snapshots included, is one of
 * them. Refuses what is not a one-layer ReLU network with a linear readout, by name: tanh, LSTM and
 * GRU, several layers, both directions, and every dataset that it would not use, for it may be a
 * part of the network. */
#include "internal.h"

#include <fnmatch.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static const char snapshots[] = "snapshots.", recurrent[] = "rnn.weight_hh_l0";

/* --- the file ------------------------------------------------------------------------------------
 */

static int check_kind(const char *path, int fd, struct status *st)
{
    struct file_kind kind = {"", ""};
    if (H5Fis_hdf5(path) > 0) return STATUS_OK;
    kind_of(fd, &kind);
    return status_set(st, STATUS_NO_INPUT, "%s: not an HDF5 file%s%s%s", path,
                      *kind.what ? " but " : ", or its beginning is damaged", kind.what,
                      *kind.advice
                          ? kind.advice
                          : "; `hmmgrid analyse --help` tells what a file of weights holds");
}

static int open_file(struct tensors *in, int fd)
{
    int code = check_kind(in->path, fd, in->st);
    if (code) return code;
    in->file = library_open(in->path, STATUS_NO_INPUT, in->st);
    if (in->file < 0) return STATUS_NO_INPUT;
    char *format = library_attribute(in->file, "format");
    bool results = format && strcmp(format, FORMAT_NAME) == 0;
    free(format);
    return results ? tensors_refuse(in,
                                    "a whole results file; `hmmgrid export %s RUN -o WEIGHTS.h5` "
                                    "takes one network out of it",
                                    in->path)
                   : STATUS_OK;
}

/* --- which datasets are what ---------------------------------------------------------------------
 */

/* Mark what one pattern of --ignore names. */
static int ignore_one(struct tensors *in, const char *pattern)
{
    char all[1024];
    bool any = false;
    for (int i = 0; i < in->num; i++) {
        struct tensor *t = &in->tensor[i];
        bool fits = fnmatch(pattern, t->name, 0) == 0 || fnmatch(pattern, t->dotted, 0) == 0;
        t->ignored = t->ignored || fits;
        any = any || fits;
    }
    if (any) return STATUS_OK;
    tensors_show(in, true, all, sizeof all);
    return status_set(in->st, STATUS_USAGE,
                      "--ignore: '%.80s' names no dataset of %s, which holds %s", pattern, in->path,
                      *all ? all : "none");
}

static int ignore_listed(struct tensors *in, const char *const *ignore, int num)
{
    int code = STATUS_OK;
    for (int i = 0; i < num && !code; i++) {
        char *list = strdup(ignore[i]), *rest = NULL;
        if (!list) return status_no_memory(in->st, "--ignore");
        for (char *p = strtok_r(list, ", ", &rest); p && !code; p = strtok_r(NULL, ", ", &rest))
            code = ignore_one(in, p);
        free(list);
    }
    return code;
}

/* Values that are not in this file are not the file's: its owner cannot vouch for them. */
static int refuse_elsewhere(const struct tensors *in)
{
    for (int i = 0; i < in->num; i++)
        if (in->tensor[i].elsewhere && !in->tensor[i].ignored)
            return tensors_refuse(in,
                                  "its %.200s is %s; copy its values into this file, in Python: "
                                  "f[name] = values",
                                  in->tensor[i].name, in->tensor[i].elsewhere);
    return STATUS_OK;
}

/* The name behind which a network's prefix ends; its snapshots are none of their own. */
static bool is_recurrent(const struct tensor *t)
{
    size_t length = strlen(t->dotted), role = strlen(recurrent);
    return length >= role && strcmp(t->dotted + length - role, recurrent) == 0 &&
           (length == role || t->dotted[length - role - 1] == '.') &&
           strncmp(t->dotted, snapshots, strlen(snapshots)) != 0;
}

/* What stands before the names of the network: "" or "module.", into prefix. An ignored network is
 * one only where there is no other. */
static int find_prefix(const struct tensors *in, char *prefix, size_t n)
{
    const struct tensor *found = NULL;
    bool all = true;
    *prefix = '\0';
    for (int i = 0; i < in->num; i++)
        all = all && (in->tensor[i].ignored || !is_recurrent(&in->tensor[i]));
    for (int i = 0; i < in->num; i++) {
        const struct tensor *t = &in->tensor[i];
        size_t length = strlen(t->dotted), role = strlen(recurrent);
        if ((t->ignored && !all) || !is_recurrent(t)) continue;
        if (found) {
            const struct tensor *other = length > role ? t : found; /* one with a prefix */
            return tensors_refuse(in,
                                  "it holds two networks, %.200s and %.200s; --ignore '%.*s*' "
                                  "leaves one of them out",
                                  found->name, t->name, (int)(strlen(other->dotted) - role),
                                  other->dotted);
        }
        found = t;
        if (length - role >= n)
            return tensors_refuse(in, "%.200s: what stands before %s is longer than %zu bytes",
                                  t->name, recurrent, n - 1);
        snprintf(prefix, n, "%.*s", (int)(length - role), t->dotted);
    }
    return STATUS_OK;
}

/* Without a part of it, it would be another network. */
static int refuse_ignored(const struct tensors *in, const char *prefix)
{
    struct rnn_view view[MAX_RNN_VIEWS];
    int num_views = rnn_views((struct rnn_shape){1, 1, 2, true}, view);
    for (int v = 0; v < num_views; v++) {
        const struct tensor *t = tensors_find(in, prefix, view[v].name);
        if (t && t->ignored)
            return status_set(in->st, STATUS_USAGE,
                              "--ignore: it names %.200s too, which is a part of the network; "
                              "leave out what the network does not use",
                              t->name);
    }
    return STATUS_OK;
}

/* What the names would mean if this were another kind of network. */
static int refuse_other_networks(const struct tensors *in, const char *prefix)
{
    if (tensors_find(in, prefix, "rnn.weight_ih_l1"))
        return tensors_refuse(in, "it has several recurrent layers (rnn.weight_ih_l1); only "
                                  "networks of one layer can be analysed");
    if (tensors_find(in, prefix, "rnn.weight_ih_l0_reverse"))
        return tensors_refuse(in, "its recurrent layer runs in both directions; only forward "
                                  "networks can be analysed");
    return STATUS_OK;
}

/* Gates make LSTM and GRU. */
static int refuse_gates(const struct tensors *in, const struct tensor *t)
{
    hsize_t rows = t->dim[0], H = t->dim[1];
    if (H == 0 || rows % H || (rows / H != 3 && rows / H != 4)) return STATUS_OK;
    return tensors_refuse(in,
                          "%.200s is %llu x %llu, as of %s; only torch.nn.RNN with "
                          "nonlinearity=\"relu\" can be analysed",
                          t->name, (unsigned long long)rows, (unsigned long long)H,
                          rows / H == 4 ? "an LSTM" : "a GRU");
}

/* The dataset that may be meant (hidden: 0, not known yet): for the readout a matrix with a column
 * a unit, else one of the same last word, in PyTorch's cells without _l0. */
static const struct tensor *find_alike(const struct tensors *in, const char *name, hsize_t hidden)
{
    const char *word = strrchr(name, '.') + 1;
    for (int i = 0; i < in->num; i++) {
        const struct tensor *t = &in->tensor[i];
        const char *dot = strrchr(t->dotted, '.'), *last = dot ? dot + 1 : t->dotted;
        bool alike =
            strcmp(name, "fc.weight") == 0
                ? hidden && t->dim[1] == hidden && strcmp(last, word) == 0
                : strlen(last) >= strlen("weight_hh") && strncmp(word, last, strlen(last)) == 0;
        if (alike && !t->ignored && t->num_dims == 2) return t;
    }
    return NULL;
}

/* Python that gives what may be meant its name, into hint. */
static void show_rename(const struct tensor *alike, const char *prefix, const char *name,
                        char *hint, size_t n)
{
    const char *word = strrchr(name, '.') + 1, *dot = strrchr(alike->name, '.');
    bool renames_all = dot && strcmp(dot + 1, word) == 0 && !strchr(alike->name, '/');
    if (renames_all)
        snprintf(hint, n,
                 ". If %.80s is meant, rename it in Python:\n"
                 "with h5py.File(\"IN.h5\", \"r+\") as f:\n"
                 "    for k in list(f): f.move(k, k.replace(\"%.*s\", \"%s%.*s\"))",
                 alike->name, (int)(dot + 1 - alike->name), alike->name, prefix, (int)(word - name),
                 name);
    else
        snprintf(hint, n,
                 ". If %.80s is meant, rename it in Python:\n"
                 "with h5py.File(\"IN.h5\", \"r+\") as f:\n"
                 "    f.move(\"%.80s\", \"%s%s\")",
                 alike->name, alike->name, prefix, name);
}

/* One matrix of the network (hidden: 0, not known yet); refused with what may be meant instead. */
static int find_matrix(const struct tensors *in, const char *prefix, const char *name,
                       hsize_t hidden, struct tensor **out)
{
    char all[1024], hint[1024] = "";
    *out = tensors_find(in, prefix, name);
    if (*out && (*out)->num_dims == 2) return STATUS_OK;
    if (*out)
        return tensors_refuse(in, "its %.200s is %s", (*out)->name,
                              (*out)->class == H5T_NO_CLASS ? "a link that leads to no dataset"
                                                            : "not of two dimensions: no matrix");
    const struct tensor *alike = find_alike(in, name, hidden);
    if (alike && !hidden && refuse_gates(in, alike)) return STATUS_NO_INPUT;
    if (alike) show_rename(alike, prefix, name, hint, sizeof hint);
    tensors_show(in, true, all, sizeof all);
    return tensors_refuse(in,
                          "it has no matrix %s%s; a state_dict is expected with rnn.weight_ih_l0 "
                          "(H, D), rnn.weight_hh_l0 (H, H), fc.weight (K, H) and perhaps biases. "
                          "It holds %s%s",
                          prefix, name, *all ? all : "no dataset", hint);
}

static int find_shape(const struct tensors *in, const char *prefix, struct rnn_shape *shape)
{
    struct tensor *hh, *ih, *fc;
    int code = find_matrix(in, prefix, recurrent, 0, &hh);
    if (!code) code = refuse_gates(in, hh);
    if (!code) code = find_matrix(in, prefix, "rnn.weight_ih_l0", hh->dim[1], &ih);
    if (!code) code = find_matrix(in, prefix, "fc.weight", hh->dim[1], &fc);
    if (code) return code;
    unsigned long long H = hh->dim[1], D = ih->dim[1], K = fc->dim[0];
    if (hh->dim[0] != H || ih->dim[0] != H || fc->dim[1] != H)
        return tensors_refuse(in,
                              "its matrices do not fit: rnn.weight_ih_l0 is %llu x %llu, "
                              "rnn.weight_hh_l0 %llu x %llu, fc.weight %llu x %llu",
                              (unsigned long long)ih->dim[0], D, (unsigned long long)hh->dim[0], H,
                              K, (unsigned long long)fc->dim[1]);
    if (H < 1 || H > MOST_UNITS || D < 1 || D > MOST_UNITS || K < 2 || K > MAX_SYMBOLS)
        return tensors_refuse(in,
                              "%llu hidden units, %llu inputs, %llu symbols: hmmgrid takes up to "
                              "%d units and inputs and 2 to %d symbols",
                              H, D, K, (int)MOST_UNITS, (int)MAX_SYMBOLS);
    *shape = (struct rnn_shape){(int)H, (int)D, (int)K,
                                tensors_find(in, prefix, "rnn.bias_ih_l0") ||
                                    tensors_find(in, prefix, "rnn.bias_hh_l0") ||
                                    tensors_find(in, prefix, "fc.bias")};
    return STATUS_OK;
}

/* --- values --------------------------------------------------------------------------------------
 */

static int check_finite(const struct tensors *in, const struct tensor *t, const float *value,
                        size_t num)
{
    size_t i = 0, block = num, used = 0;
    char index[80] = "";
    while (i < num && isfinite(value[i])) i++;
    if (i == num) return STATUS_OK;
    for (int d = 0; d < t->num_dims; d++) {
        block /= (size_t)t->dim[d];
        used += (size_t)snprintf(index + used, sizeof index - used, "%s%zu", d ? "," : "",
                                 i / block % (size_t)t->dim[d]);
    }
    return tensors_refuse(in,
                          "%.200s[%s] is %g: not finite (as float32); no network has such a weight",
                          t->name, index, (double)value[i]);
}

/* The views behind `prefix` of `copies` networks (0: one, without that dimension); a bias that is
 * not there is zero. params (copies or 1, rnn_num_params) out. */
static int read_networks(const struct tensors *in, const char *prefix, struct rnn_shape shape,
                         int copies, float *params)
{
    struct rnn_view view[MAX_RNN_VIEWS];
    int num_views = rnn_views(shape, view), first = copies ? 1 : 0;
    size_t num = rnn_num_params(shape), networks = copies ? (size_t)copies : 1;
    for (int v = 0; v < num_views; v++) {
        struct tensor *t = tensors_find(in, prefix, view[v].name);
        if (!t && view[v].cols == 0) continue;
        bool fits = t && t->num_dims == first + (view[v].cols ? 2 : 1) &&
                    (!copies || t->dim[0] == (hsize_t)copies) &&
                    t->dim[first] == (hsize_t)view[v].rows &&
                    (!view[v].cols || t->dim[first + 1] == (hsize_t)view[v].cols);
        if (!fits)
            return tensors_refuse(in, "its dataset %s%s does not have the size of the others",
                                  prefix, view[v].name);
        float *block = malloc(networks * view[v].count * sizeof *block);
        if (!block) return status_no_memory(in->st, "%s", in->path);
        int code = tensors_read(in, t, H5T_NATIVE_FLOAT, block);
        if (!code) code = check_finite(in, t, block, networks * view[v].count);
        for (size_t c = 0; c < networks && !code; c++)
            memcpy(params + c * num + view[v].offset, block + c * view[v].count,
                   view[v].count * sizeof *block);
        free(block);
        if (code) return code;
        t->used = true;
    }
    return STATUS_OK;
}

static int read_snapshots(const struct tensors *in, struct imported *out)
{
    struct tensor *epoch = tensors_find(in, snapshots, "epoch");
    if (!epoch || epoch->ignored) return STATUS_OK;
    if (epoch->num_dims != 1 || epoch->dim[0] < 1 || epoch->dim[0] > MOST_SNAPSHOTS)
        return tensors_refuse(in, "its group snapshots has no list of epochs");
    int num = (int)epoch->dim[0];
    out->snapshot_epoch = calloc((size_t)num, sizeof *out->snapshot_epoch);
    out->snapshots = calloc((size_t)num * rnn_num_params(out->shape), sizeof *out->snapshots);
    if (!out->snapshot_epoch || !out->snapshots) return status_no_memory(in->st, "%s", in->path);
    int code = refuse_ignored(in, snapshots);
    if (!code) code = tensors_read(in, epoch, H5T_NATIVE_INT, out->snapshot_epoch);
    bool increase = !code && out->snapshot_epoch[num - 1] > 0;
    for (int i = 0, last = -1; i < num && increase; last = out->snapshot_epoch[i++])
        increase = out->snapshot_epoch[i] > last && out->snapshot_epoch[i] <= 1000000;
    if (!code && !increase)
        code = tensors_refuse(in, "its %s does not count epochs from 0 up to 1000000 at most",
                              epoch->name);
    if (!code) code = read_networks(in, snapshots, out->shape, num, out->snapshots);
    epoch->used = true;
    out->num_snapshots = code ? 0 : num;
    return code;
}

/* What is left may be a part of the network. */
static int refuse_unused(const struct tensors *in)
{
    char names[1024];
    int num = tensors_show(in, false, names, sizeof names);
    return num == 0 ? STATUS_OK
                    : tensors_refuse(in,
                                     "not used: %s. A network with %s is another one than rnn and "
                                     "fc alone; --ignore NAMES (such as 'norm.*') leaves out what "
                                     "does not change what the network computes",
                                     names, num == 1 ? "it" : "them");
}

static int read_all(struct tensors *in, const char *const *ignore, int num_ignore,
                    struct imported *out)
{
    int code = tensors_list(in);
    if (!code) code = ignore_listed(in, ignore, num_ignore);
    if (!code) code = refuse_elsewhere(in);
    if (!code) code = find_prefix(in, out->prefix, sizeof out->prefix);
    if (!code) code = refuse_ignored(in, out->prefix);
    if (!code) code = nonlinearity_check(in, out->prefix, &out->says_relu);
    if (!code) code = refuse_other_networks(in, out->prefix);
    if (!code) code = find_shape(in, out->prefix, &out->shape);
    if (code) return code;
    out->params = calloc(rnn_num_params(out->shape), sizeof *out->params);
    if (!out->params) return status_no_memory(in->st, "%s", in->path);
    code = read_networks(in, out->prefix, out->shape, 0, out->params);
    if (!code) code = read_snapshots(in, out);
    if (!code) code = refuse_unused(in);
    if (!code) out->resolved = library_attribute(in->file, "run");
    return code;
}

int import_weights(const char *path, int fd, const char *const *ignore, int num_ignore,
                   struct imported *out, struct status *st)
{
    struct tensors in = {.path = path, .st = st, .file = H5I_INVALID_HID};
    int code = open_file(&in, fd);
    if (!code) code = read_all(&in, ignore, num_ignore, out);
    tensors_free(&in);
    if (in.file >= 0) H5Fclose(in.file);
    return code;
}
