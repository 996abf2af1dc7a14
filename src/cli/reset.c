/* reset: the verb that makes finished runs pending again. Refuses to touch a file that a study
 * writes or that another program changed, and done runs unless it is told to. */
#include "cli.h"

#include "base/show.h"
#include "report/rows.h"
#include "study/study.h"

#include <stdlib.h>

static const struct cli_option options[] = {
    {"where", 'w', "EXPR", NULL, false,
     "only these runs: 'status == failed and hmm.states == 4'; see 'hmmgrid help where'"},
    {"done", 0, NULL, NULL, false,
     "runs that are done too, whose results do not count any more; with --where"},
    {"dry-run", 'n', NULL, NULL, false, "only say which runs would be reset"},
    {0},
};

/* The chosen runs that are to be pending again come first; how many of each status. */
static int sort_out(struct store *store, int *row, int num, bool done, int count[NUM_RUN_STATUS])
{
    int reset = 0;
    for (int i = 0; i < num; i++) {
        int status = store_run_status(store, row[i]);
        if (status < RUN_DONE || (status == RUN_DONE && !done)) continue;
        count[status]++;
        row[reset++] = row[i];
    }
    return reset;
}

static void print(const struct invocation *inv, struct store *store, const int *row, int num,
                  const int count[NUM_RUN_STATUS])
{
    enum { MOST = 10 };
    const char *path = inv->operand[0];
    bool dry = cli_flag(inv, "dry-run");
    for (int i = 0; i < num && i < MOST; i++) {
        char *told = rows_tell(store, row[i]);
        show_on(inv->out, "run %d (%s)\n", row[i], told ? told : "");
        free(told);
    }
    if (num > MOST) show_on(inv->out, "and %d more\n", num - MOST);
    show_on(inv->out, "%s: %d run%s %s pending again: %d failed, %d crashed, %d done\n", path, num,
            num == 1 ? "" : "s",
            dry        ? "would be"
            : num == 1 ? "is"
                       : "are",
            count[RUN_FAILED], count[RUN_CRASHED], count[RUN_DONE]);
    if (num > 0 && !dry)
        show_on(inv->out, "`hmmgrid run GRID -o %s --resume` does %s anew\n", path,
                num == 1 ? "it" : "them");
    if (count[RUN_DONE] > 0)
        log_line(&inv->log, LOG_WARNING,
                 "%s: the results of %d done run%s %s any more, and are lost as soon as the run is "
                 "done anew",
                 path, count[RUN_DONE], count[RUN_DONE] == 1 ? "" : "s",
                 dry ? "would not count" : "do not count");
}

static int reset(void *context, struct store *store, struct status *st)
{
    const struct invocation *inv = context;
    int count[NUM_RUN_STATUS] = {0}, *row = NULL, num = 0;
    cli_warn_of(inv, store);
    int code = rows_where(store, cli_value(inv, "where"), &row, &num, st);
    if (!code && num == 0) code = st->code = STATUS_USAGE; /* its text says why */
    if (!code) num = sort_out(store, row, num, cli_flag(inv, "done"), count);
    if (!code && !cli_flag(inv, "dry-run")) code = store_reset_runs(store, row, num, st);
    if (!code) print(inv, store, row, num, count);
    free(row);
    return code;
}

static int run_reset(const struct invocation *inv)
{
    struct status st = {0};
    struct invocation held = *inv;
    if (cli_flag(inv, "done") && !cli_value(inv, "where"))
        status_set(&st, STATUS_USAGE, "reset: --done needs --where EXPR: which results are to go");
    else
        study_with_file(inv->operand[0], reset, &held, &inv->log, &st);
    return st.code ? cli_fail(inv, &st) : STATUS_OK;
}

const struct verb verb_reset = {
    .name = "reset",
    .operands = "FILE.h5",
    .num_operands = 1,
    .summary = "failed and crashed runs are pending again",
    .description =
        "Makes failed and crashed runs of a results file pending, as if never begun, so that "
        "'hmmgrid run --resume' does them anew; those that --where chooses, or all. With --done "
        "finished ones too: their results do not count any more. Takes the lock of the study, so "
        "that none runs meanwhile. 'hmmgrid run --resume --retry failed' does both at once.\n"
        "\n"
        "  hmmgrid reset study.h5 --where 'status == crashed'\n"
        "  hmmgrid reset study.h5 --done --where 'hmm.states == 5' -n",
    .options = options,
    .run = run_reset,
};
