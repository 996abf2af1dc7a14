/* export: one network as a small HDF5 file in the form of a PyTorch state_dict: a float32 dataset
 * at the root for each parameter, under PyTorch's name. Refuses to replace a file. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* One parameter below `prefix`: of `copies` networks, or of one (0) without that dimension. */
static void make_parameter(struct tree *tree, const char *prefix, const struct rnn_view *view,
                           const float *params, size_t num_params, int copies)
{
    char name[96];
    size_t networks = copies ? (size_t)copies : 1;
    float *own = malloc(networks * view->count * sizeof *own);
    if (!own && !tree->code) tree->code = status_no_memory(tree->st, "%s", tree->path);
    for (size_t c = 0; own && c < networks; c++)
        memcpy(own + c * view->count, params + c * num_params + view->offset,
               view->count * sizeof *own);
    snprintf(name, sizeof name, "%s%s", prefix, view->name);
    struct dataset_kind kind = {.name = name,
                                .type = TYPE_F4,
                                .unit = "1",
                                .meaning = "parameter of the network as PyTorch names it",
                                .fill = FILL_OWN,
                                .own = own};
    if (copies) kind.dim[kind.num_dims++] = (hsize_t)copies;
    kind.dim[kind.num_dims++] = (hsize_t)view->rows;
    if (view->cols > 0) kind.dim[kind.num_dims++] = (hsize_t)view->cols;
    tree_dataset(tree, &kind, NULL);
}

static void make_snapshots(struct tree *tree, const struct imported *network)
{
    struct rnn_view view[MAX_RNN_VIEWS];
    int num_views = rnn_views(network->shape, view), num = network->num_snapshots;
    int32_t *epoch = malloc((size_t)num * sizeof *epoch);
    if (!epoch && !tree->code) tree->code = status_no_memory(tree->st, "%s", tree->path);
    for (int i = 0; epoch && i < num; i++) epoch[i] = network->snapshot_epoch[i];
    tree_group(tree, "/snapshots", "the network over training");
    struct dataset_kind kind = {.name = "/snapshots/epoch",
                                .type = TYPE_I4,
                                .num_dims = 1,
                                .dim = {(hsize_t)num},
                                .unit = "epochs",
                                .meaning = "epochs trained before the snapshot",
                                .fill = FILL_OWN,
                                .own = epoch};
    tree_dataset(tree, &kind, NULL);
    for (int v = 0; v < num_views; v++)
        make_parameter(tree, "/snapshots/", &view[v], network->snapshots,
                       rnn_num_params(network->shape), num);
}

int store_export_weights(const char *path, const struct imported *network, const char *run_key,
                         struct status *st)
{
    struct tree tree;
    struct rnn_shape shape = network->shape;
    struct rnn_view view[MAX_RNN_VIEWS];
    char *real, *tmp, description[512];
    size_t num = rnn_num_params(shape), networks = 1 + (size_t)network->num_snapshots;
    if (access(path, F_OK) == 0)
        return status_set(st, STATUS_CANNOT_CREATE,
                          "%s: exists already; remove it or choose another name", path);
    int code = layout_prepare(path, false, &real, &tmp, st);
    if (code) return code;
    snprintf(
        description, sizeof description,
        "state_dict of a module with rnn = torch.nn.RNN(%d, %d, nonlinearity=\"relu\", bias=%s)"
        " and fc = torch.nn.Linear(%d, %d, bias=%s)",
        shape.noise_dim, shape.hidden, shape.bias ? "True" : "False", shape.hidden, shape.symbols,
        shape.bias ? "True" : "False");
    if (tree_open(&tree, path, networks * num * sizeof(float) + (1 << 17), st) == STATUS_OK) {
        tree_text(&tree, "/", "format", WEIGHTS_FORMAT_NAME);
        tree_text(&tree, "/", "format_version", "1.1");
        tree_text(&tree, "/", "description", description);
        tree_text(&tree, "/", "nonlinearity", "relu");
        tree_text(&tree, "/", "run_key", run_key);
        tree_text(&tree, "/", "run", network->resolved);
        int num_views = rnn_views(shape, view);
        for (int v = 0; v < num_views; v++)
            make_parameter(&tree, "/", &view[v], network->params, num, 0);
        if (network->num_snapshots) make_snapshots(&tree, network);
        code = tree_finish(&tree, tmp);
    } else {
        code = tree.code;
    }
    tree_free(&tree);
    if (!code) code = layout_publish(tmp, real, false, st);
    if (code) unlink(tmp);
    free(real);
    free(tmp);
    return code;
}
