/* run: the verb that runs a grid, alone or under mpirun/srun. Refuses to know that there are ranks:
 * study_launch decides whose reading of the command line counts. */
#include "cli.h"

#include "settings/value.h"
#include "study/study.h"

#include <math.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

/* Options that stand for a setting of the study, or for its seeds; the same as --set KEY=VALUE. */
static const struct {
    const char *option, *key;
} setting_options[] = {{"retries", "run.retries"},
                       {"max-failures", "run.max_failures"},
                       {"order", "run.order"},
                       {"reserve", "run.reserve"},
                       {"seeds", "seeds"}};
enum { NUM_SETTING_OPTIONS = sizeof setting_options / sizeof setting_options[0] };

static const struct cli_option run_options[] = {
    {"output", 'o', "FILE.h5", "HMMGRID_OUTPUT", false, "results file (needed)"},
    {"resume", 0, NULL, "HMMGRID_RESUME", false,
     "continue the study in FILE.h5, or begin it when there is none"},
    {"fresh", 0, NULL, NULL, false, "replace FILE.h5"},
    {"extend", 0, NULL, NULL, false,
     "add this grid's new runs to FILE.h5, keep the finished ones; where it analyses some "
     "otherwise these are run again, and the file as it was is kept as FILE.h5.old"},
    {"where", 0, "EXPR", NULL, false,
     "do only the runs for which EXPR is true; see 'hmmgrid help where'"},
    {"share", 0, "I/N", "HMMGRID_SHARE", false,
     "do only the I-th of N parts of the runs, those of --where if it is given; see below"},
    {"set", 0, "KEY=VALUE", NULL, true, "override a setting of every run"},
    {"seeds", 0, "LIST", NULL, false, "seeds instead of the grid's, such as 0-9 or 0-4,10"},
    {"retries", 0, "N", "HMMGRID_RETRIES", false,
     "further attempts at a run whose process died (run.retries)"},
    {"retry", 0, "failed|crashed|all", NULL, false,
     "with --resume or --extend: such runs of FILE.h5 are done anew; see 'hmmgrid reset --help'"},
    {"max-failures", 0, "N|P%", "HMMGRID_MAX_FAILURES", false,
     "failed runs that end the study early (run.max_failures)"},
    {"order", 0, "longest|grid", "HMMGRID_ORDER", false, "which run first (run.order)"},
    {"reserve", 0, "TIME", "HMMGRID_RESERVE", false,
     "time kept free before the deadline (run.reserve)"},
    {"deadline", 0, "TIME", "HMMGRID_DEADLINE", false,
     "stop in time for this: seconds since 1970, or a duration from now such as 3h50m; default: "
     "the end of the job, as Slurm or Flux tells it, asked again every 10 minutes"},
    {"progress", 0, "auto|bar|plain|json|none", "HMMGRID_PROGRESS", false,
     "how to show progress on stderr; none: only warnings"},
    {"dry-run", 'n', NULL, NULL, false,
     "only say what would be run; with -o, of what FILE.h5 holds"},
    {0},
};

struct request {
    const struct invocation *inv;
    const char **sets;
    char *set_text[NUM_SETTING_OPTIONS];
    struct study_request study;
};

/* The value of option i, a setting of the study, before a message could call it --set. */
static int check_setting(const struct request *r, int i, const char *text, struct status *st)
{
    const struct setting *row = settings_find(setting_options[i].key);
    struct node node = {.text = text};
    struct value value;
    if (!row || value_parse(row, &node, NULL, &value, NULL, st) == STATUS_OK) return STATUS_OK;
    char source[64];
    cli_source(r->inv, setting_options[i].option, source, sizeof source);
    status_prefix(st, "%s: ", source);
    return st->code = STATUS_USAGE;
}

