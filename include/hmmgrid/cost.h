/* cost: what a run costs before it ran, in seconds on one core and in bytes.
 * A model with a few constants, used for longest-first order, ETA and `plan`. */
#ifndef HMMGRID_COST_H
#define HMMGRID_COST_H

#include "hmmgrid/settings.h"

/* Seconds of one core: GEMM flops, elementwise work, Sinkhorn pairs, measures with their floors
 * (counted for every run, although runs of the same HMM on one worker share them). */
double cost_run_s(const struct settings *s);

/* Peak memory of a worker's run, bytes (arena of training or of measuring, the larger). */
double cost_memory_bytes(const struct settings *s);

/* Bytes of one run's row in the results file: losses, weights (last and best), statistics. */
double cost_result_bytes(const struct settings *s);

/* Lower bound and longest-first makespan of `num` costs on `workers` workers, seconds. */
void cost_makespan(const double *cost_s, int num, int workers, double *bound_s, double *lpt_s);

#endif
