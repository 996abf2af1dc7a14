/* layout_networks: the part of a new results file that holds networks: /weights and /snapshots, one
 * group a shape, with the runs of its slots. Refuses to know what is in the other groups.
 * Source: section 3 of the design; names of parameters as PyTorch has them. */
#include "internal.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

const char *const which_name[NUM_WHICH] = {"last", "best", "snapshots"};

void weight_group_name(struct rnn_shape shape, char name[64])
{
    snprintf(name, 64, "H%d_D%d_K%d%s", shape.hidden, shape.noise_dim, shape.symbols,
             shape.bias ? "_bias" : "");
}

void weight_path(const char *group, enum which which, const char *view, char path[192])
{
    if (which == WHICH_SNAPSHOTS)
        snprintf(path, 192, "/snapshots/%s/%s", group, view);
    else
        snprintf(path, 192, "/weights/%s/%s/%s", group, which_name[which], view);
}

static const char recurrent_weights[] = "rnn.weight_hh_l0";

/* One parameter of all slots: (slot, [snapshot,] rows, cols). top: the group with the scales. */
static void make_view(struct tree *tree, const char *top, const char *name,
                      const struct rnn_view *view, int slots, int snapshots)
{
    static const char *const label[] = {"slot",   "snapshot",    "symbol",
                                        "hidden", "hidden_from", "noise"};
    char axis[6][112];
    for (int i = 0; i < 6; i++) snprintf(axis[i], sizeof axis[i], "%s/%s", top, label[i]);
    bool readout = strncmp(view->name, "fc.", 3) == 0;
    bool recurrent = strstr(view->name, "weight_hh") != NULL;
    const char *scale[4] = {axis[0]};
    struct dataset_kind kind = {
        .name = name,
        .type = TYPE_F4,
        .num_dims = 1,
        .dim = {(hsize_t)slots},
        .unit = "1",
        .meaning =
            "parameter of the network as PyTorch names it; 0 where not run, NaN where failed",
        .changes = true,
        .fill = FILL_ZERO};
    if (snapshots) {
        scale[kind.num_dims] = axis[1];
        kind.dim[kind.num_dims++] = (hsize_t)snapshots;
    }
    scale[kind.num_dims] = readout ? axis[2] : axis[3];
    kind.dim[kind.num_dims++] = (hsize_t)view->rows;
    if (view->cols > 0) {
        scale[kind.num_dims] = readout ? axis[3] : recurrent ? axis[4] : axis[5];
        kind.dim[kind.num_dims++] = (hsize_t)view->cols;
    }
    tree_dataset(tree, &kind, scale);
    tree_interpretation(tree, name, view->cols > 0 ? 2 : 1);
}

/* The scales of a group of networks, and `run` over the slots. */
static void make_slots(struct tree *tree, const char *top, struct rnn_shape shape,
                       const int32_t *run, int slots, int snapshots)
{
    const struct schema_axis axis[] = {
        {.name = "slot",
         .size = slots,
         .unit = "1",
         .meaning = "place of a run's networks in this group"},
        {.name = "hidden", .size = shape.hidden, .unit = "1", .meaning = "hidden unit"},
        {.name = "hidden_from",
         .size = shape.hidden,
         .unit = "1",
         .meaning = "hidden unit one step before"},
        {.name = "noise", .size = shape.noise_dim, .unit = "1", .meaning = "noise input"},
        {.name = "symbol", .size = shape.symbols, .unit = "1", .meaning = "emitted symbol"},
        {.name = "snapshot",
         .size = snapshots,
         .unit = "1",
         .meaning = "moment of training; see epoch"}};
    char path[112], slot_path[112];
    for (size_t i = 0; i < sizeof axis / sizeof axis[0]; i++) {
        if (axis[i].size == 0) continue;
        snprintf(path, sizeof path, "%s/%s", top, axis[i].name);
        tree_scale(tree, path, &axis[i]);
    }
    int32_t *own = malloc((size_t)slots * sizeof *own);
    if (!own && !tree->code) tree->code = status_no_memory(tree->st, "%s", tree->path);
    if (own) memcpy(own, run, (size_t)slots * sizeof *own);
    snprintf(path, sizeof path, "%s/run", top);
    snprintf(slot_path, sizeof slot_path, "%s/slot", top);
    struct dataset_kind kind = {.name = path,
                                .type = TYPE_I4,
                                .num_dims = 1,
                                .dim = {(hsize_t)slots},
                                .unit = "1",
                                .meaning = "row of /runs that the slot belongs to",
                                .fill = FILL_OWN,
                                .own = own};
    tree_dataset(tree, &kind, (const char *const[]){slot_path});
}

