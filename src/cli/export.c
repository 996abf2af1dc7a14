/* export: the trained network of one run as a file that PyTorch can load, or the curves of training
 * of many. Refuses to replace a file, and networks of runs that are not done: they have none. */
#include "cli.h"

#include "base/file.h"
#include "report/curves.h"
#include "report/rows.h"

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

/* --- curves ----------------------------------------------------------------------------------- */

/* The runs that RUN means, which may be all, and of these those of --where. */
static int find_runs(const struct invocation *inv, struct store *store, int **run, int *num,
                     struct status *st)
{
    const char *where = cli_value(inv, "where");
    int one = -1, code = STATUS_OK, left = 0;
    if (strcmp(inv->operand[1], "all") != 0)
        code = store_find_run(store, inv->operand[1], &one, st);
    if (!code) code = rows_where(store, where, run, num, st);
    if (!code && *num == 0 && where) log_line(&inv->log, LOG_WARNING, "%s", st->text);
    for (int i = 0; i < *num && !code; i++)
        if (one < 0 || (*run)[i] == one) (*run)[left++] = (*run)[i];
    *num = left;
    return code;
}

static int write_curves(const struct invocation *inv, FILE *out, enum curves_format format,
                        struct status *st)
{
    struct store *store = NULL;
    int *run = NULL, num = 0, code = cli_open(inv, &store, st);
    if (!code) code = find_runs(inv, store, &run, &num, st);
    if (!code) cli_check_rows(inv, inv->operand[0], store, run, num);
    if (!code) code = curves_write(store, run, num, format, out, st);
    free(run);
    store_close(store);
    return code;
}

/* Into a new file, or on standard output. */
static int export_curves(const struct invocation *inv, struct status *st)
{
    const char *output = cli_value(inv, "output"), *format = cli_value(inv, "format");
    bool json = format && strcmp(format, "jsonl") == 0;
    if (format && !json && strcmp(format, "csv") != 0)
        return status_set(st, STATUS_USAGE, "--format: '%s' is not one of csv, jsonl", format);
    int fd = -1, code = STATUS_OK;
    if (output && !is_stream(output) && access(output, F_OK) == 0)
        return status_set(st, STATUS_CANNOT_CREATE, "%s exists already; name another file", output);
    if (output && !is_stream(output) && (fd = file_create(output, false, st)) < 0) return st->code;
    FILE *out = fd < 0 ? inv->out : fdopen(fd, "w");
    if (!out) return status_no_memory(st, "%s", output);
    code = write_curves(inv, out, json ? CURVES_JSONL : CURVES_CSV, st);
    if (out == inv->out) return code;
    bool lost = fclose(out) != 0;
    if (!code && lost) code = file_fail(st, STATUS_IO, output, "write it", errno);
    if (code) unlink(output);
    return code;
}

/* --- the verb --------------------------------------------------------------------------------- */

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
    if (cli_flag(inv, "curves")) return export_curves(inv, &st) ? cli_fail(inv, &st) : STATUS_OK;
    if (cli_value(inv, "format") || cli_value(inv, "where"))
        status_set(&st, STATUS_USAGE, "--format and --where go with --curves");
    else if (!output)
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
    {"curves", 0, NULL, NULL, false,
     "instead, every number of an epoch: study, run, key, settings that vary, seed, epoch, name "
     "and "
     "value, a line each, on standard output or in the file of -o; RUN may be all"},
    {"format", 'f', "csv|jsonl", NULL, false, "of --curves [csv]"},
    {"where", 'w', "EXPR", NULL, false, "with --curves, only these runs; see 'hmmgrid help where'"},
    {0},
};

const struct verb verb_export = {
    "export",
    "FILE.h5 RUN",
    2,
    "the network of one run as PyTorch loads it, or curves of training",
    "Writes rnn.weight_ih_l0, rnn.weight_hh_l0 and fc.weight (and the biases, where there are any) "
    "as float32 datasets of a small HDF5 file. RUN is the number of its row, from 0, or enough of "
    "its key to tell it from the others.\n\n"
    "  hmmgrid export study.h5 12 -o weights.h5\n"
    "  python3: f = h5py.File(\"weights.h5\")\n"
    "           state = {name: torch.from_numpy(f[name][...]) for name in f}\n"
    "  hmmgrid export study.h5 all --curves > curves.csv\n"
    "  hmmgrid export study.h5 all --curves --where landed --format jsonl -o curves.jsonl",
    options,
    .run = run_export,
    .streams = true,
};
