/* report: the verb that makes a page and figures of a study. Refuses to compute: see page/page.h.
 */
#include "cli.h"

#include "base/show.h"
#include "page/page.h"

#include <stdlib.h>

static const struct cli_option options[] = {
    {"output", 'o', "DIR", "HMMGRID_REPORT", false,
     "folder for index.html and figures/, made where it is not there (needed)"},
    {"run", 0, "RUN", NULL, true,
     "show this run in detail, not the median one of its cell; number or key"},
    {"where", 'w', "EXPR", NULL, false, "only these runs; see 'hmmgrid help where'"},
    {0},
};

static int make(const struct invocation *inv, const struct together *together,
                struct page_outcome *outcome, struct status *st)
{
    struct page_request request = {.path = together->path,
                                   .file = inv->operand,
                                   .num_files = inv->num_operands,
                                   .gathered = together->gathered,
                                   .where = cli_value(inv, "where"),
                                   .folder = cli_value(inv, "output")};
    request.num_runs = cli_values(inv, "run", &request.run);
    return page_write(&request, outcome, st);
}

/* Rows that are not what was committed, of one file; of several they are left out, and named. */
static int warn(const struct invocation *inv, struct status *st)
{
    struct store *store = NULL;
    int code = inv->num_operands == 1 ? cli_open(inv, &store, st) : STATUS_OK;
    if (store) cli_check_rows(inv, inv->operand[0], store, NULL, store_num_runs(store));
    store_close(store);
    return code;
}

static int run_report(const struct invocation *inv)
{
    struct status st = {0};
    struct page_outcome outcome = {.note = NULL};
    struct together together;
    const char *folder = cli_value(inv, "output");
    if (!folder || !*folder) {
        status_set(&st, STATUS_USAGE, "report: -o DIR is missing: where the page goes");
        return cli_fail(inv, &st);
    }
    int code = cli_together(inv, &together, &st);
    if (!code) code = warn(inv, &st);
    if (!code) code = make(inv, &together, &outcome, &st);
    if (!code && outcome.note) log_line(&inv->log, LOG_WARNING, "%s", outcome.note);
    if (!code)
        show_on(inv->out, "%s, %d figure%s: %s/index.html\n", outcome.count, outcome.num_figures,
                outcome.num_figures == 1 ? "" : "s", folder);
    free(outcome.note);
    cli_together_free(&together);
    return code ? cli_fail(inv, &st) : STATUS_OK;
}

const struct verb verb_report = {
    .name = "report",
    .operands = "FILE.h5...",
    .num_operands = 1,
    .several = true,
    .summary = "one page that shows a study, and its figures for print",
    .description =
        "Makes DIR/index.html: one page that needs no network and no program, with the study, its "
        "cells and runs in tables that sort and filter, figures, comparisons, and a section for "
        "every run, its scores beside their floors and the command that computes it again. "
        "DIR/figures has each figure as SVG, as PDF for print (85 or 174 mm wide), the numbers in "
        "it as CSV, and the gnuplot script that draws it. Without gnuplot there are the page, its "
        "tables, the CSVs and the scripts.\n"
        "\n"
        "Works while the study runs, and of one that was stopped or failed in part: the page says "
        "what is missing. Several files, the parts of a study, count as the file that `hmmgrid "
        "merge` makes of them. An older report in DIR is replaced; of more than "
        "2,000 runs only those that stand out have a section of their own.\n"
        "\n"
        "  hmmgrid report study.h5 -o report\n"
        "  hmmgrid report part*.h5 -o report --where 'hmm.states == 3' --run 12",
    .options = options,
    .run = run_report,
};
