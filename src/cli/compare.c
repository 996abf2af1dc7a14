/* compare: the verb that sets levels of a setting against each other, or cells against their floor.
 * Refuses to compute: see report/compare.h. */
#include "cli.h"

#include "report/profile.h"

#include <math.h>
#include <stdlib.h>

static const struct cli_option options[] = {
    {"between", 'b', "KEY", NULL, false,
     "the setting whose values are compared, such as rnn.hidden; floor: each cell against what "
     "independent samples of the HMM score"},
    {"metric", 'm', "NAME", NULL, false, "one score, as of summary's --metrics [excess_loss]"},
    {"by", 0, "KEYS", NULL, false,
     "cells are runs that agree in these; default: every setting that tells runs of one value of "
     "KEY apart"},
    {"paired", 'p', NULL, NULL, false, "runs of a cell with the same seed are pairs"},
    {"all", 0, NULL, NULL, false, "the metric of all runs that are done, not of those that landed"},
    {"margin", 0, "X", NULL, false,
     "is the difference within -X and X? Two one-sided tests; in units of the metric"},
    {"profile", 0, NULL, NULL, false,
     "instead, which share of the runs of each value is at most so far above the floor"},
    {"draws-seed", 0, "N", NULL, false, "of bootstrap and random permutations [0]"},
    {"format", 'f', "FORMAT", NULL, false, TABLE_FORMATS " [table]"},
    {"where", 'w', "EXPR", NULL, false, "only these runs; see 'hmmgrid help where'"},
    {0},
};

static int read_margin(const struct invocation *inv, double *margin, struct status *st)
{
    const char *text = cli_value(inv, "margin");
    char *end;
    *margin = NAN;
    if (!text) return STATUS_OK;
    *margin = strtod(text, &end);
    if (end != text && !*end && isfinite(*margin) && *margin > 0) return STATUS_OK;
    return status_set(st, STATUS_USAGE, "--margin: '%s' is no number above 0", text);
}

static int read_seed(const struct invocation *inv, uint64_t *seed, struct status *st)
{
    const char *text = cli_value(inv, "draws-seed");
    char *end;
    if (!text) return STATUS_OK;
    *seed = strtoull(text, &end, 10);
    if (*text >= '0' && *text <= '9' && !*end) return STATUS_OK;
    return status_set(st, STATUS_USAGE, "--draws-seed: '%s' is no whole number", text);
}

static int read_request(const struct invocation *inv, struct compare_request *r, struct status *st)
{
    *r = (struct compare_request){.between = cli_value(inv, "between"),
                                  .metric = cli_value(inv, "metric"),
                                  .where = cli_value(inv, "where"),
                                  .by = cli_value(inv, "by"),
                                  .paired = cli_flag(inv, "paired"),
                                  .all = cli_flag(inv, "all")};
    if (!r->between)
        return status_set(st, STATUS_USAGE,
                          "--between: name a setting, such as --between rnn.hidden, or floor");
    int code = read_margin(inv, &r->margin, st);
    return code ? code : read_seed(inv, &r->seed, st);
}

static int print_profile(const struct compare *c, enum table_format format, FILE *out,
                         struct status *st)
{
    struct profile profile;
    int code = profile_make(&profile, c, st);
    if (!code) code = profile_print(&profile, c, format, out, st);
    profile_free(&profile);
    return code;
}

static int run_compare(const struct invocation *inv)
{
    struct status st = {0};
    struct compare c = {.store = NULL};
    struct compare_request request;
    struct together together = {.path = NULL};
    enum table_format format;
    int code = table_format_read(cli_value(inv, "format"), &format, &st);
    if (!code) code = read_request(inv, &request, &st);
    if (!code) code = cli_together(inv, &together, &st);
    if (!code) code = compare_make(&c, together.path, &request, &st);
    if (!code) cli_warn_of(inv, c.store);
    if (!code && inv->num_operands == 1)
        cli_check_rows(inv, inv->operand[0], c.store, c.row, c.num_rows);
    if (!code && c.num_open)
        log_line(&inv->log, LOG_WARNING, "%d of %d runs have not ended and are left out",
                 c.num_open, c.num_rows);
    if (!code)
        code = cli_flag(inv, "profile") ? print_profile(&c, format, inv->out, &st)
                                        : compare_print(&c, format, inv->out, &st);
    compare_free(&c);
    cli_together_free(&together);
    return code ? cli_fail(inv, &st) : STATUS_OK;
}

const struct verb verb_compare = {
    .name = "compare",
    .operands = "FILE.h5...",
    .num_operands = 1,
    .several = true,
    .summary = "values of a setting against each other, with honest statistics",
    .description =
        "Compares runs that differ in one setting and are otherwise the same, cell by cell of the "
        "grid and over all cells: first how many landed (see help metrics landed; with Wilson's "
        "intervals in csv and json), then a score of those that did. A difference of means comes "
        "with Welch's or the paired t interval, Hedges' g, the probability that a run of one is "
        "better than one of the other (nearer to the floor; of scores without floor: larger), and "
        "an exact permutation test beside the smallest p that so many runs allow: of 3 and 3 it is "
        ".10, so that no three seeds ever differ significantly. p-values are adjusted by Holm's "
        "method over the cells.\n"
        "\n"
        "With --between floor each cell is set against what independent samples of the HMM score. "
        "That a difference is not significant does not show that there is none: --margin X asks "
        "whether it is within -X and X.\n"
        "\n"
        "Over all cells that have both values: the mean of the differences with a bootstrapped "
        "interval (Student's t where values are few), a permutation test within cells, P averaged, "
        "and interquartile means of all runs above their floor, with an interval from 60 runs of "
        "5 a cell on: of fewer it holds less often than .93. --profile shows all runs instead, "
        "whether they landed or not.\n"
        "\n"
        "Several files, the parts of a study, count as the file that `hmmgrid merge` makes of "
        "them. "
        "Settings that vary with KEY alone (clip norms of an architecture) do not make cells and "
        "are named. The order of rows does not matter.\n"
        "\n"
        "  hmmgrid compare study.h5 --between rnn.hidden\n"
        "  hmmgrid compare study.h5 --between hmm.architecture --metric volatility\n"
        "  hmmgrid compare study.h5 --between floor --margin 0.05\n"
        "  hmmgrid compare part*.h5 --between rnn.hidden --profile --format csv",
    .options = options,
    .run = run_compare,
};
