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
    char *json;       /* owned */
    bool live;        /* the lock is held */
    char holder[256]; /* of the lock */
    char state[32];   /* as it really is: a study whose process is gone is not running */
};

static void read_view(struct view *v, const char *path)
{
    *v = (struct view){.path = path};
    v->live = study_is_locked(path, v->holder, sizeof v->holder);
    v->json = statusfile_read(path);
    if (!v->json || !statusfile_text(v->json, "state", v->state, sizeof v->state))
        snprintf(v->state, sizeof v->state, "%s", v->live ? "starting" : "unknown");
    if (!v->live && strcmp(v->state, "running") == 0)
        snprintf(v->state, sizeof v->state, "interrupted");
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

static int count_of(const char *json, const char *key)
{
    double value = statusfile_number(json, key);
    return value >= 0 && value <= 2147483647 ? (int)value : 0;
}

/* One worker's line of the status file, {"rank": 1, "host": "a", "run": 3, ...}. */
static void print_worker(FILE *out, const char *line)
{
    int rank, epoch = 0, num_epochs = 0;
    long run = -1;
    char host[64] = "", train[32] = "", val[32] = "", seen[32] = "";
    if (sscanf(line, "{\"rank\": %d, \"host\": \"%63[^\"]\"", &rank, host) < 1) return;
    const char *at = strstr(line, "\"run\": ");
    if (!at || sscanf(at, "\"run\": %ld", &run) != 1) {
        fprintf(out, "  rank %-4d %-20s idle\n", rank, host);
        return;
    }
    at = strstr(line, "\"epoch\": ");
    if (at)
        sscanf(at,
               "\"epoch\": %d, \"num_epochs\": %d, \"train_loss\": %31[^,], \"val_loss\": "
               "%31[^,], \"last_seen_s\": %31[^}]",
               &epoch, &num_epochs, train, val, seen);
    fprintf(out, "  rank %-4d %-20s run %-7ld", rank, host, run);
    if (epoch > 0)
        fprintf(out, " epoch %d/%d, train_loss %s, val_loss %s,", epoch, num_epochs, train, val);
    fprintf(out, " seen %s s ago\n", seen);
}

static void print_workers(FILE *out, const char *json)
{
    const char *at = strstr(json, "\n\"worker\": [");
    while (at && (at = strstr(at, "\n{\"rank\": "))) print_worker(out, ++at);
}

static void print_view(FILE *out, const struct view *v)
{
    const char *json = v->json;
    char study[128] = "", message[1024] = "", eta[32], half[32], spent[32];
    double eta_s = statusfile_number(json, "eta_s"), half_s = statusfile_number(json, "eta_half_s");
    statusfile_text(json, "study", study, sizeof study);
    statusfile_text(json, "message", message, sizeof message);
    fprintf(out, "study %s: %s%s%s%s\n", study, v->state, v->live ? " (" : "",
            v->live ? v->holder : "", v->live ? ")" : "");
    fprintf(out,
            "  %d of %d done, %d failed, %d crashed, %d running, %d left; %.2f core-hours in "
            "runs\n",
            count_of(json, "done"), count_of(json, "total"), count_of(json, "failed"),
            count_of(json, "crashed"), count_of(json, "running"), count_of(json, "pending"),
            statusfile_number(json, "core_hours"));
    fprintf(out, "  %s since the start",
            progress_duration(statusfile_number(json, "elapsed_s"), spent));
    if (v->live && isfinite(eta_s)) fprintf(out, ", about %s left", progress_duration(eta_s, eta));
    if (v->live && isfinite(eta_s) && isfinite(half_s))
        fprintf(out, " (+- %s)", progress_duration(half_s, half));
    fputc('\n', out);
    print_time(out, "updated", statusfile_number(json, "updated_unix_s"));
    print_time(out, "deadline", statusfile_number(json, "deadline_unix_s"));
    fputc('\n', out);
    for (const char *line = message; *line;) { /* each line as far in as the others */
        int n = (int)strcspn(line, "\n");
        fprintf(out, "  %.*s\n", n, line);
        line += n + (line[n] == '\n');
    }
    if (v->live)
        print_workers(out, json);
    else if (strcmp(v->state, "interrupted") == 0 && !*message)
        fprintf(out, "  its process is gone; `hmmgrid run ... --resume` continues it\n");
}

/* The file's own JSON with the state as it really is, and "live". */
static void print_json(FILE *out, const struct view *v)
{
    const char *rest = strstr(v->json, "\n\"message\": ");
    fprintf(out, "{\n\"live\": %s,\n\"state\": \"%s\",%s", v->live ? "true" : "false", v->state,
            rest ? rest : "\n\"message\": \"damaged status file\"\n}\n");
}

/* --- from the results file, where there is no status file ------------------------------------- */

static int print_store(const struct invocation *inv, const struct view *v, bool json,
                       struct status *st)
{
    FILE *out = cli_out(inv);
    struct store *store = NULL;
    int code = cli_open(inv, &store, st);
    if (code) return code;
    int count[NUM_RUN_STATUS] = {0}, num = store_num_runs(store);
    for (int i = 0; i < num; i++) {
        int status = store_run_status(store, i);
        if (status >= 0 && status < NUM_RUN_STATUS) count[status]++;
    }
    if (json) {
        fprintf(out,
                "{\n\"live\": %s,\n\"state\": \"%s\",\n\"study\": ", v->live ? "true" : "false",
                v->state);
        statusfile_print_text(out, store_attribute(store, "study"));
        fprintf(out, ",\n\"total\": %d", num);
        for (int i = 0; i < NUM_RUN_STATUS; i++)
            fprintf(out, ",\n\"%s\": %d", run_status_name[i], count[i]);
        fputs("\n}\n", out);
    } else {
        fprintf(out,
                "study %s: %d of %d runs done, %d failed, %d crashed, %d started, %d pending "
                "(no status file; counted in the results file)\n",
                store_attribute(store, "study"), count[RUN_DONE], num, count[RUN_FAILED],
                count[RUN_CRASHED], count[RUN_RUNNING], count[RUN_PENDING]);
    }
    store_close(store);
    return 0;
}

/* --- the verb --------------------------------------------------------------------------------- */

static int show(const struct invocation *inv, const char *path, bool *live, struct status *st)
{
    struct view v;
    FILE *out = cli_out(inv);
    bool json = cli_flag(inv, "json");
    int code = 0;
    read_view(&v, path);
    *live = v.live;
    if (!v.json)
        code = print_store(inv, &v, json, st);
    else if (json)
        print_json(out, &v);
    else
        print_view(out, &v);
    free(v.json);
    fflush(out);
    return code;
}

static int run_status(const struct invocation *inv)
{
    const char *path = cli_operand(inv, 0);
    bool watch = cli_flag(inv, "watch"), live = false;
    bool redraw = watch && !cli_flag(inv, "json") && isatty(fileno(cli_out(inv)));
    struct status st = {0};
    for (;;) {
        if (redraw) fputs("\033[H\033[J", cli_out(inv));
        int code = show(inv, path, &live, &st);
        if (code) return cli_fail(inv, &st);
        if (!watch || !live || ferror(cli_out(inv))) return 0;
        nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    }
}

const struct verb verb_status = {
    .name = "status",
    .operands = "FILE.h5",
    .min_operands = 1,
    .max_operands = 1,
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
