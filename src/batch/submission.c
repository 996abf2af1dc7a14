/* submission: see submission.h. Refuses to wait for a job. */
#include "submission.h"

#include "base/command.h"
#include "base/shell.h"
#include "doubts.h"
#include "script.h"

#include <errno.h>
#include <limits.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static const double submit_s = 300; /* a busy controller takes its time */

/* Flags of the study that its report has too. */
static const char *const common_flags[] = {"account",   "clusters", "constraint",
                                           "partition", "qos",      "reservation"};
enum { NUM_COMMON = sizeof common_flags / sizeof common_flags[0] };

/* --- where things are --------------------------------------------------------------------------
 */

/* From the root, so that it means the same in the job. */
static const char *from_root(struct pool *pool, const char *path)
{
    char here[PATH_MAX];
    while (strncmp(path, "./", 2) == 0) path += 2;
    if (*path == '/' || !getcwd(here, sizeof here)) return pool_print(pool, "%s", path);
    return pool_print(pool, "%s/%s", strcmp(here, "/") ? here : "", path);
}

/* --- flags of sbatch ----------------------------------------------------------------------------
 */

static int read_profiles(struct submission *s, struct status *st)
{
    const char *config = getenv("XDG_CONFIG_HOME"), *home = getenv("HOME"),
               *given = s->request->profile, *own = NULL;
    if (config && *config == '/')
        own = pool_print(s->pool, "%s/hmmgrid/slurm.yaml", config);
    else if (home)
        own = pool_print(s->pool, "%s/.config/hmmgrid/slurm.yaml", home);
    int code = own ? profile_read(&s->profile, own, false, st) : STATUS_OK;
    if (!code) code = profile_read(&s->profile, "slurm/profile.yaml", false, st);
    if (!code && given) code = profile_read(&s->profile, given, true, st);
    return code;
}

/* Variables that sbatch puts above the lines of a script: they are read here, below profiles and
 * options, and taken away from it. */
static int read_environment(struct submission *s, struct status *st)
{
    static const char *const variables[][2] = {
        {"SBATCH_ACCOUNT", "account"},         {"SBATCH_CLUSTERS", "clusters"},
        {"SBATCH_CONSTRAINT", "constraint"},   {"SBATCH_MEM_PER_CPU", "mem-per-cpu"},
        {"SBATCH_OPEN_MODE", "open-mode"},     {"SBATCH_OUTPUT", "output"},
        {"SBATCH_PARTITION", "partition"},     {"SBATCH_QOS", "qos"},
        {"SBATCH_RESERVATION", "reservation"}, {"SBATCH_SIGNAL", "signal"},
        {"SBATCH_TIMELIMIT", "time"}};
    for (size_t i = 0; i < sizeof variables / sizeof variables[0]; i++) {
        const char *variable = variables[i][0], *value = getenv(variable);
        if (value && *value && flags_set(&s->flags, variables[i][1], value, variable, st))
            return st->code;
        unsetenv(variable);
    }
    return STATUS_OK;
}

/* --after 123 beside what --dependency says. */
static int read_after(struct submission *s, struct status *st)
{
    const char *after = s->request->after, *other = flags_value(&s->flags, "dependency");
    if (!after) return STATUS_OK;
    if (!*after || after[strspn(after, "0123456789_:")])
        return status_set(st, STATUS_USAGE,
                          "--after: '%s' is no number of a job; other dependencies go by "
                          "--dependency, such as afterok:123",
                          after);
    const char *text =
        pool_print(s->pool, "%s%safterany:%s", other ? other : "", other ? "," : "", after);
    return text ? flags_set(&s->flags, "dependency", text, "--after", st)
                : status_no_memory(st, "the flags of sbatch");
}

/* "FILE.h5.%j.log", a % of the name being doubled for sbatch. Where there is a backslash sbatch
 * takes every % as it is, and backslashes are doubled. */
