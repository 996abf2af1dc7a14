/* choose: the runs for which an EXPR of --where is true. */
#pragma once

#include "expr.h"

/* The value of a name of one run: as expr_lookup. */
typedef int (*choose_lookup)(void *context, int run, const char *name, struct expr_value *value,
                             struct status *st);

/* keep (num): is it true for the run? expr NULL: for all. *num_kept of them. Where it is true for
 * none that is STATUS_OK too, and st->text says so and which values the names have. Errors as of
 * expr_check and expr_eval. */
int choose_runs(const char *expr, choose_lookup lookup, void *context, int num, bool *keep,
                int *num_kept, struct status *st);
