/* cli: see cli.h. The table of verbs, names that are none, dispatch.
 * Refuses to know what any verb does, and to touch MPI: src/study starts it.
 */
#include "cli.h"
#include "help.h"
#include "parse.h"

#include "base/clock.h"
#include "base/shell.h"
#include "base/spelling.h"
#include "study/study.h"
#include "base/text.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

/* Seconds for checksums before a table is shown. */
static const double check_rows_s = 2;

/* THE table of verbs, in the order in which a study needs them. */
const struct verb_entry verb_table[] = {
    {"before a study", &verb_check},
    {NULL, &verb_plan},
    {"run it", &verb_run},
    {NULL, &verb_submit},
    {NULL, &verb_status},
    {NULL, &verb_reset},
    {NULL, &verb_merge},
    {"read the results", &verb_summary},
    {NULL, &verb_compare},
    {NULL, &verb_list},
    {NULL, &verb_report},
    {NULL, &verb_plot},
    {NULL, &verb_why},
    {NULL, &verb_export},
    {NULL, &verb_analyse},
    {"trust them", &verb_verify},
    {NULL, &verb_diff},
    {NULL, &verb_repro},
};
enum { NUM_VERBS = sizeof verb_table / sizeof verb_table[0] };
const int num_verbs = NUM_VERBS;

/* --- what a verb asks ------------------------------------------------------------------------ */

