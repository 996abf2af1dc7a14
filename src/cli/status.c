/* status: the verb that tells how far a study is, while it runs and afterwards. Reads the status
 * file and tests the lock; refuses to open the results file unless there is no status file.
 */
#include "cli.h"

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
    const char *path;
    struct study_status study; /* state as it really is: one whose process is gone does not run */
    bool has_file, live;       /* there is a status file; the lock is held */
    char holder[256];          /* of the lock */
};

static void read_view(struct view *v, const char *path)
{
    *v = (struct view){.path = path};
    v->live = study_is_locked(path, v->holder, sizeof v->holder);
    v->has_file = statusfile_read(path, &v->study);
    if (!v->has_file) v->study.state = v->live ? "starting" : "unknown";
    if (!v->live && strcmp(v->study.state, "running") == 0) v->study.state = "interrupted";
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
}

static void print_view(FILE *out, const struct view *v)
{
    const struct study_status *s = &v->study;
    const char *message = s->message ? s->message : "";
    char eta[32], half[32], spent[32];
    fprintf(out, "study %s: %s%s%s%s\n", s->study ? s->study : "", s->state, v->live ? " (" : "",
            v->live ? v->holder : "", v->live ? ")" : "");
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

static void count_runs(struct store *store, int count[NUM_RUN_STATUS])
{
    for (int i = 0; i < store_num_runs(store); i++) {
        int status = store_run_status(store, i);
        if (status >= 0 && status < NUM_RUN_STATUS) count[status]++;
    }
}

/* store: NULL where there is a status file. */
static void print_json(FILE *out, const struct view *v, struct store *store)
{
    struct json json = {.out = out, .lines = 2};
    json_open(&json, NULL, '{');
    json_value(&json, "live", v->live ? "true" : "false");
    if (!store) {
        statusfile_put(&json, &v->study);
    } else {
        int count[NUM_RUN_STATUS] = {0};
        count_runs(store, count);
        json_text(&json, "state", v->study.state);
        json_text(&json, "study", store_attribute(store, "study"));
        json_integer(&json, "total", store_num_runs(store));
        for (int i = 0; i < NUM_RUN_STATUS; i++) json_integer(&json, run_status_name[i], count[i]);
    }
    json_close(&json);
    fputc('\n', out);
}

static int print_store(const struct invocation *inv, const struct view *v, struct status *st)
{
    FILE *out = inv->out;
    struct store *store = NULL;
    int code = cli_open(inv, &store, st);
    if (code) return code;
    int count[NUM_RUN_STATUS] = {0};
    count_runs(store, count);
    if (cli_flag(inv, "json"))
        print_json(out, v, store);
    else
        fprintf(out,
                "study %s: %d of %d runs done, %d failed, %d crashed, %d started, %d pending "
                "(no status file; counted in the results file)\n",
                store_attribute(store, "study"), count[RUN_DONE], store_num_runs(store),
                count[RUN_FAILED], count[RUN_CRASHED], count[RUN_RUNNING], count[RUN_PENDING]);
    store_close(store);
    return 0;
}

/* --- the verb --------------------------------------------------------------------------------- */

static int show(const struct invocation *inv, const char *path, bool *live, struct status *st)
{
    struct view v;
    FILE *out = inv->out;
    int code = 0;
    read_view(&v, path);
    *live = v.live;
    if (!v.has_file)
        code = print_store(inv, &v, st);
    else if (cli_flag(inv, "json"))
        print_json(out, &v, NULL);
    else
        print_view(out, &v);
    statusfile_free(&v.study);
    fflush(out);
    return code;
}

static int run_status(const struct invocation *inv)
{
    const char *path = inv->operand[0];
    bool watch = cli_flag(inv, "watch"), live = false;
    bool redraw = watch && !cli_flag(inv, "json") && isatty(fileno(inv->out));
    struct status st = {0};
    for (;;) {
        if (redraw) fputs("\033[H\033[J", inv->out);
        int code = show(inv, path, &live, &st);
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
