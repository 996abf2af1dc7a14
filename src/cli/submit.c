/* submit: a study under Slurm by one command: the script that runs it to its end, and the job of
 * its report. Refuses to wait for a job. What scripts do is in slurm/; what goes into them, in
 * src/batch. */
#include "cli.h"

#include "base/shell.h"
#include "base/show.h"
#include "batch/doctor.h"
#include "batch/doubts.h"
#include "batch/submission.h"
#include "study/progress.h"
#include "study/study.h"

#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const struct cli_option submit_options[] = {
    {"output", 'o', "FILE.h5", "HMMGRID_OUTPUT", false, "results file (needed)"},
    {"extend", 0, NULL, NULL, false, "add this grid's new runs to FILE.h5, as `run --extend` does"},
    {"where", 0, "EXPR", NULL, false,
     "do only the runs for which EXPR is true; see 'hmmgrid help where'"},
    {"set", 0, "KEY=VALUE", NULL, true, "override a setting of every run"},
    {"seeds", 0, "LIST", NULL, false, "seeds instead of the grid's, such as 0-9 or 0-4,10"},
    {"after", 0, "JOBID", NULL, false, "start when this job has ended, however it ended"},
    {"launcher", 0, "srun|mpirun", NULL, false,
     "what starts the ranks, also with words of its own; default: srun --mpi=pmix where `srun "
     "--mpi=list` has it, else mpirun"},
    {"log", 0, "FILE", NULL, false,
     "where the job's own words go, sbatch's --output; default: FILE.h5.JOB.log"},
    {"no-report", 0, NULL, NULL, false, "no second job that sums up when the study has ended"},
    {"profile", 0, "FILE", NULL, false, "settings of a site, over those of the default profiles"},
    {"doctor", 0, NULL, NULL, false, "ask Slurm, and print a profile for it"},
    {"dry-run", 'n', NULL, NULL, false, "print what would be submitted, and do nothing"},
    {0},
};

/* Options of sbatch that have a letter or no value; the others have one. */
#define TAKES(name, letter)                                                                        \
    {                                                                                              \
        name, letter, "", NULL, false, NULL                                                        \
    }
#define ALONE(name, letter)                                                                        \
    {                                                                                              \
        name, letter, NULL, NULL, false, NULL                                                      \
    }
static const struct cli_option sbatch_options[] = {
    TAKES("account", 'A'),
    TAKES("begin", 'b'),
    TAKES("chdir", 'D'),
    TAKES("clusters", 'M'),
    TAKES("constraint", 'C'),
    TAKES("core-spec", 'S'),
    TAKES("cpus-per-task", 'c'),
    TAKES("dependency", 'd'),
    TAKES("distribution", 'm'),
    TAKES("error", 'e'),
    TAKES("exclude", 'x'),
    TAKES("extra-node-info", 'B'),
    TAKES("gpus", 'G'),
    TAKES("input", 'i'),
    TAKES("job-name", 'J'),
    TAKES("licenses", 'L'),
    TAKES("nodefile", 'F'),
    TAKES("nodelist", 'w'),
    TAKES("nodes", 'N'),
    TAKES("partition", 'p'),
    TAKES("qos", 'q'),
    TAKES("time", 't'),
    ALONE("contiguous", 0),
    ALONE("exclusive", 0),
    ALONE("get-user-env", 0),
    ALONE("hold", 'H'),
    ALONE("ignore-pbs", 0),
    ALONE("nice", 0),
    ALONE("no-kill", 'k'),
    ALONE("no-requeue", 0),
    ALONE("overcommit", 'O'),
    ALONE("oversubscribe", 's'),
    ALONE("parsable", 0),
    ALONE("propagate", 0),
    ALONE("quiet", 'Q'),
    ALONE("reboot", 0),
    ALONE("requeue", 0),
    ALONE("spread-job", 0),
    ALONE("test-only", 0),
    ALONE("use-min-nodes", 0),
    ALONE("verbose", 'v'),
    ALONE("wait", 'W'),
    {0},
};

/* --- what was asked for -------------------------------------------------------------------------
 */

static int check_names(const struct invocation *inv, struct status *st)
{
    const char *grid = inv->operand[0], *file = cli_value(inv, "output");
    struct stat info;
    if (!file || !*file)
        return status_set(st, STATUS_USAGE, "submit: -o FILE.h5 is missing: where the results go");
    if (stat(file, &info) == 0 && S_ISDIR(info.st_mode))
        return status_set(st, STATUS_CANNOT_CREATE, "%s: is a directory; name a file", file);
    if (strcmp(grid, "-") == 0 || (stat(grid, &info) == 0 && !S_ISREG(info.st_mode)))
        return status_set(st, STATUS_NO_INPUT,
                          "%s: the job reads the grid when it starts: write it into a file", grid);
    return STATUS_OK;
}

