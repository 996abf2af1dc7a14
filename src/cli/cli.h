/* cli: verbs, their options and what a verb is handed. One file a verb, one row a verb in the
 * table of src/cli/cli.c; --help, usage errors and shell words all come from these tables.
 * To add a verb: src/cli/NAME.c with its struct verb, an extern below, a row in the table. */
#ifndef HMMGRID_CLI_H
#define HMMGRID_CLI_H

#include "base/log.h"
#include "hmmgrid/status.h"
#include "store/store.h"
#include <stdbool.h>
#include <stdio.h>

/* -h, --help is added to every verb's list. */
struct cli_option {
    const char *name; /* long name without dashes; NULL ends a list */
    char letter;      /* short name or 0 */
    const char *arg;  /* name of its argument, NULL for a flag */
    const char *env;  /* HMMGRID_* variable that stands in for it, or NULL */
    bool repeats;     /* may be given several times; otherwise twice is a usage error */
    const char *help;
};

struct invocation; /* what the command line said */

struct verb {
    const char *name;
    const char *operands; /* "GRID", for the usage line */
    int min_operands, max_operands;
    const char *summary;     /* one line */
    const char *description; /* a paragraph or two with an example, for VERB --help; paragraphs are
                                wrapped, lines that begin with a blank are kept as they are */
    const struct cli_option *options;
    int (*run)(const struct invocation *inv); /* returns the exit code */
};

/* The verbs: struct verb verb_check in src/cli/check.c, and so on. */
extern const struct verb verb_check, verb_plan, verb_run, verb_status, verb_why, verb_summary,
    verb_export, verb_repro, verb_verify, verb_analyse;

/* The program: parse, dispatch, print errors; returns the exit code. Local: it never touches MPI
 * (a verb may). out is flushed; an output that could not be written turns 0 and 3 into
 * STATUS_IO. */
int cli_main(int argc, char **argv, FILE *out, FILE *err);

/* What was said. Streams and log are borrowed. Texts live as long as the invocation.
 * Asking for an option that the verb's list does not have is a defect: NULL, false or 0. */
const char *cli_operand(const struct invocation *inv, int i);            /* NULL when not given */
const char *cli_value(const struct invocation *inv, const char *option); /* flag, then env; NULL */
/* A flag's variable counts as given unless it is empty, 0, no, false or off. */
bool cli_flag(const struct invocation *inv, const char *option);
int cli_values(const struct invocation *inv, const char *option, const char *const **values);
FILE *cli_out(const struct invocation *inv);
FILE *cli_err(const struct invocation *inv);
const struct log *cli_log(const struct invocation *inv);
/* As typed, quoted for a shell where needed. */
const char *cli_command_line(const struct invocation *inv);

/* Print *st as an error of the program on err and return its exit code. */
int cli_fail(const struct invocation *inv, const struct status *st);

/* Read and expand the grid that is the first operand, with the overrides of --set. Errors as of
 * plan_read and plan_check_trainable. */
int cli_plan(const struct invocation *inv, struct plan *plan, struct status *st);

/* What a verb does with a results file: a status code, and *st filled when it is not 0. */
typedef int cli_work(const struct invocation *inv, struct store *store, struct status *st);

/* Warn of what store_note says. */
void cli_warn_of(const struct invocation *inv, struct store *store);
/* Open the results file that is the first operand, and warn of it. */
int cli_open(const struct invocation *inv, struct store **store, struct status *st);
/* Open the results file that is the first operand, let `work` do with it, close it. Prints the
 * error, if any; returns the exit code. */
int cli_with_store(const struct invocation *inv, cli_work *work);

/* Version of the program as text: "0.1.0". */
const char *cli_version(void);

#endif
