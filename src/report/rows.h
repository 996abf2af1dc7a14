/* rows: a results file opened for a verb, and its runs by the names that --where and --by use:
 * settings ("hmm.states" or "hmm_states"), seed, block, key, run, status, attempts, and for --where
 * every scalar column. Private to src/cli. */
#ifndef HMMGRID_CLI_ROWS_H
#define HMMGRID_CLI_ROWS_H

#include "cli/cli.h"

#include "store/store.h"

/* What a verb does with a results file: a status code, and *st filled when it is not 0. */
typedef int rows_work(const struct invocation *inv, struct store *store, struct status *st);

/* Open the results file that is the first operand, let `work` do with it, close it. Prints the
 * error, if any; returns the exit code. */
int rows_with_store(const struct invocation *inv, rows_work *work);

/* The runs for which EXPR (expr.h) is true, in the order of the file.
 *   expr  NULL: all runs
 *   row   malloc'd array of *num runs, the caller's
 * STATUS_USAGE for an expression that cannot be read, or a name that is not there (with the nearest
 * one); STATUS_IO. */
int rows_where(struct store *store, const char *expr, int **row, int *num, struct status *st);

/* Setting by its name, with '.' or '_' between section and name; NULL when there is none. */
const struct setting *rows_setting(const char *name);

/* Is this a name that a run's text can be asked for? Columns of text (host, kernel) count too. */
bool rows_is_key(struct store *store, const char *name);

/* The text of a run under such a name; malloc'd; NULL: st says why (STATUS_IO, STATUS_NO_MEMORY).
 */
char *rows_key_text(struct store *store, int run, const char *name, struct status *st);

/* Nearest of these names (and of the scalar columns when `columns`), or NULL. Borrowed from the
 * settings table or the store. */
const char *rows_nearest(struct store *store, const char *name, bool columns);

#endif
