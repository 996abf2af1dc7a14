/* aggregate: groups of runs and honest statistics over their seeds. Pure: numbers in, numbers out.
 */
#ifndef HMMGRID_AGGREGATE_H
#define HMMGRID_AGGREGATE_H

#include "hmmgrid/status.h"

/* NaN and infinite values are left out and counted; ddof 1. ci95: half width of the two-sided 95 %
 * Student-t interval of the mean. With n = 1: mean, median, min and max are the value, sd and ci95
 * are NaN. With n = 0 everything but the counts is NaN. */
struct statistics {
    int n;         /* finite values */
    int n_missing; /* NaN or infinite */
    double mean, sd, median, ci95, min, max;
};

/* value (num) is not changed. Error only when memory is out. */
int aggregate_statistics(const double *value, int num, struct statistics *out, struct status *st);

/* Rows that agree in every text are one group.
 *   text   (num_rows, num_keys), row-major, borrowed, no NULL
 *   group  (num_rows) out: number of each row's group; groups are numbered by first appearance
 * Returns 0 and the number of groups in *num_groups; STATUS_NO_MEMORY. */
int aggregate_groups(const char *const *text, int num_rows, int num_keys, int *group,
                     int *num_groups, struct status *st);

#endif
