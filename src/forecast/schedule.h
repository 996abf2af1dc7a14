/* schedule: which run next. A pure state machine: no MPI, no clock, no files; it is fed events
 * and asked questions, by the coordinator and by unit tests alike. Runs are 0..num-1.
 */
#pragma once

#include "experiment/run_record.h"

struct schedule; /* opaque */

struct schedule_options {
    int order;           /* enum run_order */
    int retries;         /* a run whose own process died more often than this is crashed */
    double max_failures; /* so many failed and crashed runs together and nothing is handed out
                            any more; 0: the first one. INFINITY: never stop for failures */
    double part_s;       /* with so much time left any run may start, since it comes to its next
                            checkpoint; 0: there are none, and a run has to fit as a whole */
};

/* status[i] (enum run_status), attempts[i], deaths[i] (attempts in which its own process died) and
 * cost_s[i] of num runs, as found in the file. Runs that are started or crashed and have deaths >
 * retries are RUN_CRASHED (those that were not yet: see schedule_crashed), others are pending
 * again: a study that ended as a whole blames no run, and more retries take crashed ones up. Arrays
 * are copied. NULL: memory out. */
struct schedule *schedule_new(int num, const int *status, const int *attempts, const int *deaths,
                              const double *cost_s, const struct schedule_options *options);
void schedule_free(struct schedule *schedule);

/* What a study makes of such a run: done, failed or crashed (not to be run) or pending. */
int schedule_status_found(int status, int deaths, int retries);

/* Runs found crashed by schedule_new: *run borrowed, returns how many. */
int schedule_crashed(const struct schedule *schedule, const int **run);

/* The next run for a free worker, or SCHEDULE_NONE. seconds_left: until the deadline minus reserve
 * (INFINITY: none): runs that do not fit are passed over and remembered as "no time". After
 * schedule_stop nothing is handed out. The run becomes running, its attempts + 1. */
enum { SCHEDULE_NONE = -1 };
int schedule_next(struct schedule *schedule, double seconds_left);

/* Attempts at a run so far, the running one included; and in how many its own process died. */
int schedule_attempts(const struct schedule *schedule, int run);
int schedule_deaths(const struct schedule *schedule, int run);

/* A running run ended: RUN_DONE or RUN_FAILED; RUN_CRASHED: its own process died, and it is handed
 * out again unless that happened more than `retries` times; RUN_PENDING: given back unfinished (it
 * may be handed out again; the attempt does not count, for its rank did not die). wall_s (>= 0) of
 * a done run calibrates the cost model: later estimates are scaled by the ratio seen so far. */
void schedule_ended(struct schedule *schedule, int run, int status, double wall_s);

/* Calibrate with the wall time of a run that was done before this study took over. */
void schedule_calibrate(struct schedule *schedule, int run, double wall_s);

/* How far a running run is, 0..1: improves the ETA. Unknown runs count as half done. */
void schedule_progress(struct schedule *schedule, int run, double fraction);
/* For how long it has run: one that is slower than its estimate, or over it, counts as such. */
void schedule_elapsed(struct schedule *schedule, int run, double elapsed_s);

/* Stop handing out (signal, disk full, deadline). */
void schedule_stop(struct schedule *schedule);

struct schedule_counts {
    int total, pending, running, done, failed, crashed;
    bool stopped;           /* by schedule_stop */
    bool too_many_failures; /* max_failures reached, and runs are left for want of that */
    bool no_time;           /* pending runs were passed over for want of time */
};
struct schedule_counts schedule_counts(const struct schedule *schedule);

/* Nothing runs and nothing will be handed out. */
bool schedule_is_finished(const struct schedule *schedule);

/* STATUS_OK: every run is done. STATUS_SOME_FAILED: nothing is left but failed or crashed runs, or
 * there were too many of them. STATUS_STOPPED: runs are left over. */
int schedule_exit_code(const struct schedule *schedule);

/* Seconds until the end on `workers` workers and half its 95 % interval, from finished runs'
 * wall time against cost; NaN before the first finished run (the half also after one). */
void schedule_eta(const struct schedule *schedule, int workers, double *eta_s, double *half_s);
