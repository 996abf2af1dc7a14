/* cli: see cli.h. The table of verbs, parsing by getopt_long, usage errors, dispatch.
 * Refuses to know what any verb does, and to touch MPI: study_launch starts it.
 */
#include "cli.h"
#include "help.h"

#include "base/spelling.h"

#include <errno.h>
#include <getopt.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* THE table of verbs, in the order in which a study needs them. */
const struct verb_entry verb_table[] = {
    {"before a study", &verb_check},
    {NULL, &verb_plan},
    {"run it", &verb_run},
    {NULL, &verb_status},
    {"read the results", &verb_summary},
    {NULL, &verb_why},
    {NULL, &verb_export},
    {NULL, &verb_analyse},
    {"trust them", &verb_verify},
    {NULL, &verb_repro},
};
enum { NUM_VERBS = sizeof verb_table / sizeof verb_table[0] };
const int num_verbs = NUM_VERBS;

/* One option as given, or as its variable stands in for it. */
struct given {
    int option; /* index into the verb's list */
    const char *value;
};

struct invocation {
    const struct verb *verb;
    FILE *out, *err;
    struct log log;
    char *command_line;   /* owned */
    const char **operand; /* owned array */
    int num_operands;
    const char **value; /* owned array: the values of option 0, then of option 1, ... */
    int *first;         /* owned (num_options + 1): where each option's values begin */
    int num_options;
    bool help;
};

/* --- what a verb asks ------------------------------------------------------------------------ */

const char *cli_operand(const struct invocation *inv, int i)
{
    return i >= 0 && i < inv->num_operands ? inv->operand[i] : NULL;
}

int cli_values(const struct invocation *inv, const char *option, const char *const **values)
{
    for (int i = 0; i < inv->num_options; i++) {
        if (strcmp(inv->verb->options[i].name, option) != 0) continue;
        *values = inv->value + inv->first[i];
        return inv->first[i + 1] - inv->first[i];
    }
    *values = NULL;
    return 0;
}

const char *cli_value(const struct invocation *inv, const char *option)
{
    const char *const *value;
    int num = cli_values(inv, option, &value);
    return num > 0 ? value[num - 1] : NULL;
}

bool cli_flag(const struct invocation *inv, const char *option)
{
    return cli_value(inv, option) != NULL;
}

FILE *cli_out(const struct invocation *inv)
{
    return inv->out;
}

FILE *cli_err(const struct invocation *inv)
{
    return inv->err;
}

const struct log *cli_log(const struct invocation *inv)
{
    return &inv->log;
}

const char *cli_command_line(const struct invocation *inv)
{
    return inv->command_line;
}

int cli_fail(const struct invocation *inv, const struct status *st)
{
    log_line(&inv->log, LOG_ERROR, "%s", st->text);
    return st->code ? status_exit_code(st->code) : STATUS_INTERNAL;
}

int cli_open(const struct invocation *inv, struct store **store, struct status *st)
{
    int code = store_open(store, cli_operand(inv, 0), st);
    if (!code) cli_warn_of(inv, *store);
    return code;
}

void cli_warn_of(const struct invocation *inv, struct store *store)
{
    const char *note = store_note(store);
    if (note) log_line(&inv->log, LOG_WARNING, "%s", note);
}

int cli_plan(const struct invocation *inv, struct plan *plan, struct status *st)
{
    const char *file = cli_operand(inv, 0), *const *sets = NULL;
    char *text = NULL;
    size_t bytes = 0;
    int num_sets = cli_values(inv, "set", &sets);
    int code = plan_load_text(file, &text, &bytes, st);
    if (!code) code = plan_read(plan, file, text, bytes, sets, num_sets, st);
    if (!code) code = plan_check_trainable(plan, st);
    free(text);
    return code;
}

int cli_with_store(const struct invocation *inv, cli_work *work)
{
    struct status st = {0};
    struct store *store = NULL;
    int code = cli_open(inv, &store, &st);
    if (!code) code = work(inv, store, &st);
    store_close(store);
    return code ? cli_fail(inv, &st) : STATUS_OK;
}

/* Of the launcher that started us (Open MPI, PMIx, PMI, Slurm), 0 without one: MPI is not up yet.
 */
