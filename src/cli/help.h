/* help: what `hmmgrid --help`, `VERB --help`, `help TOPIC` and `--version` print. Private to
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

/* THE table of topics: what `help` explains besides verbs. In topics.c. */
struct topic {
    const char *name, *summary;
    const char *page; /* its text, for help_wrapped; NULL: made by print */
    /* All of it, or what is called `one`: STATUS_USAGE for nothing, with the nearest name. */
    int (*print)(FILE *out, const char *one, struct status *st);
};
extern const struct topic topic_table[];
extern const int num_topics;

const struct topic *topic_find(const char *name); /* or NULL */
/* one NULL: the whole topic. STATUS_USAGE: it has none of that name. */
int topic_print(FILE *out, const struct topic *topic, const char *one, struct status *st);

/* The pages of topics that are not made from a table: see pages.c. */
extern const char page_where[], page_grid[], page_file[];

void help_overview(FILE *out);
void help_verb(FILE *out, const struct verb *verb);
void help_version(FILE *out);

enum { HELP_WIDTH = 79, HELP_COLUMN = 26 };

/* Paragraphs wrapped behind `indent` blanks; the first line already stands at column `at`. Lines
 * that begin with a blank are kept as they are. */
void help_wrapped(FILE *out, const char *text, int indent, int at);
/* What belongs to a name that stands there, n columns wide, at HELP_COLUMN. */
void help_entry(FILE *out, int n, const char *text);
