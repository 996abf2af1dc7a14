/* help: see help.h. What it prints comes from the tables of verbs, options and topics, so that it
 * cannot drift from what the parser takes.
 */
#include "help.h"

#include "base/wrap.h"
#include "store/schema.h"

#include <string.h>

#ifndef HMMGRID_VERSION
#define HMMGRID_VERSION "unversioned"
#endif
#ifndef HMMGRID_COMMIT
#define HMMGRID_COMMIT ""
#endif
#ifdef __clang__
#define COMPILER __VERSION__
#else
#define COMPILER "GCC " __VERSION__
#endif

const char *cli_version(void)
{
    return HMMGRID_VERSION;
}

/* --- pages ----------------------------------------------------------------------------------- */

void help_wrapped(FILE *out, const char *text, int indent, int at)
{
    wrap_text(out, text, indent, at, HELP_WIDTH);
}

void help_entry(FILE *out, int n, const char *text)
{
    if (n > HELP_COLUMN - 2) fputc('\n', out), n = 0;
    help_wrapped(out, text, HELP_COLUMN, n);
}

static void print_option(FILE *out, const struct cli_option *o)
{
    char head[64], help[1024];
    char letter[8] = "    ";
    if (o->letter) snprintf(letter, sizeof letter, "-%c, ", o->letter);
    int n = snprintf(head, sizeof head, "  %s--%s%s%s", letter, o->name, o->arg ? " " : "",
                     o->arg ? o->arg : "");
    snprintf(help, sizeof help, "%s%s%s%s%s", o->help, o->repeats ? " (may be repeated)" : "",
             o->env ? " [" : "", o->env ? o->env : "", o->env ? "]" : "");
    fputs(head, out);
    help_entry(out, n, help);
}

const struct cli_option help_option = {"help", 'h', NULL, NULL, false, "show this"};

void help_verb(FILE *out, const struct verb *verb)
{
    fprintf(out, "usage: hmmgrid %s [OPTIONS]%s%s\n\n", verb->name, *verb->operands ? " " : "",
            verb->operands);
    help_wrapped(out, verb->description, 0, 0);
    fputs("\noptions:\n", out);
    for (const struct cli_option *o = verb->options; o && o->name; o++) print_option(out, o);
    print_option(out, &help_option);
}

void help_overview(FILE *out)
{
    fputs("hmmgrid trains noise-driven RNNs to emulate hidden Markov models, over a grid\n"
          "of architectures, network shapes and seeds, on one core or on a cluster, and\n"
          "keeps the results, each beside what a perfect emulation would score, in one\n"
          "HDF5 file.\n\n"
          "usage: hmmgrid VERB [OPTIONS] OPERANDS\n",
          out);
    for (int i = 0; i < num_verbs; i++) {
        const struct verb *verb = verb_table[i].verb;
        if (verb_table[i].group) fprintf(out, "\n%s\n", verb_table[i].group);
        int n = fprintf(out, "  %-8s %s", verb->name, verb->operands);
        help_entry(out, n, verb->summary);
    }
    fputs("\na first study\n"
          "  hmmgrid check grid.yaml\n"
          "  mpirun -n 4 hmmgrid run grid.yaml -o study.h5\n"
          "  hmmgrid summary study.h5\n\n"
          "'hmmgrid VERB --help' tells all about a verb, 'hmmgrid help TOPIC' about\n",
          out);
    for (int i = 0; i < num_topics; i++)
        help_entry(out, fprintf(out, "  %s", topic_table[i].name), topic_table[i].summary);
    fputs("\n'hmmgrid --version' tells what was built.\n"
          "exit codes: 0 all done; 1 internal or out of memory, of diff: not the same;\n"
          "2 usage; 3 finished, some runs failed; 65 bad grid; 66 no input; 73 cannot\n"
          "create; 74 I/O; 75 stopped early, resumable\n",
          out);
}

void help_version(FILE *out)
{
    fprintf(out, "hmmgrid %s\n", HMMGRID_VERSION);
    if (*HMMGRID_COMMIT) fprintf(out, "commit %s\n", HMMGRID_COMMIT);
    fprintf(out, "compiled by %s\nresults file format %d.%d\n", COMPILER, FORMAT_MAJOR,
            FORMAT_MINOR);
}
