/* cost: what a run costs before it ran, in seconds on one core and in bytes, and how long many runs
 * take on some workers. The seconds are a model with a few constants, used for longest-first order,
 * ETA and `plan`; calibrate.h measures instead. */
#ifndef HMMGRID_COST_H
#define HMMGRID_COST_H

#include "hmmgrid/settings.h"

/* Seconds of one core: GEMM flops, elementwise work, Sinkhorn pairs, measures with their floors
 * (counted for every run, although runs of the same HMM on one worker share them), analyses. */
double cost_run_s(const struct settings *s);

/* The part of cost_run_s that its analyses take. step_s: seconds of one step of one state where
 * they were measured; 0: by the model. What a circuit costs depends on the network: by a factor of
 * three. */
double cost_analyses_s(const struct settings *s, double step_s);

/* The part of cost_run_s that a worker spends only once for all runs of one HMM and measured size:
 * the floors of the metrics. */
double cost_floors_s(const struct settings *s);

/* Peak memory of a worker's process, bytes: the libraries, and the arena of training, or what
 * measuring or analysing takes, the largest. Exact for the arena, a measured constant for the
 * libraries; without the expanded grid, which every rank holds too. */
double cost_memory_bytes(const struct settings *s);

/* Bytes of one run's row in the results file: losses, weights (last, best, snapshots), statistics,
 * analyses. */
double cost_result_bytes(const struct settings *s);

/* A run to be scheduled. */
struct cost_run {
    double order_s; /* the largest goes first, equal ones in the order given */
    double run_s;   /* without floors */
    int floors;     /* number of the floors it needs, 0..num_floors-1 */
};

struct cost_schedule {
    double bound_s;    /* no schedule ends before this */
    double makespan_s; /* of list scheduling: a worker that is free takes the next run */
    double busy_s;     /* of all workers together */
};

/* The schedule of num runs on `workers` workers. Every worker spends floors_s[run.floors]
 * (num_floors of them; NULL: none) at its first run that needs them. False when memory is out: *out
 * is zeroed. */
bool cost_schedule(const struct cost_run *run, int num, const double *floors_s, int num_floors,
                   int workers, struct cost_schedule *out);

/* Lower bound and longest-first makespan of `num` costs on `workers` workers, seconds:
 * cost_schedule without floors. */
void cost_makespan(const double *cost_s, int num, int workers, double *bound_s, double *lpt_s);

#endif
