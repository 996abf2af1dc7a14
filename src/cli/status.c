/* status: the verb that tells how far a study is, while it runs and afterwards. Reads the status
 * file and tests the lock (view.c); refuses to open the results file of a study that runs. */
#include "view.h"

#include "base/show.h"
#include "report/rows.h"
#include "report/table.h"
#include "report/usage.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct cli_option status_options[] = {
    {"watch", 'w', NULL, NULL, false,
     "draw it again every second until the study ends or q is pressed: a table of workers, and "
     "the losses of the runs that are on against their floors; not on a terminal, a line now and "
     "then"},
    {"usage", 0, NULL, NULL, false,
     "what it has cost: core-hours by what became of them, memory and time against the plan's"},
    {"json", 0, NULL, NULL, false, "one JSON object instead of text"},
    {"format", 0, "text|json", NULL, false, "the same as --json, or not"},
    {0},
};

static void print_worker(FILE *out, const struct worker_status *w)
{
    const char *host = w->host ? w->host : "";
    if (isnan(w->run)) {
        show_on(out, "  rank %-4.0f %-20s idle\n", w->rank, host);
        return;
    }
    show_on(out, "  rank %-4.0f %-20s run %-7.0f seen %.1f s ago\n", w->rank, host, w->run,
            w->last_seen_s);
    if (w->epoch > 0)
        show_on(out, "            epoch %.0f/%.0f, train_loss %.6g, val_loss %.6g\n", w->epoch,
                w->num_epochs, w->train_loss, w->val_loss);
    if (w->settings) show_on(out, "            %s\n", w->settings);
}

/* Runs that were on when their study was ended. */
static void print_begun(FILE *out, const struct view *v)
{
    enum { MOST = 8 };
    int num = 0;
    for (int i = 0; v->store && i < store_num_runs(v->store); i++) {
        if (store_run_status(v->store, i) != RUN_RUNNING || num++ >= MOST) continue;
        char *told = store_record_is_damaged(v->store, i) ? NULL : rows_tell(v->store, i);
        show_on(out, "  run %d (%s) %s\n", i, told ? told : "its record is damaged",
                told ? "was on" : "");
        free(told);
    }
    if (num > MOST) show_on(out, "  and %d more\n", num - MOST);
}

static void print_view(FILE *out, const struct view *v)
{
    const struct study_status *s = &v->study;
    const char *message = s->message ? s->message : "";
    show_on(out, "study%s%s: %s%s%s%s\n", s->study ? " " : "", s->study ? s->study : "", s->state,
            v->live ? " (" : "", v->live ? v->holder : "", v->live ? ")" : "");
    if (!v->live || v->has_file) view_print_counts(out, v);
    if (v->has_file) view_print_times(out, v);
    for (const char *line = message; *line;) { /* each line as far in as the others */
        int n = (int)strcspn(line, "\n");
        show_on(out, "  %.*s\n", n, line);
        line += n + (line[n] == '\n');
    }
    for (int i = 0; v->live && i < s->num_workers; i++) print_worker(out, &s->worker[i]);
    print_begun(out, v);
    if (v->killed && s->running + s->pending > 0)
        show_on(out,
                "  its process ended without a word; `hmmgrid run ... --resume` continues it\n");
}

/* --- the verb --------------------------------------------------------------------------------- */

static void print_json(FILE *out, const struct view *v)
{
    struct json json = {.out = out, .lines = 2};
    json_open(&json, NULL, '{');
    json_value(&json, "live", v->live ? "true" : "false");
    statusfile_put(&json, &v->study);
    json_close(&json);
    fputc('\n', out);
}

/* --- several files ----------------------------------------------------------------------------
 */

/* Counts are of the file; the last one is of what its last study chose of it. */
static void add_line(struct table *table, const char *path, const struct view *v)
{
    const struct study_status *s = &v->study;
    bool part = s->chosen < s->total && isfinite(s->chosen_left);
    table_cell(table, "%s", path);
    table_cell(table, "%s", s->state);
    for (int i = 0; i < 5; i++) {
        double number =
            (double[]){s->total, s->done, s->failed, s->crashed, s->pending + s->running}[i];
        table_cell(table, isnan(number) ? "-" : "%.0f", number);
    }
    table_cell(table, "%s", s->chosen_by ? s->chosen_by : "");
    table_cell(table, part ? "%.0f" : "-", s->chosen_left);
}

/* One line a file. */
static int print_lines(const struct invocation *inv, bool as_json, bool *live, struct status *st)
{
    static const struct {
        const char *name;
        bool is_number;
    } heading[] = {{"file", false}, {"state", false},     {"runs", true},
                   {"done", true},  {"failed", true},     {"crashed", true},
                   {"left", true},  {"chosen_by", false}, {"chosen_left", true}};
    struct table table = {.num_keys = 1};
    int code = STATUS_OK;
    for (size_t i = 0; i < sizeof heading / sizeof heading[0]; i++)
        table_column(&table, heading[i].is_number, "%s", heading[i].name);
    *live = false;
    for (int i = 0; i < inv->num_operands && !code; i++) {
        struct view v;
        code = view_read(inv, inv->operand[i], &v, st);
        if (!code) add_line(&table, inv->operand[i], &v);
        *live = *live || v.live;
        view_free(&v);
    }
    if (!code) code = table_write(&table, as_json ? TABLE_JSON : TABLE_TEXT, inv->out, st);
    table_free(&table);
    return code;
}

