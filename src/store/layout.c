/* layout: the whole results file before any run: attributes, grid, columns, weights, records; made
 * serially, filled and sealed. Refuses to put it in its place (publish.c does).
 * Source: section 3 of the design, RELIABILITY section 0. */
#include "internal.h"

#include "columns.h"

#include "base/hash.h"
#include "base/sheet.h"
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

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

/* A random UUID (RFC 4122, version 4); without random numbers, one of time and process. */
static void make_uuid(char uuid[37])
{
    unsigned char r[16] = {0};
    if (getrandom(r, sizeof r, 0) != (ssize_t)sizeof r) {
        struct timespec now;
        clock_gettime(CLOCK_REALTIME, &now);
        uint64_t seed[3] = {(uint64_t)now.tv_sec, (uint64_t)now.tv_nsec, (uint64_t)getpid()};
        uint64_t hash[2] = {hash_64(seed, sizeof seed), hash_64(seed, sizeof seed[0])};
        memcpy(r, hash, sizeof r);
    }
    r[6] = (unsigned char)((r[6] & 0x0f) | 0x40);
    r[8] = (unsigned char)((r[8] & 0x3f) | 0x80);
    for (int i = 0, n = 0; i < 16; i++) {
        const char *dash = i == 4 || i == 6 || i == 8 || i == 10 ? "-" : "";
        n += snprintf(uuid + n, 37 - (size_t)n, "%s%02x", dash, r[i]);
    }
}

static void make_attributes(struct tree *tree, const struct plan *plan, const struct provenance *p)
{
    char version[32], uuid[37], now[32], hdf5[48];
    unsigned major = 0, minor = 0, release = 0;
    struct provenance none = {0};
    if (!p) p = &none;
    snprintf(version, sizeof version, "%d.%d", FORMAT_MAJOR, FORMAT_MINOR);
    make_uuid(uuid);
    H5get_libversion(&major, &minor, &release);
    snprintf(hdf5, sizeof hdf5, "%u.%u.%u", major, minor, release);
    time_t seconds = time(NULL);
    struct tm utc;
    gmtime_r(&seconds, &utc);
    strftime(now, sizeof now, "%Y-%m-%dT%H:%M:%SZ", &utc);
    const char *const attribute[][2] = {
        {"format", FORMAT_NAME},
        {"format_version", version},
        {"study", plan->study},
        {"description", plan->description},
        {"grid_sha256", plan->grid_sha256},
        {"uuid", uuid},
        {"created_utc", now},
        {"program_version", p->program_version},
        {"git_commit", p->git_commit},
        {"compiler", p->compiler},
        {"mpi", p->mpi},
        {"hdf5", hdf5},
        {"blas", p->blas},
        {"blas_core", p->blas_core},
        {"cpu", p->cpu},
        {"kernel", p->kernel},
        {"hosts", p->hosts},
        {"slurm_job_id", p->slurm_job_id},
        {"command_line", p->command_line},
    };
    for (size_t i = 0; i < sizeof attribute / sizeof attribute[0]; i++)
        tree_text(tree, "/", attribute[i][0], attribute[i][1]);
}

/* A dataset of raw bytes; own is taken over. */
static size_t make_bytes(struct tree *tree, const char *name, void *own, size_t bytes,
                         const char *meaning)
{
    struct dataset_kind kind = {.name = name,
                                .type = TYPE_TEXT,
                                .num_dims = 1,
                                .dim = {bytes},
                                .meaning = meaning,
                                .fill = FILL_OWN,
                                .own = own};
    if (!own && !tree->code) tree->code = status_no_memory(tree->st, "%s", tree->path);
    return tree_dataset(tree, &kind, NULL);
}

