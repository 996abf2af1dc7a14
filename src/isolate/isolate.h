/* isolate: a run in a process of its own, so that a crash, an endless loop or want of memory costs
 * one attempt at one run and not the study. The process is this program started anew (never a fork:
 * MPI forbids it), does one run after another, and is started again when it died. No MPI, no HDF5.
 */
#pragma once

#include "experiment/experiment.h"

enum { ISOLATE_STANDSTILL = 10 };

struct isolate_options {
    double memory_bytes; /* more than this is resident: the run fails. INFINITY: no bound */
    double patience_s; /* of processor time without a sign of life, or ISOLATE_STANDSTILL times that
                          by the clock: the process is ended. INFINITY: for ever */
    const struct checkpoints *checkpoints; /* borrowed; NULL: none are made */
};

/* What became of the process besides the output of its run. */
struct isolate_report {
    double cpu_s, peak_bytes; /* of the run alone; NaN where not known */
    int signal;               /* that ended the process; 0: none */
};

struct isolate; /* opaque */

/* Nothing is started before the first run. NULL: memory is out. */
struct isolate *isolate_new(const struct isolate_options *options);
void isolate_free(struct isolate *isolate); /* ends the process */

/* The run of `line` (plan_run_json) with these settings, which are the line's, from the weights
 * `first` (run_context; NULL: none); results in *out
 * (free with run_output_free even after a failure; kernel and blas_core are borrowed until the next
 * run). watch is asked every few milliseconds whether to stop; a run that does not within 10 s is
 * ended. Codes as of the run_function that the child was started with, and STATUS_RUN_DIED, with
 * what it died of, how far it was and what it said last; STATUS_INTERNAL: no process can be
 * started; STATUS_USAGE: it was killed at the hard limit of processor time. */
int isolate_run(struct isolate *isolate, const char *line, const struct settings *s,
                const float *first, const struct train_watch *watch, struct run_output *out,
                struct isolate_report *report, struct status *st);

/* Since the last sign of life of the run that is on; for its watch. */
double isolate_silence_s(const struct isolate *isolate);
