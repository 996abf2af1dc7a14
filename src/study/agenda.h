/* agenda: the runs that a study is about to do, as a schedule, and why none of them may start.
 * Private to src/study; rank 0 only. */
#pragma once

#include "forecast/schedule.h"
#include "output.h"

struct agenda {
    struct schedule *schedule;  /* of the selected runs */
    int *row;                   /* [num_runs] of the file, for each run of the schedule */
    double *cost_s;             /* [num_runs] of these */
    double max_failures;        /* in runs */
    double wall_sum_s;          /* of those that are done */
    int others[NUM_RUN_STATUS]; /* runs that are not selected */
};

/* From what the file holds; the lists of output then have an element for each run of the schedule.
 * selected: as of study_options. STATUS_NO_MEMORY. Free with agenda_free, also after a failure. */
int agenda_make(struct agenda *agenda, const struct plan *plan, const bool *selected,
                struct output *output, struct status *st);
void agenda_free(struct agenda *agenda);

/* "ended early: ..." of a study with too many failed runs. */
void agenda_tell_failures(const struct agenda *agenda, struct schedule_counts counts,
                          const char *path, char *text, size_t n);

/* Nothing could be started with the deadline so far away: STATUS_USAGE, for another job of the same
 * length would do nothing either; batch scripts start one for STATUS_STOPPED. */
int agenda_refuse_time(double left_s, double reserve_s, struct status *st);

/* Would a study with this agenda, which is of no use afterwards, start a run now? STATUS_OK, also
 * where there is none to be done; STATUS_USAGE and STATUS_SOME_FAILED as the study would end. */
int agenda_try(struct agenda *agenda, const struct plan *plan, const struct study_options *options,
               struct status *st);