static int read_sets(struct request *r, struct status *st)
{
    const char *const *value = NULL;
    int num = cli_values(r->inv, "set", &value);
    r->sets = calloc((size_t)num + NUM_SETTING_OPTIONS, sizeof *r->sets);
    if (!r->sets) return status_no_memory(st, "the options");
    r->study.sets = r->sets;
    for (int i = 0; i < num; i++) r->sets[r->study.num_sets++] = value[i];
    for (int i = 0; i < NUM_SETTING_OPTIONS; i++) {
        const char *text = cli_value(r->inv, setting_options[i].option);
        if (!text) continue;
        if (check_setting(r, i, text, st)) return st->code;
        if (asprintf(&r->set_text[i], "%s=%s", setting_options[i].key, text) < 0) {
            r->set_text[i] = NULL;
            return status_no_memory(st, "the options");
        }
        r->sets[r->study.num_sets++] = r->set_text[i];
    }
    return 0;
}

static int read_existing(struct request *r, struct status *st)
{
    bool resume = cli_flag(r->inv, "resume"), fresh = cli_flag(r->inv, "fresh"),
         extend = cli_flag(r->inv, "extend");
    if (resume + fresh + extend > 1)
        return status_set(st, STATUS_USAGE,
                          "--resume, --fresh and --extend exclude each other: give one of them");
    r->study.study.existing = resume   ? EXISTING_RESUME
                              : fresh  ? EXISTING_FRESH
                              : extend ? EXISTING_EXTEND
                                       : EXISTING_REFUSE;
    return 0;
}

static int read_retry(struct request *r, struct status *st)
{
    static const struct {
        const char *name;
        unsigned statuses;
    } retries[] = {{"failed", 1 << RUN_FAILED},
                   {"crashed", 1 << RUN_CRASHED},
                   {"all", 1 << RUN_FAILED | 1 << RUN_CRASHED}};
    enum { NUM_RETRIES = sizeof retries / sizeof retries[0] };
    const char *text = cli_value(r->inv, "retry");
    int i = 0, existing = r->study.study.existing;
    if (!text) return 0;
    while (i < NUM_RETRIES && strcmp(text, retries[i].name) != 0) i++;
    if (i == NUM_RETRIES)
        return status_set(st, STATUS_USAGE, "--retry: '%s' is none of failed, crashed, all", text);
    if (existing != EXISTING_RESUME && existing != EXISTING_EXTEND)
        return status_set(st, STATUS_USAGE,
                          "--retry is about the runs of an earlier study: add --resume");
    r->study.study.retry = retries[i].statuses;
    return 0;
}

static int read_progress(struct request *r, struct status *st)
{
    static const char *const name[] = {"auto", "bar", "plain", "json", "none"};
    const char *text = cli_value(r->inv, "progress");
    char source[64];
    int i = PROGRESS_AUTO;
    while (text && i <= PROGRESS_NONE && strcmp(text, name[i]) != 0) i++;
    if (i > PROGRESS_NONE)
        return status_set(st, STATUS_USAGE, "%s: '%s' is none of auto, bar, plain, json, none",
                          cli_source(r->inv, "progress", source, sizeof source), text);
    r->study.study.progress = i;
    return 0;
}

/* Unix seconds, or a duration from now. Digits alone from 10^9 on are Unix seconds. NAN: not given.
 */
static int read_deadline(struct request *r, struct status *st)
{
    const char *text = cli_value(r->inv, "deadline");
    char source[64];
    r->study.study.deadline_s = NAN;
    if (!text || !*text) return 0;
    if (strspn(text, "0123456789.") == strlen(text) && strtod(text, NULL) >= 1e9) {
        r->study.study.deadline_s = strtod(text, NULL);
        return 0;
    }
    double seconds;
    struct status duration = {0};
    if (duration_parse(text, &seconds, &duration) != 0)
        return status_set(st, STATUS_USAGE,
                          "%s: '%s' is neither seconds since 1970 nor a duration "
                          "such as 3h50m (%s)",
                          cli_source(r->inv, "deadline", source, sizeof source), text,
                          duration.text);
    r->study.study.deadline_s = (double)time(NULL) + seconds;
    return 0;
}

static int check_output(const struct request *r, struct status *st)
{
    const char *path = r->study.study.output;
    struct stat info;
    if (!path && r->study.dry_run) return 0;
    if (!path || !*path)
        return status_set(st, STATUS_USAGE, "run: -o FILE.h5 is missing: where the results go");
    if (stat(path, &info) == 0 && S_ISDIR(info.st_mode))
        return status_set(st, STATUS_CANNOT_CREATE,
                          "%s: is a directory; name a file, such as -o %s%sstudy.h5", path, path,
                          path[strlen(path) - 1] == '/' ? "" : "/");
    return 0;
}