static void make_grid(struct tree *tree, const struct plan *plan)
{
    tree_group(tree, "/grid", "what was asked for");
    bool given = plan->source && plan->source_bytes > 0; /* a dataset holds one byte at least */
    char *source = strndup(given ? plan->source : "\n", given ? plan->source_bytes : 1);
    make_bytes(tree, "/grid/source", source, given && source ? strlen(source) : 1,
               "the grid as given, YAML");
    size_t bytes = 1;
    struct sheet sheet;
    FILE *out = sheet_open(&sheet);
    bool complete = out != NULL;
    for (int run = 0; run < plan->num_runs && complete; run++) {
        char *line = plan_run_json(plan, run);
        complete = line && fprintf(out, "%s\n", line) > 0;
        free(line);
    }
    char *text = out ? sheet_close(&sheet, out, complete, &bytes) : NULL;
    make_bytes(tree, "/grid/resolved", text, text ? bytes : 1,
               "one JSON object a line, line i = run i with every setting resolved");
}

/* --- what a viewer plots ------------------------------------------------------------------ */

/* NeXus: the group is a plot of its dataset `signal` against its datasets `axis`, as H5Web, silx
 * and nexusformat find it. beside: a dataset of the same shape, drawn with it; NULL: none. */
static void make_plot(struct tree *tree, const char *group, const char *signal,
                      const char *const *axis, int num_axes, const char *beside)
{
    tree_text(tree, group, "NX_class", "NXdata");
    tree_text(tree, group, "signal", signal);
    tree_words(tree, group, "axes", axis, num_axes);
    if (beside) tree_words(tree, group, "auxiliary_signals", &beside, 1);
}

/* The plot of a column's group; NULL: none. */
static void plot_column(struct tree *tree, const struct schema *schema,
                        const struct schema_row *row, const char *beside)
{
    const char *axis[1 + MAX_COLUMN_DIMS] = {"run"};
    for (int d = 0; row && d < row->num_dims; d++) axis[1 + d] = schema->axis[row->dim[d]].name;
    if (row) make_plot(tree, row->group, schema_row_label(row), axis, 1 + row->num_dims, beside);
}

/* How the last dimensions of a dataset are to be drawn. */
static void make_interpretation(struct tree *tree, const char *name, int num_dims)
{
    if (num_dims > 0) tree_text(tree, name, "interpretation", num_dims == 1 ? "spectrum" : "image");
}

/* --- columns ------------------------------------------------------------------------------ */

static void *static_column(const struct schema *schema, const struct schema_row *row,
                           const struct plan *plan)
{
    size_t bytes = schema_row_bytes(schema, row);
    unsigned char *value = calloc((size_t)plan->num_runs, bytes);
    bool put = value != NULL;
    for (int run = 0; put && run < plan->num_runs; run++) {
        struct run_attempt attempt = {.run = run};
        put = columns_put(schema, row, plan, &attempt, NULL, value + (size_t)run * bytes);
    }
    if (put) return value;
    free(value);
    return NULL;
}

static void make_column(struct tree *tree, const struct schema *schema,
                        const struct schema_row *row, const struct plan *plan)
{
    char name[160], scale_name[1 + MAX_COLUMN_DIMS][112];
    const char *scale[1 + MAX_COLUMN_DIMS];
    schema_row_path(row, name);
    struct dataset_kind kind = {.name = name,
                                .type = row->type,
                                .text_bytes = row->text_bytes,
                                .num_dims = 1 + row->num_dims,
                                .unit = row->unit,
                                .meaning = row->meaning,
                                .changes = row->writer != WRITER_LAYOUT,
                                .fill = row->type == TYPE_F8   ? FILL_NAN8
                                        : row->type == TYPE_F4 ? FILL_NAN4
                                                               : FILL_ZERO};
    for (int d = 0; d <= row->num_dims; d++) {
        int at = d ? row->dim[d - 1] : schema_find_axis(schema, row->group, "run");
        const struct schema_axis *axis = &schema->axis[at];
        kind.dim[d] = (hsize_t)axis->size;
        snprintf(scale_name[d], sizeof scale_name[d], "%s/%s", axis->group, axis->name);
        scale[d] = scale_name[d];
    }
    if (row->writer == WRITER_LAYOUT) {
        kind.fill = FILL_OWN;
        kind.own = static_column(schema, row, plan);
        if (!kind.own && !tree->code) tree->code = status_no_memory(tree->st, "%s", tree->path);
    }
    tree_dataset(tree, &kind, scale);
    make_interpretation(tree, name, row->num_dims);
    if (strcmp(row->name, "status") == 0) tree_flags(tree, name, run_status_name, NUM_RUN_STATUS);
}

