/* cost: what a run costs before it ran, in seconds on one core and in bytes. The seconds are a
 * model with a few constants, used for longest-first order, ETA and `plan`; calibrate.h measures
 * instead. */
#pragma once

#include "hmmgrid/settings.h"

/* Seconds of one core: GEMM flops, elementwise work, Sinkhorn pairs, measures with their floors
 * (counted for every run, although runs of the same HMM on one worker share them), analyses. */
double cost_run_s(const struct settings *s);

/* One of its epochs. */
double cost_epoch_s(const struct settings *s);

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