static int run_run(const struct invocation *inv)
{
    struct status st = {0};
    struct share share;
    struct request r = {.inv = inv,
                        .study = {.grid = inv->operand[0],
                                  .where = cli_value(inv, "where"),
                                  .share = cli_value(inv, "share"),
                                  .dry_run = cli_flag(inv, "dry-run"),
                                  .study = {.output = cli_value(inv, "output"),
                                            .command_line = inv->command_line,
                                            .run = experiment_run,
                                            .out = inv->out,
                                            .err = inv->err}}};
    int code = read_sets(&r, &st);
    if (!code) code = read_existing(&r, &st);
    if (!code) code = read_retry(&r, &st);
    if (!code) code = read_progress(&r, &st);
    if (!code) code = read_deadline(&r, &st);
    if (!code) code = cli_share(inv, &share, &st);
    if (!code) check_output(&r, &st);
    code = study_launch(&r.study, &st); /* with what was wrong, so that all ranks leave together */
    for (int i = 0; i < NUM_SETTING_OPTIONS; i++) free(r.set_text[i]);
    free(r.sets);
    return code;
}

const struct verb verb_run = {
    .name = "run",
    .operands = "GRID",
    .num_operands = 1,
    .summary = "run a grid, alone or under mpirun/srun",
    .description =
        "Runs every run of GRID and writes one row each into FILE.h5. Under mpirun or srun rank 0 "
        "hands out runs and the other ranks do them; alone, one process does everything. The "
        "results are the same bits either way. 'hmmgrid help settings' lists what a grid and "
        "--set can set.\n"
        "\n"
        "  hmmgrid run grid.yaml -o results.h5\n"
        "  mpirun -n 40 hmmgrid run grid.yaml -o results.h5 --resume\n"
        "\n"
        "SIGINT, SIGTERM, SIGHUP, SIGUSR1, SIGUSR2, SIGXCPU and the deadline stop the study so "
        "that "
        "--resume continues it (exit code 75). A failed run is recorded with its reason and the "
        "study goes "
        "on (exit code 3 at the end); max_failures of them end it early, a share being at least 3 "
        "runs. --where leaves the other runs pending; the code is 0 when the chosen ones are "
        "done.\n"
        "\n"
        "--share 2/8 is the second of eight parts of a study, each about as long, for jobs that "
        "know nothing of each other: the same runs on every machine and number of ranks, as long "
        "as grid, --set, --seeds, --where and program are the same. Each part has a file of its "
        "own, which holds the whole grid, and `hmmgrid merge` puts them together. The file does "
        "not keep which share it is of: --resume with the same --share continues it, with another "
        "one or none it does those runs too. In an array of jobs 1-8 of Slurm:\n"
        "\n"
        "  hmmgrid run grid.yaml -o part$SLURM_ARRAY_TASK_ID.h5 --resume \\\n"
        "    --share $SLURM_ARRAY_TASK_ID/8\n"
        "\n"
        "run.on_end of the grid, or --set run.on_end='COMMAND', is done by /bin/sh on rank 0 when "
        "the study has ended, however it did, and FILE.h5 is closed. Its environment has "
        "HMMGRID_FILE, HMMGRID_STUDY, HMMGRID_EXIT_CODE, HMMGRID_REASON, and the runs of the file: "
        "HMMGRID_TOTAL, HMMGRID_DONE, HMMGRID_FAILED, HMMGRID_CRASHED, HMMGRID_PENDING. After 30 s "
        "it is ended; what becomes of it changes no exit code. What it leaves in the background "
        "(COMMAND >log 2>&1 &) is not waited for, and shows nothing once the shell has ended; "
        "Slurm ends it with the step, so what takes longer is for a job of its own (sbatch). A "
        "results file never brings a "
        "command along: that of the grid of now is done.",
    .options = run_options,
    .run = run_run,
    .parallel = true,
};