/* What `run` is handed on: "--where=...". owned, like its words; NULL: memory out. */
static char **make_arguments(const struct invocation *inv, int *num)
{
    static const char *const handed_on[] = {"where", "set", "seeds"};
    char **word = calloc((size_t)inv->num_words + 2, sizeof *word);
    *num = 0;
    if (word) word[(*num)++] = strdup(cli_flag(inv, "extend") ? "--extend" : "--resume");
    for (int i = 0; word && i < 3; i++) {
        const char *const *value;
        int count = cli_values(inv, handed_on[i], &value);
        for (int k = 0; k < count; k++, ++*num)
            if (asprintf(&word[*num], "--%s=%s", handed_on[i], value[k]) < 0) word[*num] = NULL;
    }
    return word;
}

/* Keep the runs that the job would do: those of --where that FILE.h5 has not. A study that is to
 * come after another job is not compared with the file, which that one may write. */
static int choose_runs(const struct invocation *inv, struct plan *plan, struct status *st)
{
    const char *where = cli_value(inv, "where"), *file = cli_value(inv, "output");
    struct stat info;
    size_t room = (size_t)plan->num_runs + 1;
    int *status = calloc(room, sizeof *status), num = 0, code = STATUS_OK;
    struct run *all = calloc(room, sizeof *all);
    int existing = cli_flag(inv, "extend") ? EXISTING_EXTEND : EXISTING_RESUME;
    if (!status || !all) code = status_no_memory(st, "the choice of runs");
    if (!code) memcpy(all, plan->runs, (size_t)plan->num_runs * sizeof *all);
    if (!code && !cli_value(inv, "after") && stat(file, &info) == 0)
        code = study_preview(file, plan, existing, status, &inv->log, st);
    if (!code && where) code = plan_where(plan, where, st);
    if (!code && plan->num_runs == 0) code = st->code = STATUS_USAGE; /* its text says why */
    for (int i = 0, k = 0; !code && k < plan->num_runs; i++) {
        if (strcmp(all[i].key, plan->runs[k].key) != 0) continue;
        if (status[i] == RUN_PENDING) plan->runs[num++] = plan->runs[k];
        k++;
    }
    if (!code) plan->num_runs = num;
    free(all);
    free(status);
    return code;
}

/* --- what is said -------------------------------------------------------------------------------
 */

/* What `run` would read, and the script unsets. */
static void warn_of_variables(const struct invocation *inv)
{
    static const char mine[] = "HMMGRID_", output[] = "HMMGRID_OUTPUT=";
    for (char **at = environ; *at; at++)
        if (strncmp(*at, mine, strlen(mine)) == 0 && strncmp(*at, output, strlen(output)) != 0)
            log_line(&inv->log, LOG_WARNING,
                     "%.*s is set here, and unset in the job; where the job is to have it, let the "
                     "setup of a profile say `export %s`",
                     (int)strcspn(*at, "="), *at, *at);
}

static void tell_script(const struct job *job, const char *options, FILE *out)
{
    char *path = shell_line(1, &job->path);
    show_on(out, "# sbatch --parsable %s%s\n%s", options, path ? path : job->path, job->text);
    free(path);
}

static void tell_scripts(const struct submission *s, FILE *out)
{
    tell_script(&s->study, "", out);
    if (!s->request->report) return;
    fputc('\n', out);
    tell_script(&s->report, "--dependency=afterany:JOB ", out);
}

static void tell_choice(const struct submission *s, FILE *out)
{
    char count[PLAN_COUNT_BYTES], time[32];
    plan_count(s->plan, s->plan->num_runs, NULL, count);
    show_on(out, "study %s: %s\n", s->plan->study, count);
    for (int i = 0; i < s->flags.num; i++) {
        const struct flag *flag = &s->flags.flag[i];
        if (!flag->from) continue;
        int n = 3 + (int)strlen(flag->name) + (flag->value ? (int)strlen(flag->value) : -1);
        show_on(out, "  --%s%s%s %*s%s\n", flag->name, flag->value ? "=" : "",
                flag->value ? flag->value : "", n < 22 ? 22 - n : 0, "", flag->from);
    }
    show_on(out, "  %-22s %s\n", s->launch, s->launch_from);
    if (!flags_find(&s->flags, "requeue"))
        show_on(out, "  one slice only, since --requeue is not said: what is left is done when the "
                     "script is submitted again\n");
    if (s->resources.slices > 1)
        show_on(out, "  about %d slices with %s for runs, one after the other, by requeue\n",
                s->resources.slices, progress_duration(s->resources.slice_s, time));
}

/* The name of the log, %j being the job's number, or every character behind a backslash itself. */
static void tell_log(const struct submission *s, FILE *out)
{
    char name[PATH_MAX] = "";
    size_t n = 0;
    const char *at = flags_value(&s->flags, "output");
    bool escapes = at && strchr(at, '\\');
    for (; at && *at && n < sizeof name; at++) {
        bool number = !escapes && at[0] == '%' && at[1] == 'j';
        bool twice = escapes ? at[0] == '\\' && at[1] : at[0] == '%' && at[1] == '%';
        n += (size_t)snprintf(name + n, sizeof name - n, "%.*s", number ? 32 : 1,
                              number ? s->study.number : at + twice);
        at += number || twice;
    }
    show_on(out, "log: %s\n", name);
}

