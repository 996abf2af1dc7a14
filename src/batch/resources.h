/* resources: tasks, time and memory of a job, where nobody said them, from the forecast of a plan,
 * each with a word on how it was found. */
#pragma once

#include "flags.h"
#include "plan/plan.h"
#include "profile.h"
#include "slurm.h"

struct resources {
    double makespan_s; /* of the study, by the forecast */
    double slice_s;    /* of a job, for runs; INFINITY: it has no limit */
    int slices;        /* jobs, about */
    int lead_s;        /* --signal comes so long before the end */
    char warning[200]; /* of a time beyond the partition's limit, ""; the job would never start */
};

/* Sets --ntasks, --time and --mem-per-cpu where `flags` has none from anybody; what has no name of
 * who said it is the script's, and counts as not said. limits: of the partition, or NULL.
 * STATUS_USAGE: a job is too short for anything. Errors as of forecast_make. */
int resources_fill(struct flags *flags, const struct profile *profile,
                   const struct partition_limits *limits, const struct plan *plan,
                   struct resources *resources, struct status *st);
