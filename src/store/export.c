/* export: one network as a small HDF5 file in the form of a PyTorch state_dict: a float32 dataset
 * at the root for each parameter, under PyTorch's name. Refuses to replace a file. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static void make_parameter(struct tree *tree, const struct rnn_view *view, const float *params)
{
    char name[80];
    float *own = malloc(view->count * sizeof *own);
    if (!own && !tree->code)
        tree->code = status_set(tree->st, STATUS_INTERNAL, "%s: out of memory", tree->path);
    if (own) memcpy(own, params + view->offset, view->count * sizeof *own);
    snprintf(name, sizeof name, "/%s", view->name);
    struct dataset_kind kind = {.name = name,
                                .type = TYPE_F4,
                                .num_dims = view->cols > 0 ? 2 : 1,
                                .dim = {(hsize_t)view->rows, (hsize_t)view->cols},
                                .unit = "1",
                                .meaning = "parameter of the network as PyTorch names it",
                                .fill = FILL_OWN,
                                .own = own};
    tree_dataset(tree, &kind, NULL);
}

int store_export_weights(const char *path, struct rnn_shape shape, const float *params,
                         const char *run_key, const char *resolved_json, struct status *st)
{
    struct tree tree;
    struct rnn_view view[MAX_RNN_VIEWS];
    char *tmp = NULL, description[512];
    if (access(path, F_OK) == 0)
        return status_set(st, STATUS_CANNOT_CREATE,
                          "%s: exists already; remove it or choose another name", path);
    int code = layout_prepare(path, false, &tmp, st);
    if (code) return code;
    snprintf(
        description, sizeof description,
        "state_dict of a module with rnn = torch.nn.RNN(%d, %d, nonlinearity=\"relu\", bias=%s)"
        " and fc = torch.nn.Linear(%d, %d, bias=%s)",
        shape.noise_dim, shape.hidden, shape.bias ? "True" : "False", shape.hidden, shape.symbols,
        shape.bias ? "True" : "False");
    if (tree_open(&tree, path, rnn_num_params(shape) * sizeof *params + (1 << 16), st) ==
        STATUS_OK) {
        tree_text(&tree, "/", "format", "hmmgrid-weights");
        tree_text(&tree, "/", "format_version", "1.0");
        tree_text(&tree, "/", "description", description);
        tree_text(&tree, "/", "run_key", run_key);
        tree_text(&tree, "/", "run", resolved_json);
        int num_views = rnn_views(shape, view);
        for (int v = 0; v < num_views; v++) make_parameter(&tree, &view[v], params);
        code = tree_finish(&tree, tmp);
    } else {
        code = tree.code;
    }
    tree_free(&tree);
    if (!code) code = layout_publish(tmp, path, false, st);
    if (code) unlink(tmp);
    free(tmp);
    return code;
}