/* What they hold together, as `merge` would have it. */
static int show_several(const struct invocation *inv, bool as_json, bool *live, struct status *st)
{
    struct gathered *g = NULL;
    char size[PLAN_COUNT_BYTES];
    int code = print_lines(inv, as_json, live, st), num[NUM_RUN_STATUS] = {0};
    if (code || as_json) return code;
    code = cli_gather(inv, false, &g, st);
    if (!code) {
        for (int i = 0; i < g->plan.num_runs; i++) num[g->run[i].status]++;
        plan_count(&g->plan, g->plan.num_runs, NULL, size);
        show_on(inv->out, "\ntogether %s:\n  %d done, %d failed, %d crashed, %d begun, %d left\n",
                size, num[RUN_DONE], num[RUN_FAILED], num[RUN_CRASHED], num[RUN_RUNNING],
                num[RUN_PENDING]);
    }
    store_gathered_free(g);
    return code;
}

/* --- one file ---------------------------------------------------------------------------------
 */

static int show(const struct invocation *inv, bool as_json, bool *live, struct status *st)
{
    struct view v;
    int code = view_read(inv, inv->operand[0], &v, st);
    *live = v.live;
    if (!code) (as_json ? print_json : print_view)(inv->out, &v);
    view_free(&v);
    return code;
}

static int show_usage(const struct invocation *inv, struct store *store, int run, struct status *st)
{
    (void)run;
    bool as_json;
    int code = cli_wants_json(inv, &as_json, st);
    struct usage usage = {.path = inv->operand[0], .store = store};
    if (!code) code = usage_find(&usage, st);
    if (!code) code = usage_show(&usage, as_json, inv->out, st);
    usage_free(&usage);
    return code;
}

static int show_usages(const struct invocation *inv, bool as_json, struct status *st)
{
    int num = inv->num_operands, code = STATUS_OK;
    struct usage *usage = calloc((size_t)num, sizeof *usage);
    if (!usage) return status_no_memory(st, "%d files", num);
    for (int i = 0; i < num && !code; i++) {
        usage[i].path = inv->operand[i];
        code = cli_open_file(inv, usage[i].path, &usage[i].store, st);
        if (!code) code = usage_find(&usage[i], st);
    }
    if (!code) code = usage_show_lines(usage, num, as_json, inv->out, st);
    for (int i = 0; i < num; i++) {
        store_close(usage[i].store);
        usage_free(&usage[i]);
    }
    free(usage);
    return code;
}

static int run_status(const struct invocation *inv)
{
    struct status st = {0};
    bool as_json, several = inv->num_operands > 1, watch = cli_flag(inv, "watch"), live = false;
    if (cli_wants_json(inv, &as_json, &st)) return cli_fail(inv, &st);
    if (cli_flag(inv, "usage") && several)
        return show_usages(inv, as_json, &st) ? cli_fail(inv, &st) : STATUS_OK;
    if (cli_flag(inv, "usage")) return cli_with_store(inv, show_usage);
    bool ended = true;
    int code = STATUS_OK;
    if (watch && !several && !as_json) code = view_watch(inv, &ended, &st);
    if (code || !ended) return st.code ? cli_fail(inv, &st) : code;
    for (;; nanosleep(&(struct timespec){.tv_sec = 1}, NULL)) {
        if (watch && !as_json && isatty(fileno(inv->out))) fputs("\033[H\033[J", inv->out);
        code = (several ? show_several : show)(inv, as_json, &live, &st);
        if (code) return cli_fail(inv, &st);
        if (!watch || !live) return STATUS_OK;
        if (fflush(inv->out) == 0) continue;
        status_set(&st, STATUS_IO, "cannot write to standard output: %s", strerror(errno));
        return cli_fail(inv, &st);
    }
}

const struct verb verb_status = {
    .name = "status",
    .operands = "FILE.h5...",
    .num_operands = 1,
    .several = true,
    .summary = "how far a study is, also while it runs",
    .description =
        "Shows the counts, the time left and what every worker is doing, from FILE.h5.status.json, "
        "which the running study renews every second; the lock beside it tells whether the study "
        "is alive. When it is not, the runs are counted in the results file, and those that were "
        "on when it ended are named. A running study is never disturbed. Of several files, the "
        "parts of a study, there is a line each, with the counts of the whole file and how many of "
        "the "
        "runs that its last study chose are left, and what they hold together.\n"
        "\n"
        "--usage tells what the study cost in all its sessions, which FILE.h5.sessions lists: "
        "ranks "
        "x time, and what became of it; per cell, what plan estimates and what was; per rank, what "
        "it did. Time that was lost is that of attempts which left neither a result nor a "
        "checkpoint. Of several files, there is a line each, in core-seconds, and their sum.\n"
        "\n"
        "  hmmgrid status results.h5 --watch\n"
        "  hmmgrid status results.h5 --usage --json\n"
        "  hmmgrid status part*.h5",
    .options = status_options,
    .run = run_status,
};