/* The group of an analysis; a viewer begins with the first. */
static void make_analysis(struct tree *tree, const struct schema *schema, const char *group,
                          bool first)
{
    char column[96];
    const struct analysis *analysis = analysis_find(strrchr(group, '/') + 1);
    snprintf(column, sizeof column, "%s.%s", analysis->name,
             analysis->output[analysis->signal].name);
    tree_group(tree, group, analysis_meaning(analysis));
    plot_column(tree, schema, schema_find(schema, column), NULL);
    if (first) tree_text(tree, "/analysis", "default", analysis->name);
}

/* The groups, their axes, their columns. */
static void make_runs(struct tree *tree, const struct schema *schema, const struct plan *plan)
{
    tree_group(tree, SCHEMA_RUNS,
               "one row a run; only rows with status done or failed hold results");
    plot_column(tree, schema, schema_find(schema, "val_loss"), "train_loss");
    tree_text(tree, "/", "NX_class", "NXroot");
    tree_text(tree, "/", "default", SCHEMA_RUNS + 1);
    tree_group(tree, "/analysis",
               "what analyses found in each run's network, one group an analysis; NaN: not defined "
               "for this network, or not asked for");
    for (int a = 0; a < schema->num_axes; a++) {
        const struct schema_axis *axis = &schema->axis[a];
        char name[112];
        if (a > 0 && strcmp(axis->group, schema->axis[a - 1].group) != 0)
            make_analysis(tree, schema, axis->group, a == NUM_SCHEMA_DIMS);
        snprintf(name, sizeof name, "%s/%s", axis->group, axis->name);
        tree_scale(tree, name, axis);
    }
    for (int i = 0; i < schema->num_rows && !tree->code; i++)
        make_column(tree, schema, &schema->row[i], plan);
}

/* --- weights ------------------------------------------------------------------------------ */

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
    make_interpretation(tree, name, view->cols > 0 ? 2 : 1);
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
    make_plot(tree, top, recurrent_weights, scale, 4, NULL);
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
        make_plot(tree, path, recurrent_weights, (const char *const[]){".", ".", "."}, 3, NULL);
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

static void make_weights(struct tree *tree, const struct plan *plan)
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

/* --- the whole ---------------------------------------------------------------------------- */

static int seal(struct tree *tree, const char *tmp, size_t guard)
{
    struct extent *extent = malloc((tree->num_pieces + 1) * sizeof *extent);
    if (!extent) return status_no_memory(tree->st, "%s", tree->path);
    size_t num = 0;
    for (size_t i = 0; i < tree->num_pieces; i++)
        if (tree->piece[i].changes && i != guard) extent[num++] = tree->piece[i].where;
    int fd = open(tmp, O_RDWR | O_CLOEXEC);
    int code = fd < 0 ? file_fail(tree->st, STATUS_CANNOT_CREATE, tree->path, "seal it", errno)
                      : guard_seal(fd, tree->path, tree->piece[guard].where, extent, num, tree->st);
    if (fd >= 0) close(fd);
    free(extent);
    return code;
}

static void make_record(struct tree *tree, int num_runs)
{
    struct dataset_kind kind = {
        .name = "/commit/record",
        .type = TYPE_TEXT,
        .num_dims = 2,
        .dim = {(hsize_t)num_runs, RECORD_BYTES},
        .meaning = "64 bytes a run, little-endian: magic (8 bytes), run i4, attempt i4, status i4, "
                   "0 i4, XXH3 of the row and weights u8, 0 (24 bytes), XXH3 of the 56 bytes "
                   "before u8; a row counts when its record is valid; all 0: never started",
        .changes = true,
        .fill = FILL_ZERO};
    tree_dataset(tree, &kind, NULL);
}

