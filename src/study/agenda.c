/* agenda: see agenda.h. Refuses to start anything. */
#include "agenda.h"

#include "base/clock.h"
#include "deadline.h"
#include "forecast/cost.h"
#include "progress.h"

#include <math.h>
#include <stdio.h>
#include <stdlib.h>

/* A share of few runs would end a study at its first accident. */
enum { LEAST_SHARE_OF_FAILURES = 3 };

static double count_max_failures(const struct settings *s, int num)
{
    if (!s->run.max_failures_is_share) return s->run.max_failures;
    if (s->run.max_failures <= 0) return 0;
    return fmax(ceil(s->run.max_failures * num), LEAST_SHARE_OF_FAILURES);
}

int agenda_make(struct agenda *a, const struct plan *plan, const bool *selected, struct output *o,
                struct status *st)
{
    const struct settings *settings = &plan->study_settings;
    size_t room = (size_t)plan->num_runs + 1;
    int num = 0;
    double epoch_s = 0; /* the longest */
    *a = (struct agenda){.row = calloc(room, sizeof *a->row),
                         .cost_s = calloc(room, sizeof *a->cost_s)};
    if (!a->row || !a->cost_s) return status_no_memory(st, "the schedule");
    for (int i = 0; i < plan->num_runs; i++) {
        if (selected && !selected[i]) {
            a->others[o->status[i] == RUN_RUNNING ? RUN_PENDING : o->status[i]]++;
            continue;
        }
        a->row[num] = i;
        o->status[num] = o->status[i]; /* the others are of no use to a study */
        o->attempts[num] = o->attempts[i];
        o->deaths[num] = o->deaths[i];
        o->wall_s[num] = o->wall_s[i];
        const struct settings *run = &plan->cells[plan->runs[i].cell].settings;
        epoch_s = fmax(epoch_s, cost_epoch_s(run));
        a->cost_s[num++] = cost_run_s(run);
    }
    a->max_failures = count_max_failures(settings, num);
    a->schedule =
        schedule_new(num, o->status, o->attempts, o->deaths, a->cost_s,
                     &(struct schedule_options){.order = settings->run.order,
                                                .retries = settings->run.retries,
                                                .max_failures = a->max_failures,
                                                .part_s = settings->run.checkpoint_s + epoch_s});
    if (!a->schedule) return status_no_memory(st, "the schedule");
    for (int j = 0; j < num; j++) {
        if (isnan(o->wall_s[j])) continue;
        schedule_calibrate(a->schedule, j, o->wall_s[j]);
        a->wall_sum_s += o->wall_s[j];
    }
    return STATUS_OK;
}

void agenda_free(struct agenda *a)
{
    schedule_free(a->schedule);
    free(a->row);
    free(a->cost_s);
}

void agenda_tell_failures(const struct agenda *a, struct schedule_counts c, const char *path,
                          char *text, size_t n)
{
    snprintf(text, n,
             "ended early: %d failed or crashed runs, max_failures is %g; %d are left: `hmmgrid "
             "why %s RUN` says why; --resume with a larger --max-failures goes on",
             c.failed + c.crashed, a->max_failures, c.pending, path);
}

int agenda_refuse_time(double left_s, double reserve_s, struct status *st)
{
    char left[32], reserve[32];
    progress_duration(fmax(0, left_s), left);
    progress_duration(reserve_s, reserve);
    return status_set(
        st, STATUS_USAGE,
        "no run could be started: the deadline was %s away and run.reserve keeps %s of that free, "
        "too little for any run that is left; give a later deadline or a smaller --reserve",
        left, reserve);
}

int agenda_try(struct agenda *a, const struct plan *plan, const struct study_options *options,
               struct status *st)
{
    struct deadline deadline;
    char text[1024];
    double reserve_s = plan->study_settings.run.reserve_s;
    deadline_first(&deadline, options->deadline_s, NULL);
    double left_s = deadline.end_s - clock_unix_s();
    deadline_free(&deadline);
    if (schedule_next(a->schedule, left_s - reserve_s) != SCHEDULE_NONE) return STATUS_OK;
    if (schedule_exit_code(a->schedule) == STATUS_STOPPED)
        return agenda_refuse_time(left_s, reserve_s, st);
    struct schedule_counts counts = schedule_counts(a->schedule);
    if (!counts.too_many_failures) return STATUS_OK;
    agenda_tell_failures(a, counts, options->output, text, sizeof text);
    return status_set(st, STATUS_SOME_FAILED, "%s", text);
}
