/* output: the results file before the first run: locked, made or checked, and what it already
 * holds. Private to src/study; rank 0 only. */
#pragma once

#include "store/store.h"
#include "study.h"
#include "lock.h"

enum output_action { OUTPUT_CREATE, OUTPUT_REPLACE, OUTPUT_GO_ON, OUTPUT_EXTEND };

struct output {
    struct lock lock;
    enum output_action action; /* what is done with the file */
    char uuid[64];
    int *status;    /* [num_runs] enum run_status as its records say; damaged rows are pending */
    int *attempts;  /* [num_runs] */
    int *deaths;    /* [num_runs] attempts in which the run's own process died */
    double *wall_s; /* [num_runs] of committed runs, else NaN */
    int num_damaged, num_found; /* rows whose bytes are not what was committed; finished runs */
};

/* Take the lock and make, extend or check the file as options->existing says. On failure nothing
 * is held and an old file is as it was. */
int output_prepare(struct output *output, const struct plan *plan,
                   const struct study_options *options, const struct provenance *provenance,
                   const struct log *log, struct status *st);

/* The same, but nothing is made or changed: status of each run as the study would find it, pending
 * when it would be run. Refuses what output_prepare refuses. */
int output_preview(struct output *output, const struct plan *plan,
                   const struct study_options *options, const struct log *log, struct status *st);

/* Let go of the lock and free. */
void output_free(struct output *output);
