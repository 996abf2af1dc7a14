/* profile: performance profiles of the levels of a comparison: which share of the runs that ended
 * is at most so far above the floor. Runs that have no such number (failed, overflowed) are beyond
 * every value; whether a run landed does not matter. Source: Agarwal 2021. */
#pragma once

#include "compare.h"

struct profile {
    double *value; /* (num_values) ascending, where a run of some level is; owned */
    int num_values, num_cells;
    int *ended;  /* (levels) runs of cells that have all levels; owned */
    int *within; /* (num_values, levels) of these at most the value; owned */
};

/* STATUS_USAGE: no cell has runs of all levels that ended. Free with profile_free, also then. */
int profile_make(struct profile *profile, const struct compare *c, struct status *st);
void profile_free(struct profile *profile);

/* Its table: for people up to 20 values with the shares and Wilson's intervals; for programs a row
 * a value and level. STATUS_IO, STATUS_NO_MEMORY. */
int profile_print(const struct profile *profile, const struct compare *c, enum table_format format,
                  FILE *out, struct status *st);
