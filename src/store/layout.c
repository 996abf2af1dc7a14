/* layout: the whole results file before any run: attributes, grid, columns, networks
 * (layout_networks.c), records; made serially, filled and sealed. Refuses to put it in its place
 * (publish.c does). Source: section 3 of the design, RELIABILITY section 0. */
#include "internal.h"

#include "columns.h"

#include "base/hash.h"
#include "base/sheet.h"
#include <errno.h>
#include <fcntl.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>
#include <unistd.h>

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

/* The plot of a column's group; NULL: none. */
static void plot_column(struct tree *tree, const struct schema *schema,
                        const struct schema_row *row, const char *beside)
{
    const char *axis[1 + MAX_COLUMN_DIMS] = {"run"};
    for (int d = 0; row && d < row->num_dims; d++) axis[1 + d] = schema->axis[row->dim[d]].name;
    if (row) tree_plot(tree, row->group, schema_row_label(row), axis, 1 + row->num_dims, beside);
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
    tree_interpretation(tree, name, row->num_dims);
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
        const char *before = a > 0 ? schema->axis[a - 1].group : axis->group;
        if (strcmp(axis->group, before) != 0)
            make_analysis(tree, schema, axis->group, strcmp(before, SCHEMA_RUNS) == 0);
        snprintf(name, sizeof name, "%s/%s", axis->group, axis->name);
        tree_scale(tree, name, axis);
    }
    for (int i = 0; i < schema->num_rows && !tree->code; i++)
        make_column(tree, schema, &schema->row[i], plan);
}

/* --- the whole ---------------------------------------------------------------------------- */

static int seal(struct tree *tree, const char *tmp, size_t guard)
{
    struct extent *extent = malloc((tree->num_pieces + 1) * sizeof *extent);
    if (!extent) return status_no_memory(tree->st, "%s", tree->path);
    size_t num = 0;
    for (size_t i = 0; i < tree->num_pieces; i++)
        if (tree->piece[i].changes && i != guard) extent[num++] = tree->piece[i].where;
    int fd = open(tmp, O_RDWR | O_NOFOLLOW | O_CLOEXEC);
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
    struct sheet sheet;
    size_t bytes = 0;
    FILE *out = sheet_open(&sheet);
    for (size_t i = 0; out && i < tree->num_pieces; i++) {
        const struct piece *piece = &tree->piece[i];
        if (piece->changes || i == guard || !piece->own) continue;
        fprintf(out, "%016" PRIx64 "\t%s\n", hash_64(piece->own, (size_t)piece->where.bytes),
                piece->name);
    }
    bool made = out && fflush(out) == 0;
    if (made) fprintf(out, "%016" PRIx64 "\n", hash_64(sheet.bytes, sheet.used));
    char *text = out ? sheet_close(&sheet, out, made, &bytes) : NULL;
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
        layout_networks(&tree, plan);
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
