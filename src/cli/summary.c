/* summary: the verb that shows mean and spread over seeds, each score beside its floor. Refuses to
 * compute: see report/summary.h. */
#include "cli.h"

#include "report/summary.h"

#include <stdlib.h>

static void warn(const struct summary *s, const struct invocation *inv)
{
    int done = 0, failed = 0, open = 0;
    cli_warn_of(inv, s->store);
    if (inv->num_operands == 1) cli_check_rows(inv, inv->operand[0], s->store, s->row, s->num_rows);
    for (int g = 0; g < s->num_groups; g++)
        done += s->done[g], failed += s->failed[g], open += s->open[g];
    if (s->note) log_line(&inv->log, LOG_WARNING, "%s", s->note);
    if (open)
        log_line(&inv->log, LOG_WARNING,
                 "%d of %d runs are not finished; statistics are over the %d that are done", open,
                 s->num_rows, done);
    if (failed)
        log_line(&inv->log, LOG_WARNING,
                 "%d of %d runs failed and are left out; `hmmgrid why %s RUN` tells why, "
                 "--by status,run lists them",
                 failed, s->num_rows, inv->num_operands > 1 ? "PART.h5" : inv->operand[0]);
    for (int m = 0; m < NUM_MARKS && s->format != TABLE_TEXT; m++) { /* that says it itself */
        if (m == MARK_ASTRAY) continue;                              /* n_landed does */
        int marked = summary_marked(s, m, &done);
        if (marked)
            log_line(&inv->log, LOG_WARNING, "%d of %d runs %s", marked, done, store_mark_words[m]);
    }
}

static int run_summary(const struct invocation *inv)
{
    struct status st = {0};
    enum table_format format;
    if (table_format_read(cli_value(inv, "format"), &format, &st)) return cli_fail(inv, &st);
    struct summary s = {.format = format};
    struct together together;
    struct summary_request request = {.where = cli_value(inv, "where"),
                                      .by = cli_value(inv, "by"),
                                      .all_but = cli_value(inv, "all-but"),
                                      .sort = cli_value(inv, "sort"),
                                      .metrics = cli_value(inv, "metrics"),
                                      .stats = cli_value(inv, "stats"),
                                      .format = format};
    int code = cli_top(inv, &request.most, &st);
    if (!code && request.by && request.all_but)
        code = status_set(&st, STATUS_USAGE, "--by and --all-but: give one of them");
    if (code) return cli_fail(inv, &st);
    code = cli_together(inv, &together, &st);
    if (!code) code = summary_make(&s, together.path, &request, &st);
    if (!code) code = summary_print(&s, inv->out, &st);
    if (!code) warn(&s, inv);
    summary_free(&s);
    cli_together_free(&together);
    return code ? cli_fail(inv, &st) : STATUS_OK;
}

static const struct cli_option options[] = {
    {"by", 'b', "KEYS", NULL, false,
     "group by these settings, comma-separated: hmm.states or hmm_states, also seed, block, "
     "status, run, host; default: hmm.architecture and every setting that tells cells apart"},
    {"all-but", 0, "KEYS", NULL, false,
     "group by all settings that tell runs apart but these, and never by seed"},
    {"sort", 0, "NAME", NULL, false,
     "rows by a key or a score (its mean; NAME:sd and so on), the least first; -NAME: the largest"},
    {"top", 0, "N", NULL, false, "only the first N rows"},
    {"metrics", 'm', "LIST", NULL, false,
     "scores, comma-separated; of arrays elements by labels, word_tv[3] or "
     "contours.area[1.0,0.95], by "
     "position, word_tv[#0], or all of them, frequency; all: every scalar score; default: a "
     "handful that tells how good the emulation is, of a file of "
     "`hmmgrid analyse` the outputs of its analyses"},
    {"stats", 's', "LIST", NULL, false,
     "of mean, sd, median, ci95, n, min, max, one column each; default: mean ± sd (floor) in one "
     "cell, or for programs mean,sd,n"},
    {"format", 'f', "FORMAT", NULL, false, TABLE_FORMATS " [table]"},
    {"where", 'w', "EXPR", NULL, false,
     "only these runs: 'hmm.states in (4,5) and best_val_loss < 5'; see 'hmmgrid help where'"},
    {0},
};

const struct verb verb_summary = {
    "summary",
    "FILE.h5...",
    1,
    "mean and spread over seeds, each score beside its floor",
    "Groups the runs of a results file and prints statistics over the runs of each group that are "
    "done (so over seeds, unless --by says otherwise). n counts those, n_failed the failed and "
    "crashed ones, n_pending the unfinished ones. Works while the study runs. Several files, the "
    "parts of a study, count "
    "as the file that `hmmgrid merge` makes of them; what it refuses is refused (exit code 65)."
    "\n\n"
    "Every score that has a floor is shown with it: what independent samples of the HMM itself "
    "score at the same sizes. A perfect emulation scores the floor, not less. sd is over runs with "
    "ddof 1; ci95 is half the two-sided 95 % Student-t interval of the mean; NaN is left out and "
    "counted. For programs a statistic is called NAME:mean, NAME:sd and so on. n_landed of the "
    "runs "
    "that are done landed, by accept.max_excess_share and accept.max_kl_rate (see 'hmmgrid help "
    "metrics landed'); where a run may try several seeds, n_tried were trained. n_landed:share is "
    "of the seeds tried, with Wilson's 95 % interval. --where landed takes statistics over those "
    "that did.\n\n"
    "  hmmgrid summary study.h5\n"
    "  hmmgrid summary study.h5 --by hmm.states --metrics word_tv[3],frequency[0]\n"
    "  hmmgrid summary study.h5 --format csv > study.csv\n"
    "  hmmgrid summary part*.h5",
    options,
    .run = run_summary,
    .several = true,
};
