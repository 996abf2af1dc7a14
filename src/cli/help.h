/* help: what `hmmgrid --help`, `VERB --help`, `help settings` and `--version` print. Private to
 * src/cli. */
#pragma once

#include "cli.h"

/* THE table of verbs, in the order in which a study needs them. In cli.c. */
struct verb_entry {
    const char *group; /* heading in the overview, on the first verb of a group; NULL on others */
    const struct verb *verb;
};
extern const struct verb_entry verb_table[];
extern const int num_verbs;
extern const struct cli_option help_option; /* of every verb */

void help_overview(FILE *out);
void help_verb(FILE *out, const struct verb *verb);
void help_version(FILE *out);
void help_settings(FILE *out); /* every setting of a grid: meaning, values, default */