int cli_values(const struct invocation *inv, const char *option, const char *const **values)
{
    for (int i = 0; i < inv->num_options; i++) {
        if (strcmp(inv->verb->options[i].name, option) != 0) continue;
        *values = inv->value + i * inv->num_words;
        return inv->num_values[i];
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

const char *cli_source(const struct invocation *inv, const char *option, char *buf, size_t bytes)
{
    const char *value = cli_value(inv, option);
    snprintf(buf, bytes, "--%s", option);
    for (int i = 0; i < inv->num_options; i++) {
        const struct cli_option *o = &inv->verb->options[i];
        if (value && o->env && value == getenv(o->env)) snprintf(buf, bytes, "%s", o->env);
    }
    return buf;
}

bool cli_flag(const struct invocation *inv, const char *option)
{
    return cli_value(inv, option) != NULL;
}

int cli_wants_json(const struct invocation *inv, bool *wants, struct status *st)
{
    const char *said = cli_value(inv, "format");
    *wants = cli_flag(inv, "json") || (said && strcmp(said, "json") == 0);
    if (!said || *wants || strcmp(said, "text") == 0) return STATUS_OK;
    return status_set(st, STATUS_USAGE, "--format: '%.40s' is none of text, json", said);
}

int cli_top(const struct invocation *inv, int *most, struct status *st)
{
    const char *text = cli_value(inv, "top");
    char *end;
    *most = 0;
    if (!text) return STATUS_OK;
    long n = strtol(text, &end, 10);
    if (end == text || *end || n < 1 || n > INT_MAX)
        return status_set(st, STATUS_USAGE, "--top: '%s' is no whole number above 0", text);
    *most = (int)n;
    return STATUS_OK;
}

int cli_fail(const struct invocation *inv, const struct status *st)
{
    log_line(&inv->log, LOG_ERROR, "%s", st->text);
    return st->code ? status_exit_code(st->code) : STATUS_INTERNAL;
}

/* A line a fault, as compilers do. */
static void print_faults(FILE *err, char *text)
{
    char *rest = NULL;
    for (char *line = strtok_r(text, "\n", &rest); line; line = strtok_r(NULL, "\n", &rest))
        log_text(err, "", line);
}

int cli_fail_input(const struct invocation *inv, struct status *st)
{
    if (st->code != STATUS_BAD_GRID) return cli_fail(inv, st);
    print_faults(inv->err, st->text);
    return st->code;
}

int cli_open_file(const struct invocation *inv, const char *path, struct store **store,
                  struct status *st)
{
    int code = store_open(store, path, st);
    if (!code) cli_warn_of(inv, *store);
    return code;
}

int cli_open(const struct invocation *inv, struct store **store, struct status *st)
{
    return cli_open_file(inv, inv->operand[0], store, st);
}

void cli_warn_of(const struct invocation *inv, struct store *store)
{
    const char *note = store_note(store);
    if (note) log_line(&inv->log, LOG_WARNING, "%s", note);
}

void cli_check_rows(const struct invocation *inv, const char *path, struct store *store,
                    const int *row, int num)
{
    double start_s = clock_monotonic_s();
    int i = 0, first = -1, damaged = 0;
    for (; i < num && clock_monotonic_s() - start_s < check_rows_s; i++) {
        int run = row ? row[i] : i;
        bool valid = true;
        if (store_run_status(store, run) < RUN_DONE) continue;
        if (store_check_run(store, run, &valid, NULL) || valid) continue;
        if (damaged++ == 0) first = run;
    }
    if (damaged)
        log_line(
            &inv->log, LOG_WARNING,
            "%s: %d row%s (run %d%s) %s not what was committed: numbers may be wrong; `hmmgrid "
            "verify` tells all, `hmmgrid run GRID -o %s --resume` repairs it",
            path, damaged, damaged == 1 ? "" : "s", first, damaged > 1 ? ", ..." : "",
            damaged == 1 ? "is" : "are", path);
    if (i < num)
        log_line(&inv->log, LOG_INFO,
                 "%s: the checksums of %d of %d rows were compared; `hmmgrid verify` does all",
                 path, i, num);
}

int cli_plan(const struct invocation *inv, struct plan *plan, struct status *st)
{
    const char *file = inv->operand[0], *const *value = NULL;
    const char *said = cli_value(inv, "seeds");
    int num = cli_values(inv, "set", &value), code;
    const char **sets = calloc((size_t)num + 1, sizeof *sets);
    char *text = NULL, *seeds = NULL;
    size_t bytes = 0;
    for (int i = 0; sets && i < num; i++) sets[i] = value[i];
    if (!sets || (said && asprintf(&seeds, "seeds=%s", said) < 0)) {
        code = status_no_memory(st, "the options of %s", file);
        goto cleanup;
    }
    if (said) sets[num++] = seeds;
    code = plan_load_text(file, &text, &bytes, st);
    if (!code) code = plan_read(plan, file, text, bytes, sets, num, st);
    if (!code && plan->warnings) log_line(&inv->log, LOG_WARNING, "%s", plan->warnings);
cleanup:
    free(text);
    free(seeds);
    free(sets);
    return code;
}

int cli_share(const struct invocation *inv, struct share *share, struct status *st)
{
    const char *text = cli_value(inv, "share");
    char source[64];
    *share = (struct share){0};
    if (!text || share_parse(text, share, st) == STATUS_OK) return STATUS_OK;
    status_prefix(st, "%s: ", cli_source(inv, "share", source, sizeof source));
    return st->code;
}

int cli_with_store(const struct invocation *inv, cli_work *work)
{
    struct status st = {0};
    struct store *store = NULL;
    int run = -1, code = cli_open(inv, &store, &st);
    if (!code && inv->num_operands > 1) code = store_find_run(store, inv->operand[1], &run, &st);
    if (!code) code = work(inv, store, run, &st);
    store_close(store);
    return code ? cli_fail(inv, &st) : STATUS_OK;
}

/* The first of these variables that says a number; 0: none does. */
static int number_of_launcher(const char *const *name)
{
    for (; *name; name++) {
        const char *text = getenv(*name);
        if (text && *text) return atoi(text);
    }
    return 0;
}

/* Of the launcher that started us (Open MPI, PMIx, PMI, Slurm), 0 without one: MPI is not up yet.
 */
static int launcher_rank(void)
{
    return number_of_launcher((const char *const[]){"OMPI_COMM_WORLD_RANK", "PMIX_RANK", "PMI_RANK",
                                                    "SLURM_PROCID", NULL});
}

static bool launcher_has_several(void)
{
    return number_of_launcher((const char *const[]){"OMPI_COMM_WORLD_SIZE", "PMI_SIZE",
                                                    "SLURM_STEP_NUM_TASKS", NULL}) > 1;
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

/* --- names --------------------------------------------------------------------------------------
 */

static const struct verb *find_verb(const char *name)
{
    for (int i = 0; i < NUM_VERBS; i++)
        if (strcmp(verb_table[i].verb->name, name) == 0) return verb_table[i].verb;
    return NULL;
}

/* topics: what `help` explains besides verbs counts too. */
static int unknown_verb(const char *name, bool topics, struct status *st)
{
    enum { MOST_TOPICS = 16 };
    const char *candidate[NUM_VERBS + 1 + MOST_TOPICS] = {"help"};
    int num = 1;
    for (int i = 0; i < NUM_VERBS; i++) candidate[num++] = verb_table[i].verb->name;
    for (int i = 0; topics && i < num_topics && i < MOST_TOPICS; i++)
        candidate[num++] = topic_table[i].name;
    const char *nearest = spelling_nearest(name, candidate, num);
    if (!topics && topic_find(name))
        return status_set(st, STATUS_USAGE, "unknown verb '%s'. Did you mean 'help %s'?", name,
                          name);
    if (*name == '-')
        return status_set(st, STATUS_USAGE,
                          "unknown option '%s' in front of a verb; options come after the verb, "
                          "see 'hmmgrid --help'",
                          name);
    return status_set(st, STATUS_USAGE, "unknown %s '%s'.%s%s%s See 'hmmgrid --help'.",
                      topics ? "verb or topic" : "verb", name, nearest ? " Did you mean '" : "",
                      nearest ? nearest : "", nearest ? "'?" : "");
}

/* --- the program ----------------------------------------------------------------------------- */

/* What was printed must have been written. */
static int finish(const struct invocation *inv, int code)
{
    errno = 0;
    bool lost = fflush(inv->out) != 0;
    if ((!lost && !ferror(inv->out)) || (code != STATUS_OK && code != STATUS_SOME_FAILED))
        return code;
    struct status st = {0};
    status_set(&st, STATUS_IO, "cannot write to standard output: %s",
               errno ? strerror(errno) : "an earlier write failed");
    return cli_fail(inv, &st);
}

static int perform(void *context)
{
    const struct invocation *inv = context;
    return finish(inv, inv->verb->run ? inv->verb->run(inv) : cli_with_store(inv, inv->verb->work));
}

static int run_verb(struct invocation *inv, int argc, char **argv)
{
    struct status st = {0};
    inv->command_line = shell_line(argc, (const char *const *)argv);
    int code = inv->command_line ? parse_command(inv, argc - 1, argv + 1, &st)
                                 : status_no_memory(&st, "the command line");
    if (code)
        code = usage_fail(inv, &st);
    else if (parse_wants_help(inv))
        help_verb(inv->out, inv->verb);
    else if (inv->verb->parallel || !launcher_has_several())
        code = perform(inv);
    else
        code = study_on_rank_0(perform, inv, &inv->log);
    free(inv->command_line);
    free(inv->operand);
    free(inv->value);
    free(inv->num_values);
    for (int i = 0; i < inv->num_passed; i++) free(inv->passed[i]);
    free(inv->passed);
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
    const struct topic *topic = help ? topic_find(argv[2]) : NULL;
    if (topic) {
        int code = argc > 4 ? status_set(&st, STATUS_USAGE, "'%s' is one word too many", argv[4])
                            : topic_print(inv->out, topic, argv[3], &st);
        return code ? usage_fail(inv, &st) : STATUS_OK;
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
    FILE *nowhere = launcher_rank() > 0 ? fopen("/dev/null", "we") : NULL; /* rank 0 prints */
    struct invocation inv = {.out = nowhere ? nowhere : out, .err = err};
    log_init(&inv.log, err, -1);
    int code = finish(&inv, dispatch(&inv, argc, argv));
    if (nowhere) fclose(nowhere);
    return code;
}