/* A line for every dataset so far that never changes: XXH3 of its bytes and its name; at the end
 * XXH3 of those lines. So a file that another program wrote anew can be told from a damaged one. */
static void make_contents(struct tree *tree, size_t guard)
{
    char *text = NULL;
    size_t bytes = 0;
    FILE *out = open_memstream(&text, &bytes);
    for (size_t i = 0; out && i < tree->num_pieces; i++) {
        const struct piece *piece = &tree->piece[i];
        if (piece->changes || i == guard || !piece->own) continue;
        fprintf(out, "%016llx\t%s\n",
                (unsigned long long)hash_64(piece->own, (size_t)piece->where.bytes), piece->name);
    }
    bool made = out && fflush(out) == 0;
    if (made) fprintf(out, "%016llx\n", (unsigned long long)hash_64(text, bytes));
    if ((out && fclose(out) != 0) || !made) {
        free(text);
        text = NULL;
    }
    make_bytes(tree, "/commit/contents", text, bytes,
               "XXH3 of each dataset that never changes, and its name; last, XXH3 of these lines");
}

/* An upper bound of the file's size: the values, the weights, and room for HDF5's structures. */
static uint64_t most_bytes(const struct schema *schema, const struct plan *plan, size_t datasets)
{
    const uint64_t a_dataset = 8192, a_line = 4096;
    uint64_t bytes = datasets * a_dataset + plan->source_bytes;
    for (int c = 0; c < schema->num_rows; c++)
        bytes += schema_row_bytes(schema, &schema->row[c]) * (uint64_t)plan->num_runs;
    for (int run = 0; run < plan->num_runs; run++) {
        const struct settings *s = &plan->cells[plan->runs[run].cell].settings;
        uint64_t networks = 2 + (uint64_t)train_num_snapshots(s);
        bytes += networks * sizeof(float) * rnn_num_params(rnn_shape_of(s)) + a_line + RECORD_BYTES;
    }
    return bytes;
}

int layout_make(const char *tmp, const char *path, const struct plan *plan,
                const struct provenance *provenance, struct status *st)
{
    struct tree tree;
    struct schema schema;
    if (plan->num_runs < 1)
        return status_set(st, STATUS_USAGE, "%s: the plan has no run, there is nothing to store",
                          path);
    int code = columns_init(&schema, plan, st);
    if (code) return code;
    size_t most = (size_t)schema.num_rows + 1 + (size_t)plan->num_cells * NUM_WHICH * MAX_RNN_VIEWS;
    if (tree_open(&tree, path, most_bytes(&schema, plan, most), st) == STATUS_OK) {
        tree_group(&tree, "/commit", "what makes rows count, and the seal over this layout");
        size_t bytes = guard_bytes(most);
        size_t guard = make_bytes(&tree, "/commit/guard", calloc(1, bytes), bytes,
                                  "seal over everything in this file that runs do not write");
        make_attributes(&tree, plan, provenance);
        make_grid(&tree, plan);
        make_runs(&tree, &schema, plan);
        make_weights(&tree, plan);
        char *text = schema_text(&schema);
        make_bytes(&tree, "/commit/schema", text, text ? strlen(text) : 1,
                   "axes and columns, one line each, fields between tabs: axis, group, name, size, "
                   "first, values (none: first, first + 1, ...), unit, meaning; column, group, "
                   "name, type, width of text, axes after run, result or provenance, writer, unit, "
                   "meaning");
        make_record(&tree, plan->num_runs);
        make_contents(&tree, guard);
        code = tree_finish(&tree, tmp);
        if (!code) code = seal(&tree, tmp, guard);
    } else {
        code = tree.code;
    }
    tree_free(&tree);
    schema_free(&schema);
    return code;
}
