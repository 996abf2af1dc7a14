/* repro: a grid of one run that computes a run of a results file again. Refuses to run it. */
#include "cli.h"

#include "base/hash.h"
#include "base/show.h"
#include "store/gather.h"

#include <stdlib.h>
#include <string.h>

/* Is it one that `hmmgrid check` takes? */
static bool is_grid(const char *yaml)
{
    struct plan plan = {0};
    bool good = yaml && plan_read(&plan, NULL, yaml, strlen(yaml), NULL, 0, NULL) == STATUS_OK;
    plan_free(&plan);
    return good;
}

/* A file that another program changed may name its study as no grid can. malloc'd, NULL: memory is
 * out. */
static char *make_grid(const struct invocation *inv, const struct decoded_run *run,
                       const char *study)
{
    char *yaml = plan_run_yaml(&run->settings, run->seed, study);
    if (!yaml || is_grid(yaml)) return yaml;
    char *renamed = plan_run_yaml(&run->settings, run->seed, "repro");
    if (is_grid(renamed)) {
        log_line(&inv->log, LOG_WARNING,
                 "%s: its study is called '%.128s', as no grid can be; this one is called repro",
                 inv->operand[0], study);
        free(yaml);
        return renamed;
    }
    free(renamed);
    return yaml;
}

static int print_grid(const struct invocation *inv, struct store *store, int run, struct status *st)
{
    const struct decoded_run *decoded = store_settings(store, run, st);
    if (!decoded) return st->code;
    if (!store_is_trained(store, run))
        return status_set(st, STATUS_NO_INPUT,
                          "%s: `hmmgrid analyse` made it: nothing was trained, so no grid computes "
                          "it again. It was made by: %s",
                          inv->operand[0], store_attribute(store, "command_line"));
    if (decoded->unknown)
        return status_set(st, STATUS_IO,
                          "%s: run %d has settings that this version does not know, so it cannot "
                          "be computed here; hmmgrid %s made the file",
                          inv->operand[0], run, store_attribute(store, "program_version"));
    char *yaml = make_grid(inv, decoded, store_attribute(store, "study"));
    if (!yaml) return status_no_memory(st, "the grid");
    const char *version = store_attribute(store, "program_version");
    show_on(inv->out,
            "# Run %s: row %d of a study made by hmmgrid %.*s.\n"
            "# Printed by hmmgrid %s; to compute it again: hmmgrid run THIS.yaml -o ONE.h5\n%s",
            decoded->key, run, (int)strcspn(version, "\n"), version, cli_version(), yaml);
    free(yaml);
    return STATUS_OK;
}

/* The grid as it was given, or, where options added to it, one that makes the same runs. */
static int print_all(const struct invocation *inv, struct status *st)
{
    struct gathered *g = NULL;
    char sha256[65];
    int code = store_gather(&g, inv->operand, 1, false, st);
    if (!code) hash_sha256_hex(g->plan.source, g->plan.source_bytes, sha256);
    if (!code && strcmp(sha256, g->plan.grid_sha256) != 0) code = plan_compose(&g->plan, st);
    if (!code) fwrite(g->plan.source, 1, g->plan.source_bytes, inv->out);
    store_gathered_free(g);
    return code;
}

static int run_repro(const struct invocation *inv)
{
    struct status st = {0};
    if (strcmp(inv->operand[1], "all") != 0) return cli_with_store(inv, print_grid);
    return print_all(inv, &st) ? cli_fail(inv, &st) : STATUS_OK;
}

const struct verb verb_repro = {
    "repro",
    "FILE.h5 RUN",
    2,
    "a one-run grid that computes a run again",
    "Prints a grid that holds one run of a results file, every setting spelt out. The same program "
    "on the same kind of processor computes the same bits from it, under the same run key. RUN is "
    "the number of its row, from 0, or enough of its key to tell it from the others; of all of "
    "them the grid of the file.\n\n"
    "  hmmgrid repro study.h5 12 > one.yaml\n"
    "  hmmgrid run one.yaml -o one.h5\n"
    "  hmmgrid repro study.h5 all > study.yaml",
    .run = run_repro,
};
