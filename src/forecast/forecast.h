/* forecast: what a plan costs before it runs: work, memory, disk, and how long it takes on some
 * ranks. The seconds are those of cost.h or calibrate.h. */
#pragma once

#include "calibrate.h"
#include "plan/plan.h"

/* --- a schedule ------------------------------------------------------------------------- */

struct forecast_run {
    double order_s; /* what the schedule takes it to cost */
    double run_s;   /* what it does cost, without floors */
    int floors;     /* number of the floors it needs, 0..num_floors-1 */
};

struct makespan {
    double bound_s;    /* no schedule ends before this */
    double makespan_s; /* of the schedule that a study follows (schedule.h) */
    double busy_s;     /* of all workers together */
};

/* Run the schedule of num runs on `workers` workers with simulated time. order: enum run_order.
 * Every worker spends floors_s[run.floors] (num_floors of them; NULL: none) at its first run that
 * needs them. False when memory is out: *out is zeroed. */
bool forecast_makespan(const struct forecast_run *run, int num, int order, const double *floors_s,
                       int num_floors, int workers, struct makespan *out);

/* --- a plan ----------------------------------------------------------------------------- */

enum { MAX_ESTIMATES = 16 };

struct estimate {
    int ranks, workers;
    struct makespan schedule;
    char time[48]; /* D-HH:MM:SS to ask a batch system for */
};

struct forecast {
    int *seeds;                                /* [num_cells] runs that are left, owned */
    struct calibrated *cell;                   /* [num_cells], owned */
    double *floors_s;                          /* [num_floors], owned */
    int num_floors, num_cells, num_measured;   /* cells with runs left; -1: by the model */
    double core_s, result_bytes, memory_bytes; /* of all, of the file, of a worker */
    struct estimate estimate[MAX_ESTIMATES];
    int num_estimates;
};

/* Fill a forecast in which only num_estimates and each estimate's ranks are set.
 *   calibrate  time pieces of the runs, for 2 minutes at most, instead of using the model;
 *   watch      told of each cell then, may be NULL
 * Free with forecast_free, also after a failure. */
int forecast_make(struct forecast *forecast, const struct plan *plan, bool calibrate,
                  const struct calibrate_watch *watch, struct status *st);
void forecast_free(struct forecast *forecast);
