/* rows: the runs of a results file by the names that --where and --by use: those of names.h, and
 * every scalar column. */
#pragma once

#include "plan/names.h"
#include "store/store.h"

#define ROWS_LANDED "landed" /* 1 or 0 by store_landed, in files without the column too */

/* The runs for which EXPR (expr.h) is true, in the order of the file.
 *   expr  NULL: all runs
 *   row   malloc'd array of *num runs, the caller's
 * None may be left: st->text then says so, and which values there are.
 * STATUS_USAGE for an expression that cannot be read, or a name that is not there (with the nearest
 * one); STATUS_IO. */
int rows_where(struct store *store, const char *expr, int **row, int *num, struct status *st);

/* The key that somebody means with a word: a setting by its key or column, or such a name. Borrowed
 * from the settings or `word`. option: "--by", for the message. STATUS_USAGE: it is none. */
int rows_find_key(struct store *store, const char *option, const char *word, const char **key,
                  struct status *st);

/* The nearest name: of a scalar column or what --where knows; keys: one that groups. NULL: none. */
const char *rows_nearest(struct store *store, const char *name, bool keys);

/* Which settings are worth telling of the file's runs: see names_telling. tells (num_settings). */
void rows_telling(struct store *store, bool *tells);
/* May the texts of a setting differ among these rows? */
bool rows_vary(struct store *store, const int *row, int num, const struct setting *setting);
/* A run for people: names_tell. */
char *rows_tell(struct store *store, int run);
/* "14 runs (7 cells x 2 seeds)" of these rows: see names_count. */
int rows_count(struct store *store, const int *row, int num, char text[PLAN_COUNT_BYTES],
               struct status *st);

/* The value of a run under a name, as names_value gives it; a column of numbers has no text.
 * STATUS_USAGE for no such name; STATUS_IO, STATUS_NO_MEMORY. */
int rows_value(struct store *store, int run, const char *name, struct expr_value *value,
               struct status *st);

/* The same as a text: malloc'd, the caller's; "none" for NaN. *is_number: it is one. */
int rows_text(struct store *store, int run, const char *name, char **text, bool *is_number,
              struct status *st);