static int launcher_rank(void)
{
    static const char *const name[] = {"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                                       "SLURM_PROCID"};
    for (size_t i = 0; i < sizeof name / sizeof name[0]; i++) {
        const char *text = getenv(name[i]);
        if (text && *text) return atoi(text);
    }
    return 0;
}

/* Every rank reads the same words: rank 0 complains. The others leave later, for a launcher ends
 * all ranks when the first one fails. */
static bool leaves_it_to_rank_0(void)
{
    if (launcher_rank() <= 0) return false;
    nanosleep(&(struct timespec){.tv_sec = 1}, NULL);
    return true;
}

static int usage_fail(const struct invocation *inv, const struct status *st)
{
    if (st->code == STATUS_USAGE && leaves_it_to_rank_0()) return STATUS_USAGE;
    return cli_fail(inv, st);
}

/* --- parsing --------------------------------------------------------------------------------- */

static const struct verb *find_verb(const char *name)
{
    for (int i = 0; i < NUM_VERBS; i++)
        if (strcmp(verb_table[i].verb->name, name) == 0) return verb_table[i].verb;
    return NULL;
}

/* topics: what `help` explains besides verbs counts too. */
static int unknown_verb(const char *name, bool topics, struct status *st)
{
    const char *candidate[NUM_VERBS + 2] = {"help"};
    for (int i = 0; i < NUM_VERBS; i++) candidate[i + 1] = verb_table[i].verb->name;
    if (topics) candidate[NUM_VERBS + 1] = "settings";
    const char *nearest = spelling_nearest(name, candidate, NUM_VERBS + 2);
    if (*name == '-')
        return status_set(st, STATUS_USAGE,
                          "unknown option '%s' in front of a verb; options come after the verb, "
                          "see 'hmmgrid --help'",
                          name);
    return status_set(st, STATUS_USAGE, "unknown verb '%s'.%s%s%s See 'hmmgrid --help'.", name,
                      nearest ? " Did you mean '" : "", nearest ? nearest : "",
                      nearest ? "'?" : "");
}

static int unknown_option(const struct invocation *inv, const char *said, struct status *st)
{
    enum { MOST = 64 };
    const char *candidate[MOST] = {"help"}, *name = inv->verb->name;
    char word[64], letter[3] = {'-', (char)optopt, '\0'};
    for (int i = 0; i < inv->num_options && i + 1 < MOST; i++)
        candidate[i + 1] = inv->verb->options[i].name;
    if (strncmp(said, "--", 2) != 0)
        return status_set(st, STATUS_USAGE, "unknown option '%s'; see 'hmmgrid %s --help'",
                          optopt ? letter : said, name);
    int n = (int)strcspn(said + 2, "=");
    snprintf(word, sizeof word, "%.*s", n, said + 2);
    int prefixes = 0;
    for (int i = 0; i <= inv->num_options && i < MOST; i++) {
        if (n == 0 || strncmp(candidate[i], word, strlen(word)) != 0) continue;
        if (strcmp(candidate[i], word) == 0)
            return status_set(st, STATUS_USAGE,
                              "option '--%s' takes no value; see 'hmmgrid %s --help'", word, name);
        prefixes++;
    }
    const char *nearest = spelling_nearest(
        word, candidate, inv->num_options + 1 < MOST ? inv->num_options + 1 : MOST);
    return status_set(st, STATUS_USAGE, "%s option '--%s'.%s%s%s See 'hmmgrid %s --help'.",
                      prefixes > 1 ? "ambiguous" : "unknown", word,
                      nearest ? " Did you mean '--" : "", nearest ? nearest : "",
                      nearest ? "'?" : "", name);
}

/* getopt's tables of a verb's options. letters: 2 + 2 * options + 2 bytes. */
static void getopt_tables(const struct verb *verb, int num, struct option *longs, char *letters)
{
    int at = 0;
    letters[at++] = '-'; /* operands come back in their order, whatever POSIXLY_CORRECT says */
    letters[at++] = ':'; /* a missing argument is told apart */
    letters[at++] = 'h';
    for (int i = 0; i < num; i++) {
        const struct cli_option *o = &verb->options[i];
        longs[i] =
            (struct option){o->name, o->arg ? required_argument : no_argument, NULL, 256 + i};
        if (!o->letter) continue;
        letters[at++] = o->letter;
        if (o->arg) letters[at++] = ':';
    }
    longs[num] = (struct option){"help", no_argument, NULL, 'h'};
    longs[num + 1] = (struct option){0};
    letters[at] = '\0';
}

static int option_of(const struct verb *verb, int num, int c)
{
    for (int i = 0; i < num; i++)
        if (c == 256 + i || (verb->options[i].letter && c == verb->options[i].letter)) return i;
    return -1;
}

/* argv[0] is the verb. given (argc) out, its number in *num_given. */
static int parse_words(struct invocation *inv, int argc, char **argv, struct option *longs,
                       char *letters, struct given *given, int *num_given, struct status *st)
{
    const struct verb *verb = inv->verb;
    getopt_tables(verb, inv->num_options, longs, letters);
    optind = 0;
    opterr = 0;
    for (int c; (c = getopt_long(argc, argv, letters, longs, NULL)) != -1;) {
        if (c == 1) {
            inv->operand[inv->num_operands++] = optarg;
        } else if (c == 'h') {
            inv->help = true;
        } else if (c == ':') {
            const char *name = optopt >= 256 ? longs[optopt - 256].name : NULL;
            char letter[3] = {'-', (char)optopt, '\0'};
            return status_set(st, STATUS_USAGE,
                              "option '%s%s' needs a value; see 'hmmgrid %s --help'",
                              name ? "--" : letter, name ? name : "", verb->name);
        } else {
            int i = option_of(verb, inv->num_options, c);
            if (i < 0) return unknown_option(inv, argv[optind - 1], st);
            given[(*num_given)++] = (struct given){i, optarg ? optarg : ""};
        }
    }
    while (optind < argc) inv->operand[inv->num_operands++] = argv[optind++];
    return STATUS_OK;
}

static bool means_no(const char *text)
{
    static const char *const no[] = {"", "0", "no", "false", "off"};
    for (size_t i = 0; i < sizeof no / sizeof no[0]; i++)
        if (strcmp(text, no[i]) == 0) return true;
    return false;
}

/* Sort what was given by option; where nothing was, ask the environment. */
static int sort_values(struct invocation *inv, const struct given *given, int num_given,
                       struct status *st)
{
    int at = 0;
    for (int i = 0; i < inv->num_options; i++) {
        const struct cli_option *o = &inv->verb->options[i];
        inv->first[i] = at;
        for (int g = 0; g < num_given; g++)
            if (given[g].option == i) inv->value[at++] = given[g].value;
        if (at - inv->first[i] > 1 && !o->repeats && o->arg)
            return status_set(st, STATUS_USAGE,
                              "option '--%s' is given twice, as '%s' and '%s'; keep one", o->name,
                              inv->value[at - 2], inv->value[at - 1]);
        const char *env = o->env ? getenv(o->env) : NULL;
        if (at == inv->first[i] && env && *env && (o->arg || !means_no(env)))
            inv->value[at++] = env;
    }
    inv->first[inv->num_options] = at;
    return STATUS_OK;
}

static int check_operands(const struct invocation *inv, struct status *st)
{
    const struct verb *verb = inv->verb;
    if (inv->num_operands < verb->min_operands)
        return status_set(st, STATUS_USAGE, "'hmmgrid %s' needs %s; usage: hmmgrid %s [OPTIONS] %s",
                          verb->name, verb->operands, verb->name, verb->operands);
    if (inv->num_operands > verb->max_operands)
        return status_set(st, STATUS_USAGE,
                          "'%s' is one operand too many; usage: hmmgrid %s [OPTIONS] %s",
                          inv->operand[verb->max_operands], verb->name, verb->operands);
    return STATUS_OK;
}

static int parse(struct invocation *inv, int argc, char **argv, struct status *st)
{
    int code, num_given = 0;
    size_t n = 0, words = (size_t)argc;
    while (inv->verb->options && inv->verb->options[n].name) n++;
    inv->num_options = (int)n;
    inv->operand = calloc(words, sizeof *inv->operand);
    inv->value = calloc(words + n, sizeof *inv->value);
    inv->first = calloc(n + 1, sizeof *inv->first);
    struct given *given = calloc(words, sizeof *given);
    struct option *longs = calloc(n + 2, sizeof *longs);
    char *letters = calloc(2 * n + 8, 1);
    if (!inv->operand || !inv->value || !inv->first || !given || !longs || !letters) {
        code = status_no_memory(st, "the command line");
        goto cleanup;
    }
    code = parse_words(inv, argc, argv, longs, letters, given, &num_given, st);
    if (code || inv->help) goto cleanup;
    code = sort_values(inv, given, num_given, st);
    if (!code) code = check_operands(inv, st);
cleanup:
    free(given);
    free(longs);
    free(letters);
    return code;
}

/* The words as a shell would take them; NULL when memory is out. */
static char *quoted(int argc, char **argv)
{
    size_t bytes = 1;
    for (int i = 0; i < argc; i++) bytes += 4 * strlen(argv[i]) + 3;
    char *line = malloc(bytes), *p = line;
    for (int i = 0; line && i < argc; i++) {
        bool plain = *argv[i] && !argv[i][strspn(argv[i], "abcdefghijklmnopqrstuvwxyz"
                                                          "ABCDEFGHIJKLMNOPQRSTUVWXYZ"
                                                          "0123456789_-+=./,:%@")];
        if (i) *p++ = ' ';
        if (!plain) *p++ = '\'';
        for (const char *c = argv[i]; *c; c++) {
            if (*c == '\'')
                p = stpcpy(p, "'\\''");
            else
                *p++ = *c;
        }
        if (!plain) *p++ = '\'';
    }
    if (line) *p = '\0';
    return line;
}

/* --- the program ----------------------------------------------------------------------------- */

static int run_verb(struct invocation *inv, int argc, char **argv)
{
    struct status st = {0};
    inv->command_line = quoted(argc, argv);
    int code = inv->command_line ? parse(inv, argc - 1, argv + 1, &st)
                                 : status_no_memory(&st, "the command line");
    if (code)
        code = usage_fail(inv, &st);
    else if (inv->help)
        help_verb(inv->out, inv->verb);
    else
        code = inv->verb->run(inv);
    free(inv->command_line);
    free(inv->operand);
    free(inv->value);
    free(inv->first);
    return code;
}

static int dispatch(struct invocation *inv, int argc, char **argv)
{
    struct status st = {0};
    const char *word = argc > 1 ? argv[1] : NULL;
    if (!word) {
        if (!leaves_it_to_rank_0()) help_overview(inv->err);
        return STATUS_USAGE;
    }
    bool help = strcmp(word, "help") == 0 || strcmp(word, "--help") == 0 || strcmp(word, "-h") == 0;
    if (help && argc == 2) {
        help_overview(inv->out);
        return STATUS_OK;
    }
    if (strcmp(word, "--version") == 0 || strcmp(word, "-V") == 0) {
        help_version(inv->out);
        return STATUS_OK;
    }
    if (help && strcmp(argv[2], "settings") == 0) {
        help_settings(inv->out);
        return STATUS_OK;
    }
    inv->verb = find_verb(help ? argv[2] : word);
    if (!inv->verb) {
        unknown_verb(help ? argv[2] : word, help, &st);
        return usage_fail(inv, &st);
    }
    if (!help) return run_verb(inv, argc, argv);
    help_verb(inv->out, inv->verb);
    return STATUS_OK;
}

int cli_main(int argc, char **argv, FILE *out, FILE *err)
{
    struct invocation inv = {.out = out, .err = err};
    log_init(&inv.log, err, -1);
    int code = dispatch(&inv, argc, argv);
    errno = 0;
    bool lost = fflush(out) != 0;
    if ((lost || ferror(out)) && (code == STATUS_OK || code == STATUS_SOME_FAILED)) {
        struct status st = {0};
        status_set(&st, STATUS_IO, "cannot write to standard output: %s",
                   errno ? strerror(errno) : "an earlier write failed");
        code = cli_fail(&inv, &st);
    }
    return code;
}