static int set_log(struct submission *s, struct flags *flags, const char *what, struct status *st)
{
    bool escapes = strchr(s->file, '\\');
    char *text = calloc(2 * strlen(s->file) + strlen(what) + sizeof ".%j.log", 1), *to = text;
    if (!text) return status_no_memory(st, "the name of the log");
    for (const char *c = s->file; *c; c++) {
        if (*c == (escapes ? '\\' : '%')) *to++ = *c;
        *to++ = *c;
    }
    sprintf(to, "%s%s.log", what, escapes ? "" : ".%j");
    int code = flags_set(flags, "output", text, NULL, st);
    free(text);
    return code;
}

/* Slurm ends a job that cannot write its words, and says nothing. */
static int check_logs(const struct submission *s, struct status *st)
{
    static const char *const names[] = {"output", "error"};
    struct stat info;
    for (int i = 0; i < 2; i++) {
        const char *path = flags_value(&s->flags, names[i]),
                   *end = path ? strrchr(path, '/') : NULL;
        bool known = end && !memchr(path, '%', (size_t)(end - path)) && !strchr(path, '\\') &&
                     (*path == '/' || !flags_find(&s->flags, "chdir"));
        const char *folder =
            known ? pool_print(s->pool, "%.*s", (int)(end - path + 1), path) : NULL;
        if (folder && (stat(folder, &info) != 0 || !S_ISDIR(info.st_mode)))
            return status_set(st, STATUS_CANNOT_CREATE,
                              "%s: the folder of the log (--%s) is not there; make it first",
                              folder, names[i]);
    }
    return STATUS_OK;
}

static int read_flags(struct submission *s, struct status *st)
{
    static const char given[] = "the command line";
    const char *log = s->request->log;
    int code = script_flags(requeue_sbatch, &s->flags, st);
    if (!code) code = flags_set(&s->flags, "job-name", s->plan->study, NULL, st);
    if (!code) code = set_log(s, &s->flags, "", st);
    if (!code) code = read_environment(s, st);
    if (!code) code = read_profiles(s, st);
    for (int i = 0; i < s->request->num_flags && !code; i++)
        code = flags_say(&s->flags, s->request->flags[i], given, st);
    if (!code && log) code = flags_set(&s->flags, "output", log, given, st);
    if (!code) code = check_logs(s, st);
    return code ? code : read_after(s, st);
}

/* What the study and its report have in common, and times within the limit. */
static int make_report_flags(struct submission *s, struct status *st)
{
    struct flags *flags = &s->report_flags;
    char time[48];
    int code = script_flags(report_sbatch, flags, st);
    const char *name = pool_print(s->pool, "%s-report", s->plan->study), *limit = NULL;
    if (!name) return status_no_memory(st, "the report");
    if (!code) code = flags_set(flags, "job-name", name, NULL, st);
    if (!code) code = set_log(s, flags, ".report", st);
    for (int i = 0; i < NUM_COMMON && !code; i++) {
        const struct flag *flag = flags_find(&s->flags, common_flags[i]);
        if (flag) code = flags_set(flags, flag->name, flag->value, flag->from, st);
    }
    if (!code) limit = flags_value(flags, "time");
    if (limit && *s->limits.name && s->limits.limit_s < slurm_seconds(limit))
        code = flags_set(flags, "time", slurm_time(s->limits.limit_s, time), NULL, st);
    return code;
}

static int find_resources(struct submission *s, struct status *st)
{
    struct partition *partition = calloc(MAX_PARTITIONS, sizeof *partition);
    const char *names = flags_value(&s->flags, "partition");
    if (!partition) return status_no_memory(st, "the partitions");
    bool known = slurm_limits(partition, slurm_partitions(partition), names, &s->limits);
    free(partition);
    return resources_fill(&s->flags, &s->profile, known ? &s->limits : NULL, s->plan, &s->resources,
                          st);
}

/* --- the scripts --------------------------------------------------------------------------------
 */

