/* status: the verb that tells how far a study is, while it runs and afterwards. Reads the status
 * file and tests the lock; refuses to open the results file unless there is no status file.
 */
#include "cli.h"

#include "base/file.h"
#include "report/rows.h"
#include "study/progress.h"
#include "study/statusfile.h"
#include "store/store.h"

#include <errno.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

static const struct cli_option status_options[] = {
    {"watch", 'w', NULL, NULL, false, "show it again every second until the study ends"},
    {"json", 0, NULL, NULL, false, "one JSON object instead of text"},
    {0},
};

/* What is known, from the status file and the lock. */
struct view {
    struct study_status study; /* state as it really is: one whose process is gone does not run */
    bool has_file, live;       /* there is a status file; the lock is held */
    char holder[256];          /* of the lock */
    struct store *store;       /* the results file, where there is no status file */
    int count[NUM_RUN_STATUS]; /* its runs by their status */
    char size[PLAN_COUNT_BYTES];
};

static int read_view(struct view *v, const char *path, struct status *st)
{
    char *real; /* beside which these files are */
    *v = (struct view){.has_file = false};
    if (file_follow(path, &real, st)) return st->code;
    v->live = study_is_locked(real, v->holder, sizeof v->holder);
    v->has_file = statusfile_read(real, &v->study);
    free(real);
    if (!v->has_file) v->study.state = v->live ? "starting" : "unknown";
    if (!v->live && strcmp(v->study.state, "running") == 0) v->study.state = "interrupted";
    return STATUS_OK;
}

/* --- from the status file --------------------------------------------------------------------- */

static void print_time(FILE *out, const char *what, double unix_s)
{
    char text[64];
    time_t t = (time_t)unix_s;
    struct tm tm;
    if (!isfinite(unix_s) || !localtime_r(&t, &tm)) return;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    fprintf(out, "  %s %s", what, text);
}

static void print_worker(FILE *out, const struct worker_status *w)
{
    const char *host = w->host ? w->host : "";
    if (isnan(w->run)) {
        fprintf(out, "  rank %-4.0f %-20s idle\n", w->rank, host);
        return;
    }
    fprintf(out, "  rank %-4.0f %-20s run %-7.0f", w->rank, host, w->run);
    if (w->epoch > 0)
        fprintf(out, " epoch %.0f/%.0f, train_loss %.6g, val_loss %.6g,", w->epoch, w->num_epochs,
                w->train_loss, w->val_loss);
    fprintf(out, " seen %.1f s ago\n", w->last_seen_s);
    if (w->settings) fprintf(out, "            %s\n", w->settings);
}

static void print_view(FILE *out, const struct view *v)
{
    const struct study_status *s = &v->study;
    const char *message = s->message ? s->message : "";
    char eta[32], half[32], spent[32];
    fprintf(out, "study %s: %s%s%s%s\n", s->study ? s->study : "", s->state, v->live ? " (" : "",
            v->live ? v->holder : "", v->live ? ")" : "");
    if (s->size) fprintf(out, "  %s\n", s->size);
    fprintf(out,
            "  %.0f of %.0f done, %.0f failed, %.0f crashed, %.0f running, %.0f left; %.2f "
            "core-hours in runs\n",
            s->done, s->total, s->failed, s->crashed, s->running, s->pending, s->core_hours);
    fprintf(out, "  %s since the start", progress_duration(s->elapsed_s, spent));
    if (v->live && isfinite(s->eta_s))
        fprintf(out, ", about %s left", progress_duration(s->eta_s, eta));
    if (v->live && isfinite(s->eta_s) && isfinite(s->eta_half_s))
        fprintf(out, " (+- %s)", progress_duration(s->eta_half_s, half));
    fputc('\n', out);
    print_time(out, "updated", s->updated_unix_s);
    print_time(out, "deadline", s->deadline_unix_s);
    fputc('\n', out);
    for (const char *line = message; *line;) { /* each line as far in as the others */
        int n = (int)strcspn(line, "\n");
        fprintf(out, "  %.*s\n", n, line);
        line += n + (line[n] == '\n');
    }
    for (int i = 0; v->live && i < s->num_workers; i++) print_worker(out, &s->worker[i]);
    if (!v->live && strcmp(s->state, "interrupted") == 0 && !*message)
        fprintf(out, "  its process is gone; `hmmgrid run ... --resume` continues it\n");
}

/* --- from the results file, where there is no status file ------------------------------------- */

static int read_store(const struct invocation *inv, struct view *v, struct status *st)
{
    int code = cli_open(inv, &v->store, st);
    for (int i = 0; !code && i < store_num_runs(v->store); i++) {
        int status = store_run_status(v->store, i);
        if (status >= 0 && status < NUM_RUN_STATUS) v->count[status]++;
    }
    return code ? code : rows_count(v->store, NULL, store_num_runs(v->store), v->size, st);
}

static void print_counts(FILE *out, const struct view *v)
{
    const int *count = v->count;
    fprintf(out,
            "study %s: no status file; counted in the results file\n"
            "  %s\n"
            "  %d of %d runs done, %d failed, %d crashed, %d started, %d pending\n",
            store_attribute(v->store, "study"), v->size, count[RUN_DONE], store_num_runs(v->store),
            count[RUN_FAILED], count[RUN_CRASHED], count[RUN_RUNNING], count[RUN_PENDING]);
}

/* --- the verb --------------------------------------------------------------------------------- */

static void print_json(FILE *out, const struct view *v)
{
    struct json json = {.out = out, .lines = 2};
    json_open(&json, NULL, '{');
    json_value(&json, "live", v->live ? "true" : "false");
    if (v->has_file) {
        statusfile_put(&json, &v->study);
    } else {
        json_text(&json, "state", v->study.state);
        json_text(&json, "study", store_attribute(v->store, "study"));
        json_text(&json, "size", v->size);
        json_integer(&json, "total", store_num_runs(v->store));
        for (int i = 0; i < NUM_RUN_STATUS; i++)
            json_integer(&json, run_status_name[i], v->count[i]);
    }
    json_close(&json);
    fputc('\n', out);
}

static int show(const struct invocation *inv, bool *live, struct status *st)
{
    struct view v;
    int code = read_view(&v, inv->operand[0], st);
    *live = v.live;
    if (!code && !v.has_file) code = read_store(inv, &v, st);
    if (!code && cli_flag(inv, "json"))
        print_json(inv->out, &v);
    else if (!code)
        (v.has_file ? print_view : print_counts)(inv->out, &v);
    store_close(v.store);
    statusfile_free(&v.study);
    fflush(inv->out);
    return code;
}

static int run_status(const struct invocation *inv)
{
    bool watch = cli_flag(inv, "watch"), live = false;
    bool redraw = watch && !cli_flag(inv, "json") && isatty(fileno(inv->out));
    struct status st = {0};
    for (;;) {
        if (redraw) fputs("\033[H\033[J", inv->out);
        int code = show(inv, &live, &st);
        if (code) return cli_fail(inv, &st);
        if (!watch || !live || ferror(inv->out)) return 0;
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    }
}

const struct verb verb_status = {
    .name = "status",
    .operands = "FILE.h5",
    .num_operands = 1,
    .summary = "how far a study is, also while it runs",
    .description =
        "Shows the counts, the time left and what every worker is doing, from FILE.h5.status.json, "
        "which the running study renews every second; the lock beside it tells whether the study "
        "is alive. The results file is opened only when there is no status file; a running study "
        "is "
        "never disturbed.\n"
        "\n"
        "  hmmgrid status results.h5 --watch",
    .options = status_options,
    .run = run_status,
};
