/* export: the trained network of one run as a file that PyTorch can load. Refuses to replace a
 * file, and runs that are not done: they have no network. */
#include "cli.h"
#include "rows.h"

#include <stdlib.h>
#include <string.h>

/* The weights that the grid selects, unless told otherwise. */
static const char *which_of(const struct invocation *inv, struct store *store, int run)
{
    const char *which = cli_value(inv, "which");
    const struct settings *settings = store_settings(store, run, NULL, NULL, NULL);
    if (which) return which;
    return settings && settings->train.select == SELECT_LAST ? "last" : "best";
}

static int export_run(const struct invocation *inv, struct store *store, struct status *st)
{
    int run = -1;
    struct rnn_shape shape = {0};
    float *params = NULL;
    const char *key = "";
    bool valid = false;
    int code = store_find_run(store, cli_operand(inv, 1), &run, st);
    if (!code)
        code = store_read_weights(store, run, which_of(inv, store, run), &shape, &params, st);
    if (!code) code = store_check_run(store, run, &valid, st);
    if (!code && !valid)
        code = status_set(st, STATUS_IO,
                          "%s: run %d is damaged: its bytes are not the ones that were committed; "
                          "`hmmgrid run GRID -o %s --resume` runs it again",
                          cli_operand(inv, 0), run, cli_operand(inv, 0));
    if (!code) {
        store_settings(store, run, NULL, &key, NULL);
        code = store_export_weights(cli_value(inv, "output"), shape, params, key,
                                    store_resolved(store, run), st);
    }
    free(params);
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
    return st.code ? cli_fail(inv, &st) : rows_with_store(inv, export_run);
}

static const struct cli_option options[] = {
    {"output", 'o', "WEIGHTS.h5", NULL, false, "the file to make; it must not exist"},
    {"which", 0, "best|last", NULL, false,
     "weights of the best validation loss or of the last epoch; default: what the run's setting "
     "train.select says"},
    {0},
};

const struct verb verb_export = {
    "export",
    "FILE.h5 RUN",
    2,
    2,
    "the network of one run as a state_dict that PyTorch can load",
    "Writes rnn.weight_ih_l0, rnn.weight_hh_l0 and fc.weight (and the biases, where there are any) "
    "as float32 datasets of a small HDF5 file. RUN is the number of its row, from 0, or enough of "
    "its key to tell it from the others.\n\n"
    "  hmmgrid export study.h5 12 -o weights.h5\n"
    "  python3: state = {k: torch.tensor(v[()]) for k, v in h5py.File(\"weights.h5\").items()}",
    options,
    run_export,
};
