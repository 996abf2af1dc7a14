/* names: a run by the names that --where and --by use: its settings ("hmm.states" or "hmm_states"),
 * run, key, seed, block and, of a results file, status and attempts. */
#pragma once

#include "expr.h"
#include "plan.h"
#include "hmmgrid/settings.h"

/* A run to be asked. All borrowed. */
struct named_run {
    const struct settings *settings;
    const struct settings *study; /* those of scope study; NULL: not asked for */
    int run, attempts;
    int64_t seed;
    const char *key, *block;
    const char *status; /* NULL: of a grid, which knows no status and attempts */
};

/* Is this a name of a run in a results file, columns apart? */
bool names_is_known(const char *name);

/* The value of a name: words are what an enum, a switch, a matrix, several numbers, key, block and
 * status have, the rest are numbers; both have a text, in value->memory, the caller's to free.
 * STATUS_USAGE for no such name, STATUS_NO_MEMORY. */
int names_value(const struct named_run *run, const char *name, struct expr_value *value,
                struct status *st);

/* Which settings are worth telling of these runs: settings_of(context, i), i < num, in the order of
 * the table. They vary, and are not only what others imply (auto). tells (num_settings). A run
 * whose settings are NULL is passed over. */
void names_telling(const struct settings *(*settings_of)(void *context, int i), void *context,
                   int num, bool *tells);
/* A run for people: "hmm.states=4 rnn.hidden=50 seed 3". malloc'd; NULL: memory out. */
char *names_tell(const struct settings *s, int64_t seed, const bool *tells);

/* "14 runs (7 cells x 2 seeds)", or "13 runs (7 cells)" where cells have different numbers of them.
 * cell (num): the cell of each run, below num_cells. */
void names_count(const int *cell, int num, int num_cells, char text[PLAN_COUNT_BYTES]);

/* The nearest of these names and of `num` others, or NULL. Borrowed from `other` or for ever. */
const char *names_nearest(const char *name, const char *const *other, int num);

/* STATUS_USAGE: `name` is none; nearest may be NULL. */
int names_unknown(const char *name, const char *nearest, struct status *st);
