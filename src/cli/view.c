/* view: see view.h. Refuses to open the results file of a study that runs. */
#include "view.h"

#include "base/file.h"
#include "base/show.h"
#include "report/rows.h"
#include "study/progress.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

static int sum_wall_times(struct store *store, double *sum_s, struct status *st)
{
    int num = store_num_runs(store), column = store_find_column(store, "wall_s");
    double *wall_s = calloc((size_t)num + 1, sizeof *wall_s);
    int code = wall_s ? STATUS_OK : status_no_memory(st, "%d runs", num);
    *sum_s = 0;
    if (!code && column >= 0) code = store_read_column(store, column, wall_s, st);
    for (int i = 0; i < num && !code; i++)
        if (wall_s[i] > 0) *sum_s += wall_s[i];
    free(wall_s);
    return code;
}

/* The status file is believed as long as the results file holds what it says. */
static void take_counts(struct view *v, const int count[NUM_RUN_STATUS])
{
    struct study_status *s = &v->study;
    int left = count[RUN_PENDING] + count[RUN_RUNNING], total = store_num_runs(v->store);
    v->killed = v->has_file && strcmp(s->state, "running") == 0;
    bool agrees = v->has_file && !v->killed && s->total == total && s->done == count[RUN_DONE] &&
                  s->failed == count[RUN_FAILED] && s->crashed == count[RUN_CRASHED];
    if (!agrees) s->state = left ? "interrupted" : "complete";
    if (!agrees) s->chosen_left = NAN;
    if (!agrees && !v->killed) s->chosen = NAN;
    /* runs were reset since then: what it says of its end is no longer so */
    if (total - left < s->done + s->failed + s->crashed) s->message = NULL;
    s->total = total;
    s->pending = count[RUN_PENDING];
    s->running = count[RUN_RUNNING];
    s->done = count[RUN_DONE];
    s->failed = count[RUN_FAILED];
    s->crashed = count[RUN_CRASHED];
    s->eta_s = s->eta_half_s = NAN;
}

static int count_in_store(const struct invocation *inv, const char *path, struct view *v,
                          struct status *st)
{
    int count[NUM_RUN_STATUS] = {0}, code = cli_open_file(inv, path, &v->store, st);
    struct study_status *s = &v->study;
    if (code) return code;
    const char *uuid = store_attribute(v->store, "uuid");
    if (v->has_file && s->uuid && strcmp(s->uuid, uuid) != 0) { /* of another file of this name */
        statusfile_free(s);
        v->has_file = false;
    }
    if (!v->has_file)
        s->elapsed_s = s->updated_unix_s = s->started_unix_s = s->deadline_unix_s = NAN;
    for (int i = 0; i < store_num_runs(v->store); i++) count[store_run_status(v->store, i)]++;
    take_counts(v, count);
    s->study = store_attribute(v->store, "study");
    code = sum_wall_times(v->store, &s->core_hours, st);
    s->core_hours /= 3600;
    if (s->chosen < s->total) return code; /* their size says both */
    s->size = v->size;
    return code ? code : rows_count(v->store, NULL, store_num_runs(v->store), v->size, st);
}

void view_free(struct view *v)
{
    store_close(v->store);
    statusfile_free(&v->study);
}

int view_read(const struct invocation *inv, const char *path, struct view *v, struct status *st)
{
    char *real; /* beside which these files are */
    *v = (struct view){.has_file = false};
    if (file_follow(path, &real, st)) return st->code;
    v->live = study_is_locked(real, v->holder, sizeof v->holder);
    v->has_file = statusfile_read(real, &v->study);
    free(real);
    if (!v->live) return count_in_store(inv, path, v, st);
    if (!v->has_file) v->study.state = "starting";
    return STATUS_OK;
}

static void print_time(FILE *out, const char *what, double unix_s)
{
    char text[64];
    time_t t = (time_t)unix_s;
    struct tm tm;
    if (!isfinite(unix_s) || !localtime_r(&t, &tm)) return;
    strftime(text, sizeof text, "%Y-%m-%d %H:%M:%S", &tm);
    show_on(out, "  %s %s", what, text);
}

void view_print_counts(FILE *out, const struct view *v)
{
    const struct study_status *s = &v->study;
    if (s->size) show_on(out, "  %s\n", s->size);
    show_on(out, "  %.0f of %.0f done, %.0f failed, %.0f crashed, %.0f %s, %.0f left", s->done,
            s->total, s->failed, s->crashed, s->running, v->live ? "running" : "begun", s->pending);
    if (isfinite(s->core_hours)) show_on(out, "; %.2f core-hours in runs", s->core_hours);
    if (s->chosen < s->total && isfinite(s->chosen_left))
        show_on(out, "\n  %.0f of the %.0f that %s chose are left", s->chosen_left, s->chosen,
                s->chosen_by ? s->chosen_by : "--where");
    fputc('\n', out);
}

void view_print_times(FILE *out, const struct view *v)
{
    const struct study_status *s = &v->study;
    char eta[32], half[32], spent[32];
    show_on(out, "  %s since the start", progress_duration(s->elapsed_s, spent));
    if (v->live && isfinite(s->eta_s))
        show_on(out, ", about %s left", progress_duration(s->eta_s, eta));
    if (v->live && isfinite(s->eta_s) && isfinite(s->eta_half_s))
        show_on(out, " (+- %s)", progress_duration(s->eta_half_s, half));
    fputc('\n', out);
    print_time(out, "updated", s->updated_unix_s);
    print_time(out, "deadline", s->deadline_unix_s);
    fputc('\n', out);
}