static void tell_jobs(const struct submission *s, FILE *out)
{
    if (!*s->study.number) return;
    show_on(out, "job %s: %s\n", s->study.number, s->study.path);
    if (*s->report.number)
        show_on(out, "job %s: %s, when job %s has ended\n", s->report.number, s->report.path,
                s->study.number);
    tell_log(s, out);
    char *file = shell_line(1, &s->request->file);
    show_on(out, "look: squeue -j %s; hmmgrid status %s%s\n", s->study.number,
            *s->request->file == '-' ? "-- " : "", file ? file : s->request->file);
    free(file);
}

/* --- the verb -----------------------------------------------------------------------------------
 */

static int submit(const struct invocation *inv, const struct submission_request *request,
                  const struct plan *plan, struct status *st)
{
    bool dry = cli_flag(inv, "dry-run");
    struct submission s = {0};
    int code = submission_make(&s, request, plan, st);
    if (!code) code = submission_write(&s, !dry, st);
    for (int i = 0; !code && i < s.num_warnings; i++)
        log_line(&inv->log, LOG_WARNING, "%s", s.warning[i]);
    if (!code) warn_of_variables(inv);
    if (!code && dry) {
        const char *against = doubts_of_sbatch(&s);
        tell_scripts(&s, inv->out);
        if (against) log_line(&inv->log, LOG_WARNING, "sbatch would not take it: %s", against);
    } else if (!code) {
        tell_choice(&s, inv->out);
        fflush(inv->out);
        code = submission_submit(&s, st);
        tell_jobs(&s, inv->out);
    }
    submission_free(&s);
    return code;
}

static int read_and_submit(const struct invocation *inv, struct status *st)
{
    struct plan plan = {0};
    int num = 0, code = check_names(inv, st);
    char **arguments = make_arguments(inv, &num);
    for (int i = 0; i < num; i++)
        if (!arguments[i]) code = status_no_memory(st, "the options");
    if (!arguments) code = status_no_memory(st, "the options");
    if (!code) code = cli_plan(inv, &plan, st);
    if (!code) code = choose_runs(inv, &plan, st);
    struct submission_request request = {
        .grid = inv->operand[0],
        .file = cli_value(inv, "output"),
        .arguments = (const char *const *)arguments,
        .num_arguments = num,
        .flags = (const char *const *)inv->passed,
        .num_flags = inv->num_passed,
        .after = cli_value(inv, "after"),
        .launcher = cli_value(inv, "launcher"),
        .log = cli_value(inv, "log"),
        .profile = cli_value(inv, "profile"),
        .report = !cli_flag(inv, "no-report"),
    };
    if (!code && plan.num_runs == 0)
        show_on(inv->out, "%s: every run has ended; nothing is submitted\n", request.file);
    else if (!code)
        code = submit(inv, &request, &plan, st);
    plan_free(&plan);
    for (int i = 0; arguments && i < num; i++) free(arguments[i]);
    free(arguments);
    return code;
}

static int run_submit(const struct invocation *inv)
{
    struct status st = {0};
    int code = cli_flag(inv, "doctor") ? doctor_print(inv->out, &st) : read_and_submit(inv, &st);
    return code ? cli_fail_input(inv, &st) : STATUS_OK;
}

const struct verb verb_submit = {
    .name = "submit",
    .operands = "GRID",
    .num_operands = 1,
    .alone = "doctor",
    .summary = "run a grid under Slurm, to its end",
    .description =
        "Checks GRID, keeps it as it is in FILE.h5.grid.yaml, writes FILE.h5.sbatch and submits "
        "it: "
        "a job that runs the study, stops before "
        "its time limit and requeues itself until every run has ended, and a second one that then "
        "verifies and sums up. Every option that is not listed here is sbatch's own and goes into "
        "the script as it is, by its long name or its letter (but -n, -o and -h, which are listed; "
        "sbatch's --profile by none). --ntasks, --time and --mem-per-cpu follow from the plan "
        "unless they are given; the time is at most the partition's limit.\n"
        "\n"
        "  hmmgrid submit grid.yaml -o study.h5 -n\n"
        "  hmmgrid submit grid.yaml -o study.h5 -p short --account=abc --time=8:00:00\n"
        "  hmmgrid submit --doctor > ~/.config/hmmgrid/slurm.yaml\n"
        "\n"
        "A profile says what a site wants: ~/.config/hmmgrid/slurm.yaml ($XDG_CONFIG_HOME), then "
        "slurm/profile.yaml here, then --profile; the last that says a thing counts, and options "
        "above all. Its keys:\n"
        "\n"
        "  sbatch: {partition: short, account: abc, exclusive: true}\n"
        "  launcher: srun --mpi=pmix   # or mpirun, with more words\n"
        "  program: hmmgrid            # other than the one that submits\n"
        "  modules: [openmpi, hdf5]    # `module load` each\n"
        "  setup: [ulimit -c 0]        # lines of bash before the study\n"
        "  limit: {time: 8h, ntasks: 512}   # the most that is asked for\n"
        "\n"
        "A script that somebody changed is not replaced. When sbatch does not take a job the exit "
        "code is 73.",
    .options = submit_options,
    .passed = sbatch_options,
    .run = run_submit,
};
