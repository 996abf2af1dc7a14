/* export: the trained network of one run as a file that PyTorch can load. Refuses to replace a
 * file, and runs that are not done: they have no network. */
#include "cli.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

/* The weights that the grid selects, unless told otherwise. */
static const char *which_of(const struct invocation *inv, const struct decoded_run *decoded)
{
    const char *which = cli_value(inv, "which");
    if (which) return which;
    return decoded->settings.train.select == SELECT_LAST ? "last" : "best";
}

/* The epochs and weights of the run's snapshots. */
static int read_snapshots(struct store *store, int run, const struct settings *settings,
                          struct imported *network, struct status *st)
{
    int num = 0;
    int code = store_read_networks(store, run, "snapshots", &network->shape, &network->snapshots,
                                   &num, st);
    if (code) return code;
    if (num == 0)
        return status_set(st, STATUS_NO_INPUT,
                          "--snapshots: run %d has none; train.snapshots in the grid keeps some",
                          run);
    network->snapshot_epoch = calloc((size_t)num, sizeof *network->snapshot_epoch);
    if (!network->snapshot_epoch) return status_no_memory(st, "the networks");
    for (int i = 0; i < num; i++) network->snapshot_epoch[i] = train_snapshot_epoch(settings, i);
    network->num_snapshots = num;
    return STATUS_OK;
}

static int copy_to(FILE *out, const char *path, struct status *st)
{
    char buffer[65536];
    size_t n = 0;
    FILE *in = fopen(path, "re");
    if (!in) return status_set(st, STATUS_IO, "%s: %s", path, strerror(errno));
    while ((n = fread(buffer, 1, sizeof buffer, in)) > 0) fwrite(buffer, 1, n, out);
    bool bad = ferror(in) != 0;
    fclose(in);
    return bad ? status_set(st, STATUS_IO, "%s: cannot read it", path) : STATUS_OK;
}

/* HDF5 writes back and forth, so a stream gets the copy of a file. */
static int write_stream(FILE *out, const struct imported *network, const char *key,
                        struct status *st)
{
    const char *tmp = getenv("TMPDIR");
    char folder[4096], path[4200];
    snprintf(folder, sizeof folder, "%s/hmmgrid.XXXXXX", tmp && *tmp ? tmp : "/tmp");
    if (!mkdtemp(folder))
        return status_set(st, STATUS_CANNOT_CREATE,
                          "%s: cannot make a temporary folder: %s; set TMPDIR", folder,
                          strerror(errno));
    snprintf(path, sizeof path, "%s/weights.h5", folder);
    int code = store_export_weights(path, network, key, st);
    if (!code) code = copy_to(out, path, st);
    unlink(path);
    rmdir(folder);
    return code;
}

static bool is_stream(const char *output)
{
    return strcmp(output, "-") == 0;
}

static int export_run(const struct invocation *inv, struct store *store, int run, struct status *st)
{
    struct imported network = {.params = NULL};
    bool valid = false;
    const struct decoded_run *decoded = store_settings(store, run, st);
    if (!decoded) return st->code;
    int code =
        store_read_weights(store, run, which_of(inv, decoded), &network.shape, &network.params, st);
    if (!code) code = store_check_run(store, run, &valid, st);
    if (!code && !valid)
        code = status_set(st, STATUS_IO,
                          "%s: run %d is damaged: its bytes are not the ones that were committed; "
                          "`hmmgrid run GRID -o %s --resume` runs it again",
                          inv->operand[0], run, inv->operand[0]);
    if (!code && cli_flag(inv, "snapshots"))
        code = read_snapshots(store, run, &decoded->settings, &network, st);
    if (!code) {
        network.resolved = strdup(store_resolved(store, run));
        const char *output = cli_value(inv, "output");
        code = is_stream(output) ? write_stream(inv->out, &network, decoded->key, st)
                                 : store_export_weights(output, &network, decoded->key, st);
    }
    store_imported_free(&network);
    return code;
}

static int run_export(const struct invocation *inv)
{
    const char *output = cli_value(inv, "output"), *which = cli_value(inv, "which");
    struct status st = {0};
    if (!output)
        status_set(&st, STATUS_USAGE, "export: -o WEIGHTS.h5 is missing: the file to make");
    else if (which && strcmp(which, "best") != 0 && strcmp(which, "last") != 0)
        status_set(&st, STATUS_USAGE, "--which: '%s' is not one of best, last", which);
    else if (is_stream(output) && isatty(fileno(inv->out)))
        status_set(&st, STATUS_USAGE,
                   "export: -o -: weights are bytes, not for a terminal; send them to a file or a "
                   "program: ... -o - > weights.h5; mpirun puts a terminal in between, so start it "
                   "without");
    return st.code ? cli_fail(inv, &st) : cli_with_store(inv, export_run);
}

static const struct cli_option options[] = {
    {"output", 'o', "WEIGHTS.h5", NULL, false,
     "the file to make; it must not exist; -: standard output"},
    {"which", 0, "best|last", NULL, false,
     "weights of the best validation loss or of the last epoch; default: what the run's setting "
     "train.select says"},
    {"snapshots", 0, NULL, NULL, false,
     "the weights over training too, as group snapshots; needs train.snapshots in the grid"},
    {0},
};

const struct verb verb_export = {
    "export",
    "FILE.h5 RUN",
    2,
    "the network of one run as a state_dict that PyTorch can load",
    "Writes rnn.weight_ih_l0, rnn.weight_hh_l0 and fc.weight (and the biases, where there are any) "
    "as float32 datasets of a small HDF5 file. RUN is the number of its row, from 0, or enough of "
    "its key to tell it from the others.\n\n"
    "  hmmgrid export study.h5 12 -o weights.h5\n"
    "  python3: f = h5py.File(\"weights.h5\")\n"
    "           state = {name: torch.from_numpy(f[name][...]) for name in f}",
    options,
    .run = run_export,
    .streams = true,
};
