/* help: see help.h. Everything it prints comes from the tables of verbs, options and settings, so
 * that it cannot drift from what the parsers take.
 */
#include "help.h"

#include "store/schema.h"
#include "hmmgrid/settings.h"

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

enum { HELP_WIDTH = 79, HELP_COLUMN = 26 };

/* A paragraph wrapped behind `indent` blanks; the first line already stands at column `at`. */
static void print_wrapped(FILE *out, const char *text, int indent, int at)
{
    while (*text) {
        if (*text == '\n') { /* an end of line is kept, and so is a line that begins with a blank */
            fputc('\n', out);
            at = 0;
            text++;
            if (*text != ' ') continue;
            size_t n = strcspn(text, "\n");
            fprintf(out, "%*s%.*s", indent, "", (int)n, text);
            text += n;
            continue;
        }
        text += strspn(text, " ");
        int n = (int)strcspn(text, " \n");
        if (at > indent && at + 1 + n > HELP_WIDTH) {
            fputc('\n', out);
            at = 0;
        }
        int blanks = at < indent ? indent - at : at > indent;
        fprintf(out, "%*s%.*s", blanks, "", n, text);
        at += blanks + n;
        text += n;
    }
    fputc('\n', out);
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
    if (n > HELP_COLUMN - 2) fputc('\n', out), n = 0;
    print_wrapped(out, help, HELP_COLUMN, n);
}

const struct cli_option help_option = {"help", 'h', NULL, NULL, false, "show this"};

void help_verb(FILE *out, const struct verb *verb)
{
    fprintf(out, "usage: hmmgrid %s [OPTIONS]%s%s\n\n", verb->name, *verb->operands ? " " : "",
            verb->operands);
    print_wrapped(out, verb->description, 0, 0);
    fputs("\noptions:\n", out);
    for (const struct cli_option *o = verb->options; o && o->name; o++) print_option(out, o);
    print_option(out, &help_option);
}

void help_overview(FILE *out)
{
    fputs("hmmgrid trains noise-driven RNNs to emulate hidden Markov models, over a grid of\n"
          "architectures, network shapes and seeds, on one core or on a cluster, and keeps the\n"
          "results, each beside what a perfect emulation would score, in one HDF5 file.\n\n"
          "usage: hmmgrid VERB [OPTIONS] OPERANDS\n",
          out);
    for (int i = 0; i < num_verbs; i++) {
        const struct verb *verb = verb_table[i].verb;
        if (verb_table[i].group) fprintf(out, "\n%s\n", verb_table[i].group);
        int n = fprintf(out, "  %-8s %s", verb->name, verb->operands);
        if (n > HELP_COLUMN - 1) fputc('\n', out), n = 0;
        print_wrapped(out, verb->summary, HELP_COLUMN, n);
    }
    fputs("\na first study\n"
          "  hmmgrid check grid.yaml\n"
          "  mpirun -n 4 hmmgrid run grid.yaml -o study.h5\n"
          "  hmmgrid summary study.h5\n\n"
          "'hmmgrid VERB --help' tells all about a verb, 'hmmgrid help settings' lists what a\n"
          "grid can set, 'hmmgrid --version' tells what was built.\n"
          "exit codes: 0 all done; 1 internal or out of memory; 2 usage; 3 finished, some\n"
          "runs failed; 65 bad grid; 66 no input; 73 cannot create; 74 I/O; 75 stopped early,\n"
          "resumable\n",
          out);
}

/* The values that a setting takes, as words behind its meaning. */
static void values_text(const struct setting *s, char *text, size_t bytes)
{
    char range[96];
    snprintf(range, sizeof range, "%s%.10g to %.10g", s->min_exclusive ? "above " : "", s->min,
             s->max);
    size_t n = 0;
    *text = '\0';
    switch (s->type) {
    case SETTING_INT: snprintf(text, bytes, "a whole number, %s", range); break;
    case SETTING_REAL: snprintf(text, bytes, "a number, %s", range); break;
    case SETTING_BOOL: snprintf(text, bytes, "true or false"); break;
    case SETTING_ENUM:
    case SETTING_ENUM_OR_MATRIX:
        for (int i = 0; settings_choice(s, i) && n < bytes; i++)
            n +=
                (size_t)snprintf(text + n, bytes - n, "%s%s", i ? ", " : "", settings_choice(s, i));
        break;
    case SETTING_REAL_LIST:
        if (s->min_count == s->max_count)
            snprintf(text, bytes, "a list of %d numbers, %s", s->min_count, range);
        else
            snprintf(text, bytes, "a number or a list, %s", range);
        break;
    case SETTING_MATRIX: snprintf(text, bytes, "a matrix or list of probabilities"); break;
    case SETTING_DURATION: snprintf(text, bytes, "a time such as 90s, 10min or 1h30m"); break;
    case SETTING_COUNT_OR_SHARE: snprintf(text, bytes, "a count, or a share such as 10%%"); break;
    }
}

void help_settings(FILE *out)
{
    fputs("settings of a grid, SECTION.NAME: meaning; values [default]\n", out);
    for (int i = 0; i < num_settings; i++) {
        const struct setting *s = &settings_table[i];
        size_t section = strcspn(s->key, ".") + 1;
        char values[256], text[512];
        if (i == 0 || strncmp(s->key, s[-1].key, section) != 0) fputc('\n', out);
        values_text(s, values, sizeof values);
        snprintf(text, sizeof text, "%s; %s [%s]", s->help, values, s->default_text);
        int n = fprintf(out, "  %s", s->key);
        if (n > HELP_COLUMN - 1) fputc('\n', out), n = 0;
        print_wrapped(out, text, HELP_COLUMN, n);
    }
    fputs("\nSettings of `run` are of the study: they change no result and no run's key, and\n"
          "belong at the top of a grid. The others belong under defaults, in a block's\n"
          "set, zip or product, in exclude, include and overrides. On the command line,\n"
          "--set SECTION.NAME=VALUE sets any of them.\n\n"
          "null, ~ and none: no value where the default is none or auto, 0 where a range\n"
          "begins at 0. 1e3 and 10.0 are whole numbers, 1/3 is a number.\n",
          out);
}

void help_version(FILE *out)
{
    fprintf(out, "hmmgrid %s\n", HMMGRID_VERSION);
    if (*HMMGRID_COMMIT) fprintf(out, "commit %s\n", HMMGRID_COMMIT);
    fprintf(out, "compiled by %s\nresults file format %d.%d\n", COMPILER, FORMAT_MAJOR,
            FORMAT_MINOR);
}
