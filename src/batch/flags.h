/* flags: options of sbatch for one job, each once and with the one who said it; the last who said
 * it counts. What sbatch makes of them is its own affair. */
#pragma once

#include "base/node.h"
#include <stdio.h>

struct flag {
    const char *name;  /* long, without dashes */
    const char *value; /* NULL: it has none */
    const char *from;  /* "slurm/profile.yaml"; NULL: nobody in particular */
};

enum { MAX_FLAGS = 128 };

struct flags {         /* zeroed but for the pool: empty */
    struct pool *pool; /* borrowed; owns all texts */
    struct flag flag[MAX_FLAGS];
    int num;
};

/* In the place of what was said of it, or of a flag that excludes it, such as mem and mem-per-cpu.
 * Texts are copied. STATUS_USAGE: no line of a script can say it, or `submit` says it otherwise;
 * STATUS_NO_MEMORY. */
int flags_set(struct flags *flags, const char *name, const char *value, const char *from,
              struct status *st);
/* The same of "name=value", or "name". */
int flags_say(struct flags *flags, const char *said, const char *from, struct status *st);

void flags_drop(struct flags *flags, const char *name);

const struct flag *flags_find(const struct flags *flags, const char *name); /* or NULL */
const char *flags_value(const struct flags *flags, const char *name); /* NULL: not said, or none */

/* "--name=value", quoted as sbatch reads the lines of a script. */
void flags_put(const struct flag *flag, FILE *out);

/* --- times and sizes in Slurm's own words -------------------------------------------------------
 */

/* "minutes", "MM:SS", "HH:MM:SS", "D-HH", "D-HH:MM", "D-HH:MM:SS" as seconds; "infinite" and
 * "UNLIMITED": INFINITY; anything else: NAN. */
double slurm_seconds(const char *text);
/* Whole minutes, rounded down, as "D-HH:MM:SS". */
const char *slurm_time(double seconds, char text[48]);