static int choose_launcher(struct submission *s, struct status *st)
{
    const char *given = s->request->launcher;
    const struct said *said = &s->profile.launcher;
    s->launch = given ? given : said->text;
    s->launch_from = given ? "the command line" : said->from;
    if (s->launch && !profile_is_launcher(s->launch))
        return status_set(st, STATUS_USAGE, "--launcher: '%.60s' " NO_LAUNCHER, s->launch);
    if (s->launch && strcmp(s->launch, "srun") != 0) return STATUS_OK;
    int pmix = slurm_has_mpi("pmix");
    if (pmix == 1) {
        s->launch = "srun --mpi=pmix";
        s->launch_from = "`srun --mpi=list` has it";
    } else if (!s->launch) {
        s->launch = "mpirun";
        s->launch_from = pmix ? "srun does not answer" : "`srun --mpi=list` has no pmix";
    }
    return STATUS_OK;
}

/* Words for a shell, between two texts; NULL: memory out. */
static const char *quoted(struct pool *pool, const char *before, const char *const *word, int num,
                          const char *behind)
{
    char *line = shell_line(num, word);
    const char *text = line ? pool_print(pool, "%s%s%s", before, line, behind) : NULL;
    free(line);
    return text;
}

static const char *quoted_word(struct pool *pool, const char *word)
{
    return word ? quoted(pool, "", &word, 1, "") : NULL;
}

static const char *name_program(struct submission *s)
{
    char path[PATH_MAX];
    ssize_t n = readlink("/proc/self/exe", path, sizeof path - 1);
    if (s->profile.program.text) return quoted_word(s->pool, s->profile.program.text);
    path[n > 0 ? n : 0] = '\0';
    return quoted_word(s->pool, n > 0 ? path : "hmmgrid");
}

static void assign(struct script *script, const char *name, const char *value, const char *from)
{
    script->assignment[script->num_assignments++] = (struct assignment){name, value, from};
}

/* What the template's own number is too large or too small for. */
static void assign_numbers(const struct submission *s, struct script *script)
{
    enum { USUAL_RESTARTS = 100 };
    int lead_s = s->resources.lead_s, restarts = 4 * s->resources.slices;
    if (lead_s > 0) assign(script, "end_within", pool_print(s->pool, "%d", 4 * lead_s / 5), NULL);
    if (!flags_find(&s->flags, "requeue"))
        assign(script, "max_restarts", "0", "no --requeue");
    else if (restarts > USUAL_RESTARTS)
        assign(script, "max_restarts", pool_print(s->pool, "%d", restarts), NULL);
}

static int make_scripts(struct submission *s, struct status *st)
{
    struct pool *pool = s->pool;
    const struct submission_request *r = s->request;
    struct script report = {
        .model = report_sbatch, .flags = &s->report_flags, .profile = &s->profile};
    assign(&report, "program", name_program(s), s->profile.program.from);
    assign(&report, "file", quoted_word(pool, s->file), NULL);
    struct script study = report;
    study.model = requeue_sbatch;
    study.flags = &s->flags;
    assign(&study, "grid", quoted_word(pool, from_root(pool, s->grid.path)),
           pool_print(pool, "%s as it was submitted", r->grid));
    assign(&study, "arguments", quoted(pool, "(", r->arguments, r->num_arguments, ")"), NULL);
    assign(&study, "launch", pool_print(pool, "(%s)", s->launch), s->launch_from);
    assign_numbers(s, &study);
    for (int i = 0; i < study.num_assignments; i++)
        if (!study.assignment[i].value) return status_no_memory(st, "the script");
    s->study.text = script_text(&study);
    s->report.text = script_text(&report);
    s->grid.text =
        script_copy("# a grid as it was submitted\n", s->plan->source, s->plan->source_bytes);
    return s->study.text && s->report.text && s->grid.text ? STATUS_OK
                                                           : status_no_memory(st, "the script");
}

/* --- the jobs -----------------------------------------------------------------------------------
 */

