/* cli: verbs, their options and what a verb is handed. One file a verb, one row a verb in the
 * table of src/cli/cli.c; --help, usage errors and shell words all come from these tables.
 * To add a verb: src/cli/NAME.c with its struct verb, an extern below, a row in the table. */
#pragma once

#include "base/log.h"
#include "forecast/share.h"
#include "hmmgrid/status.h"
#include "store/gather.h"
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

struct invocation;

/* What a verb does with a results file: a status code, and *st filled when it is not 0. run: the
 * row that the second operand means, -1 without one. */
typedef int cli_work(const struct invocation *inv, struct store *store, int run, struct status *st);

struct verb {
    const char *name;
    const char *operands; /* "GRID", for the usage line */
    int num_operands;
    const char *summary;     /* one line */
    const char *description; /* a paragraph or two with an example, for VERB --help; paragraphs are
                                wrapped, lines that begin with a blank are kept as they are */
    const struct cli_option *options;
    const struct cli_option *passed; /* of another program, for which every option that is not the
                                        verb's is kept; this program may have more; NULL: none */
    const char *alone;               /* an option that stands in for the operands, or NULL */
    int (*run)(const struct invocation *inv); /* returns the exit code; NULL: cli_with_store's */
    cli_work *work;
    bool streams;  /* -o - is standard output */
    bool parallel; /* every rank of a launcher runs it; of other verbs rank 0 alone */
    bool several;  /* of the last operand */
};

/* What the command line said. Texts live as long as it does. */
struct invocation {
    const struct verb *verb;
    FILE *out, *err; /* borrowed */
    struct log log;
    char *command_line;   /* as typed, quoted for a shell where needed; owned, like what follows */
    const char **operand; /* (num_operands), as many as the verb says, or more of the last
                           */
    int num_operands;
    const char **value; /* (num_options + 1, num_words), the last option being --help */
    int *num_values;    /* (num_options + 1) */
    int num_options, num_words;
    char **passed; /* (num_passed) "name=value" or "name", long names without dashes */
    int num_passed;
};

/* The verbs: struct verb verb_check in src/cli/check.c, and so on. */
extern const struct verb verb_check, verb_plan, verb_run, verb_status, verb_why, verb_summary,
    verb_export, verb_repro, verb_verify, verb_diff, verb_analyse, verb_reset, verb_submit,
    verb_merge, verb_compare, verb_list, verb_report, verb_plot;

/* The program: parse, dispatch, print errors; returns the exit code. Under a launcher of several
 * ranks it prints once and every rank returns the same code. out is flushed; an output that could
 * not be written turns 0 and 3 into STATUS_IO. */
int cli_main(int argc, char **argv, FILE *out, FILE *err);

/* What was said of an option. Asking for one that the verb's list does not have is a defect: NULL,
 * false or 0. */
const char *cli_value(const struct invocation *inv, const char *option); /* flag, then env; NULL */
/* A flag's variable says 1, true, yes or on; or 0, false, no, off or nothing. */
bool cli_flag(const struct invocation *inv, const char *option);
/* --format text|json, or --json, which some verbs have too. STATUS_USAGE: neither. */
int cli_wants_json(const struct invocation *inv, bool *wants, struct status *st);
/* --top N; 0: not given. STATUS_USAGE: no whole number above 0. */
int cli_top(const struct invocation *inv, int *most, struct status *st);
/* Where the value of an option came from, for messages: "--retries" or "HMMGRID_RETRIES"; buf. */
const char *cli_source(const struct invocation *inv, const char *option, char *buf, size_t bytes);
int cli_values(const struct invocation *inv, const char *option, const char *const **values);

/* Print *st as an error of the program on err and return its exit code. */
int cli_fail(const struct invocation *inv, const struct status *st);

/* The same; of STATUS_BAD_GRID a line a fault, as compilers do. st's text is cut into lines. */
int cli_fail_input(const struct invocation *inv, struct status *st);

/* Read and expand the grid that is the first operand, with the overrides of --set. Errors as of
 * plan_read. */
int cli_plan(const struct invocation *inv, struct plan *plan, struct status *st);

/* What --share says; {0, 0} where it is not given. */
int cli_share(const struct invocation *inv, struct share *share, struct status *st);

/* Warn of what store_note says. */
void cli_warn_of(const struct invocation *inv, struct store *store);
/* Warn of rows whose bytes are not the ones that were committed: row (num), NULL: all. In a large
 * file some are left unchecked, which is said. */
void cli_check_rows(const struct invocation *inv, const char *path, struct store *store,
                    const int *row, int num);
/* Refuse operands that a study writes at the moment. */
int cli_check_idle(const struct invocation *inv, struct status *st);
/* store_gather, to be read: files that contradict each other are STATUS_BAD_GRID. */
int cli_gather(const struct invocation *inv, bool check, struct gathered **gathered,
               struct status *st);
/* Warn of what another program changed and of damaged rows; how many of these runs no file has. */
int cli_tell_damage(const struct invocation *inv, const struct gathered *gathered);
/* The operands as one results file: the one that there is, or what `merge` makes of them, in a
 * place of its own until it is freed; warns of damaged rows of several. Errors as of cli_gather and
 * store_merge. Free with cli_together_free, also after an error. */
struct together {
    const char *path;
    struct gathered *gathered; /* where its rows come from; NULL: one operand */
    char place[4096], merged[4200];
};
int cli_together(const struct invocation *inv, struct together *together, struct status *st);
void cli_together_free(struct together *together);
/* Open a results file and warn of it. */
int cli_open_file(const struct invocation *inv, const char *path, struct store **store,
                  struct status *st);
/* The one that is the first operand. */
int cli_open(const struct invocation *inv, struct store **store, struct status *st);
/* Open the results file that is the first operand, let `work` do with it and the run that is the
 * second, close it. Prints the error, if any; returns the exit code. */
int cli_with_store(const struct invocation *inv, cli_work *work);

/* Numbers of the analysis stability, and what they come to in words. */
enum { DIVERGED_AT, OVERFLOWED_AT, GENERATED_AT, DIVERGENCE_RADIUS, NUM_DIVERGENCE };
extern const char *const divergence_column[NUM_DIVERGENCE];
struct divergence {
    char when[80], so[80];
};
/* false: the network stays bounded, as far as is known. */
bool divergence_tell(const double number[NUM_DIVERGENCE], const struct settings *s,
                     struct divergence *divergence);

/* Version of the program as text: "0.1.0". */
const char *cli_version(void);
