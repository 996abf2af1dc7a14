/* rows: the runs of a results file by the names that --where and --by use: those of names.h, and
 * every scalar column. */
#pragma once

#include "plan/names.h"
#include "store/store.h"

/* The runs for which EXPR (expr.h) is true, in the order of the file.
 *   expr  NULL: all runs
 *   row   malloc'd array of *num runs, the caller's
 * STATUS_USAGE for an expression that cannot be read, or a name that is not there (with the nearest
 * one); STATUS_IO. */
int rows_where(struct store *store, const char *expr, int **row, int *num, struct status *st);

/* Can runs be grouped by this name? Columns of text (host, kernel) count too. */
bool rows_is_key(struct store *store, const char *name);

/* The nearest name: of a scalar column or what --where knows; keys: one that groups. NULL: none. */
const char *rows_nearest(struct store *store, const char *name, bool keys);

/* The value of a run under a name, as names_value gives it; a column of numbers has no text.
 * STATUS_USAGE for no such name; STATUS_IO, STATUS_NO_MEMORY. */
int rows_value(struct store *store, int run, const char *name, struct expr_value *value,
               struct status *st);