/* "123;cluster" in its last line */
static bool read_number(const char *text, char number[32])
{
    const char *line = text;
    for (const char *at = text; *at; at++)
        if (*at == '\n' && at[1]) line = at + 1;
    size_t n = strspn(line, "0123456789");
    snprintf(number, 32, "%.*s", (int)n, line);
    return n > 0 && n < 32;
}

/* dependency: NULL, or an option that stands before the script. */
static int submit_job(struct job *job, const char *dependency, struct status *st)
{
    const char *argv[] = {"sbatch", "--parsable", dependency ? dependency : job->path,
                          dependency ? job->path : NULL, NULL};
    char text[4096];
    int code = command_ask(argv, STDERR_OURS, submit_s, text, sizeof text);
    if (code == 0 && read_number(text, job->number)) return STATUS_OK;
    if (code < 0 && errno)
        return status_set(st, STATUS_CANNOT_CREATE,
                          "sbatch cannot be started (%s): there is no Slurm on this machine; the "
                          "script is ready, submit it on a login node: sbatch %s",
                          strerror(errno), job->path);
    if (code < 0)
        return status_set(st, STATUS_CANNOT_CREATE,
                          "sbatch %s: no answer in %.0f s; `squeue --me` tells whether there is a "
                          "job",
                          job->path, submit_s);
    if (code == 0)
        return status_set(st, STATUS_CANNOT_CREATE,
                          "sbatch %s: took it, but names no job: '%.200s'; `squeue --me` tells",
                          job->path, text);
    if (code > 128)
        return status_set(
            st, STATUS_CANNOT_CREATE,
            "sbatch %s: ended by signal %d (%s); `squeue --me` tells whether there is "
            "a job",
            job->path, code - 128, strsignal(code - 128));
    return status_set(st, STATUS_CANNOT_CREATE,
                      "sbatch %s: not taken, exit code %d; its reason stands above", job->path,
                      code);
}

int submission_submit(struct submission *s, struct status *st)
{
    char dependency[64];
    int code = submit_job(&s->study, NULL, st);
    if (code || !s->request->report) return code;
    snprintf(dependency, sizeof dependency, "--dependency=afterany:%s", s->study.number);
    return submit_job(&s->report, dependency, st);
}

/* --- all of it ---------------------------------------------------------------------------------
 */

int submission_write(const struct submission *s, bool write, struct status *st)
{
    const struct job *file[] = {&s->grid, &s->report, &s->study};
    int code = STATUS_OK;
    for (int pass = 0; pass <= write; pass++)
        for (int i = 0; i < 3 && !code; i++)
            if (file[i] != &s->report || s->request->report)
                code = script_write(file[i]->path, file[i]->text, pass, st);
    return code;
}

int submission_make(struct submission *s, const struct submission_request *r,
                    const struct plan *plan, struct status *st)
{
    *s = (struct submission){.request = r, .plan = plan, .pool = pool_new()};
    if (!s->pool) return status_no_memory(st, "the job");
    s->flags.pool = s->report_flags.pool = s->pool;
    s->profile.flags = &s->flags;
    const char *dash = *r->file == '-' ? "./" : "";
    s->file = from_root(s->pool, r->file);
    s->study.path = pool_print(s->pool, "%s%s.sbatch", dash, r->file);
    s->report.path = pool_print(s->pool, "%s%s.report.sbatch", dash, r->file);
    s->grid.path = pool_print(s->pool, "%s%s.grid.yaml", dash, r->file);
    int code = s->file && s->study.path && s->report.path && s->grid.path
                   ? STATUS_OK
                   : status_no_memory(st, "the job");
    if (!code) code = read_flags(s, st);
    if (!code) code = find_resources(s, st);
    if (!code) code = make_report_flags(s, st);
    if (!code) code = choose_launcher(s, st);
    if (!code) doubts_find(s);
    return code ? code : make_scripts(s, st);
}

void submission_free(struct submission *s)
{
    free(s->study.text);
    free(s->report.text);
    free(s->grid.text);
    pool_free(s->pool);
}
