/* aggregate: groups of runs and honest statistics over their seeds. Pure: numbers in, numbers out.
 */
#pragma once

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

/* Split groups of rows by one more text: rows that agree in it and were of one group stay together.
 *   text        (num_rows) borrowed, no NULL
 *   group       (num_rows) number of each row's group, all 0 to begin with; afterwards groups are
 *               numbered by first appearance
 *   num_groups  out. STATUS_NO_MEMORY: all is as it was. */
int aggregate_split(const char *const *text, int num_rows, int *group, int *num_groups,
                    struct status *st);