static void make_snapshots(struct tree *tree, const char *name, struct rnn_shape shape,
                           const struct plan *plan, const int32_t *run, int slots, int snapshots)
{
    char top[80], path[192], axis[2][112];
    snprintf(top, sizeof top, "/snapshots/%s", name);
    tree_group(tree, top, "weights over training, of networks of one shape");
    make_slots(tree, top, shape, run, slots, snapshots);
    int32_t *epoch = malloc((size_t)slots * (size_t)snapshots * sizeof *epoch);
    if (!epoch && !tree->code) tree->code = status_no_memory(tree->st, "%s", tree->path);
    for (int slot = 0; epoch && slot < slots; slot++) {
        const struct settings *s = &plan->cells[plan->runs[run[slot]].cell].settings;
        for (int i = 0; i < snapshots; i++)
            epoch[slot * snapshots + i] =
                i < train_num_snapshots(s) ? train_snapshot_epoch(s, i) : -1;
    }
    snprintf(path, sizeof path, "%s/epoch", top);
    snprintf(axis[0], sizeof axis[0], "%s/slot", top);
    snprintf(axis[1], sizeof axis[1], "%s/snapshot", top);
    struct dataset_kind kind = {.name = path,
                                .type = TYPE_I4,
                                .num_dims = 2,
                                .dim = {(hsize_t)slots, (hsize_t)snapshots},
                                .unit = "epochs",
                                .meaning = "epochs trained before the snapshot; -1: none",
                                .fill = FILL_OWN,
                                .own = epoch};
    tree_dataset(tree, &kind, (const char *const[]){axis[0], axis[1]});
    struct rnn_view view[MAX_RNN_VIEWS];
    int num_views = rnn_views(shape, view);
    for (int v = 0; v < num_views; v++) {
        weight_path(name, WHICH_SNAPSHOTS, view[v].name, path);
        make_view(tree, top, path, &view[v], slots, snapshots);
    }
    const char *const scale[] = {"slot", "snapshot", "hidden", "hidden_from"};
    tree_plot(tree, top, recurrent_weights, scale, 4, NULL);
}

/* Networks of one shape: run[slots] are their rows. */
static void make_group(struct tree *tree, struct rnn_shape shape, const struct plan *plan,
                       const int32_t *run, int slots)
{
    char name[64], top[80], path[192];
    int snapshots = 0;
    weight_group_name(shape, name);
    snprintf(top, sizeof top, "/weights/%s", name);
    tree_group(tree, top, "networks of one shape; slot s belongs to row run[s] of /runs");
    make_slots(tree, top, shape, run, slots, 0);
    struct rnn_view view[MAX_RNN_VIEWS];
    int num_views = rnn_views(shape, view);
    for (int w = WHICH_LAST; w <= WHICH_BEST && !tree->code; w++) {
        snprintf(path, sizeof path, "%s/%s", top, which_name[w]);
        tree_group(tree, path,
                   w == WHICH_LAST ? "weights of the last epoch"
                                   : "weights of the smallest validation loss");
        for (int v = 0; v < num_views; v++) {
            weight_path(name, w, view[v].name, path);
            make_view(tree, top, path, &view[v], slots, 0);
        }
        snprintf(path, sizeof path, "%s/%s", top, which_name[w]);
        tree_plot(tree, path, recurrent_weights, (const char *const[]){".", ".", "."}, 3, NULL);
    }
    tree_text(tree, top, "default", which_name[WHICH_BEST]);
    for (int slot = 0; slot < slots; slot++) {
        int num = train_num_snapshots(&plan->cells[plan->runs[run[slot]].cell].settings);
        snapshots = num > snapshots ? num : snapshots;
    }
    if (snapshots) make_snapshots(tree, name, shape, plan, run, slots, snapshots);
}

static bool same_shape(struct rnn_shape a, struct rnn_shape b)
{
    return a.hidden == b.hidden && a.noise_dim == b.noise_dim && a.symbols == b.symbols &&
           a.bias == b.bias;
}

void layout_networks(struct tree *tree, const struct plan *plan)
{
    tree_group(tree, "/weights", "trained networks, one group a shape");
    tree_group(tree, "/snapshots", "networks over training, one group a shape that keeps them");
    bool *placed = calloc((size_t)plan->num_cells, sizeof *placed);
    if (!placed && !tree->code) tree->code = status_no_memory(tree->st, "%s", tree->path);
    for (int first = 0; first < plan->num_runs && !tree->code; first++) {
        if (placed[plan->runs[first].cell]) continue;
        struct rnn_shape shape = rnn_shape_of(&plan->cells[plan->runs[first].cell].settings);
        for (int c = 0; c < plan->num_cells; c++)
            if (same_shape(rnn_shape_of(&plan->cells[c].settings), shape)) placed[c] = true;
        int32_t *run = malloc((size_t)plan->num_runs * sizeof *run);
        int slots = 0;
        if (!run) {
            tree->code = status_no_memory(tree->st, "%s", tree->path);
            break;
        }
        for (int r = first; r < plan->num_runs; r++)
            if (same_shape(rnn_shape_of(&plan->cells[plan->runs[r].cell].settings), shape))
                run[slots++] = r;
        make_group(tree, shape, plan, run, slots);
        free(run);
    }
    free(placed);
}
