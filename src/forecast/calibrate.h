/* calibrate: what runs cost on this core, measured on pieces of them: a few batches through each
 * network shape, the loss of each HMM's batches, one evaluation of the metrics; analyses by their
 * number of network steps and the time of one. Pieces that several cells share are timed once. No
 * MPI, no HDF5. Source: DESIGN 1 (`plan --calibrate`). */
#pragma once

#include "hmmgrid/settings.h"

/* Of one cell. */
struct calibrated {
    double run_s;    /* one run without the floors of its metrics, core-seconds */
    double floors_s; /* those floors; a worker computes them once for all runs that share them */
    int floors; /* their number: equal HMM, measured size, draws and generation have the same */
};

struct calibrate_watch {
    void *context;
    /* Before each cell. May be NULL. */
    void (*cell)(void *context, int cell, int num);
};

/* Only `floors`, by HMM, measured size, draws and generation; the seconds are those of the model in
 * cost.h. cell[num] resolved; out[num]. Returns how many different floors there are in *num_floors.
 */
int calibrate_by_model(const struct settings *const cell[], int num, struct calibrated *out,
                       int *num_floors, struct status *st);

/* Replace the seconds of out[num], filled by calibrate_by_model, by measured ones. Processor time
 * is taken, so that a busy machine does no harm; a full node may share memory bandwidth and be
 * slower. After budget_s the cells that are left keep the model's seconds times the ratio seen so
 * far, a cell that has begun is finished; *num_measured: how many cells were measured. linalg_start
 * must have been called. STATUS_NO_MEMORY, STATUS_BAD_GRID for an impossible
 * HMM. */
int calibrate_measure(const struct settings *const cell[], int num, double budget_s,
                      const struct calibrate_watch *watch, struct calibrated *out,
                      int *num_measured, struct status *st);
